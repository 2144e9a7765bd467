"""What is written to ClickHouse of what could not be read: what is news, and no more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from interceptor.collector.clickhouse.server import ServerError
from interceptor.collector.clickhouse.statements import Statements
from interceptor.collector.clickhouse.unread import Writer
from tests.collector.test_store import incoming
from tests.support.records import NOW, batch, record, time_of, unread

if TYPE_CHECKING:
    from interceptor.collector.clickhouse.server import Server

DAY = int(NOW) // 86_400


class Noting:
    """Notes what it is told in place of a server, or fails."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.failing = False

    async def do(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """One statement."""
        if self.failing:
            raise ServerError("is away")
        self.rows.setdefault(statement.split()[2], []).extend(rows)


def named(name: str, **fields: Any) -> dict[str, Any]:
    """A session with that server."""
    return record(
        kind="tls", server_address=name, destination_address="10.0.0.9", destination_port=443, **fields
    )


def put(writer: Writer, *records: dict[str, Any], day: int = DAY) -> None:
    """One batch, of that day."""
    asyncio.run(writer.put([incoming(batch(*records))], day))


def test_a_name_is_written_once_an_hour_and_again_the_next_day() -> None:
    """What every session says is no news; and days are dropped whole."""
    server = Noting()
    writer = Writer(cast("Server", server), Statements(None))
    put(writer, named("a.example"), named("a.example"), record())
    put(writer, named("a.example"), named("a.example", time=time_of(NOW + 3_600)))
    assert len(server.rows.pop("server_names")) == 2
    put(writer, named("a.example"), day=DAY + 1)
    assert [row[0] for row in server.rows.pop("server_names")] == [DAY + 1]
    assert server.rows == {}


def test_no_more_names_are_written_of_a_server_than_are_kept() -> None:
    """However many clients make up."""
    server = Noting()
    writer = Writer(cast("Server", server), Statements(None))
    put(writer, *[named(f"{number}.example") for number in range(1_000)])
    assert len(server.rows["server_names"]) == 20


def test_what_could_not_be_written_is_news_again() -> None:
    """A name that the server did not get is not known to have been written."""
    server = Noting()
    writer = Writer(cast("Server", server), Statements(None))
    server.failing = True
    with pytest.raises(ServerError):
        put(writer, named("a.example"))
    server.failing = False
    put(writer, named("a.example"), unread())
    assert {table: len(rows) for table, rows in server.rows.items()} == {"server_names": 1, "unread": 1}
