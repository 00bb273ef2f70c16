#!/usr/bin/env bash
# What `make demo` runs after building: MNIST to PNG files and a Delta table,
# then a look at both. It can be run again: nothing is written twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pixlake=build/release/bin/pixlake
mnist=build/release/bin/mnist-to-delta
images=train-images-idx3-ubyte
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[[ -t 1 ]] || say() { printf '\n%s\n' "$*"; }

has_mnist() { [[ -f $1/${images}.gz || -f $1/${images} ]]; }

out=out/demo
source=
if [[ -n ${PIXLAKE_MNIST:-} ]]; then
  has_mnist "${PIXLAKE_MNIST}" || { echo "demo: PIXLAKE_MNIST=${PIXLAKE_MNIST} has no ${images}.gz" >&2; exit 1; }
  source=${PIXLAKE_MNIST}
elif has_mnist "${PIXLAKE_CORPUS:-../shared/corpus}/mnist"; then
  source=${PIXLAKE_CORPUS:-../shared/corpus}/mnist
fi

if [[ -n ${source} ]]; then
  say "MNIST from ${source}"
  "${mnist}" --source "${source}" --out "${out}" --show 60
else
  say "MNIST from its mirror (set PIXLAKE_MNIST to use a folder of yours)"
  if ! "${mnist}" --out "${out}" --show 60; then
    out=out/demo-synthetic
    say "No MNIST here and no mirror within reach: drawing 70,000 digits of the same shape instead"
    tools/make_synthetic_mnist.py out/synthetic-mnist
    "${mnist}" --source out/synthetic-mnist --out "${out}" --show 60
  fi
fi

table=${out}/artifacts/mnist_images_delta
say "The table's schema"
"${pixlake}" table describe "${table}"

say "How many of each digit, by SQL"
"${pixlake}" sql "SELECT label, count(*) AS images, bar(count(*), 0, 8000, 40) AS histogram
  FROM delta_scan('${table}') GROUP BY label ORDER BY label"

say "There it is"
sheet=$(find "${out}" -maxdepth 2 -name '*contact*sheet*.png' | head -n1)
cat <<TEXT
  contact sheet   ${sheet:-none was written}
  PNG files       ${out}/flat_files/mnist_png/<label>/
  Delta table     ${table}

Type next:
  ${pixlake} sql "SELECT label, octet_length(image_binary) AS bytes FROM delta_scan('${table}') LIMIT 5"
  ${pixlake} cat ${table} --row 0 > first.png
  ${pixlake} table history ${table}
  ${pixlake} --help
TEXT
