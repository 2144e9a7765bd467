"""Logs: JSON lines, repeated events, other libraries' messages."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from interceptor.service import logs
from interceptor.service.logs import IN_ALL, OFTEN, PERIOD_SECONDS, Repetitions

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The process's logging is put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was logged, each line a JSON object."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_a_json_object_with_time_level_and_event_first() -> None:
    """The time is RFC 3339 in UTC; text is as it is, line feeds are escaped."""
    stream = io.StringIO()
    logs.configure("info", stream)
    structlog.get_logger().warning("source_lost", source="rpcap://a", error="é\n")
    [line] = lines(stream)
    assert list(line) == ["time", "level", "event", "source", "error"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])
    assert (line["level"], line["error"]) == ("warning", "é\n")
    assert "é" in stream.getvalue()


def test_levels_are_kept_and_can_be_changed() -> None:
    """A logger made before follows what is configured later."""
    stream = io.StringIO()
    logs.configure("warning", stream)
    log = structlog.get_logger()
    log.info("quiet")
    logs.configure("debug", stream)
    log.debug("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_an_exception_is_a_field() -> None:
    """With its traceback, in the one line."""
    stream = io.StringIO()
    logs.configure("info", stream)
    try:
        raise ValueError("x")  # noqa: TRY301
    except ValueError:
        structlog.get_logger().exception("defect")
    [line] = lines(stream)
    assert "Traceback" in line["exception"]
    assert "ValueError: x" in line["exception"]


def test_a_repeated_event_is_told_a_few_times_and_then_counted() -> None:
    """Each source for itself; when the period is over it is told again, with how often it was not."""
    stream, clock = io.StringIO(), Clock()
    logs.configure("info", stream, Repetitions(clock))
    log = structlog.get_logger()
    for _ in range(OFTEN + 20):
        log.warning("source_lost", source="a")
    log.warning("source_lost", source="b")
    told = lines(stream)
    assert [line["source"] for line in told] == ["a"] * OFTEN + ["b"]
    assert "left out" in told[OFTEN - 1]["more"]
    clock.now += PERIOD_SECONDS
    log.warning("source_lost", source="a")
    assert lines(stream)[-1]["left_out"] == 20


def test_what_was_left_out_is_told_even_if_it_never_comes_again() -> None:
    """Once, when its period is over."""
    clock = Clock()
    repetitions = Repetitions(clock)
    for _ in range(OFTEN):
        repetitions(None, "", {"event": "e", "source": "a"})
    for _ in range(3):
        with pytest.raises(structlog.DropEvent):
            repetitions(None, "", {"event": "e", "source": "a"})
    assert repetitions.settle() == []
    clock.now += PERIOD_SECONDS
    assert repetitions.settle() == [{"repeated": "e", "source": "a", "left_out": 3}]
    assert repetitions.settle() == []


def test_ever_new_events_cost_bounded_memory() -> None:
    """The longest unseen are forgotten."""
    repetitions = Repetitions(Clock())
    for number in range(5_000):
        with contextlib.suppress(structlog.DropEvent):
            repetitions(None, "", {"event": "e", "source": str(number)})
    assert len(repetitions._periods) <= 1_024


def test_other_libraries_log_into_the_same_stream_at_warning() -> None:
    """uvicorn, asyncio and the warnings of Python; a message that does not fit its arguments is no failure."""
    stream = io.StringIO()
    logging.getLogger().handlers.clear()  # pytest's own, which fail where ours do not
    logs.configure("info", stream)
    logs.configure("info", stream)  # again: still one line for each
    logging.getLogger("uvicorn.error").info("quiet")
    logging.getLogger("uvicorn.error").warning("slow %s", "client")
    logging.getLogger("asyncio").error("bad %d", "x")
    logging.getLogger("x").critical("worst")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)
    told = [(line["logger"], line["level"], line["message"]) for line in lines(stream)]
    assert told[0] == ("uvicorn.error", "warning", "slow client")
    assert told[1] == ("asyncio", "error", "bad %d")
    assert told[2] == ("x", "error", "worst")
    assert told[3][0] == "py.warnings"
    assert len(told) == 4


def test_names_that_somebody_makes_up_do_not_write_without_end() -> None:
    """Of an event about ever new interfaces a bounded number is told; what was left out is said, and others pass."""
    clock = Clock()
    stream = io.StringIO()
    repetitions = Repetitions(clock)
    logs.configure("info", stream, repetitions)
    log = structlog.get_logger()
    for number in range(5_000):
        log.info("capture_started", source="rpcap://a", interface=f"x{number}")
    log.info("running")
    told = lines(stream)
    assert [line["event"] for line in told] == ["capture_started"] * IN_ALL + ["running"]
    assert repetitions.settle() == [{"repeated": "capture_started", "left_out": 5_000 - IN_ALL}]
    assert repetitions.settle() == []
    clock.now += PERIOD_SECONDS
    log.info("capture_started", source="rpcap://a", interface="later")
    assert lines(stream)[-1]["interface"] == "later"
