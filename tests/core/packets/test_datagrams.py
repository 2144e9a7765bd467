"""Datagrams that are no tunnels: each has its reason, told by one of them."""

from __future__ import annotations

import random

import pytest

from interceptor.core.model import Drop
from interceptor.core.packets.datagrams import reason

INITIAL = bytes.fromhex("c300000001088394c8f03e515708") + bytes(1_186)
"""How RFC 9001 appendix A.2 begins: a client's first packet."""


def why(payload: bytes, source: int = 50_000, destination: int = 9_999, size: int | None = None) -> Drop:
    """The reason of a datagram."""
    return reason(source, destination, memoryview(payload), len(payload) if size is None else size)


def test_quic_by_its_version() -> None:
    """On any port, both versions and drafts; the server's answers as well; cut off by a short snaplen."""
    assert why(INITIAL) is Drop.QUIC
    assert why(INITIAL[:6], size=1_200) is Drop.QUIC
    assert why(b"\xd3\x6b\x33\x43\xcf\x08" + bytes(100)) is Drop.QUIC
    assert why(b"\xc0\xff\0\0\x1d\x08" + bytes(100)) is Drop.QUIC
    assert why(INITIAL, source=443, destination=50_000) is Drop.QUIC


def test_quic_by_its_port() -> None:
    """A short header has nothing but the fixed bit; a negotiation has no version."""
    short = b"\x41" + bytes(40)
    assert why(short, destination=443) is why(short, source=8_443) is Drop.QUIC
    assert why(b"\x80\0\0\0\0\x08" + bytes(30), source=443) is Drop.QUIC
    assert why(short) is Drop.NOT_TCP
    assert why(short[:20], destination=443) is Drop.NOT_TCP


@pytest.mark.parametrize("other", ["8000000001088394", "c300000002088394", "c3000000011588", "c3000000"])
def test_what_is_not_quic(other: str) -> None:
    """No fixed bit, an unknown version, a connection id that is too long, too little of it."""
    assert why(bytes.fromhex(other) + bytes(0 if len(other) < 14 else 100)) is Drop.NOT_TCP


@pytest.mark.parametrize(("kind", "size"), [(1, 148), (2, 92), (3, 64), (4, 32), (4, 1_440)])
def test_wireguard(kind: int, size: int) -> None:
    """Each of its messages has its size, on whatever port."""
    message = bytes((kind, 0, 0, 0)) + random.Random(kind).randbytes(size - 4)
    assert why(message) is Drop.ENCRYPTED
    assert why(message + b"\0") is Drop.NOT_TCP
    assert why(bytes((kind, 0, 0, 1)) + message[4:]) is Drop.NOT_TCP


def test_esp_in_udp() -> None:
    """RFC 3948: an SPI that is not 0 is no IKE; one byte keeps a NAT's mapping."""
    assert why(b"\x12\x34\x56\x78" + bytes(60), destination=4_500) is Drop.ENCRYPTED
    assert why(bytes(60), source=4_500) is Drop.NOT_TCP
    assert why(b"\xff", destination=4_500) is Drop.NOT_TCP


@pytest.mark.parametrize("seed", range(20))
def test_anything_has_a_reason(seed: int) -> None:
    """Of any bytes, any of them missing."""
    chance = random.Random(seed)
    for _ in range(500):
        payload = chance.randbytes(chance.randrange(64))
        found = reason(
            chance.choice((53, 443, 4_500, 51_820)),
            chance.randrange(2**16),
            memoryview(payload)[: chance.randrange(len(payload) + 1)],
            len(payload),
        )
        assert found in {Drop.NOT_TCP, Drop.QUIC, Drop.ENCRYPTED}
