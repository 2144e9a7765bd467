"""WebSocket on streams of one connection (RFC 8441): bytes of their bodies in, sessions out.

Owns which streams are sessions, and how the ends of a stream end one: its END_STREAM stands for TCP's FIN, its RST_STREAM
for a RST (section 5). Refuses frames of WebSocket: `websocket.session` reads them, as it does on a connection of its own.

A session's positions are those of the connection, so that it can tell what a pong's sender had received. Its bytes count
as those of HTTP/2, which they are. Behind a hole that may have held frames of its stream nothing of that side is read.

Limits: `Limits.pending` sessions; beyond it the oldest is reported as it stands and looked at no longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly, Chunk
from interceptor.core.protocols.websocket.session import WebSocketConversation

if TYPE_CHECKING:
    from interceptor.core.model import Drop, Outcome, Peers, Transaction
    from interceptor.core.protocols.http2.streams import Context

__all__ = ["Sessions"]

WEIGHT: Final = 2_048
"""Bytes of memory of a session; a test measures it."""


class _Half:
    """One side of a session, as what the body of a stream is for."""

    __slots__ = ("_session", "_side", "left")

    torn: Final = False

    def __init__(self, session: WebSocketConversation, side: int) -> None:
        self._session = session
        self._side = side
        self.left = 0
        """Nothing is passed over before it has come: what is missing then would have counted as seen."""

    def receive(self, data: bytes, segment: Chunk) -> None:
        """Bytes of the body."""
        position = segment.base + segment.cursor - len(data)
        self._session.receive(
            self._side, Chunk(data, 0, len(data), position, segment.time, segment.place), _NOTHING
        )


class Sessions:
    """Those of a connection that are open."""

    __slots__ = ("_budget", "_most", "_open", "_over")

    def __init__(self, context: Context) -> None:
        self._budget = context.budget
        self._most = context.limits.pending
        self._open: dict[int, WebSocketConversation] = {}
        """By stream, the oldest first."""
        self._over: dict[int, int] = {}
        """Which side of a stream has ended, where only one has."""

    def begin(self, number: int, handshake: Transaction, finished: list[Outcome]) -> None:
        """A request for a session was granted."""
        if len(self._open) >= self._most:
            oldest = next(iter(self._open))
            self._end(oldest, Anomaly.CUT_SHORT, finished)
        self._open[number] = WebSocketConversation(handshake.peers, handshake, _counted_as_body, self._budget)

    def half(self, side: int, number: int) -> _Half | None:
        """What bytes of a stream's body are for; None where it is no session."""
        session = self._open.get(number)
        return _Half(session, side) if session is not None else None

    def missed(self, side: int, number: int, size: int, time: int, *, guessed: bool) -> None:
        """Of the body on a stream so much is missing; `guessed`: how much is not known."""
        session = self._open.get(number)
        if session is not None:
            session.gap(side, size, 0, time, _NOTHING)
            if guessed:
                session.reader(side).lose()

    def lose(self, side: int) -> None:
        """Frames of any stream may have been in a hole."""
        for number, session in self._open.items():
            if self._over.get(number) != side:
                session.reader(side).lose()

    def ended(self, side: int, number: int, time: int, finished: list[Outcome]) -> None:
        """One side has ended its half of a stream."""
        session = self._open.get(number)
        if session is None or self._over.get(number) == side:
            return
        session.close(side, 0, time, finished, clean=True)
        if number in self._over:
            self._end(number, Anomaly.UNANSWERED, finished)
        else:
            self._over[number] = side

    def reset(self, side: int, number: int, time: int, finished: list[Outcome]) -> None:
        """One side has ended a stream for both."""
        session = self._open.get(number)
        if session is not None:
            session.reset(side)
            session.close(side, 0, time, finished, clean=False)
            self._end(number, Anomaly.UNANSWERED, finished)

    def close(self, side: int, time: int, finished: list[Outcome]) -> None:
        """Nothing more comes from one side of the connection, which ends all that is open there."""
        for number, session in self._open.items():
            if self._over.get(number) != side:
                session.reset(side)
                session.close(side, 0, time, finished, clean=False)

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """The connection is over."""
        for number in list(self._open):
            self._end(number, unseen, finished)

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Report what came on those that have been open for so long."""
        for session in self._open.values():
            session.overdue(now, patience, finished)

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        for session in self._open.values():
            session.rename(peers)

    @property
    def weight(self) -> int:
        """Bytes of memory that they take."""
        return WEIGHT * len(self._open)

    def _end(self, number: int, unseen: Anomaly, finished: list[Outcome]) -> None:
        self._over.pop(number, None)
        self._open.pop(number).finish(unseen, finished)


def _counted_as_body(_reason: Drop, _size: int) -> None:
    """These bytes are counted as what they are in: frames of HTTP/2."""


_NOTHING: Final[list[Outcome]] = []
"""Bytes alone end no session."""
