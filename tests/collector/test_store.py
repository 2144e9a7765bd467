"""The collector's database: once, whatever happens; and no larger than allowed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
import structlog
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interceptor.collector import store as store_module
from interceptor.collector.database import SPANS
from interceptor.collector.names import Names
from interceptor.collector.store import Store
from interceptor.collector.totals import Tally, bucket
from interceptor.config import Collector
from interceptor.delivery.batches import unpack
from interceptor.errors import UsageError
from interceptor.ingest.api import Incoming, SinkFullError, Taken
from interceptor.ingest.lines import Known, Read, check
from tests.support.records import NOW, batch, headers, record, shop, time_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from interceptor.delivery.batches import Batch

ROOT = Path(__file__).parents[2]


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """Unix time."""
        return self.now


def incoming(sealed: Batch) -> Incoming:
    """As the API hands it over."""
    text = unpack(sealed.body, sealed.encoding, 2**30)
    known: list[Read] = []
    return Incoming(check(text, known=known).header, sealed.body, sealed.encoding, text, known=known)


@asynccontextmanager
async def opened(folder: Path, clock: Clock | None = None, **options: Any) -> AsyncIterator[Store]:
    """A store in a folder."""
    clock = clock or Clock()
    store = Store(Collector(database=folder / "collector.db", **options), clock, clock)
    try:
        yield store
    finally:
        await store.close()


def ask(folder: Path, question: str) -> list[tuple[Any, ...]]:
    """What is in the database."""
    database = sqlite3.connect(folder / "collector.db")
    try:
        return database.execute(question).fetchall()
    finally:
        database.close()


def stored_lines(folder: Path) -> list[dict[str, Any]]:
    """The records as they came, by number."""
    blocks = dict(ask(folder, "SELECT first, text FROM lines ORDER BY first"))
    numbers = [number for (number,) in ask(folder, "SELECT number FROM records ORDER BY number")]
    lines = {
        first + place: line
        for first, text in blocks.items()
        for place, line in enumerate(zstandard.decompress(text).split(b"\n"))
    }
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else not blocks
    assert not blocks or min(lines) <= numbers[0] < min(lines) + 64
    return [json.loads(lines[number]) for number in numbers]


def assert_whole(folder: Path, gone: list[dict[str, Any]] | None = None) -> int:
    """The totals are those of the records, and of those that are gone; nothing dangles. Gives the number of records."""
    records = stored_lines(folder)
    endpoints = {
        number: (address, port, method, template)
        for number, address, port, method, template in ask(
            folder,
            "SELECT e.number, address, port, method, template FROM endpoints e JOIN services s ON s.number = service",
        )
    }
    callers = dict(ask(folder, "SELECT number, address FROM callers"))
    expected: dict[Any, Counter[Any]] = defaultdict(Counter)
    for each in [*records, *(gone or [])]:
        seconds = int(datetime.fromisoformat(each["time"]).timestamp())
        endpoint = (
            each["server.address"],
            each["server.port"],
            each["http.request.method"],
            each["url.template"],
        )
        call = each.get("http.response.status_code", 0), bucket(each.get("duration_us"))
        for span in SPANS:
            expected[span, seconds // span * span, endpoint][call] += 1
        expected[seconds // 3_600 * 3_600, each["source.address"], endpoint][call] += 1
    kept = {}
    for span, start, endpoint, calls, packed in ask(
        folder, "SELECT span, start, endpoint, calls, tally FROM totals"
    ):
        kept[span, start, endpoints[endpoint]] = (calls, packed)
    for hour, caller, endpoint, calls, packed in ask(
        folder, "SELECT hour, caller, endpoint, calls, tally FROM pairs"
    ):
        kept[hour, callers[caller], endpoints[endpoint]] = (calls, packed)
    assert kept.keys() == expected.keys()
    for key, counted in expected.items():
        tally = Tally()
        tally.add(kept[key][1])
        statuses: Counter[int] = Counter()
        latencies: Counter[int] = Counter()
        for (status, number), count in counted.items():
            statuses[status] += count
            latencies[number] += count
        del latencies[-1]
        assert (kept[key][0], tally.calls) == (counted.total(), counted.total())
        assert tally.statuses == statuses
        assert dict(tally.latencies) == latencies
    assert ask(
        folder, "SELECT count(*) FROM records WHERE endpoint NOT IN (SELECT number FROM endpoints)"
    ) == [(0,)]
    assert ask(folder, "PRAGMA integrity_check") == [("ok",)]
    return len(records)


def test_a_batch_is_there_whole(tmp_path: Path) -> None:
    """Its records as they came, its id, and who sent it."""

    async def go() -> None:
        sealed = batch(record(), record(http_response_status_code=None, duration_us=None), node="node-7")
        async with opened(tmp_path) as store:
            taken = await store.take(incoming(sealed))
            assert (taken.accepted, taken.rejected, taken.duplicate) == (2, 0, False)
            assert store.records == 2
        lines = unpack(sealed.body, "gzip", 2**20).decode().splitlines()[1:]
        assert stored_lines(tmp_path) == [json.loads(line) for line in lines]
        assert ask(tmp_path, "SELECT status FROM records ORDER BY number") == [(200,), (0,)]
        assert ask(tmp_path, "SELECT cluster, node, program, batches, records FROM agents") == [
            ("test", "node-7", "interceptor/0.1.0", 1, 2)
        ]
        assert assert_whole(tmp_path) == 2

    asyncio.run(go())


def test_the_same_batch_changes_nothing(tmp_path: Path) -> None:
    """It gets the first answer again, also after a restart."""

    async def go() -> None:
        sealed = incoming(batch(record(), record(kind="new")))
        async with opened(tmp_path) as store:
            first = await store.take(sealed)
            assert (first.accepted, first.rejected) == (1, 1)
            again = await store.take(sealed)
        async with opened(tmp_path) as store:
            later = await store.take(sealed)
            assert store.records == 1
        for answer in (again, later):
            assert (answer.accepted, answer.rejected, answer.duplicate) == (1, 1, True)
        assert ask(tmp_path, "SELECT batches, records FROM agents") == [(1, 1)]

    asyncio.run(go())


def test_a_record_that_came_before_is_there_once(tmp_path: Path) -> None:
    """A capture that is sent again, or the halves of a batch that had arrived: accepted, and counted once."""

    async def go() -> None:
        one, two, three = record(), record(), record()
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(one, two)))
            taken = await store.take(incoming(batch(two, three, three)))
            assert (taken.accepted, taken.duplicate_records) == (3, 2)
        assert assert_whole(tmp_path) == 3

    asyncio.run(go())


def test_retries_at_the_same_time_store_once(tmp_path: Path) -> None:
    """Ten batches, each from four clients at once."""

    async def go() -> None:
        sealed = [incoming(batch(*[record() for _ in range(20)])) for _ in range(10)]
        async with opened(tmp_path) as store:
            taken = await asyncio.gather(*[store.take(each) for each in sealed * 4])
            assert sum(not each.duplicate for each in taken) == 10
        assert assert_whole(tmp_path) == 200

    asyncio.run(go())


_KILLED = """
import asyncio, os, pathlib, signal, sys, time
from starlette.applications import Starlette
from interceptor.collector.store import Store
from interceptor.config import Collector, Ingest, Server
from interceptor.ingest.access import Access
from interceptor.ingest.api import IngestApi
from interceptor.service.server import serving

class Dying(Store):
    async def take(self, batch):
        taken = await super().take(batch)
        if sys.argv[2] == "dying":
            os.kill(os.getpid(), signal.SIGKILL)
        return taken

async def main():
    config = Ingest(anonymous=True)
    api = IngestApi(Dying(Collector(database=pathlib.Path(sys.argv[1])), time.time), Access.to_send(config), config, time.time)
    async with serving(Starlette(routes=api.routes()), Server(address="127.0.0.1", port=0)) as port:
        print(port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_killed_between_commit_and_answer_it_stores_once(tmp_path: Path) -> None:
    """The batch is there, its sender has no answer and sends it again to the next process: once, and 202."""
    sealed = batch(*[record() for _ in range(50)])
    path = tmp_path / "collector.db"
    for kind in ("dying", "living"):
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(path), kind], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{int(process.stdout.readline())}/v1/batches"
            with httpx.Client(trust_env=False, timeout=30) as client:
                if kind == "dying":
                    with pytest.raises(httpx.TransportError):
                        client.post(url, content=sealed.body, headers=headers(sealed))
                    assert process.wait(30) == -signal.SIGKILL
                    assert assert_whole(tmp_path) == 50
                else:
                    answer = client.post(url, content=sealed.body, headers=headers(sealed))
                    assert (answer.status_code, answer.json()) == (202, {"accepted": 50, "rejected": 0})
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
    assert assert_whole(tmp_path) == 50
    assert ask(tmp_path, "SELECT batches, records FROM agents") == [(1, 50)]


def test_a_batch_that_fails_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither records nor totals nor its id; and the next batch numbers its endpoints right."""

    async def go() -> None:
        one, two = record(server_address="one.test"), record(server_address="two.test")
        async with opened(tmp_path) as store:
            host = Names.host
            monkeypatch.setattr(Names, "host", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await store.take(incoming(batch(one)))
            monkeypatch.setattr(Names, "host", host)
            assert store.records == 0
            await store.take(incoming(batch(two)))
            await store.take(incoming(batch(one)))
            assert store.records == 2
        assert assert_whole(tmp_path) == 2
        assert sorted(ask(tmp_path, "SELECT address FROM services WHERE number > 1")) == [
            ("one.test",),
            ("two.test",),
        ]

    asyncio.run(go())


def test_no_more_than_max_records(tmp_path: Path) -> None:
    """The oldest go, by when they came, and the totals with them."""

    async def go() -> None:
        made = [record(url_template=f"/{number}") for number in range(50)]
        async with opened(tmp_path, max_records=20) as store:
            for start in range(0, 50, 7):
                await store.take(incoming(batch(*made[start : start + 7])))
                assert store.records <= 20
            assert store.pruned == 30
            assert assert_whole(tmp_path, made[:30]) == 20
            kept = {line for (line,) in ask(tmp_path, "SELECT id FROM records")}
            assert kept == {bytes.fromhex(each["id"]) for each in made[30:]}
            await store.prune()
        assert assert_whole(tmp_path, made[:30]) == 20

    asyncio.run(go())


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    """By when it came in, not by its own time: a capture of last year stays as long as anything."""

    async def go() -> None:
        clock = Clock()
        async with opened(tmp_path, clock, retention_hours=24) as store:
            old = record(time=time_of(NOW - 365 * 86_400))
            assert store.oldest == 0
            await store.take(incoming(batch(old)))
            first = int(clock.now)
            clock.now += 23 * 3_600
            await store.take(incoming(batch(record(time=time_of(clock.now)), node="node-2")))
            second = int(clock.now)
            await store.prune()
            assert (store.records, store.oldest) == (2, first)
            clock.now += 2 * 3_600
            await store.prune()
            assert (store.records, store.oldest) == (1, second)
        async with opened(tmp_path, clock, retention_hours=24) as store:
            assert store.oldest == second
        assert ask(tmp_path, "SELECT count(*) FROM batches") == [(1,)]
        assert ask(tmp_path, "SELECT node FROM agents") == [("node-2",)]

    asyncio.run(go())


def test_no_larger_than_max_bytes(tmp_path: Path) -> None:
    """Whatever the size of records: the oldest go until the rest fits. The file reuses what is free in it."""

    async def go() -> None:
        limit = 2 * 2**20
        async with opened(tmp_path, max_bytes=limit) as store:
            for _ in range(12):
                padded = [record(**{"user_agent.original": os.urandom(3_000).hex()}) for _ in range(100)]
                await store.take(incoming(batch(*padded)))
                assert store.bytes() <= limit
            assert 0 < store.records < 1_200
        assert (tmp_path / "collector.db").stat().st_size < 2 * limit

    asyncio.run(go())


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(0, 3),
            st.integers(0, int(NOW)),
            st.sampled_from([None, 200, 404, 599, 0]),
            st.none() | st.integers(0, 2**53),
            st.integers(0, 2**53),
        ),
        max_size=20,
    ),
    st.integers(1, 15),
    st.integers(1, 20),
)
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_totals_are_the_sums_of_the_records(
    calls: list[tuple[int, int, int, int | None, int | None, int]], size: int, most: int
) -> None:
    """After any batches, duplicates and removals: counts and bytes add up, without an overflow."""
    import tempfile

    async def go(folder: Path) -> None:
        came: list[dict[str, Any]] = []
        times: dict[int, int] = {}
        kept = 0
        async with opened(folder, max_records=most) as store:
            for start in range(0, len(calls), size):
                made = [
                    record(
                        id=f"{number:032x}",
                        url_template=f"/{place}",
                        time=time_of(times.setdefault(number, when)),
                        http_response_status_code=status,
                        duration_us=took,
                        http_response_body_size=body,
                    )
                    for number, place, when, status, took, body in calls[start : start + size]
                ]
                there = {each["id"] for each in came[len(came) - kept :]}
                for each in made:
                    if each["id"] not in there:
                        came.append(each)
                        there.add(each["id"])
                await store.take(incoming(batch(*made)))
                kept = len(stored_lines(folder))
                assert assert_whole(folder, came[: len(came) - kept]) == store.records == kept <= most
                if start % 2:
                    await store.prune()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(go(Path(folder)))


def test_two_collectors_do_not_share_a_database(tmp_path: Path) -> None:
    """The second says so, in one line."""

    async def go() -> None:
        async with opened(tmp_path):
            with pytest.raises(UsageError, match="another collector is using it"):
                async with opened(tmp_path):
                    pass
        async with opened(tmp_path):
            pass

    asyncio.run(go())


def modes_in(folder: Path) -> dict[str, int]:
    """What files may be done with."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """Who calls whom is nobody else's business."""

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(record())))
            modes = modes_in(tmp_path)
        assert len(modes) >= 3
        assert set(modes.values()) == {0o600}

    before = os.umask(0)
    try:
        asyncio.run(go())
    finally:
        os.umask(before)


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A filesystem of its own."""
    if os.geteuid():
        pytest.skip("needs root, to mount a tmpfs")
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def fat(number: int) -> list[dict[str, Any]]:
    """Records that do not compress."""
    return [record(**{"user_agent.original": os.urandom(3_000).hex()}) for _ in range(number)]


@pytest.mark.parametrize("size", [27, 60, 125])
def test_a_full_disk_makes_room_and_goes_on(tmp_path: Path, size: int) -> None:
    """The oldest records go before it is full; it never stops to take batches, and what was answered is there.

    Whether the disk is full while the journal is long depends on how large batches are.
    """
    batches = 5_000 // size  # twice the disk

    async def go(disk: Path) -> None:
        async with opened(disk) as store:
            for _ in range(batches):
                assert (await store.take(incoming(batch(*fat(size))))).accepted == size
                assert store.problem is None
            assert 0 < store.records < batches * size
            assert store.pruned == batches * size - store.records
        assert len(stored_lines(disk)) == store.records

    with small_disk(tmp_path, 8) as disk:
        asyncio.run(go(disk))


def test_a_batch_that_is_too_large_for_the_disk_costs_no_other_all_its_records(tmp_path: Path) -> None:
    """It is not taken, and told; what is there stays, and the next one of an ordinary size is taken."""

    async def go(disk: Path) -> None:
        async with opened(disk) as store:
            for _ in range(12):
                await store.take(incoming(batch(*fat(60))))
            for _ in range(2):
                with pytest.raises(SinkFullError, match="disk is full"):
                    await store.take(incoming(batch(*fat(2_500))))
            assert store.records > 300
            assert (await store.take(incoming(batch(*fat(60))))).accepted == 60
            assert store.problem is None

    with small_disk(tmp_path, 8) as disk:
        asyncio.run(go(disk))


def test_a_disk_that_others_filled_is_left_by_the_reserve(tmp_path: Path) -> None:
    """Somebody else takes all that is left: a start with lower limits removes records, and batches are taken."""

    async def go(disk: Path) -> None:
        async with opened(disk) as store:
            for _ in range(8):
                await store.take(incoming(batch(*fat(250))))
        fill(disk)
        async with opened(disk, max_bytes=3 * 2**20) as store:
            await store.prune()
            assert store.problem is None
            assert store.bytes() <= 3 * 2**20
            for _ in range(5):
                assert (await store.take(incoming(batch(*fat(250))))).accepted == 250

    with small_disk(tmp_path, 24) as disk:
        asyncio.run(go(disk))


def fill(disk: Path) -> None:
    """Take what is left of it."""
    with (disk / "others").open("ab") as file, suppress(OSError):
        while True:
            os.write(file.fileno(), bytes(2**16))


def test_while_nothing_can_be_written_it_is_not_ready(tmp_path: Path) -> None:
    """503 for the sender, the reason for the operator; and both pass by themselves when there is room."""

    async def go() -> None:
        large = incoming(batch(*fat(100)))
        async with opened(tmp_path) as store:
            store._database.execute("PRAGMA max_page_count = 40")
            with pytest.raises(SinkFullError, match="disk is full"):
                await store.take(large)
            assert "disk is full" in str(store.problem)
            store._database.execute("PRAGMA max_page_count = 100000")
            await store.prune()
            assert str(store.problem) == "None"
            assert (await store.take(large)).accepted == 100
        assert assert_whole(tmp_path) == 100

    asyncio.run(go())


def test_damage_is_told_in_its_own_words(tmp_path: Path) -> None:
    """Found while it runs: not ready, the file and what to do; the sender keeps its batch."""

    async def go() -> None:
        path = tmp_path / "collector.db"
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(*fat(300))))
        ((root,),) = ask(tmp_path, "SELECT rootpage FROM sqlite_schema WHERE name = 'batches'")
        with path.open("r+b") as file:
            file.seek(4_096 * (root - 1))
            file.write(os.urandom(4_096))
        clock = Clock()
        store = Store(Collector(database=path), clock, clock)
        with pytest.raises(SinkFullError, match="database is damaged"):
            await store.take(incoming(batch(record())))
        assert "is damaged" in str(store.problem)
        assert "move it away" in str(store.problem)
        await store.close()

    asyncio.run(go())


def test_a_file_that_was_removed_is_noticed(tmp_path: Path) -> None:
    """A batch that went into a file without a name would be answered, and lost."""

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(record())))
            (tmp_path / "collector.db").unlink()
            with pytest.raises(SinkFullError, match="file was removed"):
                await store.take(incoming(batch(record())))
            assert "removed or replaced" in (store.problem or "")

    asyncio.run(go())


def test_a_journal_that_a_reader_let_grow_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody reads in one transaction nothing waits for him and it is told; when he has gone it shrinks."""
    monkeypatch.setattr(store_module, "_JOURNAL", 100_000)
    journal = tmp_path / "collector.db-wal"

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(record())))
            reader = sqlite3.connect(tmp_path / "collector.db", isolation_level=None)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM records").fetchall()
            for _ in range(10):
                await store.take(incoming(batch(*fat(100))))
            with structlog.testing.capture_logs() as events:
                await store.prune()
            assert [event["event"] for event in events] == ["journal_large"]
            assert journal.stat().st_size > 200_000
            reader.close()
            await store.prune()
            assert journal.stat().st_size == 0
            await store.take(incoming(batch(record())))

    asyncio.run(go())
    assert assert_whole(tmp_path) == 1_002


def test_batches_that_wait_are_stored_together_and_each_for_itself(tmp_path: Path) -> None:
    """One transaction where all is well; a batch that cannot be stored costs no other that waited with it."""

    async def go() -> None:
        async with opened(tmp_path) as store:
            sealed = [incoming(batch(*[record() for _ in range(20)])) for _ in range(10)]
            began = store.version
            await asyncio.gather(*[store.take(each) for each in sealed])
            assert store.version - began < 10
            bad = incoming(batch(record()))
            (one,) = bad.known
            assert isinstance(one, Known)
            bad = replace(bad, known=[msgspec.structs.replace(one, time=2**70)])
            more = [incoming(batch(record())) for _ in range(3)]
            answers = await asyncio.gather(
                *[store.take(each) for each in (*more[:2], bad, more[2], more[0])], return_exceptions=True
            )
            assert [isinstance(each, OverflowError) for each in answers] == [False, False, True, False, False]
            assert [each.duplicate for each in answers if isinstance(each, Taken)] == [
                False,
                False,
                False,
                True,
            ]

    asyncio.run(go())
    assert assert_whole(tmp_path) == 203


def test_it_keeps_up(tmp_path: Path) -> None:
    """Ten thousand records of a shop, in batches as agents seal them: all there, once."""

    async def go() -> None:
        made = shop(10_000, end=NOW)
        async with opened(tmp_path) as store:
            for start in range(0, 10_000, 2_500):
                await store.take(incoming(batch(*made[start : start + 2_500])))
        assert assert_whole(tmp_path) == 10_000

    asyncio.run(go())
