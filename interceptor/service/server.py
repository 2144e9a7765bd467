"""An HTTP server inside this process: metrics and health, and the ingest API.

Owns the listening socket, TLS, the life of uvicorn in our event loop, and how many connections there are and how long
one may be of no use: anybody who reaches the port can open them. Refuses routes: those are the application's. Signals
stay with whoever runs the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from interceptor.errors import UsageError
from interceptor.rotation import LOOK_SECONDS, Rotating

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp

    from interceptor.config import Server

__all__ = ["serving"]

_DRAIN_SECONDS: Final = 5
"""For requests under way when the server ends."""
_DATE_SECONDS: Final = 1.0
"""What the time of an answer is exact to (RFC 9110 section 5.6.7)."""
_IDLE_SECONDS: Final = 75
"""Until a connection without requests is closed: longer than clients keep theirs (uploads, scrapes), so that the
client closes first and no request meets a connection that is going away."""


MOST_CONNECTIONS: Final = 512
"""At once, so that descriptors stay for the captures. A new one takes the place of that which has been silent longest,
one without a request under way first: who comes to scrape or to probe is heard however many others only sit there."""
MANY_CONNECTIONS: Final = 2_048
"""Where there are no captures: each of a thousand nodes keeps one between its batches, and comes back with a few."""


class _Connection(H11Protocol):
    """A connection that has to be of use: uvicorn alone waits for a first request, or for a reader, for ever."""

    @property
    def most(self) -> int:
        """How many of them there may be."""
        return MOST_CONNECTIONS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room for it, and have it looked at now and then."""
        super().connection_made(transport)
        self.heard = self.loop.time()
        self._unread = 0
        others = [
            one
            for one in self.connections
            if isinstance(one, _Connection) and one is not self and not one.transport.is_closing()
        ]
        if len(others) >= self.most:
            min(others, key=lambda one: (one.working, one.heard)).transport.abort()
        self._timer = self.loop.call_later(_IDLE_SECONDS, self._look)

    def data_received(self, data: bytes) -> None:
        """Note that it is alive."""
        self.heard = self.loop.time()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look at it no more."""
        self._timer.cancel()
        super().connection_lost(exc)

    @property
    def working(self) -> bool:
        """Whether a request is under way."""
        return not getattr(self.cycle, "response_complete", True)  # no cycle: nothing was asked yet

    def _look(self) -> None:
        unread = self.transport.get_write_buffer_size()
        silent = self.loop.time() - self.heard >= _IDLE_SECONDS
        if silent and (unread >= self._unread > 0 or not (self.working or unread)):
            self.transport.abort()
            return
        self._unread = unread
        self._timer = self.loop.call_later(_IDLE_SECONDS, self._look)


class _OneOfMany(_Connection):
    @property
    def most(self) -> int:
        return MANY_CONNECTIONS


class _Quiet(uvicorn.Server):
    """uvicorn, leaving the process's signals alone, and the process asleep while nobody asks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._over = asyncio.Event()

    def end(self) -> None:
        """Serve no more."""
        self.should_exit = True
        self._over.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        """Keep the time that answers tell, until the end. uvicorn's own looks ten times a second whether that has come."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DATE_SECONDS):
                    await self._over.wait()


@asynccontextmanager
async def serving(app: ASGIApp, config: Server, *, many: bool = False) -> AsyncIterator[int]:
    """Serve `app` while the block runs; gives the port, which is the system's choice where 0 was configured.

    A certificate or authorities that are replaced meanwhile are used by the connections that come then. `many`: there
    are clients by the thousand, and no captures that need the descriptors.

    Raises:
        UsageError: the address cannot be had, or the certificate cannot be used; says which and why.

    """
    tls = _Tls(config) if _encrypted(config) else None
    server = _Quiet(
        uvicorn.Config(
            app,
            http=_OneOfMany if many else _Connection,
            access_log=False,
            log_config=None,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            timeout_keep_alive=_IDLE_SECONDS,
            h11_max_incomplete_event_size=16 * 1024,
        )
    )
    server.config.load()
    server.config.ssl = tls.door if tls is not None else None
    listener = _listen(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    following = asyncio.create_task(tls.follow()) if tls is not None else None
    try:
        yield int(listener.getsockname()[1])
    finally:
        if following is not None:
            following.cancel()
        server.end()
        await running
        listener.close()


class _Tls:
    """What the server shows to its clients and asks of them, as its files have it now.

    A listening socket keeps the context that it was made with, and loading a new pair into that one could leave it with
    half of it. So each handshake is told which context to go on with: a whole one, or the one before.
    """

    def __init__(self, config: Server) -> None:
        """Read the files. Raises `UsageError`."""
        self._files = Rotating(
            {
                "server.cert_file": config.cert_file,
                "server.key_file": config.key_file,
                "server.client_ca_file": config.client_ca_file,
            },
            lambda: _context(config),
        )
        self._current = self._files.current()
        self.door: Final = _context(config)
        self.door.sni_callback = self._show

    async def follow(self) -> None:
        """Look for new files until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._current = await self._files.fresh()

    def _show(self, connection: ssl.SSLObject, _name: str | None, _door: ssl.SSLContext) -> None:
        connection.context = self._current


def _listen(config: Server) -> socket.socket:
    where = f"server.address {config.address}, port {config.port}"
    try:
        kind = socket.AF_INET6 if ip_address(config.address).version == 6 else socket.AF_INET
    except ValueError:
        raise UsageError(f"{where}: is no IP address; 0.0.0.0 and :: mean all of them") from None
    listener = socket.socket(kind, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((config.address, config.port))
        # bind() allows a second socket until one of them listens
        listener.listen(128)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"{where}: is in use; is a second instance running? (server.port chooses another)"
            ) from error
        raise UsageError(f"{where}: cannot be listened on: {error.strerror}") from error
    return listener


def _encrypted(config: Server) -> bool:
    if config.cert_file is None and (config.client_ca_file is not None or config.key_file is not None):
        raise UsageError("server.cert_file: is missing, and without it there is no TLS")
    return config.cert_file is not None


def _context(config: Server) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # No tickets: who comes back with one would be let in by the authorities of then
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    assert config.cert_file is not None
    try:
        context.load_cert_chain(config.cert_file, config.key_file, _no_password)
        if config.client_ca_file is not None:
            context.load_verify_locations(config.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:  # the message of a key file never shows the key
        named = ", ".join(
            str(path) for path in (config.cert_file, config.key_file, config.client_ca_file) if path
        )
        raise UsageError(f"server: cannot use {named}: {error.strerror or error}") from error
    return context


def _no_password() -> str:
    """OpenSSL would ask for it on the terminal."""
    return ""
