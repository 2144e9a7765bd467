"""Facts about the timer wheel."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.tcp.wheel import Wheel
from tests.support.examples import examples

SECOND = 1_000_000_000


def test_nothing_is_due_before_its_time() -> None:
    """What is put in for 5.5 s is not there at 5.9 s and is at 7 s."""
    wheel: Wheel[str] = Wheel()
    wheel.put("a", 5 * SECOND + SECOND // 2)
    assert wheel.due(5 * SECOND + 9 * SECOND // 10) == []
    assert wheel.due(7 * SECOND) == ["a"]
    assert wheel.due(9 * SECOND) == []


def test_a_jump_of_decades_takes_no_decades() -> None:
    """The time goes to the end of 64 bits at once, and everything is due, in order."""
    wheel: Wheel[int] = Wheel()
    for due in (7, 3, 5):
        wheel.put(due, due * SECOND)
    assert wheel.due(2**63) == [3, 5, 7]


def test_the_next_come_from_the_earliest_seconds() -> None:
    """Taking three of five leaves the two whose turn comes last."""
    wheel: Wheel[int] = Wheel()
    for due in (5, 1, 4, 2, 3):
        wheel.put(due, due * SECOND)
    assert wheel.next(3) == [1, 2, 3]
    assert wheel.next(3) == [4, 5]
    assert wheel.next(3) == []


def test_what_is_not_wanted_is_taken_out() -> None:
    """The others stay where they are, as often as they were put in; the wheel knows how many there are."""
    wheel: Wheel[str] = Wheel()
    for item, due in (("a", 1), ("b", 1), ("a", 3), ("c", 5)):
        wheel.put(item, due * SECOND)
    assert len(wheel) == 4
    wheel.keep(lambda item: item != "b")
    assert len(wheel) == 3
    assert wheel.next(1) == ["a"]
    assert len(wheel) == 2
    assert wheel.due(9 * SECOND) == ["a", "c"]
    assert len(wheel) == 0


@examples(1_000)
@given(st.lists(st.integers(0, 100 * SECOND)), st.lists(st.integers(0, 120 * SECOND)))
def test_everything_comes_once_and_in_time(dues: list[int], looks: list[int]) -> None:
    """Each item is given exactly once, never early, and at the first look two seconds or more after it was due."""
    wheel: Wheel[int] = Wheel()
    for due in dues:
        wheel.put(due, due)
    given_out: list[int] = []
    for now in [*sorted(looks), 200 * SECOND]:
        taken = wheel.due(now)
        assert all(due <= now for due in taken)
        given_out += taken
        waiting = sorted(dues)
        for due in given_out:
            waiting.remove(due)
        assert all(due > now - 2 * SECOND for due in waiting)
    assert sorted(given_out) == sorted(dues)
