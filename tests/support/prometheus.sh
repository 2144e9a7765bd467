#!/bin/sh
# Fetches Prometheus and promtool from Debian's packages into .cache/prometheus, without installing them: no service
# is started and nothing of the machine changes. The suite has the release series that the chart names (2.53).
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
cache=$here/.cache/prometheus
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[ -x "$cache/root/usr/bin/promtool" ] && exit 0

die() { echo "prometheus: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "needs root once, or a copied .cache/prometheus"
if ! command -v mmdebstrap >/dev/null || [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    apt-get -q -o Acquire::Retries=3 update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends mmdebstrap \
        debian-archive-keyring >/dev/null || die "mmdebstrap and Debian's keys cannot be installed"
fi
# Unpacked only, so that no maintainer script runs.
mmdebstrap --variant=extract --mode=root --include=prometheus,base-files,ca-certificates trixie "$cache/unpacked" \
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" \
    >"$cache/log" 2>&1 || die "cannot be unpacked: $cache/log"
mv "$cache/unpacked" "$cache/root"
