#!/usr/bin/env bash
# Locks tests/ and bench/ requirements: exact versions with hashes, for Python
# 3.11 and later, and no index named. Needs `uv` on the PATH (pip install uv).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for name in tests/requirements-build tests/requirements bench/requirements bench/img2dataset bench/duckdb_delta; do
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade \
    "${name}.in" --output-file "${name}.txt"
  echo "locked ${name}.txt: $(grep -c '==' "${name}.txt") packages"
done
