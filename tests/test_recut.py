"""Made situations told otherwise: segments cut elsewhere, over IPv6, to another port. The records stay the same.

Where a stack cuts its stream says nothing (RFC 9293 section 3.8.6.1), and neither do addresses and ports.
"""

from __future__ import annotations

import functools
import json
import random
import struct
from collections import Counter
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from interceptor.capture.files import open_captures
from interceptor.core.model import PacketBatch
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = Path(__file__).parent.parent / "fixtures" / "made"
CAPTURES = {path.name.partition(".")[0]: path for path in sorted(MADE.iterdir()) if ".pcap" in path.name}

ETHERNET = 1
VLANS = (b"\x81\x00", b"\x88\xa8")
FIN, SYN, PSH = 1, 2, 8


class Plain(NamedTuple):
    """A whole frame of TCP in IP in Ethernet, its four parts."""

    link: bytes
    ip: bytes
    tcp: bytes
    payload: bytes

    def frame(self) -> bytes:
        """The frame again; checksums are as they were."""
        size = len(self.tcp) + len(self.payload)
        four = self.ip[0] >> 4 == 4
        at, length = (2, len(self.ip) + size) if four else (4, size)
        return (
            self.link + self.ip[:at] + struct.pack(">H", length) + self.ip[at + 2 :] + self.tcp + self.payload
        )


def plain(link_type: int, frame: bytes, length: int) -> Plain | None:
    """The parts of a frame; None where it is another, or was not captured whole."""
    if link_type != ETHERNET or len(frame) != length:
        return None
    at = 12
    while frame[at : at + 2] in VLANS:
        at += 4
    link, rest = frame[: at + 2], frame[at + 2 :]
    if link.endswith(b"\x08\x00") and rest[:1] == b"\x45" and rest[9] == 6 and not rest[6] & 0x3F | rest[7]:
        header, end = 20, int.from_bytes(rest[2:4])
    elif link.endswith(b"\x86\xdd") and rest[6] == 6:
        header, end = 40, 40 + int.from_bytes(rest[4:6])
    else:
        return None
    data = header + (rest[header + 12] >> 4) * 4 if len(rest) >= header + 20 else end + 1
    if not header + 20 <= data <= end <= len(rest):
        return None
    return Plain(link, rest[:header], rest[header:data], rest[data:end])


def cut(seed: int, whole: Plain) -> list[Plain]:
    """Each segment in two; every copy of one at the same place."""
    _, _, tcp, payload = whole
    if len(payload) < 2 or tcp[13] & SYN:
        return [whole]
    at = random.Random(payload + b"%d" % seed).randrange(1, len(payload))
    sequence = (int.from_bytes(tcp[4:8]) + at) % 2**32
    first = tcp[:13] + bytes([tcp[13] & ~(FIN | PSH)]) + tcp[14:]
    second = tcp[:4] + struct.pack(">I", sequence) + tcp[8:]
    return [whole._replace(tcp=first, payload=payload[:at]), whole._replace(tcp=second, payload=payload[at:])]


def other_port(whole: Plain) -> list[Plain]:
    """A server that listens on 31337 instead of 80."""
    source, target = (
        struct.pack(">H", 31_337) if port == b"\x00\x50" else port for port in (whole.tcp[:2], whole.tcp[2:4])
    )
    return [whole._replace(tcp=source + target + whole.tcp[4:])]


def over_ipv6(whole: Plain) -> list[Plain]:
    """IPv4 addresses become some of IPv6."""
    ip = whole.ip
    if ip[0] >> 4 == 6:
        return [whole]
    source, target = (bytes.fromhex("20010db8") + bytes(8) + ip[at : at + 4] for at in (12, 16))
    header = struct.pack(">IHBB", 6 << 28, 0, 6, ip[8]) + source + target
    return [whole._replace(link=whole.link[:-2] + b"\x86\xdd", ip=header)]


def told(
    name: str,
    change: Callable[[Plain], list[Plain]],
    *,
    partly: bool,
    pipeline: Pipeline | None = None,
) -> list[dict[str, Any]] | None:
    """The records of a capture whose plain frames are changed; None where not all are plain, and it must not be `partly`."""
    pipeline, encoder = pipeline or Pipeline(), RecordEncoder("full")
    [capture] = open_captures([str(CAPTURES[name])])
    out = b""
    try:
        for batch in capture.batches():
            buffer, packets = bytearray(), []
            for time, start, captured, length in batch.packets:
                frame = batch.buffer[start : start + captured]
                parts = plain(batch.interface.link_type, frame, length)
                if parts is None and not partly:
                    return None
                lost = length - captured
                for piece in [frame] if parts is None else [each.frame() for each in change(parts)]:
                    packets.append((time, len(buffer), len(piece), len(piece) + lost))
                    buffer += piece
            out += encoder.encode(pipeline.feed(PacketBatch(batch.interface, bytes(buffer), packets)))
    finally:
        capture.close()
    out += encoder.encode(pipeline.close())
    assert all(stage.balanced for stage in pipeline.ledger())
    return [json.loads(line) for line in out.splitlines()]


@functools.cache
def as_it_was(name: str) -> list[dict[str, Any]]:
    """The records of a capture."""
    found = told(name, lambda whole: [whole], partly=True)
    assert found is not None
    return found


def same(found: list[dict[str, Any]], name: str, *aside: str) -> bool:
    """Whether records are those of the capture as it was, in any order, but for these fields and their ids."""
    one, other = (
        sorted(
            json.dumps({key: value for key, value in record.items() if key not in {"id", *aside}})
            for record in records
        )
        for records in (found, as_it_was(name))
    )
    return one == other


def differ(seed: int, name: str) -> bool:
    """Whether a cut changes the records of a capture."""
    found = told(name, functools.partial(cut, seed), partly=True)
    assert found is not None
    return not same(found, name)


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(2, 8))]
)
def test_any_cut_says_the_same(seed: int) -> None:
    """Each segment of every made situation comes in two pieces, cut anywhere.

    But for TLS that is met in the middle: there the start of a segment is part of the proof.
    """
    assert [name for name in CAPTURES if not name.startswith("tls_joined_") and differ(seed, name)] == []


CLIENT = "192.0.2.10"
"""In made situations."""
SESSIONS = [name for name in CAPTURES if name.startswith("tls_")]


def met_later(
    name: str, lost: int, *, recut: bool
) -> tuple[list[dict[str, Any]], dict[str, int], Counter[str]]:
    """Records without the first frames, what the payload was, and how much of it each address sent."""
    pipeline, sent = Pipeline(), Counter[str]()
    seen = 0

    def later(whole: Plain) -> list[Plain]:
        nonlocal seen
        seen += 1
        if seen <= lost:
            return []
        sent[str(ip_address(whole.ip[12:16]))] += len(whole.payload)
        return cut(lost, whole) if recut else [whole]

    found = told(name, later, partly=True, pipeline=pipeline)
    assert found is not None
    return found, pipeline.read(), sent


@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.parametrize("recut", [False, True])
def test_tls_that_is_met_later_is_true_or_said_to_be_assumed(name: str, *, recut: bool) -> None:
    """Without each number of first frames: who is who, and no byte more than came, each counted once."""
    for lost in range(16):
        found, read, sent = met_later(name, lost, recut=recut)
        came = Counter[str]()
        for session in [record for record in found if record["kind"] == "tls"]:
            assert session["source.address"] == CLIENT or session.get("tls.roles_assumed")
            came[session["source.address"]] += session["client.bytes"]
            came[session["destination.address"]] += session["server.bytes"]
        assert came <= sent
        assert read.get("tls", 0) == came.total()
        assert sum(read.values()) - read["lost"] == sent.total()


@pytest.mark.parametrize(
    "name",
    [
        "first_bytes_of_something_else",
        "invalid_first_blank",
        "invalid_first_long_method",
        "invalid_second_blank",
        "invalid_second_long_method",
    ],
)
def test_what_goes_on_with_what_was_refused_begins_nothing(name: str) -> None:
    """A piece that looks like a request by itself is the rest of a line that is none: forty cuts, most of them within it."""
    assert [seed for seed in range(40) if differ(seed, name)] == []


@pytest.mark.parametrize(
    ("change", "aside"),
    [
        (other_port, ("destination.port", "server.port", "service.port")),
        (
            over_ipv6,
            ("destination.address", "network.type", "server.address", "service.address", "source.address"),
        ),
    ],
)
def test_addresses_and_ports_say_nothing(
    change: Callable[[Plain], list[Plain]], aside: tuple[str, ...]
) -> None:
    """The same conversations elsewhere give the same records, of every capture that is plain TCP."""
    found = {name: told(name, change, partly=False) for name in CAPTURES}
    moved = {name: records for name, records in found.items() if records is not None}
    assert len(moved) > len(CAPTURES) // 2
    assert [name for name, records in moved.items() if not same(records, name, *aside)] == []
