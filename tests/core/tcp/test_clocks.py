"""Facts about elapsed time."""

from __future__ import annotations

import pytest

from interceptor.core.model import Interface
from interceptor.core.tcp.clocks import JUMP, TICK, Clocks

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
HOUR = 3_600 * SECOND


@pytest.fixture
def interface() -> Interface:
    """One that says when packets came."""
    return Interface("eth0", 1)


@pytest.fixture
def clocks(interface: Interface) -> Clocks:
    """With a first packet at `START`."""
    made = Clocks()
    assert made.look(interface, START)
    assert made.now == START
    return made


def test_time_passes_with_packets(clocks: Clocks, interface: Interface) -> None:
    """By what their clock goes on, once it is a tick; a straggler changes nothing."""
    assert not clocks.look(interface, START + TICK - 1)
    assert clocks.look(interface, START + 3 * SECOND)
    assert not clocks.look(interface, START + SECOND)
    assert clocks.now == START + 3 * SECOND


@pytest.mark.parametrize("away", [JUMP + 1, HOUR, 10**9 * SECOND, -JUMP, -HOUR])
def test_one_wrong_time_counts_nothing(clocks: Clocks, interface: Interface, away: int) -> None:
    """However far off it is, and however many of them there are."""
    for number in range(1, 50):
        clocks.look(interface, START + number * SECOND + away)
        clocks.look(interface, START + number * SECOND)
    assert START <= clocks.now <= START + 50 * SECOND


@pytest.mark.parametrize("away", [HOUR, -HOUR])
def test_a_clock_that_is_set_goes_on_from_there(clocks: Clocks, interface: Interface, away: int) -> None:
    """As time without packets it counts as ten seconds, and only forwards."""
    for number in range(10):
        clocks.look(interface, START + away + number * SECOND)
    assert clocks.now - START == 9 * SECOND + (JUMP if away > 0 else 0)


def test_a_clock_that_is_set_counts_nothing_where_time_is_told(clocks: Clocks, interface: Interface) -> None:
    """A live capture says when there are no packets."""
    for number in range(5):
        clocks.look(None, START + number * SECOND)
    clocks.look(interface, START + HOUR)
    clocks.look(None, START + HOUR)
    for number in range(1, 5):
        clocks.look(interface, START + HOUR + number * SECOND)
        clocks.look(None, START + HOUR + number * SECOND)
    assert clocks.now == START + 8 * SECOND


def test_each_interface_has_a_clock(clocks: Clocks, interface: Interface) -> None:
    """One that is an hour ahead of the other moves time no faster."""
    other = Interface("eth1", 1)
    for number in range(100):
        clocks.look(interface, START + number * SECOND)
        clocks.look(other, START + HOUR + number * SECOND)
    assert START + 99 * SECOND <= clocks.now <= START + 99 * SECOND + JUMP


def test_clocks_are_limited(clocks: Clocks) -> None:
    """Interfaces that come and go with clocks of their own are not remembered for ever."""
    for number in range(10_000):
        clocks.look(Interface(f"veth{number}", 1), START + HOUR)
    assert len(clocks.ahead) <= 4_096
    assert clocks.now == START
