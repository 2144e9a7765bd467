#!/bin/sh
# The README's two commands as a newcomer meets them, in a fresh root of a distribution. Needs root, mmdebstrap and some
# minutes; not part of the everyday tests.
#
#     tests/support/fresh_root.sh bookworm         Debian 12
#     tests/support/fresh_root.sh noble            Ubuntu 24.04
#     tests/support/fresh_root.sh bookworm test    and `make test` in it, which takes a quarter of an hour more
#
# `make run` three times: while another apt holds its locks for half a minute, when all is there, and without apt-get and
# a proxy; before the last one, `make test`.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
suite=${1:?a suite: bookworm or noble}
cache=$here/.cache/fresh
root=$cache/$suite
told=$cache/$suite.log

say() { echo "fresh_root: $suite: $*"; }
die() { echo "fresh_root: $suite: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die "needs root"
case $suite in
bookworm) keys=/usr/share/keyrings/debian-archive-keyring.gpg mirror="http://deb.debian.org/debian bookworm main" ;;
noble) keys=/usr/share/keyrings/ubuntu-archive-keyring.gpg mirror="http://archive.ubuntu.com/ubuntu noble main universe" ;;
*) die "bookworm or noble" ;;
esac
[ -e "$keys" ] || die "needs $keys (of debian-archive-keyring or ubuntu-keyring)"

mkdir -p "$cache"
rm -rf --one-file-system "$root" # a run that was killed may have left /dev mounted in it
say "making a root with git, make and Python"
mmdebstrap --quiet --variant=apt --mode=root --include=git,make,python3,ca-certificates "$suite" "$root" \
    "deb [signed-by=$keys] $mirror"
# Inside, the mirror's keys have their usual place.
sed -i 's/ \[signed-by=[^]]*\]//' "$root"/etc/apt/sources.list
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" # of mirrors with an authority of their own
git clone -q "$here" "$root/src"

mount --bind "$root" "$root" # namespaces have mounts of their own, which only a root that is one can have
mount --make-private "$root"

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
mount --rbind /sys "$root/sys"
mount --make-rslave "$root/sys"
mount -t tmpfs tmpfs "$root/run"
trap 'umount -R -l "$root"' EXIT

inside() { chroot "$root" /usr/bin/env -C /src HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

run() { # what is to be said
    inside make run >"$told" 2>&1 || { tail -n 20 "$told" >&2; die "make run fails"; }
    for wanted in "The page:" "sent 6,000 records" "$@"; do
        grep -q "$wanted" "$told" || { cat "$told" >&2; die "does not say: $wanted"; }
    done
    inside make stop >/dev/null
    say "make run says: $(grep -E "$(echo "The page:|$1")" "$told" | tr '\n' ';')"
}

# As apt itself locks: POSIX locks, for half a minute.
python3 - "$root/var/lib/dpkg/lock-frontend" "$root/var/lib/apt/lists/lock" <<'END' &
import fcntl, sys, time
held = [open(name, "w") for name in sys.argv[1:]]
for file in held:
    fcntl.lockf(file, fcntl.LOCK_EX)
time.sleep(30)
END
run "waiting for another apt" "via http://127.0.0.1:"
run "via http://127.0.0.1:"
if [ "${2-}" = test ]; then
    inside make test >"$told" 2>&1 || { tail -n 40 "$told" >&2; die "make test fails, see $told"; }
    say "make test says: $(tail -n 1 "$told")"
fi
inside apt-get remove -qq -y tinyproxy-bin tinyproxy >/dev/null 2>&1
mv "$root/usr/bin/apt-get" "$root/usr/bin/apt-get.away"
run "no apt-get here" "There is no proxy on the way"
say "done; rm -r $root frees $(du -smx "$root" | cut -f1) MB"
