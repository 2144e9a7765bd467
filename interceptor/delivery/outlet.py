"""Records into the spool: JSON Lines are collected, sealed into batches, and stored.

Owns the lines on their way to a thread (`writer`), which compresses (outside Python's lock) and waits for the disk.
Refuses to wait and to fail: what does not fit into the hand-over is dropped and counted under `queue_full`. What a
spool loses is in the spool's own ledger.

Lines that are not sealed yet are in memory only, for `batch_seconds` at most while the disk keeps up. They are lost if
the process is killed, and nothing else is.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Stage
from interceptor.delivery.batches import Sealer, seal
from interceptor.delivery.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor import config
    from interceptor.delivery.batches import Captured, Chunk, Encoding, Origin
    from interceptor.delivery.spool import Spool

__all__ = ["SpoolOutlet"]

QUEUE_BYTES: Final = 16 * 2**20
"""Text that may wait, a batch being sealed included; or two full batches, where that is more. A second or two of the
highest rates."""


class SpoolOutlet(Writer):
    """Takes JSON Lines; seals a batch when it is full or `batch_seconds` old, and stores it."""

    def __init__(
        self,
        spool: Spool,
        options: config.Spool,
        origin: Origin,
        encoding: Encoding = "gzip",
        captured: Callable[[], Captured | None] = lambda: None,
    ) -> None:
        """`captured` is asked, in a thread, what the captures got and lost so far; what of it is about delivery is said here."""
        super().__init__()
        self._spool = spool
        self._origin = origin
        self._encoding = encoding
        self._captured = captured
        self._seconds = options.batch_seconds
        self._queue_bytes = max(QUEUE_BYTES, 2 * options.batch_bytes)
        self._sealer = Sealer(options.batch_records, options.batch_bytes)
        self._full: deque[Chunk] = deque()
        self._waiting_bytes = 0
        self._received = self._delivered = 0
        self._dropped: dict[str, int] = {}
        self._begin("seal")

    def write(self, lines: bytes, records: int) -> None:
        """Have these delivered. Never blocks."""
        with self._changed:
            self._received += records
            if self._closing or self._waiting_bytes + len(lines) > self._queue_bytes:
                reason = "closed" if self._closing else "queue_full"
                self._dropped[reason] = self._dropped.get(reason, 0) + records
                return
            idle = self._sealer.since is None
            self._full += self._sealer.add(lines, records, time.monotonic())
            self._waiting_bytes += len(lines)
            if self._full or idle:
                self._changed.notify_all()

    def put(self, lines: bytes, records: int) -> None:
        """Have these delivered, and wait for room if there is none: for a thread whose packets can wait."""
        with self._changed:
            while self._waiting_bytes and self._waiting_bytes + len(lines) > self._queue_bytes:
                self._changed.wait()
        self.write(lines, records)

    def ledger(self) -> list[Stage]:
        """What became of the records, here and in the spool."""
        with self._changed:
            held = self._received - self._delivered - sum(self._dropped.values())
            stage = Stage("batches", "records", self._received, self._delivered, dict(self._dropped), held)
        return [stage, *self._spool.ledger()]

    # The thread

    def _work(self) -> None:
        while (chunk := self._next()) is not None:
            batch = seal(
                chunk.pieces,
                chunk.records,
                self._origin,
                time.time(),
                self._encoding,
                self._told(),
            )
            self._spool.store(batch)
            with self._changed:
                self._waiting_bytes -= chunk.size
                self._delivered += chunk.records
                self._changed.notify_all()

    def _told(self) -> Captured | None:
        """For a header: what the captures say, and how much of what came here has not arrived, or never will."""
        captured = self._captured()
        if captured is None:
            return None
        dropped = sum([sum(stage.dropped.values()) for stage in self.ledger()])
        return captured.delivering(self._spool.counters.records, int(self._spool.oldest_age()), dropped)

    def _next(self) -> Chunk | None:
        """Wait for what makes a batch. None: there will be no more."""
        with self._changed:
            while not self._full:
                since = self._sealer.since
                due = None if since is None else since + self._seconds - time.monotonic()
                if self._closing or (due is not None and due <= 0):
                    self._full += self._sealer.flush()
                    if not self._full:
                        return None
                else:
                    self._changed.wait(due)
            return self._full.popleft()
