"""What is a probe; what the inventory answers is in test_engine."""

from __future__ import annotations

import pytest

from interceptor.collector.inventory import probed
from interceptor.collector.totals import pack


@pytest.mark.parametrize(
    ("statuses", "probe"),
    [((404,), True), ((404, 0, 405), True), ((0,), False), ((404, 200), False), ((401,), False)],
)
def test_one_other_answer_makes_an_endpoint(statuses: tuple[int, ...], probe: bool) -> None:
    """What was never answered may be anything."""
    assert probed(pack([(status, 3) for status in statuses])) is probe
