"""Names of one destination: the first ones stay, a flood changes nothing else, and what it took comes back."""

from __future__ import annotations

import tracemalloc

import pytest

from interceptor.core.records import servers
from interceptor.core.records.servers import ADDRESSES, NAMES, PERIOD, ServerNames

NOON = 1_714_564_800 * 10**9


def test_the_first_names_are_shown_and_stay() -> None:
    """Beyond, the address stands for a name; the ones before and other addresses are as they were."""
    names = ServerNames()
    assert all(names.admits("10.0.0.1", f"shop-{number}", NOON) for number in range(NAMES))
    assert not names.admits("10.0.0.1", "one-more", NOON)
    assert names.folded == 1
    assert names.admits("10.0.0.1", "shop-0", NOON)
    assert names.admits("10.0.0.2", "one-more", NOON)


def test_a_flood_passes() -> None:
    """Two hours later there is room for what is asked for; what was asked for meanwhile never went."""
    names = ServerNames()
    names.admits("10.0.0.1", "shop", NOON)
    for number in range(NAMES):
        names.admits("10.0.0.1", f"random-{number}", NOON)
    assert not names.admits("10.0.0.1", "new", NOON + PERIOD)
    assert names.admits("10.0.0.1", "shop", NOON + PERIOD)
    assert names.admits("10.0.0.1", "new", NOON + 2 * PERIOD)
    assert names.admits("10.0.0.1", "shop", NOON + 2 * PERIOD)


def test_time_that_goes_back_forgets_nothing() -> None:
    """Several captures are not quite of one time."""
    names = ServerNames()
    for number in range(NAMES):
        names.admits("10.0.0.1", f"shop-{number}", NOON)
    assert not names.admits("10.0.0.1", "new", NOON - 5 * PERIOD)
    assert names.admits("10.0.0.1", "shop-1", NOON - 5 * PERIOD)


@pytest.mark.thorough
def test_a_million_random_names() -> None:
    """Of one address: it shows as many as any, in little memory; the other addresses are as they were."""
    names = ServerNames()
    names.admits("10.0.0.2", "shop", NOON)
    tracemalloc.start()
    shown = sum([names.admits("10.0.0.1", f"{number:x}.example", NOON) for number in range(1_000_000)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (shown, names.folded) == (NAMES, 1_000_000 - NAMES)
    assert held < 2**20
    assert names.admits("10.0.0.2", "shop", NOON)


def test_addresses_and_all_names_are_bounded(monkeypatch: object) -> None:
    """More addresses than are known, each with a name: the oldest are let go."""
    names = ServerNames()
    for number in range(2 * ADDRESSES):
        assert names.admits(f"10.{number}", "shop", NOON)
    assert len(names._known) == ADDRESSES
    for number in range(servers.ALL_NAMES // NAMES + 50):
        for name in range(NAMES):
            assert names.admits(f"11.{number}", f"{name}", NOON)
    assert names._count == sum(map(len, names._known.values())) <= servers.ALL_NAMES
