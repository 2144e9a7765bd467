"""Capture formats: every variant, every cut, every lie."""

from __future__ import annotations

from io import BytesIO
from struct import pack

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.capture.capture_file import MAXIMUM_PACKET, CaptureReader
from interceptor.errors import CaptureError, InterceptorError, UsageError
from tests.capture_bytes import MAGICS, START, block, enhanced, interface, option, pcap, pcapng, section

PACKETS = [(START + index * 1_500_000_000, bytes([index]) * (3 * index)) for index in range(5)]

Seen = list[tuple[int, bytes]]


def read(data: bytes, size: int | None = None) -> tuple[Seen, InterceptorError | None, CaptureReader]:
    """All packets of a capture fed in pieces of `size`, and what went wrong."""
    reader = CaptureReader()
    seen: Seen = []
    try:
        for begin in range(0, len(data), size or max(len(data), 1)):
            for batch in reader.feed(data[begin : begin + size] if size else data):
                assert batch.packets
                for time, start, captured, length in batch.packets:
                    assert captured <= length
                    assert start + captured <= len(batch.buffer)
                    seen.append((time, batch.buffer[start : start + captured]))
        reader.finish()
    except InterceptorError as error:
        return seen, error, reader
    return seen, None, reader


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", MAGICS)
def test_every_pcap_variant_gives_the_same_packets(magic: int, order: str) -> None:
    """Byte order, resolution and the modified format make no difference to what is read."""
    seen, error, reader = read(pcap(PACKETS, order=order, magic=magic))
    assert error is None
    assert seen == PACKETS
    assert [(each.name, each.link_type) for each in reader.interfaces] == [(None, 1)]


def test_nanoseconds_are_kept() -> None:
    """A nanosecond file's last digit arrives."""
    assert read(pcap([(START + 1, b"x")], magic=0xA1B23C4D))[0] == [(START + 1, b"x")]


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pcapng_file_gives_the_same_packets_in_either_byte_order(order: str) -> None:
    """The section's byte order governs every block of it."""
    seen, error, reader = read(pcapng(PACKETS, order=order))
    assert error is None
    assert seen == PACKETS
    assert [(each.name, each.link_type) for each in reader.interfaces] == [("eth0", 1)]


def test_what_dpkt_writes_is_read() -> None:
    """Files of another implementation give its packets."""
    for writer in (dpkt.pcap.Writer, dpkt.pcapng.Writer):
        file = BytesIO()
        output = writer(file)
        for time, data in PACKETS:
            output.writepkt(data, time / 1e9)
        assert read(file.getvalue())[:2] == (PACKETS, None)


@given(st.data())
def test_pieces_of_any_size_give_the_same(data: st.DataObject) -> None:
    """How the bytes were cut changes neither packets nor the error, damaged or not."""
    whole = data.draw(
        st.sampled_from([pcap(PACKETS), pcapng(PACKETS), MIXED, pcap(PACKETS, order=">", magic=0xA1B2CD34)])
    )
    whole = whole[: data.draw(st.integers(0, len(whole)))]
    if whole and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole = whole[:place] + data.draw(st.binary(min_size=1, max_size=4)) + whole[place + 1 :]
    seen, error, _ = read(whole)
    for size in (1, data.draw(st.integers(2, 200))):
        again, same, _ = read(whole, size)
        assert again == seen
        assert (type(same), str(same)) == (type(error), str(error))


@given(
    st.sampled_from(
        [b"", b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(16), section(), section(">") + interface(order=">")]
    ),
    st.binary(max_size=300),
)
def test_any_bytes_raise_nothing_but_our_errors(head: bytes, rest: bytes) -> None:
    """Whatever follows a sound beginning, or none, ends in packets or in one of our errors."""
    read(head + rest)
    read(head + rest, 7)


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_a_file_cut_at_any_byte_gives_all_complete_packets(make) -> None:  # type: ignore[no-untyped-def]
    """The packets before the cut are read, and only a cut between packets goes unnoticed."""
    whole = make(PACKETS)
    ends = [len(make(PACKETS[:count])) for count in range(len(PACKETS) + 1)]
    unnoticed = set(ends)
    if make is pcapng:
        unnoticed.add(len(section()))
    for cut in range(len(whole) + 1):
        seen, error, _ = read(whole[:cut])
        assert seen == PACKETS[: sum(end <= cut for end in ends[1:])]
        if cut < 4:
            assert isinstance(error, UsageError)
        elif cut in unnoticed:
            assert error is None
        else:
            assert isinstance(error, CaptureError)
            assert "ends inside" in str(error)


def test_the_error_of_a_cut_file_says_where() -> None:
    """The message names the first byte of the packet that is incomplete."""
    _, error, _ = read(pcap([(START, b"1234")]) + pack("<IIII", 1, 1, 100, 100) + b"123")
    assert str(error) == "ends inside a packet that begins at byte 44 (97 or more missing)"


@pytest.mark.parametrize(
    "data", [b"GIF89a" + bytes(50), b"\x1f\x8b" + bytes(50), b"\n\r\r\n"[::-1] + bytes(50)]
)
def test_what_is_no_capture_is_a_usage_error(data: bytes) -> None:
    """A file of another kind is told by its first bytes."""
    assert isinstance(read(data)[1], UsageError)


def test_an_empty_file_is_a_usage_error() -> None:
    """Nothing at all is not a capture of nothing."""
    error = read(b"")[1]
    assert isinstance(error, UsageError)
    assert str(error) == "is empty"


def test_a_version_whose_lengths_are_in_another_order_is_refused() -> None:
    """Version 2.2 would be misread, so it is not read."""
    assert isinstance(read(pcap(PACKETS, version=(2, 2)))[1], UsageError)
    assert isinstance(read(pcap(PACKETS, version=(3, 0)))[1], UsageError)


def test_the_check_sequence_bits_are_not_part_of_the_link_type() -> None:
    """The upper half of pcap's link type field says something about checksums."""
    _, _, reader = read(pcap(PACKETS, link_type=0x4400_0000 | 113))
    assert reader.interfaces[0].link_type == 113


def test_a_packet_is_never_shorter_than_what_was_captured_of_it() -> None:
    """A length below the captured length is a lie and is corrected."""
    reader = CaptureReader()
    (batch,) = reader.feed(pcap([]) + pack("<IIII", 1, 0, 4, 2) + b"1234")
    assert batch.packets[0][2:] == (4, 4)


@pytest.mark.parametrize("captured", [MAXIMUM_PACKET + 1, 0xFFFFFFFF])
def test_an_impossible_length_ends_a_pcap_file(captured: int) -> None:
    """What came before is given, nothing is awaited, and the message has the place."""
    whole = pcap(PACKETS)
    for size in (None, 1):
        seen, error, _ = read(whole + pack("<IIII", 1, 0, captured, captured) + bytes(100), size)
        assert seen == PACKETS
        assert isinstance(error, CaptureError)
        assert f"byte {len(whole):,}" in str(error)


def test_the_largest_packet_is_read() -> None:
    """262,144 captured bytes are libpcap's limit, not beyond it."""
    packets = [(START, bytes(MAXIMUM_PACKET))]
    assert read(pcap(packets), 2**16)[:2] == (packets, None)
    assert read(pcapng(packets), 2**16)[:2] == (packets, None)


OBSOLETE = block(2, pack("<HHIIII", 1, 7, 0, 5_000_000, 3, 3) + b"abc\0")
SIMPLE = block(3, pack("<I", 6) + b"simple")
MIXED = (
    section()
    + interface(1, option(2, b"lan0\0"), option(9, b"\x09"), snaplen=4)
    + interface(113, option(2, "wlän".encode()), option(9, b"\x06"), option(0, b""))
    + enhanced(START, b"one")
    + block(5, bytes(20))
    + enhanced(START // 1_000 + 5, b"two", 1, "<", option(1, b"a comment"))
    + block(0x80000BAD, bytes(400))
    + SIMPLE
    + OBSOLETE
    + enhanced(START + 9, b"three!!!")
    + section(">")
    + interface(101, order=">")
    + enhanced(START // 1_000, b"four", 0, ">")
)


def test_blocks_of_all_kinds_sections_and_interfaces_in_one_file() -> None:
    """Each packet has its interface, its time and its bytes; other blocks are passed over."""
    reader = CaptureReader()
    seen = []
    for batch in reader.feed(MIXED):
        where = batch.interface
        seen += [
            (where.name, where.link_type, time, batch.buffer[start : start + captured])
            for time, start, captured, _ in batch.packets
        ]
    reader.finish()
    assert seen == [
        ("lan0", 1, START, b"one"),
        ("wlän", 113, START + 5_000, b"two"),
        ("lan0", 1, START + 5_000, b"simp"),  # interface 0's snaplen; no time of its own
        ("wlän", 113, 5_000_000_000, b"abc"),
        ("lan0", 1, START + 9, b"three!!!"),
        (None, 101, START, b"four"),
    ]


def test_a_new_section_ends_the_interfaces_of_the_last_one() -> None:
    """They are gone only after their last batch was taken."""
    reader = CaptureReader()
    states = []
    first = None
    for batch in reader.feed(pcapng(PACKETS) + pcapng(PACKETS)):
        first = first or batch.interface
        states.append((batch.interface is first, first.gone, batch.interface.gone))
    assert states == [(True, False, False), (False, True, False)]


@pytest.mark.parametrize(
    ("resolution", "ticks", "expected"),
    [
        (None, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        (0, 1_700_000_000, 1_700_000_000_000_000_000),
        (3, 1_700_000_000_123, 1_700_000_000_123_000_000),
        (9, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        (12, 1_700_000_000_123_456, 1_700_000_000_123),
        (0x80, 1_700_000_000, 1_700_000_000_000_000_000),
        (0x80 | 10, 1_024 + 512, 1_500_000_000),
        (0x80 | 30, 5 << 29, 2_500_000_000),
        (0xFF, 2**64 - 1, 0),
        (0x7F, 2**64 - 1, 0),
        (0, 2**64 - 1, 2**63 - 2**53),
    ],
)
def test_resolutions_of_both_bases(resolution: int | None, ticks: int, expected: int) -> None:
    """Times are exact to the nanosecond where they can be, and bounded where they cannot."""
    options = [] if resolution is None else [option(9, bytes([resolution]))]
    data = section() + interface(1, *options) + enhanced(ticks, b"a") + enhanced(ticks, b"b")
    assert read(data)[0] == [(expected, b"a"), (expected, b"b")]


@pytest.mark.parametrize(("offset", "expected"), [(3_600, 4_600), (-400, 600), (-2_000, 0)])
def test_the_offset_of_an_interface_is_added(offset: int, expected: int) -> None:
    """if_tsoffset is in seconds and signed; no time is negative."""
    data = section() + interface(1, option(9, b"\0"), option(14, pack("<q", offset)))
    assert read(data + enhanced(1_000, b"x"))[0] == [(expected * 10**9, b"x")]


def test_times_across_the_half_of_their_field() -> None:
    """The lower half of a nanosecond time overflows every 4.3 s; nothing is seen of that."""
    packets = [(START + index * 2**31, b"x") for index in range(9)]
    assert read(pcapng(packets))[:2] == (packets, None)


def test_packets_of_alternating_interfaces_keep_their_order() -> None:
    """A batch ends where the interface changes."""
    data = section() + interface() + interface(113)
    data += b"".join(enhanced(index, bytes([index]), index % 2) for index in range(6))
    reader = CaptureReader()
    batches = list(reader.feed(data))
    assert [batch.interface.link_type for batch in batches] == [1, 113] * 3
    assert [batch.packets[0][0] for batch in batches] == [index * 1_000 for index in range(6)]


def test_a_lying_option_length_costs_only_what_follows_it() -> None:
    """What was described before it counts."""
    data = section() + interface(1, option(2, b"eth7"), pack("<HH", 9, 60_000)) + enhanced(1, b"x")
    seen, error, reader = read(data)
    assert (seen, error) == ([(1_000, b"x")], None)
    assert reader.interfaces[0].name == "eth7"


def test_a_large_block_of_no_interest_is_not_held() -> None:
    """8 MiB of something else pass by without being kept."""
    data = section() + interface() + block(10, bytes(2**23)) + enhanced(1, b"x")
    reader = CaptureReader()
    packets = 0
    for begin in range(0, len(data), 1_000):
        packets += sum(len(batch.packets) for batch in reader.feed(data[begin : begin + 1_000]))
        assert len(reader._held) < 2_000
    reader.finish()
    assert packets == 1


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (enhanced(1, b"x", 3), "undescribed interface"),
        (enhanced(1, b"x")[:-4] + pack("<I", 48), "two lengths differ"),
        (pack("<II", 6, 13) + bytes(50), "impossible length 13"),
        (pack("<II", 6, 8) + bytes(50), "impossible length 8"),
        (pack("<II", 6, 0x7FFFFFFC) + bytes(50), "claims a packet or block of 2,147,483,644 bytes"),
        (block(6, bytes(16)), "too short"),
        (block(6, pack("<IIIII", 0, 0, 0, 5, 5) + bytes(4)), "claims a packet or block of 5 bytes"),
        (
            block(6, pack("<IIIII", 0, 0, 0, MAXIMUM_PACKET + 1, 9) + bytes(MAXIMUM_PACKET + 4)),
            "claims a packet",
        ),
        (block(0x0A0D0D0A, bytes(16)), "no byte order"),
        (block(1, bytes(4)), "impossible interface"),
        (section() + SIMPLE, "no interface"),
    ],
)
def test_damage_in_the_middle_is_named_with_its_place(damage: bytes, says: str) -> None:
    """What is before the damage is given; what is after it is not guessed at."""
    sound = pcapng(PACKETS)
    for size in (None, 1, 50):
        seen, error, _ = read(sound + damage + pcapng(PACKETS), size)
        assert seen == PACKETS
        assert isinstance(error, CaptureError)
        assert says in str(error)
        place = len(sound) + (len(section()) if says == "no interface" else 0)
        assert f"byte {place:,}" in str(error)
