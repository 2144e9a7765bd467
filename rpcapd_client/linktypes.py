"""Link-layer types: the server's numbers into those of capture files.

rpcapd sends `pcap_datalink()`, a DLT_ number whose meaning depends on the operating system for a few types.
Capture files hold LINKTYPE_ numbers, which mean the same everywhere. Most are equal.

The server does not say which system it is. 12, 14 and 13 are read as everywhere but on OpenBSD, whose
RAW is 14; nothing else uses 14 since BSD/OS.

Source: libpcap 1.10.3, pcap/dlt.h and pcap-common.c (dlt_to_linktype); https://www.tcpdump.org/linktypes.html
"""

from __future__ import annotations

from typing import Final

__all__ = ["from_dlt", "to_dlt"]

_LINKTYPES: Final = {
    11: 100,  # ATM_RFC1483
    12: 101,  # RAW
    13: 109,  # ENC
    14: 101,  # RAW on OpenBSD
    15: 102,  # SLIP_BSDOS
    16: 103,  # PPP_BSDOS
    18: 246,  # PFSYNC
    19: 106,  # ATM_CLIP
}
_DLTS: Final = {100: 11, 101: 12, 102: 15, 103: 16, 106: 19}
"""As on Linux, where the filter compiler runs. ENC and PFSYNC have no number of their own there."""


def from_dlt(dlt: int) -> int:
    """Give the LINKTYPE_ number of a server's DLT_ number."""
    return _LINKTYPES.get(dlt, dlt)


def to_dlt(link_type: int) -> int:
    """Give the DLT_ number that this machine's libpcap has for a LINKTYPE_ number."""
    return _DLTS.get(link_type, link_type)
