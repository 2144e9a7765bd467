"""What records that came add to the totals of the SQLite database: by the minute, the hour and the day, by caller, by anomaly.

Owns how calls of some batches are summed before they are written, so that a row is written once for all of them.
Refuses to store records, and to answer: `store` and `selection` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from interceptor.collector.database import DAY, HOUR, MINUTE
from interceptor.collector.totals import bucket, pack

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from interceptor.collector.names import Names
    from interceptor.ingest.lines import Known

__all__ = ["Placed", "add"]

_MAX_SIZE: Final = 2**36
"""Bytes that are counted of one call, so that no sum leaves 63 bits, whatever records claim."""
_MINUTE_US: Final = MINUTE * 1_000_000

_ADD: Final = (
    "INSERT INTO {table} VALUES({places}) ON CONFLICT DO UPDATE SET received = excluded.received,"
    " calls = calls + excluded.calls, bytes = bytes + excluded.bytes, tally = merge(tally, excluded.tally)"
)


class Placed(NamedTuple):
    """A record, the numbers of its names, and its line."""

    known: Known
    service: int
    endpoint: int
    caller: int
    agent: int
    line: bytes


def add(
    database: sqlite3.Connection, names: Names, records: Iterable[Placed], now: int, received: int
) -> None:
    """Add records to the totals, and what they say to the names. Within a transaction."""
    host, traits = names.host, names.traits
    minutes: dict[tuple[int, int], _Sum] = {}
    pairs: dict[tuple[int, ...], _Sum] = {}
    findings: dict[tuple[int, ...], _Sum] = {}
    for one, service, endpoint, caller, agent, _ in records:
        traits(endpoint, one.traits)
        if one.service != one.host:
            host(one.host, one.service, now)
        minute = one.time // _MINUTE_US * MINUTE
        size = min(one.bytes, _MAX_SIZE)
        call = one.status, bucket(one.latency_us)
        sum_ = minutes.get(key := (minute, endpoint))
        if sum_ is None:
            sum_ = minutes[key] = _Sum()
        sum_.add(call, size)
        hour, day = minute - minute % HOUR, minute - minute % DAY
        sum_ = pairs.get(pair := (day, service, caller, hour, endpoint, agent))
        if sum_ is None:
            sum_ = pairs[pair] = _Sum()
        sum_.add(call, size)
        if one.anomalies:
            for tag in {names.tag(name) for name in one.anomalies}:
                findings.setdefault((day, tag, *pair[1:]), _Sum()).add(call, size)
    hours = _wider(minutes, HOUR)
    for span, sums in ((MINUTE, minutes), (HOUR, hours), (DAY, _wider(hours, DAY))):
        database.executemany(
            _ADD.format(table="totals", places="?, ?, ?, ?, ?, ?, ?"),
            [(span, *key, received, *sums[key].values()) for key in sorted(sums)],
        )
    for table, by_caller, places in (("pairs", pairs, 10), ("findings", findings, 11)):
        database.executemany(
            _ADD.format(table=table, places=", ".join("?" * places)),
            [(*key, received, *by_caller[key].values()) for key in sorted(by_caller)],
        )


class _Sum:
    """Calls of a batch, being summed."""

    __slots__ = ("_packed", "bytes", "calls")

    def __init__(self) -> None:
        self.bytes = 0
        self.calls: list[tuple[int, int]] = []
        """Each one's status and bucket."""
        self._packed = b""

    def add(self, call: tuple[int, int], size: int) -> None:
        """One more."""
        self.calls.append(call)
        self.bytes += size

    def values(self) -> tuple[int, int, bytes]:
        """As the columns of a total."""
        if not self._packed:
            self._packed = pack(self.calls)
        return len(self.calls), self.bytes, self._packed


def _wider(sums: dict[tuple[int, int], _Sum], span: int) -> dict[tuple[int, int], _Sum]:
    """By the hour or the day. What nothing is added to is shared: most hours of a batch are the same as its days."""
    wide: dict[tuple[int, int], _Sum] = {}
    for (start, endpoint), one in sums.items():
        key = start - start % span, endpoint
        known = wide.get(key)
        if known is None:
            wide[key] = one
        else:
            both = _Sum()
            both.bytes = known.bytes + one.bytes
            both.calls = known.calls + one.calls
            wide[key] = both
    return wide
