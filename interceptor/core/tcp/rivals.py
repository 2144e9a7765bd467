"""Rivals: segments that may begin another connection of the same addresses and ports.

Owns the question which of two connections a segment belongs to. Refuses to act on the answer.

A SYN whose numbers are not those of the connection (a forged one, one that was long under way, a rebooted client)
and a segment that begins with a message but is far off in both its numbers (a connection whose handshake was not
captured) end nothing by themselves: RFC 9293 section 3.10.7.4 and RFC 5961 section 4 have the receiver ask back. One
such segment is kept beside the connection. It was the first one of another connection if the other side answers it, or
if its sender continues its numbers; it was nothing if the connection goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.tcp.reassembly import ACK, RST, SYN, difference

if TYPE_CHECKING:
    from interceptor.core.model import Interface, Segment
    from interceptor.core.tcp.reassembly import Stream

__all__ = ["Rival", "far_off"]

_OFF: Final = 1 << 20
"""Segments of one connection are hardly this far from what was seen of it in both of their numbers at once: it would
have to lose a MiB each way. Two connections' numbers, which are random, are nearer in one of a million cases."""


def far_off(stream: Stream, sequence: int, acknowledgement: int) -> bool:
    """Whether both numbers of a segment have nothing to do with a stream and its peer."""
    return (
        stream.next >= 0
        and stream.peer.next >= 0
        and not -_OFF <= difference(sequence, stream.next) <= _OFF
        and not -_OFF <= difference(acknowledgement, stream.peer.next) <= _OFF
    )


class Rival:
    """A segment, and what it was captured with."""

    __slots__ = ("acknowledgement", "data", "flags", "flow", "interface", "length", "sequence", "time")

    def __init__(self, interface: Interface, data: bytes, segment: Segment, time: int) -> None:
        self.interface = interface
        self.data = data
        self.time = time
        self.flow, self.sequence, self.acknowledgement, self.flags, _, _, self.length = segment

    @property
    def segment(self) -> Segment:
        """As it was, with its payload alone in the buffer."""
        return self.flow, self.sequence, self.acknowledgement, self.flags, 0, len(self.data), self.length

    def repeated(self, flow: bytes, sequence: int) -> bool:
        """Whether this is the same segment again."""
        return flow == self.flow and sequence == self.sequence

    def answers(self, flow: bytes, sequence: int) -> bool:
        """Whether this was sent in answer to the other side's segment with that number, and captured before it."""
        return not self.flags & SYN and flow != self.flow and difference(self.acknowledgement, sequence) > 0

    def confirmed(self, stream: Stream, flow: bytes, sequence: int, acknowledgement: int, flags: int) -> bool:
        """Whether a segment of `stream` shows that there is another connection."""
        if flags & RST:
            return False
        if not self.flags & SYN:
            # Both numbers are far off the connection's and near the rival's.
            if not (flags & ACK and far_off(stream, sequence, acknowledgement)):
                return False
            own, other = self.sequence, self.acknowledgement
            if flow != self.flow:
                own, other = other, own
            return -_OFF <= difference(sequence, own) <= _OFF and (
                -_OFF <= difference(acknowledgement, other) <= _OFF
            )
        first = difference(sequence, self.sequence)
        if flow == self.flow:
            # It goes on from the SYN. Where that could be the connection's own next number, the other one tells.
            fits = sequence == stream.next and -_OFF <= difference(acknowledgement, stream.peer.next) <= _OFF
            return not flags & SYN and 1 <= first <= 1 + self.length and not fits
        if not flags & ACK:
            return False
        answers = 1 <= difference(acknowledgement, self.sequence) <= 1 + self.length
        if self.flags & ACK:
            return answers and sequence == self.acknowledgement
        return answers and bool(flags & SYN)
