"""WebSocket on streams: each is a session of its own, and what ends a stream ends it."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from fixtures.made.http2 import (
    ACK,
    ENDS,
    ENDS_BLOCK,
    GRANTED,
    OK,
    PREFACE,
    SETTINGS,
    answered,
    asked,
    connects,
    data,
    frame,
)
from fixtures.made.upgrades import CLOSE, PING, PONG, TEXT, masked
from fixtures.made.upgrades import frame as said
from interceptor.core.model import Limits, State
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.http2.sessions import WEIGHT
from interceptor.core.protocols.websocket.session import Session
from tests.conversations import Capture, Dialogue

BYE = CLOSE, b"\x03\xe8"


def opened(capture: Capture, *streams: int) -> Dialogue:
    """A connection whose streams are sessions."""
    talk = Dialogue(capture).open()
    talk.client(PREFACE + frame(4, 0))
    talk.server(SETTINGS + ACK)
    for number in streams:
        talk.client(connects(number))
        talk.server(frame(1, number, OK, ENDS_BLOCK))
    return talk


def sessions(capture: Capture) -> list[Session]:
    """Those that were reported so far."""
    return [outcome for outcome in capture.outcomes if isinstance(outcome, Session)]


def test_a_session_is_over_when_both_sides_of_its_stream_are() -> None:
    """The connection goes on, and so do other sessions."""
    capture = Capture()
    talk = opened(capture, 1, 3)
    talk.client(data(1, masked(TEXT, b"a") + masked(*BYE), ends=True) + data(3, masked(TEXT, b"b")))
    assert sessions(capture) == []
    talk.server(data(1, said(*BYE), ends=True))
    [one] = sessions(capture)
    assert (one.state, one.closed_by, one.client.text, one.client.bytes) == (State.COMPLETE, CLIENT, 1, 15)
    talk.client(asked(1, 5))
    talk.server(answered(1, 5) + data(3, said(*BYE), ends=True))
    talk.client(data(3, masked(*BYE), ends=True))
    assert [(each.closed_by, each.client.text) for each in sessions(capture)] == [(CLIENT, 1), (SERVER, 1)]
    assert len({each.position for each in sessions(capture)}) == 2
    assert len(capture.transactions) == 3


@pytest.mark.parametrize("reset", [CLIENT, SERVER])
def test_a_reset_ends_it(reset: int) -> None:
    """As TCP's would: whoever sent it has closed the session."""
    capture = Capture()
    talk = opened(capture, 1)
    (talk.server if reset else talk.client)(frame(3, 1, (8).to_bytes(4)))
    [one] = sessions(capture)
    assert (one.state, one.closed_by) == (State.TRUNCATED, reset)


def test_an_end_with_the_answer() -> None:
    """A server may grant a session and say no more."""
    capture = Capture()
    talk = opened(capture)
    talk.client(connects(3))
    talk.server(frame(1, 3, GRANTED[9:], ENDS | ENDS_BLOCK))
    talk.client(data(3, b"", ends=True))
    [one] = sessions(capture)
    assert (one.state, one.closed_by, one.subprotocol) == (State.COMPLETE, SERVER, "graphql-ws")


def test_pongs_answer_pings_across_frames() -> None:
    """What a pong's sender had received is told by the connection's acknowledgements."""
    capture = Capture()
    talk = opened(capture, 1)
    talk.server(data(1, said(PING, b"1")))
    talk.client(data(1, masked(PONG, b"1")))
    talk.server(data(1, said(PING, b"2")[:1]) + data(1, said(PING, b"2")[1:]))
    capture.close()
    [one] = sessions(capture)
    assert (one.server_unanswered, one.client_unanswered, one.server.ping, one.client.pong) == (1, 0, 2, 1)


def test_a_hole_between_frames_costs_one_direction() -> None:
    """Where frames of HTTP/2 begin is found again; where those of WebSocket do is not."""
    capture = Capture()
    talk = opened(capture, 1)
    talk.client(data(1, masked(TEXT, b"a")))
    talk.client(data(1, masked(TEXT, b"b"))[:7], lost=True)
    talk.client(data(1, masked(TEXT, b"b"))[7:])
    talk.server(data(1, said(TEXT, b"c")))
    talk.client(data(1, masked(TEXT, b"d")) + asked(1, 3))
    talk.server(answered(1, 3) + data(1, said(*BYE), ends=True))
    capture.close()
    [one] = sessions(capture)
    assert one.state is State.TRUNCATED
    assert (one.client.text, one.server.text, one.server_code, one.client_code) == (1, 1, 1000, None)
    assert one.server_unanswered is None
    assert [transaction.stream for transaction in capture.transactions] == [1, 3]


def test_those_that_stay_open_are_reported_in_parts() -> None:
    """Each part has what came since the last one; the handshake has been reported long ago."""
    capture = Capture(replace(Limits(), transaction_seconds=60, idle_seconds=30))
    talk = opened(capture, 1)
    for _ in range(16):
        talk.client(data(1, masked(TEXT, b"a")))
        capture.wait(15)
    found = sessions(capture)
    assert [each.part for each in found] == [1, 2, 3]
    assert {each.ongoing for each in found} == {True}
    capture.close()
    assert sum(each.client.text for each in sessions(capture)) == 16
    assert len(capture.transactions) == 1


def test_of_too_many_the_oldest_is_left() -> None:
    """It is reported as it stands."""
    capture = Capture(replace(Limits(), pending=3))
    talk = opened(capture, 1, 3, 5, 7, 9)
    assert [each.state for each in sessions(capture)] == [State.TRUNCATED] * 2
    talk.client(data(1, masked(TEXT, b"a")) + data(9, masked(TEXT, b"a")))
    capture.close()
    assert [each.client.text for each in sessions(capture)] == [0, 0, 0, 0, 1]


def test_what_one_takes_is_what_it_counts_as() -> None:
    """In memory, within a half."""
    capture = Capture(replace(Limits(), pending=1_000))
    talk = opened(capture)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1, 1_601, 2):
            talk.client(connects(number))
            talk.server(frame(1, number, OK, ENDS_BLOCK))
        capture.outcomes.clear()
        capture.transactions.clear()
        taken = (tracemalloc.get_traced_memory()[0] - before) / 800
    finally:
        tracemalloc.stop()
    assert WEIGHT / 1.5 < taken < WEIGHT * 1.5
