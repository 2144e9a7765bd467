"""Frames of one direction of a WebSocket: in-order bytes and holes in, counts out.

Owns where frames begin and end (RFC 6455 section 5.2) and what is wrong with them. Refuses contents: masks stay on, but
for the two bytes of a close that are its code, and payloads are passed over by arithmetic.

Theory of operation
-------------------
A frame is a header of 2 to 14 bytes and a payload whose length it has. Once the header is whole, `remaining` says how many
bytes nobody need look at. Of a close frame with a payload the code counts as part of the header.

A hole inside of a payload costs nothing but its bytes. One that hits a header costs the place, and the direction is `lost`:
two bytes are too few to find a frame by, so from there on bytes are only counted. So does what no frame can be: an opcode
that nobody has defined, a length of more than 63 bits. Everything else that endpoints must refuse is tagged and read on:
what they did about it shows in what follows.

Limits: 16 bytes of a header wait for the rest of it. Nothing else is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly

if TYPE_CHECKING:
    from interceptor.core.model import Chunk

__all__ = ["BINARY", "CLOSE", "CONTINUATION", "NO_CODE", "PING", "PONG", "TEXT", "Event", "Frames"]

CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
"""Opcodes (IANA, WebSocket Opcode Registry)."""
NO_CODE: Final = 1005
"""Stands for the code of a close that has none (RFC 6455 section 7.1.5)."""

_DEFINED: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_OPCODE: Final = 0x0F
_FIN: Final = 0x80
_RESERVED: Final = 0x70
_COMPRESSED: Final = 0x40
"""RSV1, on the first frame of a message (RFC 7692 section 6)."""
_MASKED: Final = 0x80
_KEY: Final = 4
"""Bytes of a mask's key."""
_LENGTH: Final = 0x7F
_IN_TWO: Final = 126
"""Stands for a length in the two bytes that follow; the next, 127, for one in eight."""
_CODE: Final = 2
"""Bytes of a close's code."""
_SIZES: Final = tuple([2 + (0, 2, 8)[max(0, n % _MASKED - 125)] + _KEY * (n >= _MASKED) for n in range(256)])
"""Of a header, by its second byte."""
_TWO_BYTES: Final = 1 << 16
_IMPOSSIBLE: Final = 1 << 63
"""Section 5.2: "the most significant bit MUST be 0"."""
_MOST_OF_CONTROL: Final = 125
_FOR_EVER: Final = 1 << 62
"""More bytes than any connection has."""
_LONGEST: Final = 16
"""Bytes of a header, with the code of a close."""
_CODES: Final = range(1000, 5000)
_NEVER_SENT: Final = frozenset({1004, NO_CODE, 1006, 1015})
"""Section 7.4.1: reserved, or what an endpoint tells itself."""

Event = tuple[int, int, int]
"""A control frame: its opcode, the position after it, and how far its sender had received the other direction."""
_NO_EVENTS: Final[list[Event]] = []


class Frames:
    """One direction. `remaining` may be lowered by whoever has that many bytes of it, at least one fewer, in hand."""

    __slots__ = (
        "_bytes",
        "_header",
        "_inside",
        "_masked",
        "_may_reserve",
        "anomalies",
        "close_code",
        "compressed",
        "counts",
        "lost",
        "missed",
        "payload",
        "remaining",
    )

    def __init__(self, *, masked: bool, extended: int) -> None:
        """`masked`: as the client's frames are. `extended`: reserved bits that an extension may use."""
        self._masked = masked
        self._may_reserve = extended
        self._header = b""
        """As far as it has come."""
        self._inside = False
        """Of a message in several frames, whose last has not come."""
        self._bytes = 0
        """Of frames that have begun, with what has not come of them, without what is missing."""
        self.counts = [0] * (PONG + 1)
        """Frames by opcode. Each message is one of text or binary, and its continuations."""
        self.compressed = 0
        """Messages that are."""
        self.payload = 0
        """Bytes of payload, as the frames' headers promise it."""
        self.remaining = 0
        """Bytes of the payload that have not come, or all that ever will."""
        self.missed = 0
        """Bytes that are known to be missing."""
        self.lost = False
        """Where frames begin is not known any more."""
        self.close_code: int | None = None
        """Of the first close frame; `NO_CODE` where it has none. None: no close has come, or a code that there cannot be."""
        self.anomalies: set[Anomaly] | None = None

    @property
    def came(self) -> int:
        """How many bytes have come."""
        return self._bytes - self.remaining + len(self._header)

    @property
    def payload_bytes(self) -> int:
        """Bytes of payload that have come, or are known to be missing."""
        return self.payload if self.lost else self.payload - self.remaining

    def receive(self, chunk: Chunk) -> list[Event]:
        """Take all bytes of the chunk. Returns the control frames that begin with them."""
        events = _NO_EVENTS
        buffer, at, end = chunk.buffer, chunk.cursor, chunk.end
        while at < end:
            left = self.remaining
            if left:
                size = min(left, end - at)
                self.remaining = left - size
                at += size
                continue
            held = self._header
            start = at - len(held)
            header = held + buffer[at : min(end, start + _LONGEST)]
            size = self._begin(header)
            if not size:
                if self.lost:
                    continue
                self._header = header
                break
            self._header = b""
            at = start + size
            opcode = header[0] & _OPCODE
            if opcode >= CLOSE:
                if events is _NO_EVENTS:
                    events = []
                events.append((opcode, chunk.base + at + self.remaining, chunk.place))
        chunk.cursor = end
        return events

    def gap(self, size: int) -> None:
        """So many bytes are missing."""
        self.missed += size
        inside = min(size, self.remaining)
        self.remaining -= inside
        self._bytes -= inside
        if size > inside:
            self.lose()

    def lose(self) -> None:
        """From here on nobody need look at anything: where frames begin is not known."""
        if self.lost:
            return
        self._bytes = self.came + _FOR_EVER
        self.remaining = _FOR_EVER
        self._header = b""
        self.lost = True

    def _begin(self, header: bytes) -> int:
        """Read the header of a frame. Returns its size; 0 where it is not whole yet, or cannot be one (`lost`)."""
        if len(header) < 2:
            return 0
        opcode = header[0] & _OPCODE
        second = header[1]
        length = second & _LENGTH
        masked = second >= _MASKED
        size = _SIZES[second]
        if opcode not in _DEFINED:
            self._refuse()
            return 0
        if len(header) < size:
            return 0
        overlong = False
        if length >= _IN_TWO:
            least = _IN_TWO if length == _IN_TWO else _TWO_BYTES
            length = int.from_bytes(header[2 : size - _KEY * masked], "big")
            overlong = length < least
            if length >= _IMPOSSIBLE:
                self._refuse()
                return 0
        self.remaining = length
        if opcode == CLOSE and length >= _CODE:
            size += _CODE
            if len(header) < size:
                self.remaining = 0
                return 0
            self.remaining -= _CODE
        if overlong:
            self._tag(Anomaly.LONG_LENGTH)
        if masked is not self._masked:
            self._tag(Anomaly.WRONG_MASK)
        self._judge(header[0], opcode, length)
        if opcode == CLOSE and self.counts[CLOSE] == 1:
            self._close(header[size - _CODE - _KEY * masked : size], length)
        self.payload += length
        self._bytes += size + self.remaining
        return size

    def _judge(self, first: int, opcode: int, length: int) -> None:
        """Count a frame, and say what is odd about it."""
        counts = self.counts
        counts[opcode] += 1
        last = first >= _FIN
        if first & _RESERVED & ~self._may_reserve:
            self._tag(Anomaly.RESERVED_BITS)
        if counts[CLOSE] > (opcode == CLOSE):
            self._tag(Anomaly.FRAMES_AFTER_CLOSE)
        if opcode >= CLOSE:
            if length > _MOST_OF_CONTROL or not last:
                self._tag(Anomaly.BAD_CONTROL_FRAME)
            return
        if (opcode == CONTINUATION) is not self._inside:
            self._tag(Anomaly.BAD_FRAGMENTS)
        self._inside = not last
        if opcode != CONTINUATION and first & self._may_reserve & _COMPRESSED:
            self.compressed += 1

    def _close(self, tail: bytes, length: int) -> None:
        """Read the code of a close: `tail` is the end of its header, the key if it is masked and the code."""
        if not length:
            self.close_code = NO_CODE
            return
        code = 0
        if length >= _CODE:
            code = int.from_bytes(tail[-_CODE:], "big")
            if len(tail) > _CODE:
                code ^= int.from_bytes(tail[:_CODE], "big")
        if code in _CODES and code not in _NEVER_SENT:
            self.close_code = code
        else:
            self._tag(Anomaly.BAD_CLOSE)

    def _refuse(self) -> None:
        """These bytes are no frame's."""
        self.lose()
        self._tag(Anomaly.NOT_A_FRAME)

    def _tag(self, anomaly: Anomaly) -> None:
        if self.anomalies is None:
            self.anomalies = set()
        self.anomalies.add(anomaly)
