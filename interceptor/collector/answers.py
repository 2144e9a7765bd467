"""What is answered about records: the values of the query API, of whatever engine.

Owns the shapes, which are those of `openapi.json`. Refuses to count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

import msgspec

from interceptor.collector.totals import percentile

if TYPE_CHECKING:
    from interceptor.collector.totals import Tally

__all__ = [
    "OTHER",
    "RANGES",
    "Agent",
    "Call",
    "Captures",
    "Endpoint",
    "Inventory",
    "Known",
    "Overview",
    "Page",
    "Range",
    "Service",
    "Slot",
    "Spread",
    "Totals",
    "Window",
    "authority",
    "spread",
]

Range = Literal["15m", "1h", "24h", "7d", "all"]
RANGES: Final[tuple[Range, ...]] = get_args(Range)

OTHER: Final = "{other}"
"""Stands for the services, endpoints or callers that were called least, once there are more than are kept apart."""


class Spread(msgspec.Struct, frozen=True, omit_defaults=True):
    """How calls went. Latencies in microseconds; absent where none is known."""

    calls: int
    classes: tuple[int, int, int, int, int, int]
    """Calls without a response, and those with 1xx, 2xx, 3xx, 4xx, 5xx."""
    bytes: int
    """Of bodies, both ways."""
    p50_us: int | None = None
    p95_us: int | None = None
    p99_us: int | None = None


class Service(msgspec.Struct, frozen=True):
    """A service, by the name it is called by."""

    service: str
    endpoints: int
    callers: int
    spread: Spread


class Call(msgspec.Struct, frozen=True):
    """Who calls whom, counted by whole hours."""

    caller: str
    addresses: int
    """How many addresses the caller has."""
    service: str
    spread: Spread


class Endpoint(msgspec.Struct, frozen=True):
    """A method and a path template of a service."""

    number: int
    service: str
    method: str
    template: str
    spread: Spread
    trend: tuple[int, ...]
    """Calls over the range, in equal steps."""


class Captures(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an agent's captures got and lost, in all its runs that are known."""

    packets: int
    """Taken from the captures."""
    kernel_dropped: int
    """For which the kernel had no room."""
    interface_dropped: int
    """That network cards or their drivers dropped."""
    blind_seconds: float
    """In which interfaces that had been captured were not, of all of them added up."""
    lost_last: int | None = None
    """Unix time at which more of any of these losses was told of last."""


class Agent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who sent batches. Times are Unix time, seconds."""

    cluster: str
    node: str
    program: str
    first: int
    last: int
    batches: int
    records: int
    captures: Captures | None = None
    """Absent where its batches do not say."""


class Slot(msgspec.Struct, frozen=True):
    """One point of the time line."""

    start: int
    spread: Spread


class Window(msgspec.Struct, frozen=True):
    """What time an overview is of: Unix time in seconds, by the records' own clock."""

    range: Range
    start: int
    end: int
    slot: int
    """Seconds of one point of the time line."""
    hours_start: int
    """Who calls whom is counted by whole hours, from here on."""


class Totals(msgspec.Struct, frozen=True):
    """Of the range, lists cut or not."""

    services: int
    callers: int
    endpoints: int
    agents: int
    stored: int
    """Records of all times. Totals stay longer than these."""
    spread: Spread


class Overview(msgspec.Struct, frozen=True):
    """What the page shows."""

    now: int
    window: Window
    totals: Totals
    timeline: list[Slot]
    latencies: list[tuple[int, int, int]]
    """From, below (microseconds), calls."""
    statuses: list[tuple[int, int]]
    """Status code (0: no response was seen), calls."""
    services: list[Service]
    calls: list[Call]
    endpoints: list[Endpoint]
    agents: list[Agent]
    records: list[msgspec.Raw]
    """The latest, the newest first, as they came."""


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some records, the newest first, and where the next page begins."""

    records: list[msgspec.Raw]
    next: int | None = None


class Known(msgspec.Struct, frozen=True):
    """An endpoint that was ever called, as far back as totals go. Times are Unix time, seconds, by the hour."""

    number: int
    service: str
    method: str
    template: str
    first: int
    last: int
    calls: int
    failed: int
    """With 5xx."""


class Inventory(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some endpoints, and where the next page begins."""

    endpoints: list[Known]
    next: int | None = None


def spread(tally: Tally) -> Spread:
    """How the calls of a total went."""
    buckets = tally.latencies
    return Spread(
        tally.calls,
        tally.classes(),
        tally.bytes,
        *(percentile(buckets, share) for share in (0.50, 0.95, 0.99)),
    )


def authority(address: str, port: int) -> str:
    """As a URL shows it: without port 80."""
    if address == OTHER:
        return OTHER
    shown = f"[{address}]" if ":" in address else address
    return shown if port == 80 else f"{shown}:{port}"
