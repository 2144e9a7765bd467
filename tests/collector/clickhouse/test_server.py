"""The way to ClickHouse, and what is told where it does not lead there."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector.clickhouse.server import Address, Server, ServerError, address_of
from interceptor.config import Collector
from interceptor.errors import UsageError
from tests.support.clickhouse import Clickhouse, shared, store_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "address", "url", "shown"),
    [
        (
            "clickhouse://ch.example/db",
            Address(False, "ch.example", 8123, "default", "db"),
            "http://ch.example:8123/",
            "clickhouse://ch.example:8123/db",
        ),
        (
            "clickhouses://me%40here@[2001:db8::1]:9/db?cluster=main",
            Address(True, "2001:db8::1", 9, "me@here", "db", "main"),
            "https://[2001:db8::1]:9/",
            "clickhouses://[2001:db8::1]:9/db",
        ),
        (
            "clickhouses://h/x_1",
            Address(True, "h", 8443, "default", "x_1"),
            "https://h:8443/",
            "clickhouses://h:8443/x_1",
        ),
    ],
)
def test_an_address_is_read(text: str, address: Address, url: str, shown: str) -> None:
    """With the ports that ClickHouse has, and shown without its user."""
    read = address_of(text)
    assert (read, read.url, str(read)) == (address, url, shown)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has the form"),
        ("http://h/db", "has the form"),
        ("clickhouse:///db", "has the form"),
        ("clickhouse://h", "names no database"),
        ("clickhouse://h/a/b", "names no database"),
        ("clickhouse://h/a`b", "names no database"),
        ("clickhouse://h:99999/db", "is no URL"),
        ("clickhouse://[h/db", "is no URL"),
        ("clickhouse://u:hunter2@h/db", "store_password_file"),
        ("clickhouse://h/db?cluster=a`b", "only ?cluster=name"),
        ("clickhouse://h/db?cluster=a&cluster=b", "only ?cluster=name"),
        ("clickhouse://h/db?secure=1", "only ?cluster=name"),
    ],
)
def test_what_is_no_address_is_one_line(text: str, said: str) -> None:
    """That says what to write, and shows no password."""
    with pytest.raises(UsageError) as raised:
        address_of(text)
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)


@given(st.text(max_size=40))
def test_an_address_is_an_address_or_a_line(text: str) -> None:
    """Whatever is written there."""
    for whole in (text, f"clickhouse://{text}", f"clickhouse://h/db{text}"):
        try:
            address_of(whole)
        except UsageError as error:
            line = str(error)
            assert "\n" not in line


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """A server that says one thing, whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(config: Collector, statement: str = "SELECT 1", **parameters: object) -> list[tuple[Any, ...]]:
    """One question."""

    async def go() -> list[tuple[Any, ...]]:
        server = Server(config)
        try:
            return await server.ask(statement, tuple, **parameters)
        finally:
            await server.close()

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            404,
            b"Code: 60. DB::Exception: Unknown table 'secret'. (UNKNOWN_TABLE) (version 26)",
            "60, UNKNOWN_TABLE",
        ),
        (500, b"Code: 243. DB::Exception: x. (NOT_ENOUGH_SPACE)", "its disk is full"),
        (
            500,
            b"Code: 27. DB::Exception: Cannot parse input before: '{\"secret\"}'. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)",
            "error 27",
        ),
        (403, b"<html>secret: denied</html>", "status 403"),
        (200, b"<html>secret</html>", "is it ClickHouse?"),
        (500, b"secret" * 10_000, "status 500"),
    ],
)
def test_errors_have_no_word_of_the_other_side(status: int, body: bytes, said: str) -> None:
    """But the number and the name of an error: messages quote what was sent."""
    with answering(status, body) as port, pytest.raises(ServerError) as raised:
        asked(Collector(store=f"clickhouse://127.0.0.1:{port}/db"))
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


def test_nobody_there_is_told() -> None:
    """In our words."""
    with answering(200, b"") as port:
        pass
    with pytest.raises(ServerError, match="cannot be reached"):
        asked(Collector(store=f"clickhouse://127.0.0.1:{port}/db"))


@pytest.mark.xdist_group("clickhouse")
def test_values_are_never_sql(tmp_path: Path) -> None:
    """They come back as they were given, whatever they are; so do rows of a table that is given beside a question."""
    config = Collector(store=store_for(tmp_path))
    for value in ("' OR 1 = 1 --", "\\", "\\'", "a\tb", "{x:String}", "$closed", "`", "ü€", "a\nb"):
        assert asked(config, "SELECT {value:String}", value=value) == [(value,)]
    with pytest.raises(ServerError, match="error 81"):
        asked(Collector(store=shared().store("not_there")))


@pytest.mark.xdist_group("clickhouse")
def test_tls_and_a_password(tmp_path: Path) -> None:
    """Both from files; what is wrong with them is told by the name of the option that has the file."""
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (tmp_path / "password").write_text("a-password-of-tests\n")
    (tmp_path / "empty").write_text("\n")
    folder = tmp_path / "data"
    folder.mkdir()
    flags = ("--user", "me", "--password", "a-password-of-tests", "--certificate", tmp_path / "server.pem")
    server = Clickhouse(folder, *flags, tls=True)
    try:

        def config(user: str = "me", password: str = "password", ca: str | None = "ca.pem") -> Collector:
            return Collector(
                store=server.store("default", user),
                store_password_file=tmp_path / password,
                store_ca_file=None if ca is None else tmp_path / ca,
            )

        assert asked(config()) == [(1,)]
        with pytest.raises(ServerError, match="store_password_file"):
            asked(config(user="you"))
        with pytest.raises(ServerError, match="store_ca_file"):
            asked(config(ca=None))
        for wrong in (config(password="none"), config(password="empty"), config(ca="password")):
            with pytest.raises(UsageError, match=r"^collector\.store_.*: cannot be used"):
                Server(wrong)
        plain = config().model_copy(
            update={"store": server.store("default").replace("clickhouses", "clickhouse")}
        )
        with pytest.raises(ServerError, match=r"broke off|status 400"):
            asked(plain)
    finally:
        server.kill()
