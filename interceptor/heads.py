"""Message heads: bytes up to the empty line in, a `Request` or `Response` and its framing out.

Owns the grammar of start lines and field lines (RFC 9112 sections 2 to 5) and what they say about the
body's length (section 6). Refuses state: a head is whole or it is not here yet; where it begins and ends
is `http1`'s business.

A passive observer does not get to reject. What two implementations could read differently is read the
RFC's way and tagged (`Anomaly`); only what cannot be a head at all gives None.

Field lines repeat endlessly on real connections, so each distinct line is understood once and kept in a
bounded cache. The cache is cleared when full: no bookkeeping per hit, and an attacker who fills it with
unique lines pays the price of the first sight, nothing more.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, TypeAlias

from interceptor.model import Anomaly, Limits, Request, Response

__all__ = ["AMBIGUOUS", "CHUNKED", "UNTIL_CLOSE", "Heads", "plausible_request", "plausible_response"]

CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2
AMBIGUOUS: Final = -3
"""The body's end cannot be known; what follows the head is not framed."""

_CACHED_LINES: Final = 4096
_CACHED_LINE_BYTES: Final = 512
"""4096 lines of at most 512 bytes: about 4 MiB at the very worst, and cookies do not displace the rest."""
_CACHED_STATUS_LINES: Final = 256
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

_VERSIONS: Final = {b"HTTP/1.1": "1.1", b"HTTP/1.0": "1.0"}
_METHODS: Final = {
    name.encode(): name
    for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY")
}


class _Kind(IntEnum):
    """What a field line means to us; PLAIN lines only have a name."""

    PLAIN = 0
    HOST = 1
    CONTENT_LENGTH = 2
    TRANSFER_ENCODING = 3
    CONTENT_TYPE = 4
    CONTENT_ENCODING = 5
    USER_AGENT = 6
    ODD = 7
    """A plain line with an anomaly."""
    IRREGULAR = 8
    """Not one line: a bare LF inside, or the continuation of the line before (obs-fold)."""


_KINDS: Final = {
    "host": _Kind.HOST,
    "content-length": _Kind.CONTENT_LENGTH,
    "transfer-encoding": _Kind.TRANSFER_ENCODING,
    "content-type": _Kind.CONTENT_TYPE,
    "content-encoding": _Kind.CONTENT_ENCODING,
    "user-agent": _Kind.USER_AGENT,
}

_Field: TypeAlias = tuple[str, int, str, Anomaly | None]
"""(lower-case name, kind, value where the kind has one, anomaly)."""


class _Fields(dict[bytes, _Field]):
    """Field lines already understood."""

    def __missing__(self, line: bytes) -> _Field:
        field = _field(line)
        if len(line) <= _CACHED_LINE_BYTES:
            if len(self) >= _CACHED_LINES:
                self.clear()
            self[line] = field
        return field


def _field(line: bytes) -> _Field:
    """Understand one field line (RFC 9112 section 5)."""
    if b"\n" in line or line[:1] in (b" ", b"\t"):
        return ("", _Kind.IRREGULAR, "", None)
    raw_name, colon, raw_value = line.partition(b":")
    anomaly: Anomaly | None = None
    stripped = raw_name.rstrip(b" \t")
    if len(stripped) != len(raw_name):
        # Section 5.1: "No whitespace is allowed between the field name and colon."
        anomaly = Anomaly.SPACE_BEFORE_COLON
    if not colon or not _FIELD_NAME.fullmatch(stripped):
        return ("{invalid}", _Kind.ODD, "", Anomaly.INVALID_HEADER)
    if b"\r" in raw_value or b"\x00" in raw_value:
        anomaly = Anomaly.BARE_CR if b"\r" in raw_value else Anomaly.INVALID_HEADER
    name = stripped.decode("ascii").lower()
    kind = _KINDS.get(name, _Kind.PLAIN)
    if kind is _Kind.PLAIN:
        return (name, _Kind.ODD if anomaly else _Kind.PLAIN, "", anomaly)
    return (name, kind, raw_value.strip(b" \t\r").decode("latin-1"), anomaly)


class Heads:
    """Understands heads. One per pipeline: it holds what its parsers share."""

    __slots__ = ("_fields", "_limits", "_status_lines")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._fields = _Fields()
        self._status_lines: dict[bytes, tuple[str, int]] = {}

    def request(self, head: bytes, position: int, place: int, time: int) -> tuple[Request, int] | None:
        """A request head, from its first byte to the last one before the empty line.

        Returns the request and its framing (a length in bytes, CHUNKED or AMBIGUOUS), or None where this
        is no HTTP/1 request.
        """
        lines = head.split(b"\r\n")
        line = lines[0]
        if b"\n" in line:
            return self._request(_regular(head), position, place, time, {Anomaly.LF_ONLY})
        return self._request(lines, position, place, time, None)

    def _request(
        self, lines: list[bytes], position: int, place: int, time: int, anomalies: set[Anomaly] | None
    ) -> tuple[Request, int] | None:
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

        request = Request(position, place, time, method=method, target=target, version=version)
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
        anomalies = {Anomaly.HTTP_0_9}
        return Request(position, place, time, method="GET", target=target, version="0.9", anomalies=anomalies)

    def response(self, head: bytes, position: int, place: int, time: int) -> tuple[Response, int] | None:
        """A response head. Returns the response and its framing as its own fields give it.

        What the request's method takes away from that (HEAD, CONNECT) is for the caller, who knows it.
        """
        lines = head.split(b"\r\n")
        anomalies: set[Anomaly] | None = None
        if b"\n" in lines[0]:
            lines = _regular(head)
            anomalies = {Anomaly.LF_ONLY}
        status_line = self._status_lines.get(lines[0])
        if status_line is None:
            match = _STATUS_LINE.fullmatch(lines[0])
            if match is None:
                return None
            status_line = match[1].decode("ascii"), int(match[2])
            if len(lines[0]) <= _CACHED_LINE_BYTES:
                if len(self._status_lines) >= _CACHED_STATUS_LINES:
                    self._status_lines.clear()
                self._status_lines[lines[0]] = status_line
        version, status = status_line
        if version not in {"1.0", "1.1"}:
            anomalies = _tag(anomalies, Anomaly.UNKNOWN_VERSION)
        response = Response(position, place, time, version=version, status=status)
        framing, response.anomalies = self._read_fields(lines, response, anomalies)
        return response, framing

    def _read_fields(
        self, lines: list[bytes], message: Request | Response, anomalies: set[Anomaly] | None
    ) -> tuple[int, set[Anomaly] | None]:
        """Take from the field lines what the record wants, and decide the framing."""
        known = self._fields
        names = message.header_names
        codings: str | None = None
        length: int | None = None
        lengths = 0
        ambiguous = False
        for index in range(1, len(lines)):
            name, kind, value, anomaly = known[lines[index]]
            names.append(name)
            if not kind:
                continue
            if anomaly is not None:
                anomalies = _tag(anomalies, anomaly)
            if kind == _Kind.HOST:
                if isinstance(message, Request):
                    if message.host is None:
                        message.host = value
                    else:
                        anomalies = _tag(anomalies, Anomaly.DUPLICATE_HOST)
            elif kind == _Kind.CONTENT_TYPE:
                if message.content_type is None:
                    message.content_type = value
            elif kind == _Kind.USER_AGENT:
                if isinstance(message, Request) and message.user_agent is None:
                    message.user_agent = value
            elif kind == _Kind.CONTENT_ENCODING:
                before = message.content_encoding
                message.content_encoding = value if before is None else f"{before}, {value}"
            elif kind == _Kind.CONTENT_LENGTH:
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
            elif kind == _Kind.TRANSFER_ENCODING:
                codings = value if codings is None else f"{codings},{value}"
            elif kind == _Kind.IRREGULAR:
                names.clear()
                irregular = Anomaly.LF_ONLY if b"\n" in lines[index] else Anomaly.OBS_FOLD
                regular = _regular(b"\r\n".join(lines))
                if isinstance(message, Request):
                    message.host = message.user_agent = None
                message.content_type = message.content_encoding = None
                return self._read_fields(regular, message, _tag(anomalies, irregular))
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


def _regular(head: bytes) -> list[bytes]:
    """The lines of a head with bare LFs taken as line ends and folded lines joined.

    RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a line terminator"; section 5.2: a
    folded line is replaced by blanks.
    """
    lines: list[bytes] = []
    for line in head.split(b"\n"):
        bare = line.removesuffix(b"\r")
        if bare[:1] in (b" ", b"\t") and len(lines) > 1:
            lines[-1] += b" " + bare.strip(b" \t")
        elif bare or not lines:
            lines.append(bare.lstrip(b" \t") if lines else bare)
    return lines


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
