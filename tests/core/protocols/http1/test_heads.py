"""Facts about heads: what start lines and fields mean, and what they say about the body."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Anomaly, Limits, Request, Response, Upgrade
from interceptor.core.protocols.http1 import heads
from interceptor.core.protocols.http1.heads import (
    AMBIGUOUS,
    CHUNKED,
    UNTIL_CLOSE,
    Heads,
    plausible_request,
    plausible_response,
)
from interceptor.core.protocols.http1.layouts import Layouts
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.protocols.http1.layouts import Head

Kind: TypeAlias = "Callable[..., Request | Response]"

LIMITS = Limits()


def taken_apart(head: bytes, limits: Limits = LIMITS) -> Head:
    """The lines of a whole head."""
    known = Layouts(limits.header_lines)
    found = known.find(known.start, head[:4], head, 0, len(head))
    assert found is not None
    assert found[1] == len(head)
    return found


def request(head: bytes, limits: Limits = LIMITS) -> Request | None:
    """A request head as understood by one who never saw another."""
    return Heads(limits).request(taken_apart(head, limits), 11, 22, 33)


def response(head: bytes, limits: Limits = LIMITS) -> Response | None:
    """A response head as understood by one who never saw another."""
    return Heads(limits).response(taken_apart(head, limits), 11, 22, 33)


def request_line(line: bytes, limits: Limits = LIMITS) -> Request | None:
    """A request of this line and a Host."""
    return request(line + b"\r\nHost: a\r\n\r\n", limits)


def status_line(line: bytes) -> Response | None:
    """A response of this line only."""
    return response(line + b"\r\n\r\n")


def a_request(*fields: bytes, version: bytes = b"1.1") -> Request:
    """A request with these fields and a Host."""
    lines = [b"POST / HTTP/" + version, b"Host: a", *fields, b"", b""]
    understood = request(b"\r\n".join(lines))
    assert understood is not None
    return understood


def a_response(*fields: bytes, version: bytes = b"1.1") -> Response:
    """A response with these fields."""
    understood = response(b"\r\n".join([b"HTTP/" + version + b" 200 OK", *fields, b"", b""]))
    assert understood is not None
    return understood


def tags(message: Request | Response | None) -> set[Anomaly]:
    """What was odd about it."""
    assert message is not None
    return message.anomalies or set()


# Start lines


@pytest.mark.parametrize(
    ("line", "method", "target", "version", "anomalies"),
    [
        (b"GET / HTTP/1.1", "GET", "/", "1.1", set()),
        (b"GET / HTTP/1.0", "GET", "/", "1.0", set()),
        (b"QUERY /a?b=c%20d#e HTTP/1.1", "QUERY", "/a?b=c%20d#e", "1.1", set()),
        (b"get / HTTP/1.1", "get", "/", "1.1", set()),
        (b"BREW /pot HTTP/1.1", "BREW", "/pot", "1.1", set()),
        (b"M-SEARCH * HTTP/1.1", "M-SEARCH", "*", "1.1", set()),
        (b"!#$%&'*+-.^_`|~0aZ / HTTP/1.1", "!#$%&'*+-.^_`|~0aZ", "/", "1.1", set()),
        (b"X" * 32 + b" / HTTP/1.1", "X" * 32, "/", "1.1", set()),
        (b"OPTIONS * HTTP/1.1", "OPTIONS", "*", "1.1", set()),
        (b"CONNECT a:443 HTTP/1.1", "CONNECT", "a:443", "1.1", set()),
        (b"GET http://b/c HTTP/1.1", "GET", "http://b/c", "1.1", {Anomaly.ABSOLUTE_FORM}),
        (b"GET HTTPS://b/c HTTP/1.1", "GET", "HTTPS://b/c", "1.1", {Anomaly.ABSOLUTE_FORM}),
        (b"GET ftp://b/c HTTP/1.1", "GET", "ftp://b/c", "1.1", set()),
        (b"GET /http://b/c HTTP/1.1", "GET", "/http://b/c", "1.1", set()),
        (b"GET /\xc3\xa9 HTTP/1.1", "GET", "/\xc3\xa9", "1.1", {Anomaly.NON_ASCII}),
        (b"GET /a b HTTP/1.1", "GET", "/a b", "1.1", set()),
        (b"GET /a HTTP/1.1 HTTP/1.1", "GET", "/a HTTP/1.1", "1.1", set()),
        (b"GET  /  HTTP/1.1", "GET", "/", "1.1", set()),
        (b"GET\t/\tHTTP/1.1", "GET", "/", "1.1", set()),
        (b"GET / HTTP/1.1 ", "GET", "/", "1.1", set()),
        (b"GET \t / HTTP/1.0 \t", "GET", "/", "1.0", set()),
        (b"GET / HTTP/1.2", "GET", "/", "1.2", {Anomaly.UNKNOWN_VERSION}),
        (b"GET / HTTP/2.0", "GET", "/", "2.0", {Anomaly.UNKNOWN_VERSION}),
        (b"GET / HTTP/2", "GET", "/", "2", {Anomaly.UNKNOWN_VERSION}),
        (b"GET / HTTP/123.456", "GET", "/", "123.456", {Anomaly.UNKNOWN_VERSION}),
    ],
)
def test_a_request_line_is_understood(
    line: bytes, method: str, target: str, version: str, anomalies: set[Anomaly]
) -> None:
    """Method, target and version are as sent; what is odd about them is tagged."""
    understood = request_line(line)
    assert understood is not None
    assert (understood.method, understood.target, understood.version) == (method, target, version)
    assert tags(understood) - {Anomaly.MISSING_HOST} == anomalies
    assert (understood.position, understood.place, understood.time) == (11, 22, 33)


NO_REQUEST_LINES = [
    b"GET",
    b"GET /",
    b"GET  HTTP/1.1",
    b"/ HTTP/1.1",
    b" GET / HTTP/1.1",
    b"\tGET / HTTP/1.1",
    b"\x0bGET / HTTP/1.1",
    b"GET\x0b/ HTTP/1.1",
    b"GET\r/ HTTP/1.1",
    b"GET / HTTP/",
    b"GET / HTTP/1.",
    b"GET / HTTP/.1",
    b"GET / HTTP/1.1.1",
    b"GET / HTTP/1234",
    b"GET / http/1.1",
    b"GET / HTTP/1,1",
    b"GET / XTTP/1.1",
    b"GET / HTTP/1.1x",
    b"GET / RTSP/1.0",
    b"G(T / HTTP/1.1",
    b"G\xc3\x89T / HTTP/1.1",
    b"X" * 33 + b" / HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"PRI * HTTP/1.1",
    b"HTTP/1.1 200 OK",
    b"SSH-2.0-OpenSSH_9.2p1",
    b"EHLO mail.example",
    b"*1",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80",
]


@pytest.mark.parametrize("line", NO_REQUEST_LINES)
def test_what_is_no_request_line_gives_none(line: bytes) -> None:
    """A line without a method, a target and a version begins no request with fields."""
    assert request_line(line) is None


@pytest.mark.parametrize(
    ("line", "target"),
    [(b"GET /", "/"), (b"GET /a?b", "/a?b"), (b"GET / ", "/"), (b"GET /\xff", "/\xff")],
)
def test_a_line_without_a_version_is_http_0_9(line: bytes, target: str) -> None:
    """A Simple-Request is GET and a path (RFC 1945 section 5)."""
    understood = Heads(LIMITS).simple_request(line, 11, 22, 33)
    assert understood is not None
    assert (understood.method, understood.target, understood.version) == ("GET", target, "0.9")
    assert understood.framing == 0
    assert tags(understood) == {Anomaly.HTTP_0_9}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET",
        b"GET ",
        b"GET a",
        b"get /",
        b"POST /",
        b"GET  /",
        b"GET / HTTP/1.1",
        b"GET /  ",
        b"GET /\r",
    ],
)
def test_what_is_no_simple_request_gives_none(line: bytes) -> None:
    """Nothing else is HTTP/0.9: almost any line would be."""
    assert Heads(LIMITS).simple_request(line, 11, 22, 33) is None


@pytest.mark.parametrize(
    ("line", "version", "status", "anomalies"),
    [
        (b"HTTP/1.1 200 OK", "1.1", 200, set()),
        (b"HTTP/1.0 404 Not Found", "1.0", 404, set()),
        (b"HTTP/1.1 200", "1.1", 200, set()),
        (b"HTTP/1.1 200 ", "1.1", 200, set()),
        (b"HTTP/1.1 100 Continue", "1.1", 100, set()),
        (b"HTTP/1.1 999 \xff\x00 anything: at all", "1.1", 999, set()),
        (b"HTTP/1.1  200  OK", "1.1", 200, set()),
        (b"HTTP/1.1 200 " + b"x" * 1000, "1.1", 200, set()),
        (b"HTTP/2.0 200 OK", "2.0", 200, {Anomaly.UNKNOWN_VERSION}),
        (b"HTTP/2 200 OK", "2", 200, {Anomaly.UNKNOWN_VERSION}),
        (b"HTTP/1.10 200 OK", "1.10", 200, {Anomaly.UNKNOWN_VERSION}),
    ],
)
def test_a_status_line_is_understood(line: bytes, version: str, status: int, anomalies: set[Anomaly]) -> None:
    """Version and status are as sent; the reason phrase says nothing."""
    understood = status_line(line)
    assert understood is not None
    assert (understood.version, understood.status) == (version, status)
    assert tags(understood) == anomalies
    assert (understood.position, understood.place, understood.time) == (11, 22, 33)


NO_STATUS_LINES = [
    b"HTTP/1.1",
    b"HTTP/1.1 ",
    b"HTTP/1.1 20",
    b"HTTP/1.1 2000 OK",
    b"HTTP/1.1 020 OK",
    b"HTTP/1.1 000 OK",
    b"HTTP/1.1 2x0 OK",
    b"HTTP/1.1\t200 OK",
    b"HTTP/1.1 200OK",
    b"HTTP/1.1 -200 OK",
    b"HTTP/1.1 200 a\rb",
    b"HTTP/1. 200 OK",
    b"HTTP/ 200 OK",
    b"HTTP 200 OK",
    b"http/1.1 200 OK",
    b" HTTP/1.1 200 OK",
    b"ICY 200 OK",
    b"RTSP/1.0 200 OK",
    b"220 mail.example ESMTP",
    b"SSH-2.0-OpenSSH_9.2p1",
    b"+OK",
    b"GET / HTTP/1.1",
]


@pytest.mark.parametrize("line", NO_STATUS_LINES)
def test_what_is_no_status_line_gives_none(line: bytes) -> None:
    """A line without a version and three digits, the first not 0, begins no response."""
    assert status_line(line) is None


# Fields


def test_only_what_a_record_may_show_is_kept() -> None:
    """Allow-listed values without the white space around them; of the others the names."""
    understood = a_request(
        b"User-Agent: \t curl/8 \t", b"Content-Type:text/plain", b"Content-Encoding: br", b"Cookie: secret"
    )
    assert understood.host == "a"
    assert understood.user_agent == "curl/8"
    assert understood.content_type == "text/plain"
    assert understood.content_encoding == "br"
    assert understood.header_names == ("host", "user-agent", "content-type", "content-encoding", "cookie")
    assert not any("secret" in str(getattr(understood, name, "")) for name in dir(understood))


def test_what_was_not_sent_is_not_known() -> None:
    """None is not the empty text."""
    understood = request(b"GET / HTTP/1.0\r\nContent-Type:\r\n\r\n")
    assert understood is not None
    assert (understood.host, understood.user_agent, understood.content_encoding) == (None, None, None)
    assert understood.content_type == ""


TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ([TRACEPARENT], TRACEPARENT),
        ([b" \t" + TRACEPARENT + b" "], TRACEPARENT),
        ([TRACEPARENT.upper()], None),
        ([TRACEPARENT[:-1]], None),
        ([TRACEPARENT + b"-secret"], None),
        ([b"ff" + TRACEPARENT[2:]], None),
        ([b"00-" + b"0" * 32 + TRACEPARENT[35:]], None),
        ([TRACEPARENT[:36] + b"0" * 16 + b"-01"], None),
        ([b"secret"], None),
        ([TRACEPARENT, TRACEPARENT], None),
    ],
)
def test_a_well_formed_traceparent_is_kept(lines: list[bytes], kept: bytes | None) -> None:
    """W3C Trace Context: lower-case hexadecimal, neither id all zeros, sent once. Anything else is a value."""
    understood = a_request(*[b"Traceparent: " + line for line in lines])
    assert understood.traceparent == (kept.decode() if kept else None)
    assert understood.header_names[1:] == ("traceparent",) * len(lines)


@pytest.mark.parametrize(
    ("head", "host", "anomalies"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", None, {Anomaly.MISSING_HOST}),
        (b"GET / HTTP/1.0\r\n\r\n", None, set()),
        (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", "", set()),
        (b"GET / HTTP/1.1\r\nHost: a:80 \r\n\r\n", "a:80", set()),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "a", {Anomaly.DUPLICATE_HOST}),
        (b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "a", {Anomaly.DUPLICATE_HOST}),
        (b"GET / HTTP/1.1\r\nHost: a\r\nCookie: b\r\nCookie: c\r\n\r\n", "a", set()),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "a", {Anomaly.SPACE_BEFORE_COLON}),
        (b"GET / HTTP/1.1\r\nX: y\r\n Host: a\r\n\r\n", None, {Anomaly.MISSING_HOST, Anomaly.OBS_FOLD}),
    ],
)
def test_a_request_has_one_host(head: bytes, host: str | None, anomalies: set[Anomaly]) -> None:
    """HTTP/1.1 demands it (RFC 9112 section 3.2); the first of several counts."""
    understood = request(head)
    assert understood is not None
    assert understood.host == host
    assert tags(understood) == anomalies


def test_repeated_encodings_are_one_list() -> None:
    """Field lines of one name are a list in their order (RFC 9110 section 5.3)."""
    understood = a_response(
        b"Content-Encoding: gzip", b"X: y", b"content-encoding:\tbr ", b"Content-Encoding: zstd"
    )
    assert understood.content_encoding == "gzip, br, zstd"


def test_values_are_latin_1() -> None:
    """Every byte is a character, so nothing is lost and nothing raises."""
    assert a_request(b"User-Agent: \x80\xff").user_agent == "\x80\xff"


@pytest.mark.parametrize("kind", [a_request, a_response])
def test_what_is_odd_about_the_lines_is_the_messages(kind: Kind) -> None:
    """Tags of the layout and of the line ends end up in the message, and in no other message."""
    assert tags(kind(b"X : y", b"Z: a\rb")) == {Anomaly.SPACE_BEFORE_COLON, Anomaly.BARE_CR}
    assert tags(kind(b"no colon", b" fold")) == {Anomaly.INVALID_HEADER, Anomaly.OBS_FOLD}
    assert tags(kind(b"X: y")) == set()


# Framing (RFC 9112 section 6.3)

DIFFERENT = {Anomaly.DUPLICATE_CONTENT_LENGTH, Anomaly.AMBIGUOUS_FRAMING}
INVALID = {Anomaly.INVALID_CONTENT_LENGTH, Anomaly.AMBIGUOUS_FRAMING}
TWO_MEANINGS = {Anomaly.TE_AND_CL}
DISPUTED = {Anomaly.AMBIGUOUS_FRAMING}
"""Read the RFC's way, and other programs read it another."""
LENGTHS = [
    ([b"Content-Length: 5"], 5, set()),
    ([b"Content-Length:5"], 5, set()),
    ([b"Content-Length: \t5\t "], 5, set()),
    ([b"Content-Length: 0"], 0, set()),
    ([b"Content-Length: 005"], 5, set()),
    ([b"Content-Length: 00000000000000000005"], 5, set()),
    ([b"Content-Length: 999999999999999999"], 999999999999999999, set()),
    ([b"Content-Length: 9223372036854775807"], 2**63 - 1, set()),
    ([b"Content-Length: 9223372036854775808"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 18446744073709551621"], AMBIGUOUS, INVALID),
    ([b"Content-Length: " + b"9" * 5000], AMBIGUOUS, INVALID),
    ([b"Content-Length:"], AMBIGUOUS, INVALID),
    ([b"Content-Length: -5"], AMBIGUOUS, INVALID),
    ([b"Content-Length: -0"], AMBIGUOUS, INVALID),
    ([b"Content-Length: +5"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 0x10"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 5 5"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 5,"], 5, {Anomaly.DUPLICATE_CONTENT_LENGTH}),
    ([b"Content-Length: ,5, ,5"], 5, {Anomaly.DUPLICATE_CONTENT_LENGTH}),
    ([b"Content-Length: , ,"], AMBIGUOUS, INVALID | DIFFERENT),
    ([b"Content-Length: 1_0"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 5.0"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 1e1"], AMBIGUOUS, INVALID),
    ([b"Content-Length: \xb2"], AMBIGUOUS, INVALID),
    ([b"Content-Length: five"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 5\x00"], AMBIGUOUS, INVALID),
    ([b"Content-Length: 5, 5"], 5, {Anomaly.DUPLICATE_CONTENT_LENGTH}),
    ([b"Content-Length: 5,05"], 5, {Anomaly.DUPLICATE_CONTENT_LENGTH}),
    ([b"Content-Length: 5, 6"], AMBIGUOUS, DIFFERENT),
    ([b"Content-Length: 5", b"Content-Length: 5"], 5, {Anomaly.DUPLICATE_CONTENT_LENGTH}),
    ([b"Content-Length: 5", b"content-length: 6"], AMBIGUOUS, DIFFERENT),
    ([b"Content-Length: 5", b"X: y", b"Content-Length: x"], AMBIGUOUS, DIFFERENT | INVALID),
    ([b"Content-Length: 5", b"Content-Type: a", b"Content-Type: b"], 5, set()),
    ([b"Content-Length : 5"], 5, {Anomaly.SPACE_BEFORE_COLON} | DISPUTED),
    ([b"Content-Length:", b" 5"], 5, {Anomaly.OBS_FOLD} | DISPUTED),
    ([b"Content-Length: 5", b" "], 5, {Anomaly.OBS_FOLD} | DISPUTED),
    ([b"Content-Length: 1", b" 0"], AMBIGUOUS, INVALID | {Anomaly.OBS_FOLD}),
    ([b"X: y", b" Content-Length: 5"], None, {Anomaly.OBS_FOLD} | DISPUTED),
    ([b"X: y", b" z", b"\tContent-Length: 5"], None, {Anomaly.OBS_FOLD} | DISPUTED),
    ([b"X: y", b" the Content-Length: 5"], None, {Anomaly.OBS_FOLD}),
    ([b"Content-Length\t: 5"], 5, {Anomaly.SPACE_BEFORE_COLON} | DISPUTED),
    ([b"Content-Length\x00: 5"], None, {Anomaly.INVALID_HEADER} | DISPUTED),
    ([b"\x0bContent-Length: 5"], None, {Anomaly.INVALID_HEADER} | DISPUTED),
    ([b"Content Length: 5"], None, {Anomaly.INVALID_HEADER} | DISPUTED),
    ([b"Content-Length 5"], None, {Anomaly.INVALID_HEADER} | DISPUTED),
    ([b"Content_Length: 5"], None, DISPUTED),
    ([b"XContent-Length: 5"], None, set()),
    ([b"X-Content-Length: 5"], None, set()),
    ([b"Content-Length-Limit: 5"], None, set()),
    ([b"ContentLength: 5"], None, set()),
    ([b"X : 5"], None, {Anomaly.SPACE_BEFORE_COLON}),
]
CODINGS = [
    ([b"Transfer-Encoding: chunked"], CHUNKED, set()),
    ([b"Transfer-Encoding: Chunked"], CHUNKED, set()),
    ([b"transfer-encoding:\tCHUNKED\t"], CHUNKED, set()),
    ([b"Transfer-Encoding: gzip, chunked"], CHUNKED, set()),
    ([b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"], CHUNKED, set()),
    ([b"Transfer-Encoding: identity, chunked"], CHUNKED, set()),
    ([b"Transfer-Encoding: weird, chunked"], CHUNKED, {Anomaly.UNKNOWN_CODING}),
    ([b"Transfer-Encoding: , chunked"], CHUNKED, set()),
    ([b"Transfer-Encoding: chunked,"], CHUNKED, set()),
    ([b"Transfer-Encoding: ,gzip,, chunked, ,"], CHUNKED, set()),
    ([b"Transfer-Encoding: chunked", b"Content-Length: 5"], CHUNKED, TWO_MEANINGS),
    ([b"Content-Length: 5", b"Transfer-Encoding: chunked"], CHUNKED, TWO_MEANINGS),
    ([b"Content-Length: x", b"Transfer-Encoding: chunked"], CHUNKED, TWO_MEANINGS),
    ([b"Transfer-Encoding : chunked"], CHUNKED, {Anomaly.SPACE_BEFORE_COLON} | DISPUTED),
    ([b"Transfer-Encoding:", b" chunked"], CHUNKED, {Anomaly.OBS_FOLD} | DISPUTED),
    ([b"Transfer_Encoding: chunked"], None, DISPUTED),
    ([b"Transfer-Encoding chunked"], None, {Anomaly.INVALID_HEADER} | DISPUTED),
    ([b"\xa0Transfer-Encoding: chunked"], None, {Anomaly.INVALID_HEADER} | DISPUTED),
    ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"], AMBIGUOUS, {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: chunked, chunked"], AMBIGUOUS, {Anomaly.AMBIGUOUS_FRAMING}),
]
NOT_LAST = [
    ([b"Transfer-Encoding: gzip"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: identity"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding:"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: xchunked"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: chunked;q=1"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b'Transfer-Encoding: "chunked"'], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: \x0bchunked"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: gzip", b"Content-Length: 5"], {Anomaly.AMBIGUOUS_FRAMING} | TWO_MEANINGS),
]
CHUNKED_NOT_LAST = [
    ([b"Transfer-Encoding: chunked, gzip"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: ,chunked,, gzip,"], {Anomaly.AMBIGUOUS_FRAMING}),
    ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"], {Anomaly.AMBIGUOUS_FRAMING}),
]


@pytest.mark.parametrize(("fields", "framing", "anomalies"), [*LENGTHS, *CODINGS])
def test_the_framing_is_the_fields(fields: list[bytes], framing: int | None, anomalies: set[Anomaly]) -> None:
    """Both kinds of message read a length or a final chunked the same way (items 3 to 6)."""
    asked, answered = a_request(*fields), a_response(*fields)
    assert asked.framing == (0 if framing is None else framing)
    assert answered.framing == (UNTIL_CLOSE if framing is None else framing)
    assert tags(asked) == tags(answered) == anomalies


@pytest.mark.parametrize(("fields", "anomalies"), [*NOT_LAST, *CHUNKED_NOT_LAST])
def test_a_request_whose_chunked_is_not_last_has_no_known_end(
    fields: list[bytes], anomalies: set[Anomaly]
) -> None:
    """Item 4: "the message body length cannot be determined reliably"."""
    understood = a_request(*fields)
    assert understood.framing == AMBIGUOUS
    assert tags(understood) == anomalies


@pytest.mark.parametrize(("fields", "anomalies"), NOT_LAST)
def test_a_response_without_a_final_chunked_runs_until_close(
    fields: list[bytes], anomalies: set[Anomaly]
) -> None:
    """Item 4: "reading the connection until it is closed by the server"."""
    understood = a_response(*fields)
    assert understood.framing == UNTIL_CLOSE
    assert tags(understood) == anomalies


@pytest.mark.parametrize(("fields", "anomalies"), CHUNKED_NOT_LAST)
def test_a_response_whose_chunked_is_not_last_has_no_known_end(
    fields: list[bytes], anomalies: set[Anomaly]
) -> None:
    """The RFC says until close, and programs that only look for the word say chunked: neither is known."""
    understood = a_response(*fields)
    assert understood.framing == AMBIGUOUS
    assert tags(understood) == anomalies


@pytest.mark.parametrize("version", [b"1.1", b"1.0", b"2.0"])
def test_without_a_length_a_request_has_no_body_and_a_response_runs_until_close(version: bytes) -> None:
    """Items 7 and 8, whatever the type of the content says."""
    assert a_request(b"Content-Type: text/plain", version=version).framing == 0
    assert a_response(b"Content-Type: text/plain", version=version).framing == UNTIL_CLOSE


@pytest.mark.parametrize("field", [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Content-Length: x"])
def test_a_connect_has_no_body(field: bytes) -> None:
    """RFC 9110 section 9.3.6: whatever it says, what follows belongs to the tunnel."""
    asked = Heads(LIMITS).request(
        taken_apart(b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n" + field + b"\r\n\r\n"), 0, 0, 0
    )
    assert asked is not None
    assert asked.framing == 0
    assert Anomaly.AMBIGUOUS_FRAMING in tags(asked)


def test_chunked_in_http_1_0_is_read_and_tagged() -> None:
    """Section 6.1: such a message's framing is faulty."""
    for kind in (a_request, a_response):
        understood = kind(b"Transfer-Encoding: chunked", version=b"1.0")
        assert understood.framing == CHUNKED
        assert tags(understood) == {Anomaly.TE_IN_HTTP_1_0}
    both = a_request(b"Transfer-Encoding: chunked", b"Content-Length: 5", version=b"1.0")
    assert tags(both) == {Anomaly.TE_IN_HTTP_1_0, Anomaly.TE_AND_CL}


# Limits


@pytest.mark.parametrize(("over", "tagged"), [(-1, set()), (0, set()), (1, {Anomaly.LONG_LINE})])
def test_a_target_is_cut_at_its_limit(over: int, tagged: set[Anomaly]) -> None:
    """`line_bytes` of it are kept, and what is longer is tagged."""
    limits = Limits(line_bytes=100)
    target = b"/" + b"a" * (99 + over)
    understood = request_line(b"GET " + target + b" HTTP/1.1", limits)
    assert understood is not None
    assert understood.target == target[:100].decode()
    assert tags(understood) == tagged


def test_the_target_of_http_0_9_is_cut_as_well() -> None:
    """The oldest request has the newest limit, and the same tag."""
    understood = Heads(Limits(line_bytes=4)).simple_request(b"GET /abcdef", 0, 0, 0)
    assert understood is not None
    assert understood.target == "/abc"
    assert tags(understood) == {Anomaly.HTTP_0_9, Anomaly.LONG_LINE}


def test_names_beyond_the_limit_are_not_kept_and_their_framing_is() -> None:
    """`header_lines` names, and a length that stands behind them."""
    limits = Limits(header_lines=2)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nX: y\r\nZ: z\r\nContent-Length: 7\r\n\r\n"
    understood = request(head, limits)
    assert understood is not None
    assert understood.header_names == ("host", "x")
    assert understood.framing == 7
    assert tags(understood) == {Anomaly.TOO_MANY_HEADERS}


@pytest.mark.sources
def test_caches_never_grow_beyond_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values and status lines are kept up to a number and a length, and read the same ever after."""
    monkeypatch.setattr(heads, "_TEXTS", 5)
    monkeypatch.setattr(heads, "_STATUS_LINES", 5)
    shared = Heads(LIMITS)
    for number in range(50):
        for long in (b"", b"x" * 300):
            agent = b"agent-%d%s" % (number, long)
            head = taken_apart(b"GET / HTTP/1.1\r\nUser-Agent: " + agent + b"\r\n\r\n")
            for _ in range(2):
                asked = shared.request(head, 0, 0, 0)
                assert asked is not None
                assert asked.user_agent == agent.decode()
            answered = shared.response(taken_apart(b"HTTP/1.1 200 " + agent + b"\r\n\r\n"), 0, 0, 0)
            assert answered is not None
            assert answered.status == 200
        assert len(shared._texts) <= 5
        assert len(shared._status_lines) <= 5
    assert max(map(len, shared._texts)) <= heads._TEXT_BYTES
    assert max(map(len, shared._status_lines)) <= heads._STATUS_LINE_BYTES


@pytest.mark.parametrize(
    "unit",
    [
        b" ",
        b"\t",
        b" \t",
        b"a ",
        b" HTTP/1.1",
        b"HTTP/1.1 ",
        b"1",
        b"1.",
        b"/",
        b"GET ",
        b"\x0b",
        b"\r",
        b"\xff",
        b"-",
    ],
)
@pytest.mark.parametrize("start", [b"", b"GET ", b"GET /", b"HTTP/1.1 ", b"HTTP/1.1 200 ", b"HTTP/1"])
def test_hostile_start_lines_end(start: bytes, unit: bytes) -> None:
    """64 KiB of what a backtracking expression would choke on: the answer comes at all."""
    line = start + unit * (65536 // len(unit))
    for end in (b"", b" HTTP/1.1", b" x"):
        request_line(line + end)
        status_line(line + end)
        Heads(LIMITS).simple_request(line + end, 0, 0, 0)
        for after in (b"", b"\r\n"):
            whole = line + end + after
            plausible_request(whole, 0, len(whole))
            plausible_response(whole, 0, len(whole))


# What may be the beginning of a start line


REQUEST_LINES = [
    b"GET / HTTP/1.1",
    b"GET\t/\tHTTP/1.0",
    b"GET  /a b  HTTP/1.1 ",
    b"GET \r/ HTTP/1.1",
    b"GET \x0b HTTP/1.1",
    b"M-SEARCH * HTTP/1.1",
    b"X" * 32 + b" / HTTP/2.0",
    b"CONNECT a:1 HTTP/9",
    b"GET /",
    b"GET /a ",
]
STATUS_LINES = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.0 404",
    b"HTTP/1.1 500 ",
    b"HTTP/1.1   200  OK",
    b"HTTP/2.0 200 OK",
    b"HTTP/2 200 OK",
    b"HTTP/2",
    b"HTTP/1.10 200 OK",
    b"HTTP/123.456 999 x",
]


@pytest.mark.parametrize("line", REQUEST_LINES)
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r\nHost: a\r\n"])
def test_every_beginning_of_a_request_is_plausible(line: bytes, end: bytes) -> None:
    """However few bytes of it are there, wherever they lie."""
    whole = line + end
    for size in range(1, len(whole) + 1):
        assert plausible_request(b"?\n" + whole, 2, 2 + size)
        assert plausible_request(bytearray(whole), 0, size)


@pytest.mark.parametrize("line", STATUS_LINES)
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r\nServer: a\r\n"])
def test_every_beginning_of_a_response_is_plausible(line: bytes, end: bytes) -> None:
    """However few bytes of it are there, wherever they lie."""
    whole = line + (end if line != b"HTTP/2" else b"")
    for size in range(1, len(whole) + 1):
        assert plausible_response(b"?\n" + whole, 2, 2 + size)
        assert plausible_response(bytearray(whole), 0, size)


@pytest.mark.parametrize("line", [line for line in NO_REQUEST_LINES if line != b"GET /"])
def test_a_line_that_begins_no_request_is_not_plausible(line: bytes) -> None:
    """Once it is whole, a line is a request line or is none."""
    for whole in (line + b"\r\n", line + b"\n"):
        assert not plausible_request(whole, 0, len(whole))


@pytest.mark.parametrize("line", NO_STATUS_LINES)
def test_a_line_that_begins_no_response_is_not_plausible(line: bytes) -> None:
    """Once it is whole, a line is a status line or is none, its reason phrase apart."""
    whole = line + b"\r\n"
    assert plausible_response(whole, 0, len(whole)) == (line == b"HTTP/1.1 200 a\rb")


TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
OTHER_PROTOCOLS = [
    # (what the client says first, how many bytes decide that it is no request)
    (TLS, 1),
    (b"\x00\x00\x00\x10", 1),
    (b"\x0d\x0aPROXY", 1),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", 22),
    (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", 40),
    (b"EHLO mail.example\r\n", 19),
    (b"*1\r\n$4\r\nPING\r\n", 3),
    (b"PING\r\n", 5),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nGET / HTTP/1.1\r\n", 40),
    (b"\r\n\r\n\x00\r\nQUIT\n", 1),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 16),
    (b"DESCRIBE rtsp://a RTSP/1.0\r\n", 28),
    (b'{"method": 1}\n', 1),
    (b"a" * 40, 33),
]
OTHER_SERVERS = [
    (TLS, 1),
    (b"220 mail.example ESMTP\r\n", 1),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", 1),
    (b"+PONG\r\n", 1),
    (b"HTTPS/1.1 200 OK\r\n", 5),
    (b"HELO\r\n", 2),
    (b"HTTP/1.1 2000 OK\r\n", 13),
    (b"HTTP/1.1 099 OK\r\n", 10),
    (b"HTTP/x", 6),
    (b"HTTP/1.x", 8),
    (b"HTTP/1234", 9),
]


@pytest.mark.parametrize(("said", "decided"), OTHER_PROTOCOLS)
def test_no_request_is_seen_in_other_protocols(said: bytes, decided: int) -> None:
    """From the byte on that decides it, and not before."""
    for size in range(1, len(said) + 1):
        assert plausible_request(said, 0, size) == (size < decided)


@pytest.mark.parametrize(("said", "decided"), OTHER_SERVERS)
def test_no_response_is_seen_in_other_protocols(said: bytes, decided: int) -> None:
    """From the byte on that decides it, and not before."""
    for size in range(1, len(said) + 1):
        assert plausible_response(said, 0, size) == (size < decided)


words = st.sampled_from(
    [
        b"GET",
        b"X" * 32,
        b"PRI",
        b"/",
        b"/a",
        b"*",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"HTTP/2",
        b"HTTP/1.10",
        b"200",
        b"OK",
    ]
)
blanks = st.sampled_from([b" ", b" ", b" ", b"  ", b"\t", b"\r", b"\x0b", b"", b"\xff", b"1"])
lines = st.lists(st.tuples(words, blanks), max_size=5).map(lambda parts: b"".join(map(b"".join, parts)))


@given(line=st.one_of(lines, st.binary(max_size=20)).map(lambda line: line.replace(b"\n", b"") or b"x"))
@examples(1_000)
def test_a_head_is_understood_whichever_way_it_comes(line: bytes) -> None:
    """What is a head when it is whole is plausible from its first byte on: segments change nothing."""
    head = line + b"\r\nHost: a\r\n\r\n"
    if request(head) is not None:
        assert all(plausible_request(head, 0, size) for size in range(1, len(head) + 1))
    else:
        simple = Heads(LIMITS).simple_request(line, 0, 0, 0)
        assert plausible_request(head, 0, len(head)) == (simple is not None)
    if response(head) is not None:
        assert all(plausible_response(head, 0, size) for size in range(1, len(head) + 1))


@given(head=st.binary(max_size=300))
@examples(1_000)
def test_any_bytes_are_understood_or_not(head: bytes) -> None:
    """No bytes raise anything."""
    for start in (b"", b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\nContent-Length:"):
        whole = start + head + b"\r\n\r\n"
        known = Layouts(LIMITS.header_lines)
        found = known.find(known.start, whole[:4], whole, 0, len(whole))
        assert found is not None
        shared = Heads(LIMITS)
        for message in (shared.request(found, 0, 0, 0), shared.response(found, 0, 0, 0)):
            assert message is None or message.framing >= AMBIGUOUS


def test_an_offer_to_change_protocols() -> None:
    """Of a request its first protocol and the key, never what it offers beside: a browser has no other place for a token."""
    asked = request(
        b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket, foo\r\n"
        b"Sec-WebSocket-Key:  dGhlIHNhbXBsZSBub25jZQ== \r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.c2VjcmV0\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    assert asked is not None
    assert asked.upgrade == Upgrade("websocket", "dGhlIHNhbXBsZSBub25jZQ==")
    plain = request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert plain is not None
    assert plain.upgrade is None


def test_what_an_answer_takes_up() -> None:
    """Protocol, proof, subprotocol and extensions, those of several lines joined."""
    answered = response(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
        b"Sec-WebSocket-Extensions: foo\r\n\r\n"
    )
    assert answered is not None
    assert answered.upgrade == Upgrade(
        "websocket",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "chat",
        " permessage-deflate; server_no_context_takeover, foo",
    )


def test_what_is_kept_of_an_offer_is_bounded() -> None:
    """Whoever sends it chooses its length."""
    long = b"x" * 5000
    asked = request(
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: " + long + b"\r\nSec-WebSocket-Key: " + long + b"\r\n\r\n"
    )
    assert asked is not None
    assert asked.upgrade == Upgrade("x" * 128, "x" * 128)
