"""Who had an address, and when: intervals of time.

Owns what follows from "an address has one owner at a time", and how much is remembered. Refuses to know what owners are:
they have a key, and are compared by it.

* An interval begins when its owner can first have had the address, and ends when he can last have had it. An end is
  `exact` where it was observed where it happened (a kubelet saw the last container finish); any other is the time at
  which somebody learnt that the owner is gone, and so only the latest that it can have been.
* An exact end is where the next owner can begin: the kubelet acknowledges a pod before there is an address for it, so
  what a pod says of its start may be before its predecessor's end. An end that is not exact moves nothing: where the
  two overlap both are candidates, and that is what is known.
* `at` gives every owner within the slack of a time, since clocks of different machines differ. Two are two: whoever
  asks has to say so, and may not choose.

Each address's intervals are one tuple that is replaced, so a thread may ask while another one changes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LIMIT", "SLACK", "Interval", "Intervals", "O", "Owner"]

SLACK: Final = 2.0
"""Seconds by which clocks of nodes, API server and relay may differ; the API tells times in whole seconds."""
LIMIT: Final = 100_000
"""Intervals that are kept, those that go on and those that are over: some 60 MiB. Ten thousand pods are ten thousand
of one family; the others are the past."""


class Owner(Protocol):
    """Who has addresses."""

    @property
    def key(self) -> str:
        """Tells it from all others, those of the same name that came before it too."""


O = TypeVar("O", bound=Owner)  # noqa: E741 - an owner


@dataclass(frozen=True, slots=True)
class Interval(Generic[O]):
    """From `start` until before `end`, in seconds of Unix time."""

    owner: O
    claimed: float
    """When the owner says that it began."""
    start: float
    """The same, or the exact end of somebody who came before."""
    end: float = inf
    exact: bool = False
    """Whether the end is when it ended, and not when that was learnt."""


class Intervals(Generic[O]):
    """Of all addresses."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._of: dict[str, tuple[Interval[O], ...]] = {}
        """Sorted by end."""
        self.count = 0
        self.refused = 0
        """Beginnings for which there was no room, since all that was kept went on."""

    def __iter__(self) -> Iterator[tuple[str, Interval[O]]]:
        """Every interval with its address."""
        for address, intervals in list(self._of.items()):
            for interval in intervals:
                yield address, interval

    def restore(self, address: str, interval: Interval[O]) -> None:
        """Put back what `__iter__` gave."""
        if self.count < self._limit:
            self._put(address, [*self._of.get(address, ()), interval])

    def begin(self, address: str, owner: O, start: float) -> None:
        """An owner has an address and has had it since `start`.

        Said again, it changes nothing, and neither does it after an exact end.
        """
        intervals = self._of.get(address, ())
        for interval in intervals:
            if interval.owner.key == owner.key and interval.exact:
                return
            if interval.owner.key == owner.key and interval.end == inf:
                if interval.owner != owner:
                    others = [each for each in intervals if each is not interval]
                    self._put(address, [*others, replace(interval, owner=owner)])
                return
        if self.count >= self._limit:
            self._make_room()
            intervals = self._of.get(address, ())
        if self.count >= self._limit:
            self.refused += 1
            return
        self._put(address, [*intervals, Interval(owner, start, start)])

    def end(self, address: str, key: str, end: float, *, exact: bool = False) -> None:
        """The owner of this key has the address no more, from `end` on at the latest, or `exact`ly from then on."""
        intervals = list(self._of.get(address, ()))
        for place in reversed(range(len(intervals))):
            interval = intervals[place]
            if interval.owner.key != key:
                continue
            if interval.end != inf and (interval.exact or not exact):
                return  # it is known, and not less well
            intervals[place] = replace(interval, end=min(end, interval.end), exact=exact)
            self._put(address, intervals)
            return

    def knows(self, address: str, key: str) -> bool:
        """Whether anything is kept of this owner at this address."""
        return any(interval.owner.key == key for interval in self._of.get(address, ()))

    def at(self, address: str, time: float) -> list[O]:
        """Who may have had an address at a time: each once, and in no order that means anything."""
        intervals = self._of.get(address)
        if intervals is None:
            return []
        earliest, latest = time - SLACK, time + SLACK
        last = intervals[-1]
        if (
            last.start <= latest
            and last.end >= earliest
            and (len(intervals) == 1 or intervals[-2].end < earliest)
        ):
            return [last.owner]  # nearly always
        found: list[O] = []
        for interval in reversed(intervals):
            if interval.end < earliest:
                break
            if interval.start <= latest and all(each.key != interval.owner.key for each in found):
                found.append(interval.owner)
        return found

    def forget(self, before: float) -> None:
        """Drop what ended before a time."""
        for address, intervals in list(self._of.items()):
            kept = [each for each in intervals if each.end >= before]
            if len(kept) < len(intervals):
                self._put(address, kept)

    def _make_room(self) -> None:
        """Drop the tenth of all that ended first, or all that ended."""
        ends = sorted([interval.end for _, interval in self if interval.end != inf])
        if ends:
            self.forget(ends[min(self._limit // 10, len(ends) - 1)])
            if self.count >= self._limit:  # all ended in the same second
                self.forget(ends[-1] + 1)

    def _put(self, address: str, intervals: list[Interval[O]]) -> None:
        self.count += len(intervals) - len(self._of.get(address, ()))
        if intervals:
            self._of[address] = tuple(sorted(_in_turn(intervals), key=_end))
        else:
            del self._of[address]


def _in_turn(intervals: list[Interval[O]]) -> Iterator[Interval[O]]:
    """The intervals of an address, none beginning before the exact end of one that claims to have begun earlier."""
    latest = -inf
    for _, equals in groupby(sorted(intervals, key=_claimed), _claimed):
        ends = [latest]
        for interval in equals:  # of these none came before another
            start = min(max(interval.claimed, latest), interval.end)
            yield interval if start == interval.start else replace(interval, start=start)
            if interval.exact:
                ends.append(interval.end)
        latest = max(ends)


def _claimed(interval: Interval[O]) -> tuple[float, float]:
    return interval.claimed, interval.end


def _end(interval: Interval[O]) -> float:
    return interval.end
