"""The way from all captures to the core: one piece at a time, the oldest first.

Owns the order in which packets of captures that run side by side reach the core, how long the event loop is kept from
anything else, and the count of what came and became of it (`stage`). Refuses to wait for packets that may still come, and to hold more than one batch of each
capture: who puts a batch waits until it was taken.

Why order matters: the core takes each direction of a connection from one interface and knows the same packets
on others as copies. When packets come faster than they are understood, each capture's waiting packets lie in
buffers of its own, and a capture that is read late by seconds would show the copies after the connection is
over and forgotten. So the capture that is most behind goes first, and all of them stay equally late.
"""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from interceptor.core.model import PacketBatch, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Feed"]

_PIECE: Final = 256
"""Packets given to the core before others have a turn: some 2 ms where each of them ends a transaction."""

_SECOND: Final = 1_000_000_000

_SLACK: Final = 0.5
"""Seconds beside the kernel's own collecting of packets until they are read, on a busy machine."""


class Feed:
    """What sources give packets to."""

    def __init__(self, sink: Callable[[PacketBatch], None], read_timeout: float = 0.0) -> None:
        """`sink` understands packets, at once; `read_timeout`: seconds that the kernel may collect them."""
        self._sink = sink
        self._delay = round((2 * read_timeout + _SLACK) * _SECOND)
        self._waiting: list[tuple[int, int, PacketBatch, int, asyncio.Future[None]]] = []
        """By the time of the first packet that was not taken; then by arrival."""
        self._number = 0
        self._scheduled = self._held = False
        self._passed = self._now = 0
        self._received = self._delivered = self._forgotten = 0

    async def put(self, batch: PacketBatch) -> None:
        """Give packets, and return when they were taken. Cancelled, those that were not are forgotten."""
        if not batch.packets:
            return
        self._received += len(batch.packets)
        taken = asyncio.get_running_loop().create_future()
        self._number += 1
        heappush(self._waiting, (batch.packets[0][0], self._number, batch, 0, taken))
        self._schedule()
        await taken

    def hold(self) -> None:
        """Give the core nothing until `go_on`: it has enough. What comes meanwhile waits where it was captured."""
        self._held = True

    def go_on(self) -> None:
        """The core has room again."""
        self._held = False
        if self._waiting:
            self._schedule()

    def passed(self, now: int) -> int:
        """Up to which packet time nothing more will come, if `now` is the wall clock's: for `Pipeline.expire`.

        Nanoseconds. It stands still while old packets wait, and goes back only with the clock: packets have its times.
        """
        if now < self._now - _SECOND:
            self._passed = 0  # the clock was set back
        self._now = now
        passed = now - self._delay
        if self._waiting:
            passed = min(passed, self._waiting[0][0])
        self._passed = max(self._passed, passed)
        return self._passed

    def stage(self, kernel: int, interface: int) -> Stage:
        """Give the ledger's first line: what of the packets that the kernel saw the core was given.

        `kernel`, `interface`: packets that these two dropped. What a capture had read when it was closed is `closed`.
        """
        left = [(len(batch.packets) - begin, taken.done()) for _, _, batch, begin, taken in self._waiting]
        return Stage(
            "capture",
            "packets",
            received=self._received + kernel + interface,
            delivered=self._delivered,
            dropped={
                "kernel": kernel,
                "interface": interface,
                "closed": self._forgotten + sum([count for count, closed in left if closed]),
            },
            held=sum([count for count, closed in left if not closed]),
        )

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._give)

    def _give(self) -> None:
        self._scheduled = False
        if self._held:
            return
        waiting = self._waiting
        while waiting:
            _, number, batch, begin, taken = heappop(waiting)
            packets = batch.packets
            if taken.done():  # its capture was cancelled
                self._forgotten += len(packets) - begin
                continue
            end = begin + _PIECE
            whole = not begin and end >= len(packets)
            try:
                self._sink(batch if whole else PacketBatch(batch.interface, batch.buffer, packets[begin:end]))
            except Exception as error:  # noqa: BLE001 - a defect, and whoever put the batch is supervised
                self._forgotten += len(packets) - begin
                taken.set_exception(error)
            else:
                self._delivered += min(end, len(packets)) - begin
                if end < len(packets):
                    heappush(waiting, (packets[end][0], number, batch, end, taken))
                else:
                    taken.set_result(None)
            break
        if waiting:
            self._schedule()
