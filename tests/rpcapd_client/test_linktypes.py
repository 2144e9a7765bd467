"""`rpcapd_client.linktypes`, against libpcap's own tables."""

from __future__ import annotations

import pcapy
import pytest

from rpcapd_client.linktypes import from_dlt, to_dlt


@pytest.mark.parametrize(
    ("dlt", "link_type"),
    [
        *(
            (1, 1),
            (0, 0),
            (10, 10),
            (11, 100),
            (12, 101),
            (14, 101),
            (15, 102),
            (16, 103),
            (19, 106),
            (18, 246),
        ),
        *((113, 113), (228, 228), (239, 239), (276, 276), (104, 104)),
    ],
)
def test_numbers_in_files(dlt: int, link_type: int) -> None:
    """DLT_ numbers that differ between systems become the one that files have; the others stay."""
    assert from_dlt(dlt) == link_type


@pytest.mark.parametrize("dlt", [0, 1, 9, 11, 12, 16, 105, 113, 276])
def test_numbers_of_this_machine(dlt: int) -> None:
    """Back to a number that this machine's libpcap compiles filters for."""
    assert to_dlt(from_dlt(dlt)) == dlt
    assert pcapy.compile(to_dlt(from_dlt(dlt)), 96, "less 10", 1, 0).get_bpf()
