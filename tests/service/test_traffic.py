"""The traffic in numbers: what counts as what, what is named, and what a scrape shows of it."""

from __future__ import annotations

import json
import re
import signal
import sys
import time
from collections import Counter
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from interceptor.capture.capture_file import CaptureReader
from interceptor.core.model import METHODS
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import Record, RecordEncoder
from interceptor.service.metrics import Metrics
from interceptor.service.samples import Distribution, Sample
from interceptor.service.traffic import (
    ADDRESS,
    BOUNDS,
    GRPC_STATUSES,
    IDLE_SECONDS,
    OTHER,
    OUTCOMES,
    UNSEEN,
    Traffic,
)
from tests.capture_bytes import pcap
from tests.conversations import ACK, FIN, RST, SECOND, Capture, Dialogue, Ends
from tests.support import canaries
from tests.support.services import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Wire(Capture):
    """A capture that can be written to a file."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.frames: list[tuple[int, bytes]] = []

    def feed(self, frame: bytes, time: int | None = None, interface: Any = None) -> None:
        """One packet, 100 µs after the one before."""
        self.now += 100_000
        super().feed(frame, time, interface)
        self.frames.append((self.now, frame))

    def records(self) -> list[Record]:
        """What has been reported by now."""
        encoder = RecordEncoder()
        return [encoder.record(transaction) for transaction in self.transactions]


def head(start: str, *fields: str) -> bytes:
    """A message's."""
    return "\r\n".join((start, *fields, "", "")).encode()


def call(
    wire: Wire,
    *,
    asked: bytes = head("GET /a HTTP/1.1", "Host: a.test"),
    answered: bytes | None = head("HTTP/1.1 200 Fine", "Content-Length: 0"),
    after: float = 0.001,
    end: int = FIN,
) -> None:
    """A connection of one request, whose answer comes so many seconds later."""
    talk = Dialogue(wire, Ends(client_port=10_000 + len(wire.frames))).open()
    if asked:
        talk.client(asked)
    wire.now += round(after * SECOND)
    if answered is not None:
        talk.server(answered)
    if end == FIN:
        talk.close()
    elif end:
        talk.server(flags=ACK | RST)


def made(**fields: Any) -> Record:
    """A record of these fields."""
    return Record(time="2026-01-02T03:04:05.000006Z", **fields)


def counted(records: list[Record], servers: int = 0) -> Traffic:
    """Records, counted."""
    traffic = Traffic(servers)
    traffic.count(records, 0.0)
    return traffic


def requests(traffic: Traffic) -> dict[tuple[str, str], float]:
    """How many requests, by method and class; those that there are."""
    return {
        (sample.labels[0], sample.labels[1]): sample.value
        for sample in traffic.samples()
        if isinstance(sample, Sample) and sample.name == "http_requests_total" and sample.value
    }


def by_server(traffic: Traffic) -> dict[str, float]:
    """How many requests, by server; all that have a series."""
    found: Counter[str] = Counter()
    for sample in traffic.samples():
        if isinstance(sample, Sample) and sample.name == "server_requests_total":
            found[sample.labels[0]] += int(sample.value)
    return dict(found)


def durations(traffic: Traffic, name: str = "http_request_duration_seconds") -> dict[str, Distribution]:
    """The histograms of that name."""
    return {
        sample.labels[0]: sample
        for sample in traffic.samples()
        if isinstance(sample, Distribution) and sample.name == name
    }


def measured(traffic: Traffic) -> dict[str, int]:
    """How many durations, by class."""
    return {label: found.buckets[-1][1] for label, found in durations(traffic).items()}


# What counts as what


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((101, "1xx"), (200, "2xx"), (299, "2xx"), (304, "3xx"), (404, "4xx"), (499, "4xx")),
        *((500, "5xx"), (599, "5xx"), (600, "other"), (999, "other")),
    ],
)
def test_an_answer_counts_by_its_class(status: int, outcome: str) -> None:
    """Also a status that no class has; and each of them took some time."""
    wire = Wire()
    call(wire, answered=head(f"HTTP/1.1 {status} X", "Content-Length: 0"))
    wire.close()
    traffic = counted(wire.records())
    assert requests(traffic) == {("GET", outcome): 1}
    assert measured(traffic) == {outcome: 1}


def test_no_answer_is_not_status_zero() -> None:
    """One that cannot come any more is `unanswered`; one that nobody looked for to the end is `unknown`."""
    wire = Wire()
    call(wire, answered=None, end=RST)
    call(wire, answered=None, end=0)
    wire.close()
    traffic = counted(wire.records())
    assert requests(traffic) == {("GET", "unanswered"): 1, ("GET", "unknown"): 1}
    assert measured(traffic) == {}


@pytest.mark.parametrize(
    ("status", "code", "anomalies", "outcome", "named"),
    [
        (200, 0, None, "2xx", "OK"),
        (200, 13, None, "grpc_error", "INTERNAL"),
        (200, 77, None, "grpc_error", OTHER),
        (200, None, None, "2xx", "unknown"),
        (None, 5, None, "grpc_error", "NOT_FOUND"),
        (None, None, ("unanswered",), "unanswered", "unknown"),
        (200, None, ("client_closed", "rpc_deadline"), "grpc_error", "unknown"),
        (503, 14, None, "5xx", "UNAVAILABLE"),
    ],
)
def test_a_call_of_grpc_counts_by_its_own_status(
    status: int | None, code: int | None, anomalies: tuple[str, ...] | None, outcome: str, named: str
) -> None:
    """A 200 with status 13 is a failure, by server too; a status that nobody gave is not `OK`."""
    fields = {"http_response_status_code": status, "rpc_grpc_status_code": code, "anomalies": anomalies}
    call = made(http_request_method="POST", rpc_system="grpc", server_address="shop.test", **fields)
    traffic = counted([call], 1)
    assert requests(traffic) == {("POST", outcome): 1}
    found = [sample for sample in traffic.samples() if isinstance(sample, Sample)]
    calls = {sample.labels[0]: sample.value for sample in found if sample.name == "grpc_requests_total"}
    assert set(calls) == set(GRPC_STATUSES)
    assert {name: value for name, value in calls.items() if value} == {named: 1}
    servers = {sample.labels: sample.value for sample in found if sample.name == "server_requests_total"}
    assert servers["shop.test", outcome] == 1


def test_without_grpc_there_is_no_series_of_it() -> None:
    """An agent whose pods do not speak it is asked for none; calls of Connect have no such status."""
    for records in ([made(http_response_status_code=200)], [made(rpc_system="connect_rpc")]):
        names = {sample.name for sample in counted(records).samples()}
        assert "grpc_requests_total" not in names


def test_a_stream_of_grpc_is_no_latency() -> None:
    """It lasts as long as both want it to."""
    whole = {"http_response_status_code": 200, "http_response_state": "complete", "duration_us": 9_000_000}
    streams = [
        made(rpc_system="grpc", rpc_grpc_status_code=0, rpc_response_messages=3, **whole),
        made(rpc_system="grpc", rpc_grpc_status_code=0, rpc_request_messages=2, **whole),
        made(rpc_system="grpc", rpc_grpc_status_code=0, rpc_request_messages=1, **whole),
    ]
    assert measured(counted(streams)) == {"2xx": 1}


def test_an_answer_that_was_not_seen_whole_has_no_duration() -> None:
    """It counts by its status: that was seen."""
    wire = Wire()
    call(wire, answered=head("HTTP/1.1 200 Fine", "Content-Length: 10") + b"half", end=RST)
    wire.close()
    traffic = counted(wire.records())
    assert requests(traffic) == {("GET", "2xx"): 1}
    assert measured(traffic) == {}


def test_an_answer_whose_request_was_not_seen_has_no_method() -> None:
    """As a server sends one that was not asked for: 408, before it closes."""
    wire = Wire()
    call(wire, asked=b"", answered=head("HTTP/1.1 408 Late", "Content-Length: 0"))
    wire.close()
    traffic = counted(wire.records())
    assert requests(traffic) == {(UNSEEN, "4xx"): 1}
    assert measured(traffic) == {}


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/events", "Content-Type: text/event-stream"),
        ("/events", "Content-Type: text/event-stream; charset=utf-8"),
        ("/camera", "Content-Type: multipart/x-mixed-replace; boundary=x"),
        ("/api/v1/pods?watch=true&resourceVersion=1", "Content-Type: application/json"),
        ("/api/v1/namespaces/a/pods/b/log?follow=true", "Content-Type: text/plain"),
    ],
)
def test_streams_and_long_polls_are_no_latency(target: str, field: str) -> None:
    """They count as requests."""
    wire = Wire()
    call(
        wire,
        asked=head(f"GET {target} HTTP/1.1", "Host: a.test"),
        answered=head("HTTP/1.1 200 Fine", field, "Content-Length: 2") + b"ok",
        after=60,
    )
    call(wire)
    wire.close()
    traffic = counted(wire.records())
    assert requests(traffic) == {("GET", "2xx"): 2}
    assert measured(traffic) == {"2xx": 1}
    assert durations(traffic)["2xx"].sum < 1


def test_an_upgrade_takes_as_long_as_its_handshake() -> None:
    """Not as long as the connection that it opens (a WebSocket lives for hours)."""
    wire = Wire()
    talk = Dialogue(wire).open()
    talk.client(head("GET /chat HTTP/1.1", "Host: a.test", "Connection: Upgrade", "Upgrade: websocket"))
    talk.server(head("HTTP/1.1 101 Now", "Connection: Upgrade", "Upgrade: websocket"))
    wire.now += 250 * SECOND
    talk.server(b"\x81\x02hi")
    talk.close()
    wire.close()
    traffic = counted(wire.records())
    assert requests(traffic) == {("GET", "1xx"): 1}
    assert durations(traffic)["1xx"].sum < 0.001


def test_calls_below_a_millisecond_are_told_apart() -> None:
    """Bounds are inclusive, in seconds, and written as the client library writes them, in both formats."""
    wire = Wire()
    for after in (0.0, 0.0003, 0.0007, 0.004, 100.0):
        call(wire, after=after)
    wire.close()
    buckets = durations(counted(wire.records()))["2xx"].buckets
    assert [bound for bound, _, _ in buckets[:4]] == [0.00025, 0.0005, 0.001, 0.0025]
    assert [count for _, count, _ in buckets] == [1, 2, 3, 3, *[4] * 12, 5]
    assert buckets[-2][0] == 30
    assert buckets[-1][0] == inf
    exact = counted([made(duration_us=250, http_response_status_code=200, http_response_state="complete")])
    assert durations(exact)["2xx"].buckets[0][1] == 1


FIELDS = st.fixed_dictionaries(
    {
        "http_request_method": st.sampled_from([*METHODS, "_OTHER", None]),
        "http_response_status_code": st.none() | st.integers(100, 999),
        "http_response_state": st.sampled_from(["complete", "truncated", "missing"]),
        "duration_us": st.none() | st.integers(0, 100_000_000),
        "server_address": st.sampled_from(["a", "b", "c.test", "{token}.test", "10.0.0.1", "::1", "7"]),
        "anomalies": st.sampled_from([None, ("unanswered",), ("cut_short", "pipelined")]),
        "url_query_keys": st.sampled_from([None, ("page",), ("page", "watch")]),
    }
)


@given(st.lists(FIELDS, max_size=40), st.integers(0, 3))
def test_every_record_counts_once(fields: list[dict[str, Any]], servers: int) -> None:
    """In the sum of all methods, and of all servers; durations are those of whole answers, to the microsecond."""
    traffic = counted([made(**each) for each in fields], servers)
    assert sum(requests(traffic).values()) == len(fields)
    assert sum(by_server(traffic).values()) == (len(fields) if servers else 0)
    whole = [
        each["duration_us"]
        for each in fields
        if each["duration_us"] is not None
        and each["http_response_state"] == "complete"
        and "watch" not in (each["url_query_keys"] or ())
    ]
    for name, there in (
        ("http_request_duration_seconds", True),
        ("server_request_duration_seconds", servers > 0),
    ):
        found = durations(traffic, name).values()
        assert sum(each.buckets[-1][1] for each in found) == (len(whole) if there else 0)
        assert sum(round(each.sum * 1e6) for each in found) == (sum(whole) if there else 0)
        for number, bound in enumerate(BOUNDS):
            at_most = sum(each.buckets[number][1] for each in found)
            assert at_most == (sum(each <= bound for each in whole) if there else 0)


def test_a_method_has_all_classes_from_its_first_request() -> None:
    """The first error has a zero before it, so that `increase()` sees it."""
    traffic = counted([made(http_request_method="GET", http_response_status_code=200)])
    found = [sample for sample in traffic.samples() if isinstance(sample, Sample)]
    assert [(sample.labels, sample.value) for sample in found] == [
        (("GET", outcome), int(outcome == "2xx")) for outcome in OUTCOMES
    ]


# Who is named


def to(*names: str) -> list[Record]:
    """A request to each."""
    return [made(server_address=name, http_response_status_code=200) for name in names]


def test_servers_are_not_told_apart_unless_asked_for() -> None:
    """No label is taken from traffic then."""
    assert by_server(counted(to("a", "b"))) == {}


def test_names_beyond_the_limit_are_counted_together() -> None:
    """A flood of made-up names takes no more series than were asked for, and hides none that has one."""
    traffic = counted(to("shop", "cart"), 4)
    for number in range(10_000):
        traffic.count(to(f"made-up-{number}", "shop"), number / 1_000)
    assert by_server(traffic) == {
        ADDRESS: 0,
        OTHER: 9_998,
        "shop": 10_001,
        "cart": 1,
        "made-up-0": 1,
        "made-up-1": 1,
    }


def test_a_name_that_nobody_calls_gives_its_place() -> None:
    """After an hour, to the first that wants it; one that is called keeps it; what is left starts from nothing."""
    traffic = counted(to("old", "busy"), 2)
    for minute in range(1, 61):
        traffic.count(to("busy", "new"), minute * 60.0)
        assert set(by_server(traffic)) == {ADDRESS, OTHER, "old", "busy"}
    traffic.count(to("new"), 60 + IDLE_SECONDS)
    assert by_server(traffic) == {ADDRESS: 0, OTHER: 60, "busy": 61, "new": 1}
    traffic.count(to("old"), 60 + IDLE_SECONDS)
    assert by_server(traffic)[OTHER] == 61


def test_the_names_of_a_flood_are_gone_two_hours_later() -> None:
    """And it cannot start more than so many series an hour while it lasts."""
    traffic = Traffic(5)
    seen = set()
    for minute in range(600):
        traffic.count(to(*(f"{minute}-{number}" for number in range(20))), minute * 60.0)
        seen |= set(by_server(traffic))
    assert len(seen) <= 5 * 10 + 2
    for minute in range(600, 800):
        traffic.count(to("a", "b", "c", "d", "e"), minute * 60.0)
    assert set(by_server(traffic)) == {ADDRESS, OTHER, "a", "b", "c", "d", "e"}


def test_addresses_are_no_names() -> None:
    """Probes call pods by their addresses, which come and go: they are counted together. Names may end in digits."""
    traffic = counted(to("10.1.2.3", "::1", "fe80::1", "web-1", "v1.2", "7", "2.example"), 10)
    assert by_server(traffic) == {ADDRESS: 4, OTHER: 0, "web-1": 1, "v1.2": 1, "2.example": 1}


def test_no_host_can_pass_for_all_others() -> None:
    """Braces are in no name but where a record has closed it, as a whole label."""
    wire = Wire()
    for host in ("other", "{other}", "{address}", "0af7651916cd43dd8448eb211c80319c.tenants.test"):
        call(wire, asked=head("GET / HTTP/1.1", f"Host: {host}"))
    wire.close()
    found = by_server(counted(wire.records(), 10))
    assert found == {ADDRESS: 2, OTHER: 0, "other": 1, "{token}.tenants.test": 1}


def test_no_canary_is_in_a_label() -> None:
    """Whatever traffic holds, with as many servers named as may be: `/metrics` shows no more than records."""
    pipeline = Pipeline()
    transactions = [
        one for batch in CaptureReader().feed(canaries.capture(canaries.SENT)) for one in pipeline.feed(batch)
    ]
    encoder = RecordEncoder()
    made = [encoder.record(transaction) for transaction in transactions + pipeline.close()]
    records = [record for record in made if isinstance(record, Record)]
    assert len(records) > 50
    metrics = Metrics()
    metrics.add(counted(records, 200).samples)
    for accept in ("", "application/openmetrics-text"):
        assert canaries.search("metrics", metrics.exposition(accept)[0]) == []


# Through the command


@contextmanager
def agent(tmp_path: Path, wire: Wire, *flags: object) -> Iterator[Running]:
    """`run`, when it has the traffic; it goes on, as the next packet is an hour later."""
    file = tmp_path / "t.pcap"
    last = wire.frames[-1]
    file.write_bytes(pcap([*wire.frames, (last[0] + 3_600 * SECOND, last[1])]))
    output = tmp_path / "records.jsonl"
    source = f"file:{file}?pace=real"
    with running("run", "--capture-sources", source, "--output-path", output, *flags) as one:
        want = len(wire.records())
        deadline = time.monotonic() + 60
        while f"interceptor_records_total {want}.0" not in page(one):
            assert time.monotonic() < deadline, page(one)
            time.sleep(0.05)
        yield one


def page(service: Running, accept: str = "") -> str:
    """Its metrics."""
    return httpx.get(f"{service.url}/metrics", headers={"Accept": accept}, trust_env=False).text


def shop() -> Wire:
    """Some calls, one of which names its caller's trace."""
    wire = Wire()
    call(
        wire,
        asked=head("GET / HTTP/1.1", "Host: shop.test", f"traceparent: 00-{TRACE}-b7ad6b7169203331-01"),
        after=0.004,
    )
    call(
        wire,
        asked=head("POST / HTTP/1.1", "Host: cart.test"),
        answered=head("HTTP/1.1 503 X", "Content-Length: 0"),
    )
    call(wire, asked=head("BREW / HTTP/1.1", "Host: 9f86d081884c7d659a2feaa0c55ad015.test"))
    call(wire, asked=head("GET / HTTP/1.1", "Host: fourth.test"), answered=None)
    return wire


def values(text: str, name: str) -> dict[tuple[str, ...], float]:
    """Samples of a name, by the values of their labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"interceptor_{name}" and sample.value
    }


def test_the_agent_counts_what_it_reports(tmp_path: Path) -> None:
    """As many requests as records, servers as records show them; SIGHUP sets nothing back."""
    with agent(tmp_path, shop(), "--metrics-by-server", 3) as one:
        before = page(one)
        assert values(before, "http_requests_total") == {
            ("GET", "2xx"): 1,
            ("POST", "5xx"): 1,
            ("_OTHER", "2xx"): 1,
            ("GET", "unanswered"): 1,
        }
        assert values(before, "server_requests_total") == {
            ("shop.test", "2xx"): 1,
            ("cart.test", "5xx"): 1,
            ("{token}.test", "2xx"): 1,
            (OTHER, "unanswered"): 1,
        }
        assert values(before, "http_request_duration_seconds_count") == {("2xx",): 2, ("5xx",): 1}
        assert "9f86d081884c7d65" not in before
        one.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while not [event for event in one.log() if event["event"] == "configuration_reloaded"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        after = page(one)
        for name in ("http_requests_total", "server_requests_total", "http_request_duration_seconds_bucket"):
            assert values(after, name) == values(before, name)
        assert one.stop() == 0
        [last] = [event for event in one.log() if event["event"] == "stopped"]
        assert last["balanced"]


def test_exemplars_are_for_who_asks_for_openmetrics(tmp_path: Path) -> None:
    """Each names a record that is there, its duration and its end, and nothing that the caller sent."""
    with agent(tmp_path, shop()) as one:
        assert " # {" not in page(one)
        opened = page(one, "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3")
        found = {
            sample.exemplar.labels["record_id"]: sample.exemplar
            for family in read_openmetrics(opened)
            for sample in family.samples
            if sample.exemplar is not None
        }
        assert one.stop() == 0
    records = {
        record["id"]: record
        for record in map(json.loads, (tmp_path / "records.jsonl").read_text().splitlines())
    }
    assert len(found) == 3
    for identity, exemplar in found.items():
        record = records[identity]
        assert exemplar.value == record["duration_us"] / 1e6
        assert abs(float(exemplar.timestamp) - 1_700_000_000) < 10
        assert set(exemplar.labels) == {"record_id"}
    assert TRACE in (tmp_path / "records.jsonl").read_text()
    assert TRACE not in opened


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("application/openmetrics-text", "application/openmetrics-text"),
        ("Application/OpenMetrics-Text ; version=0.0.1", "application/openmetrics-text"),
        (
            'application/openmetrics-text; version="1.0.0"; escaping=allow-utf-8',
            "application/openmetrics-text",
        ),
        ("text/plain, application/openmetrics-text;q=0.1", "application/openmetrics-text"),
        ("application/openmetrics-text;q=0", "text/plain"),
        ("application/openmetrics-text;q=0.000", "text/plain"),
        ("application/openmetrics-text; version=2.0.0", "text/plain"),
        ("application/openmetrics-text; version=none", "text/plain"),
        ("application/openmetrics-text; version=" + "9" * 5_000, "text/plain"),
        ("text/plain; version=x.y", "text/plain"),
        (";;=,=;,", "text/plain"),
    ],
)
def test_any_accept_field_has_an_answer(accept: str, kind: str) -> None:
    """In a format that it names; in Prometheus's text otherwise."""
    metrics = Metrics()
    metrics.add(counted(to("a"), 1).samples)
    text, media_type = metrics.exposition(accept)
    assert media_type.startswith(kind)
    assert text.endswith(b"# EOF\n") is (kind != "text/plain")


def test_bounds_of_buckets_read_the_same_in_both_formats() -> None:
    """A label that changes with the format would be another series."""
    wire = Wire()
    call(wire)
    wire.close()
    metrics = Metrics()
    metrics.add(counted(wire.records()).samples)
    plain, opened = (
        re.findall(
            r'http_request_duration_seconds_bucket\{le="([^"]*)"', metrics.exposition(accept)[0].decode()
        )
        for accept in ("", "application/openmetrics-text")
    )
    assert plain == opened
    assert " ".join(plain) == (
        "0.00025 0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1.0 2.5 5.0 10.0 30.0 +Inf"
    )


def test_a_record_costs_four_calls() -> None:
    """One of them of Python. All else are look-ups and additions, which is what makes it cheap: a regression would show
    here, on any machine.
    """
    records = [
        made(
            http_request_method="GET",
            http_response_status_code=200,
            http_response_state="complete",
            http_response_content_type="application/json",
            duration_us=number,
            server_address="shop.test",
        )
        for number in range(1_000)
    ]
    traffic = counted(records, 10)
    calls = Counter[str]()
    sys.setprofile(lambda _frame, event, _argument: calls.update([event]))
    try:
        traffic.count(records, 1.0)
    finally:
        sys.setprofile(None)
    assert calls["call"] <= len(records) + 1
    assert calls["c_call"] <= 3 * len(records) + 5


def test_the_most_series_are_as_many_as_documented() -> None:
    """By default 298, and 28 for each server and for the two that stand for many."""
    everyone = [
        made(
            http_request_method=method,
            http_response_status_code=status,
            http_response_state="complete",
            duration_us=1,
            server_address=f"s{number}",
        )
        for method in (*METHODS, "_OTHER", None)
        for status in (100, 200, 300, 400, 500, 600, None)
        for number in range(300)
    ]
    everyone.append(
        made(
            rpc_system="grpc",
            rpc_grpc_status_code=13,
            http_response_state="complete",
            duration_us=1,
            server_address="s0",
        )
    )
    for servers in (0, 200):
        metrics = Metrics()
        metrics.add(counted(everyone, servers).samples)
        lines = metrics.exposition()[0].decode().splitlines()
        ours = [line for line in lines if re.match("interceptor_(http|grpc|server)_request", line)]
        assert len(ours) == 12 * 9 + 19 + 8 * 19 + (202 * 28 if servers else 0)
