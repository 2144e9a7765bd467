"""`interceptor run`, as a process: its configuration, its log, its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.capture_bytes import conversation, pcap
from tests.support.rpcapd import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def run(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the daemon to its end."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "interceptor", "run", "--server-port", "0", *flags],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_a_replay_gives_records_on_standard_output_and_a_log_on_standard_error(tmp_path: Path) -> None:
    """Both are JSON Lines; options come from the file, the environment and flags."""
    capture, config = tmp_path / "capture.pcap", tmp_path / "config.yaml"
    capture.write_bytes(pcap(conversation(10)))
    config.write_text(f"node: from-file\ncapture: {{sources: ['file:{capture}']}}\n")
    done = run("--output-path", "-", INTERCEPTOR_CONFIG=str(config), INTERCEPTOR_METADATA_URL="path")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 10
    assert all(record["node"] == "from-file" and "url.path" in record for record in records)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [event["event"] for event in events][-2:] == ["stopping", "stopped"]
    assert events[-1]["balanced"]
    assert events[-1]["records"] == 10


def test_the_same_packets_give_the_same_records_as_read(tmp_path: Path) -> None:
    """One code path, whichever the command; only the node is added."""
    capture = tmp_path / "capture.pcap"
    capture.write_bytes(pcap(conversation(300)))
    ran = run("--output-path", "-", "--capture-sources", f"file:{capture}", "--node", "n")
    read = subprocess.run(
        [sys.executable, "-m", "interceptor", "read", str(capture)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    assert ran.stdout.replace(',"node":"n"', "") == read.stdout


def test_files_whose_clocks_are_apart_are_replayed_as_one(tmp_path: Path) -> None:
    """As `read` does it, with the line in the log."""
    packets = conversation(5)
    client = bytes([10, 0, 0, 1])
    sides = [
        [(time + offset, frame) for time, frame in packets if (frame[26:30] == client) is ours]
        for ours, offset in ((True, 0), (False, 30 * 10**9))
    ]
    paths = []
    for name, side in zip(("a.pcap", "b.pcap", "whole.pcap"), (*sides, packets), strict=True):
        (tmp_path / name).write_bytes(pcap(side))
        paths.append(f"file:{tmp_path / name}")
    apart = run("--output-path", "-", "--capture-sources", ",".join(paths[:2]), "--node", "n")
    whole = run("--output-path", "-", "--capture-sources", paths[2], "--node", "n")
    assert (apart.returncode, apart.stdout) == (0, whole.stdout)
    [told] = [
        event for event in map(json.loads, apart.stderr.splitlines()) if event["event"] == "clocks_apart"
    ]
    assert "b.pcap: its clock is 30 s ahead" in told["told"]


def test_a_low_limit_of_open_files_is_raised(tmp_path: Path) -> None:
    """As far as the hard limit allows: every capture needs two, and many systems begin with 1,024."""
    capture = tmp_path / "capture.pcap"
    capture.write_bytes(pcap(conversation(1)))
    code = (
        "import resource, sys; from interceptor.cli import main; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 999));"
        "status = main(sys.argv[1:]); print(status, resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    flags = ("--capture-sources", f"file:{capture}", "--output-path", os.devnull, "--server-port", "0")
    done = subprocess.run(
        [sys.executable, "-c", code, "run", *flags], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.stdout == "0 (999, 999)\n", done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--capture-sources", "ftp://x", "--output-path", "-"), "is none of rpcap://"),
        (("--capture-filter", "nonsense (", "--output-path", "-"), "capture.filter: "),
        (("--output-path", "/no/such/folder/x"), "cannot be written"),
        (("--server-address", "localhost", "--output-path", "-"), "is no IP address"),
        (("--config", "/no/such/file"), "cannot be read"),
        (("--capture-sources", "file:/no/such/file", "--output-path", "-"), "No such file"),
    ],
)
def test_what_cannot_be_used_is_said_and_ends_it(flags: tuple[str, ...], said: str) -> None:
    """Status 2, no traceback; in one line where nothing has begun."""
    done = run(*flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if not done.stderr.startswith("{"):
        assert done.stderr.count("\n") == 1
