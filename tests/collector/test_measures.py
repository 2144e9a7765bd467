"""Since when something fails; what is compared is in test_engine."""

from __future__ import annotations

import pytest

from interceptor.collector.measures import Outage


@pytest.mark.parametrize(
    ("failures", "since"),
    [((0,), 0), ((0, 10, 20), 0), ((0, 11), 11), ((0, 5, 30, 35), 30)],
)
def test_a_pause_ends_an_outage(failures: tuple[int, ...], since: int) -> None:
    """A pause of more than ten seconds, here."""
    outage = Outage(10)
    for start in failures:
        outage.failed(start)
    assert (outage.since, outage.last) == (since, failures[-1])
