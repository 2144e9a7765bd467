"""What some records add to totals: the same, whether they come at once or one by one."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from interceptor.collector.database import DAY, HOUR, MINUTE, open_for_writing
from interceptor.collector.names import Names
from interceptor.collector.sums import Placed, Sums
from interceptor.collector.totals import unpack
from interceptor.ingest.lines import Known
from tests.support import records

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


NOW = int(records.NOW)


def placed(chance: random.Random) -> Placed:
    """A call of one of three endpoints by one of two callers, some time in two days."""
    time = (NOW + chance.randrange(2 * DAY)) * 1_000_000
    status, took = chance.choice((200, 404, 500)), chance.choice((None, 10, 5_000))
    anomalies = chance.choice(((), ("obs_fold",), ("obs_fold", "lf_only")))
    known = Known(b"", time, "10.0.0.1", "10.0.0.2", "a", 80, "GET", "/", status, took, 7, anomalies)
    return Placed(known, 2, 2 + chance.randrange(3), 2 + chance.randrange(2), 1, b"")


def rows(database: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    """All of a table, tallies unpacked."""
    found = database.execute(f"SELECT * FROM {table}")
    return [(*row[:-1], *map(str, unpack(row[-1]))) for row in found]


def test_at_once_is_as_one_by_one(tmp_path: Path) -> None:
    """And minutes, hours, days and callers have the same calls."""
    chance = random.Random(3)
    made = [placed(chance) for _ in range(500)]
    once, each = (open_for_writing(tmp_path / name) for name in ("once.db", "each.db"))
    at_once = Sums()
    at_once.add(Names(once), made, NOW)
    at_once.write(once, NOW)
    names = Names(each)
    for one in made:
        alone = Sums()
        alone.add(names, [one], NOW)
        alone.write(each, NOW)
    for table in ("totals", "pairs", "findings"):
        assert rows(once, table) == rows(each, table), table
    counted = dict(once.execute("SELECT span, sum(calls) FROM totals GROUP BY 1"))
    assert counted == dict.fromkeys((MINUTE, HOUR, DAY), 500)
    assert once.execute("SELECT sum(calls), sum(bytes) FROM pairs").fetchone() == (500, 3_500)
    tags = sum(len(one.known.anomalies) for one in made)
    assert once.execute("SELECT sum(calls) FROM findings").fetchone() == (tags,)
    once.close()
    each.close()
