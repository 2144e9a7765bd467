"""The record layer of one direction: in-order bytes and holes in, handshake messages that were sent in clear out.

Owns where records and messages begin and end (RFC 8446 section 5.1, RFC 5246 section 6.2). Messages ignore the borders
of records, and records those of segments. Refuses to know what messages mean, and the other direction: that the hellos
come again is told to it (`retry`).

Theory of operation
-------------------
A record is a header of five bytes and its content. Of records in clear the handshake's are read: a message whose type is
wanted is kept until it is whole, any other is passed over by its length. The first ChangeCipherSpec or the first record of
data ends what is in clear; from then on `remaining` says how many bytes nobody need look at.

A hole inside of a record is passed over, and costs the message that it falls into. A larger one costs the place: nothing
is read until a segment begins with a record's header. In random bytes one in a hundred million does (a type of five,
a version of five, a length that is allowed).

Limits: a message that is kept has at most 64 KiB, a hundred times an ordinary hello; of a longer one nothing is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from interceptor.core.model import Chunk, i64

__all__ = [
    "ALERT",
    "HANDSHAKE",
    "HEADER_BYTES",
    "Alert",
    "Message",
    "RecordLayer",
    "header_like",
    "old_hello_like",
]

HEADER_BYTES: Final = 5
MESSAGE_BYTES: Final = 64 * 2**10
"""Of a message that is kept. Post-quantum keys make a hello 1.8 KB; chains of certificates of a megabyte exist, and the
leaf, which comes first, is no larger than this."""

CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23
_HEARTBEAT: Final = 24

_LARGEST: Final = 2**14 + 2048
"""Content of a record (RFC 5246 section 6.2.3; TLS 1.3 allows less)."""
_MAJOR: Final = 3
_MINOR_LIMIT: Final = 4
_MESSAGE_HEADER: Final = 4
_BITS: Final = tuple(1 << kind for kind in range(256))
"""A bit for each type of message: more of them than a number of C has."""
_ALERT_BYTES: Final = 2
_OLD_HELLO: Final = 0x80
"""The first bit of a ClientHello as SSL 2.0 wrote it, whose length is in the other fifteen (RFC 5246 appendix E.2)."""
_OLD_REST: Final = 3
"""Bytes of it that are in what is read as a record's header: its type and version."""
_SSL_2: Final = b"\x00\x02"
_CLIENT_HELLO: Final = 1

Message = tuple[int, bytes]
"""A handshake message: its type (IANA, TLS HandshakeType), and its body."""
Alert = tuple[int, int]
"""Level (1 warning, 2 fatal) and description (IANA, TLS Alerts)."""


def header_like(data: bytes | bytearray, at: i64) -> bool:
    """Whether the five bytes at `at` may be a record's header."""
    return (
        CHANGE_CIPHER_SPEC <= data[at] <= _HEARTBEAT
        and data[at + 1] == _MAJOR
        and data[at + 2] <= _MINOR_LIMIT
        and data[at + 3] << 8 | data[at + 4] <= _LARGEST
    )


def old_hello_like(header: bytes | bytearray) -> bool:
    """Whether these five bytes may begin a ClientHello as SSL 2.0 wrote it: length, type, version."""
    return (
        header[0] & _OLD_HELLO != 0
        and (header[0] << 8 | header[1]) - (_OLD_HELLO << 8) >= _OLD_REST
        and header[2] == _CLIENT_HELLO
        and ((header[3] == _MAJOR and header[4] <= _MINOR_LIMIT) or header[3:HEADER_BYTES] == _SSL_2)
    )


class _Clear:
    """What is read of the records in clear. Most connections have none of it any more, so nothing of it is a part of each."""

    __slots__ = ("kept", "left", "message", "passing", "retrying", "warning")

    def __init__(self, *, retrying: bool) -> None:
        self.left: i64 = 0
        """Bytes of a record that is read, and which have not come."""
        self.warning: bytes | None = None
        """What has come of an alert in clear; None while none comes."""
        self.message: bytearray | None = None
        """What is kept of a message, its header included, or what has come of that."""
        self.kept: i64 = 0
        """Bytes that the message in `message` has when it is whole; 0 while its header is not."""
        self.passing: i64 = 0
        """Bytes of a message that nobody wants, which have not come."""
        self.retrying = retrying
        """The handshake begins again: a message in clear comes, whatever was said of ciphers."""

    def warn(self, data: bytes) -> Alert | None:
        """Content of an alert. Returns it when it is whole."""
        assert self.warning is not None
        warning = self.warning + data
        if len(warning) < _ALERT_BYTES:
            self.warning = warning
            return None
        self.warning = None
        return warning[0], warning[1]

    def forget(self) -> None:
        """Keep nothing of a message whose header is there: memory is short."""
        if self.message is not None and self.kept:
            self.passing = self.kept - len(self.message)
            self.message = None
            self.kept = 0


class RecordLayer:
    """One direction of a TLS connection."""

    __slots__ = (
        "_header",
        "_wanted",
        "alert",
        "changed",
        "clear",
        "data_bytes",
        "data_records",
        "encrypted_alert",
        "old_hello",
        "records",
        "remaining",
        "searching",
        "seen",
        "skipped",
        "torn",
    )

    def __init__(self, wanted: Collection[int], *, first: bool) -> None:
        """`wanted`: the types of the messages that are kept. `first`: the direction is seen from its first byte on."""
        self._wanted = wanted
        self._header = b""
        """Of a record, as far as it has come."""
        self.clear = _Clear(retrying=False) if first else None
        """None: what comes is encrypted."""
        self.remaining: i64 = 0
        """Bytes of the current record that nobody need look at."""
        self.searching = not first
        """Where records begin is not known."""
        self.seen = 0
        """Which types of messages have come in clear: the bit 1 << type for each."""
        self.torn = not first
        """Something of what was in clear is missing."""
        self.changed = False
        """A ChangeCipherSpec has come."""
        self.skipped: i64 = 0
        """Bytes that came while it was searching, or that were no record."""
        self.records: i64 = 0
        """Records that began, of any type."""
        self.data_records: i64 = 0
        """Records of type 23. In TLS 1.3 the end of the handshake and alerts are among them."""
        self.data_bytes: i64 = 0
        """Content of those, as their headers promise it."""
        self.alert: Alert | None = None
        """The last one that came in clear."""
        self.encrypted_alert = False
        """The last record was an alert that cannot be read; of TLS up to 1.2, nearly always close_notify."""
        self.old_hello = False
        """Its first message was written as in SSL 2.0."""

    @property
    def weight(self) -> i64:
        """Bytes of memory that a message takes which is not whole."""
        clear = self.clear
        return len(clear.message) if clear is not None and clear.message is not None else 0

    @property
    def begins(self) -> bool:
        """Between two records: the next byte begins one."""
        inside = self.remaining or (self.clear is not None and self.clear.left)
        return not (self.searching or inside or self._header)

    def receive(self, chunk: Chunk) -> list[Message]:
        """Take all bytes of the chunk. Returns the wanted messages that they make whole."""
        messages: list[Message] = []
        if self.searching and not self._found(chunk):
            self.skipped += chunk.end - chunk.cursor
            chunk.cursor = chunk.end
        while (size := chunk.end - chunk.cursor) > 0:
            if self.remaining:
                size = min(size, self.remaining)
                self.remaining -= size
                chunk.cursor += size
                continue
            clear = self.clear
            if clear is not None and clear.left:
                size = min(size, clear.left)
                clear.left -= size
                data = chunk.buffer[chunk.cursor : chunk.cursor + size]
                chunk.cursor += size
                if clear.warning is None:
                    self._handshake(clear, data, messages)
                else:
                    self.alert = clear.warn(data) or self.alert
            elif not self._begin(chunk):
                break
        return messages

    def gap(self, size: i64) -> None:
        """So many bytes are missing."""
        clear = self.clear
        self.torn = self.torn or clear is not None
        left = clear.left if clear is not None else 0
        inside = self.remaining or left
        if self.searching or self._header or size > inside:
            self._lose()
            return
        if clear is not None and clear.warning is not None:
            clear.warning = None
            clear.left = 0
        elif clear is not None and left:
            # The rest of this record is passed over. Where the message in it ends beyond, its end is known.
            clear.forget()
            beyond = clear.passing - inside
            clear.message = None
            clear.left = 0
            clear.passing = max(0, beyond)
            if beyond < 0:
                self.clear = None
        self.remaining = inside - size

    def close(self) -> None:
        """It has ended. What a peer sends behind its FIN all the same begins no record, and none goes on there."""
        self._lose()

    def retry(self) -> None:
        """The handshake begins again (HelloRetryRequest): a message in clear comes, whatever was said of ciphers."""
        if self.clear is None:
            self.clear = _Clear(retrying=True)
        self.clear.retrying = True

    def forget(self) -> None:
        """Keep nothing of a message whose header is there: memory is short."""
        if self.clear is not None:
            self.clear.forget()

    def _lose(self) -> None:
        self.searching = True
        self._header = b""
        self.remaining = 0
        self.clear = None

    def _found(self, chunk: Chunk) -> bool:
        """Whether a record begins with this chunk, which begins with a segment."""
        if chunk.end - chunk.cursor < HEADER_BYTES or not header_like(chunk.buffer, chunk.cursor):
            return False
        self.searching = False
        return True

    def _begin(self, chunk: Chunk) -> bool:
        """Read the header of a record; False where the chunk has no more, and is used up."""
        buffer, at = chunk.buffer, chunk.cursor
        end = at + HEADER_BYTES - len(self._header)
        if self._header or end > chunk.end:
            self._header += buffer[at : min(end, chunk.end)]
            if end > chunk.end:
                chunk.cursor = chunk.end
                return False
            buffer, at, self._header = self._header, 0, b""
        kind = buffer[at]
        length = buffer[at + 3] << 8 | buffer[at + 4]
        if not header_like(buffer, at):
            header = buffer[at : at + HEADER_BYTES]
            if self.records or not old_hello_like(header):
                self._lose()
                self.skipped += chunk.end - chunk.cursor
                chunk.cursor = chunk.end
                return False
            length = (header[0] << 8 | header[1]) - (_OLD_HELLO << 8) - _OLD_REST
            self.old_hello = True
        chunk.cursor = end
        self.records += 1
        self.remaining = length
        self.encrypted_alert = False
        if kind == APPLICATION_DATA:
            self.data_records += 1
            self.data_bytes += length
            if self.clear is not None:
                self._seal(self.clear)
        elif kind == CHANGE_CIPHER_SPEC:
            self.changed = True
            if self.clear is not None:
                self._seal(self.clear)
        elif kind == HANDSHAKE and self.clear is not None:
            self.clear.left, self.remaining = length, 0
        elif kind == ALERT:
            if self.clear is None or length != _ALERT_BYTES:
                self.encrypted_alert = True
            else:
                self.clear.left, self.remaining = length, 0
                self.clear.warning = b""
        return True

    def _seal(self, clear: _Clear) -> None:
        if not clear.retrying:
            self.clear = None

    def _handshake(self, clear: _Clear, data: bytes, messages: list[Message]) -> None:
        """Content of a handshake record in clear: pieces of messages."""
        at = 0
        while at < len(data):
            if clear.passing:
                size = min(clear.passing, len(data) - at)
                clear.passing -= size
                at += size
                continue
            message = clear.message
            if message is None:
                message = clear.message = bytearray()
            size = (clear.kept or _MESSAGE_HEADER) - len(message)
            message += data[at : at + size]
            at += size
            if len(message) < (clear.kept or _MESSAGE_HEADER):
                return
            if not clear.kept:
                length = int.from_bytes(message[1:], "big")
                self.seen |= _BITS[message[0]]
                if message[0] not in self._wanted or length > MESSAGE_BYTES:
                    clear.passing = length
                    clear.message = None
                    continue
                clear.kept = _MESSAGE_HEADER + length
                if length:
                    continue
            messages.append((message[0], bytes(memoryview(message)[_MESSAGE_HEADER:])))
            clear.message = None
            clear.kept = 0
            clear.retrying = False
