"""A connection inside of a tunnel and outside of it at once: a pod's veth and the VXLAN uplink of its node."""

from __future__ import annotations

import struct

from hypothesis import given, note
from hypothesis import strategies as st

from interceptor.core.model import Interface
from tests.conversations import START, Seen, story
from tests.strategies import connections, segments
from tests.support.examples import examples
from tests.test_upgrades import essence, run

VETH, UPLINK = Interface("veth1", 1), Interface("eth0", 1)
VNI = struct.pack(">II", 0x08000000, 42 << 8)


def encapsulated(frame: bytes, port: int) -> bytes:
    """As VXLAN (RFC 7348) carries it between two nodes, to the port of the kernel or of the standard."""
    udp = struct.pack(">HHHH", 49_152, port, 16 + len(frame), 0) + VNI + frame
    ip = struct.pack(">BxHIBBH4s4s", 0x45, 20 + len(udp), 0, 64, 17, 0, b"\xac\x1f\0\1", b"\xac\x1f\0\2")
    return bytes.fromhex("02420a01000202420a0100010800") + ip + udp


@st.composite
def seen_twice(draw: st.DrawFn) -> tuple[list[Seen], list[Seen]]:
    """A connection as its veth shows it, and as both interfaces do: from somewhere on, or up to there, only one of them."""
    flow = draw(segments(draw(connections()), merge=False))
    port = draw(st.sampled_from([4_789, 8_472]))
    uplink_first = draw(st.booleans())
    gone, edge = draw(st.sampled_from([VETH, UPLINK, None])), draw(st.integers(0, len(flow)))
    ends_there = draw(st.booleans())
    lag = draw(st.integers(0, 40_000))
    plain, both = [], list[tuple[int, int, Seen]]()
    for at, sent in enumerate(flow):
        time = START + at * 1_000_000
        frame = sent.frame()
        plain.append(Seen(time, VETH, frame))
        there = [Seen(time, VETH, frame), Seen(time, UPLINK, encapsulated(frame, port))]
        if uplink_first:
            there.reverse()
        for order, each in enumerate(there):
            if each.interface is gone and (at >= edge) is ends_there:
                continue
            when = time + order * lag
            both.append((when, 2 * at + order, each._replace(time=when)))
    both.sort(key=lambda item: item[:2])
    return plain, [packet for *_, packet in both]


@examples(1_000)
@given(seen_twice())
def test_each_transaction_counts_once(drawn: tuple[list[Seen], list[Seen]]) -> None:
    """In both orders of arrival, and with either interface vanishing in the middle, or coming only then."""
    plain, both = drawn
    note(story(both))
    assert essence(run(both)) == essence(run(plain))
