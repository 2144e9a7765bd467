"""What is said to ClickHouse, by name: `statements.sql`, put together.

Owns how statements of that file refer to one another, and the few words that depend on where it is: whether tables are
replicated. Refuses values: they are parameters, or come as JSON after the statement, so that nothing that anybody sends
is ever read as SQL.
"""

from __future__ import annotations

import re
from importlib import resources
from string import Template
from typing import Final

from interceptor.collector.inventory import NOT_THERE

__all__ = ["NAME", "TABLES", "Statements"]

TABLES: Final = (
    *("records", "batches", "views", "hosts", "traits", "unread", "server_names"),
    *("totals", "pairs", "slices", "clock"),
)
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
"""A cluster, as it may stand in a statement."""

_ENGINES: Final = ("MergeTree", "AggregatingMergeTree", "ReplacingMergeTree")
_EACH: Final = re.compile(r"^--- (\w+)\n(.*?)(?=^--- |\Z)", re.DOTALL | re.MULTILINE)


class Statements:
    """Statements, as they are for one server or for a cluster."""

    def __init__(self, cluster: str | None) -> None:
        """`cluster`: a `NAME`; its replicas have the same tables."""
        text = resources.files("interceptor.collector.clickhouse").joinpath("statements.sql").read_text()
        self._known: dict[str, str] = {name: body.strip() for name, body in _EACH.findall(text)}
        replicated = "" if cluster is None else "Replicated"
        self._known |= {engine: replicated + engine for engine in _ENGINES}
        self._known["statuses_not_there"] = ", ".join(map(str, sorted(NOT_THERE)))
        self._known["on_cluster"] = "" if cluster is None else f"ON CLUSTER `{cluster}`"

    def named(self, name: str, *, without: tuple[str, ...] = (), **words: str) -> str:
        """A statement, whole. `without`: statements that are left out of it. `words`: of this program only."""
        known = self._known | dict.fromkeys(without, "") | words
        text = known[name]
        while "$" in text:
            text = Template(text).substitute(known)
        return text
