#!/bin/sh
# Installs the Debian or Ubuntu packages that tests and benchmarks use, where it may (root) and needs to, and names them.
# With names of programs: only those.
#
# Another apt, such as the updates of a new machine, is waited for. Where a package cannot be had, that is said, and the
# exit status is 0: what needs it does without, or says so. Not in CI, where everything must be there.
set -eu

LOCK_SECONDS=300

# program:package; ensurepip is a module of Python's that Debian splits off, and libpython what programs link that embed it.
python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
programs="
ensurepip:python3-venv
libpython:libpython$python
tshark:tshark
editcap:tshark
tcpdump:tcpdump
nginx:nginx-light
curl:curl
wrk:wrk
ip:iproute2
ethtool:ethtool
iptables:iptables
httpry:httpry
gcc:gcc
openssl:openssl
tinyproxy:tinyproxy
dnsmasq:dnsmasq-base
squid:squid-openssl
microsocks:microsocks
nghttpd:nghttp2-server
h2load:nghttp2-client
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
    libpython) python3 -c 'import ctypes; ctypes.CDLL("libpython'"$python"'.so.1.0")' 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
    esac
}

missing=""
for pair in $programs; do
    [ $# -eq 0 ] || case " $* " in *" ${pair%%:*} "*) ;; *) continue ;; esac
    here "${pair%%:*}" || missing="$missing ${pair#*:}"
done
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
missing=${missing% }
[ -n "${missing# }" ] || exit 0

left_out() {
    echo "$1; what needs these packages is left out: $missing" >&2
    [ -z "${CI:-}" ] || exit 1
    exit 0
}
command -v apt-get >/dev/null || left_out "no apt-get here"
[ "$(id -u)" -eq 0 ] || left_out "not root"
echo "installing with apt-get: $missing" >&2
export DEBIAN_FRONTEND=noninteractive

said=$(mktemp)
guard=/usr/sbin/policy-rc.d
own=
trap 'rm -f "$said" $own' EXIT
# The programs are for the tests to start: no service of theirs may run (invoke-rc.d(8)).
if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod 755 "$guard"
    own=$guard
fi

# apt-get waits for dpkg's lock when asked to, but not for that of its lists.
apt() {
    end=$(($(date +%s) + LOCK_SECONDS))
    told=
    until apt-get -qq -o Acquire::Retries=2 "$@" >"$said" 2>&1; do
        if ! grep -Eq 'Could not get lock|Unable to lock' "$said"; then
            tail -n 3 "$said" >&2
            return 1
        fi
        [ "$(date +%s)" -lt "$end" ] || { echo "another apt does not end" >&2; return 1; }
        [ -n "$told" ] || echo "waiting for another apt to end, at most $((LOCK_SECONDS / 60)) minutes" >&2
        told=yes
        sleep 1
    done
}

apt update || left_out "apt-get update failed"
known=""
for package in $missing; do
    if apt-cache show "$package" >/dev/null 2>&1; then
        known="$known $package"
    else
        echo "not packaged here: $package; what needs it is left out" >&2
    fi
done
[ -n "$known" ] || exit 0
# shellcheck disable=SC2086 - one word a package
apt install -y --no-install-recommends $known || left_out "apt-get install failed"
