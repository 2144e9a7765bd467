#!/bin/sh
# Prepares podman on Debian: the packages, its configuration and a base image, all kept in .cache/containers.
#
#     tests/support/containers.sh             prepare; then use podman with the environment that is printed
#
# No image registry is asked: the base image is made from the distribution's own packages, under the published
# image's name. What is built from it proves the Dockerfiles' steps.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
cache=$here/.cache/containers
base=docker.io/library/debian:bookworm-slim

say() { echo "containers: $*" >&2; }
die() { echo "containers: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die "needs root: real containers with the host's network"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

missing=
for pair in podman:podman buildah:buildah runc:runc conmon:conmon netavark:netavark aardvark-dns:aardvark-dns \
    catatonit:catatonit iptables:iptables mmdebstrap:mmdebstrap; do
    [ -x "/usr/bin/${pair%%:*}" ] || [ -x "/usr/sbin/${pair%%:*}" ] || [ -x "/usr/lib/podman/${pair%%:*}" ] ||
        missing="$missing ${pair#*:}"
done
# Ubuntu has Debian's keys in a package that is not installed by itself.
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
if [ -n "$missing" ]; then
    say "installing$missing"
    apt-get -q -o Acquire::Retries=3 update >/dev/null
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends \
        golang-github-containers-common $missing >"$cache/apt.log" 2>&1 || die "apt-get install failed: $cache/apt.log"
fi

# runc and cgroupfs: crun fails where version 1 and 2 of cgroups are mixed; limits that root may not raise are named.
# Renamed into place: podman of another test process may read them now.
cat >"$cache/containers.conf.new" <<END
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
END
cat >"$cache/storage.conf.new" <<END
[storage]
driver = "overlay"
graphroot = "$cache/storage"
runroot = "/run/interceptor-tests-$(printf %s "$here" | cksum | cut -d' ' -f1)"
END
mv "$cache/containers.conf.new" "$cache/containers.conf"
mv "$cache/storage.conf.new" "$cache/storage.conf"
CONTAINERS_CONF=$cache/containers.conf
CONTAINERS_STORAGE_CONF=$cache/storage.conf
export CONTAINERS_CONF CONTAINERS_STORAGE_CONF

if ! podman image exists "$base"; then
    say "making the base image from the distribution's packages"
    # The published image has its sources in another place and form than mmdebstrap writes them.
    cat >"$cache/debian-sources" <<'END'
while read -r kind uri suite components; do
    [ "$kind" = deb ] || continue
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\n' "$uri" "$suite" "$components"
    printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n'
done <"$1/etc/apt/sources.list" >"$1/etc/apt/sources.list.d/debian.sources"
rm "$1/etc/apt/sources.list"
END
    # usr-is-merged, as it has, and not usrmerge, which brings a whole Perl.
    SOURCE_DATE_EPOCH=0 mmdebstrap --variant=minbase --mode=root --format=tar \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include=usr-is-merged \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --customize-hook="sh $cache/debian-sources \"\$1\"" \
        bookworm "$cache/base.tar" >"$cache/mmdebstrap.log" 2>&1 ||
        die "mmdebstrap failed: $cache/mmdebstrap.log"
    podman import -q -c 'CMD ["bash"]' "$cache/base.tar" "$base" >/dev/null
    rm "$cache/base.tar"
fi
echo "CONTAINERS_CONF=$CONTAINERS_CONF"
echo "CONTAINERS_STORAGE_CONF=$CONTAINERS_STORAGE_CONF"
