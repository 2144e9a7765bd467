"""Several processes that understand packets, each its share of the connections, as if they were one.

Owns who gets which packets (`core.packets.shares` says whose they are), the workers' life, and what is known of all of them together.
Refuses to read packets twice: sources, outlets and metrics stay in this process, so there is one of each, and a worker has nothing but
connections. Its packets come to it as they were captured, behind each other in a pipe.

A worker that ends by itself is started again; the others go on meanwhile. What it had not decided on is lost with it and counted: its
connections (`connections_cut_short_total`), what of theirs was held (`cut_short` in the ledger), and packets that it was given and had
not counted (`worker_lost`). Connections that go on are met in the middle by the next. One that does nothing for as long
as this process may be silent itself (`health`) is ended, and started again.

How much waits for workers is bounded: beyond `MOST_WAITING` for one of them, no packets are taken from sources until it has room again. So what is
too much waits where it would with a single process, in the kernel's buffers, whose drops are counted there.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from interceptor.capture import overlays
from interceptor.config import Capture, Config
from interceptor.core.model import Stage
from interceptor.core.packets.shares import Shares
from interceptor.errors import InterceptorError
from interceptor.service import openings
from interceptor.service.channel import Inbox, Outbox, widen
from interceptor.service.memory import divided
from interceptor.service.messages import DEAF_TO, NONE, Answer, Order, Start
from interceptor.service.samples import Sample
from interceptor.service.tallies import Tally, cut_short, total
from interceptor.settings import LANE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interceptor import config
    from interceptor.core.model import Interface, PacketBatch
    from interceptor.core.packets.decode import Party
    from interceptor.core.packets.shares import Hand

__all__ = ["LOST", "MOST_WAITING", "Workers"]

log = structlog.get_logger()

MOST_WAITING: Final = 8 * 2**20
"""Bytes for one worker, besides what its pipe holds: some tenths of a second of its work."""
_ROOM_AGAIN: Final = MOST_WAITING * 3 // 4
"""Much of it must be left where others are quicker: they would wait for the slowest to be through."""
LOST: Final = "worker_lost"
_SOON_SECONDS: Final = 10.0
"""A worker that has not lived for so long is not started again at once: …"""
_PAUSES: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""… but after these many seconds, the more often that happens the later."""
_SILENT_TICKS: Final = 300
"""Half a minute, as for this process (`health`). Ticks, so that a pause of ours is none of the worker's."""
_STARTING_TICKS: Final = 3_000
"""Before it has said anything at all: where there is hardly any CPU, a start takes long."""

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.decode


class _Worker:
    """One of them, and those that stood in its place before."""

    def __init__(
        self, number: int, start: Start, write: Callable[[bytes, int], None], room: Callable[[], None]
    ) -> None:
        """`room` is called when less waits for it than before."""
        self.number = number
        self._start = start
        self._write = write
        self._room = room
        self._process: asyncio.subprocess.Process | None = None
        self._inbox: Inbox | None = None
        self._outbox: Outbox | None = None
        self._interfaces: dict[Interface, int] = {}
        """Those that it was told of."""
        self._numbers = count()
        self._said: dict[Order, bytes] = {}
        """What the next one has to be told as well."""
        self._past = Tally()
        """Of those before."""
        self.now = Tally()
        """As it was last told."""
        self._given = 0
        """Packets."""
        self.lost = 0
        """Packets that none of them has counted."""
        self.cut_short = 0
        """Connections that were open when one of them ended by itself."""
        self.restarts = 0
        self._ticks = 0
        """Since it last said something."""
        self._began = 0.0
        """When it was last tried to start one."""
        self._ending = False

    @property
    def up(self) -> bool:
        """It is at work."""
        return self._process is not None

    @property
    def waiting(self) -> int:
        """Bytes for which its pipe had no room."""
        return self._outbox.waiting if self._outbox is not None else 0

    @property
    def held(self) -> int:
        """Packets that it was given and has not counted yet."""
        return self._given - self.now.packets

    def tally(self) -> Tally:
        """Of all that stood here."""
        return total((self._past, self.now))

    # Its life

    async def begin(self) -> None:
        """Start the process.

        Raises:
            OSError: it cannot be started.

        """
        self._began = time.monotonic()
        orders, ours = os.pipe()
        answers, theirs = os.pipe()
        widen(ours)
        # Inherited, and so in force before it can ask not to be disturbed.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, DEAF_TO)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "interceptor.service.worker"),
                stdin=orders,
                stdout=theirs,
                env=_environment(),
                start_new_session=True,  # a terminal's Ctrl-C is for us
            )
        except BaseException:
            os.close(ours)
            os.close(answers)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(orders)
            os.close(theirs)
        self._ticks = 0
        self._inbox, self._outbox = Inbox(answers), Outbox(ours, self._room)
        asyncio.get_running_loop().add_reader(self._inbox, self._hear)
        self._outbox.put(Order.START, NONE, _encode(self._start))
        for order, body in self._said.items():
            self._outbox.put(order, NONE, body)

    async def attend(self) -> None:
        """Start another whenever one ends that was not to."""
        failures = 0
        while True:
            await self.ended()
            failures = failures + 1 if time.monotonic() - self._began < _SOON_SECONDS else 0
            if failures and not self._ending:
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES)) - 1])
            if self._ending:
                return
            try:
                await self.begin()
            except OSError as error:
                log.error("worker_not_started", worker=self.number, error=error.strerror)  # noqa: TRY400 - the line says it all
            else:
                self.restarts += 1

    async def ended(self) -> None:
        """Wait until the process has ended, and settle what is left of it."""
        process = self._process
        if process is None:
            return
        status = await process.wait()
        if self._process is not process:
            return
        self._hear()  # what it said last
        self._process = None
        if self._inbox is not None:
            asyncio.get_running_loop().remove_reader(self._inbox)
            self._inbox.close()
        if self._outbox is not None:
            self._outbox.close()
        self._inbox = self._outbox = None
        now, lost = self.now, self.held
        well = self._ending and not (lost or status)
        self._past = total((self._past, now if well else cut_short(now)))
        self.lost += lost
        self.now, self._given = Tally(), 0
        self._interfaces.clear()
        if not well:
            self.cut_short += now.connections
            log.error(
                "worker_ended",
                worker=self.number,
                status=status,
                connections_cut_short=now.connections,
                packets_lost=lost,
            )
        self._room()

    def end(self) -> None:
        """Have it report everything, and end."""
        self._ending = True
        if self._outbox is not None:
            self._outbox.put(Order.END)

    def kill(self) -> None:
        """Have it end at once."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    # What it is told

    def give(self, interface: Interface, data: bytes, packets: int) -> None:
        """Have it understand these; lost, while there is nobody."""
        if self._outbox is None:
            self.lost += packets
            return
        number = self._interfaces.get(interface)
        if number is None:
            number = self._interfaces[interface] = next(self._numbers)
            self._outbox.put(Order.INTERFACE, number, _encode((interface.name, interface.link_type)))
        self._given += packets
        self._outbox.put(Order.PACKETS, number, data)

    def say(self, order: Order, body: bytes = b"", *, lasting: bool = False) -> None:
        """Give an order; a lasting one to whoever follows, too."""
        if lasting:
            self._said[order] = body
        if self._outbox is not None:
            self._outbox.put(order, NONE, body)

    def tick(self, passed: int) -> None:
        """Time passes. One that has not said anything for long is ended."""
        if self._outbox is None:
            return
        for interface in [interface for interface in self._interfaces if interface.gone]:
            self._outbox.put(Order.GONE, self._interfaces.pop(interface))
        self._outbox.put(Order.TICK, passed)
        self._ticks += 1
        if self._ticks == (_SILENT_TICKS if self.now.memory_bytes else _STARTING_TICKS):
            log.error("worker_stuck", worker=self.number)
            self.kill()

    # What it says

    def _hear(self) -> None:
        inbox = self._inbox
        if inbox is None:
            return
        for kind, number, body in inbox.messages():
            self._ticks = 0
            if kind == Answer.LINES:
                self._write(body, number)
            else:
                self.now = _decode(body, type=Tally)
        if inbox.ended:  # the process is about to, too
            asyncio.get_running_loop().remove_reader(inbox)


def _environment() -> dict[str, str]:
    """Ours, with the same program in it, and without options and secrets: a worker has its own.

    A folder that happens to be the current one is no part of the program.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("INTERCEPTOR_") or name == LANE_VARIABLE
    }
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


class Workers:
    """All of them."""

    def __init__(
        self,
        number: int,
        options: config.Config,
        memory_bytes: int,
        write: Callable[[bytes, int], None],
        *,
        live: bool,
        here: bool,
        hold: Callable[[], None],
        go_on: Callable[[], None],
    ) -> None:
        """`memory_bytes` are for all of them and this process. `write`, `live`, `here`: as for `Analysis`.

        `hold` and `go_on` are called when no more packets can be taken, and when they can be again.

        Raises:
            UsageError: an option cannot be used.

        """
        openings.templates(options.metadata)  # a mistake is told before there is anybody else who could
        share = Config(
            node=options.node,
            capture=Capture(tunnels=options.capture.tunnels, recover_headers=options.capture.recover_headers),
            metadata=options.metadata,
            limits=divided(options.limits, memory_bytes, number),
            metrics=options.metrics,
            log=options.log,
        )
        self._hold, self._go_on = hold, go_on
        self._held = False
        self._shares = Shares(number, overlays.parse(options.capture.tunnels, "capture.tunnels").ports)
        self._taken = 0
        self._workers = [
            _Worker(each, Start(share.model_dump_json(), live, here, each), write, self._room)
            for each in range(1, number + 1)
        ]

    async def begin(self) -> None:
        """Start them.

        Raises:
            InterceptorError: one cannot be started.

        """
        try:
            for worker in self._workers:
                await worker.begin()
        except OSError as error:
            for worker in self._workers:
                worker.kill()
            raise InterceptorError(f"workers: cannot start a process: {error.strerror}") from error

    async def run(self) -> None:
        """See to it that they are there, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for worker in self._workers:
                group.create_task(worker.attend(), name=f"worker {worker.number}")

    def take(self, batch: PacketBatch) -> None:
        """Give each its packets."""
        self._taken += len(batch.packets)
        self._give(self._shares.deal(batch))

    def _give(self, hands: list[Hand]) -> None:
        for reader, interface, data, packets in hands:
            worker = self._workers[reader]
            worker.give(interface, data, packets)
            if worker.waiting > MOST_WAITING and not self._held:
                self._held = True
                self._hold()

    def _room(self) -> None:
        if self._held and all(worker.waiting <= _ROOM_AGAIN for worker in self._workers):
            self._held = False
            self._go_on()

    def tick(self, passed: int | None) -> None:
        """Time passes for all of them."""
        for worker in self._workers:
            worker.tick(NONE if passed is None else passed)

    def show_unread(self) -> None:
        """Have each report what it has not read."""
        for worker in self._workers:
            worker.say(Order.UNREAD)

    def leave_out(self, parties: frozenset[Party]) -> None:
        """See nothing of these in tunnels."""
        for worker in self._workers:
            worker.say(Order.LEAVE_OUT, _encode(sorted(parties)), lasting=True)

    def log_from(self, level: str) -> None:
        """Leave out of the log what is less important."""
        for worker in self._workers:
            worker.say(Order.LEVEL, level.encode(), lasting=True)

    async def end(self, seconds: float) -> None:
        """Have all of them report what is open, and end."""
        self._give(self._shares.close())
        for worker in self._workers:
            worker.end()
        over = [asyncio.create_task(worker.ended()) for worker in self._workers]
        await asyncio.wait(over, timeout=seconds)
        for worker in self._workers:
            worker.kill()
        await asyncio.wait(over)

    def tally(self) -> Tally:
        """Of all of them; the ledger begins with what was given to them."""
        tally = total(worker.tally() for worker in self._workers)
        stage = Stage(
            "workers",
            "packets",
            received=self._taken,
            delivered=tally.packets,
            dropped={LOST: sum(worker.lost for worker in self._workers)},
            held=sum(worker.held for worker in self._workers) + self._shares.held,
        )
        return msgspec.structs.replace(tally, stages=[stage, *tally.stages])

    def samples(self) -> Iterator[Sample]:
        """What is told of each."""
        for worker in self._workers:
            tally, label = worker.tally(), (str(worker.number),)
            yield Sample("worker_up", worker.up, label)
            yield Sample("worker_restarts_total", worker.restarts, label)
            yield Sample("worker_packets_total", tally.packets, label)
            yield Sample("worker_cpu_seconds_total", tally.cpu_seconds, label)
            yield Sample("worker_memory_bytes", worker.now.memory_bytes, label)
        yield Sample("connections_cut_short_total", sum(worker.cut_short for worker in self._workers))

    @property
    def problem(self) -> str:
        """That nobody is there, if so."""
        return "" if any(worker.up for worker in self._workers) else "no worker is at work"

    @property
    def memory_bytes(self) -> int:
        """What all of them use."""
        return sum(worker.now.memory_bytes for worker in self._workers)
