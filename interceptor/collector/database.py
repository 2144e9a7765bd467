"""The collector's SQLite file: its format, how it is opened, and what is wrong with it.

Owns the schema, the lock that keeps a second collector out, and the words for a file that cannot be used. Refuses to
know what a record is.

No format reads an earlier one. What would have to be written anew is every record and every total, minutes of work
and twice the disk inside a start that a probe may cut short, to save what is removed after a week at the latest.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from typing import TYPE_CHECKING, Final

from interceptor.collector import losses
from interceptor.collector.answers import OTHER
from interceptor.collector.totals import Tally, merge
from interceptor.errors import InterceptorError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "ANY_AGENT",
    "BUSY_SECONDS",
    "DAY",
    "HOUR",
    "MINUTE",
    "NOBODY",
    "PART",
    "SLOT_US",
    "SPANS",
    "check_version",
    "locked",
    "open_for_reading",
    "open_for_writing",
    "unusable",
]

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
SPANS: Final = (MINUTE, HOUR, DAY)
"""What totals are kept for."""
PART: Final = 4 * HOUR
"""Pairs and findings are in order of parts of a day, and in each of who called whom. By the hour, summing who calls whom would sum
each again for every hour; by the day, what comes in an hour would lie all over what came in a day, and every second row would
write a page of its own."""

SLOT_US: Final = HOUR * 1_000_000
"""Ids of records are in order of the hours of their times. They come in no order, so that one index of all would have nearly
each record write a page of its own: of five million records that was a third of what storing them cost."""

BUSY_SECONDS: Final = 30
"""For what another program holds: a shell that someone opened."""

NOBODY: Final = 1
"""The number of the service, of its endpoint, of the caller and of the anomaly that stand for those that are not kept
apart."""
ANY_AGENT: Final = 0
"""Stands for the agents that are not kept apart."""

_VERSION: Final = 5
_SCHEMA: Final = f"""
CREATE TABLE agents(
    number INTEGER PRIMARY KEY AUTOINCREMENT, cluster TEXT NOT NULL, node TEXT NOT NULL, program TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, batches INTEGER NOT NULL, records INTEGER NOT NULL,
    UNIQUE(cluster, node)) STRICT;
CREATE TABLE batches(
    id BLOB PRIMARY KEY, received INTEGER NOT NULL, accepted INTEGER NOT NULL, rejected INTEGER NOT NULL) STRICT;
CREATE TABLE services(
    number INTEGER PRIMARY KEY, address TEXT NOT NULL, port INTEGER NOT NULL, UNIQUE(address, port)) STRICT;
CREATE TABLE endpoints(
    number INTEGER PRIMARY KEY, service INTEGER NOT NULL, method TEXT NOT NULL, template TEXT NOT NULL,
    UNIQUE(service, method, template)) STRICT;
CREATE TABLE callers(number INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE tags(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE traits(
    endpoint INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY(endpoint, kind, value)) STRICT, WITHOUT ROWID;
CREATE TABLE hosts(address TEXT PRIMARY KEY, service TEXT NOT NULL, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE records(
    number INTEGER PRIMARY KEY, id BLOB NOT NULL, received INTEGER NOT NULL, time INTEGER NOT NULL,
    endpoint INTEGER NOT NULL, status INTEGER NOT NULL, caller INTEGER NOT NULL, agent INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX records_by_id ON records(time / {SLOT_US}, id);
CREATE INDEX records_by_endpoint ON records(endpoint);
CREATE INDEX records_by_class ON records(min(status / 100, 5)) WHERE min(status / 100, 5) != 2;
CREATE TABLE marks(tag INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY(tag, number)) STRICT, WITHOUT ROWID;
CREATE TABLE lines(first INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT;
CREATE TABLE totals(
    span INTEGER NOT NULL, start INTEGER NOT NULL, endpoint INTEGER NOT NULL, received INTEGER NOT NULL,
    calls INTEGER NOT NULL, bytes INTEGER NOT NULL, tally BLOB NOT NULL,
    PRIMARY KEY(span, start, endpoint)) STRICT, WITHOUT ROWID;
CREATE TABLE pairs(
    part INTEGER NOT NULL, service INTEGER NOT NULL, caller INTEGER NOT NULL, hour INTEGER NOT NULL,
    endpoint INTEGER NOT NULL, agent INTEGER NOT NULL, received INTEGER NOT NULL,
    calls INTEGER NOT NULL, bytes INTEGER NOT NULL, tally BLOB NOT NULL,
    PRIMARY KEY(part, service, caller, hour, endpoint, agent)) STRICT, WITHOUT ROWID;
CREATE TABLE findings(
    part INTEGER NOT NULL, tag INTEGER NOT NULL, service INTEGER NOT NULL, caller INTEGER NOT NULL, hour INTEGER NOT NULL,
    endpoint INTEGER NOT NULL, agent INTEGER NOT NULL, received INTEGER NOT NULL,
    calls INTEGER NOT NULL, bytes INTEGER NOT NULL, tally BLOB NOT NULL,
    PRIMARY KEY(part, tag, service, caller, hour, endpoint, agent)) STRICT, WITHOUT ROWID;
CREATE TABLE clock(now INTEGER NOT NULL) STRICT;
INSERT INTO services VALUES({NOBODY}, '{OTHER}', 0);
INSERT INTO endpoints VALUES({NOBODY}, {NOBODY}, '', '{OTHER}');
INSERT INTO callers VALUES({NOBODY}, '{OTHER}');
INSERT INTO tags VALUES({NOBODY}, '{OTHER}');
"""
# Most records have 2xx, and are found without an index. Times are Unix time: `records.time` in microseconds, the others in seconds; what is `received` goes by the clock of
# retention. Status 0: no response was seen. `tally`: see `interceptor.collector.totals`. `lines.text`: the lines of
# the records from number `first` on, up to the next one's, together compressed. `hosts.service`: the one service at
# an address, empty where there are several. `pairs` are in an order in which who calls whom can be summed as it is read.
# `findings` are the same of the calls with an anomaly, once for each, and `marks` are these calls' records. Numbers of
# callers and agents are never given again: records go on to name those that were forgotten.


_ADDED: Final = """
CREATE TABLE IF NOT EXISTS views(
    id BLOB NOT NULL, perspective TEXT NOT NULL, text BLOB NOT NULL, PRIMARY KEY(id, perspective)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unread(
    hour INTEGER NOT NULL, address TEXT NOT NULL, port INTEGER NOT NULL, protocol TEXT NOT NULL, reason TEXT NOT NULL,
    agent INTEGER NOT NULL, received INTEGER NOT NULL, seen BLOB NOT NULL, connections INTEGER NOT NULL,
    bytes INTEGER NOT NULL, PRIMARY KEY(hour, address, port, protocol, reason, agent)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS server_names(
    address TEXT NOT NULL, port INTEGER NOT NULL, name TEXT NOT NULL, last INTEGER NOT NULL, received INTEGER NOT NULL,
    PRIMARY KEY(address, port, name)) STRICT, WITHOUT ROWID;
"""
# `views.text`: what another agent said of the record with this id (`interceptor.collector.views`). It goes with that.
# `unread`, `server_names`: see `interceptor.collector.unread`. `last`: the hour in which a client used that name last.


class _MergeAll:
    """An SQL aggregate: the total of all."""

    def __init__(self) -> None:
        self._tally = Tally()

    def step(self, packed: bytes) -> None:
        """One more."""
        self._tally.add(packed)

    def finalize(self) -> bytes:
        """All of them."""
        return self._tally.packed()


def locked(path: Path) -> int:
    """A descriptor that holds the database's lock.

    Raises:
        UsageError: it cannot be had.

    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"collector.database {path}: cannot be had: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise UsageError(f"collector.database {path}: another collector is using it") from error
    return lock


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The database, made if it is not there.

    Raises:
        UsageError: it cannot be had, or is of another format.
        InterceptorError: it is damaged.

    """
    try:
        if not path.exists():
            path.touch(0o600)
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"collector.database {path}: cannot be opened: {error}") from error
    try:
        version = check_version(database, path)
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "journal_size_limit=67108864",
            "cache_size=-32768",
        ):
            database.execute(f"PRAGMA {setting}")
        if version == 0:
            database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")
        losses.prepare(database)
        database.executescript(_ADDED)  # which files of this format had not from the beginning
    except sqlite3.DatabaseError as error:
        database.close()
        raise unusable(path, error) from error
    except UsageError:
        database.close()
        raise
    database.create_function("merge", 2, merge, deterministic=True)
    database.create_aggregate("merge_all", 1, _MergeAll)  # type: ignore[arg-type]
    return database


def open_for_reading(path: Path) -> sqlite3.Connection:
    """The same, for a connection that cannot change it."""
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_SECONDS,
    )
    database.execute("PRAGMA cache_size=-8192")
    return database


def unusable(path: Path, error: sqlite3.Error) -> InterceptorError:
    """What is told of a file that SQLite cannot use."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return InterceptorError(
            f"collector.database {path}: cannot be opened ({error}): its disk is full or broken; make room"
        )
    return InterceptorError(
        f"collector.database {path}: is no database, or is damaged ({error}); move it away to begin with a new one"
    )


def check_version(database: sqlite3.Connection, path: Path) -> int:
    """The format that a database has; 0: it is a new one.

    Raises:
        UsageError: it is of another format than ours.

    """
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version not in (0, _VERSION):
        raise UsageError(
            f"collector.database {path}: was written by another version of this program (format {version}, not "
            f"{_VERSION}), which is not read; move it away, or choose another file, to begin with a new one"
        )
    return version
