"""Names: numbers that stay, and no more of them than are kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interceptor.collector.database import open_for_writing
from interceptor.collector.names import Names

if TYPE_CHECKING:
    from pathlib import Path


def test_a_name_has_one_number(tmp_path: Path) -> None:
    """Also when nothing is remembered; methods, ports and templates tell endpoints apart."""
    names = Names(open_for_writing(tmp_path / "collector.db"))
    keys = [("a", 80, "GET", "/"), ("a", 80, "PUT", "/"), ("a", 81, "GET", "/"), ("b", 80, "GET", "/x")]
    first = [names.endpoint(key) for key in keys]
    names.forget()
    assert [names.endpoint(key) for key in keys] == first
    assert len({endpoint for _, endpoint in first}) == 4
    assert len({service for service, _ in first}) == 3


def test_an_address_of_two_services_has_no_name(tmp_path: Path) -> None:
    """Whatever comes afterwards."""
    database = open_for_writing(tmp_path / "collector.db")
    names = Names(database)
    for service in ("one.test", "one.test", "two.test", "one.test"):
        names.host("10.0.0.5", service, 1_000_000_000)
    names.host("10.0.0.6", "one.test", 1_000_000_000)
    assert database.execute("SELECT address, service FROM hosts ORDER BY 1").fetchall() == [
        ("10.0.0.5", ""),
        ("10.0.0.6", "one.test"),
    ]
