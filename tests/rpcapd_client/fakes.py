"""A server that says what a test wants it to say, which the real one never would."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from rpcapd_client.wire import (
    AuthenticateReply,
    EndCaptureReply,
    FilterReply,
    Header,
    ListReply,
    MessageType,
    OpenReply,
    StartCaptureReply,
    StatisticsReply,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

GOOD: dict[int, bytes] = {
    MessageType.AUTH: AuthenticateReply(0, 0, "little").encode(),
    MessageType.FINDALLIF: ListReply(()).encode(),
    MessageType.OPEN: OpenReply(1).encode(),
    MessageType.UPDATEFILTER: FilterReply().encode(),
    MessageType.STATS: StatisticsReply(0, 0, 0, 0).encode(),
    MessageType.ENDCAP: EndCaptureReply().encode(),
}


class Fake:
    """Answers each request with the bytes given for its type; at `data_port` it sends `packets`."""

    def __init__(self, packets: bytes) -> None:
        self.answers = dict(GOOD)
        self.packets = packets
        self.asked: list[int] = []
        """Types of the requests, in order."""
        self.end_data = asyncio.Event()
        """Set it, and the data connection is closed."""
        self.has_data = asyncio.Event()
        """Set once there is a data connection, the second of `writers`."""
        self.port = self.data_port = 0
        self.writers: list[asyncio.StreamWriter] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"rpcap://127.0.0.1:{self.port}"

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a control connection."""
        self.writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                header = Header.decode(await reader.readexactly(Header.SIZE))
                await reader.readexactly(header.length)
                self.asked.append(header.type)
                writer.write(self.answers.get(header.type, b""))

    async def data(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a data connection."""
        self.writers.append(writer)
        self.has_data.set()
        writer.write(self.packets)
        await self.end_data.wait()
        writer.close()


@contextlib.asynccontextmanager
async def fake(packets: bytes = b"") -> AsyncIterator[Fake]:
    """A running fake."""
    server = Fake(packets)
    control = await asyncio.start_server(server.control, "127.0.0.1", 0)
    data = await asyncio.start_server(server.data, "127.0.0.1", 0)
    server.port = control.sockets[0].getsockname()[1]
    server.data_port = data.sockets[0].getsockname()[1]
    server.answers[MessageType.STARTCAP] = StartCaptureReply(262_144, server.data_port).encode()
    try:
        yield server
    finally:
        server.end_data.set()
        control.close()
        data.close()
        for writer in server.writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def raw(behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> AsyncIterator[str]:
    """A server whose connections `behave` gets; gives its URL."""
    writers = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        behave(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"rpcap://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def run(coroutine: object) -> object:
    """Run a coroutine; fail if it hangs or leaves a task of ours behind."""

    async def bounded() -> object:
        async with asyncio.timeout(30):
            return await coroutine  # type: ignore[misc]

    return asyncio.run(bounded())
