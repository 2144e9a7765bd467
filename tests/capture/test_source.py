"""What sources share: counters, meters and back-off."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from interceptor.capture.source import (
    Backoff,
    Blindness,
    Counters,
    Meter,
    Offer,
    State,
    Watched,
    wait_for,
)
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
    first = Meter("live:", watched)
    for reading in ((5, 0), (5, 0), (9, 2)):
        first.read(*reading)
    assert watched.counters == Counters(kernel_dropped=9, interface_dropped=2)
    second = Meter("live:", watched)
    for reading in ((0x7FFFFFF0, 0), (0xFFFFFFE0, 0), (0x10, 1)):
        second.read(*reading)
    assert watched.counters == Counters(kernel_dropped=9 + 0x100000010, interface_dropped=3)


def test_a_counter_that_goes_back_is_no_loss() -> None:
    """As those of interfaces do when their driver is reset, and as libpcap then shows them: near 2**32."""
    watched = Watched("x", Counters())
    meter = Meter("live:", watched)
    for reading in ((0, 4_294_965_006), (0, 4_294_965_010), (0, 0), (0, 1_000), (0, 3), (0, 5)):
        meter.read(*reading)
    assert watched.counters.interface_dropped == 4 + 2_286 + 1_000 + 2


def test_a_loss_is_told_with_its_interface_and_cause() -> None:
    """A line for each cause, with how many packets since the last reading; none where nothing is lost."""
    meter = Meter("live:", Watched("eth0", Counters()))
    with capture_logs() as events:
        for reading in ((0, 0), (5, 0), (5, 2), (5, 2)):
            meter.read(*reading)
    told = [(event["event"], event["interface"], event["packets"], event["cause"]) for event in events]
    assert [(name, interface, packets) for name, interface, packets, _ in told] == [
        ("packets_lost", "eth0", 5),
        ("packets_lost", "eth0", 2),
    ]
    assert [cause.partition(":")[0] for *_, cause in told] == ["kernel", "interface"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, which a test sets."""
    now = [100.0]
    monkeypatch.setattr("interceptor.capture.source.time.monotonic", lambda: now[0])
    return now


def test_blindness_is_the_time_between_two_captures_of_an_interface(clock: list[float]) -> None:
    """It counts while it lasts, stays counted when it is over, and no counter goes back."""
    totals = Counters()
    watched = Watched("x", totals)
    watched.set(State.FAILED, "no such device")  # it has never been captured: nothing is missing
    clock[0] += 10
    assert watched.blind_for() == 0
    watched.set(State.CAPTURING)
    watched.set(State.FAILED, "the connection is lost")
    clock[0] += 3
    watched.set(State.FAILED, "refused")
    assert watched.blind_for() == 3
    clock[0] += 1
    watched.set(State.CAPTURING)
    assert (watched.blind_for(), watched.counters.blind_seconds, totals.blind_seconds) == (0, 4, 4)
    clock[0] += 50
    assert totals.blind_seconds == 4


def test_an_interface_that_goes_was_not_blind(clock: list[float]) -> None:
    """Its capture ends a moment before it leaves the list. One that left while nobody could look was, until then."""
    totals = Counters()
    for seconds in (0.9, 30.0):
        watched = Watched("x", totals)
        watched.set(State.CAPTURING)
        watched.set(State.FAILED, "The interface disappeared")
        clock[0] += seconds
        watched.gone()
        clock[0] += 5
        assert watched.blind_for() == 0
    assert totals.blind_seconds == 30


def test_interfaces_that_are_captured_again_are_told_together() -> None:
    """One line for all of a moment, with the first names, however many there are."""

    async def main() -> None:
        blindness = Blindness("rpcap://a:2002")
        for number in range(25):
            blindness.over(f"veth{number}", 1.0 + number)
        await asyncio.sleep(1.2)
        blindness.over("veth0", 2.0)
        await asyncio.sleep(1.2)

    with capture_logs() as events:
        asyncio.run(main())
    first, second = events
    assert (first["event"], first["source"], first["seconds"], first["more"]) == (
        "blindness_ended",
        "rpcap://a:2002",
        25.0,
        15,
    )
    assert first["interfaces"] == {f"veth{number}": 1.0 + number for number in range(10)}
    assert second["interfaces"] == {"veth0": 2.0}


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
