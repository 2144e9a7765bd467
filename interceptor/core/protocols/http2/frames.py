"""The frames of one direction of HTTP/2 (RFC 9113): in-order bytes and holes in, what an observer needs out.

Owns where frames begin and end, header blocks put together, and the proof of a frame's start after a loss. Refuses to know
what blocks say, and the other direction.

Theory of operation
-------------------
A frame says how long it is, so nothing has to be looked at but its header; `remaining` is how many coming bytes nobody need
see. A hole inside a frame costs what it hit: body bytes, one header block, or nothing. A hole over a frame's header costs the
place, and reading goes on where frames provably begin (`finding`).

Where the place is known, what is no frame (a PING of nine bytes, a block that goes on with something else) shows that it was
not: that, too, is a loss of the place.

Limits: a block has `block_bytes` and `BLOCK_FRAMES` frames; of a larger one nothing is kept.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Drop
from interceptor.core.protocols.http2 import finding
from interceptor.core.protocols.http2.finding import HEADER_BYTES, HEADERS, PREFACE, Finder, well_formed

if TYPE_CHECKING:
    from interceptor.core.model import Chunk, i64

__all__ = [
    "BEGINS",
    "BLOCK",
    "DATA",
    "END",
    "GOAWAY",
    "LOST",
    "MISSED",
    "NOTHING",
    "PAYLOAD",
    "RESET",
    "FrameReader",
]

BLOCK_FRAMES: Final = 64
"""Of a header block: 64 KiB in frames of a kilobyte. A flood of empty ones is CVE-2024-27316 and its kin."""

NOTHING: Final = 0
"""More bytes are needed."""
BEGINS: Final = 9
"""The client's preface has come: its side is seen from the beginning."""
BLOCK: Final = 1
"""A header block is over: `block` on `stream`."""
DATA: Final = 2
"""A DATA frame has begun, with `size` bytes of a body, which are passed over: see `look_behind`."""
PAYLOAD: Final = 3
"""Bytes of a body that are not passed over are at the cursor: see `take`."""
END: Final = 4
"""A DATA frame that ends its side of `stream` is over."""
RESET: Final = 5
"""RST_STREAM: `stream` ends for both sides, with `code`."""
GOAWAY: Final = 6
"""Streams above `stream` will not be processed; `code`."""
MISSED: Final = 7
"""Only of `gap`: `size` bytes of the body on `stream` are missing."""
LOST: Final = 8
"""The place is lost."""

_HEADER: Final = Struct(">IBI")
"""Length and type, flags, stream."""
_END_STREAM: Final = 0x1
_END_HEADERS: Final = 0x4
_PADDED: Final = 0x8
_PRIORITISED: Final = 0x20
_PLAIN: Final = _END_HEADERS | _PADDED | _PRIORITISED
"""Flags of HEADERS that are that of the end alone where the payload is a whole block and nothing else."""


class FrameReader:
    """One direction of a connection."""

    __slots__ = (
        "_block",
        "_block_bytes",
        "_client",
        "_finder",
        "_flags",
        "_frames",
        "_kept",
        "_kind",
        "_mode",
        "_needed",
        "_newest",
        "_open",
        "_orphan",
        "_tail",
        "block",
        "code",
        "discarded",
        "ends",
        "guessed",
        "length",
        "place",
        "position",
        "promised",
        "remaining",
        "rest",
        "searching",
        "size",
        "stream",
        "time",
        "too_large",
        "unread",
    )

    def __init__(self, block_bytes: i64, *, client: bool, first: bool) -> None:
        """`block_bytes`: that a block may have. `first`: the direction is seen from its first byte on."""
        self._block_bytes = block_bytes
        self._client = client
        self._mode = _AT_PREFACE if client and first else _AT_HEADER
        self._kept = bytearray()
        """Of a frame's header or of a payload that is read, as far as it has come."""
        self._needed: i64 = 0
        """How many bytes of a payload that is read."""
        self._kind: i64 = 0
        self._flags: i64 = 0
        """Of the frame that comes in."""
        self._tail: i64 = 0
        """Of its padding."""
        self._open: i64 = 0
        """The stream whose block goes on in CONTINUATION frames; 0 if none does."""
        self._block: bytearray | None = None
        """Of that, as far as it has come; None if some of it is lost."""
        self._frames: i64 = 0
        self._orphan = False
        """The place has just been found: a CONTINUATION may belong to what was lost."""
        self._newest: i64 = 0
        """The highest stream named."""
        self._finder = None if first else Finder(block_bytes, client=client)
        """While it is not known where frames begin."""
        self.searching = not first
        """It is not: bytes are for `search`, until it finds something."""
        self.remaining: i64 = 0
        """Coming bytes that nobody need look at."""
        self.rest: i64 = 0
        """Bytes of the frame's payload behind those."""
        self.discarded: dict[Drop, int] = {}
        """Bytes that belong to nothing, by reason, since the owner last asked."""
        # Of what was last returned:
        self.stream: i64 = 0
        self.promised = 0
        """The stream that a PUSH_PROMISE reserves; 0: the block is one of HEADERS; -1: it is lost which."""
        self.ends = False
        """Nothing comes on `stream` behind it from this side (END_STREAM)."""
        self.block: bytes | None = None
        """None: some of it was lost, or it is too large."""
        self.length: i64 = 0
        """Bytes of its frames, where `block` is None; 0: it is not known how many."""
        self.too_large = False
        self.size: i64 = 0
        self.code = 0
        self.unread: i64 = 0
        """Bytes of `size` that were not passed over."""
        self.guessed = False
        """How much of `size` is padding was lost."""
        self.position: i64 = 0
        self.place: i64 = 0
        self.time: i64 = 0
        """Of the first byte of the frame, or of the first frame of a block."""

    @property
    def pending(self) -> i64:
        """Bytes that have come and wait for more."""
        size = len(self._kept)
        if self._block:
            size += len(self._block)
        if self._finder is not None:
            size += len(self._finder)
        return size

    @property
    def unfinished(self) -> i64:
        """Bytes of the body on `stream` that its current frame promises and that have not come."""
        return self.remaining + self.rest if self._mode == _IN_BODY else 0

    def look_behind(self, size: i64) -> i64:
        """Give out the body that has begun, but for so many bytes. Returns how many of these are in this frame."""
        body = self.remaining
        self.remaining = size = min(size, body)
        self.rest = body - size
        return size

    def take(self, chunk: Chunk) -> bytes:
        """The bytes of a body that are at the cursor."""
        start = chunk.cursor
        chunk.cursor = end = min(start + self.rest, chunk.end)
        self.rest -= end - start
        return chunk.buffer[start:end]

    def pass_over(self, size: i64) -> i64:
        """So many of the coming bytes of the body nobody need look at. Returns how many of them are in this frame."""
        size = min(size, self.rest)
        self.remaining += size
        self.rest -= size
        return size

    # Bytes in

    def next_event(self, chunk: Chunk) -> i64:
        """Read on. Returns what happened, NOTHING when the chunk is used up."""
        while True:
            mode = self._mode
            if mode == _AT_HEADER:
                if chunk.cursor >= chunk.end:
                    return NOTHING
                if event := self._read_header(chunk):
                    return event
            elif mode == _IN_BODY:
                if self.remaining and not self._skip(chunk):
                    return NOTHING
                if self.rest:
                    return PAYLOAD if chunk.cursor < chunk.end else NOTHING
                if self._over():
                    return END
            elif mode == _SKIPPING:
                if not self._skip(chunk):
                    return NOTHING
                if self._end_frame():
                    return BLOCK
            elif mode == _KEEPING:
                payload = self._keep(chunk, self._needed)
                if payload is None:
                    return NOTHING
                if event := self._read_payload(payload):
                    return event
            elif mode == _AT_PREFACE:
                preface = self._keep(chunk, len(PREFACE))
                if preface is None:
                    return NOTHING
                if preface != PREFACE:
                    self._discard(Drop.UNSYNCHRONISED, len(preface))
                    return self._lose(chunk)
                self._mode = _AT_HEADER
                return BEGINS
            else:
                return NOTHING

    def _skip(self, chunk: Chunk) -> bool:
        """Leave what nobody need look at. Returns whether something else comes."""
        at = chunk.cursor + self.remaining
        if at > chunk.end:
            self.remaining = at - chunk.end
            chunk.cursor = chunk.end
            return False
        self.remaining = 0
        chunk.cursor = at
        return True

    def _keep(self, chunk: Chunk, needed: i64) -> bytes | None:
        """So many bytes, when they are there."""
        kept = self._kept
        start = chunk.cursor
        end = start + needed - len(kept)
        if end > chunk.end:
            chunk.cursor = chunk.end
            kept += chunk.buffer[start : chunk.end]
            return None
        chunk.cursor = end
        if not kept:
            return chunk.buffer[start:end]
        kept += chunk.buffer[start:end]
        whole = bytes(kept)
        kept.clear()
        return whole

    def _read_header(self, chunk: Chunk) -> i64:
        at = chunk.cursor
        if not self._kept and not self._open:
            self.position, self.place, self.time = chunk.base + at, chunk.place, chunk.time
        if self._kept or chunk.end - at < HEADER_BYTES:
            header = self._keep(chunk, HEADER_BYTES)
            if header is None:
                return NOTHING
            word, flags, stream = _HEADER.unpack(header)
        else:
            word, flags, stream = _HEADER.unpack_from(chunk.buffer, at)
            chunk.cursor = at + HEADER_BYTES
        length, kind = word >> 8, word & 0xFF
        stream &= 0x7FFFFFFF
        if self._open:
            strange = kind != finding.CONTINUATION or stream != self._open
        elif kind <= HEADERS:
            strange = not stream or (kind == HEADERS and self._client and not stream & 1)
        else:
            strange = self._strange(kind, length, stream)
        if strange:
            self._discard(Drop.UNSYNCHRONISED, HEADER_BYTES)
            return self._lose(chunk)
        if stream > self._newest:  # noqa: PLR1730 - every frame comes by, and this costs less than a call
            self._newest = stream
        if kind == finding.DATA:
            self._orphan = False
            self.stream, self.ends, self.guessed = stream, flags & _END_STREAM != 0, False
            if flags & _PADDED and length:
                self._kind, self._mode, self._needed, self.rest = kind, _KEEPING, 1, length - 1
                return NOTHING
            self._mode, self.size, self.remaining, self._tail = _IN_BODY, length, length, 0
            return DATA
        if kind == HEADERS and flags & _PLAIN == _END_HEADERS and length <= self._block_bytes:
            at = chunk.cursor
            if length <= chunk.end - at:  # a whole block, as nearly all are
                self._orphan = False
                self.stream, self.ends = stream, flags & _END_STREAM != 0
                self.promised, self.too_large = 0, False
                self.block = chunk.buffer[at : at + length]
                chunk.cursor = at + length
                return BLOCK
        self._kind, self._flags = kind, flags
        if kind != finding.CONTINUATION:
            self._orphan = False
        if kind in {HEADERS, finding.PUSH_PROMISE, finding.CONTINUATION}:
            self._begin_block(kind, flags, stream, length)
        elif kind == finding.RST_STREAM:
            self._mode, self._needed, self.stream = _KEEPING, 4, stream
        elif kind == finding.GOAWAY:
            self._mode, self._needed, self.rest = _KEEPING, 8, length - 8
        else:
            self._mode, self.remaining = _SKIPPING, length
        return NOTHING

    def _strange(self, kind: i64, length: i64, stream: i64) -> bool:
        """Whether another frame than one of a body or a head cannot stand here, where no block goes on."""
        if kind == finding.CONTINUATION:
            return not stream or not self._orphan
        return not well_formed(kind, length, stream) or (self._client and kind == finding.PUSH_PROMISE)

    def _begin_block(self, kind: i64, flags: i64, stream: i64, length: i64) -> None:
        if kind == finding.CONTINUATION:
            if not self._open:  # its beginning was lost
                self._open, self._block = stream, None
                self.stream, self.ends, self.promised, self.too_large = stream, False, -1, False
                self._frames = self.length = 0
            self._frames += 1
            if self.length:
                self.length += length
        else:
            self._open, self._block, self._frames, self.length = stream, bytearray(), 1, length
            self.stream, self.ends = stream, kind == HEADERS and bool(flags & _END_STREAM)
            self.promised, self.too_large = -(kind == finding.PUSH_PROMISE), False
        if self._block is not None and (
            self._frames > BLOCK_FRAMES or len(self._block) + length > self._block_bytes
        ):
            self.too_large = True
            self._give_up(Drop.HEAD_TOO_LARGE)
        if self._block is None:
            self._mode, self.remaining = _SKIPPING, length
        else:
            self._mode, self._needed = _KEEPING, length

    def _read_payload(self, payload: bytes) -> i64:
        kind = self._kind
        self._mode = _AT_HEADER
        if kind == finding.DATA:
            self._mode, padding = _IN_BODY, payload[0]
            self._tail = min(padding, self.rest)  # more is an error (section 6.1), and no body
            self.size = self.remaining = self.rest - self._tail
            self.rest = 0
            return DATA
        if kind == finding.RST_STREAM:
            self.code = int.from_bytes(payload)
            return RESET
        if kind == finding.GOAWAY:
            self.stream = int.from_bytes(payload[:4]) & 0x7FFFFFFF
            self.code = int.from_bytes(payload[4:8])
            self._mode, self.remaining, self.rest = _SKIPPING, self.rest, 0
            return GOAWAY
        start, end = 0, len(payload)
        if kind != finding.CONTINUATION:
            if self._flags & _PADDED:
                start, end = 1, end - payload[0] if payload else 0
            if kind == HEADERS and self._flags & _PRIORITISED:
                start += 5
            elif kind == finding.PUSH_PROMISE:
                self.promised = int.from_bytes(payload[start : start + 4]) & 0x7FFFFFFF
                start += 4
        block = self._block
        assert block is not None
        if start > end:  # padding, or a field of the frame, is longer than it is
            self._discard(Drop.HEAD_INVALID, len(payload))
            self._give_up(Drop.HEAD_INVALID)
        elif not block and self._flags & _END_HEADERS:
            self._open, self._block = 0, None
            self.block = payload[start:end]
            return BLOCK
        else:
            block += payload[start:end]
        return BLOCK if self._end_frame() else NOTHING

    def _end_frame(self) -> bool:
        """A frame that is no DATA is over. Returns whether it ends a block."""
        self._mode = _AT_HEADER
        if not self._open or not self._flags & _END_HEADERS:
            return False
        self._open = 0
        self.block = bytes(self._block) if self._block is not None else None
        self._block = None
        return True

    def _over(self) -> bool:
        """The body of a DATA frame is over. Returns whether it ends its side of the stream."""
        if self._tail:
            self._mode, self.remaining, self._tail = _SKIPPING, self._tail, 0
        else:
            self._mode = _AT_HEADER
        return self.ends

    def _give_up(self, reason: Drop) -> None:
        """Keep nothing of the block that comes in."""
        self._discard(reason, len(self._block or b"") + len(self._kept))
        self._block = None
        self._kept.clear()

    def _discard(self, reason: Drop, size: i64) -> None:
        if size:
            self.discarded[reason] = self.discarded.get(reason, 0) + size

    def _lose(self, chunk: Chunk | None) -> i64:
        """The place is lost; so is what is left of the chunk."""
        if chunk is not None:
            self._discard(Drop.UNSYNCHRONISED, chunk.end - chunk.cursor)
            chunk.cursor = chunk.end
        self._give_up(Drop.HEAD_INCOMPLETE)
        self._open = self.remaining = self.rest = self._tail = 0
        self._mode = _AT_HEADER
        self._finder = Finder(self._block_bytes, client=self._client)
        self.searching = True
        return LOST

    # Holes

    def gap(self, size: i64) -> i64:
        """So many bytes are missing. Returns what that means.

        MISSED: `size` of the body are missing, after which `resume_body` says whether the frame has ended its side.
        """
        mode = self._mode
        if self._finder is not None:
            self.forget()
            return NOTHING
        if mode == _IN_BODY:
            return self._gap_in_body(size)
        if mode == _SKIPPING and size <= self.remaining:
            self.remaining -= size
            if not self.remaining and self._end_frame():
                return BLOCK
            return NOTHING
        if mode == _KEEPING:
            missing = self._needed - len(self._kept)
            if self._kind == finding.DATA and size <= missing + self.rest:
                # The length of the padding is lost, and with it that of the body.
                self._mode, self.size, self.guessed = _IN_BODY, size - missing, True
                self.rest -= self.size
                self._tail = self.unread = 0
                self.pass_over(self.rest)
                return MISSED
            if self._kind == finding.GOAWAY:
                missing, self.rest = missing + self.rest, 0
            if self._kind != finding.DATA and size <= missing:
                self._give_up(Drop.HEAD_INCOMPLETE)
                self._mode, self.remaining = _SKIPPING, missing - size
                if not self.remaining and self._end_frame():
                    return BLOCK
                return NOTHING
        return self._lose(None)

    def _gap_in_body(self, size: i64) -> i64:
        body = self.remaining + self.rest
        if size > body + self._tail:
            return self._lose(None)
        self.size = min(size, body)
        self._tail -= size - self.size
        passed = min(self.size, self.remaining)
        self.remaining -= passed
        self.unread = self.size - passed
        self.rest -= self.unread
        return MISSED

    def resume_body(self) -> bool:
        """Behind a hole in a body. Returns whether the frame ended with it and has ended its side of the stream."""
        if self.remaining or self.rest:
            return False
        return self._over()

    # Where frames begin is not known

    def search(self, chunk: Chunk) -> list[Chunk]:
        """Look whether frames provably begin. Returns the bytes from there on, none while that is not known."""
        finder = self._finder
        assert finder is not None
        before = len(finder) + chunk.end - chunk.cursor
        found = finder.look(chunk, self._newest)
        if found:
            self._finder = None
            self.searching = False
            self._orphan = True
            if self._client and found[0].buffer.startswith(PREFACE, found[0].cursor):
                self._mode = _AT_PREFACE
        kept = sum([piece.end - piece.cursor for piece in found]) if found else len(finder)
        self._discard(Drop.UNSYNCHRONISED, before - kept)
        return found

    def forget(self) -> None:
        """Give up what waits for the proof of a start."""
        if self._finder is not None:
            self._discard(Drop.UNSYNCHRONISED, len(self._finder))
            self._finder = Finder(self._block_bytes, client=self._client)

    def relieve(self) -> None:
        """Keep nothing of what waits for more. The place is not lost by that, but a block that comes in is."""
        self.forget()
        if self._mode == _KEEPING and self._kept:
            left = self._needed - len(self._kept)
            if self._kind == finding.GOAWAY:
                left, self.rest = left + self.rest, 0
            self._mode, self.remaining = _SKIPPING, left
            self._give_up(Drop.HEAD_INCOMPLETE)
        elif self._block:
            self._give_up(Drop.HEAD_INCOMPLETE)

    def close(self) -> None:
        """Nothing more comes."""
        self.forget()
        self._give_up(Drop.HEAD_INCOMPLETE)


_AT_HEADER: Final = 0
"""A frame's header comes in."""
_AT_PREFACE: Final = 1
_KEEPING: Final = 2
"""A payload, or as much of it as is read."""
_IN_BODY: Final = 3
_SKIPPING: Final = 4
"""What nobody looks at."""
