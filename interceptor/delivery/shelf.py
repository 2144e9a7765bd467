"""Sealed batches on disk, oldest first: everything that the spool promises is decided here.

Owns which files there are, their order, both limits, and what is lost at them. Refuses to send, to seal, to look into
a batch, and to know of threads: every method may wait for the disk, and there is one call at a time (`Spool` sees to
that). The system calls are `Disk`'s, the layout of names and files is in `files`.

Invariants

 1. One file a batch. It is written under a temporary name, synced, renamed, and the directory is synced: a file
    named `.batch` is whole, or the disk has damaged it. It is never changed. Batches that are offered together are
    synced together, and none of them is taken before the last sync.
 2. A batch that was stored is on disk until it is settled: delivered (after an answer that came), set aside
    (refused), replaced by its parts, or dropped. Records that do not arrive are counted under one reason, each of a
    batch that was delivered without it, too.
 3. received = delivered + dropped + held, in records, at every moment and across restarts: what a start finds counts
    as received.
 4. Batches are handed out oldest first, each once: several may be out, and are settled in any order. What is out is
    kept on disk, and never dropped, so no record counts both as delivered and as dropped. After a crash it is handed
    out again, in its old order, the same bytes under the same id.
 5. A start needs the directory's listing and nothing else: it takes no memory for contents, and succeeds whatever
    the directory holds. Temporary files are removed. A batch that turns out to be damaged is set aside when its turn
    comes. A file of another version, or that another user alone may read, is left alone, and is the first to go when
    room is needed. Names that are not ours are never touched.
 6. All our files together, the one being written included, never exceed `max_bytes`, nor `BATCHES` in number. For
    each batch that is stored, older ones are dropped until `min_free_bytes` are left on the file system, or none of
    ours are.
 7. A disk that cannot be written to (full, read-only, broken) costs nothing at first: batches wait in memory, at most
    `MEMORY_BYTES`, and are deliverable. Every `PROBE_SECONDS` writing them is tried again. Only these are lost if the
    process dies.
 8. Parts (the halves of a batch, or what is left of it) are on disk before the whole is removed. Where a crash left
    both, the whole counts: the parts are in it, and will be made again, the same.
 9. A loss of power may undo a removal. The batch is then sent a second time, under the same id.

Time decides nothing here but when to probe (monotonic) and what age is shown.
"""

from __future__ import annotations

import errno
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.core.model import Stage
from interceptor.delivery.files import (
    OVERHEAD,
    DamagedError,
    Entry,
    Kind,
    VersionError,
    pack,
    parse_name,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from interceptor.delivery.batches import Batch
    from interceptor.delivery.disk import Disk

__all__ = ["NO_SPAN", "Counters", "Loss", "Offered", "Shelf"]

BATCHES: Final = 131_072
"""Files. Their names are in memory, about 200 bytes each: 25 MiB. A quiet node that seals a batch every 5 seconds
fills it in a week."""
FILE_BYTES: Final = 64 * 2**20
"""Of one file, since one at a time is in memory. Far above what is ever sealed."""
MEMORY_BYTES: Final = 16 * 2**20
"""Waiting for a disk that cannot be written to: about 200,000 records."""
PROBE_SECONDS: Final = 5.0
QUARANTINE_FILES: Final = 64
QUARANTINE_SHARE: Final = 10
"""One part in so many of `max_bytes`. Enough to see what is wrong; the oldest make room for newer ones."""
REJECTED: Final = "rejected"
"""Records that the endpoint did not take, of batches it took."""
NO_SPAN: Final = "no_span"
"""Records of what is no call, which a receiver of OTLP is not sent."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

log = structlog.get_logger()


class Loss(StrEnum):
    """Why records were dropped, besides the reasons for which the endpoint refused them."""

    SPOOL_FULL = "spool_full"
    """`max_bytes`, or the number of files."""
    DISK_FULL = "disk_full"
    """`min_free_bytes`, or the file system said so."""
    DISK_FAILED = "disk_failed"
    """It could not be written to, and memory was full too."""
    BATCH_TOO_LARGE = "batch_too_large"
    """For the whole spool."""
    CORRUPT = "corrupt"
    """Damaged on disk, or gone."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What a spool holds and has done, at one moment. Dropped under each reason, in records."""

    received: int
    """Records, including those that were found at the start."""
    delivered: int
    dropped: Mapping[str, int]
    batches: int
    """Held."""
    records: int
    """Held."""
    bytes: int
    """On disk, quarantine included."""
    memory_bytes: int
    """Held in memory only, because the disk cannot be written to."""
    quarantined: int
    """Files that were set aside."""
    corrupt: int
    """Batches that were found damaged."""
    unknown: int
    """Batches held that another version of this program, or another user, wrote."""
    oldest: float | None
    """When the oldest batch held was stored, as the clock was then."""

    def ledger(self) -> list[Stage]:
        """What became of the records."""
        dropped = dict(self.dropped)
        return [Stage("spool", "records", self.received, self.delivered, dropped, self.records)]


@dataclass(slots=True)
class Offered:
    """Batches between being offered and being taken."""

    entries: list[Entry]
    """Of all that were offered, in order."""
    planned: dict[Entry, Batch] = field(default_factory=dict)
    """Those for which there is room."""
    failures: dict[Entry, OSError] = field(default_factory=dict)
    """Those that could not be written, and why."""


class Shelf:
    """The batches of one directory. Every method may wait for the disk; one call at a time, but for `write`."""

    def __init__(
        self,
        disk: Disk,
        max_bytes: int,
        min_free_bytes: int,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """List what is there and tidy up. Raises OSError only if there can be no listing."""
        self._disk = disk
        self._max_bytes = max_bytes
        self._min_free_bytes = min_free_bytes
        self._clock = clock
        self._monotonic = monotonic
        self._entries: deque[Entry] = deque()
        """What waits, oldest first."""
        self._out: dict[Entry, Batch] = {}
        """What was handed out and is not settled."""
        self._unknown: deque[Entry] = deque()
        """Of other versions and users, oldest first."""
        self._memory: dict[Entry, Batch] = {}
        """Of those that wait or are out: the ones that are not on disk."""
        self._memory_bytes = 0
        self._quarantine: deque[tuple[str, int]] = deque()
        """Name and size, oldest first."""
        self._quarantine_bytes = 0
        self._used = 0
        self._planned = 0
        """Batches on their way to the disk, which are counted in `_used` already."""
        self._sequence = 0
        """The last one given."""
        self._failure: Loss | None = None
        """Why the last attempt to write failed."""
        self._probe_at = 0.0
        self._received = self._delivered = self._held = self._corrupt = 0
        self._dropped: dict[str, int] = {}
        self._find()
        self._make_room(self._used - self._max_bytes, Loss.SPOOL_FULL)

    # What comes in

    def append(self, batch: Batch) -> bool:
        """Take a batch at any price: older ones make room for it. Says whether it is on disk."""
        entry = self._next_entry(batch)
        self._received += batch.records
        if entry.size > min(self._max_bytes, FILE_BYTES):
            self._lose(batch.records, Loss.BATCH_TOO_LARGE)
            return False
        while self._count() >= BATCHES and self._evict(Loss.SPOOL_FULL):
            pass
        self._held += batch.records
        self._entries.append(entry)
        self._remember(entry, batch)
        self._flush()
        self._trim_memory()
        return self._failure is None

    def offer(self, batches: Sequence[Batch]) -> list[bool]:
        """Take those batches that can be on disk and for which nothing has to go. With the others nothing has happened.

        What is offered together is synced together: it waits for the disk about as long as one batch.
        """
        offered = self.plan(batches)
        self.write(offered)
        return self.admit(offered)

    def plan(self, batches: Sequence[Batch]) -> Offered:
        """The first part of an offer: have room for what fits."""
        self._flush()
        offered = Offered([self._next_entry(batch) for batch in batches])
        unwritten = 0
        for entry, batch in zip(offered.entries, batches, strict=True):
            if entry.size <= FILE_BYTES and self._has_room(entry.size, unwritten):
                offered.planned[entry] = batch
                unwritten += entry.size
                self._used += entry.size
                self._planned += 1
        return offered

    def write(self, offered: Offered) -> None:
        """The second part. The only method during which others may be called: it knows the disk and nothing else."""
        offered.failures = self._write(offered.planned)

    def admit(self, offered: Offered) -> list[bool]:
        """The last part: what is on disk waits with the others."""
        failures = offered.failures
        if failures:
            log.warning(
                "spool_not_written", batches=len(failures), error=next(iter(failures.values())).strerror
            )
        taken = []
        for entry in offered.planned:
            self._planned -= 1
            if entry in failures:
                self._used -= entry.size
            else:
                taken.append(entry)
                self._received += entry.records
                self._held += entry.records
        newer = []
        while taken and self._entries and self._entries[-1] > taken[0]:
            newer.append(self._entries.pop())
        self._entries.extend(sorted([*taken, *newer]))
        return [entry in taken for entry in offered.entries]

    def _has_room(self, size: int, unwritten: int) -> bool:
        """Whether a file could be on disk with nothing going for it, besides those that are planned."""
        if self._memory or self._used + size > self._max_bytes or self._count() >= BATCHES:
            return False
        try:
            return self._disk.free() - unwritten - size >= self._min_free_bytes
        except OSError as error:
            log.warning("spool_not_written", error=error.strerror)
            return False

    # What goes out

    def take(self) -> Batch | None:
        """The oldest batch that is not out: it is, now, and the caller's until it is settled.

        Raises:
            OSError: it could not be read just now.

        """
        while self._entries:
            entry = self._entries[0]
            try:
                batch = self._memory.get(entry) or self._read(entry)
            except VersionError as error:
                self._unknown.append(self._entries.popleft())
                log.warning("spool_file_of_other_version", file=entry.name(), version=str(error))
            except PermissionError:
                self._unknown.append(self._entries.popleft())
                log.warning("spool_file_of_other_user", file=entry.name())
            except DamagedError as error:
                self._entries.popleft()
                self._held -= entry.records
                self._corrupt += 1
                self._lose(entry.records, Loss.CORRUPT, file=entry.name(), error=str(error))
                self._set_aside(entry, Kind.CORRUPT)
            else:
                self._entries.popleft()
                self._out[entry] = batch
                return batch
        return None

    def delivered(self, batch: Batch, rejected: int = 0, spanless: int = 0) -> None:
        """The endpoint has it, but for so many of its records."""
        if (entry := self._settled(batch)) is not None:
            self._delivered += entry.records - rejected - spanless
            self._held -= entry.records
            for reason, records in ((REJECTED, rejected), (NO_SPAN, spanless)):
                if records:
                    self._count_lost(records, reason)  # who told it has told why
            self._discard(entry)

    def quarantine(self, batch: Batch, reason: str) -> None:
        """The endpoint will never take it."""
        if (entry := self._settled(batch)) is not None:
            self._held -= entry.records
            self._lose(entry.records, reason, file=entry.name(Kind.REFUSED))
            self._set_aside(entry, Kind.REFUSED)

    def give_back(self, batch: Batch) -> None:
        """Nobody has seen it: it waits again, in its place."""
        if (entry := self._settled(batch)) is not None:
            self._put_back([entry])

    def replace(self, batch: Batch, parts: Sequence[Batch], reason: str | None = None) -> None:
        """Put one or two parts where a batch was. Records that are in none are lost for that reason; else there are none."""
        whole = self._entry(batch)
        if whole is None:
            return
        lost = whole.records - sum([part.records for part in parts])
        if not 1 <= len(parts) <= 2 or lost < 0 or (lost and reason is None):
            raise ValueError("parts have to be one or two, and to have the records of the whole")
        entries = [
            whole._replace(halves=whole.halves + which, records=part.records, size=OVERHEAD + len(part.body))
            for which, part in zip("01", parts, strict=False)
        ]
        # They are not among those that may be dropped while there is one to be written, and the whole is still out.
        for entry, part in zip(entries, parts, strict=True):
            self._remember(entry, part)
        self._flush()
        del self._out[whole]
        self._held -= lost
        if reason is not None:
            self._count_lost(lost, reason)
        self._discard(whole)
        self._flush()  # where the disk was full, the whole has made room
        self._put_back(entries)
        self._trim_memory()

    def _put_back(self, entries: Sequence[Entry]) -> None:
        """Among those that wait, in order: others that are older may have been put back before."""
        older: list[Entry] = []
        while self._entries and self._entries[0] < entries[0]:
            older.append(self._entries.popleft())
        self._entries.extendleft(reversed([*older, *entries]))

    def close(self) -> None:
        """Try once more to write what is in memory only."""
        self._probe_at = 0.0
        self._flush()

    def counters(self) -> Counters:
        """As of now."""
        oldest = min((*self._out, *islice(self._entries, 1), *islice(self._unknown, 1)), default=None)
        return Counters(
            received=self._received,
            delivered=self._delivered,
            dropped=dict(self._dropped),
            batches=self._count(),
            records=self._held,
            bytes=self._used,
            memory_bytes=self._memory_bytes,
            quarantined=len(self._quarantine),
            corrupt=self._corrupt,
            unknown=len(self._unknown),
            oldest=oldest.stored if oldest else None,
        )

    # The start

    def _find(self) -> None:
        found: list[Entry] = []
        aside: list[tuple[Entry, Kind]] = []
        for name, size, stored in self._disk.list():
            known = parse_name(name, size, stored)
            if known is None:
                log.warning("spool_file_ignored", file=name[:64])
                continue
            entry, kind = known
            self._sequence = max(self._sequence, entry.sequence)
            match kind:
                case Kind.BATCH:
                    found.append(entry)
                case Kind.TEMPORARY:
                    with suppress(OSError):
                        self._disk.remove(name)
                case Kind.CORRUPT | Kind.REFUSED:
                    aside.append(known)
        last: Entry | None = None
        for entry in sorted(found):
            self._used += entry.size
            if last and entry.is_part_of(last):
                self._discard(entry)  # invariant 8
                continue
            last = entry
            self._entries.append(entry)
            self._received += entry.records
            self._held += entry.records
        for entry, kind in sorted(aside):
            self._used += entry.size
            self._quarantine_bytes += entry.size
            self._quarantine.append((entry.name(kind), entry.size))
        self._trim_quarantine()

    # Writing

    def _next_entry(self, batch: Batch) -> Entry:
        # used up even if nothing comes of it: a crash may bring back what was taken back, and no other has its name
        self._sequence += 1
        return Entry(self._sequence, "", batch.records, OVERHEAD + len(batch.body), self._clock())

    def _remember(self, entry: Entry, batch: Batch) -> None:
        """Keep it in memory, from where `_flush` takes it to the disk."""
        self._memory[entry] = batch
        self._memory_bytes += entry.size

    def _forget(self, entry: Entry) -> bool:
        """Whether it was in memory only; it no longer is."""
        if self._memory.pop(entry, None) is None:
            return False
        self._memory_bytes -= entry.size
        return True

    def _flush(self) -> None:
        """Write down what is in memory only, if it is worth trying."""
        if self._failure is not None and self._monotonic() < self._probe_at:
            return
        for entry, batch in list(self._memory.items()):
            failure = self._store(entry, batch)
            if failure is not None:
                if self._failure is None:
                    log.warning("spool_in_memory", reason=failure)
                self._failure = failure
                self._probe_at = self._monotonic() + PROBE_SECONDS
                return
            self._forget(entry)
        if self._failure is not None:
            log.info("spool_on_disk_again", reason=self._failure)
            self._failure = None

    def _store(self, entry: Entry, batch: Batch) -> Loss | None:
        """Write a batch down at any price; why not, if not even so."""
        try:
            if room := self._used_up(entry.size):
                return room
        except OSError as error:
            return Loss.DISK_FULL if error.errno in _FULL else Loss.DISK_FAILED
        failure = self._write({entry: batch}).get(entry)
        if failure is not None and failure.errno in _FULL and self._make_room(entry.size, Loss.DISK_FULL):
            failure = self._write({entry: batch}).get(entry)
        if failure is None:
            self._used += entry.size
            return None
        return Loss.DISK_FULL if failure.errno in _FULL else Loss.DISK_FAILED

    def _write(self, batches: Mapping[Entry, Batch]) -> dict[Entry, OSError]:
        """Invariant 1, of several at once; gives those that are not written, of which nothing is left, and why."""
        refused = self._disk.write_all(
            {entry.name(Kind.TEMPORARY): pack(batch) for entry, batch in batches.items()}
        )
        failures: dict[Entry, OSError] = {}
        for entry in batches:
            failure = refused.get(entry.name(Kind.TEMPORARY))
            if failure is None:
                try:
                    self._disk.rename(entry.name(Kind.TEMPORARY), entry.name())
                    continue
                except OSError as error:
                    failure = error
            failures[entry] = failure
        if len(failures) < len(batches):
            try:
                self._disk.sync()
            except OSError as error:
                failures = {entry: failures.get(entry, error) for entry in batches}
        for entry in failures:
            # whether it has its name for good is not known, so it has to have none
            for name in (entry.name(Kind.TEMPORARY), entry.name()):
                with suppress(OSError):
                    self._disk.remove(name)
        return failures

    # Limits

    def _count(self) -> int:
        return len(self._entries) + len(self._unknown) + len(self._out) + self._planned

    def _used_up(self, size: int) -> Loss | None:
        """Make room for `size` bytes within both limits; which of them does not allow it."""
        excess = self._used + size - self._max_bytes
        if excess > 0 and not self._make_room(excess, Loss.SPOOL_FULL):
            return Loss.SPOOL_FULL
        missing = self._min_free_bytes + size - self._disk.free()
        if missing > 0 and not self._make_room(missing, Loss.DISK_FULL):
            return Loss.DISK_FULL
        return None

    def _make_room(self, size: int, reason: Loss) -> bool:
        """Free that many bytes on disk. Counted, not asked for: file systems may give them back later."""
        target = self._used - size
        while self._used > target and self._evict(reason):
            pass
        return self._used <= target

    def _evict(self, reason: Loss) -> bool:
        """Remove the oldest file that is not out; those that are lost already go first."""
        if self._quarantine and self._remove_quarantined():
            return True
        on_disk = (entry for entry in chain(self._unknown, self._entries) if entry not in self._memory)
        victim = next(on_disk, None)
        return victim is not None and self._drop(victim, reason)

    def _drop(self, entry: Entry, reason: str) -> bool:
        """Give up a batch."""
        if not self._discard(entry):
            return False
        (self._unknown if entry in self._unknown else self._entries).remove(entry)
        self._held -= entry.records
        self._lose(entry.records, reason)
        return True

    def _trim_memory(self) -> None:
        while self._memory_bytes > MEMORY_BYTES:
            victim = next((entry for entry in self._entries if entry in self._memory), None)
            if victim is None:
                return
            self._drop(victim, self._failure or Loss.DISK_FAILED)

    def _count_lost(self, records: int, reason: str) -> None:
        self._dropped[reason] = self._dropped.get(reason, 0) + records

    def _lose(self, records: int, reason: str, **details: str) -> None:
        self._count_lost(records, reason)
        log.warning("records_dropped", stage="spool", reason=reason, records=records, **details)

    # Reading and removing

    def _read(self, entry: Entry) -> Batch:
        if entry.size > FILE_BYTES:
            raise DamagedError("the file is far too large")
        try:
            return unpack(self._disk.read(entry.name()), entry)
        except FileNotFoundError:
            raise DamagedError("the file is gone") from None
        except OSError as error:
            if error.errno == errno.EIO:
                raise DamagedError("the disk cannot read it") from None
            raise

    def _entry(self, batch: Batch) -> Entry | None:
        """Of a batch that is out. None: it is settled already."""
        # by what it is, not by its id: a sender that saw no answer may have sent one twice
        return next((entry for entry, out in self._out.items() if out is batch), None)

    def _settled(self, batch: Batch) -> Entry | None:
        """The entry of a batch that was out, and no longer is. None: it is settled already."""
        entry = self._entry(batch)
        if entry is not None:
            del self._out[entry]
        return entry

    def _discard(self, entry: Entry) -> bool:
        """Remove a batch from memory and disk. What cannot be removed is found again by the next start."""
        if self._forget(entry):
            return True
        try:
            self._disk.remove(entry.name())
        except OSError as error:
            log.warning("spool_file_not_removed", file=entry.name(), error=error.strerror)
            return False
        self._used -= entry.size
        return True

    def _set_aside(self, entry: Entry, kind: Kind) -> None:
        if self._forget(entry):
            return
        name = entry.name(kind)
        try:
            self._disk.rename(entry.name(), name)
        except OSError:
            self._discard(entry)
            return
        for copy in [file for file in self._quarantine if file[0] == name]:
            # a loss of power undid half of an earlier renaming; this one has replaced what it left
            self._quarantine.remove(copy)
            self._quarantine_bytes -= copy[1]
            self._used -= copy[1]
        self._quarantine.append((name, entry.size))
        self._quarantine_bytes += entry.size
        self._trim_quarantine()

    def _trim_quarantine(self) -> None:
        while (
            len(self._quarantine) > QUARANTINE_FILES
            or self._quarantine_bytes > self._max_bytes // QUARANTINE_SHARE
        ) and self._remove_quarantined():
            pass

    def _remove_quarantined(self) -> bool:
        name, size = self._quarantine[0]
        try:
            self._disk.remove(name)
        except OSError as error:
            log.warning("spool_file_not_removed", file=name, error=error.strerror)
            return False
        self._quarantine.popleft()
        self._quarantine_bytes -= size
        self._used -= size
        return True
