#!/usr/bin/env bash
# Gets everything that building, testing and measuring pixlake needs.
#
#   tools/setup.sh            for building and testing
#   tools/setup.sh --build    for building alone (what `make demo` needs)
#   tools/setup.sh --bench    for building and for the benchmark's peers
#   tools/setup.sh --full    for testing with every service: Hadoop, too
#   tools/setup.sh --offline  touch no network: say what is missing and stop
#
# Packages come from Debian; what Debian lacks comes from the ordinary package
# registries, pinned by version and hash, into PIXLAKE_DEPS (by default
# ~/.cache/pixlake/deps). A library found on the system is used instead. It can
# be interrupted and run again; a second run only looks and takes a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# --- versions and hashes -----------------------------------------------------
arrow_version=26.0.1
arrow_wheel_sha256=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c
arrow_libraries=(libarrow.so.2600 libparquet.so.2600 libarrow_compute.so.2600)

duckdb_version=1.5.6
duckdb_npm_package=@duckdb/node-bindings-linux-x64@1.5.6-r.1
duckdb_npm_sha512=IXcrZJE6kEqM0Z4wwdVnGBHX/frOS33VPNAwDXQ/Q+Fs84b058Qe94chrCCIcNJlG8Y3UHIUU4eBeCQxW5mN1Q==
duckdb_crate_version=1.10506.1
duckdb_header_sha256=e85f70155b5948c8575e59f66e60d43575cec8b252293534c9e8598eb313a293

# simdjson's own sources, out of the sdist of its Python binding: see
# cmake/PixlakeDependencies.cmake for why Debian's library will not do.
simdjson_version=3.12.3
simdjson_sdist=pysimdjson==7.0.2
simdjson_sdist_sha256=44cf276e48912a3b9c7ca362c14da8420a7ac15a9f1a16ec95becff86db3904a

# Debian 13's sources, built without JBIG (GPL): tools/setup/build_libtiff.sh. Where apt
# has no source packages TIFF files are known by their headers alone.
libtiff_build=libtiff-3

maven_dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

build_packages=(
  ca-certificates ccache cmake g++ git make ninja-build pkg-config
  libarchive-dev libcli11-dev libcurl4-openssl-dev libdeflate-dev libexpat1-dev libfmt-dev libgmock-dev
  libgtest-dev libisal-dev libjpeg62-turbo-dev libpq-dev libroaring-dev libspdlog-dev
  libspng-dev libsqlite3-dev libssl-dev libtbb-dev libxxhash-dev libwebp-dev libyaml-cpp-dev zlib1g-dev bzip2 patch
  nlohmann-json3-dev patchelf xz-utils)
test_packages=(clang clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev libimage-exiftool-perl postgresql strace)
bench_packages=(libimage-exiftool-perl wrk)

# --- what was asked for ------------------------------------------------------
want_test=1 want_bench=0 want_full=0 offline=0
for argument in "$@"; do
  case ${argument} in
    --build) want_test=0 ;;
    --bench) want_test=0 want_bench=1 ;;
    --full) want_full=1 ;;
    --offline) offline=1 ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "setup: unknown argument ${argument}; see tools/setup.sh --help" >&2; exit 2 ;;
  esac
done

cache=${XDG_CACHE_HOME:-${HOME}/.cache}/pixlake
deps=${PIXLAKE_DEPS:-${cache}/deps}
arrow_dir=${deps}/arrow-${arrow_version}
duckdb_dir=${deps}/duckdb-${duckdb_version}
libtiff_dir=${deps}/${libtiff_build}
simdjson_dir=${deps}/simdjson-${simdjson_version}
jars_dir=${deps}/spark-jars
hadoop_dir=${deps}/hadoop-jars
test_venv=$(dirname "${deps}")/venv-test
bench_venv=$(dirname "${deps}")/venv-bench
img2dataset_venv=$(dirname "${deps}")/venv-img2dataset
duckdb_delta_venv=$(dirname "${deps}")/venv-duckdb-delta

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
need_network() { [[ ${offline} == 0 ]] || fail "$1 is missing, and --offline forbids getting it"; }

if [[ $(uname -s)-$(uname -m) != Linux-x86_64 ]]; then
  fail "only Linux on x86_64 is set up by this script; this is $(uname -s) on $(uname -m)"
fi

# --- Debian packages ---------------------------------------------------------
# Prints those of the given packages that dpkg does not have installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii  *//p' || true)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"${installed}")
}

install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  need_network "Debian package ${missing[*]}"
  have apt-get || fail "these Debian packages are needed, and there is no apt-get here: ${missing[*]}"
  local -a as_root=()
  if [[ $(id -u) != 0 ]]; then
    have sudo || fail "not root and no sudo; let an administrator run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

# Tools that may be here without being Debian's own.
extra_packages() {
  if ! usable_python >/dev/null; then
    echo python3 python3-venv python3-pip
  elif ! "$(usable_python)" -c 'import ensurepip, venv' 2>/dev/null; then
    echo python3-venv python3-pip
  fi
  if ! duckdb_is_here; then
    have npm || echo npm
    cargo_is_new_enough || echo cargo-web rustc-web
  fi
  if needs_java && ! have java; then echo openjdk-17-jre-headless; fi
  if needs_java && ! jars_are_here && ! have mvn; then echo maven; fi
  if ((want_full)) && ! hadoop_jars_are_here && ! have mvn; then echo maven; fi
}

usable_python() {
  local candidate
  for candidate in ${PIXLAKE_PYTHON:-} python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if have "${candidate}" && "${candidate}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "${candidate}"
      return 0
    fi
  done
  return 1
}

cargo_is_new_enough() {
  have cargo || return 1
  local version
  version=$(cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
  [[ $(printf '1.70\n%s\n' "${version}" | sort -V | head -n1) == 1.70 ]]
}

# --- things Debian lacks -----------------------------------------------------
check_sha256() {  # FILE SHA256
  local found
  found=$(sha256sum "$1" | cut -d' ' -f1)
  [[ ${found} == "$2" ]] || fail "$(basename "$1") has SHA-256 ${found}, expected $2; nothing was installed"
}

# Moves a finished folder to its place in one step.
put_in_place() {  # NEW TARGET
  rm -rf "$2"
  mv "$1" "$2"
}

arrow_is_here() {
  [[ $(pkg-config --modversion arrow 2>/dev/null) == "${arrow_version}" ]] && return 0
  local library
  for library in "${arrow_libraries[@]}"; do
    [[ -s ${arrow_dir}/lib/${library} ]] || return 1
  done
  [[ -s ${arrow_dir}/include/arrow/api.h && -s ${arrow_dir}/LICENSE.txt && -s ${arrow_dir}/NOTICE.txt &&
    -s ${arrow_dir}/hidden_symbols.txt ]]
}

get_arrow() {
  arrow_is_here && return 0
  need_network "Arrow C++ ${arrow_version}"
  say "getting Arrow C++ ${arrow_version} (headers and libraries of the pyarrow wheel)"
  local work python
  work=$(mktemp -d "${deps}/.arrow.XXXXXX")
  python=$(python_with_pip)
  printf 'pyarrow==%s --hash=sha256:%s\n' "${arrow_version}" "${arrow_wheel_sha256}" >"${work}/requirements.txt"
  "${python}" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary :all: --python-version 3.11 --platform manylinux_2_28_x86_64 \
    --dest "${work}/wheel" --requirement "${work}/requirements.txt"
  "${python}" -m zipfile -e "${work}"/wheel/pyarrow-*.whl "${work}/unpacked"
  mkdir -p "${work}/arrow/lib"
  mv "${work}/unpacked/pyarrow/include" "${work}/arrow/include"
  local library
  for library in "${arrow_libraries[@]}"; do
    mv "${work}/unpacked/pyarrow/${library}" "${work}/arrow/lib/"
  done
  # Its own OpenSSL is not for others: tools/setup/hide_symbols.py says why.
  "${python}" tools/setup/hide_symbols.py "${work}/arrow/lib/libparquet.so.2600" >"${work}/arrow/hidden_symbols.txt"
  find "${work}/unpacked" -path '*.dist-info/*' \( -name 'LICENSE*' -o -name 'NOTICE*' \) -exec cp {} "${work}/arrow/" \;
  put_in_place "${work}/arrow" "${arrow_dir}"
  rm -rf "${work}"
}

duckdb_is_here() {
  [[ -s ${duckdb_dir}/lib/libduckdb.so && -s ${duckdb_dir}/include/duckdb.h && -s ${duckdb_dir}/LICENSE ]] && return 0
  local prefix
  for prefix in /usr/local /usr; do
    if [[ -e ${prefix}/include/duckdb.h ]] && compgen -G "${prefix}/lib*/libduckdb.so" >/dev/null; then return 0; fi
  done
  return 1
}

get_duckdb() {
  duckdb_is_here && return 0
  need_network "DuckDB ${duckdb_version}"
  say "getting DuckDB ${duckdb_version} (library from npm, header from the crate libduckdb-sys)"
  local work found
  work=$(mktemp -d "${deps}/.duckdb.XXXXXX")
  mkdir -p "${work}/npm" "${work}/crate/src" "${work}/duckdb/lib" "${work}/duckdb/include"

  (cd "${work}/npm" && npm pack --silent "${duckdb_npm_package}" >/dev/null)
  found=$(openssl dgst -sha512 -binary "${work}"/npm/*.tgz | base64 -w0)
  [[ ${found} == "${duckdb_npm_sha512}" ]] ||
    fail "${duckdb_npm_package} has SHA-512 ${found}, expected ${duckdb_npm_sha512}; nothing was installed"
  tar -xzf "${work}"/npm/*.tgz -C "${work}/npm"
  mv "${work}/npm/package/libduckdb.so" "${work}/duckdb/lib/"
  mv "${work}/npm/package/LICENSE" "${work}/duckdb/"

  cat >"${work}/crate/Cargo.toml" <<TOML
[package]
name = "duckdb-header"
version = "0.0.0"
edition = "2021"

[dependencies]
libduckdb-sys = { version = "=${duckdb_crate_version}", default-features = false }

[workspace]
TOML
  touch "${work}/crate/src/lib.rs"
  (cd "${work}/crate" && cargo vendor --quiet vendored >/dev/null)
  tar -xzf "${work}/crate/vendored/libduckdb-sys/duckdb.tar.gz" -C "${work}/duckdb/include" \
    --strip-components=3 duckdb/src/include/duckdb.h
  check_sha256 "${work}/duckdb/include/duckdb.h" "${duckdb_header_sha256}"

  put_in_place "${work}/duckdb" "${duckdb_dir}"
  rm -rf "${work}"
}

simdjson_is_here() {
  [[ -s ${simdjson_dir}/simdjson.h && -s ${simdjson_dir}/simdjson.cpp && -s ${simdjson_dir}/LICENSE ]]
}

get_simdjson() {
  simdjson_is_here && return 0
  need_network "simdjson ${simdjson_version}"
  say "getting simdjson ${simdjson_version} (sources out of ${simdjson_sdist}'s sdist)"
  local work
  work=$(mktemp -d "${deps}/.simdjson.XXXXXX")
  printf '%s --hash=sha256:%s\n' "${simdjson_sdist}" "${simdjson_sdist_sha256}" >"${work}/requirements.txt"
  "$(python_with_pip)" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --no-binary "${simdjson_sdist%%=*}" --dest "${work}/sdist" --requirement "${work}/requirements.txt"
  mkdir -p "${work}/simdjson"
  tar -xzf "${work}"/sdist/*.tar.gz -C "${work}/simdjson" --strip-components=2 --wildcards '*/simdjson/simdjson.h' '*/simdjson/simdjson.cpp'
  tar -xzf "${work}"/sdist/*.tar.gz -C "${work}/simdjson" --strip-components=1 --wildcards '*/LICENSE'
  put_in_place "${work}/simdjson" "${simdjson_dir}"
  rm -rf "${work}"
}

# Tried once: a machine without source packages stays without.
libtiff_is_here() { [[ -s ${libtiff_dir}/lib/libtiff.a || -e ${libtiff_dir}.none ]]; }

get_libtiff() {
  libtiff_is_here && return 0
  need_network "libtiff's sources"
  say "building libtiff without JBIG (Debian 13's sources)"
  tools/setup/build_libtiff.sh "${libtiff_dir}" && return 0
  say "no libtiff: thumbnails of TIFF files will be missing (remove ${libtiff_dir}.none to try again)"
  touch "${libtiff_dir}.none"
}

needs_java() { ((want_test || want_bench)); }

jars_are_here() {
  [[ -f ${jars_dir}/SHA256SUMS ]] && cmp -s tools/setup/spark-jars.sha256 "${jars_dir}/SHA256SUMS"
}

get_spark_jars() {
  jars_are_here && return 0
  need_network "Delta Lake for Spark"
  say "getting Delta Lake's jars for Spark (Maven)"
  local work
  work=$(mktemp -d "${deps}/.jars.XXXXXX")
  cp tools/setup/spark-jars.pom.xml "${work}/pom.xml"
  (cd "${work}" && mvn -q -B "${maven_dependency_plugin}:copy-dependencies" -DoutputDirectory="${work}/jars") >"${work}/mvn.log" 2>&1 ||
    { cat "${work}/mvn.log" >&2; fail "Maven could not get the jars"; }
  (cd "${work}/jars" && sha256sum --check --quiet --strict) <tools/setup/spark-jars.sha256 ||
    fail "a jar does not match tools/setup/spark-jars.sha256; nothing was installed"
  cp tools/setup/spark-jars.sha256 "${work}/jars/SHA256SUMS"
  put_in_place "${work}/jars" "${jars_dir}"
  rm -rf "${work}"
}

hadoop_jars_are_here() {
  [[ -f ${hadoop_dir}/SHA256SUMS ]] && cmp -s tools/setup/hadoop-jars.sha256 "${hadoop_dir}/SHA256SUMS"
}

# A real HDFS for `make test-full`: 183 jars, and only if asked for.
get_hadoop_jars() {
  hadoop_jars_are_here && return 0
  need_network "Hadoop's mini cluster"
  say "getting Hadoop's mini cluster (Maven)"
  local work
  work=$(mktemp -d "${deps}/.hadoop.XXXXXX")
  cp tools/setup/hadoop-jars.pom.xml "${work}/pom.xml"
  (cd "${work}" && mvn -q -B "${maven_dependency_plugin}:copy-dependencies" -DoutputDirectory="${work}/jars") >"${work}/mvn.log" 2>&1 ||
    { cat "${work}/mvn.log" >&2; fail "Maven could not get the jars"; }
  (cd "${work}/jars" && sha256sum --check --quiet --strict) <tools/setup/hadoop-jars.sha256 ||
    fail "a jar does not match tools/setup/hadoop-jars.sha256; nothing was installed"
  cp tools/setup/hadoop-jars.sha256 "${work}/jars/SHA256SUMS"
  put_in_place "${work}/jars" "${hadoop_dir}"
  rm -rf "${work}"
}

# A Python with pip: the system's, or a throw-away environment's where pip is
# not installed for it.
python_with_pip() {
  local python
  python=$(usable_python) || fail "Python 3.11 or later is needed"
  if ! "${python}" -m pip --version >/dev/null 2>&1; then
    [[ -x ${deps}/.pip/bin/python ]] || "${python}" -m venv "${deps}/.pip"
    python=${deps}/.pip/bin/python
  fi
  echo "${python}"
}

venv_key() { cat "$1" tests/requirements-build.txt | sha256sum | cut -d' ' -f1; }
venv_is_here() {  # VENV REQUIREMENTS
  [[ -x $1/bin/python && $(cat "$1/.complete" 2>/dev/null) == "$(venv_key "$2")" ]]
}

get_venv() {  # VENV REQUIREMENTS WHAT
  venv_is_here "$1" "$2" && return 0
  need_network "Python environment $1"
  say "making the Python environment for $3: $1"
  # Environments cannot be moved, so it is made in place; `.complete` comes last.
  rm -rf "$1"
  "$(usable_python)" -m venv "$1"
  local -a pip=("$1/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes)
  "${pip[@]}" --requirement tests/requirements-build.txt
  "${pip[@]}" --no-build-isolation --requirement "$2"
  venv_key "$2" >"$1/.complete"
}

# --- all of it ---------------------------------------------------------------
# Packages are looked at every time: that is quick, and they can be removed.
packages=("${build_packages[@]}")
((want_test)) && packages+=("${test_packages[@]}")
((want_bench)) && packages+=("${bench_packages[@]}")
# shellcheck disable=SC2207  # words are package names
packages+=($(extra_packages))

everything_is_here() {
  [[ -z $(missing_packages "${packages[@]}") ]] && arrow_is_here && duckdb_is_here && simdjson_is_here && libtiff_is_here || return 1
  if needs_java; then jars_are_here || return 1; fi
  if ((want_full)); then hadoop_jars_are_here || return 1; fi
  if ((want_test)); then venv_is_here "${test_venv}" tests/requirements.txt || return 1; fi
  if ((want_bench)); then
    venv_is_here "${bench_venv}" bench/requirements.txt || return 1
    venv_is_here "${img2dataset_venv}" bench/img2dataset.txt || return 1
    venv_is_here "${duckdb_delta_venv}" bench/duckdb_delta.txt || return 1
  fi
}

if everything_is_here; then
  say "everything is here already (${deps})"
  exit 0
fi

mkdir -p "${deps}"
exec 9>"${deps}/.lock"
if ! flock --nonblock 9; then
  say "another setup is running; waiting for it"
  flock 9
fi
rm -rf "${deps}"/.arrow.* "${deps}"/.duckdb.* "${deps}"/.simdjson.* "${deps}"/.libtiff.* "${deps}"/.jars.* "${deps}"/.hadoop.*

install_packages "${packages[@]}"
get_arrow
get_duckdb
get_simdjson
get_libtiff
if needs_java; then get_spark_jars; fi
if ((want_full)); then get_hadoop_jars; fi
if ((want_test)); then get_venv "${test_venv}" tests/requirements.txt "the tests"; fi
if ((want_bench)); then
  get_venv "${bench_venv}" bench/requirements.txt "the benchmark's peers"
  get_venv "${img2dataset_venv}" bench/img2dataset.txt "img2dataset, a peer of the benchmark"
  get_venv "${duckdb_delta_venv}" bench/duckdb_delta.txt "DuckDB with delta_scan, a peer of the benchmark"
fi
say "done (${deps})"
