"""The whole chain on one machine, as `make run` shows it: capture, spool, proxy, collector, page.

    python -m tests.support.demo [--port N]              an hour of a shop's traffic, and the next hour as it "happens"
    python -m tests.support.demo [--port N] CAPTURE...   what is in these captures
    python -m tests.support.demo stop                    ends what is left running: by itself it ends in an hour

Every step is a command of the product; the proxy is tinyproxy. What is made is in `.cache/demo` (or $DEMO_FOLDER), new each time. The
collector listens where this machine's own name leads: loopback itself is never proxied, a name is.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.support import shop

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = Path(os.environ.get("DEMO_FOLDER", ROOT / ".cache" / "demo"))
HOUR: Final = 3600.0
CALLS: Final = 6_000
"""In an hour."""
PATIENCE: Final = 30.0
ENVIRONMENT: Final = {
    name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
}


def main(words: list[str], folder: Path) -> int:
    """Do it, with everything in a folder of its own."""
    stop(folder)
    if words == ["stop"]:
        return 0
    parser = argparse.ArgumentParser(prog="demo", description="The whole chain on one machine.")
    parser.add_argument("--port", type=int, default=0, help="of the page; by default one that is free")
    parser.add_argument("captures", nargs="*", help="capture files; by default a shop's traffic is made")
    wanted = parser.parse_args(words)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    token = folder / "token"
    token.write_text(secrets.token_urlsafe(16))
    host, address = name_and_address()
    page = start_collector(folder, token, address, wanted.port)
    options = {
        "INTERCEPTOR_ENDPOINT": f"http://{host}:{page.rpartition(':')[2]}",
        "INTERCEPTOR_TOKEN_FILE": str(token),
        "INTERCEPTOR_UPLOAD_ALLOW_PLAIN_HTTP": "true",
        "INTERCEPTOR_SPOOL_MIN_FREE_BYTES": "0",
    }
    if (proxy := start_proxy(folder)) is not None:
        options["PROXY_URL"] = proxy
    if wanted.captures:
        status = read(folder, wanted.captures, "table", options)
    else:
        status = read(folder, [str(made(folder, "past"))], "summary", options)
        if status == 0:
            follow(folder, made(folder, "coming"), options)
    if status != 0:
        stop(folder)
        return status
    port = page.rpartition(":")[2]
    print(
        f"\nThe page:  {page}/\nThe token: {token.read_text()}\nBoth:      {page}/login#token={token.read_text()}\n\n"
        f"From another machine: ssh -L {port}:{address}:{port} {socket.gethostname()}, then http://127.0.0.1:{port}/.\n"
        "`make stop` ends it; it ends by itself in an hour."
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


def start(folder: Path, name: str, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
    """Run a command in the background, for an hour at most; what it says is in `NAME.log`."""
    with (folder / f"{name}.log").open("wb") as output:
        process = subprocess.Popen(
            ["timeout", f"{HOUR:g}", *command],
            env=ENVIRONMENT | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    with (folder / "pids").open("a") as pids:
        pids.write(f"{process.pid}\n")
    return process


def start_collector(folder: Path, token: Path, address: str, port: int) -> str:
    """The reference cloud; gives the page's address."""
    command = [
        *interceptor("collector"),
        *("--server-address", address, "--server-port", str(port)),
        *("--collector-database", str(folder / "collector.db"), "--ingest-tokens-file", str(token)),
    ]
    return str(wait_for(folder / "collector.log", "started", start(folder, "collector", command))["url"])


def start_proxy(folder: Path) -> str | None:
    """A proxy between the agent and the cloud; gives its address, or None where there is no program for it."""
    program = shutil.which("tinyproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        print("There is no proxy on the way: tinyproxy is not installed (apt-get install tinyproxy).")
        return None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = folder / "tinyproxy.conf"
    settings.write_text(f"Listen 127.0.0.1\nPort {port}\nTimeout 60\nMaxClients 50\nLogLevel Connect\n")
    start(folder, "tinyproxy", [program, "-d", "-c", str(settings)])
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.05)
    return f"127.0.0.1:{port}"


def made(folder: Path, which: str) -> Path:
    """A capture of the shop: of the hour that is past, or of the one that is coming."""
    path, now = folder / f"{which}.pcap", time.time()
    if which == "past":
        path.write_bytes(shop.capture(CALLS, end=now, seconds=HOUR))
    else:
        path.write_bytes(shop.capture(CALLS, end=now + HOUR, seconds=HOUR, evenly=True, seed=2))
    return path


def read(folder: Path, captures: list[str], how: str, options: dict[str, str]) -> int:
    """Show what is in the captures, spool and upload it; gives the exit status."""
    command = [*interceptor("read"), "--format", how, "--upload", *captures]
    own = {"INTERCEPTOR_SPOOL_DIRECTORY": str(folder / "spool")}
    return subprocess.run(command, env=ENVIRONMENT | options | own, check=False).returncode


def follow(folder: Path, capture: Path, options: dict[str, str]) -> None:
    """The daemon, with a capture for an interface: its packets come at the times that they have."""
    command = [
        *interceptor("run"),
        *(
            "--capture-sources",
            f"file:{capture}?pace=real",
            "--server-address",
            "127.0.0.1",
            "--server-port",
            "0",
        ),
        *("--spool-directory", str(folder / "spool-of-run"), "--spool-batch-seconds", "2"),
    ]
    wait_for(folder / "run.log", "started", start(folder, "run", command, **options))


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
    raise SystemExit(f"{log.stem} does not start: {log.read_text().strip()}")


def stop(folder: Path) -> None:
    """End what an earlier run has left, the daemon first: whatever still is ours, which the folder's name in its arguments tells."""
    path = folder / "pids"
    pids = [int(word) for word in path.read_text().split()] if path.exists() else []
    for pid in reversed(pids):
        with suppress(OSError):
            if str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.killpg(pid, signal.SIGTERM)
                end = time.monotonic() + PATIENCE
                while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
                    time.sleep(0.05)
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], FOLDER))
