"""What a connection speaks: conversations made for it, by what its first bytes say.

Owns the choice among the protocols that are read, and which conversation a change leads to. Refuses ports.

What is seen from its beginning is taken for HTTP/1, which tells itself when neither side speaks it. On a connection that is
met in the middle nobody knows who the client is; until what one side says proves it, nothing is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly, Drop, Transaction
from interceptor.core.protocols.conversation import CLIENT, SERVER, Becoming, Conversation, End, Hole
from interceptor.core.protocols.http1.heads import plausible_request, plausible_response
from interceptor.core.protocols.http1.pairing import UNREAD, HttpConversation
from interceptor.core.protocols.opaque import NOTHING_COMES, Opaque
from interceptor.core.protocols.socks import SocksConversation, may_begin
from interceptor.core.protocols.tunnel import DEPTH, Inside, Opening, Story, TunnelConversation
from interceptor.core.protocols.websocket.handshake import proven
from interceptor.core.protocols.websocket.session import WebSocketConversation

if TYPE_CHECKING:
    from interceptor.core.model import Chunk, Outcome, Peers
    from interceptor.core.protocols.http1.parser import Context, Partial
    from interceptor.core.protocols.http1.recognition import Prospect
    from interceptor.core.protocols.opaque import Nothing

__all__ = ["Recognition"]

_HTTP: Final = "http1"
_SOCKS: Final = "socks"
_CONNECT: Final = "connect"
_WEBSOCKET: Final = "websocket"
_SWITCHING: Final = 101


class Recognition:
    """Makes the conversations of a pipeline."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def begin(self, peers: Peers | None, *, first: bool) -> Conversation:
        """The conversation of a connection of which nothing has been said."""
        if peers is None:
            return _Middle(self._context)
        return _Beginning(peers) if first else HttpConversation(peers, self._context, first=False)

    def become(self, change: Becoming, peers: Peers) -> Conversation:
        """The conversation that a change leads to."""
        if isinstance(change, _Joined):
            conversation = HttpConversation(peers, self._context, first=False)
            conversation.reader(change.side).resume(change.begun)
            if change.announced is not None:
                conversation.announce(change.announced)
            return conversation
        return self._become(change, peers, 0)

    def _become(self, change: Becoming, peers: Peers, depth: int) -> Conversation:
        """The same inside of so many tunnels."""
        if isinstance(change, Inside):
            story = change.story
            inner = self._become(change.change, peers, story.depth)
            return TunnelConversation(peers, story, None if inner.opaque else inner, self._context.drop)
        if change.protocol == _HTTP:
            return HttpConversation(peers, self._context, first=True)
        if change.protocol == _SOCKS:
            return SocksConversation(peers, self._context.drop, self._context.budget)
        if isinstance(change.origin, Opening):
            return self._open(change.origin, peers, depth)
        if isinstance(change.origin, Transaction):
            return self._switch(change.origin, peers, depth)
        return Opaque(
            peers, self._context.drop, Drop.NOT_HTTP if change.protocol == UNREAD else Drop.UPGRADED
        )

    def _switch(self, granted: Transaction, peers: Peers, depth: int) -> Conversation:
        """What an answer of HTTP/1 leads to: a tunnel, WebSocket, or what another name stands for."""
        request, response = granted.request, granted.response
        if response is None:
            return Opaque(peers, self._context.drop, Drop.UPGRADED)  # h2c
        asked = request.upgrade if request is not None else None
        protocol, anomaly = _CONNECT, None
        if response.status == _SWITCHING:
            named = response.upgrade or asked
            protocol = named.protocol if named is not None else ""
            if protocol == _WEBSOCKET:
                if proven(asked, response.upgrade):
                    return WebSocketConversation(peers, granted, self._context.drop, self._context.budget)
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
        return TunnelConversation(peers, story, inner, self._context.drop)

    def begins(self, data: bytes) -> bool:
        """Whether bytes can be the start line of a message, as far as they go."""
        return plausible_request(data, 0, len(data)) or plausible_response(data, 0, len(data))


class _Beginning(Conversation):
    """A connection that is seen from its beginning, until a side says anything."""

    __slots__ = ("becomes", "peers")

    peers: Peers

    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.becomes: Becoming | None = None

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers

    def reader(self, side: int) -> Nothing:  # noqa: ARG002 - both are the same
        """Everything must be looked at."""
        return NOTHING_COMES

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """The first bytes of a connection say what it speaks."""
        asks = side == CLIENT and may_begin(chunk.buffer[chunk.cursor : chunk.end])
        self.becomes = Becoming(_SOCKS if asks else _HTTP, [(side, chunk)])

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:  # noqa: ARG002
        """What they were is not known."""
        self.becomes = Becoming(_HTTP, [(side, Hole(size, position, time))])

    def close(
        self,
        side: int,
        position: int,
        time: int,
        finished: list[Outcome],  # noqa: ARG002
        *,
        clean: bool,
    ) -> None:
        """One side says nothing."""
        self.becomes = Becoming(_HTTP, [(side, End(position, time, clean))])

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """Nothing has begun."""

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Nothing is open."""

    def relieve(self, finished: list[Outcome]) -> None:
        """Nothing waits."""

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - nothing ever is
        """All is left."""
        return 0


class _Joined(Becoming):
    """HTTP/1 from the middle of a connection on."""

    side: int = CLIENT
    """Who has proven it."""
    begun: Partial | None = None
    """The beginning of that message; None where all of it is in what is left."""
    announced: tuple[str, int] | None = None
    """The client's address and port, by a PROXY protocol header."""


class _Middle(Conversation):
    """A connection met in the middle, while nobody knows which side is the client."""

    __slots__ = ("_context", "_prospects", "becomes")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._prospects: list[Prospect | None] = [None, None]
        """What the sides may have begun to say."""
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
            "http1",
            [(role, chunk)],
            swapped=role != side,
            side=role,
            begun=prospect.take(),
            announced=client.announced if client is not None else None,
        )

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:  # noqa: ARG002
        """What had begun there is not whole."""
        prospect = self._prospects[side]
        if prospect is not None:
            prospect.drop(Drop.HEAD_INCOMPLETE)

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
        return sum([prospect.held for prospect in self._prospects if prospect is not None])

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - all else is dropped
        """Bytes that may begin a message."""
        prospect = self._prospects[side]
        return prospect.held if prospect is not None else 0

    def _give_up(self, side: int, reason: Drop) -> None:
        prospect, self._prospects[side] = self._prospects[side], None
        if prospect is not None:
            prospect.drop(reason)
