"""Conversations: how one becomes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interceptor.core.model import Anomaly, Chunk, Outcome, Peers
from interceptor.core.protocols.conversation import (
    CLIENT,
    SERVER,
    Becoming,
    Conversation,
    End,
    Hole,
    succeed,
)

if TYPE_CHECKING:
    from interceptor.core.protocols.conversation import Heard, Reader

PEERS = Peers("192.0.2.1", 40_000, "192.0.2.2", 80, "ipv4", "0" * 20, None)
ANNOUNCED = PEERS.announced("198.51.100.7", 1234)


def chunk(data: bytes, position: int = 0) -> Chunk:
    """Bytes of one segment."""
    return Chunk(data, 0, len(data), position, 1, 0)


class Noted(Conversation):
    """Writes down what it is told, and becomes another where a word is said."""

    def __init__(self, name: str, log: list[str], words: dict[bytes, Becoming], peers: Peers | None) -> None:
        self.name = name
        self.log = log
        self.words = words
        self._peers = peers
        self.becomes: Becoming | None = None

    @property
    def peers(self) -> Peers | None:
        """The ends."""
        return self._peers

    def note(self, what: str) -> None:
        """Write down."""
        self.log.append(f"{self.name} {what}")

    def reader(self, side: int) -> Reader:
        """None is asked for."""
        raise NotImplementedError

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:
        """Bytes."""
        data = chunk.buffer[chunk.cursor : chunk.end]
        self.note(f"receives {side} {data.decode()}")
        self.becomes = self.words.get(data)

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:
        """A hole."""
        self.note(f"misses {side} {size} at {position}")

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:
        """An end."""
        self.note(f"closes {side} at {position} {clean}")

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """Over."""
        self.note(f"ends {unseen}")
        finished.append(Outcome(self.peers or PEERS))

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Never."""

    def relieve(self, finished: list[Outcome]) -> None:
        """Nothing waits."""

    def rename(self, peers: Peers) -> None:
        """Other ends."""
        self.note("is renamed")

    def heard(self, side: int) -> None:
        """A segment."""
        self.note(f"hears {side}")

    def held(self, side: int, position: int) -> int:
        """Nothing."""
        return 0


class Maker:
    """Makes them by name."""

    def __init__(self, log: list[str], words: dict[bytes, Becoming]) -> None:
        self.log = log
        self.words = words

    def begin(self, peers: Peers | None, *, first: bool) -> Conversation:
        """The first."""
        return Noted(f"first={first}", self.log, self.words, peers)

    def become(self, change: Becoming, peers: Peers) -> Conversation:
        """The next."""
        return Noted(change.protocol, self.log, self.words, peers)

    def begins(self, data: bytes) -> bool:
        """Nothing does."""
        raise NotImplementedError


def run(words: dict[bytes, Becoming], peers: Peers | None = None) -> tuple[list[str], Conversation, int]:
    """What is noted when `begin` is said on a connection whose server was never heard."""
    log: list[str] = []
    maker = Maker(log, words)
    conversation = maker.begin(peers, first=True)
    finished: list[Outcome] = []
    conversation.receive(CLIENT, chunk(b"begin"), finished)
    conversation = succeed(conversation, maker, PEERS, (True, False), finished)
    return log, conversation, len(finished)


def test_one_that_goes_on_is_left_alone() -> None:
    """Without a change nothing happens."""
    log, conversation, finished = run({})
    assert log == ["first=True receives 0 begin"]
    assert conversation.peers is None
    assert finished == 0


def test_what_is_left_is_told_in_order() -> None:
    """Bytes, holes and ends, to the next conversation, after the one before has ended; a used up chunk is not."""
    used = chunk(b"used")
    used.cursor = used.end
    left: list[Heard] = [
        (CLIENT, used),
        (SERVER, chunk(b"hello")),
        (CLIENT, Hole(7, 3, 1)),
        (SERVER, End(5, 1, clean=True)),
    ]
    log, conversation, finished = run({b"begin": Becoming("tls", left)})
    assert log == [
        "first=True receives 0 begin",
        "first=True ends unanswered",
        "tls hears 0",
        "tls receives 1 hello",
        "tls misses 0 7 at 3",
        "tls closes 1 at 5 True",
    ]
    assert conversation.peers is PEERS
    assert finished == 1


def test_a_change_amid_what_is_left_passes_the_rest_on() -> None:
    """What the second leaves comes before what was left for it; the third knows the ends that the second knew."""
    words = {
        b"begin": Becoming("socks", [(CLIENT, chunk(b"granted")), (CLIENT, chunk(b"last", 14))]),
        b"granted": Becoming("", [(CLIENT, chunk(b"inner", 7))]),
    }
    log, conversation, finished = run(words, ANNOUNCED)
    assert log[-4:] == ["socks ends unanswered", " hears 0", " receives 0 inner", " receives 0 last"]
    assert conversation.peers is ANNOUNCED
    assert finished == 2
