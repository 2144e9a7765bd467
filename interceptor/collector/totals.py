"""Totals: how many calls, how they were answered and how long they took, as bytes that can be added.

Owns what a total is, how it is written into one column of a database, and how many of them are summed. Pure: refuses
to know of what, of when, and of any database.

Latencies are counted in buckets that are 9 % wide. A histogram is sparse in two ways: it begins at its first bucket
and ends with its last, and each count takes one byte until one of them needs more. So a total of a few calls takes
some 40 bytes, and one of millions some 300. In memory, where many are summed, a histogram is one integer with 48 bits
for each bucket: adding two is adding two integers, in C, whatever their width.

Invariants: `merge` of two packed totals is the packed total of both; the same calls give the same bytes, in whatever
order they came; no sum overflows while it is below 2**32 calls of one status and 2**48 of one bucket.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["OCTAVE", "Tally", "bounds", "bucket", "histogram", "merge", "pack", "percentile", "unpack"]

OCTAVE: Final = 8
"""Buckets for each doubling of a latency: one is 9 % wide."""
_LANE: Final = 6
"""Bytes of one bucket's count in memory."""
_WIDTHS: Final = (1, 2, 4, 8)
"""Bytes of a count as packed."""
_CALLS: Final = 2**32 - 1
"""Of one status in one packed total, at most."""
_HEAD: Final = Struct("<H")
"""How many statuses follow."""
_STATUS: Final = Struct("<HI")
"""A status as `core.records.verdicts` has it (0: no response was seen), and its calls."""
_LATENCIES: Final = Struct("<BH")
"""Bytes of a count, and the first bucket; then the counts. Absent where no duration is known."""


def bucket(duration_us: int | None) -> int:
    """Which bucket counts this latency; -1 if it is not known."""
    if duration_us is None:
        return -1
    return int(OCTAVE * math.log2(duration_us)) if duration_us > 1 else 0


def bounds(number: int) -> tuple[float, float]:
    """The latencies, in microseconds, that a bucket counts: from the first, below the second."""
    return (2 ** (number / OCTAVE) if number else 0.0, 2 ** ((number + 1) / OCTAVE))


def pack(calls: Sequence[tuple[int, int]]) -> bytes:
    """A total. `calls` are status (0: no response) and bucket (-1: not known) of each."""
    if len(calls) == 1:
        return _one(*calls[0])
    statuses: dict[int, int] = {}
    numbers: list[int] = []
    for status, number in calls:
        statuses[status] = statuses.get(status, 0) + 1
        if number >= 0:
            numbers.append(number)
    if not numbers:
        return _packed(statuses, 0, [])
    first = min(numbers)
    counts = [0] * (max(numbers) + 1 - first)
    for number in numbers:
        counts[number - first] += 1
    return _packed(statuses, first, counts)


@lru_cache(4_096)
def _one(status: int, number: int) -> bytes:
    """The total of one call: what most are, where traffic is diverse."""
    return _packed({status: 1}, number, [1] if number >= 0 else [])


def _packed(statuses: Mapping[int, int], first: int, counts: list[int]) -> bytes:
    parts = [_HEAD.pack(len(statuses))]
    for status in sorted(statuses):
        calls = statuses[status]
        parts.append(_STATUS.pack(status, min(_CALLS, calls)))
    if counts:
        most = max(counts)
        width = 1 if most < 256 else next(width for width in _WIDTHS if most < 1 << 8 * width)
        parts.append(_LATENCIES.pack(width, first))
        if width == 1:
            parts.append(bytes(counts))
        else:
            parts += [count.to_bytes(width, "little") for count in counts]
    return b"".join(parts)


def merge(one: bytes, other: bytes) -> bytes:
    """The total of both."""
    merged = _patched(one, other)
    if merged is None:
        tally = Tally()
        tally.add(one)
        tally.add(other)
        merged = tally.packed()
    return merged


def _patched(one: bytes, other: bytes) -> bytes | None:
    """As `merge`, where no count of both takes more than a byte; else None.

    A batch adds a call or a few to each of thousands of totals: this takes a fifth of the time.
    """
    end, start = 2 + 6 * (one[0] + 256 * one[1]), 2 + 6 * (other[0] + 256 * other[1])
    if start == len(other) or end == len(one) or one[end] != 1 or other[start] != 1:
        return None
    merged = bytearray(one)
    for place in range(2, start, 6):
        status = other[place : place + 2]
        found = merged.find(status, 2, end)
        while found > 0 and (found - 2) % 6:
            found = merged.find(status, found + 1, end)
        if found < 0:
            found = 2
            while found < end and (merged[found + 1], merged[found]) < (status[1], status[0]):
                found += 6
            merged[found:found] = other[place : place + 6]
            end += 6
            continue
        calls = int.from_bytes(merged[found + 2 : found + 6], "little")
        calls += int.from_bytes(other[place + 2 : place + 6], "little")
        merged[found + 2 : found + 6] = min(calls, _CALLS).to_bytes(4, "little")
    merged[:2] = _HEAD.pack((end - 2) // 6)
    lanes = end + _LATENCIES.size
    at = lanes + other[start + 1] + 256 * other[start + 2] - merged[end + 1] - 256 * merged[end + 2]
    """Where the other's first count goes."""
    if at < lanes:
        merged[end + 1 : lanes] = other[start + 1 : start + _LATENCIES.size] + bytes(lanes - at)
        at = lanes
    start += _LATENCIES.size
    if (missing := at + len(other) - start - len(merged)) > 0:
        merged += bytes(missing)
    try:
        for place in range(start, len(other)):
            if count := other[place]:
                merged[at + place - start] += count
    except ValueError:  # no byte
        return None
    return bytes(merged)


def unpack(packed: bytes) -> tuple[list[tuple[int, int]], int]:
    """(status, calls), and the histogram as one integer: what `Tally.include` takes."""
    end = 2 + 6 * (packed[0] + 256 * packed[1])
    statuses = list(_STATUS.iter_unpack(packed[2:end]))
    if end == len(packed):
        return statuses, 0
    width, first = _LATENCIES.unpack_from(packed, end)
    counts = packed[end + _LATENCIES.size :]
    lanes = bytearray(_LANE * (len(counts) // width))
    for place in range(min(width, _LANE)):
        lanes[place::_LANE] = counts[place::width]
    return statuses, int.from_bytes(lanes, "little") << (8 * _LANE * first)


def histogram(buckets: Iterable[tuple[int, int]]) -> int:
    """As `unpack` gives it, of (bucket, calls)."""
    return sum([calls << (8 * _LANE * number) for number, calls in buckets])


class Tally:
    """Totals, being summed."""

    __slots__ = ("_latencies", "bytes", "calls", "statuses")

    def __init__(self) -> None:
        self.calls = 0
        self.bytes = 0
        """Of bodies; whoever adds a total adds them."""
        self.statuses: Counter[int] = Counter()
        self._latencies = 0

    def add(self, packed: bytes) -> None:
        """Add a packed total."""
        self.include(*unpack(packed))

    def include(self, statuses: Iterable[tuple[int, int]], latencies: int) -> None:
        """Add an unpacked total: what one row of a database is unpacked for once, and added to several."""
        mine = self.statuses
        for status, count in statuses:
            mine[status] = mine.get(status, 0) + count
            self.calls += count
        self._latencies += latencies

    def parts(self) -> tuple[Iterable[tuple[int, int]], int]:
        """As `unpack` gives a packed one."""
        return self.statuses.items(), self._latencies

    @property
    def latencies(self) -> list[tuple[int, int]]:
        """(bucket, calls), sorted, of those that are not empty."""
        return [(number, count) for number, count in enumerate(self._counts()) if count]

    def classes(self) -> tuple[int, int, int, int, int, int]:
        """Calls without a response, and those with 1xx to 5xx; what is beyond, as gRPC's failures are, counts as 5xx."""
        classes = [0] * 6
        for status, count in self.statuses.items():
            classes[min(status // 100, 5)] += count
        none, informed, done, moved, refused, failed = classes
        return none, informed, done, moved, refused, failed

    def packed(self) -> bytes:
        """As `pack` writes it."""
        counts = self._counts()
        first = next((number for number, count in enumerate(counts) if count), 0)
        return _packed(self.statuses, first, counts[first:])

    def _counts(self) -> list[int]:
        """By bucket, from the first to the last that is not empty."""
        number = -(-self._latencies.bit_length() // (8 * _LANE))
        lanes = self._latencies.to_bytes(number * _LANE, "little")
        wide = bytearray(8 * number)
        for place in range(_LANE):
            wide[place::8] = lanes[place::_LANE]
        return memoryview(wide).cast("Q").tolist()


def percentile(buckets: Iterable[tuple[int, int]], share: float) -> int | None:
    """The latency in microseconds that `share` of the calls do not exceed; None without calls.

    `buckets` are (bucket, calls), sorted. Within a bucket the calls are taken as evenly spread.
    """
    counted = list(buckets)
    total = sum(calls for _, calls in counted)
    if not total:
        return None
    rank = share * total
    for number, calls in counted:
        if rank <= calls:
            low, high = bounds(number)
            return round(low + (high - low) * rank / calls)
        rank -= calls
    return round(bounds(counted[-1][0])[1])
