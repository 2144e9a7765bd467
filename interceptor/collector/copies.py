"""Copies of a database: the whole of it into a new file, or its records into another one.

Owns `interceptor collector backup` and `interceptor collector copy`, both while another collector goes on writing what is
copied. Refuses to change what it copies from.

* A backup is of one moment, checked, and there under its name only when all of it is on the disk. While it is made the
  journal of the original grows by what comes in: seconds for a gigabyte.
* A copy gives the records that are there to an engine, as batches whose ids follow from what is in them: so it may be
  ended and begun anew, and what is known there is not counted twice. Totals whose records are gone stay behind, and what another
  agent said of the same call.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from interceptor import __version__
from interceptor.collector import blocks
from interceptor.collector.database import DAY, check_version, open_for_reading, unusable
from interceptor.delivery.batches import Origin, seal, unpack
from interceptor.errors import InterceptorError, UsageError
from interceptor.ingest.api import Incoming
from interceptor.ingest.lines import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from interceptor.collector.engine import Engine
    from interceptor.ingest.lines import Read

__all__ = ["Backup", "Copied", "backup", "copy"]

_BLOCKS: Final = 80
"""Read at once: some 5,000 lines, as in the batches of an agent."""
_UNPACKED: Final = 2**30
_NODE: Final = 253
"""Characters of a node's name in a batch's header."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in one."""

    records: int
    bytes: int
    """Of the file."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a database's records."""

    records: int
    """That were read."""
    known: int
    """Of these, those that were there."""
    rejected: int
    """Of these, those that the engine did not take."""
    gone: int
    """Calls of which only totals were left, and which were not copied."""


def backup(database: Path, target: Path) -> Backup:
    """Make a file that is the database of this moment; only its owner can read it.

    Raises:
        UsageError: there is no database, or there is something of the target's name.
        InterceptorError: it could not be made; nothing of it is left.

    """
    if os.path.lexists(target):
        raise UsageError(f"{target}: is there already; choose another name, or move it away")
    temporary = target.with_name(f".{target.name}.part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise UsageError(f"{target}: cannot be made: {error.strerror}") from error
    try:
        with closing(_opened(database)) as source, closing(_made(temporary)) as made:
            try:
                source.backup(made)  # in one step, so of one moment
            except sqlite3.Error as error:
                raise _failed(database, target, error) from error
            records = _checked(made, database)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        temporary.rename(target)
        _sync_folder(target)
    except OSError as error:
        raise InterceptorError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        for rest in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                temporary.with_name(temporary.name + rest).unlink()
    return Backup(records, size)


async def copy(source: Path, engine: Engine) -> Copied:
    """Give the records of a database to an engine.

    Raises:
        UsageError: there is no database.
        InterceptorError: it is damaged.
        SinkFullError: the engine cannot keep any more at present.

    """
    records = known = rejected = 0
    with closing(_opened(source)) as database:
        try:
            ((calls,),) = database.execute("SELECT sum(calls) FROM totals WHERE span = ?", (DAY,))
            for lines, created in _pages(database):
                batch = _batch(lines, f"copy of {source.name}", created)
                taken = await engine.take(batch)
                records += len(lines)
                if taken.duplicate:
                    known += taken.accepted
                else:
                    known += taken.duplicate_records
                rejected += taken.rejected
        except sqlite3.DatabaseError as error:
            raise unusable(source, error) from error
    return Copied(records, known, rejected, max(0, (calls or 0) - records))


def _opened(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise UsageError(f"{path}: is not there, so there is nothing to copy")
    try:
        database = open_for_reading(path)
        try:
            check_version(database, path)
        except BaseException:
            database.close()
            raise
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return database


def _made(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous=OFF")  # it is synced whole
    return database


def _checked(made: sqlite3.Connection, database: Path) -> int:
    """That it can be read; gives how many records there are."""
    try:
        ((found,),) = made.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise InterceptorError(f"{database}: is damaged ({found}); its copy is not kept")
        ((records,),) = made.execute("SELECT count(*) FROM records")
    except sqlite3.DatabaseError as error:
        raise unusable(database, error) from error
    return int(records)


def _failed(database: Path, target: Path, error: sqlite3.Error) -> InterceptorError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return InterceptorError(f"{target}: its disk is full; nothing of it is left")
    if code == sqlite3.SQLITE_IOERR:
        return InterceptorError(f"{target}: cannot be written, or {database} cannot be read ({error})")
    return unusable(database, error)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _pages(database: sqlite3.Connection) -> Iterator[tuple[list[bytes], int]]:
    """Lines as they came, some thousand at a time, and when they came; each page of a moment of its own."""
    after = -1
    while True:
        ((oldest,),) = database.execute("SELECT min(number) FROM records")
        found = database.execute(
            "SELECT first, text FROM lines WHERE first > ? ORDER BY first LIMIT ?", (after, _BLOCKS)
        ).fetchall()
        if not found or oldest is None:
            return
        lines = []
        for first, text in found:
            lines += blocks.unpacked(text)[max(0, oldest - first) :]
        after = found[-1][0]
        row = database.execute("SELECT received FROM records WHERE number >= ?", (after,)).fetchone()
        if lines:
            yield lines, row[0] if row else 0


def _batch(lines: list[bytes], node: str, created: int) -> Incoming:
    origin = Origin(f"interceptor/{__version__}", None, node[:_NODE])
    sealed = seal([line + b"\n" for line in lines], len(lines), origin, created, "zstd")
    text = unpack(sealed.body, sealed.encoding, _UNPACKED)
    known: list[Read] = []
    checked = check(text, known=known)
    return Incoming(checked.header, sealed.body, sealed.encoding, checked.text, known=known)
