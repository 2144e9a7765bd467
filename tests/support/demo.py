"""The whole chain on one machine, as `make run` shows it: capture, spool, proxy, collector, page.

    python -m tests.support.demo CAPTURE...     reads the captures, ends, and leaves the collector running for an hour
    python -m tests.support.demo stop           ends the collector

Every step is a command of the product; the proxy is tinyproxy. What is made is in `.cache/demo` (or $DEMO_FOLDER), new each time. The
collector listens where this machine's own name leads: loopback itself is never proxied, a name is.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = Path(os.environ.get("DEMO_FOLDER", ROOT / ".cache" / "demo"))
STAYS: Final = "3600"
"""Seconds that the collector goes on."""
PATIENCE: Final = 30.0
ENVIRONMENT: Final = {
    name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
}


def main(words: list[str], folder: Path) -> int:
    """Do it, with everything in a folder of its own."""
    stop(folder)
    if words == ["stop"]:
        return 0
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    token = folder / "token"
    token.write_text(secrets.token_urlsafe(12))
    host, address = name_and_address()
    page = start_collector(folder, token, address)
    with proxied(folder) as proxy:
        status = read(folder, words, f"http://{host}:{page.rpartition(':')[2]}", token, proxy)
    if status != 0:
        stop(folder)
        return status
    print(
        f"\nThe page:  {page}/\nThe token: {token.read_text()}\n\n"
        "`make stop` ends the collector; it ends by itself in an hour."
    )
    return 0


def interceptor(command: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "interceptor", command]


def name_and_address() -> tuple[str, str]:
    """This machine's name and where it leads; loopback, and no proxy, where it leads nowhere."""
    try:
        return socket.gethostname(), socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1", "127.0.0.1"


def start_collector(folder: Path, token: Path, address: str) -> str:
    """The reference cloud, in the background; gives the page's address."""
    log = folder / "collector.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *("timeout", STAYS, *interceptor("collector")),
                *("--server-address", address, "--server-port", "0"),
                *("--collector-database", str(folder / "collector.db"), "--ingest-tokens-file", str(token)),
            ],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    (folder / "pid").write_text(str(process.pid))
    return str(wait_for(log, "started", process)["url"])


@contextmanager
def proxied(folder: Path) -> Iterator[str | None]:
    """A proxy between the agent and the cloud; gives its address, or None where there is no program for it."""
    program = shutil.which("tinyproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        print("tinyproxy is not installed (apt-get install tinyproxy), so the upload goes directly.")
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = folder / "tinyproxy.conf"
    settings.write_text(f"Listen 127.0.0.1\nPort {port}\nTimeout 60\nMaxClients 50\nLogLevel Connect\n")
    with (folder / "tinyproxy.log").open("wb") as output:
        process = subprocess.Popen([program, "-d", "-c", str(settings)], stdout=output, stderr=output)
    try:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def read(folder: Path, captures: list[str], endpoint: str, token: Path, proxy: str | None) -> int:
    """Show what is in the captures, spool and upload it; gives the exit status."""
    options = {
        "INTERCEPTOR_ENDPOINT": endpoint,
        "INTERCEPTOR_TOKEN_FILE": str(token),
        "INTERCEPTOR_UPLOAD_ALLOW_PLAIN_HTTP": "true",
        "INTERCEPTOR_SPOOL_DIRECTORY": str(folder / "spool"),
        "INTERCEPTOR_SPOOL_MIN_FREE_BYTES": "0",
    }
    if proxy is not None:
        options["PROXY_URL"] = proxy
    command = [*interceptor("read"), "--format", "table", "--upload", *captures]
    return subprocess.run(command, env=ENVIRONMENT | options, check=False).returncode


def events(log: Path) -> list[dict[str, object]]:
    """What a command has logged so far."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def wait_for(log: Path, event: str, process: subprocess.Popen[bytes]) -> dict[str, object]:
    """The first such event in a log."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        for found in events(log):
            if found["event"] == event:
                return found
        time.sleep(0.05)
    raise SystemExit(f"the collector does not start: {log.read_text()}")


def stop(folder: Path) -> None:
    """End the collector of an earlier run, if it is still ours."""
    path = folder / "pid"
    with suppress(OSError, ValueError):
        pid = int(path.read_text())
        if b"interceptor\0collector" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.killpg(pid, signal.SIGTERM)
            end = time.monotonic() + PATIENCE
            while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
                time.sleep(0.05)
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], FOLDER))
