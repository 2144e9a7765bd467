"""Who speaks TLS: by a hello, or by an alert that answers one."""

from __future__ import annotations

import pytest

from interceptor.core.protocols.tls.recognition import greets, opens, warns
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


def test_in_the_middle_it_is_the_clients_that_tells() -> None:
    """Eleven bytes of it, from where they are in the buffer; nothing of the server's, and no other message."""
    hello = HELLOS[CLIENT]
    assert [size for size in range(20) if opens(b"xx" + hello[:size], 2, 2 + size)] == list(range(11, 20))
    assert not opens(HELLOS[SERVER], 0, len(HELLOS[SERVER]))
    assert not opens(hello, 0, 10)
    for place in (0, 1, 5, 6, 9):
        other = bytearray(hello)
        other[place] += 9
        assert not opens(bytes(other), 0, len(other))
