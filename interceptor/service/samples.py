"""Values of metrics, and those that the core and its ledger have.

Owns what a value is: of a counter or gauge, of a histogram, with an event as its example. Refuses names and meanings: those are the
table's (`metrics`), which needs more of the program than a process has that only counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interceptor.core.model import Stage
    from interceptor.core.pipeline import Pipeline

__all__ = ["Distribution", "Exemplar", "Sample", "pipeline_samples", "stage_samples"]


class Sample(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


class Exemplar(NamedTuple):
    """One of the events in a bucket, shown to who asks for OpenMetrics."""

    labels: dict[str, str]
    """At most 128 characters in all (OpenMetrics, "Exemplars")."""
    value: float
    time: float
    """Unix seconds."""


class Distribution(NamedTuple):
    """A histogram's values: seconds, or whatever its unit is."""

    name: str
    labels: tuple[str, ...]
    buckets: list[tuple[float, int, Exemplar | None]]
    """Upper bound, how many are not above it, and one of those that are not in the bucket before. The last bound is
    infinite."""
    sum: float


def stage_samples(stages: Iterable[Stage]) -> Iterator[Sample]:
    """Stages of a ledger."""
    for stage in stages:
        yield Sample("stage_received_total", stage.received, (stage.name,))
        yield Sample("stage_delivered_total", stage.delivered, (stage.name,))
        yield Sample("stage_held", stage.held, (stage.name,))
        for reason, count in stage.dropped.items():
            yield Sample("dropped_total", count, (stage.name, reason))


def pipeline_samples(pipeline: Pipeline) -> Iterator[Sample]:
    """The core's counters, beside its ledger."""
    for protocol, size in pipeline.read().items():
        yield Sample("payload_bytes_total", size, (protocol,))
    yield Sample("missed_bytes_total", pipeline.missed_bytes)
    yield Sample("gaps_total", pipeline.gaps)
    yield Sample("cut_bytes_total", pipeline.cut_bytes)
    yield Sample("connections_open", pipeline.open_connections)
    yield Sample("connections_total", pipeline.connections)
    yield Sample("connections_evicted_total", pipeline.evicted)
    yield Sample("connections_shed_total", pipeline.shedded)
    yield Sample("reassembly_held_bytes", pipeline.held_bytes)
    yield Sample("waiting_bytes", pipeline.waiting_bytes)
    yield Sample("connections_relieved_total", pipeline.relieved)
    yield Sample("transactions_total", pipeline.transactions)
    yield Sample("unpaired_messages_total", pipeline.unpaired)
