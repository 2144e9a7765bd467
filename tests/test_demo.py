"""What `make run` shows."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx

from tests.support.proxies import require

if TYPE_CHECKING:
    from pathlib import Path


def demo(folder: Path, *words: str) -> str:
    """Run it; gives what it prints."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.demo", *words],
        env=os.environ | {"DEMO_FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def test_a_capture_reaches_the_page_through_a_proxy(tmp_path: Path) -> None:
    """Every transaction in the capture is in the collector once; the address and the token that are printed open it."""
    require("tinyproxy")
    folder = tmp_path / "demo"
    try:
        told = demo(folder, "fixtures/real/keepalive.pcap")
        assert "sent 31 records to" in told
        assert "via http://127.0.0.1:" in told
        said = dict(line.split(":", 1) for line in told.splitlines() if line.startswith("The "))
        page, token = said["The page"].strip(), said["The token"].strip()
        with httpx.Client(base_url=page, trust_env=False, follow_redirects=True) as client:
            assert "Access token" in client.get("/").text
            assert "Who calls whom" in client.post("/login", data={"token": token}).text
            seen = client.get("/v1/overview").json()
        assert seen["totals"]["stored"] == seen["totals"]["spread"]["calls"] == 31
        assert "/v1/batches" in (folder / "tinyproxy.log").read_text()
        assert token not in (folder / "collector.log").read_text()
    finally:
        demo(folder, "stop")
    assert not (folder / "pid").exists()
