"""The clock of retention: whatever the machine says, it goes forward, and not much faster than time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector.clock import SteadyClock


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1e9, 1e9)), max_size=50))
def test_it_neither_jumps_nor_goes_back(steps: list[tuple[float, float]]) -> None:
    """Whatever the machine's time does."""
    real, wrong = 0.0, 0.0
    clock = SteadyClock(None, lambda: 1e9 + real + wrong, lambda: real)
    last = clock()
    for passed, wrong in steps:  # noqa: B007 - read by the clock
        real += passed
        now = clock()
        assert 0 <= now - last <= passed * 8 + 1e-6
        last = now


def test_it_follows_after_a_rest() -> None:
    """A machine that was off for a week: within a day."""
    real = 0.0
    clock = SteadyClock(1e9, lambda: 1e9 + 7 * 86_400 + real, lambda: real)
    for _ in range(24):
        real += 3_600
        now = clock()
    assert now == 1e9 + 8 * 86_400
