"""`rpcapd_client.savefile`: pcap as libpcap reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pcapy
import pytest

from rpcapd_client.packets import Batch
from rpcapd_client.savefile import file_header, records

if TYPE_CHECKING:
    import pathlib


@pytest.mark.parametrize("order", ["little", "big"])
def test_libpcap_reads_it(tmp_path: pathlib.Path, order: Literal["little", "big"]) -> None:
    """Link type, time, lengths and bytes are what went in, in either byte order."""
    batch = Batch(
        b"..first.second", [(1_700_000_000_000_001_000, 2, 5, 60), (4_294_967_295_999_999_000, 8, 6, 6)]
    )
    path = tmp_path / "x.pcap"
    path.write_bytes(file_header(113, 96, order) + records(batch, order))
    assert path.read_bytes()[:4] == (b"\xd4\xc3\xb2\xa1" if order == "little" else b"\xa1\xb2\xc3\xd4")
    reader = pcapy.open_offline(str(path))
    assert reader.datalink() == 113
    read = []
    while (packet := reader.next())[0] is not None:
        read.append((packet[0].getts(), packet[0].getcaplen(), packet[0].getlen(), packet[1]))
    assert read[0] == ((1_700_000_000, 1), 5, 60, b"first")
    assert read[1][1:] == (6, 6, b"second")
