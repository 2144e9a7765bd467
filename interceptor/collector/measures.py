"""How much an answer holds and when a change is one, the same whichever engine counts.

Owns the numbers that bound answers, the spans of time that ranges are counted by, and what answers say of what was counted.
Refuses to count: that is each engine's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.collector.answers import Change, Known, Range, Spread, Window, authority
from interceptor.collector.database import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.collector.question import Question
    from interceptor.collector.totals import Tally

__all__ = [
    "AGENTS",
    "BY_HOUR",
    "BY_MINUTE",
    "FAILING",
    "LOOKED_AT",
    "NAMES",
    "NAMES_KEPT",
    "PAUSES",
    "RECENT",
    "ROWS",
    "SCANNED",
    "SECONDS",
    "SLOWER",
    "SPARKS",
    "Outage",
    "added",
    "both",
    "covers",
    "is_slower",
    "known",
    "records_within",
    "window_of",
]

SECONDS: Final[dict[Range, int]] = {"15m": 15 * MINUTE, "1h": HOUR, "24h": DAY, "7d": 7 * DAY}
BY_MINUTE: Final = 3 * HOUR
BY_HOUR: Final = 8 * DAY
"""Up to these ranges, totals by the minute and by the hour; beyond, by the day."""
_SLOTS: Final = 96
"""Points of a time line, at most."""

ROWS: Final = 500
"""Services, pairs and endpoints that are listed, those called most; the totals count all."""
SPARKS: Final = 32
RECENT: Final = 50
AGENTS: Final = 500
NAMES: Final = 3
"""Of a server that is not read, those used last; of `NAMES_KEPT`."""
NAMES_KEPT: Final = 20
"""Of one server. Whoever makes up more is not believed."""
SCANNED: Final = 20
"""Calls of one client for what is not there; at least half of its calls. A client with an old link makes a few."""

FAILING: Final = 100
"""Endpoints, and services, that are told: those that failed most."""
SLOWER: Final = 50
LOOKED_AT: Final = 500
"""Endpoints whose latencies are compared: those called most."""
PAUSES: Final = 6
"""Of a range; a longer one without a failure ends an outage."""
_ENOUGH: Final = 30
"""Calls, for a 95th percentile."""
_FACTOR: Final = 1.5
_LEAST_US: Final = 1_000
"""A millisecond is noise."""


def records_within(question: Question, now: int) -> tuple[int, int] | None:
    """The exact time that a question asks for, seconds; None: all."""
    if question.start is not None:
        return question.start, question.end if question.end is not None else now + DAY
    if question.range is None or question.range == "all":
        return None
    end = (now // MINUTE + 1) * MINUTE
    return end - SECONDS[question.range], end


def both(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """From the first of two times on to the last; None: there is nothing."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def covers(minutes: tuple[int, int], told: tuple[int, int] | None) -> bool:
    """Whether calls from minute to minute leave out no hour in which something was not read."""
    return told is None or (minutes[0] // HOUR * HOUR <= told[0] and told[1] <= minutes[1])


def window_of(chosen: Range | None, start: int, end: int, span: int) -> Window:
    """A time in whole spans, and in slots of some of them."""
    start, end = start // span * span, -(-end // span) * span
    slot = max(1, -(-(end - start) // (span * _SLOTS))) * span
    return Window(chosen or "free", start, end, slot, start // HOUR * HOUR)


class Outage:
    """Since when something fails, by the starts of the spans in which it did, in order."""

    __slots__ = ("_pause", "last", "since")

    def __init__(self, pause: int) -> None:
        """`pause`: seconds; after a longer one without a failure it is another one."""
        self._pause = pause
        self.since: int | None = None
        self.last: int | None = None

    def failed(self, start: int) -> None:
        """It did, in what begins then."""
        if self.last is None or start - self.last > self._pause:
            self.since = start
        self.last = start


def is_slower(now: Spread, before: Spread) -> bool:
    """Whether calls take so much longer than before that it is no chance."""
    if min(now.calls, before.calls) < _ENOUGH or now.p95_us is None or before.p95_us is None:
        return False
    return now.p95_us >= max(_FACTOR * before.p95_us, before.p95_us + _LEAST_US)


def added(change: Change) -> int:
    """Microseconds that calls waited longer, about."""
    return ((change.now.p95_us or 0) - (change.before.p95_us or 0)) * change.now.calls


def known(
    number: int,
    name: tuple[str, int, str, str],
    seen: tuple[int, int],
    tally: Tally,
    callers: int,
    traits: Callable[[str], list[str]],
    *,
    probe: bool,
) -> Known:
    """What an inventory says of an endpoint.

    `name` is its service's address and port, its method and template; `seen` the first and the last hour of its calls;
    `traits` gives what is known of a kind (`credential`, `request_type`, …).
    """
    address, port, method, template = name
    credentials = traits("credential")
    return Known(
        number,
        authority(address, port),
        method,
        template,
        *seen,
        tally.calls,
        tally.classes()[5],
        callers,
        sorted(tally.statuses.items()),
        probe,
        [value for value in credentials if value],
        "" in credentials,
        traits("request_type"),
        traits("response_type"),
        traits("query_key"),
        traits("version"),
        traits("protocol"),
    )
