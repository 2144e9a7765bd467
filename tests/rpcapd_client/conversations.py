"""Conversations as data: the recorded ones, and ways to cut bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcapd_client.wire import REQUESTS, Header, MessageType, Request
from tests.support.rpcapd import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = sorted(path.stem for path in FIXTURES.glob("*.txt") if path.stem != "packets")


def recorded(name: str) -> list[tuple[str, bytes]]:
    """A fixture's steps: direction and bytes."""
    steps: list[tuple[str, str]] = []
    for line in (FIXTURES / f"{name}.txt").read_text().splitlines():
        if line in {">", "<"}:
            steps.append((line, ""))
        elif not line.startswith("#"):
            steps[-1] = (steps[-1][0], steps[-1][1] + line.strip())
    return [(direction, bytes.fromhex(digits)) for direction, digits in steps]


def request_of(data: bytes) -> Request:
    """The request that bytes are."""
    header = Header.decode(data)
    return REQUESTS[MessageType(header.type)].decode(header.value, data[Header.SIZE :])


def whole(data: bytes) -> Iterator[bytes]:
    """All at once."""
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """One at a time."""
    for index in range(len(data)):
        yield data[index : index + 1]


WAYS_TO_CUT = {"whole": whole, "byte by byte": byte_by_byte}
