"""Calls over TLS for the benchmarks: those of HTTP/1, each message in a record, behind a handshake of TLS 1.3.

Owns what clients and servers say; `traffic` has the packets around it. What is encrypted is nulls: nobody without keys looks
at it. Hellos are those of programs that offer post-quantum keys, a few programs of each kind of client that a cluster has.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.bench.traffic import Connection, Says

__all__ = ["TlsApi"]

HOSTS: Final = ("users", "orders", "catalog", "carts", "search", "billing", "stock", "events")
CHANGE, HANDSHAKE, DATA = 20, 22, 23
EXPANSION: Final = 17
"""Bytes that encryption adds: the type of what is in the record, and its tag (RFC 8446 section 5.2)."""
CIPHERS: Final = (
    "130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c01300330035002f00ff",
    "c02bc02fc02cc030cca9cca8c009c013c00ac014130113021303",
    "130113021303c02bc02fcca9cca8c02cc030c009c013c00ac014009c009d002f0035",
)
"""Of OpenSSL, Go and Java, about."""
GROUPS: Final = "11ec001d001700180019"
ALGORITHMS: Final = "040308040403050306030807080808090805080604010501060103030301"
SHARE: Final = bytes(2) + struct.pack(">HH", 0x11EC, 1_216) + bytes(1_216) + struct.pack(">HH", 0x001D, 32)
FLIGHT: Final = 2_300
"""Encrypted extensions, a chain of two certificates, its proof, and what finishes."""
TICKETS: Final = 2 * 255
FINISHED: Final = 36


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BHH", kind, 0x0303, len(content)) + content


def sealed(size: int) -> bytes:
    """A record of so many bytes that nobody can read."""
    return record(DATA, bytes(size + EXPANSION))


def vector(content: bytes, width: int = 2) -> bytes:
    return len(content).to_bytes(width, "big") + content


def extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2, "big") + vector(content)


def message(kind: int, content: bytes) -> bytes:
    return bytes((kind,)) + vector(content, 3)


class TlsApi:
    """The calls of another API, encrypted; the first of each connection is its handshake."""

    def __init__(self, said: Says, connections: int) -> None:
        self._said = said
        self._connections = connections
        self._asked = 0
        self.request_bodies: list[int] = []
        """Content of its records of data, call by call."""
        self.response_bodies: list[int] = []

    def request(self, connection: Connection) -> bytes:
        """The hello, then what finishes the handshake with the first request, then requests."""
        call = self._asked
        self._asked += 1
        if call < self._connections:
            self.request_bodies.append(0)
            return self._hello(connection.number)
        sizes = [len(self._said.request(connection))]
        before = b""
        if call < 2 * self._connections:
            before, sizes = record(CHANGE, b"\x01"), [FINISHED, *sizes]
        self.request_bodies.append(sum(sizes) + EXPANSION * len(sizes))
        return before + b"".join(map(sealed, sizes))

    def response(self, connection: Connection, call: int, clock: int) -> bytes:
        """The server's flight, then tickets with the first response, then responses."""
        if call < self._connections:
            self.response_bodies.append(FLIGHT + EXPANSION)
            return self._flight(connection.number)
        sizes = [len(self._said.response(connection, call - self._connections, clock))]
        if call < 2 * self._connections:
            sizes = [TICKETS, *sizes]
        self.response_bodies.append(sum(sizes) + EXPANSION * len(sizes))
        return b"".join(map(sealed, sizes))

    def _hello(self, number: int) -> bytes:
        name = f"{HOSTS[number & 7]}.shop.svc.cluster.local".encode()
        program = number // 8 % len(CIPHERS)
        extensions = (
            extension(0, vector(b"\0" + vector(name)))
            + extension(11, b"\x01\x00")
            + extension(10, vector(bytes.fromhex(GROUPS)))
            + extension(35, b"")
            + extension(16, vector(b"\x02h2\x08http/1.1"))
            + extension(22, b"")
            + extension(23, b"")
            + extension(13, vector(bytes.fromhex(ALGORITHMS)))
            + extension(43, b"\x04\x03\x04\x03\x03")
            + extension(45, b"\x01\x01")
            + extension(51, vector(SHARE + digest(number, "share")))
        )
        body = b"\x03\x03" + digest(number, "client") + vector(digest(number, "session"), 1)
        body += vector(bytes.fromhex(CIPHERS[program])) + b"\x01\x00" + vector(extensions)
        return record(HANDSHAKE, message(1, body))

    def _flight(self, number: int) -> bytes:
        share = extension(51, struct.pack(">HH", 0x11EC, 1_120) + bytes(1_120))
        body = b"\x03\x03" + digest(number, "server") + vector(digest(number, "session"), 1)
        body += b"\x13\x01\x00" + vector(extension(43, b"\x03\x04") + share)
        return record(HANDSHAKE, message(2, body)) + record(CHANGE, b"\x01") + sealed(FLIGHT)


def digest(number: int, what: str) -> bytes:
    """32 bytes that differ from connection to connection."""
    return hashlib.sha256(f"{number} {what}".encode()).digest()
