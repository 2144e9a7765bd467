"""A timer wheel: what must be looked at when, to the second.

Owns the order of looking. Refuses clocks: the time is given. An item that has been active in the meantime is
found not to be due and put in again, so that activity itself costs nothing.

Times are nanoseconds. An item is in the wheel as often as it was put in; looking at it once too often is the
owner's to notice.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

__all__ = ["Wheel"]

_SECOND: Final = 1_000_000_000

Item = TypeVar("Item")


class Wheel(Generic[Item]):
    """Items by the second in which they must be looked at."""

    __slots__ = ("_buckets", "_second")

    def __init__(self) -> None:
        self._buckets: dict[int, list[Item]] = {}
        self._second = 0
        """Up to which they were taken."""

    def put(self, item: Item, due: int) -> None:
        """Have this looked at, not before `due` and within two seconds of it."""
        self._buckets.setdefault(due // _SECOND + 1, []).append(item)

    def due(self, now: int) -> list[Item]:
        """Take out what must be looked at by now."""
        second = now // _SECOND
        if second == self._second:
            return []
        self._second = second
        # By what is there and not by counting seconds: the time of packets can jump by decades.
        return [
            item
            for bucket in sorted(key for key in self._buckets if key <= second)
            for item in self._buckets.pop(bucket)
        ]

    def next(self, count: int) -> list[Item]:
        """Take out up to `count` of those whose turn comes first."""
        taken: list[Item] = []
        for second in sorted(self._buckets):
            bucket = self._buckets[second]
            while bucket and len(taken) < count:
                taken.append(bucket.pop())
            if bucket:
                break
            del self._buckets[second]
        return taken
