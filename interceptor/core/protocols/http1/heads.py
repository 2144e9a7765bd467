"""Message heads: what the lines before the empty line say.

Owns the grammar of start lines and the meaning of fields (RFC 9112 sections 2 to 5), and what they say
about the body's length (section 6). Refuses state: a head is whole or it is not here yet; where it begins
and ends is the business of `parser`.

A passive observer does not get to reject. What two implementations could read differently is read the
RFC's way and tagged (`Anomaly`); only what cannot be a head at all gives None.

Of values only those are kept that a record may show, in a bounded cache that is cleared when full.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interceptor.core.model import METHODS, Anomaly, Limits, Request, Response, Upgrade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interceptor.core.model import i64
    from interceptor.core.protocols.http1.layouts import Head, Layout

__all__ = [
    "AMBIGUOUS",
    "CHUNKED",
    "UNTIL_CLOSE",
    "Heads",
    "begins_with_method",
    "may_prove",
    "plausible_request",
    "plausible_response",
    "proves",
    "resembles_request",
    "resembles_response",
    "status_line",
]

CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2
AMBIGUOUS: Final = -3
"""The body's end cannot be known; what follows the head is not framed."""

_TEXTS: Final = 4096
_TEXT_BYTES: Final = 256
_STATUS_LINES: Final = 256
_STATUS_LINE_BYTES: Final = 64
_UPGRADE_BYTES: Final = 128
"""Of each text that is kept of an offer to change protocols: names, and a digest of 28."""
_LARGEST_LENGTH: Final = 2**63 - 1
"""RFC 9110 section 8.6: "a recipient MUST anticipate potentially large decimal numerals". What does not fit
the 64 bits of a file offset is a lie."""
_PLAIN_DIGITS: Final = 18
"""So many always fit."""

_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}")
_VERSION = re.compile(rb"HTTP/(\d{1,3}(?:\.\d{1,3})?)")
_SIMPLE_REQUEST = re.compile(rb"GET (/[^ \t\r\n]*) ?")
_STATUS_LINE = re.compile(rb"HTTP/(\d{1,3}(?:\.\d{1,3})?) +([1-9]\d\d)(?: [^\r\n]*)?")
# The patterns down to `_RESEMBLING_RESPONSE` are for first messages in doubt, which most captures have none of: `re` compiles
# them when they are first asked for, and keeps them, so that a reading starts without.
_PROVING_LINE: Final = (
    rb"(?!PRI )[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} "
    rb"(?:/[!-~\x80-\xff]*|\*|[A-Za-z][A-Za-z0-9+.-]*://[!-~\x80-\xff]+|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5})"
    rb" HTTP/1\.[01]"
)
"""Method, one of the four forms of a target (RFC 9112 section 3.2), and a version, with single blanks: what text that only
talks of HTTP does not hit."""
_PROVING_START: Final = (
    rb"(?!PRI )[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?:\Z| (?:\Z|[!-~\x80-\xff]+(?:\Z| "
    rb"(?:|H|HT|HTT|HTTP|HTTP/|HTTP/1|HTTP/1\.|HTTP/1\.[01]\r?)\Z)))"
)
"""The same as far as it goes, while no line's end has come; of the target only that it has no blank."""
_PROVING_HOST: Final = rb"[ \t]*(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?[ \t]*"
_RESEMBLING_REQUEST: Final = (
    rb"(?!PRI \* HTTP/2)[ \t\r\n]*(?:(?:"
    + b"|".join(sorted(name.encode() for name in METHODS))
    + rb")\b|[\t\r -\xff]{0,4096}?HTTP/)"
)
_RESEMBLING_RESPONSE: Final = rb"(?i)[ \t\r\n]*(?:HTTP|ICY )"
_REQUEST_START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?:[ \t]|\Z)")
_RESPONSE_START = re.compile(
    rb"H(?:\Z|T(?:\Z|T(?:\Z|P(?:\Z|/(?:\Z|\d{1,3}(?:\.(?:\Z|\d{1,3}))?"
    rb"(?:\Z| +(?:\Z|[1-9](?:\Z|\d(?:\Z|\d(?:\Z|[ \r\n]))))))))))"
)
"""What `_STATUS_LINE` matches, as far as it goes."""

_VERSIONS: Final = {b"HTTP/1.1": "1.1", b"HTTP/1.0": "1.0"}
_KNOWN_VERSIONS: Final = frozenset(_VERSIONS.values())
_METHODS: Final = {name.encode(): name for name in METHODS}
_LONGEST_METHOD: Final = max(map(len, _METHODS))
_METHOD_ENDS: Final = {name[at:] for name in _METHODS for at in range(1, len(name))} - _METHODS.keys()
"""What is left of a method that a capture begins in the middle of: it would hide that the request is a HEAD."""
_GLUED: Final = rb"[^ ]+(?:" + b"|".join(sorted(_METHODS)) + rb") "
"""A method behind something else, most likely the end of a body: nobody knows where that ended."""
_CODINGS: Final = frozenset(
    {b"chunked", b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress", b"identity"}
)


class _Texts(dict[bytes, str]):
    """Field values already decoded, without the white space around them (RFC 9112 section 5)."""

    def __missing__(self, raw: bytes) -> str:
        text = raw.strip(b" \t").decode("latin-1")
        if len(raw) <= _TEXT_BYTES:
            if len(self) >= _TEXTS:
                self.clear()
            self[raw] = text
        return text


class Heads:
    """Understands heads. One per pipeline: it holds what its parsers share."""

    __slots__ = ("_line_bytes", "_status_lines", "_texts")

    def __init__(self, limits: Limits) -> None:
        self._line_bytes = limits.line_bytes
        self._texts = _Texts()
        self._status_lines: dict[bytes, tuple[str, int]] = {}

    def request(self, head: Head, position: i64, place: i64, time: i64) -> Request | None:
        """Understand a request head: None where this is no HTTP/1 request."""
        line = head[0][0]
        words = line.split(b" ")
        version = _VERSIONS.get(words[2]) if len(words) == 3 else None
        known = version is not None
        if version is None or not words[1]:
            parts = _request_line(line)
            if parts is None:
                return None
            words, version = [*parts[:2]], parts[2].decode("ascii")
            known = version in _KNOWN_VERSIONS
        method, target = _METHODS.get(words[0]), words[1]
        if method is None:
            if words[0] == b"PRI" or not _METHOD.fullmatch(words[0]):
                return None  # RFC 9113 section 3.4: PRI is the preface of HTTP/2, not a request
            method = words[0].decode("ascii")
        request = Request(position, place, time, version=version, anomalies=head[3], method=method)
        if not known:
            request.tag(Anomaly.UNKNOWN_VERSION)
        if len(target) > self._line_bytes:
            target = target[: self._line_bytes]
            request.tag(Anomaly.LONG_LINE)
        try:
            request.target = target.decode("ascii")
        except UnicodeDecodeError:
            request.target = target.decode("latin-1")
            request.tag(Anomaly.NON_ASCII)
        if target[0] != 47 and target[:8].lower().startswith((b"http://", b"https://")):
            request.tag(Anomaly.ABSOLUTE_FORM)
        self._read_fields(head, request)
        texts, _, layout, _ = head
        if layout.host:
            request.host = self._texts[texts[layout.host]]
            if layout.repeated and layout.further("host", texts):
                request.tag(Anomaly.DUPLICATE_HOST)
        elif version == "1.1":
            request.tag(Anomaly.MISSING_HOST)
        if layout.user_agent:
            request.user_agent = self._texts[texts[layout.user_agent]]
        if (
            layout.traceparent
            and (sent := texts[layout.traceparent])
            and not (layout.repeated and layout.further("traceparent", texts))
        ):
            # W3C Trace Context, section 3.2.1: of several none is to be used.
            request.traceparent = sent.decode("ascii")
        if request.framing == UNTIL_CLOSE:
            request.framing = 0  # RFC 9112 section 6.3 item 7: a request without a length has no body
        elif request.framing and method == "CONNECT":
            # RFC 9110 section 9.3.6: a CONNECT "does not have content"; what follows is the tunnel's. Some servers
            # take a length at its word.
            request.framing = 0
            request.tag(Anomaly.AMBIGUOUS_FRAMING)
        return request

    def simple_request(self, line: bytes, position: i64, place: i64, time: i64) -> Request | None:
        """An HTTP/0.9 request: one line without a version (RFC 1945 section 5), or None."""
        match = _SIMPLE_REQUEST.fullmatch(line)
        if match is None:
            return None
        request = Request(position, place, time)
        request.method, request.version = "GET", "0.9"
        request.target = match[1][: self._line_bytes].decode("latin-1")
        request.tag(Anomaly.HTTP_0_9)
        if len(match[1]) > self._line_bytes:
            request.tag(Anomaly.LONG_LINE)
        return request

    def response(self, head: Head, position: i64, place: i64, time: i64) -> Response | None:
        """Understand a response head: None where it is none. The framing is as its own fields give it.

        What the request's method takes away from that (HEAD, CONNECT) is for the caller, who knows it.
        """
        line = head[0][0]
        status_line = self._status_lines.get(line)
        if status_line is None:
            match = _STATUS_LINE.fullmatch(line)
            if match is None:
                return None
            status_line = match[1].decode("ascii"), int(match[2])
            if len(line) <= _STATUS_LINE_BYTES:
                if len(self._status_lines) >= _STATUS_LINES:
                    self._status_lines.clear()
                self._status_lines[line] = status_line
        version, status = status_line
        response = Response(position, place, time, version=version, anomalies=head[3], status=status)
        if version not in _KNOWN_VERSIONS:
            response.tag(Anomaly.UNKNOWN_VERSION)
        self._read_fields(head, response)
        return response

    def _read_fields(self, head: Head, message: Request | Response) -> None:
        """Take from the fields what every record wants, and decide the framing."""
        texts, _, layout, _ = head
        message.header_names = layout.names
        if layout.anomalies:
            for anomaly in layout.anomalies:
                message.tag(anomaly)
        if layout.content_type:
            message.content_type = self._texts[texts[layout.content_type]]
        if layout.content_encoding:
            message.content_encoding = self._texts[texts[layout.content_encoding]]
            if layout.repeated:
                for value in layout.further("content_encoding", texts):
                    message.content_encoding += ", " + self._texts[value]
        if layout.upgrade:
            message.upgrade = _upgrade(layout, texts)
        # RFC 9112 section 6.3, items 3 to 8, in their order.
        if layout.transfer_encoding:
            if layout.content_length:
                # Item 3: Transfer-Encoding overrides, and "ought to be handled as an error".
                message.tag(Anomaly.TE_AND_CL)
            codings = [texts[layout.transfer_encoding], *layout.further("transfer_encoding", texts)]
            message.framing = _coded(codings, message)
        elif layout.content_length:
            digits = texts[layout.content_length].strip(b" \t")
            if digits.isdigit() and len(digits) <= _PLAIN_DIGITS and not layout.repeated:
                message.framing = int(digits)
            else:
                message.framing = _counted([digits, *layout.further("content_length", texts)], message)
        else:
            message.framing = UNTIL_CLOSE


def _upgrade(layout: Layout, texts: Sequence[bytes]) -> Upgrade:
    """What a head with an Upgrade field offers, or has taken up."""

    def text(index: int) -> str:
        return texts[index].strip(b" \t")[:_UPGRADE_BYTES].decode("latin-1") if index else ""

    protocol = text(layout.upgrade).partition(",")[0].rstrip(" \t").lower()
    if not layout.websocket_accept:
        return Upgrade(protocol, text(layout.websocket_key))
    extensions = [texts[layout.websocket_extensions], *layout.further("websocket_extensions", texts)]
    return Upgrade(
        protocol,
        text(layout.websocket_accept),
        text(layout.websocket_protocol),
        b",".join(extensions)[:_UPGRADE_BYTES].decode("latin-1") if layout.websocket_extensions else "",
    )


def _counted(values: list[bytes], message: Request | Response) -> int:
    """The framing by Content-Length, where it is not one plain number."""
    # RFC 9110 section 8.6 allows a list of one repeated number; anything else is smuggling.
    numbers: set[int] = set()
    joined = b",".join(values)
    if b"," in joined:
        message.tag(Anomaly.DUPLICATE_CONTENT_LENGTH)
    for digits in _elements(joined) or [b""]:
        number = int(digits) if digits.isdigit() and len(digits) <= 2 * _PLAIN_DIGITS else -1
        if not 0 <= number <= _LARGEST_LENGTH:
            message.tag(Anomaly.INVALID_CONTENT_LENGTH)
            number = -1
        numbers.add(number)
    if len(numbers) == 1 and -1 not in numbers:
        return numbers.pop()
    message.tag(Anomaly.AMBIGUOUS_FRAMING)
    return AMBIGUOUS


def _coded(values: list[bytes], message: Request | Response) -> int:
    """The framing by Transfer-Encoding."""
    if message.version == "1.0":
        # RFC 9112 section 6.1: a Transfer-Encoding in HTTP/1.0 means the framing is faulty.
        message.tag(Anomaly.TE_IN_HTTP_1_0)
    codings = [coding.lower() for coding in _elements(b",".join(values))]
    if codings and codings[-1] == b"chunked" and b"chunked" not in codings[:-1]:
        if not _CODINGS.issuperset(codings):
            message.tag(Anomaly.UNKNOWN_CODING)
        return CHUNKED
    # Section 6.3 item 4: where chunked is not last, a response runs until close, a request has no known end.
    # But where chunked is there at all, programs that only look for the word disagree with the RFC.
    message.tag(Anomaly.AMBIGUOUS_FRAMING)
    if isinstance(message, Response) and b"chunked" not in codings:
        return UNTIL_CLOSE
    return AMBIGUOUS


def _elements(values: bytes) -> list[bytes]:
    """The elements of a list (RFC 9110 section 5.6.1.2: "a reasonable number of empty list elements" is ignored)."""
    return [element for part in values.split(b",") if (element := part.strip(b" \t"))]


def _request_line(line: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Method, target and version of a request line that is not three words with a blank between.

    RFC 9112 section 3 lets a recipient split at white space; a blank inside the target is invalid, and
    clients send it.
    """
    method = _REQUEST_START.match(line)
    rest = line[method.end() :].strip(b" \t") if method is not None else b""
    blank = max(rest.rfind(b" "), rest.rfind(b"\t"))
    version = _VERSION.fullmatch(rest, blank + 1) if blank > 0 else None
    if method is None or version is None:
        return None
    return method[0].rstrip(b" \t"), rest[:blank].rstrip(b" \t"), version[1]


def plausible_request(buffer: bytes | bytearray, start: i64, end: i64) -> bool:
    """Whether these bytes can be the beginning of a request line, as far as they go."""
    newline = buffer.find(b"\n", start, end)
    if newline < 0:
        return _REQUEST_START.match(buffer, start, end) is not None
    line = bytes(buffer[start:newline]).removesuffix(b"\r")
    parts = _request_line(line)
    if parts is not None:
        return parts[0] != b"PRI"
    return _SIMPLE_REQUEST.fullmatch(line) is not None


def begins_with_method(buffer: bytes | bytearray, start: i64, end: i64) -> bool:
    """Whether these bytes can be the beginning of a request line with a method that is known, as far as they go."""
    method, blank, _ = bytes(buffer[start : min(end, start + _LONGEST_METHOD + 1)]).partition(b" ")
    return method in _METHODS if blank else any(name.startswith(method) for name in _METHODS)


def may_prove(buffer: bytes | bytearray) -> bool:
    """Whether these bytes can be the beginning of a head that `proves`, as far as they go."""
    newline = buffer.find(b"\n")
    if newline < 0:
        return re.match(_PROVING_START, buffer) is not None
    return re.fullmatch(_PROVING_LINE, bytes(buffer[:newline]).removesuffix(b"\r")) is not None


def proves(head: Head) -> bool:
    """Whether a head is a request beyond doubt, where only its own words can tell: after a loss, or in the middle.

    A whole request line, fields that are fields, and in HTTP/1.1, which demands one, a Host that could be one.
    """
    texts, _, layout, _ = head
    line = texts[0]
    if (
        line[: line.find(b" ")] in _METHOD_ENDS
        or re.match(_GLUED, line) is not None
        or re.fullmatch(_PROVING_LINE, line) is None
        or Anomaly.INVALID_HEADER in layout.anomalies
    ):
        return False
    if layout.host:
        return re.fullmatch(_PROVING_HOST, texts[layout.host]) is not None
    return line.endswith(b"0")


def status_line(buffer: bytes | bytearray) -> bool:
    """Whether these bytes begin with a whole status line."""
    newline = buffer.find(b"\n")
    return newline > 0 and _STATUS_LINE.fullmatch(bytes(buffer[:newline]).removesuffix(b"\r")) is not None


def resembles_request(data: bytes) -> bool:
    """Whether somebody who sent these bytes may have meant a request, though they are none."""
    return re.match(_RESEMBLING_REQUEST, data) is not None


def resembles_response(data: bytes) -> bool:
    """Whether somebody who sent these bytes may have meant a response, though they are none."""
    return re.match(_RESEMBLING_RESPONSE, data) is not None


def plausible_response(buffer: bytes | bytearray, start: i64, end: i64) -> bool:
    """Whether these bytes can be the beginning of a status line, as far as they go."""
    return _RESPONSE_START.match(buffer, start, end) is not None
