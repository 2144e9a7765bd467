"""An endpoint that takes batches as the ingest API does, and misbehaves on request.

Owns a TLS server on loopback that knows what it took. What it does to one request can be replaced (`faults`), to the
byte: no real server cuts, drips or lies as networks and middleboxes do.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interceptor.delivery.batches import parse_header, split_lines, unpack
from tests.support.proxies import listening

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["Cloud", "Exchange", "answer", "cloud"]

_LIMIT = 64 * 2**20


@dataclass
class Exchange:
    """One request, and where its answer goes."""

    head: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter

    async def say(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Write these, waiting after each."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(pause)


def answer(status: int, body: bytes = b"{}", kind: str = "application/json", **headers: str) -> bytes:
    """A whole one. Names of headers as in Python: `retry_after` is Retry-After."""
    lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Cloud:
    """What came in."""

    port: int = 0
    faults: list[Callable[[Cloud, Exchange], Awaitable[None]]] = field(default_factory=list)
    """What is done to the first requests, one each, instead of taking them; then the connection ends."""
    most: int = 1_000
    """Records in a batch; beyond it, 413."""
    taken: dict[str, list[str]] = field(default_factory=dict)
    """The records of each batch, by their ids."""
    heads: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where batches go."""
        return f"https://api.test:{self.port}"

    @property
    def records(self) -> list[str]:
        """Each that was taken, in order."""
        return [record for records in self.taken.values() for record in records]

    def take(self, exchange: Exchange) -> bytes:
        """Do what the ingest API does; gives the answer."""
        text = unpack(exchange.body, exchange.head["content-encoding"], _LIMIT)
        header = parse_header(text)
        assert header.id == exchange.head["idempotency-key"]
        records = [json.loads(line)["id"] for line in split_lines(text)]
        assert len(records) == header.count
        if len(records) > self.most:
            return answer(413)
        if header.id in self.taken:
            return answer(409)
        if records:
            self.taken[header.id] = records
        return answer(202, json.dumps({"accepted": len(records), "rejected": 0}).encode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until one side ends."""
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.split(": ", 1) for line in lines[1:] if line)
            head = {name.lower(): value for name, value in pairs}
            self.heads.append(head)
            exchange = Exchange(head, await reader.readexactly(int(head["content-length"])), writer)
            if self.faults:
                await self.faults.pop(0)(self, exchange)
                return
            await exchange.say(self.take(exchange))


@asynccontextmanager
async def cloud(context: ssl.SSLContext) -> AsyncIterator[Cloud]:
    """Run one on loopback."""
    served = Cloud()
    async with listening(served.serve, context) as served.port:
        yield served
