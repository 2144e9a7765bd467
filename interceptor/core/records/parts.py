"""Records of what lasts, schema 2: what each of them says, whatever its kind.

A WebSocket session, a tunnel or a TLS session is reported when it is over, and in parts while it goes on. Owns the fields that
all of their records begin with, and the place by which their ids differ. Refuses what is of one kind: that is in `websocket`,
`tunnel` and `tls`.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import field

__all__ = ["SCHEMA", "PartRecord", "ended_by", "place"]

SCHEMA: Final = 2
"""Of records of all kinds. In 1 addresses and ports were part of every connection's digits of an id."""

_KINDS: Final = 45
_UNASKED: Final = 1 << 44
_PARTS: Final = (1 << 12) - 1
"""After half a year of hours the number of a part is one that was."""
_POSITIONS: Final = (1 << 32) - 1


class PartRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, kw_only=True):
    """The first fields of a line, in order. Names follow OpenTelemetry where it has one. What is not known is absent."""

    schema: int = -1
    kind: str = ""
    id: str = ""
    """32 hexadecimal digits: the connection's 20, and 12 of the place in it."""
    time: str = ""
    """RFC 3339, UTC, microseconds: of the beginning of this part."""
    duration_us: int = -1
    """From there to the last byte that mattered."""
    ongoing: bool = False
    """It goes on: sizes are those of this part, of an hour."""
    part: int = -1
    """1-based; more than one only of what goes on for long."""
    source_address: str = field(name="source.address", default="")
    source_port: int = field(name="source.port", default=-1)
    destination_address: str = field(name="destination.address", default="")
    destination_port: int = field(name="destination.port", default=-1)
    service_address: str | None = field(name="service.address", default=None)
    """What the client asked for, where that was translated into the destination (NAT), with `service_port`."""
    service_port: int | None = field(name="service.port", default=None)
    perspective: str | None = None
    """As in a record of kind `http`."""
    client_address: str | None = field(name="client.address", default=None)
    client_port: int | None = field(name="client.port", default=None)
    source_pod_uid: str | None = field(name="source.pod.uid", default=None)
    """These four as in a record of kind `http`."""
    source_container_id: str | None = field(name="source.container.id", default=None)
    destination_pod_uid: str | None = field(name="destination.pod.uid", default=None)
    destination_container_id: str | None = field(name="destination.container.id", default=None)


def place(kind: int, part: int, position: int, *, asked: bool) -> int:
    """The twelve digits that tell a part from all else on its connection: what it is of, its number, and where that began.

    So the last eight are those of the record of what began it. `kind`: three bits; `asked`: the request for it was seen.
    """
    return kind << _KINDS | (0 if asked else _UNASKED) | (part & _PARTS) << 32 | position & _POSITIONS


def ended_by(side: int | None) -> str | None:
    """A side in words."""
    return None if side is None else ("client", "server")[side]
