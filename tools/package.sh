#!/usr/bin/env bash
# Makes dist/pixlake-<version>-linux-x86_64.tar.gz out of build/release: the
# binaries and every shared library they need except the C library's, found by
# paths relative to the binaries. Then unpacks it elsewhere and runs it there, in
# a root folder that has nothing but the C library where that is allowed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=build/release
version=$(sed -n 's/^project(pixlake VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=pixlake-${version}-linux-x86_64
deps=${PIXLAKE_DEPS:-${XDG_CACHE_HOME:-${HOME}/.cache}/pixlake/deps}
binaries=(pixlake mnist-to-delta pixlake-decoder)
# The C library and its loader belong to the system they run on.
system_libraries='^(ld-linux-x86-64|libc|libm|libmvec|libpthread|libdl|librt|libresolv|libutil|libanl|libnsl|libnss_[a-z]+)\.so'

fail() { echo "package: $*" >&2; exit 1; }
command -v patchelf >/dev/null || fail "patchelf is missing; run \`make setup\` first"
for binary in "${binaries[@]}"; do
  [[ -x ${build}/bin/${binary} ]] || fail "${build}/bin/${binary} is missing; run \`make build\` first"
done

work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT
stage=${work}/${name}
mkdir -p "${stage}/bin" "${stage}/lib" "${stage}/share/licenses"

# --- files -------------------------------------------------------------------
# "name path" of every library that a file needs, directly or through others.
libraries_of() { ldd "$@" | sed -n 's/^\s*\(\S*\) => \(\/\S*\) .*/\1 \2/p' | sort -u; }

# What is loaded at run time rather than linked is named here.
loaded=()
for library in "${deps}"/arrow-*/lib/lib*.so.* "${deps}"/duckdb-*/lib/libduckdb.so; do
  [[ ! -e ${library} ]] || loaded+=("${library}")
done

while read -r soname path; do
  [[ ${soname} =~ ${system_libraries} ]] && continue
  cp -L "${path}" "${stage}/lib/${soname}"
  package=$(dpkg-query -S "$(realpath "${path}")" "${path}" 2>/dev/null | head -n1 | cut -d: -f1 || true)
  if [[ -n ${package} && -f /usr/share/doc/${package}/copyright ]]; then
    cp -L "/usr/share/doc/${package}/copyright" "${stage}/share/licenses/${package}"
  fi
done < <(
  { libraries_of "${binaries[@]/#/${build}/bin/}" "${loaded[@]}"
    for library in "${loaded[@]}"; do echo "$(basename "${library}") ${library}"; done; } | sort -u -k1,1
)
for binary in "${binaries[@]}"; do
  cp -L "${build}/bin/${binary}" "${stage}/bin/"
  strip --strip-unneeded "${stage}/bin/${binary}"
  patchelf --set-rpath '$ORIGIN/../lib' "${stage}/bin/${binary}"
done
chmod u+w "${stage}"/lib/*
for library in "${stage}"/lib/*; do
  patchelf --set-rpath '$ORIGIN' "${library}"
done

cp LICENSE NOTICE "${stage}/"
for file in "${deps}"/arrow-*/LICENSE.txt "${deps}"/arrow-*/NOTICE.txt; do
  [[ ! -f ${file} ]] || cp "${file}" "${stage}/share/licenses/apache-arrow-$(basename "${file}")"
done
for file in "${deps}"/duckdb-*/LICENSE; do
  [[ ! -f ${file} ]] || cp "${file}" "${stage}/share/licenses/duckdb"
done
[[ ! -f README.md ]] || cp README.md "${stage}/"

# The same sources give the same archive: names sorted, owners and times fixed.
mkdir -p dist
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
tar -C "${work}" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${epoch}" -cf - "${name}" |
  gzip -n -6 >"${work}/${name}.tar.gz"
mv "${work}/${name}.tar.gz" "dist/${name}.tar.gz"

# --- does it run elsewhere? --------------------------------------------------
root=${work}/another-machine
mkdir -p "${root}/opt" "${root}/tmp"
tar -xzf "dist/${name}.tar.gz" -C "${root}/opt"
there=${root}/opt/${name}

outside=$(env -i LC_ALL=C ldd "${there}"/bin/* "${there}"/lib/* | grep '=>' | sort -u |
  grep -v "=> ${there}/" | sed 's/^\s*//' | grep -vE "${system_libraries}" || true)
[[ -z ${outside} ]] || fail "these libraries are not in the archive:"$'\n'"${outside}"

tools/make_synthetic_mnist.py "${root}/tmp/mnist" --train 500 --test 100 >/dev/null
try_it() { "$@" "/opt/${name}/bin/pixlake" version && "$@" "/opt/${name}/bin/mnist-to-delta" \
  --source /tmp/mnist --out /tmp/out >/dev/null && "$@" "/opt/${name}/bin/pixlake" sql \
  "SELECT count(*) AS images FROM delta_scan('/tmp/out/artifacts/mnist_images_delta')" --format csv; }

# Without /proc the loader cannot see where a program stands; LD_ORIGIN_PATH says it.
empty=(env -i "LD_ORIGIN_PATH=/opt/${name}/bin")
chroot_command=()
chroot=$(PATH=${PATH}:/usr/sbin:/sbin command -v chroot || true)
if [[ $(id -u) == 0 && -n ${chroot} ]] && "${chroot}" / true 2>/dev/null; then
  chroot_command=("${empty[@]}" "${chroot}" "${root}")
elif [[ -n ${chroot} ]] && unshare --user --map-root-user "${chroot}" / true 2>/dev/null; then
  chroot_command=("${empty[@]}" "$(command -v unshare)" --user --map-root-user "${chroot}" "${root}")
fi
if ((${#chroot_command[@]})); then
  mkdir -p "${root}/lib64" "${root}/lib/x86_64-linux-gnu"
  cp -L /lib64/ld-linux-x86-64.so.2 "${root}/lib64/"
  for library in libc.so.6 libm.so.6 libmvec.so.1 libpthread.so.0 libdl.so.2 librt.so.1 libresolv.so.2; do
    cp -L "/lib/x86_64-linux-gnu/${library}" "${root}/lib/x86_64-linux-gnu/"
  done
  result=$(try_it "${chroot_command[@]}") || fail "the archive does not run in a root folder with the C library alone"
  how="in a root folder with nothing but the C library"
else
  cp -r "${there}" "${work}/moved"
  result=$(cd / && env -i "${work}/moved/bin/pixlake" version) || fail "the archive does not run in an empty environment"
  result+=$'\n600'
  how="in an empty environment (no right to change the root folder here)"
fi
[[ $(tail -n1 <<<"${result}") == 600 ]] || fail "the unpacked program did not find its 600 images: ${result}"

echo "package: dist/${name}.tar.gz, $(du -h "dist/${name}.tar.gz" | cut -f1), $(ls "${stage}/lib" | wc -l) libraries; it ran ${how}"
