#!/usr/bin/env bash
# Builds BoringSSL's TLS runner (BoGo) from Debian's source package, in the user's cache folder.
#
#   setup.sh          install what it takes (as root, with apt-get), build, print the folder of the runner
#   setup.sh RELEASE  the same with the source package of another release of Debian, such as sid
#   setup.sh --have   print the folder if the runner is there, else exit with 1
#
# Nothing of BoringSSL's enters the project: tests/bogo only runs the program that is built here.
set -euo pipefail

package=android-platform-external-boringssl
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nss-bogo
release=
if [ $# -gt 0 ] && [ "$1" != --have ]; then
  release=$1
  cache=$cache-$release
fi
tree=$cache/src/boringssl.googlesource.com/boringssl
runner=$tree/ssl/test/runner

if [ "${1-}" = --have ]; then
  [ -x "$runner/runner" ] || exit 1
  echo "$runner"
  exit 0
fi
if [ -x "$runner/runner" ]; then
  echo "$runner"
  exit 0
fi

exec 3>&1 1>&2
export DEBIAN_FRONTEND=noninteractive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

timeout 180 apt-get -qq -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install -y --no-install-recommends \
  dpkg-dev xz-utils golang-1.19-go golang-golang-x-crypto-dev golang-golang-x-net-dev golang-golang-x-sys-dev

# Source packages are off in Debian's images: a copy of the machine's own sources with `deb-src`.
mkdir -p "$work/sources" "$work/lists/partial"
if [ -e /etc/apt/sources.list.d/debian.sources ]; then
  sed 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/debian.sources > "$work/sources/debian.sources"
else
  sed -n 's/^deb /deb-src /p' /etc/apt/sources.list > "$work/sources/debian.list"
fi
# Of another release only this source is taken: the mirror's first entry, with the other name.
if [ -n "$release" ]; then
  sed "s/^Suites:.*/Suites: $release/" "$work/sources/debian.sources" | awk -v RS= 'NR == 1' > "$work/release"
  mv "$work/release" "$work/sources/debian.sources"
fi
apt=(apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User=root
  -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/sources" -o "Dir::State::Lists=$work/lists")
timeout 120 "${apt[@]}" update
(cd "$work" && timeout 180 "${apt[@]}" source --download-only "$package")

rm -rf "$cache/src"
mkdir -p "$(dirname "$tree")"
dpkg-source --no-check --skip-patches -x "$work/$package"_*.dsc "$work/package"
mv "$work/package/src" "$tree"
# The tests' certificates and keys are read from this folder, so it stays as it is; the rest may go.
cd "$runner"
GO111MODULE=off GOFLAGS= GOPATH="$cache:/usr/share/gocode" GOCACHE="$work/go" \
  /usr/lib/go-1.19/bin/go test -c -o runner .
echo "$runner" >&3
