"""TCP connections as their two ends have them, packet by packet, and a pipeline that is held to its ledger."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from interceptor.core.model import Interface, Limits, PacketBatch, Transaction
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.model import Outcome, Stage

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
FIN, SYN, RST, ACK = 1, 2, 4, 16
WRAP = 2**32

ETHERNET = bytes.fromhex("02420a00000202420a0000010800")
_IPV4 = struct.Struct(">BxHIBBH4s4s").pack
_TCP = struct.Struct(">HHIIBBHI").pack


class Ends(NamedTuple):
    """Who speaks: addresses, ports, and initial sequence numbers."""

    client: str = "10.1.0.1"
    server: str = "10.2.0.1"
    client_port: int = 40_000
    server_port: int = 80
    client_start: int = 1_000
    server_start: int = 5_000


class Sent(NamedTuple):
    """A segment as one end sends it, in positions of the two directions."""

    ends: Ends
    client: bool
    """Whether it is the client who sends it."""
    position: int
    """Of its first byte; a SYN is at -1."""
    place: int | None
    """Bytes of the other direction that its sender has; None: no acknowledgement."""
    flags: int = ACK
    data: bytes = b""

    def frame(self) -> bytes:
        """The packet, as an Ethernet shows it."""
        ends = self.ends
        source, target = ip_address(ends.client).packed, ip_address(ends.server).packed
        ports = ends.client_port, ends.server_port
        own, other = ends.client_start, ends.server_start
        if not self.client:
            source, target, ports, own, other = target, source, ports[::-1], other, own
        acknowledged = 0 if self.place is None else (other + 1 + self.place) % WRAP
        flags = self.flags if self.place is not None else self.flags & ~ACK
        sequence = (own + 1 + self.position) % WRAP
        return (
            ETHERNET
            + _IPV4(0x45, 40 + len(self.data), 0, 64, 6, 0, source, target)
            + _TCP(*ports, sequence, acknowledged, 0x50, flags, 65_535, 0)
            + self.data
        )


class Seen(NamedTuple):
    """A packet as the capture has it."""

    time: int
    interface: Interface
    frame: bytes


def batch(seen: Iterable[Seen]) -> PacketBatch:
    """Packets of one interface in one buffer."""
    interface, buffer, packets = None, bytearray(), list[tuple[int, int, int, int]]()
    for time, where, frame in seen:
        assert interface in {None, where}
        interface = where
        packets.append((time, len(buffer), len(frame), len(frame)))
        buffer += frame
    assert interface is not None
    return PacketBatch(interface, bytes(buffer), packets)


def transactions(outcomes: Iterable[Outcome]) -> list[Transaction]:
    """Those of HTTP."""
    return [outcome for outcome in outcomes if isinstance(outcome, Transaction)]


def unbalanced(stages: Iterable[Stage]) -> list[Stage]:
    """Stages where something is unaccounted for."""
    return [
        stage
        for stage in stages
        if not stage.balanced or min(stage.held, stage.delivered, *stage.dropped.values(), 0) < 0
    ]


def unread_amiss(pipeline: Pipeline) -> dict[str, int]:
    """What the payload was, where its sum is not that of the ledger, or a part is less than nothing."""
    read = pipeline.read()
    held = sum(stage.held for stage in pipeline.ledger() if stage.name in {"payload", "http"})
    [payload] = [stage for stage in pipeline.ledger() if stage.name == "payload"]
    whole = sum(read.values()) - read["lost"] + held == payload.received
    return {} if whole and min(read.values()) >= 0 else read


@dataclass
class Capture:
    """A pipeline that is fed packet by packet; its ledger is looked at after each of them."""

    limits: Limits = field(default_factory=Limits)
    transactions: list[Transaction] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    """These, and what else was reported."""
    interface: Interface = field(default_factory=lambda: Interface("eth0", 1))
    now: int = START

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(self.limits)

    def feed(self, frame: bytes, time: int | None = None, interface: Interface | None = None) -> None:
        """One packet, now or then."""
        self.now = self.now if time is None else time
        self._take(
            self.pipeline.feed(batch([Seen(self.now, interface or self.interface, frame)])),
        )

    def wait(self, seconds: float) -> None:
        """Let time pass, as a live capture tells it; the clock is set where there is none or it goes back."""
        end = self.now + round(seconds * SECOND)
        while self.now < end - SECOND:
            self.now += SECOND
            self._take(self.pipeline.expire(self.now))
        self.now = end
        self._take(self.pipeline.expire(self.now))

    def close(self) -> list[Transaction]:
        """The capture is over. Returns all that was reported."""
        self._take(self.pipeline.close())
        assert all(stage.held == 0 for stage in self.pipeline.ledger())
        return self.transactions

    def stage(self, name: str) -> Stage:
        """One line of the ledger."""
        [stage] = [stage for stage in self.pipeline.ledger() if stage.name == name]
        return stage

    def dropped(self, name: str) -> dict[str, int]:
        """What one stage dropped, by reason."""
        return self.stage(name).dropped

    def _take(self, outcomes: list[Outcome]) -> None:
        self.outcomes += outcomes
        self.transactions += transactions(outcomes)
        assert unbalanced(self.pipeline.ledger()) == []
        assert unread_amiss(self.pipeline) == {}


@dataclass
class Dialogue:
    """A connection, driven by hand: what its ends send is captured unless it is lost."""

    capture: Capture
    ends: Ends = field(default_factory=Ends)
    client_sent: int = 0
    server_sent: int = 0

    def show(self, sent: Sent, interface: Interface | None = None) -> None:
        """Capture a segment."""
        self.capture.feed(sent.frame(), interface=interface)

    def open(self) -> Self:
        """The three segments of a handshake."""
        self.show(Sent(self.ends, client=True, position=-1, place=None, flags=SYN))
        self.show(Sent(self.ends, client=False, position=-1, place=0, flags=SYN | ACK))
        self.show(Sent(self.ends, client=True, position=0, place=0))
        return self

    def client(self, data: bytes = b"", *, flags: int = ACK, lost: bool = False, **how: Any) -> Sent:
        """The client sends; `how` may say another `position` or `place`, or an `interface`."""
        interface = how.pop("interface", None)
        sent = Sent(
            self.ends,
            client=True,
            position=how.pop("position", self.client_sent),
            place=how.pop("place", self.server_sent),
            flags=flags,
            data=data,
        )
        assert not how
        self.client_sent = max(self.client_sent, sent.position + len(data) + (flags & FIN))
        if not lost:
            self.show(sent, interface)
        return sent

    def server(self, data: bytes = b"", *, flags: int = ACK, lost: bool = False, **how: Any) -> Sent:
        """The server sends."""
        interface = how.pop("interface", None)
        sent = Sent(
            self.ends,
            client=False,
            position=how.pop("position", self.server_sent),
            place=how.pop("place", self.client_sent),
            flags=flags,
            data=data,
        )
        assert not how
        self.server_sent = max(self.server_sent, sent.position + len(data) + (flags & FIN))
        if not lost:
            self.show(sent, interface)
        return sent

    def exchange(self, nonce: int) -> None:
        """A request and its response."""
        self.client(request(nonce))
        self.server(response(nonce))

    def close(self) -> None:
        """Both ends say that they are done."""
        self.client(flags=ACK | FIN)
        self.server(flags=ACK | FIN)
        self.client()


def request(nonce: int, method: str = "GET", fields: str = "", body: bytes = b"") -> bytes:
    """A request that names its number in its path."""
    if body:
        fields += f"Content-Length: {len(body)}\r\n"
    return f"{method} /n/{nonce} HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n".encode() + body


def response(nonce: int, fields: str = "", body: bytes | None = None, status: int = 200) -> bytes:
    """A response that names its request's number in the name of a field."""
    body = b"b" * (10 + nonce % 10) if body is None else body
    return (
        f"HTTP/1.1 {status} Fine\r\nX-Nonce-{nonce}: 1\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def story(seen: Iterable[Seen]) -> str:
    """Packets of ours as lines to read, for the reports of failures."""
    lines = []
    for time, interface, frame in seen:
        source, _, sequence, acknowledgement, _, flags, *_ = struct.unpack_from(
            ">HHIIBBHI", frame.ljust(54), 34
        )
        names = "".join(name for bit, name in ((1, "F"), (2, "S"), (4, "R"), (16, "A")) if flags & bit)
        lines.append(
            f"{(time - START) / SECOND:+.3f} {interface.name} {source}: {sequence}+{len(frame) - 54}"
            f" ack {acknowledgement} {names} {frame[54:]!r}"
        )
    return "\n".join(lines)


def asked(transaction: Transaction) -> str | None:
    """The number that a transaction's request names."""
    return None if transaction.request is None else transaction.request.target.rpartition("/")[2]


def answered(transaction: Transaction) -> str | None:
    """The number that a transaction's response names."""
    if transaction.response is None:
        return None
    names = [name for name in transaction.response.header_names if name.startswith("x-nonce-")]
    return names[0].removeprefix("x-nonce-") if names else "?"


def pairs(transactions: Iterable[Transaction]) -> list[tuple[str | None, str | None]]:
    """The numbers of requests and responses, as they were paired."""
    return [(asked(transaction), answered(transaction)) for transaction in transactions]


def records(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Their records, with everything that may be shown."""
    lines = RecordEncoder("full").encode(list(outcomes)).splitlines()
    return [msgspec.json.decode(line) for line in lines]


def run(
    seen: Iterable[Seen], limits: Limits | None = None, *, size: int = 1
) -> tuple[list[Transaction], list[Stage]]:
    """All packets through a pipeline, `size` at a time where they are of one interface."""
    pipeline = Pipeline(limits)
    outcomes: list[Outcome] = []
    waiting: list[Seen] = []
    for packet in seen:
        if waiting and (packet.interface is not waiting[0].interface or len(waiting) == size):
            outcomes += pipeline.feed(batch(waiting))
            waiting = []
        waiting.append(packet)
    if waiting:
        outcomes += pipeline.feed(batch(waiting))
    outcomes += pipeline.close()
    return transactions(outcomes), pipeline.ledger()


__all__ = [
    "ACK",
    "ETHERNET",
    "FIN",
    "RST",
    "SECOND",
    "START",
    "SYN",
    "WRAP",
    "Capture",
    "Dialogue",
    "Ends",
    "Seen",
    "Sent",
    "answered",
    "asked",
    "batch",
    "pairs",
    "records",
    "request",
    "response",
    "run",
    "story",
    "transactions",
    "unbalanced",
    "unread_amiss",
]
