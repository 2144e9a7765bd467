"""Translations: one connection under several names, because addresses or ports are changed on its way (NAT).

kube-proxy's DNAT for Services, masquerading, NodePorts and their like change addresses and ports; sequence numbers they
leave alone. So a connection is known by the pair of numbers before the first byte of either side, the initial ones where
its handshake was seen: 64 bits that two connections of the same moment do not share by chance; and where their first bytes are
seen twice they must be the same ones, for programs whose numbers are no random ones. What terminates connections (a proxy
of layer 7, a SYN proxy) chooses its own numbers and is a hop of its own.

Owns how a connection is found by these numbers, and which of its names is the one that an end sees: the sender of its first
data sees the name under which that was captured first, the receiver the last one. Refuses what changes numbers (firewalls that
randomise them): that is two connections to us, as are two that seem to have the same numbers at the same time.

Limits: a connection can be found for `_SECONDS` after its first data, and `_REMEMBERED` of them at once, the newest: its
other name shows within the time that a packet needs to cross a host.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Generic, TypeVar

from interceptor.core.tcp.flows import bare, reverse
from interceptor.core.tcp.reassembly import Stream, difference

__all__ = ["Names", "Translations"]

_SECONDS: Final = 2 * 1_000_000_000
_REMEMBERED: Final = 4_096
"""More than begin within the fraction of a second after which the other name shows."""
_COMPARED: Final = 64
"""Bytes of what a connection began with."""

StreamT = TypeVar("StreamT", bound=Stream)


class Names:
    """The names of a connection, as they were seen on the way of its first data.

    It knows directions by their first names, so that a connection that is over is not kept for it.
    """

    __slots__ = ("_far", "_near", "_said", "_sequence", "_shown", "ambiguous", "number", "sender", "since")

    def __init__(self, sender: bytes, number: int, sequence: int, said: bytes, time: int, now: int) -> None:
        self.sender = sender
        self.number = number
        """Before its first byte."""
        self._sequence = sequence
        self._said = said[:_COMPARED]
        self._near = self._far = sender, time
        self._shown = [sender, reverse(sender)]
        self.since = now
        """On the clock that time-outs run on."""
        self.ambiguous = False
        """Another connection began with the same numbers."""

    def shown(self, direction: bytes) -> bytes:
        """The name under which a direction was last read. What comes under another one may be a copy."""
        return self._shown[direction != self.sender]

    def show(self, direction: bytes, flow: bytes) -> None:
        """A direction was read under this name."""
        self._shown[direction != self.sender] = flow

    def differ(self, sequence: int, said: bytes) -> bool:
        """Whether bytes are not those that the connection began with, where it is these that are seen again."""
        size = min(len(said), len(self._said))
        return sequence == self._sequence and said[:size] != self._said[:size]

    def add(self, flow: bytes, time: int, *, by_sender: bool) -> None:
        """Another name, of the direction of a segment that was captured then."""
        if not by_sender:
            self._far = reverse(flow), time  # the sender's bytes were not seen under it, or later
        elif time < self._near[1]:
            self._near = flow, time
        elif time >= self._far[1]:
            self._far = flow, time

    def of_ends(self, client: bytes) -> tuple[bytes, bytes]:
        """Of the client's direction: as the client sees it, and as the server does."""
        near, far = self._near[0], self._far[0]
        return (near, far) if client == self.sender else (reverse(far), reverse(near))


class Translations(Generic[StreamT]):
    """Connections that began a moment ago, by their numbers. `streams` are those of their owner, by flow."""

    def __init__(self, streams: dict[bytes, StreamT]) -> None:
        self._streams = streams
        self._begun: OrderedDict[tuple[int, int], Names] = OrderedDict()

    def opened(
        self, sender: bytes, numbers: tuple[int, int], sequence: int, said: bytes, time: int, now: int
    ) -> None:
        """A connection's first data was captured at `time`: what was `said`, from `sequence` on.

        `sender` is the direction, `numbers` are those before its first byte and before that of the other one.
        """
        key = _key(numbers)
        before = self._begun.pop(key, None)
        names = self._begun[key] = Names(sender, numbers[0], sequence, said, time, now)
        names.ambiguous = before is not None and self._sender(before, now) is not None
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    def find(
        self, flow: bytes, numbers: tuple[int, int], sequence: int, said: bytes, now: int
    ) -> tuple[Names, StreamT] | None:
        """The connection, and the direction of it, that a segment of an unknown name belongs to; the rest as for `opened`."""
        names = self._begun.get(_key(numbers))
        if names is None or names.ambiguous or (sender := self._sender(names, now)) is None:
            return None
        if numbers[0] == names.number:
            stream: StreamT = sender
            if names.differ(sequence, said):
                return None
        else:
            stream = self._streams[reverse(names.sender)]
        return None if bare(stream.flow) == bare(flow) else (names, stream)

    def expire(self, now: int) -> None:
        """Forget those that began too long ago."""
        begun = self._begun
        while begun and now - next(iter(begun.values())).since > _SECONDS:
            begun.popitem(last=False)
        if not begun:
            self._begun = OrderedDict()  # a dict that has been large stays so

    def clear(self) -> None:
        """Forget all: the capture is over."""
        self._begun.clear()

    def _sender(self, names: Names, now: int) -> StreamT | None:
        """The direction, unless it is over, or it is too long ago that it began."""
        stream = self._streams.get(names.sender)
        if stream is None or now - names.since > _SECONDS:
            return None
        return stream if difference(names.number + 1, stream.next) == -stream.position else None


def _key(numbers: tuple[int, int]) -> tuple[int, int]:
    """The same for both directions."""
    one, other = numbers
    return (one, other) if one <= other else (other, one)
