"""Facts about the table of handshakes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from interceptor.core.model import Limits
from interceptor.core.tcp.flows import reverse
from interceptor.core.tcp.handshakes import CLIENT_NEAR, SERVER_NEAR, Handshake, Handshakes
from interceptor.core.tcp.reassembly import ACK, FAR, FIN, RST, SYN

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


def taken(
    handshakes: Handshakes, sequence: int = 101, flow: bytes = CLIENT, acknowledgement: int = 501
) -> Handshake | None:
    """What stands behind the client's first data, or that of another flow."""
    found = handshakes.take(flow, sequence, acknowledgement, ACK, 9)
    return None if found is None else found[0]


def test_a_syn_and_its_answer_are_one_handshake() -> None:
    """It has both numbers, tells the client whoever sends the first data, and is taken once."""
    handshakes = begun(answer=500)
    assert handshakes.take(CLIENT, 101, 501, ACK, 9) == ((100, 500, 0, 0), True)
    assert handshakes.take(CLIENT, 101, 501, ACK, 9) is None
    assert begun(answer=500).take(SERVER, 501, 101, ACK, 9) == ((100, 500, 0, 0), False)


def test_the_answer_alone_tells_the_client_and_its_number() -> None:
    """A SYN that was not captured is known from what acknowledges it, across the wrap too."""
    for sequence in (100, LAST):
        handshakes = Handshakes(Limits())
        handshakes.note(SERVER, 500, (sequence + 1) % 2**32, SYN | ACK, 7)
        assert taken(handshakes, (sequence + 1) % 2**32) == (sequence, 500, 7, 0)


def test_the_same_syn_again_does_not_forget_the_answer() -> None:
    """A retransmission changes nothing; a SYN with another number begins another handshake."""
    handshakes = begun(answer=500)
    handshakes.note(CLIENT, 100, 0, SYN, 5)
    assert taken(handshakes) == (100, 500, 0, 0)
    handshakes = begun(answer=500)
    handshakes.note(CLIENT, 200, 0, SYN, 5)
    assert taken(handshakes, 201) == (200, -1, 5, 0)


@pytest.mark.parametrize("flag", [RST, FIN])
@pytest.mark.parametrize("flow", [CLIENT, SERVER])
def test_an_end_of_either_side_forgets_it(flag: int, flow: bytes) -> None:
    """A connection that is refused, or closed without data, leaves nothing."""
    handshakes = begun(answer=500)
    handshakes.note(flow, 101, 501, flag | ACK, 1)
    assert taken(handshakes) is None


def test_the_oldest_makes_room() -> None:
    """Beyond the limit the one that began first goes; one that was answered counts from its answer."""
    handshakes = Handshakes(Limits(handshakes=2))
    flows = [CLIENT[:8] + bytes([0xC0, number]) + CLIENT[10:] for number in range(3)]
    handshakes.note(flows[0], 1, 0, SYN, 0)
    handshakes.note(flows[1], 2, 0, SYN, 1)
    handshakes.note(reverse(flows[0]), 9, 2, SYN | ACK, 2)
    handshakes.note(flows[2], 3, 0, SYN, 3)
    assert [taken(handshakes, 4, flow, 10) for flow in flows] == [(1, 9, 2, 0), None, (3, -1, 3, 0)]


def test_each_has_its_time() -> None:
    """After `idle_seconds` it is forgotten, and not before."""
    handshakes = begun(Limits(idle_seconds=5))
    handshakes.expire(5 * SECOND - 1)
    assert handshakes.overtaken(CLIENT, 200, 0)
    handshakes.expire(5 * SECOND)
    assert taken(handshakes) is None


def test_data_with_a_syn_tells_its_own_handshake() -> None:
    """Whatever was seen on these ports before."""
    for handshakes in (begun(answer=500), begun(), Handshakes(Limits())):
        assert handshakes.take(CLIENT, 900, 0, SYN, 9) == ((900, -1, 9, 0), True)
        assert taken(handshakes) is None


def test_data_with_the_answer_to_a_syn_is_the_servers() -> None:
    """Whether the SYN was seen or not; only who has sent a SYN before is no server (RFC 9293 section 3.5)."""
    for handshakes in (begun(), Handshakes(Limits())):
        assert handshakes.take(SERVER, 500, 101, SYN | ACK, 9) == ((100, 500, 9, 0), False)
    assert begun().take(CLIENT, 100, 501, SYN | ACK, 9) == ((100, -1, 0, 0), True)


def test_a_syn_with_data_again_keeps_the_answer() -> None:
    """The same number is the same SYN: its answer is not forgotten."""
    assert begun(answer=500).take(CLIENT, 100, 0, SYN, 9) == ((100, 500, 0, 0), True)


@pytest.mark.parametrize("start", [100, LAST])
def test_a_handshake_of_another_connection_is_none(start: int) -> None:
    """Numbers that cannot follow it, of either side, are of another connection on the same ports."""
    near, far = [1, 5_000, FAR], [-1, FAR + 1, 2**31 - 1, 2**30]
    for sequence in near + far:
        for acknowledgement in near + far:
            handshakes = begun(sequence=start, answer=start)
            found = taken(
                handshakes, (start + sequence) % 2**32, acknowledgement=(start + acknowledgement) % 2**32
            )
            ours = sequence in near and acknowledgement in near
            assert found == ((start, start, 0, 0) if ours else None)
            assert taken(handshakes, (start + 1) % 2**32, acknowledgement=(start + 1) % 2**32) is None


@pytest.mark.parametrize("start", [100, LAST])
def test_a_fin_tells_what_came_before_it(start: int) -> None:
    """One with the first number that acknowledges a FIN at most follows the handshake; any other follows data."""
    handshakes = begun(sequence=start, answer=start)
    first, later = (start + 1) % 2**32, (start + 31) % 2**32
    for flow in (CLIENT, SERVER):
        assert not handshakes.overtaken(flow, first, first)
        assert not handshakes.overtaken(flow, first, (start + 2) % 2**32)
        assert handshakes.overtaken(flow, later, first)
        assert handshakes.overtaken(flow, first, later)
    assert not Handshakes(Limits()).overtaken(CLIENT, later, later)


def test_whose_machine_it_is_is_remembered() -> None:
    """Whose SYN had not been routed yet where it was seen, in whatever order two interfaces show them."""
    handshakes = Handshakes(Limits())
    handshakes.note(CLIENT, 100, 0, SYN, 0)
    handshakes.note(CLIENT, 100, 0, SYN, 0, near=True)
    handshakes.note(SERVER, 500, 101, SYN | ACK, 0)
    assert taken(handshakes) == (100, 500, 0, CLIENT_NEAR)
    handshakes.note(CLIENT, 100, 0, SYN, 0)
    handshakes.note(SERVER, 500, 101, SYN | ACK, 0, near=True)
    handshakes.note(SERVER, 500, 101, SYN | ACK, 0)
    assert taken(handshakes) == (100, 500, 0, SERVER_NEAR)
    handshakes.note(CLIENT, 100, 0, SYN, 0, near=True)
    handshakes.note(SERVER, 700, 301, SYN | ACK, 0)
    assert taken(handshakes, 301, acknowledgement=701) == (300, 700, 0, 0)
    handshakes.note(SERVER, 500, 101, SYN | ACK, 0, near=True)
    assert taken(handshakes) == (100, 500, 0, 0)  # of the client's nothing is known


VLAN = CLIENT + b"\x81\0\0\x07"


@pytest.mark.parametrize(
    ("noted", "taken"), [(VLAN, CLIENT), (CLIENT, VLAN), (VLAN, CLIENT + b"\x81\0\0\x09")]
)
@pytest.mark.parametrize("from_client", [True, False])
def test_data_under_another_name(noted: bytes, taken: bytes, *, from_client: bool) -> None:
    """An interface shows the handshake with a VLAN, another one the data without, or the other way round."""
    handshakes = Handshakes(Limits())
    handshakes.note(noted, 100, 0, SYN, 0)
    handshakes.note(reverse(noted), 900, 101, SYN | ACK, 0)
    found = (
        handshakes.take(taken, 101, 901, ACK, 0)
        if from_client
        else handshakes.take(reverse(taken), 901, 101, ACK, 0)
    )
    assert found == ((100, 900, 0, 0), from_client)
    assert handshakes.of(noted, 101, 901) is None, "it was taken out"
    assert handshakes._marked == {}


@pytest.mark.parametrize(("sequence", "acknowledgement"), [(100, 901), (101, 900), (70_000, 901), (101, 5)])
def test_another_name_with_other_numbers(sequence: int, acknowledgement: int) -> None:
    """That is another connection, and the handshake stays."""
    handshakes = Handshakes(Limits())
    handshakes.note(VLAN, 100, 0, SYN, 0)
    handshakes.note(reverse(VLAN), 900, 101, SYN | ACK, 0)
    assert handshakes.take(CLIENT, sequence, acknowledgement, ACK, 0) is None
    assert handshakes.of(VLAN, 101, 901) is not None


def test_other_names_are_forgotten_with_their_handshakes() -> None:
    """By a RST, in time, and where there are too many."""
    handshakes = Handshakes(replace(Limits(), handshakes=10))
    for number in range(1, 100):
        handshakes.note(CLIENT + number.to_bytes(4, "big"), number, 0, SYN, number)
    assert sum(map(len, handshakes._marked.values())) == 10
    handshakes.note(CLIENT + (99).to_bytes(4, "big"), 0, 0, RST, 100)
    assert sum(map(len, handshakes._marked.values())) == 9
    handshakes.expire(10**18)
    assert handshakes._marked == {}
