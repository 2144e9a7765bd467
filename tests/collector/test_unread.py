"""What could not be read, as SQLite keeps it: bounds, and sums that stay whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector import unread
from interceptor.collector.database import open_for_writing
from interceptor.collector.question import Question
from interceptor.collector.selection import choose
from interceptor.ingest.unread import ServerName, Unread
from tests.support.examples import examples

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path
    from random import Random

HOUR = 3_600
EVERYTHING = Question(range="all")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """One, with its tables."""
    return open_for_writing(tmp_path_factory.mktemp("unread") / "c.db")


@pytest.fixture(autouse=True)
def _empty(database: sqlite3.Connection) -> None:
    unread.forget(database, 2**40)


def told(key: int, size: int = 1, *, time: int = HOUR, port: int = 443) -> Unread:
    """A minute of a server."""
    return Unread(key.to_bytes(16), time, "10.0.0.9", port, "tls", "encrypted", 1, size)


def sums(database: sqlite3.Connection) -> tuple[int, list[tuple[str | None, int, int]]]:
    """Of everything: all bytes; by server, connections and bytes."""
    size, found = unread.unread(database, EVERYTHING, choose(database, EVERYTHING, HOUR))
    return size, [(one.server, one.connections, one.bytes) for one in found]


@examples(100)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), max_size=6), max_size=6),
    st.randoms(use_true_random=False),
)
def test_each_record_counts_once_however_batches_come(
    database: sqlite3.Connection, batches: list[list[tuple[int, int]]], chance: Random
) -> None:
    """In any order, and with any of them again."""
    unread.forget(database, 2**40)
    again = batches + batches[:2]
    chance.shuffle(again)
    database.execute("BEGIN")
    for batch in again:
        unread.note(database, [told(key, 10**key, time=hour * HOUR) for key, hour in batch], 1, 5)
    database.execute("COMMIT")
    known = {(key, hour) for batch in batches for key, hour in batch}
    size = sum(10**key for key, _ in known)
    assert sums(database) == (size, [("10.0.0.9:443", len(known), size)] if known else [])


def test_sums_of_the_largest_numbers_stay_whole(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is full of what strangers make up has a sum, and no row of it counts without end."""
    monkeypatch.setattr(unread, "_MOST", 30)
    database.execute("BEGIN")
    for hour in range(40):
        unread.note(database, [told(key, 2**40, time=hour * HOUR) for key in range(300)], 1, hour)
    unread.forget(database, 0)
    [(rows, most)] = database.execute("SELECT count(*), max(connections) FROM unread").fetchall()
    assert (rows, most) == (30, 250)
    assert sums(database)[0] == 30 * 250 * 2**40
    database.execute("UPDATE unread SET bytes = ?", (2**62,))  # more than any can have
    assert sums(database)[0] >= 2**62
    database.execute("COMMIT")


def test_what_came_last_is_kept(database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of servers and of names, so many; what is too old goes first."""
    monkeypatch.setattr(unread, "_MOST", 3)
    for port in range(1, 6):
        unread.note(database, [told(port, port=port), ServerName("10.0.0.9", port, "a.example", 0)], 1, port)
    unread.forget(database, 0)
    assert [server for server, *_ in sums(database)[1]] == ["10.0.0.9:3", "10.0.0.9:4", "10.0.0.9:5"]
    unread.forget(database, 5)
    assert [server for server, *_ in sums(database)[1]] == ["10.0.0.9:5"]
    assert database.execute("SELECT port FROM server_names").fetchall() == [(5,)]


def test_it_ends_where_something_was_told(database: sqlite3.Connection) -> None:
    """By the hour; nowhere, where nothing was."""
    assert unread.ends(database) is None
    unread.note(database, [told(1, time=HOUR + 5), told(2, time=9 * HOUR + 100)], 1, 1)
    assert unread.ends(database) == (HOUR, 9 * HOUR)


def test_a_file_of_before_gets_the_tables(tmp_path: Path) -> None:
    """The format is the same."""
    before = open_for_writing(tmp_path / "c.db")
    before.executescript("DROP TABLE unread; DROP TABLE server_names")
    before.close()
    after = open_for_writing(tmp_path / "c.db")
    assert unread.ends(after) is None
    after.close()
