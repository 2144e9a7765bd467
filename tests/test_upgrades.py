"""What a connection becomes, packet by packet: the same streams give the same records, and losses only take away."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Interface
from interceptor.core.pipeline import Pipeline
from tests.conversations import (
    ACK,
    FIN,
    SECOND,
    START,
    SYN,
    Ends,
    Seen,
    Sent,
    batch,
    records,
    unbalanced,
    unread_amiss,
)
from tests.support import tls
from tests.support.examples import examples
from tests.support.websocket import ACCEPT, BINARY, CLOSE, CONTINUATION, KEY, PING, PONG, TEXT, frame

if TYPE_CHECKING:
    from collections.abc import Sequence

Said = list[tuple[bool, bytes]]
"""(the client says it, what), each as one write."""

MASK: Final = b"\x01\xfe\x55\xaa"
ACCIDENTAL: Final = {"time", "duration_us", "ttfb_us", "tls.handshake_us", "interface"}
DISORDER: Final = SECOND // 2

ASKED = (
    b"GET /chat HTTP/1.1\r\nHost: n.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: " + KEY.encode() + b"\r\n\r\n"
)
GRANTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT.encode() + b"\r\n\r\n"
)
GET = b"GET /a HTTP/1.1\r\nHost: n.example\r\n\r\n"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"b" * 900

SESSION: Said = [
    (True, ASKED),
    (False, GRANTED),
    (True, frame(TEXT, b"hello", mask=MASK)),
    (False, frame(BINARY, b"x" * 700, last=False) + frame(PING, b"1")),
    (True, frame(PONG, b"1", mask=MASK)),
    (False, frame(CONTINUATION, b"y" * 200)),
    (True, frame(PING, b"2", mask=MASK)),
    (False, frame(PONG, b"2")),
    (True, frame(CLOSE, b"\x03\xe8", mask=MASK)),
    (False, frame(CLOSE, b"\x03\xe9")),
]
CONNECT: Said = [
    (True, b"CONNECT api.example:80 HTTP/1.1\r\nHost: api.example:80\r\n\r\n"),
    (False, b"HTTP/1.1 200 OK\r\n\r\n"),
]
SOCKS: Said = [
    (True, b"\x05\x02\x00\x02"),
    (False, b"\x05\x00"),
    (True, b"\x05\x01\x00\x03\x0bapi.example\x00\x50"),
    (False, b"\x05\x00\x00\x01" + bytes(6)),
]
CALLS: Said = [(True, GET), (False, FINE), (True, GET), (False, FINE)]
SHELL: Said = [(False, b"SSH-2.0-a\r\n"), (True, b"SSH-2.0-b\r\n"), (False, bytes(500)), (True, bytes(40))]
GREETED: Said = [(side == tls.CLIENT, data) for side, data in tls.talk().flights]
TALKS: Final[dict[str, Said]] = {
    "websocket": SESSION,
    "websocket in connect": [*CONNECT, *SESSION],
    "calls in connect": [*CONNECT, *CALLS],
    "calls in socks": [*SOCKS, *CALLS],
    "calls in connect in socks": [*SOCKS, *CONNECT, *CALLS],
    "tls": GREETED,
    "tls in connect": [*CONNECT, *GREETED],
    "tls in connect in socks": [*SOCKS, *CONNECT, *GREETED],
    "shell in connect": [*CONNECT, *SHELL],
    "shell in socks": [*SOCKS, *SHELL],
}


def segments(said: Said) -> list[Sent]:
    """A connection: its handshake, a segment for each piece, its end."""
    ends = Ends()
    out = [
        Sent(ends, client=True, position=-1, place=None, flags=SYN),
        Sent(ends, client=False, position=-1, place=0, flags=SYN | ACK),
        Sent(ends, client=True, position=0, place=0),
    ]
    at = {True: 0, False: 0}
    for client, data in said:
        out.append(Sent(ends, client, at[client], at[not client], data=data))
        at[client] += len(data)
    for client in (True, False):
        out.append(Sent(ends, client, at[client], at[not client], flags=FIN | ACK))
        at[client] += 1
    return [*out, Sent(ends, client=True, position=at[True], place=at[False])]


@st.composite
def cut(draw: st.DrawFn, said: Said) -> Said:
    """The same in smaller pieces."""
    pieces: Said = []
    for client, data in said:
        edges = sorted(draw(st.sets(st.integers(1, len(data) - 1), max_size=3))) if len(data) > 1 else []
        pieces += [(client, data[start:end]) for start, end in pairwise((0, *edges, len(data)))]
    return pieces


def run(seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """The records of these packets, with everything held to the ledger after each."""
    pipeline = Pipeline()
    outcomes = []
    for packet in seen:
        outcomes += pipeline.feed(batch([packet]))
        assert unbalanced(pipeline.ledger()) == []
        assert unread_amiss(pipeline) == {}
    outcomes += pipeline.close()
    ledger = pipeline.ledger()
    assert unbalanced(ledger) == []
    assert not any(stage.held for stage in ledger)
    return records(outcomes)


def essence(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records without what depends on when and where packets were seen."""
    plain = [{name: value for name, value in each.items() if name not in ACCIDENTAL} for each in found]
    return sorted(plain, key=lambda record: str(record["id"]))


def in_order(flow: Sequence[Sent]) -> list[Seen]:
    """A packet each millisecond."""
    where = Interface("eth0", 1)
    return [Seen(START + at * 1_000_000, where, each.frame()) for at, each in enumerate(flow)]


@cache
def truth(kind: str) -> list[dict[str, Any]]:
    """What is said of a connection of which nothing is missing."""
    return run(in_order(segments(TALKS[kind])))


def test_all_that_is_known_of_a_whole_connection() -> None:
    """Each kind of them gives the records that it should, in a tunnel and without."""
    kinds = {kind: sorted(record["kind"] for record in truth(kind)) for kind in TALKS}
    assert kinds == {
        "websocket": ["http", "websocket"],
        "websocket in connect": ["http", "http", "tunnel", "websocket"],
        "calls in connect": ["http", "http", "http", "tunnel"],
        "calls in socks": ["http", "http", "tunnel"],
        "calls in connect in socks": ["http", "http", "http", "tunnel", "tunnel"],
        "tls": ["tls"],
        "tls in connect": ["http", "tls", "tunnel"],
        "tls in connect in socks": ["http", "tls", "tunnel", "tunnel"],
        "shell in connect": ["http", "tunnel"],
        "shell in socks": ["tunnel"],
    }
    for kind in TALKS:
        ids = [record["id"] for record in truth(kind)]
        assert len(set(ids)) == len(ids)
        assert len({each[:20] for each in ids}) == 1, "all of one connection"


@examples(1_000)
@given(st.data())
def test_disorder_and_copies_change_nothing(data: st.DataObject) -> None:
    """Any segmentation, disorder within half a second, copies on the same and on another interface."""
    kind = data.draw(st.sampled_from(sorted(TALKS)))
    first, second = Interface("eth0", 1), Interface("eth1", 1)
    shuffled: list[tuple[int, int, Seen]] = []
    for at, each in enumerate(segments(data.draw(cut(TALKS[kind])))):
        time = START + at * 10_000_000
        late = data.draw(st.integers(0, DISORDER)) if each.data else 0
        shuffled.append((time + late, at, Seen(time + late, first, each.frame())))
        for copy in data.draw(st.sampled_from([[], [], [first], [second]])):
            again = time + (late + data.draw(st.integers(0, DISORDER)) if each.data else 0)
            shuffled.append((again, at, Seen(again, copy, each.frame())))
    shuffled.sort(key=lambda item: item[:2])
    assert essence(run([packet for *_, packet in shuffled])) == essence(truth(kind))


COUNTS: Final = ("bytes", "messages", "frames", "payload", "records")


@examples(1_000)
@given(st.data())
def test_losses_only_take_away(data: st.DataObject) -> None:
    """Whatever is lost: what is said is what was sent, less than it, or nothing; and what is not whole says so."""
    kind = data.draw(st.sampled_from(sorted(TALKS)))
    flow = segments(data.draw(cut(TALKS[kind])))
    wholes = {record["id"]: record for record in truth(kind)}
    lost = data.draw(st.sets(st.integers(3, len(flow) - 1), min_size=1, max_size=4))
    for record in run([packet for at, packet in enumerate(in_order(flow)) if at not in lost]):
        whole = wholes.get(record["id"])
        if record["kind"] == "http":
            continue
        if whole is None:
            assert record["state"] == "truncated"
            continue
        for name, value in record.items():
            if any(part in name for part in COUNTS) and name != "missed_bytes":
                assert value <= whole.get(name, 0), name
            elif name.endswith("unanswered"):
                assert value <= whole[name] or record["state"] == "truncated", name
            elif name in {"tls.closed_by", "tunnel.closed_by"} and any(flow[at].flags & FIN for at in lost):
                pass  # it is who was seen to end first
            elif name == "network.protocol.name" and kind.endswith("in connect in socks"):
                # A CONNECT of which not both halves are known is HTTP.
                assert value == whole[name] or (value == "http" and record["state"] == "truncated")
            elif name not in ACCIDENTAL | {"state", "missed_bytes", "anomalies"}:
                assert value == whole.get(name), name


def test_what_is_told_again_counts_once_in_each_tunnel() -> None:
    """A server's hello is lost, so that what its client says waits; then it is told to whoever reads TLS, in pieces."""
    *before, hello, (_, answer), (_, rest), more, last = TALKS["tls in connect in socks"][:11]
    pieces = [
        *before,
        hello,
        *[(False, answer[start:end]) for start, end in pairwise((0, 6, 7, 8, len(answer)))],
    ]
    pieces += [(True, rest[start:end]) for start, end in pairwise((0, 2, 18, 58, len(rest)))]
    flow = segments([*pieces, more, last, *TALKS["tls in connect in socks"][11:]])
    first = 3 + len(before) + 1
    lost = {first, first + 3, first + 8}
    found = run([packet for at, packet in enumerate(in_order(flow)) if at not in lost])
    wholes = {record["id"]: record for record in truth("tls in connect in socks")}
    tunnels = [record for record in found if record["kind"] == "tunnel"]
    assert [record["state"] for record in tunnels] == ["truncated"] * 2
    for record in tunnels:
        assert record["client.bytes"] == wholes[record["id"]]["client.bytes"]
