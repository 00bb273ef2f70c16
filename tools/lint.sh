#!/usr/bin/env bash
# Formatting, module directions and Python style.
#
#   tools/lint.sh               check all of it
#   tools/lint.sh STEP...       only these: format modules python
#   tools/lint.sh --fix ...     put right what can be put right
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fix=0
if [[ ${1:-} == --fix ]]; then
  fix=1
  shift
fi
steps=("${@:-all}")
wants() { [[ " ${steps[*]} " == *" all "* || " ${steps[*]} " == *" $1 "* ]]; }

deps=${PIXLAKE_DEPS:-${XDG_CACHE_HOME:-${HOME}/.cache}/pixlake/deps}
bin=$(dirname "${deps}")/venv-test/bin
failed=0

cpp_sources() { git ls-files -co --exclude-standard -- '*.h' '*.cc' | while read -r file; do [[ ! -f ${file} ]] || echo "${file}"; done; }

if wants format; then
  if ((fix)); then
    cpp_sources | xargs -r clang-format-14 -i
  elif cpp_sources | xargs -r -P2 -n16 clang-format-14 --dry-run --Werror; then
    echo "format: $(cpp_sources | wc -l) C++ files as .clang-format wants them"
  else
    echo "format: run \`make format\`" >&2
    failed=1
  fi
fi

if wants modules; then
  if ((fix)); then
    "${bin}/python" tools/check_modules.py --write || failed=1
  else
    "${bin}/python" tools/check_modules.py || failed=1
  fi
fi

if wants python || { ((fix)) && wants format; }; then
  if ((fix)); then
    "${bin}/ruff" check --quiet --fix . || failed=1
    "${bin}/ruff" format --quiet .
  else
    "${bin}/ruff" check --quiet . || failed=1
    "${bin}/ruff" format --quiet --check . || { echo "python: run \`make format\`" >&2; failed=1; }
    ((failed)) || echo "python: ruff has nothing to say"
  fi
fi
exit "${failed}"
