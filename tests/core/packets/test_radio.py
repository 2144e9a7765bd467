"""Facts about 802.11 frames. Each kind that is read is a situation in fixtures/made too."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import LLC, SNAP

from interceptor.core.model import Drop, Interface, PacketBatch
from interceptor.core.packets.radio import AGGREGATING, Refused, apart, data, radiotap

DATA = LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP() / IP() / TCP()
AIR: dict[str, Any] = {
    "addr1": "02:00:00:00:00:01",
    "addr2": "02:00:00:00:00:02",
    "addr3": "02:00:00:00:00:03",
}


def shared(*parts: bytes) -> bytes:
    """A frame with these packets in it."""
    out = bytes(RadioTap()) + b"\x88\x01\0\0" + bytes(18) + b"\0\0" + b"\x80\0"
    body = b""
    for part in parts:
        body += bytes(-len(body) % 4) + bytes(12) + struct.pack(">H", len(part)) + part
    return out + body


@pytest.mark.parametrize("flags", ["to_DS", "from_DS", "to_DS+from_DS", "retry+to_DS"])
@pytest.mark.parametrize("quality", [False, True])
def test_llc_is_found_in_what_another_program_makes(flags: str, quality: bool) -> None:
    """Three and four addresses, with and without QoS."""
    air = Dot11(type=2, subtype=8 if quality else 0, FCfield=flags, addr4="02:00:00:00:00:04", **AIR)
    frame = bytes(RadioTap() / air / Dot11QoS() / DATA if quality else RadioTap() / air / DATA)
    at = radiotap(memoryview(frame))
    assert frame[at:].startswith(b"\xaa\xaa\x03")


@pytest.mark.parametrize(
    ("control", "reason"),
    [
        ("8000", Drop.NOT_IP),  # a beacon
        ("d400", Drop.NOT_IP),  # an acknowledgement
        ("4801", Drop.NOT_IP),  # data without data: a sleeping station
        ("c801", Drop.NOT_IP),
        ("0841", Drop.ENCRYPTED),
        ("0805", Drop.UNREAD_ENCAPSULATION),  # a fragment
        ("0901", Drop.MALFORMED),  # another version
    ],
)
def test_what_is_not_read_has_its_reason(control: str, reason: Drop) -> None:
    """Management, control, null data, encrypted, fragments."""
    with pytest.raises(Refused) as refused:
        data(memoryview(bytes.fromhex(control) + bytes(80)), 0, padded=False)
    assert refused.value.reason is reason


def test_a_frame_whose_check_sequence_was_wrong_is_no_traffic() -> None:
    """Nobody received it."""
    frame = bytes(RadioTap(present="Flags", Flags=0x40) / Dot11(type=2, FCfield="to_DS", **AIR) / DATA)
    with pytest.raises(Refused) as refused:
        radiotap(memoryview(frame))
    assert refused.value.reason is Drop.MALFORMED


def test_packets_that_share_a_frame_get_one_each() -> None:
    """In order, with the time of the frame; other packets of the batch stay."""
    other = bytes(RadioTap() / Dot11(type=2, FCfield="to_DS", **AIR) / DATA)
    frame = shared(b"\xaa\xaa\x03one.....", b"\xaa\xaa\x03two......", b"\xaa\xaa\x03three...")
    buffer = other + frame
    packets = [(5, 0, len(other), len(other)), (6, len(other), len(frame), len(frame))]
    batch = apart(PacketBatch(Interface("wlan0", 127), buffer, packets))
    assert [time for time, *_ in batch.packets] == [5, 6, 6, 6]
    read = [batch.buffer[start : start + captured] for _, start, captured, _ in batch.packets]
    assert read[0] == other
    assert [each[radiotap(memoryview(each)) + 3 :].strip(b".") for each in read[1:]] == [
        b"one",
        b"two",
        b"three",
    ]


def test_a_batch_without_shared_frames_stays_what_it_is() -> None:
    """The same object: nothing is copied."""
    frame = bytes(RadioTap() / Dot11(type=2, FCfield="to_DS", **AIR) / DATA)
    batch = PacketBatch(Interface("wlan0", 127), frame, [(5, 0, len(frame), len(frame))])
    assert apart(batch) is batch


@pytest.mark.parametrize("link_type", sorted(AGGREGATING))
def test_cut_and_damaged_shared_frames_are_no_errors(link_type: int) -> None:
    """Wherever it is cut, and with any length in it; a frame never becomes none."""
    frame = shared(b"\xaa\xaa\x03one.....", b"\xaa\xaa\x03two......")
    pieces = [frame[:size] for size in range(len(frame))]
    pieces += [frame[:at] + b"\xff" + frame[at + 1 :] for at in range(len(frame))]
    for piece in pieces:
        batch = apart(PacketBatch(Interface("wlan0", link_type), piece, [(5, 0, len(piece), len(piece))]))
        assert batch.packets
        for _, start, captured, length in batch.packets:
            assert start + captured <= len(batch.buffer)
            assert captured <= length
