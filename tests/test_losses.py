"""Losses on the network, for real: what came again is in the capture, so nothing is missing from the records."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.support import netns
from tests.support.paths import path
from tests.support.rpcapd import unavailable

if TYPE_CHECKING:
    import pathlib

SIZE = 20_000_000
SNAPLENS = (262_144, 400)


def downloads(place: pathlib.Path) -> tuple[dict[int, pathlib.Path], int]:
    """Captures of three downloads over such a path, by snaplen, and how many packets tcpdump dropped."""
    folder = place / "nginx"
    (folder / "files").mkdir(parents=True)
    with (folder / "files" / "large").open("wb") as large:
        large.truncate(SIZE)
    place.chmod(0o755)
    http = f"access_log off; sendfile on; server {{ listen 80; location / {{ root {folder}/files; }} }}"
    captures = {snaplen: place / f"{snaplen}.pcap" for snaplen in SNAPLENS}
    taking: list[netns.Capture] = []
    with ExitStack() as stack:
        client, server = (stack.enter_context(netns.namespace(name)) for name in ("lossc", "losss"))
        way = stack.enter_context(
            path(client, "10.98.0.1/24", server, "10.98.0.2/24", delay=0.02, one_in=4_001)
        )
        stack.enter_context(netns.nginx(server, folder, http))
        for snaplen, name in captures.items():
            taken = stack.enter_context(netns.tcpdump(client, "path", name, snaplen=snaplen, bpf="tcp"))
            taking.append(taken)
        for number in range(3):
            sizes = client.run(
                *("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"),
                f"http://10.98.0.2/large?{number}",
            )
            assert sizes.stdout == f"200 {SIZE}"
    assert way.lost >= 5
    return captures, sum(taken.dropped for taken in taking)


def test_downloads_over_a_path_that_loses_packets_are_whole(tmp_path: pathlib.Path) -> None:
    """Three downloads of 20 MB over 40 ms that lose one packet in 4,001 before they are captured: three records, whole,
    and no gap, whether all of a packet is captured or 400 bytes of it."""
    lacking = netns.unavailable("nginx", "curl", "tcpdump", "ss")
    if lacking:
        unavailable(lacking)
    for attempt in range(5):
        captures, dropped = downloads(tmp_path / str(attempt))
        if not dropped:  # by tcpdump, on a busy machine: then it is not whole
            break
    assert not dropped
    for snaplen, name in captures.items():
        told = subprocess.run(
            [sys.executable, "-m", "interceptor", "read", str(name), "--log-level", "info"],
            capture_output=True,
            text=True,
            check=True,
        )
        records = [json.loads(line) for line in told.stdout.splitlines()]
        assert [
            (record["http.response.status_code"], record["http.response.body.size"]) for record in records
        ] == [(200, SIZE)] * 3
        gaps = [line.split()[1:] for line in told.stderr.splitlines() if line.split()[:1] == ["gaps"]]
        assert gaps == [["none"]], (snaplen, told.stderr)
        if snaplen > 65_536:
            assert [(record["http.response.state"], record.get("missed_bytes", 0)) for record in records] == [
                ("complete", 0)
            ] * 3
