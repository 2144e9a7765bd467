"""Sessions: who said how much, who closed it and why, and nothing that was not seen."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import (
    Anomaly,
    Chunk,
    Outcome,
    Peers,
    Request,
    Response,
    State,
    Transaction,
    Upgrade,
)
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.websocket.session import Session, Traffic, WebSocketConversation
from tests.support.examples import examples
from tests.support.websocket import ACCEPT, BINARY, CLOSE, KEY, PING, PONG, TEXT, frame, frames

PEERS = Peers("192.0.2.1", 1234, "192.0.2.2", 80, "ipv4", bytes(10), None)
MASK = b"\x12\x34\x56\x78"


def handshake(*, asked: bool = True, weight: int = 0, extensions: str = "") -> Transaction:
    """What led to a session."""
    request = Request(100, 0, 1, weight=weight, upgrade=Upgrade("websocket", KEY), target="/chat")
    response = Response(200, 300, 2, end_time=5, status=101)
    response.upgrade = Upgrade("websocket", ACCEPT, "chat", extensions)
    return Transaction(PEERS, 1, request if asked else None, response)


def start(*, weight: int = 0, asked: bool = True, budget: Budget | None = None) -> WebSocketConversation:
    """A session that begins."""
    budget = budget or Budget(1_000_000)
    return WebSocketConversation(
        PEERS, handshake(asked=asked, weight=weight), lambda _reason, _size: None, budget
    )


class Talk:
    """Both sides of a session, each knowing how much of the other has come."""

    def __init__(self, conversation: WebSocketConversation | None = None) -> None:
        self.conversation = conversation or start()
        self.positions = [500, 600]
        self.time = 10
        self.finished: list[Outcome] = []

    def say(self, side: int, data: bytes, *, place: int | None = None) -> None:
        """One segment; `place`: how much of the other side its sender had received, all unless told."""
        at = self.positions[side]
        place = self.positions[1 - side] if place is None else place
        self.time += 10
        self.conversation.receive(side, Chunk(data, 0, len(data), at, self.time, place), self.finished)
        self.positions[side] += len(data)

    def lose(self, side: int, size: int) -> None:
        """Bytes that were not captured."""
        self.conversation.gap(side, size, self.positions[side], self.time, self.finished)
        self.positions[side] += size

    def close(self, side: int, *, clean: bool = True) -> None:
        """The end of one side."""
        self.time += 10
        self.conversation.close(side, self.positions[side], self.time, self.finished, clean=clean)

    def end(self) -> Session:
        """Both ends, and what is said of all of it."""
        self.close(CLIENT)
        self.close(SERVER)
        return self.finish()

    def finish(self) -> Session:
        """What is said of it."""
        self.conversation.finish(Anomaly.UNANSWERED, self.finished)
        session = self.finished[-1]
        assert isinstance(session, Session)
        return session


def test_what_both_sides_sent() -> None:
    """Frames and messages by kind, bytes, times, who closed it, and why."""
    talk = Talk()
    said = [frame(TEXT, b"hello", mask=MASK), frame(BINARY, b"x" * 300, mask=MASK)]
    heard = [frame(TEXT, b"a", last=False), frame(0, b"bc", last=False), frame(0, b"d")]
    for data in said:
        talk.say(CLIENT, data)
    for data in heard:
        talk.say(SERVER, data)
    talk.say(SERVER, close := frame(CLOSE, b"\x0f\xa1over"))
    talk.say(CLIENT, closed := frame(CLOSE, b"\x0f\xa1", mask=MASK))
    session = talk.end()
    assert session.client == Traffic(
        bytes=len(b"".join(said) + closed), payload=5 + 300 + 2, text=1, binary=1, close=1
    )
    assert session.server == Traffic(
        bytes=len(b"".join(heard) + close), payload=4 + 6, continuation=2, text=1, close=1
    )
    assert (session.closed_by, session.client_code, session.server_code) == (SERVER, 4001, 4001)
    assert (session.client_unanswered, session.server_unanswered) == (0, 0)
    assert (session.time, session.end_time, session.part) == (5, talk.time, 1)
    assert (session.position, session.asked) == (100, True)
    assert (session.subprotocol, session.extensions, session.anomalies) == ("chat", (), set())
    assert session.request is not None
    assert (session.state, session.ongoing) == (State.COMPLETE, False)


def test_two_closes_with_different_codes() -> None:
    """A message that is too big: the client says 1009, the server 1000."""
    talk = Talk()
    talk.say(CLIENT, frame(CLOSE, b"\x03\xf1", mask=MASK))
    talk.say(SERVER, frame(CLOSE, b"\x03\xe8"))
    session = talk.end()
    assert (session.closed_by, session.client_code, session.server_code) == (CLIENT, 1009, 1000)


@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_an_end_without_a_close_frame(side: int) -> None:
    """Who ended the connection ended the session; no code was sent."""
    talk = Talk()
    talk.close(side)
    talk.close(1 - side)
    session = talk.finish()
    assert (session.closed_by, session.client_code, session.server_code) == (side, None, None)
    talk = Talk()
    talk.conversation.reset(side)
    talk.close(CLIENT, clean=False)
    talk.close(SERVER, clean=False)
    session = talk.finish()
    assert (session.closed_by, session.state) == (side, State.TRUNCATED)


def test_an_end_that_nobody_saw() -> None:
    """The capture ends: nobody has closed anything."""
    talk = Talk()
    talk.close(CLIENT, clean=False)
    talk.close(SERVER, clean=False)
    session = talk.finish()
    assert (session.closed_by, session.state) == (None, State.TRUNCATED)


def test_pings_that_nobody_answers() -> None:
    """A pong answers what its sender had received, one for several; one that was asked for by nobody answers nothing."""
    talk = Talk()
    talk.say(CLIENT, frame(PING, b"1", mask=MASK))
    talk.say(CLIENT, frame(PING, b"2", mask=MASK))
    both = talk.positions[CLIENT]
    talk.say(CLIENT, frame(PING, b"3", mask=MASK))
    talk.say(SERVER, frame(PONG, b"2"), place=both)
    assert talk.finish().client_unanswered == 1
    talk.say(SERVER, frame(PONG, b"3"))
    talk.say(SERVER, frame(PONG))
    assert talk.finish().client_unanswered == 0
    talk.say(CLIENT, frame(PING, mask=MASK))
    session = talk.end()
    assert (session.client_unanswered, session.server_unanswered) == (1, 0)


def test_any_number_of_pings() -> None:
    """Positions are kept of sixteen, and one pong answers all of them."""
    talk = Talk()
    for _ in range(1000):
        talk.say(CLIENT, frame(PING, mask=MASK))
    assert talk.finish().client_unanswered == 1000
    talk.say(SERVER, frame(PONG))
    assert talk.finish().client_unanswered == 0


def test_what_is_lost_says_nothing() -> None:
    """A hole that may hide a pong or a close: what may be otherwise is not said."""
    talk = Talk()
    talk.say(CLIENT, frame(PING, mask=MASK))
    talk.lose(SERVER, 20)
    talk.say(CLIENT, frame(CLOSE, b"\x03\xe8", mask=MASK))
    session = talk.end()
    assert (session.client_unanswered, session.server_unanswered) == (None, 0)
    assert (session.closed_by, session.client_code, session.server_code) == (None, 1000, None)
    assert (session.state, session.server.missed) == (State.TRUNCATED, 20)


def test_parts_of_a_session_that_goes_on() -> None:
    """Each has what came since the one before, and they add up."""
    talk = Talk()
    patience = 1_000
    talk.conversation.overdue(1, patience, talk.finished)
    talk.say(CLIENT, first := frame(TEXT, b"hello", mask=MASK))
    talk.conversation.overdue(500, patience, talk.finished)
    assert not talk.finished
    talk.conversation.overdue(1_001, patience, talk.finished)
    [one] = talk.finished
    assert isinstance(one, Session)
    assert one.client == Traffic(bytes=len(first), payload=5, text=1)
    assert (one.ongoing, one.part, one.state, one.closed_by) == (True, 1, State.COMPLETE, None)
    talk.say(SERVER, second := frame(BINARY, b"x" * 70_000))
    talk.conversation.overdue(2_001, patience, talk.finished)
    two = talk.finished[-1]
    assert isinstance(two, Session)
    assert (two.client, two.part) == (Traffic(), 2)
    assert two.server == Traffic(bytes=len(second), payload=70_000, binary=1)
    assert two.time == one.end_time
    last = talk.end()
    assert (last.client, last.server, last.part, last.ongoing) == (Traffic(), Traffic(), 3, False)


def test_a_report_inside_of_a_payload_counts_what_has_come() -> None:
    """The rest is of the part in which it comes."""
    talk = Talk()
    data = frame(BINARY, b"x" * 1_000)
    talk.conversation.overdue(1, 10, talk.finished)
    talk.say(SERVER, data[:500])
    talk.conversation.overdue(11, 10, talk.finished)
    talk.say(SERVER, data[500:])
    last = talk.end()
    one = talk.finished[0]
    assert isinstance(one, Session)
    assert (one.server.bytes, one.server.payload, one.server.binary) == (500, 496, 1)
    assert (last.server.bytes, last.server.payload, last.server.binary) == (504, 504, 0)


def test_a_large_request_counts_and_can_be_given_up() -> None:
    """Memory is short: then nobody knows any more what was asked for."""
    budget = Budget(10_000)
    talk = Talk(start(weight=3_000, budget=budget))
    assert (talk.conversation.weight, budget.held) == (3_000, 3_000)
    talk.conversation.relieve(talk.finished)
    assert (talk.conversation.weight, budget.held) == (0, 0)
    session = talk.end()
    assert (session.request, session.asked, session.state) == (None, True, State.COMPLETE)
    talk = Talk(start(weight=3_000, budget=budget))
    assert talk.end().request is not None
    assert budget.held == 0


def test_a_session_whose_request_was_not_seen() -> None:
    """It is named by its answer, and not whole."""
    session = Talk(start(asked=False)).end()
    assert (session.position, session.asked, session.request) == (200, False, None)
    assert session.state is State.TRUNCATED


@examples(300)
@given(st.data())
def test_both_sides_at_once(data: st.DataObject) -> None:
    """Any frames of both, interleaved and cut anywhere, whoever looks at payloads: what was sent is what is said."""
    sent = [data.draw(frames(masked=side == CLIENT)) for side in (CLIENT, SERVER)]
    streams = [b"".join(each for *_, each in said) for said in sent]
    talk = Talk()
    left = list(streams)
    while any(left):
        side = data.draw(st.sampled_from([side for side in (CLIENT, SERVER) if left[side]]))
        size = data.draw(st.integers(1, len(left[side])))
        reader = talk.conversation.reader(side)
        if reader.remaining > size and data.draw(st.booleans()):
            reader.remaining -= size
            talk.positions[side] += size
        else:
            talk.say(side, left[side][:size])
        left[side] = left[side][size:]
    session = talk.end()
    for side, traffic in ((CLIENT, session.client), (SERVER, session.server)):
        counted = Counter(opcode for opcode, *_ in sent[side])
        assert traffic == Traffic(
            len(streams[side]),
            0,
            sum(len(payload) for _, payload, _ in sent[side]),
            counted[0],
            counted[TEXT],
            counted[BINARY],
            0,
            counted[CLOSE],
            counted[PING],
            counted[PONG],
        )
    assert session.state is State.COMPLETE


@examples(300)
@given(st.data())
def test_holes_on_both_sides(data: st.DataObject) -> None:
    """What is said is true, or is not said."""
    sent = [data.draw(frames(masked=side == CLIENT)) for side in (CLIENT, SERVER)]
    streams = [b"".join(each for *_, each in said) for said in sent]
    order = data.draw(st.permutations([(side, at) for side in (CLIENT, SERVER) for at in range(3)]))
    whole, torn = Talk(), Talk()
    at = [0, 0]
    for side, _ in order:
        size = data.draw(st.integers(0, len(streams[side]) - at[side]))
        piece = streams[side][at[side] : at[side] + size]
        at[side] += size
        if not piece:
            continue
        whole.say(side, piece)
        torn.time = whole.time - 10
        if data.draw(st.integers(0, 3)):
            torn.say(side, piece)
        else:
            torn.lose(side, size)
            torn.time = whole.time
    truth, session = whole.end(), torn.end()
    assert session.closed_by in (None, truth.closed_by)
    assert session.client_code in (None, truth.client_code)
    assert session.server_code in (None, truth.server_code)
    assert session.client_unanswered is None or session.client_unanswered <= (truth.client_unanswered or 0)
    assert session.server_unanswered is None or session.server_unanswered <= (truth.server_unanswered or 0)
    for some, every in ((session.client, truth.client), (session.server, truth.server)):
        assert some.bytes + some.missed == every.bytes
        assert some.payload <= every.payload
        assert (some.text, some.binary, some.ping) <= (every.text, every.binary, every.ping)
    assert (session.state is State.COMPLETE) == (session.client.missed + session.server.missed == 0)
