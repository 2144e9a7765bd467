"""Captures on remote machines: the library's front door.

Owns the order in which connections are made and given up, so that whatever happens (an error, a deadline, a
cancellation at any await) nothing stays behind: no socket and no task here, no waiting child of rpcapd there.

The last needs care. Between STARTCAP and the data connection rpcapd waits for us without a time limit and
without looking at the control connection, and so would wait for ever. So once STARTCAP is written, a data
connection is made in any case, if only to close it.

    async with await connect("rpcap://192.0.2.7") as client:
        async with await client.open_capture("eth0", filter="tcp port 80") as capture:
            async for buffer, packets in capture:
                for time, start, captured, length in packets:
                    print(time, buffer[start : start + captured].hex())

Source: libpcap 1.10.3, rpcapd/daemon.c and pcap-rpcap.c.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import socket
import ssl
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, Self, TypeVar
from urllib.parse import urlsplit

from rpcapd_client.control import Control
from rpcapd_client.data import DatagramData, StreamData, enlarge_buffer
from rpcapd_client.errors import ConnectionLost, ProtocolError, RemoteError, RpcapError, UsageError
from rpcapd_client.filters import Conversation, compile_without
from rpcapd_client.linktypes import from_dlt
from rpcapd_client.protocol import State
from rpcapd_client.wire import (
    MAX_SNAPLEN,
    AuthenticateReply,
    AuthenticateRequest,
    Authentication,
    Device,
    EndCaptureReply,
    EndCaptureRequest,
    ErrorCode,
    ErrorMessage,
    FilterReply,
    FilterRequest,
    ListReply,
    ListRequest,
    OpenReply,
    OpenRequest,
    StartCaptureReply,
    StartCaptureRequest,
    StartFlag,
    StatisticsReply,
    StatisticsRequest,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterable
    from typing import Any, Literal

    from rpcapd_client.data import Data
    from rpcapd_client.packets import Batch

__all__ = [
    "ACTIVE_PORT",
    "MAX_DATAGRAM_SNAPLEN",
    "PASSIVE_PORT",
    "Capture",
    "Client",
    "Credentials",
    "Listener",
    "Transport",
    "connect",
    "listen",
]

PASSIVE_PORT: Final = 2002
"""Where rpcapd listens."""

ACTIVE_PORT: Final = 2003
"""Where rpcapd -a calls."""

MAX_DATAGRAM_SNAPLEN: Final = 65_479
"""Bytes of a packet that fit a UDP datagram, with 28 of PACKET header. rpcapd's capture dies of a longer one."""

_KNOCK: Final = 5.0
"""Seconds for the connection that only ends rpcapd's waiting."""

_LAST_WORD: Final = 1.0
"""Seconds that the control connection gets to say why the data connection ended."""


class Transport(enum.Enum):
    """How the packets come."""

    TCP = "tcp"
    UDP = "udp"
    """What the network loses is lost (`Capture.missing` tells). Not with TLS."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of the server's. rpcapd becomes that user, so capturing needs one with uid 0."""

    user: str
    password: str = field(repr=False)
    """In clear text on a connection without TLS."""


async def connect(
    url: str,
    *,
    credentials: Credentials | None = None,
    tls: ssl.SSLContext | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109  # of every later wait too
) -> Client:
    """Connect to an rpcapd and authenticate.

    `url`: `rpcap://host[:port]`, or `rpcaps://…` for TLS; IPv6 addresses in brackets. `credentials`: none
    is NULL authentication (`rpcapd -n`). `tls`: for rpcaps; the default verifies against the system's
    authorities. rpcapd sends only its own certificate, so intermediate ones must be in the context.
    `timeout`: seconds, for this and for every later answer of the server.

    Raises `UsageError` (a URL that is none), `ConnectionLost`, `AuthenticationError`, `RemoteError`,
    `ProtocolError`.
    """
    host, port, encrypted = _parse_url(url)
    if tls is not None and not encrypted:
        raise UsageError("a TLS context was given for rpcap://, which is not encrypted; use rpcaps://")
    if encrypted and tls is None:
        tls = ssl.create_default_context()
    loop = asyncio.get_running_loop()
    peer = _at((host, port))
    _, control = await _reach(
        f"connect to {peer}",
        timeout,
        loop.create_connection(
            lambda: Control(peer, timeout), host, port, ssl=tls, server_hostname=host if tls else None
        ),
    )
    return await _authenticate(control, credentials, tls, host, active=False)


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

    Raises `UsageError` for a host list that is none, `ConnectionLost` where it cannot listen.
    """
    try:
        networks = tuple(ip_network(entry, strict=False) for entry in hosts)
    except ValueError as error:
        raise UsageError(f"host list: {error}") from None
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
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
        raise ConnectionLost(f"cannot listen on {_at((host or '*', port))}: {_reason(error)}") from error
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
        self.refused = 0
        """Calls from hosts that are not in the list."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    async def accept(self) -> Client:
        """Wait for the next daemon that may call, and authenticate to it.

        Raises as `connect` does, about that daemon; `accept` can then be called again. Calls that nobody
        takes wait in the kernel's queue.
        """
        loop = asyncio.get_running_loop()
        while True:
            sock, address = await loop.sock_accept(self._socket)
            try:
                host = _plain(address[0])
                if any(ip_address(host) in network for network in self._networks):
                    peer = _at((host, address[1]))
                    _, control = await _reach(
                        f"speak with {peer}",
                        self._timeout,
                        loop.create_connection(
                            partial(Control, peer, self._timeout),
                            sock=sock,
                            ssl=self._tls,
                            server_hostname=host if self._tls else None,
                        ),
                    )
                    break
                self.refused += 1
                refusal = ErrorMessage(ErrorCode.HOST_REFUSED, f"{host} is not in the host list")
                with contextlib.suppress(OSError):
                    sock.send(refusal.encode())
                sock.close()
            except BaseException:
                sock.close()
                raise
        return await _authenticate(control, self._credentials, self._tls, host, active=True)

    async def close(self) -> None:
        """Listen no more. Clients go on."""
        self._socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


_T = TypeVar("_T")


def _start(work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
    return asyncio.get_running_loop().create_task(work)


async def _reach(what: str, timeout: float, work: Awaitable[_T]) -> _T:  # noqa: ASYNC109
    """Do something with the network, with a deadline: every failure becomes `ConnectionLost`, here only."""
    try:
        async with asyncio.timeout(timeout) as deadline:
            return await work
    except OSError as error:  # TimeoutError and ssl.SSLError are of its kind
        why = f"not within {timeout:g} s" if deadline.expired() else _reason(error)
        raise ConnectionLost(f"cannot {what}: {why}") from error


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, ConnectionError | socket.gaierror) and error.strerror:
        return error.strerror
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__


def _parse_url(url: str) -> tuple[str, int, bool]:
    """Give host, port and whether it is TLS."""
    if "@" in url:  # not repeated: it may hold a password
        raise UsageError("a URL with a user or password in it is not accepted: use credentials")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{url!r}: {error}") from None
    if parts.scheme not in {"rpcap", "rpcaps"} or not host or parts.path.strip("/") or parts.query:
        raise UsageError(f"{url!r} is not of the form rpcap://host[:port] or rpcaps://host[:port]")
    return host, port or PASSIVE_PORT, parts.scheme == "rpcaps"


def _at(address: tuple[Any, ...]) -> str:
    host, port, *_ = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(host: str) -> str:
    """Give an address as a filter names it: without scope, and IPv4 as IPv4."""
    return host.partition("%")[0].removeprefix("::ffff:")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _addresses(transport: asyncio.Transport) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Give the control connection's two ends."""
    return tuple(transport.get_extra_info("sockname")), tuple(transport.get_extra_info("peername"))


def _data_socket(
    here: tuple[Any, ...],
    there: tuple[Any, ...],
    data_host: str | None,
    port: int,
    *,
    server_opens: bool,
    udp: bool,
) -> socket.socket:
    """Make the socket for the packets and bind it: its port has to be in the filter before it is used."""
    if data_host is None:
        family, address = _family(here[0]), (here[0], port, *here[2:])
    elif server_opens:
        family, address = _family(data_host), (data_host, port)
    else:
        family, address = _family(there[0]), ("", 0)
    sock = socket.socket(family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        enlarge_buffer(sock)
        sock.bind(address)
        if server_opens and not udp:
            sock.listen(1)
    except OSError as error:
        sock.close()
        raise ConnectionLost(f"cannot use {_at(address)} for the packets: {_reason(error)}") from error
    return sock


def _own_traffic(
    control: asyncio.Transport, sock: socket.socket, there: tuple[Any, ...], *, udp: bool
) -> tuple[Conversation, ...]:
    here, server = _addresses(control)
    host, port, *_ = sock.getsockname()
    hosts = {_plain(there[0])}
    if not ip_address(_plain(host)).is_unspecified:
        hosts.add(_plain(host))
    return (
        Conversation("tcp", (_plain(here[0]), _plain(server[0])), (here[1], server[1])),
        Conversation("udp" if udp else "tcp", tuple(sorted(hosts)), (port,)),
    )


async def _authenticate(
    control: Control,
    credentials: Credentials | None,
    tls: ssl.SSLContext | None,
    host: str,
    *,
    active: bool,
) -> Client:
    request = AuthenticateRequest()
    if credentials is not None:
        request = AuthenticateRequest(
            Authentication.PASSWORD,
            credentials.user.encode("utf-8", "surrogatepass"),
            credentials.password.encode("utf-8", "surrogatepass"),
        )
    try:
        reply = await control.request(request, AuthenticateReply)
    except BaseException:
        await control.close(say_close=False)
        raise
    control.keep_alive()
    return Client(control, reply, tls, host, active=active)


class Client:
    """An authenticated connection to an rpcapd, for one capture at a time.

    From `connect` or `Listener.accept`; an async context manager. Not for several tasks to make captures
    at once; requests of several tasks take turns.
    """

    def __init__(
        self,
        control: Control,
        server: AuthenticateReply,
        tls: ssl.SSLContext | None,
        host: str,
        *,
        active: bool,
    ) -> None:
        self._control = control
        self._server = server
        self._tls = tls
        self._host = host
        self._active = active
        self._capture: Capture | None = None
        self._cleaning: set[asyncio.Task[None]] = set()

    @property
    def peer(self) -> str:
        """`host:port` of the server."""
        return self._control.peer

    @property
    def byte_order(self) -> Literal["little", "big"] | None:
        """The server's, for link types with fields in host order; None from servers before 1.10.2."""
        return self._server.byte_order

    async def interfaces(self) -> tuple[Device, ...]:
        """Give what the server can capture on, in its order.

        Raises `DeviceListTooLong` where rpcapd cannot fit them into its reply (some 120 interfaces with
        one address each); the connection goes on, and `open_capture` by name works.
        """
        return (await self._control.request(ListRequest(), ListReply)).devices

    async def open_capture(
        self,
        device: str,
        *,
        filter: str = "",  # noqa: A002  # what everybody calls it
        snaplen: int = MAX_SNAPLEN,
        promiscuous: bool = False,
        read_timeout: float = 0.1,
        transport: Transport = Transport.TCP,
        server_open: bool = False,
        data_host: str | None = None,
        data_port: int | None = None,
        exclude_own_traffic: bool = True,
    ) -> Capture:
        """Start a capture.

        `filter`: tcpdump's language (see `filters`). `snaplen`: bytes of each packet to keep; at most
        65,479 over UDP, to which the default is cut. `read_timeout`: seconds that a packet may wait in the
        server's ring for others; from a millisecond. `transport`: how the packets come.

        Who connects: over TCP the client, to the control connection's address and a port the server
        chooses; `data_host` and `data_port` override both (forwarded ports). With `server_open`, over UDP
        and in active mode the server, to the address it sees the control connection come from; then
        `data_host` is the local address and `data_port` the local port to wait at.

        `exclude_own_traffic`: do not capture this connection and its packets. Addresses are those seen
        from here: behind a translator the server sees others, and the filter has to exclude them.

        Raises `UsageError` and `FilterError` (nothing has changed), `RemoteError` (the server will not:
        no such device, no permission; the connection goes on), `ConnectionLost`, `ProtocolError`.
        """
        udp = transport is Transport.UDP
        if self._capture is not None and not self._capture.closed:
            raise UsageError(f"a connection carries one capture at a time, and {self._capture.device} runs")
        if udp and self._tls is not None:
            raise UsageError("rpcapd does not encrypt UDP: use TCP with rpcaps://")
        if not 0 < snaplen <= MAX_SNAPLEN:
            raise UsageError(f"snaplen {snaplen} is not between 1 and {MAX_SNAPLEN}")
        if not 0.001 <= read_timeout <= 60:
            # with 0 packets wait until a whole block of the ring is full
            raise UsageError(f"read_timeout {read_timeout} s is not between 0.001 and 60")
        if data_port is not None and not 0 < data_port <= 0xFFFF:
            raise UsageError(f"data_port {data_port} is not a port")
        if udp:
            snaplen = min(snaplen, MAX_DATAGRAM_SNAPLEN)
        server_opens = udp or server_open or self._active
        control = self._control

        opened = await control.request(OpenRequest(device), OpenReply)
        link_type = from_dlt(opened.link_type)
        compile_without(filter, (), link_type)  # a bad one is refused before there is anything to undo

        here, there = _addresses(control.transport)
        if data_host is not None and not server_opens:
            there = await self._resolve(data_host)
        wait_at = data_port or 0 if server_opens else 0
        sock = _data_socket(here, there, data_host, wait_at, server_opens=server_opens, udp=udp)
        try:
            local_port = sock.getsockname()[1]
            own = _own_traffic(control.transport, sock, there, udp=udp) if exclude_own_traffic else ()
            flags = StartFlag.PROMISCUOUS if promiscuous else StartFlag(0)
            if udp:
                flags |= StartFlag.DATAGRAM
            elif server_opens:
                flags |= StartFlag.SERVER_OPEN
            request = StartCaptureRequest(
                snaplen,
                round(read_timeout * 1000),
                flags,
                local_port if server_opens else 0,
                compile_without(filter, own, link_type),
            )
            control.trouble = None
            data: Data
            if udp:
                await control.request(request, StartCaptureReply)
                data = DatagramData(sock, _plain(there[0]), snaplen)
            elif server_opens:
                data = await self._receive_data(request, sock, snaplen)
            else:
                data = await self._connect_data(request, sock, snaplen, there, data_port)
        except BaseException:
            sock.close()
            raise
        self._capture = Capture(control, data, device, opened.link_type, own)
        return self._capture

    async def _resolve(self, host: str) -> tuple[Any, ...]:
        loop = asyncio.get_running_loop()
        found = await _reach(
            f"find {host}", self._control.timeout, loop.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
        )
        return tuple(found[0][4])

    async def _connect_data(
        self,
        request: StartCaptureRequest,
        sock: socket.socket,
        snaplen: int,
        there: tuple[Any, ...],
        port: int | None,
    ) -> StreamData:
        """STARTCAP, then connect to where the server waits.

        From the first byte written to the last step, failing includes letting the server go.
        """
        starting = _start(self._control.request(request, StartCaptureReply))
        data: StreamData | None = None
        try:
            reply = await asyncio.shield(starting)
            address = (there[0], port or reply.data_port, *there[2:])
            what = f"open the data connection to {_at(address)}"
            data = await _reach(what, self._control.timeout, self._open_stream(sock, address, snaplen))
        finally:
            if data is None:
                await self._clean_up(self._release(starting, sock, there, port))
        return data

    async def _open_stream(self, sock: socket.socket, address: tuple[Any, ...], snaplen: int) -> StreamData:
        await asyncio.get_running_loop().sock_connect(sock, address)
        return await self._stream(sock, snaplen)

    async def _stream(self, sock: socket.socket, snaplen: int) -> StreamData:
        _, data = await asyncio.get_running_loop().create_connection(
            lambda: StreamData(snaplen),
            sock=sock,
            ssl=self._tls,
            server_hostname=self._host if self._tls else None,
        )
        return data

    async def _release(
        self,
        starting: asyncio.Task[StartCaptureReply],
        sock: socket.socket,
        there: tuple[Any, ...],
        port: int | None,
    ) -> None:
        """Make rpcapd's accept() return, whatever became of our connection, then end the capture."""
        try:
            reply = await starting
        except RpcapError:
            return  # it does not wait, or is lost
        sock.close()
        loop = asyncio.get_running_loop()
        with socket.socket(_family(there[0]), socket.SOCK_STREAM) as knock:
            knock.setblocking(False)  # socket's own signature
            try:
                async with asyncio.timeout(min(_KNOCK, self._control.timeout)):
                    await loop.sock_connect(knock, (there[0], port or reply.data_port, *there[2:]))
            except ConnectionRefusedError:
                pass  # it does not wait any more: our connection had reached it
            except OSError as error:
                self._control.fail(ConnectionLost(f"the data connection cannot be made: {_reason(error)}"))
        await self._end_capture()

    async def _receive_data(
        self, request: StartCaptureRequest, listener: socket.socket, snaplen: int
    ) -> StreamData:
        """STARTCAP, and the server connects: before its answer; with TLS the handshake comes after it."""
        accepting = _start(
            _reach("receive the data connection", self._control.timeout, self._accept(listener, snaplen))
        )
        data: StreamData | None = None
        try:
            await self._control.request(request, StartCaptureReply)
            data = await asyncio.shield(accepting)
        finally:
            if data is None:
                await self._clean_up(self._forget(accepting))
            listener.close()
        return data

    async def _accept(self, listener: socket.socket, snaplen: int) -> StreamData:
        loop = asyncio.get_running_loop()
        _, peer = _addresses(self._control.transport)
        while True:
            sock, address = await loop.sock_accept(listener)
            try:
                # the port is open to everybody: only the server may fill it
                if _plain(address[0]) == _plain(peer[0]):
                    return await self._stream(sock, snaplen)
                sock.close()
            except BaseException:
                sock.close()
                raise

    async def _forget(self, accepting: asyncio.Task[StreamData]) -> None:
        accepting.cancel()
        await asyncio.wait([accepting])
        if not accepting.cancelled() and accepting.exception() is None:
            accepting.result().close()
        await self._end_capture()

    async def _end_capture(self) -> None:
        if self._control.session.state is State.CAPTURING:
            with contextlib.suppress(RpcapError):
                await self._control.request(EndCaptureRequest(), EndCaptureReply)

    async def _clean_up(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it to its end even if we are cancelled (again); `close` waits for it."""
        task = _start(work)
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)
        await asyncio.shield(task)

    async def close(self, *, dismiss: bool = False) -> None:
        """Close the capture, if any, and the connection. Can be called again.

        In active mode the daemon then calls again at once, unless `dismiss`ed: then it does not, until it
        is started anew.
        """
        try:
            if self._cleaning:
                await asyncio.wait(self._cleaning)
            if self._capture is not None:
                await self._capture.close()
        finally:
            await self._control.close(say_close=dismiss or not self._active)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Capture:
    """A running capture: an async iterator of `Batch`, and an async context manager.

    Iterating gives packets in the order the server sent them. It ends when the capture is closed; if it
    ends otherwise (the interface disappeared, the server died), what has come is given first and then
    `RemoteError`, `ConnectionLost` or `ProtocolError` is raised. A batch holds at most one read of 256 KiB.

    A consumer that is too slow makes the server's kernel drop packets: see `statistics`.
    """

    def __init__(
        self,
        control: Control,
        data: Data,
        device: str,
        dlt: int,
        own: tuple[Conversation, ...],
    ) -> None:
        self._control = control
        self._data = data
        self._own = own
        self._failure: RpcapError | None = None
        self._trouble = asyncio.Event()
        self.closed = False
        self.device = device
        self.dlt = dlt
        """The server's number (DLT_) of the link type."""
        self.link_type = from_dlt(dlt)
        """The number in capture files (LINKTYPE_)."""
        control.on_trouble = self._troubled
        if control.trouble is not None:
            self._troubled(control.trouble)

    @property
    def missing(self) -> int:
        """Packets that the server sent and that did not come: over UDP, where the network may lose them."""
        return self._data.missing

    @property
    def malformed(self) -> int:
        """Datagrams that were left out: not a packet of rpcapd's, or of a stranger."""
        return self._data.malformed

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self

    async def __anext__(self) -> Batch:
        batch = await self._data.read()
        if batch is not None:
            return batch
        if self.closed:
            raise StopAsyncIteration
        if self._data.error is not None:
            raise self._data.error.with_traceback(None)
        if self._failure is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORD):
                    await self._trouble.wait()
        raise (
            self._failure.with_traceback(None)
            if self._failure is not None
            else ConnectionLost(f"{self._control.peer} ended the data connection and does not say why")
        )

    async def statistics(self) -> StatisticsReply:
        """Ask the server for its counters of this capture: packets, since its start.

        Raises `RemoteError`, `ConnectionLost`, `ProtocolError`; `UsageError` once the capture is closed, for
        then rpcapd answers with zeros.
        """
        self._check_open()
        return await self._control.request(StatisticsRequest(), StatisticsReply)

    async def update_filter(self, filter: str) -> None:  # noqa: A002  # as in `open_capture`
        """Replace the filter. Packets that the server's ring already holds still come.

        Not for use in a loop: rpcapd leaks the memory of each (up to 64 KiB, CVE-2026-18313).

        Raises `FilterError`, `RemoteError` (the old filter stays), `ConnectionLost`, `ProtocolError`.
        """
        self._check_open()
        instructions = compile_without(filter, self._own, self.link_type)
        await self._control.request(FilterRequest(instructions), FilterReply)

    def _check_open(self) -> None:
        if self.closed:
            raise UsageError(f"the capture of {self.device} is closed")

    async def close(self) -> None:
        """End the capture; what has not been read is gone. The client can start another.

        The data connection goes first: while rpcapd is blocked in sending a packet, it cannot end.
        """
        if self.closed:
            return
        self.closed = True
        self._control.on_trouble = None
        self._data.close()
        # refused: it had ended by itself; lost: it has ended with the connection
        with contextlib.suppress(RemoteError, ConnectionLost, ProtocolError, UsageError):
            await self._control.request(EndCaptureRequest(), EndCaptureReply)

    def _troubled(self, error: RpcapError) -> None:
        # the first one is the reason, what follows are consequences
        if self._failure is None:
            self._failure = error
            self._trouble.set()
            self._data.finish()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
