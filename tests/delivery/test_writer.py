"""A thread that writes, and its end."""

from __future__ import annotations

import asyncio
import threading

from interceptor.delivery.writer import Writer


class Slow(Writer):
    """Writes when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.written = False
        self._begin("slow")

    def _work(self) -> None:
        with self._changed:
            while not self._closing:
                self._changed.wait()
        self.may.wait()
        self.written = True


def test_closing_waits_for_what_is_written() -> None:
    """And closing again is no wait."""

    async def go() -> None:
        one = Slow()
        closing = asyncio.create_task(one.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        one.may.set()
        async with asyncio.timeout(30):
            await closing
            await one.close()
        assert one.written

    asyncio.run(go())


def test_who_does_not_wait_any_more_is_not_held_up() -> None:
    """The event loop ends though the thread does not, and the thread ends without it."""
    made: list[Slow] = []

    async def go() -> None:
        made.append(Slow())
        closing = asyncio.create_task(made[0].close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])

    asyncio.run(go())
    [thread] = [thread for thread in threading.enumerate() if thread.name == "slow"]
    made[0].may.set()
    thread.join(30)
    assert not thread.is_alive()
    assert made[0].written
