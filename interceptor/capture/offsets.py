"""Clocks of capture files that are apart: by how much, where their packets prove it.

Two machines, or two ends of a tap, capture one direction each; their clocks differ by seconds, and merged by time no
answer follows its request. What is acknowledged was sent before, whatever clocks say, and wherever on its way each was
captured. So each number of one direction that the other one acknowledges bounds the difference from one side, and
what that direction sends bounds it from the other (a handshake does both): the clocks differ by something between.

Owns that arithmetic, and the bounded sample of a file that it needs. Refuses files and words (`files`).

* Evidence is a connection of which one file has one direction and the other file the other. What a file shows from both
  sides needs no other file, and a copy of it elsewhere may as well be a replay of later.
* Numbers must be equal, 32 bits of them in each direction: no other connection of these ports is mistaken for it.
* Connections vote (Marzullo's algorithm, as in RFC 5905 section 11.2.1 for clocks): three of four must allow one offset, to
  within `TOLERANCE`. If as many allow none, the clock is right, whatever the delay of the network. A clock that was set
  or drifts away has no such offset, and is left as it is.
* Samples are taken by hash, so that two files keep the same connections and the same numbers, wherever each begins.
* Of files that belong together the clock that most of them share is right, or the first one's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Limits
from interceptor.core.packets.frames import fast_lane
from interceptor.core.packets.radio import AGGREGATING, apart
from interceptor.core.tcp.flows import bare, reverse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interceptor.core.model import PacketBatch
    from interceptor.core.packets.decode import Decoder

__all__ = ["TOLERANCE", "Offset", "Sightings", "offsets"]

TOLERANCE: Final = 250_000_000
"""Nanoseconds. The core pairs what is a second late, so no smaller difference is worth touching a clock; and that much one
may drift while it is looked at: 50 millionths in 80 minutes."""

_NUMBERS: Final = 32
"""Kept of each kind, direction and connection: all of a short connection."""

_COPIES: Final = 4
"""Files that show the same number of the same direction. More say nothing new."""

_SPREAD: Final = 0x9E3779B1
"""Knuth's multiplicative hash: sequence numbers and ports are regular."""
_PRIME: Final = 2**32 - 5
_MASK: Final = 0xFFFFFFFF
_ACK: Final = 0b10000

_UNITS: Final = tuple(
    1_000 * unit
    for unit in (3_600_000_000, 60_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)  # microseconds
)


class _Numbers:
    """A sample of sequence numbers, with the time at which each came first."""

    __slots__ = ("_below", "times")

    def __init__(self) -> None:
        self.times: dict[int, int] = {}
        self._below = 2**32

    def add(self, number: int, time: int) -> None:
        """Note one, if it is of the sample."""
        times = self.times
        if number in times or number * _SPREAD & _MASK >= self._below:
            return
        times[number] = time
        while len(times) > _NUMBERS:
            self._below //= 2
            self.times = times = {
                one: when for one, when in times.items() if one * _SPREAD & _MASK < self._below
            }


class _Direction:
    """What was seen of one direction of a connection."""

    __slots__ = ("acknowledged", "sent")

    def __init__(self) -> None:
        self.sent = _Numbers()
        """What follows the last byte of segments."""
        self.acknowledged = _Numbers()


class Sightings:
    """What one file shows of its connections: a sample, however long the file is."""

    def __init__(self, most: int) -> None:
        """`most`: directions of connections in the sample."""
        self.packets = 0
        self._most = most
        self._below = 2**32
        self._directions: dict[bytes, _Direction] = {}
        self._decoder: Decoder | None = None

    def add(self, batch: PacketBatch) -> None:
        """Look at packets."""
        self.packets += len(batch.packets)
        if batch.interface.link_type in AGGREGATING:
            batch = apart(batch)
        link_type = batch.interface.link_type
        buffer, directions = batch.buffer, self._directions
        for time, start, captured, length in batch.packets:
            segment = fast_lane(buffer, start, captured) if link_type == 1 else None
            if segment is None:
                decoded = self._decode().decode(link_type, buffer, start, captured, length, time)
                if decoded is None:
                    continue
                segment = decoded[1]
            flow, sequence, acknowledgement, flags, _, _, size = segment
            direction = directions.get(flow)
            if direction is None:
                flow = bare(flow)
                direction = directions.get(flow) or self._begin(flow)
                if direction is None:
                    continue
                directions = self._directions
            size += (flags & 1) + (flags >> 1 & 1)  # RFC 9293 section 3.4: SYN and FIN take a number each
            if size:
                direction.sent.add((sequence + size) & _MASK, time)
            if flags & _ACK:
                direction.acknowledged.add(acknowledgement, time)

    def one_sided(self) -> dict[bytes, _Direction]:
        """The directions that were seen without the other one."""
        return {flow: one for flow, one in self._directions.items() if reverse(flow) not in self._directions}

    @property
    def mostly_one_sided(self) -> bool:
        """Whether it lacks the other direction of most of what it shows."""
        return 2 * len(self.one_sided()) > len(self._directions)

    def _begin(self, flow: bytes) -> _Direction | None:
        """Take a direction into the sample, if its connection is of it."""
        if _place(flow) >= self._below:
            return None
        self._directions[flow] = _Direction()
        while len(self._directions) > self._most:
            self._below //= 2
            self._directions = {
                one: seen for one, seen in self._directions.items() if _place(one) < self._below
            }
        return self._directions.get(flow)

    def _decode(self) -> Decoder:
        if (
            self._decoder is None
        ):  # most captures need none, and its formats are a third of the program's start
            from interceptor.core.packets.decode import Decoder

            self._decoder = Decoder(Limits())
        return self._decoder


@dataclass(frozen=True, slots=True)
class Offset:
    """Where the clock of a file is, beside that of another or of itself."""

    file: int
    reference: int
    nanoseconds: int | None
    """To be added to the times of the file; None: no one number is right for all of it."""
    connections: int
    """That prove it."""


@dataclass(slots=True)
class _Bounds:
    """What one connection says: by how much a file's times must be raised against another's."""

    low: int | None = None
    high: int | None = None


@dataclass(slots=True)
class _Verdict:
    """What the connections that two files share say together."""

    nanoseconds: int | None
    connections: int


def offsets(files: Sequence[Sightings]) -> list[Offset]:
    """Compare clocks. Gives one entry for each file of which something is proven, in their order."""
    verdicts = {pair: _judge(list(bounds.values())) for pair, bounds in _evidence(files).items()}
    links: dict[int, dict[int, _Verdict]] = {}
    for (first, second), verdict in verdicts.items():
        if verdict is not None:
            links.setdefault(first, {})[second] = verdict
            turned = None if verdict.nanoseconds is None else -verdict.nanoseconds
            links.setdefault(second, {})[first] = _Verdict(turned, verdict.connections)
    found: list[Offset] = []
    known: set[int] = set()
    for reference in _references(links):
        if reference not in known:
            found += _spread_from(reference, links, known)
    return sorted(found, key=lambda offset: offset.file)


def _evidence(files: Sequence[Sightings]) -> dict[tuple[int, int], dict[bytes, _Bounds]]:
    """For each two files, what the connections say of which each has one direction."""
    shown: dict[bytes, list[tuple[int, _Direction]]] = {}
    for number, file in enumerate(files):
        for flow, direction in file.one_sided().items():
            shown.setdefault(flow, []).append((number, direction))
    evidence: dict[tuple[int, int], dict[bytes, _Bounds]] = {}
    for flow, senders in shown.items():
        receivers = shown.get(reverse(flow))
        if receivers is None:
            continue
        sent: dict[int, list[tuple[int, int]]] = {}
        for file_number, direction in senders:
            for number, time in direction.sent.times.items():
                places = sent.setdefault(number, [])
                if len(places) < _COPIES:
                    places.append((file_number, time))
        name = min(flow, reverse(flow))
        for receiver, direction in receivers:
            for number, acknowledged in direction.acknowledged.times.items():
                for sender, time in sent.get(number, ()):
                    pair = (sender, receiver) if sender < receiver else (receiver, sender)
                    bounds = evidence.setdefault(pair, {}).setdefault(name, _Bounds())
                    # time + offset of the sender's file <= acknowledged + offset of the receiver's
                    if sender < receiver:
                        low = time - acknowledged
                        bounds.low = low if bounds.low is None else max(bounds.low, low)
                    else:
                        high = acknowledged - time
                        bounds.high = high if bounds.high is None else min(bounds.high, high)
    return evidence


def _judge(said: Iterable[_Bounds]) -> _Verdict | None:
    """What most connections allow; None where none of them bounds it from both sides."""
    ranges = [
        (one.low - TOLERANCE, one.high + TOLERANCE)
        for one in said
        if one.low is not None and one.high is not None and one.low <= one.high + 2 * TOLERANCE
    ]
    if not ranges:
        return None
    right = sum(low <= 0 <= high for low, high in ranges)
    if 4 * right >= 3 * len(ranges):
        return _Verdict(0, right)
    low, high, votes = _most_covered(ranges)
    if 4 * votes < 3 * len(ranges):
        return _Verdict(None, len(ranges))
    return _Verdict(_roundest(low + TOLERANCE, high - TOLERANCE), votes)


def _most_covered(ranges: Iterable[tuple[int, int]]) -> tuple[int, int, int]:
    """The range that most ranges cover, and how many do."""
    edges = sorted(edge for low, high in ranges for edge in ((low, 0), (high, 1)))
    covering = most = 0
    best = (0, 0)
    for (place, closes), (following, _) in zip(edges, [*edges[1:], edges[-1]], strict=True):
        covering += -1 if closes else 1
        if covering > most:
            most, best = covering, (place, following)
    return *best, most


def _roundest(low: int, high: int) -> int:
    """The roundest number from low to high.

    All of them are as likely by the evidence, and clocks are wrong by whole hours, and by what people set them to. Where
    they drift, low is above high: what is between, then.
    """
    middle = (low + high) // 2
    for unit in _UNITS:
        nearest = (middle + unit // 2) // unit * unit
        if low <= nearest <= high:
            return nearest
    return middle


def _references(links: dict[int, dict[int, _Verdict]]) -> list[int]:
    """Files in the order in which their clocks are believed: first those with which most others agree."""
    agreeing = {
        number: sum(verdict.nanoseconds == 0 for verdict in others.values())
        for number, others in links.items()
    }
    return sorted(links, key=lambda number: (-agreeing[number], number))


def _spread_from(reference: int, links: dict[int, dict[int, _Verdict]], known: set[int]) -> list[Offset]:
    """Follow what is proven best, from one file to all that hang together with it; adds them to `known`."""
    placed = {reference: 0}
    weights = {reference: 0}
    while True:
        steps = [
            (verdict.connections, -number, other, verdict)
            for number in placed
            for other, verdict in links[number].items()
            if other not in placed and verdict.nanoseconds is not None
        ]
        if not steps:
            break
        connections, negative, other, verdict = max(steps, key=lambda step: step[:3])
        assert verdict.nanoseconds is not None
        placed[other] = placed[-negative] + verdict.nanoseconds
        weights[other] = connections
    known.update(placed)
    found = [
        Offset(number, reference, nanoseconds, weights[number]) for number, nanoseconds in placed.items()
    ]
    for number in placed:
        for other, verdict in links[number].items():
            if other not in known and not any(one.nanoseconds is not None for one in links[other].values()):
                known.add(other)
                found.append(Offset(other, number, None, verdict.connections))
    return found


def _place(flow: bytes) -> int:
    """Where a connection is among all, the same for both directions and in every file."""
    return int.from_bytes(min(flow, reverse(flow))) % _PRIME * _SPREAD & _MASK
