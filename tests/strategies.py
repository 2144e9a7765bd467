"""Made-up HTTP conversations: what both ends say, when, and what each had received by then.

Causality is the point. A segment acknowledges what its sender had, and the core relies on that; so the
makers here first settle what is said in which order (`Turn`), and only then cut it into segments. Times,
losses, disorder and copies come last.

To make an example costs many times what the core needs for it. So what is drawn often is made once, at the module's
top or with a cache: Hypothesis looks through each new strategy before it draws from it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st

from tests.conversations import ACK, FIN, START, SYN, WRAP, Ends, Seen, Sent

if TYPE_CHECKING:
    from interceptor.core.model import Interface

__all__ = ["Connection", "Exchange", "Turn", "connections", "in_order", "segments"]

SEQUENTIAL, BATCHES, WINDOW = "sequential", "batches", "window"

_EVIL_REQUEST = b"GET /n/evil HTTP/1.1\r\nHost: a.test\r\n\r\n"
_EVIL_RESPONSE = b"HTTP/1.1 200 Fine\r\nX-Nonce-evil: 1\r\nContent-Length: 0\r\n\r\n"


_YES_OR_NO = st.booleans()
_STARTS = st.sampled_from([0, 1_000, 2**31 - 50, WRAP - 150, WRAP - 1])
_METHODS = st.sampled_from(["GET", "HEAD", "POST"])
_KINDS = {
    False: st.sampled_from(["length", "chunked", "empty"]),
    True: st.sampled_from(["length", "chunked", "empty", "close"]),
}
"""What a response may be framed by: also the connection's end, where it is the last."""
_EMPTY = st.sampled_from([204, 304])
_INTERIM = st.sampled_from([b"", b"", b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"])
_EXTENSION, _TRAILER = st.sampled_from(["", ";a=b"]), st.sampled_from(["", "X-Sum: 1\r\n"])


@cache
def _between(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


class Part(NamedTuple):
    """Bytes of a message."""

    data: bytes
    vital: bool
    """Whether the place in the stream is lost with any of them: heads, and all of a chunked body."""


@dataclass
class Exchange:
    """A request and its response."""

    nonce: int
    request: list[Part]
    response: list[Part]
    expects: bool = False
    """The body of the request waits for a 100 response."""
    until_close: bool = False


class Turn(NamedTuple):
    """Bytes that one end sends at once."""

    client: bool
    position: int
    data: bytes
    place: int
    """Bytes of the other direction that it has."""


@dataclass
class Connection:
    """What is said on a connection, and where everything is."""

    ends: Ends
    mode: str
    turns: list[Turn] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    spans: dict[int, tuple[range, range]] = field(default_factory=dict)
    """Where the request and the response with a number are."""
    vital: dict[bool, list[range]] = field(default_factory=lambda: {True: [], False: []})
    """Bytes that must not be missing if all after them is to be followed, by direction."""
    sent: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    server_closes: bool = False
    closes: bool = True
    first_batch: int = 0
    """Bytes of the client until it has been seen to pipeline, if it does."""

    def say(self, parts: list[Part], *, client: bool, place: int) -> range:
        """One end sends parts of a message."""
        position = self.sent[client]
        data = b"".join(part.data for part in parts)
        start = position
        for part in parts:
            if part.vital:
                self.vital[client].append(range(start, start + len(part.data)))
            start += len(part.data)
        self.turns.append(Turn(client, position, data, place))
        self.sent[client] += len(data)
        return range(position, self.sent[client])


@cache
def bodies(evil: bytes, *, hostile: bool) -> st.SearchStrategy[bytes]:
    """What a body may hold."""
    plain = st.integers(0, 200).map(lambda size: b"b" * size)
    if not hostile:
        return plain
    # Not the very first byte: what follows the head of an answer to an unknown request and looks like another
    # answer is believed to be one.
    return plain | st.integers(1, 3).map(lambda times: b"b" + evil * times)


@cache
def _chunks(evil: bytes, *, hostile: bool) -> st.SearchStrategy[list[bytes]]:
    return st.lists(bodies(evil, hostile=hostile).filter(bool), max_size=3)


def _message_body(draw: st.DrawFn, evil: bytes, *, hostile: bool, chunked: bool) -> tuple[str, list[Part]]:
    """Fields that frame a body, and the body."""
    if not chunked:
        body = draw(bodies(evil, hostile=hostile))
        return f"Content-Length: {len(body)}\r\n", [Part(body, vital=False)] if body else []
    chunks = draw(_chunks(evil, hostile=hostile))
    extension, trailer = draw(_EXTENSION), draw(_TRAILER)
    data = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension.encode(), chunk) for chunk in chunks)
    return "Transfer-Encoding: chunked\r\n", [Part(data + b"0\r\n" + trailer.encode() + b"\r\n", vital=True)]


def _exchange(draw: st.DrawFn, nonce: int, *, last: bool, hostile: bool, sequential: bool) -> Exchange:
    """A request of any kind and a response that suits it."""
    method = draw(_METHODS)
    expects = sequential and method == "POST" and draw(_YES_OR_NO)
    fields, content = "", list[Part]()
    if method == "POST":
        fields, content = _message_body(draw, _EVIL_REQUEST, hostile=hostile, chunked=draw(_YES_OR_NO))
    if expects:
        fields += "Expect: 100-continue\r\n"
    head = f"{method} /n/{nonce} HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n".encode()
    kind = draw(_KINDS[last])
    status, answer_fields, answer = 200, "", list[Part]()
    if kind == "empty":
        status = draw(_EMPTY)
        answer_fields = "Content-Length: 77\r\n" if status == 304 else ""
    elif kind == "close":
        answer = [Part(draw(bodies(_EVIL_RESPONSE, hostile=hostile)), vital=False)]
    else:
        answer_fields, answer = _message_body(
            draw, _EVIL_RESPONSE, hostile=hostile, chunked=kind == "chunked"
        )
    answer_head = draw(_INTERIM)
    answer_head += f"HTTP/1.1 {status} Fine\r\nX-Nonce-{nonce}: 1\r\n{answer_fields}\r\n".encode()
    if method == "HEAD":
        answer = []
    return Exchange(
        nonce,
        [Part(head, vital=True), *content],
        [Part(answer_head, vital=True), *answer],
        expects=expects,
        until_close=kind == "close" and method != "HEAD",
    )


@cache
def _modes(modes: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(modes)


@st.composite
def connections(
    draw: st.DrawFn,
    number: int = 0,
    *,
    modes: tuple[str, ...] = (SEQUENTIAL, BATCHES, WINDOW),
    hostile: bool = False,
    prompt: bool = False,
    most: int = 6,
) -> Connection:
    """A connection; `prompt`: its server never has more than the request that it answers."""
    ends = Ends(
        client_port=40_000 + number,
        client_start=draw(_STARTS),
        server_start=draw(_STARTS),
    )
    mode = draw(_modes(modes))
    talk = Connection(ends, mode)
    count = draw(_between(1, most))
    for index in range(count):
        talk.exchanges.append(
            _exchange(
                draw,
                number * 1_000 + index,
                last=index == count - 1,
                hostile=hostile,
                sequential=mode == SEQUENTIAL,
            )
        )
    if mode == SEQUENTIAL:
        for exchange in talk.exchanges:
            _ask(talk, exchange, talk.sent[False])
            _answer(talk, exchange, talk.sent[True])
    elif mode == BATCHES:
        _batches(talk, [draw(_between(1, 3)) for _ in range(count)], prompt=prompt or draw(_YES_OR_NO))
    else:
        _window(talk, draw(_between(1, 3)))
    talk.server_closes = talk.exchanges[-1].until_close or draw(_YES_OR_NO)
    talk.closes = talk.exchanges[-1].until_close or draw(_YES_OR_NO)
    return talk


def _ask(talk: Connection, exchange: Exchange, place: int) -> None:
    if not exchange.expects or len(exchange.request) < 2:
        asked = talk.say(exchange.request, client=True, place=place)
    else:
        head = talk.say(exchange.request[:1], client=True, place=place)
        go_on = [Part(b"HTTP/1.1 100 Continue\r\n\r\n", vital=True)]
        talk.say(go_on, client=False, place=talk.sent[True])
        content = talk.say(exchange.request[1:], client=True, place=talk.sent[False])
        asked = range(head.start, content.stop)
    talk.spans[exchange.nonce] = asked, range(0)


def _answer(talk: Connection, exchange: Exchange, place: int) -> None:
    asked, _ = talk.spans[exchange.nonce]
    talk.spans[exchange.nonce] = asked, talk.say(exchange.response, client=False, place=place)


def _batches(talk: Connection, sizes: list[int], *, prompt: bool) -> None:
    """Several requests at once, then all their answers."""
    left = list(talk.exchanges)
    while left:
        size = sizes.pop()
        now, left = left[:size], left[size:]
        place = talk.sent[False]
        for exchange in now:
            _ask(talk, exchange, place)
        if len(now) > 1 and not talk.first_batch:
            talk.first_batch = talk.sent[True]
        for exchange in now:
            asked, _ = talk.spans[exchange.nonce]
            _answer(talk, exchange, asked.stop if prompt else talk.sent[True])


def _window(talk: Connection, window: int) -> None:
    """A constant number of requests unanswered, and a server that answers each at once."""
    for exchange in talk.exchanges[:window]:
        _ask(talk, exchange, 0)
    for index, exchange in enumerate(talk.exchanges):
        asked, _ = talk.spans[exchange.nonce]
        _answer(talk, exchange, asked.stop)
        for following in talk.exchanges[index + window : index + window + 1]:
            _ask(talk, following, talk.sent[False])


@cache
def _places(size: int, *baits: int) -> st.SearchStrategy[set[int]]:
    anywhere = _between(1, size - 1)
    return st.sets(st.sampled_from(baits) | anywhere if baits else anywhere, max_size=4)


def _cuts(draw: st.DrawFn, data: bytes) -> list[int]:
    """Where to cut bytes into segments: anywhere, and preferably where it does most harm."""
    if len(data) < 2:
        return []
    baits = [data.find(evil) for evil in (_EVIL_REQUEST, _EVIL_RESPONSE) if data.find(evil) > 0]
    return sorted(draw(_places(len(data), *baits)))


@st.composite
def segments(draw: st.DrawFn, talk: Connection, *, merge: bool = True, cut: bool = True) -> list[Sent]:
    """The connection in segments, in the order in which the ends send them.

    `merge`: what an end sends in several turns without hearing anything may share a segment.
    """
    ends = talk.ends
    sent = [
        Sent(ends, client=True, position=-1, place=None, flags=SYN),
        Sent(ends, client=False, position=-1, place=0, flags=SYN | ACK),
    ]
    if draw(_YES_OR_NO):
        sent.append(Sent(ends, client=True, position=0, place=0))
    runs: list[list[Turn]] = []
    for turn in talk.turns:
        if merge and runs and runs[-1][0].client == turn.client:
            runs[-1].append(turn)
        else:
            runs.append([turn])
    for turns in runs:
        client, start = turns[0].client, turns[0].position
        data = b"".join(turn.data for turn in turns)
        edges = [0, *(_cuts(draw, data) if cut else []), len(data)]
        for low, high in itertools.pairwise(edges):
            place = max(turn.place for turn in turns if turn.position < start + high)
            sent.append(Sent(ends, client=client, position=start + low, place=place, data=data[low:high]))
        if draw(_YES_OR_NO):
            listener = not client
            heard = start + len(data)
            sent.append(Sent(ends, client=listener, position=_upto(sent, client=listener), place=heard))
    if talk.closes:
        first = not talk.server_closes
        up, down = talk.sent[True], talk.sent[False]
        own, other = (up, down) if first else (down, up)
        sent += [
            Sent(ends, client=first, position=own, place=other, flags=ACK | FIN),
            Sent(ends, client=not first, position=other, place=own + 1, flags=ACK | FIN),
            Sent(ends, client=first, position=own + 1, place=other + 1),
        ]
    return [
        segment
        for segment in sent
        if segment.data or segment.flags & (SYN | FIN) or segment.place is not None
    ]


def _upto(sent: list[Sent], *, client: bool) -> int:
    """How much an end has sent."""
    return max((each.position + len(each.data) for each in sent if each.client is client), default=0)


@st.composite
def in_order(
    draw: st.DrawFn,
    flows: list[list[Sent]],
    interface: Interface,
    steps: st.SearchStrategy[int],
) -> list[tuple[Sent, Seen]]:
    """Segments of several connections, interleaved, at times that never run backwards."""
    queues = [list(flow) for flow in flows]
    now, seen = START, []
    while any(queues):
        busy = [queue for queue in queues if queue]
        queue = busy[draw(_between(0, len(busy) - 1)) if len(busy) > 1 else 0]
        sent = queue.pop(0)
        now += draw(steps)
        seen.append((sent, Seen(now, interface, sent.frame())))
    return seen
