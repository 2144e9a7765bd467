"""Parameters of a URL to a question, and what is said of those that do not hold."""

from __future__ import annotations

import pytest

from interceptor.collector.question import FILTERS, Question, asked


def test_every_filter_is_read() -> None:
    """Each parameter has its place in the question."""
    values = {
        "from": "2026-01-02T03:04:05Z",
        "to": "1767323046",
        "service": "shop.test:8080",
        "caller": "10.0.0.1",
        "endpoint": "7",
        "status": "503",
        "class": "5",
        "anomaly": "obs_fold",
        "agent": "blue/node-1",
        "namespace": "shop",
    }
    assert set(values) | {"range"} == set(FILTERS)
    found = asked(values)
    assert found == Question(
        start=1_767_323_045,
        end=1_767_323_046,
        service="shop.test:8080",
        caller="10.0.0.1",
        endpoint=7,
        status=503,
        kind=5,
        anomaly="obs_fold",
        agent="blue/node-1",
        namespace="shop",
    )
    assert (found.server, found.node) == (("shop.test", 8080), ("blue", "node-1"))
    assert asked({"range": "24h"}) == Question(range="24h")
    assert asked({}) == Question()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("2026-01-02T04:04:05+01:00", 1_767_323_045),
        ("2026-01-02T03:04:05.999z", 1_767_323_045),
        ("0001-01-01T00:00:00+14:00", 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ],
)
def test_times_are_rfc_3339_or_seconds(text: str, seconds: int) -> None:
    """What is before 1970 is the beginning."""
    assert asked({"from": text}).start == seconds


@pytest.mark.parametrize(
    "parameters",
    [
        {"range": "2h"},
        {"range": "1h", "from": "1"},
        {"to": "5"},
        {"to": "5", "from": "5"},
        {"from": "yesterday"},
        {"from": "2026-02-30T00:00:00Z"},
        {"from": "2026-01-02"},
        {"from": "999999999999"},
        {"from": "\u0661"},
        {"status": "2000"},
        {"class": "6"},
        {"endpoint": "-1"},
        {"service": ""},
        {"anomaly": "x" * 1_101},
        {"namespace": ""},
    ],
)
def test_what_does_not_hold_is_named(parameters: dict[str, str]) -> None:
    """The message begins with the parameter, so that a client knows what to change."""
    with pytest.raises(ValueError, match=f"^({'|'.join(parameters)}) "):
        asked(parameters)


@pytest.mark.parametrize(
    ("question", "statuses"),
    [
        (Question(), None),
        (Question(status=0), (0, 0)),
        (Question(kind=0), (0, 99)),
        (Question(kind=4), (400, 499)),
        (Question(kind=5), (500, 65_535)),
        (Question(kind=5, status=503), (503, 503)),
    ],
)
def test_statuses_that_are_asked_for(question: Question, statuses: tuple[int, int] | None) -> None:
    """A class is those that totals count as it."""
    assert question.statuses == statuses


def test_a_status_of_another_class_is_none() -> None:
    """Both have to hold."""
    found = Question(kind=4, status=503).statuses
    assert found is not None
    assert found[0] > found[1]


def test_an_agent_is_a_node_of_any_cluster_or_of_one() -> None:
    """A slash tells the cluster from the node."""
    assert Question(agent="node-1").node == (None, "node-1")
    assert Question(agent="/node-1").node == ("", "node-1")
