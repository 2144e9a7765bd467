"""Both ends of the connections: URLs, addresses, sockets, and what can go wrong with them.

Owns the one place where a failure of the network becomes `ConnectionLost`, and the sockets for packets, which
are bound before anything is sent because their port belongs into the filter.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from rpcapd_client.data import enlarge_buffer
from rpcapd_client.errors import ConnectionLost, UsageError
from rpcapd_client.filters import Conversation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

__all__ = [
    "ACTIVE_PORT",
    "PASSIVE_PORT",
    "accept_socket",
    "addresses",
    "adopt",
    "bare",
    "connect_socket",
    "data_socket",
    "family",
    "find",
    "own_traffic",
    "parse_url",
    "reach",
    "reason",
    "show",
]

PASSIVE_PORT: Final = 2002
"""Where rpcapd listens."""

ACTIVE_PORT: Final = 2003
"""Where rpcapd -a calls."""

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
"""Of a host, in the form that is asked for (RFC 5890): letters, digits, hyphens, and the underscores of container networks."""

_T = TypeVar("_T")
ProtocolT = TypeVar("ProtocolT", bound=asyncio.Protocol)


async def reach(what: str, timeout: float, work: Awaitable[_T]) -> _T:  # noqa: ASYNC109
    """Do something with the network, with a deadline: every failure becomes `ConnectionLost`, here only."""
    try:
        async with asyncio.timeout(timeout) as deadline:
            return await work
    except OSError as error:  # TimeoutError and ssl.SSLError are of its kind
        why = f"not within {timeout:g} s" if deadline.expired() else reason(error)
        raise ConnectionLost(f"cannot {what}: {why}") from error


async def find(host: str | None, port: int) -> list[tuple[Any, ...]]:
    """Look a host up (None: every address of this machine), as `getaddrinfo` does. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    try:
        return list(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE))
    except UnicodeError:  # an empty label, one of more than 63 bytes, a lone surrogate
        raise OSError("that is no name of a host") from None


async def connect_socket(host: str, port: int) -> socket.socket:
    """Connect over TCP to the first of a host's addresses that answers. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    failure = OSError(f"{host} has no address")
    for kind, _, protocol, _, address in await find(host, port):
        sock = socket.socket(kind, socket.SOCK_STREAM, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


async def accept_socket(listener: socket.socket) -> tuple[socket.socket, tuple[Any, ...]]:
    """Wait for a connection, and give it with its address.

    Not the loop's `sock_accept`: cancelled at the moment of success, that loses the connection it has.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            sock, address = listener.accept()
        except BlockingIOError:
            readable: asyncio.Future[None] = loop.create_future()
            loop.add_reader(listener, _set, readable)
            try:
                await readable
            finally:
                loop.remove_reader(listener)
        else:
            sock.setblocking(False)
            return sock, tuple(address)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def adopt(
    sock: socket.socket, factory: Callable[[], ProtocolT], tls: ssl.SSLContext | None, host: str
) -> ProtocolT:
    """Give a connected socket to a protocol, with TLS as the client if `tls`. Raises `OSError`.

    From here on asyncio owns the socket, even on failure. But a connection that is cancelled before its
    TLS handshake has begun is forgotten there, not closed; shut down, it comes to its end by itself.
    """
    loop = asyncio.get_running_loop()
    try:
        _, protocol = await loop.create_connection(
            factory, sock=sock, ssl=tls, server_hostname=host if tls else None
        )
    except BaseException:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        raise
    return protocol


def reason(error: OSError) -> str:
    """Say in a few words why the network failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {getattr(error, 'reason', None) or error.args[-1]}"
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or str(error) or type(error).__name__
    return os.strerror(error.errno)  # asyncio puts more into `strerror`


def parse_url(url: str) -> tuple[str, int, bool]:
    """Give host, port and whether it is TLS."""
    if "@" in url:  # not repeated: it may hold a password
        raise UsageError("a URL with a user or password in it is not accepted: use credentials")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{url!r}: {error}") from None
    if (
        parts.scheme not in {"rpcap", "rpcaps"}
        or not host
        or parts.path.strip("/")
        or "?" in url
        or "#" in url
    ):
        raise UsageError(f"{url!r} is not of the form rpcap://host[:port] or rpcaps://host[:port]")
    if port == 0:
        raise UsageError(f"{url!r}: nothing can listen at port 0")
    if not url.isprintable() or not _possible(host):  # urlsplit takes tabs and line ends out
        raise UsageError(f"{url!r}: {host!r} is no host: neither a name nor an address")
    return host, port or PASSIVE_PORT, parts.scheme == "rpcaps"


def _possible(host: str) -> bool:
    """Whether there could be such a host: one that there cannot be would be looked up for ever."""
    try:
        if ":" in host:
            ip_address(host)
            return True
        return _NAME.fullmatch(host.encode("idna").decode()) is not None
    except (
        ValueError
    ):  # UnicodeError is of its kind: an empty label, one of more than 63 bytes, a lone surrogate
        return False


def show(address: tuple[Any, ...]) -> str:
    """Write a socket address as `host:port`."""
    host, port, *_ = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bare(host: str) -> str:
    """Give an address as a filter names it: without scope, and IPv4 as IPv4."""
    return host.partition("%")[0].removeprefix("::ffff:")


def family(host: str) -> socket.AddressFamily:
    """Tell the family of a numeric address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def addresses(transport: asyncio.Transport) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Give the control connection's two ends."""
    return tuple(transport.get_extra_info("sockname")), tuple(transport.get_extra_info("peername"))


def data_socket(
    here: tuple[Any, ...],
    there: tuple[Any, ...],
    data_host: str | None,
    port: int,
    *,
    server_opens: bool,
    udp: bool,
) -> socket.socket:
    """Make the socket for the packets and bind it: its port has to be in the filter before it is used.

    `data_host` is numeric: a name would be looked up here, and everything else wait. `port` is ours, 0 for one
    that nobody else has.
    """
    if data_host is None:
        address: tuple[Any, ...] = (here[0], port, *here[2:])
    elif server_opens:
        address = (data_host, port)
    else:
        address = ("::" if ":" in there[0] else "0.0.0.0", port)  # noqa: S104  # it connects, it does not listen
    sock = socket.socket(family(address[0]), socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        enlarge_buffer(sock)
        if port and not udp:  # other captures use it too, or have used it
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        if server_opens and not udp:
            sock.listen(1)
    except OSError as error:
        sock.close()
        raise ConnectionLost(f"cannot use {show(address)} for the packets: {reason(error)}") from error
    return sock


def own_traffic(
    control: asyncio.Transport, sock: socket.socket, there: tuple[Any, ...], *, udp: bool
) -> tuple[Conversation, ...]:
    """Name the conversations that must not be captured: the control connection, and the packets at `sock`."""
    here, server = addresses(control)
    host, port, *_ = sock.getsockname()
    hosts = {bare(there[0])}
    if not ip_address(bare(host)).is_unspecified:
        hosts.add(bare(host))
    return (
        Conversation("tcp", (bare(here[0]), bare(server[0])), (here[1], server[1])),
        Conversation("udp" if udp else "tcp", tuple(sorted(hosts)), (port,)),
    )
