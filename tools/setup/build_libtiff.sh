#!/usr/bin/env bash
# Builds libtiff without JBIG into a folder: Debian's own loads JBIG-KIT, which is under
# the GPL. The sources are those of Debian 13, security fixes included, checked by apt's
# signatures: Debian 12's 4.5 cannot read all faxes. One change is our own:
# libtiff_fax_without_eol.patch.
#
#   tools/setup/build_libtiff.sh FOLDER
set -euo pipefail
target=$1
fax_patch=$(realpath "$(dirname "${BASH_SOURCE[0]}")/libtiff_fax_without_eol.patch")
work=$(mktemp -d "$(dirname "${target}")/.libtiff.XXXXXX")
trap 'rm -rf "${work}"' EXIT
cd "${work}"

# A list of source packages of our own, of the next release on the servers the system
# uses; the system's lists stay as they are.
mkdir -p parts lists/partial download
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; do
  grep -Eqs '[[:space:]](bookworm|trixie)([[:space:]/-]|$)' "${list}" || continue
  sed -E 's/^Types: deb( deb-src)?$/Types: deb-src/; s/^deb /deb-src /; s/([[:space:]])bookworm/\1trixie/g' "${list}" \
    >"parts/$(basename "${list}" | sed 's/^sources.list$/main.list/')"
done
chmod 755 . && chmod -R a+rwX lists download
apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=${work}/parts"
  -o "Dir::State::lists=${work}/lists" -o APT::Sandbox::User=root)
"${apt[@]}" update >/dev/null
(cd download && "${apt[@]}" source --download-only tiff >/dev/null)

mkdir source
tar -xf download/tiff_*.orig.tar.* -C source --strip-components=1
tar -xf download/tiff_*.debian.tar.* -C source
(cd source && while read -r name; do
  [[ -z ${name} || ${name} == \#* ]] || patch --quiet --strip=1 --input="debian/patches/${name}"
done <debian/patches/series && patch --quiet --strip=1 --input="${fax_patch}")

cmake -S source -B build -G Ninja --log-level=ERROR -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_INSTALL_PREFIX="${work}/out" -DCMAKE_INSTALL_LIBDIR=lib \
  -Djbig=OFF -Dlerc=OFF -Dlzma=OFF -Dwebp=OFF -Dzstd=OFF -Dcxx=OFF -Dtiff-tools=ON -Dtiff-tests=OFF \
  -Dtiff-contrib=OFF -Dtiff-docs=OFF >/dev/null 2>&1
cmake --build build --target install >build.log 2>&1 || { tail -20 build.log >&2; exit 1; }
# Two programs stay, for tests that ask libtiff itself what it makes of a file.
find out/bin -mindepth 1 ! -name tiffcp ! -name tiff2rgba -delete
cp source/LICENSE.md out/ 2>/dev/null || cp source/COPYRIGHT out/
mv -T out "${target}"
