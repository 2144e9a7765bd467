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
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeVar

from rpcapd_client.capture import Capture
from rpcapd_client.control import Control
from rpcapd_client.data import DatagramData, StreamData
from rpcapd_client.endpoints import (
    accept_socket,
    addresses,
    adopt,
    bare,
    connect_socket,
    data_socket,
    family,
    find,
    own_traffic,
    parse_url,
    reach,
    show,
)
from rpcapd_client.errors import RpcapError, UsageError
from rpcapd_client.filters import compile_without
from rpcapd_client.linktypes import from_dlt
from rpcapd_client.protocol import State
from rpcapd_client.wire import (
    MAX_SNAPLEN,
    AuthenticateReply,
    AuthenticateRequest,
    Authentication,
    EndCaptureReply,
    EndCaptureRequest,
    ListReply,
    ListRequest,
    OpenReply,
    OpenRequest,
    StartCaptureReply,
    StartCaptureRequest,
    StartFlag,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from typing import Any, Literal

    from rpcapd_client.data import Data
    from rpcapd_client.devices import Device
    from rpcapd_client.filters import Conversation

__all__ = [
    "MAX_DATAGRAM_SNAPLEN",
    "Client",
    "Credentials",
    "Transport",
    "authenticate",
    "connect",
]

MAX_DATAGRAM_SNAPLEN: Final = 65_479
"""Bytes of a packet that fit a UDP datagram, with 28 of PACKET header. rpcapd's capture dies of a longer one."""

_KNOCK: Final = 5.0
"""Seconds for the connection that only ends rpcapd's waiting."""


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
    host, port, encrypted = parse_url(url)
    if tls is not None and not encrypted:
        raise UsageError("a TLS context was given for rpcap://, which is not encrypted; use rpcaps://")
    if encrypted and tls is None:
        tls = ssl.create_default_context()
    peer = show((host, port))

    async def reach_control() -> Control:
        return await adopt(await connect_socket(host, port), lambda: Control(peer, timeout), tls, host)

    control = await reach(f"connect to {peer}", timeout, reach_control())
    return await authenticate(control, credentials, tls, host, active=False)


async def authenticate(
    control: Control,
    credentials: Credentials | None,
    tls: ssl.SSLContext | None,
    host: str,
    *,
    active: bool,
) -> Client:
    """Say who we are; from then on the connection is kept alive. On failure it is closed."""
    request = AuthenticateRequest()
    try:
        if credentials is not None:
            request = AuthenticateRequest(
                Authentication.PASSWORD,
                _encode("user name", credentials.user),
                _encode("password", credentials.password),
            )
        reply = await control.request(request, AuthenticateReply)
    except BaseException:
        await control.close(say_close=False)
        raise
    control.keep_alive()
    return Client(control, reply, tls, host, active=active)


class Client:
    """An authenticated connection to an rpcapd, for one capture at a time.

    From `connect` or `Listener.accept`; an async context manager. Requests of several tasks take turns.
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
        self._opening = asyncio.Lock()
        self._cleaning: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None

    @property
    def peer(self) -> str:
        """`host:port` of the server."""
        return self._control.peer

    @property
    def hosts(self) -> tuple[str, str]:
        """Our address and the server's, as seen from here and as filters name them."""
        here, there = addresses(self._control.transport)
        return bare(here[0]), bare(there[0])

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
        local_port: int = 0,
        exclude: Iterable[Conversation] = (),
        exclude_own_traffic: bool = True,
    ) -> Capture:
        """Start a capture.

        `filter`: tcpdump's language (see `filters`). `snaplen`: bytes of each packet to keep; at most
        65,479 over UDP, to which the default is cut. `transport`: how the packets come.

        `read_timeout`: seconds that a packet may wait in the server's ring for others; from a millisecond.
        The ring has eight blocks (of 256 KiB, on Linux), and one is used up after this time however little
        it holds. So a server that does not get to run for eight times as long loses packets even at the
        lowest rate: small values cost more than latency.

        Who connects: over TCP the client, to the control connection's address and a port the server
        chooses; `data_host` and `data_port` override both (forwarded ports). With `server_open`, over UDP
        and in active mode the server, to the address it sees the control connection come from; then
        `data_host` is the local address and `data_port` the local port to wait at.

        `local_port`: where the client connects from. Captures may share one, so that each can exclude the
        packets of them all. The caller has kept it free with a socket that has SO_REUSEADDR set.

        `exclude`: conversations not to capture. `exclude_own_traffic`: do not capture this connection and its packets. Addresses are those seen
        from here: behind a translator the server sees others, and the filter has to exclude them.

        Raises `UsageError` and `FilterError` (nothing has changed), `RemoteError` (the server will not:
        no such device, no permission; the connection goes on), `ConnectionLost`, `ProtocolError`.
        """
        udp = transport is Transport.UDP
        if self._opening.locked():
            raise UsageError("another task opens a capture on this connection, which carries one at a time")
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
        if not 0 <= local_port <= 0xFFFF:
            raise UsageError(f"local_port {local_port} is not a port")
        exclude = tuple(exclude)
        if udp:
            snaplen = min(snaplen, MAX_DATAGRAM_SNAPLEN)
        server_opens = udp or server_open or self._active
        control = self._control

        async with self._opening:  # two would capture on the device that was named last
            opened = await control.request(OpenRequest(device), OpenReply)
            link_type = from_dlt(opened.link_type)
            compile_without(
                filter, exclude, link_type
            )  # a bad one is refused before there is anything to undo

            here, there = addresses(control.transport)
            if data_host is not None:
                found = await self._find(data_host)
                data_host = found[0]
                there = there if server_opens else found
            our_port = data_port or 0 if server_opens else local_port
            sock = data_socket(here, there, data_host, our_port, server_opens=server_opens, udp=udp)
            with contextlib.ExitStack() as stack:
                stack.callback(sock.close)
                own = own_traffic(control.transport, sock, there, udp=udp) if exclude_own_traffic else ()
                without = (*own, *exclude)
                flags = StartFlag.PROMISCUOUS if promiscuous else StartFlag(0)
                if udp:
                    flags |= StartFlag.DATAGRAM
                elif server_opens:
                    flags |= StartFlag.SERVER_OPEN
                request = StartCaptureRequest(
                    snaplen,
                    round(read_timeout * 1000),
                    flags,
                    sock.getsockname()[1] if server_opens else 0,
                    compile_without(filter, without, link_type),
                )
                control.trouble = None
                data: Data
                if udp:
                    await control.request(request, StartCaptureReply)
                    data = DatagramData(sock, there[0], snaplen, read_timeout)
                    stack.pop_all()
                elif server_opens:
                    data = await self._receive_data(request, sock)
                else:
                    data = await self._connect_data(request, sock, there, data_port, stack.pop_all())
            self._capture = Capture(control, data, device, opened.link_type, own, exclude)
            return self._capture

    async def _find(self, host: str) -> tuple[Any, ...]:
        found = await reach(f"find {host}", self._control.timeout, find(host, 0))
        return tuple(found[0][4])

    async def _connect_data(
        self,
        request: StartCaptureRequest,
        sock: socket.socket,
        there: tuple[Any, ...],
        port: int | None,
        unused: contextlib.ExitStack,
    ) -> StreamData:
        """STARTCAP, then connect to where the server waits.

        From the first byte written to the last step, failing includes letting the server go. `unused`
        closes the socket, as long as it is not in use.
        """
        starting = _start(self._control.request(request, StartCaptureReply))
        data: StreamData | None = None
        try:
            with unused:
                reply = await asyncio.shield(starting)
                address = (there[0], port or reply.data_port, *there[2:])
                what = f"open the data connection to {show(address)}"
                connecting = asyncio.get_running_loop().sock_connect(sock, address)
                await reach(what, self._control.timeout, connecting)
                unused.pop_all()
            data = await reach(what, self._control.timeout, self._stream(request, sock))
        finally:
            if data is None:
                await self._clean_up(self._release(starting, there, port))
        return data

    async def _stream(self, request: StartCaptureRequest, sock: socket.socket) -> StreamData:
        def make() -> StreamData:
            return StreamData(request.snaplen, request.read_timeout / 1000)

        return await adopt(sock, make, self._tls, self._host)

    async def _release(
        self,
        starting: asyncio.Task[StartCaptureReply],
        there: tuple[Any, ...],
        port: int | None,
    ) -> None:
        """Make rpcapd's accept() return, whatever became of our connection, then end the capture."""
        try:
            reply = await starting
        except RpcapError:
            return  # it does not wait, or is lost
        _, server = addresses(self._control.transport)
        # where we were told to connect, and where the server said that it waits
        places = {(there[0], port or reply.data_port, *there[2:]), (server[0], reply.data_port, *server[2:])}
        loop = asyncio.get_running_loop()
        for place in places:
            with socket.socket(family(place[0]), socket.SOCK_STREAM) as knock:
                knock.setblocking(False)
                try:
                    async with asyncio.timeout(min(_KNOCK, self._control.timeout)):
                        await loop.sock_connect(knock, place)
                except OSError:
                    continue  # refused: it does not wait (any more); otherwise ENDCAP is not answered
        await self._end_capture()

    async def _receive_data(self, request: StartCaptureRequest, listener: socket.socket) -> StreamData:
        """STARTCAP, and the server connects: before its answer; with TLS the handshake comes after it."""
        accepting = _start(
            reach("receive the data connection", self._control.timeout, self._accept(request, listener))
        )
        data: StreamData | None = None
        try:
            await self._control.request(request, StartCaptureReply)
            data = await asyncio.shield(accepting)
        finally:
            if data is None:
                await self._clean_up(self._forget(accepting))
        return data

    async def _accept(self, request: StartCaptureRequest, listener: socket.socket) -> StreamData:
        _, peer = addresses(self._control.transport)
        while True:
            sock, address = await accept_socket(listener)
            # the port is open to everybody: only the server may fill it
            if bare(address[0]) == bare(peer[0]):
                return await self._stream(request, sock)
            sock.close()

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
        """Close the capture, if any, and the connection. Can be called again; cancelled, it goes on by itself.

        In active mode the daemon then calls again at once, unless `dismiss`ed: then it does not, until it
        is started anew.
        """
        # A task of its own: cancelled half-way, it would leave rpcapd waiting after all.
        if self._closing is None:
            self._closing = _start(self._close(say_close=dismiss or not self._active))
        await asyncio.shield(self._closing)

    async def _close(self, *, say_close: bool) -> None:
        if self._cleaning:
            await asyncio.wait(self._cleaning)
        if self._capture is not None:
            await self._capture.close()
        await self._control.close(say_close=say_close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _encode(what: str, text: str) -> bytes:
    """Give the bytes that a text stands for: those of the environment or the terminal need not be UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # which has the text in it
        raise UsageError(f"the {what} has a character that cannot be written") from None


_T = TypeVar("_T")


def _start(work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
    return asyncio.get_running_loop().create_task(work)
