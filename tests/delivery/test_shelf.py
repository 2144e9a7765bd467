"""What the spool promises, one promise a test; and all of them at once, as a state machine (test_shelf_model)."""

from __future__ import annotations

import errno
import random
from typing import Any

import pytest

from interceptor.delivery import shelf as shelf_module
from interceptor.delivery.batches import Batch
from interceptor.delivery.files import OVERHEAD, Entry, Kind, pack
from interceptor.delivery.shelf import PROBE_SECONDS, QUARANTINE_FILES, Shelf
from tests.support.disks import FakeDisk, PowerLoss

SIZE = 1000
"""Of a batch's file."""


class Clocks:
    """Both clocks, to be set."""

    def __init__(self) -> None:
        self.wall = 1_750_000_000.0
        self.monotonic = 100.0


@pytest.fixture
def disk() -> FakeDisk:
    """An empty disk."""
    return FakeDisk()


@pytest.fixture
def clocks() -> Clocks:
    """Clocks that stand still."""
    return Clocks()


@pytest.fixture
def start(disk: FakeDisk, clocks: Clocks) -> Any:
    """Start on the disk as it is."""

    def start(max_bytes: int = 1 << 30, min_free_bytes: int = 0) -> Shelf:
        return Shelf(
            disk, max_bytes, min_free_bytes, clock=lambda: clocks.wall, monotonic=lambda: clocks.monotonic
        )

    return start


def batch(number: int, records: int = 10, size: int = SIZE) -> Batch:
    """A batch whose file has `size` bytes."""
    return Batch(f"{number:032x}", records, bytes(size - OVERHEAD))


def drain(shelf: Shelf) -> list[int]:
    """Deliver everything; the numbers of the batches."""
    numbers = []
    while (oldest := shelf.take()) is not None:
        numbers.append(int(oldest.id, 16))
        shelf.delivered(oldest)
    return numbers


def ledger(shelf: Shelf) -> tuple[int, int, dict[str, int], int]:
    """Received, delivered, dropped and held; in balance."""
    (stage,) = shelf.counters().ledger()
    assert stage.balanced
    return stage.received, stage.delivered, stage.dropped, stage.held


def test_oldest_first(start: Any, disk: FakeDisk) -> None:
    """Batches come out in the order in which they went in, and are gone when they were delivered."""
    shelf = start()
    for number in range(1, 4):
        assert shelf.append(batch(number))
    assert shelf.counters().bytes == disk.used() == 3 * SIZE
    assert drain(shelf) == [1, 2, 3]
    assert disk.files == {}
    assert ledger(shelf) == (30, 30, {}, 0)


def test_several_may_be_out(start: Any, disk: FakeDisk) -> None:
    """Each is handed out once, oldest first, and settled in any order; each file goes when its batch is settled."""
    shelf = start()
    for number in range(1, 5):
        shelf.append(batch(number))
    out = [shelf.take() for _ in range(3)]
    assert [int(one.id, 16) for one in out] == [1, 2, 3]
    assert disk.reads == 3
    shelf.delivered(out[1])
    shelf.quarantine(out[2], "http_422")
    assert ledger(shelf) == (40, 10, {"http_422": 10}, 20)
    assert drain(shelf) == [4]
    shelf = start()
    assert drain(shelf) == [1], "what was out and is not settled is handed out again"


def test_the_same_batch_twice_is_two(start: Any) -> None:
    """A sender that saw no answer sends again, after a restart of ours too: each is settled by itself."""
    shelf = start()
    shelf.append(batch(1))
    shelf.append(batch(1))
    first, second = shelf.take(), shelf.take()
    shelf.delivered(second)
    assert ledger(shelf) == (20, 10, {}, 10)
    shelf.delivered(first)
    assert ledger(shelf) == (20, 20, {}, 0)


def test_records_that_the_endpoint_did_not_take(start: Any) -> None:
    """Of a batch it took, they are dropped and counted, and the others are delivered."""
    shelf = start()
    shelf.append(batch(1))
    shelf.delivered(shelf.take(), rejected=3)
    assert ledger(shelf) == (10, 7, {"rejected": 3}, 0)


def test_records_that_are_no_calls(start: Any) -> None:
    """A receiver of OTLP is not sent them: they are no loss of the endpoint's, and counted apart."""
    shelf = start()
    shelf.append(batch(1))
    shelf.delivered(shelf.take(), rejected=1, spanless=4)
    assert ledger(shelf) == (10, 5, {"rejected": 1, "no_span": 4}, 0)


def test_what_is_left_of_a_batch(start: Any, disk: FakeDisk) -> None:
    """One part, in its place, through a restart; what was left out is counted under its reason."""
    shelf = start()
    for number in range(1, 4):
        shelf.append(batch(number))
    first, second = shelf.take(), shelf.take()
    shelf.replace(second, [batch(20, 7)], "rejected")
    shelf.replace(first, [batch(10, 9)], "rejected")
    assert ledger(shelf) == (30, 0, {"rejected": 4}, 26)
    assert shelf.counters().bytes == disk.used()
    assert drain(start()) == [10, 20, 3]


def test_what_is_given_back_waits_in_its_place(start: Any) -> None:
    """As if it had not been asked for."""
    shelf = start()
    for number in range(1, 4):
        shelf.append(batch(number))
    first, second = shelf.take(), shelf.take()
    shelf.give_back(second)
    shelf.give_back(first)
    assert drain(shelf) == [1, 2, 3]


def test_settling_twice_is_settling_once(start: Any) -> None:
    """An answer that is told twice settles nothing else."""
    shelf = start()
    shelf.append(batch(1))
    shelf.append(batch(2))
    first = shelf.take()
    for _ in range(2):
        shelf.delivered(first)
        shelf.quarantine(first, "http_422")
        shelf.replace(first, (batch(3, 5), batch(4, 5)))
    assert ledger(shelf) == (20, 10, {}, 10)
    assert drain(shelf) == [2]


def test_what_is_found_counts_as_received(start: Any, disk: FakeDisk) -> None:
    """After a restart the order goes on, and the records found are in the ledger."""
    shelf = start()
    for number in range(1, 4):
        shelf.append(batch(number))
    shelf.delivered(shelf.take())
    shelf = start()
    assert ledger(shelf) == (20, 0, {}, 20)
    shelf.append(batch(4))
    assert drain(shelf) == [2, 3, 4]


def test_a_start_reads_no_contents(start: Any, disk: FakeDisk) -> None:
    """What a start needs to know, names and sizes tell."""
    shelf = start()
    for number in range(50):
        shelf.append(batch(number))
    shelf = start()
    assert shelf.counters().batches == 50
    assert shelf.counters().bytes == 50 * SIZE
    assert disk.reads == 0


def test_temporary_files_are_removed(start: Any, disk: FakeDisk) -> None:
    """What a crash left half written was never stored."""
    disk.files[Entry(7, "", 10, 0, 0.0).name(Kind.TEMPORARY)] = b"half"
    shelf = start()
    assert disk.files == {}
    assert ledger(shelf) == (0, 0, {}, 0)


def test_foreign_files_are_not_touched(start: Any, disk: FakeDisk) -> None:
    """A file that somebody else put there stays, and does not count."""
    disk.files |= {"README": b"text", "lost+found": b"", "\udcff\n": b""}
    shelf = start(max_bytes=2 * SIZE)
    for number in range(5):
        shelf.append(batch(number))
    assert drain(shelf) == [3, 4]
    assert disk.files.keys() == {"README", "lost+found", "\udcff\n"}


@pytest.mark.parametrize("damage", [b"", b"\0" * 1000, b"".join(pack(batch(2)))[:-1]])
def test_damaged_files_are_set_aside(start: Any, disk: FakeDisk, damage: bytes) -> None:
    """A damaged batch is counted, kept to be looked at, and holds up nothing."""
    shelf = start()
    for number in range(1, 4):
        shelf.append(batch(number))
    name = sorted(disk.files)[1]
    disk.files[name] = damage
    shelf = start()
    assert drain(shelf) == [1, 3]
    assert disk.files == {name.replace("batch", "corrupt"): damage}
    assert shelf.counters().corrupt == shelf.counters().quarantined == 1
    assert ledger(shelf) == (30, 20, {"corrupt": 10}, 0)
    assert start().counters().quarantined == 1


def test_a_file_that_vanished(start: Any, disk: FakeDisk) -> None:
    """A batch that somebody removed is counted as damaged, and its room is free again."""
    shelf = start()
    shelf.append(batch(1))
    shelf.append(batch(2))
    del disk.files[min(disk.files)]
    assert drain(shelf) == [2]
    assert ledger(shelf) == (20, 10, {"corrupt": 10}, 0)
    assert shelf.counters().bytes == 0


def test_a_bad_sector(start: Any, disk: FakeDisk) -> None:
    """What the disk cannot read any more is damaged; what we cannot read just now is not."""
    shelf = start()
    shelf.append(batch(1))
    disk.errors["read"] = errno.EMFILE
    with pytest.raises(OSError, match="Too many open files"):
        shelf.take()
    assert ledger(shelf) == (10, 0, {}, 10)
    disk.errors["read"] = errno.EIO
    assert shelf.take() is None
    assert ledger(shelf) == (10, 0, {"corrupt": 10}, 0)


def test_a_file_that_we_may_not_read_holds_up_nothing(start: Any, disk: FakeDisk) -> None:
    """Another user's, say of a run as root: it stays, held, as one of another version does, and the others go out."""
    shelf = start()
    shelf.append(batch(1))
    disk.errors["read"] = errno.EACCES
    assert shelf.take() is None
    disk.errors.clear()
    shelf.append(batch(2))
    assert drain(shelf) == [2]
    assert ledger(shelf) == (20, 10, {}, 10)
    assert (shelf.counters().unknown, shelf.counters().corrupt) == (1, 0)
    assert drain(start()) == [1]


def test_an_enormous_file_is_not_read(start: Any, disk: FakeDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than any batch is not loaded to find out that it is none, and no such batch is stored."""
    shelf = start()
    shelf.append(batch(1))
    monkeypatch.setattr(shelf_module, "FILE_BYTES", SIZE - 1)
    assert shelf.take() is None
    assert disk.reads == 0
    assert not shelf.append(batch(2))
    assert shelf.offer([batch(3)]) == [False]
    assert ledger(shelf) == (20, 0, {"corrupt": 10, "batch_too_large": 10}, 0)


def other_version(content: bytes) -> bytes:
    """The same file, of version 2."""
    return content[:8] + b"\0\2\xff\xfd" + content[12:]


def test_other_versions_are_left_alone(start: Any, disk: FakeDisk) -> None:
    """A file of a later version is skipped and stays, held, until room is needed; then it goes first."""
    shelf = start(max_bytes=3 * SIZE)
    for number in range(1, 4):
        shelf.append(batch(number))
    name = sorted(disk.files)[1]
    disk.files[name] = other_version(disk.files[name])
    assert drain(shelf) == [1, 3]
    assert disk.files.keys() == {name}
    assert ledger(shelf) == (30, 20, {}, 10)
    assert (shelf.counters().unknown, shelf.counters().corrupt) == (1, 0)
    for number in range(4, 6):
        shelf.append(batch(number))
    assert name in disk.files
    shelf.append(batch(6))
    assert name not in disk.files
    assert drain(shelf) == [4, 5, 6]
    assert ledger(shelf) == (60, 50, {"spool_full": 10}, 0)


# Limits


def test_full_drops_the_oldest_whole(start: Any, disk: FakeDisk) -> None:
    """At `max_bytes` the oldest batches make room, and are counted in records."""
    shelf = start(max_bytes=4 * SIZE - 1)
    for number in range(1, 7):
        assert shelf.append(batch(number, records=number))
    assert disk.peak <= 4 * SIZE - 1
    assert ledger(shelf) == (21, 0, {"spool_full": 1 + 2 + 3}, 4 + 5 + 6)
    assert drain(shelf) == [4, 5, 6]


def test_what_is_out_is_not_dropped(start: Any) -> None:
    """A batch that is being sent stays; the next oldest makes room."""
    shelf = start(max_bytes=3 * SIZE)
    for number in range(1, 4):
        shelf.append(batch(number))
    first = shelf.take()
    for number in range(4, 7):
        shelf.append(batch(number))
    assert ledger(shelf) == (60, 0, {"spool_full": 30}, 30)
    shelf.delivered(first)
    assert drain(shelf) == [5, 6]


def test_a_batch_larger_than_the_spool(start: Any) -> None:
    """What can never fit is dropped without dropping anything else."""
    shelf = start(max_bytes=2 * SIZE)
    shelf.append(batch(1))
    assert not shelf.append(batch(2, size=2 * SIZE + 1))
    assert ledger(shelf) == (20, 0, {"batch_too_large": 10}, 10)


def test_a_lowered_limit_holds_from_the_start(start: Any, disk: FakeDisk) -> None:
    """With a smaller `max_bytes` than before, a start drops the oldest."""
    shelf = start()
    for number in range(1, 6):
        shelf.append(batch(number))
    shelf = start(max_bytes=2 * SIZE)
    assert disk.used() == 2 * SIZE
    assert ledger(shelf) == (50, 0, {"spool_full": 30}, 20)
    assert drain(shelf) == [4, 5]


def test_the_number_of_files_has_a_limit(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small batches are, their names never take more memory than is known."""
    monkeypatch.setattr(shelf_module, "BATCHES", 3)
    shelf = start()
    for number in range(1, 6):
        shelf.append(batch(number))
    assert shelf.offer([batch(6)]) == [False]
    assert ledger(shelf) == (50, 0, {"spool_full": 20}, 30)
    assert drain(shelf) == [3, 4, 5]


def test_free_space_is_left_to_others(start: Any, disk: FakeDisk) -> None:
    """Below `min_free_bytes` the oldest are dropped until enough is free."""
    disk.capacity = 10 * SIZE
    shelf = start(min_free_bytes=5 * SIZE)
    for number in range(1, 8):
        shelf.append(batch(number))
    assert disk.free() == 5 * SIZE
    disk.files["of somebody else"] = bytes(2 * SIZE)
    shelf.append(batch(8))
    assert disk.free() == 5 * SIZE
    assert ledger(shelf) == (80, 0, {"disk_full": 50}, 30)
    assert drain(shelf) == [6, 7, 8]


def test_the_disk_is_full_before_we_know(start: Any, disk: FakeDisk) -> None:
    """ENOSPC is a limit like the others: the oldest make room."""
    shelf = start()
    disk.capacity = 3 * SIZE + 10
    for number in range(1, 6):
        assert shelf.append(batch(number))
    assert ledger(shelf) == (50, 0, {"disk_full": 20}, 30)
    assert drain(shelf) == [3, 4, 5]
    assert disk.files == {}


# A disk that cannot be written to


@pytest.mark.parametrize(
    ("method", "code", "reason"),
    [
        ("write", errno.EROFS, "disk_failed"),
        ("write", errno.EIO, "disk_failed"),
        ("rename", errno.EIO, "disk_failed"),
        ("sync", errno.EIO, "disk_failed"),
        ("free", errno.EIO, "disk_failed"),
        ("write", errno.ENOSPC, "disk_full"),
        ("write", errno.EDQUOT, "disk_full"),
        ("sync", errno.ENOSPC, "disk_full"),
    ],
)
def test_memory_only(
    start: Any,
    disk: FakeDisk,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    code: int,
    reason: str,
) -> None:
    """Batches wait in memory, within its limit, and are deliverable; when the disk is back they go there."""
    monkeypatch.setattr(shelf_module, "MEMORY_BYTES", 3 * SIZE)
    shelf = start()
    disk.errors[method] = code
    for number in range(1, 6):
        assert not shelf.append(batch(number))
    assert disk.files == {}
    assert (shelf.counters().bytes, shelf.counters().memory_bytes) == (0, 3 * SIZE)
    assert ledger(shelf) == (50, 0, {reason: 20}, 30)
    shelf.delivered(shelf.take())
    assert ledger(shelf) == (50, 10, {reason: 20}, 20)

    disk.errors.clear()
    assert not shelf.append(batch(6)), "probed too soon"
    clocks.monotonic += PROBE_SECONDS
    assert shelf.append(batch(7))
    assert (shelf.counters().bytes, shelf.counters().memory_bytes) == (4 * SIZE, 0)
    assert drain(start()) == [4, 5, 6, 7]


def test_no_room_and_nothing_to_drop(start: Any, disk: FakeDisk, clocks: Clocks) -> None:
    """A disk that others filled: nothing is written, batches wait in memory until there is space."""
    disk.capacity = 5 * SIZE
    disk.files["of somebody else"] = bytes(3 * SIZE)
    shelf = start(min_free_bytes=2 * SIZE)
    assert not shelf.append(batch(1))
    assert disk.steps == 0
    del disk.files["of somebody else"]
    clocks.monotonic += PROBE_SECONDS
    assert shelf.append(batch(2))
    assert drain(start()) == [1, 2]


def test_the_end_tries_once_more(start: Any, disk: FakeDisk) -> None:
    """What is in memory only is written down at an orderly end, whenever the last probe was."""
    shelf = start()
    disk.errors["write"] = errno.ENOSPC
    shelf.append(batch(1))
    disk.errors.clear()
    shelf.close()
    assert drain(start()) == [1]


def test_one_that_is_out_is_written_down_too(start: Any, disk: FakeDisk) -> None:
    """A batch that was handed out of memory gets its file when the disk is back, and loses it when delivered."""
    shelf = start()
    disk.errors["write"] = errno.ENOSPC
    shelf.append(batch(1))
    oldest = shelf.take()
    disk.errors.clear()
    shelf.close()
    assert len(disk.files) == 1
    shelf.delivered(oldest)
    assert disk.files == {}
    assert ledger(shelf) == (10, 10, {}, 0)


def test_what_cannot_be_removed_is_sent_again(start: Any, disk: FakeDisk) -> None:
    """A file that a read-only disk keeps counts as delivered, once; after a restart it is sent a second time."""
    shelf = start()
    shelf.append(batch(1))
    disk.errors["remove"] = errno.EROFS
    assert drain(shelf) == [1]
    assert ledger(shelf) == (10, 10, {}, 0)
    assert shelf.counters().bytes == SIZE
    disk.errors.clear()
    assert drain(start()) == [1]


# Offers


def test_an_offer_displaces_nothing(start: Any, disk: FakeDisk) -> None:
    """An offered batch is on disk, or refused without a trace: its sender keeps it."""
    shelf = start(max_bytes=2 * SIZE)
    assert shelf.offer([batch(1)]) == [True]
    assert shelf.offer([batch(2)]) == [True]
    assert shelf.offer([batch(3)]) == [False]
    assert ledger(shelf) == (20, 0, {}, 20)
    assert drain(start()) == [1, 2]
    disk.capacity = SIZE + 10
    shelf = start(min_free_bytes=11)
    assert shelf.offer([batch(4)]) == [False]
    assert ledger(shelf) == (0, 0, {}, 0)


def test_batches_that_are_offered_together_are_taken_each_for_itself(start: Any, disk: FakeDisk) -> None:
    """What does not fit costs no other; all that were taken wait for one sync of the directory."""
    shelf = start(max_bytes=3 * SIZE)
    before = disk.syncs
    taken = shelf.offer([batch(1), batch(2, size=2_500), batch(3), batch(4), batch(5)])
    assert taken == [True, False, True, True, False]
    assert disk.syncs == before + 1
    assert ledger(shelf) == (30, 0, {}, 30)
    assert shelf.counters().bytes == disk.used() == 3 * SIZE
    assert drain(start()) == [1, 3, 4]


def test_a_sync_that_fails_takes_none_of_those_offered_together(start: Any, disk: FakeDisk) -> None:
    """Nobody knows which names are there for good, so none stays."""
    shelf = start()
    disk.errors["sync"] = errno.EIO
    assert shelf.offer([batch(1), batch(2)]) == [False, False]
    disk.errors.clear()
    assert disk.files == {}
    assert ledger(shelf) == (0, 0, {}, 0)
    assert shelf.offer([batch(1), batch(2)]) == [True, True]
    assert drain(start()) == [1, 2]


@pytest.mark.parametrize("method", ["write", "rename", "sync", "free"])
def test_an_offer_to_a_broken_disk(start: Any, disk: FakeDisk, method: str) -> None:
    """What could not be stored is refused, and is not there after all."""
    shelf = start()
    disk.errors[method] = errno.EIO
    assert shelf.offer([batch(1)]) == [False]
    disk.errors.clear()
    assert disk.files == {}
    assert shelf.offer([batch(2)]) == [True]
    assert drain(shelf) == [2]


def test_an_offer_while_others_wait_in_memory(start: Any, disk: FakeDisk, clocks: Clocks) -> None:
    """Nothing overtakes what waits for the disk; the first offer after the pause is its probe."""
    shelf = start()
    disk.errors["write"] = errno.EIO
    shelf.append(batch(1))
    disk.errors.clear()
    assert shelf.offer([batch(2)]) == [False]
    clocks.monotonic += PROBE_SECONDS
    assert shelf.offer([batch(3)]) == [True]
    assert drain(start()) == [1, 3]


def test_a_refused_offer_that_comes_back(start: Any, disk: FakeDisk) -> None:
    """A loss of power may bring back what was taken back; it has a number of its own, and takes nobody's place."""
    shelf = start()
    disk.errors["sync"] = errno.EIO
    assert shelf.offer([batch(1)]) == [False]
    disk.errors.clear()
    shelf.append(batch(2, records=3))
    disk.files[Entry(1, "", 10, 0, 0.0).name()] = b"".join(pack(batch(1)))
    assert drain(start()) == [1, 2]


# Refused batches


def test_refused_batches_are_kept_to_be_looked_at(start: Any, disk: FakeDisk) -> None:
    """A batch that the endpoint refuses counts as dropped under the reason it gave, and the next one's turn comes."""
    shelf = start()
    shelf.append(batch(1))
    shelf.append(batch(2))
    shelf.quarantine(shelf.take(), "http_422")
    assert ledger(shelf) == (20, 0, {"http_422": 10}, 10)
    assert sorted(name.rpartition(".")[2] for name in disk.files) == ["batch", "refused"]
    assert drain(shelf) == [2]
    assert (start().counters().quarantined, start().counters().received) == (1, 0)


def test_the_quarantine_has_limits(start: Any, disk: FakeDisk) -> None:
    """The newest are kept: so many of them, and a tenth of the spool."""
    shelf = start()
    for number in range(QUARANTINE_FILES + 10):
        shelf.append(batch(number))
        shelf.quarantine(shelf.take(), "http_422")
    assert len(disk.files) == shelf.counters().quarantined == QUARANTINE_FILES
    assert shelf.counters().bytes == disk.used()
    shelf = start(max_bytes=50 * SIZE)
    assert len(disk.files) == shelf.counters().quarantined == 5
    assert max(disk.files) == Entry(QUARANTINE_FILES + 10, "", 10, 0, 0.0).name(Kind.REFUSED)


def test_the_quarantine_makes_room_first(start: Any, disk: FakeDisk) -> None:
    """What is lost already goes before what can still be delivered."""
    shelf = start(max_bytes=10 * SIZE)
    for number in range(1, 11):
        shelf.append(batch(number))
    shelf.quarantine(shelf.take(), "http_422")
    shelf.append(batch(11))
    assert shelf.counters().quarantined == 0
    assert ledger(shelf)[2] == {"http_422": 10}
    assert drain(shelf) == list(range(2, 12))


def test_a_quarantine_that_cannot_be_emptied(
    start: Any, disk: FakeDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file that cannot be removed is not the end of making room."""
    shelf = start(max_bytes=10 * SIZE)
    for number in range(1, 11):
        shelf.append(batch(number))
    shelf.quarantine(shelf.take(), "http_422")
    remove = disk.remove

    def stuck(name: str) -> None:
        if name.endswith(Kind.REFUSED):
            raise OSError(errno.EIO, "Input/output error")
        remove(name)

    monkeypatch.setattr(disk, "remove", stuck)
    assert shelf.append(batch(11))
    assert drain(shelf) == list(range(3, 12))


def test_a_copy_in_the_quarantine(start: Any, disk: FakeDisk) -> None:
    """Where a crash left a batch under both names, setting it aside again counts its bytes once."""
    start().append(batch(1))
    before = dict(disk.files)
    shelf = start()
    shelf.quarantine(shelf.take(), "http_422")
    disk.files |= before
    shelf = start()
    assert shelf.counters().bytes == 2 * SIZE
    shelf.quarantine(shelf.take(), "http_422")
    assert (shelf.counters().bytes, shelf.counters().quarantined) == (SIZE, 1)


@pytest.mark.parametrize("method", ["rename", "remove"])
def test_a_quarantine_that_cannot_be(start: Any, disk: FakeDisk, method: str) -> None:
    """Where a file can be neither renamed nor removed, delivery goes on."""
    shelf = start(max_bytes=10 * SIZE)
    for number in range(1, 4):
        shelf.append(batch(number))
    disk.errors[method] = errno.EROFS
    shelf.quarantine(shelf.take(), "http_422")
    shelf.quarantine(shelf.take(), "http_422")
    assert drain(shelf) == [3]
    assert ledger(shelf) == (30, 10, {"http_422": 20}, 0)


def test_refused_out_of_memory(start: Any, disk: FakeDisk) -> None:
    """A batch that was never on disk is not put there to be looked at."""
    shelf = start()
    disk.errors["write"] = errno.EIO
    shelf.append(batch(1))
    shelf.quarantine(shelf.take(), "http_422")
    assert ledger(shelf) == (10, 0, {"http_422": 10}, 0)
    assert shelf.counters().memory_bytes == 0


# Halves


def halves(number: int, records: int = 10) -> tuple[Batch, Batch]:
    """What a batch may be split into."""
    return batch(number * 10, records // 2, 600), batch(number * 10 + 1, records - records // 2, 600)


def test_halves_come_in_their_parents_place(start: Any, disk: FakeDisk) -> None:
    """Halves, and halves of halves, come before what was stored later; after a restart too."""
    shelf = start()
    shelf.append(batch(1))
    shelf.append(batch(2))
    shelf.replace(shelf.take(), halves(1))
    first = shelf.take()
    assert int(first.id, 16) == 10
    shelf.replace(first, halves(10, 5))
    assert ledger(shelf) == (20, 0, {}, 20)
    assert shelf.counters().bytes == disk.used()
    assert shelf.counters().batches == 4
    shelf = start()
    assert drain(shelf) == [100, 101, 11, 2]
    assert disk.files == {}


def test_where_a_crash_left_both_the_whole_counts(start: Any, disk: FakeDisk) -> None:
    """Halves whose whole is still there are removed: they are in it, and will be made again."""
    shelf = start()
    shelf.append(batch(1))
    shelf.append(batch(2))
    before = dict(disk.files)
    shelf.replace(shelf.take(), halves(1))
    shelf.replace(shelf.take(), halves(10, 5))
    disk.files |= before
    shelf = start()
    assert ledger(shelf) == (20, 0, {}, 20)
    assert disk.files == before
    shelf.replace(shelf.take(), halves(1))
    assert drain(shelf) == [10, 11, 2]


def test_halves_have_the_records_of_the_whole(start: Any) -> None:
    """Splitting cannot lose records unseen."""
    shelf = start()
    shelf.append(batch(1))
    whole = shelf.take()
    with pytest.raises(ValueError, match="records of the whole"):
        shelf.replace(whole, halves(1, 9))
    shelf.give_back(whole)
    assert drain(shelf) == [1]


def test_halves_on_a_full_disk(start: Any, disk: FakeDisk) -> None:
    """Where there is no room for halves beside the whole, they wait in memory until the whole is gone."""
    disk.capacity = 1500
    shelf = start()
    shelf.append(batch(1))
    shelf.replace(shelf.take(), halves(1))
    assert ledger(shelf) == (10, 0, {}, 10)
    assert drain(shelf) == [10, 11]


def test_halves_in_a_full_spool(start: Any, disk: FakeDisk) -> None:
    """Neither half is dropped to make room for the other."""
    shelf = start(max_bytes=SIZE + 700)
    shelf.append(batch(1))
    shelf.replace(shelf.take(), halves(1))
    assert disk.peak <= SIZE + 700
    assert ledger(shelf) == (10, 0, {}, 10)
    assert drain(shelf) == [10, 11]


# Time


def test_age(start: Any, disk: FakeDisk, clocks: Clocks) -> None:
    """The oldest batch held tells its age: also the one that is out, and one of another version."""
    shelf = start()
    assert shelf.counters().oldest is None
    shelf.append(batch(1))
    clocks.wall += 10
    shelf.append(batch(2))
    assert shelf.counters().oldest == clocks.wall - 10
    first = shelf.take()
    assert shelf.counters().oldest == clocks.wall - 10
    shelf.delivered(first)
    assert shelf.counters().oldest == clocks.wall
    name = min(disk.files)
    disk.files[name] = other_version(disk.files[name])
    assert shelf.take() is None
    assert shelf.counters().oldest == clocks.wall


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_clocks_that_jump(start: Any, clocks: Clocks, jump: float) -> None:
    """Order has nothing to do with clocks."""
    shelf = start()
    shelf.append(batch(1))
    clocks.wall += jump
    shelf.append(batch(2))
    assert drain(start()) == [1, 2]


# Crashes, each at every step


def survivors(disk: FakeDisk, seed: int, act: Any, start: Any) -> Any:
    """Lose power at each step of `act`, in several ways; what a start finds afterwards, and whether it ended."""
    contents, step, ended = dict(disk.files), 0, False
    while not ended:
        for chance in range(8):
            disk.files, disk.durable = dict(contents), dict(contents)
            disk.changes.clear()
            disk.half_written = b""
            shelf = start()
            disk.crash_at = step
            try:
                act(shelf)
                ended = True
            except PowerLoss:
                ended = False
            disk.power_loss(random.Random(seed + chance))
            yield drain(start()), ended
        step += 1
    assert step > 2


def test_crash_while_appending(start: Any, disk: FakeDisk) -> None:
    """Whenever the power goes, older batches are there; the new one is there if `append` returned."""
    start().append(batch(1))
    for found, ended in survivors(disk, 1, lambda shelf: shelf.append(batch(2)), start):
        assert found == [1, 2] if ended else found in ([1], [1, 2])


def test_crash_while_settling(start: Any, disk: FakeDisk) -> None:
    """Whenever the power goes, only what was settled may be gone."""
    for number in (1, 2):
        start().append(batch(number))
    for found, _ in survivors(
        disk, 2, lambda shelf: [shelf.delivered(shelf.take()), shelf.append(batch(3))], start
    ):
        assert found in ([1, 2], [2], [1, 2, 3], [2, 3])


def test_crash_while_halving(start: Any, disk: FakeDisk) -> None:
    """Whenever the power goes, there is the whole or there are both halves, never less and never both."""
    for number in (1, 2):
        start().append(batch(number))
    for found, ended in survivors(disk, 3, lambda shelf: shelf.replace(shelf.take(), halves(1)), start):
        assert found in ([1, 2], [10, 11, 2])
        if ended:
            assert found in ([10, 11, 2], [1, 2]), "the removal of the whole may be undone"


def test_crash_while_setting_aside(start: Any, disk: FakeDisk) -> None:
    """Whenever the power goes, a refused batch is set aside or will be refused again."""
    for number in (1, 2):
        start().append(batch(number))

    def act(shelf: Any) -> None:
        shelf.quarantine(shelf.take(), "http_422")
        shelf.append(batch(3))

    for found, ended in survivors(disk, 4, act, start):
        assert found == [2, 3] if ended else found in ([1, 2], [2], [1, 2, 3], [2, 3])


def test_crash_while_making_room(start: Any, disk: FakeDisk) -> None:
    """Whenever the power goes, what was not dropped is there."""
    for number in range(1, 5):
        start(4 * SIZE).append(batch(number))
    for found, ended in survivors(
        disk, 5, lambda shelf: shelf.append(batch(5, size=2 * SIZE)), lambda: start(4 * SIZE)
    ):
        assert found[-1] in {4, 5}
        assert {3, 4} <= set(found) <= {1, 2, 3, 4, 5}
        assert not ended or found == [3, 4, 5]
