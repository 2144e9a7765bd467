"""How much is held at once, and who has to go."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from interceptor.ingest.room import Bodies, Body, NoRoomError, Turns


async def send(bodies: Bodies, size: int, seconds: float) -> None:
    """A body of this size that goes on coming for so long, where it has little time."""
    async with bodies.coming("one", 0.01) as body:
        body.add(size)
        await asyncio.sleep(seconds)


def test_who_holds_most_gives_up_what_he_began_last() -> None:
    """One client with many bodies, the others with one each: it costs him, and no more than is needed."""

    async def go() -> None:
        bodies = Bodies(100)
        ends = asyncio.Event()
        outcomes: dict[str, str] = {}
        begun: list[Body] = []

        async def send(name: str, client: str, size: int) -> None:
            try:
                async with bodies.coming(client, 60) as body:
                    begun.append(body)
                    body.add(size)
                    await ends.wait()
            except NoRoomError:
                outcomes[name] = "refused"
            else:
                outcomes[name] = "there"
                bodies.let_go(body)

        async with asyncio.TaskGroup() as group:
            for name, client, size in (
                ("first", "many", 30),
                ("second", "many", 30),
                ("third", "many", 30),
                ("one", "modest", 25),
                ("two", "other", 10),
                ("three", "another", 40),
            ):
                group.create_task(send(name, client, size))
                await asyncio.sleep(0)
                assert bodies.size <= 100
            ends.set()
        assert outcomes == {
            "first": "there",
            "second": "refused",
            "third": "refused",
            "one": "there",
            "two": "there",
            "three": "refused",
        }
        assert (bodies.size, bodies._clients, bodies._coming) == (0, {}, [])

    asyncio.run(go())


def test_what_is_there_and_waits_counts_and_stays() -> None:
    """Who begins another body while one of his waits holds more than the others."""

    async def go() -> None:
        bodies = Bodies(100)
        async with bodies.coming("one", 60) as waits:
            waits.add(80)
        with pytest.raises(NoRoomError):
            await send(bodies, 30, 0)
        assert bodies.size == 80
        bodies.let_go(waits)
        assert bodies.size == 0

    asyncio.run(go())


def test_a_body_has_its_time() -> None:
    """And counts no longer."""

    async def go() -> None:
        bodies = Bodies(100)
        with pytest.raises(TimeoutError):
            await send(bodies, 50, 60)
        assert bodies.size == 0

    asyncio.run(go())


def test_turns_are_in_order_and_within_the_room() -> None:
    """A large one is not overtaken for ever by small ones; one that is larger than all is as large as all."""

    async def go() -> None:
        turns = Turns(10)
        order: list[str] = []
        assert await turns.take(6) == 6

        async def take(name: str, size: int) -> None:
            order.append(f"{name} {await turns.take(size)}")

        waiting = [asyncio.create_task(take(name, size)) for name, size in (("large", 99), ("small", 1))]
        gone = asyncio.create_task(turns.take(1))
        await asyncio.sleep(0)
        assert order == []
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        turns.give(6)
        await asyncio.wait(waiting[:1])
        assert order == ["large 10"]
        turns.give(10)
        await asyncio.wait(waiting)
        assert order == ["large 10", "small 1"]
        assert turns._taken == 1

    asyncio.run(go())


def test_who_goes_away_holds_nobody_up() -> None:
    """Cancelled while it waits, or when its turn has just come."""

    async def go() -> None:
        turns = Turns(10)
        await turns.take(10)
        tasks = [asyncio.create_task(turns.take(10)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        turns.give(10)  # the turn of the second
        tasks[1].cancel()
        assert await asyncio.wait_for(tasks[2], 10) == 10

    asyncio.run(go())
