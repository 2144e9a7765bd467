"""What is asked of the records: which of them, of which time.

Owns the filter that every question shares, how it is written in a URL, and what is wrong with one. Pure: refuses to know
any database, and what time it is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from interceptor.collector.answers import RANGES, Range, address_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FILTERS", "MAX_NUMBER", "Question", "asked", "number", "when"]

FILTERS: Final = (
    *("range", "from", "to", "service", "caller", "endpoint"),
    *("status", "class", "anomaly", "agent", "namespace"),
)
"""The parameters of every question."""
_MAX_NAME: Final = 1_100
"""Characters: of a name in a record, and a port."""
MAX_NUMBER: Final = 10**18 - 1
MAX_STATUS: Final = 1_999
_MAX_TIME: Final = 253_402_300_800
"""The end of year 9999, Unix time: RFC 3339 goes no further."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Question(msgspec.Struct, frozen=True):
    """Calls that are asked about. What is None does not matter."""

    range: Range | None = None
    """How far back from now; None without `start`: the last hour, or all if nothing happened in it."""
    start: int | None = None
    """From here on, in place of a range: Unix time in seconds, of the records' own clock."""
    end: int | None = None
    """Before here; None: until now."""
    service: str | None = None
    """As answers name it: without port 80."""
    caller: str | None = None
    """The name or the address that answers show."""
    endpoint: int | None = None
    """Its number."""
    status: int | None = None
    """Of the response, as `core.records.verdicts` has it; 0: none was seen."""
    kind: int | None = None
    """The class of its status: 1 to 5; 0: none was seen."""
    anomaly: str | None = None
    agent: str | None = None
    """Whose batch brought it: the name of a node, or a cluster's, a slash and a node's."""
    namespace: str | None = None
    """That of the caller or of the service, as a relay names them: what precedes the slash."""

    @property
    def statuses(self) -> tuple[int, int] | None:
        """The first and the last status that is asked for; None: all. There is none if the first is the larger one."""
        if self.status is None and self.kind is None:
            return None
        low, high = (0, 65_535) if self.status is None else (self.status, self.status)
        if self.kind is not None:
            first = 100 * self.kind if self.kind else 0
            # what has no class failed (`totals.Tally.classes`)
            last = 65_535 if self.kind == 5 else first + 99
            low, high = max(low, first), min(high, last)
        return low, high

    @property
    def by_caller(self) -> bool:
        """Whether it asks for what is counted by whole hours only."""
        return any(one is not None for one in (self.caller, self.agent, self.anomaly, self.namespace))

    @property
    def narrow(self) -> bool:
        """Whether it asks for less than all of a time."""
        return self.by_caller or any(
            one is not None for one in (self.service, self.endpoint, self.status, self.kind)
        )

    @property
    def timed(self) -> bool:
        """Whether it says of which time."""
        return self.range is not None or self.start is not None

    @property
    def server(self) -> tuple[str, int] | None:
        """The service's address and port."""
        return None if self.service is None else address_of(self.service)

    @property
    def node(self) -> tuple[str | None, str] | None:
        """Possible names of the agent: of its cluster and its node; the cluster is None where any may be meant."""
        if self.agent is None:
            return None
        cluster, slash, node = self.agent.partition("/")
        return (cluster, node) if slash else (None, self.agent)


def asked(parameters: Mapping[str, str]) -> Question:
    """The question of a URL's parameters, of which others than `FILTERS` are left aside.

    Raises:
        ValueError: one is not what it should be; begins with its name.

    """
    chosen: Range | None = None
    if (text := parameters.get("range")) is not None:
        chosen = next((known for known in RANGES if known == text), None)
        if chosen is None:
            raise ValueError(f"range is none of {', '.join(RANGES)}.")
    start, end = when(parameters, "from"), when(parameters, "to")
    if start is not None and chosen is not None:
        raise ValueError("range is not for a time that has a from.")
    if end is not None and start is None:
        raise ValueError("to needs a from.")
    if start is not None and end is not None and end <= start:
        raise ValueError("to is not later than from.")
    return Question(
        range=chosen,
        start=start,
        end=end,
        service=_name(parameters, "service"),
        caller=_name(parameters, "caller"),
        endpoint=number(parameters, "endpoint"),
        status=number(parameters, "status", MAX_STATUS),
        kind=number(parameters, "class", 5),
        anomaly=_name(parameters, "anomaly"),
        agent=_name(parameters, "agent"),
        namespace=_name(parameters, "namespace"),
    )


def number(parameters: Mapping[str, str], name: str, limit: int = MAX_NUMBER, least: int = 0) -> int | None:
    """A parameter that is a whole number.

    Raises:
        ValueError: it is none, or beyond a limit; begins with its name.

    """
    text = parameters.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= limit:
        raise ValueError(f"{name} is no number from {least} to {limit}.")
    return int(text)


def when(parameters: Mapping[str, str], name: str) -> int | None:
    """A parameter that is a time, as Unix time in whole seconds.

    Raises:
        ValueError: it is none; begins with its name.

    """
    text = parameters.get(name)
    if text is None:
        return None
    seconds: float | None = None
    if _NUMBER.fullmatch(text):
        seconds = int(text)
    elif _TIME.fullmatch(text):
        try:
            seconds = max(0.0, (datetime.fromisoformat(text.upper()) - _EPOCH).total_seconds())
        except ValueError:  # the 31st of February
            seconds = None
    if seconds is None or seconds > _MAX_TIME:
        raise ValueError(f"{name} is no time: neither RFC 3339 nor seconds since 1970.")
    return int(seconds)


def _name(parameters: Mapping[str, str], name: str) -> str | None:
    text = parameters.get(name)
    if text is not None and not 0 < len(text) <= _MAX_NAME:
        raise ValueError(f"{name} is empty or longer than {_MAX_NAME} characters.")
    return text
