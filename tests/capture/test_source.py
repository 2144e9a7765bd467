"""What sources share: counters, meters and back-off."""

from __future__ import annotations

import asyncio

from interceptor.capture.source import Backoff, Counters, Meter, Offer, State, Watched, wait_for
from interceptor.core.model import Interface, PacketBatch


def test_the_sources_counters_outlive_the_interfaces() -> None:
    """What an interface counts the source counts too, for good."""
    totals = Counters()
    batch = PacketBatch(Interface("x", 1), b"", [(1, 0, 60, 60), (2, 60, 96, 1_500)])
    for _ in range(2):
        watched = Watched("x", totals)
        watched.received(batch)
        watched.dropped(3, 1)
        assert watched.counters == Counters(2, 1_560, 3, 1)
    assert totals == Counters(4, 3_120, 6, 2)


def test_a_new_interface_is_being_opened() -> None:
    """Until something becomes of it."""
    watched = Watched("x", Counters())
    assert (watched.state, watched.reason) == (State.WAITING, "is being opened")
    watched.set(State.CAPTURING)
    assert (watched.state, watched.reason) == (State.CAPTURING, "")


def test_a_meter_gives_steps() -> None:
    """Each capture counts from zero, and in 32 bits."""
    watched = Watched("x", Counters())
    first = Meter(watched)
    for reading in ((5, 0), (5, 0), (9, 2)):
        first.read(*reading)
    assert watched.counters == Counters(kernel_dropped=9, interface_dropped=2)
    second = Meter(watched)
    second.read(0xFFFFFFF0, 0)
    second.read(0x10, 1)
    assert watched.counters == Counters(kernel_dropped=9 + 0x100000010, interface_dropped=3)


def test_back_off_grows_to_its_limit() -> None:
    """Each wait is twice the last one, up to the longest, and a quarter off it at most; a success begins anew."""
    backoff = Backoff(0.25, 10.0)
    for expected in (0.25, 0.5, 1, 2, 4, 8, 10, 10, *[10] * 2_000):
        assert 0.75 * expected <= backoff.next() <= 1.25 * expected
    backoff.reset()
    assert backoff.next() <= 0.32


def test_another_interface_of_one_name() -> None:
    """Is one only where both numbers are known."""
    assert Offer("x", index=1).is_another(Offer("x", index=2))
    assert not Offer("x", index=1).is_another(Offer("x", up=False, index=1))
    assert not Offer("x").is_another(Offer("x", index=2))
    assert not Offer("x", index=1).is_another(Offer("x"))


def test_waiting_has_an_end() -> None:
    """The event's, or that of the time."""

    async def main() -> None:
        event = asyncio.Event()
        assert not await wait_for(event, 0.01)
        asyncio.get_running_loop().call_later(0.01, event.set)
        assert await wait_for(event, 30)

    asyncio.run(main())
