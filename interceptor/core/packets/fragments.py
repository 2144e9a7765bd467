"""IP fragment reassembly: pieces of a datagram in, the whole datagram out.

Owns the datagrams that wait for pieces, their bounds and the count of packets they hold. Refuses to know
IP headers: the caller says which datagram a piece belongs to, where in it it goes and how long it was.

Invariants:

* Every packet given to `add` is held, or counted in `dropped` under one reason, or is the one that made
  `add` return a datagram: the caller accounts for that one by what becomes of the datagram.
* A datagram is made of disjoint pieces that cover it from its first byte to its last (RFC 8200 section
  4.5, RFC 791 section 3.2); nothing is ever chosen between two versions of a byte (RFC 5722).
* The outcome does not depend on how often `expire` is called: `add` expires first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, NamedTuple

from interceptor.core.model import Drop

if TYPE_CHECKING:
    from collections import Counter

    from interceptor.core.model import Limits

__all__ = ["HELD_BYTES", "Datagram", "Fragments"]

HELD_BYTES = 4 * 2**20
"""Pieces of all waiting datagrams together; Linux's ipfrag_high_thresh. Beyond it the datagram that has
waited longest is dropped: an attacker who fills the table then delays nobody for longer than the flood lasts."""

_PIECE_COST = 192
"""What a stored piece costs besides its bytes, so that 8-byte pieces cannot multiply the bound by twenty-five."""

_REFUSED = 1_024
"""Datagrams whose first fragment shows that nobody wants them, remembered for the sake of the others."""

_LARGEST_DATAGRAM = 65_535
"""No fragment may reach beyond it (RFC 8200 section 4.5; RFC 791: the total length has 16 bits)."""

_NANOSECONDS = 1_000_000_000


class Datagram(NamedTuple):
    """What the fragments of one datagram carried."""

    protocol: int
    """Of the first fragment; the others' does not count (RFC 8200 section 4.5)."""
    payload: bytes
    """From the first byte on, up to the first one that a short snaplen left out."""
    length: int
    """Of the payload on the wire; not less than len(payload)."""


class _Waiting:
    """One incomplete datagram, or, once `condemned`, the memory that its other pieces are not wanted."""

    __slots__ = ("condemned", "cost", "length", "packets", "pieces", "protocol", "seen", "starts", "time")

    def __init__(self, time: int) -> None:
        self.time = time  # of the piece that came first: the timer is not restarted (RFC 8200 section 4.5)
        self.packets = 0
        self.pieces: dict[int, tuple[int, bytes]] = {}  # by start: end on the wire, bytes captured
        self.starts: list[int] = []  # of the pieces, sorted
        self.seen = 0  # bytes on the wire; the pieces are disjoint, so their sum is what is covered
        self.length: int | None = None  # known from the last fragment on
        self.protocol = 0
        self.cost = 0
        self.condemned = False

    def contradicted_by(self, start: int, end: int, last: bool) -> bool:
        """Whether a new piece overlaps another one or disagrees about where the datagram ends."""
        if self.length is not None and (last or end > self.length):
            return True
        place = bisect_left(self.starts, start)
        if last and place < len(self.starts):
            return True  # something was already seen at or after this place
        if place and self.pieces[self.starts[place - 1]][0] > start:
            return True
        return place < len(self.starts) and self.starts[place] < end

    def join(self) -> bytes:
        parts = []
        for start in self.starts:
            end, piece = self.pieces[start]
            parts.append(piece)
            if len(piece) < end - start:
                break
        return b"".join(parts)


class Fragments:
    """The datagrams that wait for fragments, oldest first.

    At most `limits.fragments` of them and `HELD_BYTES` in all; the oldest makes room (`FRAGMENT_LIMIT`). Each
    waits at most `limits.fragment_seconds` of packet time (`FRAGMENT_TIMEOUT`). Drops are counted, in
    packets, in the `dropped` that the owner passes in.
    """

    def __init__(self, limits: Limits, dropped: Counter[Drop]) -> None:
        self.held = 0
        """Packets whose datagram is incomplete."""
        self._dropped = dropped
        self._most = limits.fragments
        self._patience = limits.fragment_seconds * _NANOSECONDS
        self._waiting: dict[bytes, _Waiting] = {}
        self._refused: dict[bytes, tuple[Drop, int]] = {}
        self._cost = 0

    def add(
        self, key: bytes, protocol: int, start: int, piece: bytes, length: int, last: bool, time: int
    ) -> Datagram | None:
        """Take one fragment; return the datagram if it was the last one missing.

        `key` names the datagram: addresses, identification and what else tells datagrams apart. `start` is the
        place of `piece` in it and `length` how long the piece was on the wire, both in bytes; `last` says
        that none follows (the "more fragments" flag is clear).
        """
        self.expire(time)
        unwanted = self._refused.get(key)
        if unwanted is not None and start and time - unwanted[1] <= self._patience:
            self._dropped[unwanted[0]] += 1
            return None
        end = start + length
        # RFC 8200 section 4.5: a fragment that is not the last must be a multiple of 8 octets long. An empty
        # one would have no place of its own.
        if not length or end > _LARGEST_DATAGRAM or (not last and length % 8):
            self._dropped[Drop.MALFORMED] += 1
            return None
        waiting = self._waiting.get(key)
        if waiting is None:
            if len(self._waiting) >= self._most:
                self._drop_oldest(Drop.FRAGMENT_LIMIT)
            waiting = self._waiting[key] = _Waiting(time)
        waiting.packets += 1
        self.held += 1
        if waiting.condemned:
            # RFC 5722 section 4: "including those not yet received" are silently discarded.
            self._give_up(waiting, Drop.FRAGMENT_OVERLAP)
            return None
        known = waiting.pieces.get(start)
        if known == (end, piece) and last == (waiting.length == end):
            # RFC 8200 section 4.5: exact duplicates may be dropped while keeping the other fragments. It
            # counts with them, as its bytes are there.
            return None
        if waiting.contradicted_by(start, end, last):
            self._give_up(waiting, Drop.FRAGMENT_OVERLAP)
            waiting.condemned = True
            return None
        insort(waiting.starts, start)
        waiting.pieces[start] = end, piece
        waiting.seen += length
        waiting.cost += len(piece) + _PIECE_COST
        self._cost += len(piece) + _PIECE_COST
        if not start:
            waiting.protocol = protocol
        if last:
            waiting.length = end
        if waiting.seen == waiting.length:
            del self._waiting[key]
            self._cost -= waiting.cost
            self.held -= waiting.packets
            if waiting.packets > 1:
                self._dropped[Drop.FRAGMENT_MERGED] += waiting.packets - 1
            return Datagram(waiting.protocol, waiting.join(), waiting.length)
        while self._cost > HELD_BYTES:
            self._drop_oldest(Drop.FRAGMENT_LIMIT)
        return None

    def refuse(self, key: bytes, reason: Drop, time: int) -> None:
        """Nobody wants this datagram, as its first fragment shows: what waits of it and what still comes is dropped."""
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            self._give_up(waiting, reason)
        if len(self._refused) >= _REFUSED:
            del self._refused[next(iter(self._refused))]
        self._refused[key] = reason, time

    def expire(self, now: int) -> None:
        """Give up what has waited too long at `now` (nanoseconds). Costs one comparison if nothing has.

        Datagrams leave in the order they came, so one that began with a time ahead of the others holds those
        behind it back until its own turn; the other bounds still apply to them.
        """
        while self._waiting:
            oldest = next(iter(self._waiting.values()))
            if now - oldest.time <= self._patience:
                return
            self._drop_oldest(Drop.FRAGMENT_TIMEOUT)

    def close(self) -> None:
        """Give up everything: no more packets will come."""
        while self._waiting:
            self._drop_oldest(Drop.FRAGMENT_TIMEOUT)

    def _drop_oldest(self, reason: Drop) -> None:
        self._give_up(self._waiting.pop(next(iter(self._waiting))), reason)

    def _give_up(self, waiting: _Waiting, reason: Drop) -> None:
        """Free what a datagram holds and count its packets, of which a condemned one has none."""
        if waiting.packets:
            self._dropped[reason] += waiting.packets
        self.held -= waiting.packets
        self._cost -= waiting.cost
        waiting.packets = waiting.cost = 0
        waiting.pieces.clear()
        waiting.starts.clear()
