"""Which of several readers a packet is for, so that each of them understands its connections as if it were alone.

Owns that everything about a connection goes to one reader: both directions, by any interface, VLAN or tunnel; its fragments; and
what translation of addresses (NAT) makes of it. The two ends of a connection say where it goes, by a number that `dealing`
makes of them, and nothing else about the packet does: an inner and an outer copy have the same ends inside. Refuses to
understand: a packet without such ends is anybody's, and whoever gets it says why it is none.

* Under another name a connection has the sequence numbers that it had before. So one whose client begins with the number of another's that
  has just begun goes where that went (`moved`). Where such numbers meet by chance, two connections share a reader, which changes nothing.
* Only the first fragment of a datagram says whose it is. Others follow it; those that come before it are kept back until it comes.

Limits: `BEGUN` first numbers, `MOVED` connections elsewhere and `DATAGRAMS` datagrams in fragments are remembered at least, and at most
twice as many. A connection that is forgotten here (it was silent while as many others were translated) goes on at another
reader, as one that is met in the middle. `KEPT` fragments are kept back at most, for `KEPT_SECONDS`; then they go to whoever gets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from interceptor.core.model import Interface, Limits, PacketBatch
from interceptor.core.packets.dealing import deal, flow_number
from interceptor.core.packets.decode import Decoder
from interceptor.core.packets.frames import fast_lane
from interceptor.core.packets.radio import AGGREGATING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interceptor.core.model import Packet, Segment
    from interceptor.core.packets.decode import Headers

__all__ = ["Hand", "Shares"]

BEGUN: Final = 32_768
"""Translation takes microseconds, and what it makes is seen as soon: this is a second of a flood."""
MOVED: Final = 65_536
"""A hundred new translated connections a second for ten minutes. Some 100 bytes each."""
DATAGRAMS: Final = 1_024
KEPT: Final = 256
"""Of up to 64 KiB: fragments of TCP are rare, and those that come before their first one rarer."""
KEPT_SECONDS: Final = 1.0

_ETHERNET: Final = 1
_SYN: Final = 0b00010
_ACK: Final = 0b10000
_MASK: Final = 0xFFFFFFFF
_SECOND: Final = 1_000_000_000


class Hand(NamedTuple):
    """What a reader gets."""

    reader: int
    interface: Interface
    data: bytes
    """Packets, as `dealing.taken_up` reads them."""
    packets: int
    """How many."""


class _Ends(Decoder):
    """As much of a decoder as finds the two ends of a connection. It holds no fragments: of each it says which datagram it is of."""

    def __init__(self, tunnels: Mapping[int, str] | None) -> None:
        super().__init__(Limits(), tunnels)
        self.flow = b""
        """Of the last packet: addresses and ports of its innermost header of TCP; empty where there is none."""
        self.sequence = self.acknowledgement = 0
        """The numbers in that, …"""
        self.flags = 0
        """… and its flags, where they are in this fragment."""
        self.datagrams: list[bytes] = []
        """Those that the packet is a fragment of, the outermost first."""
        self.later = False
        """It is not the first fragment of the last of them."""

    def look(self, link_type: int, buffer: bytes, packet: Packet) -> None:
        """Look at a packet."""
        time, start, captured, length = packet
        self.flow, self.sequence, self.acknowledgement, self.flags = b"", 0, 0, 0
        self.datagrams, self.later = [], False
        self.decode(link_type, buffer, start, captured, length, time)

    def _segment(self, packet: Headers, at: int) -> tuple[bytes, Segment] | None:
        header = bytes(packet.frame[at : at + 14])
        if len(header) >= 4:
            self.flow = packet.addresses + header[:4]
        if len(header) == 14:
            self.sequence = int.from_bytes(header[4:8], "big")
            self.acknowledgement = int.from_bytes(header[8:12], "big")
            self.flags = header[13]
        return None

    def _fragment(
        self,
        packet: Headers,
        at: int,
        protocol: int,
        identity: bytes,
        offset: int,
        last: bool,  # noqa: ARG002 - as it is called
        extensions: frozenset[int],
    ) -> tuple[bytes, Segment] | None:
        self.datagrams.append(packet.addresses + identity + packet.name)
        if offset:
            self.later = True
            return None
        return self._payload(packet, at, protocol, extensions)


class _Kept(NamedTuple):
    """A fragment that waits."""

    time: int
    interface: Interface
    data: bytes
    """As it is dealt."""
    datagrams: list[bytes]
    """It is of, the outermost first."""


_Key = TypeVar("_Key", int, bytes)


class _Remembered(Generic[_Key]):
    """Readers by what goes to them: as many as were met last, twice as many at most beside those of one batch."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.newer: dict[_Key, int] = {}
        self.older: dict[_Key, int] = {}
        """Not met since they were put aside."""

    def reader(self, key: _Key) -> int:
        """Who gets it; -1 where nobody is known."""
        reader = self.newer.get(key, -1)
        if reader < 0:
            reader = self.older.get(key, -1)
            if reader >= 0:
                self.newer[key] = reader
        return reader

    def turn(self) -> None:
        """Forget those that were put aside, where there are enough newer ones. Not while packets are dealt by these very tables."""
        if len(self.newer) >= self._most:
            self.newer, self.older = {}, self.newer


class Shares:
    """Deals packets to so many readers."""

    def __init__(self, readers: int, tunnels: Mapping[int, str] | None = None) -> None:
        """`tunnels`: at which UDP ports besides the usual ones which are, as for `Pipeline`."""
        self._readers = readers
        self._ends = _Ends(tunnels)
        self._begun = _Remembered[int](BEGUN)
        self._moved = _Remembered[int](MOVED)
        self._datagrams = _Remembered[bytes](DATAGRAMS)
        self._kept: dict[bytes, list[_Kept]] = {}
        """Fragments by the datagram whose first one has not come, the longest kept first."""
        self._released: list[Hand] = []
        """Of them, those of which it is known now."""
        self.held = 0
        """Packets that are kept back."""
        self._turn = 0
        self._batch = PacketBatch(Interface(None, 0), b"", [])
        """What is being dealt."""

    def deal(self, batch: PacketBatch) -> list[Hand]:
        """What each reader gets of a batch, and what was kept back and is now known whose it is."""
        if not batch.packets:
            return []
        self._batch = batch
        self._give_up(batch.packets[-1][0])
        interface = batch.interface
        # several packets may be in one frame of these, of several connections: nobody shares them
        whole = interface.link_type in AGGREGATING
        dealt = deal(
            batch.buffer,
            batch.packets,
            self._readers,
            interface.link_type == _ETHERNET,
            self._moved.newer,
            self._moved.older,
            _nobody_else if whole else self._reader,
        )
        for remembered in (self._begun, self._moved, self._datagrams):
            remembered.turn()
        released, self._released = self._released, []
        hands = [Hand(reader, interface, data, count) for reader, (data, count) in enumerate(dealt) if count]
        return released + hands

    def close(self) -> list[Hand]:
        """No more packets will come: what is kept back."""
        self._give_up(None)
        released, self._released = self._released, []
        return released

    def _reader(self, packet: Packet) -> int:
        """Whose a packet is that is not of the usual kind; -1: it is kept back."""
        batch, ends = self._batch, self._ends
        if batch.interface.link_type == _ETHERNET:
            segment = fast_lane(batch.buffer, packet[1], packet[2])
            if segment is not None:
                flow, sequence, acknowledgement, flags, *_ = segment
                return self._of(flow, sequence, acknowledgement, flags)
        ends.look(batch.interface.link_type, batch.buffer, packet)
        if ends.flow:
            reader = self._of(ends.flow, ends.sequence, ends.acknowledgement, ends.flags)
        elif ends.later:
            reader = self._datagrams.reader(ends.datagrams[-1])
            if reader < 0:
                self._keep(packet, ends.datagrams)
                return -1
        else:
            reader = self._next()
        self._assign(ends.datagrams, reader)
        return reader

    def _of(self, flow: bytes, sequence: int, acknowledgement: int, flags: int) -> int:
        """Whose a connection is."""
        name = flow_number(flow)
        reader = self._moved.reader(name)
        if not flags & _SYN:
            return reader if reader >= 0 else name % self._readers
        # The client's first number, which the server's first segment has as well, where the client's was not seen.
        first = acknowledgement - 1 & _MASK if flags & _ACK else sequence
        if reader < 0:
            here = name % self._readers
            reader = self._begun.reader(first)
            if reader < 0:
                reader = here
            elif reader != here:
                self._moved.newer[name] = reader
        self._begun.newer[first] = reader
        return reader

    def _next(self) -> int:
        """Of what is nobody's, each gets some."""
        self._turn = (self._turn + 1) % self._readers
        return self._turn

    # Fragments

    def _keep(self, packet: Packet, datagrams: list[bytes]) -> None:
        """Have it wait for the first fragment of the last of these."""
        batch = self._batch
        [(data, _)] = deal(batch.buffer, [packet], 1, False, {}, {}, _nobody_else)
        self._kept.setdefault(datagrams[-1], []).append(_Kept(packet[0], batch.interface, data, datagrams))
        self.held += 1
        if self.held > KEPT:
            self._give_up_oldest()

    def _assign(self, datagrams: Iterable[bytes], reader: int) -> None:
        """All fragments of these go there, those that were kept back first."""
        unknown = [*datagrams]
        while unknown:
            datagram = unknown.pop()
            self._datagrams.newer[datagram] = reader
            for kept in self._kept.pop(datagram, ()):
                self._released.append(Hand(reader, kept.interface, kept.data, 1))
                self.held -= 1
                unknown += kept.datagrams

    def _give_up(self, now: int | None) -> None:
        """Give away what has been kept too long at `now` (nanoseconds; None: everything)."""
        while self._kept:
            oldest = next(iter(self._kept.values()))[0]
            # clocks of interfaces differ: one that is behind by more has nobody wait for it
            if now is not None and abs(now - oldest.time) <= KEPT_SECONDS * _SECOND:
                return
            self._give_up_oldest()

    def _give_up_oldest(self) -> None:
        self._assign([next(iter(self._kept))], self._next())


def _nobody_else(_: Packet) -> int:
    return 0
