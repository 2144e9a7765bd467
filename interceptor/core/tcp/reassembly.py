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

What waits is kept in runs: pieces without a hole between them, linked. There are as many runs as holes, however
many segments wait behind them, so that a window of 32 MiB costs no more a segment than a window of three: a segment
that follows the last one is appended, one that fills a hole joins two runs, and the first piece is taken off.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Drop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interceptor.core.budget import Budget
    from interceptor.core.model import Limits, i64
    from interceptor.core.protocols.conversation import End

__all__ = [
    "ACK",
    "FAR",
    "FIN",
    "NEAR",
    "RST",
    "SYN",
    "UNSAID",
    "Assembly",
    "Piece",
    "Run",
    "Stream",
    "Waiting",
    "difference",
]

FIN: Final = 1
SYN: Final = 2
RST: Final = 4
ACK: Final = 16

UNSAID: Final = -1
"""No number."""
_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
_MASK: Final = _WRAP - 1
_OVERHEAD: Final = 304
"""Bytes that a waiting piece costs besides its payload, where each is a run of its own: the objects, their numbers,
the header of its bytes. Measured with tracemalloc; 164 where it is one of many in a run."""
FAR: Final = 1 << 24
"""A hole wider than 16 MiB, the largest window in common use, is only believed if the other side has
acknowledged what comes after it; an acknowledgement further ahead only if the side it is about goes on from there."""
NEAR: Final = 1 << 20
"""Segments of one connection are hardly this far from what was seen of it in both of their numbers at once: it would
have to lose a MiB each way. Two connections' numbers, which are random, are nearer in one of a million cases."""
_REMEMBERED: Final = 64
"""Holes that were given up, of each direction, to tell the late from the repeated."""


def difference(a: i64, b: i64) -> i64:
    """Subtract sequence numbers (RFC 9293 section 3.4): the distance from b to a, negative where a is the older one."""
    return ((a - b + _HALF) & _MASK) - _HALF


class Assembly:
    """What all streams of a pipeline share: limits and the ledger of payload bytes."""

    __slots__ = ("budget", "cut", "delivered", "dropped", "gaps", "held", "limits", "missed", "pieces")

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self.limits = limits
        self.budget = budget
        """What waits, with that of others."""
        self.delivered: i64 = 0
        """Payload bytes given on in order."""
        self.held: i64 = 0
        """Payload bytes that wait."""
        self.pieces: i64 = 0
        """In so many pieces."""
        self.dropped: dict[Drop, int] = {}
        self.gaps: i64 = 0
        """Holes given up."""
        self.missed: i64 = 0
        """Bytes in them: never captured, so no part of the balance."""
        self.cut: i64 = 0
        """Bytes that a short snaplen cut off: the same."""

    def drop(self, reason: Drop, size: i64) -> None:
        """Count payload bytes that go no further."""
        if size:
            self.dropped[reason] = self.dropped.get(reason, 0) + size


class Piece:
    """A segment, or what is new in it. It begins where the one before it in its run ends."""

    __slots__ = ("data", "end", "length", "next", "place", "since", "time")

    def __init__(self, data: bytes, length: i64, time: i64, since: i64, place: i64, end: i64 = 0) -> None:
        self.data = data
        """What was captured of it; the rest of `length` was cut off by a short snaplen."""
        self.length = length
        self.time = time
        """As the capture says."""
        self.since = since
        """The same on the clock that time-outs run on."""
        self.place = place
        """Position in the other direction that its sender had received."""
        self.end = end
        """FIN or RST where it is one; 0 where it is bytes."""
        self.next: Piece | None = None
        """In its run."""


class Run:
    """Waiting pieces without a hole between them."""

    __slots__ = ("first", "last", "start", "stop")

    def __init__(self, start: i64, stop: i64, piece: Piece) -> None:
        self.start = start
        """Position of the first byte."""
        self.stop = stop
        """Position after the last one."""
        self.first = self.last = piece

    def append(self, piece: Piece) -> None:
        """A piece that follows the last one."""
        before = self.last
        # Most numbers of neighbours are equal: kept once, not once a piece.
        if piece.place == before.place:
            piece.place = before.place
        if piece.length == before.length:
            piece.length = before.length
        before.next = self.last = piece
        self.stop += piece.length


class Waiting:
    """What waits in one direction. Most have none of it, so nothing of it is a part of each."""

    __slots__ = ("heard", "proof", "runs", "weight")

    def __init__(self, heard: i64) -> None:
        self.heard = heard
        """The time of the newest segment that was delivered; 0 where none was."""
        self.runs: list[Run] = []
        """In order, never none; there is a hole before each but perhaps the first."""
        self.weight: i64 = 0
        """How much memory they take, in bytes."""
        self.proof: tuple[i64, i64] = 0, 0
        """(up to which position, since when): the other side has acknowledged what is missing here."""

    def __iter__(self) -> Iterator[Piece]:
        """All pieces, in order."""
        for run in self.runs:
            piece: Piece | None = run.first
            while piece is not None:
                yield piece
                piece = piece.next

    @property
    def pieces(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)

    @property
    def size(self) -> int:
        """Payload bytes in them."""
        return sum(len(piece.data) for piece in self)

    @property
    def stop(self) -> int:
        """Position after all that waits."""
        return self.runs[-1].stop

    @property
    def reset(self) -> bool:
        """Whether it ends with a RST."""
        return self.runs[-1].last.end == RST


class Stream:
    """One direction of a connection (RFC 9293: what one side's SND variables are about)."""

    __slots__ = (
        "_lost",
        "acknowledging",
        "assembly",
        "ended",
        "flow",
        "held",
        "next",
        "peer",
        "position",
        "seen",
    )

    peer: Stream
    """The other direction."""

    def __init__(self, flow: bytes, sequence: i64, assembly: Assembly) -> None:
        """`sequence` is that of the first byte; -1 where nothing has told it yet."""
        self.flow = flow
        self.assembly = assembly
        self.next = sequence
        """Sequence number of the next byte to deliver."""
        self.position: i64 = 0
        """Its position."""
        self.acknowledging: i64 = UNSAID
        """The newest acknowledgement number this side has sent; `UNSAID` before the first."""
        self.seen = False
        """A segment of this direction has come by."""
        self.ended: End | None = None
        """How it has ended, once that was told: no more is taken."""
        self.held: Waiting | None = None
        """What waits."""
        self._lost: list[tuple[i64, i64]] | None = None
        """Holes that were given up and not filled since, in order."""

    def place_of(self, number: i64) -> i64:
        """The position that a sequence number of this side, or an acknowledgement number of the other, stands for."""
        # As `difference` does it, in the one place where every segment asks.
        return self.position + ((number - self.next + _HALF) & _MASK) - _HALF

    def began_with(self, initial: i64) -> bool:
        """Whether a SYN with this sequence number began this very stream: it is the one before the first byte."""
        return difference(initial + 1, self.next) == -self.position

    def take(
        self,
        sequence: i64,
        data: bytes,
        length: i64,
        time: i64,
        since: i64,
        place: i64,
        fin: i64,
        again: Drop = Drop.RETRANSMITTED,
        heard: i64 = 0,
    ) -> None:
        """A segment: `length` payload bytes from `sequence`, of which `data` was captured, and the flag `FIN` or none.

        What is new in it waits in `held` until `ready` gives it. `again`: what bytes count as that are here already.
        `heard`: the time of the segment before it.
        """
        position = self.place_of(sequence)
        if self.ended:
            if position < self.position:
                self._come_again(position, len(data), again)
            else:
                self.assembly.drop(Drop.AFTER_FIN, len(data))
            return
        if position < self.position and length:
            old = min(self.position - position, length)
            self._come_again(position, min(old, len(data)), again)
            position += old
            data = data[old:]
            length -= old
        if length:
            self._insert(position, Piece(data, length, time, since, place), again, heard)
        if fin and position + length >= self.position:
            self._insert(position + length, Piece(b"", 1, time, since, place, FIN), again, heard)

    def take_reset(self, sequence: i64, time: i64, since: i64, place: i64, heard: i64 = 0) -> None:
        """A RST that has overtaken bytes: it waits for its turn as they do, behind all of them.

        Its own number may be behind the position, where a stray acknowledgement is what the position is known from.
        """
        behind = self.held.stop if self.held is not None else self.position
        position = max(self.place_of(sequence), behind)
        self._insert(position, Piece(b"", 1, time, since, place, RST), Drop.RETRANSMITTED, heard)

    def has(self, start: i64, stop: i64) -> bool:
        """Whether all bytes between two positions were delivered, given up, or wait."""
        if stop <= self.position:
            return True
        if self.held is None:
            return False
        runs = self.held.runs
        start = max(start, self.position)
        index = bisect_left(runs, start + 1, key=_stop)
        return index < len(runs) and runs[index].start <= start and runs[index].stop >= stop

    def _insert(self, start: i64, piece: Piece, again: Drop, heard: i64) -> None:
        """Put what is new of a piece among those that wait."""
        held = self.held
        assembly = self.assembly
        parts, size = 1, len(piece.data)
        if held is None:
            held = self.held = Waiting(heard)
            held.runs.append(Run(start, start + piece.length, piece))
        elif start == held.runs[-1].stop:  # mostly, it follows the last one
            held.runs[-1].append(piece)
        elif start > held.runs[-1].stop:
            held.runs.append(Run(start, start + piece.length, piece))
        else:
            parts, size = _fill(held.runs, start, piece)
            assembly.drop(again, len(piece.data) - size)
        weight = size + parts * _OVERHEAD
        held.weight += weight
        assembly.held += size
        assembly.pieces += parts
        assembly.budget.held += weight

    def ready(self) -> Piece | None:
        """Take the next piece whose turn it is, or None. The position moves past it."""
        held = self.held
        if held is None:
            return None
        first = held.runs[0]
        if first.start != self.position:
            return None
        peer = self.peer
        ahead = first.first.place - peer.position
        if ahead > 0 and peer.seen and (ahead <= FAR or self._believed()):
            return None
        return self._take_first(held, first)

    def _believed(self) -> bool:
        """Whether this side has what it says it has of the other one, more than a window ahead.

        Not where it takes it back, or the other side goes on where it was.
        """
        peer = self.peer
        return peer.acknowledged() > FAR and not (
            peer.held is not None and peer.held.runs[0].start == peer.position
        )

    def release(self) -> Piece:
        """Take the first held piece, which is at the stream's position."""
        held = self.held
        assert held is not None
        return self._take_first(held, held.runs[0])

    def _take_first(self, held: Waiting, run: Run) -> Piece:
        piece = run.first
        length = piece.length
        following = piece.next
        if following is None:
            del held.runs[0]
            if not held.runs:
                self.held = None
        else:
            run.first = following
            run.start += length
            piece.next = None
        size = len(piece.data)
        weight = size + _OVERHEAD
        held.weight -= weight
        assembly = self.assembly
        assembly.held -= size
        assembly.pieces -= 1
        assembly.budget.held -= weight
        assembly.delivered += size
        self.position += length
        self.next = (self.next + length) & _MASK
        return piece

    def hole(self) -> i64:
        """How many bytes from the stream's position on are missing, that something waits for."""
        missing = 0
        if self.held is not None:
            missing = self.held.runs[0].start - self.position
        waiting = self.peer.held
        if waiting is not None and self.seen and waiting.runs[0].start == self.peer.position:
            wanted = waiting.runs[0].first.place - self.position
            if wanted > 0 and (not missing or wanted < missing):
                missing = wanted
        return missing

    def acknowledged(self) -> i64:
        """How many bytes from the stream's position on the other side has acknowledged."""
        newest = self.peer.acknowledging
        return difference(newest, self.next) if newest != UNSAID else 0

    def skip(self, size: i64) -> None:
        """Give `size` missing bytes up for lost."""
        self.lose(self.position, self.position + size)
        self.position += size
        self.next = (self.next + size) & _MASK
        self.assembly.gaps += 1
        self.assembly.missed += size

    def lose(self, start: i64, stop: i64) -> None:
        """What comes of this from now on is late."""
        lost = self._lost
        if lost is None:
            lost = self._lost = []
        lost.append((start, stop))
        if len(lost) > _REMEMBERED:
            del lost[0]

    def _come_again(self, start: i64, captured: i64, again: Drop) -> None:
        """Bytes from before the stream's position: late where they were given up, and repeated otherwise."""
        stop = start + captured
        late = 0
        if self._lost is not None:
            left = []
            for begin, end in self._lost:
                low, high = max(begin, start), min(end, stop)
                if low >= high:
                    left.append((begin, end))
                    continue
                late += high - low
                left += [part for part in ((begin, low), (high, end)) if part[0] < part[1]]
            self._lost = left[-_REMEMBERED:] or None
        self.assembly.drop(Drop.LATE, late)
        self.assembly.drop(again, captured - late)

    @property
    def full(self) -> bool:
        """Whether what waits takes more memory than it may."""
        held = self.held
        return held is not None and held.weight > self.assembly.limits.held_bytes_per_stream

    @property
    def weight(self) -> int:
        """How much memory is taken by what waits, in bytes."""
        return self.held.weight if self.held is not None else 0

    def discard(self, reason: Drop) -> None:
        """Drop all that waits."""
        held = self.held
        if held is not None:
            assembly, size = self.assembly, held.size
            assembly.drop(reason, size)
            assembly.budget.held -= held.weight
            assembly.held -= size
            assembly.pieces -= held.pieces
            self.held = None


def _stop(run: Run) -> i64:
    return run.stop


def _fill(runs: list[Run], start: i64, piece: Piece) -> tuple[i64, i64]:
    """Put what is new of a piece into the holes between runs. Returns in how many parts, and how many bytes."""
    data, stop = piece.data, start + piece.length
    cursor = start
    parts = size = 0
    # The first run that this touches or comes before.
    index = bisect_left(runs, start, key=_stop)
    while True:
        left = None
        following = index
        if index < len(runs) and runs[index].start <= cursor:
            left = runs[index]
            cursor = max(cursor, left.stop)
            following += 1
        if cursor >= stop:
            return parts, size
        until = min(stop, runs[following].start) if following < len(runs) else stop
        if until - cursor == piece.length:
            part = piece
        else:
            part = Piece(
                data[cursor - start : until - start],
                until - cursor,
                piece.time,
                piece.since,
                piece.place,
                piece.end,
            )
        parts += 1
        size += len(part.data)
        if left is None:
            left = Run(cursor, until, part)
            runs.insert(index, left)
            following += 1
        else:
            left.append(part)
        if following < len(runs) and runs[following].start == until:
            right = runs.pop(following)
            left.last.next = right.first
            left.last = right.last
            left.stop = right.stop
        cursor = until
