"""How answers are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector.answers import OTHER, address_of, authority, spread
from interceptor.collector.totals import Tally, pack


@pytest.mark.parametrize(
    ("address", "port", "shown"),
    [
        ("a.test", 80, "a.test"),
        ("a.test", 8080, "a.test:8080"),
        ("2001:db8::1", 81, "[2001:db8::1]:81"),
        (OTHER, 0, OTHER),
    ],
)
def test_services_are_written_as_in_urls(address: str, port: int, shown: str) -> None:
    """Port 80 is left out, an IPv6 address has brackets."""
    assert authority(address, port) == shown


def test_a_spread_counts_classes() -> None:
    """A call without a response is none of them, and a status of no class fails."""
    tally = Tally()
    tally.add(pack([(0, -1), (101, 3), (204, 3), (301, 3), (404, 3), (503, 3), (999, 3)]))
    shown = spread(tally)
    assert (shown.calls, shown.classes) == (7, (1, 1, 1, 1, 1, 2))
    assert shown.p50_us == shown.p99_us == 1


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), st.integers(0, 65_535))
def test_a_service_is_found_by_what_is_shown(address: str, port: int) -> None:
    """Whatever a client wrote into Host: what an answer shows can be asked for."""
    shown = authority(address, port)
    assert authority(*address_of(shown)) == shown
    if ":" in address:
        assert address_of(shown) == (address, port)
