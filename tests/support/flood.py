"""Clients that ask for too much, with ordinary ones among them, as a capture: `python -m tests.support.flood`.

    heads CLIENTS BYTES      each begins a head of so many bytes and does not end it
    requests CLIENTS COUNT   each sends so many requests of 8 KB and gets no answer

Fifty ordinary requests are asked in between, and answered after the last of the others. Written to standard output, so
that no disk has to hold it.
"""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, BinaryIO

from tests.conversations import SECOND, START, SYN, Ends, Sent, request, response

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDINARY = 50
_APART = 10_000
"""Nanoseconds between two packets: 900,000 of them take nine seconds."""
_LARGE = b"GET /" + b"a" * 8_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"


def _opened(ends: Ends) -> Iterator[Sent]:
    yield Sent(ends, client=True, position=-1, place=None, flags=SYN)
    yield Sent(ends, client=False, position=-1, place=0, flags=SYN)
    yield Sent(ends, client=True, position=0, place=0)


def _greedy(kind: str, number: int, much: int) -> Iterator[Sent]:
    ends = Ends(client=f"10.0.{number >> 8}.{number & 255}")
    yield from _opened(ends)
    if kind == "heads":
        head = b"GET /x HTTP/1.1\r\nHost: a\r\nA: "
        yield Sent(ends, client=True, position=0, place=0, data=head + b"a" * (much - len(head)))
    else:
        for turn in range(much):
            yield Sent(ends, client=True, position=turn * len(_LARGE), place=0, data=_LARGE)


def flood(kind: str, clients: int, much: int) -> Iterator[Sent]:
    """The segments, in order."""
    asking: list[Ends] = []
    for number in range(clients):
        if number % (clients // ORDINARY) == 0 and len(asking) < ORDINARY:
            ends = Ends(client="10.9.9.9", client_port=2_000 + len(asking))
            asking.append(ends)
            yield from _opened(ends)
            yield Sent(ends, client=True, position=0, place=0, data=request(1))
        yield from _greedy(kind, number, much)
    for ends in asking:
        yield Sent(ends, client=False, position=0, place=len(request(1)), data=response(1))
        yield Sent(ends, client=True, position=len(request(1)), place=len(response(1)))


def write(output: BinaryIO, sents: Iterator[Sent]) -> None:
    """A pcap file with nanoseconds, Ethernet."""
    output.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))
    for number, sent in enumerate(sents):
        frame = sent.frame()
        seconds, nanoseconds = divmod(START + number * _APART, SECOND)
        output.write(struct.pack("<IIII", seconds, nanoseconds, len(frame), len(frame)) + frame)


if __name__ == "__main__":
    write(sys.stdout.buffer, flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
