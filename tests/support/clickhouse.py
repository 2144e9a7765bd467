"""A ClickHouse for tests: its engine, as chDB embeds it, behind its HTTP interface.

    python -m tests.support.clickhouse FOLDER [--port N] [--user NAME --password FILE] [--certificate FILE]

What answers is ClickHouse: its parser, its tables, its parts on the disk. What is ours is the way there: a statement in the
body or in `query`, `param_…`, settings, rows after an INSERT, a table in a multipart form, and errors with a status, as its
documentation of the HTTP interface has them. A process of its own, which a test may kill; `POST /fault` makes the next
statement that has some words fail before it is run, or lose its answer afterwards.
"""

from __future__ import annotations

import argparse
import atexit
import importlib.util
import json
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
from email.parser import BytesParser
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

__all__ = ["Clickhouse", "missing", "shared", "store_for"]

ROOT = Path(__file__).parents[2]
_HTTP_ONLY = {"wait_end_of_query", "default_format", "database", "query", "ids_structure", "ids_format"}


def missing() -> str | None:
    """Why it cannot run here."""
    if importlib.util.find_spec("chdb") is None:
        return "chdb-core is not installed: there are wheels of it for CPython 3.9 to 3.13 on x86-64 and ARM"
    return None


class Clickhouse:
    """A server that runs."""

    def __init__(self, folder: Path, *flags: object, tls: bool = False) -> None:
        if (reason := missing()) is not None:
            pytest.skip(reason)
        self.folder = folder
        self._flags = flags
        self._tls = tls
        self.port = 0
        self._client = httpx.Client(trust_env=False, timeout=60)
        self.start()

    def start(self) -> None:
        """Start it, again at the same port."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.clickhouse", self.folder),
                *("--port", str(self.port), *map(str, self._flags)),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        """End it as a crash does."""
        self._client.close()
        self._client = httpx.Client(trust_env=False, timeout=60)
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def store(self, database: str, user: str = "") -> str:
        """As in `collector.store`."""
        return f"clickhouse{'s' * self._tls}://{user and user + '@'}127.0.0.1:{self.port}/{database}"

    def ask(self, statement: str, database: str = "default", **parameters: str) -> list[Any]:
        """Rows, without any engine of ours. For a server without TLS and password."""
        answer = self._client.post(
            f"http://127.0.0.1:{self.port}/",
            params={"database": database} | {f"param_{name}": value for name, value in parameters.items()},
            content=statement,
        )
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def fault(self, words: str, when: str) -> None:
        """Of the next statement with these words: fail `before` it is run, or lose the answer `after`."""
        fault = {"words": words, "when": when}
        self._client.post(f"http://127.0.0.1:{self.port}/fault", json=fault).raise_for_status()


_shared: list[Clickhouse] = []


def shared() -> Clickhouse:
    """One for all tests of this process."""
    if not _shared:
        folder = tempfile.TemporaryDirectory(prefix="clickhouse-tests-")
        server = Clickhouse(Path(folder.name))
        atexit.register(folder.cleanup)
        atexit.register(server.kill)
        _shared.append(server)
    return _shared[0]


def store_for(place: Path) -> str:
    """`collector.store` of a database that belongs to this place, made if it is not there."""
    database = f"t{sha256(str(place).encode()).hexdigest()[:16]}"
    shared().ask(f"CREATE DATABASE IF NOT EXISTS {database}")
    return shared().store(database)


class _Failed(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Engine:
    """chDB, one statement at a time."""

    def __init__(self, folder: Path) -> None:
        from chdb import session  # type: ignore[import-untyped,unused-ignore]

        self._session = session.Session(str(folder / "data"))
        self._lock = threading.Lock()
        self._set: dict[str, str] = {}
        self._scratch = folder / "scratch.json"
        self.fault: dict[str, str] = {}

    def run(self, parameters: dict[str, str], statement: str, rows: bytes | None, table: bytes | None) -> str:
        """What the server answers."""
        values = {name[6:]: value for name, value in parameters.items() if name.startswith("param_")}
        settings = {
            name: value
            for name, value in parameters.items()
            if name not in _HTTP_ONLY and not name.startswith("param_")
        }
        with self._lock:
            when = None
            if self.fault and self.fault["words"] in statement:
                when, self.fault = self.fault["when"], {}
            if when == "before":
                raise _Failed(500, "Code: 999. DB::Exception: of a test. (KEEPER_EXCEPTION)")
            try:
                for name, value in settings.items():
                    if self._set.get(name) != value:
                        self._session.query(f"SET {name}={value}")
                        self._set[name] = value
                self._session.query(f"USE `{parameters.get('database', 'default')}`")
                if rows is not None or table is not None:
                    statement = self._with_data(statement, parameters, rows, table)
                answer = str(self._session.query(statement, "JSONCompactEachRow", params=values))
            except RuntimeError as error:
                raise _Failed(500, str(error)) from error
            except Exception as error:
                if "Code: " not in str(error):
                    raise
                raise _Failed(500, str(error)) from error
            if when == "after":
                raise ConnectionAbortedError
            return answer

    def _with_data(
        self, statement: str, parameters: dict[str, str], rows: bytes | None, table: bytes | None
    ) -> str:
        """As a file: chDB has no way for data beside a statement."""
        self._scratch.write_bytes((table if rows is None else rows) or b"")
        if rows is None:
            file = f"file('{self._scratch}', '{parameters['ids_format']}', '{parameters['ids_structure']}')"
            return re.sub(r"\bFROM ids\b", f"FROM {file}", statement)
        statement, found = re.subn(
            r"input\(('[^']*')\)", rf"file('{self._scratch}', 'JSONCompactEachRow', \1)", statement
        )
        assert found == 1, statement
        return statement.removesuffix("FORMAT JSONCompactEachRow")


def _handler(engine: _Engine, user: str, password: str | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length")
            body = self._chunked() if length is None else self.rfile.read(int(length))
            if self.path == "/fault":
                engine.fault = json.loads(body)
                self._answer(200, "")
                return
            try:
                self._answer(200, self._ask(body))
            except _Failed as failed:
                self._answer(failed.status, str(failed))
            except ConnectionAbortedError:
                self.close_connection = True

        def _ask(self, body: bytes) -> str:
            shown = self.headers.get("X-ClickHouse-User", "default"), self.headers.get("X-ClickHouse-Key")
            if password is not None and shown != (user, password):
                raise _Failed(
                    403,
                    f"Code: 516. DB::Exception: {user}: Authentication failed. (AUTHENTICATION_FAILED)",
                )
            parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            if "query" not in parameters:
                return engine.run(parameters, body.decode(), None, None)
            kind = self.headers.get("Content-Type", "")
            if not kind.startswith("multipart/form-data"):
                return engine.run(parameters, parameters["query"], body, None)
            message = BytesParser().parsebytes(f"Content-Type: {kind}\n\n".encode() + body)
            parts = message.get_payload()
            assert isinstance(parts, list)
            (part,) = parts
            assert not isinstance(part, str)
            assert part.get_param("name", header="Content-Disposition") == "ids"
            return engine.run(parameters, parameters["query"], None, _bytes(part.get_payload(decode=True)))

        def _chunked(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            if (code := re.search(r"Code: (\d+)\.", text)) and status != 200:
                self.send_header("X-ClickHouse-Exception-Code", code[1])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def _bytes(content: object) -> bytes:
    assert isinstance(content, bytes)
    return content


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", default="default")
    parser.add_argument("--password")
    parser.add_argument("--certificate", type=Path)
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal, which is for the tests
    engine = _Engine(given.folder)
    server = ThreadingHTTPServer(("127.0.0.1", given.port), _handler(engine, given.user, given.password))
    server.daemon_threads = True
    if given.certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
