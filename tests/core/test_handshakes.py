"""Facts about the table of handshakes."""

from __future__ import annotations

import pytest

from interceptor.core.flows import reverse
from interceptor.core.handshakes import Handshakes
from interceptor.core.model import Limits
from interceptor.core.reassembly import ACK, FIN, RST, SYN

SECOND = 1_000_000_000
CLIENT = bytes([10, 0, 0, 1, 10, 0, 0, 2, 0xC0, 0, 0, 80])
SERVER = reverse(CLIENT)
LAST = 2**32 - 1
"""The largest sequence number: what follows it is 0."""


def begun(limits: Limits | None = None, *, sequence: int = 100, answer: int | None = None) -> Handshakes:
    """A SYN, and its answer if there is one, at the time 0."""
    handshakes = Handshakes(limits or Limits())
    handshakes.note(CLIENT, sequence, 0, SYN, 0)
    if answer is not None:
        handshakes.note(SERVER, answer, (sequence + 1) % 2**32, SYN | ACK, 0)
    return handshakes


def test_a_syn_and_its_answer_are_one_handshake() -> None:
    """It stands under the client's flow, with both numbers, and is taken once."""
    handshakes = begun(answer=500)
    assert handshakes.take(SERVER) is None
    assert handshakes.take(CLIENT) == (100, 500, 0)
    assert handshakes.take(CLIENT) is None


def test_the_answer_alone_tells_the_client_and_its_number() -> None:
    """A SYN that was not captured is known from what acknowledges it, across the wrap too."""
    for sequence in (100, LAST):
        handshakes = Handshakes(Limits())
        handshakes.note(SERVER, 500, (sequence + 1) % 2**32, SYN | ACK, 7)
        assert handshakes.take(CLIENT) == (sequence, 500, 7)


def test_the_same_syn_again_does_not_forget_the_answer() -> None:
    """A retransmission changes nothing; a SYN with another number begins another handshake."""
    handshakes = begun(answer=500)
    handshakes.note(CLIENT, 100, 0, SYN, 5)
    assert handshakes.take(CLIENT) == (100, 500, 0)
    handshakes = begun(answer=500)
    handshakes.note(CLIENT, 200, 0, SYN, 5)
    assert handshakes.take(CLIENT) == (200, -1, 5)


@pytest.mark.parametrize("flag", [RST, FIN])
@pytest.mark.parametrize("flow", [CLIENT, SERVER])
def test_an_end_of_either_side_forgets_it(flag: int, flow: bytes) -> None:
    """A connection that is refused, or closed without data, leaves nothing."""
    handshakes = begun(answer=500)
    handshakes.note(flow, 101, 501, flag | ACK, 1)
    assert handshakes.take(CLIENT) is None


def test_the_oldest_makes_room() -> None:
    """Beyond the limit the one that began first goes; one that was answered counts from its answer."""
    handshakes = Handshakes(Limits(handshakes=2))
    flows = [CLIENT[:8] + bytes([0xC0, number]) + CLIENT[10:] for number in range(3)]
    handshakes.note(flows[0], 1, 0, SYN, 0)
    handshakes.note(flows[1], 2, 0, SYN, 1)
    handshakes.note(reverse(flows[0]), 9, 2, SYN | ACK, 2)
    handshakes.note(flows[2], 3, 0, SYN, 3)
    assert [handshakes.take(flow) for flow in flows] == [(1, 9, 2), None, (3, -1, 3)]


def test_each_has_its_time() -> None:
    """After `idle_seconds` it is forgotten, and not before."""
    handshakes = begun(Limits(idle_seconds=5))
    handshakes.expire(5 * SECOND - 1)
    assert handshakes.overtaken(CLIENT, 200, 0)
    handshakes.expire(5 * SECOND)
    assert handshakes.take(CLIENT) is None


@pytest.mark.parametrize("start", [100, LAST])
def test_a_fin_tells_what_came_before_it(start: int) -> None:
    """One with the first number, or that acknowledges nothing, follows the handshake; any other follows data."""
    handshakes = begun(sequence=start, answer=start)
    first, later = (start + 1) % 2**32, (start + 31) % 2**32
    for flow in (CLIENT, SERVER):
        assert not handshakes.overtaken(flow, first, first)
        assert handshakes.overtaken(flow, later, first)
        assert handshakes.overtaken(flow, first, later)
    assert not Handshakes(Limits()).overtaken(CLIENT, later, later)
