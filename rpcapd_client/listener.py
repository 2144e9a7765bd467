"""Active mode: daemons that call the client (`rpcapd -a`)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Self

from rpcapd_client.client import Client, Credentials, authenticate
from rpcapd_client.control import Control
from rpcapd_client.endpoints import ACTIVE_PORT, accept_socket, adopt, bare, find, reach, reason, show
from rpcapd_client.errors import ConnectionLost, UsageError
from rpcapd_client.wire import ErrorCode, ErrorMessage

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Listener", "listen"]


async def listen(
    host: str | None = None,
    port: int = ACTIVE_PORT,
    *,
    hosts: Iterable[str],
    credentials: Credentials | None = None,
    tls: ssl.SSLContext | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109  # of every later wait too
) -> Listener:
    """Listen for daemons that call in (`rpcapd -a`, active mode).

    `host`, `port`: where to listen; None is every address. `hosts`: who may call: addresses and networks
    (`192.0.2.0/24`). The rest as in `connect`; with TLS the client still is TLS's client, and the
    daemon's certificate is checked against its address.

    Raises `UsageError` for a host list or a port that is none, `ConnectionLost` where it cannot listen.
    """
    try:
        networks = tuple(ip_network(entry, strict=False) for entry in hosts)
    except ValueError as error:
        raise UsageError(f"host list: {error}") from None
    if not 0 <= port <= 0xFFFF:  # getaddrinfo would take it modulo 65,536
        raise UsageError(f"port {port} is not a port")
    try:
        found = await find(host, port)
        # for "every address" the IPv6 one, where there is one: it also takes IPv4
        family, kind, protocol, _, address = max(found, key=lambda entry: entry[0] == socket.AF_INET6)
        with contextlib.ExitStack() as stack:
            sock = stack.enter_context(socket.socket(family, kind, protocol))
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6 and host is None:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind(address)
            sock.listen()
            stack.pop_all()
    except OSError as error:
        raise ConnectionLost(f"cannot listen on {show((host or '*', port))}: {reason(error)}") from error
    return Listener(sock, networks, credentials, tls, timeout)


class Listener:
    """Takes calls of daemons. From `listen`; an async context manager."""

    def __init__(
        self,
        sock: socket.socket,
        networks: tuple[IPv4Network | IPv6Network, ...],
        credentials: Credentials | None,
        tls: ssl.SSLContext | None,
        timeout: float,
    ) -> None:
        self._socket = sock
        self._networks = networks
        self._credentials = credentials
        self._tls = tls
        self._timeout = timeout
        self._turn = asyncio.Lock()
        """For the socket: the loop tells only one that it is readable."""
        self._closed = asyncio.Event()
        self.refused = 0
        """Calls from hosts that are not in the list."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    async def accept(self) -> Client:
        """Wait for the next daemon that may call, and authenticate to it.

        Raises as `connect` does, about that daemon; `accept` can then be called again. Calls that nobody
        takes wait in the kernel's queue. Several tasks may wait, so that one slow daemon does not hold up the
        others: each gets another.
        """
        while True:
            sock, address = await self._next_call()
            host = bare(address[0])
            if any(ip_address(host) in network for network in self._networks):
                break
            self.refused += 1
            refusal = ErrorMessage(ErrorCode.HOST_REFUSED, f"{host} is not in the host list")
            with contextlib.suppress(OSError):
                sock.send(refusal.encode())
            sock.close()
        peer = show((host, address[1]))
        control = await reach(
            f"speak with {peer}",
            self._timeout,
            adopt(sock, lambda: Control(peer, self._timeout), self._tls, host),
        )
        return await authenticate(control, self._credentials, self._tls, host, active=True)

    async def _next_call(self) -> tuple[socket.socket, tuple[Any, ...]]:
        async with self._turn:
            if self._closed.is_set():
                raise ConnectionLost("the listener is closed")
            try:
                return await accept_socket(self._socket)
            except OSError as error:
                why = "the listener is closed" if self._closed.is_set() else f"cannot accept: {reason(error)}"
                raise ConnectionLost(why) from error
            finally:
                if self._closed.is_set():
                    self._socket.close()

    async def close(self) -> None:
        """Listen no more: whoever waits in `accept` gets `ConnectionLost`. Clients go on."""
        self._closed.set()
        if self._turn.locked() and self._socket.fileno() >= 0:
            self._socket.shutdown(socket.SHUT_RDWR)  # ends the waiting, which then closes
        else:
            self._socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
