"""Values of metrics; that each has a name in the table, `test_metrics` and every scrape tell."""

from __future__ import annotations

from interceptor.core.model import Stage
from interceptor.core.pipeline import Pipeline
from interceptor.service.metrics import METRICS
from interceptor.service.samples import Sample, pipeline_samples, stage_samples


def test_a_stage_in_samples() -> None:
    """Everything that a stage says, each reason for itself."""
    stages = [Stage("http", "bytes", 10, 6, {"deadline": 1, "not_http": 2}, 1)]
    assert list(stage_samples(stages)) == [
        Sample("stage_received_total", 10, ("http",)),
        Sample("stage_delivered_total", 6, ("http",)),
        Sample("stage_held", 1, ("http",)),
        Sample("dropped_total", 1, ("http", "deadline")),
        Sample("dropped_total", 2, ("http", "not_http")),
    ]


def test_what_the_core_has_counted() -> None:
    """Is in the table, from the start."""
    names = {sample.name for sample in pipeline_samples(Pipeline())}
    assert names <= {metric.name for metric in METRICS}
    assert {"transactions_total", "connections_open", "payload_bytes_total"} <= names
