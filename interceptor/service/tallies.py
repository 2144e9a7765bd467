"""What one process has counted so far, and the sum over several.

Owns the sum: counters and gauges add up, as the latter count what is there (connections, bytes); histograms add up by bucket. And what
becomes of the count of a process that is no more: what it had done stays done, and what it had not decided on is lost. Refuses
to count: `analysis` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from interceptor.core.model import Stage
from interceptor.service.samples import Distribution, Exemplar, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CUT_SHORT", "THERE", "Tally", "cut_short", "total"]

CUT_SHORT: Final = "cut_short"
"""Why something was not passed on: the process that had it ended in the middle of it."""


THERE: Final = frozenset({"connections_open", "reassembly_held_bytes", "waiting_bytes", "proven_interfaces"})
"""Of what is counted, what there is now and will not be when the process has ended: gauges."""


class Tally(msgspec.Struct, frozen=True):
    """At one moment."""

    packets: int = 0
    """That were given to the core."""
    transactions: int = 0
    connections: int = 0
    """Open now."""
    missed_bytes: int = 0
    memory_bytes: int = 0
    """That the process uses."""
    cpu_seconds: float = 0.0
    """That it has used."""
    read: dict[str, int] = {}
    """Payload bytes by protocol (`Pipeline.read`)."""
    stages: list[Stage] = []
    """The core's ledger."""
    samples: list[Sample] = []
    distributions: list[Distribution] = []


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    tallies = list(tallies)
    stages: dict[str, Stage] = {}
    samples: dict[tuple[str, tuple[str, ...]], float] = {}
    distributions: dict[tuple[str, tuple[str, ...]], Distribution] = {}
    for tally in tallies:
        for stage in tally.stages:
            stages[stage.name] = _both(stages[stage.name], stage) if stage.name in stages else stage
        for name, value, labels in tally.samples:
            samples[name, labels] = samples.get((name, labels), 0) + value
        for each in tally.distributions:
            key = each.name, each.labels
            distributions[key] = _merged(distributions[key], each) if key in distributions else each
    return Tally(
        packets=sum(tally.packets for tally in tallies),
        transactions=sum(tally.transactions for tally in tallies),
        connections=sum(tally.connections for tally in tallies),
        missed_bytes=sum(tally.missed_bytes for tally in tallies),
        memory_bytes=sum(tally.memory_bytes for tally in tallies),
        cpu_seconds=sum(tally.cpu_seconds for tally in tallies),
        read=_added(tally.read for tally in tallies),
        stages=[*stages.values()],
        samples=[Sample(name, value, labels) for (name, labels), value in samples.items()],
        distributions=[*distributions.values()],
    )


def cut_short(tally: Tally) -> Tally:
    """What is left of the tally of a process that is no more."""
    return Tally(
        packets=tally.packets,
        transactions=tally.transactions,
        missed_bytes=tally.missed_bytes,
        cpu_seconds=tally.cpu_seconds,
        read=tally.read,
        stages=[_cut_short(stage) if stage.held else stage for stage in tally.stages],
        samples=[sample for sample in tally.samples if sample.name not in THERE],
        distributions=tally.distributions,
    )


def _cut_short(stage: Stage) -> Stage:
    dropped = _added((stage.dropped, {CUT_SHORT: stage.held}))
    return Stage(stage.name, stage.unit, stage.received, stage.delivered, dropped, 0)


def _both(one: Stage, other: Stage) -> Stage:
    return Stage(
        one.name,
        one.unit,
        one.received + other.received,
        one.delivered + other.delivered,
        _added((one.dropped, other.dropped)),
        one.held + other.held,
    )


def _merged(one: Distribution, other: Distribution) -> Distribution:
    buckets = [
        (bound, count + more, _newer(exemplar, another))
        for (bound, count, exemplar), (_, more, another) in zip(one.buckets, other.buckets, strict=True)
    ]
    return Distribution(one.name, one.labels, buckets, one.sum + other.sum)


def _newer(one: Exemplar | None, other: Exemplar | None) -> Exemplar | None:
    return max((each for each in (one, other) if each is not None), key=lambda each: each.time, default=None)


def _added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for each in counts:
        for key, count in each.items():
            sums[key] = sums.get(key, 0) + count
    return sums
