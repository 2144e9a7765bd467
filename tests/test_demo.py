"""What `make run` shows."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.netns import wait_until
from tests.support.proxies import require


def demo(folder: Path, *words: str, **environment: str) -> str:
    """Run it; gives what it prints."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.demo", *words],
        env=os.environ | {"DEMO_FOLDER": str(folder)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def told_of(text: str) -> dict[str, str]:
    """What it says about the page: where it is, the token, and a link with both."""
    return {
        name: rest.strip()
        for name, _, rest in (line.partition(":") for line in text.splitlines())
        if name in {"The page", "The token", "Both"}
    }


def running(folder: Path) -> list[str]:
    """Commands that are alive and have the folder among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and b"tests.support.demo" not in words:
            found.append(words.replace(b"\0", b" ").decode())
    return found


def test_a_capture_reaches_the_page_through_a_proxy(tmp_path: Path) -> None:
    """Every transaction in the capture is in the collector once; the address and the token that are printed open it."""
    require("tinyproxy")
    folder = tmp_path / "demo"
    try:
        told = demo(folder, "fixtures/real/keepalive.pcap")
        assert "sent 31 records to" in told
        assert "via http://127.0.0.1:" in told
        said = told_of(told)
        page, token = said["The page"], said["The token"]
        assert said["Both"] == f"{page}login#token={token}"
        with httpx.Client(base_url=page, trust_env=False, follow_redirects=True) as client:
            assert "Access token" in client.get("/").text
            assert "Who calls whom" in client.post("/login", data={"token": token}).text
            seen = client.get("/v1/overview").json()
        assert seen["totals"]["stored"] == seen["totals"]["spread"]["calls"] == 31
        assert "/v1/batches" in (folder / "tinyproxy.log").read_text()
        assert token not in (folder / "collector.log").read_text()
    finally:
        demo(folder, "stop")
    assert running(folder) == []


def test_the_first_page_is_live(tmp_path: Path) -> None:
    """Without a capture: an hour of several services' calls is there at once, more comes, at the port that was asked for.

    Also where there is no proxy, which is said.
    """
    folder, programs = tmp_path / "demo", tmp_path / "programs"
    programs.mkdir()
    (programs / "timeout").symlink_to(shutil.which("timeout") or "/usr/bin/timeout")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        told = demo(folder, "--port", str(port), PATH=str(programs))
        assert "There is no proxy on the way" in told
        said = told_of(told)
        assert said["The page"].endswith(f":{port}/")
        bearer = {"Authorization": f"Bearer {said['The token']}"}
        with httpx.Client(base_url=said["The page"], trust_env=False, headers=bearer) as client:

            def calls() -> int:
                return int(client.get("/v1/overview").json()["totals"]["stored"])

            assert len(client.get("/v1/services?range=1h").json()["services"]) > 8
            assert calls() >= 6_000
            wait_until(lambda: calls() > 6_000, "calls that come while one looks", 60)
    finally:
        demo(folder, "stop")
    assert running(folder) == []
