"""A connection inside of another: what goes through it, and what it speaks.

Owns the story of one tunnel: what opened it, how much went each way, who ended it. What is inside is a conversation like any
other, which is told what the tunnel is told and reports for itself; a tunnel ends with its connection. Where nothing inside
is read, bytes go by unseen and are counted by their positions.

A tunnel is reported once, when its connection is over, or each time that it has been open for as long as a transaction may be
(`Limits.transaction_seconds`): then with what came since the last time, as `ongoing`.

Limits: a tunnel in a tunnel is entered to a depth of `DEPTH`. What is kept of a large request counts in the budget.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interceptor.core.model import Anomaly, Drop, Outcome, State
from interceptor.core.protocols.conversation import CLIENT, NOWHERE, SERVER, Becoming, Conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.budget import Budget
    from interceptor.core.model import Chunk, Peers, Request
    from interceptor.core.protocols.conversation import Reader

__all__ = ["DEPTH", "Inside", "Opening", "Story", "Traffic", "Tunnel", "TunnelConversation"]

DEPTH: Final = 4
"""Tunnels in each other that are entered. Two are met: a proxy's, and one of whoever is behind it."""
_FOR_EVER: Final = 1 << 62
"""More bytes than any connection has."""


class Opening(Outcome, eq=False, gc=False):
    """What opened a tunnel."""

    protocol: str
    """`connect`, `socks4`, `socks5`, or the name that both sides have changed to, in lower case, as sent."""
    position: int
    """Of the first byte of the request for it; of the answer's, where the request was never seen."""
    asked: bool
    """The request was seen."""
    time: int
    """When it was open."""
    target: str | None = None
    """Of SOCKS: where it leads, host and port as the request has them."""
    request: Request | None = None
    """Of HTTP; a CONNECT says where it leads."""
    error: str | None = None
    """Why it was not opened, of a fixed list."""
    anomaly: Anomaly | None = None


class Traffic(Struct, frozen=True, gc=False):
    """What came from one side, since its tunnel was last reported."""

    bytes: int = 0
    missed: int = 0
    """Bytes that are known to be missing from the capture."""


class Tunnel(Outcome, eq=False, gc=False):
    """A tunnel as seen, or what came of it since it was last reported."""

    opening: Opening
    part: int
    """1-based: how often it has been reported with this one."""
    time: int
    """When it was open, or of the last report."""
    end_time: int
    """Of the last byte that was looked at, or the end of the connection."""
    state: State
    """COMPLETE: all bytes were seen, from the request on, until both sides ended or until this report."""
    ongoing: bool
    """It goes on after this report."""
    inside: str
    """What it speaks; empty where that is not known."""
    closed_by: int | None
    """The side that ended it first, by a FIN or a RST; None where that was not seen."""
    client: Traffic
    server: Traffic


class _Side:
    """What one side has sent through, by positions."""

    __slots__ = ("begin", "ended", "left", "missed", "position", "reported")

    def __init__(self) -> None:
        self.begin = NOWHERE
        """Where it begins; NOWHERE as long as nothing is known of it."""
        self.position = 0
        """How far it has come, …"""
        self.left = 0
        """… and what its reader then said of what need not be looked at."""
        self.missed = 0
        self.ended = False
        """By a FIN."""
        self.reported = Traffic()

    def start(self, position: int) -> None:
        """Something is known of it from here on."""
        if self.begin == NOWHERE:
            self.begin = self.position = position


class Story:
    """What is known of a tunnel, whatever is inside of it."""

    __slots__ = (
        "budget",
        "closed_by",
        "depth",
        "end",
        "inside",
        "opening",
        "over",
        "parts",
        "sides",
        "since",
        "start",
        "weight",
    )

    def __init__(self, opening: Opening, depth: int, budget: Budget) -> None:
        """`depth`: 1 for a tunnel that is in no other."""
        self.opening = opening
        self.depth = depth
        self.budget = budget
        self.inside = ""
        self.weight = opening.request.weight if opening.request is not None else 0
        budget.held += self.weight
        self.sides = (_Side(), _Side())
        self.closed_by: int | None = None
        self.over = False
        self.start = self.end = opening.time
        self.since = 0
        """When it was first found open since its last report, on the clock that time-outs run on."""
        self.parts = 0

    def close(self, side: int) -> None:
        """A side ends it."""
        if self.closed_by is None:
            self.closed_by = side

    def let_go(self) -> None:
        """Nothing large is kept any more."""
        self.budget.held -= self.weight
        self.weight = 0


class Inside(Becoming, kw_only=True):
    """What is inside of a tunnel changes; the tunnel goes on."""

    story: Story
    """The tunnel's."""
    change: Becoming
    """What what is inside becomes."""


class _Unread:
    """The reader of a side that nobody reads."""

    __slots__ = ("counted", "remaining")

    def __init__(self) -> None:
        self.remaining = _FOR_EVER
        self.counted = 0
        """Bytes that are counted."""

    @property
    def waiting(self) -> int:
        """Bytes that are not."""
        return _FOR_EVER - self.remaining - self.counted


class TunnelConversation(Conversation):
    """A tunnel on one connection, from the answer that opened it on."""

    __slots__ = ("_drop", "_inner", "_readers", "_story", "becomes", "peers")

    peers: Peers

    def __init__(
        self, peers: Peers, story: Story, inner: Conversation | None, drop: Callable[[Drop, int], None]
    ) -> None:
        """`inner`: what reads it; None: nobody does."""
        self.peers = peers
        self.becomes: Becoming | None = None
        self._story = story
        self._inner = inner
        self._drop = drop
        self._readers: tuple[Reader, Reader] = (
            (_Unread(), _Unread()) if inner is None else (inner.reader(CLIENT), inner.reader(SERVER))
        )
        self._told()

    def rename(self, peers: Peers) -> None:
        """The ends are known better, to what is inside as well."""
        self.peers = peers
        if self._inner is not None and self._inner.peers is not None:
            self._inner.rename(peers)

    def reader(self, side: int) -> Reader:
        """That of what is inside."""
        return self._readers[side]

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:
        """Bytes of one side, in order."""
        story, size, end = self._story, chunk.end - chunk.cursor, chunk.base + chunk.end
        story.sides[side].start(chunk.base + chunk.cursor)
        reached = self._reached(side)
        if self._inner is None or (self._readers[side].remaining > size and end > reached):
            # As the short way of the pipeline does: no time of such bytes matters. What was left by another was here
            # before, and in a tunnel inside as well: that has to see it to know.
            said = story.sides[side]
            self._readers[side].remaining -= size
            said.position = max(reached, end)
            said.left = self._readers[side].remaining
            chunk.cursor = chunk.end
            return
        story.end = max(story.end, chunk.time)
        self._reach(side, end)
        self._inner.receive(side, chunk, finished)
        self._turn()

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:
        """Bytes of one side are missing."""
        said = self._story.sides[side]
        said.start(position)
        if position + size > self._reached(side):  # else it is told again, to what is inside now
            said.missed += size
        self._reach(side, position + size)
        if self._inner is not None:
            self._inner.gap(side, size, position, time, finished)
            self._turn()

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:
        """Nothing more comes from one side."""
        story = self._story
        said = story.sides[side]
        said.start(position)
        story.end = max(story.end, time)
        self._reach(side, position)
        if clean:
            story.close(side)
            if not said.ended:  # else this is told again, to what is inside now
                said.begin += 1  # a FIN takes a place, which is no byte
                said.position += 1
        said.ended = clean
        if self._inner is not None:
            self._inner.close(side, position, time, finished, clean=clean)
            self._turn()

    def reset(self, side: int) -> None:
        """One side has reset the connection."""
        self._story.close(side)
        if self._inner is not None:
            self._inner.reset(side)

    def heard(self, side: int) -> None:
        """A segment of one side was captured."""
        if self._inner is not None:
            self._inner.heard(side)

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """The connection is over, or what is inside is."""
        self._reach()
        if self._inner is not None:
            self._name()
            self._inner.finish(unseen, finished)
            self._told()
        self._count()
        if self.becomes is None:
            finished.append(self._report(ongoing=False))
            self._story.let_go()

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Report what came since the last report, if that was `patience` nanoseconds ago."""
        story = self._story
        if self._inner is not None:
            self._inner.overdue(now, patience, finished)
        if not story.since:
            story.since = now
        elif now - story.since >= patience:
            story.since = now
            self._name()
            self._count()
            finished.append(self._report(ongoing=True))

    def relieve(self, finished: list[Outcome]) -> None:
        """Keep no large request: what was asked for is not said of this tunnel any more."""
        story = self._story
        if story.weight:
            story.opening = copy(story.opening)
            story.opening.request = None
            story.let_go()
        if self._inner is not None:
            self._reach()
            self._inner.relieve(finished)
            self._turn()

    @property
    def weight(self) -> int:
        """Bytes of memory of a large request, and of what waits inside."""
        return self._story.weight + (self._inner.weight if self._inner is not None else 0)

    def held(self, side: int, position: int) -> int:
        """Bytes of one side that are in nothing yet."""
        if self._inner is not None:
            return self._inner.held(side, position)
        reader = self._readers[side]
        assert isinstance(reader, _Unread)
        return reader.waiting

    @property
    def begun(self) -> int:
        """How many transactions have begun inside."""
        return self._inner.begun if self._inner is not None else 0

    @property
    def open_transactions(self) -> int:
        """How many of them are not reported."""
        return self._inner.open_transactions if self._inner is not None else 0

    @property
    def open_messages(self) -> int:
        """How many messages are in those."""
        return self._inner.open_messages if self._inner is not None else 0

    def _turn(self) -> None:
        """What is inside may speak something else from here on."""
        inner = self._inner
        assert inner is not None
        change = inner.becomes
        if change is not None and self.becomes is None:
            self.becomes = Inside(change.protocol, change.left, story=self._story, change=change)
        self._told()

    def _name(self) -> None:
        """Of what is inside, once something has come of it."""
        if self._inner is not None and self._inner.begun and not self._story.inside:
            self._story.inside = "http"

    def _reach(self, side: int = CLIENT, position: int = 0) -> None:
        """Note how far both sides have come, one of them to this position, before what is inside is told anything."""
        for each in (CLIENT, SERVER):
            self._story.sides[each].position = self._reached(each)
        said = self._story.sides[side]
        said.position = max(said.position, position)
        self._told()

    def _told(self) -> None:
        """Note what need not be looked at from here on."""
        for side in (CLIENT, SERVER):
            self._story.sides[side].left = self._readers[side].remaining

    def _reached(self, side: int) -> int:
        """The position of one side's next byte: what went by unseen shows in what its reader says."""
        said = self._story.sides[side]
        return said.position + said.left - self._readers[side].remaining

    def _came(self, side: int) -> int:
        said = self._story.sides[side]
        return self._reached(side) - (said.begin if said.begin != NOWHERE else 0) - said.missed

    def _count(self) -> None:
        """Count what has come that nobody reads."""
        for reader in self._readers:
            if isinstance(reader, _Unread):
                self._drop(Drop.UPGRADED, reader.waiting)
                reader.counted += reader.waiting

    def _since(self, side: int) -> Traffic:
        """What came of one side since this was last asked for."""
        said = self._story.sides[side]
        now, before = Traffic(self._came(side), said.missed), said.reported
        said.reported = now
        return Traffic(now.bytes - before.bytes, now.missed - before.missed)

    def _report(self, *, ongoing: bool) -> Tunnel:
        story = self._story
        client, server = story.sides
        story.parts += 1
        whole = (
            story.opening.asked
            and (ongoing or (client.ended and server.ended))
            and not (client.missed or server.missed)
        )
        tunnel = Tunnel(
            self.peers,
            story.opening,
            story.parts,
            story.start,
            story.end,
            State.COMPLETE if whole else State.TRUNCATED,
            ongoing,
            story.inside,
            None if ongoing else story.closed_by,
            self._since(CLIENT),
            self._since(SERVER),
        )
        story.start = story.end
        return tunnel
