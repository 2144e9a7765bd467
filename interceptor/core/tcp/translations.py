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
from interceptor.core.tcp.reassembly import Stream

__all__ = ["Names", "Translations"]

_SECONDS: Final = 2 * 1_000_000_000
_REMEMBERED: Final = 4_096
"""More than begin within the fraction of a second after which the other name shows."""
_COMPARED: Final = 64
"""Bytes of what a connection began with."""

StreamT = TypeVar("StreamT", bound=Stream)


class Names(Generic[StreamT]):
    """The names of a connection, as they were seen on the way of its first data."""

    __slots__ = ("_far", "_near", "_number", "_said", "_sequence", "_shown", "ambiguous", "sender", "since")

    def __init__(self, sender: StreamT, number: int, sequence: int, said: bytes, time: int, now: int) -> None:
        self.sender = sender
        self._number = number
        self._sequence = sequence
        self._said = said[:_COMPARED]
        self._near = self._far = sender.flow, time
        self._shown = [sender.flow, sender.peer.flow]
        self.since = now
        """On the clock that time-outs run on."""
        self.ambiguous = False
        """Another connection began with the same numbers."""

    def stream(self, number: int) -> StreamT:
        """The direction whose bytes come after this number."""
        found: StreamT = self.sender if number == self._number else self.sender.peer  # type: ignore[assignment]
        return found

    def shown(self, stream: StreamT) -> bytes:
        """The name under which a direction was last read. What comes under another one may be a copy."""
        return self._shown[stream is not self.sender]

    def show(self, stream: StreamT, flow: bytes) -> None:
        """A direction was read under this name."""
        self._shown[stream is not self.sender] = flow

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

    def of_ends(self, client: StreamT) -> tuple[bytes, bytes]:
        """Of the client's direction: as the client sees it, and as the server does."""
        near, far = self._near[0], self._far[0]
        return (near, far) if client is self.sender else (reverse(far), reverse(near))


class Translations(Generic[StreamT]):
    """Connections that began a moment ago, by their numbers. `streams` are those of their owner, by flow."""

    def __init__(self, streams: dict[bytes, StreamT]) -> None:
        self._streams = streams
        self._begun: OrderedDict[tuple[int, int], Names[StreamT]] = OrderedDict()

    def opened(
        self, sender: StreamT, numbers: tuple[int, int], sequence: int, said: bytes, time: int, now: int
    ) -> None:
        """A connection's first data was captured at `time`: what was `said`, from `sequence` on.

        `numbers` are those before the first byte of its sender and of its peer.
        """
        key = _key(numbers)
        before = self._begun.pop(key, None)
        names = self._begun[key] = Names(sender, numbers[0], sequence, said, time, now)
        names.ambiguous = before is not None and self._alive(before, now)
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    def find(
        self, flow: bytes, numbers: tuple[int, int], sequence: int, said: bytes, now: int
    ) -> Names[StreamT] | None:
        """The names of the connection that a segment of an unknown name belongs to; the rest as for `opened`."""
        names = self._begun.get(_key(numbers))
        if names is None or names.ambiguous or not self._alive(names, now):
            return None
        stream = names.stream(numbers[0])
        if bare(stream.flow) == bare(flow) or (stream is names.sender and names.differ(sequence, said)):
            return None
        return names

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

    def _alive(self, names: Names[StreamT], now: int) -> bool:
        sender = names.sender
        return now - names.since <= _SECONDS and self._streams.get(sender.flow) is sender


def _key(numbers: tuple[int, int]) -> tuple[int, int]:
    """The same for both directions."""
    one, other = numbers
    return (one, other) if one <= other else (other, one)
