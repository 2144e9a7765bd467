"""One of several workers: a process that understands its share of the packets.

    python -m interceptor.service.worker      started by the daemon, never by a person

Owns what it does at each order that comes on standard input, and what it says on standard output: lines, and what it has
counted. Refuses to decide anything: whose packets are whose, when time passes and when it is over, it is told. When nobody talks to it
any more, it ends; signals are the daemon's matter.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from interceptor.config import Config
from interceptor.core.model import Interface, PacketBatch
from interceptor.core.packets.dealing import taken_up
from interceptor.core.pipeline import COLLECT_AFTER
from interceptor.service import logs
from interceptor.service.analysis import Analysis
from interceptor.service.channel import Inbox, Outbox, widen
from interceptor.service.messages import DEAF_TO, NONE, Answer, Order, Start

if TYPE_CHECKING:
    from interceptor.core.packets.decode import Party

__all__ = ["Worker", "main"]

log = structlog.get_logger()

_TALLY_SECONDS: Final = 1.0
"""How old may be what is known of a worker."""
_TURN_SECONDS: Final = 0.01
"""How long packets keep the event loop from what else goes on."""
_MOST_WAITING: Final = 16 * 2**20
"""Bytes of lines that nobody has read yet. With more, nothing is read either."""

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.decode


class Worker:
    """What goes on in the process."""

    def __init__(self, orders: int, answers: int) -> None:
        """`orders`, `answers`: descriptors of pipes, from now on ours."""
        self._inbox = Inbox(orders)
        self._outbox = Outbox(answers, self._lighter)
        self._analysis: Analysis | None = None
        self._interfaces: dict[int, Interface] = {}
        self._told = 0.0
        """When it was last said what is counted."""
        self._number = 0
        self._reading = False
        self._begun = asyncio.Event()
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Has the defect that ended it, if one did."""

    async def run(self) -> None:
        """Do what is ordered, to the end of it, or of whoever orders.

        A defect ends it at once, and is raised: what is known of connections may be wrong by then. What was understood before is said.
        """
        self._read_on()
        await self._begun.wait()
        beside = asyncio.create_task(self._go_on_beside())
        try:
            await self._over
        finally:
            beside.cancel()
            self._outbox.finish()

    async def _go_on_beside(self) -> None:
        """What the analysis does beside packets."""
        if self._analysis is not None:
            try:
                await self._analysis.run()
            except Exception as defect:  # noqa: BLE001 - whoever runs us is told
                self._give_up(defect)

    def _read_on(self) -> None:
        if not (self._reading or self._over.done()):
            self._reading = True
            asyncio.get_running_loop().add_reader(self._inbox, self._hear)

    def _lighter(self) -> None:
        if not self._outbox.waiting:
            self._read_on()

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            asyncio.get_running_loop().remove_reader(self._inbox)

    def _hear(self) -> None:
        """Take orders, for a moment."""
        try:
            self._listen()
        except Exception as defect:  # noqa: BLE001 - whoever runs us is told
            self._give_up(defect)

    def _listen(self) -> None:
        end = time.monotonic() + _TURN_SECONDS
        for kind, number, body in self._inbox.messages():
            self._obey(kind, number, body)
            if self._outbox.waiting > _MOST_WAITING:
                self._stop_reading()
            if not self._reading or time.monotonic() > end:
                break
        if self._inbox.ended:
            self._end()

    def _obey(self, kind: int, number: int, body: bytes) -> None:
        analysis = self._analysis
        if analysis is None:
            self._start(_decode(body, type=Start))
            return
        match kind:
            case Order.PACKETS:
                analysis.take(PacketBatch(self._interfaces[number], body, taken_up(body)))
            case Order.TICK:
                analysis.tick(None if number == NONE else number)
                if time.monotonic() - self._told >= _TALLY_SECONDS:
                    self._tell()
            case Order.INTERFACE:
                self._interfaces[number] = Interface(*_decode(body, type=tuple[str | None, int]))
            case Order.GONE:
                self._interfaces.pop(number).gone = True
            case Order.UNREAD:
                analysis.show_unread()
            case Order.LEAVE_OUT:
                parties = _decode(body, type=list[tuple[tuple[bytes, ...], bytes]])
                own: frozenset[Party] = frozenset(parties)
                analysis.leave_out(own)
            case Order.LEVEL:
                logs.configure(body.decode(), worker=self._number)
            case _:  # END
                analysis.close()
                self._tell()
                self._end()

    def _start(self, start: Start) -> None:
        options = Config.model_validate_json(start.config)
        self._number = start.worker
        logs.configure(options.log.level, worker=start.worker)
        self._analysis = Analysis(options, self._write, live=start.live, here=start.here, worker=start.worker)
        self._begun.set()
        self._tell()

    def _end(self) -> None:
        self._stop_reading()
        self._begun.set()
        if not self._over.done():
            self._over.set_result(None)

    def _give_up(self, defect: Exception) -> None:
        """Say what was understood before, and end with a defect."""
        with suppress(Exception):
            if self._analysis is not None:
                self._analysis.flush()
                self._tell()
        if not self._over.done():
            self._over.set_exception(defect)
        self._end()

    def _write(self, lines: bytes, records: int) -> None:
        self._outbox.put(Answer.LINES, records, lines)

    def _tell(self) -> None:
        assert self._analysis is not None
        self._told = time.monotonic()
        self._outbox.put(Answer.TALLY, NONE, _encode(self._analysis.tally()))


def main() -> None:
    """Work on standard input and output, which nothing else may write to."""
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, DEAF_TO)
    logs.configure()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    orders, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    widen(answers)

    async def work() -> None:
        await Worker(orders, answers).run()

    try:
        asyncio.run(work())
    except Exception as defect:
        log.exception("defect", error=type(defect).__name__)
        sys.exit(1)


if __name__ == "__main__":
    main()
