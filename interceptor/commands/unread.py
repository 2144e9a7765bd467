"""What a reading could not read, in one line for each file that it concerns: what its packets were, and what to try.

Owns counting by file, the bounded look at what connections carry, and the words. Refuses to write them (`reading`).

A file from which everything ordinary comes has no line. One that gives nothing always has one, also among others
that are good; and one most of whose packets are behind something that hides HTTP.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Drop, Limits
from interceptor.core.packets.frames import fast_lane
from interceptor.core.packets.link_names import link_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interceptor.capture.files import Capture
    from interceptor.commands.carried import Carried
    from interceptor.core.model import Interface, PacketBatch
    from interceptor.core.packets.decode import Decoder

__all__ = ["Unread"]

_LOOKED_AT: Final = 2_000
"""Packets of each file whose payload is looked at, until one answers in HTTP/1: enough for what a capture is of, and no
cost in a large one."""

_WORDS: Final = {
    Drop.UNKNOWN_LINK_TYPE: (
        "of a link type that is not read",
        "capture on another interface, or convert them to Ethernet or raw IP",
    ),
    Drop.UNREAD_ENCAPSULATION: (
        "in an encapsulation that is not read",
        "capture where it is taken off, or see whether the capture says the right link type",
    ),
    Drop.NOT_IP: ("not IP (ARP, LLDP, spanning tree, radio management)", "capture where IP traffic passes"),
    Drop.NOT_TCP: (
        "UDP or another transport than TCP",
        "capture HTTP over TCP",
    ),
    Drop.QUIC: (
        "QUIC, which carries HTTP/3 and is not read",
        "capture behind the proxy that takes it, where it is HTTP over TCP",
    ),
    Drop.ICMP: ("ICMP", "capture where HTTP traffic passes"),
    Drop.TUNNEL: (
        "in a tunnel that is not entered (L2TP, or more than four in each other)",
        "capture on the interface inside it",
    ),
    Drop.ENCRYPTED: (
        "encrypted (IPsec, WireGuard, MACsec or Wi-Fi)",
        "capture where they are decrypted",
    ),
    Drop.TRUNCATED_HEADER: (
        "cut off inside their headers",
        "capture with a larger snapshot length (tcpdump -s 0)",
    ),
    Drop.MALFORMED: ("malformed", "see whether the capture says the right link type"),
    Drop.FRAGMENT_TIMEOUT: ("fragments of incomplete IP packets", "capture where all fragments pass"),
    Drop.FRAGMENT_LIMIT: ("fragments of incomplete IP packets", "capture where all fragments pass"),
    Drop.FRAGMENT_OVERLAP: ("IP fragments that contradict each other", "capture elsewhere"),
}
"""What packets of a reason are, and what to try."""

_HTTP = re.compile(rb"(HTTP/1\.)|[A-Z]{3,7} /")
"""What a direction that speaks HTTP/1 nearly always begins with; a server's, as the group says."""

_HIDING: Final = (
    Drop.UNKNOWN_LINK_TYPE,
    Drop.UNREAD_ENCAPSULATION,
    Drop.TUNNEL,
    Drop.ENCRYPTED,
    Drop.QUIC,
    Drop.TRUNCATED_HEADER,
    Drop.MALFORMED,
)
"""Reasons behind which HTTP may be: worth a line where they are most of a file."""


class _File:
    """What came from one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.packets = 0
        self.passed = 0  # by the filter
        self.segments = 0
        self.dropped: Counter[Drop] = Counter()
        self.unknown: Counter[int] = Counter()  # link types that are not read: packets
        self.looked_at = 0
        self.payloads = 0  # of those looked at, how many have data
        self.directions: set[bytes] = set()  # of connections that have begun to speak
        self.http = False  # some of them answers in HTTP/1
        self.carried: Carried | None = None  # what others speak


class Unread:
    """Counts by file what the pipeline drops. Give it each batch, before and after the pipeline has it."""

    def __init__(self, captures: list[Capture]) -> None:
        self._captures = captures
        self._files = [_File(capture.name) for capture in captures]
        self._latest = 0
        self._known: Counter[Drop] = Counter()
        self._total = 0
        self._segments = 0
        self._decoder: Decoder | None = None

    def add(
        self, batch: PacketBatch, passed: PacketBatch | None, dropped: Mapping[Drop, int], segments: int
    ) -> None:
        """Count a batch and what a filter left of it; `dropped` packets and `segments` are the pipeline's until now."""
        file = self._files[self._place(batch.interface)]
        file.packets += len(batch.packets)
        if passed is None:
            return
        file.passed += len(passed.packets)
        file.segments += segments - self._segments
        self._segments = segments
        total = sum(dropped.values())
        if total != self._total:
            before = self._known[Drop.UNKNOWN_LINK_TYPE]
            for reason, count in dropped.items():
                if count != self._known[reason]:
                    file.dropped[reason] += count - self._known[reason]
                    self._known[reason] = count
            self._total = total
            unknown = self._known[Drop.UNKNOWN_LINK_TYPE] - before
            if unknown:
                file.unknown[batch.interface.link_type] += unknown
        if file.looked_at < _LOOKED_AT and not file.http:
            self._look(file, passed)

    def lines(self, transactions: int) -> list[str]:
        """Say what was not read, by file; `transactions` were reported of all files together."""
        told = []
        for file, capture in zip(self._files, self._captures, strict=True):
            text = _explained(file, transactions, alone=len(self._files) == 1)
            if text and not (
                capture.problem and not (file.dropped or file.payloads)
            ):  # its damage is told already
                told.append(f"{file.name}: {text}")
        return told

    def _place(self, interface: Interface) -> int:
        """Which capture packets that were just given are of."""
        if self._captures[self._latest].interface is not interface:
            places = (n for n, each in enumerate(self._captures) if each.interface is interface)
            self._latest = next(places, self._latest)
        return self._latest

    def _look(self, file: _File, batch: PacketBatch) -> None:
        """See what the first segments carry."""
        link_type, buffer = batch.interface.link_type, batch.buffer
        for time, start, captured, length in batch.packets[: _LOOKED_AT - file.looked_at]:
            file.looked_at += 1
            data, segment = buffer, fast_lane(buffer, start, captured) if link_type == 1 else None
            if segment is None:
                decoded = self._decode().decode(link_type, buffer, start, captured, length, time)
                if decoded is None:
                    continue
                data, segment = decoded
            at, present = segment[4], segment[5]
            if present > 1:
                file.payloads += 1
                _look_into(file, segment[0], data, at, at + present)
                if file.http:
                    return  # what else there is is not told then

    def _decode(self) -> Decoder:
        if self._decoder is None:
            from interceptor.core.packets.decode import Decoder

            self._decoder = Decoder(Limits())
        return self._decoder


def _look_into(file: _File, flow: bytes, data: bytes, at: int, end: int) -> None:
    """See what a direction of a connection begins with."""
    if flow in file.directions:
        return
    file.directions.add(flow)
    found = _HTTP.match(data, at, end)
    if found is None:
        if file.carried is None:
            from interceptor.commands.carried import Carried  # only where it is needed: `read` starts quickly

            file.carried = Carried()
        file.carried.begins(data, at, end)
    elif found[1]:
        file.http = True


def _explained(file: _File, transactions: int, *, alone: bool) -> str | None:
    if not file.packets:
        return "has no packets"
    if not file.passed:
        return f"none of its {_packets(file.packets)} passed the filter"
    lost = file.dropped - Counter({Drop.FRAGMENT_MERGED: file.dropped[Drop.FRAGMENT_MERGED]})
    if not file.segments and lost:
        parts = [f"{count:,} {_what(reason, file)}" for reason, count in _by_count(lost)[:3]]
        first = _by_count(lost)[0][0]
        return f"none of its {_packets(file.passed)} could be read: {', '.join(parts)}; {_WORDS[first][1]}"
    for reason, count in _by_count(lost):
        if reason in _HIDING and count * 2 >= file.passed:
            return f"{count:,} of its {_packets(file.passed)} could not be read: {_what(reason, file)}; {_WORDS[reason][1]}"
    tls = file.carried is not None and file.carried.tls
    silent = not file.http and (not transactions or (not alone and tls))
    return _carrying(file) if silent else None


def _carrying(file: _File) -> str | None:
    """Say what the connections of a file carry in the place of HTTP."""
    if not file.payloads:
        what = "no data that was captured; capture for longer, and whole packets (tcpdump -s 0)"
    else:
        what = str(file.carried or "something else; capture where HTTP traffic passes")
    return f"no HTTP/1 was found in its {_packets(file.passed)}: its TCP connections carry {what}"


def _by_count(counts: Counter[Drop]) -> list[tuple[Drop, int]]:
    return [(reason, count) for reason, count in counts.most_common() if reason in _WORDS]


def _what(reason: Drop, file: _File) -> str:
    if reason is Drop.UNKNOWN_LINK_TYPE:
        names = [link_name(number) for number, _ in file.unknown.most_common(3)]
        return f"of link type {', '.join(names)}, which is not read"
    return _WORDS[reason][0]


def _packets(count: int) -> str:
    return f"{count:,} packet" + ("" if count == 1 else "s")
