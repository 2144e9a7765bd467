"""What is kept of a call as the agent at its other end saw it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interceptor.collector.views import together, view_of
from tests.support.records import record


def line(**fields: Any) -> bytes:
    """A record's."""
    return json.dumps(record(**fields), separators=(",", ":")).encode()


@pytest.mark.parametrize("perspective", [None, "both", "elsewhere", 7, ""])
def test_only_ends_have_a_view(perspective: object) -> None:
    """Not what is seen on the way, or says what we do not know."""
    assert view_of(line(perspective=perspective)) is None


def test_a_view_says_who_and_how_long() -> None:
    """And nothing of what was asked: that is in the record."""
    found = view_of(line(perspective="server", node="n", url_template="/users/{id}"))
    assert found is not None
    assert found[0] == "server"
    said = json.loads(found[1])
    assert (said["node"], said["duration_us"], said["destination.port"]) == ("n", 1_500, 8_080)
    assert not any(name.startswith(("url", "http", "id")) for name in said)


@pytest.mark.parametrize(
    ("own", "other", "network"), [(3_000, 1_000, 2_000), (1_000, 3_000, 0), (None, 5, None)]
)
@pytest.mark.parametrize("first", ["client", "server"])
def test_the_network_takes_what_the_client_waits_longer(
    own: int | None, other: int | None, network: int | None, first: str
) -> None:
    """Never less than nothing, and unknown where either is."""
    asking, serving = (
        line(perspective="client", duration_us=own),
        line(perspective="server", duration_us=other),
    )
    told, beside = (asking, serving) if first == "client" else (serving, asking)
    view = view_of(beside)
    assert view is not None
    shown = json.loads(together(told, [view[1]]))
    assert shown.get("network_us") == network
    assert shown["view"]["perspective"] != first
    assert json.loads(told) == {
        key: value for key, value in shown.items() if key not in {"view", "network_us"}
    }


def test_a_record_without_another_view_is_as_it_came() -> None:
    """Byte by byte."""
    told = line(perspective="client")
    same = view_of(told)
    assert same is not None
    assert together(told, []) == together(told, [same[1]]) == told
    plain = line()
    assert together(plain, [same[1]]) == plain
