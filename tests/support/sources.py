"""A source that runs, with the core behind it: for tests of captures."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interceptor import config
from interceptor.capture.feed import Feed
from interceptor.capture.source import State
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder
from tests.conversations import transactions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from interceptor.capture.source import Source
    from interceptor.core.model import PacketBatch, Transaction

__all__ = [
    "DEADLINE",
    "Running",
    "descriptors",
    "http_server",
    "request",
    "running",
    "running_all",
    "settings",
]

DEADLINE = 30.0
"""Seconds after which something that has to happen counts as not happening."""


def settings(
    *sources: str, include: Sequence[str] = ("*",), exclude: Sequence[str] = ("lo", "any"), **rest: Any
) -> config.Capture:
    """A configuration of captures."""
    return config.Capture(
        sources=sources, interfaces=config.Interfaces(include=tuple(include), exclude=tuple(exclude)), **rest
    )


class Running:
    """What a source gives, understood."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.feed = Feed(self._take)
        self.pipeline = Pipeline()
        self.transactions: list[Transaction] = []
        self.batches: list[PacketBatch] = []
        self.seen: dict[str | None, int] = {}
        """Packets by interface."""

    def _take(self, batch: PacketBatch) -> None:
        self.batches.append(batch)
        name = batch.interface.name
        self.seen[name] = self.seen.get(name, 0) + len(batch.packets)
        self.transactions += transactions(self.pipeline.feed(batch))

    @property
    def frames(self) -> list[bytes]:
        """Every packet so far."""
        return [
            batch.buffer[start : start + captured]
            for batch in self.batches
            for _, start, captured, _ in batch.packets
        ]

    @property
    def times(self) -> list[int]:
        """Of each of them."""
        return [packet[0] for batch in self.batches for packet in batch.packets]

    def state(self, name: str) -> State | None:
        """How an interface fares; None where it is not offered."""
        watched = self.source.interfaces.get(name)
        return watched.state if watched else None

    def captured(self) -> list[str]:
        """The interfaces that are captured now."""
        return sorted(name for name, one in self.source.interfaces.items() if one.state is State.CAPTURING)

    async def until(self, what: str, true: Callable[[], Any], seconds: float = DEADLINE) -> float:
        """Wait until it holds; gives how long that took."""
        begin = time.monotonic()
        while not true():
            if time.monotonic() - begin > seconds:
                states = {name: (str(one.state), one.reason) for name, one in self.source.interfaces.items()}
                raise AssertionError(f"never came: {what}; {self.source.problem} {states}")
            await asyncio.sleep(0.005)
        return time.monotonic() - begin

    async def until_captured(self, *names: str) -> float:
        """Wait until exactly these are captured."""
        return await self.until(f"captures of {names}", lambda: self.captured() == sorted(names))

    async def quiet(self, seconds: float = 0.5) -> None:
        """Wait until nothing more comes."""
        count = -1
        while count != self.source.counters.packets:
            count = self.source.counters.packets
            await asyncio.sleep(seconds)

    def records(self) -> list[bytes]:
        """End the core; gives all records, without the interface they were seen on, in a stable order."""
        self.transactions += transactions(self.pipeline.close())
        assert all(stage.balanced for stage in self.pipeline.ledger())
        for transaction in self.transactions:
            transaction.peers = type(transaction.peers)(
                **{name: getattr(transaction.peers, name) for name in transaction.peers.__struct_fields__}
                | {"interface": None}
            )
        return sorted(RecordEncoder("path").encode(self.transactions).splitlines())


@asynccontextmanager
async def running_all(*sources: Source, shared: bool = False) -> AsyncIterator[list[Running]]:
    """Run sources during the block. One that fails fails the block; afterwards nothing of them is left.

    With `shared`, the core of the first is the core of all.
    """
    before = descriptors()
    results = [Running(source) for source in sources]
    if shared:
        for one in results:
            one.feed = results[0].feed
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one.source.run(one.feed)) for one in results]
        await asyncio.sleep(0.05)  # until those that listen do
        try:
            yield results
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    assert not any(source.connected for source in sources)
    await asyncio.sleep(0.1)  # transports are closed a turn of the loop later
    left = descriptors() - before
    assert not left, f"descriptors left: {left}"


@asynccontextmanager
async def running(source: Source) -> AsyncIterator[Running]:
    """Run one."""
    async with running_all(source) as (one,):
        yield one


def descriptors() -> set[str]:
    """What this process has open, sockets by their number."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        try:
            target = str(path.readlink())
        except FileNotFoundError:
            continue
        if "socket" in target:
            found.add(target)
    return found


@asynccontextmanager
async def http_server(address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """A server in this event loop, which answers each request with its path."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := (await reader.readuntil(b"\r\n\r\n")):
                path = line.split()[1]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, address, port)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def request(address: str, port: int, *paths: str) -> None:
    """Ask for these one after the other on one connection."""
    reader, writer = await asyncio.open_connection(address, port, family=socket.AF_UNSPEC)
    for path in paths:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.rpartition(b": ")[2]))
    writer.close()
    await writer.wait_closed()
