"""What is counted of records that are no calls: how much was not read, of which server, and how servers are called in TLS.

Owns which claims of these records are checked, and the bounds of what they may name: an agent makes none that is beyond
them. Refuses to store.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import field

__all__ = ["ServerName", "Unread", "read"]

_LARGEST: Final = 2**40
"""Of a minute: more is not believed, so that what is added up of an hour stays in 63 bits."""

_Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9_./-]{0,31}\Z")]
"""A protocol, a reason: both are of closed lists, which grow."""


class Unread(NamedTuple):
    """Payload of one server that was not read, of a minute or so."""

    key: bytes
    """Its record's id: 16 bytes."""
    time: int
    """When that minute began: Unix time in seconds."""
    address: str
    """Empty where nobody knows who is the server, and of servers beyond the first of a minute; the port is 0 then."""
    port: int
    protocol: str
    """Empty where it has no name."""
    reason: str
    """As `core.records.unread` has it."""
    connections: int
    bytes: int


class ServerName(NamedTuple):
    """How a client of TLS called a server."""

    address: str
    port: int
    name: str
    time: int
    """Unix time in seconds."""


class _Row(msgspec.Struct, frozen=True, gc=False):
    """Of a record of kind `unread`, what is asked for here."""

    reason: _Word = field(name="unread.reason")
    connections: _Number = field(name="unread.connections")
    bytes: _Number = field(name="unread.bytes")
    server_address: str | None = field(name="server.address", default=None)
    server_port: _Port = field(name="server.port", default=0)
    protocol: _Word | None = field(name="network.protocol.name", default=None)


class _Session(msgspec.Struct, frozen=True, gc=False):
    """Of a record of kind `tls`."""

    destination_address: str = field(name="destination.address")
    destination_port: _Port = field(name="destination.port")
    server_address: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = field(
        name="server.address", default=None
    )


_rows = msgspec.json.Decoder(_Row)
_sessions = msgspec.json.Decoder(_Session)


def read(kind: str, schema: int, line: bytes, key: bytes, time: int) -> Unread | ServerName | None:
    """What is counted of a record that is no call; None where that is nothing.

    `key` and `time` are its own: 16 bytes, Unix time in seconds.

    Raises:
        ValueError, msgspec.DecodeError: a value is not of its type or beyond its range; says which, never the value.

    """
    if (kind, schema) == ("unread", 2):
        row = _rows.decode(line)
        return Unread(
            key,
            time,
            *(("", 0) if row.server_address is None else (_address(row.server_address), row.server_port)),
            row.protocol or "",
            row.reason,
            min(row.connections, _LARGEST),
            min(row.bytes, _LARGEST),
        )
    if (kind, schema) == ("tls", 2):
        session = _sessions.decode(line)
        if session.server_address is not None:
            address = _address(session.destination_address)
            return ServerName(address, session.destination_port, session.server_address, time)
    return None


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("an address is none of IP") from None
