"""Messages over a pipe."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from typing import TYPE_CHECKING

from interceptor.service.channel import PIPE_BYTES, Inbox, Outbox, widen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def nothing() -> None:
    """What `lighter` may do."""


def check(body: Callable[[], Awaitable[None]]) -> None:
    """Run it; fail if it hangs."""

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await body()

    asyncio.run(bounded())


def test_what_is_said_is_heard() -> None:
    """Whole, in order, whatever its size; numbers of 64 bits, and bodies of nothing."""
    chance = random.Random(1)
    said = [(0, -(2**63), b""), (255, 2**63 - 1, b"x")]
    said += [
        (chance.randrange(256), chance.randrange(2**60), chance.randbytes(size))
        for size in (0, 1, 70_000, 3 * PIPE_BYTES, 12)
    ]
    lighter: list[int] = []

    async def body() -> None:
        reading, writing = os.pipe()
        widen(writing)
        outbox, inbox = Outbox(writing, lambda: lighter.append(outbox.waiting)), Inbox(reading)
        for kind, number, text in said:
            outbox.put(kind, number, text)
        assert outbox.waiting > 2 * PIPE_BYTES
        heard: list[tuple[int, int, bytes]] = []
        while len(heard) < len(said):
            heard += inbox.messages()
            await asyncio.sleep(0)
        assert heard == said
        assert outbox.waiting == 0
        assert lighter == sorted(lighter, reverse=True)
        assert lighter[-1] == 0
        outbox.close()
        assert list(inbox.messages()) == []
        assert inbox.ended
        inbox.close()

    check(body)


def test_the_last_words_wait_for_room() -> None:
    """However much there is, and however slowly it is read."""
    text = bytes(3 * PIPE_BYTES)
    reading, writing = os.pipe()
    inbox = Inbox(reading)
    heard: list[tuple[int, int, bytes]] = []

    def read() -> None:
        while not inbox.ended:
            heard.extend(inbox.messages())
            time.sleep(0.001)

    async def body() -> None:
        outbox = Outbox(writing, nothing)
        outbox.put(1, 2, text)
        outbox.finish()

    reader = threading.Thread(target=read)
    reader.start()
    check(body)
    reader.join(30)
    assert heard == [(1, 2, text)]
    inbox.close()


def test_nobody_listens() -> None:
    """Nothing happens; what waits is forgotten, and what is said goes nowhere."""

    async def body() -> None:
        reading, writing = os.pipe()
        outbox = Outbox(writing, nothing)
        outbox.put(1, 2, bytes(2 * PIPE_BYTES))
        assert outbox.waiting
        os.close(reading)
        await asyncio.sleep(0.05)
        assert outbox.waiting == 0
        outbox.put(1, 2, b"more")
        assert outbox.waiting == 0
        outbox.close()
        outbox.finish()

    check(body)


def test_half_a_message_is_none() -> None:
    """Where whoever wrote it has ended."""
    reading, writing = os.pipe()
    inbox = Inbox(reading)

    async def body() -> None:
        outbox = Outbox(writing, nothing)
        outbox.put(1, 2, bytes(3 * PIPE_BYTES))
        outbox.close()

    check(body)
    assert list(inbox.messages()) == []
    assert inbox.ended
    inbox.close()
    assert inbox.ended
