"""`rpcapd_client.packets`: framing, whole, in pieces, and lied to."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcapd_client.packets import PACKET_HEADER_SIZE, Batch, PacketDatagrams, PacketStream, encode_packet
from tests.rpcapd_client.conversations import WAYS_TO_CUT, recorded
from tests.support.rpcapd import frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SNAPLEN = 262_144
TIME = 1_700_000_000_123_456_000


def packets_of(batches: Iterable[Batch]) -> list[tuple[int, bytes, int]]:
    """Time, bytes and length on the wire of each."""
    return [
        (time, batch.buffer[start : start + captured], length)
        for batch in batches
        for time, start, captured, length in batch.packets
    ]


@pytest.mark.parametrize("cut", WAYS_TO_CUT.values(), ids=WAYS_TO_CUT)
def test_recorded_packets(cut: Callable[[bytes], Iterator[bytes]]) -> None:
    """Five frames that rpcapd sent with a snapshot length of 96, in whatever pieces they come."""
    [(_, data)] = recorded("packets")
    stream = PacketStream(96)
    packets = packets_of(itertools.chain.from_iterable(stream.receive_data(piece) for piece in cut(data)))
    assert [(captured, length) for _, captured, length in packets] == [
        (frame(number, 60 + 20 * number)[:96], 60 + 20 * number) for number in range(5)
    ]
    assert [time for time, _, _ in packets] == sorted(time for time, _, _ in packets)
    assert (stream.missing, stream.error, stream.held) == (0, None, 0)


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=20),
    st.lists(st.integers(0, 3000), max_size=12),
    st.integers(0, 40),
)
def test_any_cut_gives_the_same_packets(sizes: list[int], cuts: list[int], trailing: int) -> None:
    """Wherever reads begin and end, the packets are the same, and the bytes after them are held."""
    expected = [(TIME + index * 1000, bytes([index]) * size, size + 5) for index, size in enumerate(sizes)]
    data = b"".join(
        encode_packet(time, body, length, number) for number, (time, body, length) in enumerate(expected, 1)
    )
    rest = encode_packet(TIME, bytes(100), 100, len(sizes) + 1)[:trailing]
    stream = PacketStream(SNAPLEN)
    bounds = sorted({0, len(data + rest), *(min(cut, len(data + rest)) for cut in cuts)})
    batches: list[Batch] = []
    for start, end in itertools.pairwise(bounds):
        batches += stream.receive_data((data + rest)[start:end])
    assert packets_of(batches) == expected
    assert (stream.held, stream.missing, stream.error) == (len(rest), 0, None)


def test_packets_are_views_of_what_was_read() -> None:
    """The buffer of a batch is the object that was read: no packet is copied but one that straddles two reads."""
    data = b"".join(encode_packet(TIME, frame(number), 64, number) for number in (1, 2, 3))
    stream = PacketStream(SNAPLEN)
    (first,) = stream.receive_data(one := data[:100])
    straddling, last = stream.receive_data(two := data[100:])
    assert first.buffer is one
    assert last.buffer is two
    assert packets_of([straddling]) == [(TIME, frame(2), 64)]
    assert len(straddling.buffer) == PACKET_HEADER_SIZE + 64


@pytest.mark.parametrize("captured", [65_515, 65_516, 65_549, 131_052, 262_144])
def test_wrapped_length(captured: int) -> None:
    """The 16-bit length in the message's header wraps from 65,516 bytes on; the packet's own length counts."""
    data = encode_packet(TIME, bytes(captured), captured, 1)
    assert int.from_bytes(data[4:8], "big") == (captured + 20) & 0xFFFF
    whole = data[:4] + (captured + 20).to_bytes(4, "big") + data[8:]  # a server without the error
    for form in (data, whole):
        stream = PacketStream(SNAPLEN)
        (batch,) = stream.receive_data(form + encode_packet(TIME, b"next", 4, 2)[:0])
        assert batch.packets == [(TIME, 28, captured, captured)]


def test_time_beyond_2038() -> None:
    """Seconds are unsigned: the last time that fits is in 2106."""
    data = encode_packet(0xFFFFFFFF * 10**9, b"", 0, 1)
    ((time, *_),) = PacketStream(SNAPLEN).receive_data(data)[0].packets
    assert time == 4_294_967_295 * 10**9


LIES = {
    "caplen beyond snaplen": (b"\0\7\0\0" + (97 + 20).to_bytes(4, "big"), (97, 97), "at most 96"),
    "caplen of four gigabytes": (b"\0\7\0\0\0\0\0\x13", (0xFFFFFFFF, 0xFFFFFFFF), "at most 96"),
    "caplen beyond length": (b"\0\7\0\0\0\0\0\x24", (16, 15), "16 bytes of a packet of 15"),
    "caplen beyond plen": (b"\0\7\0\0\0\0\0\x24", (17, 17), "17 bytes in a message of 36"),
    "plen beyond caplen": (b"\0\7\0\0\0\0\0\x24", (15, 17), "15 bytes in a message of 36"),
    "another type": (b"\0\1\0\0\0\0\0\x24", (16, 16), "version and type are 0x0001"),
    "another version": (b"\1\7\0\0\0\0\0\x24", (16, 16), "version and type are 0x0107"),
}


@pytest.mark.parametrize("cut", WAYS_TO_CUT.values(), ids=WAYS_TO_CUT)
@pytest.mark.parametrize("lie", LIES)
def test_lying_headers(lie: str, cut: Callable[[bytes], Iterator[bytes]]) -> None:
    """A header that cannot be true ends the stream: what came before is given, what follows is not kept."""
    head, (captured, length), words = LIES[lie]
    true = encode_packet(TIME, b"true", 4, 1)
    false = head + bytes(8) + captured.to_bytes(4, "big") + length.to_bytes(4, "big") + b"\0\0\0\2"
    stream = PacketStream(96)
    batches: list[Batch] = []
    for piece in cut(true + false + bytes(1000)):
        batches += stream.receive_data(piece)
        assert stream.held <= PACKET_HEADER_SIZE + 96
    assert packets_of(batches) == [(TIME, b"true", 4)]
    assert words in str(stream.error)
    assert stream.held == 0
    assert stream.receive_data(true) == []


def test_lying_header_is_seen_at_once() -> None:
    """A header that ends a read is checked then, not when the next read comes."""
    stream = PacketStream(96)
    stream.receive_data(encode_packet(TIME, bytes(97), 97, 1)[:28])
    assert stream.error is not None


@given(st.lists(st.binary(max_size=100), max_size=10))
def test_whatever_comes(pieces: list[bytes]) -> None:
    """Any bytes: nothing is raised, and no more than one packet is held."""
    stream = PacketStream(96)
    for piece in pieces:
        for batch in stream.receive_data(piece):
            for _, start, captured, length in batch.packets:
                assert 0 <= start <= start + captured <= len(batch.buffer)
                assert captured <= min(96, length)
        assert stream.held < PACKET_HEADER_SIZE + 96


def test_gaps_in_the_numbering() -> None:
    """Numbers that were skipped are counted as missing; the numbering wraps at 32 bits."""
    stream = PacketStream(SNAPLEN)
    for number in (1, 2, 5, 6):
        stream.receive_data(encode_packet(TIME, b"x", 1, number))
    assert stream.missing == 2
    stream.receive_data(encode_packet(TIME, b"x", 1, 0xFFFFFFFF))
    stream.missing = 0
    stream.receive_data(encode_packet(TIME, b"x", 1, 0) + encode_packet(TIME, b"x", 1, 1))
    assert stream.missing == 0


def test_datagrams() -> None:
    """Each datagram is one packet; a gap is missing until it comes late; others are malformed."""
    datagrams = PacketDatagrams(96)
    one, two, three = (encode_packet(TIME, bytes([number]) * 10, 10, number) for number in (1, 2, 3))
    batch = datagrams.receive_datagrams([one, b"short", three, three + b"surplus", three[:-1]])
    assert batch is not None
    assert [data for _, data, _ in packets_of([batch])] == [b"\1" * 10, b"\3" * 10]
    assert (datagrams.missing, datagrams.malformed) == (1, 3)
    batch = datagrams.receive_datagrams([two])
    assert batch is not None
    assert [data for _, data, _ in packets_of([batch])] == [b"\2" * 10]
    assert (datagrams.missing, datagrams.malformed) == (0, 3)
    assert datagrams.receive_datagrams([encode_packet(TIME, bytes(97), 97, 4)]) is None
    assert datagrams.malformed == 4
    assert datagrams.receive_datagrams([]) is None


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_any_datagrams(received: list[bytes]) -> None:
    """Whatever comes is a packet or malformed."""
    datagrams = PacketDatagrams(96)
    batch = datagrams.receive_datagrams(received)
    count = 0 if batch is None else len(batch.packets)
    assert count + datagrams.malformed == len(received)
