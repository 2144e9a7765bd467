"""A file system that loses power, is full, or fails, where a test says so.

What was synced outlasts a loss of power; of the rest, chance decides: a file being written may have any part of its
bytes, and of the names given and removed since the last sync of the directory any subset may have happened.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping


class PowerLoss(BaseException):
    """The machine is off. Nothing catches it, and nothing tidies up."""


@dataclass
class FakeDisk:
    """Files by name, as a running program sees them, and what a loss of power would leave."""

    capacity: int = 1 << 40
    files: dict[str, bytes] = field(default_factory=dict)
    durable: dict[str, bytes] = field(default_factory=dict)
    changes: list[tuple[str, bytes | None]] = field(default_factory=list)
    """Names given (with contents) and removed since the last sync."""
    half_written: bytes = b""
    steps: int = 0
    """Writes, renames, syncs and removals so far."""
    crash_at: int | None = None
    """Lose power at this step from now, halfway through it."""
    errors: dict[str, int] = field(default_factory=dict)
    """errno by method: it fails until this is taken out."""
    removed: list[str] = field(default_factory=list)
    """Names that were to go, since this was last cleared."""
    off: bool = False
    peak: int = 0
    """Most bytes there ever were, those of others left out."""
    others: int = 0
    """Bytes that somebody else uses."""
    reads: int = 0
    syncs: int = 0

    def list(self) -> Iterator[tuple[str, int, float]]:
        self._check("list")
        for name, content in list(self.files.items()):
            yield name, len(content), 0.0

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        content = b"".join(pieces)
        self._check("write")
        if self._step():
            self.half_written = content
            self.changes.append((name, content))
            raise PowerLoss
        room = self.free()
        self.files[name] = content[:room]
        self.peak = max(self.peak, self.used())
        self.changes.append((name, self.files[name]))
        if room < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_all(self, files: Mapping[str, Iterable[bytes]]) -> dict[str, OSError]:
        failures = {}
        for name, pieces in files.items():
            try:
                self.write(name, pieces)
            except OSError as error:
                failures[name] = error
        return failures

    def rename(self, old: str, new: str) -> None:
        self._check("rename")
        crash = self._step()
        if old not in self.files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self.removed.append(old)
        content = self.files.pop(old)
        self.files[new] = content
        self.changes += [(new, content), (old, None)]
        if crash:
            raise PowerLoss

    def sync(self) -> None:
        self._check("sync")
        self.syncs += 1
        if self._step():
            raise PowerLoss
        self.durable = dict(self.files)
        self.changes.clear()

    def read(self, name: str) -> bytes:
        self._check("read")
        self.reads += 1
        if name not in self.files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self.files[name]

    def remove(self, name: str) -> None:
        self._check("remove")
        crash = self._step()
        self.removed.append(name)
        if self.files.pop(name, None) is not None:
            self.changes.append((name, None))
        if crash:
            raise PowerLoss

    def free(self) -> int:
        self._check("free")
        return max(0, self.capacity - self.others - self.used())

    def used(self) -> int:
        return sum(map(len, self.files.values()))

    def power_loss(self, chance: random.Random) -> None:
        """Be off and on again."""
        names = dict(self.durable)
        half = chance.randrange(len(self.half_written)) if self.half_written else 0
        for name, content in self.changes:
            if chance.random() < 0.5:
                continue
            if content is None:
                names.pop(name, None)
            else:
                names[name] = content[:half] if content is self.half_written else content
        self.files = names
        self.capacity = max(self.capacity, self.used() + self.others)
        self.restart()

    def restart(self) -> None:
        """Only the process was killed: everything it did is there."""
        self.durable = dict(self.files)
        self.changes.clear()
        self.half_written = b""
        self.crash_at = None
        self.off = False

    def _check(self, method: str) -> None:
        if self.off:
            raise PowerLoss
        if (code := self.errors.get(method)) is not None:
            raise OSError(code, os.strerror(code))

    def _step(self) -> bool:
        """Whether the power goes now."""
        self.steps += 1
        if self.crash_at is None:
            return False
        self.crash_at -= 1
        self.off = self.crash_at < 0
        return self.off
