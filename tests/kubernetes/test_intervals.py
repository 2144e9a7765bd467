"""Who had an address when: compared with what an oracle says that knows the whole history."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from interceptor.kubernetes.intervals import SLACK, Interval, Intervals


@dataclass(frozen=True)
class Pod:
    """An owner."""

    key: str


A, B, C = Pod("a"), Pod("b"), Pod("c")
HERE = "10.0.0.1"


def owners(intervals: Intervals[Pod], time: float) -> str:
    """Keys of the candidates."""
    return "".join(sorted(owner.key for owner in intervals.at(HERE, time)))


def test_an_address_is_whose_it_was() -> None:
    """Before, during, after, and with another owner later."""
    intervals = Intervals[Pod]()
    intervals.begin(HERE, A, 100)
    intervals.end(HERE, "a", 200, exact=True)
    intervals.begin(HERE, B, 300)
    assert [owners(intervals, time) for time in (97.9, 98, 150, 202, 202.1, 297, 298, 1e9)] == [
        *("", "a", "a", "a", "", "", "b", "b")
    ]
    assert intervals.at("10.0.0.2", 150) == []


def test_a_handover_within_the_slack_has_two_candidates() -> None:
    """Reused within a second: clocks do not say whose a packet of that second was."""
    intervals = Intervals[Pod]()
    intervals.begin(HERE, A, 100)
    intervals.end(HERE, "a", 200, exact=True)
    intervals.begin(HERE, B, 200.5)
    assert [owners(intervals, time) for time in (198.4, 198.5, 202, 202.1)] == ["a", "ab", "ab", "b"]


def test_a_successor_begins_at_an_exact_end() -> None:
    """A pod is acknowledged before it has an address: its start is no claim to what its predecessor still had."""
    for order in ("old first", "new first"):
        intervals = Intervals[Pod]()
        if order == "new first":
            intervals.begin(HERE, B, 150)
        intervals.begin(HERE, A, 100)
        if order == "old first":
            intervals.begin(HERE, B, 150)
        assert owners(intervals, 160) == "ab", "until it is known"
        intervals.end(HERE, "a", 200, exact=True)
        assert owners(intervals, 160) == "a", order
        assert owners(intervals, 210) == "b", order


def test_an_end_that_was_only_learnt_moves_nothing() -> None:
    """Gone at the latest when a list lacked it: until then both are candidates."""
    intervals = Intervals[Pod]()
    intervals.begin(HERE, A, 100)
    intervals.begin(HERE, B, 150)
    intervals.end(HERE, "a", 200)
    assert [owners(intervals, time) for time in (140, 160, 190, 203)] == ["a", "ab", "ab", "b"]


def test_an_end_is_known_once_and_better_only_once() -> None:
    """A deletion that is heard of after the last container has finished says nothing new."""
    intervals = Intervals[Pod]()
    intervals.begin(HERE, A, 100)
    intervals.end(HERE, "a", 200)
    intervals.end(HERE, "a", 180, exact=True)
    intervals.end(HERE, "a", 300)
    intervals.begin(HERE, A, 100)
    assert [owners(intervals, time) for time in (182, 183)] == ["a", ""]
    assert intervals.count == 1


def test_the_same_owner_may_come_back() -> None:
    """An object that a list lacked by mistake."""
    intervals = Intervals[Pod]()
    intervals.begin(HERE, A, 100)
    intervals.end(HERE, "a", 200)
    intervals.begin(HERE, A, 300)
    assert [owners(intervals, time) for time in (150, 250, 350)] == ["a", "", "a"]


def test_room_is_made_by_forgetting_what_ended_first() -> None:
    """At the limit; where everything goes on, what is new is not taken, and that is counted."""
    intervals = Intervals[Pod](10)
    for number in range(30):
        intervals.begin(f"10.0.1.{number}", A, number)
        intervals.end(f"10.0.1.{number}", "a", number + 0.5)
    assert intervals.count <= 10
    assert intervals.at("10.0.1.29", 29)
    assert not intervals.at("10.0.1.0", 0)
    for number in range(30):
        intervals.begin(f"10.0.2.{number}", A, number)
    assert (intervals.count, intervals.refused) == (10, 20)


def test_the_past_is_forgotten() -> None:
    """What goes on is not."""
    intervals = Intervals[Pod]()
    intervals.begin(HERE, A, 100)
    intervals.end(HERE, "a", 200)
    intervals.begin(HERE, B, 200)
    intervals.forget(201)
    assert [each.owner for _, each in intervals] == [B]
    assert intervals.count == 1


def test_what_is_restored_is_what_was() -> None:
    """Over a restart."""
    intervals = Intervals[Pod]()
    intervals.begin(HERE, A, 100)
    intervals.begin(HERE, B, 150)
    intervals.end(HERE, "a", 200, exact=True)
    again = Intervals[Pod]()
    for address, each in intervals:
        again.restore(address, Interval(each.owner, each.claimed, each.claimed, each.end, each.exact))
    assert list(again) == list(intervals)


TIMES = st.integers(0, 60)
LIVES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), TIMES, st.none() | st.integers(0, 30), st.booleans()),
    max_size=6,
    unique_by=lambda life: life[0],
)


@given(LIVES, st.randoms())
def test_any_history_is_as_the_oracle_says(
    lives: list[tuple[str, int, int | None, bool]], chance: object
) -> None:
    """Whatever order things are heard in: at every time the candidates are those of a brute-force oracle.

    The oracle: who claims to have had it within the slack of a time, cut at the exact ends of those who claim to have begun
    earlier.
    """
    steps: list[tuple[str, int, int | None, bool]] = []
    for key, start, length, exact in lives:
        steps.append((key, start, None, False))
        if length is not None:
            steps.append((key, start, start + length, exact))
    chance.shuffle(steps)  # type: ignore[attr-defined]
    intervals = Intervals[Pod]()
    late: list[tuple[str, int, bool]] = []
    for key, start, end, exact in steps:
        if end is None:
            intervals.begin(HERE, Pod(key), start)
        else:
            late.append((key, end, exact))
        for one in [each for each in late if intervals.knows(HERE, each[0])]:
            intervals.end(HERE, one[0], one[1], exact=one[2])
            late.remove(one)

    def had(life: tuple[str, int, int | None, bool], time: float) -> bool:
        _, start, length, _ = life
        end = inf if length is None else start + length
        earlier = [
            other[1] + other[2]
            for other in lives
            if other[3] and other[2] is not None and (other[1], other[1] + other[2]) < (start, end)
        ]
        begun = min(max([start, *earlier]), end)
        return begun - SLACK <= time <= end + SLACK

    for half in range(-5, 190, 5):
        time = half / 2
        assert owners(intervals, time) == "".join(sorted(life[0] for life in lives if had(life, time)))
