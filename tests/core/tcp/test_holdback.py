"""Facts about what is told a little later, because its connection may have another name."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from interceptor.core.model import Interface, Outcome, Peers, Transaction
from interceptor.core.tcp.holdback import Holdback
from tests.conversations import SECOND, Capture, Dialogue, Ends, Sent, pairs

BEFORE, CLIENT, SERVER = Interface("eth0", 1), Interface("veth-client", 1), Interface("veth-server", 1)
ASKED = Ends("10.64.0.2", "10.96.0.9", 40_000, 80, 1_000, 5_000)
BACKEND = ASKED._replace(client="10.64.1.1", server="10.64.1.3", client_port=61_007, server_port=8080)


@dataclass
class Read(Dialogue):
    """A connection that two interfaces show, and that is read from one after the other."""

    frames: list[tuple[Interface, int, bytes]] = field(default_factory=list)

    def show(self, sent: Sent, interface: Interface | None = None) -> None:
        """At both places."""
        self.capture.now += 1_000_000
        for where, ends in ((CLIENT, ASKED), (SERVER, BACKEND)):
            frame = bytearray(sent._replace(ends=ends).frame())
            frame[22] -= sent.client == (where is SERVER)
            self.frames.append((where, self.capture.now, bytes(frame)))

    def read(self, where: Interface) -> None:
        """All that one interface shows."""
        for seen, time, frame in self.frames:
            if seen is where:
                self.capture.feed(frame, time, where)


def call(*, close: bool = True, others: bool = True) -> tuple[Capture, Read]:
    """A call that is over before anything of it was read."""
    capture = Capture()
    talk = Read(capture)
    if others:
        for where in (BEFORE, SERVER):
            talk.capture.feed(Sent(Ends(), client=True, position=0, place=0).frame(), interface=where)
    talk.open()
    talk.exchange(1)
    if close:
        talk.close()
    return capture, talk


@pytest.mark.parametrize("first", [CLIENT, SERVER])
@pytest.mark.parametrize("close", [True, False])
def test_a_call_that_is_over_before_its_other_name_is_read_has_both(first: Interface, close: bool) -> None:
    """Whichever interface is read first, and whether the connection is over with it; until then it is held, not lost."""
    capture, talk = call(close=close)
    talk.read(first)
    assert capture.transactions == []
    assert capture.pipeline.transactions == 0
    assert capture.stage("transactions").held == 1
    assert capture.stage("messages").held == 2
    talk.read(CLIENT if first is SERVER else SERVER)
    [told] = capture.transactions
    assert (told.peers.client_address, told.peers.server_address) == ("10.64.0.2", "10.64.1.3")
    assert told.peers.translation is not None
    assert told.peers.translation.service_address == "10.96.0.9"
    assert pairs(capture.close()) == [("1", "1")]
    assert capture.pipeline.transactions == 1


def test_what_has_no_other_name_is_told_after_a_moment() -> None:
    """As it is; later calls of its connection are told at once."""
    capture, talk = call(close=False)
    talk.read(CLIENT)
    assert capture.transactions == []
    capture.wait(0.5)
    [told] = capture.transactions
    assert told.peers.server_address == "10.96.0.9"
    talk.frames.clear()
    talk.exchange(2)
    talk.read(CLIENT)
    assert pairs(capture.transactions) == [("1", "1"), ("2", "2")]


def test_the_end_of_a_capture_waits_for_nothing() -> None:
    """What was held is told, in order."""
    capture, talk = call(close=False)
    talk.client(b"GET /n/2 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    talk.read(CLIENT)
    assert capture.transactions == []
    assert pairs(capture.close()) == [("1", "1"), ("2", None)]


def test_a_single_interface_waits_for_nothing() -> None:
    """There is no other that could show anything."""
    capture, talk = call(others=False)
    talk.read(CLIENT)
    assert pairs(capture.transactions) == [("1", "1")]


def outcome(number: int) -> tuple[bytes, Outcome]:
    """Of a connection, and its client's flow."""
    peers = Peers("10.0.0.1", number, "10.0.0.2", 80, "ipv4", number.to_bytes(10, "big"), None)
    return number.to_bytes(12, "big"), Transaction(peers, 1)


def test_what_waits_is_bounded() -> None:
    """In connections and in outcomes: the oldest are told as they stand, and all is told once."""
    holdback = Holdback()
    told: list[Outcome] = []
    for number in range(5_000):
        flow, over = outcome(number)
        holdback.began(flow, over.peers, number)
        told += holdback.keep([over])
    assert len(told) == 5_000 - 4_096
    assert len(holdback.begun) == 4_096
    flow, over = outcome(10_000)
    holdback.began(flow, over.peers, 5_000)
    for _ in range(5_000):
        told += holdback.keep([over])
    assert len(holdback.transactions) <= 4_096
    told += holdback.expire(SECOND)
    assert not holdback.begun
    assert len(told) == 10_000


def test_a_name_that_another_connection_has_is_not_the_first_ones() -> None:
    """What waited for the first one is told as it stands."""
    holdback = Holdback()
    flow, over = outcome(1)
    holdback.began(flow, over.peers, 0)
    assert holdback.keep([over]) == []
    assert holdback.released(flow) == [over]
    _, other = outcome(2)
    holdback.began(flow, other.peers, 0)
    assert holdback.keep([over]) == [over]
    assert holdback.released(flow) == []
