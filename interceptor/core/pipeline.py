"""Packets in, transactions out: the pure rooms wired together.

Owns the path of a packet and the ledger. Refuses I/O, clocks and logging: time passes by what the packets say (see
`tcp.clocks`), and a live capture tells how it passes with `expire`.

The path is a push down (decode, stream, parser) with a short way for what nearly every packet is: the next
expected segment of a connection in which nothing waits. A bare acknowledgement, or body bytes that nobody
looks at, end there. `Connections.follow` takes what continues a connection in which something waits, and
`Connections.segment` is the long way, for everything else, to the same effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.budget import Budget
from interceptor.core.model import Chunk, Drop, Limits, Stage
from interceptor.core.packets.frames import fast_lane
from interceptor.core.packets.radio import AGGREGATING, apart
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.http1.heads import Heads
from interceptor.core.protocols.http1.layouts import Layouts
from interceptor.core.protocols.http1.parser import Context
from interceptor.core.protocols.recognition import Recognition
from interceptor.core.tcp.clocks import JUMP, Clocks
from interceptor.core.tcp.connection import Life
from interceptor.core.tcp.connections import Connections
from interceptor.core.tcp.reassembly import NEAR, Assembly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interceptor.core.model import Interface, Outcome, PacketBatch, Segment, Transaction, Whose, i64
    from interceptor.core.packets.decode import Decoder, Party
    from interceptor.core.protocols.ledger import Unread

__all__ = ["COLLECT_AFTER", "COPY", "LOST", "Pipeline"]

COLLECT_AFTER: Final = 50_000
"""For `gc.set_threshold` while a pipeline runs: objects until the collector looks for cycles (Python: 700). The
objects that live long here, connections, are many and make no garbage cycles: looking through them again and again
took 10 % of the CPU time of a capture of small requests and 20 % with 50,000 open connections. No more memory is used;
`gc.freeze` adds nothing."""

COPY: Final = "copy"
LOST: Final = "lost"

_ETHERNET: Final = 1
_OPAQUE: Final = Life.OPAQUE
_THOUGHT: Final = 0b10111
"""ACK, RST, SYN and FIN: where only the first is set, a segment needs no thought."""
_ACK: Final = 0b10000
_MASK: Final = 0xFFFFFFFF


class Pipeline:
    """The core. Feed it packets of any number of interfaces, roughly in the order of their times."""

    def __init__(
        self,
        limits: Limits | None = None,
        whose: Whose | None = None,
        tunnels: Mapping[int, str] | None = None,
        *,
        recover_headers: bool = False,
    ) -> None:
        """`tunnels`: at which UDP ports besides the usual ones which are (`packets.tunnels.PORTS`).

        `recover_headers`: after the loss of a header block of HTTP/2, what is known from before is used where all but one
        place of it is refuted (`http2.shifts`), which is right of senders that keep to RFC 9113.
        """
        limits = limits if limits is not None else Limits()
        self._limits = limits
        self._tunnels = tunnels
        self._own: frozenset[Party] = frozenset()
        self._decoder: Decoder | None = None
        """Made when a packet needs it: most captures have none, and its formats take a third of the
        program's start."""
        self._budget = Budget(limits.held_bytes)
        self._assembly = Assembly(limits, self._budget)
        self._context = Context(
            limits, Heads(limits), Layouts(limits.header_lines), limits.head_bytes, self._budget
        )
        self._recognition = Recognition(self._context, recovering=recover_headers)
        self._connections = Connections(limits, self._recognition, self._assembly, whose)
        self._clocks = Clocks()
        self._interface: Interface | None = None
        """The first one."""
        self._began = 0
        """The time of the first packet."""
        self.newest = 0
        """That of the newest one, as its interface says (nanoseconds of Unix time); 0: there was none."""
        self._packets = 0
        self._segments = 0
        self._payload = 0

    def feed(self, batch: PacketBatch) -> list[Outcome]:
        """Take packets. Returns the transactions that are over with them."""
        if batch.interface.link_type in AGGREGATING:
            batch = apart(batch)
        finished: list[Outcome] = []
        chunk = Chunk(batch.buffer, 0, 0, 0, 0, 0)
        interface, buffer = batch.interface, batch.buffer
        link_type = interface.link_type
        ethernet = link_type == _ETHERNET
        connections = self._connections
        if interface is not self._interface:
            connections.several_interfaces = self._interface is not None
            self._interface = self._interface or interface
        streams = connections.streams
        budget, limit = self._budget, self._budget.limit
        clocks = self._clocks
        if batch.packets:
            self.newest = batch.packets[-1][0]
            self._began = self._began or batch.packets[0][0]
        next_tick = clocks.next + clocks.ahead.get(interface, 0)
        back = next_tick - JUMP
        now = clocks.now
        undecoded = long_way = payload = delivered = 0
        for time, start, captured, length in batch.packets:
            if not back <= time < next_tick:
                finished += self._tick(interface, time)
                next_tick = clocks.next + clocks.ahead.get(interface, 0)
                back = next_tick - JUMP
                now = clocks.now
            segment: Segment | None = fast_lane(buffer, start, captured) if ethernet else None
            data_buffer: bytes = buffer
            if segment is None:
                decoder = self._decoder or self._make_decoder()
                decoded = decoder.decode(link_type, buffer, start, captured, length, now)
                if decoded is None:
                    undecoded += 1
                    continue
                data_buffer, segment = decoded
            flow, sequence, acknowledgement, flags, data, present, size = segment
            stream = streams.get(flow)
            if (
                stream is None
                or not stream.smooth
                or flags & _THOUGHT != _ACK
                or sequence != stream.next
                or present != size
                or stream.interface is not interface
            ):
                if (
                    stream is not None
                    and stream.connection.life is _OPAQUE
                    and stream.interface is interface
                    and sequence == stream.next
                    and flags & _THOUGHT == _ACK
                    and stream.connection.rival is None
                ):
                    delivered += present
                    connections.pass_by(stream, present, time)
                    continue
                long_way += 1
                payload += present
                if (
                    stream is not None
                    and stream.steady
                    and flags & _THOUGHT == _ACK
                    and stream.interface is interface
                    and -NEAR <= sequence - stream.next <= NEAR
                ):
                    finished += connections.follow(stream, data_buffer, segment, time)
                else:
                    finished += connections.segment(interface, data_buffer, segment, time)
                if budget.held > limit:
                    finished += connections.relieve()
                continue
            peer = stream.peer
            place = peer.position
            if acknowledgement == peer.next:
                acknowledgement = peer.next  # one integer kept instead of two, on every connection
            else:
                place = peer.place_of(acknowledgement)
                if place > peer.position:
                    long_way += 1
                    payload += present
                    finished += connections.segment(interface, data_buffer, segment, time)
                    if budget.held > limit:
                        finished += connections.relieve()
                    continue
            stream.time = time
            stream.active = now
            stream.acknowledging = acknowledgement
            if not size:
                continue
            delivered += size
            reader = stream.reader
            position = stream.position
            stream.next = (sequence + size) & _MASK
            stream.position = position + size
            if reader.remaining > size:
                reader.remaining -= size
                continue
            if data_buffer is not chunk.buffer:
                chunk = Chunk(data_buffer, 0, 0, 0, 0, 0)
            chunk.cursor = data
            chunk.end = data + size
            chunk.base = position - data
            chunk.time = time
            chunk.place = place
            conversation = stream.connection.conversation
            conversation.receive(stream.side, chunk, finished)
            if conversation.becomes is not None:
                connections.become(stream, finished)
            if budget.held > limit:
                finished += connections.relieve()
        self._packets += len(batch.packets)
        segments = len(batch.packets) - undecoded
        self._segments += segments
        self._payload += payload + delivered
        self._assembly.delivered += delivered
        connections.taken += segments - long_way
        return connections.holdback.keep(finished) if connections.holdback.begun else finished

    def expire(self, now: i64) -> list[Outcome]:
        """Let time pass without packets. Returns the transactions that are over by then.

        A time far from the last one means that the clock was set: time passes from there on.
        """
        finished = self._tick(None, now)
        holdback = self._connections.holdback
        return holdback.keep(finished) if holdback.begun else finished

    def closing(self) -> Iterator[list[Outcome]]:
        """The capture is over. Gives all that was still open, connection by connection.

        What has waited in bytes takes several times as much in transactions: whoever writes them down need not have all at once.
        """
        if self._decoder is not None:
            self._decoder.close()
        yield from self._connections.closing()

    def close(self) -> list[Outcome]:
        """The same at once."""
        return [outcome for finished in self.closing() for outcome in finished]

    def shed(self, count: int) -> list[Outcome]:
        """Make do with `count` connections less: memory is short. Returns what was open on them.

        Those that have been idle longest go, whole: a connection that stays is understood as before.
        """
        return self._connections.shed(count)

    def ledger(self) -> list[Stage]:
        """Where everything went: received = delivered + sum(dropped) + held, at each stage."""
        waiting = self._connections.holdback.transactions
        held_transactions, held_messages = len(waiting), sum(map(_messages, waiting))
        held_bytes = 0
        begun = self._context.transactions
        for connection in self._connections.all():
            if connection.life < Life.CLOSED:
                conversation = connection.conversation
                held_bytes += conversation.held(CLIENT, connection.client.position)
                held_bytes += conversation.held(SERVER, connection.server.position)
                held_messages += conversation.open_messages
                held_transactions += conversation.open_transactions
                begun += conversation.begun
        return [
            *self._lower_stages(),
            self._http(held_bytes),
            self._messages(held_messages),
            _stage("transactions", "transactions", begun, self.transactions, {}, held_transactions),
        ]

    def totals(self) -> list[Stage]:
        """The ledger as far as it is known without asking every connection: at any time, at no cost.

        What is held is what is left over, and of transactions those are known that are over.
        """
        http, messages, reported = self._http(0), self._messages(0), self.transactions
        return [
            *self._lower_stages(),
            self._http(http.received - http.delivered - sum(http.dropped.values())),
            self._messages(messages.received - messages.delivered - sum(messages.dropped.values())),
            _stage("transactions", "transactions", reported, reported, {}, 0),
        ]

    def _lower_stages(self) -> list[Stage]:
        dropped, held = (self._decoder.dropped, self._decoder.held) if self._decoder is not None else ({}, 0)
        connections, assembly = self._connections, self._assembly
        return [
            _stage("packets", "packets", self._packets, self._segments, dropped, held),
            _stage(
                "segments",
                "segments",
                self._segments,
                connections.taken,
                connections.dropped,
                connections.contending,
            ),
            _stage("payload", "bytes", self._payload, assembly.delivered, assembly.dropped, assembly.held),
        ]

    def _http(self, held: int) -> Stage:
        context = self._context
        return _stage("http", "bytes", self._assembly.delivered, context.delivered, context.dropped, held)

    def _messages(self, held: int) -> Stage:
        context = self._context
        late = {Drop.DEADLINE: context.late} if context.late else {}
        paired = (
            2 * context.reported
            - context.halves
            - sum(map(_messages, self._connections.holdback.transactions))
        )
        return _stage("messages", "messages", context.messages, paired, late, held)

    def read(self) -> dict[str, int]:
        """Payload bytes by what they were: of those that came, all but what waits; and `lost`, which did not come.

        `copy` is what came again, or was of no connection.
        """
        read = self._recognition.read()
        read[COPY] = sum(self._assembly.dropped.values())
        read[LOST] = self._assembly.missed + self._assembly.cut
        return read

    def unread(self, time: int) -> list[Unread]:
        """What was not read since this was last asked for, by server; `time` is now, as the capture says."""
        return self._recognition.ledger.unread(self._began, time)

    @property
    def segments(self) -> int:
        """How many packets gave a TCP segment."""
        return self._segments

    @property
    def dropped_packets(self) -> Mapping[Drop, int]:
        """Packets that gave no TCP segment, by reason: as they are counted, not a copy."""
        return self._decoder.dropped if self._decoder is not None else {}

    @property
    def transactions(self) -> int:
        """How many transactions were reported."""
        return self._context.reported - len(self._connections.holdback.transactions)

    @property
    def unpaired(self) -> int:
        """How many of them lack a request or a response."""
        waiting = self._connections.holdback.transactions
        return self._context.halves - sum(_messages(transaction) == 1 for transaction in waiting)

    @property
    def connections(self) -> int:
        """How many connections carried data."""
        return self._connections.opened

    @property
    def evicted(self) -> int:
        """How many connections were closed to make room for others."""
        return self._connections.evicted

    @property
    def shedded(self) -> int:
        """How many connections were closed by `shed`."""
        return self._connections.shedded

    @property
    def open_connections(self) -> int:
        """How many connections are remembered: open, or closed a moment ago."""
        return len(self._connections.streams) // 2

    @property
    def held_bytes(self) -> int:
        """How many payload bytes wait for what is missing before them."""
        return self._assembly.held

    @property
    def waiting_bytes(self) -> int:
        """How much memory all that waits takes, of `Limits.held_bytes`."""
        return self._budget.held

    @property
    def relieved(self) -> int:
        """How many connections had to give up what waited on them, because all that waits took too much."""
        return self._connections.relieved

    @property
    def gaps(self) -> int:
        """How many holes were given up."""
        return self._assembly.gaps

    @property
    def missed_bytes(self) -> int:
        """How many bytes were in them: sent, and never captured."""
        return self._assembly.missed

    @property
    def cut_bytes(self) -> int:
        """How many payload bytes a short snaplen cut off."""
        return self._assembly.cut

    def _make_decoder(self) -> Decoder:
        from interceptor.core.packets.decode import Decoder

        self._decoder = Decoder(self._limits, self._tunnels)
        self._decoder.own = self._own
        return self._decoder

    def leave_out(self, own: frozenset[Party]) -> None:
        """See no traffic of these in what comes out of tunnels, from now on."""
        self._own = own
        if self._decoder is not None:
            self._decoder.own = own

    def _tick(self, interface: Interface | None, time: i64) -> list[Outcome]:
        if not self._clocks.look(interface, time):
            return []
        now = self._clocks.now
        if self._decoder is not None:
            self._decoder.expire(now)
        return self._connections.expire(now)


def _messages(transaction: Transaction) -> int:
    """How many are in it."""
    return (transaction.request is not None) + (transaction.response is not None)


def _stage(
    name: str, unit: str, received: int, delivered: int, dropped: Mapping[Drop, int], held: int
) -> Stage:
    reasons = {str(reason): count for reason, count in sorted(dropped.items()) if count}
    return Stage(name, unit, received, delivered, reasons, held)
