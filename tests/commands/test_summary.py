"""The summary: exact totals in bounded memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.commands.summary import (
    MAXIMUM_ENDPOINTS,
    MAXIMUM_PEERS,
    NONE,
    OTHER,
    Durations,
    Summary,
    server_name,
)
from interceptor.core.model import Interface, PacketBatch
from interceptor.core.records.encoder import Record

RECORD = {
    "schema": 1,
    "kind": "http",
    "id": "0" * 32,
    "time": "2023-11-14T22:13:20.123456Z",
    "duration_us": 1_000,
    "source.address": "10.0.0.1",
    "source.port": 40_000,
    "destination.address": "10.0.0.2",
    "destination.port": 80,
    "server.address": "example.com",
    "server.port": 80,
    "network.type": "ipv4",
    "http.request.method": "GET",
    "url.template": "/items/{id}",
    "http.response.status_code": 200,
    "http.request.body.size": 0,
    "http.response.body.size": 1_234,
    "http.request.state": "complete",
    "http.response.state": "complete",
    "transaction.index": 1,
}


def record(**changes: Any) -> Record:
    """A record with some fields changed (`__` for `.`), or left out where None."""
    fields = RECORD | {name.replace("__", "."): value for name, value in changes.items()}
    return msgspec.convert({name: value for name, value in fields.items() if value is not None}, Record)


@given(
    st.lists(st.one_of(st.integers(0, 200), st.integers(0, 3_600_000_000)), min_size=1), st.floats(0.01, 1)
)
def test_quantiles_are_within_a_32nd(values: list[int], share: float) -> None:
    """The quantile is next to the value that has this rank."""
    durations = Durations()
    for value in values:
        durations.add(value)
    rank = min(int(share * len(values) - 1e-9), len(values) - 1)
    exact = sorted(values)[rank]
    found = durations.quantile(share)
    assert found is not None
    assert abs(found - exact) <= exact / 32
    assert durations.longest == max(values)
    assert durations.count == len(values)


def test_durations_of_nothing_have_no_quantile() -> None:
    """Not known is not zero."""
    assert Durations().quantile(0.5) is None


def test_durations_out_of_range_are_counted_at_its_ends() -> None:
    """A clock that stepped back gives 0; more than a transaction can last gives the longest."""
    durations = Durations()
    durations.add(-5)
    durations.add(2**60)
    assert (durations.quantile(0.5), durations.quantile(1.0), durations.longest) == (0, 2**33 - 2**27, 2**60)


def test_packets_are_counted_with_their_length_on_the_wire() -> None:
    """Not with what was captured; times are the earliest and the latest, in any order."""
    summary = Summary()
    interface = Interface(None, 1)
    summary.add_batch(PacketBatch(interface, bytes(99), [(50, 0, 10, 100), (20, 10, 10, 1_500)]))
    summary.add_batch(PacketBatch(interface, bytes(99), [(40, 0, 10, 60)]))
    assert (summary.packets, summary.octets, summary.first_time, summary.last_time) == (3, 1_660, 20, 50)


def test_statuses_methods_and_anomalies_are_counted() -> None:
    """Each transaction is in one class and under one method; whatever is missing has its own name."""
    summary = Summary()
    for each in (
        record(),
        record(http__response__status_code=204, http__request__method="PUT"),
        record(http__response__status_code=503, anomalies=("pipelined", "te_and_cl")),
        record(http__response__status_code=999),
        record(http__response__status_code=None, http__response__state="missing", anomalies=("unanswered",)),
        record(http__request__method=None, http__request__state="missing"),
    ):
        summary.add(each)
    assert summary.statuses == {"2xx": 3, "5xx": 1, OTHER: 1, NONE: 1}
    assert summary.methods == {"GET": 4, "PUT": 1, NONE: 1}
    assert summary.anomalies == {"pipelined": 1, "te_and_cl": 1, "unanswered": 1}
    assert (summary.transactions, summary.complete) == (6, 4)


def test_a_call_of_grpc_fails_by_its_own_status() -> None:
    """A 200 with another status than 0 is an error, of its endpoint and its server; one without is neither."""
    summary = Summary()
    for code, tags in ((0, None), (13, None), (99, None), (None, None), (None, ("rpc_deadline",))):
        summary.add(record(rpc__system="grpc", rpc__grpc__status_code=code, anomalies=tags))
    summary.add(record(rpc__system="connect_rpc"))
    assert summary.statuses == {"2xx": 3, "grpc_error": 3}
    assert summary.calls == {"OK": 1, "INTERNAL": 1, OTHER: 1, "unknown": 2}
    [endpoint] = summary.failing(9)
    assert (endpoint.count, endpoint.failed, endpoint.call_errors, endpoint.erroneous) == (6, 3, 3, 3)
    assert [peer.failed for peer in summary.servers.busiest(9)] == [3]


def test_endpoints_have_counts_failures_and_durations() -> None:
    """An endpoint failed where it answered 5xx or not at all; durations are those of complete transactions."""
    summary = Summary()
    for duration in (1_000, 2_000, 3_000):
        summary.add(record(duration_us=duration))
    summary.add(record(duration_us=9_000_000, http__response__state="truncated"))
    summary.add(record(http__response__status_code=500, duration_us=4_000))
    summary.add(record(http__response__status_code=None, duration_us=None, http__response__state="missing"))
    summary.add(record(http__request__method="POST", duration_us=50_000))
    busiest = summary.busiest(10)
    assert [(each.method, each.count, each.failed, each.durations.count) for each in busiest] == [
        ("GET", 6, 2, 4),
        ("POST", 1, 0, 1),
    ]
    assert [each.method for each in summary.slowest(10)] == ["POST", "GET"]
    assert busiest[1].durations.quantile(0.99) == 50_000


def test_endpoints_beyond_the_limit_share_one_line_and_totals_stay_exact() -> None:
    """The first ones seen are tracked; memory does not grow with the others."""
    summary = Summary()
    tracemalloc.start()
    try:
        for number in range(MAXIMUM_ENDPOINTS + 5_000):
            summary.add(record(url__template=f"/{number}"))
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(summary.endpoints) == MAXIMUM_ENDPOINTS + 1
    assert summary.untracked == 5_000
    assert summary.transactions == MAXIMUM_ENDPOINTS + 5_000
    assert sum(endpoint.count for endpoint in summary.endpoints.values()) == summary.transactions
    assert all(endpoint.server != OTHER for endpoint in summary.busiest(5_000) + summary.slowest(5_000))
    assert size < 8 * 2**20


def test_clients_and_servers_are_counted_whatever_they_are_called_for() -> None:
    """With what failed of it: 5xx, or no response; a server is as requests name it, a client where it comes from."""
    summary = Summary()
    for client, server, status in (
        *(("10.0.0.1", "a.example", 200), ("10.0.0.1", "b.example", 503), ("10.0.0.2", "a.example", None)),
        ("10.0.0.1", "a.example", 404),
    ):
        summary.add(
            record(source__address=client, server__address=server, http__response__status_code=status)
        )
    assert [(each.name, each.count, each.failed) for each in summary.clients.busiest(10)] == [
        ("10.0.0.1", 3, 1),
        ("10.0.0.2", 1, 1),
    ]
    assert [(each.name, each.count, each.failed) for each in summary.servers.busiest(1)] == [
        ("a.example", 3, 1)
    ]
    assert summary.servers.count == summary.clients.count == 4


def test_clients_beyond_the_limit_are_counted() -> None:
    """As transactions of all; a scan from everywhere costs bounded memory."""
    summary = Summary()
    for number in range(MAXIMUM_PEERS + 50):
        summary.add(record(source__address=f"2001:db8::{number:x}"))
    assert len(summary.clients.named) == len(summary.clients.busiest(5_000)) == MAXIMUM_PEERS
    assert summary.clients.count == MAXIMUM_PEERS + 50


def test_ties_are_broken_by_name() -> None:
    """Two runs show the same order."""
    summary = Summary()
    for template in ("/b", "/a", "/c"):
        summary.add(record(url__template=template))
    assert [each.template for each in summary.busiest(2)] == ["/a", "/b"]
    assert [each.template for each in summary.slowest(2)] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("address", "port", "name"),
    [
        ("a.example", 80, "a.example"),
        ("a.example", 8080, "a.example:8080"),
        ("2001:db8::1", 81, "[2001:db8::1]:81"),
    ],
)
def test_the_port_80_goes_without_saying(address: str, port: int, name: str) -> None:
    """Servers are named as in a URL."""
    assert server_name(record(server__address=address, server__port=port)) == name


def test_errors_are_counted_by_endpoint() -> None:
    """Each kind by itself and each transaction once; what was only not seen is none, nor is a 4xx."""
    summary = Summary()
    for made in (
        record(http__response__status_code=503),
        record(http__response__status_code=500, anomalies=["ambiguous_framing"]),
        record(http__response__status_code=None, http__response__state="missing", anomalies=["unanswered"]),
        record(http__response__status_code=None, http__response__state="missing", anomalies=["cut_short"]),
        record(http__response__status_code=404, anomalies=["obs_fold"]),
        record(url__template="{invalid}"),
        record(url__template="/other", http__response__status_code=502),
        # no request was seen, or none that could be read
        record(http__request__method=None, url__template=None, http__response__status_code=400, anomalies=["request_invalid"]),
        record(http__request__method=None, url__template=None, http__response__status_code=200, anomalies=["unrequested"]),
    ):  # fmt: skip
        summary.add(made)
    assert summary.erroneous == 6
    found = {
        (endpoint.method, endpoint.template): (
            *(endpoint.server_errors, endpoint.unanswered, endpoint.invalid),
            *(endpoint.erroneous, endpoint.count),
        )
        for endpoint in summary.failing(10)
    }
    assert found == {
        ("GET", "/items/{id}"): (2, 1, 1, 3, 5),
        ("GET", "{invalid}"): (0, 0, 1, 1, 1),
        ("GET", "/other"): (1, 0, 0, 1, 1),
        (NONE, ""): (0, 0, 1, 1, 1),
    }
    assert [endpoint.template for endpoint in summary.failing(1)] == ["/items/{id}"]
    assert NONE not in {endpoint.method for endpoint in summary.busiest(10)}


def test_errors_beyond_the_limit_are_counted_together() -> None:
    """Under the one that stands for all of them, so that no error is left out."""
    summary = Summary()
    for number in range(MAXIMUM_ENDPOINTS + 5):
        summary.add(record(url__template=f"/{number}", http__response__status_code=500))
    assert summary.erroneous == MAXIMUM_ENDPOINTS + 5
    assert summary.failing(1)[0].method == OTHER
    assert summary.failing(1)[0].erroneous == 5


def test_streams_are_counted_and_in_no_percentile() -> None:
    """They last as long as somebody listens: among calls they would be the slowest, whatever they do."""
    summary = Summary()
    summary.add(record(duration_us=1_000))
    summary.add(record(duration_us=3_600_000_000, http__response__content_type="text/event-stream"))
    [endpoint] = summary.busiest(5)
    assert (endpoint.count, endpoint.durations.count, endpoint.durations.longest) == (2, 1, 1_000)
