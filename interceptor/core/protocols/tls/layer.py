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

    from interceptor.core.model import Chunk

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


def header_like(data: bytes | bytearray, at: int) -> bool:
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


class RecordLayer:
    """One direction of a TLS connection."""

    __slots__ = (
        "_header",
        "_kept",
        "_left",
        "_message",
        "_passing",
        "_retrying",
        "_wanted",
        "_warning",
        "alert",
        "changed",
        "data_bytes",
        "data_records",
        "encrypted_alert",
        "old_hello",
        "records",
        "remaining",
        "sealed",
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
        self._left = 0
        """Bytes of a record that is read, and which have not come."""
        self._warning: bytes | None = None
        """What has come of an alert in clear; None while none comes."""
        self._message: bytearray | None = None
        """What is kept of a message, its header included, or what has come of that."""
        self._kept = 0
        """Bytes that the message in `_message` has when it is whole; 0 while its header is not."""
        self._passing = 0
        """Bytes of a message that nobody wants, which have not come."""
        self._retrying = False
        self.remaining = 0
        """Bytes of the current record that nobody need look at."""
        self.searching = not first
        """Where records begin is not known."""
        self.sealed = not first
        """What comes is encrypted."""
        self.seen = 0
        """Which types of messages have come in clear: the bit 1 << type for each."""
        self.torn = not first
        """Something of what was in clear is missing."""
        self.changed = False
        """A ChangeCipherSpec has come."""
        self.skipped = 0
        """Bytes that came while it was searching, or that were no record."""
        self.records = 0
        """Records that began, of any type."""
        self.data_records = 0
        """Records of type 23. In TLS 1.3 the end of the handshake and alerts are among them."""
        self.data_bytes = 0
        """Content of those, as their headers promise it."""
        self.alert: Alert | None = None
        """The last one that came in clear."""
        self.encrypted_alert = False
        """The last record was an alert that cannot be read; of TLS up to 1.2, nearly always close_notify."""
        self.old_hello = False
        """Its first message was written as in SSL 2.0."""

    @property
    def weight(self) -> int:
        """Bytes of memory that a message takes which is not whole."""
        return len(self._message) if self._message is not None else 0

    @property
    def begins(self) -> bool:
        """Between two records: the next byte begins one."""
        return not (self.searching or self.remaining or self._left or self._header)

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
            elif self._left:
                size = min(size, self._left)
                self._left -= size
                data = chunk.buffer[chunk.cursor : chunk.cursor + size]
                chunk.cursor += size
                if self._warning is None:
                    self._handshake(data, messages)
                else:
                    self._warn(data)
            elif not self._begin(chunk):
                break
        return messages

    def gap(self, size: int) -> None:
        """So many bytes are missing."""
        self.torn = self.torn or not self.sealed
        inside = self.remaining or self._left
        if self.searching or self._header or size > inside:
            self._lose()
            return
        if self._warning is not None:
            self._warning = None
            self._left = 0
        elif self._left:
            # The rest of this record is passed over. Where the message in it ends beyond, its end is known.
            self.forget()
            beyond = self._passing - inside
            self._message = None
            self._left = 0
            self._passing = max(0, beyond)
            self.sealed = beyond < 0
        self.remaining = inside - size

    def close(self) -> None:
        """It has ended. What a peer sends behind its FIN all the same begins no record, and none goes on there."""
        self._lose()

    def retry(self) -> None:
        """The handshake begins again (HelloRetryRequest): a message in clear comes, whatever was said of ciphers."""
        self._retrying = True
        self.sealed = False

    def forget(self) -> None:
        """Keep nothing of a message whose header is there: memory is short."""
        if self._message is not None and self._kept:
            self._passing = self._kept - len(self._message)
            self._message = None
            self._kept = 0

    def _lose(self) -> None:
        self.searching = self.sealed = True
        self._header = b""
        self._left = self.remaining = self._passing = self._kept = 0
        self._message = self._warning = None

    def _found(self, chunk: Chunk) -> bool:
        """Whether a record begins with this chunk, which begins with a segment."""
        if chunk.end - chunk.cursor < HEADER_BYTES or not header_like(chunk.buffer, chunk.cursor):
            return False
        self.searching = False
        return True

    def _begin(self, chunk: Chunk) -> bool:
        """Read the header of a record; False where the chunk has no more, and is used up."""
        end = min(chunk.end, chunk.cursor + HEADER_BYTES - len(self._header))
        header = self._header + chunk.buffer[chunk.cursor : end]
        if len(header) < HEADER_BYTES:
            chunk.cursor = chunk.end
            self._header = header
            return False
        if not self.records and old_hello_like(header):
            length = (header[0] << 8 | header[1]) - (_OLD_HELLO << 8) - _OLD_REST
            self.old_hello = True
            kind = _OLD_HELLO
        elif header_like(header, 0):
            kind, length = header[0], header[3] << 8 | header[4]
        else:
            self._lose()
            self.skipped += chunk.end - chunk.cursor
            chunk.cursor = chunk.end
            return False
        chunk.cursor = end
        self._header = b""
        self.records += 1
        self.remaining = length
        self.encrypted_alert = False
        if kind == APPLICATION_DATA:
            self.data_records += 1
            self.data_bytes += length
            self._seal()
        elif kind == CHANGE_CIPHER_SPEC:
            self.changed = True
            self._seal()
        elif kind == HANDSHAKE and not self.sealed:
            self._left, self.remaining = length, 0
        elif kind == ALERT:
            if self.sealed or length != _ALERT_BYTES:
                self.encrypted_alert = True
            else:
                self._left, self.remaining = length, 0
                self._warning = b""
        return True

    def _warn(self, data: bytes) -> None:
        """Content of an alert in clear."""
        assert self._warning is not None
        self._warning += data
        if len(self._warning) == _ALERT_BYTES:
            self.alert = self._warning[0], self._warning[1]
            self._warning = None

    def _seal(self) -> None:
        if self._retrying:
            return
        self.sealed = True
        self._message = None
        self._kept = self._passing = 0

    def _handshake(self, data: bytes, messages: list[Message]) -> None:
        """Content of a handshake record in clear: pieces of messages."""
        at = 0
        while at < len(data):
            if self._passing:
                size = min(self._passing, len(data) - at)
                self._passing -= size
                at += size
                continue
            message = self._message
            if message is None:
                message = self._message = bytearray()
            size = (self._kept or _MESSAGE_HEADER) - len(message)
            message += data[at : at + size]
            at += size
            if len(message) < (self._kept or _MESSAGE_HEADER):
                return
            if not self._kept:
                length = int.from_bytes(message[1:], "big")
                self.seen |= 1 << message[0]
                if message[0] not in self._wanted or length > MESSAGE_BYTES:
                    self._passing = length
                    self._message = None
                    continue
                self._kept = _MESSAGE_HEADER + length
                if length:
                    continue
            messages.append((message[0], bytes(memoryview(message)[_MESSAGE_HEADER:])))
            self._message = None
            self._kept = 0
            self._retrying = False
