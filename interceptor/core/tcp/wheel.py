"""A timer wheel: what must be looked at when, to the second.

Owns the order of looking. Refuses clocks: the time is given. An item that has been active in the meantime is
found not to be due and put in again, so that activity itself costs nothing.

Times are nanoseconds. An item is in the wheel as often as it was put in; looking at it once too often is the
owner's to notice, and so is that the wheel has more of what needs no look any more than it should.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.model import i64

__all__ = ["Wheel"]

_SECOND: Final = 1_000_000_000

Item = TypeVar("Item")


class Wheel(Generic[Item]):
    """Items by the second in which they must be looked at."""

    __slots__ = ("_buckets", "_second", "_size")

    def __init__(self) -> None:
        self._buckets: dict[int, list[Item]] = {}
        self._second: i64 = 0
        """Up to which they were taken."""
        self._size: i64 = 0

    def __len__(self) -> i64:
        """How many items it has, each as often as it was put in."""
        return self._size

    def put(self, item: Item, due: i64) -> None:
        """Have this looked at, not before `due` and within two seconds of it."""
        self._buckets.setdefault(due // _SECOND + 1, []).append(item)
        self._size += 1

    def keep(self, wanted: Callable[[Item], bool]) -> None:
        """Take out all but these. Looks at every one."""
        kept = {
            second: items
            for second, bucket in self._buckets.items()
            if (items := [item for item in bucket if wanted(item)])
        }
        self._buckets = kept
        self._size = sum(map(len, kept.values()))

    def due(self, now: i64) -> list[Item]:
        """Take out what must be looked at by now."""
        second = now // _SECOND
        if second == self._second:
            return []
        self._second = second
        # By what is there and not by counting seconds: the time of packets can jump by decades.
        taken = [
            item
            for bucket in sorted(key for key in self._buckets if key <= second)
            for item in self._buckets.pop(bucket)
        ]
        self._size -= len(taken)
        return taken

    def next(self, count: i64) -> list[Item]:
        """Take out up to `count` of those whose turn comes first."""
        taken: list[Item] = []
        for second in sorted(self._buckets):
            bucket = self._buckets[second]
            while bucket and len(taken) < count:
                taken.append(bucket.pop())
            if bucket:
                break
            del self._buckets[second]
        self._size -= len(taken)
        return taken
