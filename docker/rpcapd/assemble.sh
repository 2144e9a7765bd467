#!/bin/bash
# Lays out the image's file system in ./image: the programs, the libraries they name, licences and the SBOM.
#     assemble.sh VERSION SOURCE_DATE_EPOCH
set -euo pipefail

mkdir -p image/usr/sbin image/usr/share/doc/libpcap image/usr/share/sbom image/etc
install -s out/run/rpcapd image/usr/sbin/rpcapd
install -s launch image/usr/sbin/rpcapd-launch
cp libpcap-*/LICENSE image/usr/share/doc/libpcap/copyright
echo 'root:x:0:0:root:/:/sbin/nologin' >image/etc/passwd

mapfile -t libraries < <(ldd out/run/rpcapd launch | grep -o '/[^ ]*\.so[^ ]*' | sort -u)
cp -L --parents "${libraries[@]}" image/
# dpkg knows a file by its real path: /lib is a link to /usr/lib, and which of the two it has differs by package.
packages=$(for library in "${libraries[@]}"; do
    real=$(realpath "$library")
    dpkg -S "$real" 2>/dev/null || dpkg -S "${real#/usr}"
done | sed 's/:.*//' | sort -u)
for package in $packages; do
    cp -L --parents "/usr/share/doc/$package/copyright" image/
done
# shellcheck disable=SC2086  # a list of words
python3 sbom.py --name rpcapd --version "$1" --time "$2" \
    --source "libpcap=$(sed -n 's/^Version: //p' libpcap_*.dsc | head -n 1)" --debian $packages \
    >image/usr/share/sbom/rpcapd.cdx.json
find image -exec touch -h -d "@$2" {} +
