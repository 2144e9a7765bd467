"""Logs: JSON on standard error, one line an event.

Owns the form of a line (time in UTC, level, event, its fields), the limit on repeated events, and the way of other
libraries' messages into the same stream. Refuses secrets and traffic by the rule that whoever logs gives neither.

An event that repeats is told a few times a minute; then only how often it was left out. What counts as a repetition is
the event and the source it is about, so that one noisy source does not silence another. Over all that it is about an
event is told so often that a node's start is told whole; names that a stranger makes up cannot write without end.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog

from interceptor.errors import trace

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

__all__ = ["Repetitions", "configure"]

PERIOD_SECONDS: Final = 60.0
OFTEN: Final = 5
"""Times that one event about one source is told in a period."""
IN_ALL: Final = 300
"""Times that one event is told in a period, whatever it is about: a node has up to 250 interfaces of pods."""
_REMEMBERED: Final = 1_024
"""Events and sources, so that a stream of ever new ones costs bounded memory; the longest unseen is forgotten."""

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_ABOUT: Final = ("source", "interface", "task", "logger")
"""Fields that tell what an event is about."""


@dataclass(slots=True)
class _Period:
    """Of one event about one source."""

    since: float
    told: int = 0
    left_out: int = 0


class Repetitions:
    """A structlog processor that lets the first few of an event pass, and counts the rest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._periods: OrderedDict[tuple[str, ...], _Period] = OrderedDict()
        self._events: dict[str, _Period] = {}
        """By the event alone: their names are a list in the code."""

    def __call__(self, _: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Pass it on, with how many like it were left out before, or drop it."""
        name = (str(event.get("event")), *(str(event.get(key, "")) for key in _ABOUT))
        now = self._clock()
        period = self._periods.get(name)
        if period is None:
            period = self._periods[name] = _Period(now)
            if len(self._periods) > _REMEMBERED:
                self._periods.popitem(last=False)
        self._periods.move_to_end(name)
        everything = self._events.setdefault(name[0], _Period(now))
        if now - everything.since >= PERIOD_SECONDS:
            everything.since, everything.told = now, 0
        if everything.told >= IN_ALL:
            everything.left_out += 1
            raise structlog.DropEvent
        left_out = 0
        if now - period.since >= PERIOD_SECONDS:
            left_out = period.left_out
            period.since, period.told, period.left_out = now, 0, 0
        if period.told >= OFTEN:
            period.left_out += 1
            raise structlog.DropEvent
        period.told += 1
        everything.told += 1
        if left_out:
            event["left_out"] = left_out
        elif period.told == OFTEN:
            event["more"] = f"left out for {PERIOD_SECONDS:g} s"
        return event

    def settle(self) -> list[dict[str, Any]]:
        """Give what was left out in periods that are over, and forget it: `{event, about, left_out}`."""
        now = self._clock()
        over = [name for name, period in self._periods.items() if now - period.since >= PERIOD_SECONDS]
        told = []
        for name in over:
            period = self._periods.pop(name)
            if period.left_out:
                about = {key: value for key, value in zip(_ABOUT, name[1:], strict=True) if value}
                told.append({"repeated": name[0], **about, "left_out": period.left_out})
        for event, everything in self._events.items():
            if everything.left_out:
                told.append({"repeated": event, "left_out": everything.left_out})
                everything.left_out = 0
        return told


class _Signed:
    """A structlog processor that says which worker it is."""

    def __init__(self, worker: int) -> None:
        self._worker = worker

    def __call__(self, _: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Say it."""
        event["worker"] = self._worker
        return event


class _Bridge(logging.Handler):
    """The standard library's loggers, into structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log it as an event of ours."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a message that fits its arguments badly is no reason to fail
            message = str(record.msg)
        if record.exc_info:  # asyncio adds a task's repr, and so the exception's text
            message = message.partition("\n")[0]
        log = structlog.get_logger()
        log.log(
            min(record.levelno, logging.ERROR),
            "library_message",
            logger=record.name,
            message=message,
            exc_info=record.exc_info or None,
        )


def _traced(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The traceback of `exc_info` without the exceptions' texts, which may be traffic's."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = trace(error)
    return event


def configure(
    level: str = "info",
    stream: TextIO | None = None,
    repetitions: Repetitions | None = None,
    worker: int | None = None,
) -> None:
    """Send every log, ours and the libraries', to `stream` (standard error), from `level` on; of which worker, if it is one's.

    Can be called again: loggers that exist follow.
    """
    stream = stream if stream is not None else sys.stderr
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            repetitions if repetitions is not None else Repetitions(),
            *([] if worker is None else [_Signed(worker)]),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _traced,
            _ordered,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, _Bridge):
            root.removeHandler(handler)
    root.addHandler(_Bridge())
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def _ordered(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Time, level and event first: a person reads from the left."""
    first = {key: event.pop(key) for key in ("time", "level", "event") if key in event}
    return {**first, **event}
