#!/bin/sh
# Installs the Debian or Ubuntu packages that tests and benchmarks use, where it may (root) and needs to.
set -eu

# program:package
programs="
tshark:tshark
editcap:tshark
tcpdump:tcpdump
nginx:nginx-light
curl:curl
wrk:wrk
ip:iproute2
ethtool:ethtool
httpry:httpry
gcc:gcc
openssl:openssl
tinyproxy:tinyproxy
squid:squid-openssl
microsocks:microsocks
unshare:util-linux
prometheus:prometheus
promtool:prometheus
"
missing=""
for pair in $programs; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || missing="$missing ${pair#*:}"
done
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
[ -n "${missing# }" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "not root: the tests that need these packages will be skipped: $missing" >&2
    exit 0
fi
echo "installing: $missing" >&2
export DEBIAN_FRONTEND=noninteractive
# The programs are for the tests to start: no service of theirs may run (invoke-rc.d(8)).
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod 755 "$guard"
    trap 'rm -f "$guard"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 - one word a package
apt-get install -y -qq --no-install-recommends $missing >/dev/null
