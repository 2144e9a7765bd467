"""Facts about one direction of HTTP/1: where messages begin and end, and what a hole does to that."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import Anomaly, Chunk, Drop, Limits, Request, Response
from interceptor.core.protocols.http1 import parser
from interceptor.core.protocols.http1.heads import Heads
from interceptor.core.protocols.http1.layouts import Layouts
from interceptor.core.protocols.http1.parser import (
    OPAQUE,
    SEARCH,
    Context,
    Parser,
    RequestParser,
    ResponseParser,
)
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interceptor.core.model import Message

LIMITS = Limits()
COMPLETE, TRUNCATED = "complete", "truncated"


@dataclass
class Hole:
    """So many bytes are missing."""

    size: int


@dataclass
class End:
    """The stream is over: by a FIN, or in some other way."""

    clean: bool = True


Event = tuple[object, ...]
"""("begun", start line) or ("over", body size, state, anomalies)."""


def over(body_size: int = 0, state: str = COMPLETE, *anomalies: Anomaly) -> Event:
    """The event of a message's end, as the tables write it."""
    return ("over", body_size, state, set(anomalies))


def begun(line: str) -> Event:
    """The event of a message's head, as the tables write it."""
    return ("begun", line)


@dataclass
class Direction:
    """One parser, fed like a connection would; checks the account after every call.

    `methods` are the requests that its responses answer, in their order; None where that is unknown.
    """

    requests: bool = True
    methods: Iterable[str | None] = ()
    first: bool = True
    limits: Limits = LIMITS
    position: int = 0
    given: int = 0
    time: int = 1000
    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        limits = self.limits
        self.context = Context(
            limits, Heads(limits), Layouts(limits.header_lines), limits.head_bytes, Budget(limits.held_bytes)
        )
        kind: type[Parser] = RequestParser if self.requests else ResponseParser
        self.parser = kind(self.context, first=self.first)
        self.answers: Iterator[str | None] = iter(self.methods)

    def feed(self, data: bytes, place: int = 0) -> None:
        """A segment, in the middle of a larger buffer."""
        self.time += 1
        buffer = b"GET " + data + b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
        chunk = Chunk(buffer, 4, 4 + len(data), self.position - 4, self.time, place)
        self.position += len(data)
        self.given += len(data)
        parser = self.parser
        while chunk.cursor < chunk.end:
            before = chunk.cursor
            message = parser.next_event(chunk)
            if message is None:
                break
            # A lone line is over when it is seen that no field follows.
            assert chunk.cursor > before or message in self.messages or message.version == "0.9"
            self.note(message, chunk)
        assert chunk.cursor == chunk.end
        self.check()

    def note(self, message: Message, chunk: Chunk) -> None:
        """An event, as the tables write it."""
        if not any(message is known for known in self.messages):
            self.messages.append(message)
            if isinstance(message, Request):
                self.events.append(begun(f"{message.method} {message.target}"))
            else:
                assert isinstance(message, Response)
                self.events.append(begun(str(message.status)))
                if message.status >= 200:
                    assert isinstance(self.parser, ResponseParser)
                    self.parser.answer_to(next(self.answers, "GET"), chunk)
        if self.parser.open is None:
            self.ended(message)
        else:
            assert self.parser.open is message

    def ended(self, message: Message | None) -> None:
        """A message is over."""
        if message is not None:
            assert message.end_time
            self.events.append(over(message.body_size, str(message.state), *(message.anomalies or ())))

    def lose(self, size: int) -> None:
        """A hole."""
        self.time += 1
        self.ended(self.parser.gap(size, self.position, self.time))
        self.position += size
        self.check()

    def end(self, *, clean: bool = True) -> None:
        """The stream is over."""
        self.time += 1
        self.ended(self.parser.close(self.position, self.time, clean=clean))
        self.check()
        assert self.parser.held(self.position) == 0
        assert self.parser.open is None

    def run(self, *steps: bytes | Hole | End) -> Direction:
        """Take the steps."""
        for step in steps:
            if isinstance(step, bytes):
                self.feed(step)
            elif isinstance(step, Hole):
                self.lose(step.size)
            else:
                self.end(clean=step.clean)
        return self

    def check(self) -> None:
        """What came in went on, or was dropped, or is still here."""
        context = self.context
        held = self.parser.held(self.position)
        assert held >= 0
        assert self.given == context.delivered + sum(context.dropped.values()) + held


def tr(
    data: bytes,
    expected: list[Event],
    *,
    requests: bool = True,
    methods: tuple[str | None, ...] = (),
    first: bool = True,
    limits: Limits = LIMITS,
    trailing: bytes = b"",
    dropped: dict[Drop, int] | None = None,
    twos: bool = True,
) -> None:
    """Run an example whole, in two pieces at every split, byte by byte, and with more behind it."""

    def run(*pieces: bytes) -> Direction:
        direction = Direction(requests, methods, first, limits)
        if not first:
            direction.parser.resume()
        return direction.run(*pieces)

    ways: list[list[bytes]] = [[data]]
    if twos:
        ways += [[data[:split], data[split:]] for split in range(1, len(data))]
    ways.append([data[index : index + 1] for index in range(len(data))])
    for pieces in ways:
        direction = run(*pieces)
        assert direction.events == expected, pieces
        assert direction.context.dropped == (dropped or {}), pieces
    if trailing:
        following = [begun("GET /next") if requests else begun("299"), over()]
        assert run(data + trailing).events == expected + following


NEXT_REQUEST = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
NEXT_RESPONSE = b"HTTP/1.1 299 Next\r\nContent-Length: 0\r\n\r\n"


def post(*fields: bytes, body: bytes = b"") -> bytes:
    """A request with these fields and this body."""
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: a", *fields, b"", body])


def answer(*fields: bytes, body: bytes = b"", status: bytes = b"200") -> bytes:
    """A response with these fields and this body."""
    return b"\r\n".join([b"HTTP/1.1 " + status + b" X", *fields, b"", body])


LENGTH_5 = b"Content-Length: 5"
TE = b"Transfer-Encoding: chunked"


# Requests


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", [begun("GET /"), over()]),
        (b"GET / HTTP/1.0\r\n\r\n", [begun("GET /"), over()]),
        (post(b"Content-Length: 0"), [begun("POST /"), over()]),
        (post(LENGTH_5, body=b"hello"), [begun("POST /"), over(5)]),
        (post(LENGTH_5, body=b"\r\n\r\n\n"), [begun("POST /"), over(5)]),
        (b"GET / HTTP/1.1\nHost: a\n\n", [begun("GET /"), over(0, COMPLETE, Anomaly.LF_ONLY)]),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\n b\r\nX\r\n\r\n",
            [begun("GET /"), over(0, COMPLETE, Anomaly.OBS_FOLD, Anomaly.INVALID_HEADER)],
        ),
        (
            post(TE, body=b"5\r\nhello\r\n0\r\n\r\n"),
            [begun("POST /"), over(5)],
        ),
        (post(TE, body=b"0\r\n\r\n"), [begun("POST /"), over()]),
        (post(TE, body=b"00A \t;x=y;z\r\n0123456789\r\n1\r\n!\r\n000\r\n\r\n"), [begun("POST /"), over(11)]),
        (
            post(TE, body=b"1\r\n!\r\n0;last\r\nX: y\r\nZ: z\r\n\r\n"),
            [begun("POST /"), over(1, COMPLETE, Anomaly.TRAILERS)],
        ),
        (
            post(TE, body=b"1\r\n!\r\n0\r\nX: y\rZ: z\r\n\r\n"),
            [begun("POST /"), over(1, COMPLETE, Anomaly.TRAILERS, Anomaly.BARE_CR)],
        ),
        *[
            (post(TE, body=coded), [begun("POST /"), over(1, COMPLETE, Anomaly.BAD_CHUNK)])
            for coded in (
                b"1\n!\r\n0\r\n\r\n",
                b"1;\n!\r\n0\r\n\r\n",
                b"1\r\n!\n0\r\n\r\n",
                b"1\r\n!\r\n0\n\r\n",
                b"1\r\n!\r\n0\r\n\n",
            )
        ],
        (
            post(TE, body=b"1\r\n!\r\n0\r\nX: y\n\r\n"),
            [begun("POST /"), over(1, COMPLETE, Anomaly.TRAILERS, Anomaly.BAD_CHUNK)],
        ),
        (
            post(LENGTH_5, TE, body=b"1\r\n!\r\n0\r\n\r\n"),
            [begun("POST /"), over(1, COMPLETE, Anomaly.TE_AND_CL)],
        ),
    ],
)
def test_a_request_ends_where_its_head_says(data: bytes, expected: list[Event]) -> None:
    """No body, a length, or chunks: however it is cut, and whatever follows."""
    tr(data, expected, trailing=NEXT_REQUEST)


def test_requests_follow_each_other() -> None:
    """Pipelined requests are one after the other, the second where the first ends."""
    data = post(LENGTH_5, body=b"hello") + NEXT_REQUEST + post(TE, body=b"1\r\n!\r\n0\r\n\r\n")
    expected = [begun("POST /"), over(5), begun("GET /next"), over(), begun("POST /"), over(1)]
    tr(data, expected)


@pytest.mark.parametrize("lines", [b"\r\n", b"\n", b"\r\n\r\n", b"\r"])
def test_empty_lines_between_messages_are_none(lines: bytes) -> None:
    """RFC 9112 section 2.2; they are counted."""
    tr(
        lines + NEXT_REQUEST + lines + NEXT_REQUEST,
        [begun("GET /next"), over()] * 2,
        dropped={Drop.EMPTY_LINES: 2 * len(lines)},
    )
    tr(
        lines + NEXT_RESPONSE,
        [begun("299"), over()],
        requests=False,
        dropped={Drop.EMPTY_LINES: len(lines)},
    )


def test_a_message_knows_its_place_and_times() -> None:
    """Position, place and time are its first byte's; the end's time is its last byte's."""
    direction = Direction()
    direction.feed(b"\r\nPOST /", place=7)
    direction.feed(b" HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe", place=8)
    direction.feed(b"llo" + NEXT_REQUEST, place=9)
    first, second = direction.messages
    assert (first.position, first.place, first.time, first.end_time) == (2, 7, 1001, 1003)
    assert (second.position, second.place, second.time, second.end_time) == (54, 9, 1003, 1003)


def test_body_bytes_may_be_subtracted_by_the_owner() -> None:
    """`remaining` less what is in hand is what the parser would have done itself."""
    direction = Direction().run(post(b"Content-Length: 100"))
    assert direction.parser.remaining == 100
    direction.parser.remaining -= 40
    direction.position += 40
    direction.given += 40
    direction.run(b"x" * 60)
    assert direction.events[-1] == over(100)


@pytest.mark.parametrize("line", [b"GET /\r\n", b"GET /\n", b"GET / \r\n"])
def test_http_0_9_is_one_line(line: bytes) -> None:
    """It is over with its line, whatever follows (RFC 1945 section 5)."""
    direction = Direction().run(line)
    assert direction.events == []  # fields may follow
    assert isinstance(direction.parser, RequestParser)
    request = direction.parser.line_alone()
    assert request is not None
    assert (request.target, request.state, request.end_time) == ("/", COMPLETE, request.time)
    direction.check()
    tr(
        line + b"\r\n" + NEXT_REQUEST,
        [begun("GET /"), over(0, COMPLETE, Anomaly.HTTP_0_9), begun("GET /next"), over()],
        dropped={Drop.EMPTY_LINES: 2},
    )


def test_http_0_9_is_not_kept_alive() -> None:
    """A server closes after its answer, so there is no second request of that kind, and no work for thousands."""
    direction = Direction().run(b"GET /\r\n" * 2)
    assert direction.events == [begun("GET /"), over(0, COMPLETE, Anomaly.HTTP_0_9)]
    direction.end()
    assert direction.context.dropped == {Drop.HEAD_INCOMPLETE: 7}


def test_what_follows_http_0_9_is_no_field_of_it() -> None:
    """Lines after it are of the next message, or of none."""
    tr(
        b"GET /\r\n" + NEXT_REQUEST,
        [begun("GET /"), over(0, COMPLETE, Anomaly.HTTP_0_9), begun("GET /next"), over()],
    )
    direction = Direction().run(b"GET /\r\nHost: a\r\n\r\n" + NEXT_REQUEST)
    assert direction.events == []  # a request line that lacks its version: HTTP/0.9 has no fields
    assert direction.parser.mode == SEARCH


@pytest.mark.parametrize(
    ("data", "alien"),
    [
        (b"GET /\r\r\n", False),
        (b"GET\r\n\r\n", False),
        (b" GET / HTTP/1.1\r\n\r\n", False),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", True),
        (b"SSH-2.0-OpenSSH_9.2p1 x\r\n", True),
        (b"\x16\x03\x01\x02\x00\x01\x00", True),
        (b"*1\r\n$4\r\nPING\r\n", True),
        (b"RTSP / RTSP/1.0\r\nA: b\r\n\r\n", True),
    ],
)
def test_what_does_not_begin_as_http_is_searched(data: bytes, alien: bool) -> None:
    """The first bytes of a stream cost the segment that they are in; whether they are like HTTP is told."""
    direction = Direction().run(data + NEXT_REQUEST)
    assert direction.events == []
    assert direction.parser.mode == SEARCH
    assert direction.parser.rare.alien is alien
    assert direction.parser.rare.refused == (0, 0)
    reason = Drop.NOT_HTTP if alien else Drop.HEAD_INVALID
    assert direction.context.dropped == {reason: len(data + NEXT_REQUEST)}
    direction.parser.resume()
    assert direction.run(NEXT_REQUEST).events == [begun("GET /next"), over()]


def test_what_does_not_go_on_as_http_is_searched() -> None:
    """After a message, what is none ends only the segment that it is in."""
    direction = Direction().run(NEXT_REQUEST + b"\x00\x01" + NEXT_REQUEST)
    assert direction.parser.mode == SEARCH
    assert direction.context.dropped == {Drop.HEAD_INVALID: 2 + len(NEXT_REQUEST)}
    direction.run(b"lost")
    assert direction.context.dropped[Drop.UNSYNCHRONISED] == 4
    direction.parser.resume()
    direction.run(NEXT_REQUEST, NEXT_REQUEST)
    assert [message.after_loss for message in direction.messages] == [False, True, False]


def test_a_head_that_turns_out_to_be_none_is_dropped_whole() -> None:
    """What was kept of it counts as well."""
    direction = Direction().run(NEXT_REQUEST, b"NOT", b" HTTP\r\n", NEXT_REQUEST)
    assert direction.context.dropped == {
        Drop.HEAD_INVALID: len(b"NOT HTTP\r\n"),
        Drop.UNSYNCHRONISED: len(NEXT_REQUEST),
    }


# Responses


@pytest.mark.parametrize(
    ("data", "methods", "expected"),
    [
        (answer(b"Content-Length: 0"), ("GET",), [begun("200"), over()]),
        (answer(LENGTH_5, body=b"hello"), ("GET",), [begun("200"), over(5)]),
        (answer(TE, body=b"5\r\nhello\r\n0\r\n\r\n"), ("GET",), [begun("200"), over(5)]),
        (answer(LENGTH_5), ("HEAD",), [begun("200"), over()]),
        (answer(TE), ("HEAD",), [begun("200"), over()]),
        (answer(), ("HEAD",), [begun("200"), over()]),
        (answer(b"Content-Length: x"), ("HEAD",), None),
        (answer(LENGTH_5, status=b"204"), ("GET",), [begun("204"), over()]),
        (answer(TE, status=b"204"), (None,), [begun("204"), over()]),
        (answer(LENGTH_5, status=b"304"), ("GET",), [begun("304"), over()]),
        (answer(status=b"304"), (None,), [begun("304"), over()]),
        (answer(LENGTH_5, status=b"200"), ("CONNECT",), [begun("200"), over()]),
        (answer(TE, status=b"299"), ("CONNECT",), [begun("299"), over()]),
        (answer(LENGTH_5, status=b"407", body=b"hello"), ("CONNECT",), [begun("407"), over(5)]),
        (answer(LENGTH_5, status=b"205", body=b"hello"), ("GET",), [begun("205"), over(5)]),
        (answer(LENGTH_5, status=b"100"), (), [begun("100"), over()]),
        (answer(TE, status=b"103"), (), [begun("103"), over()]),
        (answer(status=b"101"), (), [begun("101"), over()]),
        (
            answer(status=b"100") * 3 + answer(LENGTH_5, body=b"hello"),
            ("POST",),
            [begun("100"), over()] * 3 + [begun("200"), over(5)],
        ),
    ],
)
def test_a_response_ends_where_its_head_and_its_request_say(
    data: bytes, methods: tuple[str | None, ...], expected: list[Event] | None
) -> None:
    """RFC 9112 section 6.3: HEAD, 1xx, 204, 304 and a successful CONNECT have no body, whatever they say."""
    if expected is None:
        expected = [
            begun("200"),
            over(0, COMPLETE, Anomaly.INVALID_CONTENT_LENGTH, Anomaly.AMBIGUOUS_FRAMING),
        ]
    tr(data, expected, requests=False, methods=methods, trailing=NEXT_RESPONSE)


@pytest.mark.parametrize("head", [answer(), answer(b"Transfer-Encoding: gzip")])
@pytest.mark.parametrize("clean", [True, False])
def test_a_body_until_close_is_complete_with_a_fin(head: bytes, clean: bool) -> None:
    """Item 8; a reset, or the end of the capture, says nothing about its length."""
    direction = Direction(requests=False).run(head, b"abc", b"HTTP/1.1 200 OK\r\n\r\n")
    assert direction.events == [begun("200")]
    direction.end(clean=clean)
    assert direction.events[-1][:3] == ("over", 22, COMPLETE if clean else TRUNCATED)


def test_an_empty_body_until_close_is_complete_too() -> None:
    """Closed right after the head."""
    assert Direction(requests=False).run(answer(), End()).events == [begun("200"), over()]


def test_a_message_of_ambiguous_framing_is_given_up_after_its_head() -> None:
    """Nobody knows where it ends, so nothing behind it is believed."""
    odd = (Anomaly.INVALID_CONTENT_LENGTH, Anomaly.AMBIGUOUS_FRAMING)
    for requests, data in ((True, post(b"Content-Length: x")), (False, answer(b"Content-Length: x"))):
        direction = Direction(requests).run(data + NEXT_REQUEST)
        assert direction.events[1:] == [over(0, TRUNCATED, *odd)]
        assert direction.parser.mode == SEARCH
        assert direction.context.dropped == {Drop.UNSYNCHRONISED: len(NEXT_REQUEST)}


# A response to nobody knows what


def test_without_a_request_a_status_line_in_place_of_a_body_says_head() -> None:
    """What its length promises is not there: it answered a HEAD."""
    data = answer(LENGTH_5) + NEXT_RESPONSE
    direction = Direction(requests=False, methods=(None, None)).run(data)
    assert direction.events == [begun("200"), over(), begun("299"), over()]
    direction = Direction(requests=False, methods=(None, None)).run(answer(LENGTH_5), NEXT_RESPONSE)
    assert direction.events == [begun("200"), over(), begun("299"), over()]


@pytest.mark.parametrize("field", [b"Content-Length: 20", TE])
@pytest.mark.parametrize("cut", range(1, 14))
def test_a_status_line_in_place_of_a_body_may_come_in_pieces(field: bytes, cut: int) -> None:
    """The first of them too short to tell it from a body."""
    for more in (1, 5, 100):
        pieces = NEXT_RESPONSE[:cut], NEXT_RESPONSE[cut : cut + more], NEXT_RESPONSE[cut + more :]
        direction = Direction(requests=False, methods=(None, None)).run(answer(field), *filter(None, pieces))
        assert direction.events == [begun("200"), over(), begun("299"), over()]
        assert direction.messages[1].position == len(answer(field))


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_body_that_begins_like_a_status_line_may_come_in_pieces(cut: int) -> None:
    """It is one as soon as it goes on as no status line does."""
    body = b"HTTP/1.1 2x4 is what"
    direction = Direction(requests=False, methods=(None, None))
    direction.run(answer(b"Content-Length: 20"), body[:cut], body[cut:], NEXT_RESPONSE)
    assert direction.events == [begun("200"), over(20), begun("299"), over()]


def test_the_beginning_of_a_body_in_doubt_is_counted_when_the_rest_is_missing() -> None:
    """Cut off or lost: four bytes have come."""
    cut_off = Direction(requests=False, methods=(None,)).run(answer(b"Content-Length: 20"), b"HTTP", End())
    assert cut_off.events == [begun("200"), over(4, TRUNCATED)]
    holed = Direction(requests=False, methods=(None,)).run(answer(b"Content-Length: 20"), b"HTTP", Hole(16))
    assert holed.events == [begun("200"), over(20, TRUNCATED)]
    assert holed.messages[0].missed == 16


@pytest.mark.parametrize("body", [b"hello", b"HELLO", b"HTTP/", b"HTTP\n"])
def test_without_a_request_a_body_is_a_body(body: bytes) -> None:
    """However it is cut, and though it begins like the next response might."""
    tr(
        answer(LENGTH_5, body=body),
        [begun("200"), over(5)],
        requests=False,
        methods=(None,),
        trailing=NEXT_RESPONSE,
    )


def test_without_a_request_chunks_are_chunks() -> None:
    """The same for chunked, which never looks like a status line."""
    body = b"5\r\nhello\r\n0\r\n\r\n"
    tr(answer(TE, body=body), [begun("200"), over(5)], requests=False, methods=(None,))


def test_a_body_that_is_a_response_is_no_response() -> None:
    """A content type of message/http says what it is (RFC 9112 section 10.1)."""
    fields = (b"Content-Type: message/http", b"Content-Length: %d" % len(NEXT_RESPONSE))
    direction = Direction(requests=False, methods=(None,)).run(answer(*fields, body=NEXT_RESPONSE))
    assert direction.events == [begun("200"), over(len(NEXT_RESPONSE))]


@pytest.mark.parametrize(
    ("fields", "steps", "expected"),
    [
        ((LENGTH_5,), (Hole(2), b"llo"), over(5, TRUNCATED)),
        ((LENGTH_5,), (Hole(5),), over(5, TRUNCATED)),
        ((LENGTH_5,), (Hole(6),), over(5, TRUNCATED)),
        ((LENGTH_5,), (End(),), over(0, TRUNCATED)),
        ((TE,), (Hole(1),), over(0, TRUNCATED)),
    ],
)
def test_without_a_request_a_hole_is_in_the_body(
    fields: tuple[bytes, ...], steps: tuple[bytes | Hole | End, ...], expected: Event
) -> None:
    """The head says that there is one, and nothing says that there is not."""
    direction = Direction(requests=False, methods=(None,)).run(answer(*fields), *steps)
    assert direction.events == [begun("200"), expected]


def test_an_answer_to_http_0_9_has_no_head() -> None:
    """All of it is body, until the close (RFC 1945 section 6)."""
    direction = Direction(requests=False)
    assert isinstance(direction.parser, ResponseParser)
    chunk = Chunk(b"<html>", 0, 6, 0, 5, 7)
    message = direction.parser.begin_simple(chunk)
    assert (message.version, message.status, message.position, message.place) == ("0.9", 0, 0, 7)
    direction.messages.append(message)
    direction.run(b"<html>", Hole(3), b"x", End())
    assert direction.events == [over(10, TRUNCATED, Anomaly.HTTP_0_9)]


def test_a_response_cannot_go_on_before_its_owner_says_what_it_answers() -> None:
    """To forget that is a bug, and said to be one."""
    direction = Direction(requests=False)
    data = answer(LENGTH_5, body=b"hello")
    chunk = Chunk(data, 0, len(data), 0, 5, 7)
    assert direction.parser.next_event(chunk) is direction.parser.open
    with pytest.raises(AssertionError, match="what the response answers"):
        direction.parser.next_event(chunk)


# Chunks


BAD = (TRUNCATED, Anomaly.BAD_CHUNK)


@pytest.mark.parametrize(
    ("coded", "body_size"),
    [
        (b"\r\n", 0),
        (b"x\r\n", 0),
        (b"-5\r\n", 0),
        (b"+5\r\n", 0),
        (b"0x5\r\n", 0),
        (b" 5\r\n", 0),
        (b"5 5\r\n", 0),
        (b"5\t\x0b\r\n", 0),
        (b";x\r\n", 0),
        (b"5;a\rb\r\n", 0),
        (b"5\r\r\n", 0),
        (b"1000000000000000\r\n", 0),
        (b"1\r\n!\r\n\r\n", 1),
        (b"1\r\n!!\r\n", 1),
        (b"1\r\n!\r\r\n", 1),
        (b"1\r\n!5\r\n", 1),
        (b"1\r\n!\r\n-1\r\n", 1),
    ],
)
def test_what_is_no_chunk_ends_the_message(coded: bytes, body_size: int) -> None:
    """The rest of the segment is dropped, and what follows is not believed."""
    data = post(TE, body=coded)
    for pieces in ([data], [data[index : index + 1] for index in range(len(data))]):
        direction = Direction().run(*pieces, b"0\r\n\r\n")
        assert direction.events == [begun("POST /"), over(body_size, *BAD)]
        assert direction.parser.mode == SEARCH
    assert Direction().run(data + NEXT_REQUEST).context.dropped == {
        Drop.CHUNK_INVALID: len(NEXT_REQUEST) + (coded == b"1\r\n!5\r\n") * 0
    }


def test_the_largest_chunk_is_a_chunk() -> None:
    """Fifteen digits are the most, and leading zeros count."""
    direction = Direction().run(post(TE, body=b"fffffffffffffff\r\n"))
    assert direction.parser.remaining == 2**60 - 1
    direction.end()
    assert direction.events[-1] == over(0, TRUNCATED)


@pytest.mark.parametrize(("over_limit", "good"), [(-1, True), (0, True), (1, False), (2000, False)])
def test_a_chunk_line_has_a_limit(over_limit: int, good: bool) -> None:
    """4 KiB without its LF, in one piece and in many: what is longer is no chunk."""
    size = parser._CHUNK_LINE_BYTES + over_limit
    line = b"5;" + b"x" * (size - 3) + b"\r\n"
    coded = line + b"hello\r\n0\r\n\r\n"
    expected = [begun("POST /"), over(5) if good else over(0, *BAD)]
    data = post(TE, body=coded)
    head = len(data) - len(coded)
    for pieces in (
        [data],
        [data[: head + 3000], data[head + 3000 :]],
        [data[: head + size], data[head + size :]],
        [data[: head + size - 1], data[head + size - 1 :]],
        [data[index : index + 1] for index in range(len(data))],
    ):
        assert Direction().run(*pieces).events == expected


@pytest.mark.parametrize(("over_limit", "good"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("lines", [1, 4])
def test_trailers_have_a_limit(over_limit: int, good: bool, lines: int) -> None:
    """As many bytes as a head, line ends not counted; their size is not the body's."""
    limits = Limits(head_bytes=400)
    size = 400 + over_limit
    each = [size // lines] * (lines - 1)
    each.append(size - sum(each))
    trailers = b"".join(b"X:" + b"y" * (length - 3) + b"\r\n" for length in each)
    data = post(TE, body=b"1\r\n!\r\n0\r\n" + trailers + b"\r\n")
    expected = [begun("POST /"), over(1, COMPLETE, Anomaly.TRAILERS)]
    if not good:
        expected = [begun("POST /"), over(1, TRUNCATED, Anomaly.TRAILERS, Anomaly.BAD_CHUNK)]
    for pieces in ([data], [data[:-20], data[-20:]], [data[index : index + 1] for index in range(len(data))]):
        assert Direction(limits=limits).run(*pieces).events == expected


# The limit of a head


@pytest.mark.parametrize(("over_limit", "good"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("requests", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_a_head_has_a_limit(over_limit: int, good: bool, requests: bool, first: bool) -> None:
    """`head_bytes` through the empty line; what is larger is given up as that, the first head too."""
    limits = Limits(head_bytes=200)
    start = (
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " if requests else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: "
    )
    head = start + b"x" * (200 + over_limit - len(start) - 4) + b"\r\n\r\n"
    for pieces in (
        [head],
        [head[:1], head[1:]],
        [head[:150], head[150:]],
        [head[:-1], head[-1:]],
        [head[index : index + 1] for index in range(len(head))],
    ):
        direction = Direction(requests, limits=limits, first=first)
        if not first:
            direction.parser.resume()
        direction.run(*pieces)
        assert direction.events == ([begun("GET /" if requests else "200"), over()] if good else [])
        dropped = direction.context.dropped
        if good:
            assert not dropped
        else:
            assert direction.parser.mode == SEARCH
            assert set(dropped) <= {Drop.HEAD_TOO_LARGE, Drop.UNSYNCHRONISED}


def test_what_follows_a_head_does_not_count_to_its_size() -> None:
    """A small head in two segments, the second full of body."""
    limits = Limits(head_bytes=200)
    data = post(b"Content-Length: 1000", body=b"x" * 1000)
    tr(data, [begun("POST /"), over(1000)], limits=limits, twos=False)
    assert Direction(limits=limits).run(data[:30], data[30:]).events == [begun("POST /"), over(1000)]


def test_no_more_of_a_head_is_kept_than_the_limit_and_a_segment() -> None:
    """An endless head is dropped, and the parser holds nothing."""
    for unit in (b"X: y\r\n", b"x"):
        direction = Direction(limits=Limits(head_bytes=1000))
        direction.run(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(1000):
            direction.run(unit * 20)
            assert direction.parser.held(direction.position) <= 1000
        assert direction.parser.mode == SEARCH


def test_a_start_line_in_a_large_first_segment_is_no_way_around_the_limit() -> None:
    """The segment that completes the first line counts like any other."""
    direction = Direction(limits=Limits(head_bytes=100)).run(b"GET / HTTP/1.1\r\nX: " + b"x" * 500)
    assert direction.parser.held(direction.position) == 0
    assert direction.context.dropped == {Drop.HEAD_TOO_LARGE: 519}


# Holes

BODY_10 = post(b"Content-Length: 10")
CHUNKED = post(TE)


@pytest.mark.parametrize(
    ("steps", "expected", "mode"),
    [
        # between messages, and in a head
        ((Hole(1),), [], SEARCH),
        ((NEXT_REQUEST, Hole(1)), [begun("GET /next"), over()], SEARCH),
        ((b"GE", Hole(1)), [], SEARCH),
        ((b"GET / HTTP/1.1\r\nHo", Hole(10)), [], SEARCH),
        ((b"GET / HTTP/1.1\r\nHost: a\r\n", Hole(2)), [], SEARCH),
        ((b"GET / HTTP/1.1\r\nHost: a\r\n\r", Hole(1)), [], SEARCH),
        ((Hole(1), Hole(1)), [], SEARCH),
        # in a body of known length
        ((BODY_10, Hole(4)), [begun("POST /")], parser.LENGTH),
        ((BODY_10, b"abc", Hole(4), b"xyz"), [begun("POST /"), over(10, TRUNCATED)], parser.START),
        ((BODY_10, Hole(2), b"abc", Hole(2), b"xyz"), [begun("POST /"), over(10, TRUNCATED)], parser.START),
        ((BODY_10, Hole(10)), [begun("POST /"), over(10, TRUNCATED)], parser.START),
        ((BODY_10, b"abc", Hole(7)), [begun("POST /"), over(10, TRUNCATED)], parser.START),
        ((BODY_10, Hole(11)), [begun("POST /"), over(10, TRUNCATED)], SEARCH),
        ((BODY_10, b"abc", Hole(70)), [begun("POST /"), over(10, TRUNCATED)], SEARCH),
        (
            (BODY_10, Hole(10), NEXT_REQUEST),
            [begun("POST /"), over(10, TRUNCATED), begun("GET /next"), over()],
            parser.START,
        ),
        # in chunks
        ((CHUNKED, Hole(1)), [begun("POST /"), over(0, TRUNCATED)], SEARCH),
        ((CHUNKED, b"1", Hole(1)), [begun("POST /"), over(0, TRUNCATED)], SEARCH),
        ((CHUNKED, b"A\r", Hole(1)), [begun("POST /"), over(0, TRUNCATED)], SEARCH),
        ((CHUNKED, b"A\r\n", Hole(4)), [begun("POST /")], parser.CHUNK_DATA),
        ((CHUNKED, b"A\r\nab", Hole(8)), [begun("POST /")], parser.CHUNK_END),
        (
            (CHUNKED, b"A\r\nab", Hole(5), b"xyz\r\n0\r\n\r\n"),
            [begun("POST /"), over(10, TRUNCATED)],
            parser.START,
        ),
        (
            (CHUNKED, b"A\r\n", Hole(10), b"\r\n2\r\nab\r\n0\r\n\r\n"),
            [begun("POST /"), over(12, TRUNCATED)],
            parser.START,
        ),
        ((CHUNKED, b"A\r\nab", Hole(9)), [begun("POST /"), over(10, TRUNCATED)], SEARCH),
        ((CHUNKED, b"2\r\nab", Hole(1)), [begun("POST /"), over(2, TRUNCATED)], SEARCH),
        ((CHUNKED, b"2\r\nab\r", Hole(1)), [begun("POST /"), over(2, TRUNCATED)], SEARCH),
        ((CHUNKED, b"2\r\nab\r\n", Hole(5)), [begun("POST /"), over(2, TRUNCATED)], SEARCH),
        ((CHUNKED, b"2\r\nab\r\n0", Hole(2)), [begun("POST /"), over(2, TRUNCATED)], SEARCH),
        ((CHUNKED, b"2\r\nab\r\n0\r\n", Hole(2)), [begun("POST /"), over(2, TRUNCATED)], SEARCH),
        (
            (CHUNKED, b"0\r\nX: y\r\n", Hole(2)),
            [begun("POST /"), over(0, TRUNCATED, Anomaly.TRAILERS)],
            SEARCH,
        ),
        ((CHUNKED, b"0\r\nX: ", Hole(2)), [begun("POST /"), over(0, TRUNCATED)], SEARCH),
    ],
)
def test_a_hole_in_a_request(steps: tuple[bytes | Hole, ...], expected: list[Event], mode: int) -> None:
    """Inside a body whose length is known it is counted; anywhere else the place is lost."""
    direction = Direction().run(*steps)
    assert direction.events == expected
    assert direction.parser.mode == mode


@pytest.mark.parametrize(
    ("head", "method", "steps", "expected", "mode"),
    [
        (answer(), "GET", (Hole(4), b"abc", Hole(1)), [], parser.TO_CLOSE),
        (answer(), "GET", (Hole(4), b"abc", End()), [over(7, TRUNCATED)], parser.START),
        (answer(), "GET", (b"abc", Hole(4), End(clean=False)), [over(7, TRUNCATED)], parser.START),
        (answer(LENGTH_5), "GET", (Hole(5), NEXT_RESPONSE), [over(5, TRUNCATED), begun("299"), over()], 0),
        (answer(LENGTH_5), "HEAD", (Hole(1),), [over()], SEARCH),
    ],
)
def test_a_hole_in_a_response(
    head: bytes, method: str, steps: tuple[bytes | Hole | End, ...], expected: list[Event], mode: int
) -> None:
    """A body that runs until close goes on, and is not complete with the close."""
    direction = Direction(requests=False, methods=(method,)).run(head, *steps)
    assert direction.events == [begun("200"), *expected]
    assert direction.parser.mode == mode


def test_missing_bytes_are_counted_in_the_message_they_belong_to() -> None:
    """What is missing of the body, not what is missing behind it."""
    direction = Direction().run(BODY_10, b"ab", Hole(3), b"c", Hole(9))
    (message,) = direction.messages
    assert (message.missed, message.body_size, message.end_time) == (3 + 4, 10, direction.time)


def test_a_hole_drops_what_was_there_of_a_head() -> None:
    """A head with a hole says nothing that can be relied on."""
    direction = Direction().run(b"GET / HT", Hole(3), b"rest\r\n\r\n")
    assert direction.context.dropped == {Drop.HEAD_INCOMPLETE: 8, Drop.UNSYNCHRONISED: 8}


def test_what_is_seen_from_the_middle_is_searched() -> None:
    """Nothing is believed before somebody has proof, and the first message says what came before it."""
    direction = Direction(first=False).run(NEXT_REQUEST)
    assert direction.events == []
    assert direction.context.dropped == {Drop.UNSYNCHRONISED: len(NEXT_REQUEST)}
    direction.parser.resume()
    assert not direction.messages
    assert direction.parser.idle
    direction.run(NEXT_REQUEST)
    assert direction.messages[0].after_loss


def test_a_head_found_after_a_loss_has_one_place() -> None:
    """What goes on with another place was none: it is dropped, and the search goes on."""
    direction = Direction(first=False)
    direction.parser.resume()
    direction.feed(b"GET / HT", place=5)
    same, other = (Chunk(b"x", 0, 1, direction.position, 0, place) for place in (5, 6))
    assert not direction.parser.strayed(same)
    assert direction.parser.strayed(other)
    direction.check()
    assert direction.parser.mode == SEARCH
    assert direction.context.dropped == {Drop.HEAD_INVALID: 8}
    assert not direction.parser.strayed(other)


def test_what_resumes_as_no_head_is_searched_again() -> None:
    """A proof that proves wrong costs the segment."""
    direction = Direction(first=False)
    direction.parser.resume()
    direction.run(b"\x00\x01")
    assert direction.parser.mode == SEARCH
    assert direction.context.dropped == {Drop.HEAD_INVALID: 2}


# The end


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize(
    ("data", "expected", "dropped"),
    [
        (b"", [], {}),
        (b"GET / HTTP/1.1\r\n", [], {Drop.HEAD_INCOMPLETE: 16}),
        (NEXT_REQUEST, [begun("GET /next"), over()], {}),
        (BODY_10, [begun("POST /"), over(0, TRUNCATED)], {}),
        (BODY_10 + b"abc", [begun("POST /"), over(3, TRUNCATED)], {}),
        (CHUNKED, [begun("POST /"), over(0, TRUNCATED)], {}),
        (CHUNKED + b"A", [begun("POST /"), over(0, TRUNCATED)], {}),
        (CHUNKED + b"A\r\nabc", [begun("POST /"), over(3, TRUNCATED)], {}),
        (CHUNKED + b"1\r\na", [begun("POST /"), over(1, TRUNCATED)], {}),
        (CHUNKED + b"1\r\na\r\n0\r\n", [begun("POST /"), over(1, TRUNCATED)], {}),
        (CHUNKED + b"0\r\nX", [begun("POST /"), over(0, TRUNCATED)], {}),
        (b"\x00\x01", [], {Drop.NOT_HTTP: 2}),
    ],
)
def test_the_end_of_the_stream_is_the_end_of_what_is_open(
    data: bytes, expected: list[Event], dropped: dict[Drop, int], clean: bool
) -> None:
    """What was seen of a body is its size; a head without an end is dropped. A second close says nothing."""
    direction = Direction()
    if data:
        direction.run(data)
    direction.run(End(clean=clean), End(clean=clean))
    assert direction.events == expected
    assert direction.context.dropped == dropped


def test_the_end_in_search() -> None:
    """Nothing is open there."""
    direction = Direction(first=False).run(b"x", End())
    assert direction.parser.mode == SEARCH
    assert direction.events == []


# What is not HTTP any more


def test_a_stopped_parser_counts_and_gives_nothing() -> None:
    """Bytes, holes and the end of a stream that speaks something else."""
    direction = Direction().run(NEXT_REQUEST, b"GET / HT")
    direction.parser.stop(Drop.UPGRADED)
    direction.check()
    direction.run(NEXT_REQUEST, Hole(5), b"x", End())
    assert direction.parser.mode == OPAQUE
    assert direction.context.dropped == {Drop.UPGRADED: 8 + len(NEXT_REQUEST) + 1}


@pytest.mark.parametrize(
    ("head", "steps", "expected"),
    [
        (BODY_10, (b"0123456789",), over(10)),
        (BODY_10, (b"01234", Hole(5)), over(10, TRUNCATED)),
        (BODY_10, (b"01234", Hole(6)), over(10, TRUNCATED)),
        (BODY_10, (b"01234", End()), over(5, TRUNCATED)),
        (CHUNKED, (b"1\r\n!\r\n0\r\n\r\n",), over(1)),
        (CHUNKED, (b"x\r\n",), over(0, *BAD)),
    ],
)
def test_a_message_that_is_open_goes_on_to_its_end(
    head: bytes, steps: tuple[bytes | Hole | End, ...], expected: Event
) -> None:
    """RFC 9110 section 7.8: the other protocol begins when the request has been sent completely."""
    direction = Direction().run(head)
    direction.parser.stop(Drop.UPGRADED)
    direction.check()
    direction.run(*steps)
    assert direction.events == [begun("POST /"), expected]
    assert direction.parser.mode == OPAQUE
    before = dict(direction.context.dropped)
    direction.run(NEXT_REQUEST)
    assert direction.context.dropped == {**before, Drop.UPGRADED: len(NEXT_REQUEST)}


# Properties

pieces_of_traffic = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            NEXT_REQUEST,
            NEXT_RESPONSE,
            post(LENGTH_5, body=b"hello"),
            BODY_10,
            CHUNKED,
            post(b"Content-Length: 1, 2"),
            answer(),
            answer(TE),
            answer(LENGTH_5, status=b"304"),
            answer(status=b"100"),
            answer(b"Transfer-Encoding: gzip, chunked"),
            b"GET /\r\n",
            b"GET / HTTP/1.1\r\n",
            b"HTTP/1.1 ",
            b"5\r\nhello\r\n",
            b"5\r\nhe",
            b"0\r\n\r\n",
            b"0\r\nX: y\r\n",
            b"\r\n",
            b"\n",
            b"x" * 300,
        ]
    ),
)
SMALL = Limits(head_bytes=256)
anythings = st.lists(
    st.one_of(
        pieces_of_traffic,
        pieces_of_traffic,
        st.integers(1, 400).map(Hole),
        st.sampled_from(["resume", "skip", Drop.UPGRADED, Drop.NOT_HTTP]),
    ),
    max_size=20,
)


@given(
    steps=anythings,
    requests=st.booleans(),
    first=st.booleans(),
    clean=st.booleans(),
    methods=st.lists(st.sampled_from(["GET", "HEAD", "CONNECT", None])),
)
@examples(1_000)
def test_every_byte_is_accounted_for(
    steps: list[bytes | Hole | str], requests: bool, first: bool, clean: bool, methods: list[str | None]
) -> None:
    """Fed = delivered + dropped + held after every call, whatever comes; and nothing raises."""
    direction = Direction(requests, methods, first, SMALL)
    for step in steps:
        if isinstance(step, Drop):
            direction.parser.stop(step)
            direction.check()
        elif step == "resume":
            if direction.parser.mode == SEARCH:
                direction.parser.resume()
        elif step == "skip":
            if direction.parser.mode == SEARCH:
                direction.parser.skip(Chunk(b"abc", 1, 3, 0, 0, 0))
                direction.given += 2
                direction.position += 2
        elif isinstance(step, Hole):
            direction.lose(step.size)
        elif isinstance(step, bytes) and step:
            direction.feed(step)
        assert direction.parser.remaining >= 0
        partial = direction.parser.partial
        assert partial is None or len(partial.data) <= max(SMALL.head_bytes, parser._CHUNK_LINE_BYTES)
    direction.end(clean=clean)
    for message in direction.messages:
        assert message.body_size >= message.missed >= 0
        assert message.end_time >= message.time


@given(
    pieces=st.lists(pieces_of_traffic, max_size=8),
    cuts=st.lists(st.integers(0, 400), max_size=8),
    requests=st.booleans(),
    methods=st.lists(st.sampled_from(["GET", "HEAD", "CONNECT"])),
)
@examples(1_000)
def test_segments_change_nothing(
    pieces: list[bytes], cuts: list[int], requests: bool, methods: list[str | None]
) -> None:
    """The same bytes in other segments are the same messages."""
    data = b"".join(pieces)
    whole = Direction(requests, methods)
    cut = Direction(requests, methods)
    if data:
        whole.feed(data)
    bounds = [0, *sorted(bound for bound in cuts if 0 < bound < len(data)), len(data)]
    for start, stop in pairwise(bounds):
        if start < stop:
            cut.feed(data[start:stop])
    whole.end()
    cut.end()
    assert cut.events == whole.events
