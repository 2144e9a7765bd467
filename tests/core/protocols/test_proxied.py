"""Headers of the PROXY protocol: the forms that haproxy's `proxy-protocol.txt` has, and what is none."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import Anomaly, Chunk, Drop, Peers
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.proxied import ProxiedConversation, announcement, may_announce
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.protocols.conversation import Heard

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LIMIT = 64 * 2**10


def binary(command: int, family: int, content: bytes) -> bytes:
    """A header of version 2."""
    return SIGNATURE + struct.pack(">BBH", 0x20 | command, family, len(content)) + content


def ends(client: str, server: str) -> bytes:
    """Addresses and ports as version 2 has them."""
    return ip_address(client).packed + ip_address(server).packed + struct.pack(">HH", 1234, 80)


V4, V6 = ends("192.0.2.1", "192.0.2.2"), ends("2001:db8::1", "2001:db8::2")
HEADERS = [
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n", ("192.0.2.1", 1234)),
    (b"PROXY TCP6 2001:DB8::1 2001:db8::2 1234 80\r\n", ("2001:db8::1", 1234)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff:f:f 1 2 3\r\n", None),
    # of the right form, and what it says is nothing
    (b"PROXY TCP4 192.0.2.1000 192.0.2.2 1234 80\r\n", None),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 80\r\n", None),
    (b"PROXY TCP6 192.0.2.1 192.0.2.2 1234 80\r\n", None),
    (b"PROXY TCP4 somebody's secret\r\n", None),
    (binary(1, 0x11, V4), ("192.0.2.1", 1234)),
    (binary(1, 0x21, V6), ("2001:db8::1", 1234)),
    (binary(1, 0x11, V4 + b"\x04\x00\x01a"), ("192.0.2.1", 1234)),
    (binary(0, 0x11, V4), None),
    (binary(0, 0x00, b""), None),
    (binary(1, 0x00, b"\x01\x00\x01a"), None),
    (binary(1, 0x31, b"/run/socket".ljust(216, b"\0")), None),
    (binary(1, 0x11, V4[:11]), None),
    (binary(1, 0x21, V6[:35]), None),
]


@pytest.mark.parametrize(("header", "client"), HEADERS)
def test_a_header_is_read_whatever_follows(header: bytes, client: tuple[str, int] | None) -> None:
    """Its size, and a client where it names one; before its end, that it may be one."""
    for rest in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\r\n", header):
        assert announcement(header + rest, LIMIT) == (len(header), client)
    for size in range(1, len(header)):
        assert announcement(header[:size], LIMIT) is True


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\n",
        b"PROXY\r\n",
        b"PROXY / HTTP/1.1\r\n",
        b"PROXY TCP5 1 2 3 4\r\n",
        b"proxy UNKNOWN\r\n",
        b"PROXY UNKNOWN" + b" " * 100 + b"\r\n",
        b"PROXY TCP4 " + b"1" * 107,
        b"\r\nGET / HTTP/1.1\r\n",
        b"\r\n\r\n\x00\r\nQUIT\r",
        SIGNATURE + b"\x11",
        SIGNATURE + b"\x11\x11\x00\x0c" + V4,
        binary(1, 0x11, bytes(LIMIT)[: LIMIT - 15]),
        b"\x16\x03\x01",
    ],
)
def test_what_is_no_header(data: bytes) -> None:
    """It is known at once, or at its line's end."""
    assert announcement(data, LIMIT) is False


@examples(1_000)
@given(
    st.binary(min_size=1, max_size=60),
    st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21"]),
)
def test_any_bytes_are_a_header_or_none(data: bytes, start: bytes) -> None:
    """Nothing raises; a header is not longer than what came, and a client's port is one."""
    found = announcement(start + data, 64)
    if not isinstance(found, bool):
        assert 0 < found.size <= len(start + data)
        assert found.client is None or 0 <= found.client[1] <= 65535


PEERS = Peers("10.0.0.1", 40_000, "10.0.0.2", 80, "ipv4", b"\xcc" * 10, None)
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


class Proxied:
    """A conversation that is told pieces of the client, and balanced after each."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.budget = Budget(2**20)
        self.dropped: dict[Drop, int] = {}
        self.talk = ProxiedConversation(PEERS, self._drop, self.budget, limit, "http1")
        self.taken = 0

    def _drop(self, reason: Drop, size: int) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + size

    def client(self, *pieces: bytes) -> list[Heard]:
        """Tell these; what is left when it becomes something."""
        for piece in pieces:
            assert self.talk.becomes is None
            chunk = Chunk(b"#" + piece + b"#", 1, 1 + len(piece), self.taken - 1, 7, 0)
            self.talk.receive(CLIENT, chunk, [])
            self.taken += len(piece)
            assert self.budget.held == self.talk.weight == self.talk.held(CLIENT, self.taken)
            if self.talk.becomes is None:
                assert chunk.cursor == chunk.end
        return self.left()

    def left(self) -> list[Heard]:
        """What is left for another."""
        return self.talk.becomes.left if self.talk.becomes is not None else []

    def finish(self) -> None:
        """It is over."""
        self.talk.finish(Anomaly.UNANSWERED, [])
        assert self.budget.held == self.talk.weight == 0


def text(heard: list[Heard]) -> bytes:
    """All bytes that are left."""
    return b"".join([said.buffer[said.cursor : said.end] for _, said in heard if isinstance(said, Chunk)])


@pytest.mark.parametrize(("header", "client"), HEADERS)
@pytest.mark.parametrize("step", [1, 7, 1_000])
def test_behind_a_header_comes_whatever_its_first_bytes_say(
    header: bytes, client: tuple[str, int] | None, step: int
) -> None:
    """However both are cut; the client is who it says."""
    proxied = Proxied()
    data = header + REQUEST
    pieces = [data[at : at + step] for at in range(0, len(header), step)]
    assert text(proxied.client(*pieces)) == b"".join(pieces)[len(header) :]
    assert proxied.talk.becomes is not None
    assert proxied.talk.becomes.protocol == ""
    assert proxied.dropped == {Drop.PROXY_HEADER: len(header)}
    peers = proxied.talk.peers
    assert (peers.announced_address, peers.announced_port) == (client or (None, None))
    proxied.finish()


def test_what_is_none_after_all_is_left_as_it_came() -> None:
    """With its first byte's position; so is what anything but the client's bytes ends."""
    endings: list[Callable[[Proxied], object]] = [
        lambda proxied: proxied.client(b"Y / HTTP/1.1\r\n"),
        lambda proxied: proxied.talk.receive(SERVER, Chunk(b"", 0, 0, 0, 8, 4), []),
        lambda proxied: proxied.talk.gap(CLIENT, 5, 4, 8, []),
        lambda proxied: proxied.talk.close(CLIENT, 4, 8, [], clean=True),
        lambda proxied: proxied.talk.relieve([]),
    ]
    for end in endings:
        proxied = Proxied()
        proxied.client(b"PR", b"OX")
        end(proxied)
        assert proxied.talk.becomes is not None
        assert proxied.talk.becomes.protocol == "http1"
        side, first = proxied.left()[0]
        assert isinstance(first, Chunk)
        assert (side, first.base + first.cursor, first.time) == (CLIENT, 0, 7)
        assert text(proxied.left()).startswith(b"PROX")
        assert proxied.dropped == {}
        proxied.finish()


def test_one_that_never_ends_is_counted() -> None:
    """The capture ends in it."""
    proxied = Proxied()
    proxied.client(SIGNATURE)
    proxied.finish()
    assert proxied.dropped == {Drop.HEAD_INCOMPLETE: len(SIGNATURE)}


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b"P", None),
        (b"PRO", None),
        (b"PROX", True),
        (b"PROXY / HTTP/1.1\r\n", False),
        (b"PO", False),
        (b"PRI * HTTP/2.0", False),
        (b"\r", True),
        (b"\r\n\r\nGET", False),
        (b"GET", False),
    ],
)
def test_first_bytes_tell_it_from_other_things(data: bytes, may: bool | None) -> None:
    """From methods, and from the preface of HTTP/2."""
    assert may_announce(data, LIMIT) is may
