"""Every metric: its name, its place in the documentation, and what a scrape reads."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from interceptor.capture.source import Counters, State, Watched
from interceptor.core.model import Limits, Stage
from interceptor.service.metrics import (
    METRICS,
    MOST_INTERFACES,
    PREFIX,
    SECONDS_PER_NEW_NAME,
    InterfaceNames,
    Kind,
    Metrics,
    record_losses,
    source_samples,
)
from interceptor.service.samples import Sample, pipeline_samples, stage_samples
from tests.conversations import Capture, Dialogue, Ends, request
from tests.support.rpcapd import unavailable

if TYPE_CHECKING:
    from interceptor.core.pipeline import Pipeline

DOCUMENT = Path(__file__).parents[2] / "docker" / "METRICS.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


def values(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Samples by name and label values."""
    text = metrics.exposition()[0].decode()
    return {
        (sample.name.removeprefix(PREFIX), tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class FakeSource:
    """A source in a state of a test's choice."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.live = True
        self.connected = True
        self.problem = ""
        self.reconnects = 0
        self.counters = Counters()
        self.interfaces: dict[str, Watched] = {}
        self.rules: Any = None

    def offer(self, name: str, state: State) -> Watched:
        """Offer an interface."""
        watched = self.interfaces[name] = Watched(name, self.counters)
        watched.set(state)
        return watched

    def obey(self, rules: Any) -> None:
        raise NotImplementedError

    def decisions(self, offers: Any) -> Any:
        raise NotImplementedError

    async def run(self, feed: Any) -> None:
        raise NotImplementedError

    async def offers(self) -> Any:
        raise NotImplementedError


def everything() -> Metrics:
    """A sample of every metric."""
    metrics = Metrics()
    for metric in METRICS:
        if metric.kind is Kind.HISTOGRAM:
            histogram = metrics.histogram(metric.name, (0.1, 1.0))
            (histogram.labels(*("x",) * len(metric.labels)) if metric.labels else histogram).observe(0.01)
    metrics.add(
        lambda: [
            Sample(metric.name, 1, ("x",) * len(metric.labels))
            for metric in METRICS
            if metric.kind is not Kind.HISTOGRAM and metric.name != "build_info"
        ]
    )
    return metrics


def test_names_follow_prometheus_rules() -> None:
    """Counters end in _total, nothing else does; units are in the names; each has a meaning."""
    for metric in METRICS:
        assert metric.name.endswith("_total") is (metric.kind is Kind.COUNTER), metric.name
        assert metric.meaning
        assert "milli" not in metric.name
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)


def test_promtool_has_nothing_to_say() -> None:
    """Of a scrape that has every metric."""
    if shutil.which("promtool") is None:
        unavailable("needs promtool, of Debian's prometheus")
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=everything().exposition()[0], capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_documentation_has_every_metric(request: pytest.FixtureRequest) -> None:
    """As the code says it: name, type, labels, meaning. `--regenerate` writes the table."""
    rows = ["| metric | type | labels | meaning |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{PREFIX}{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.meaning} |"
        for metric in METRICS
    ]
    table = "\n".join(rows) + "\n"
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if request.config.getoption("--regenerate"):
        DOCUMENT.write_text(f"{before}{BEGIN}{table}{END}{after}")
    else:
        assert rest.partition(END)[0] == table


def test_a_sample_without_a_name_in_the_table_is_a_defect() -> None:
    """Not a metric that nobody has documented."""
    metrics = Metrics()
    metrics.add(lambda: [Sample("unheard_of", 1)])
    with pytest.raises(KeyError, match="unheard_of"):
        metrics.exposition()


def test_values_are_those_at_the_time_of_the_scrape() -> None:
    """Nothing is kept in between, and two registries do not meet."""
    metrics, other = Metrics(), Metrics()
    count = iter(range(10))
    metrics.add(lambda: [Sample("records_total", next(count))])
    assert [values(metrics)["records_total", ()] for _ in range(3)] == [0, 1, 2]
    assert ("records_total", ()) not in values(other)


def test_openmetrics_is_spoken_where_it_is_asked_for() -> None:
    """By the Accept field."""
    assert Metrics().exposition("application/openmetrics-text; version=1.0.0")[0].endswith(b"# EOF\n")
    assert Metrics().exposition("text/plain")[1].startswith("text/plain")


def test_stages_give_what_came_went_stayed_and_was_dropped() -> None:
    """Each reason is a label."""
    metrics = Metrics()
    metrics.add(lambda: stage_samples([Stage("packets", "packets", 10, 5, {"not_ip": 2, "icmp": 1}, 2)]))
    read = values(metrics)
    assert read["stage_received_total", ("packets",)] == 10
    assert read["stage_delivered_total", ("packets",)] == 5
    assert read["stage_held", ("packets",)] == 2
    assert read["dropped_total", ("not_ip", "packets")] == 2
    assert read["dropped_total", ("icmp", "packets")] == 1


def test_every_reason_for_a_loss_is_there_before_the_first() -> None:
    """At zero: `increase()` needs a value before. One that nobody has listed is counted all the same."""
    metrics = Metrics()
    metrics.add(
        lambda: record_losses(
            [
                Stage("output", "records", 9, 2, {"disk_full": 7}, 0),
                Stage("spool", "records", 9, 5, {"disk_full": 3, "new": 1}, 0),
            ]
        )
    )
    lost = {
        labels[0]: value
        for (name, labels), value in values(metrics).items()
        if name == "records_dropped_total"
    }
    assert {reason for reason, value in lost.items() if value == 0} == {
        *("queue_full", "closed", "write_failed", "spool_full", "disk_failed", "batch_too_large", "corrupt"),
        *("refused", "rejected", "too_large", "unreadable", "no_span"),
    }
    assert {reason: value for reason, value in lost.items() if value} == {"disk_full": 10, "new": 1}


def test_the_core_is_read_without_asking_every_connection() -> None:
    """The totals are the ledger's, but for open transactions, which are only known by looking."""
    capture = Capture(Limits(connections=30))
    talks = [Dialogue(capture, Ends(client_port=1_000 + number)).open() for number in range(40)]
    for number, talk in enumerate(talks):
        if number % 2:
            talk.exchange(number)
        talk.client(request(number)[: 20 + number])
    pipeline: Pipeline = capture.pipeline
    exact, cheap = pipeline.ledger(), pipeline.totals()
    assert exact[:-1] == cheap[:-1]
    assert any(stage.held for stage in cheap)
    assert (cheap[-1].delivered, cheap[-1].held) == (exact[-1].delivered, 0)
    metrics = Metrics()
    metrics.add(lambda: pipeline_samples(pipeline))
    read = values(metrics)
    assert read["connections_open", ()] == 30
    assert read["connections_total", ()] == 40
    assert read["connections_evicted_total", ()] == 10
    assert read["transactions_total", ()] == exact[-1].delivered > 20
    assert read["unpaired_messages_total", ()] == pipeline.unpaired
    pipeline.shed(7)
    assert values(metrics)["connections_shed_total", ()] == 7


def test_sources_are_read_with_bounded_labels() -> None:
    """Totals outlive interfaces; only what is captured now is named, and not without end."""
    source, other = FakeSource("rpcap://a:2002"), FakeSource("live:")
    other.connected = False
    captured = source.offer("veth1", State.CAPTURING)
    captured.counters.packets = 5
    captured.dropped(3, 1)
    source.offer("lo", State.EXCLUDED)
    source.offer("veth2", State.FAILED)
    metrics = Metrics()
    now = [0.0]
    names = InterfaceNames(lambda: now[0])
    metrics.add(lambda: source_samples([source, other], names))
    read = values(metrics)
    assert read["source_connected", ("rpcap://a:2002",)] == 1
    assert read["source_connected", ("live:",)] == 0
    assert read["kernel_dropped_packets_total", ("rpcap://a:2002",)] == 3
    assert read["interface_dropped_packets_total", ("rpcap://a:2002",)] == 1
    assert read["interfaces", ("rpcap://a:2002", "excluded")] == 1
    assert [key[1][0] for key in read if key[0] == "interface_up"] == ["veth1"]
    assert read["interface_packets_total", ("veth1", "rpcap://a:2002")] == 5
    for number in range(1_000):
        source.offer(f"x{number}", State.CAPTURING)
    assert len([key for key in values(metrics) if key[0] == "interface_up"]) == MOST_INTERFACES
    seen = set()
    for listing in range(100):  # all names are others each time, five seconds later
        source.interfaces.clear()
        now[0] += 5
        for number in range(1_000):
            source.offer(f"y{listing}-{number}", State.CAPTURING)
        named = {key for key in values(metrics) if key[0] == "interface_up"}
        assert len(named) <= MOST_INTERFACES
        seen |= named
    assert len(seen) <= 500 / SECONDS_PER_NEW_NAME
    source.interfaces.clear()
    read = values(metrics)
    assert read["kernel_dropped_packets_total", ("rpcap://a:2002",)] == 3
    assert [key for key in read if key[0].startswith("interface_up")] == []
