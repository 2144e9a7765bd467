"""TCP segments of one direction -> its bytes in order, and the holes between them.

Owns sequence numbers: the 32-bit wrap is dealt with once, on entry, and everything after speaks of 64-bit
positions. Refuses to decide when a hole is lost: `hole` says what is missing and since when, the owner of
both directions decides and calls `skip`.

A segment waits for two reasons, and one list holds both kinds, in order of position:

*   bytes before it are missing here (reordering, loss);
*   its sender had acknowledged bytes of the other direction that have not come by yet. Several interfaces
    read at once, or a capture with losses, show an answer before its question. Delivering it then would
    make cause and effect change places, so it waits for what it acknowledges: a segment is delivered when
    everything before it, in its own direction and in what its sender had received, was delivered or given
    up.

The FIN takes a place in the sequence (RFC 9293 section 3.4), so it is the last byte of the stream here
too: one that carries nothing. So is a RST that has to wait.

Overlaps: the bytes that came first win, as in Zeek and Linux; bytes that come again are counted and left.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Drop

if TYPE_CHECKING:
    from interceptor.core.budget import Budget
    from interceptor.core.model import Limits

__all__ = ["ACK", "FAR", "FIN", "RST", "SYN", "Assembly", "Piece", "Stream", "difference"]

FIN: Final = 1
SYN: Final = 2
RST: Final = 4
ACK: Final = 16

_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
_MASK: Final = _WRAP - 1
_PIECES: Final = 4096
"""Waiting segments per direction: a MiB in segments of 256 bytes. Bounds the overhead of tiny ones."""
_OVERHEAD: Final = 256
"""Bytes that a waiting piece costs besides its payload: the object, its numbers, the header of its bytes and
its share of the list. Measured with tracemalloc."""
FAR: Final = 1 << 24
"""A hole wider than 16 MiB, the largest window in common use, is only believed if the other side has
acknowledged what comes after it."""


def difference(a: int, b: int) -> int:
    """Subtract sequence numbers (RFC 9293 section 3.4): the distance from b to a, negative where a is the older one."""
    return ((a - b + _HALF) & _MASK) - _HALF


class Assembly:
    """What all streams of a pipeline share: limits and the ledger of payload bytes."""

    __slots__ = ("budget", "cut", "delivered", "dropped", "gaps", "held", "limits", "missed", "pieces")

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self.limits = limits
        self.budget = budget
        """What waits, with that of others."""
        self.delivered = 0
        """Payload bytes given on in order."""
        self.held = 0
        """Payload bytes that wait."""
        self.pieces = 0
        """In so many pieces."""
        self.dropped: dict[Drop, int] = {}
        self.gaps = 0
        """Holes given up."""
        self.missed = 0
        """Bytes in them: never captured, so no part of the balance."""
        self.cut = 0
        """Bytes that a short snaplen cut off: the same."""

    def drop(self, reason: Drop, size: int) -> None:
        """Count payload bytes that go no further."""
        if size:
            self.dropped[reason] = self.dropped.get(reason, 0) + size


class Piece:
    """A segment, or what is new in it, with the place it has in the stream."""

    __slots__ = ("data", "end", "length", "place", "position", "time")

    def __init__(self, position: int, data: bytes, length: int, time: int, place: int, end: int = 0) -> None:
        self.position = position
        self.data = data
        """What was captured of it; the rest of `length` was cut off by a short snaplen."""
        self.length = length
        self.time = time
        self.place = place
        """Position in the other direction that its sender had received."""
        self.end = end
        """FIN or RST where it is one; 0 where it is bytes."""


class Stream:
    """One direction of a connection (RFC 9293: what one side's SND variables are about)."""

    __slots__ = (
        "_gap",
        "acknowledging",
        "assembly",
        "ended",
        "flow",
        "held",
        "held_bytes",
        "next",
        "peer",
        "position",
        "seen",
    )

    peer: Stream
    """The other direction."""

    def __init__(self, flow: bytes, sequence: int, assembly: Assembly) -> None:
        """`sequence` is that of the first byte; -1 where nothing has told it yet."""
        self.flow = flow
        self.assembly = assembly
        self.next = sequence
        """Sequence number of the next byte to deliver."""
        self.position = 0
        """Its position."""
        self.acknowledging: int | None = None
        """The newest acknowledgement number this side has sent."""
        self.seen = False
        """A segment of this direction has come by."""
        self.ended = False
        """Its FIN was delivered."""
        self.held: list[Piece] | None = None
        """Waiting pieces, in order, not overlapping."""
        self.held_bytes = 0
        self._gap = (0, 0)
        """The last hole that was given up, to tell the late from the repeated."""

    def place_of(self, acknowledgement: int) -> int:
        """The position that an acknowledgement number of the other side stands for.

        One that is too far ahead to be believed says nothing.
        """
        ahead = difference(acknowledgement, self.next)
        return self.position + (ahead if ahead <= FAR else 0)

    def take(
        self,
        sequence: int,
        data: bytes,
        length: int,
        time: int,
        place: int,
        *,
        fin: bool,
    ) -> None:
        """A segment: `length` payload bytes from `sequence`, of which `data` was captured.

        What is new in it waits in `held` until `ready` gives it.
        """
        position = self.position + difference(sequence, self.next)
        assembly = self.assembly
        if self.ended:
            assembly.drop(Drop.RETRANSMITTED if position < self.position else Drop.AFTER_FIN, len(data))
            return
        if position < self.position and length:
            old = min(self.position - position, length)
            start, end = self._gap
            reason = Drop.LATE if start <= position < end else Drop.RETRANSMITTED
            assembly.drop(reason, min(old, len(data)))
            position += old
            data = data[old:]
            length -= old
        if length:
            self._insert(Piece(position, data, length, time, place))
        if fin and position + length >= self.position:
            self._insert(Piece(position + length, b"", 1, time, place, FIN))

    def take_reset(self, sequence: int, time: int, place: int) -> None:
        """A RST that has overtaken bytes: it waits for its turn as they do, behind all of them."""
        position = self.position + difference(sequence, self.next)
        if self.held:
            position = max(position, self.held[-1].position + self.held[-1].length)
        self._insert(Piece(position, b"", 1, time, place, RST))

    def _insert(self, piece: Piece) -> None:
        """Put what is new of a piece among those that wait."""
        held = self.held
        if held is None:
            held = self.held = []
        start, stop, data = piece.position, piece.position + piece.length, piece.data
        cursor, kept = start, 0
        index = bisect_left(held, start, key=_position)
        if index:
            cursor = max(cursor, held[index - 1].position + held[index - 1].length)
        while cursor < stop and len(held) < _PIECES:
            until = min(stop, held[index].position) if index < len(held) else stop
            if until > cursor:
                part = Piece(
                    cursor,
                    data[cursor - start : until - start],
                    until - cursor,
                    piece.time,
                    piece.place,
                    piece.end,
                )
                held.insert(index, part)
                self.assembly.pieces += 1
                self.assembly.budget.held += len(part.data) + _OVERHEAD
                index += 1
                kept += len(part.data)
            cursor = until
            if index < len(held) and held[index].position == cursor:
                cursor += held[index].length
                index += 1
        self.held_bytes += kept
        self.assembly.held += kept
        full = cursor < stop
        self.assembly.drop(Drop.REASSEMBLY_LIMIT if full else Drop.RETRANSMITTED, len(data) - kept)
        if not held:
            self.held = None

    def ready(self) -> Piece | None:
        """Take the next piece whose turn it is, or None. The position moves past it."""
        held = self.held
        if not held:
            return None
        piece = held[0]
        if piece.position != self.position:
            return None
        if piece.place > self.peer.position and self.peer.seen:
            return None
        return self.release()

    def release(self) -> Piece:
        """Take the first held piece, which is at the stream's position."""
        held = self.held
        assert held
        piece = held.pop(0)
        if not held:
            self.held = None
        size = len(piece.data)
        self.held_bytes -= size
        self.assembly.held -= size
        self.assembly.pieces -= 1
        self.assembly.budget.held -= size + _OVERHEAD
        self.assembly.delivered += size
        self.position += piece.length
        self.next = (self.next + piece.length) & _MASK
        return piece

    def hole(self) -> int:
        """How many bytes from the stream's position on are missing, that something waits for."""
        missing = 0
        if self.held and self.held[0].position > self.position:
            missing = self.held[0].position - self.position
        waiting = self.peer.held
        if (
            waiting
            and self.seen
            and waiting[0].position == self.peer.position
            and waiting[0].place > self.position
        ):
            wanted = waiting[0].place - self.position
            if not missing or wanted < missing:
                missing = wanted
        return missing

    def acknowledged(self) -> int:
        """How many bytes from the stream's position on the other side has acknowledged."""
        newest = self.peer.acknowledging
        return difference(newest, self.next) if newest is not None else 0

    def skip(self, size: int) -> None:
        """Give `size` missing bytes up for lost."""
        self._gap = (self.position, self.position + size)
        self.position += size
        self.next = (self.next + size) & _MASK
        self.assembly.gaps += 1
        self.assembly.missed += size

    @property
    def full(self) -> bool:
        """Whether what waits takes more memory than it may."""
        return self.weight > self.assembly.limits.held_bytes_per_stream

    @property
    def weight(self) -> int:
        """How much memory is taken by what waits, in bytes."""
        return self.held_bytes + len(self.held) * _OVERHEAD if self.held is not None else 0

    def discard(self, reason: Drop) -> None:
        """Drop all that waits."""
        if self.held:
            self.assembly.drop(reason, self.held_bytes)
            self.assembly.budget.held -= self.weight
            self.assembly.held -= self.held_bytes
            self.assembly.pieces -= len(self.held)
        self.held = None
        self.held_bytes = 0


def _position(piece: Piece) -> int:
    return piece.position
