"""`interceptor.capture.rings`: memory for captures, bounded in all."""

from __future__ import annotations

import itertools

import pytest

from interceptor.capture.rings import BLOCK, LEAST, Rings

MIB = 2**20


@pytest.mark.parametrize("wanted", [512 * 2**10, 2 * MIB, 32 * MIB, 2**30])
def test_the_sum_is_bounded(wanted: int) -> None:
    """By 16 times what is asked for, and libpcap's own size for each one beyond."""
    rings = Rings(wanted)
    sizes = [rings.take() for _ in range(512)]
    assert sizes[0] == wanted
    assert all(before >= after for before, after in itertools.pairwise(sizes))
    assert sizes[-1] == min(LEAST, wanted)
    assert all(size % BLOCK == 0 for size in sizes)
    assert sum(size for size in sizes if size > LEAST) <= 16 * wanted
    assert sum(sizes) <= 16 * wanted + len(sizes) * LEAST


def test_the_default_as_it_is_documented() -> None:
    """A few interfaces get all of it, thirty stay within the bound."""
    rings = Rings(32 * MIB)
    sizes = [rings.take() for _ in range(250)]
    assert sizes[:8] == [32 * MIB] * 8
    assert sum(sizes[:30]) <= 512 * MIB
    assert sum(sizes) <= 950 * MIB


def test_what_is_closed_can_be_had_again() -> None:
    """However often interfaces come and go."""
    rings = Rings(32 * MIB)
    for _ in range(1_000):
        sizes = [rings.take() for _ in range(100)]
        for size in sizes:
            rings.give(size)
    assert rings.take() == 32 * MIB
