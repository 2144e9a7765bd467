"""Message heads: bytes up to the empty line in, a `Request` or `Response` and its framing out.

Owns the grammar of start lines and field lines (RFC 9112 sections 2 to 5) and what they say about the
body's length (section 6). Refuses state: a head is whole or it is not here yet; where it begins and ends
is `http1`'s business.

A passive observer does not get to reject. What two implementations could read differently is read the
RFC's way and tagged (`Anomaly`); only what cannot be a head at all gives None.

Field names repeat endlessly on real connections, values do not, so each distinct spelling of a name is
understood once and kept in a bounded cache. It is cleared when full: no bookkeeping per hit, and whoever
fills it with inventions pays the price of the first sight, nothing more. Values are not kept.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, TypeAlias

from interceptor.model import Anomaly, Limits, Request, Response

__all__ = [
    "AMBIGUOUS",
    "CHUNKED",
    "UNTIL_CLOSE",
    "Head",
    "Heads",
    "find_head",
    "plausible_request",
    "plausible_response",
]

CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2
AMBIGUOUS: Final = -3
"""The body's end cannot be known; what follows the head is not framed."""

_CACHED_NAMES: Final = 4096
_CACHED_NAME_BYTES: Final = 64
_CACHED_STATUS_LINES: Final = 256
_CACHED_STATUS_LINE_BYTES: Final = 64
_LARGEST_LENGTH: Final = 2**63 - 1
"""RFC 9110 section 8.6: "a recipient MUST anticipate potentially large decimal numerals"; past what any
file system holds, a length is a lie."""

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_FIELD_NAME = re.compile(_TOKEN + rb"+")
_METHOD = re.compile(_TOKEN + rb"{1,32}")
# RFC 9112 section 3: lenient about the white space between the parts, as section 3 allows, and about a
# blank inside the target, which clients do send.
_REQUEST_LINE = re.compile(
    rb"(" + _TOKEN + rb"{1,32})[ \t]+([^\r\n]*[^ \t\r\n])[ \t]+HTTP/(\d{1,3}(?:\.\d{1,3})?)[ \t]*"
)
_SIMPLE_REQUEST = re.compile(rb"GET[ ](/[^ \t\r\n]*)[ ]?")
_STATUS_LINE = re.compile(rb"HTTP/(\d{1,3}(?:\.\d{1,3})?)[ ]+([1-9]\d\d)(?:[ ][^\r\n]*)?")
_REQUEST_START = re.compile(_TOKEN + rb"{1,32}[ \t]+[^\r\n\t ]")
_REQUEST_START_CUT = re.compile(_TOKEN + rb"{1,32}(?:[ \t]+[^\r\n\t ]*)?")
_RESPONSE_START = re.compile(rb"HTTP/\d\.\d[ ]+[1-9]\d\d[ \r\n]")

_EMPTY_LINE = re.compile(rb"\n\r?\n")

_VERSIONS: Final = {b"HTTP/1.1": "1.1", b"HTTP/1.0": "1.0"}
_METHODS: Final = {
    name.encode(): name
    for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY")
}


class _Kind(IntEnum):
    """What a field means to us; of PLAIN ones only the name is of interest."""

    PLAIN = 0
    HOST = 1
    CONTENT_LENGTH = 2
    TRANSFER_ENCODING = 3
    CONTENT_TYPE = 4
    CONTENT_ENCODING = 5
    USER_AGENT = 6
    ODD = 7
    """PLAIN, with an anomaly."""
    FOLDED = 8
    """Not a field line: the continuation of the one before (obs-fold)."""


_KINDS: Final = {
    "host": _Kind.HOST,
    "content-length": _Kind.CONTENT_LENGTH,
    "transfer-encoding": _Kind.TRANSFER_ENCODING,
    "content-type": _Kind.CONTENT_TYPE,
    "content-encoding": _Kind.CONTENT_ENCODING,
    "user-agent": _Kind.USER_AGENT,
}

# Plain integers: reading a member of an enum class costs more than all else that is done with it here.
_HOST, _CONTENT_LENGTH, _TRANSFER_ENCODING, _CONTENT_TYPE, _CONTENT_ENCODING, _USER_AGENT, _ODD, _FOLDED = (
    map(int, list(_Kind)[1:])
)

_Name: TypeAlias = tuple[str, int, Anomaly | None]
"""(lower-case name, kind, anomaly) of what stands before the colon."""

_INVALID: Final[_Name] = ("{invalid}", _ODD, Anomaly.INVALID_HEADER)


class _Names(dict[bytes, _Name]):
    """Field names already understood, by their spelling."""

    def __missing__(self, spelling: bytes) -> _Name:
        name = _name(spelling)
        if len(spelling) <= _CACHED_NAME_BYTES:
            if len(self) >= _CACHED_NAMES:
                self.clear()
            self[spelling] = name
        return name


def _name(spelling: bytes) -> _Name:
    """Understand what stands before the colon of a field line (RFC 9112 section 5)."""
    if spelling[:1] in {b" ", b"\t"}:
        return ("", _FOLDED, None)
    anomaly = None
    stripped = spelling.rstrip(b" \t")
    if len(stripped) != len(spelling):
        # Section 5.1: "No whitespace is allowed between the field name and colon."
        anomaly = Anomaly.SPACE_BEFORE_COLON
    if not _FIELD_NAME.fullmatch(stripped):
        return _INVALID
    name = stripped.decode("ascii").lower()
    return (name, _KINDS.get(name, 0 if anomaly is None else _ODD), anomaly)


Head: TypeAlias = tuple[list[bytes], int, "set[Anomaly] | None"]
"""(lines without their ends, offset after the empty line, what was odd about the line ends)."""


class Heads:
    """Understands heads. One per pipeline: it holds what its parsers share."""

    __slots__ = ("_limits", "_names", "_status_lines")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._names = _Names()
        self._status_lines: dict[bytes, tuple[str, int]] = {}

    def request(self, head: Head, position: int, place: int, time: int) -> tuple[Request, int] | None:
        """Understand a request head.

        Returns the request and its framing (a length in bytes, CHUNKED or AMBIGUOUS), or None where this
        is no HTTP/1 request.
        """
        lines, _, anomalies = head
        line = lines[0]
        parts = line.split(b" ")
        version = _VERSIONS.get(parts[2]) if len(parts) == 3 else None
        if version is not None and parts[1]:
            method = _METHODS.get(parts[0])
            if method is None:
                if not _METHOD.fullmatch(parts[0]):
                    return None
                method = parts[0].decode("ascii")
            raw_target = parts[1]
        else:
            match = _REQUEST_LINE.fullmatch(line)
            if match is None:
                return None
            method = match[1].decode("ascii")
            raw_target = match[2]
            version = match[3].decode("ascii")
            if version not in {"1.0", "1.1"}:
                if method == "PRI":
                    return None  # RFC 9113 section 3.4: the preface of HTTP/2, not a request
                anomalies = _tag(anomalies, Anomaly.UNKNOWN_VERSION)
        if len(raw_target) > self._limits.line_bytes:
            raw_target = raw_target[: self._limits.line_bytes]
            anomalies = _tag(anomalies, Anomaly.LONG_LINE)
        if not raw_target.isascii():
            anomalies = _tag(anomalies, Anomaly.NON_ASCII)
        target = raw_target.decode("latin-1")
        if target[0] != "/" and target[:7].lower() in {"http://", "https:/"}:
            anomalies = _tag(anomalies, Anomaly.ABSOLUTE_FORM)

        request = Request(position, place, time)
        request.method = method
        request.target = target
        request.version = version
        framing, anomalies = self._read_fields(lines, request, anomalies)
        if request.host is None and version == "1.1":
            anomalies = _tag(anomalies, Anomaly.MISSING_HOST)
        if framing == UNTIL_CLOSE:
            framing = 0  # RFC 9112 section 6.3 item 7: a request without a length has no body
        request.anomalies = anomalies
        return request, framing

    def simple_request(self, line: bytes, position: int, place: int, time: int) -> Request | None:
        """An HTTP/0.9 request: one line without a version (RFC 1945 section 5), or None."""
        match = _SIMPLE_REQUEST.fullmatch(line)
        if match is None:
            return None
        target = match[1][: self._limits.line_bytes].decode("latin-1")
        request = Request(position, place, time)
        request.method, request.target, request.version = "GET", target, "0.9"
        request.anomalies = {Anomaly.HTTP_0_9}
        return request

    def response(self, head: Head, position: int, place: int, time: int) -> tuple[Response, int] | None:
        """Understand a response head. Returns the response and its framing as its own fields give it.

        What the request's method takes away from that (HEAD, CONNECT) is for the caller, who knows it.
        """
        lines, _, anomalies = head
        status_line = self._status_lines.get(lines[0])
        if status_line is None:
            match = _STATUS_LINE.fullmatch(lines[0])
            if match is None:
                return None
            status_line = match[1].decode("ascii"), int(match[2])
            if len(lines[0]) <= _CACHED_STATUS_LINE_BYTES:
                if len(self._status_lines) >= _CACHED_STATUS_LINES:
                    self._status_lines.clear()
                self._status_lines[lines[0]] = status_line
        version, status = status_line
        if version not in {"1.0", "1.1"}:
            anomalies = _tag(anomalies, Anomaly.UNKNOWN_VERSION)
        response = Response(position, place, time)
        response.version = version
        response.status = status
        framing, response.anomalies = self._read_fields(lines, response, anomalies)
        return response, framing

    def _read_fields(
        self, lines: list[bytes], message: Request | Response, anomalies: set[Anomaly] | None
    ) -> tuple[int, set[Anomaly] | None]:
        """Take from the field lines what the record wants, and decide the framing."""
        known = self._names
        names = message.header_names
        codings: str | None = None
        length: int | None = None
        lengths = 0
        ambiguous = False
        for line in lines[1:]:
            spelling, colon, raw = line.partition(b":")
            name, kind, anomaly = known[spelling]
            if not colon and kind != _FOLDED:
                name, kind, anomaly = _INVALID
            names.append(name)
            if not kind:
                continue
            if anomaly is not None:
                anomalies = _tag(anomalies, anomaly)
            value = raw.strip(b" \t").decode("latin-1")
            if kind == _HOST:
                if isinstance(message, Request):
                    if message.host is None:
                        message.host = value
                    else:
                        anomalies = _tag(anomalies, Anomaly.DUPLICATE_HOST)
            elif kind == _CONTENT_TYPE:
                if message.content_type is None:
                    message.content_type = value
            elif kind == _USER_AGENT:
                if isinstance(message, Request) and message.user_agent is None:
                    message.user_agent = value
            elif kind == _CONTENT_ENCODING:
                before = message.content_encoding
                message.content_encoding = value if before is None else f"{before}, {value}"
            elif kind == _CONTENT_LENGTH:
                # RFC 9110 section 8.6 allows a list of one repeated number; anything else is smuggling.
                for item in value.split(","):
                    lengths += 1
                    number = _length(item.strip(" \t"))
                    if number is None:
                        ambiguous = True
                        anomalies = _tag(anomalies, Anomaly.INVALID_CONTENT_LENGTH)
                    elif length is not None and number != length:
                        ambiguous = True
                    else:
                        length = number
                if lengths > 1:
                    anomalies = _tag(anomalies, Anomaly.DUPLICATE_CONTENT_LENGTH)
            elif kind == _TRANSFER_ENCODING:
                codings = value if codings is None else f"{codings},{value}"
            elif kind == _FOLDED:  # begin again with the lines joined
                names.clear()
                if isinstance(message, Request):
                    message.host = message.user_agent = None
                message.content_type = message.content_encoding = None
                return self._read_fields(_unfold(lines), message, _tag(anomalies, Anomaly.OBS_FOLD))
        if len(names) > self._limits.header_lines:
            del names[self._limits.header_lines :]
            anomalies = _tag(anomalies, Anomaly.TOO_MANY_HEADERS)

        # RFC 9112 section 6.3, items 3 to 8, in their order.
        if codings is not None:
            if lengths:
                # Item 3: Transfer-Encoding overrides, and "ought to be handled as an error".
                anomalies = _tag(anomalies, Anomaly.TE_AND_CL)
            if message.version == "1.0":
                # Section 6.1: a Transfer-Encoding in HTTP/1.0 means the framing is faulty.
                anomalies = _tag(anomalies, Anomaly.TE_IN_HTTP_1_0)
            listed = [coding.strip(" \t").lower() for coding in codings.split(",")]
            if listed[-1] == "chunked" and "chunked" not in listed[:-1]:
                if any(coding not in _CODINGS for coding in listed):
                    anomalies = _tag(anomalies, Anomaly.UNKNOWN_CODING)
                return CHUNKED, anomalies
            # Item 4: chunked not last: a response runs until close, a request has no known end.
            anomalies = _tag(anomalies, Anomaly.AMBIGUOUS_FRAMING)
            if isinstance(message, Response) and "chunked" not in listed:
                return UNTIL_CLOSE, anomalies
            return AMBIGUOUS, anomalies
        if ambiguous:
            return AMBIGUOUS, _tag(anomalies, Anomaly.AMBIGUOUS_FRAMING)
        if length is not None:
            return length, anomalies
        return UNTIL_CLOSE, anomalies


_CODINGS: Final = frozenset({"chunked", "gzip", "x-gzip", "deflate", "compress", "x-compress", "identity"})


def _length(text: str) -> int | None:
    """A Content-Length value (RFC 9110 section 8.6: 1*DIGIT), or None."""
    if not text.isdecimal() or not text.isascii() or len(text) > 32:
        return None
    number = int(text)
    return number if number <= _LARGEST_LENGTH else None


def find_head(buffer: bytes, start: int, stop: int) -> Head | None:
    """The head that begins at `start`, or None where its end is not in the buffer yet."""
    end = buffer.find(b"\r\n\r\n", start, stop)
    if end >= 0:
        head = buffer[start:end]
        lines = head.split(b"\r\n")
        if head.count(b"\n") == len(lines) - 1 == head.count(b"\r"):
            return lines, end + 4, None
    return _find_irregular_head(buffer, start, stop)


def _find_irregular_head(buffer: bytes, start: int, stop: int) -> Head | None:
    """The same where not every line ends with CRLF.

    RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a line terminator and ignore any
    preceding CR"; any other CR is invalid.
    """
    match = _EMPTY_LINE.search(buffer, start, stop)
    if match is None:
        return None
    lines = [line.removesuffix(b"\r") for line in buffer[start : match.start()].split(b"\n")]
    anomalies: set[Anomaly] = set()
    if any(b"\r" in line for line in lines):
        anomalies.add(Anomaly.BARE_CR)
    if buffer.count(b"\n", start, match.end()) != buffer.count(b"\r\n", start, match.end()):
        anomalies.add(Anomaly.LF_ONLY)
    return lines, match.end(), anomalies


def _unfold(lines: list[bytes]) -> list[bytes]:
    """Join folded lines to the ones before (RFC 9112 section 5.2).

    A first field line that is folded has nothing to join and stands for itself, as section 2.2 has it
    ignored or rejected: its name is invalid then.
    """
    joined = lines[:1]
    for line in lines[1:]:
        if line[:1] not in {b" ", b"\t"}:
            joined.append(line)
        elif len(joined) > 1:
            joined[-1] += b" " + line.strip(b" \t")
        else:
            joined.append(b"{" + line.strip(b" \t"))
    return joined


def _tag(anomalies: set[Anomaly] | None, anomaly: Anomaly) -> set[Anomaly]:
    if anomalies is None:
        return {anomaly}
    anomalies.add(anomaly)
    return anomalies


def plausible_request(buffer: bytes | bytearray, start: int, end: int) -> bool:
    """Whether these bytes can be the beginning of a request line, as far as they go."""
    newline = buffer.find(b"\n", start, end)
    if newline >= 0:
        line = bytes(buffer[start:newline]).removesuffix(b"\r")
        match = _REQUEST_LINE.fullmatch(line)
        if match is not None:
            return match[1] != b"PRI"
        return _SIMPLE_REQUEST.fullmatch(line) is not None
    if _REQUEST_START.match(buffer, start, end) is not None:
        return True
    return _REQUEST_START_CUT.fullmatch(buffer, start, end) is not None


def plausible_response(buffer: bytes | bytearray, start: int, end: int) -> bool:
    """Whether these bytes can be the beginning of a status line, as far as they go."""
    if _RESPONSE_START.match(buffer, start, end) is not None:
        return True
    shape = b"HTTP/0.0 000 "
    given = bytes(buffer[start : min(end, start + len(shape))])
    return given.translate(_DIGITS) == shape[: len(given)] and len(given) < len(shape)


_DIGITS: Final = bytes(48 if 48 <= octet <= 57 else octet for octet in range(256))
