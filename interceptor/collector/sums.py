"""What records that came add to the totals of the SQLite database: by the minute, the hour and the day, by caller, by anomaly.

Owns how calls of some batches are summed before they are written, so that a row is written once for all of them.
Refuses to store records, and to answer: `store` and `selection` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from interceptor.collector.database import DAY, HOUR, MINUTE, PART
from interceptor.collector.totals import bucket, pack

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from interceptor.collector.names import Names
    from interceptor.ingest.lines import Known

__all__ = ["Placed", "Sums"]

_MAX_SIZE: Final = 2**36
"""Bytes that are counted of one call, so that no sum leaves 63 bits, whatever records claim."""
_MINUTE_US: Final = MINUTE * 1_000_000

_ADD: Final = (
    "INSERT INTO {table} VALUES({places}) ON CONFLICT DO UPDATE SET received = excluded.received,"
    " calls = calls + excluded.calls, bytes = bytes + excluded.bytes, tally = merge(tally, excluded.tally)"
)


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A record, the numbers of its names, and its line."""

    known: Known
    service: int
    endpoint: int
    caller: int
    agent: int
    line: bytes


class Sums:
    """What the records of a transaction add, until it is written."""

    def __init__(self) -> None:
        self._minutes: dict[tuple[int, int], _Sum] = {}
        self._pairs: dict[tuple[int, ...], _Sum] = {}
        self._findings: dict[tuple[int, ...], _Sum] = {}

    def add(self, names: Names, records: Iterable[Placed], now: int) -> None:
        """Add records, and what they say to the names: a batch at a time, while the processor has them at hand."""
        host, traits = names.host, names.traits
        minutes, pairs = self._minutes, self._pairs
        for placed in records:
            one, endpoint = placed.known, placed.endpoint
            traits(endpoint, one.traits)
            if one.service != one.host:
                host(one.host, one.service, now)
            minute = one.time // _MINUTE_US * MINUTE
            size = min(one.bytes, _MAX_SIZE)
            call = one.status, bucket(one.latency_us)
            _note(minutes, (minute, endpoint), call, size)
            hour, part = minute - minute % HOUR, minute - minute % PART
            pair = part, placed.service, placed.caller, hour, endpoint, placed.agent
            _note(pairs, pair, call, size)
            if one.anomalies:
                for tag in {names.tag(name) for name in one.anomalies}:
                    _note(self._findings, (part, tag, *pair[1:]), call, size)

    def write(self, database: sqlite3.Connection, received: int) -> None:
        """Add them to the totals. Within the transaction."""
        hours = _wider(self._minutes, HOUR)
        for span, sums in ((MINUTE, self._minutes), (HOUR, hours), (DAY, _wider(hours, DAY))):
            database.executemany(
                _ADD.format(table="totals", places="?, ?, ?, ?, ?, ?, ?"),
                [(span, *key, received, *one.values()) for key, one in sorted(sums.items())],
            )
        for table, by_caller, places in (("pairs", self._pairs, 10), ("findings", self._findings, 11)):
            database.executemany(
                _ADD.format(table=table, places=", ".join("?" * places)),
                [(*key, received, *one.values()) for key, one in sorted(by_caller.items())],
            )


class _Sum(msgspec.Struct, gc=False):
    """Calls of a batch, being summed."""

    calls: list[tuple[int, int]]
    """Each one's status and bucket."""
    size: int
    """Bytes of their bodies."""
    packed: bytes = b""

    def values(self) -> tuple[int, int, bytes]:
        """As the columns of a total."""
        if not self.packed:
            self.packed = pack(self.calls)
        return len(self.calls), self.size, self.packed


_Key = TypeVar("_Key", bound=tuple[int, ...])  # of a row: what is not summed


def _note(sums: dict[_Key, _Sum], key: _Key, call: tuple[int, int], size: int) -> None:
    """One more call."""
    known = sums.get(key)
    if known is None:
        sums[key] = _Sum([call], size)
    else:
        known.calls.append(call)
        known.size += size


def _wider(sums: dict[tuple[int, int], _Sum], span: int) -> dict[tuple[int, int], _Sum]:
    """By the hour or the day. What nothing is added to is shared: most hours of a batch are the same as its days."""
    wide: dict[tuple[int, int], _Sum] = {}
    for (start, endpoint), one in sums.items():
        key = start - start % span, endpoint
        known = wide.get(key)
        if known is None:
            wide[key] = one
        else:
            wide[key] = _Sum(known.calls + one.calls, known.size + one.size)
    return wide
