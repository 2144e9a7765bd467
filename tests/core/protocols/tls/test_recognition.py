"""Who speaks TLS: by a hello, or by an alert that answers one."""

from __future__ import annotations

import pytest

from interceptor.core.model import Chunk
from interceptor.core.protocols.tls.recognition import Chain, greets, opens, warns
from tests.support.tls import CLIENT, SERVER, talk

HELLOS = {side: next(data for by, data in talk().flights if by == side) for side in (CLIENT, SERVER)}
OLD = bytes.fromhex("802e 01 0301 0015 0000 0010")
"""A ClientHello as SSL 2.0 wrote it (RFC 5246 appendix E.2)."""


@pytest.mark.parametrize("hello", [*HELLOS.values(), OLD], ids=["client", "server", "old"])
def test_a_hello_tells_after_six_bytes(hello: bytes) -> None:
    """Less of it may become one; so may nothing."""
    told = 5 if hello is OLD else 6
    assert [greets(hello[:size]) for size in range(told)] == [None] * told
    assert greets(hello[:told])
    assert greets(hello)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x02",  # no version of TLS
        b"\x16\x03\x09\x00\x10\x01",  # nor this
        b"\x16\x03\x01\x00\x10\x0b",  # a certificate is no hello
        b"\x17\x03\x03\x00\x10\x01",  # data
        b"\x16\x03\x03\x70\x00\x01",  # longer than a record can be
        b"\x80\x02\x01\x03\x01",  # an old one without room for its version
        b"\x80\x2e\x01\x00\x07",
    ],
)
def test_what_is_no_hello(data: bytes) -> None:
    """A record of handshake whose message is a hello, of a version and a length that exist."""
    assert greets(data) is False


def test_an_alert() -> None:
    """What a server says first that does not like the hello."""
    assert warns(b"\x15\x03\x03\x00\x02\x02\x28")
    assert not warns(b"\x15")
    assert not warns(b"\x15\x04")


@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_in_the_middle_a_hello_tells_whose_it_is(side: int) -> None:
    """Eleven bytes of it, from where they are in the buffer; no other message does."""
    hello = HELLOS[side]
    told = [opens(b"xx" + hello[:size], 2, 2 + size) for size in range(20)]
    assert told == [None] * 11 + [side] * 9
    assert opens(hello, 0, 10) is None
    for place in (0, 1, 5, 6, 9):
        other = bytearray(hello)
        other[place] += 9
        assert opens(bytes(other), 0, len(other)) is None


def record(size: int) -> bytes:
    """One of data."""
    return b"\x17\x03\x03" + size.to_bytes(2, "big") + bytes(size)


def looks(*pieces: bytes | int) -> list[int | None]:
    """What a chain says of these segments; a number is the size of a hole."""
    chain, at, said = Chain(), 1_000, []
    for piece in pieces:
        if isinstance(piece, int):
            at += piece
            continue
        buffer = b"xx" + piece
        said.append(chain.look(Chunk(buffer, 2, len(buffer), at - 2, 1, 0)))
        at += len(piece)
    return said


def test_three_records_in_a_row_prove_it() -> None:
    """In one segment, in one each, or however they lie in them; the first begins with one."""
    assert looks(3 * record(9)) == [2]
    assert looks(record(9), record(0), record(9)) == [None, None, 2]
    long = 3 * record(300)
    assert looks(long[:200], long[200:400], long[400:700]) == [None, None, 2 + 610 - 400]
    assert looks(b"x" + 3 * record(9)) == [None]


def test_what_is_between_breaks_the_chain() -> None:
    """Something else, a hole over a header, or a header in two segments; a hole within a record does not."""
    assert looks(record(9), record(9), b"GET / HTTP/1.1", record(9)) == [None] * 4
    assert looks(record(9), 5, record(9), record(9), record(9)) == [None, None, None, 2]
    cut = 3 * record(9)
    assert looks(cut[:16], cut[16:]) == [None, None]
    assert looks(record(90)[:40], 50, record(9), record(9)) == [None, None, None]
    assert looks(record(90)[:40], 55, record(9), record(9)) == [None, None, 2]
