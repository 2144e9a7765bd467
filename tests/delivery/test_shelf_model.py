"""The spool as a state machine: whatever happens, in whatever order, its promises hold.

Batches are appended, offered, handed out (several at once), and in any order delivered, delivered but for some records,
refused, halved, or left without some of their records; power goes at any step of any of that and of a start, or
the process is killed; files are flipped and cut; the disk is full, fails at anything, and recovers; clocks jump.
Records are numbered, and a batch's body is the numbers of its records: so the disk itself says what is on it.
"""

from __future__ import annotations

import errno
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest
import structlog
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from interceptor.delivery import shelf as shelf_module
from interceptor.delivery.batches import Batch
from interceptor.delivery.files import DamagedError, Entry, Kind, parse_name, unpack
from interceptor.delivery.shelf import PROBE_SECONDS, Shelf
from tests.support.disks import FakeDisk, PowerLoss

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 2_000
MEMORY_BYTES = 600
CRASH = st.none() | st.integers(0, 8)
"""At which step of the disk's the power goes, if it does."""
WHICH = st.integers(0, 3)
"""Of the batches that are out."""


def records_of(batch: Batch) -> set[int]:
    """The numbers of its records."""
    return {int(number) for number in batch.body.split()}


def batch_of(identity: int, records: list[int]) -> Batch:
    """A batch of these records."""
    return Batch(f"{identity % 2**128:032x}", len(records), b" ".join(b"%d" % number for number in records))


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little memory, and no log: it would hold all that ever happened."""
    monkeypatch.setattr(shelf_module, "MEMORY_BYTES", MEMORY_BYTES)
    monkeypatch.setattr(shelf_module, "log", structlog.wrap_logger(None, processors=[_silence]))


def _silence(*_: object) -> NoReturn:
    raise structlog.DropEvent


class SpoolMachine(RuleBasedStateMachine):
    """A shelf on a disk that misbehaves, and sets of records that say what must be true of it."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = FakeDisk()
        self.wall = 1_750_000_000.0
        self.monotonic = 0.0
        self.records = self.batches = 0
        """Made so far."""
        self.damaged: dict[str, set[int]] = {}
        """What a file held before the test damaged it."""

    @initialize(min_free_bytes=st.sampled_from([0, 500]))
    def first(self, min_free_bytes: int) -> None:
        """Start on an empty disk."""
        self.min_free_bytes = min_free_bytes
        self.start()

    def start(self) -> None:
        """A new process, on what is there. It always works."""
        self.disk.restart()
        self.accepted = set().union(*self.readable().values(), *self.unreadable().values())
        """Records that this life answers for: found, or taken since."""
        self.delivered: set[int] = set()
        self.refused: set[int] = set()
        self.touched = False
        """Files are not what the shelf made them, or could not be removed: sizes cannot be trusted."""
        self.shelf = Shelf(
            self.disk,
            MAX_BYTES,
            self.min_free_bytes,
            clock=lambda: self.wall,
            monotonic=lambda: self.monotonic,
        )
        self.disk.peak = 0

    # What is where

    def files(self) -> Iterator[tuple[str, Entry, bytes]]:
        """Every batch on disk."""
        for name, content in sorted(self.disk.files.items()):
            known = parse_name(name, len(content), 0.0)
            if known is not None and known[1] is Kind.BATCH:
                yield name, known[0], content

    def readable(self) -> dict[str, set[int]]:
        """Records in each file that is right."""
        found = {}
        for name, entry, content in self.files():
            try:
                found[name] = records_of(unpack(content, entry))
            except DamagedError:
                assert name in self.damaged, "the spool wrote a damaged file"
        return found

    def unreadable(self) -> dict[str, set[int]]:
        """Records that were in each file that no longer is."""
        readable = self.readable()
        return {name: self.damaged[name] for name, _, _ in self.files() if name not in readable}

    def in_memory(self) -> set[int]:
        """Records that the shelf has in memory only."""
        return set().union(*map(records_of, self.shelf._memory.values()))

    def out(self) -> set[int]:
        """Records of the batches that were handed out."""
        return set().union(*map(records_of, self.shelf._out.values()))

    def held(self) -> set[int]:
        """Records that can still be delivered."""
        on_disk: set[int] = set().union(*self.readable().values())
        return (on_disk | self.in_memory() | self.out()) - self.delivered - self.refused

    @contextmanager
    def power_may_go(self, step: int | None, settling: bool = False) -> Iterator[None]:
        """Lose power at this step; then start anew, and compare with what was on disk.

        What may be missing: what was dropped to make room or was damaged (never what was out), what was only in
        the memory of the process that died, and, where `settling`, what was out.
        """
        claimed = {
            entry.name()
            for entry in (*self.shelf._entries, *self.shelf._unknown, *self.shelf._out)
            if entry not in self.shelf._memory
        }
        # without what was not taken after all, and could not be removed again
        before = {name: records for name, records in self.readable().items() if name in claimed}
        self.disk.removed.clear()
        self.disk.crash_at = step
        self.taken = self.out()
        try:
            yield
        except PowerLoss:
            memory = self.in_memory()
            evicted = {
                number
                for name in self.disk.removed
                for number in before.get(name, set())
                if not before.get(name, set()) & self.taken
            }
            self.disk.power_loss(random.Random(self.disk.steps))
            found: set[int] = set().union(*self.readable().values())
            missing = set().union(*before.values()) - found
            assert missing <= evicted | memory | self.delivered | self.refused | (
                self.taken if settling else set()
            )
            self.start()
        self.disk.crash_at = None

    # What comes in

    def make(self, records: int) -> Batch:
        """The next batch."""
        numbers = list(range(self.records, self.records + records))
        self.records += records
        self.batches += 1
        return batch_of(self.batches, numbers)

    @rule(records=st.integers(1, 100), crash=CRASH)
    def append(self, records: int, crash: int | None) -> None:
        """Taken at any price; on disk, if it says so."""
        batch = self.make(records)
        with self.power_may_go(crash):
            stored = self.shelf.append(batch)
            self.accepted |= records_of(batch)
            if stored:
                assert records_of(batch) in self.readable().values()
                assert self.touched or self.disk.free() >= self.min_free_bytes

    @rule(sizes=st.lists(st.integers(1, 100), min_size=1, max_size=4), crash=CRASH)
    def offer(self, sizes: list[int], crash: int | None) -> None:
        """On disk, or refused without a trace; each of those that are offered together."""
        batches = [self.make(records) for records in sizes]
        with self.power_may_go(crash):
            # What waited in memory for a disk that works again may find it full, and is counted.
            held = self.held() - self.in_memory()
            answers = self.shelf.offer(batches)
            for batch, taken in zip(batches, answers, strict=True):
                if taken:
                    self.accepted |= records_of(batch)
                    assert records_of(batch) in self.readable().values()
            assert held <= self.held()

    # What goes out

    def take(self, which: int = 0) -> Batch | None:
        """A batch that is out; if there is none, the oldest, if the disk gives it."""
        if self.shelf._out:
            return list(self.shelf._out.values())[which % len(self.shelf._out)]
        return self.hand_out()

    def hand_out(self) -> Batch | None:
        try:
            batch = self.shelf.take()
        except OSError:
            return None
        if batch is not None:
            self.taken |= records_of(batch)
            waiting = [entry for entry in self.shelf._entries if entry not in self.shelf._memory]
            (entry,) = [entry for entry, out in self.shelf._out.items() if out is batch]
            assert all(entry < other for other in waiting), "not the oldest first"
        return batch

    @rule(crash=CRASH)
    def another(self, crash: int | None) -> None:
        """One more is under way."""
        with self.power_may_go(crash):
            if len(self.shelf._out) < 4:
                self.hand_out()

    @rule(which=WHICH)
    def given_back(self, which: int) -> None:
        """Whoever asked for it has gone."""
        if self.shelf._out and (batch := self.take(which)) is not None:
            self.shelf.give_back(batch)

    @rule(which=WHICH, rejected=st.integers(0, 3), crash=CRASH)
    def deliver(self, which: int, rejected: int, crash: int | None) -> None:
        """The endpoint took it, but for some of its records."""
        with self.power_may_go(crash, settling=True):
            if (batch := self.take(which)) is not None:
                rejected = min(rejected, batch.records)
                self.shelf.delivered(batch, rejected)
                numbers = sorted(records_of(batch))
                self.delivered |= set(numbers[rejected:])
                self.refused |= set(numbers[:rejected])

    @rule(which=WHICH, crash=CRASH)
    def refuse(self, which: int, crash: int | None) -> None:
        """The endpoint refused it."""
        with self.power_may_go(crash, settling=True):
            if (batch := self.take(which)) is not None:
                self.shelf.quarantine(batch, "http_422")
                self.refused |= records_of(batch)

    @rule(which=WHICH, left_out=st.integers(0, 2), crash=CRASH)
    def take_apart(self, which: int, left_out: int, crash: int | None) -> None:
        """It was too large, or some of its records are not wanted."""
        with self.power_may_go(crash, settling=left_out > 0):
            if (batch := self.take(which)) is not None and batch.records > left_out + 1:
                numbers = sorted(records_of(batch))
                middle = len(numbers) // 2
                identity = int(batch.id, 16)
                lost, kept = set(numbers[:left_out]), numbers[left_out:]
                parts = [part for part in (kept[: middle - left_out], kept[middle - left_out :]) if part]
                self.shelf.replace(
                    batch,
                    [batch_of(identity * 2 + which + 2**64, part) for which, part in enumerate(parts)],
                    "rejected" if left_out else None,
                )
                self.refused |= lost

    # What happens to the process

    @rule(crash=CRASH)
    def killed(self, crash: int | None) -> None:
        """SIGKILL, and perhaps a loss of power while the next process starts."""
        self.disk.restart()
        with self.power_may_go(crash):
            crash_at = self.disk.crash_at
            self.shelf._memory.clear()
            self.disk.restart()
            self.disk.crash_at = crash_at
            Shelf(self.disk, MAX_BYTES, self.min_free_bytes)
        self.start()

    @rule(crash=CRASH)
    def ended(self, crash: int | None) -> None:
        """An orderly end: where the disk can be written to, memory is empty."""
        with self.power_may_go(crash):
            self.shelf.close()
            assert self.disk.errors or self.shelf._failure or not self.in_memory()
        self.start()

    # What happens to the disk

    @rule(which=st.integers(0, 20), place=st.integers(0), bit=st.integers(0, 7))
    def flip(self, which: int, place: int, bit: int) -> None:
        """A bit of a file changes."""
        for name, _, content in list(self.files())[which : which + 1]:
            if content:
                flipped = bytearray(content)
                flipped[place % len(content)] ^= 1 << bit
                self.damage(name, bytes(flipped))

    @rule(which=st.integers(0, 20), keep=st.integers(0))
    def cut(self, which: int, keep: int) -> None:
        """The end of a file goes."""
        for name, _, content in list(self.files())[which : which + 1]:
            if content:
                self.damage(name, content[: keep % len(content)])

    def damage(self, name: str, content: bytes) -> None:
        readable = self.readable()
        if name in readable:
            self.damaged[name] = readable[name]
        self.disk.files[name] = self.disk.durable[name] = content
        self.disk.changes = [change for change in self.disk.changes if change[0] != name]
        self.touched = True

    @rule(bytes_used=st.integers(0, 3_000), capacity=st.sampled_from([1_000, 2_500, 1 << 40]))
    def others(self, bytes_used: int, capacity: int) -> None:
        """Somebody else uses more or less of the disk."""
        self.disk.capacity = max(capacity, self.disk.used())
        self.disk.others = min(bytes_used, self.disk.capacity - self.disk.used())

    @rule(
        method=st.sampled_from(["write", "rename", "sync", "remove", "read", "free"]),
        code=st.sampled_from([errno.EIO, errno.EROFS, errno.ENOSPC, errno.EMFILE]),
    )
    def fails(self, method: str, code: int) -> None:
        """The disk fails at something, until it recovers."""
        self.disk.errors[method] = code

    @rule()
    def recovers(self) -> None:
        """The disk works again."""
        self.disk.errors.clear()

    @rule(seconds=st.sampled_from([-1e9, -1.0, 1.0, 1e9]))
    def clock_jumps(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.wall += seconds

    @rule()
    def time_passes(self) -> None:
        """Until the next probe."""
        self.monotonic += PROBE_SECONDS

    # What always holds

    @invariant()
    def nothing_is_lost_unseen(self) -> None:
        """Every record accepted was delivered, is held, or is counted: exactly as many as are missing."""
        (stage,) = self.shelf.counters().ledger()
        assert stage.balanced
        assert stage.delivered == len(self.delivered)
        waiting = {entry.name() for entry in self.shelf._entries if entry not in self.shelf._memory}
        undiscovered = sum(len(records) for name, records in self.unreadable().items() if name in waiting)
        missing = len(self.accepted - self.delivered - self.held()) - undiscovered
        if self.disk.errors.keys() & {"remove"}:
            self.touched = True
        if self.touched:
            assert missing <= sum(stage.dropped.values())
        else:
            assert missing == sum(stage.dropped.values())

    @invariant()
    def the_limits_hold(self) -> None:
        """Not a byte more than allowed on disk, not even for a moment; nor in memory, but for what is out."""
        counters = self.shelf.counters()
        if not self.touched:
            assert counters.bytes == self.disk.used()
            assert max(self.disk.peak, self.disk.used()) <= MAX_BYTES
        free = sum(out.size for out in self.shelf._out if out in self.shelf._memory)
        assert counters.memory_bytes - free <= MEMORY_BYTES


TestSpool = SpoolMachine.TestCase
TestSpool.settings = settings(settings.default, stateful_step_count=40, report_multiple_bugs=False)
