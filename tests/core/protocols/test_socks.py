"""SOCKS: what was asked for and granted is known, however it was cut; what is none becomes what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import Anomaly, Chunk, Outcome, Peers
from interceptor.core.protocols.conversation import CLIENT, SERVER, Becoming
from interceptor.core.protocols.socks import (
    HELD_BYTES,
    NOT_SOCKS,
    Negotiation,
    SocksConversation,
    may_begin,
    negotiate,
)
from interceptor.core.protocols.tunnel import Opening
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

PEERS = Peers("192.0.2.1", 1234, "192.0.2.2", 1080, "ipv4", bytes(10), None)

ANY_4 = b"\x04\x01\x00\x50\xc6\x33\x64\x14user\x00"
NAMED_4 = b"\x04\x01\x1f\x90\x00\x00\x00\x01\x00shop.example\x00"
GRANTED_4 = b"\x00\x5a" + bytes(6)
NAME_5 = b"\x05\x01\x00\x03\x0cshop.example\x00\x50"
V4_5 = b"\x05\x01\x00\x01\xc6\x33\x64\x14\x01\xbb"
V6_5 = b"\x05\x01\x00\x04" + bytes.fromhex("20010db8000000000000000000000001") + b"\x00\x50"
GRANTED_5 = b"\x05\x00\x00\x01" + bytes(6)
PASSWORD = b"\x01\x04jane\x06s3cret"

TALKS: dict[str, tuple[list[tuple[int, bytes]], Negotiation]] = {
    "4": ([(CLIENT, ANY_4), (SERVER, GRANTED_4)], Negotiation("socks4", 13, 8, "198.51.100.20:80")),
    "4a": ([(CLIENT, NAMED_4), (SERVER, GRANTED_4)], Negotiation("socks4", 22, 8, "shop.example:8080")),
    "4 refused": (
        [(CLIENT, ANY_4), (SERVER, b"\x00\x5b" + bytes(6))],
        Negotiation("socks4", 13, 8, "198.51.100.20:80", "rejected"),
    ),
    "5": (
        [(CLIENT, b"\5\1\0"), (SERVER, b"\5\0"), (CLIENT, NAME_5), (SERVER, GRANTED_5)],
        Negotiation("socks5", 3 + 19, 2 + 10, "shop.example:80"),
    ),
    "5 by address": (
        [(CLIENT, b"\5\2\0\2"), (SERVER, b"\5\0"), (CLIENT, V4_5), (SERVER, GRANTED_5)],
        Negotiation("socks5", 4 + 10, 2 + 10, "198.51.100.20:443"),
    ),
    "5 with a password": (
        [
            (CLIENT, b"\5\2\0\2"),
            (SERVER, b"\5\2"),
            (CLIENT, PASSWORD),
            (SERVER, b"\1\0"),
            (CLIENT, V6_5),
            (SERVER, b"\5\0\0\3\5proxy\0\0"),
        ],
        Negotiation("socks5", 4 + 13 + 22, 2 + 2 + 12, "[2001:db8::1]:80"),
    ),
    "5 with a wrong password": (
        [(CLIENT, b"\5\1\2"), (SERVER, b"\5\2"), (CLIENT, PASSWORD), (SERVER, b"\1\1")],
        Negotiation("socks5", 3 + 13, 4, error="authentication_failed"),
    ),
    "5 without a method": (
        [(CLIENT, b"\5\1\0"), (SERVER, b"\5\xff")],
        Negotiation("socks5", 3, 2, error="no_acceptable_method"),
    ),
    "5 refused": (
        [(CLIENT, b"\5\1\0"), (SERVER, b"\5\0"), (CLIENT, NAME_5), (SERVER, b"\5\5" + GRANTED_5[2:])],
        Negotiation("socks5", 22, 12, "shop.example:80", "connection_refused"),
    ),
}


def sides(said: Sequence[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """All that each side said."""
    client, server = (b"".join(data for side, data in said if side == who) for who in (CLIENT, SERVER))
    return client, server


def run(said: Sequence[tuple[int, bytes]], dropped: list[int] | None = None) -> SocksConversation:
    """A conversation that was told these pieces, until it becomes another; what it drops is added to `dropped`."""
    counted = dropped if dropped is not None else []
    conversation = SocksConversation(PEERS, lambda _, size: counted.append(size), Budget(1_000_000))
    finished: list[Outcome] = []
    positions = [0, 0]
    for time, (side, data) in enumerate(said, start=1):
        if conversation.becomes is None:
            chunk = Chunk(b"head" + data, 4, 4 + len(data), positions[side] - 4, time, positions[1 - side])
            conversation.receive(side, chunk, finished)
        positions[side] += len(data)
    assert not finished
    return conversation


def rest(change: Becoming) -> list[tuple[int, int, bytes]]:
    """Side, position and bytes of what is left."""
    return [
        (side, each.base + each.cursor, each.buffer[each.cursor : each.end])
        for side, each in change.left
        if isinstance(each, Chunk)
    ]


@pytest.mark.parametrize("kind", TALKS)
def test_what_was_negotiated(kind: str) -> None:
    """Where it leads, or why it does not, and how many bytes of each side that took."""
    said, truth = TALKS[kind]
    client, server = sides(said)
    assert negotiate(client + b"GET", server + b"HTTP") == truth
    for client_cut in range(len(client)):
        assert negotiate(client[:client_cut], server) in (None, NOT_SOCKS if not client_cut else None)
    for server_cut in range(len(server)):
        assert negotiate(client, server[:server_cut]) is None
    assert all(may_begin(client[:cut]) for cut in range(1, len(said[0][1])))


@examples(200)
@given(kind=st.sampled_from(sorted(TALKS)), data=st.data())
def test_any_cut_leads_to_the_same(kind: str, data: st.DataObject) -> None:
    """Pieces of any size; what was said beyond the negotiation is left, in order, and nothing of a password is."""
    said, truth = TALKS[kind]
    said = [*said, (CLIENT, b"GET / HTTP/1.1\r\n\r\n"), (SERVER, b"HTTP/1.1 200 OK\r\n\r\n")]
    size = data.draw(st.integers(1, 40))
    early = data.draw(st.booleans())
    if early:  # the client waits for no answer
        last = max(at for at, (side, _) in enumerate(said[:-2]) if side == CLIENT)
        said = [*said[: last + 1], said[-2], *said[last + 1 : -2], said[-1]]
    pieces = [(side, each[at : at + size]) for side, each in said for at in range(0, len(each), size)]
    dropped: list[int] = []
    conversation = run(pieces, dropped)
    change = conversation.becomes
    assert change is not None
    opening = change.origin
    assert isinstance(opening, Opening)
    assert (opening.protocol, opening.target, opening.error) == (truth.protocol, truth.target, truth.error)
    assert (opening.position, opening.asked, opening.request) == (0, True, None)
    assert sum(dropped) == truth.client + truth.server
    client, server = sides(said)
    for side, stream, used in ((CLIENT, client, truth.client), (SERVER, server, truth.server)):
        left = [(at, each) for who, at, each in rest(change) if who == side]
        assert stream.startswith(b"".join(each for _, each in left), used)
        assert not left or left[0][0] == used
    conversation.finish(Anomaly.UNANSWERED, [])
    assert conversation.weight == conversation.held(CLIENT, 0) == conversation.held(SERVER, 0) == 0


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (b"", b"\5\0"),
        (b"\4\3\0\x50", b""),
        (b"\4" + b"\1" * 600, b""),
        (ANY_4, b"HTTP"),
        (ANY_4, b"\0\1" + bytes(6)),
        (b"\5\1\0", b"HTTP"),
        (b"\5\1\0", b"\5\2"),  # a method that was not offered
        (b"\5\1\1", b"\5\1"),  # GSSAPI
        (b"\5\1\2\2", b"\5\2"),
        (b"\5\1\0\4", b"\5\0"),
        (b"\5\1\0\5\1\0\2\0", b"\5\0"),
        (b"GET / HTTP/1.1\r\n", b""),
    ],
)
def test_what_is_no_socks(client: bytes, server: bytes) -> None:
    """Or none that can be followed."""
    assert negotiate(client, server) is NOT_SOCKS


def test_what_is_given_up_becomes_something_else_from_its_beginning() -> None:
    """Other bytes, a hole, an end, too many bytes, no memory: all that was said is left."""
    said = [(CLIENT, b"\5\1\0"), (SERVER, b"HTTP/1.1 400 Bad Request\r\n\r\n")]
    change = run(said).becomes
    assert change is not None
    assert change.origin is None
    assert rest(change) == [(CLIENT, 0, said[0][1]), (SERVER, 0, said[1][1])]
    greeting = [(CLIENT, b"\5\1\0")]
    for act in (
        lambda c: c.gap(SERVER, 2, 0, 5, []),
        lambda c: c.close(SERVER, 0, 5, [], clean=True),
        lambda c: c.relieve([]),
    ):
        conversation = run(greeting)
        act(conversation)
        change = conversation.becomes
        assert change is not None
        assert rest(change) == [(CLIENT, 0, b"\5\1\0")]
    conversation = run([*greeting, (CLIENT, bytes(HELD_BYTES))])
    assert conversation.becomes is not None
    assert run([*greeting, (CLIENT, bytes(HELD_BYTES // 2))]).becomes is None


@given(
    client=st.binary(max_size=80),
    server=st.binary(max_size=80),
    first=st.sampled_from((b"", b"\4\1", b"\5\1\0")),
)
def test_any_bytes_at_all(client: bytes, server: bytes, first: bytes) -> None:
    """Never an exception, and never more than was said."""
    said = negotiate(first + client, server)
    if isinstance(said, Negotiation):
        assert said.client <= len(first + client)
        assert said.server <= len(server)
    may_begin(client)
