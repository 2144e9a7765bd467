"""The whole chain, run for real over one capture, and everything that comes out of it.

    read ──▶ JSON Lines, table, summary, CSV, file, messages  run ──▶ spool, file, log, /metrics, probes
    run ──▶ relay ──▶ collector ──▶ database, API, page       read --upload ──▶ OTLP

Every part is a command of the product. Between them stands a `Recorder`, which keeps what goes over the wire.
"""

from __future__ import annotations

import gzip
import http.client
import os
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from interceptor.delivery.batches import unpack
from tests.support.services import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OUTPUTS", "outputs"]

ROOT = Path(__file__).parents[2]
DEADLINE = 240.0
OUTPUTS = (
    *("JSON Lines", "table", "summary", "file", "messages of read", "messages of a damaged capture"),
    *("CSV", "compressed CSV", "messages of a condition", "messages of a wrong condition"),
    *("crash", "crash of the daemon", "file of the daemon", "log of the daemon", "spool"),
    *("metrics of the daemon", "probes of the daemon", "ingest API", "OTLP", "log of the relay"),
    *("metrics of the relay", "probes of the relay", "log of the collector", "metrics of the collector"),
    *("probes of the collector", "database", "answers of the collector", "page"),
)
_CRASHING = """
import sys
from interceptor.core.records.encoder import RecordEncoder
def record(self, transaction):
    raise KeyError(transaction.request.target + transaction.request.host)
RecordEncoder.record = record
from interceptor.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""A defect whose text is traffic's."""


class Recorder:
    """An endpoint on loopback: keeps the bodies, and passes them on to another, takes or refuses them."""

    def __init__(self, forward: str | None = None, *, status: int = 200) -> None:
        self.bodies: list[bytes] = []
        self.heads: list[str] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                encoding = self.headers.get("Content-Encoding", "identity")
                recorder.heads.append(f"{self.path} {self.headers}")
                recorder.bodies.append(unpack(body, encoding, 2**30))
                answer, code = b"{}", status
                if forward is not None:
                    way = http.client.HTTPConnection(urlsplit(forward).netloc, timeout=60)
                    way.request("POST", self.path, body, dict(self.headers))
                    answered = way.getresponse()
                    answer, code = answered.read(), answered.status
                    way.close()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator[Recorder]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def text(self) -> str:
        """All that came."""
        return "\n".join([*self.heads, *[body.decode("utf-8", "replace") for body in self.bodies]])


def _environment(**more: str) -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.upper().endswith("_PROXY")} | more


def _command(*words: object, code: str | None = None, **environment: str) -> tuple[str, str]:
    start = ["-m", "interceptor"] if code is None else ["-c", code]
    done = subprocess.run(
        [sys.executable, *start, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=_environment(**environment),
        timeout=DEADLINE,
    )
    return done.stdout, done.stderr


def _get(url: str, *, token: bool = False) -> str:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:  # a probe that is not ready says why
        return error.read().decode()


def _about(name: str, url: str) -> dict[str, str]:
    return {
        f"metrics of the {name}": _get(f"{url}/metrics"),
        f"probes of the {name}": _get(f"{url}/healthz") + _get(f"{url}/readyz"),
    }


def outputs(capture: Path, folder: Path) -> dict[str, str]:
    """By name (`OUTPUTS`): everything that comes out."""
    found: dict[str, str] = {}
    lines, told = _command("read", capture, "--format", "jsonl", "--log-level", "debug")
    found |= {"JSON Lines": lines, "messages of read": told}
    found["table"], _ = _command("read", capture, "--format", "table", COLUMNS="400")
    found["summary"], _ = _command("read", capture, "--format", "summary")
    _command("read", capture, "--format", "jsonl", "--output", folder / "records.jsonl")
    found["file"] = (folder / "records.jsonl").read_text()
    found["CSV"], _ = _command("read", capture, "--format", "csv")
    compressed = folder / "records.csv.gz"
    condition = "template ~ '*' and not status = 599 or anomaly != none"
    _, found["messages of a condition"] = _command(
        "read", capture, "--where", condition, "-o", compressed, "--log-level", "debug"
    )
    found["compressed CSV"] = gzip.decompress(compressed.read_bytes()).decode()
    # one that does not read, and one whose type is another's: both are said before or while there is traffic
    found["messages of a wrong condition"] = "".join(
        _command("read", capture, "--where", wrong, "--log-level", "debug")[1]
        for wrong in ("template ~ '*' and stats >= 500", "duration > many", "status >= '5xx")
    )
    damaged = folder / "damaged.pcap"
    damaged.write_bytes(capture.read_bytes()[:-9])
    found["messages of a damaged capture"] = _command("read", damaged, "--log-level", "debug")[1]
    found["crash"] = "".join(_command("read", capture, "--log-level", "debug", code=_CRASHING))
    daemon = [
        *("--server-address", "127.0.0.1", "--server-port", "0", "--log-level", "debug"),
        *("--capture-sources", f"file:{capture}"),
    ]
    found["crash of the daemon"] = "".join(
        _command("run", *daemon, "--output-path", folder / "crash.jsonl", code=_CRASHING)
    )
    _command("run", *daemon, "--output-path", folder / "daemon.jsonl")
    found["file of the daemon"] = (folder / "daemon.jsonl").read_text()
    found |= _spooled(capture, folder) | _delivered(capture, folder)
    with Recorder().serving() as recorder:
        _command(
            *("read", capture, "--upload", "--output", folder / "x.jsonl"),
            INTERCEPTOR_ENDPOINT=recorder.url,
            INTERCEPTOR_UPLOAD_PROTOCOL="otlp",
            INTERCEPTOR_SPOOL_DIRECTORY=str(folder / "otlp"),
            INTERCEPTOR_SPOOL_MIN_FREE_BYTES="0",
        )
        found["OTLP"] = recorder.text()
    return found


def _spooled(capture: Path, folder: Path) -> dict[str, str]:
    """A daemon whose endpoint refuses: everything stays in its spool while one looks at it."""
    spool = folder / "spool"
    with (
        Recorder(status=503).serving() as refusing,
        running(
            *("run", "--capture-sources", f"file:{capture}", "--endpoint", refusing.url),
            *("--spool-directory", spool, "--spool-min-free-bytes", 0, "--log-level", "debug"),
            *("--shutdown-seconds", 8),
        ) as daemon,
    ):
        found = _about("daemon", daemon.url)
        end = time.monotonic() + 4
        while time.monotonic() < end and daemon.process.poll() is None:
            time.sleep(0.2)
            try:
                found = {name: text + _about("daemon", daemon.url)[name] for name, text in found.items()}
            except OSError:
                break
        daemon.process.wait(DEADLINE)
        found["log of the daemon"] = daemon.said()
    found["spool"] = "\n".join([_opened(path) for path in sorted(spool.rglob("*")) if path.is_file()])
    return found


def _opened(path: Path) -> str:
    """A spool's file, as it is and unpacked."""
    data = path.read_bytes()
    start = data.find(b"\x1f\x8b\x08")  # two bytes alone are in numbers, too
    text = path.name + data.decode("latin-1")
    return text + gzip.decompress(data[start:]).decode() if start >= 0 else text


def _delivered(capture: Path, folder: Path) -> dict[str, str]:
    """Daemon, relay, collector."""
    secrets = {"INTERCEPTOR_INGEST_TOKENS": TOKEN, "INTERCEPTOR_TOKEN": TOKEN}
    plain = ("--upload-allow-plain-http", "true", "--spool-min-free-bytes", 0, "--log-level", "debug")
    database = folder / "collector.db"
    found: dict[str, str] = {}
    with running(
        "collector", "--collector-database", database, "--log-level", "debug", environment=secrets
    ) as collector:
        with (
            Recorder(collector.url).serving() as wire,
            running(
                *("relay", "--endpoint", wire.url, "--spool-directory", folder / "relay", *plain),
                environment=secrets,
            ) as relay,
        ):
            with Recorder(relay.url).serving() as near:
                _command(
                    *("run", "--server-address", "127.0.0.1", "--server-port", 0),
                    *("--capture-sources", f"file:{capture}", "--endpoint", near.url),
                    *("--spool-directory", folder / "daemon", *plain),
                    **secrets,
                )
                found["ingest API"] = near.text()
            found |= _about("relay", relay.url)
            relay.stop()
            found["log of the relay"] = relay.said()
            found["ingest API"] += wire.text()
        found |= _about("collector", collector.url)
        found["page"] = _get(f"{collector.url}/")
        answers = [
            _get(f"{collector.url}/v1/{what}?range=all", token=True)
            for what in ("overview", "services", "calls", "endpoints", "agents")
        ]
        answers.append(_get(f"{collector.url}/v1/records?limit=500", token=True))
        found["answers of the collector"] = "\n".join(answers)
        collector.stop()
        found["log of the collector"] = collector.said()
    with sqlite3.connect(database) as opened:
        found["database"] = "\n".join(opened.iterdump())
    opened.close()
    return found
