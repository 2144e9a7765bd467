"""Lines become batches in a spool, without ever holding up whoever writes them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from interceptor import config
from interceptor.delivery import outlet as outlet_module
from interceptor.delivery.batches import Batch, Origin, parse_header, split_lines, unpack
from interceptor.delivery.disk import Directory
from interceptor.delivery.outlet import SpoolOutlet
from interceptor.delivery.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

DEADLINE = 30
ROOT = Path(__file__).parents[2]
ORIGIN = Origin("interceptor/0.1.0", "cluster-1", "node-1")


def options(path: Path, **others: Any) -> config.Spool:
    """A spool in this directory; nothing is sealed because of its age."""
    return config.Spool(directory=path, **{"min_free_bytes": 0, "batch_seconds": 1000, **others})


def lines(count: int, start: int = 0) -> bytes:
    """JSON Lines, each with its number."""
    return b"".join(b'{"n":%d}\n' % number for number in range(start, start + count))


def numbers(batch: Batch) -> list[int]:
    """What is in a batch."""
    return [json.loads(line)["n"] for line in split_lines(unpack(batch.body, batch.encoding, 2**24))]


def run(main: Awaitable[Any]) -> Any:
    """Run it, not for ever."""

    async def bounded() -> Any:
        async with asyncio.timeout(DEADLINE):
            return await main

    return asyncio.run(bounded())


async def until(true: Callable[[], Any]) -> None:
    """Wait until that holds; `run` has the deadline."""
    while not true():  # noqa: ASYNC110 - threads tell nobody
        await asyncio.sleep(0.005)


async def take(spool: Spool) -> Batch:
    """The next batch, delivered."""
    batch = await spool.next()
    await spool.delivered(batch)
    return batch


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_full_batches(tmp_path: Path, encoding: Any) -> None:
    """So many records make a batch at once; the rest is one at the end. Each says where it comes from."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        outlet = SpoolOutlet(spool, options(tmp_path, batch_records=10), ORIGIN, encoding)
        for start in range(0, 24, 6):
            outlet.write(lines(6, start), 6)
        first, second = await take(spool), await take(spool)
        assert numbers(first) + numbers(second) == list(range(12))
        header = parse_header(unpack(first.body, encoding, 2**20))
        assert (header.agent, header.cluster, header.node) == (ORIGIN.agent, ORIGIN.cluster, ORIGIN.node)
        assert (header.id, header.count, first.encoding) == (first.id, 6, encoding)
        await outlet.close()
        assert numbers(await take(spool)) + numbers(await take(spool)) == list(range(12, 24))
        stages = outlet.ledger()
        assert [stage.name for stage in stages] == ["batches", "spool"]
        for stage in stages:
            assert (stage.balanced, stage.received, stage.delivered) == (True, 24, 24)
        await spool.close()

    run(main())


def test_old_batches(tmp_path: Path) -> None:
    """What is not full is sealed when it is `batch_seconds` old, each time anew."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        outlet = SpoolOutlet(spool, options(tmp_path, batch_seconds=0.05), ORIGIN)
        for start in (0, 3):
            began = time.monotonic()
            outlet.write(lines(2, start), 2)
            outlet.write(lines(1, start + 2), 1)
            assert numbers(await take(spool)) == list(range(start, start + 3))
            assert time.monotonic() - began >= 0.05
        await outlet.close()
        await spool.close()

    run(main())


def test_large_batches(tmp_path: Path) -> None:
    """So many bytes make a batch, also where they come in one piece."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        outlet = SpoolOutlet(spool, options(tmp_path, batch_bytes=100), ORIGIN)
        outlet.write(lines(50), 50)
        await outlet.close()
        found = [numbers(await take(spool)) for _ in range(spool.counters.batches)]
        assert [number for batch in found for number in batch] == list(range(50))
        assert max(map(len, found)) <= 12
        await spool.close()

    run(main())


def test_a_disk_that_is_too_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk hangs, writing goes on at once, within the limit; the rest is counted, and what fit is stored."""
    go = threading.Event()
    monkeypatch.setattr(Directory, "sync", lambda _: go.wait(DEADLINE))
    monkeypatch.setattr(outlet_module, "QUEUE_BYTES", 1000)

    async def main() -> None:
        spool = Spool(options(tmp_path))
        outlet = SpoolOutlet(spool, options(tmp_path, batch_records=10, batch_bytes=500), ORIGIN)
        for start in range(0, 2000, 10):
            outlet.write(lines(10, start), 10)
        (stage, _) = outlet.ledger()
        assert stage.balanced
        assert stage.dropped == {"queue_full": 2000 - stage.held - stage.delivered}
        assert 50 <= stage.held <= 1000 // len(lines(1))
        go.set()
        await until(lambda: outlet.ledger()[0].held == 0)
        outlet.write(lines(10, 5000), 10)
        await outlet.close()
        found = [numbers(await take(spool)) for _ in range(spool.counters.batches)]
        assert found[0] == list(range(10))
        assert found[-1] == list(range(5000, 5010))
        assert sum(map(len, found)) == outlet.ledger()[0].delivered == outlet.ledger()[1].delivered
        await spool.close()

    run(main())


def test_who_can_wait_loses_nothing_to_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that puts lines stands still while there is no room, and goes on when there is."""
    go = threading.Event()
    monkeypatch.setattr(Directory, "sync", lambda _: go.wait(DEADLINE))
    monkeypatch.setattr(outlet_module, "QUEUE_BYTES", 1000)

    async def main() -> None:
        spool = Spool(options(tmp_path))
        outlet = SpoolOutlet(spool, options(tmp_path, batch_records=10, batch_bytes=500), ORIGIN)

        def put() -> None:
            for start in range(0, 2000, 10):
                outlet.put(lines(10, start), 10)

        putting = asyncio.create_task(asyncio.to_thread(put))
        await until(lambda: outlet.ledger()[0].held >= 50)
        await asyncio.sleep(0.1)
        assert not putting.done()
        go.set()
        await putting
        await outlet.close()
        stage = outlet.ledger()[0]
        assert (stage.received, stage.delivered, stage.dropped) == (2000, 2000, {})
        await spool.close()

    run(main())


def test_after_the_end(tmp_path: Path) -> None:
    """What comes too late is counted. Closing twice is closing once."""

    async def main() -> None:
        spool = Spool(options(tmp_path))
        outlet = SpoolOutlet(spool, options(tmp_path), ORIGIN)
        await outlet.close()
        await outlet.close()
        outlet.write(lines(3), 3)
        (stage, _) = outlet.ledger()
        assert (stage.balanced, stage.dropped) == (True, {"closed": 3})
        await spool.close()

    run(main())


def test_an_end_that_is_given_up(tmp_path: Path) -> None:
    """Where the disk hangs at the end, whoever waits can stop waiting, the ledger tells, and the process ends."""
    script = """
        import asyncio, sys, threading
        from pathlib import Path
        from interceptor import config
        from interceptor.delivery.batches import Origin
        from interceptor.delivery.disk import Directory
        from interceptor.delivery.outlet import SpoolOutlet
        from interceptor.delivery.spool import Spool
        Directory.sync = lambda self: threading.Event().wait()
        async def main():
            options = config.Spool(directory=Path(sys.argv[1]), min_free_bytes=0)
            outlet = SpoolOutlet(Spool(options), options, Origin("test"))
            outlet.write(b"{}\\n" * 7, 7)
            try:
                async with asyncio.timeout(0.2):
                    await outlet.close()
            except TimeoutError:
                print(outlet.ledger()[0].held, outlet.ledger()[0].balanced)
        asyncio.run(main())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), tmp_path],
        cwd=ROOT,
        capture_output=True,
        timeout=DEADLINE,
    )
    assert (ended.returncode, ended.stdout) == (0, b"7 True\n")
