"""Totals that can be added: whatever the order, the sum is that of the calls."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector.totals import Tally, bounds, bucket, merge, pack, percentile

CALLS = st.lists(
    st.tuples(st.sampled_from([0, 200, 404, 503, 999]), st.integers(-1, 424)), min_size=1, max_size=40
)


@given(CALLS, CALLS, st.integers(1, 300))
def test_the_sum_is_that_of_the_calls(
    one: list[tuple[int, int]], other: list[tuple[int, int]], times: int
) -> None:
    """Packed, merged, added: the same counts, also where they need more than a byte, and the same bytes in any order."""
    other = other * times
    both = merge(pack(one), pack(other))
    assert both == merge(pack(other), pack(one)) == pack([*reversed(other), *one])
    tally, summed = Tally(), Tally()
    tally.add(both)
    summed.add(pack(one))
    summed.add(pack(other))
    counted = Counter(number for _, number in one + other)
    del counted[-1]
    for each in (tally, summed):
        assert each.calls == len(one) + len(other)
        assert each.statuses == Counter(status for status, _ in one + other)
        assert each.latencies == sorted(counted.items())
        assert sum(each.classes()) == each.calls
        assert each.packed() == both


def test_counts_grow_beyond_four_bytes() -> None:
    """A bucket of one total is as wide as it must be, and a status stops at its limit rather than begin anew."""
    packed = pack([(200, 7)])
    for _ in range(40):
        packed = merge(packed, packed)
    tally = Tally()
    tally.add(packed)
    assert tally.latencies == [(7, 2**40)]
    assert tally.calls == 2**32 - 1


@given(st.integers(0, 2**53))
def test_a_latency_is_within_its_bucket(latency: int) -> None:
    """Buckets are 9 % wide, and have no gaps."""
    low, high = bounds(bucket(latency))
    assert low * 0.999999 <= latency < high * 1.000001
    assert high <= max(2, low * 1.1)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 1_000)), max_size=10),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_percentiles_are_in_order(buckets: list[tuple[int, int]], share: float) -> None:
    """Between the first bucket and the last, and none without calls."""
    counted = sorted(Counter(dict(buckets)).items())
    found = percentile(counted, share)
    if not counted:
        assert found is None
        return
    last = percentile(counted, 1.0)
    assert found is not None
    assert last is not None
    assert 0 <= found <= last
