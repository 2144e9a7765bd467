"""A conversation of HTTP/2 that is told pieces, as connections tell them, and asked after each whether its counts balance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interceptor.core.budget import Budget
from interceptor.core.model import Anomaly, Chunk, Drop, Limits, Peers, Transaction
from interceptor.core.protocols.http2.conversation import Http2Conversation
from interceptor.core.protocols.http2.streams import Context
from tests.support.http2 import CLIENT, SERVER

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from interceptor.core.model import Outcome
    from tests.support.http2 import Talk

__all__ = ["PEERS", "Counted", "Listener", "Piece", "counted", "heard", "pieces"]

PEERS = Peers("10.0.0.1", 40_000, "10.0.0.2", 50_051, "ipv4", b"\xcc" * 10, None)


@dataclass
class Piece:
    """Bytes of one side that are shown, or not."""

    side: int
    position: int
    data: bytes
    time: int
    lost: bool = False


@dataclass
class Counted:
    """What a pipeline counts."""

    delivered: int = 0
    dropped: dict[Drop, int] = field(default_factory=dict)
    messages: int = 0
    late: int = 0
    transactions: int = 0
    reported: int = 0
    halves: int = 0

    def drop(self, reason: Drop, size: int) -> None:
        """Bytes that are in nothing."""
        self.dropped[reason] = self.dropped.get(reason, 0) + size


def counted(limits: Limits | None = None, *, recovering: bool = False) -> tuple[Context, Counted]:
    """What conversations share."""
    limits, counts = limits or Limits(), Counted()
    return Context(limits, Budget(limits.held_bytes), counts, recovering=recovering), counts


class Listener:
    """A conversation that is told pieces, and asked after each whether its counts balance."""

    def __init__(self, *, first: bool = True, limits: Limits | None = None, recovering: bool = False) -> None:
        self.context, self.counts = counted(limits, recovering=recovering)
        self.talk = Http2Conversation(PEERS, self.context, first=first)
        self.talk.heard(CLIENT)
        self.talk.heard(SERVER)
        self.finished: list[Outcome] = []
        self.taken = 0
        self.at = [-1, -1]
        """Positions of the next bytes."""

    def tell(self, piece: Piece) -> None:
        """Show a piece, or that it is missing."""
        if self.over():
            return
        side = piece.side
        position, data = piece.position, piece.data
        if piece.lost:
            if self.at[side] >= 0:  # else nobody knows that there was anything
                self.talk.gap(side, len(data), position, piece.time, self.finished)
                self.at[side] = position + len(data)
        else:
            skipped = min(max(self.talk.reader(side).remaining - 1, 0), len(data))
            if skipped:  # as the pipeline does: what nobody need look at is not shown
                self.talk.reader(side).remaining -= skipped
            padded = b"##" + data + b"##"
            if skipped < len(data):
                chunk = Chunk(padded, 2 + skipped, 2 + len(data), position - 2, piece.time, 0)
                self.talk.receive(side, chunk, self.finished)
                if self.over():
                    return
                assert chunk.cursor == chunk.end
            self.taken += len(data)
            self.at[side] = position + len(data)
        self.balance()

    def over(self) -> bool:
        """Somebody else goes on with the connection."""
        return self.talk.becomes is not None

    def balance(self) -> None:
        """Bytes taken = delivered + dropped + held; so with transactions, and the budget is what waits."""
        held = sum(self.talk.held(side, at) for side, at in enumerate(self.at) if at >= 0)
        assert held >= 0
        assert self.taken == self.counts.delivered + sum(self.counts.dropped.values()) + held
        assert (
            self.talk.begun + self.counts.transactions == self.counts.reported + self.talk.open_transactions
        )
        assert self.counts.messages == (
            2 * self.counts.reported - self.counts.halves + self.talk.open_messages + self.counts.late
        )
        assert self.context.budget.held == self.talk.weight

    def end(self, unseen: Anomaly = Anomaly.UNANSWERED, *, forged: bool = False) -> list[Transaction]:
        """Nothing more comes. Returns what was reported: each stream once, unless `forged` answers come again."""
        for side in (CLIENT, SERVER):
            if self.at[side] >= 0:
                self.talk.close(side, self.at[side], 2**62, self.finished, clean=True)
        self.talk.finish(unseen, self.finished)
        assert self.context.budget.held == 0
        assert self.taken == self.counts.delivered + sum(self.counts.dropped.values())
        found = []
        for outcome in self.finished:
            assert isinstance(outcome, Transaction)
            found.append(outcome)
        assert len(found) == self.counts.reported
        assert forged or len(found) == len({transaction.stream for transaction in found})
        return found


def pieces(talk: Talk, dice: random.Random | None = None, *, merge: bool = False) -> list[Piece]:
    """A connection as segments: a frame each or, with dice, cut and, to `merge`, put together as it pleases."""
    positions = [0, 0]
    whole: list[Piece] = []
    for said in talk.frames:
        whole.append(Piece(said.side, positions[said.side], said.data, said.time))
        positions[said.side] += len(said.data)
    if dice is None:
        return whole
    found: list[Piece] = []
    for piece in whole:
        last = found[-1] if found else None
        if last is not None and last.side == piece.side and merge and dice.random() < 0.4:
            last.data += piece.data
        else:
            found.append(piece)
    whole, found = found, []
    for piece in whole:
        at = 0
        while at < len(piece.data):
            size = dice.choice([1, 5, 9, 100, 1_448, len(piece.data)])
            found.append(Piece(piece.side, piece.position + at, piece.data[at : at + size], piece.time))
            at += size
    return found


def heard(shown: Sequence[Piece], *, first: bool = True, recovering: bool = False) -> list[Transaction]:
    """What is reported of pieces."""
    listener = Listener(first=first, recovering=recovering)
    for piece in shown:
        listener.tell(piece)
    return listener.end()
