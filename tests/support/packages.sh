#!/bin/sh
# Installs the Debian or Ubuntu packages that tests and benchmarks use, where it may (root) and needs to.
# With names of programs: only those.
set -eu

# program:package; ensurepip is a module of Python's that Debian splits off.
programs="
ensurepip:python3-venv
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
dnsmasq:dnsmasq-base
squid:squid-openssl
microsocks:microsocks
unshare:util-linux
docker-compose:docker-compose
mmdebstrap:mmdebstrap
nsenter:util-linux
prometheus:prometheus
promtool:prometheus
chromium-headless-shell:chromium-headless-shell
man:man-db
mandoc:mandoc
zsh:zsh
fish:fish
systemd-analyze:systemd
setpriv:util-linux
"
here() {
    case $1 in
    ensurepip) python3 -c 'import ensurepip' 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
    esac
}

missing=""
for pair in $programs; do
    [ $# -eq 0 ] || case " $* " in *" ${pair%%:*} "*) ;; *) continue ;; esac
    here "${pair%%:*}" || missing="$missing ${pair#*:}"
done
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
[ -n "${missing# }" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "not root: what needs these packages will be left out: $missing" >&2
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
known=""
for package in $missing; do
    if apt-cache show "$package" >/dev/null 2>&1; then
        known="$known $package"
    else
        echo "not packaged here: $package; what needs it will be left out" >&2
    fi
done
# shellcheck disable=SC2086 - one word a package
apt-get install -y -qq --no-install-recommends $known >/dev/null
