"""Handshakes: connections that have not carried data yet.

Owns what their SYNs said, and how many of them are remembered. Refuses connections: when the first data comes,
the handshake is taken out and told to whoever makes one of it.

Limits: `Limits.handshakes` of them, the oldest makes room, so that a SYN flood displaces other half-open
connections and never a working one; each for `Limits.idle_seconds` of packet time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, TypeAlias

from interceptor.core.flows import reverse
from interceptor.core.reassembly import ACK, FIN, RST, SYN, difference

if TYPE_CHECKING:
    from interceptor.core.model import Limits

__all__ = ["Handshake", "Handshakes"]

_SECOND: Final = 1_000_000_000
_MASK: Final = 0xFFFFFFFF

Handshake: TypeAlias = tuple[int, int, int]
"""(client's initial sequence number, server's or -1 while it is not seen, time)."""

_UNKNOWN: Final[Handshake] = (-1, -1, 0)


class Handshakes:
    """Those of all interfaces, by the client's flow."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._begun: OrderedDict[bytes, Handshake] = OrderedDict()
        """Oldest first. A plain dict would look for its first item among all those that were taken out before."""

    def note(self, flow: bytes, sequence: int, acknowledgement: int, flags: int, time: int) -> None:
        """A segment without data, of a connection that has carried none."""
        begun = self._begun
        if flags & (RST | FIN):
            begun.pop(flow, None)
            begun.pop(reverse(flow), None)
        elif flags & SYN:
            if flags & ACK:
                flow = reverse(flow)
                seen = (acknowledgement - 1) & _MASK, sequence, time
            else:
                before = begun.get(flow)
                if before is not None and before[0] == sequence:
                    return  # the same SYN again
                seen = sequence, -1, time
            begun[flow] = seen
            begun.move_to_end(flow)
            if len(begun) > self._limits.handshakes:
                begun.popitem(last=False)

    def take(self, flow: bytes) -> Handshake | None:
        """The handshake that the sender of this flow began, which is a connection from now on."""
        return self._begun.pop(flow, None)

    def overtaken(self, flow: bytes, sequence: int, acknowledgement: int) -> bool:
        """Whether a FIN, the first segment after a handshake, says that either side has sent data before."""
        own, other, _ = self._begun.get(flow, _UNKNOWN)
        if own < 0:
            other, own, _ = self._begun.get(reverse(flow), _UNKNOWN)
        return own >= 0 and (
            difference(sequence, own) > 1 or (other >= 0 and difference(acknowledgement, other) > 1)
        )

    def expire(self, now: int) -> None:
        """Forget those that have waited too long at `now` (nanoseconds)."""
        begun = self._begun
        oldest = now - self._limits.idle_seconds * _SECOND
        while begun and next(iter(begun.values()))[2] <= oldest:
            begun.popitem(last=False)
        if not begun:
            self._begun = OrderedDict()  # a dict that has been large stays so

    def clear(self) -> None:
        """Forget all: the capture is over."""
        self._begun.clear()
