"""Handshakes: connections that have not carried data yet.

Owns what their SYNs said, and how many of them are remembered. Refuses connections: when the first data comes,
the handshake is taken out and told to whoever makes one of it. The data may come under another name than the handshake, where
one interface shows packets with a VLAN, or inside of a tunnel, and another without: then both initial numbers tell.

Limits: `Limits.handshakes` of them, the oldest makes room, so that a SYN flood displaces other half-open
connections and never a working one; each for `Limits.idle_seconds` of packet time.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from interceptor.core.tcp.flows import bare, reverse
from interceptor.core.tcp.reassembly import ACK, FAR, FIN, RST, SYN, difference

if TYPE_CHECKING:
    from interceptor.core.model import Limits, i64

__all__ = ["CLIENT_NEAR", "SERVER_NEAR", "Handshake", "Handshakes"]

_SECOND: Final = 1_000_000_000
_MASK: Final = 0xFFFFFFFF

Handshake: TypeAlias = "tuple[i64, i64, i64, i64]"
"""(client's initial sequence number, server's or -1 while it is not seen, time, whose machines this is at).

The last is a sum of `CLIENT_NEAR` and `SERVER_NEAR`: whose SYN had not been routed yet, once both were seen."""
CLIENT_NEAR: Final = 1
SERVER_NEAR: Final = 2

_UNKNOWN: Final[Handshake] = (-1, -1, 0, 0)
_FIRST: Final = 1 << 16
"""Bytes that may have been lost of either side before what is first seen of a connection under another name: two
connections' initial numbers, which are random, are both as near in one of four thousand million cases."""
_NO_NAMES: Final[dict[bytes, None]] = {}
_COMPARED: Final = 16
"""Names that are looked at, the newest ones."""


class Handshakes:
    """Those of all interfaces, by the client's flow."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._begun: OrderedDict[bytes, Handshake] = OrderedDict()
        """Oldest first. A plain dict would look for its first item among all those that were taken out before."""
        self._marked: dict[bytes, dict[bytes, None]] = {}
        """Names in it with VLANs or networks, by the name without, the newest last."""

    def note(
        self, flow: bytes, sequence: i64, acknowledgement: i64, flags: i64, time: i64, *, near: bool = False
    ) -> None:
        """A segment without data, of a connection that has carried none. `near`: it is a SYN that has not been routed yet."""
        begun = self._begun
        if flags & (RST | FIN):
            self._pop(flow)
            self._pop(reverse(flow))
        elif flags & SYN:
            if flags & ACK:
                flow = reverse(flow)
                client = (acknowledgement - 1) & _MASK
                before = begun.get(flow, _UNKNOWN)
                known = before[3] | (SERVER_NEAR if near else 0) if before[0] == client else 0
                seen = client, sequence, time, known
            else:
                before = begun.get(flow, _UNKNOWN)
                if before[0] == sequence:
                    if near and not before[3] & CLIENT_NEAR:
                        begun[flow] = (*before[:3], before[3] | CLIENT_NEAR)
                    return  # the same SYN again
                seen = sequence, -1, time, CLIENT_NEAR if near else 0
            if flow in begun:
                begun.move_to_end(flow)
            elif (plain := bare(flow)) != flow:
                self._marked.setdefault(plain, {})[flow] = None
            begun[flow] = seen
            if len(begun) > self._limits.handshakes:
                self._pop(next(iter(begun)))

    def take(
        self, flow: bytes, sequence: i64, acknowledgement: i64, flags: i64, time: i64
    ) -> tuple[Handshake, bool] | None:
        """The handshake behind a segment with a connection's first data, and whether its client sent that.

        None where none was seen. One whose numbers have nothing to do with the segment's is forgotten: it was
        another connection's, of the same addresses and ports.
        """
        sent, answered = self._pop(flow), self._pop(reverse(flow))
        if flags & SYN:
            # RFC 7413: data in the SYN, or in its answer. It tells the handshake itself.
            first = (acknowledgement - 1) & _MASK
            if flags & ACK and sent is None:
                return (first, sequence, time, 0), False
            if sent is None or sent[0] != sequence:
                sent = sequence, first if flags & ACK else -1, time, 0
            return sent, True
        if sent is None and answered is None and flags & ACK:
            return self._take_namesake(flow, sequence, acknowledgement)
        return _behind(sent, answered, sequence, acknowledgement if flags & ACK else -1)

    def _take_namesake(
        self, flow: bytes, sequence: i64, acknowledgement: i64
    ) -> tuple[Handshake, bool] | None:
        """One whose name differs by VLANs or networks only, and both of whose numbers are just before this segment's."""
        plain = bare(flow)
        if not self._marked and plain == flow:
            return None
        for name in (flow, reverse(flow)):
            other = bare(name)
            for candidate in (other, *islice(reversed(self._marked.get(other, _NO_NAMES)), _COMPARED)):
                seen = self._begun.get(candidate, _UNKNOWN)
                own, peer = (seen[0], seen[1]) if name is flow else (seen[1], seen[0])
                if seen[1] >= 0 and _just_before(own, sequence) and _just_before(peer, acknowledgement):
                    self._pop(candidate)
                    return seen, name is flow
        return None

    def _pop(self, flow: bytes) -> Handshake | None:
        """Forget one, if there is one of this name."""
        handshake = self._begun.pop(flow, None)
        if handshake is not None and self._marked and (plain := bare(flow)) != flow:
            names = self._marked[plain]
            del names[flow]
            if not names:
                del self._marked[plain]
        return handshake

    def of(self, flow: bytes, sequence: i64, acknowledgement: i64) -> tuple[Handshake, bool] | None:
        """The handshake of this name behind such a segment, and whether the name is the client's."""
        return _behind(self._begun.get(flow), self._begun.get(reverse(flow)), sequence, acknowledgement)

    def overtaken(self, flow: bytes, sequence: i64, acknowledgement: i64) -> bool:
        """Whether a FIN, the first segment after a handshake, says that either side has sent data before."""
        own, other, *_ = self._begun.get(flow, _UNKNOWN)
        if own < 0:
            other, own, *_ = self._begun.get(reverse(flow), _UNKNOWN)
        return own >= 0 and (
            # The SYN takes a number, and so does a FIN that it may acknowledge.
            difference(sequence, own) > 1 or (other >= 0 and difference(acknowledgement, other) > 2)
        )

    def expire(self, now: i64) -> None:
        """Forget those that have waited too long at `now` (nanoseconds)."""
        begun = self._begun
        oldest = now - self._limits.idle_seconds * _SECOND
        while begun and next(iter(begun.values()))[2] <= oldest:
            self._pop(next(iter(begun)))
        if not begun:
            self._begun = OrderedDict()  # a dict that has been large stays so
            self._marked = {}

    def clear(self) -> None:
        """Forget all: the capture is over."""
        self._begun.clear()
        self._marked.clear()


def _behind(
    sent: Handshake | None, answered: Handshake | None, sequence: i64, acknowledgement: i64
) -> tuple[Handshake, bool] | None:
    """Which of two handshakes, one that this side began and one that it answered, has numbers that a segment continues."""
    if sent is not None and _near(sequence, sent[0]) and _near(acknowledgement, sent[1]):
        return sent, True
    if answered is not None and _near(sequence, answered[1]) and _near(acknowledgement, answered[0]):
        return answered, False
    return None


def _just_before(initial: i64, number: i64) -> bool:
    return 0 < difference(number, initial) <= _FIRST


def _near(number: i64, initial: i64) -> bool:
    """Whether a number can be one of the first of a stream; -1 where either is not known."""
    return number < 0 or initial < 0 or 0 <= difference(number, initial) <= FAR
