"""One connection: its two directions, and what they say.

Owns what can be told of a segment from one connection alone. Refuses to act on it, and to know other connections.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.tcp.reassembly import ACK, FAR, FIN, RST, SYN, UNSAID, Assembly, Stream, difference

if TYPE_CHECKING:
    from interceptor.core.model import Interface, Segment, i64
    from interceptor.core.protocols.conversation import Conversation, Reader
    from interceptor.core.tcp.rivals import Rival
    from interceptor.core.tcp.translations import Names

__all__ = ["Connection", "Direction", "Life"]


class Life(IntEnum):
    """How far a connection has come. Each follows the one before, or skips it."""

    OPEN = 0
    OPAQUE = 1
    """Not read, or not any more: bytes are counted, not followed."""
    RESET = 2
    """A RST has been delivered."""
    CLOSED = 3
    """Over and reported; remembered for a while so that stragglers are recognised."""
    FORGOTTEN = 4
    """Not in the table any more, and without directions."""


_OPEN: Final = Life.OPEN


class Direction(Stream):
    """A stream and what its connection keeps with it."""

    __slots__ = ("active", "connection", "interface", "reader", "side", "smooth", "steady", "time")

    connection: Connection
    peer: Direction
    reader: Reader
    """What reads it, while the connection is not over."""
    side: i64
    """`CLIENT` or `SERVER`."""

    def __init__(self, flow: bytes, sequence: i64, assembly: Assembly) -> None:
        super().__init__(flow, sequence, assembly)
        self.interface: Interface | None = None
        """Where it was last read. What another one shows may be a copy."""
        self.time: i64 = 0
        """Of the newest segment, as the capture says."""
        self.active: i64 = 0
        """The same on the clock that time-outs run on."""
        self.steady = False
        """Both directions are known and open, under one name: what continues them is theirs."""
        self.smooth = False
        """And nothing waits in either, and nobody looks for its turns: an expected segment needs no thought."""

    def shown(self, segment: Segment) -> bool:
        """Whether another interface has shown all that is in a segment."""
        _, sequence, acknowledgement, flags, _, _, length = segment
        if flags & RST:
            over = self.connection.life in {Life.RESET, Life.CLOSED}
            return over or (self.held is not None and self.held.reset)
        if not self.seen or self.next < 0:
            return False
        newest = self.acknowledging
        if flags & ACK and newest != UNSAID and difference(acknowledgement, newest) > 0:
            return False  # what it acknowledges is new
        start = self.position + difference(sequence + (flags & SYN) // SYN, self.next)
        return self.has(start, start + length + (flags & FIN))

    def resets(self, sequence: i64) -> bool:
        """Whether a RST with this sequence number ends the connection (RFC 9293 section 3.5.3).

        RFC 5961 section 3.2 wants the exact next number; it may be ahead of ours by bytes that wait, or that
        the capture lost and the other side has acknowledged. Where no numbers are followed, any will do.
        """
        if self.connection.life is Life.OPAQUE or self.next < 0:
            return True
        ahead = difference(sequence, self.next)
        if ahead == 0:
            return True
        waiting = self.held.stop - self.position if self.held is not None else 0
        return ahead in {waiting, self.acknowledged()} or (ahead == -1 and self.ended is not None)

    def overtakes(self, sequence: i64, place: i64) -> bool:
        """Whether bytes that were sent before a RST of this side, by either side, have not come by yet.

        A single byte is a FIN, which makes no difference any more.
        """
        if self.connection.life is not _OPEN or self.ended:
            return False
        missing = difference(sequence, self.next)
        return (
            missing > 1 or self.held is not None or (self.peer.seen and 1 < place - self.peer.position <= FAR)
        )


class Connection:
    """Two directions and a conversation."""

    __slots__ = ("client", "conversation", "life", "names", "rival", "server")

    conversation: Conversation
    """Until the connection is over."""

    def __init__(self, client: Direction, server: Direction, conversation: Conversation) -> None:
        self.client = client
        self.server = server
        """Who is who is a guess until the conversation knows its `peers`."""
        client.peer, server.peer = server, client
        client.connection = server.connection = self
        client.side, server.side = CLIENT, SERVER
        self.conversation = conversation
        self.read()
        for stream in (client, server):
            if stream.seen:
                conversation.heard(stream.side)
        self.life = _OPEN
        self.names: Names | None = None
        """Where it has several: its addresses are translated on its way."""
        self.rival: Rival | None = None
        """What may be the beginning of another connection of this name."""

    @property
    def active(self) -> int:
        """When the newest segment came, on the clock that time-outs run on."""
        return max(self.client.active, self.server.active)

    @property
    def weight(self) -> int:
        """How much memory is taken by what waits on it, in bytes."""
        weight = self.client.weight + self.server.weight
        if self.rival is not None:
            weight += self.rival.size
        return weight + self.conversation.weight if self.life < Life.CLOSED else weight

    def swap(self) -> None:
        """Who was taken for the client is the server."""
        self.client, self.server = self.server, self.client
        self.client.side, self.server.side = CLIENT, SERVER

    def read(self) -> None:
        """Have both directions read by the conversation."""
        self.client.reader = self.conversation.reader(CLIENT)
        self.server.reader = self.conversation.reader(SERVER)

    def silence(self) -> None:
        """The conversation is over: keep nothing of it."""
        client, server = self.client, self.server
        client.smooth = server.smooth = client.steady = server.steady = False
        del self.conversation, client.reader, server.reader

    def smoothen(self, speaker: bytes | None = None) -> None:
        """Say whether expected segments may take the short way. `speaker`: the only direction that may, where turns are looked for."""
        client, server = self.client, self.server
        steady = (
            client.seen
            and server.seen
            and not client.ended
            and not server.ended
            and self.life is _OPEN
            and self.rival is None
        )
        client.steady = server.steady = steady and self.names is None and speaker is None
        smooth = steady and client.held is None and server.held is None
        if self.names is not None and self.names.returns:
            smooth = False
        client.smooth = smooth and speaker in {None, client.flow}
        server.smooth = smooth and speaker in {None, server.flow}
