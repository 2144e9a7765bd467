"""Names that are kept apart, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interceptor.collector import names as limits
from interceptor.collector.answers import OTHER
from interceptor.collector.clickhouse.names import Names, number_of

if TYPE_CHECKING:
    import pytest


def test_beyond_the_limit_there_is_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of services one, of endpoints one a service, of callers one; what was known before keeps its name."""
    monkeypatch.setattr(limits, "SERVICES", 2)
    monkeypatch.setattr(limits, "ENDPOINTS", 3)
    monkeypatch.setattr(limits, "CALLERS", 1)
    names = Names()

    def kept(*endpoint: str) -> tuple[str, int, str, str]:
        return names.endpoint((endpoint[0], 80, "GET", endpoint[1]))[0]

    assert kept("a", "/1") == ("a", 80, "GET", "/1")
    assert kept("b", "/1") == ("b", 80, "GET", "/1")
    assert kept("c", "/1") == (OTHER, 0, "", OTHER)
    assert kept("a", "/2") == ("a", 80, "GET", "/2")
    assert kept("a", "/3") == ("a", 80, "", OTHER)
    assert kept("b", "/3") == ("b", 80, "", OTHER)
    assert kept("a", "/1") == ("a", 80, "GET", "/1")
    assert [names.caller(one) for one in ("1", "2", "1")] == ["1", OTHER, "1"]


def test_those_called_most_stay_and_others_get_their_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of names ends when what is known is looked at again."""
    monkeypatch.setattr(limits, "SERVICES", 4)
    names = Names()
    for number in range(100):
        names.endpoint((f"made-up-{number}", 80, "GET", "/"))
    assert names.endpoint(("new", 80, "GET", "/"))[0][0] == OTHER
    assert Names.kept()[0] == 3
    names.know([("often", 80), (OTHER, 0)], [("often", 80, "GET", "/"), (OTHER, 0, "", OTHER)], [OTHER])
    assert names.endpoint(("often", 80, "GET", "/"))[0][0] == "often"
    assert names.endpoint(("new", 80, "GET", "/"))[0][0] == "new"
    assert names.caller("10.0.0.1") == "10.0.0.1"


def test_a_number_is_the_same_everywhere_and_exact_in_json() -> None:
    """Two collectors give it without asking each other; JavaScript reads it."""
    one, other = ("a", 80, "GET", "/x"), ("a", 8, "0GET", "/x")
    assert 0 < number_of(one) < 2**53
    assert number_of(one) != number_of(other)
    assert Names().endpoint(one) == Names().endpoint(one) == (one, number_of(one))
