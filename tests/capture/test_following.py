"""`interceptor.capture.following`: which captures run, with captures that do as they are told."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from interceptor.capture import following
from interceptor.capture.following import Following
from interceptor.capture.source import CaptureEnded, Counters, Offer, State
from interceptor.config import Interfaces

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from interceptor.capture.source import Watched


class Captures:
    """Captures that run until they are ended by hand."""

    def __init__(self) -> None:
        self.running: dict[str, asyncio.Future[None]] = {}
        self.started: list[str] = []
        self.cancelled: list[str] = []

    async def __call__(self, watched: Watched) -> None:
        """Capture one interface."""
        self.started.append(watched.name)
        end = self.running[watched.name] = asyncio.get_running_loop().create_future()
        watched.set(State.CAPTURING)
        try:
            await end
        except asyncio.CancelledError:
            self.cancelled.append(watched.name)
            raise
        finally:
            if self.running.get(watched.name) is end:
                del self.running[watched.name]

    def fail(self, name: str, reason: str = "it broke") -> None:
        """End one."""
        self.running[name].set_exception(CaptureEnded(reason))


def follow(check: Callable[[Following, Captures], Coroutine[None, None, None]]) -> None:
    """Run `check`; afterwards no capture is left."""

    async def main() -> None:
        captures = Captures()

        async def source() -> None:
            async with asyncio.TaskGroup() as group:
                interfaces = Interfaces(exclude=("no*",))
                await check(Following("test:", interfaces, Counters(), captures, group), captures)
                raise asyncio.CancelledError

        async with asyncio.timeout(30):
            with pytest.raises(asyncio.CancelledError):
                await source()
        assert captures.running == {}

    asyncio.run(main())


async def turns(count: int = 5) -> None:
    """Let others run."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_is_wanted_and_up_is_captured() -> None:
    """Once, however often it is offered; excluded and down interfaces say so."""

    async def check(following: Following, captures: Captures) -> None:
        for _ in range(3):
            following.reconcile([Offer("a"), Offer("down", up=False), Offer("no1")])
            await turns()
        assert captures.started == ["a"]
        assert {name: (one.state, one.reason) for name, one in following.watched.items()} == {
            "a": (State.CAPTURING, ""),
            "down": (State.WAITING, "is down"),
            "no1": (State.EXCLUDED, "exclude no*"),
        }
        following.reconcile([Offer("a"), Offer("down", up=True), Offer("no1")])
        await turns()
        assert captures.started == ["a", "down"]

    follow(check)


def test_other_rules_hold_from_the_next_list_on() -> None:
    """What they exclude is let go, what they include is captured, the rest is not touched."""

    async def check(following: Following, captures: Captures) -> None:
        offers = [Offer("a"), Offer("b"), Offer("no1")]
        following.reconcile(offers)
        await turns()
        following.changed.clear()
        following.obey(Interfaces(exclude=("b",)))
        assert following.changed.is_set()
        following.reconcile(offers)
        await turns()
        assert captures.started == ["a", "b", "no1"]
        assert (following.watched["b"].state, following.watched["b"].reason) == (State.EXCLUDED, "exclude b")
        assert following.watched["a"].state is State.CAPTURING
        captures.fail("b")  # its last packet
        await turns()
        assert following.watched["b"].state is State.EXCLUDED
        following.obey(Interfaces(exclude=()))
        following.reconcile(offers)
        await turns()
        assert captures.started == ["a", "b", "no1", "b"]
        assert captures.cancelled == []

    follow(check)


def test_one_that_fails_is_tried_again_after_a_while() -> None:
    """Not at once, and at once when its interface has changed. The others are not touched."""

    async def check(following: Following, captures: Captures) -> None:
        offers = [Offer("a", index=1), Offer("b", index=2)]
        following.reconcile(offers)
        await turns()
        captures.fail("a")
        await turns()
        assert (following.watched["a"].state, following.watched["a"].reason) == (State.FAILED, "it broke")
        assert following.changed.is_set()
        following.changed.clear()
        following.reconcile(offers)
        await turns()
        assert captures.started == ["a", "b"]
        await following.changed.wait()  # it is due
        following.reconcile(offers)
        await turns()
        assert captures.started == ["a", "b", "a"]
        assert following.watched["a"].state is State.CAPTURING
        captures.fail("a")
        await turns()
        following.reconcile([Offer("a", up=False, index=1), offers[1]])
        following.reconcile(offers)
        await turns()
        assert captures.started == ["a", "b", "a", "a"]
        assert captures.cancelled == []

    follow(check)


def test_one_that_has_gone_may_end_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is ended where it does not. It is no longer shown at once."""
    monkeypatch.setattr(following, "_FAREWELL", 0.1)

    async def check(following: Following, captures: Captures) -> None:
        following.reconcile([Offer("a"), Offer("b"), Offer("c")])
        await turns()
        following.reconcile([Offer("c")])
        assert set(following.watched) == {"c"}
        await turns()
        assert set(captures.running) == {"a", "b", "c"}
        captures.fail("a", "The interface disappeared")
        with contextlib.suppress(asyncio.CancelledError):
            await captures.running["b"]
        await turns()
        assert captures.cancelled == ["b"]
        assert set(captures.running) == {"c"}
        assert set(following.watched) == {"c"}

    follow(check)


def test_another_interface_of_the_same_name() -> None:
    """Is captured at once, beside what the old one still gives."""

    async def check(following: Following, captures: Captures) -> None:
        following.reconcile([Offer("a")])
        await turns()
        following.reconcile([Offer("a", index=7)])  # its number was not known before
        await turns()
        assert captures.started == ["a"]
        following.reconcile([Offer("a", index=8)])
        await turns()
        assert captures.started == ["a", "a"]
        assert following.watched["a"].state is State.CAPTURING

    follow(check)


def test_there_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond which interfaces fail and say so, until there is room."""
    monkeypatch.setattr(following, "MAX_CAPTURES", 2)

    async def check(following: Following, captures: Captures) -> None:
        offers = [Offer("a"), Offer("b"), Offer("c")]
        following.reconcile(offers)
        await turns()
        assert captures.started == ["a", "b"]
        assert following.watched["c"].state is State.FAILED
        assert following.watched["c"].reason == "more than 2 interfaces"
        following.reconcile(offers[1:])
        await turns()
        assert captures.started == ["a", "b"], "that of a, which has gone, has not ended yet"
        captures.fail("a")
        await turns()
        assert following.changed.is_set()
        following.reconcile(offers[1:])
        await turns()
        assert captures.started == ["a", "b", "c"]

    with capture_logs() as events:
        follow(check)
    assert [event["event"] for event in events].count("captures_limited") == 1


def test_names_that_change_at_each_listing_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Captures, what is known, and the log stay as small as one listing makes them."""
    monkeypatch.setattr(following, "MAX_CAPTURES", 20)
    most = 0

    async def check(following: Following, captures: Captures) -> None:
        nonlocal most
        for listing in range(30):
            following.reconcile([Offer(f"veth{listing}x{number}") for number in range(2_500)])
            await turns()
            most = max(most, len(captures.running))
            assert len(following.watched) == 2_500

    with capture_logs() as events:
        follow(check)
    assert most == 20
    assert [event["event"] for event in events] == ["captures_limited"]


def test_what_is_left_out_is_said_once_with_the_rule_and_the_flag() -> None:
    """Again only when other rules hold; as a warning where nothing is captured at all."""

    async def check(following: Following, captures: Captures) -> None:
        del captures
        following.obey(Interfaces())
        for number in range(3):
            following.reconcile([Offer("lo"), Offer("eth0"), *(Offer(f"br-{n}") for n in range(12 + number))])
            await turns()
        following.obey(Interfaces(include=("eth0",)))
        for _ in range(2):
            following.reconcile([Offer("lo"), Offer("eth0")])
            await turns()

    with capture_logs() as events:
        follow(check)
    first, second = [event for event in events if event["event"] == "interfaces_left_out"]
    assert (first["log_level"], first["captured"]) == ("warning", 0)
    assert first["left_out"] == {
        "exclude lo": ["lo"],
        "exclude eth*": ["eth0"],
        "exclude br-*": [*(f"br-{n}" for n in range(10)), "and 2 more"],
    }
    assert "--capture-interfaces-include '*,eth0'" in first["remedy"]
    assert (second["log_level"], second["captured"], second["left_out"]) == (
        "info",
        1,
        {"exclude lo": ["lo"]},
    )


def test_a_defect_of_a_capture_is_not_hidden() -> None:
    """Only `CaptureEnded` is an end; anything else ends the source, and whoever runs it is told."""

    async def main() -> None:
        async def broken(watched: Watched) -> None:
            raise ZeroDivisionError

        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                Following("test:", Interfaces(), Counters(), broken, group).reconcile([Offer("a")])
        assert caught.group_contains(ZeroDivisionError)

    asyncio.run(main())
