"""HTTP/2 on one connection: frames of both sides, HPACK's tables, and the streams that they are of.

Owns how these meet: each block goes through the table of its direction, whatever becomes of it, and a loss costs its own
direction. See `frames` for what a hole costs, `hpack` for what is known after it, `streams` for what is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interceptor.core.model import Anomaly, Drop, Request
from interceptor.core.protocols.conversation import CLIENT, NOWHERE, SERVER, Becoming, Conversation
from interceptor.core.protocols.http2.frames import (
    BLOCK,
    DATA,
    END,
    GOAWAY,
    LOST,
    MISSED,
    PAYLOAD,
    RESET,
    FrameReader,
)
from interceptor.core.protocols.http2.hpack import Table
from interceptor.core.protocols.http2.recognition import REFUSED, declines
from interceptor.core.protocols.http2.sessions import Sessions
from interceptor.core.protocols.http2.streams import Streams

if TYPE_CHECKING:
    from interceptor.core.model import Chunk, Outcome, Peers, Transaction, i64
    from interceptor.core.protocols.http2.fields import Head
    from interceptor.core.protocols.http2.stream import Contents
    from interceptor.core.protocols.http2.streams import Context

__all__ = ["Http2Conversation"]


class _Side:
    """One direction."""

    __slots__ = ("counting", "left", "reader", "settled", "table", "weight")

    def __init__(self, reader: FrameReader, table: Table) -> None:
        self.reader = reader
        self.table = table
        self.settled: i64 = NOWHERE
        """Position up to which bytes were counted as delivered or dropped; NOWHERE before the first and behind the last."""
        self.left: i64 = 0
        """What its reader said there of what need not be looked at: it has less to say once some of that went by."""
        self.counting: Contents | None = None
        """What the body that comes in is looked at for."""
        self.weight: i64 = 0
        """Bytes of memory of what waits on this side, and of its table, when it was last counted."""


class Http2Conversation(Conversation):
    """HTTP/2 on one connection."""

    __slots__ = ("_context", "_first", "_sessions", "_sides", "_streams", "_weighed", "becomes", "peers")

    peers: Peers

    def __init__(
        self,
        peers: Peers,
        context: Context,
        *,
        first: bool,
        upgraded: Transaction | None = None,
    ) -> None:
        """`first`: the connection is seen from its preface on. `upgraded`: what stream 1 answers."""
        self.peers = peers
        self.becomes: Becoming | None = None
        self._context = context
        self._first = first and upgraded is None
        self._streams = Streams(peers, context, first=first)
        self._sessions: Sessions | None = None
        """Made when a stream becomes one: few ever do."""
        block_bytes = context.limits.head_bytes
        self._sides = tuple(
            [
                _Side(
                    FrameReader(block_bytes, client=side == CLIENT, first=first),
                    self._table(side, first=first),
                )
                for side in (CLIENT, SERVER)
            ]
        )
        self._weighed: i64 = 0
        """What the budget knows of."""
        if upgraded is not None:
            self._streams.begin_upgraded(upgraded)

    def _table(self, side: i64, *, first: bool) -> Table:
        """The table of one side, of which nothing has been read."""
        context = self._context
        return Table(context.strings, first=first, client=side == CLIENT if context.recovering else None)

    def rename(self, peers: Peers) -> None:
        """The ends are known better, of what is open and what begins."""
        self.peers = peers
        self._streams.rename(peers)
        if self._sessions is not None:
            self._sessions.rename(peers)

    def reader(self, side: i64) -> FrameReader:
        """What reads one side."""
        return self._sides[side].reader

    # Bytes in

    def receive(self, side: i64, chunk: Chunk, finished: list[Outcome]) -> None:
        """The next bytes of one side."""
        said = self._sides[side]
        if said.settled == NOWHERE:
            if side == SERVER and self._first and declines(chunk.buffer[chunk.cursor : chunk.end]):
                self._leave(self._sides[CLIENT])
                self.becomes = Becoming(REFUSED, [(side, chunk)])
                return
            said.settled = chunk.base + chunk.cursor
        end = chunk.base + chunk.end
        self._receive(side, said, chunk, finished)
        self._settle(said, end)

    def _receive(self, side: i64, said: _Side, chunk: Chunk, finished: list[Outcome]) -> None:
        reader = said.reader
        if reader.searching:
            found = reader.search(chunk)
            if found:
                self._streams.found(side)
            for piece in found:
                self._receive(side, said, piece, finished)
            return
        while event := reader.next_event(chunk):
            if event == BLOCK:
                self._read_block(side, said, chunk.time, finished)
            elif event == DATA:
                said.counting = counting = self._data(side, reader)
                if counting is not None and not counting.torn:
                    counting.left -= reader.look_behind(counting.left)
            elif event == END:
                self._ended(side, reader.stream, chunk.time, finished)
            elif event == PAYLOAD:
                counting = said.counting
                assert counting is not None
                counting.receive(reader.take(chunk), chunk)
                if reader.rest:
                    self._pass_over(reader, counting)
            else:
                self._happened(side, said, event, chunk.time, finished)

    def _data(self, side: i64, reader: FrameReader) -> Contents | None:
        """A DATA frame has begun. Returns what its bytes are for, if anything."""
        if self._sessions is not None and (half := self._sessions.half(side, reader.stream)) is not None:
            return half
        return self._streams.data(side, reader.stream, reader.size)

    def _pass_over(self, reader: FrameReader, counting: Contents | None) -> None:
        """Leave what nobody need look at of what is left of a body in its frame."""
        if counting is None or counting.torn:
            reader.pass_over(reader.rest)
        else:
            counting.left -= reader.pass_over(counting.left)

    def _happened(self, side: i64, said: _Side, event: i64, time: i64, finished: list[Outcome]) -> None:
        """What is rare."""
        reader, streams = said.reader, self._streams
        if event == RESET:
            streams.reset(side, reader.stream, reader.code, time, finished)
            if self._sessions is not None:
                self._sessions.reset(side, reader.stream, time, finished)
        elif event == GOAWAY:
            streams.go_away(side, reader.stream, finished)
        elif event == LOST:
            said.table.lose()
            streams.lose(side)
            if self._sessions is not None:
                self._sessions.lose(side)
        elif not said.table.whole and not said.table.epoch:
            said.table = self._table(side, first=True)

    def _ended(self, side: i64, number: i64, time: i64, finished: list[Outcome]) -> None:
        """One side has ended its half of a stream."""
        self._streams.ended(side, number, time, finished)
        if self._sessions is not None:
            self._sessions.ended(side, number, time, finished)

    def _read_block(self, side: i64, said: _Side, time: i64, finished: list[Outcome]) -> None:
        """A header block is over: it goes through the table, whatever it is of."""
        reader, streams = said.reader, self._streams
        number, ends, promised = reader.stream, reader.ends, reader.promised
        head = self._head(said)
        if side == SERVER and not promised:
            began = (reader.position, reader.place, reader.time)
            granted = streams.server_block(number, head, began, time, ends=ends, finished=finished)
            if granted is not None and head is not None:
                self._open(number, granted, head, finished)
            if ends and self._sessions is not None:
                self._sessions.ended(side, number, time, finished)
        elif promised < 0:
            streams.lose_block(side)
        else:
            if head is not None:
                request = self._context.fields.request(
                    head, said.table.epoch, reader.position, reader.place, reader.time
                )
            else:
                request = Request(
                    reader.position, reader.place, reader.time, version="2", scheme="", unknown="head_lost"
                )
                if reader.too_large:
                    request.tag(Anomaly.TOO_MANY_HEADERS)
            if promised:
                streams.promise(promised, request, finished)
            else:
                streams.client_block(number, head, request, time, ends=ends, finished=finished)

    def _head(self, said: _Side) -> Head | None:
        """What the block says that is over on a side; None where that is not known."""
        context, table, block = self._context, said.table, said.reader.block
        if block is None:
            table.lose(said.reader.length)
            return None
        fields = table.read(block)
        if fields is None:
            context.counts.drop(Drop.HEAD_INVALID, len(block))
            context.octets += len(block)
            said.settled += len(block)
            return None
        return context.fields.read(fields, cut=table.cut)

    def _open(self, number: i64, granted: Transaction, head: Head, finished: list[Outcome]) -> None:
        """Another protocol goes on where a stream's bodies were. Of a tunnel nothing more is looked at."""
        request, response = granted.request, granted.response
        if request is None or response is None or request.upgrade is None:
            return
        response.upgrade = self._context.fields.upgrade(head, request.upgrade)
        if self._sessions is None:
            self._sessions = Sessions(self._context)
        self._sessions.begin(number, granted, finished)

    def gap(self, side: i64, size: i64, position: i64, time: i64, finished: list[Outcome]) -> None:
        """Bytes of one side are missing."""
        said = self._sides[side]
        reader = said.reader
        if said.settled == NOWHERE:
            said.settled = position
        self._settle(said, position)
        event = reader.gap(size)
        if event == MISSED:
            if reader.guessed:
                said.counting = None
                self._streams.data(side, reader.stream, 0)
            self._streams.missed(side, reader.stream, reader.size, reader.unread, guessed=reader.guessed)
            if self._sessions is not None:
                self._sessions.missed(side, reader.stream, reader.size, time, guessed=reader.guessed)
            self._pass_over(reader, said.counting)
            if reader.resume_body():
                self._ended(side, reader.stream, time, finished)
        elif event == BLOCK:
            self._read_block(side, said, time, finished)
        elif event:
            self._happened(side, said, event, time, finished)
        said.settled += size
        self._settle(said, position + size)

    def close(self, side: i64, position: i64, time: i64, finished: list[Outcome], *, clean: bool) -> None:
        """Nothing more comes from one side."""
        del clean  # a stream says itself where it ends, and what has not ended is for `finish`
        said = self._sides[side]
        if said.settled == NOWHERE:
            said.settled = position
        said.reader.close()
        self._settle(said, position)
        said.settled = NOWHERE  # its end has a position of its own, and nothing is held there
        self._streams.close(side, time)
        if self._sessions is not None:
            self._sessions.close(side, time, finished)

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """The connection is over: report all that is still open."""
        self._streams.finish(unseen, self._unfinished(), finished)
        if self._sessions is not None:
            self._sessions.finish(unseen, finished)
        self._context.budget.held -= self._weighed
        self._weighed = 0

    def overdue(self, now: i64, patience: i64, finished: list[Outcome]) -> None:
        """Report what is still not over, `patience` nanoseconds after it was first asked for here."""
        self._streams.overdue(now, patience, self._unfinished(), finished)
        if self._sessions is not None:
            self._sessions.overdue(now, patience, finished)

    def relieve(self, finished: list[Outcome]) -> None:
        """Give up what waits here for more, the tables included."""
        self._streams.relieve(self._unfinished(), finished)
        if self._sessions is not None:
            self._sessions.finish(Anomaly.CUT_SHORT, finished)
        for said in self._sides:
            position = said.settled + said.reader.pending
            said.table.lose()
            said.reader.relieve()
            self._settle(said, position)

    def heard(self, side: i64) -> None:
        """A segment of one side was captured."""
        self._streams.heard[side] = True

    def reset(self, side: i64) -> None:
        """One side has reset the connection."""
        if side == CLIENT:
            self._streams.client_closed = True

    # What is held

    @property
    def weight(self) -> i64:
        """Bytes of memory of what waits, of open streams beside the first, and of HPACK's windows."""
        for said in self._sides:
            said.weight = said.reader.pending + said.table.weight
        return self._weigh()

    def held(self, side: i64, position: i64) -> i64:
        """Bytes of one side that are neither delivered nor dropped yet."""
        settled = self._sides[side].settled
        return position - settled if settled != NOWHERE else 0

    @property
    def begun(self) -> i64:
        """How many transactions have begun."""
        return self._streams.begun

    @property
    def open_transactions(self) -> i64:
        """How many of them are not reported."""
        return self._streams.open_transactions

    @property
    def open_messages(self) -> i64:
        """How many messages are in those."""
        return self._streams.open_messages

    def _unfinished(self) -> list[tuple[int, int]]:
        return [(said.reader.stream, said.reader.unfinished) for said in self._sides]

    def _settle(self, said: _Side, position: i64) -> None:
        """Count what has come up to a position, except what waits."""
        context, reader, before = self._context, said.reader, said.settled
        if reader.discarded:
            for reason, size in reader.discarded.items():
                context.counts.drop(reason, size)
                said.settled += size
            reader.discarded.clear()
        pending = reader.pending
        end = position - pending
        context.counts.delivered += end - said.settled
        context.octets += end - before
        said.settled = end
        said.left = reader.remaining
        said.weight = pending + said.table.weight
        weight = self._weigh()
        if weight != self._weighed:
            context.budget.held += weight - self._weighed
            self._weighed = weight

    def _leave(self, said: _Side) -> None:
        """Count what went by and what waits of a side that another conversation goes on with."""
        if said.settled != NOWHERE:
            reader = said.reader
            position = said.settled + reader.pending + said.left - reader.remaining
            reader.close()
            self._settle(said, position)

    def _weigh(self) -> i64:
        """Bytes of memory of all that was counted, as far as the sides have changed."""
        client, server = self._sides
        weight = client.weight + server.weight + self._streams.weight
        return weight if self._sessions is None else weight + self._sessions.weight
