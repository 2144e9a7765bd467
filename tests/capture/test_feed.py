"""`interceptor.capture.feed`: the order of packets, and turns of the event loop."""

from __future__ import annotations

import asyncio

import pytest

from interceptor.capture.feed import Feed
from interceptor.core.model import Interface, PacketBatch

SECOND = 1_000_000_000


def batch(name: str, *times: int) -> PacketBatch:
    """Packets of these times, in seconds."""
    return PacketBatch(Interface(name, 1), b"", [(time * SECOND, 0, 0, 0) for time in times])


def test_the_oldest_goes_first() -> None:
    """Of what waits, the capture that is most behind is read on; within one, order stays."""
    given: list[tuple[str | None, int]] = []
    feed = Feed(lambda part: given.extend((part.interface.name, p[0] // SECOND) for p in part.packets))

    async def main() -> None:
        early, late = batch("early", 1, 2, 3), batch("late", 0, 9)
        async with asyncio.TaskGroup() as group:
            group.create_task(feed.put(batch("middle", 2, 1)))
            group.create_task(feed.put(late))
            group.create_task(feed.put(early))

    asyncio.run(main())
    assert given == [
        *(("late", 0), ("late", 9)),
        *(("early", 1), ("early", 2), ("early", 3)),
        *(("middle", 2), ("middle", 1)),
    ]


def test_nothing_is_given_while_the_core_has_enough() -> None:
    """Who puts packets waits until it has room again; then the oldest goes first, as ever."""
    given: list[int] = []

    async def main() -> None:
        feed = Feed(lambda part: given.extend(packet[0] // SECOND for packet in part.packets))
        feed.hold()
        later, earlier = (asyncio.create_task(feed.put(batch("any", time))) for time in (2, 1))
        for _ in range(10):
            await asyncio.sleep(0)
        assert given == []
        assert feed.stage(0, 0).held == 2
        feed.go_on()
        await asyncio.gather(later, earlier)

    asyncio.run(main())
    assert given == [1, 2]


def test_a_large_batch_is_given_in_pieces() -> None:
    """Others have turns in between, and an older packet of another capture goes before the rest."""
    sizes: list[int] = []
    order: list[str | None] = []
    turns = 0

    def sink(part: PacketBatch) -> None:
        sizes.append(len(part.packets))
        order.append(part.interface.name)

    async def main() -> None:
        nonlocal turns
        feed = Feed(sink)
        long = asyncio.create_task(feed.put(batch("long", *range(1_000))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        other = asyncio.create_task(feed.put(batch("other", 5)))
        while not long.done():
            await asyncio.sleep(0)
            turns += 1
        await other

    asyncio.run(main())
    assert sorted(sizes) == [1, 232, 256, 256, 256]
    assert order.index("other") < order.count("long")
    assert turns >= 4


def test_putting_returns_when_all_was_taken() -> None:
    """So a capture is read no faster than packets are understood."""
    taken = 0

    def sink(part: PacketBatch) -> None:
        nonlocal taken
        taken += len(part.packets)

    async def main() -> None:
        feed = Feed(sink)
        await feed.put(batch("x", *range(700)))
        assert taken == 700
        await feed.put(batch("x"))

    asyncio.run(main())


def test_cancelled_packets_are_forgotten() -> None:
    """A capture that is cancelled takes its batch with it, and holds up nobody."""
    seen: list[str | None] = []
    feed = Feed(lambda part: seen.append(part.interface.name))

    async def main() -> None:
        waiting = asyncio.create_task(feed.put(batch("cancelled", *range(1_000))))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        await feed.put(batch("next", 5))

    asyncio.run(main())
    assert seen == ["next"]


def test_a_defect_of_the_sink_is_the_captures() -> None:
    """It comes out where the packets were put, and the next ones are given."""

    def sink(part: PacketBatch) -> None:
        if part.interface.name == "bad":
            raise ZeroDivisionError

    async def main() -> None:
        feed = Feed(sink)
        good = asyncio.create_task(feed.put(batch("good", 9)))
        with pytest.raises(ZeroDivisionError):
            await feed.put(batch("bad", 1))
        await good

    asyncio.run(main())


def test_time_stands_still_while_old_packets_wait() -> None:
    """Packet time passes with the wall clock, a moment behind, but not beyond what is still to be understood."""

    async def main() -> None:
        feed = Feed(lambda _: None, read_timeout=0.25)
        assert feed.passed(100 * SECOND) == 99 * SECOND
        waiting = asyncio.create_task(feed.put(batch("x", 98, 103)))
        await asyncio.sleep(0)
        assert feed.passed(105 * SECOND) == 99 * SECOND
        await waiting
        assert feed.passed(105 * SECOND) == 104 * SECOND
        assert feed.passed(105 * SECOND - 1) == 104 * SECOND

    asyncio.run(main())


def test_time_goes_back_with_the_clock() -> None:
    """Packets have its times too: waiting for the clock to come by again, nothing would ever be over."""
    feed = Feed(lambda _: None, read_timeout=0.25)
    assert feed.passed(4_000 * SECOND) == 3_999 * SECOND
    assert feed.passed(400 * SECOND) == 399 * SECOND
    assert feed.passed(401 * SECOND) == 400 * SECOND


def test_the_first_line_of_the_ledger_balances_at_any_moment() -> None:
    """What came is delivered, waits, or was dropped: by the kernel, the interface, or a capture that was closed."""

    async def main() -> None:
        feed = Feed(lambda _: None)
        puts = [asyncio.create_task(feed.put(batch(str(n), *range(700)))) for n in range(5)]
        seen = set()
        for turn in range(30):
            await asyncio.sleep(0)
            if turn == 4:
                puts[1].cancel()
            stage = feed.stage(7, 2)
            assert stage.balanced
            seen.add(stage.held)
        assert len(seen) > 5
        assert (stage.received, stage.held) == (5 * 700 + 9, 0)
        assert (stage.dropped["kernel"], stage.dropped["interface"]) == (7, 2)
        assert 0 < stage.dropped["closed"] < 700
        with pytest.raises(asyncio.CancelledError):
            await puts[1]

    asyncio.run(main())


def test_what_the_core_fails_on_is_not_delivered() -> None:
    """A defect ends the daemon, whose last ledger balances all the same."""

    def sink(_: PacketBatch) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        feed = Feed(sink)
        with pytest.raises(ZeroDivisionError):
            await feed.put(batch("x", *range(10)))
        stage = feed.stage(0, 0)
        assert stage.balanced
        assert (stage.delivered, stage.held) == (0, 0)

    asyncio.run(main())
