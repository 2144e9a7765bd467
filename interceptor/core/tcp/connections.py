"""TCP connections: two streams, and the conversation on them.

Owns the life of a connection (first data, end, removal), who is client and who is server, when a hole is lost, and
how many connections there may be. Refuses bytes and messages: those are the streams' and the conversation's; and what
has carried no data: that is a handshake.

A byte is known by its place in the sequence space, wherever it is captured: what is missing is taken from any
interface, and a copy is what is here already.

Limits: when the table is full, the longest idle of the connections that are due next is closed and reported.
Every time-out runs on elapsed time (`Connections.now`, which the pipeline moves on; a packet's own time is only
reported) and is found by a wheel of seconds: a connection is looked at when it may be due, not at every packet. What
is forgotten is free at once, whatever the wheel still has of it.
"""

from __future__ import annotations

from enum import IntEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly, Chunk, Drop
from interceptor.core.protocols.http1.heads import plausible_request, plausible_response
from interceptor.core.protocols.http1.pairing import Conversation
from interceptor.core.protocols.http1.parser import OPAQUE
from interceptor.core.protocols.http1.recognition import Prospect
from interceptor.core.tcp.clocks import TICK
from interceptor.core.tcp.flows import Ends, reverse
from interceptor.core.tcp.handshakes import Handshakes
from interceptor.core.tcp.namesakes import Namesakes
from interceptor.core.tcp.reassembly import ACK, FAR, FIN, RST, SYN, Assembly, Stream, difference
from interceptor.core.tcp.rivals import Rival, far_off
from interceptor.core.tcp.wheel import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.model import Interface, Limits, Segment, Transaction
    from interceptor.core.protocols.http1.parser import Context, RequestParser, ResponseParser
    from interceptor.core.tcp.reassembly import Piece

__all__ = ["Connection", "Connections", "Life"]

_SECOND: Final = 1_000_000_000
_MASK: Final = 0xFFFFFFFF
_LOOKED_AT: Final = 8
"""Connections that an eviction compares."""
_TELLING: Final = 32
"""Bytes of a start line that goes on in the next segment."""
_SPARE: Final = 1_024
"""Entries of forgotten connections that the wheel may always have, besides one for each that is remembered."""


class Direction(Stream):
    """A stream and what its connection keeps with it."""

    __slots__ = (
        "active",
        "connection",
        "interface",
        "parser",
        "smooth",
        "time",
    )

    connection: Connection
    parser: RequestParser | ResponseParser
    """Once the connection has a conversation."""
    peer: Direction

    def __init__(self, flow: bytes, sequence: int, assembly: Assembly) -> None:
        super().__init__(flow, sequence, assembly)
        self.interface: Interface | None = None
        """Where it was last read. What another one shows may be a copy."""
        self.time = 0
        """Of the newest segment, as the capture says."""
        self.active = 0
        """The same on the clock that time-outs run on."""
        self.smooth = False
        """Nothing waits in either direction and both are open: an expected segment needs no thought."""


class Life(IntEnum):
    """How far a connection has come. Each follows the one before, or skips it."""

    OPEN = 0
    OPAQUE = 1
    """No HTTP any more: bytes are counted, not followed."""
    RESET = 2
    """A RST has been delivered."""
    CLOSED = 3
    """Over and reported; remembered for a while so that stragglers are recognised."""
    FORGOTTEN = 4
    """Not in the table any more, and without directions."""


_OPAQUE: Final = Life.OPAQUE
_CLOSED: Final = Life.CLOSED


class Connection:
    """One connection: its two directions, and what they say."""

    __slots__ = ("client", "conversation", "life", "rival", "server")

    def __init__(self, client: Direction, server: Direction) -> None:
        self.client = client
        self.server = server
        """Who is who is a guess until `conversation` exists."""
        client.peer, server.peer = server, client
        client.connection = server.connection = self
        self.conversation: Conversation | None = None
        self.life = Life.OPEN
        self.rival: Rival | None = None
        """What may be the first segment of another connection of this name."""

    @property
    def active(self) -> int:
        """When the newest segment came, on the clock that time-outs run on."""
        return max(self.client.active, self.server.active)


class Connections:
    """All connections of a pipeline."""

    def __init__(self, limits: Limits, context: Context, assembly: Assembly) -> None:
        self.streams: dict[bytes, Direction] = {}
        """Both directions of every connection that has carried data, by flow."""
        self.now = 0
        """Elapsed time (nanoseconds), up to `TICK` behind."""
        self.dropped: dict[Drop, int] = {}
        """Segments that touched no connection."""
        self.contending = 0
        """Segments of which it is not known yet which connection they belong to."""
        self.opened = 0
        """Connections with data, ever."""
        self.taken = 0
        """Segments that did."""
        self._limits = limits
        self._context = context
        self._assembly = assembly
        self._handshakes = Handshakes(limits)
        self._names = Namesakes(self.streams)
        self._stalled: dict[Connection, None] = {}
        """In which something waits."""
        self._prospects: dict[Direction, Prospect] = {}
        """What directions may have begun to say, of connections that have no conversation."""
        self._wheel: Wheel[Connection] = Wheel()
        """When each must be looked at."""
        self._ends = Ends()
        self.evicted = 0
        """Connections closed to make room for another."""
        self.shedded = 0
        """Connections closed because there was no memory for so many."""
        self.relieved = 0
        """Connections that gave up what waited on them."""

    # Segments in

    def segment(self, interface: Interface, buffer: bytes, segment: Segment, time: int) -> list[Transaction]:
        """Any TCP segment. Returns the transactions that it finishes.

        The pipeline takes the expected ones on a shorter way, to the same effect.
        """
        flow, sequence, acknowledgement, flags, data, captured, length = segment
        finished: list[Transaction] = []
        stream = self.streams.get(flow)
        if stream is None and self._names.possible(flow):
            handshake = self._handshakes.of(flow)
            stream = self._names.find(flow, sequence, acknowledgement, flags, handshake)
        if stream is not None and (
            stream.connection.rival is not None
            or (flags & SYN and stream.next >= 0)
            or (length and sequence != stream.next and far_off(stream, sequence, acknowledgement))
        ):
            connection = stream.connection
            if self._contend(interface, buffer, segment, time, stream, finished):
                return finished
            if connection.life is Life.FORGOTTEN:
                finished += self.segment(interface, buffer, segment, time)
                return finished
        if stream is None:
            if not length and not (
                flags & FIN and self._handshakes.overtaken(flow, sequence, acknowledgement)
            ):
                self._handshakes.note(flow, sequence, acknowledgement, flags, self.now)
                self._drop(Drop.NO_PAYLOAD_YET)
                return finished
            if flow == reverse(flow):
                self._drop(Drop.ITS_OWN_PEER)
                self._assembly.drop(Drop.ITS_OWN_PEER, captured)
                return finished
            stream = self._open(interface, segment, finished)
        elsewhere = stream.interface is not None and stream.interface is not interface
        if elsewhere:
            if length or flags & (FIN | RST):
                if self._shown(stream, segment):
                    self._drop(Drop.DUPLICATE_INTERFACE)
                    self._assembly.drop(Drop.DUPLICATE_INTERFACE, captured)
                    return finished
            elif stream.acknowledging is not None and difference(acknowledgement, stream.acknowledging) <= 0:
                self.taken += 1  # it says nothing new
                return finished
        stream.interface = interface
        connection = stream.connection
        if connection.life is _CLOSED:
            if length:
                self._drop(Drop.AFTER_CLOSE)
                self._assembly.drop(Drop.AFTER_CLOSE, captured)
            else:
                self.taken += 1  # the last acknowledgement
            return finished
        if flags & RST and not self._resets(stream, sequence):
            self._drop(Drop.RESET_OUT_OF_WINDOW)
            self._assembly.drop(Drop.OUT_OF_WINDOW, captured)
            return finished
        heard, stream.time = stream.time, time
        stream.active = self.now
        if flags & SYN:
            sequence = (sequence + 1) & _MASK
        if not stream.seen:
            self._first_sight(stream, sequence, flags, time, finished)
        peer = stream.peer
        if flags & ACK:
            newest = stream.acknowledging
            if not elsewhere or newest is None or difference(acknowledgement, newest) > 0:
                stream.acknowledging = acknowledgement
            if peer.next < 0:
                peer.next = acknowledgement
            elif not peer.seen and difference(acknowledgement, peer.next) > 0:
                # Nothing of that direction is captured: its position is what is acknowledged.
                peer.position += difference(acknowledgement, peer.next)
                peer.next = acknowledgement
            if peer.held is not None:
                peer.prove(acknowledgement, self.now)
            elif newest is not None and 0 < difference(acknowledgement, newest) <= FAR:
                self._outrun(connection, peer, time, finished)
        self.taken += 1
        if flags & RST:
            # RFC 9293 section 3.10.7.4: text is not processed
            self._assembly.drop(Drop.AFTER_CLOSE, captured)
            place = peer.place_of(acknowledgement) if flags & ACK else peer.position
            if self._overtakes(stream, sequence, place):
                stream.take_reset(sequence, time, self.now, place, heard)
                self._pump(connection, finished)
                return finished
            if connection.conversation is not None and stream is connection.client:
                connection.conversation.client_closed = True
            self._end(connection, finished)
            return finished
        if connection.life is _OPAQUE:
            self._assembly.delivered += captured
            self._context.drop(stream.parser.rare.skipping, captured)
            end = sequence + length
            if flags & FIN:
                stream.ended = True
                end += 1
            if difference(end, stream.next) > 0:
                stream.next = end & _MASK
        else:
            if length or flags & FIN:
                place = peer.place_of(acknowledgement) if flags & ACK else peer.position
                stream.take(
                    sequence,
                    buffer[data : data + captured],
                    length,
                    time,
                    self.now,
                    place,
                    fin=bool(flags & FIN),
                    again=Drop.DUPLICATE_INTERFACE if elsewhere else Drop.RETRANSMITTED,
                    heard=heard,
                )
            self._pump(connection, finished)
        self._end_if_over(connection, finished)
        return finished

    def pass_by(self, stream: Direction, size: int, time: int) -> None:
        """The next expected bytes of a connection that does not speak HTTP."""
        stream.time = time
        stream.active = self.now
        stream.next = (stream.next + size) & _MASK
        self._context.drop(stream.parser.rare.skipping, size)

    def expire(self, now: int) -> list[Transaction]:
        """Let time pass: give up holes, end idle connections."""
        self.now = now
        finished: list[Transaction] = []
        for connection in list(self._stalled):
            if connection in self._stalled:  # what was kept beside another one may have ended it
                self._give_up(connection, now, finished)
        for connection in self._wheel.due(now):
            self._look(connection, now, finished)
        if len(self._wheel) > 2 * len(self.streams) + _SPARE:
            self._wheel.keep(_remembered)
        self._handshakes.expire(now)
        return finished

    def close(self) -> list[Transaction]:
        """The capture is over: end every connection."""
        finished: list[Transaction] = []
        while self.streams:  # what was kept beside a connection may be one of its own
            for connection in filter(_remembered, list(self.all())):
                self._remove(connection, finished)
        self._handshakes.clear()
        return finished

    def all(self) -> Iterable[Connection]:
        """Every connection that has carried data, once."""
        return (
            stream.connection
            for name, stream in self.streams.items()
            if stream is stream.connection.client and name is stream.flow
        )

    # Birth

    def _open(self, interface: Interface, segment: Segment, finished: list[Transaction]) -> Direction:
        """The first data of a connection. Returns the direction it came in."""
        flow, sequence, acknowledgement, flags, *_ = segment
        if len(self.streams) >= 2 * self._limits.connections:
            self.evicted += self._make_room(1, finished)
        backward = reverse(flow)
        handshake = self._handshakes.take(flow, sequence, acknowledgement, flags, self.now)
        stream = Direction(flow, sequence, self._assembly)
        stream.interface = interface
        peer = Direction(backward, acknowledgement if flags & ACK else -1, self._assembly)
        client, server = stream, peer
        if handshake is not None:
            (client_sequence, server_sequence, _), from_client = handshake
            if not from_client:
                client, server = peer, stream
            client.next = (client_sequence + 1) & _MASK
            client.seen = True
            if server_sequence >= 0:
                server.next = (server_sequence + 1) & _MASK
                server.seen = True
        connection = Connection(client, server)
        self.streams[flow] = stream
        self.streams[backward] = peer
        self._names.opened(flow)
        self._names.opened(backward)
        self.opened += 1
        self._wheel.put(connection, self.now + self._limits.idle_seconds * _SECOND)
        if handshake is not None:
            self._converse(connection, stream, first=True)
        return stream

    def _first_sight(
        self, stream: Direction, sequence: int, flags: int, time: int, finished: list[Transaction]
    ) -> None:
        """The first segment of a direction of which at most acknowledgements were known."""
        stream.seen = True
        ahead = difference(sequence, stream.next)
        if flags & SYN or stream.next < 0:
            stream.position, stream.next = 0, sequence
        elif ahead < 0:
            stream.position += ahead
            stream.next = sequence
        conversation = stream.connection.conversation
        if conversation is not None:
            conversation.client_seen = stream.connection.client.seen
            conversation.server_seen = stream.connection.server.seen
        if stream.position > 0:
            # What the other side had acknowledged before anything of this one came by.
            self._assembly.gaps += 1
            self._assembly.missed += stream.position
            stream.lose(0, stream.position)
            self._gap(stream.connection, stream, stream.position, 0, time, finished)

    def _converse(self, connection: Connection, seen: Direction, *, first: bool) -> None:
        """Who is client and who is server is known."""
        client, server = connection.client, connection.server
        interface = seen.interface
        conversation = Conversation(
            self._ends.peers(
                client.flow,
                (client.next - client.position - 1) & _MASK,
                (server.next - server.position - 1) & _MASK,
                interface.name if interface is not None else None,
            ),
            self._context,
            first=first,
        )
        conversation.client_seen = client.seen
        conversation.server_seen = server.seen
        connection.conversation = conversation
        client.parser, server.parser = conversation.requests, conversation.responses

    def _same_handshake(self, stream: Direction, sequence: int) -> bool:
        """Whether a SYN with this sequence number began this very stream."""
        return difference(sequence + 1, stream.next) == -stream.position

    def _shown(self, stream: Direction, segment: Segment) -> bool:
        """Whether another interface has shown all that is in a segment."""
        _, sequence, acknowledgement, flags, _, _, length = segment
        connection = stream.connection
        if flags & RST:
            return connection.life in {Life.RESET, _CLOSED} or (stream.held is not None and stream.held.reset)
        if not stream.seen or stream.next < 0:
            return False
        newest = stream.acknowledging
        if flags & ACK and newest is not None and difference(acknowledgement, newest) > 0:
            return False  # what it acknowledges is new
        start = stream.position + difference(sequence + (flags & SYN) // SYN, stream.next)
        return stream.has(start, start + length + (flags & FIN))

    # Another one of the same name

    def _contend(
        self,
        interface: Interface,
        buffer: bytes,
        segment: Segment,
        time: int,
        stream: Direction,
        finished: list[Transaction],
    ) -> bool:
        """A segment that may belong to another connection than its stream's. Returns whether it is dealt with.

        Where it shows that there is another one, the old one is ended and what began the other is taken first.
        """
        flow, sequence, acknowledgement, flags, data, captured, length = segment
        connection = stream.connection
        rival = connection.rival
        if rival is not None:
            if rival.repeated(flow, sequence):
                if flags & SYN:
                    self._drop(Drop.NO_PAYLOAD_YET)
                else:
                    self.taken += 1
                self._assembly.drop(Drop.RETRANSMITTED, captured)
                return True
            if rival.confirmed(stream, flow, sequence, acknowledgement, flags):
                overtook = rival.answers(flow, sequence)
                if overtook:
                    self._without_rival(connection)
                self._remove(connection, finished, Anomaly.UNPAIRED)
                if overtook:
                    finished += self.segment(interface, buffer, segment, time)
                    finished += self.segment(rival.interface, rival.data, rival.segment, rival.time)
                    return True
                return False
            if flow == rival.flow and length and sequence == stream.next:
                self._refute(connection)  # the connection goes on
                self.settle(connection)
        if flags & SYN:
            if stream.next < 0 or self._same_handshake(stream, sequence):
                return False
        elif not (
            length
            and far_off(stream, sequence, acknowledgement)
            and _begins_message(buffer[data : data + captured])
        ):
            return False
        if connection.life is _CLOSED:
            self._remove(connection, finished)
            return False
        self._refute(connection)
        connection.rival = Rival(interface, buffer[data : data + captured], segment, time)
        self.contending += 1
        self._assembly.held += captured
        self._assembly.budget.held += captured
        self.settle(connection)
        return True

    def _refute(self, connection: Connection) -> None:
        """The connection's rival was none."""
        rival = self._without_rival(connection)
        if rival is not None:
            self._assembly.drop(Drop.OUT_OF_WINDOW, len(rival.data))
            if rival.flags & SYN:
                self._drop(Drop.NO_PAYLOAD_YET)
            else:
                self.taken += 1

    def _without_rival(self, connection: Connection) -> Rival | None:
        rival, connection.rival = connection.rival, None
        if rival is not None:
            self.contending -= 1
            self._assembly.held -= len(rival.data)
            self._assembly.budget.held -= len(rival.data)
        return rival

    def _resets(self, stream: Direction, sequence: int) -> bool:
        """Whether a RST with this sequence number ends the connection (RFC 9293 section 3.5.3).

        RFC 5961 section 3.2 wants the exact next number; it may be ahead of ours by bytes that wait, or that
        the capture lost and the other side has acknowledged. Where no numbers are followed, any will do.
        """
        if stream.connection.life is _OPAQUE or stream.next < 0:
            return True
        ahead = difference(sequence, stream.next)
        if ahead == 0:
            return True
        waiting = stream.held.stop - stream.position if stream.held is not None else 0
        return ahead in {waiting, stream.acknowledged()} or (stream.ended and ahead == -1)

    def _overtakes(self, stream: Direction, sequence: int, place: int) -> bool:
        """Whether bytes that were sent before a RST, by either side, have not come by yet.

        A single byte is a FIN, which makes no difference any more.
        """
        if stream.connection.life is not Life.OPEN or stream.ended:
            return False
        missing = difference(sequence, stream.next)
        return (
            missing > 1
            or stream.held is not None
            or (stream.peer.seen and 1 < place - stream.peer.position <= FAR)
        )

    # Life

    def _pump(self, connection: Connection, finished: list[Transaction]) -> None:
        """Deliver what can be delivered, and see to what cannot."""
        self._advance(connection, finished)
        client, server = connection.client, connection.server
        waiting = client.held is not None or server.held is not None
        if waiting:
            self._stalled[connection] = None
            for stream in (client, server):
                if stream.full:
                    self._give_up(connection, _NEVER, finished)
                    return
        else:
            self._stalled.pop(connection, None)
        self.settle(connection)

    def _advance(self, connection: Connection, finished: list[Transaction]) -> None:
        """Deliver whatever can be delivered, in the order of cause and effect."""
        moved = True
        while moved:
            moved = False
            for stream in (connection.client, connection.server):
                while (piece := stream.ready()) is not None:
                    moved = True
                    self._deliver(connection, stream, piece, finished)

    def settle(self, connection: Connection) -> None:
        """Say whether expected segments may take the short way."""
        client, server = connection.client, connection.server
        conversation = connection.conversation
        if conversation is not None and conversation.opaque and connection.life is Life.OPEN:
            connection.life = _OPAQUE
            client.discard(Drop.AFTER_CLOSE)
            server.discard(Drop.AFTER_CLOSE)
            self._stalled.pop(connection, None)
        client.smooth = server.smooth = (
            conversation is not None
            and client.held is None
            and server.held is None
            and client.seen
            and server.seen
            and not client.ended
            and not server.ended
            and connection.life is Life.OPEN
            and connection.rival is None
        )

    def _deliver(
        self, connection: Connection, stream: Direction, piece: Piece, finished: list[Transaction]
    ) -> None:
        """A piece whose turn it is."""
        if stream.held is not None:
            stream.held.heard = piece.time
        data = piece.data
        position = stream.position - piece.length
        if piece.end:
            clean = piece.end == FIN
            reset = not clean or (stream.held is not None and stream.held.reset)
            stream.ended = True
            stream.discard(Drop.AFTER_FIN if clean else Drop.AFTER_CLOSE)
            if reset and connection.life is Life.OPEN:
                connection.life = Life.RESET
                if connection.conversation is not None and stream is connection.client:
                    connection.conversation.client_closed = True
            self._close_stream(connection, stream, position, piece.time, clean=clean, finished=finished)
            return
        cut = piece.length - len(data)
        self._assembly.cut += cut
        chunk = Chunk(data, 0, len(data), position, piece.time, piece.place)
        if connection.conversation is not None or self._recognise(connection, stream, chunk):
            conversation = connection.conversation
            assert conversation is not None
            if stream is connection.client:
                conversation.receive_requests(chunk, finished)
            else:
                conversation.receive_responses(chunk, finished)
            if stream.parser.mode == OPAQUE:
                self.settle(connection)
        if cut:
            self._gap(connection, stream, cut, position + len(data), piece.time, finished)

    def _recognise(self, connection: Connection, stream: Direction, chunk: Chunk) -> bool:
        """Find out who is who on a connection that is seen from the middle, by who speaks how."""
        prospect = self._prospects.get(stream)
        if prospect is None:
            prospect = self._prospects[stream] = Prospect(self._context)
        is_client = prospect.look(chunk)
        if is_client is None:
            return False
        client = stream if is_client else stream.peer
        if client is not connection.client:
            connection.client, connection.server = connection.server, connection.client
        self._converse(connection, stream, first=False)
        conversation = connection.conversation
        assert conversation is not None
        announced = self._prospects[client].announced if client in self._prospects else None
        begun = prospect.take()
        if begun is not None:
            stream.parser.resume(begun)
        if announced is not None:
            conversation.announce(announced)
        self._give_up_prospects(connection, Drop.UNSYNCHRONISED)
        return True

    def _gap(
        self,
        connection: Connection,
        stream: Direction,
        size: int,
        position: int,
        time: int,
        finished: list[Transaction],
    ) -> None:
        conversation = connection.conversation
        if conversation is None:
            if stream in self._prospects:
                self._prospects[stream].drop(Drop.HEAD_INCOMPLETE)
            return
        if stream is connection.client:
            finished += conversation.request_gap(size, position, time)
        else:
            finished += conversation.response_gap(size, position, time)

    def _give_up(self, connection: Connection, now: int, finished: list[Transaction]) -> None:
        """Give up what has been missing for too long, and see to what follows from it."""
        self._resolve(connection, now, finished)
        if connection.client.held is None and connection.server.held is None:
            self._stalled.pop(connection, None)
        self.settle(connection)
        self._end_if_over(connection, finished)

    def _resolve(self, connection: Connection, now: int, finished: list[Transaction]) -> None:
        """Give up what has been missing for too long, until nothing waits for it any more."""
        limits = self._limits
        moved = True
        while moved:
            moved = False
            for stream in (connection.client, connection.server):
                size = stream.hole()
                if not size:
                    continue
                own = stream.held
                behind = own is not None and own.runs[0].start > stream.position
                held = own if behind else stream.peer.held
                assert held is not None
                waiting = held.runs[0].first
                # What is more than a window ahead, and of which nothing was seen, is only claimed.
                acknowledged = stream.acknowledged() >= size if behind else size <= FAR
                if acknowledged:
                    patience, since = limits.hole_seconds, waiting.since
                    if behind and held.proof[0] > stream.position:
                        since = max(since, held.proof[1])
                else:
                    patience, since = limits.unacknowledged_seconds, max(waiting.since, stream.active)
                if now - since < patience * _SECOND + TICK:
                    continue
                moved = True
                if own is not None and not behind:
                    # It is here, but its sender seems to have received what this would have caused: a
                    # retransmission carries a newer acknowledgement than the original did.
                    self._deliver(connection, stream, stream.release(), finished)
                elif behind and not acknowledged and size > FAR:
                    stream.discard(Drop.OUT_OF_WINDOW)
                else:
                    position = stream.position
                    stream.skip(size)
                    heard = own.heard if own is not None else 0
                    self._gap(connection, stream, size, position, heard or stream.time, finished)
                self._advance(connection, finished)

    def _outrun(
        self, connection: Connection, stream: Direction, time: int, finished: list[Transaction]
    ) -> None:
        """Give up what is acknowledged, step by step, and never captured, before its numbers come round.

        RFC 7323 section 2.2: no window is larger than 1 GiB, so nothing of it is on its way any more.
        """
        size = stream.acknowledged()
        if size > _LARGEST_WINDOW and stream.seen and connection.life is Life.OPEN:
            position = stream.position
            stream.skip(size)
            self._gap(connection, stream, size, position, time, finished)

    # Death

    def _end_if_over(self, connection: Connection, finished: list[Transaction]) -> None:
        if not _remembered(connection):
            return  # its end was seen to already, and what was kept beside it went on
        if connection.life is Life.RESET or (connection.client.ended and connection.server.ended):
            self._end(connection, finished)

    def _end(self, connection: Connection, finished: list[Transaction]) -> None:
        """End a connection, and keep its name for a while."""
        if connection.life is _CLOSED:
            return
        self._finish(connection, finished, Anomaly.UNANSWERED)
        if connection.rival is not None and not connection.rival.flags & SYN:
            self._remove(connection, finished)
        else:
            self._put(connection)

    def _finish(self, connection: Connection, finished: list[Transaction], unseen: Anomaly) -> None:
        """End a connection: deliver what there is, report what is open.

        `unseen` is what to say of requests without an answer; a RST, or the server's FIN, is proof of more.
        """
        if connection.life is Life.RESET or connection.server.ended:
            unseen = Anomaly.UNANSWERED
        self._resolve(connection, _NEVER, finished)
        followed = connection.life is not _OPAQUE
        connection.life = _CLOSED
        for stream in (connection.client, connection.server):
            if stream.ended or not followed:
                continue
            # What the other side has acknowledged and nobody saw. A single byte is the FIN; what is too far
            # ahead to be believed says nothing.
            missing = stream.acknowledged()
            position = stream.position
            if 1 < missing <= FAR:
                stream.skip(missing)
                self._gap(connection, stream, missing, position, stream.time, finished)
            self._close_stream(
                connection, stream, stream.position, stream.time, clean=missing == 1, finished=finished
            )
        self._give_up_prospects(connection, Drop.HEAD_INCOMPLETE)
        conversation, connection.conversation = connection.conversation, None
        if conversation is not None:
            finished += conversation.finish(unseen)
        self._stalled.pop(connection, None)
        for stream in (connection.client, connection.server):
            stream.smooth = False
            if conversation is not None:
                del stream.parser  # with what it has of a message

    def _close_stream(
        self,
        connection: Connection,
        stream: Direction,
        position: int,
        time: int,
        *,
        clean: bool,
        finished: list[Transaction],
    ) -> None:
        conversation = connection.conversation
        if conversation is None:
            return
        if stream is connection.client:
            finished += conversation.close_requests(position, time, clean=clean)
        else:
            finished += conversation.close_responses(position, time, clean=clean)

    def _remove(
        self,
        connection: Connection,
        finished: list[Transaction],
        unseen: Anomaly = Anomaly.CUT_SHORT,
    ) -> None:
        """End a connection and forget it; `unseen` as for `_finish`."""
        if connection.life is not _CLOSED:
            self._finish(connection, finished, unseen)
        connection.life = Life.FORGOTTEN
        for stream in (connection.client, connection.server):
            self._names.closed(stream.flow)
            # Without these it is no cycle, and its memory is free now, not when the collector comes by.
            del stream.connection, stream.peer
        # It may be in the wheel for as long as it might have been idle: without what it was.
        del connection.client, connection.server
        rival = self._without_rival(connection)
        if rival is not None:
            finished += self.segment(rival.interface, rival.data, rival.segment, rival.time)

    def relieve(self) -> list[Transaction]:
        """The budget is exceeded: free a quarter of it.

        That takes a look at every connection, so it must not be needed again before traffic has brought as much.
        """
        finished: list[Transaction] = []
        self._relieve(self._assembly.budget.limit * 3 // 4, finished)
        return finished

    def _relieve(self, enough: int, finished: list[Transaction]) -> None:
        """Have the connections on which most waits give up what waits, until no more than `enough` bytes are held.

        Who asks for much loses his own.
        """
        budget = self._assembly.budget
        heavy = [(weight, connection) for connection in self.all() if (weight := self._weight(connection))]
        heavy.sort(key=itemgetter(0), reverse=True)
        for _, connection in heavy:
            if budget.held <= enough:
                break
            if not _remembered(connection):
                continue
            self.relieved += 1
            self._refute(connection)
            self._give_up(connection, _NEVER, finished)
            self._give_up_prospects(connection, Drop.HEAD_TOO_LARGE)
            if connection.conversation is not None:
                finished += connection.conversation.relieve()

    def shed(self, count: int) -> list[Transaction]:
        """End up to `count` connections, the longest idle of those that are due next; report what was open.

        What waits beyond half of its budget goes first, where most of it is: that may be enough.
        """
        finished: list[Transaction] = []
        budget = self._assembly.budget
        if budget.held > budget.limit // 2:
            self._relieve(budget.limit // 2, finished)
            return finished
        self.shedded += self._make_room(count, finished)
        return finished

    def _make_room(self, count: int, finished: list[Transaction]) -> int:
        """End the longest idle of those that are due next. Returns how many of them were open."""
        ended = 0
        while count and (coming := self._wheel.next(max(count, _LOOKED_AT))):
            candidates = list(dict.fromkeys(filter(_remembered, coming)))
            candidates.sort(key=lambda connection: (connection.life is not _CLOSED, connection.active))
            for connection in candidates[count:]:
                self._put(connection)
            for connection in filter(_remembered, candidates[:count]):
                ended += connection.life is not _CLOSED
                self._refute(connection)  # it would want room, too
                self._remove(connection, finished)
            count -= min(count, len(candidates))
        return ended

    # Time

    def _look(self, connection: Connection, now: int, finished: list[Transaction]) -> None:
        """See whether a connection that may be due is."""
        if not _remembered(connection):
            return
        if now - connection.active >= self._patience(connection):
            self._remove(connection, finished)
            return
        if connection.conversation is not None:
            finished += connection.conversation.overdue(now, self._limits.transaction_seconds * _SECOND)
        self._put(connection)

    def _patience(self, connection: Connection) -> int:
        """How long after its newest segment a connection is remembered."""
        limits = self._limits
        return (limits.closing_seconds if connection.life is _CLOSED else limits.idle_seconds) * _SECOND

    def _put(self, connection: Connection) -> None:
        """Have a connection looked at when it may be due."""
        self._wheel.put(connection, connection.active + self._patience(connection))

    def _give_up_prospects(self, connection: Connection, reason: Drop) -> None:
        for stream in (connection.client, connection.server):
            prospect = self._prospects.pop(stream, None)
            if prospect is not None:
                prospect.drop(reason)

    def _weight(self, connection: Connection) -> int:
        """How much memory is taken by what waits on a connection, in bytes."""
        conversation = connection.conversation
        weight = connection.client.weight + connection.server.weight
        if connection.rival is not None:
            weight += len(connection.rival.data)
        for stream in (connection.client, connection.server):
            if stream in self._prospects:
                weight += self._prospects[stream].weight
        if conversation is not None:
            weight += conversation.weight + conversation.requests.weight + conversation.responses.weight
        return weight

    def _drop(self, reason: Drop) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


def _begins_message(data: bytes) -> bool:
    """Whether bytes are the start line of a message, or enough of one to tell."""
    return (b"\n" in data or len(data) >= _TELLING) and (
        plausible_request(data, 0, len(data)) or plausible_response(data, 0, len(data))
    )


def _remembered(connection: Connection) -> bool:
    return connection.life is not Life.FORGOTTEN


_LARGEST_WINDOW: Final = 1 << 30
_NEVER: Final = 1 << 63
"""Later than any packet: nothing is waited for any more."""
