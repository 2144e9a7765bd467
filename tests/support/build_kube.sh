#!/bin/sh
# Builds etcd and kube-apiserver, which no distribution ships in a version of today, from the Go module in tests/support/kube.
#
# Result, in .cache/kube of the project (keep that directory between runs and nothing is built again):
#     etcd, kube-apiserver   what tests/kubernetes/test_cluster.py starts
#     VERSION                checksum of the module: another one is built anew
# About six minutes of processor time and 2 GB of Go's caches. The sources come through Go's module proxy, checked against
# go.sum. Needs the version of Go that go.mod names, or a newer one.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
module=$here/tests/support/kube
cache=$here/.cache/kube
log=$here/.cache/kube-build.log

say() { echo "build_kube: $*"; }
die() { echo "build_kube: $*" >&2; exit 1; }

mkdir -p "$here/.cache"
exec 9>"$here/.cache/kube.lock"
flock 9  # two test runs at once build it once

version=$(cat "$module/go.mod" "$module/go.sum" "$module"/*/main.go | sha256sum | cut -d' ' -f1)
if [ "$(cat "$cache/VERSION" 2>/dev/null)" = "$version" ]; then
    say "it is in $cache"
    exit 0
fi
command -v go >/dev/null || die "needs Go $(sed -n 's/^go //p' "$module/go.mod"): https://go.dev/dl/"

kubernetes=$(sed -n 's/^require k8s.io\/kubernetes //p' "$module/go.mod")
rest=${kubernetes#v1.}
package=k8s.io/component-base/version
flags="-s -w -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=${rest%%.*}"
work=$(mktemp -d "$here/.cache/kube-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$module"
say "building etcd and kube-apiserver $kubernetes (minutes)"
for each in etcd apiserver; do
    go build -ldflags "$flags" -o "$work/$each" "./$each" >"$log" 2>&1 ||
        die "\`go build ./$each\` failed; its output ends: $(grep . "$log" | tail -n 1) (all of it: $log)"
done
mv "$work/apiserver" "$work/kube-apiserver"
echo "$version" >"$work/VERSION"
rm -rf "$cache"
mv "$work" "$cache"
chmod 755 "$cache"
say "it is in $cache"
