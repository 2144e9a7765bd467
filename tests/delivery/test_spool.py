"""The spool on a real directory, for an event loop and for threads."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from interceptor import config
from interceptor.delivery.batches import Batch
from interceptor.delivery.disk import Directory
from interceptor.delivery.files import Entry, pack
from interceptor.delivery.spool import Spool
from interceptor.errors import UsageError
from tests.support.rpcapd import unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

DEADLINE = 30
ROOT = Path(__file__).parents[2]


def options(path: Path, **others: Any) -> config.Spool:
    """A spool in this directory, that leaves nothing to others."""
    return config.Spool(directory=path, **{"min_free_bytes": 0, **others})


def batch(number: int, records: int = 10, size: int = 100) -> Batch:
    """A batch that tells its number."""
    return Batch(f"{number:032x}", records, number.to_bytes(4, "big") * (size // 4))


def run(main: Awaitable[Any]) -> Any:
    """Run it, not for ever."""

    async def bounded() -> Any:
        async with asyncio.timeout(DEADLINE):
            return await main

    return asyncio.run(bounded())


async def drain(spool: Spool, number: int) -> list[int]:
    """Deliver so many; their numbers."""
    numbers = []
    for _ in range(number):
        oldest = await spool.next()
        numbers.append(int(oldest.id, 16))
        await spool.delivered(oldest)
    return numbers


def test_what_goes_out_does_not_wait_for_what_comes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk syncs what is offered, batches are handed out and settled; those offered meanwhile go together."""
    may_sync = threading.Event()
    together: list[int] = []
    write_all = Directory.write_all

    def slow(disk: Directory, files: Any) -> Any:
        together.append(len(files))
        may_sync.wait(60)
        return write_all(disk, files)

    async def go() -> None:
        spool = Spool(options(tmp_path))
        for number in range(1, 4):
            assert await spool.append(batch(number))
        monkeypatch.setattr(Directory, "write_all", slow)
        offers = [asyncio.create_task(spool.offer(batch(10)))]
        while not together:  # noqa: ASYNC110 - a thread says so
            await asyncio.sleep(0.01)
        offers += [asyncio.create_task(spool.offer(batch(number))) for number in range(11, 21)]
        await asyncio.sleep(0)
        assert await drain(spool, 3) == [1, 2, 3]
        assert not any(offer.done() for offer in offers)
        may_sync.set()
        closing = asyncio.create_task(spool.close())
        assert await asyncio.gather(*offers) == [True] * 11
        await closing
        assert together == [1, 10]
        (stage,) = spool.ledger()
        assert (stage.balanced, stage.received, stage.held) == (True, 140, 110)
        monkeypatch.setattr(Directory, "write_all", write_all)
        spool = Spool(options(tmp_path))
        assert await drain(spool, 11) == list(range(10, 21))
        await spool.close()

    asyncio.run(go())


def test_through_a_restart(tmp_path: Path) -> None:
    """What one process stored, the next one delivers; the ledger of each balances."""

    async def first() -> None:
        spool = Spool(options(tmp_path))
        assert await spool.append(batch(1))
        assert await spool.offer(batch(2))
        assert await asyncio.to_thread(spool.store, batch(3))
        assert await drain(spool, 1) == [1]
        await spool.close()
        (stage,) = spool.ledger()
        assert (stage.balanced, stage.received, stage.delivered, stage.held) == (True, 30, 10, 20)

    async def second() -> None:
        spool = Spool(options(tmp_path))
        assert spool.counters.batches == 2
        assert await drain(spool, 2) == [2, 3]
        (stage,) = spool.ledger()
        assert (stage.balanced, stage.received, stage.delivered, stage.held) == (True, 20, 20, 0)
        await spool.close()

    run(first())
    run(second())
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("way", ["store", "append", "offer"])
def test_waiting_ends_when_a_batch_comes(tmp_path: Path, way: str) -> None:
    """`next` waits without asking again and again, and is woken by each way in."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        waiting = asyncio.create_task(spool.next())
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert not waiting.done()
        if way == "store":
            threading.Thread(target=spool.store, args=(batch(1),)).start()
        else:
            await getattr(spool, way)(batch(1))
        assert await waiting == batch(1)
        await spool.close()

    run(main())


def test_halves_and_refusals(tmp_path: Path) -> None:
    """The other two ways to settle a batch reach the disk too."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        await spool.append(batch(1))
        await spool.replace(await spool.next(), (batch(2, 5), batch(3, 5)))
        await spool.quarantine(await spool.next(), "http_422")
        assert await drain(spool, 1) == [3]
        assert dict(spool.counters.dropped) == {"http_422": 5}
        await spool.close()

    run(main())
    assert [path.suffix for path in tmp_path.iterdir() if path.name != "lock"] == [".refused"]


def test_cancelled_waiters_lose_nothing(tmp_path: Path) -> None:
    """Whoever stops waiting for a batch leaves it to the next one; whoever stops waiting for an end has ended it."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        await spool.append(batch(1))
        for pause in range(8):
            waiting = asyncio.create_task(spool.next())
            await asyncio.sleep(pause * 0.0002)
            waiting.cancel()
            await asyncio.wait([waiting])
            if not waiting.cancelled():  # it was faster
                oldest = waiting.result()
                break
        else:
            oldest = await spool.next()
        assert oldest == batch(1)
        settling = asyncio.create_task(spool.delivered(oldest))
        await asyncio.sleep(0)
        settling.cancel()
        await asyncio.wait([settling])
        await spool.append(batch(2))
        assert await drain(spool, 1) == [2]
        assert spool.counters.delivered == 20
        await spool.close()

    run(main())


def test_a_slow_disk_does_not_hold_up_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk takes its time, the loop runs, and counters can be read."""
    syncing, go = threading.Event(), threading.Event()

    def sync(_: Directory) -> None:
        syncing.set()
        assert go.wait(DEADLINE)

    monkeypatch.setattr(Directory, "sync", sync)

    async def main() -> None:
        spool = Spool(options(tmp_path))
        storing = asyncio.create_task(spool.append(batch(1)))
        await asyncio.to_thread(syncing.wait, DEADLINE)
        assert spool.ledger()[0].balanced
        assert not storing.done()
        go.set()
        assert await storing
        await spool.close()

    run(main())


def test_a_disk_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """A process whose disk hangs can end."""
    script = """
        import asyncio, sys, threading
        from pathlib import Path
        from interceptor import config
        from interceptor.delivery.batches import Batch
        from interceptor.delivery.disk import Directory
        from interceptor.delivery.spool import Spool
        Directory.sync = lambda self: threading.Event().wait()
        async def main():
            spool = Spool(config.Spool(directory=Path(sys.argv[1]), min_free_bytes=0))
            try:
                async with asyncio.timeout(0.2):
                    await spool.append(Batch("0" * 32, 1, b""))
            except TimeoutError:
                print("gave up")
        asyncio.run(main())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), tmp_path],
        cwd=ROOT,
        capture_output=True,
        timeout=DEADLINE,
    )
    assert (ended.returncode, ended.stdout) == (0, b"gave up\n")


def test_what_cannot_be_read_now_is_read_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of descriptors is no reason to give up a batch: it is tried again."""
    read = Directory.read
    failures = [OSError(errno.EMFILE, "Too many open files")]

    def sometimes(self: Directory, name: str) -> bytes:
        if failures:
            raise failures.pop()
        return read(self, name)

    monkeypatch.setattr(Directory, "read", sometimes)

    async def main() -> None:
        spool = Spool(options(tmp_path))
        await spool.append(batch(1))
        assert await drain(spool, 1) == [1]
        await spool.close()

    run(main())
    assert not failures


def test_age_and_clock(tmp_path: Path) -> None:
    """The age is that of the oldest batch, over restarts; a file from the future has none."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        assert spool.oldest_age() == 0
        await spool.append(batch(1))
        await spool.close()
        name = tmp_path / Entry(1, "", 10, 0, 0.0).name()
        for age, low, high in ((1_000, 1_000, 2_000), (-1_000, 0, 0)):
            os.utime(name, (time.time() - age,) * 2)
            spool = Spool(options(tmp_path))
            assert low <= spool.oldest_age() <= high
            await spool.close()

    run(main())


def test_one_process_a_directory(tmp_path: Path) -> None:
    """A second spool in the same directory is refused with one clear line; after the first one's end it is not."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        with pytest.raises(UsageError, match="another process uses it"):
            Spool(options(tmp_path))
        await spool.close()
        await Spool(options(tmp_path)).close()

    run(main())


def test_after_the_end(tmp_path: Path) -> None:
    """A thread that stores a batch after the end touches nothing any more, and says that it is not on disk."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        await spool.close()
        assert not spool.store(batch(1))
        assert spool.counters.memory_bytes > 0

    run(main())
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    if os.geteuid() != 0:
        unavailable("needs root: mounts a small tmpfs")
    path = tmp_path / "small"
    path.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "interceptor-test", path], capture_output=True, text=True
    )
    if mount.returncode != 0:
        unavailable(f"needs to mount: {mount.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def test_a_file_system_that_is_full(small: Path) -> None:
    """On a real full file system the oldest go, then batches wait in memory; with space again they are on disk."""

    async def main() -> None:
        spool = Spool(options(small / "spool"))
        for number in range(1, 21):
            assert await spool.append(batch(number, size=100_000))
        counters = spool.counters
        kept = counters.batches
        assert 8 <= kept <= 10
        assert dict(counters.dropped) == {"disk_full": (20 - kept) * 10}

        # somebody else takes what there is, and more than all of ours would give back
        assert await drain(spool, kept) == list(range(21 - kept, 21))
        (small / "other").write_bytes(bytes(os.statvfs(small).f_bavail * os.statvfs(small).f_frsize))
        assert not await spool.append(batch(21, size=100_000))
        assert spool.counters.memory_bytes > 100_000
        assert await drain(spool, 1) == [21]
        assert not await spool.append(batch(22, size=100_000))
        (small / "other").unlink()
        await spool.close()
        spool = Spool(options(small / "spool"))
        assert await drain(spool, 1) == [22]
        await spool.close()

    run(main())


def test_space_is_left_on_a_real_file_system(small: Path) -> None:
    """`min_free_bytes` are free after each batch that was stored."""

    async def main() -> None:
        spool = Spool(options(small / "spool", min_free_bytes=500_000))
        for number in range(1, 12):
            assert await spool.append(batch(number, size=90_000))
            assert shutil.disk_usage(small).free >= 500_000
        assert set(spool.counters.dropped) == {"disk_full"}
        await spool.close()

    run(main())


WRITER = """
import asyncio, os, structlog, sys
from pathlib import Path
from interceptor import config
from interceptor.delivery.batches import Batch
from interceptor.delivery.spool import Spool

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

async def main(directory, life):
    spool = Spool(config.Spool(directory=Path(directory), min_free_bytes=0))
    async def put():
        for number in range(1_000_000):
            batch = Batch(f"{life:016x}{number:016x}", 3, os.urandom(2000))
            os.write(1, b"+ %s\\n" % batch.id.encode())
            assert await spool.append(batch)
            os.write(1, b"= %s\\n" % batch.id.encode())
    async def take():
        while True:
            batch = await spool.next()
            os.write(1, b"- %s\\n" % batch.id.encode())
            await spool.delivered(batch)
            await asyncio.sleep(0.002)
    await asyncio.gather(put(), take())

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def test_killed_many_times(tmp_path: Path) -> None:
    """A process that writes and takes is killed again and again: every batch stored was handed out, or is there."""
    begun: set[str] = set()
    stored: set[str] = set()
    taken: set[str] = set()
    for life in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(life)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        output = process.stdout.readline()  # it has started
        time.sleep(0.02 * (life % 5))
        process.send_signal(signal.SIGKILL)
        output += process.communicate()[0]
        for line in output.decode().splitlines():
            event, _, identity = line.partition(" ")
            {"+": begun, "=": stored, "-": taken}[event].add(identity)
    assert len(stored) > 12

    async def rest() -> set[str]:
        spool = Spool(options(tmp_path))
        found = set()
        for _ in range(spool.counters.batches):
            oldest = await spool.next()
            assert (oldest.records, len(oldest.body)) == (3, 2000)
            found.add(oldest.id)
            await spool.delivered(oldest)
        assert spool.counters.corrupt == 0
        await spool.close()
        return found

    found = run(rest())
    assert stored <= taken | found
    assert taken | found <= begun
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


LARGE = """
import asyncio, structlog, sys, time
from pathlib import Path
from interceptor import config
from interceptor.delivery.spool import Spool

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

def peak():
    # not ru_maxrss: it begins with that of whoever started us
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])

async def main(directory):
    options = config.Spool(directory=Path(directory), max_bytes=4 * 2**30, min_free_bytes=0)
    before = peak()
    began = time.monotonic()
    spool = Spool(options)
    batch = await spool.next()
    took = time.monotonic() - began
    after = peak()
    counters = spool.counters
    print(int(batch.id, 16), counters.batches, counters.bytes, counters.records, after - before, took)

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize(("files", "size"), [(6_000, 350_000), (60_000, 34_000)])
def test_two_gigabytes_at_the_start(tmp_path: Path, files: int, size: int) -> None:
    """A start with 2 GB takes memory for names only, and the first batch is there at once."""
    first = pack(batch(1, 5_000))
    (tmp_path / Entry(1, "", 5_000, 0, 0.0).name()).write_bytes(b"".join(first))
    for number in range(2, files + 1):
        with open(tmp_path / Entry(number, "", 5_000, 0, 0.0).name(), "wb") as file:
            file.truncate(size)  # sparse: only its name and size are looked at
    ended = subprocess.run(
        [sys.executable, "-c", LARGE, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE * 4,
    )
    shutil.rmtree(tmp_path)
    first_number, batches, held, records, memory, seconds = ended.stdout.split()
    print(f"{files} files: {int(memory) / 1024:.1f} MiB, {float(seconds):.2f} s")
    assert (int(first_number), int(batches), int(records)) == (1, files, files * 5_000)
    assert int(held) > 1.9e9
    assert int(memory) < 64 * 1024
