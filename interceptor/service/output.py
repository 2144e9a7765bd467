"""Records to a JSON Lines file with rotation by size, or to standard output.

Owns the file and its rotation; a thread writes (`writer`), so that a slow or full disk never holds up packets. Refuses
to wait and to fail: what cannot be taken is dropped and counted, under `queue_full` (the disk is too slow),
`disk_full` or `write_failed`. The next lines are tried again, so that it recovers by itself.

Invariant: a file holds whole lines only. What a full disk took of a write is cut off again.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.core.model import Stage
from interceptor.delivery.writer import Writer
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from interceptor import config

__all__ = ["FileOutlet"]

QUEUE_BYTES: Final = 16 * 2**20
"""Lines that may wait for the disk: a second or two of the highest rates."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

log = structlog.get_logger()


@dataclass(slots=True)
class _Counters:
    """In records."""

    received: int = 0
    written: int = 0
    dropped: dict[str, int] = field(default_factory=dict)


class FileOutlet(Writer):
    """Takes JSON Lines and writes them in the order they came."""

    def __init__(self, output: config.Output, queue_bytes: int = QUEUE_BYTES) -> None:
        """Open the file.

        Raises:
            UsageError: it cannot be written.

        """
        super().__init__()
        assert output.path is not None
        self._path = None if output.path == "-" else Path(output.path)
        self._max_bytes = output.max_bytes
        self._keep = output.keep
        self._queue_bytes = queue_bytes
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._waiting_bytes = 0
        self._counters = _Counters()
        self._size = 0
        try:
            self._file = self._open()
        except OSError as error:
            raise UsageError(f"output.path {output.path}: cannot be written: {error.strerror}") from error
        # Everything above is guarded by the lock from here on; the file is the thread's alone.
        self._begin("output")

    def write(self, lines: bytes, records: int) -> None:
        """Have these written. Never blocks."""
        with self._changed:
            counters = self._counters
            counters.received += records
            if self._closing or self._waiting_bytes + len(lines) > self._queue_bytes:
                self._drop("queue_full", records)
                return
            self._waiting.append((lines, records))
            self._waiting_bytes += len(lines)
            self._changed.notify()

    def ledger(self) -> list[Stage]:
        """What became of the records."""
        with self._changed:
            counters = self._counters
            dropped = dict(counters.dropped)
            held = counters.received - counters.written - sum(dropped.values())
            return [Stage("output", "records", counters.received, counters.written, dropped, held)]

    # The thread

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    break
                lines, records = self._waiting[0]
            reason = self._write(lines)
            with self._changed:
                self._waiting.popleft()
                self._waiting_bytes -= len(lines)
                if reason is None:
                    self._counters.written += records
                else:
                    self._drop(reason, records)
        if self._path is not None and self._file >= 0:
            os.close(self._file)

    def _drop(self, reason: str, records: int) -> None:
        dropped = self._counters.dropped
        dropped[reason] = dropped.get(reason, 0) + records

    def _write(self, lines: bytes) -> str | None:
        """Write whole lines; the reason why not, if so."""
        try:
            if self._file < 0:
                self._file = self._open()
            self._size = os.fstat(self._file).st_size  # somebody may have emptied it
            if self._path is not None and self._size and self._size + len(lines) > self._max_bytes:
                self._rotate()
            left = memoryview(lines)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            with suppress(OSError):
                if self._path is not None and self._file >= 0:
                    os.ftruncate(self._file, self._size)
            reason = "disk_full" if error.errno in _FULL else "write_failed"
            log.warning(
                "records_not_written", source=str(self._path or "stdout"), reason=reason, error=error.strerror
            )
            return reason
        return None

    def _open(self) -> int:
        if self._path is None:
            return 1
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def _rotate(self) -> None:
        assert self._path is not None
        os.close(self._file)
        self._file = -1  # where what follows fails, the next write opens it again
        if self._keep:
            for number in range(self._keep - 1, 0, -1):
                with suppress(FileNotFoundError):
                    self._numbered(number).replace(self._numbered(number + 1))
            self._path.replace(self._numbered(1))
        else:
            self._path.unlink()
        self._file = self._open()
        self._size = 0

    def _numbered(self, number: int) -> Path:
        assert self._path is not None
        return self._path.with_name(f"{self._path.name}.{number}")
