"""Conversations: what reads one connection, whatever it speaks.

Owns the contract between the bytes of a connection and the protocols, and how one protocol becomes another. Refuses to know
any of them: `recognition` makes them, and whoever holds a conversation knows no more of it than stands here.

Becoming
--------
A conversation that has read all that it can says so by `becomes`: what the connection speaks from here on, and what it
was told and has not read. Its holder asks after every call, and goes on with `succeed`. So

* nobody knows at first what a connection speaks; the first bytes of its two sides say it (`recognition`);
* behind a PROXY protocol's header comes whatever its first bytes say;
* a 101 names what follows (WebSocket, h2c, another protocol: a tunnel);
* a CONNECT or SOCKS request that was granted leads to whatever the first bytes inside say, and so does a STARTTLS;
* what turns out to be nothing that is read becomes what counts its bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from msgspec import Struct

from interceptor.core.model import Anomaly, Chunk

if TYPE_CHECKING:
    from interceptor.core.model import Outcome, Peers

    class Reader(Protocol):
        """What a conversation has for one side of its connection, as far as the pipeline's short way needs it."""

        remaining: int
        """Coming bytes of this side that nobody needs to look at. Whoever has fewer than these in hand, in order, may
        subtract their number here instead of giving them to `receive`; the byte that makes it zero must be given. What went by
        so shows by the position of what comes next."""

    class Recogniser(Protocol):
        """Who makes conversations (`recognition.Recognition`)."""

        def begin(self, peers: Peers | None, *, first: bool) -> Conversation:
            """The conversation of a connection of which nothing has been said. `first`: it is seen from its beginning."""
            ...

        def become(self, change: Becoming, peers: Peers) -> Conversation:
            """The conversation that a change leads to, before it is told what is left."""
            ...

        def place(self, change: Becoming, peers: Peers) -> None:
            """Say of a change who is the client, by the two ends, where nothing that was said tells (`Becoming.swapped`)."""
            ...

        def begins(self, data: bytes) -> bool:
            """Whether bytes of either side are the beginning of a conversation, as far as they go."""
            ...


__all__ = [
    "CLIENT",
    "NOWHERE",
    "SERVER",
    "Becoming",
    "Conversation",
    "End",
    "Heard",
    "Hole",
    "Reader",
    "Recogniser",
    "succeed",
]

NOWHERE: Final = -(1 << 63)
"""A position that no byte has. Bytes may have negative ones: an acknowledgement may be what the first position is known from,
and what was sent before may come yet."""
CLIENT: Final = 0
SERVER: Final = 1
"""The sides of a connection: who sent it. Of one that was met in the middle they are a guess, until a conversation has
become another that is `swapped`."""


class Hole(Struct, frozen=True, gc=False):
    """Bytes of one side that are missing from the capture; see `Conversation.gap`."""

    size: int
    position: int
    time: int


class End(Struct, frozen=True, gc=False):
    """The end of one side; see `Conversation.close`."""

    position: int
    time: int
    clean: bool
    reset: bool = False
    """By a RST: `Conversation.reset` was told first."""


Heard: TypeAlias = tuple[int, Chunk | Hole | End]
"""What a side has said, or not: the side, and what a conversation is told of it."""


class Becoming(Struct, gc=False):
    """What a connection speaks from here on."""

    protocol: str
    """One of those that `recognition` can make: `http1`, `tls`, …, or what a request asked to change to. Empty: whatever
    its first bytes say."""
    left: list[Heard] = []
    """What the conversation was told and has not read, in the order in which it came; a chunk from its cursor on."""
    swapped: bool | None = False
    """Who was taken for the client is the server; None: nobody can tell but by the ends (`Recogniser.place`). `left` has the sides as
    they are, and with None as they were taken to be."""
    origin: Outcome | None = None
    """What led to it, as it was reported: the request for it and its answer."""


class Conversation(Protocol):
    """Reads one connection: bytes and holes of both sides in, in their order, finished things out.

    All that it finishes is added to the list `finished` that each call brings. It never raises on what traffic says, it
    never guesses, it has limits of its own, and its bytes balance: taken = delivered + dropped + `held`.

    Positions are the bytes' places on their side, in order and without overlap; times are those of the capture, in
    nanoseconds. A chunk is the holder's: whoever needs its bytes later copies them. It is used up when `receive` returns,
    except for what `becomes` says is left. After `becomes` is set, nothing but `finish` is called.
    """

    __slots__ = ()

    becomes: Becoming | None
    """What comes after this conversation; None as long as it goes on itself."""

    @property
    def peers(self) -> Peers | None:
        """The two ends; None while nobody knows which of them is the client."""
        ...

    def reader(self, side: int) -> Reader:
        """What reads one side; the same one for as long as the conversation goes on."""
        ...

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:
        """The next bytes of one side."""
        ...

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:
        """`size` bytes at `position` are missing from the capture and will not come; `time`: about when they were sent."""
        ...

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:
        """Nothing more comes from one side, which ended at `position`.

        `clean`: by its FIN; else by a RST, or because nobody looks any more.
        """
        ...

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """It is over: report all that is still open. Both sides are closed, or it `becomes` another.

        `unseen` says what is known of what has no answer: UNANSWERED where the connection ended, CUT_SHORT where it was us
        who stopped looking, UNPAIRED where its end was not seen.
        """
        ...

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Report what is still not over `patience` nanoseconds after it was first asked for here.

        `now` is elapsed time (`tcp.clocks`), not that of the capture. Called now and then.
        """
        ...

    def relieve(self, finished: list[Outcome]) -> None:
        """Give up what waits here for more, and hold it no longer: memory is short."""
        ...

    def rename(self, peers: Peers) -> None:
        """The ends are known better, now that the connection was seen under another name (NAT).

        What is still open is between these. Only called where it knows its `peers`.
        """
        ...

    def heard(self, side: int) -> None:  # noqa: ARG002 - most need not know
        """A segment of one side was captured, be it an empty one: what it acknowledges can be relied on."""
        return

    def reset(self, side: int) -> None:  # noqa: ARG002 - most need not know
        """One side has reset the connection. `close` and `finish` follow. May be told twice."""
        return

    def passed(self, side: int, size: int) -> None:  # noqa: ARG002 - none but opaque ones are told
        """So many bytes of one side went by, of an `opaque` conversation."""
        return

    @property
    def opaque(self) -> bool:
        """Nothing will ever be read here: bytes need not be put in order, and only their number is told, by `passed`."""
        return False

    @property
    def weight(self) -> int:
        """Bytes of memory that what waits here takes beyond the ordinary, as they are counted in the budget."""
        return 0

    def held(self, side: int, position: int) -> int:
        """Payload bytes of one side that were taken, or went by, and are neither delivered nor dropped yet.

        `position` is that of the side's next byte.
        """
        ...

    @property
    def begun(self) -> int:
        """How many transactions have begun here, and are counted by nobody else yet."""
        return 0

    @property
    def open_transactions(self) -> int:
        """How many of them are not reported."""
        return 0

    @property
    def open_messages(self) -> int:
        """How many messages are in those."""
        return 0


def succeed(
    conversation: Conversation,
    recogniser: Recogniser,
    peers: Peers,
    heard: tuple[bool, bool],
    ended: tuple[End | None, End | None],
    finished: list[Outcome],
) -> Conversation:
    """End a conversation that `becomes` another, and tell that one what is left. Returns the one that goes on.

    `peers` are the ends where it does not know them itself, `heard` the sides of which anything was captured, and `ended`
    how sides have ended: of that the next one is told too, whoever was told before.
    """
    waiting: list[Heard] = []
    while (change := conversation.becomes) is not None:
        conversation.finish(Anomaly.UNANSWERED, finished)
        conversation = recogniser.become(change, conversation.peers or peers)
        for side in (CLIENT, SERVER):
            if heard[side]:
                conversation.heard(side)
        waiting = [*change.left, *waiting]
        for side in (CLIENT, SERVER):
            _tell_end(side, ended[side], waiting)
        while waiting and conversation.becomes is None:
            side, said = waiting.pop(0)
            if isinstance(said, Chunk):
                if said.cursor < said.end:
                    conversation.receive(side, said, finished)
            elif isinstance(said, Hole):
                conversation.gap(side, said.size, said.position, said.time, finished)
            else:
                end = ended[side]
                if end is not None and end.reset:
                    conversation.reset(side)
                conversation.close(side, said.position, said.time, finished, clean=said.clean)
    return conversation


def _tell_end(side: int, end: End | None, waiting: list[Heard]) -> None:
    """Have the end of a side wait behind all that waits of that side, unless it does."""
    own = [place for place, (by, _) in enumerate(waiting) if by == side]
    if end is not None and not (own and isinstance(waiting[own[-1]][1], End)):
        waiting.insert(own[-1] + 1 if own else 0, (side, end))
