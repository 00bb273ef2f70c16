#!/usr/bin/env bash
# The slow tiers, beyond `make test`.
#
#   tools/test_full.sh            all of them, one after the other
#   tools/test_full.sh TIER...    only these
#   tools/test_full.sh --list     the tiers, in order
#
#   asan   unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan   unit tests of the modules with threads under ThreadSanitizer
#   crash  crash, race and full-disk tests with the release build (pytest -m full)
#   matrix which engine reads and writes what (docs/interop.md), with Spark
#   stores lakes in stores, whose processes are killed and paused (pytest -m stores)
#   memory what larger budgets are kept to (pytest -m memory)
#   tidy   clang-tidy over the sources that changed since they were last clean
#   fuzz   every fuzz target for FUZZ_SECONDS (60)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all_tiers=(asan tsan crash matrix stores memory tidy fuzz)
threaded_modules='^(base|io|file|table|delta|ingest|engine)_test$'
deps=${PIXLAKE_DEPS:-${XDG_CACHE_HOME:-${HOME}/.cache}/pixlake/deps}
export PIXLAKE_DEPS=${deps}
python=$(dirname "${deps}")/venv-test/bin/python

build() {  # PRESET
  cmake --preset "$1" --log-level=WARNING
  cmake --build --preset "$1" --target all pixlake_tests
}

tier_asan() {
  build asan
  # Arrow and DuckDB come without the sanitizer's annotations, so a container
  # that they filled and we read looks overflowed: detect_container_overflow=0.
  ASAN_OPTIONS=detect_container_overflow=0:strict_string_checks=1:detect_stack_use_after_return=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    LSAN_OPTIONS=suppressions=${PWD}/tools/sanitizers/lsan.txt:print_suppressions=0 \
    tools/run_tests.py ctest -- ctest --test-dir build/asan --output-on-failure --no-tests=error --timeout 1200
}

tier_tsan() {
  build tsan
  # What happens between two threads of an uninstrumented library is not seen by
  # the sanitizer; tools/sanitizers/tsan.txt names those libraries. Nor does it see
  # Arrow lock and unlock: report_mutex_bugs and detect_deadlocks would count wrongly.
  TSAN_OPTIONS=report_mutex_bugs=0:detect_deadlocks=0:suppressions=${PWD}/tools/sanitizers/tsan.txt:halt_on_error=1 \
    tools/run_tests.py ctest -- ctest --test-dir build/tsan --output-on-failure --no-tests=error --timeout 1200 -R "${threaded_modules}"
}

tier_crash() {
  build release
  tools/run_tests.py pytest -- "${python}" -m pytest tests -m "full and not matrix and not memory and not stores"
}

tier_matrix() {
  build release
  tools/run_tests.py pytest -- "${python}" -m pytest tests -m matrix
}

tier_stores() {
  build release
  tools/run_tests.py pytest -- "${python}" -m pytest tests -m stores
}

tier_memory() {
  build release
  tools/run_tests.py pytest -- "${python}" -m pytest tests -m memory
}

tier_tidy() {
  # Nothing is built: each source by itself, where a release build puts several together.
  cmake --preset release -B build/tidy -DPIXLAKE_UNITY=1 --log-level=WARNING
  "${python}" tools/run_clang_tidy.py --build build/tidy --minutes "${TIDY_MINUTES:-20}"
}

tier_fuzz() {
  if [[ ! -f fuzz/CMakeLists.txt ]]; then
    echo "fuzz: there are no fuzz targets yet"
    return 0
  fi
  cmake --preset fuzz --log-level=WARNING
  # shellcheck disable=SC2046  # names of targets
  cmake --build --preset fuzz --target $(cd fuzz && basename -s .cc *_fuzz.cc)
  local target corpus found=0
  for target in build/fuzz/bin/*_fuzz build/fuzz/bin/fuzz_*; do
    [[ -x ${target} ]] || continue
    found=1
    corpus=build/fuzz/corpus/$(basename "${target}")
    mkdir -p "${corpus}"
    local -a seeds=()
    [[ ! -d fuzz/corpus/$(basename "${target}") ]] || seeds+=("fuzz/corpus/$(basename "${target}")")
    printf '== %s for %s s\n' "$(basename "${target}")" "${FUZZ_SECONDS:-60}"
    ASAN_OPTIONS=detect_container_overflow=0 "${target}" -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=2048 \
      -timeout=20 -print_final_stats=0 -verbosity=0 -artifact_prefix="build/fuzz/" "${corpus}" "${seeds[@]}"
  done
  ((found)) || { echo "fuzz: no target was built" >&2; return 1; }
}

tiers=("$@")
case ${1:-} in
  --list) printf '%s\n' "${all_tiers[@]}"; exit 0 ;;
  -h | --help) sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 0 ;;
  '') tiers=("${all_tiers[@]}") ;;
esac
for tier in "${tiers[@]}"; do
  [[ " ${all_tiers[*]} " == *" ${tier} "* ]] ||
    { echo "test_full: no tier ${tier}; there are: ${all_tiers[*]}" >&2; exit 2; }
done

tools/setup.sh --full
results=()
failed=0
for tier in "${tiers[@]}"; do
  printf '\n==== %s\n' "${tier}"
  begin=${SECONDS}
  # A subshell of its own, so that set -e ends a tier at its first failure.
  set +e
  (set -e; "tier_${tier}")
  status=$?
  set -e
  if ((status == 0)); then
    results+=("${tier}: passed in $((SECONDS - begin)) s")
  else
    results+=("${tier}: FAILED after $((SECONDS - begin)) s")
    failed=1
  fi
done
printf '\n==== test-full\n'
printf '%s\n' "${results[@]}"
exit "${failed}"
