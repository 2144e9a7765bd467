"""Commands of this program that serve HTTP, as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["TOKEN", "Running", "running"]

ROOT = Path(__file__).parents[2]
DEADLINE = 120.0
TOKEN = "secret-token-for-tests"


class Running:
    """A service that serves. What it logs is in `log`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log
        self.url = ""

    def log(self) -> list[dict[str, Any]]:
        """Its events so far."""
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]

    def said(self) -> str:
        """All that it wrote."""
        return self._log.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(DEADLINE)


def _url(started: dict[str, Any], flags: tuple[object, ...]) -> str:
    """Where it serves; the daemon tells its port only."""
    scheme = "https" if "--server-cert-file" in flags else "http"
    return str(started.get("url") or f"{scheme}://127.0.0.1:{started['port']}")


@contextmanager
def running(command: str, *flags: object, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run `interceptor COMMAND` on a free port of loopback; yields when it serves, stops it at the end."""
    words = [
        sys.executable,
        "-m",
        "interceptor",
        command,
        "--server-address",
        "127.0.0.1",
        "--server-port",
        "0",
    ]
    own = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    with tempfile.TemporaryDirectory(prefix=f"{command}-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [*words, *map(str, flags)],
                cwd=ROOT,
                env=own | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        service = Running(process, log)
        try:
            end = time.monotonic() + DEADLINE
            while not service.url:
                if process.poll() is not None or time.monotonic() > end:
                    raise OSError(f"interceptor {command} does not serve: {service.said()}")
                started = [event for event in service.log() if event["event"] == "started"]
                service.url = _url(started[0], flags) if started else ""
                time.sleep(0.02)
            yield service
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(DEADLINE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
