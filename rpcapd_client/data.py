"""The data connection: `packets` on sockets.

Owns how often and how much is read. Refuses to read ahead: while packets wait for the consumer nothing is
read, so at most one read (256 KiB, asyncio's) is held, the socket fills, the server blocks, its ring fills,
and its kernel drops and counts. That is the only place where packets are lost, and STATS tells.

After a read that was not large the next one waits, up to 20 ms. rpcapd sends packet by packet, and
being woken for each would cost far more than reading it; the socket's buffer holds what comes meanwhile. Over
TCP the kernel ends the wait earlier when enough has come or the window is about to close (SO_RCVLOWAT): when
traffic sets in suddenly, rpcapd's ring is full after a few milliseconds in which it cannot send.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from typing import TYPE_CHECKING, Final, TypeAlias

from rpcapd_client.errors import UsageError
from rpcapd_client.packets import Batch, PacketDatagrams, PacketStream

if TYPE_CHECKING:
    from rpcapd_client.errors import ProtocolError

__all__ = ["Data", "DatagramData", "StreamData", "enlarge_buffer"]

RECEIVE_BUFFER: Final = 8 * 2**20
"""Bytes of socket buffer asked for. At 90,000 packets of 1,500 bytes a second, 60 ms of not reading; rpcapd's
ring holds only 2 MB beyond it."""

_PATIENCE: Final = 0.02
"""Seconds between two reads that were not large, at most: 2.5 MB at 1 Gbit/s."""

_PATIENCE_OF_READ_TIMEOUT: Final = 0.2
"""And this part of the server's read timeout at most, so that it stays what the delay is made of."""

_PATIENCE_IN_SMALL_BUFFER: Final = 0.001
"""And this at most where the socket's buffer is not large, and waiting would fill it."""

_SO_RCVBUFFORCE: Final = 33
"""asm-generic/socket.h; the socket module does not know it."""

_LARGE_BUFFER: Final = 2 * 2**20
"""Bytes. As much as rpcapd's ring."""

_LARGE_READ: Final = 128 * 2**10
"""Bytes. A read of this size was worth its cost, so the next one follows at once."""

_ENOUGH: Final = 2**20
"""Bytes in the socket's buffer that end the wait between two reads: half of rpcapd's ring."""

_DATAGRAMS: Final = 512
"""At most so many in one batch."""

_LAST_PACKETS: Final = 0.5
"""Seconds of silence after which a capture that has failed has given all it had."""

_LAST_AT_MOST: Final = 10.0
"""Seconds after which it ends even without silence."""


def enlarge_buffer(sock: socket.socket) -> None:
    """Ask for a large receive buffer. Before connect(), so that TCP's window can be scaled to it.

    Where only a small one would be given (`net.core.rmem_max`, without CAP_NET_ADMIN), it is left alone:
    setting it would switch off the kernel's own enlarging, which goes further. What would be given is tried on
    another socket: /proc has the limit only outside of network namespaces, before Linux 6.9.
    """
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except PermissionError:
        with socket.socket(sock.family, sock.type) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            given = trial.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        if given >= 2 * _LARGE_BUFFER:  # socket(7): the kernel doubles what is asked for
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


def _patience(sock: socket.socket, read_timeout: float) -> float:
    large = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= _LARGE_BUFFER
    most = _PATIENCE if large else _PATIENCE_IN_SMALL_BUFFER
    return min(read_timeout * _PATIENCE_OF_READ_TIMEOUT, most)


class _Reader:
    """What both kinds share: one consumer that waits, and an end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience = 0.0
        self._batches: deque[Batch] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._waiting_since: float | None = None
        self._not_before = 0.0

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self) -> None:
        self._ended = True
        self._wake()

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise UsageError("another task already waits for this capture's packets")
        self._waiter = self._loop.create_future()
        self._waiting_since = self._loop.time()
        try:
            await self._waiter
        finally:
            self._waiter = self._waiting_since = None

    def _has_read(self, size: int) -> None:
        self._not_before = 0.0 if size >= _LARGE_READ else self._loop.time() + self._patience

    def finish(self) -> None:
        """Give what has come, and then end: once the consumer has waited a while and nothing came."""
        self._loop.call_later(_LAST_PACKETS, self._finish, self._loop.time() + _LAST_AT_MOST)

    def _finish(self, at_most: float) -> None:
        now = self._loop.time()
        since = self._waiting_since
        if now >= at_most or (since is not None and now - since >= _LAST_PACKETS):
            self._end()
        elif not self._ended:
            self._loop.call_later(_LAST_PACKETS, self._finish, at_most)


class StreamData(_Reader, asyncio.Protocol):
    """Packets over TCP or TLS."""

    malformed = 0

    def __init__(self, snaplen: int, read_timeout: float) -> None:
        super().__init__()
        self._read_timeout = read_timeout
        # asyncio reads into 256 KiB, which malloc would map, fault in page by page, and unmap each time.
        # Having freed something larger once, glibc keeps such blocks (mallopt(3), M_MMAP_THRESHOLD).
        bytearray(2**20)
        self._stream = PacketStream(snaplen)
        self._transport: asyncio.Transport | None = None
        self._low_water = 1
        self._impatience: asyncio.TimerHandle | None = None

    @property
    def error(self) -> ProtocolError | None:
        """Why there will be no more, if the bytes were wrong."""
        return self._stream.error

    @property
    def missing(self) -> int:
        """See `PacketStream`."""
        return self._stream.missing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Read nothing before it is asked for."""
        if not isinstance(transport, asyncio.Transport):  # of a stream it is one
            raise TypeError
        self._transport = transport
        self._patience = _patience(transport.get_extra_info("socket"), self._read_timeout)
        transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Take the packets out, and read no further while there are any."""
        self._be_patient()
        self._has_read(len(data))
        if self._ended:
            return
        self._batches += self._stream.receive_data(data)
        if self._stream.error is not None:
            self._stop()
        elif not self._batches:
            self._wait_for(1)  # the rest of a packet, however little that is
        elif self._transport is not None:
            self._transport.pause_reading()
            self._wake()

    def eof_received(self) -> None:
        """The server has ended the capture, or its life."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """As the end of file: which of the two it is depends on what was unread."""
        del exc
        self._be_patient()
        self._end()

    async def read(self) -> Batch | None:
        """Give the next packets, or None when there will be none."""
        while not self._batches:
            if self._ended:
                return None
            self._resume()
            await self._wait()
        return self._batches.popleft()

    def _resume(self) -> None:
        if self._transport is None or self._transport.is_reading():
            return
        delay = self._not_before - self._loop.time()
        if delay > 0:
            self._wait_for(_ENOUGH)
            self._impatience = self._loop.call_later(delay, self._wait_for, 1)
        else:
            self._wait_for(1)
        self._transport.resume_reading()

    def _wait_for(self, size: int) -> None:
        """Be told of bytes when there are so many (socket(7), SO_RCVLOWAT)."""
        if self._transport is not None and size != self._low_water and not self._transport.is_closing():
            self._low_water = size
            sock: socket.socket = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)

    def _be_patient(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None

    def _stop(self) -> None:
        self._be_patient()
        if self._transport is not None:
            self._transport.abort()
        self._end()

    def close(self) -> None:
        """End, and forget what has come. The server sees a reset and stops sending."""
        self._batches.clear()
        self._stop()


class DatagramData(_Reader):
    """Packets over UDP. Owns the socket; takes only what `host` (as the kernel writes it) sends."""

    error: ProtocolError | None = None
    """Never: what is wrong is counted."""

    def __init__(self, sock: socket.socket, host: str, snaplen: int, read_timeout: float) -> None:
        super().__init__()
        self._patience = _patience(sock, read_timeout)
        self._socket = sock
        self._host = host
        self._packets = PacketDatagrams(snaplen)
        self._strangers = 0

    @property
    def missing(self) -> int:
        """See `PacketDatagrams`."""
        return self._packets.missing

    @property
    def malformed(self) -> int:
        """Datagrams that are not a whole PACKET, or of another host."""
        return self._packets.malformed + self._strangers

    async def read(self) -> Batch | None:
        """Give the next packets, or None when there will be none."""
        while not self._ended:
            # at least a turn of the loop: under a flood nobody else would have one
            await asyncio.sleep(max(0.0, self._not_before - self._loop.time()))
            datagrams = self._receive()
            batch = self._packets.receive_datagrams(datagrams)
            if batch is not None:
                return batch
            if not datagrams and not self._ended:
                self._loop.add_reader(self._socket, self._wake)
                try:
                    await self._wait()
                finally:
                    if self._socket.fileno() >= 0:  # else it was closed under us, and is removed
                        self._loop.remove_reader(self._socket)
        return None

    def _receive(self) -> list[bytes]:
        datagrams: list[bytes] = []
        size = 0
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            for _ in range(
                _DATAGRAMS
            ):  # strangers' and empty ones too: else a flood of them would hold the loop
                if self._ended or size >= _LARGE_READ:
                    break
                datagram, source = self._socket.recvfrom(0xFFFF)
                size += len(datagram)
                if source[0] == self._host:
                    datagrams.append(datagram)
                else:
                    self._strangers += 1
        if size:
            self._has_read(size)
        return datagrams

    def close(self) -> None:
        """End; what has come and not been read is gone."""
        self._end()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()


Data: TypeAlias = StreamData | DatagramData
