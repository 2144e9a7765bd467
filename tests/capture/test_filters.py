"""Packet filters: checked, and applied where no kernel does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from interceptor.capture.files import Capture
from interceptor.capture.filters import PacketFilter, check_filter
from interceptor.errors import UsageError
from tests.capture_bytes import START, conversation, enhanced, interface, pcap, section, tcp

if TYPE_CHECKING:
    from pathlib import Path

PACKETS = conversation(3)


def put(path: Path, data: bytes) -> str:
    """Write a file; returns its path."""
    path.write_bytes(data)
    return str(path)


def test_a_filter_for_kernels_is_checked_with_the_place_of_the_error() -> None:
    """Before anything is captured."""
    check_filter("tcp port 80 or (vlan and tcp)")
    check_filter("")
    with pytest.raises(
        UsageError, match=r"capture.filter: filter 'tcp prot 80': syntax error, at 'prot' \(column 5\)"
    ):
        check_filter("tcp prot 80")


def test_a_filter_lets_matching_packets_pass(tmp_path: Path) -> None:
    """Each packet passes or is counted."""
    other = tcp(to_server=True, sequence=1, acknowledgement=0, flags=2, server=("10.0.0.3", 8080))
    capture = Capture(put(tmp_path / "a", pcap([*PACKETS, (START, other)])))
    packet_filter = PacketFilter("host 10.0.0.3 and tcp dst port 8080")
    passed = [packet_filter.apply(batch) for batch in capture.batches()]
    found = [
        (time, batch.buffer[start : start + captured])
        for batch in passed
        if batch
        for time, start, captured, _ in batch.packets
    ]
    assert found == [(START, other)]
    stage = packet_filter.stage()
    assert (stage.received, stage.delivered, stage.dropped) == (13, 1, {"filtered": 12})
    assert stage.balanced


def test_a_filter_is_made_for_each_link_type(tmp_path: Path) -> None:
    """The same words find the addresses behind each kind of link header; raw IP has another number in Linux."""
    frame = PACKETS[0][1]
    cooked = b"\0\0\0\1\0\6" + bytes(8) + b"\x08\0" + frame[14:]
    data = section() + interface(1) + interface(101) + interface(113)
    data += enhanced(1, frame, 0) + enhanced(2, frame[14:], 1) + enhanced(3, cooked, 2)
    packet_filter = PacketFilter("tcp dst port 80")
    capture = Capture(put(tmp_path / "a", data))
    assert [packet_filter.apply(batch) is not None for batch in capture.batches()] == [True] * 3
    assert packet_filter.passed == 3


@pytest.mark.parametrize("text", ["tcp and", "port http and (", "host 1.2.3.4.5", "\0", "no such words"])
def test_a_bad_filter_is_said_with_its_text(text: str) -> None:
    """No packet is needed to know."""
    with pytest.raises(UsageError) as caught:
        PacketFilter(text)
    assert repr(text) in str(caught.value)


def test_a_filter_that_means_nothing_on_a_link_is_said() -> None:
    """Words of 802.11 are no error as such, but are one for Ethernet."""
    packet_filter = PacketFilter("wlan type mgt")
    with pytest.raises(UsageError, match="cannot be used"):
        packet_filter.compile(1)


def test_a_link_that_libpcap_cannot_filter_is_said() -> None:
    """Rather a clear end than packets of NFLOG that silently pass or do not."""
    with pytest.raises(UsageError, match="link type 239"):
        PacketFilter("tcp").compile(239)
