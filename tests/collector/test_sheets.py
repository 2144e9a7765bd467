"""Answers as CSV: columns that stay, and nothing that computes."""

from __future__ import annotations

import csv
import io
import json

import msgspec
import pytest

from interceptor.collector.answers import Agent, Captures, Endpoint, Known, Service, Spread
from interceptor.collector.sheets import records, sheet
from tests.support.records import record


def read(text: bytes) -> list[dict[str, str]]:
    """As another program does."""
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def test_a_part_has_columns_of_its_own() -> None:
    """Calls by class, latencies, losses; empty where nothing is known."""
    spread = Spread(3, (0, 0, 2, 0, 0, 1), 10, 1, 2, 3)
    [row] = read(sheet(Endpoint, [Endpoint(7, "a.test", "GET", "/x", spread, (1, 2))]))
    assert row["5xx"] == "1"
    assert (row["calls"], row["p99_us"], row["trend"]) == ("3", "3", "1 2")
    agents = [
        Agent("c", "n", "p", 1, 2, 3, 4, Captures(9, 8, 7, 1.5)),
        Agent("c", "m", "p", 1, 2, 3, 4),
    ]
    lossy, silent = read(sheet(Agent, agents))
    assert (lossy["captures_kernel_dropped"], silent["captures_kernel_dropped"]) == ("8", "")
    assert lossy.keys() == silent.keys()
    [known] = read(sheet(Known, [Known(1, "a.test", "GET", "/", 0, 0, 2, 0, 1, [(0, 1), (200, 1)])]))
    assert known["statuses"] == "0:1 200:1"


@pytest.mark.parametrize("text", ["=1+1", "@x", "+1", "\t=1"])
def test_no_name_is_a_formula(text: str) -> None:
    """Whatever traffic is called."""
    [row] = read(sheet(Service, [Service(text, 1, 1, Spread(0, (0,) * 6))]))
    assert row["service"] == f"'{text}"
    [row] = read(records([msgspec.Raw(json.dumps(record(interface=text)).encode())]))
    assert (row["interface"], row["url.template"]) == (f"'{text}", "/users/{id}")
