#!/bin/sh
# Builds libpcap's rpcapd, which no distribution ships, from the distribution's own libpcap source package.
#
# Result, in .cache/rpcapd of the project (keep that directory between CI runs and nothing is built again):
#     rpcapd      the daemon the tests talk to
#     libpcap.a   the same libpcap with remote capture, and include/: the benchmark's rival client
#     VERSION     the source package's version
# Where the source comes from: `apt-get source`, so it is the very file that the signed package index names by
# SHA-256, with the distribution's security patches. Nothing is added to the machine's sources: apt-get is shown the
# distribution's entries once more, as deb-src, in a folder of its own. Needs root only to install the packages.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
cache=$here/.cache/rpcapd
packages="build-essential cmake flex bison libssl-dev libcrypt-dev dpkg-dev"
log=$here/.cache/rpcapd-build.log

say() { echo "build_rpcapd: $*"; }
die() { echo "build_rpcapd: $*" >&2; exit 1; }
run() { "$@" >>"$log" 2>&1 || die "\`$*\` failed; its output ends: $(grep . "$log" | tail -n 1) (all of it: $log)"; }

mkdir -p "$here/.cache"
exec 9>"$here/.cache/rpcapd.lock"
flock 9  # two test runs at once build it once

if [ -x "$cache/rpcapd" ] && [ -e "$cache/libpcap.a" ]; then
    say "libpcap $(cat "$cache/VERSION") is in $cache"
    exit 0
fi
command -v apt-get >/dev/null || die "needs apt-get: the source is the distribution's libpcap package"
: >"$log"

missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    [ "$(id -u)" = 0 ] || die "needs root once, to install$missing; or copy a built .cache/rpcapd here"
    say "installing$missing"
    run apt-get -q -o Acquire::Retries=3 update
    # shellcheck disable=SC2086  # a list of words
    run env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends $missing
fi

work=$(mktemp -d "$here/.cache/rpcapd-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
# The distribution's own entries, as deb-src: same mirror, same suites, same Signed-By.
mkdir -p sources lists/partial
apt-get indextargets --format '$(ORIGIN) $(SOURCESENTRY)' 'Created-By: Packages' |
    sed -n 's/^\(Debian\|Ubuntu\) \(.*\):[0-9]*$/\2/p' | sort -u >entries
while read -r entry; do
    case $entry in
        *.sources) sed 's/^Types:.*/Types: deb-src/' "$entry" >>sources/source.sources ;;
        *) sed -n 's/^deb /deb-src /p' "$entry" >>sources/source.list ;;
    esac
done <entries
fetch() {
    run apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root -o "Dir::Etc::SourceParts=$work/sources" \
        -o Dir::Etc::SourceList=/dev/null -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" "$@"
}
say "fetching the source of libpcap"
fetch update
fetch source libpcap
version=$(sed -n 's/^Version: //p' libpcap_*.dsc | head -n 1)

say "building rpcapd and libpcap $version with remote capture (about a minute)"
run cmake -S libpcap-*/ -B build -DENABLE_REMOTE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DDISABLE_DBUS=ON -DDISABLE_RDMA=ON -DDISABLE_BLUETOOTH=ON -DDISABLE_USB=ON
run make -C build -j2 rpcapd pcap_static

mkdir result
cp build/run/rpcapd build/libpcap.a result/
cp -r libpcap-*/pcap libpcap-*/pcap.h result/
mkdir result/include && mv result/pcap result/pcap.h result/include/
echo "$version" >result/VERSION
rm -rf "$cache"
mv result "$cache"
say "libpcap $version is in $cache"
