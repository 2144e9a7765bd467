"""How long the collector's answers take, as its metrics say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.services import TOKEN, running

if TYPE_CHECKING:
    from pathlib import Path


def test_answers_are_counted_and_refusals_are_not(tmp_path: Path) -> None:
    """By route; what a client adds to a path makes no series, and neither do assets."""
    secret = {"INTERCEPTOR_INGEST_TOKENS": TOKEN}
    flags = ("--collector-database", tmp_path / "c.db")
    with running("collector", *flags, environment=secret) as it, httpx.Client(trust_env=False) as client:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        for _ in range(3):
            assert client.get(f"{it.url}/v1/overview", headers=bearer).status_code == 200
        assert client.get(f"{it.url}/v1/records?limit=5", headers=bearer).status_code == 200
        assert client.get(f"{it.url}/v1/overview").status_code == 401
        assert client.get(f"{it.url}/v1/records?limit=no", headers=bearer).status_code == 400
        assert client.get(f"{it.url}/v1/made-up", headers=bearer).status_code == 404
        text = client.get(f"{it.url}/metrics").text
    counts = {
        sample.labels["question"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "interceptor_collector_answer_duration_seconds_count"
    }
    assert counts["/v1/overview"] == 3
    assert counts["/v1/records"] == 1
    assert sum(counts.values()) == 4
    assert "/v1/made-up" not in counts
    assert all(question.startswith("/v1/") for question in counts)
