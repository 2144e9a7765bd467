"""Packets dealt out and taken up again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.packets.dealing import deal, flow_number, taken_up

if TYPE_CHECKING:
    from interceptor.core.model import Packet

IPV4 = bytes(12) + b"\x08\x00\x45" + bytes(8) + b"\x06" + bytes(2)
"""A frame up to the addresses."""
IPV6 = bytes(12) + b"\x86\xdd\x60" + bytes(5) + b"\x06\x40"


def frame(flow: bytes, flags: int = 0x10) -> bytes:
    """One of the usual kind."""
    head = IPV4 + bytes(1) if len(flow) == 12 else IPV6
    head = head[:26] if len(flow) == 12 else head[:22]
    head = head + bytes((26 if len(flow) == 12 else 22) - len(head))
    return head + flow + bytes(8) + b"\x50" + bytes([flags]) + bytes(6)


def back(flow: bytes) -> bytes:
    """The other direction."""
    half = (len(flow) - 4) // 2
    return flow[half:-4] + flow[:half] + flow[-2:] + flow[-4:-2]


def laid(*frames: bytes) -> tuple[bytes, list[Packet]]:
    """A buffer with these packets in it."""
    buffer, packets = b"", []
    for number, data in enumerate(frames):
        buffer += b"between"
        packets.append((number * 1_000, len(buffer), len(data), len(data) + 5))
        buffer += data
    return buffer, packets


def never(_: Packet) -> int:
    """Nobody has to be asked."""
    raise AssertionError


flows = st.sampled_from((12, 36)).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@given(flows)
def test_both_directions_have_one_number(flow: bytes) -> None:
    """Not negative, in 64 bits."""
    assert flow_number(flow) == flow_number(back(flow))
    assert 0 <= flow_number(flow) < 1 << 63


def test_numbers_are_what_they_were() -> None:
    """Those that both lanes have to give."""
    four = bytes([10, 0, 0, 1, 10, 0, 0, 2]) + (40_000).to_bytes(2, "big") + (80).to_bytes(2, "big")
    six = bytes(range(32)) + (40_000).to_bytes(2, "big") + (80).to_bytes(2, "big")
    assert flow_number(four) == 3_659_724_654_844_143_379
    assert flow_number(six) == 2_343_140_187_363_186_785


@pytest.mark.parametrize("size", [0, 11, 13, 35, 37])
def test_what_names_no_connection(size: int) -> None:
    """Is an error of whoever asks."""
    with pytest.raises(ValueError, match="name no connection"):
        flow_number(bytes(size))


def test_connections_spread() -> None:
    """Neighbours in addresses and ports go to all readers about as often: each within a tenth of its part."""
    for readers in (2, 3, 8):
        counts = [0] * readers
        for port in range(30_000, 34_000):
            for client in (1, 2):
                flow = bytes([10, 0, 0, client, 10, 0, 0, 9]) + port.to_bytes(2, "big") + b"\x00\x50"
                counts[flow_number(flow) % readers] += 1
        assert all(abs(count - 8_000 / readers) < 800 / readers for count in counts)


@given(st.lists(flows, max_size=20), st.integers(1, 5))
def test_what_is_dealt_is_taken_up(found: list[bytes], readers: int) -> None:
    """Every packet once, to the byte, in its order, with whom its number says."""
    buffer, packets = laid(*map(frame, found))
    hands = deal(buffer, packets, readers, True, {}, {}, never)
    assert len(hands) == readers
    for reader, (data, count) in enumerate(hands):
        wanted = [
            (packet, buffer[packet[1] : packet[1] + packet[2]])
            for packet, flow in zip(packets, found, strict=True)
            if flow_number(flow) % readers == reader
        ]
        got = taken_up(data)
        assert count == len(got) == len(wanted)
        for (time, start, captured, length), (packet, bytes_) in zip(got, wanted, strict=True):
            assert (time, captured, length) == (packet[0], packet[2], packet[3])
            assert data[start : start + captured] == bytes_


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a SYN", lambda data: data[:47] + b"\x02" + data[48:]),
        ("another EtherType", lambda data: data[:12] + b"\x81\x00" + data[14:]),
        ("options", lambda data: data[:14] + b"\x46" + data[15:]),
        ("a fragment that is not the last", lambda data: data[:20] + b"\x20" + data[21:]),
        ("a fragment that is not the first", lambda data: data[:21] + b"\x01" + data[22:]),
        ("UDP", lambda data: data[:23] + b"\x11" + data[24:]),
        ("a cut header", lambda data: data[:53]),
    ],
)
def test_of_anything_else_somebody_is_asked(what: str, change: object) -> None:
    """And what he says is done; a negative number keeps it back."""
    del what
    data = change(frame(bytes(range(12))))  # type: ignore[operator]
    buffer, packets = laid(data, data)
    answers = iter((2, -1))
    hands = deal(buffer, packets, 3, True, {}, {}, lambda _: next(answers))
    assert [count for _, count in hands] == [0, 0, 1]


def test_of_other_links_somebody_is_asked() -> None:
    """Where Ethernet's places would be, something else may stand."""
    buffer, packets = laid(frame(bytes(range(12))))
    asked = []

    def answer(packet: Packet) -> int:
        asked.append(packet)
        return 0

    deal(buffer, packets, 2, False, {}, {}, answer)
    assert asked == packets


def test_who_has_moved() -> None:
    """Goes to the reader that is known; whoever was known for longer is known as newly."""
    flow = bytes(range(12))
    number = flow_number(flow)
    other = 1 - number % 2
    buffer, packets = laid(frame(flow))
    assert deal(buffer, packets, 2, True, {number: other}, {}, never)[other][1] == 1
    moved: dict[int, int] = {}
    assert deal(buffer, packets, 2, True, moved, {number: other}, never)[other][1] == 1
    assert moved == {number: other}


@pytest.mark.parametrize("size", [1, 15])
def test_what_was_not_dealt(size: int) -> None:
    """Is refused, and nothing beyond it is read."""
    buffer, packets = laid(frame(bytes(range(12))))
    [(data, _)] = deal(buffer, packets, 1, True, {}, {}, never)
    with pytest.raises(ValueError, match="no packet begins there"):
        taken_up(data + bytes(size))
    with pytest.raises(ValueError, match="is not whole"):
        taken_up(data[:-1])
    assert taken_up(b"") == []


def test_damage_is_an_error_and_no_crash() -> None:
    """Whatever bytes: packets within them, or a ValueError."""
    chance = random.Random(1)
    for _ in range(2_000):
        data = chance.randbytes(chance.randrange(64))
        try:
            found = taken_up(data)
        except ValueError:
            continue
        assert all(start + captured <= len(data) for _, start, captured, _ in found)
