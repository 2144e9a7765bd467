"""Names of overlays that may be asked for, and the filter that lets them through."""

from __future__ import annotations

from typing import Any

import pytest

from interceptor.capture.filters import PacketFilter, passing
from interceptor.capture.overlays import parse
from interceptor.config import Capture
from interceptor.errors import UsageError
from tests.conversations import Ends, Sent
from tests.test_overlay import encapsulated

FRAME = Sent(Ends(), client=True, position=0, place=0, data=b"GET / HTTP/1.1\r\n\r\n").frame()


def passes(frame: bytes, **settings: Any) -> bool:
    """Whether captures with these settings see a frame."""
    return bool(PacketFilter(passing(Capture(**settings))).compile(1)(frame))


def test_what_the_filter_lets_through() -> None:
    """TCP as ever; a tunnel where it was asked for, at the port that was, and the other pieces of its datagrams."""
    assert passes(FRAME)
    outside = encapsulated(FRAME, 4_789)
    assert not passes(outside)
    assert passes(outside, tunnels=("vxlan",))
    assert passes(outside, tunnels=("gre", "vxlan", "ipip"), filter="tcp port 1")
    assert not passes(outside, tunnels=("geneve",))
    other = encapsulated(FRAME, 8_473)
    assert not passes(other, tunnels=("vxlan",))
    assert passes(other, tunnels=("vxlan:8473",))
    piece = (
        other[:20] + b"\0\x03" + other[22:34] + bytes(64)
    )  # no header of UDP: its ports are in another one
    assert passes(piece, tunnels=("vxlan:8473",))
    assert not passes(piece)
    gre = FRAME[:23] + b"\x2f" + FRAME[24:]
    assert (passes(gre), passes(gre, tunnels=("gre",))) == (False, True)
    assert passes(FRAME, tunnels=("gre",))
    assert passing(Capture(filter="", tunnels=("vxlan",))) == "", "nothing is kept away"


def test_ports() -> None:
    """Those that are asked for, beside the usual ones, which need not be."""
    assert parse(["vxlan", "geneve:6082", "vxlan:53", "gre"], "x").ports == {6_082: "geneve", 53: "vxlan"}
    assert parse([], "x") == ({}, "")


@pytest.mark.parametrize(
    "text", ["", "vlan", "vxlan:", "vxlan:0", "vxlan:65536", "vxlan:²", "gre:47", "VXLAN"]
)
def test_what_is_none(text: str) -> None:
    """One line says which, and what there is."""
    with pytest.raises(
        UsageError, match=r"capture\.tunnels: '.*': wanted one of vxlan, geneve, gtp-u, tzsp, gre, ipip"
    ):
        passing(Capture(tunnels=(text,)))


def test_of_ports_there_may_be_so_many() -> None:
    """A filter that is larger takes seconds to compile."""
    with pytest.raises(UsageError, match="has 17 ports, and may have 16"):
        parse([f"vxlan:{port}" for port in range(1, 18)], "x")
