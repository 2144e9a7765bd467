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

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly, Chunk, Drop
from interceptor.core.protocols.conversation import End, succeed
from interceptor.core.tcp.clocks import TICK
from interceptor.core.tcp.connection import Connection, Direction, Life
from interceptor.core.tcp.flows import Ends, reverse
from interceptor.core.tcp.handshakes import CLIENT_NEAR, SERVER_NEAR, Handshakes
from interceptor.core.tcp.holdback import Holdback
from interceptor.core.tcp.namesakes import Namesakes
from interceptor.core.tcp.numbers import Numbers
from interceptor.core.tcp.reassembly import ACK, FAR, FIN, RST, SYN, UNSAID, Assembly, difference
from interceptor.core.tcp.rivals import Kept, Rival, far_off
from interceptor.core.tcp.translations import (
    COMPARED,
    UNROUTED,
    First,
    Names,
    Search,
    Translations,
    hops_left,
)
from interceptor.core.tcp.wheel import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interceptor.core.model import Interface, Limits, Outcome, Peers, Segment, Whose, i64
    from interceptor.core.protocols.conversation import Recogniser
    from interceptor.core.tcp.handshakes import Handshake
    from interceptor.core.tcp.reassembly import Piece

__all__ = ["Connections"]

_SECOND: Final = 1_000_000_000
_MASK: Final = 0xFFFFFFFF
_LOOKED_AT: Final = 8
"""Connections that an eviction compares."""
_CROWDED_SECONDS: Final = 0.1
"""Hundreds of times what the queues of a network card put in disorder."""
_SEARCHED: Final = 4_096
"""Connections whose other name is looked for at once, the newest: what is open when an agent starts, and not idle."""
_SPARE: Final = 1_024
"""Entries of forgotten connections that the wheel may always have, besides one for each that is remembered."""
# Python looks a member of an enumeration up by calling functions, which is much for what every segment asks.
_OPEN: Final = Life.OPEN
_OPAQUE: Final = Life.OPAQUE
_RESET: Final = Life.RESET
_CLOSED: Final = Life.CLOSED
_FORGOTTEN: Final = Life.FORGOTTEN
_DUPLICATE: Final = Drop.DUPLICATE_INTERFACE
_RETRANSMITTED: Final = Drop.RETRANSMITTED
_NO_PAYLOAD_YET: Final = Drop.NO_PAYLOAD_YET


class Connections:
    """All connections of a pipeline."""

    def __init__(
        self, limits: Limits, recogniser: Recogniser, assembly: Assembly, whose: Whose | None = None
    ) -> None:
        self.streams: dict[bytes, Direction] = {}
        """Both directions of every connection that has carried data, by flow."""
        self.now: i64 = 0
        """Elapsed time (nanoseconds), up to `TICK` behind."""
        self.dropped: dict[Drop, int] = {}
        """Segments that touched no connection."""
        self.contending = 0
        """Segments of which it is not known yet which connection they belong to."""
        self.several_interfaces = False
        """Segments of more than one have come."""
        self.opened = 0
        """Connections with data, ever."""
        self.taken: i64 = 0
        """Segments that did."""
        self._limits = limits
        self._recogniser = recogniser
        self._assembly = assembly
        self._handshakes = Handshakes(limits)
        self._names = Namesakes(self.streams)
        self._translations: Translations[Direction] = Translations(self.streams)
        self._searches: dict[Connection, Search] = {}
        """The turns of those whose handshake was not seen, and which may have another name."""
        self._chunk = Chunk(b"", 0, 0, 0, 0, 0)
        self._stalled: dict[Connection, None] = {}
        """In which something waits, as far as they are settled."""
        self._wheel: Wheel[Connection] = Wheel()
        """When each must be looked at."""
        self._ends = Ends(whose)
        self._numbers = Numbers()
        self.holdback = Holdback()
        """What is over and not told yet: whoever tells what is finished asks it."""
        self.evicted = 0
        """Connections closed to make room for another."""
        self.shedded = 0
        """Connections closed because there was no memory for so many."""
        self.relieved = 0
        """Connections that gave up what waited on them."""

    # Segments in

    def segment(self, interface: Interface, buffer: bytes, segment: Segment, time: i64) -> list[Outcome]:
        """Any TCP segment. Returns what it finishes.

        The pipeline takes the expected ones on shorter ways, to the same effect.
        """
        finished: list[Outcome] = []
        admitted = self._admit(interface, buffer, segment, time, finished)
        if admitted is None:
            return finished
        stream, again = admitted
        _, sequence, acknowledgement, flags, data, captured, length = segment
        if flags & SYN:
            sequence = (sequence + 1) & _MASK
        if not stream.seen:
            self._first_sight(stream, sequence, flags, time, finished)
        heard, stream.time = stream.time, time
        stream.active = self.now
        connection, peer = stream.connection, stream.peer
        place = peer.position
        if flags & ACK:
            newest = stream.acknowledging
            if again is _RETRANSMITTED or newest == UNSAID or difference(acknowledgement, newest) > 0:
                stream.acknowledging = acknowledgement
            if peer.next < 0:
                peer.next = acknowledgement
            elif acknowledgement != peer.next:
                place = peer.place_of(acknowledgement)
                if not peer.seen and place > peer.position:
                    # Nothing of that direction is captured: its position is what is acknowledged.
                    peer.position = place
                    peer.next = acknowledgement
            if place > peer.position:
                self._prove(peer, place, newest, time, finished)
        self.taken += 1
        if flags & RST:
            # RFC 9293 section 3.10.7.4: text is not processed
            self._assembly.drop(Drop.AFTER_CLOSE, captured)
            if stream.overtakes(sequence, place):
                stream.take_reset(sequence, time, self.now, place, heard)
                self._pump(stream, finished)
                return finished
            connection.conversation.reset(stream.side)
            self._end(connection, finished, stream)
            return finished
        if connection.life is _OPAQUE:
            self._assembly.delivered += captured
            connection.conversation.passed(stream.side, captured)
            end = sequence + length
            if flags & FIN:
                stream.ended = End(stream.position, time, clean=True)
                end += 1
            if difference(end, stream.next) > 0:
                stream.next = end & _MASK
            self._end_if_over(connection, finished)
            return finished
        if length or flags & FIN:
            payload = buffer[data : data + captured]
            stream.take(sequence, payload, length, time, self.now, place, flags & FIN, again, heard)
        self._pump(stream, finished)
        return finished

    def follow(self, stream: Direction, buffer: bytes, segment: Segment, time: i64) -> list[Outcome]:
        """A segment of a steady stream, from where that was last read, with near numbers and no flag but ACK.

        Nothing that `segment` has to find out is to be found out here. Under loss that is nearly every segment: what
        comes while something waits.
        """
        finished: list[Outcome] = []
        _, sequence, acknowledgement, _, data, captured, length = segment
        peer = stream.peer
        heard, stream.time = stream.time, time
        stream.active = now = self.now
        newest, stream.acknowledging = stream.acknowledging, acknowledgement
        place = peer.place_of(acknowledgement)
        if place > peer.position:
            self._prove(peer, place, newest, time, finished)
        self.taken += 1
        if length:
            payload = buffer[data : data + captured]
            stream.take(sequence, payload, length, time, now, place, 0, _RETRANSMITTED, heard)
        self._pump(stream, finished)
        return finished

    def _prove(self, stream: Direction, place: i64, newest: i64, time: i64, finished: list[Outcome]) -> None:
        """The other side has acknowledged what is before this place, and `newest` before that."""
        held = stream.held
        if held is not None:
            if held.proof[0] <= stream.position:
                held.proof = place, self.now
        elif newest != UNSAID and 0 < place - stream.place_of(newest) <= FAR:
            self._outrun(stream, time, finished)

    def _admit(
        self,
        interface: Interface,
        buffer: bytes,
        segment: Segment,
        time: i64,
        finished: list[Outcome],
    ) -> tuple[Direction, Drop] | None:
        """Find out what a segment belongs to, and whether it is to be taken.

        Returns its stream, and as what bytes count that are here already; None where it is dealt with.
        """
        flow, sequence, acknowledgement, flags, data, captured, length = segment
        stream = self.streams.get(flow)
        if stream is None and self._names.possible(flow):
            handshake = self._handshakes.of(flow, sequence, acknowledgement if flags & ACK else -1)
            stream = self._names.find(flow, sequence, acknowledgement, flags, handshake)
        if stream is not None and (
            stream.connection.rival is not None
            or (flags & SYN and stream.next >= 0)
            or (length and sequence != stream.next and far_off(stream, sequence, acknowledgement))
        ):
            other = self._names.other(stream, flow, sequence, acknowledgement, flags)
            stream = other or stream
            connection = stream.connection
            if other is None and self._contend(interface, buffer, segment, time, stream, finished):
                return None
            if connection.life is _FORGOTTEN:
                finished += self.segment(interface, buffer, segment, time)
                return None
        if stream is None:
            if not length and not (
                flags & FIN and self._handshakes.overtaken(flow, sequence, acknowledgement)
            ):
                near = bool(flags & SYN) and hops_left(buffer, data, flow) in UNROUTED
                self._handshakes.note(flow, sequence, acknowledgement, flags, self.now, near=near)
                if flags & SYN:
                    self._taken_from_namesakes(flow, sequence, acknowledgement, flags)
                self._drop(_NO_PAYLOAD_YET)
                return None
            if flow == reverse(flow):
                self._drop(Drop.ITS_OWN_PEER)
                self._assembly.drop(Drop.ITS_OWN_PEER, captured)
                return None
            before = self._taken_from_namesakes(flow, sequence, acknowledgement, flags)
            stream = self._begin(interface, buffer, segment, time, finished)
            for kept in before:
                finished += self._again(kept)
        elif length and self._searches and (search := self._searches.get(stream.connection)) is not None:
            stream = self._seek(interface, buffer, segment, time, stream, search, finished)
        connection = stream.connection
        names = connection.names
        again = _RETRANSMITTED
        if names is not None and names.shown(stream.flow) != flow:
            again = Drop.TRANSLATED
        elif stream.interface is not None and stream.interface is not interface:
            again = _DUPLICATE
        if again is not _RETRANSMITTED:
            if length or flags & (FIN | RST):
                if stream.shown(segment):
                    self._drop(again)
                    self._assembly.drop(again, captured)
                    return None
            elif stream.acknowledging != UNSAID and difference(acknowledgement, stream.acknowledging) <= 0:
                self.taken += 1  # it says nothing new
                return None
        stream.interface = interface
        if names is not None:
            names.show(stream.flow, flow)
        if connection.life is _CLOSED:
            if length:
                self._drop(Drop.AFTER_CLOSE)
                self._assembly.drop(Drop.AFTER_CLOSE, captured)
            else:
                self.taken += 1  # the last acknowledgement
            return None
        if flags & RST and not stream.resets(sequence):
            self._drop(Drop.RESET_OUT_OF_WINDOW)
            self._assembly.drop(Drop.OUT_OF_WINDOW, captured)
            return None
        return stream, again

    def pass_by(self, stream: Direction, size: i64, time: i64) -> None:
        """The next expected bytes of a connection that is not read."""
        stream.time = time
        stream.active = self.now
        stream.next = (stream.next + size) & _MASK
        stream.connection.conversation.passed(stream.side, size)

    def expire(self, now: i64) -> list[Outcome]:
        """Let time pass: give up holes, end idle connections."""
        self.now = now
        finished: list[Outcome] = []
        for connection in list(self._stalled):
            if connection in self._stalled:  # what was kept beside another one may have ended it
                self._give_up(connection, now, finished)
        for connection in self._wheel.due(now):
            self._look(connection, now, finished)
        if len(self._wheel) > 2 * len(self.streams) + _SPARE:
            self._wheel.keep(_remembered)
        self._handshakes.expire(now)
        self._translations.expire(now)
        finished += self.holdback.expire(now)
        return finished

    def closing(self) -> Iterator[list[Outcome]]:
        """The capture is over: end one connection after the other, and give what each of them leaves."""
        if self.holdback.begun:
            yield self.holdback.close()
        while self.streams:  # what was kept beside a connection may be one of its own
            for connection in filter(_remembered, list(self.all())):
                finished: list[Outcome] = []
                self._remove(connection, finished)
                if finished:
                    yield finished
        self._handshakes.clear()
        self._translations.clear()

    def close(self) -> list[Outcome]:
        """The same at once."""
        return [outcome for finished in self.closing() for outcome in finished]

    def all(self) -> Iterable[Connection]:
        """Every connection that has carried data, once."""
        return (
            stream.connection
            for name, stream in self.streams.items()
            if stream is stream.connection.client and name is stream.flow
        )

    # Birth

    def _begin(
        self, interface: Interface, buffer: bytes, segment: Segment, time: i64, finished: list[Outcome]
    ) -> Direction:
        """The first data under a name: of a connection, or under another one of its names. Returns its direction."""
        flow, sequence, acknowledgement, flags, *_ = segment
        handshake = self._handshakes.take(flow, sequence, acknowledgement, flags, self.now)
        numbers = (sequence - 1) & _MASK, (acknowledgement - 1) & _MASK
        if handshake is not None:
            (client, server, *_), from_client = handshake
            own, other = (client, server) if from_client else (server, client)
            numbers = own if own >= 0 else numbers[0], other if other >= 0 else numbers[1]
        first = _first(interface, buffer, segment, time, numbers)
        if first is None:
            return self._open(interface, segment, handshake, finished)
        known = self._translations.find(first, self.now)
        if known is not None and not known.names.ambiguous:
            stream = known.stream
            if self._names.add(flow, stream) and self._names.add(reverse(flow), stream.peer):
                known.names.add(known.other)
                self._rename(stream.connection, known.names, finished)
                return stream
        stream = self._open(interface, segment, handshake, finished)
        self._translations.note(first, self.now, sought=handshake is None)
        if known is not None:
            self._leave_apart(stream.connection, first, finished)
        elif handshake is None:
            self._searches[stream.connection] = Search(flow, self.now)
            if len(self._searches) > _SEARCHED:
                self._give_up_search(next(iter(self._searches)))
        return stream

    def _seek(
        self,
        interface: Interface,
        buffer: bytes,
        segment: Segment,
        time: int,
        stream: Direction,
        search: Search,
        finished: list[Outcome],
    ) -> Direction:
        """Data of a connection that may have another name. Returns the direction that it belongs to.

        That is another connection's where this is a turn of it, too, and nothing is open here that only this one knows.
        """
        flow, sequence, acknowledgement, *_ = segment
        connection = stream.connection
        if connection.life is not _OPEN or search.over(self.now):
            self._give_up_search(connection)
            return stream
        if stream.flow == search.speaker or sequence != stream.next:
            return stream
        search.turn(stream.flow)
        numbers = (sequence - 1) & _MASK, (acknowledgement - 1) & _MASK
        first = _first(interface, buffer, segment, time, numbers) if flow == stream.flow else None
        if first is None:
            return stream
        known = self._translations.find(first, self.now)
        if known is None:
            self._translations.note(first, self.now, sought=True)
        elif known.names.ambiguous:
            self._leave_apart(connection, first, finished)
        elif not connection.conversation.open_transactions:
            self._remove(connection, finished)
            return self._begin(interface, buffer, segment, time, finished)
        return stream

    def _give_up_search(self, connection: Connection) -> None:
        """Another name of a connection is not looked for any more."""
        del self._searches[connection]
        connection.smoothen()

    def _leave_apart(self, connection: Connection, first: First, finished: list[Outcome]) -> None:
        """A connection is another name of one of two."""
        names = Names(first, self.now)
        names.ambiguous = True
        self._rename(connection, names, finished)

    def _rename(self, connection: Connection, names: Names, finished: list[Outcome]) -> None:
        """A connection has another name, or is one of another connection."""
        for outcome in self.holdback.released(connection.client.flow):
            outcome.peers = self._named(outcome.peers, connection.client.flow, names)
            finished.append(outcome)
        connection.names = names
        self._searches.pop(connection, None)
        connection.smoothen()
        if connection.life < _CLOSED:
            known = connection.conversation.peers
            if known is not None:
                connection.conversation.rename(self._named(known, connection.client.flow, names))

    def _open(
        self,
        interface: Interface,
        segment: Segment,
        handshake: tuple[Handshake, bool] | None,
        finished: list[Outcome],
    ) -> Direction:
        """The first data of a connection. Returns the direction it came in."""
        flow, sequence, acknowledgement, flags, *_ = segment
        if len(self.streams) >= 2 * self._limits.connections:
            self.evicted += self._make_room(1, finished)
        backward = reverse(flow)
        stream = Direction(flow, sequence, self._assembly)
        stream.interface = interface
        peer = Direction(backward, acknowledgement if flags & ACK else -1, self._assembly)
        client, server = stream, peer
        peers = None
        if handshake is not None:
            (client_sequence, server_sequence, _, near), from_client = handshake
            if not from_client:
                client, server = peer, stream
            client.next = (client_sequence + 1) & _MASK
            client.seen = True
            if server_sequence >= 0:
                server.next = (server_sequence + 1) & _MASK
                server.seen = True
            perspective = _perspective(near) if server_sequence >= 0 else None
            peers = self._peers(client, server, interface, perspective=perspective, shaken=True)
            if perspective is not None and self.several_interfaces:
                finished += self.holdback.released(client.flow)
                self.holdback.began(client.flow, peers, self.now)
        conversation = self._recogniser.begin(peers, first=handshake is not None)
        connection = Connection(client, server, conversation)
        self._names.opened(stream)
        self._names.opened(peer)
        self.opened += 1
        self._wheel.put(connection, self.now + self._limits.idle_seconds * _SECOND)
        return stream

    def _peers(
        self,
        client: Direction,
        server: Direction,
        interface: Interface | None,
        names: Names | None = None,
        *,
        perspective: str | None = None,
        shaken: bool = False,
    ) -> Peers:
        """The ends of a connection, once it is known who is who. `shaken`: its handshake was seen."""
        own = (client.next - client.position - 1) & _MASK
        other = (server.next - server.position - 1) & _MASK
        peers = self._ends.peers(
            client.flow,
            own,
            other,
            interface.name if interface is not None else None,
            initial=shaken and self._numbers.identify(client.flow, own, other),
            perspective=perspective,
        )
        return peers if names is None else self._named(peers, client.flow, names)

    def _named(self, peers: Peers, client: bytes, names: Names) -> Peers:
        """The ends of a connection with several names; `client` is the first of its client's direction."""
        return peers.unjoined() if names.ambiguous else self._ends.translated(peers, *names.of_ends(client))

    def _first_sight(
        self, stream: Direction, sequence: i64, flags: i64, time: i64, finished: list[Outcome]
    ) -> None:
        """The first segment of a direction of which at most acknowledgements were known."""
        stream.seen = True
        ahead = difference(sequence, stream.next)
        if flags & SYN or stream.next < 0:
            stream.position, stream.next = 0, sequence
        elif ahead < 0:
            stream.position += ahead
            stream.next = sequence
        stream.connection.conversation.heard(stream.side)
        if stream.position > 0:
            # What the other side had acknowledged before anything of this one came by.
            self._assembly.gaps += 1
            self._assembly.missed += stream.position
            stream.lose(0, stream.position)
            self._gap(stream, stream.position, 0, time, finished)
            self._stalled.pop(stream.connection, None)

    # Another one of the same name

    def _contend(
        self,
        interface: Interface,
        buffer: bytes,
        segment: Segment,
        time: i64,
        stream: Direction,
        finished: list[Outcome],
    ) -> bool:
        """A segment that may belong to another connection than its stream's. Returns whether it is dealt with.

        Where it shows that there is another one, the old one is ended and what began the other is taken first.
        """
        flow, sequence, acknowledgement, flags, data, captured, length = segment
        connection = stream.connection
        rival = connection.rival
        if rival is not None:
            if rival.repeated(flow, sequence, flags):
                if flags & SYN:
                    self._drop(_NO_PAYLOAD_YET)
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
                    for kept in rival.kept:
                        finished += self._again(kept)
                    return True
                return False
            if rival.continued(stream, flow, sequence, acknowledgement, flags):
                self._keep(rival, interface, buffer[data : data + captured], segment, time)
                return True
            if flow == rival.flow and length and sequence == stream.next:
                self._refute(connection)  # the connection goes on
                self.settle(connection)
        if flags & SYN:
            if stream.next < 0 or stream.began_with(sequence):
                return False
        elif not (
            length
            and far_off(stream, sequence, acknowledgement)
            and self._recogniser.begins(buffer[data : data + captured])
        ):
            return False
        if connection.life is _CLOSED:
            self._remove(connection, finished)
            return False
        self._refute(connection)
        connection.rival = rival = Rival(segment)
        self._keep(rival, interface, buffer[data : data + captured], segment, time)
        self.settle(connection)
        return True

    def _keep(self, rival: Rival, interface: Interface, data: bytes, segment: Segment, time: i64) -> None:
        rival.keep(interface, data, segment, time)
        self.contending += 1
        self._assembly.held += len(data)
        self._assembly.budget.held += len(data)

    def _again(self, kept: Kept) -> list[Outcome]:
        """A segment that was kept, now that it is known what it belongs to."""
        interface, buffer, segment, time = kept
        return self.segment(interface, buffer, segment, time)

    def _taken_from_namesakes(
        self, flow: bytes, sequence: i64, acknowledgement: i64, flags: i64
    ) -> list[Kept]:
        """What is kept beside connections in other VLANs and belongs to that of a segment whose name nobody has.

        Both are tagged in one direction, and share the name of the other one.
        """
        for stream in self._names.of(flow):
            rival = stream.connection.rival
            if rival is not None and rival.shares(flow, sequence, acknowledgement, flags):
                self._without_rival(stream.connection)
                self.settle(stream.connection)
                if not rival.flags & SYN:
                    return rival.kept
                self._drop(_NO_PAYLOAD_YET)
        return []

    def _refute(self, connection: Connection) -> None:
        """The connection's rival was none."""
        rival = self._without_rival(connection)
        if rival is not None:
            self._assembly.drop(Drop.OUT_OF_WINDOW, rival.size)
            if rival.flags & SYN:
                self._drop(_NO_PAYLOAD_YET)
            else:
                self.taken += len(rival.kept)

    def _without_rival(self, connection: Connection) -> Rival | None:
        rival, connection.rival = connection.rival, None
        if rival is not None:
            self.contending -= len(rival.kept)
            self._assembly.held -= rival.size
            self._assembly.budget.held -= rival.size
        return rival

    # Life

    def _pump(self, stream: Direction, finished: list[Outcome]) -> None:
        """Deliver what can be delivered after a segment of this direction, and see to what cannot."""
        connection = stream.connection
        held = stream.held
        # Where it has left a hole in front, or nothing, whatever waits in either direction waits as it did before.
        moved = (
            held is not None and held.runs[0].start == stream.position and self._advance(connection, finished)
        )
        if stream.held is None and stream.peer.held is None:
            self._stalled.pop(connection, None)
        elif stream.full:
            self._stalled[connection] = None
            self._give_up(connection, _NEVER, finished)
            return
        elif moved or connection not in self._stalled:
            self._stalled[connection] = None
        else:
            return
        self.settle(connection)
        self._end_if_over(connection, finished)

    def _advance(self, connection: Connection, finished: list[Outcome]) -> bool:
        """Deliver whatever can be delivered, in the order of cause and effect. Returns whether anything was."""
        stream = connection.client
        moved = False
        waiting = 0
        while waiting < 2:
            waiting += 1
            while (piece := stream.ready()) is not None:
                moved = True
                waiting = 1  # what has come may be what the other direction waits for
                self._deliver(connection, stream, piece, finished)
            stream = stream.peer
        return moved

    def settle(self, connection: Connection) -> None:
        """Say whether expected segments may take the short way."""
        if connection.life is _OPEN and connection.conversation.opaque:
            connection.life = _OPAQUE
            connection.client.discard(Drop.AFTER_CLOSE)
            connection.server.discard(Drop.AFTER_CLOSE)
            self._stalled.pop(connection, None)
        search = self._searches.get(connection) if self._searches else None
        connection.smoothen(None if search is None else search.speaker)

    def become(self, stream: Direction, finished: list[Outcome]) -> None:
        """The conversation of a stream's connection becomes another by what has come there."""
        connection = stream.connection
        change = connection.conversation.becomes
        assert change is not None
        if change.swapped is None:
            taken = self._peers(connection.client, connection.server, stream.interface, connection.names)
            self._recogniser.place(change, taken)
        if change.swapped:
            connection.swap()
        client, server = connection.client, connection.server
        connection.conversation = succeed(
            connection.conversation,
            self._recogniser,
            connection.conversation.peers or self._peers(client, server, stream.interface, connection.names),
            (client.seen, server.seen),
            (client.ended, server.ended),
            finished,
        )
        connection.read()
        self.settle(connection)

    def _deliver(
        self, connection: Connection, stream: Direction, piece: Piece, finished: list[Outcome]
    ) -> None:
        """A piece whose turn it is."""
        held = stream.held
        if held is not None:
            held.heard = piece.time
        data, size = piece.data, len(piece.data)
        position = stream.position - piece.length
        if piece.end:
            clean = piece.end == FIN
            reset = connection.life is _OPEN and (not clean or (held is not None and held.reset))
            stream.discard(Drop.AFTER_FIN if clean else Drop.AFTER_CLOSE)
            if reset:
                connection.life = _RESET
            self._close_stream(stream, End(position, piece.time, clean, reset), finished)
            return
        chunk = self._chunk  # one for all: whoever reads it keeps nothing of it but bytes
        chunk.buffer = data
        chunk.cursor = 0
        chunk.end = size
        chunk.base = position
        chunk.time = piece.time
        chunk.place = piece.place
        conversation = connection.conversation
        conversation.receive(stream.side, chunk, finished)
        if conversation.becomes is not None:
            self.become(stream, finished)
        cut = piece.length - size
        if cut:
            self._assembly.cut += cut
            self._gap(stream, cut, position + size, piece.time, finished)

    def _gap(self, stream: Direction, size: i64, position: i64, time: i64, finished: list[Outcome]) -> None:
        """Bytes of a stream are given up."""
        conversation = stream.connection.conversation
        conversation.gap(stream.side, size, position, time, finished)
        if conversation.becomes is not None:
            self.become(stream, finished)

    def _give_up(self, connection: Connection, now: i64, finished: list[Outcome]) -> None:
        """Give up what has been missing for too long, and see to what follows from it."""
        self._resolve(connection, now, finished)
        if connection.client.held is None and connection.server.held is None:
            self._stalled.pop(connection, None)
        self.settle(connection)
        self._end_if_over(connection, finished)

    def _resolve(self, connection: Connection, now: i64, finished: list[Outcome]) -> None:
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
                    patience, since = self._patience_with_holes(), waiting.since
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
                    self._gap(stream, size, position, heard or stream.time, finished)
                self._advance(connection, finished)

    def _patience_with_holes(self) -> float:
        """For how many seconds acknowledged bytes may be missing.

        Only interfaces that are read one after the other show things in a disorder of seconds. What a single one has
        not shown when its queues are empty was lost, and is waited for as long as there is much room.
        """
        budget = self._assembly.budget
        patience = self._limits.hole_seconds
        if self.several_interfaces or budget.held <= budget.limit // 8:
            return patience
        return min(patience, _CROWDED_SECONDS)

    def _outrun(self, stream: Direction, time: i64, finished: list[Outcome]) -> None:
        """Give up what is acknowledged, step by step, and never captured, before its numbers come round.

        RFC 7323 section 2.2: no window is larger than 1 GiB, so nothing of it is on its way any more.
        """
        size = stream.acknowledged()
        if size > _LARGEST_WINDOW and stream.seen and stream.connection.life is _OPEN:
            position = stream.position
            stream.skip(size)
            self._gap(stream, size, position, time, finished)
            self._stalled.pop(stream.connection, None)

    # Death

    def _end_if_over(self, connection: Connection, finished: list[Outcome]) -> None:
        if not _remembered(connection):
            return  # its end was seen to already, and what was kept beside it went on
        if connection.life is _RESET or (connection.client.ended and connection.server.ended):
            self._end(connection, finished)

    def _end(self, connection: Connection, finished: list[Outcome], by: Direction | None = None) -> None:
        """End a connection, and keep its name for a while. `by`: who has reset it just now."""
        if connection.life is _CLOSED:
            return
        self._finish(connection, finished, Anomaly.UNANSWERED, by)
        if connection.rival is not None and not connection.rival.flags & SYN:
            self._remove(connection, finished)
        else:
            self._put(connection)

    def _finish(
        self,
        connection: Connection,
        finished: list[Outcome],
        unseen: Anomaly,
        by: Direction | None = None,
    ) -> None:
        """End a connection: deliver what there is, report what is open. `by`: who has reset it just now.

        `unseen` is what to say of requests without an answer; a RST, or the server's FIN, is proof of more.
        """
        if connection.life is _RESET or connection.server.ended:
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
                self._gap(stream, missing, position, stream.time, finished)
            end = End(stream.position, stream.time, clean=missing == 1, reset=stream is by)
            self._close_stream(stream, end, finished)
        connection.conversation.finish(unseen, finished)
        connection.silence()
        self._stalled.pop(connection, None)

    def _close_stream(self, stream: Direction, end: End, finished: list[Outcome]) -> None:
        stream.ended = end
        conversation = stream.connection.conversation
        if end.reset:
            conversation.reset(stream.side)
        conversation.close(stream.side, end.position, end.time, finished, clean=end.clean)
        if conversation.becomes is not None:
            self.become(stream, finished)

    def _remove(
        self,
        connection: Connection,
        finished: list[Outcome],
        unseen: Anomaly = Anomaly.CUT_SHORT,
    ) -> None:
        """End a connection and forget it; `unseen` as for `_finish`."""
        self._searches.pop(connection, None)
        if connection.life is not _CLOSED:
            self._finish(connection, finished, unseen)
        connection.life = _FORGOTTEN
        for stream in (connection.client, connection.server):
            self._names.closed(stream.flow)
            # Without these it is no cycle, and its memory is free now, not when the collector comes by.
            del stream.connection, stream.peer
        # It may be in the wheel for as long as it might have been idle: without what it was.
        del connection.client, connection.server
        rival = self._without_rival(connection)
        if rival is not None:
            for kept in rival.kept:
                finished += self._again(kept)

    def relieve(self) -> list[Outcome]:
        """The budget is exceeded: free a quarter of it.

        That takes a look at every connection, so it must not be needed again before traffic has brought as much.
        """
        finished: list[Outcome] = []
        self._relieve(self._assembly.budget.limit * 3 // 4, finished)
        return finished

    def _relieve(self, enough: i64, finished: list[Outcome]) -> None:
        """Have the connections on which most waits give up what waits, until no more than `enough` bytes are held.

        Who asks for much loses his own.
        """
        budget = self._assembly.budget
        heavy = [(weight, connection) for connection in self.all() if (weight := connection.weight)]
        heavy.sort(key=itemgetter(0), reverse=True)
        for _, connection in heavy:
            if budget.held <= enough:
                break
            if not _remembered(connection):
                continue
            self.relieved += 1
            self._refute(connection)
            self._give_up(connection, _NEVER, finished)
            if connection.life < _CLOSED:
                connection.conversation.relieve(finished)
                if connection.conversation.becomes is not None:
                    self.become(connection.client, finished)

    def shed(self, count: int) -> list[Outcome]:
        """End up to `count` connections, the longest idle of those that are due next; report what was open.

        What waits beyond half of its budget goes first, where most of it is: that may be enough.
        """
        finished: list[Outcome] = []
        budget = self._assembly.budget
        if budget.held > budget.limit // 2:
            self._relieve(budget.limit // 2, finished)
            return finished
        self.shedded += self._make_room(count, finished)
        return finished

    def _make_room(self, count: int, finished: list[Outcome]) -> int:
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

    def _look(self, connection: Connection, now: i64, finished: list[Outcome]) -> None:
        """See whether a connection that may be due is."""
        if not _remembered(connection):
            return
        if now - connection.active >= self._patience(connection):
            self._remove(connection, finished)
            return
        if connection.life is not _CLOSED:
            connection.conversation.overdue(now, self._limits.transaction_seconds * _SECOND, finished)
        self._put(connection)

    def _patience(self, connection: Connection) -> i64:
        """How long after its newest segment a connection is remembered."""
        limits = self._limits
        return (limits.closing_seconds if connection.life is _CLOSED else limits.idle_seconds) * _SECOND

    def _put(self, connection: Connection) -> None:
        """Have a connection looked at when it may be due."""
        self._wheel.put(connection, connection.active + self._patience(connection))

    def _drop(self, reason: Drop) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


def _first(
    interface: Interface, buffer: bytes, segment: Segment, time: int, numbers: tuple[int, int]
) -> First | None:
    """Data by which a connection may be found; None where the packet does not say enough. `numbers`: those before it."""
    flow, sequence, _, flags, data, captured, _ = segment
    hops = hops_left(buffer, data, flow)
    if not flags & ACK or hops < 0:
        return None
    said = buffer[data : data + min(captured, COMPARED)]
    return First(flow, numbers, interface, sequence, said, hops, time)


def _perspective(near: int) -> str | None:
    """Whose view it is; none where it is that of both, or of neither."""
    return {CLIENT_NEAR: "client", SERVER_NEAR: "server"}.get(near)


def _remembered(connection: Connection) -> bool:
    return connection.life is not _FORGOTTEN


_LARGEST_WINDOW: Final = 1 << 30
_NEVER: Final = (1 << 63) - 1
"""Later than any packet: nothing is waited for any more."""
