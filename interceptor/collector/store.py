"""The collector's database, as it is written: records, and their totals by the minute, the hour and the day.

Owns what a record becomes, deduplication, and how old and how large everything may get. Refuses to answer questions:
`interceptor.collector.queries` reads what is written here.

Invariants:

* A batch is in one transaction. It is there whole, with its id, or not at all; once its id is there the same batch
  changes nothing and gets the first answer again. A record id is there once, whatever batches bring it, unless with times more than
  five minutes apart: a record is sent again with its own time, and clocks of two agents that differ by more are wrong.
* `totals`, `pairs` and `findings` are the sums of the records that came. They outlive these: what removes a record leaves them.
* After every batch there are at most `max_records` records, in at most about `max_bytes`, and at most so many names as
  `interceptor.collector.names` says.
* Numbers of records have no holes, so that the line of a record is found by its number, and they are counted by two.
* `take` returns after the commit is on the disk (WAL with synchronous=FULL: power may fail).

One thread writes, so that the loop never waits for the disk; readers have connections of their own and see whole
batches. Retention goes by when a record came in, not by its own time: a capture from last year may be looked at, too.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from interceptor.collector import blocks, losses, unread
from interceptor.collector.clock import SteadyClock
from interceptor.collector.database import (
    BUSY_SECONDS,
    DAY,
    HOUR,
    MINUTE,
    SLOT_US,
    SPANS,
    locked,
    open_for_writing,
    unusable,
)
from interceptor.collector.names import Names
from interceptor.collector.reserve import Reserve
from interceptor.collector.sums import Placed, Sums
from interceptor.collector.views import view_of
from interceptor.delivery.batches import split_lines
from interceptor.ingest.api import SinkFullError, Taken
from interceptor.ingest.lines import Aside, Known
from interceptor.ingest.unread import ServerName, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interceptor.config import Collector
    from interceptor.ingest.api import Incoming

__all__ = ["Store"]

_TOGETHER: Final = 20_000
"""Records of batches that are stored in one transaction, at most: many small ones cost one sync, and large ones write each
page of an index once."""
_STORING: Final = 3_300
"""Bytes of journal that storing one record may take: that of `_TOGETHER` is as large as the largest reserve."""
_PRUNED: Final = 5_000
"""Records removed in one transaction: a few hundredths of a second."""
_REMOVAL: Final = 16_384
"""Bytes of journal that the removal of one record may take: a page of each index."""
_MINUTES_KEPT: Final = DAY
"""Totals by the minute are for the last hours, and for a capture that was just sent."""
_MAX_TOTALS: Final = 1_000_000
"""Of each span; and of pairs four times as many. Some 100 MB, and some seconds to sum: what 1,200 endpoints make in a
month of hours. Records may be of any time, so nothing else bounds how many hours there are."""
_MAX_BATCHES: Final = 1_000_000
"""Ids of batches that are remembered, the newest. Agents repeat what they have not had an answer to, seconds ago."""
_MAX_AGENTS: Final = 10_000
_MAX_HOSTS: Final = 100_000
_APART_US: Final = 300 * 1_000_000
"""By how much the times of one record may differ, as two agents' clocks do."""
_ASKED: Final = 500
"""Ids looked for in one statement."""
_FULL_SECONDS: Final = 60
_JOURNAL: Final = 64 * 2**20
"""Bytes of journal that may lie there. A transaction of many batches takes as much."""
_EMPTIED: Final = 8
"""Reserves that are emptied for one batch, at most: half of a small disk."""
_CHECKPOINT: Final = 1_000
"""Pages of journal from which on it is written into the file: SQLite's own choice, for disks that are not small."""

_T = TypeVar("_T")


_log = structlog.get_logger()


class _NoRoomError(sqlite3.OperationalError):
    """So many bytes would not fit on the disk."""

    sqlite_errorcode = sqlite3.SQLITE_FULL

    def __init__(self, size: int) -> None:
        super().__init__("database or disk is full")
        self.size = size


class Store:
    """The database, open for writing."""

    def __init__(
        self, config: Collector, clock: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Open or make it; takes as long as SQLite needs to recover what a crash left.

        Raises:
            UsageError: it cannot be had, or another collector has it.
            InterceptorError: it is damaged.

        """
        self.path: Final = config.database
        self._clock = clock
        self._max_records = config.max_records
        self._max_bytes = config.max_bytes
        self._max_age = config.retention_hours * HOUR
        self._max_rollup_age = max(config.rollup_hours, config.retention_hours) * HOUR
        self._lock = locked(config.database)
        try:
            self._reserve = Reserve(config.database)
            self._database = open_for_writing(config.database)
            self._names = Names(self._database)
            (last,) = self._database.execute("SELECT max(now) FROM clock").fetchone()
            first, end = self._database.execute("SELECT min(number), max(number) FROM records").fetchone()
            self.oldest = self._received_first()
            """When the oldest record came; 0: there is none."""
            self._reserve.opened()
            pages = min(_CHECKPOINT, self._reserve.journal // self._pragma("page_size"))
            self._database.execute(f"PRAGMA wal_autocheckpoint={max(1, pages)}")
        except sqlite3.DatabaseError as error:
            os.close(self._lock)
            raise unusable(config.database, error) from error
        except BaseException:
            os.close(self._lock)
            raise
        self._steady = SteadyClock(last, clock, monotonic)
        self._next: int = 1 if end is None else end + 1
        """The number of the next record."""
        self.records = 0 if end is None else end - first + 1
        """How many there are."""
        self._step = min(_PRUNED, max(1, self._reserve.size // _REMOVAL))
        """Records removed in one transaction, so many that their removal fits into the reserve."""
        self._together = min(_TOGETHER, self._reserve.size // _STORING)
        """Records of batches stored in one transaction, but for the first."""
        self.started: Final = int(clock())
        self.problem: str | None = None
        """Why batches cannot be kept at present."""
        self.damage: str | None = None
        """What SQLite says of a damage that was found."""
        self.size = self.bytes()
        """Bytes of the file in use, when it was last looked at."""
        self.pruned = 0
        """Records removed by retention, since the start."""
        self._swept_names = 0
        self._swept_totals: float | None = None
        """When totals were last looked at for what is too old."""
        self.version = 0
        """Grows with every change, since the start."""
        self._waiting: deque[tuple[Incoming, Future[Taken]]] = deque()
        """Batches to be stored; those that wait together are stored together."""
        self._thread = ThreadPoolExecutor(1, "store")

    async def take(self, batch: Incoming) -> Taken:
        """Store a batch, unless it is there."""
        taken: Future[Taken] = Future()
        taken.set_running_or_notify_cancel()  # whoever waits may go: it is stored all the same
        self._waiting.append((batch, taken))
        self._thread.submit(self._take_waiting)
        return await asyncio.wrap_future(taken)

    async def prune(self) -> None:
        """Remove what is too old of everything."""
        await self._run(self._sweep)

    async def close(self) -> None:
        """Finish what is being written."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        except sqlite3.Error as error:  # what a full or broken disk says last
            _log.warning("close_failed", database=str(self.path), error=str(error))
        self._thread.shutdown()
        os.close(self._lock)

    async def _run(self, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, function)

    def _guarded(self, function: Callable[[], _T]) -> _T:
        """Do it; what is wrong with file or disk becomes `problem`, until something was written again."""
        if self.damage is not None:
            raise SinkFullError(f"The database is damaged: {self.damage}.", _FULL_SECONDS)
        try:
            if not self._reserve.same_file():
                self.problem = f"{self.path}: was removed or replaced while in use; start the collector again"
                raise SinkFullError("The database's file was removed.", _FULL_SECONDS)
            try:
                done = function()
            except sqlite3.OperationalError as error:
                size = error.size if isinstance(error, _NoRoomError) else 0
                if not _is(error, sqlite3.SQLITE_FULL) or size > _EMPTIED * self._reserve.size:
                    raise
                self._make_room(size)
                done = function()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        self.problem = None
        return done

    def _failed(self, error: sqlite3.Error) -> SinkFullError:
        """Note what is wrong; gives what is told to the sender."""
        if _is(error, sqlite3.SQLITE_FULL):
            self.problem = f"{self.path}: its disk is full"
            return SinkFullError("The database's disk is full.", _FULL_SECONDS)
        if _is(error, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            self.damaged(error)
            return SinkFullError("The database is damaged.", _FULL_SECONDS)
        _log.error("database_failed", database=str(self.path), error=str(error))
        self.problem = f"{self.path}: cannot be written: {error}"
        return SinkFullError("The database cannot be written.", _FULL_SECONDS)

    def damaged(self, error: sqlite3.Error) -> None:
        """It was found, by whoever reads or writes. Nothing mends it but another file."""
        self.damage = str(error)
        self.problem = f"{self.path}: is damaged ({error}); move it away and start the collector again"
        _log.error(
            "database_damaged",
            database=str(self.path),
            error=str(error),
            told="move it away and start the collector again",
        )

    def _make_room(self, size: int) -> None:
        """The disk is full: give up the reserve, so that there is room to remove records, and remove so many bytes."""
        self._reserve.give_up()
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = self.pruned
        size = max(size, self._reserve.size)
        while self._free_bytes() < size and self._remove_some(0, self._step):
            pass
        _log.warning(
            "disk_full", database=str(self.path), records_pruned=self.pruned - before, left=self.records
        )

    def _close(self) -> None:
        try:
            self._reserve.close()
            with self._transaction():
                self._keep_time()
        finally:
            self._database.close()

    def _take_waiting(self) -> None:
        """Store what waits, in one transaction; where that fails, each batch in one of its own."""
        group: list[tuple[Incoming, Future[Taken]]] = []
        records = 0
        while self._waiting and (not group or records + self._waiting[0][0].header.count <= self._together):
            group.append(self._waiting.popleft())
            records += group[-1][0].header.count
        if len(group) > 1:
            try:
                answers = self._guarded(lambda: self._take([batch for batch, _ in group]))
            except Exception as error:  # noqa: BLE001 - of one of them, or of all: each will say
                _log.debug("not_together", batches=len(group), error=type(error).__name__)
            else:
                for (_, taken), answer in zip(group, answers, strict=True):
                    taken.set_result(answer)
                return
        for batch, taken in group:
            try:
                taken.set_result(self._guarded(lambda: self._take([batch]))[0])  # noqa: B023 - called here
            except Exception as error:  # noqa: BLE001 - raised where it is waited for
                taken.set_exception(error)

    def _take(self, batches: Sequence[Incoming]) -> list[Taken]:
        now, received = int(self._clock()), int(self._steady())
        before = self._next
        try:
            with self._transaction():
                answers = self._insert(batches, now, received)
                if self._names.bound():
                    _log.info(
                        "names_folded", told="the services, endpoints or callers called least are now {other}"
                    )
                self._check_growth(batches)
        except BaseException:
            self._next = before
            raise
        if not self.records:
            self.oldest = received if self._next > before else 0
        self.records += self._next - before
        self.version += 1
        if self.records > self._max_records or self._too_large():
            self._prune()
        self._reserve.renew()
        return answers

    def _check_growth(self, batches: Sequence[Incoming]) -> None:
        """What is committed must fit into the file after it has been in the journal, or neither ever gets smaller again.

        Raises:
            _NoRoomError: it might not.

        """
        growth = self._pragma("page_count") * self._pragma("page_size") - self.path.stat().st_size
        journal = sum(len(one.text) + one.header.count * _STORING for one in batches)
        if growth > 0 and growth + journal > self._reserve.left():
            raise _NoRoomError(journal)

    def _insert(self, batches: Sequence[Incoming], now: int, received: int) -> list[Taken]:
        """Insert what is new of each; gives what is said of each."""
        execute = self._database.execute
        answers = []
        sums = Sums()
        for batch in batches:
            header = batch.header
            key = bytes.fromhex(header.id)
            known = execute("SELECT accepted, rejected FROM batches WHERE id = ?", (key,)).fetchone()
            if known is not None:
                accepted, rejected = known
                answers.append(Taken(accepted, rejected, duplicate=True))
                continue
            [(agent,)] = execute(
                "INSERT INTO agents(cluster, node, program, first, last, batches, records) VALUES(?, ?, ?, ?, ?, 1, 0)"
                " ON CONFLICT DO UPDATE SET program = excluded.program, last = excluded.last, batches = batches + 1"
                " RETURNING number",
                (header.cluster or "", header.node or "", header.agent, now, now),
            )
            number = self._names.agent(agent)
            records, duplicates, uncounted = self._insert_records(batch, number, received)
            told = [one for one in batch.known if isinstance(one, Unread | ServerName)]
            unread.note(self._database, told, number, received)
            execute("UPDATE agents SET records = records + ? WHERE number = ?", (len(records), agent))
            sums.add(self._names, records, now)
            accepted = len(records) + duplicates + uncounted
            rejected = header.count - accepted
            execute("INSERT INTO batches VALUES(?, ?, ?, ?)", (key, received, accepted, rejected))
            losses.note(self._database, header, now)
            answers.append(Taken(accepted, rejected, duplicate_records=duplicates))
        sums.write(self._database, received)
        return answers

    def _insert_records(self, batch: Incoming, agent: int, received: int) -> tuple[list[Placed], int, int]:
        """Insert a batch's records; gives those that were new, how many were there, and how many are of no total."""
        endpoint, caller = self._names.endpoint, self._names.caller
        records: list[Placed] = []
        seen: set[bytes] = set()
        kept = uncounted = 0
        for one, line in zip(batch.known, split_lines(batch.text), strict=True):
            if isinstance(one, Known):
                kept += 1
                if one.key not in seen:
                    seen.add(one.key)
                    service, number = endpoint((one.service, one.port, one.method, one.template))
                    records.append(Placed(one, service, number, caller(one.caller), agent, line))
            elif one is not Aside.UNKNOWN:
                uncounted += 1
        fresh = self._write_records(records, received)
        if len(fresh) != len(records):
            self._write_views(records, fresh)
        records = fresh
        self._database.executemany(
            "INSERT INTO lines VALUES(?, ?)",
            [(self._next + start, block) for start, block in blocks.packed([one.line for one in records])],
        )
        self._next += len(records)
        return records, kept - len(records), uncounted

    def _write_records(self, records: list[Placed], received: int) -> list[Placed]:
        """Write those that are not there; gives these."""
        records = self._without(records, near=True)
        execute = self._database.execute
        execute("SAVEPOINT records")
        try:
            self._write(records, received)
        except sqlite3.IntegrityError:  # where some are there, the first of them is soon met
            execute("ROLLBACK TO records")
            records = self._without(records, near=False)
            self._write(records, received)
        execute("RELEASE records")
        self._database.executemany(
            "INSERT INTO marks VALUES(?, ?)",
            [
                (tag, number)
                for number, one in enumerate(records, self._next)
                if one.known.anomalies
                for tag in {self._names.tag(name) for name in one.known.anomalies}
            ],
        )
        return records

    def _write(self, records: list[Placed], received: int) -> None:
        self._database.executemany(
            "INSERT INTO records VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (number, known.key, received, known.time, one.endpoint, known.status, one.caller, one.agent)
                for number, one in enumerate(records, self._next)
                for known in (one.known,)
            ],
        )

    def _write_views(self, records: list[Placed], fresh: list[Placed]) -> None:
        """Keep what is new of records that were there: how another agent saw them."""
        new = {one.known.key for one in fresh}
        seen = [(one.known.key, view_of(one.line)) for one in records if one.known.key not in new]
        self._database.executemany(
            "INSERT INTO views VALUES(?, ?, ?) ON CONFLICT DO NOTHING",
            [(key, *view) for key, view in seen if view is not None],
        )

    def _without(self, records: list[Placed], *, near: bool) -> list[Placed]:
        """Those that are not there: in the slots of their times or, `near`, in those that their times are close to."""
        slots: dict[int, list[bytes]] = {}
        for one in records:
            time = one.known.time
            slot = time // SLOT_US
            if not near:
                slots.setdefault(slot, []).append(one.known.key)
            elif (other := (time - _APART_US) // SLOT_US) != slot or (
                other := (time + _APART_US) // SLOT_US
            ) != slot:
                slots.setdefault(other, []).append(one.known.key)
        found: set[bytes] = set()
        for slot, keys in slots.items():
            for start in range(0, len(keys), _ASKED):
                some = keys[start : start + _ASKED]
                question = f"SELECT id FROM records WHERE time / {SLOT_US} = ? AND id IN ({', '.join('?' * len(some))})"  # noqa: S608
                found.update(key for (key,) in self._database.execute(question, (slot, *some)))
        return [one for one in records if one.known.key not in found] if found else records

    def _prune(self) -> None:
        """Remove the records that are too old or too many, the oldest first; then totals, while it is too large."""
        oldest = int(self._steady()) - self._max_age
        while True:
            surplus = self._step if self._too_large() else self.records - self._max_records
            if not self._remove_some(oldest, min(surplus, _PRUNED)):
                break
        while self._too_large() and self._remove_totals():
            self.version += 1

    def _remove_some(self, oldest: int, surplus: int) -> int:
        """A step of removal; gives how many records went."""
        if self._reserve.short():  # the journal must not take what is left
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self._transaction():
            gone = self._remove(oldest, surplus)
        if gone:
            self.records -= gone
            self.pruned += gone
            self.oldest = self._received_first()
            self.version += 1
        return gone

    def _received_first(self) -> int:
        first = self._database.execute("SELECT received FROM records ORDER BY number LIMIT 1").fetchone()
        return 0 if first is None else int(first[0])

    def _remove(self, oldest: int, surplus: int) -> int:
        """Remove the first `surplus` records, and of the first `_PRUNED` those that came before `oldest`."""
        execute = self._database.execute
        first = self._next - self.records
        (last,) = execute(
            "SELECT max(number) FROM records WHERE number < ? AND (received < ? OR number < ?)",
            (first + _PRUNED, oldest, first + surplus),
        ).fetchone()
        if last is None:
            return 0
        execute(
            "DELETE FROM lines WHERE first < (SELECT max(first) FROM lines WHERE first <= ?)", (last + 1,)
        )
        if last + 1 == self._next:
            execute("DELETE FROM lines")
        for (tag,) in execute("SELECT number FROM tags").fetchall():
            execute("DELETE FROM marks WHERE tag = ? AND number <= ?", (tag, last))
        execute("DELETE FROM views WHERE id IN (SELECT id FROM records WHERE number <= ?)", (last,))
        return execute("DELETE FROM records WHERE number <= ?", (last,)).rowcount

    def _remove_totals(self) -> bool:
        """Remove the oldest totals, an eighth; gives whether there were any."""
        with self._transaction():
            return any(
                self._keep_newest(table, f"span = {span}" if span else "true", share=True)
                for table, span in (("findings", 0), ("pairs", 0), *[("totals", span) for span in SPANS])
            )

    def _sweep(self) -> None:
        """Remove what is too old of everything, and what no record refers to any more."""
        before = self.pruned
        self._prune()
        now = self._steady()
        with self._transaction():
            self._keep_time()
            execute = self._database.execute
            execute("DELETE FROM batches WHERE received < ?", (int(now) - self._max_age,))
            execute(
                "DELETE FROM batches WHERE rowid <= (SELECT max(rowid) FROM batches) - ?", (_MAX_BATCHES,)
            )
            for table, limit in (("agents", _MAX_AGENTS), ("hosts", _MAX_HOSTS)):
                execute(f"DELETE FROM {table} WHERE last < ?", (int(now) - self._max_age,))  # noqa: S608
                execute(
                    f"DELETE FROM {table} WHERE last < (SELECT last FROM {table}"  # noqa: S608
                    " ORDER BY last DESC LIMIT 1 OFFSET ?)",
                    (limit,),
                )
            losses.forget(self._database, int(now) - self._max_age)
            if self._swept_totals is None or now - self._swept_totals >= HOUR:
                self._sweep_totals(now)
                self._swept_totals = now
        self._names.forget()
        self._shorten_journal()
        self._reserve.renew()
        if self.pruned != before:
            _log.info("records_pruned", records=self.pruned - before, left=self.records)

    def _sweep_totals(self, now: float) -> None:
        """Once an hour: it reads all of them."""
        execute = self._database.execute
        for span in SPANS:
            age = min(_MINUTES_KEPT, self._max_rollup_age) if span == MINUTE else self._max_rollup_age
            gone = execute("DELETE FROM totals WHERE span = ? AND received < ?", (span, int(now) - age))
            self.version += gone.rowcount > 0
            self._keep_newest("totals", f"span = {span}")
        for table in ("pairs", "findings"):
            execute(f"DELETE FROM {table} WHERE received < ?", (int(now) - self._max_rollup_age,))  # noqa: S608
            self._keep_newest(table, "true")
        unread.forget(self._database, int(now) - self._max_rollup_age)
        self._names.collect()

    def _shorten_journal(self) -> None:
        """Cut the journal where it has grown: it does while somebody reads in one transaction, and stays as it is."""
        journal = self.path.with_name(f"{self.path.name}-wal")
        if not journal.exists() or journal.stat().st_size <= _JOURNAL:
            return
        self._database.execute("PRAGMA busy_timeout=0")  # who reads may go on for hours
        try:
            ((busy, _, _),) = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self._database.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1_000}")
        if busy and journal.stat().st_size > 2 * _JOURNAL:
            _log.warning(
                "journal_large",
                database=str(self.path),
                bytes=journal.stat().st_size,
                told="another program has been reading the database for long; the journal shrinks when it ends",
            )

    def _keep_newest(self, table: str, where: str, *, share: bool = False) -> bool:
        """Keep what came last, up to the limit (or seven eighths); gives whether anything went.

        Table and condition are words of this module.
        """
        limit = _MAX_TOTALS * (4 if table == "pairs" else 1)
        if share:
            ((count,),) = self._database.execute(f"SELECT count(*) FROM {table} WHERE {where}")  # noqa: S608
            limit = count * 7 // 8
        gone = self._database.execute(
            f"DELETE FROM {table} WHERE {where} AND received <= (SELECT received FROM {table} WHERE {where}"  # noqa: S608
            " ORDER BY received DESC LIMIT 1 OFFSET ?)",
            (limit,),
        )
        return gone.rowcount > 0

    def _keep_time(self) -> None:
        self._database.execute("DELETE FROM clock")
        self._database.execute("INSERT INTO clock VALUES(?)", (int(self._steady()),))

    def _too_large(self) -> bool:
        """It is larger than it may be, or than its disk has room for."""
        self.size = self.bytes()
        if self.size > self._max_bytes:
            return True
        return self._reserve.short() and self._free_bytes() < self._reserve.size

    def bytes(self) -> int:
        """Of the file, without what is free for reuse in it."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def _free_bytes(self) -> int:
        """Within the file, free for reuse."""
        return self._pragma("freelist_count") * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        return int(self._database.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is done within, or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            self._names.forget()
            # SQLite may have rolled back by itself: disk full, I/O error
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def _is(error: sqlite3.Error, *codes: int) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in codes
