"""Conversations: how one becomes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import (
    Anomaly,
    Chunk,
    Drop,
    Limits,
    Outcome,
    Peers,
    Request,
    Response,
    Transaction,
)
from interceptor.core.protocols.conversation import (
    CLIENT,
    SERVER,
    Becoming,
    Conversation,
    End,
    Hole,
    succeed,
)
from interceptor.core.protocols.http1.heads import Heads
from interceptor.core.protocols.http1.layouts import Layouts
from interceptor.core.protocols.http1.pairing import HttpConversation
from interceptor.core.protocols.http1.parser import Context
from interceptor.core.protocols.http2.conversation import Http2Conversation
from interceptor.core.protocols.opaque import Opaque
from interceptor.core.protocols.proxied import ProxiedConversation
from interceptor.core.protocols.recognition import Recognition
from interceptor.core.protocols.socks import SocksConversation
from interceptor.core.protocols.tls.session import TlsConversation
from interceptor.core.protocols.tunnel import Opening
from interceptor.core.protocols.websocket.session import WebSocketConversation
from tests.support.examples import examples
from tests.support.http2 import PREFACE, frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.protocols.conversation import Heard, Reader

PEERS = Peers("192.0.2.1", 40_000, "192.0.2.2", 80, "ipv4", bytes(10), None)
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

    def reset(self, side: int) -> None:
        """A RST."""
        self.note(f"is reset by {side}")

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

    def place(self, change: Becoming, peers: Peers) -> None:
        """Nobody asks."""
        raise NotImplementedError

    def begins(self, data: bytes) -> bool:
        """Nothing does."""
        raise NotImplementedError


def run(
    words: dict[bytes, Becoming],
    peers: Peers | None = None,
    ended: tuple[End | None, End | None] = (None, None),
) -> tuple[list[str], Conversation, int]:
    """What is noted when `begin` is said on a connection whose server was never heard."""
    log: list[str] = []
    maker = Maker(log, words)
    conversation = maker.begin(peers, first=True)
    finished: list[Outcome] = []
    conversation.receive(CLIENT, chunk(b"begin"), finished)
    conversation = succeed(conversation, maker, PEERS, (True, False), ended, finished)
    return log, conversation, len(finished)


def test_one_that_goes_on_is_left_alone() -> None:
    """Without a change nothing happens."""
    log, conversation, finished = run({})
    assert log == ["first=True receives 0 begin"]
    assert conversation.peers is None
    assert finished == 0


def test_an_end_that_was_told_before_is_told_again() -> None:
    """Behind what is left of its side, before what came after it of the other, once; and that it was a RST."""
    left: list[Heard] = [(CLIENT, chunk(b"more")), (SERVER, chunk(b"begin again"))]
    reset = End(9, 1, clean=False, reset=True)
    words = {b"begin": Becoming("socks5", left), b"begin again": Becoming("tls")}
    log, _, _ = run(words, ended=(reset, None))
    assert [line for line in log if "hears" not in line] == [
        "first=True receives 0 begin",
        "first=True ends unanswered",
        "socks5 receives 0 more",
        "socks5 is reset by 0",
        "socks5 closes 0 at 9 False",
        "socks5 receives 1 begin again",
        "socks5 ends unanswered",
        "tls is reset by 0",
        "tls closes 0 at 9 False",
    ]


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


# What holds of every conversation

OPENING = Opening(PEERS, "connect", 0, asked=True, time=1)


def handshake() -> Transaction:
    """What led to WebSocket, of a size that counts."""
    answer = Response(0, 0, 1, status=101, end_time=1)
    return Transaction(PEERS, 1, Request(0, 0, 1, weight=3_000), answer)


MAKERS: dict[str, Callable[[Context], Conversation]] = {
    "beginning": lambda context: Recognition(context).begin(PEERS, first=True),
    "middle": lambda context: Recognition(context).begin(None, first=False),
    "http1": lambda context: HttpConversation(PEERS, context, first=True),
    "http1 from the middle": lambda context: HttpConversation(PEERS, context, first=False),
    "http2": lambda context: Http2Conversation(PEERS, Recognition(context).http2(), first=True),
    "http2 from the middle": lambda context: Http2Conversation(
        PEERS, Recognition(context).http2(), first=False
    ),
    "tls": lambda context: TlsConversation(
        PEERS, Recognition(context).ledger.account("tls", PEERS), context.budget, first=True
    ),
    "opaque": lambda context: Opaque(PEERS, context.drop, Drop.NOT_HTTP),
    "proxied": lambda context: ProxiedConversation(
        PEERS, context.drop, context.budget, context.head_bytes, "http1"
    ),
    "socks": lambda context: SocksConversation(PEERS, context.drop, context.budget),
    "websocket": lambda context: WebSocketConversation(PEERS, handshake(), context.drop, context.budget),
    "tunnel": lambda context: Recognition(context).become(Becoming("connect", origin=OPENING), PEERS),
}
FRAMES = (
    frame(1, 1, b"\x82\x84\x86", 4),
    frame(1, 3, b"\x82\x84\x86", 5),
    frame(1, 1, b"\x88", 4),
    frame(1, 1, b"\x88", 5),
    frame(1, 1, b"\xbe", 4),
    frame(1, 1, b"\xbe", 5),
    frame(0, 1, b"x", 1),
    frame(0, 1, b"x"),
    frame(3, 1, bytes(4)),
    frame(5, 1, bytes.fromhex("00000002828486"), 4),
    frame(7, 0, bytes(8)),
)
"""Of HTTP/2, of few streams: so that they meet, whatever the order."""
PIECES = (
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n",
    PREFACE,
    bytes.fromhex("1603010005010000010017030300021234"),
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x05\x01\x00",
    b"\x05\x00",
    b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50",
    b"\x04\x01\x00\x50\xc0\x00\x02\x01\x00",
    b"\x00\x5a" + bytes(6),
    b"\x81\x05hello",
    b"\x82\x7e\x01\x00" + bytes(256),
    b"\x88\x82\x01\x02\x03\x04\x02\xea",
    *FRAMES,
)
SAID = st.one_of(
    st.tuples(st.sampled_from([CLIENT, SERVER]), st.sampled_from(FRAMES)),
    st.tuples(
        st.sampled_from([CLIENT, SERVER]), st.sampled_from(PIECES) | st.binary(min_size=1, max_size=40)
    ),
    st.tuples(st.sampled_from([CLIENT, SERVER]), st.integers(1, 50)),
    st.sampled_from(["relieve", "overdue"]),
)


class Holder:
    """Holds a conversation as connections do, and to its balance after every call."""

    def __init__(self, make: Callable[[Context], Conversation]) -> None:
        limits = Limits()
        self.budget = Budget(limits.held_bytes)
        self.context = Context(
            limits, Heads(limits), Layouts(limits.header_lines), limits.head_bytes, self.budget
        )
        self.recognition = Recognition(self.context)
        self.conversation = make(self.context)
        for side in (CLIENT, SERVER):
            self.conversation.heard(side)
        self.finished: list[Outcome] = []
        self.at = [0, 0]
        self.ended: list[End | None] = [None, None]
        self.taken = self.now = 0
        self.counts: list[int] = []
        self.swapped = False
        """Who was taken for the client is the server."""

    def receive(self, end: int, data: bytes) -> None:
        """Bytes of one end, whatever side it is by now: as many of them unseen as nobody needs to look at."""
        side = 1 - end if self.swapped else end
        self.taken += len(data)
        said = Chunk(data, 0, len(data), self.at[side], 1, self.at[1 - side])
        self.at[side] += len(data)
        reader = self.conversation.reader(side)
        if self.conversation.opaque:
            self.conversation.passed(side, len(data))
        elif reader.remaining > len(data):
            reader.remaining -= len(data)
        else:
            self.conversation.receive(side, said, self.finished)
        self.settle()

    def settle(self) -> None:
        """Go on with what it has become, and see that nothing is unaccounted for."""
        change = self.conversation.becomes
        if change is not None:
            if change.swapped is None:
                self.recognition.place(change, PEERS)
            if change.swapped:
                self.at.reverse()
                self.swapped = True
                self.ended.reverse()
            client, server = self.ended
            self.conversation = succeed(
                self.conversation, self.recognition, PEERS, (True, True), (client, server), self.finished
            )
        assert self.conversation.becomes is None
        held = [self.conversation.held(side, self.at[side]) for side in (CLIENT, SERVER)]
        assert min(held) >= 0
        assert self.taken == self.context.delivered + sum(self.context.dropped.values()) + sum(held)
        assert self.budget.held == self.conversation.weight
        self.balance()

    def balance(self, *, over: bool = False) -> None:
        """Transactions and messages balance, and no count that was shown is taken back."""
        context, conversation = self.context, self.conversation
        begun = context.transactions + (0 if over else conversation.begun)
        assert begun == context.reported + conversation.open_transactions
        paired = 2 * context.reported - context.halves
        assert context.messages == paired + conversation.open_messages + context.late
        before, self.counts = self.counts, [begun, context.reported, context.messages, context.late, paired]
        assert all(now >= then for then, now in zip(before, self.counts, strict=False))

    def end(self) -> list[Outcome]:
        """Both sides end; gives all that was finished."""
        for side in (CLIENT, SERVER):
            self.ended[side] = end = End(self.at[side], 2, clean=True)
            self.conversation.close(side, end.position, end.time, self.finished, clean=end.clean)
            self.settle()
        self.conversation.finish(Anomaly.UNANSWERED, self.finished)
        assert self.budget.held == 0
        assert self.taken == self.context.delivered + sum(self.context.dropped.values())
        self.balance(over=True)
        return self.finished


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@examples(100)
@given(said=st.lists(SAID, max_size=12))
def test_whatever_is_said_nothing_is_raised_and_all_is_accounted_for(
    make: Callable[[Context], Conversation], said: list[tuple[int, bytes | int] | str]
) -> None:
    """Random bytes, pieces of all protocols, holes, and no memory, of both sides in any order."""
    holder = Holder(make)
    for each in said:
        holder.now += 10
        if isinstance(each, str):
            if each == "relieve":
                holder.conversation.relieve(holder.finished)
            else:
                holder.conversation.overdue(holder.now, 10, holder.finished)
        else:
            side, what = each
            if isinstance(what, bytes):
                holder.receive(side, what)
                continue
            if not holder.conversation.opaque:
                holder.conversation.gap(side, what, holder.at[side], 1, holder.finished)
            holder.at[side] += what
        holder.settle()
    holder.end()


def told(finished: list[Outcome]) -> list[object]:
    """What was finished, as values."""
    return [
        (each.index, each.request and each.request.target, each.response and each.response.status)
        if isinstance(each, Transaction)
        else values(each)
        for each in finished
    ]


def values(noun: object) -> object:
    """What a noun says, and the nouns in it."""
    if isinstance(noun, (list, tuple)):
        return [values(each) for each in noun]
    names: tuple[str, ...] | None = getattr(noun, "__struct_fields__", None)
    return {name: values(getattr(noun, name)) for name in names} if names is not None else noun


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@examples(50)
@given(asked=st.sampled_from(PIECES), answered=st.sampled_from(PIECES), cut=st.integers(1, 30))
def test_any_pieces_say_the_same(
    make: Callable[[Context], Conversation], asked: bytes, answered: bytes, cut: int
) -> None:
    """A message in one piece or in two finishes the same."""
    whole, parted = Holder(make), Holder(make)
    for end, data in ((CLIENT, asked), (SERVER, answered)):
        whole.receive(end, data)
        for piece in filter(None, (data[:cut], data[cut:])):
            parted.receive(end, piece)
    assert told(whole.end()) == told(parted.end())
