"""`interceptor read --upload`: what was read arrives, or stays for the next run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.netns import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CAPTURE = ROOT / "fixtures" / "real" / "keepalive.pcap"
RECORDS = 31
"""In it: as many as nginx logged."""


@contextmanager
def collector(folder: Path) -> Iterator[str]:
    """Run a collector for anybody; gives its URL."""
    said = folder / "collector.log"
    options = ("--server-address", "127.0.0.1", "--server-port", "0", "--ingest-anonymous", "true")
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "interceptor",
                "collector",
                *options,
                "--collector-database",
                folder / "c.db",
            ],
            stderr=errors,
            cwd=ROOT,
        )
    try:

        def started() -> bool:
            assert process.poll() is None, said.read_text()
            return '"started"' in said.read_text()

        wait_until(started, "the collector listens", 30)
        (url,) = [event["url"] for event in map(json.loads, said.read_text().splitlines()) if "url" in event]
        yield url
    finally:
        process.terminate()
        process.wait(30)


def taken(url: str) -> int:
    """Records that a collector has from us, each once."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        f"{url}/metrics", timeout=10
    ) as page:
        text = page.read().decode()
    found = dict(
        re.findall(r"^interceptor_ingest_(records|duplicate_records)_total (\S+)$", text, re.MULTILINE)
    )
    return int(float(found["records"]) - float(found["duplicate_records"]))


def read(folder: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Read the capture, and upload."""
    config = folder / "config.yaml"
    config.write_text(
        f"endpoint: {url}\nshutdown_seconds: 10\nspool:\n  directory: {folder / 'spool'}\n  min_free_bytes: 0\n"
    )
    command = [
        sys.executable,
        "-m",
        "interceptor",
        "read",
        str(CAPTURE),
        "--upload",
        "--config",
        str(config),
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)


def test_what_was_read_arrives(tmp_path: Path) -> None:
    """Every record once, beside the usual output; one line tells the way it went."""
    with collector(tmp_path) as url:
        done = read(tmp_path, url)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == RECORDS
        assert (
            done.stderr
            == f"interceptor: sent {RECORDS} records to {url} direct (loopback is always direct)\n"
        )
        assert taken(url) == RECORDS


def test_what_does_not_arrive_stays_for_the_next_run(tmp_path: Path) -> None:
    """Nobody listens: the run ends in time, says why, and with status 1; the next one delivers what it left."""
    with collector(tmp_path) as url:
        pass
    done = read(tmp_path, url, "--format", "summary")
    assert done.returncode == 1
    assert f"{RECORDS} stay in {tmp_path / 'spool'} for the next run: cannot connect" in done.stderr
    with collector(tmp_path) as url:
        done = read(tmp_path, url, "--format", "summary")
        assert done.returncode == 0, done.stderr
        assert f"sent {2 * RECORDS} records" in done.stderr
        # the same traffic has the same ids, however often it is read
        assert taken(url) == RECORDS


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--upload",), "endpoint: is not set"),
        (("--config", "config.yaml"), "config.yaml: cannot be read"),
        (("--upload", "--config", "absent.yaml"), "absent.yaml"),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    """Before anything is read or shown."""
    command = [sys.executable, "-m", "interceptor", "read", str(CAPTURE), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert told in done.stderr
