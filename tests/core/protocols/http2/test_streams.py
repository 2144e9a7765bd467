"""Streams: what begins and ends one, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from interceptor.core.model import Anomaly, Chunk, State, Transaction
from interceptor.core.protocols.http2.conversation import Http2Conversation
from tests.core.protocols.http2.test_hpack import literal
from tests.support.http2 import CLIENT, PREFACE, SERVER, frame, message
from tests.support.http2_listener import PEERS, Listener, Piece, counted

if TYPE_CHECKING:
    from interceptor.core.model import Outcome

SECOND = 10**9
GET = b"\x82\x84\x86\x41\x01a"
POST = b"\x83\x84\x86\x41\x01a"
GRPC = POST[:1] + literal(b"", b"/a.B/C", index=4, insert=False) + b"\x86" + literal(
    b"", b"application/grpc", index=31, insert=False
)  # fmt: skip
OK = b"\x88"
ENDS = 5
GOES_ON = 4


class Script:
    """A connection, frame by frame: one a millisecond."""

    def __init__(self, *, first: bool = True) -> None:
        self.talk = Http2Conversation(PEERS, counted()[0], first=first)
        self.talk.heard(CLIENT)
        self.talk.heard(SERVER)
        self.finished: list[Outcome] = []
        self.at = [0, 0]
        self.time = SECOND
        if first:
            self.client(PREFACE)

    def _say(self, side: int, data: bytes) -> Script:
        self.time += 1_000_000
        self.talk.receive(side, Chunk(data, 0, len(data), self.at[side], self.time, 0), self.finished)
        self.at[side] += len(data)
        return self

    def client(self, data: bytes) -> Script:
        """The client says something."""
        return self._say(CLIENT, data)

    def server(self, data: bytes) -> Script:
        """The server does."""
        return self._say(SERVER, data)

    def lose(self, side: int, size: int) -> Script:
        """Bytes are missing."""
        self.talk.gap(side, size, self.at[side], self.time, self.finished)
        self.at[side] += size
        return self

    @property
    def found(self) -> list[Transaction]:
        """What was reported so far."""
        return [each for each in self.finished if isinstance(each, Transaction)]

    @property
    def only(self) -> Transaction:
        """The one that was."""
        (only,) = self.found
        return only

    def end(self, unseen: Anomaly = Anomaly.UNANSWERED) -> list[Transaction]:
        """The connection is over."""
        for side in (CLIENT, SERVER):
            self.talk.close(side, self.at[side], self.time, self.finished, clean=True)
        self.talk.finish(unseen, self.finished)
        return self.found


def test_an_answer_of_a_later_stream_comes_first() -> None:
    """Nothing pairs them but their number."""
    script = Script()
    for number in range(1, 200, 2):
        script.client(frame(1, number, GET, ENDS))
    for number in range(199, 0, -2):
        script.server(frame(1, number, OK if number % 4 == 1 else b"\x8d", ENDS))
    assert [(each.stream, each.response and each.response.status) for each in script.found] == [
        (number, 200 if number % 4 == 1 else 404) for number in range(199, 0, -2)
    ]
    assert all(not each.anomalies for each in script.found)


def test_times() -> None:
    """The request ends with its last DATA; interim answers are not the first byte of the answer."""
    script = Script()
    script.client(frame(1, 1, POST, GOES_ON)).client(frame(0, 1, b"abc", 1))
    script.server(frame(1, 1, literal(b"", b"103", index=8), GOES_ON))
    script.server(frame(1, 1, OK, GOES_ON)).server(frame(0, 1, b"x")).server(
        frame(1, 1, literal(b"sum", b"7"), ENDS)
    )
    request, response = script.only.request, script.only.response
    assert request is not None
    assert response is not None
    times = [request.time, request.end_time, response.time, response.end_time]
    assert [(time - SECOND) // 1_000_000 for time in times] == [2, 3, 5, 7]
    assert (script.only.interim, response.anomalies) == ([103], {Anomaly.TRAILERS})
    assert (request.body_size, response.body_size) == (3, 1)
    assert (request.state, response.state) == (State.COMPLETE, State.COMPLETE)


@pytest.mark.parametrize(
    ("code", "answered", "anomalies"),
    [
        (8, False, {Anomaly.CLIENT_CLOSED, Anomaly.UNANSWERED}),
        (8, True, {Anomaly.CLIENT_CLOSED}),
    ],
)
def test_a_client_that_does_not_want_it_any_more(code: int, answered: bool, anomalies: set[Anomaly]) -> None:
    """What was on its way still goes through HPACK, and is of no stream."""
    script = Script().client(frame(1, 1, GET, ENDS))
    if answered:
        script.server(frame(1, 1, OK, GOES_ON)).server(frame(0, 1, bytes(100)))
    script.client(frame(3, 1, code.to_bytes(4, "big")))
    assert script.only.anomalies == anomalies
    script.server(frame(1, 1, literal(b"x-late", b"1"), ENDS)).server(frame(0, 1, bytes(5), 1))
    script.client(frame(1, 3, GET, ENDS)).server(frame(1, 3, OK + b"\xbe", ENDS))
    response = script.found[-1].response
    assert response is not None
    assert response.header_names == ("x-late",)
    assert len(script.found) == 2


@pytest.mark.parametrize(
    ("code", "anomaly"), [(7, Anomaly.REFUSED), (2, Anomaly.SERVER_CLOSED), (0, Anomaly.SERVER_CLOSED)]
)
def test_a_server_that_does_not_go_on(code: int, anomaly: Anomaly) -> None:
    """Refused is what has not been processed."""
    script = Script().client(frame(1, 1, GET, ENDS)).server(frame(3, 1, code.to_bytes(4, "big")))
    assert script.only.anomalies == {anomaly, Anomaly.UNANSWERED}


def test_an_answer_that_does_not_wait_for_the_request() -> None:
    """RFC 9113 section 8.1: RST_STREAM with NO_ERROR behind it asks the client to stop sending."""
    script = Script().client(frame(1, 1, POST, GOES_ON)).client(frame(0, 1, bytes(10)))
    script.server(frame(1, 1, b"\x8c", ENDS))
    assert script.found == []
    script.server(frame(3, 1, bytes(4)))
    request, response = script.only.request, script.only.response
    assert script.only.anomalies == {Anomaly.EARLY_RESPONSE}
    assert request is not None
    assert response is not None
    assert (request.state, request.body_size, response.state) == (State.TRUNCATED, 10, State.COMPLETE)


def test_goaway_twice() -> None:
    """Graceful: first nothing is refused, then what is above the last stream, which has no answer yet."""
    script = Script()
    for number in (1, 3, 5):
        script.client(frame(1, number, GET, ENDS))
    script.server(frame(7, 0, (2**31 - 1).to_bytes(4, "big") + bytes(4)))
    assert script.found == []
    script.server(frame(7, 0, (3).to_bytes(4, "big") + bytes(4)))
    assert (script.only.stream, script.only.anomalies) == (5, {Anomaly.REFUSED, Anomaly.UNANSWERED})
    script.server(frame(1, 1, OK, ENDS)).server(frame(1, 3, OK, ENDS))
    assert [each.stream for each in script.found] == [5, 1, 3]


def test_a_pushed_answer() -> None:
    """Its request is the server's own: said, and missing."""
    script = Script().client(frame(1, 1, GET, ENDS))
    script.server(frame(5, 1, b"\0\0\0\x02" + GET, 4)).server(frame(1, 2, OK, ENDS)).server(
        frame(1, 1, OK, ENDS)
    )
    pushed = script.found[0]
    assert (pushed.stream, pushed.anomalies) == (2, {Anomaly.PUSHED})
    assert pushed.request is not None
    assert (pushed.request.state, pushed.request.target) == (State.MISSING, "/")


def test_a_connect_is_over_when_it_is_granted() -> None:
    """What comes is a tunnel's; where it is not granted, it is an ordinary answer."""
    connect = literal(b"", b"CONNECT", index=2) + b"\x41\x01a"
    script = Script().client(frame(1, 1, connect, GOES_ON)).server(frame(1, 1, OK, GOES_ON))
    granted = script.only
    assert granted.response is not None
    assert (granted.response.body_size, granted.response.state, granted.anomalies) == (
        0,
        State.COMPLETE,
        None,
    )
    script.client(frame(0, 1, bytes(10))).server(frame(0, 1, bytes(100), 1)).client(frame(0, 1, b"", 1))
    assert len(script.found) == 1
    script.client(frame(1, 3, b"\xbf\xbe", GOES_ON)).server(frame(1, 3, b"\x8d", GOES_ON))
    script.server(frame(0, 3, b"no", 1)).client(frame(0, 3, b"", 1))
    refused = script.found[1].response
    assert refused is not None
    assert (refused.status, refused.body_size) == (404, 2)


def test_an_answer_to_head_has_a_length_and_no_body() -> None:
    """That is no contradiction; with GET it is one."""
    length = literal(b"", b"5", index=28, insert=False)
    head = literal(b"", b"HEAD", index=2, insert=False) + GET[1:]
    script = Script().client(frame(1, 1, head, ENDS)).server(frame(1, 1, OK + length, ENDS))
    script.client(frame(1, 3, GET, ENDS)).server(frame(1, 3, OK + length, ENDS))
    script.client(frame(1, 5, GET, ENDS)).server(frame(1, 5, OK + length, GOES_ON) + frame(0, 5, b"hello", 1))
    assert [each.response and each.response.anomalies for each in script.found] == [
        None,
        {Anomaly.CONTENT_LENGTH_MISMATCH},
        None,
    ]


def test_calls() -> None:
    """One message each way, status in the trailers, which are no oddity; and a call refused in its only block."""
    script = Script().client(frame(1, 1, GRPC, GOES_ON)).client(frame(0, 1, message(3), 1))
    kind = literal(b"", b"application/grpc", index=31, insert=False)
    script.server(frame(1, 1, OK + kind, GOES_ON)).server(frame(0, 1, message(7) + message(0)))
    script.server(frame(1, 1, literal(b"grpc-status", b"0"), ENDS))
    script.client(frame(1, 3, GRPC, ENDS)).server(
        frame(1, 3, OK + kind + literal(b"grpc-status", b"5"), ENDS)
    )
    first, second = (each.call for each in script.found)
    assert first is not None
    assert second is not None
    assert (first.system, first.status, first.request_messages, first.response_messages) == ("grpc", 0, 1, 2)
    assert (first.request_message_bytes, first.response_message_bytes) == (3, 7)
    assert (second.status, second.request_messages, second.response_messages) == (5, 0, 0)
    assert all(each.response is not None and each.response.anomalies is None for each in script.found)


def test_a_call_that_ended_without_a_status_has_none() -> None:
    """Not 0: a reset, an end without trailers."""
    kind = literal(b"", b"application/grpc", index=31, insert=False)
    script = Script().client(frame(1, 1, GRPC, ENDS)).server(frame(1, 1, OK + kind, ENDS))
    script.client(frame(1, 3, GRPC, ENDS)).server(frame(3, 3, bytes(4)))
    assert [each.call and each.call.status for each in script.found] == [None, None]


@pytest.mark.parametrize(
    ("milliseconds", "code", "exceeded"), [(200, 8, True), (195, 8, True), (100, 8, False), (200, 2, False)]
)
def test_a_deadline_that_the_client_sees(milliseconds: int, code: int, exceeded: bool) -> None:
    """It cancels when its time-out is over; before that it was somebody's wish."""
    script = Script().client(frame(1, 1, GRPC + literal(b"grpc-timeout", b"200m"), ENDS))
    script.time += (milliseconds - 1) * 1_000_000
    script.client(frame(3, 1, code.to_bytes(4, "big")))
    assert (Anomaly.RPC_DEADLINE in (script.only.anomalies or ())) is exceeded


def test_answers_to_what_was_not_seen_come_in_any_order_and_once() -> None:
    """On a connection joined late a later stream may be answered first; a second answer on one is none."""
    talk = Script(first=False)
    for number in (9, 7, 1, 3, 7, 5, 9, 3):
        talk.server(frame(1, number, OK, ENDS))
    assert [each.stream for each in talk.end()] == [9, 7, 1, 3, 5]


def test_a_hole_over_the_head_of_a_message_ends_the_count() -> None:
    """One inside of a message does not."""
    for lost, wanted in ((3, 2), (12, None)):
        script = Script().client(frame(1, 1, GRPC, GOES_ON))
        body = message(10) + message(4)
        data = frame(0, 1, body, 1)
        script.client(data[:15]).lose(CLIENT, lost).client(data[15 + lost :])
        script.server(frame(1, 1, OK, ENDS))
        assert script.only.call is not None
        assert script.only.call.request_messages == wanted
        assert script.only.request is not None
        assert (script.only.request.missed, script.only.request.body_size) == (lost, len(body))


def test_an_answer_to_what_was_before_the_join() -> None:
    """Reported without a request, once; trailers and bodies of what began before say nothing of their own."""
    script = Script(first=False)
    script.client(frame(8, 0, bytes(4))).server(
        frame(1, 7, literal(b"grpc-status", b"0", insert=False), ENDS)
    )
    script.server(frame(0, 9, bytes(10), 1)).server(frame(1, 11, OK, GOES_ON)).server(frame(0, 11, b"x", 1))
    script.server(frame(3, 11, bytes(4)))
    assert (script.only.stream, script.only.request, script.only.anomalies) == (11, None, {Anomaly.UNPAIRED})


def test_a_loss_costs_its_own_direction() -> None:
    """The client's frames are lost: answers still come to the streams that were open, and to those that were not seen."""
    script = Script().client(frame(1, 1, GET, ENDS)).client(frame(1, 3, POST, GOES_ON))
    script.lose(CLIENT, 100).client(frame(1, 9, b"\x82\x84\x86\xbe", ENDS))
    for number in (1, 3, 5, 9):
        script.server(frame(1, number, OK, ENDS))
    by_stream = {each.stream: each for each in script.found}
    assert sorted(by_stream) == [1, 3, 5, 9]
    assert by_stream[5].request is None
    ninth, third = by_stream[9].request, by_stream[3].request
    assert ninth is not None
    assert third is not None
    assert (ninth.target, ninth.host, ninth.header_names) == ("/", None, ())
    assert (third.unsized, third.state) == (True, State.TRUNCATED)
    assert all(each.response is not None and each.response.status == 200 for each in script.found)


def test_what_goes_on_is_reported_once_at_its_deadline() -> None:
    """As it stands; its end changes nothing."""
    script = (
        Script().client(frame(1, 1, GET, ENDS)).server(frame(1, 1, OK, GOES_ON) + frame(0, 1, bytes(90))[:50])
    )
    script.talk.overdue(5, 10, script.finished)
    script.talk.overdue(20, 10, script.finished)
    assert script.only.anomalies == {Anomaly.DEADLINE}
    assert script.only.response is not None
    assert script.only.response.body_size == 41
    script.server(frame(0, 1, bytes(90))[50:]).server(frame(0, 1, b"", 1))
    assert len(script.end()) == 1


def test_a_request_behind_the_report_of_its_answer_is_counted_as_late() -> None:
    """A server met before its client: the answer was reported alone, and the counts go on balancing."""
    listener = Listener(first=False)
    listener.tell(Piece(SERVER, 0, frame(1, 1, OK, GOES_ON), SECOND))
    for now in (SECOND, 3 * SECOND):
        listener.talk.overdue(now, SECOND, listener.finished)
    assert (listener.counts.reported, listener.counts.halves) == (1, 1)
    listener.tell(Piece(CLIENT, 0, frame(1, 1, GET, GOES_ON), 3 * SECOND))
    assert (listener.counts.messages, listener.counts.late) == (2, 1)
    listener.tell(Piece(SERVER, 10, frame(0, 1, b"x", 1), 3 * SECOND))
    assert len(listener.end()) == 1


UNKNOWN = b"\xbe"
"""A field that was said before the capture began."""


@pytest.mark.parametrize("reported", [False, True])
def test_what_may_be_an_interim_answer_is_counted_when_it_is_known_to_be_none(reported: bool) -> None:
    """A count that was shown is never taken back: a scrape may lie between."""
    listener = Listener(first=False)
    shown: list[tuple[int, int]] = []

    def tell(side: int, data: bytes) -> None:
        listener.tell(Piece(side, listener.at[side], data, 3 * SECOND))
        shown.append((listener.counts.messages, listener.counts.late))

    tell(CLIENT, frame(1, 1, POST, GOES_ON))
    if reported:
        for now in (SECOND, 3 * SECOND):
            listener.talk.overdue(now, SECOND, listener.finished)
    for block in (UNKNOWN, UNKNOWN, OK):
        tell(SERVER, frame(1, 1, block, GOES_ON))
    tell(CLIENT, frame(0, 1, b"x", 1))
    assert shown == [(1, 0), (1, 0), (1, 0), (2, int(reported)), (2, int(reported))]
    tell(SERVER, frame(0, 1, b"x", 1))
    assert len(listener.end()) == 1


def test_the_end_of_a_request_says_nothing_of_what_may_be_an_interim_answer() -> None:
    """A client that was told to go on (RFC 9110 section 10.1.1) ends its body before the answer comes."""
    script = Script(first=False).client(frame(1, 1, POST, GOES_ON)).server(frame(1, 1, UNKNOWN, GOES_ON))
    script.client(frame(0, 1, b"x", 1)).server(frame(1, 1, OK, ENDS))
    response = script.only.response
    assert response is not None
    assert (response.status, response.anomalies) == (200, None)


def test_what_is_open_at_the_end_says_why() -> None:
    """As whoever ends it knows."""
    for unseen in (Anomaly.UNANSWERED, Anomaly.CUT_SHORT):
        (only,) = Script().client(frame(1, 1, GET, ENDS)).end(unseen)
        assert only.anomalies == {unseen}


def test_more_answers_of_one_stream() -> None:
    """A second final one is malformed, and not believed."""
    script = Script().client(frame(1, 1, GET, ENDS)).server(frame(1, 1, OK, GOES_ON))
    script.server(frame(1, 1, b"\x8d", GOES_ON)).server(frame(0, 1, b"x", 1))
    response = script.only.response
    assert response is not None
    assert (response.status, response.anomalies) == (200, {Anomaly.INVALID_HEADER})
