"""Room on the database's disk that is kept for the day it is full.

Owns a file beside the database that holds nothing, and the questions to the disk. SQLite needs room to remove anything:
on a full disk, without a reserve, nothing can ever be removed. So the file is given up first, records are removed in the
room that it leaves, and it is made again when the disk has twice as much.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Reserve"]

_SHARE: Final = 16
_MOST: Final = 64 * 2**20
"""A sixteenth of the disk, and not more than the journal of one large batch may take."""


class Reserve:
    """Beside a database. Made before that is opened."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(f"{database.name}.reserve")
        disk = os.statvfs(database.parent)
        self.size: Final = min(_MOST, disk.f_frsize * disk.f_blocks // _SHARE)
        """Bytes."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if self.short():
            self.give_up()  # opening takes some room, too
        self._inode: tuple[int, int] | None = None

    def opened(self) -> None:
        """The database is open: from now on its name must lead to this file."""
        self._inode = _identity(self._database)
        self.renew()

    def same_file(self) -> bool:
        """The database's name still leads to the file that is open."""
        return _identity(self._database) == self._inode

    @property
    def journal(self) -> int:
        """Bytes of journal from which on it is written into the file, which takes as much room again."""
        return self.size // 4

    def left(self) -> int:
        """Bytes that the database may take, with the reserve given up."""
        return self._room() + self._taken()

    def short(self) -> bool:
        """The disk has less room left than the reserve; other programs' files count."""
        return self._room() < self.size

    def renew(self) -> None:
        """Make it, where it is not there and the disk has twice as much."""
        if self._taken() < self.size and self._room() > 2 * self.size:
            with contextlib.suppress(OSError):  # somebody else was faster
                os.posix_fallocate(self._descriptor, 0, self.size)

    def give_up(self) -> None:
        """Leave its room to the database."""
        os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        """Stays there: the next start may need it."""
        os.close(self._descriptor)

    def _taken(self) -> int:
        return os.fstat(self._descriptor).st_blocks * 512

    def _room(self) -> int:
        disk = os.statvfs(self._database.parent)
        return disk.f_frsize * disk.f_bavail


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
