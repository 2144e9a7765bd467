"""Translations: one connection under several names, because addresses or ports are changed on its way (NAT).

kube-proxy's DNAT for Services, masquerading, NodePorts and their like change addresses and ports; sequence numbers they
leave alone. So a connection is known by the pair of numbers before the first byte of either side, the initial ones where
its handshake was seen: 64 bits that two connections of the same moment do not share by chance. For programs whose numbers are
no random ones, more is asked: the other name is on another interface, or it goes back to where the first one came from (a pod that
asks itself by way of a Service: a hairpin); its packets have been routed, as their hop counts say
(RFC 791 section 3.2, RFC 8200 section 3); and where its first bytes are seen again they are the same, and not later than a host
needs to pass them on. What terminates connections (a proxy of layer 7, a SYN proxy) chooses
its own numbers and is a hop of its own; what is translated between two other hosts and shown twice by one interface is two
connections to us.

Owns how a connection is found by these numbers, and which of its names is the one that an end sees: the sender of its first
data sees the name under which that has been routed least, the receiver the other one. Refuses what changes numbers (firewalls that
randomise them): that is two connections to us, as are two that seem to have the same numbers at the same time.

Limits: a connection can be found for `_SECONDS` after its first data, and `_REMEMBERED` of them at once, the newest: its
other name shows within the time that a packet needs to cross a host.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from interceptor.core.tcp.flows import bare, reverse
from interceptor.core.tcp.reassembly import Stream

if TYPE_CHECKING:
    from interceptor.core.model import Interface

__all__ = ["COMPARED", "UNROUTED", "First", "Names", "Translations", "hops_left"]

_SECONDS: Final = 2 * 1_000_000_000
_REMEMBERED: Final = 2_048
"""More than begin within the fraction of a second after which the other name shows."""
COMPARED: Final = 64
"""Bytes of what a connection began with."""
_CROSSING: Final = 200_000_000
"""Nanoseconds that a busy host may need to pass a packet on."""
_ROUTERS: Final = 8
"""That one host may be."""
UNROUTED: Final = frozenset({64, 128, 255})
"""Hops that a packet may pass when it leaves the machine that made it: what systems begin with."""

StreamT = TypeVar("StreamT", bound=Stream)


class First(NamedTuple):
    """The first data that was seen under a name."""

    flow: bytes
    """The name, of the direction in which it went."""
    numbers: tuple[int, int]
    """Before the first byte of this direction, and of the other one."""
    interface: Interface
    sequence: int
    said: bytes
    """From `sequence` on, at most `COMPARED` bytes of it."""
    hops: int
    """See `hops_left`."""
    time: int
    """As the capture says."""


class Names:
    """The names of a connection, as they were seen on the way of its first data.

    It knows directions by their first names, so that a connection that is over is not kept for it.
    """

    __slots__ = ("_far", "_near", "_shown", "ambiguous", "first", "since")

    def __init__(self, first: First, now: int) -> None:
        self.first = first
        """Under the name that was seen first."""
        self._near = self._far = first.flow, first.hops
        self._shown: list[bytes] | None = None
        self.since = now
        """On the clock that time-outs run on."""
        self.ambiguous = False
        """Another connection began with the same numbers."""

    def shown(self, direction: bytes) -> bytes:
        """The name under which a direction was last read. What comes under another one may be a copy."""
        return direction if self._shown is None else self._shown[direction != self.first.flow]

    def show(self, direction: bytes, flow: bytes) -> None:
        """A direction was read under this name."""
        if self._shown is None:
            self._shown = [self.first.flow, reverse(self.first.flow)]
        self._shown[direction != self.first.flow] = flow

    def fit(self, other: First) -> bool:
        """Whether what is seen under another name can be this connection's, on another part of its way."""
        first = self.first
        if other.numbers != first.numbers:
            return False
        if other.interface is first.interface and not _returns(first, other):
            return False
        if bare(other.flow) == bare(first.flow) or self._far[1] <= other.hops <= self._near[1]:
            return False
        if abs(other.hops - self._near[1]) > _ROUTERS:
            return False
        size = min(len(other.said), len(first.said))
        return other.sequence != first.sequence or (
            other.said[:size] == first.said[:size] and abs(other.time - first.time) <= _CROSSING
        )

    def add(self, other: First) -> None:
        """Another name."""
        if other.hops > self._near[1]:
            self._near = other.flow, other.hops
        else:
            self._far = other.flow, other.hops

    def of_ends(self, client: bytes) -> tuple[bytes, bytes]:
        """Of the client's direction: as the client sees it, and as the server does."""
        near, far = self._near[0], self._far[0]
        return (near, far) if client == self.first.flow else (reverse(far), reverse(near))


class Translations(Generic[StreamT]):
    """Connections that began a moment ago, by their numbers. `streams` are those of their owner, by flow."""

    def __init__(self, streams: dict[bytes, StreamT]) -> None:
        self._streams = streams
        self._begun: OrderedDict[tuple[int, int], Names] = OrderedDict()

    def opened(self, first: First, now: int) -> None:
        """A connection has begun with this."""
        key = _key(first.numbers)
        before = self._begun.pop(key, None)
        names = self._begun[key] = Names(first, now)
        names.ambiguous = before is not None and self._sender(before, now) is not None
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    def find(self, first: First, now: int) -> tuple[Names, StreamT] | None:
        """The connection, and the direction of it, that the first data under an unknown name belongs to."""
        names = self._begun.get(_key(first.numbers))
        if names is None or names.ambiguous or not names.fit(first):
            return None
        sender = self._sender(names, now)
        return None if sender is None else (names, sender)

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
        stream = self._streams.get(names.first.flow)
        if stream is None or now - names.since > _SECONDS or not stream.began_with(names.first.numbers[0]):
            return None
        return stream


def _returns(one: First, other: First) -> bool:
    """Whether what was routed under the one name goes to whoever sent it under the other."""
    sent, arrives = (one, other) if one.hops > other.hops else (other, one)
    size = (len(bare(sent.flow)) - 4) // 2
    return sent.flow[:size] == arrives.flow[size : 2 * size]


def hops_left(buffer: bytes, data: int, flow: bytes) -> int:
    """How many routers a packet may still pass, from the IP header before its TCP header; -1 where that is not there.

    `data` is where the payload begins.
    """
    plain = bare(flow)
    addresses = len(plain) - 4
    # Without IP options or extension headers, addresses and ports are neighbours, as in the flow. TCP's header has 20 to 60 bytes.
    place = buffer.rfind(plain, max(data - 60 - addresses, 0), max(data - 16, 0))
    tcp = place + addresses
    if place < 0 or buffer[tcp + 12] >> 4 << 2 != data - tcp:  # RFC 9293 section 3.1: the data offset
        return -1
    if addresses == 8:
        return buffer[place - 4] if place >= 12 else -1
    return buffer[place - 1] if place >= 8 else -1


def _key(numbers: tuple[int, int]) -> tuple[int, int]:
    """The same for both directions."""
    one, other = numbers
    return (one, other) if one <= other else (other, one)
