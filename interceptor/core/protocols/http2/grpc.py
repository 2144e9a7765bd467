"""gRPC and its kin, as they lie in HTTP/2: what a call is named, how many messages it has, how it ended.

Owns content types, the framing of messages, status and timeouts as text. Refuses what messages say, and to derive a status
that nobody sent: what HTTP's status or a reset means to a client is the client's.

Messages are a flag, four bytes of length and so many bytes, and ignore the borders of frames. They are counted by
arithmetic: `left` bytes nobody need look at. A hole inside those costs nothing; one over the head of a message ends the
count, which is then unknown (`torn`). The status of gRPC-Web is text in the last message, of which `_TRAILER` bytes are kept.

Sources: gRPC over HTTP/2 (PROTOCOL-HTTP2.md) and gRPC-Web (PROTOCOL-WEB.md) of grpc/grpc; the Connect protocol
(connectrpc.com/docs/protocol).
"""

from __future__ import annotations

import re
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from interceptor.core.model import Chunk, i64

__all__ = ["CONNECT", "GRPC", "GRPC_WEB", "Messages", "family", "names", "status", "timeout"]

GRPC: Final = "grpc"
GRPC_WEB: Final = "grpc_web"
CONNECT: Final = "connect_rpc"

_HEADER: Final = Struct(">BI")
"""Of a message: flags and length."""
_TRAILERS: Final = 0x80
"""Flag of the message of gRPC-Web that holds the trailers."""
_END_OF_STREAM: Final = 0x02
"""Flag of the message in which Connect says how a stream ended."""
_TRAILER: Final = 128
_STATUS: Final = re.compile(rb"(?:^|\n)grpc-status:[ \t]*([0-9]{1,3})[ \t]*\r?(?:\n|$)", re.IGNORECASE)

_NAME: Final = re.compile(r"/([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)/([A-Za-z_]\w*)", re.ASCII)
_TIMEOUT: Final = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNITS: Final = {
    b"H": 3_600_000_000_000,
    b"M": 60_000_000_000,
    b"S": 1_000_000_000,
    b"m": 1_000_000,
    b"u": 1_000,
    b"n": 1,
}


def family(content_type: str) -> str | None:
    """Which kind of call has this content type, if any."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/grpc" or kind.startswith("application/grpc+"):
        return GRPC
    if kind.startswith("application/grpc-web") and kind[20:21] in {"", "+", "-"}:
        return GRPC_WEB
    if kind.startswith("application/connect+"):
        return CONNECT
    return None


def names(path: str) -> tuple[str, str] | None:
    """Service and method that a path names; None where it is not of that form."""
    match = _NAME.fullmatch(path)
    return (match[1], match[2]) if match is not None else None


def status(text: bytes) -> int | None:
    """The code in a `grpc-status`; None where it is none. Codes above 16 have no name, and are sent."""
    return int(text) if len(text) <= 3 and text.isdigit() else None


def timeout(text: bytes) -> int | None:
    """Nanoseconds in a `grpc-timeout`; None where it is none."""
    match = _TIMEOUT.fullmatch(text)
    return int(match[1]) * _UNITS[match[2]] if match is not None else None


class Messages:
    """The messages of one direction of a call."""

    __slots__ = ("_head", "_trailer", "bytes", "count", "left", "status", "torn")

    def __init__(self) -> None:
        self.count: i64 = 0
        """Messages whose head has come."""
        self.bytes: i64 = 0
        """Theirs, as their heads promise them: as they are on the wire, compressed or not."""
        self.left: i64 = 0
        """Coming bytes that nobody need look at. Whoever passes some of them over takes them off here."""
        self.torn = False
        """The head of a message was lost: how many there are is not known."""
        self.status: int | None = None
        """That the trailers of gRPC-Web give."""
        self._head = b""
        self._trailer: bytearray | None = None
        """What has come of those."""

    def receive(self, data: bytes, _segment: Chunk | None = None) -> None:
        """Bytes of the body, behind those that were passed over."""
        if self.torn:
            return
        at, end = min(self.left, len(data)), len(data)
        self.left -= at
        while at < end:
            if self._trailer is not None:
                self._trailer += data[at : at + _TRAILER - len(self._trailer)]
                match = _STATUS.search(self._trailer)
                self.status = int(match[1]) if match is not None else None
                return
            begun = len(self._head)
            head = self._head + data[at : at + _HEADER.size - begun]
            at += _HEADER.size - begun
            if at > end:
                self._head = head
                return
            self._head = b""
            flags, size = _HEADER.unpack(head)
            if flags & _TRAILERS:
                self._trailer = bytearray()
                continue
            if not flags & _END_OF_STREAM:
                self.count += 1
                self.bytes += size
            at += size
            if at > end:
                self.left = at - end
