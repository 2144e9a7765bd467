"""The HTTP server inside a process: its socket, its TLS, its end."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from interceptor.config import Server
from interceptor.errors import UsageError
from interceptor.service import server as server_module
from interceptor.service.server import serving

if TYPE_CHECKING:
    from starlette.requests import Request


async def hello(_: Request) -> PlainTextResponse:
    """Say something."""
    return PlainTextResponse("hello")


async def large(_: Request) -> PlainTextResponse:
    """Say more than sockets hold."""
    return PlainTextResponse("x" * 2**24)


APP = Starlette(routes=[Route("/hello", hello), Route("/large", large)])


async def ask(port: int, verify: ssl.SSLContext | None = None) -> str:
    """What the server says."""
    scheme = "https" if verify else "http"
    async with httpx.AsyncClient(trust_env=False, verify=verify or False) as client:
        return (await client.get(f"{scheme}://127.0.0.1:{port}/hello")).text


def test_it_answers_at_the_port_it_gives_and_stops() -> None:
    """Port 0 is the system's choice; after the block nobody listens there."""

    async def check() -> None:
        async with serving(APP, Server(address="127.0.0.1", port=0)) as port:
            assert await ask(port) == "hello"
        with pytest.raises(httpx.ConnectError):
            await ask(port)

    asyncio.run(check())


def test_while_nobody_asks_it_sleeps() -> None:
    """Not ten times a second: in three seconds of silence no timer is set but for the time that answers tell, and they do."""
    set_: list[float] = []

    async def check() -> None:
        loop: Any = asyncio.get_running_loop()
        async with serving(APP, Server(address="127.0.0.1", port=0)) as port:
            assert await ask(port) == "hello"
            plain = loop.call_at

            def counted(when: float, *rest: Any, **options: Any) -> asyncio.TimerHandle:
                set_.append(when)
                timer: asyncio.TimerHandle = plain(when, *rest, **options)
                return timer

            loop.call_at = counted
            await asyncio.sleep(3)
            loop.call_at = plain
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(f"http://127.0.0.1:{port}/hello")
            told = parsedate_to_datetime(answer.headers["date"]).timestamp()
            assert time.time() - 60 < told <= time.time()
            assert told >= begun + 1

    begun = int(time.time())
    asyncio.run(check())
    assert 1 < len(set_) <= 6


def test_who_only_sits_there_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the longest silent connection goes, and a new one is answered."""
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 8)

    async def check() -> None:
        async with serving(APP, Server(address="127.0.0.1", port=0)) as port:
            with ExitStack() as sitting:
                # All at once: the loop takes none of them before the last is there.
                for number in range(30):
                    client = sitting.enter_context(socket.create_connection(("127.0.0.1", port)))
                    client.sendall(b"GET /hel" if number % 2 else b"")
                assert await ask(port) == "hello"
                async with asyncio.timeout(30):
                    while open_at(port) > 8:  # noqa: ASYNC110 - the kernel's table
                        await asyncio.sleep(0.05)
                assert await ask(port) == "hello"

    asyncio.run(check())


@pytest.mark.parametrize("said", [b"", b"GET /he", b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_connection_of_no_use_is_closed(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """One that asks nothing, half a question, or does not read the answer."""
    monkeypatch.setattr(server_module, "_IDLE_SECONDS", 0.2)

    async def check() -> None:
        async with serving(APP, Server(address="127.0.0.1", port=0)) as port:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", port))
                client.sendall(said)
                async with asyncio.timeout(30):
                    while open_at(port):  # noqa: ASYNC110 - the kernel's table
                        await asyncio.sleep(0.05)

    asyncio.run(check())


def open_at(port: int) -> int:
    """How many connections this port has."""
    found = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum([words[1].endswith(f":{port:04X}") and words[3] == "01" for words in found])


def test_a_port_in_use_is_one_clear_line() -> None:
    """A second instance says what is the matter and what to do."""

    async def check() -> None:
        async with serving(APP, Server(address="127.0.0.1", port=0)) as port:
            with pytest.raises(UsageError, match=rf"port {port}: is in use; is a second instance"):
                async with serving(APP, Server(address="127.0.0.1", port=port)):
                    pass
            assert await ask(port) == "hello"

    asyncio.run(check())


def test_an_address_that_is_none_is_refused() -> None:
    """Names are not looked up for a listening socket."""

    async def check() -> None:
        async with serving(APP, Server(address="localhost", port=0)):
            pass

    with pytest.raises(UsageError, match=r"localhost.*no IP address"):
        asyncio.run(check())


def test_tls_and_clients_that_must_have_a_certificate(tmp_path: Path) -> None:
    """With authorities for clients, one without a certificate gets no answer."""
    authority = trustme.CA()
    ours, theirs = authority.issue_cert("127.0.0.1"), authority.issue_cert("client.test")
    names = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "ca.pem"
    ours.cert_chain_pems[0].write_to_path(names[0])
    ours.private_key_pem.write_to_path(names[1])
    authority.cert_pem.write_to_path(names[2])
    config = Server(
        address="127.0.0.1", port=0, cert_file=names[0], key_file=names[1], client_ca_file=names[2]
    )
    stranger, known = ssl.create_default_context(), ssl.create_default_context()
    for context in (stranger, known):
        authority.configure_trust(context)
    theirs.configure_cert(known)

    async def check() -> None:
        async with serving(APP, config) as port:
            assert await ask(port, known) == "hello"
            with pytest.raises(httpx.TransportError):
                await ask(port, stranger)

    asyncio.run(check())


@pytest.mark.parametrize("damage", ["missing", "no key", "authorities without certificate"])
def test_a_certificate_that_cannot_be_used_names_its_file(tmp_path: Path, damage: str) -> None:
    """And never shows what a key file holds."""
    secret = "not a key, but a secret"
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    if damage != "missing":
        trustme.CA().issue_cert("127.0.0.1").cert_chain_pems[0].write_to_path(cert)
        key.write_text(secret)
    config = Server(address="127.0.0.1", port=0, cert_file=cert, key_file=key)
    if damage == "authorities without certificate":
        config = Server(address="127.0.0.1", port=0, client_ca_file=cert)

    async def check() -> None:
        async with serving(APP, config):
            pass

    with pytest.raises(UsageError, match=r"cert\.pem|cert_file") as caught:
        asyncio.run(check())
    assert secret not in str(caught.value)
