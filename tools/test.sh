#!/usr/bin/env bash
# What `make test` runs. Every step prints what it runs and how long it took; the
# first one that fails ends it. A test that fails is run once more, see tools/run_tests.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

deps=${PIXLAKE_DEPS:-${XDG_CACHE_HOME:-${HOME}/.cache}/pixlake/deps}
export PIXLAKE_DEPS=${deps}
python=$(dirname "${deps}")/venv-test/bin/python
times=()

step() {  # NAME COMMAND...
  local name=$1 begin=${SECONDS}
  shift
  printf '\n== %s: %s\n' "${name}" "$*"
  if ! "$@"; then
    printf '== %s failed after %d s\n' "${name}" $((SECONDS - begin)) >&2
    exit 1
  fi
  times+=("${name} $((SECONDS - begin)) s")
}

step setup tools/setup.sh
step configure cmake --preset release --log-level=WARNING
step build cmake --build --preset release --target all pixlake_tests
step lint tools/lint.sh
step unit tools/run_tests.py ctest -- ctest --test-dir build/release --output-on-failure --no-tests=error --timeout 600
step interop tools/run_tests.py pytest -- "${python}" -m pytest tests -m "not full"
printf '\n== all passed: %s\n' "$(printf '%s, ' "${times[@]}" | sed 's/, $//')"
