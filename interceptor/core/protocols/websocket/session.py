"""A connection that speaks WebSocket: what each side sends, and how it ends.

Owns the story of one session: frames and messages by kind, pings that nobody answers, who closes it and why. Refuses
payloads: see `frames`.

A session is reported once, when its connection is over, or each time that it has been open for as long as a transaction may
be (`Limits.transaction_seconds`): then with what came since the last time, as `ongoing`. Its handshake is a transaction of
its own, with a duration of its own, so that no session looks like a slow request.

Pings. An endpoint may answer only the latest of those that it has received (RFC 6455 section 5.5.3), and may send a pong
that nobody has asked for. So a pong answers every ping that its sender had received, which its place tells, and
a ping is unanswered as long as no pong is known to have come after it. Where the place in the direction of the pongs is lost,
nothing is said.

Limits: the positions of 16 pings that wait; of more only the number is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interceptor.core.model import Drop, Outcome, State
from interceptor.core.protocols.conversation import Conversation
from interceptor.core.protocols.websocket.frames import PING, PONG, Frames
from interceptor.core.protocols.websocket.handshake import agreed, extended

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.budget import Budget
    from interceptor.core.model import Anomaly, Chunk, Peers, Request, Transaction
    from interceptor.core.protocols.conversation import Becoming

__all__ = ["Session", "Traffic", "WebSocketConversation"]

_WAITING_PINGS: Final = 16
"""Whose positions are kept: an endpoint that sends more without an answer has none to expect."""
_NO_PINGS: Final[list[int]] = []


class Traffic(Struct, frozen=True, gc=False):
    """What came from one side, since its session was last reported."""

    bytes: int = 0
    """Of the connection behind the handshake, as far as they were seen."""
    missed: int = 0
    """Bytes that are known to be missing from the capture."""
    payload: int = 0
    """Of frames whose header was seen: as on the wire, compressed or not, seen or known to be missing."""
    continuation: int = 0
    """Frames that go on with a message."""
    text: int = 0
    """Messages of text that began."""
    binary: int = 0
    compressed: int = 0
    """How many of both are."""
    close: int = 0
    ping: int = 0
    pong: int = 0


class Session(Outcome, eq=False, gc=False):
    """A WebSocket session as seen, or what came of it since it was last reported."""

    position: int
    """Of the first byte of the request for it; of the answer's, where the request was never seen."""
    asked: bool
    """The request was seen."""
    part: int
    """1-based: how often it has been reported with this one."""
    time: int
    """Of the handshake's end, or of the last report."""
    end_time: int
    """Of the last byte that mattered: of a frame's header, the last one of a payload, or the end of the connection."""
    state: State
    """COMPLETE: all bytes were seen, from the request on, until both sides ended or until this report."""
    ongoing: bool
    """It goes on after this report."""
    request: Request | None
    """What asked for it; None where that was not seen, or had to be given up for its size."""
    subprotocol: str
    """As the server names it; empty where it names none."""
    extensions: tuple[str, ...]
    """As the server names them."""
    closed_by: int | None
    """The side that ended it first, by a close frame, else by a FIN or a RST; None where that was not seen."""
    client_code: int | None
    """Of the client's close frame; see `Frames.close_code`."""
    server_code: int | None
    client_unanswered: int | None
    """Pings of the client that the server has not answered by now; None where that cannot be known."""
    server_unanswered: int | None
    anomalies: set[Anomaly]
    client: Traffic
    server: Traffic


class _Side:
    """What one side has said so far, and what of that has been reported."""

    __slots__ = ("_older", "_pings", "counted", "ended", "frames", "reported")

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.ended = False
        """By a FIN."""
        self.reported = Traffic()
        self.counted = 0
        """Bytes that are counted."""
        self._pings = _NO_PINGS
        """Positions after those that wait for an answer, in order."""
        self._older = 0
        """How many wait whose positions are not kept."""

    def ping(self, end: int) -> None:
        """It has sent a ping that ends before this position."""
        if not self._pings:
            self._pings = []
        elif len(self._pings) == _WAITING_PINGS:
            del self._pings[0]
            self._older += 1
        self._pings.append(end)

    def ponged(self, place: int) -> None:
        """The other side, which had received everything before `place`, has sent a pong."""
        pings = self._pings
        if pings and pings[0] <= place:
            self._older = 0
            self._pings = [end for end in pings if end > place] or _NO_PINGS

    @property
    def unanswered(self) -> int:
        """How many pings wait."""
        return self._older + len(self._pings)

    def traffic(self) -> Traffic:
        """What came in all."""
        frames = self.frames
        continuation, text, binary, *_, close, ping, pong = frames.counts
        return Traffic(
            frames.came,
            frames.missed,
            frames.payload_bytes,
            continuation,
            text,
            binary,
            frames.compressed,
            close,
            ping,
            pong,
        )

    def since(self) -> Traffic:
        """What came since this was last asked for."""
        now, before = self.traffic(), self.reported
        self.reported = now
        return Traffic(*[getattr(now, name) - getattr(before, name) for name in Traffic.__struct_fields__])


class WebSocketConversation(Conversation):
    """WebSocket on one connection, from the end of its handshake on."""

    __slots__ = (
        "_asked",
        "_budget",
        "_closed_by",
        "_drop",
        "_end",
        "_extensions",
        "_over",
        "_parts",
        "_position",
        "_request",
        "_sides",
        "_since",
        "_start",
        "_subprotocol",
        "_weight",
        "becomes",
        "peers",
    )

    peers: Peers

    def __init__(
        self, peers: Peers, handshake: Transaction, drop: Callable[[Drop, int], None], budget: Budget
    ) -> None:
        """`handshake`: the request for it, if that was seen, and the 101. What is large of it counts in the budget."""
        request, answer = handshake.request, handshake.response
        assert answer is not None
        self.peers = peers
        self.becomes: Becoming | None = None
        self._drop = drop
        self._budget = budget
        self._request = request
        self._weight = request.weight if request is not None else 0
        """Bytes of memory of a large request that is kept."""
        budget.held += self._weight
        self._asked = request is not None
        self._position = request.position if request is not None else answer.position
        upgrade = answer.upgrade
        self._subprotocol = upgrade.subprotocol if upgrade is not None else ""
        self._extensions = agreed(upgrade)
        bits = extended(self._extensions)
        self._sides = (_Side(Frames(masked=True, extended=bits)), _Side(Frames(masked=False, extended=bits)))
        self._closed_by: int | None = None
        self._over = False
        """A side has ended it."""
        self._start = self._end = answer.end_time
        self._since = 0
        """When it was first found open since its last report, on the clock that time-outs run on."""
        self._parts = 0

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers

    def reader(self, side: int) -> Frames:
        """What reads one side."""
        return self._sides[side].frames

    def receive(self, side: int, chunk: Chunk, _finished: list[Outcome]) -> None:
        """Bytes of one side, in order."""
        said = self._sides[side]
        frames = said.frames
        if frames.remaining > chunk.end - chunk.cursor:
            # As the short way of the pipeline does: no time of such bytes matters.
            frames.remaining -= chunk.end - chunk.cursor
            chunk.cursor = chunk.end
            return
        self._end = max(self._end, chunk.time)
        for opcode, end, place in frames.receive(chunk):
            if opcode == PING:
                said.ping(end)
            elif opcode == PONG:
                self._sides[1 - side].ponged(place)
            else:
                self._close(side)
        self._count(said)

    def gap(self, side: int, size: int, _position: int, _time: int, _finished: list[Outcome]) -> None:
        """Bytes of one side are missing."""
        self._sides[side].frames.gap(size)

    def close(self, side: int, _position: int, time: int, _finished: list[Outcome], *, clean: bool) -> None:
        """Nothing more comes from one side."""
        self._sides[side].ended = clean
        self._end = max(self._end, time)
        if clean:
            self._close(side)

    def reset(self, side: int) -> None:
        """One side has reset the connection."""
        self._close(side)

    def finish(self, _unseen: Anomaly, finished: list[Outcome]) -> None:
        """The connection is over."""
        for side in self._sides:
            self._count(side)
        finished.append(self._report(ongoing=False))
        self._let_go()

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Report what came since the last report, if that was `patience` nanoseconds ago."""
        if not self._since:
            self._since = now
        elif now - self._since >= patience:
            self._since = now
            finished.append(self._report(ongoing=True))

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - arithmetic tells as well
        """Bytes of one side that are not counted yet: of a payload that comes."""
        said = self._sides[side]
        return said.frames.came - said.counted

    @property
    def weight(self) -> int:
        """Bytes of memory of a large request."""
        return self._weight

    def relieve(self, _finished: list[Outcome]) -> None:
        """Keep no large request: what was asked for is not said of this session any more."""
        if self._weight:
            self._request = None
            self._let_go()

    def _close(self, side: int) -> None:
        """A side ends the session. Where the other may have done so before, in what was lost, nobody knows who did."""
        if not self._over:
            self._over = True
            if not self._sides[1 - side].frames.lost:
                self._closed_by = side

    def _count(self, side: _Side) -> None:
        """Count what has come of one side."""
        came = side.frames.came
        self._drop(Drop.UPGRADED, came - side.counted)
        side.counted = came

    def _let_go(self) -> None:
        self._budget.held -= self._weight
        self._weight = 0

    def _report(self, *, ongoing: bool) -> Session:
        client, server = self._sides
        self._parts += 1
        whole = (
            self._asked
            and (ongoing or (client.ended and server.ended))
            and not (client.frames.missed or server.frames.missed)
        )
        session = Session(
            self.peers,
            self._position,
            self._asked,
            self._parts,
            self._start,
            self._end,
            State.COMPLETE if whole else State.TRUNCATED,
            ongoing,
            self._request,
            self._subprotocol,
            self._extensions,
            None if ongoing else self._closed_by,
            client.frames.close_code,
            server.frames.close_code,
            None if server.frames.lost else client.unanswered,
            None if client.frames.lost else server.unanswered,
            (client.frames.anomalies or set()) | (server.frames.anomalies or set()),
            client.since(),
            server.since(),
        )
        self._start = self._end
        return session
