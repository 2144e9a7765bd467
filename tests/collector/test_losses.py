"""What headers say of losses: kept once, added up by agent, bounded."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector import losses
from interceptor.collector.answers import Captures
from interceptor.collector.database import open_for_writing
from interceptor.delivery.batches import Captured, Header, captured_since
from tests.support.records import NOW, time_of

if TYPE_CHECKING:
    from pathlib import Path

FIRST, SECOND = time_of(NOW), time_of(NOW + 60)


def database() -> sqlite3.Connection:
    """With two agents."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE agents(number INTEGER PRIMARY KEY, cluster TEXT, node TEXT)")
    made.execute("INSERT INTO agents VALUES(1, 'c', 'a'), (2, 'c', 'b')")
    losses.prepare(made)
    return made


def header(captured: Captured | None, node: str = "a") -> Header:
    """Of a batch."""
    return Header(1, "0" * 32, "interceptor/1", 1, FIRST, "c", node, captured)


def test_what_an_agent_lost_is_the_sum_of_its_runs() -> None:
    """Of each run the newest numbers hold; an agent that does not say is not there."""
    it = database()
    losses.note(it, header(None), 10)
    assert losses.captures(it) == {}
    losses.note(it, header(Captured(FIRST, 100, 0, 0, 0.0)), 10)
    assert losses.captures(it) == {("c", "a"): Captures(100, 0, 0, 0.0)}
    losses.note(it, header(Captured(FIRST, 200, 7, 1, 0.5)), 11)
    losses.note(it, header(Captured(FIRST, 300, 7, 1, 0.5)), 12)
    assert losses.captures(it) == {("c", "a"): Captures(300, 7, 1, 0.5, 11)}
    losses.note(it, header(Captured(SECOND, 50, 0, 2, 0.25)), 13)
    losses.note(it, header(Captured(SECOND, 9, 0, 0, 0.0), node="b"), 13)
    assert losses.captures(it) == {
        ("c", "a"): Captures(350, 7, 3, 0.75, 13),
        ("c", "b"): Captures(9, 0, 0, 0.0),
    }


amounts = st.integers(0, 5)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([FIRST, SECOND]), amounts), max_size=12))
def test_the_order_in_which_batches_come_changes_no_sum(told: list[tuple[str, str, int]]) -> None:
    """Nor does one that comes twice, or never, as long as a later one comes."""
    expected: dict[tuple[str, str], dict[str, int]] = {}
    for node, since, amount in told:
        runs = expected.setdefault(("c", node), {})
        runs[since] = max(runs.get(since, 0), amount)
    for order in (told, told[::-1], [*told, *told]):
        it = database()
        for node, since, amount in order:
            losses.note(it, header(Captured(since, amount, amount, amount, float(amount)), node), 1)
        found = {name: one.kernel_dropped for name, one in losses.captures(it).items()}
        assert found == {name: sum(runs.values()) for name, runs in expected.items()}


def test_old_runs_and_those_of_forgotten_agents_go() -> None:
    """And beyond a number the oldest: a program that ends all the time makes many."""
    it = database()
    losses.note(it, header(Captured(FIRST, 1, 1, 0, 0.0)), 10)
    losses.note(it, header(Captured(SECOND, 2, 0, 0, 0.0)), 20)
    losses.note(it, header(Captured(SECOND, 3, 0, 0, 0.0), node="b"), 20)
    losses.forget(it, 15)
    assert losses.captures(it) == {("c", "a"): Captures(2, 0, 0, 0.0), ("c", "b"): Captures(3, 0, 0, 0.0)}
    it.execute("DELETE FROM agents WHERE node = 'b'")
    losses.forget(it, 15)
    assert it.execute("SELECT count(*) FROM captures").fetchone() == (1,)
    for number in range(20_100):
        losses.note(it, header(Captured(time_of(NOW + number), 1, 0, 0, 0.0)), 100 + number)
    losses.forget(it, 15)
    assert it.execute("SELECT count(*), min(last) FROM captures").fetchone() == (20_001, 199)


def test_no_number_is_too_large() -> None:
    """Somebody with a token can say anything that the API takes; sums stay numbers."""
    it = database()
    for number in range(100):
        most = 2**63 - 1
        losses.note(it, header(Captured(time_of(NOW + number), most, most, most, 1e308)), 1)
    found = losses.captures(it)["c", "a"]
    assert found.kernel_dropped == 100 * 2**48
    assert found.blind_seconds == 1e17


def test_a_database_that_was_there_before_gets_the_table(tmp_path: Path) -> None:
    """Its records stay."""
    path = tmp_path / "c.db"
    made = open_for_writing(path)
    made.execute("DROP TABLE captures")
    made.execute("INSERT INTO agents VALUES(1, 'c', 'a', 'p', 1, 1, 1, 1)")
    made.close()
    again = open_for_writing(path)
    losses.note(again, header(captured_since(NOW, 5, 0, 0, 0.0)), 1)
    assert losses.captures(again) == {("c", "a"): Captures(5, 0, 0, 0.0)}
    again.close()


def test_a_table_that_was_there_before_gets_its_new_columns(tmp_path: Path) -> None:
    """What is in it stays."""
    path = tmp_path / "c.db"
    made = open_for_writing(path)
    made.execute("INSERT INTO agents VALUES(1, 'c', 'a', 'p', 1, 1, 1, 1)")
    losses.note(made, header(captured_since(NOW, 5, 2, 0, 0.0)), 1)
    for column in ("waiting_seconds", "dropped"):
        made.execute(f"ALTER TABLE captures DROP COLUMN {column}")
    made.close()
    again = open_for_writing(path)
    losses.note(again, header(captured_since(NOW, 6, 2, 0, 0.0, 1).delivering(2, 3, 4)), 2)
    assert losses.captures(again) == {("c", "a"): Captures(6, 2, 0, 0.0, 2, 1, 2, 3, 4)}
    again.close()


def test_what_is_no_total_is_as_it_was_told_last() -> None:
    """Interfaces and what waits: of the latest run, and of its latest batch, whichever comes last."""
    it = database()
    losses.note(it, header(Captured(time_of(NOW), 10, 0, 0, 0.0, 5, 70)), 10)
    losses.note(it, header(Captured(time_of(NOW + 1), 30, 0, 0, 0.0, 3, 900)), 20)
    losses.note(it, header(Captured(time_of(NOW + 1), 20, 0, 0, 0.0, 2, 100)), 21)
    [found] = losses.captures(it).values()
    assert (found.packets, found.interfaces, found.waiting) == (40, 3, 900)
    losses.note(it, header(captured_since(NOW + 2, 1, 0, 0, 0.0)), 30)
    [found] = losses.captures(it).values()
    assert (found.interfaces, found.waiting) == (None, None)
