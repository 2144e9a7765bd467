"""The file system, as the spool needs it.

Owns the system calls and the directory's lock. Refuses meaning: what the files are, the spool knows. Each method of
`Disk` is one step: between any two of them, and inside of each, the machine may lose power; what is known afterwards is
said at the method. Tests have a `Disk` that does lose it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["LOCK", "Directory", "Disk"]

SYNCS: Final = 8
"""Files that are written at once. On ext4 32 files took 32 to 100 ms so, and 170 to 250 ms one after the other."""
LOCK: Final = "lock"
"""Name of the file whose lock says that a process uses the directory."""


class Disk(Protocol):
    """One flat directory. All methods may raise OSError."""

    def list(self) -> Iterator[tuple[str, int, float]]:
        """Name, size and time of the last change of each file."""
        ...

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Make a new file. Afterwards its contents outlast a loss of power; its name may not."""
        ...

    def write_all(self, files: Mapping[str, Iterable[bytes]]) -> dict[str, OSError]:
        """Make new files, each as `write` does; gives those that could not be made, and why. Raises nothing."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, atomically; undone by a loss of power before `sync`."""
        ...

    def sync(self) -> None:
        """Afterwards all names given and removed before outlast a loss of power."""
        ...

    def read(self, name: str) -> bytes:
        """A file's contents."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; undone by a loss of power before `sync`. Not there any more: all right."""
        ...

    def free(self) -> int:
        """Bytes that may still be written to the file system."""
        ...


class Directory:
    """A real directory, locked while it is open."""

    def __init__(self, path: Path) -> None:
        """Make it, if it is not there, and lock it.

        Raises:
            UsageError: it cannot be used, or another process uses it.

        """
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise UsageError(f"spool.directory {path}: cannot be used: {error.strerror}") from error
        try:
            self._lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600, dir_fd=self._directory)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self._lock)
                raise
        except OSError as error:
            os.close(self._directory)
            if error.errno == errno.EWOULDBLOCK:
                raise UsageError(
                    f"spool.directory {path}: another process uses it; each needs a directory of its own"
                ) from error
            raise UsageError(f"spool.directory {path}: cannot be used: {error.strerror}") from error

    def close(self) -> None:
        """Let others use it. Once is enough."""
        if self._directory >= 0:
            os.close(self._lock)
            os.close(self._directory)
            self._directory = -1

    def list(self) -> Iterator[tuple[str, int, float]]:
        """Regular files only."""
        with os.scandir(self._directory) as found:
            for entry in found:
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and entry.name != LOCK:
                        yield entry.name, status.st_size, status.st_mtime

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Create, write, fsync."""
        file = os.open(
            name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=self._directory
        )
        try:
            for piece in pieces:
                left = memoryview(piece)
                while left:
                    left = left[os.write(file, left) :]
            os.fsync(file)
        finally:
            os.close(file)

    def write_all(self, files: Mapping[str, Iterable[bytes]]) -> dict[str, OSError]:
        """Some threads at once: a journal commits together what is synced at the same time."""
        failures: dict[str, OSError] = {}

        def write(share: Sequence[tuple[str, Iterable[bytes]]]) -> None:
            for name, pieces in share:
                try:
                    self.write(name, pieces)
                except OSError as error:
                    failures[name] = error

        each = list(files.items())
        others = [
            threading.Thread(target=write, args=(each[first::SYNCS],), name="spool sync", daemon=True)
            for first in range(1, min(SYNCS, len(each)))
        ]
        for thread in others:
            thread.start()
        write(each[::SYNCS])
        for thread in others:
            thread.join()
        return failures

    def rename(self, old: str, new: str) -> None:
        """Replaces what has the new name."""
        os.rename(old, new, src_dir_fd=self._directory, dst_dir_fd=self._directory)

    def sync(self) -> None:
        """Fsync the directory."""
        os.fsync(self._directory)

    def read(self, name: str) -> bytes:
        """All of it: its size was looked at before."""
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self._directory), "rb") as file:  # noqa: PTH123
            return file.read()

    def remove(self, name: str) -> None:
        """Unlink."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._directory)

    def free(self) -> int:
        """To a process that is not root."""
        status = os.fstatvfs(self._directory)
        return status.f_bavail * status.f_frsize
