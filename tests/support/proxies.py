"""Real proxies, and one that misbehaves on request.

Owns tinyproxy, squid and microsocks as processes on loopback, with the names under `.test` mapped to loopback for them (loopback
itself is never proxied), and `Peer`: a TCP server whose each connection is handled by the test, for what no real proxy
or server can be made to do. Needs root for tinyproxy and microsocks, which look names up in /etc/hosts: they get one of
their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from trustme import CA

__all__ = ["Peer", "listening", "microsocks", "peer", "relay", "require", "squid", "tinyproxy"]

HOSTS = "127.0.0.1 localhost api.test deep.api.test\n"
_SECONDS = 30.0


def require(*programs: str) -> None:
    """Skip where these programs or root are missing; fail where nothing may be skipped."""
    missing = [
        name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None
    ]
    reason = (
        f"not installed: {', '.join(missing)}" if missing else "needs root" if os.geteuid() != 0 else None
    )
    if reason is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int, log: pathlib.Path) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _SECONDS
        while True:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline, f"{command[0]} does not listen: {log.read_text()}"
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def tinyproxy(folder: pathlib.Path, credentials: tuple[str, str] | None = None) -> Iterator[int]:
    """Run tinyproxy; gives its port."""
    require("tinyproxy", "unshare")
    port = _free_port()
    settings = folder / "tinyproxy.conf"
    auth = f"BasicAuth {credentials[0]} {credentials[1]}\n" if credentials else ""
    settings.write_text(f"Listen 127.0.0.1\nPort {port}\nTimeout 60\nMaxClients 50\nLogLevel Connect\n{auth}")
    command = _with_names(folder, f'tinyproxy -d -c "{settings}"')
    with _running(command, port, folder / "tinyproxy.log"):
        yield port


@contextmanager
def microsocks(folder: pathlib.Path, credentials: tuple[str, str] | None = None) -> Iterator[int]:
    """Run microsocks, a SOCKS 5 proxy; gives its port."""
    require("microsocks", "unshare")
    port = _free_port()
    auth = f" -u {credentials[0]} -P {credentials[1]}" if credentials else ""
    command = _with_names(folder, f"microsocks -i 127.0.0.1 -p {port}{auth}")
    with _running(command, port, folder / "microsocks.log"):
        yield port


def _with_names(folder: pathlib.Path, command: str) -> list[str]:
    """The command with an /etc/hosts of its own; the process id stays that of the command."""
    hosts = folder / "hosts"
    hosts.write_text(HOSTS)
    return ["unshare", "--mount", "sh", "-c", f'mount --bind "{hosts}" /etc/hosts && exec {command}']


@contextmanager
def squid(
    credentials: tuple[str, str] | None = None,
    authority: CA | None = None,
    *,
    intercepting: tuple[CA, CA] | None = None,
) -> Iterator[int]:
    """Run squid; gives its port.

    With an `authority` it is an https:// proxy named `proxy.test` and `127.0.0.1`. With `intercepting` it breaks TLS
    open: it shows certificates of the first authority, and trusts servers of the second.
    """
    require("squid", "openssl")
    # squid gives up root, and must read its files after that: pytest's folders are for root alone
    with tempfile.TemporaryDirectory(prefix="squid-") as name:
        os.chmod(name, 0o755)
        with _squid(pathlib.Path(name), credentials, authority, intercepting) as port:
            yield port


@contextmanager
def _squid(
    folder: pathlib.Path,
    credentials: tuple[str, str] | None,
    authority: CA | None,
    intercepting: tuple[CA, CA] | None,
) -> Iterator[int]:
    port = _free_port()
    (folder / "hosts").write_text(HOSTS)
    listen = f"http_port 127.0.0.1:{port}"
    if authority is not None:
        certificate = authority.issue_cert("proxy.test", "127.0.0.1")
        certificate.private_key_and_cert_chain_pem.write_to_path(folder / "squid.pem")
        listen = f"https_port 127.0.0.1:{port} tls-cert={folder}/squid.pem"
    if intercepting is not None:
        listen = f"http_port 127.0.0.1:{port} {_intercept(folder, *intercepting)}"
    access = "http_access allow all"
    if credentials is not None:
        hashed = subprocess.run(
            ["openssl", "passwd", "-apr1", "-stdin"],
            input=credentials[1],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        (folder / "users").write_text(f"{credentials[0]}:{hashed}\n")
        os.chmod(folder / "users", 0o644)
        access = (
            f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/users\n"
            "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all"
        )
    settings = folder / "squid.conf"
    settings.write_text(
        f"{listen}\n{access}\nhosts_file {folder}/hosts\npid_filename none\naccess_log none\ncache deny all\n"
        "cache_log stdio:/dev/null\ncache_mem 1 MB\nshutdown_lifetime 0 seconds\npinger_enable off\nnetdb_filename none\n"
    )
    with _running(["squid", "-N", "-f", str(settings)], port, folder / "squid.log"):
        yield port


def _intercept(folder: pathlib.Path, shown: CA, trusted: CA) -> str:
    """The rest of a `http_port` line of a squid that breaks TLS open, and the lines for it."""
    (folder / "shown.pem").write_bytes(shown.cert_pem.bytes() + shown.private_key_pem.bytes())
    os.chmod(folder / "shown.pem", 0o644)
    trusted.cert_pem.write_to_path(folder / "trusted.pem")
    generator = f"/usr/lib/squid/security_file_certgen -s {folder}/certificates -M 4MB"
    subprocess.run([*generator.split(), "-c"], check=True, capture_output=True)
    for place in [folder / "certificates", *(folder / "certificates").rglob("*")]:
        shutil.chown(place, "proxy")
    return (
        f"ssl-bump tls-cert={folder}/shown.pem generate-host-certificates=on\n"
        f"sslcrtd_program {generator}\nsslcrtd_children 1 startup=1\n"
        f"tls_outgoing_options cafile={folder}/trusted.pem\nssl_bump bump all"
    )


class Peer:
    """A server that does to each connection what the test says."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections = 0
        self.heads: list[bytes] = []
        """Of each first request, up to its empty line."""


@asynccontextmanager
async def listening(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Serve on loopback while the block runs; gives the port. Every connection has ended when the block has."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handle(reader, writer)
        finally:
            await ended(writer)
            tasks.discard(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def peer(
    handle: Callable[[Peer, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Peer]:
    """Listen on loopback; `handle` gets each connection after its first head has been read."""
    server = Peer(0)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        server.heads.append(await reader.readuntil(b"\r\n\r\n"))
        await handle(server, reader, writer)

    async with listening(accept) as server.port:
        yield server


async def ended(writer: asyncio.StreamWriter) -> None:
    """Close a connection and wait until it is: what a loop leaves half closed is a warning in another test."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(5):
            await writer.wait_closed()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Do what a CONNECT asks for, but to a port on loopback, until either side ends."""
    there, back = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()

    copies = [asyncio.create_task(copy(reader, back)), asyncio.create_task(copy(there, writer))]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        back.close()  # before anything is waited for: who cancels us may do so again
        for task in copies:
            task.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        await ended(back)
