"""Rivals: segments that may begin another connection of the same addresses and ports.

Owns the question which of two connections a segment belongs to. Refuses to act on the answer.

A SYN whose numbers are not those of the connection (a forged one, one that was long under way, a rebooted client)
and a segment that begins with a message but is far off in both its numbers (a connection whose handshake was not
captured) end nothing by themselves: RFC 9293 section 3.10.7.4 and RFC 5961 section 4 have the receiver ask back. One
such segment is kept beside the connection. A SYN was the first one of another connection if the other side answers it, or
if its sender continues its numbers; it was nothing if the connection goes on. A message may be cut anywhere, so what
continues it is kept with it, and says no more than it did: it takes an answer, or that its sender has received something
meanwhile, or that he has sent more than anybody does who receives nothing.

Limits: a message and what continues it are at most `_UNHEARD` segments and as many bytes as those usually have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from interceptor.core.tcp.flows import bare
from interceptor.core.tcp.reassembly import ACK, NEAR, RST, SYN, difference

if TYPE_CHECKING:
    from interceptor.core.model import Interface, Segment
    from interceptor.core.tcp.reassembly import Stream

__all__ = ["Kept", "Rival", "far_off"]

_UNHEARD: Final = 10
"""Segments that somebody sends before anything of his is acknowledged (RFC 6928 section 2)."""
_UNHEARD_BYTES: Final = 14_600


def far_off(stream: Stream, sequence: int, acknowledgement: int) -> bool:
    """Whether both numbers of a segment have nothing to do with a stream and its peer."""
    return (
        stream.next >= 0
        and stream.peer.next >= 0
        and not -NEAR <= difference(sequence, stream.next) <= NEAR
        and not -NEAR <= difference(acknowledgement, stream.peer.next) <= NEAR
    )


class Kept(NamedTuple):
    """A segment with its payload alone in a buffer, and what it was captured with."""

    interface: Interface
    data: bytes
    segment: Segment
    time: int


class Rival:
    """A segment, and what continues it."""

    __slots__ = ("acknowledgement", "flags", "flow", "kept", "length", "sequence", "size")

    def __init__(self, segment: Segment) -> None:
        self.flow, self.sequence, self.acknowledgement, self.flags, _, _, self.length = segment
        self.kept: list[Kept] = []
        """In order of capture, the segment itself first."""
        self.size = 0
        """Bytes of payload in them."""

    def keep(self, interface: Interface, data: bytes, segment: Segment, time: int) -> None:
        """Have a segment wait."""
        flow, sequence, acknowledgement, flags, _, _, length = segment
        alone = flow, sequence, acknowledgement, flags, 0, len(data), length
        self.kept.append(Kept(interface, data, alone, time))
        self.size += len(data)

    def continued(self, stream: Stream, flow: bytes, sequence: int, acknowledgement: int, flags: int) -> bool:
        """Whether a segment of `stream` says no more than the message before it, if that belongs to another connection."""
        return (
            not (self.flags & SYN or flags & (SYN | RST))
            and flow == self.flow
            and self._near(stream, sequence, acknowledgement)
        )

    def repeated(self, flow: bytes, sequence: int, flags: int) -> bool:
        """Whether this is the same segment again."""
        return flow == self.flow and sequence == self.sequence and not (flags ^ self.flags) & SYN

    def answers(self, flow: bytes, sequence: int) -> bool:
        """Whether this was sent in answer to the other side's segment with that number, and captured before it."""
        return not self.flags & SYN and flow != self.flow and difference(self.acknowledgement, sequence) > 0

    def confirmed(self, stream: Stream, flow: bytes, sequence: int, acknowledgement: int, flags: int) -> bool:
        """Whether a segment of `stream` shows that there is another connection."""
        if flags & RST:
            return False
        if not self.flags & SYN:
            if not (flags & ACK and self._near(stream, sequence, acknowledgement)):
                return False
            return (
                flow != self.flow
                or difference(acknowledgement, self.acknowledgement) > 0
                or len(self.kept) >= _UNHEARD
                or self.size > _UNHEARD_BYTES
            )
        first = difference(sequence, self.sequence)
        if flow == self.flow:
            # It goes on from the SYN. Where that could be the connection's own next number, the other one tells.
            fits = sequence == stream.next and -NEAR <= difference(acknowledgement, stream.peer.next) <= NEAR
            return not flags & SYN and 1 <= first <= 1 + self.length and not fits
        if not flags & ACK:
            return False
        answers = 1 <= difference(acknowledgement, self.sequence) <= 1 + self.length
        if self.flags & ACK:
            return answers and sequence == self.acknowledgement
        return answers and bool(flags & SYN)

    def shares(self, flow: bytes, sequence: int, acknowledgement: int, flags: int) -> bool:
        """Whether a segment of a name that no connection has, but for its VLANs, belongs to the same connection."""
        ours = bare(flow) == bare(self.flow)
        if self.flags & SYN:
            return not ours and bool(flags & SYN) and difference(acknowledgement, self.sequence) == 1
        return not flags & SYN and self._beside(sequence, acknowledgement, ours=ours)

    def _near(self, stream: Stream, sequence: int, acknowledgement: int) -> bool:
        """Whether both numbers of a segment of `stream` are far off the connection's and near this message's."""
        return far_off(stream, sequence, acknowledgement) and self._beside(
            sequence, acknowledgement, ours=stream.flow == self.flow
        )

    def _beside(self, sequence: int, acknowledgement: int, *, ours: bool) -> bool:
        """Whether both numbers of a segment, of the same sender or the other, are near this message's."""
        own, other = self.sequence, self.acknowledgement
        if not ours:
            own, other = other, own
        return (
            -NEAR <= difference(sequence, own) <= NEAR and -NEAR <= difference(acknowledgement, other) <= NEAR
        )
