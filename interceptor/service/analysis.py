"""Packets in, JSON Lines out: the core and the encoder together, as one process has them.

Owns what becomes of a packet until its record is a line, what is counted of that, and that connections are closed while memory is short. Refuses
sources and outlets: whoever runs hands packets over and takes lines (`daemon`; `worker`, where several processes share the work).
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from interceptor.capture import overlays
from interceptor.capture.owners import Owners
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import Record, RecordEncoder
from interceptor.service import memory, openings
from interceptor.service.samples import Distribution, Sample, pipeline_samples
from interceptor.service.tallies import Tally
from interceptor.service.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interceptor import config
    from interceptor.core.model import Outcome, PacketBatch
    from interceptor.core.packets.decode import Party

__all__ = ["Analysis", "Core"]

log = structlog.get_logger()

_BATCH: Final = 512
"""Records made at once, as in `read`."""
_SHED_ABOVE: Final = 0.90
"""Of the memory limit. Between here and the limit is what the packets of a tick can need."""
_SHED_SHARE: Final = 10
"""A tenth of the connections goes at a time, …"""
_SHED_MOST: Final = 2_000
"""… at most so many: each takes some microseconds, and the event loop must not stall."""


class Core(Protocol):
    """What the daemon has packets understood by."""

    async def begin(self) -> None:
        """Be ready for packets.

        Raises:
            InterceptorError: that cannot be.

        """

    async def run(self) -> None:
        """Do what has to go on beside the packets, until cancelled."""

    def take(self, batch: PacketBatch) -> None:
        """Understand these."""

    def tick(self, passed: int | None) -> None:
        """Do what must be done again and again: some ten times a second. `passed`: up to which packet time nothing more will come."""

    def show_unread(self) -> None:
        """Report what was not read since the last time."""

    def leave_out(self, parties: frozenset[Party]) -> None:
        """See nothing of these in tunnels, from now on."""

    def log_from(self, level: str) -> None:
        """Leave out of the log what is less important."""

    async def end(self, seconds: float) -> None:
        """No more packets will come: report what is open, within so many seconds."""

    def tally(self) -> Tally:
        """What was counted: to the last packet after the end, as far as it costs nothing before."""

    def samples(self) -> Iterator[Sample]:
        """What is to be told of the processes at work, if there are several."""

    @property
    def problem(self) -> str:
        """Why no packets are understood; empty where they are."""

    @property
    def memory_bytes(self) -> int:
        """What the other processes at work use."""


class Analysis:
    """In this process."""

    problem = ""
    memory_bytes = 0

    def __init__(
        self,
        options: config.Config,
        write: Callable[[bytes, int], None],
        *,
        live: bool,
        here: bool,
        worker: int = 0,
    ) -> None:
        """`write` takes JSON Lines, and how many; `live`: packets come as they are captured; `here`: on this machine.

        `worker`: which of several this is, counted from 1.

        Raises:
            UsageError: an option of `metadata` cannot be used.

        """
        self._memory = memory.budget(options.limits, memory.cgroup_limit())
        self._owners = Owners() if here else None
        self._pipeline = Pipeline(
            memory.core_limits(options.limits, self._memory),
            self._owners.whose if self._owners else None,
            overlays.parse(options.capture.tunnels, "capture.tunnels").ports,
            recover_headers=options.capture.recover_headers,
        )
        self._templates = openings.templates(options.metadata)
        node = options.node or socket.gethostname()
        self._encoder = RecordEncoder(options.metadata.url, node, self._templates, worker)
        self._traffic = Traffic(options.metrics.by_server)
        self._write = write
        self._live = live
        self._worker = worker
        self._packets = self._records = 0
        self._waiting: list[Outcome] = []
        self._ended = False

    async def begin(self) -> None:
        """Nothing has to be done."""

    async def run(self) -> None:
        """Keep up to date who has which address."""
        if self._owners is not None:
            await self._owners.follow()

    def take(self, batch: PacketBatch) -> None:
        """Understand these."""
        self._packets += len(batch.packets)
        self._show(self._pipeline.feed(batch))

    def tick(self, passed: int | None) -> None:
        """Let packet time pass, save memory, and give away the lines that are ready."""
        if passed is not None:
            self._show(self._pipeline.expire(passed))
        self._save_memory()
        self.flush()

    def show_unread(self) -> None:
        """What was not read, at the time that packets have: a capture that is replayed is of long ago."""
        now = time.time_ns() if self._live else self._pipeline.newest
        self._show(list(self._pipeline.unread(now)))

    def leave_out(self, parties: frozenset[Party]) -> None:
        """See nothing of these in tunnels."""
        self._pipeline.leave_out(parties)

    def log_from(self, level: str) -> None:
        """Nothing: the log is this process's."""

    async def end(self, seconds: float) -> None:  # noqa: ARG002 - it takes what it takes
        """Report what is open."""
        self.close()

    def close(self) -> None:
        """The same, at once."""
        for outcomes in self._pipeline.closing():
            self._show(outcomes)
        self.show_unread()
        self.flush()
        self._ended = True

    def flush(self) -> None:
        """Give away what is understood, as lines."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        records = [self._encoder.record(outcome) for outcome in waiting]
        self._traffic.count([record for record in records if isinstance(record, Record)], time.monotonic())
        self._records += len(records)
        self._write(self._encoder.lines(records), len(records))

    def tally(self) -> Tally:
        """What was counted."""
        pipeline = self._pipeline
        traffic = list(self._traffic.samples())
        samples = [
            *pipeline_samples(pipeline),
            *(each for each in traffic if isinstance(each, Sample)),
            Sample("records_total", self._records),
            Sample("template_names_folded_total", self._templates.folded),
            Sample("server_names_folded_total", self._encoder.names.folded),
        ]
        if self._owners is not None and self._worker <= 1:  # every worker proves the same ones
            samples.append(Sample("proven_interfaces", len(self._owners.proofs)))
        return Tally(
            packets=self._packets,
            transactions=pipeline.transactions,
            connections=pipeline.open_connections,
            missed_bytes=pipeline.missed_bytes,
            memory_bytes=memory.resident_bytes(),
            cpu_seconds=time.process_time(),
            read=pipeline.read(),
            stages=pipeline.ledger() if self._ended else pipeline.totals(),
            samples=samples,
            distributions=[each for each in traffic if isinstance(each, Distribution)],
        )

    def samples(self) -> Iterator[Sample]:
        """Nothing: this process tells of itself."""
        yield from ()

    def _show(self, outcomes: list[Outcome]) -> None:
        """Have these written, by the next tick at the latest."""
        self._waiting += outcomes
        if len(self._waiting) >= _BATCH:
            self.flush()

    def _save_memory(self) -> None:
        """Close connections while memory is short: whole ones, so that what stays is right."""
        used = memory.resident_bytes()
        if used < self._memory * _SHED_ABOVE:
            return
        before = self._pipeline.shedded
        share = max(self._pipeline.open_connections // _SHED_SHARE, 1)
        self._show(self._pipeline.shed(min(share, _SHED_MOST)))
        log.warning(
            "connections_shed",
            connections=self._pipeline.shedded - before,
            memory_used_bytes=used,
            memory_limit_bytes=self._memory,
        )
