"""What a connection speaks: conversations made for it, by what its first bytes say.

Owns the choice among the protocols that are read, and which conversation a change leads to. Refuses ports.

What is seen from its beginning is HTTP/2 by the client's preface, TLS if either side begins with a hello, SOCKS if the client
begins so, and else taken for HTTP/1, which tells itself when neither side speaks it. On a connection that is met in the middle
nobody knows who the client is; until what one side says proves it, nothing is read. Records of TLS prove what it speaks and not
who is who: that another connection may have proven, and else it is assumed, and said to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly, Chunk, Drop, Transaction
from interceptor.core.protocols.conversation import CLIENT, SERVER, Becoming, Conversation, End, Hole
from interceptor.core.protocols.foreign import ForeignConversation, Unwatched
from interceptor.core.protocols.http1.heads import plausible_request, plausible_response
from interceptor.core.protocols.http1.pairing import H2C, UNREAD, HttpConversation
from interceptor.core.protocols.http2.recognition import (
    FIRST_BYTES,
    MORE,
    REFUSED,
    Begun,
    greets,
    may_answer,
    speaker,
)
from interceptor.core.protocols.ledger import (
    HTTP1,
    HTTP2,
    PROXY,
    TLS,
    TUNNEL,
    UNRECOGNIZED,
    WEBSOCKET,
    Ledger,
)
from interceptor.core.protocols.opaque import NOTHING_COMES, Opaque
from interceptor.core.protocols.proxied import ProxiedConversation, may_announce
from interceptor.core.protocols.signatures import SIGN_BYTES, SIGNED, by_client, by_server
from interceptor.core.protocols.socks import SocksConversation, may_begin
from interceptor.core.protocols.tls import recognition as tls
from interceptor.core.protocols.tunnel import DEPTH, Inside, Opening, Story, TunnelConversation
from interceptor.core.protocols.websocket.handshake import proven
from interceptor.core.protocols.websocket.session import WebSocketConversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.model import Outcome, Peers
    from interceptor.core.protocols.conversation import Heard
    from interceptor.core.protocols.http1.parser import Context, Partial
    from interceptor.core.protocols.http1.recognition import Prospect
    from interceptor.core.protocols.http2.conversation import Http2Conversation
    from interceptor.core.protocols.http2.streams import Context as Http2Context
    from interceptor.core.protocols.opaque import Nothing

__all__ = ["Recognition"]

_HTTP1: Final = "http1"
_HTTP2: Final = "http2"
_TLS: Final = TLS
_PROXIED: Final = "proxied"
_SOCKS: Final = "socks"
_CONNECT: Final = "connect"
_WEBSOCKET: Final = "websocket"
_SWITCHING: Final = 101
_PATIENCE: Final = 48
"""Pieces and holes that wait: a preface that comes byte by byte, and what a server says meanwhile."""
_FRAME_STARTS: Final = b"\x00P"
"""What a frame of HTTP/2 that is not huge begins with, and its preface."""


class Recognition:
    """Makes the conversations of a pipeline."""

    def __init__(self, context: Context, *, recovering: bool = False) -> None:
        """`recovering`: `http2.streams.Context`."""
        self._context = context
        self._recovering = recovering
        self.ledger = Ledger(context)
        """What all bytes were."""
        self._http2: Http2Context | None = None
        """Made when a connection needs it: most captures have none."""

    def begin(self, peers: Peers | None, *, first: bool) -> Conversation:
        """The conversation of a connection of which nothing has been said."""
        if peers is None:
            return _Middle(self._context, self)
        if first:
            return _Beginning(peers, self._context)
        return HttpConversation(peers, self._context, first=False)

    def become(self, change: Becoming, peers: Peers) -> Conversation:
        """The conversation that a change leads to."""
        if isinstance(change, _Joined):
            return self._join(change, peers)
        return self._become(change, peers, 0)

    def _join(self, change: _Joined, peers: Peers) -> Conversation:
        """The one that goes on in the middle."""
        if change.protocol == _HTTP2:
            return self._speak_http2(peers, first=False)
        if change.protocol == _TLS:
            return self._speak_tls(peers, change)
        conversation = HttpConversation(peers, self._context, first=False)
        conversation.reader(change.side).resume(change.begun)
        if change.announced is not None:
            conversation.announce(change.announced)
        return conversation

    def _become(self, change: Becoming, peers: Peers, depth: int) -> Conversation:
        """The same inside of so many tunnels."""
        if isinstance(change, Inside):
            story = change.story
            inner = self._become(change.change, peers, story.depth)
            if change.change.protocol == _TLS:
                story.inside = _TLS
            return TunnelConversation(peers, story, None if inner.opaque else inner, self._tunnelled(peers))
        if change.protocol == _HTTP1:
            return HttpConversation(peers, self._context, first=True)
        if change.protocol == _HTTP2:
            return self._speak_http2(peers)
        if change.protocol == H2C:
            return self._speak_http2(peers, upgraded=change.origin)
        if change.protocol == _TLS:
            return self._speak_tls(peers)
        if isinstance(change, Unwatched):
            return Opaque(peers, change.account.drop, Drop.NOT_HTTP)
        if change.origin is None and change.protocol in SIGNED:
            return ForeignConversation(peers, self.ledger.account(change.protocol, peers, begun=1))
        if change.protocol == REFUSED:
            declined = HttpConversation(peers, self._context, first=True)
            declined.requests.refuse_all()
            return declined
        if change.protocol == _PROXIED:
            context = self._context
            return ProxiedConversation(
                peers, self.ledger.sum(PROXY).drop, context.budget, context.head_bytes, _HTTP1
            )
        if not change.protocol and change.origin is None:
            return self.begin(peers, first=True)
        if change.protocol == _SOCKS:
            return SocksConversation(peers, self._tunnelled(peers), self._context.budget)
        if isinstance(change.origin, Opening):
            return self._open(change.origin, peers, depth)
        if isinstance(change.origin, Transaction):
            return self._switch(change.origin, peers, depth)
        if change.protocol == UNREAD:
            return Opaque(peers, self.ledger.account(UNRECOGNIZED, peers, begun=1).drop, Drop.NOT_HTTP)
        return Opaque(peers, self._tunnelled(peers, begun=1), Drop.UPGRADED)

    def _speak_tls(self, peers: Peers, joined: _Joined | None = None) -> Conversation:
        """Whose server is assumed counts for none."""
        from interceptor.core.protocols.tls.session import TlsConversation  # most captures do not need it

        assumed = joined is not None and joined.assumed
        ledger = self.ledger
        return TlsConversation(
            peers,
            ledger.sum(TLS, begun=1) if assumed else ledger.account(TLS, peers, begun=1),
            self._context.budget,
            first=joined is None or joined.greeted,
            late=joined is not None and joined.late,
            assumed=assumed,
        )

    def place(self, change: Becoming, peers: Peers) -> None:
        """Who is the client of what was met in the middle: by who has answered elsewhere, or else by what ports are usual."""
        assert isinstance(change, _Joined)
        turned = self.ledger.turned(change.protocol, peers)
        change.assumed = turned is None
        change.swapped = peers.client_port < peers.server_port if turned is None else turned
        if change.swapped:
            change.left = [(1 - side, said) for side, said in change.left]

    def _tunnelled(self, peers: Peers, *, begun: int = 0) -> Callable[[Drop, int], None]:
        """What counts bytes in tunnels."""
        return self.ledger.account(TUNNEL, peers, begun=begun).drop

    def _switch(self, granted: Transaction, peers: Peers, depth: int) -> Conversation:
        """What an answer of HTTP/1 leads to: a tunnel, WebSocket, or what another name stands for."""
        request, response = granted.request, granted.response
        if response is None:
            return Opaque(
                peers, self._tunnelled(peers, begun=1), Drop.UPGRADED
            )  # h2c while a request was still coming in
        asked = request.upgrade if request is not None else None
        protocol, anomaly = _CONNECT, None
        if response.status == _SWITCHING:
            named = response.upgrade or asked
            protocol = named.protocol if named is not None else ""
            if protocol == H2C:  # of a request that was not seen
                return self._speak_http2(peers)
            if protocol == _WEBSOCKET:
                if proven(asked, response.upgrade):
                    drop = self.ledger.sum(WEBSOCKET).drop
                    return WebSocketConversation(peers, granted, drop, self._context.budget)
                anomaly = Anomaly.WRONG_ACCEPT
        opening = Opening(
            peers,
            protocol,
            request.position if request is not None else response.position,
            request is not None,
            response.end_time,
            request=request,
            anomaly=anomaly,
        )
        return self._open(opening, peers, depth)

    def _open(self, opening: Opening, peers: Peers, depth: int) -> Conversation:
        """A tunnel, and whatever is in it."""
        story = Story(opening, depth + 1, self._context.budget)
        entered = depth < DEPTH and opening.error is None
        inner = self.begin(peers, first=True) if entered else None
        return TunnelConversation(peers, story, inner, self._tunnelled(peers, begun=1))

    def read(self) -> dict[str, int]:
        """Bytes by protocol, of all that came in order, but for what waits here."""
        read = self.ledger.read()
        if self._http2 is not None:
            read[HTTP2] = self._http2.octets
            read[HTTP1] -= self._http2.octets
        return read

    def http2(self) -> Http2Context:
        """What conversations of HTTP/2 share."""
        if self._http2 is None:
            from interceptor.core.protocols.http2.streams import Context as Http2Context

            self._http2 = Http2Context(
                self._context.limits, self._context.budget, self._context, recovering=self._recovering
            )
        return self._http2

    def _speak_http2(
        self, peers: Peers, *, first: bool = True, upgraded: Outcome | None = None
    ) -> Http2Conversation:
        from interceptor.core.protocols.http2.conversation import Http2Conversation

        assert upgraded is None or isinstance(upgraded, Transaction)
        return Http2Conversation(peers, self.http2(), first=first, upgraded=upgraded)

    def begins(self, data: bytes) -> bool:
        """Whether bytes can be the start line of a message or the preface of HTTP/2, as far as they go."""
        return bool(data) and (
            plausible_request(data, 0, len(data))
            or plausible_response(data, 0, len(data))
            or greets(data) is not False
        )


class _Beginning(Conversation):
    """A connection that is seen from its beginning, until its first bytes say what it speaks.

    What a client begins to speak is believed when the server does not answer it in HTTP, as one that speaks nothing else may.

    Limits: what waits of one side is a preface, the header of a hello or a line that is cut within `SIGN_BYTES`, of a server
    `http2.recognition.FIRST_BYTES`, and what a client says until its answer, as much as a head may have; all of it in
    `_PATIENCE` pieces and holes.
    """

    __slots__ = ("_context", "_heard", "_named", "becomes", "peers")

    peers: Peers

    def __init__(self, peers: Peers, context: Context) -> None:
        self.peers = peers
        self.becomes: Becoming | None = None
        self._context = context
        self._heard: list[Heard] = []
        """What waits for more, in order."""
        self._named: str | None = None
        """What the client has begun to speak, unless the server answers in HTTP."""

    @property
    def _default(self) -> str:
        """What it is taken for if nothing more tells. HTTP/1 finds its way behind a hole."""
        return self._named or _HTTP1

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers

    def reader(self, side: int) -> Nothing:  # noqa: ARG002 - both are the same
        """Everything must be looked at."""
        return NOTHING_COMES

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """See whether that tells."""
        data = chunk.buffer[chunk.cursor : chunk.end]
        begun = self._said(side) + data
        protocol = self._by_client(begun) if side == CLIENT else self._by_server(begun)
        if protocol is None and len(self._heard) < _PATIENCE:
            position = chunk.base + chunk.cursor
            self._heard.append((side, Chunk(data, 0, len(data), position, chunk.time, chunk.place)))
            self._context.budget.held += len(data)
            chunk.cursor = chunk.end
            return
        self.becomes = Becoming(protocol or self._default, [*self._heard, (side, chunk)])

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:  # noqa: ARG002
        """What comes after it may tell."""
        self._heard.append((side, Hole(size, position, time)))
        if len(self._heard) >= _PATIENCE:
            self.becomes = Becoming(self._default, self._heard)

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:  # noqa: ARG002
        """That side says no more than it has. A server may end before its client has said anything."""
        over = side == CLIENT or any(isinstance(said, End) for _, said in self._heard)
        self._heard.append((side, End(position, time, clean)))
        if over or self._named is not None:
            self.becomes = Becoming(self._default, self._heard)

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:  # noqa: ARG002
        """What waits is told to another."""
        self._context.budget.held -= self.weight

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Nothing is open."""

    def relieve(self, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Wait no more."""
        if self._heard:
            self.becomes = Becoming(self._default, self._heard)

    @property
    def weight(self) -> int:
        """Bytes of memory of what waits."""
        return self.held(CLIENT, 0) + self.held(SERVER, 0)

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - all of it is
        """Bytes that wait."""
        return sum([len(_bytes(said)) for by, said in self._heard if by == side])

    def _runs(self, side: int) -> list[bytes]:
        """What one side has said, from hole to hole."""
        runs = [b""]
        for by, each in self._heard:
            if by == side and isinstance(each, Hole):
                runs.append(b"")
            elif by == side:
                runs[-1] += _bytes(each)
        return runs

    def _said(self, side: int) -> bytes:
        """What it has said since the last hole."""
        return self._runs(side)[-1]

    def _lost(self, side: int) -> bool:
        """Whether the first that a side has said is missing."""
        runs = self._runs(side)
        return len(runs) > 1 and not runs[0]

    def _may_go_on(self, side: int, begun: bytes) -> bool:
        """Whether more may tell what begins so: it is no whole line, and shorter than what is looked at."""
        return len(self._runs(side)) == 1 and len(begun) < SIGN_BYTES and b"\n" not in begun

    def _hello(self, side: int, begun: bytes) -> bool | None:
        """Whether a side begins with a hello; None: more will tell. Behind anything else one is no beginning.

        Where its beginning is lost, it may go on as only who has greeted does. Where both are, there may have been another
        protocol, unless the other side says nothing else either.
        """
        other = self._runs(1 - side)
        if any(self._runs(side)[:-1]) or (
            other[0] and tls.greets(other[0]) is False and not tls.warns(other[0])
        ):
            return False
        if not self._lost(side):
            return tls.greets(begun)
        if self._lost(1 - side) and not all(tls.greets(run) or _goes_on(run) for run in filter(None, other)):
            return False
        return True if _goes_on(begun) else tls.greets(begun)

    def _by_client(self, begun: bytes) -> str | None:
        """What a client speaks that begins so; None: more will tell."""
        if self._named is not None:
            return None if self.weight < self._context.head_bytes else self._named
        hello, preface = self._hello(CLIENT, begun), greets(begun)
        if preface:
            return _HTTP2
        if hello is False and begun[:1] in {b"P", b"\r"}:
            announces = may_announce(begun, self._context.head_bytes)
            if announces is not False:
                return _PROXIED if announces else None
        if hello:
            self._named = _TLS
        if hello is not False or preface is None:
            return None
        if not self._heard and may_begin(begun):
            return _SOCKS
        named = None
        if not plausible_request(begun, 0, len(begun)):
            if self._lost(CLIENT) and self.weight < self._context.head_bytes:
                return None  # what the server begins with may tell
            named = by_client(begun[:SIGN_BYTES])
        if named is None:
            greeting = self._said(SERVER)
            if not greeting and self._may_go_on(CLIENT, begun):
                return None
            named = by_server(greeting[:SIGN_BYTES])
        self._named = named if named in SIGNED else None
        return _HTTP1 if self._named is None else None

    def _by_server(self, begun: bytes) -> str | None:
        """What it speaks if the server begins so."""
        hello = self._hello(SERVER, begun)
        if (hello and self._named in {None, _TLS}) or tls.warns(begun):
            return _TLS
        asked = self._said(CLIENT)
        awaited = not asked or greets(asked) is not False
        if hello is None or (awaited and len(begun) <= FIRST_BYTES and may_answer(begun)):
            return None
        if plausible_response(begun, 0, len(begun)):
            return _HTTP1
        named = self._named or by_server(begun[:SIGN_BYTES])
        if named is None and not asked and self._may_go_on(SERVER, begun):
            return None
        return named if named == _TLS or named in SIGNED else _HTTP1


def _goes_on(begun: bytes) -> bool:
    return tls.goes_on(begun, 0, len(begun))


def _bytes(said: Chunk | Hole | End) -> bytes:
    return said.buffer if isinstance(said, Chunk) else b""


class _Joined(Becoming):
    """From the middle of a connection on."""

    side: int = CLIENT
    """Who has proven it."""
    begun: Partial | None = None
    """The beginning of that message; None where all of it is in what is left."""
    announced: tuple[str, int] | None = None
    """The client's address and port, by a PROXY protocol header."""
    greeted: bool = True
    """TLS: from a hello on."""
    late: bool = False
    """TLS: that is not the client's, or there is none."""
    assumed: bool = False
    """Who is the client is not proven."""


class _Middle(Conversation):
    """A connection met in the middle, while nobody knows which side is the client."""

    __slots__ = ("_begun", "_chains", "_context", "_prospects", "_recognition", "becomes")

    def __init__(self, context: Context, recognition: Recognition) -> None:
        self._context = context
        self._recognition = recognition
        self._prospects: list[Prospect | None] = [None, None]
        """What the sides may have begun to say in HTTP/1."""
        self._begun: list[Begun | None] = [None, None]
        """The same in HTTP/2."""
        self._chains = (tls.Chain(), tls.Chain())
        self.becomes: Becoming | None = None

    @property
    def peers(self) -> None:
        """Nobody knows."""
        return

    def rename(self, peers: Peers) -> None:
        """There are none yet."""

    def reader(self, side: int) -> Nothing:  # noqa: ARG002 - both are the same
        """Everything must be looked at."""
        return NOTHING_COMES

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Find out who is who by who speaks how."""
        before = self._context.thrown
        greeting = tls.opens(chunk.buffer, chunk.cursor, chunk.end)
        if greeting is not None:
            self.becomes = _Joined(
                _TLS, [(greeting, chunk)], swapped=side != greeting, late=greeting != CLIENT
            )
        elif (start := self._chains[side].look(chunk)) is not None:
            left: list[Heard] = [(side, chunk)]
            if start > chunk.cursor:  # the end of a record that began before
                rest = Chunk(chunk.buffer, chunk.cursor, start, chunk.base, chunk.time, chunk.place)
                left.insert(0, (side, rest))
                chunk.cursor = start
            self.becomes = _Joined(_TLS, left, swapped=None, greeted=False, late=True)
        else:
            self._look(side, chunk)
        self._tell(before)

    def _look(self, side: int, chunk: Chunk) -> None:
        # A chunk may be empty: all of a segment that a short snaplen has cut off.
        begun = self._begun[side]
        if begun is not None or (chunk.cursor < chunk.end and chunk.buffer[chunk.cursor] in _FRAME_STARTS):
            joined = begun.joined(chunk) if begun is not None else chunk
            spoken = speaker(joined.buffer, joined.cursor, joined.end, self._recognition.http2().strings)
            if spoken == MORE:
                self._keep(side, begun or Begun(chunk), chunk)
                return
            self._begun[side] = None
            if begun is not None:
                self._context.budget.held -= len(begun)
                if spoken is None and joined.buffer[0] == 0:
                    self._context.drop(Drop.UNSYNCHRONISED, len(begun))
                    self._look(side, chunk)  # something else may begin here
                    return
                chunk.cursor = chunk.end
                chunk = joined
            if spoken is not None:
                self.becomes = _Joined(_HTTP2, [(spoken, chunk)], swapped=spoken != side)
                return
        prospect = self._prospects[side]
        if prospect is None:
            from interceptor.core.protocols.http1.recognition import (
                Prospect,  # which most captures do not need
            )

            prospect = self._prospects[side] = Prospect(self._context)
        is_client = prospect.look(chunk)
        if is_client is None:
            return
        client = self._prospects[side if is_client else 1 - side]
        role = CLIENT if is_client else SERVER
        self.becomes = _Joined(
            _HTTP1,
            [(role, chunk)],
            swapped=role != side,
            side=role,
            begun=prospect.take(),
            announced=client.announced if client is not None else None,
        )

    def _keep(self, side: int, begun: Begun, chunk: Chunk) -> None:
        """Have what may become a preface or a block wait, if there is room."""
        before = len(begun)
        joined = begun.joined(chunk)
        if begun.keep(joined, self._context.head_bytes):
            self._begun[side] = begun
            self._context.budget.held += len(begun) - before
        else:
            self._begun[side] = None
            self._context.budget.held -= before
            self._context.drop(Drop.UNSYNCHRONISED, joined.end)
        chunk.cursor = chunk.end

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:  # noqa: ARG002
        """What had begun there is not whole."""
        self._give_up(side, Drop.HEAD_INCOMPLETE)

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:
        """What had begun there waits until it is known that nothing comes of it."""

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:  # noqa: ARG002
        """It is known now, or nothing is left of it."""
        for side in (CLIENT, SERVER):
            self._give_up(side, Drop.UNSYNCHRONISED if self.becomes is not None else Drop.HEAD_INCOMPLETE)

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Nothing is open."""

    def relieve(self, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Keep no beginnings."""
        for side in (CLIENT, SERVER):
            self._give_up(side, Drop.HEAD_TOO_LARGE)

    @property
    def weight(self) -> int:
        """Bytes of memory of what waits."""
        return self.held(CLIENT, 0) + self.held(SERVER, 0)

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - all else is dropped
        """Bytes that may begin a message."""
        prospect, begun = self._prospects[side], self._begun[side]
        return (prospect.held if prospect is not None else 0) + (len(begun) if begun is not None else 0)

    def _tell(self, before: int) -> None:
        """Of what was dropped since then nobody knows the server."""
        dropped = self._context.thrown - before
        if dropped:
            self._recognition.ledger.sum(UNRECOGNIZED).count(dropped)

    def _give_up(self, side: int, reason: Drop) -> None:
        before = self._context.thrown
        prospect, self._prospects[side] = self._prospects[side], None
        if prospect is not None:
            prospect.drop(reason)
        begun, self._begun[side] = self._begun[side], None
        if begun is not None:
            self._context.budget.held -= len(begun)
            self._context.drop(reason, len(begun))
        self._tell(before)
