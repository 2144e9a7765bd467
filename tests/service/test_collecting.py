"""`interceptor collector`, as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.netns import namespace, process, unavailable, wait_until
from tests.support.records import batch, headers, record
from tests.support.services import TOKEN, running

if TYPE_CHECKING:
    from pathlib import Path

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_it_takes_stores_shows_and_ends(tmp_path: Path) -> None:
    """A batch in, the record out, metrics and health; SIGTERM ends it with 0; the next start has the record."""
    flags = ("--collector-database", tmp_path / "c.db")
    secret = {"INTERCEPTOR_INGEST_TOKENS": TOKEN}
    with running("collector", *flags, environment=secret) as it, httpx.Client(trust_env=False) as client:
        sealed = batch(record(server_address="internal.test"))
        for _ in range(2):
            answer = client.post(f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed))
            assert answer.json() == {"accepted": 1, "rejected": 0}
        assert client.get(f"{it.url}/v1/records").status_code == 401
        shown = client.get(f"{it.url}/v1/records", headers=BEARER).json()
        assert [each["server.address"] for each in shown["records"]] == ["internal.test"]
        metrics = client.get(f"{it.url}/metrics").text
        assert 'interceptor_ingest_batches_total{outcome="taken"} 1.0' in metrics
        assert 'interceptor_ingest_batches_total{outcome="duplicate"} 1.0' in metrics
        assert "interceptor_ingest_records_total 1.0" in metrics
        assert client.get(f"{it.url}/healthz").text == "alive\n"
        assert client.get(f"{it.url}/readyz").text == "ready\n"
        assert it.stop(signal.SIGTERM) == 0
        assert TOKEN not in it.said()
        assert "internal.test" not in it.said()
        assert "Traceback" not in it.said()
    with running("collector", *flags, environment=secret) as it:
        assert httpx.get(f"{it.url}/v1/overview", headers=BEARER).json()["totals"]["stored"] == 1


def test_it_fits_beside_a_daemon_on_one_host(tmp_path: Path) -> None:
    """With the ports that nobody chose: in a namespace, both listen."""
    reason = unavailable("ss")
    if reason is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    command = [sys.executable, "-m", "interceptor"]
    daemon = [*command, "run", "--capture-sources", "live:lo", "--output-path", str(tmp_path / "out")]
    cloud = [
        *command,
        "collector",
        "--ingest-anonymous",
        "true",
        "--collector-database",
        str(tmp_path / "c.db"),
    ]
    with namespace("ports") as space, process(space, daemon), process(space, cloud):
        wait_until(
            lambda: all(f":{port} " in space.run("ss", "-Hltn").stdout for port in (18_954, 18_955)),
            "both listen",
            60,
            0.1,
        )


def test_nobody_may_send_is_one_clear_line(tmp_path: Path) -> None:
    """Exit status 2, and what to set."""
    done = subprocess.run(
        [sys.executable, "-m", "interceptor", "collector", "--collector-database", tmp_path / "c.db"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ingest.tokens" in done.stderr
    assert not (tmp_path / "c.db").exists()


def test_a_database_in_use_is_one_clear_line(tmp_path: Path) -> None:
    """And the address is left alone."""
    flags = ("--collector-database", str(tmp_path / "c.db"), "--ingest-anonymous", "true")
    with running("collector", *flags):
        done = subprocess.run(
            [sys.executable, "-m", "interceptor", "collector", *flags, "--server-port", "0"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert "another collector" in done.stderr
    assert "Traceback" not in done.stderr


def test_open_to_everybody_is_said(tmp_path: Path) -> None:
    """A warning in the log."""
    flags = ("--collector-database", tmp_path / "c.db", "--ingest-anonymous", "true")
    with running("collector", *flags) as it:
        assert "anonymous" in {event["event"] for event in it.log()}
        assert httpx.get(f"{it.url}/v1/overview").status_code == 200


def test_what_it_cannot_keep_is_told(tmp_path: Path) -> None:
    """The database removed under it: 503 for the sender, not ready, and the metric says so; no batch is lost in it."""
    flags = ("--collector-database", tmp_path / "c.db")
    secret = {"INTERCEPTOR_INGEST_TOKENS": TOKEN}
    with running("collector", *flags, environment=secret) as it, httpx.Client(trust_env=False) as client:
        for sealed, status in ((batch(record()), 202), (batch(record()), 503)):
            answer = client.post(f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed))
            assert answer.status_code == status
            (tmp_path / "c.db").unlink(missing_ok=True)
        ready = client.get(f"{it.url}/readyz")
        assert (ready.status_code, "removed or replaced" in ready.text) == (503, True)
        metrics = client.get(f"{it.url}/metrics").text
        assert "interceptor_collector_ready 0.0" in metrics
        assert "interceptor_collector_records 1.0" in metrics
        assert it.stop(signal.SIGTERM) == 0
        assert "Traceback" not in it.said()
