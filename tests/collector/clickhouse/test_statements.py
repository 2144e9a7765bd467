"""Statements, put together."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from interceptor.collector.clickhouse.statements import NAME, TABLES, Statements
from tests.support.clickhouse import shared

ALL = re.findall(
    r"^--- (\w+)$",
    resources.files("interceptor.collector.clickhouse").joinpath("statements.sql").read_text(),
    re.MULTILINE,
)
PARTS = {
    *("closed", "kept", "open", "closing", "ever", "by_hour", "by_pair", "by_minute", "named", "not_there"),
    *("filter", "within", "selected", *[name for name in ALL if name.startswith("of_")]),
}
"""What other statements are made of."""


def whole(statements: Statements, name: str) -> str:
    """With the words that this program puts in."""
    return statements.named(name, table="records", day="20000", source="$by_pair")


def test_nothing_is_left_to_put_in() -> None:
    """Each is whole, and none is there twice."""
    assert len(ALL) == len(set(ALL))
    for cluster in (None, "main"):
        statements = Statements(cluster)
        for name in ALL:
            assert "$" not in whole(statements, name), name


@pytest.mark.xdist_group("clickhouse")
def test_clickhouse_reads_them_all() -> None:
    """Its parser, also where tables are replicated: there is no cluster here to run them on."""
    server = shared()
    for cluster in (None, "main-1"):
        statements = Statements(cluster)
        for name in sorted(set(ALL) - PARTS):
            text = whole(statements, name)
            given = {
                parameter: "00000000-0000-0000-0000-000000000000" if kind == "UUID" else "0"
                for parameter, kind in re.findall(r"\{(\w+):(\w+)\}", text)
            }
            statement = f"EXPLAIN AST {text.removesuffix('FORMAT JSONCompactEachRow')}"
            assert server.ask(statement, **given), name


def test_a_cluster_has_replicated_tables() -> None:
    """On all of its servers; and one server has none."""
    for table in TABLES:
        alone, together = (Statements(cluster).named(f"{table}_table") for cluster in (None, "main"))
        assert "ON CLUSTER" not in alone
        assert "Replicated" not in alone
        assert "ON CLUSTER `main`" in together
        assert re.search(r"ENGINE = Replicated(|Aggregating|Replacing)MergeTree", together)


def test_a_name_cannot_end_its_quotes() -> None:
    """What an operator writes into the URL stays a name."""
    assert NAME.fullmatch("prod_eu-1")
    assert not any(NAME.fullmatch(name) for name in ("", "a`b", "a b", "a;b", "a'b", "1a", "a" * 65, "a\n"))
