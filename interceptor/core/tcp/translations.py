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

A connection whose handshake was not seen may have been met at another moment under each of its names, and has been read as one of
its own under each. It is looked for at each turn, where one side begins to speak after the other (`Search`): the packet with the first bytes
of a request has the number of the first byte of its response, too, and both names have this pair in common. What is met between the two,
nearer to who answers, is known by the answer that the other name still waits for. Two connections with
the same pair are left apart, and what may be a copy of either says so (`Anomaly.NAT_UNJOINED`).

Owns how a connection is found by these numbers, and which of its names is the one that an end sees: the sender of its first
data sees the name under which that has been routed least, the receiver the other one. Refuses what changes numbers (firewalls that
randomise them): that is two connections to us, as are two that seem to have the same numbers at the same time.

Limits: a connection can be found for `_SECONDS` after its first data, or a turn, and `_REMEMBERED` of these at once, the newest: its
other name shows within the time that a packet needs to cross a host. One that was met in the middle is looked for in `_TURNS` turns at
least, and for `_SOUGHT` seconds: an agent that starts has opened all interfaces by then.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from interceptor.core.tcp.flows import bare, reverse
from interceptor.core.tcp.reassembly import Stream

if TYPE_CHECKING:
    from interceptor.core.model import Interface

__all__ = ["COMPARED", "UNROUTED", "First", "Names", "Search", "Translations", "hops_left"]

_SECONDS: Final = 2 * 1_000_000_000
_REMEMBERED: Final = 2_048
"""More than begin, or take their turn, within the fraction of a second after which the other name shows."""
_TURNS: Final = 8
"""Where so few are seen in `_SOUGHT` seconds, the connection is a quiet one, and looking on costs nothing."""
_SOUGHT: Final = 10 * 1_000_000_000
COMPARED: Final = 64
"""Bytes of what a connection began with."""
_CROSSING: Final = 200_000_000
"""Nanoseconds that a busy host may need to pass a packet on."""
_ROUTERS: Final = 8
"""That one host may be."""
UNROUTED: Final = frozenset({64, 128, 255})
"""Hops that a packet may pass when it leaves the machine that made it: what systems begin with."""

_ANSWER: Final = -1
"""In a key, beside the number before an answer: that is looked for by this alone, and then compared."""

_MASK: Final = 0xFFFFFFFF

StreamT = TypeVar("StreamT", bound=Stream)


class First(NamedTuple):
    """The first data that was seen under a name, or that of a turn."""

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

    __slots__ = ("_far", "_near", "_shown", "ambiguous", "first", "returns", "since")

    def __init__(self, first: First, now: int) -> None:
        self.first = first
        """Under the name that was seen first."""
        self._near = self._far = first.flow, first.hops
        self._shown: list[bytes] | None = None
        self.since = now
        """On the clock that time-outs run on."""
        self.returns = False
        """One interface shows several: which one a segment has must be looked at."""
        self.ambiguous = False
        """Two connections began with these numbers, or took this turn, and it is not known whose names they are."""

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
        self.returns |= other.interface is self.first.interface
        if other.hops > self._near[1]:
            self._near = other.flow, other.hops
        else:
            self._far = other.flow, other.hops

    def of_ends(self, client: bytes) -> tuple[bytes, bytes]:
        """Of the client's direction: as the client sees it, and as the server does."""
        near, far = self._near[0], self._far[0]
        return (near, far) if client == self.first.flow else (reverse(far), reverse(near))


class Found(NamedTuple, Generic[StreamT]):
    """A connection that data under another name belongs to."""

    names: Names
    stream: StreamT
    """The direction of it."""
    other: First
    """The other name, in the direction of the first one."""


class Search:
    """The turns of a connection whose handshake was not seen, while it may have another name."""

    __slots__ = ("_since", "_turns", "speaker")

    def __init__(self, speaker: bytes, now: int) -> None:
        self.speaker = speaker
        """The direction in which the newest data went. Data in the other one is a turn."""
        self._turns = 1
        self._since = now

    def turn(self, speaker: bytes) -> None:
        """The other side speaks."""
        self.speaker = speaker
        self._turns += 1

    def over(self, now: int) -> bool:
        """Whether no other name will show any more."""
        return self._turns > _TURNS and now - self._since > _SOUGHT


class Translations(Generic[StreamT]):
    """Connections that began or took their turn a moment ago, by numbers. `streams` are those of their owner, by flow."""

    def __init__(self, streams: dict[bytes, StreamT]) -> None:
        self._streams = streams
        self._begun: OrderedDict[tuple[int, int], Names] = OrderedDict()

    def note(self, first: First, now: int, *, sought: bool = False) -> None:
        """A connection has begun with this, or goes on with it. `sought`: its answer may be what another name shows first."""
        key = _key(first.numbers)
        before = self._begun.pop(key, None)
        names = self._begun[key] = Names(first, now)
        names.ambiguous = before is not None and self._sender(before, now) is not None
        if sought:  # whoever began to ask first is the one that waits
            self._begun.setdefault((first.numbers[1], _ANSWER), names)
        while len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    def find(self, first: First, now: int) -> Found[StreamT] | None:
        """What data under another name belongs to; one of two where that is ambiguous."""
        names = self._begun.get(_key(first.numbers))
        if names is None:
            return self._waiting_for(first, now)
        sender = self._sender(names, now) if names.fit(first) else None
        return None if sender is None else Found(names, sender, first)

    def _waiting_for(self, answer: First, now: int) -> Found[StreamT] | None:
        """What has asked, and waits for just this."""
        names = self._begun.get((answer.numbers[0], _ANSWER))
        sender = self._sender(names, now) if names is not None else None
        if names is None or sender is None:
            return None
        asked = names.first
        answers = self._streams[reverse(asked.flow)]
        if (answers.next, sender.next) != (answer.sequence, (answer.numbers[1] + 1) & _MASK):
            return None
        if UNROUTED.isdisjoint({asked.hops, answer.hops}):
            return None  # nothing says which of them is nearer to who answers
        other = asked._replace(flow=reverse(answer.flow), interface=answer.interface, hops=asked.hops - 1)
        return Found(names, answers, other) if names.fit(other) else None

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
        """The direction, unless it is over, or that is too long ago."""
        stream = self._streams.get(names.first.flow)
        if stream is None or now - names.since > _SECONDS:
            return None
        return stream if 0 <= stream.place_of(names.first.numbers[0] + 1) <= stream.position else None


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
