"""Views: one call as the agents at its two ends saw it.

Two agents give one call one id, so it is one record and counts once. The one that comes first is that record, whichever it is; of
the other one that is kept which says more: who it says that talked, and how long it took there. The difference of both latencies
is what the network between them took, and whatever stands in it.

Owns what is kept of a view, and how it is shown with its record. Pure. Refuses records that name no end, and a second view of
the same end.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import field

__all__ = ["ENDS", "View", "together", "view_of"]

ENDS: Final = frozenset({"client", "server"})
"""Perspectives of which a call has one of each."""


class View(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What an agent at one end says of a call."""

    perspective: str
    time: str
    node: str | None = None
    interface: str | None = None
    duration_us: int | None = None
    ttfb_us: int | None = None
    source_address: str = field(name="source.address", default="")
    source_port: int = field(name="source.port", default=0)
    destination_address: str = field(name="destination.address", default="")
    destination_port: int = field(name="destination.port", default=0)


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """What a record says of its own view."""

    perspective: str | None = None
    duration_us: int | None = None


_views = msgspec.json.Decoder(View)
_seen = msgspec.json.Decoder(_Seen)


def view_of(line: bytes) -> tuple[str, bytes] | None:
    """The end, and what is kept of a record that holds, as JSON; None where it is of no end."""
    if b'"perspective"' not in line:
        return None
    try:
        view = _views.decode(line)
    except msgspec.ValidationError:
        return None  # it names none that is known
    return (view.perspective, msgspec.json.encode(view)) if view.perspective in ENDS else None


def together(line: bytes, others: list[bytes]) -> bytes:
    """A record's line with the view of the other end, where that is known."""
    if not others:
        return line
    seen = _seen.decode(line)
    if seen.perspective not in ENDS:
        return line
    for other in others:
        view = _views.decode(other)
        if view.perspective != seen.perspective:
            added = b',"view":' + other
            if seen.duration_us is not None and view.duration_us is not None:
                client, server = seen.duration_us, view.duration_us
                if seen.perspective == "server":
                    client, server = server, client
                added += b',"network_us":%d' % max(0, client - server)
            return line[: line.rindex(b"}")] + added + b"}"
    return line
