"""Sums of what several processes have counted."""

from __future__ import annotations

from math import inf

import msgspec

from interceptor.config import Config
from interceptor.core.model import Stage
from interceptor.service.analysis import Analysis
from interceptor.service.metrics import METRICS, Kind
from interceptor.service.samples import Distribution, Exemplar, Sample
from interceptor.service.tallies import CUT_SHORT, THERE, Tally, cut_short, total


def tally(number: int, exemplar: Exemplar | None = None) -> Tally:
    """One of several."""
    return Tally(
        packets=number,
        transactions=2 * number,
        connections=3 * number,
        missed_bytes=4 * number,
        memory_bytes=5 * number,
        cpu_seconds=0.5 * number,
        read={"http/1": number, f"only {number}": 1},
        stages=[Stage("messages", "messages", 10 * number, 7 * number, {"deadline": number}, 2 * number)],
        samples=[
            Sample("transactions_total", number),
            Sample("connections_open", number),
            Sample("http_requests_total", number, ("GET", "2xx")),
        ],
        distributions=[
            Distribution(
                "http_request_duration_seconds",
                ("2xx",),
                [(0.1, number, exemplar), (inf, number + 1, None)],
                0.5,
            )
        ],
    )


def test_all_together() -> None:
    """Everything adds up; of exemplars the newest is shown."""
    old, new = Exemplar({"record_id": "a"}, 0.1, 1.0), Exemplar({"record_id": "b"}, 0.1, 2.0)
    both = total([tally(1, new), tally(10, old)])
    assert both == Tally(
        packets=11,
        transactions=22,
        connections=33,
        missed_bytes=44,
        memory_bytes=55,
        cpu_seconds=5.5,
        read={"http/1": 11, "only 1": 1, "only 10": 1},
        stages=[Stage("messages", "messages", 110, 77, {"deadline": 11}, 22)],
        samples=[
            Sample("transactions_total", 11),
            Sample("connections_open", 11),
            Sample("http_requests_total", 11, ("GET", "2xx")),
        ],
        distributions=[
            Distribution("http_request_duration_seconds", ("2xx",), [(0.1, 11, new), (inf, 13, None)], 1.0)
        ],
    )
    assert total([]) == Tally()


def test_what_is_left_of_one_that_ended() -> None:
    """What it had done; what it held is dropped, and what was there is no more."""
    left = cut_short(tally(1))
    assert (left.packets, left.connections, left.memory_bytes) == (1, 0, 0)
    assert left.stages == [Stage("messages", "messages", 10, 7, {"deadline": 1, CUT_SHORT: 2}, 0)]
    assert left.stages[0].balanced
    assert [sample.name for sample in left.samples] == ["transactions_total", "http_requests_total"]
    assert cut_short(left) == left


def test_it_is_said_between_processes() -> None:
    """As it is."""
    said = tally(3, Exemplar({"record_id": "a"}, 0.1, 1.0))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=Tally) == said


def test_what_is_there_no_more_are_gauges() -> None:
    """All of those that a worker tells, and nothing else."""
    analysis = Analysis(Config(), lambda lines, records: None, live=False, here=True)
    told = {sample.name for sample in analysis.tally().samples}
    gauges = {metric.name for metric in METRICS if metric.kind is Kind.GAUGE}
    assert told & gauges == THERE
