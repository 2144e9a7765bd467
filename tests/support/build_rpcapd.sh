#!/bin/sh
# Builds libpcap's rpcapd, which no distribution ships, from the distribution's own libpcap source package.
#
# Result, in .cache/rpcapd of the project (keep that directory between CI runs and nothing is built again):
#     rpcapd      the daemon the tests talk to
#     libpcap.a   the same libpcap with remote capture, and include/: the benchmark's rival client
#     VERSION     the source package's version
# Where the source comes from: `apt-get source`, so it is the very file that the signed package index names by
# SHA-256, with the distribution's security patches. A deb-src entry is added, in a file of its own, only if
# there is none. Needs root only where something has to be installed or added.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
cache=$here/.cache/rpcapd
packages="build-essential cmake flex bison libssl-dev libcrypt-dev dpkg-dev"
added=/etc/apt/sources.list.d/interceptor-tests-deb-src
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
known=$(apt-cache showsrc libpcap 2>/dev/null | grep -c '^Package: libpcap$') || known=0
if [ -n "$missing" ] || [ "$known" = 0 ]; then
    [ "$(id -u)" = 0 ] ||
        die "needs root once, to install packages and to add a deb-src entry; or copy a built .cache/rpcapd here"
fi
if [ "$known" = 0 ]; then
    # The distribution's own entries once more, as deb-src: same mirror, same suites, same Signed-By.
    rm -f "$added.sources" "$added.list"
    apt-get indextargets --format '$(ORIGIN) $(SOURCESENTRY)' 'Created-By: Packages' |
        sed -n 's/^\(Debian\|Ubuntu\) \(.*\):[0-9]*$/\2/p' | sort -u >"$here/.cache/rpcapd.entries"
    while read -r entry; do
        case $entry in
            *.sources) sed 's/^Types:.*/Types: deb-src/' "$entry" >>"$added.sources" ;;
            *) sed -n 's/^deb /deb-src /p' "$entry" >>"$added.list" ;;
        esac
    done <"$here/.cache/rpcapd.entries"
    rm "$here/.cache/rpcapd.entries"
    say "added a deb-src entry: $(echo "$added".*)"
fi
if [ -n "$missing" ] || [ "$known" = 0 ]; then
    say "apt-get update"
    run apt-get -q -o Acquire::Retries=3 update
fi
if [ -n "$missing" ]; then
    say "installing$missing"
    # shellcheck disable=SC2086  # a list of words
    run env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends $missing
fi

work=$(mktemp -d "$here/.cache/rpcapd-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
say "fetching the source of libpcap"
run apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root source libpcap
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
