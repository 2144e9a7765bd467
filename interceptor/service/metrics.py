"""Every metric, by name; and how it is read.

Owns the names, types, labels and meanings, in one table that the documentation is checked against, and a registry of
its own. Refuses to count: components keep plain integers, and a scrape reads them. So a counter costs the packet path
nothing, and a log, a metric and a ledger never disagree.

Labels are bounded: stages, reasons and states are lists in the code, sources are configured, interfaces are those
that are captured now (at most 512 of them, and one new name in ten seconds beyond the first 512: an rpcapd whose names
change at each listing makes no series without end). Of traffic, labels say its methods, which are a list, and the names
of as many servers as `metrics.by_server` allows, none by default (`traffic`). Of agents that send batches, 512 have a name
(`interceptor.ingest.senders`).
"""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, GCCollector, Histogram, ProcessCollector
from prometheus_client import samples as client
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from interceptor import __version__
from interceptor.capture.source import State, lasting
from interceptor.delivery.shelf import NO_SPAN, Loss
from interceptor.delivery.uploader import Reason
from interceptor.lane import LANE
from interceptor.service.samples import Distribution, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import Metric

    from interceptor.capture.source import Source
    from interceptor.core.model import Stage

__all__ = [
    "METRICS",
    "InterfaceNames",
    "Kind",
    "Metrics",
    "Named",
    "Snapshot",
    "record_losses",
    "source_samples",
]

PREFIX: Final = "interceptor_"
MOST_INTERFACES: Final = 512
"""Named in labels: a node has a hundred or two."""
SECONDS_PER_NEW_NAME: Final = 10.0
"""Beyond the first ones: 8,640 pods a day on one node."""


class Kind(StrEnum):
    """How a metric goes."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Named:
    """A metric. Its name is without the prefix, and for counters with `_total`."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str


def _counter(name: str, meaning: str, *labels: str) -> Named:
    return Named(name, Kind.COUNTER, labels, meaning)


def _gauge(name: str, meaning: str, *labels: str) -> Named:
    return Named(name, Kind.GAUGE, labels, meaning)


def _histogram(name: str, meaning: str, *labels: str) -> Named:
    return Named(name, Kind.HISTOGRAM, labels, meaning)


METRICS: Final = (
    _gauge(
        "build_info",
        "1; the labels say what runs; `lane`: the core `compiled` or `pure` Python",
        "version",
        "python",
        "lane",
    ),
    # sources
    _counter("received_packets_total", "Packets that sources handed over"),
    _counter("received_bytes_total", "Bytes of them, as captured"),
    _gauge("source_connected", "Whether the source delivers: 1 or 0", "source"),
    _counter("source_reconnects_total", "Times the source was lost and sought again", "source"),
    _gauge(
        "interfaces",
        "Interfaces the source offers, by state: capturing, waiting, excluded, failed",
        "source",
        "state",
    ),
    _gauge(
        "proven_interfaces",
        "Interfaces of which the agent has proven which pod or container is at the other end, captured or not",
    ),
    _gauge("interface_up", "1 for each interface that is captured now (at most 512)", "source", "interface"),
    _counter(
        "interface_packets_total", "Packets of an interface that is captured now", "source", "interface"
    ),
    _counter(
        "interface_kernel_dropped_packets_total",
        "Packets of an interface that is captured now that the kernel had no room for",
        *("source", "interface"),
    ),
    _counter(
        "kernel_dropped_packets_total",
        "Packets that the kernel had no room for, all captures of the source, past ones too: after a pause of the reader, "
        "or with more traffic than it reads",
        "source",
    ),
    _counter(
        "interface_dropped_packets_total",
        "Packets that interfaces dropped before the capture, all captures of the source, past ones too",
        "source",
    ),
    _counter(
        "blind_seconds_total",
        "Seconds in which an interface that had been captured was there and was not, all interfaces of the source added up",
        "source",
    ),
    # the ledger
    _counter("stage_received_total", "What came to a stage of the ledger, in its unit", "stage"),
    _counter("stage_delivered_total", "What the stage passed on", "stage"),
    _gauge("stage_held", "What the stage has and has not decided on", "stage"),
    _counter("dropped_total", "What the stage did not pass on, by reason", "stage", "reason"),
    _counter("missed_bytes_total", "Payload that the other side acknowledged and that was never captured"),
    _counter("gaps_total", "Places in streams where such bytes are missing"),
    _counter("cut_bytes_total", "Payload that the snaplen cut off"),
    _counter(
        "template_names_folded_total",
        "Names in paths shown as {word}, or paths cut short, because their place or server had too many",
    ),
    _counter(
        "server_names_folded_total",
        "Requests shown under the destination's address, because it had shown too many names of hosts",
    ),
    # the core
    _gauge("connections_open", "TCP connections followed now"),
    _counter("connections_total", "TCP connections that carried data"),
    _counter("connections_evicted_total", "Connections closed early because the table was full"),
    _counter("connections_shed_total", "Connections closed early because memory was short"),
    _gauge("reassembly_held_bytes", "Payload that waits for what is missing before it"),
    _gauge("waiting_bytes", "Memory of all that waits for its end or its answer, of limits.held_bytes"),
    _counter(
        "connections_relieved_total",
        "Connections that had to give up what waited on them, because all that waits took too much and they had most",
    ),
    _counter("transactions_total", "HTTP transactions reported"),
    _counter("unpaired_messages_total", "Of them, those that lack a request or a response"),
    _counter("records_total", "Records written for the way out"),
    _counter(
        "payload_bytes_total",
        "Payload by what it was: http/1, http/2, websocket, tls, tunnel, another protocol's name, unrecognized, copy; lost: never came",
        "protocol",
    ),
    _counter("records_dropped_total", "Records that did not get out, by reason", "reason"),
    # workers, where there are several
    _gauge("worker_up", "Whether the worker is at work: 1 or 0 (`workers`)", "worker"),
    _counter("worker_restarts_total", "Times that it ended by itself and was started again", "worker"),
    _counter("worker_packets_total", "Packets that it was given and has understood", "worker"),
    _counter("worker_cpu_seconds_total", "Processor time that it has used", "worker"),
    _gauge("worker_memory_bytes", "What it uses: resident memory", "worker"),
    _counter("connections_cut_short_total", "Connections that were open at a worker when it ended by itself"),
    # the traffic
    _counter(
        "http_requests_total",
        "Requests in the captured traffic, one for each record, by method and by what answered them",
        *("method", "status_class"),
    ),
    _counter(
        "grpc_requests_total",
        "Of these requests, calls of gRPC, by the status that the server gave",
        "status",
    ),
    _histogram(
        "http_request_duration_seconds",
        "From the first byte of a request to the last of its response, where that was seen whole; without event streams and watches",
        "status_class",
    ),
    _counter(
        "server_requests_total",
        "The same requests by the server they name (metrics.by_server of them, the others together)",
        *("server", "status_class"),
    ),
    _histogram("server_request_duration_seconds", "The same durations by server", "server"),
    # the process
    _histogram("event_loop_lag_seconds", "How much later than asked the event loop comes to a timer"),
    _gauge("memory_limit_bytes", "What this process may use (limits.memory_bytes)"),
    _gauge("memory_used_bytes", "What it uses: resident memory"),
    # the spool
    _gauge("spool_bytes", "Bytes of sealed batches on disk"),
    _gauge("spool_limit_bytes", "What they may be (spool.max_bytes)"),
    _gauge("spool_batches", "Batches that wait for the endpoint"),
    _gauge("spool_records", "Records in them"),
    _gauge("spool_oldest_batch_age_seconds", "How long the oldest has waited; 0 where none does"),
    _gauge("spool_quarantined_batches", "Batches that the endpoint refuses for good, kept to be looked at"),
    # uploads
    _counter("uploads_total", "Answers to batches sent, by outcome", "outcome"),
    _counter("upload_retries_total", "Batches sent again"),
    _gauge("uploads_under_way", "Batches that are being sent, or wait to be tried again"),
    _counter("uploaded_records_total", "Records that the endpoint took"),
    _counter(
        "rejected_records_total",
        "Records that the endpoint did not take, while it took others of their batch",
    ),
    _gauge("upload_last_success_timestamp_seconds", "When the endpoint last took a batch; 0: never"),
    _gauge("upload_state", "1 for the state that holds: ok, retrying, auth, configuration, proxy", "state"),
    _gauge(
        "upload_proxy_info",
        "1; the labels say which way uploads go, and why",
        *("decision", "proxy", "setting", "rule"),
    ),
    _gauge(
        "credential_expiry_timestamp_seconds",
        "When what is in a file ends (Unix time): our certificate, the last of several authorities, a token that is a JWT",
        "option",
    ),
    # ingest (relay, collector)
    _counter("ingest_batches_total", "Batches that came, by outcome", "outcome"),
    _counter("ingest_records_total", "Records taken from them"),
    _counter("ingest_duplicate_records_total", "Records that had come before"),
    _counter("ingest_rejected_records_total", "Records that were not taken, each for what it is"),
    _counter(
        "ingest_agent_batches_total",
        "The same by who sealed them (cluster/node), where that was read; 512 agents have a name, {other} are those beyond",
        *("agent", "outcome"),
    ),
    # names (relay)
    _counter(
        "named_ends_total",
        "Ends of records by what they turned out to be: pod, service, node, external, unknown, ambiguous (several may have "
        "had the address), configured (`names`), unasked (of a time or a kind of address of which nothing is known)",
        "kind",
    ),
    _counter(
        "namespace_unknown_records_total",
        "Records that are sent on because it is not known in which namespace an end of theirs is, where namespaces are "
        "included or excluded (`kubernetes.namespaces`)",
    ),
    _gauge(
        "kubernetes_watching",
        "Whether changes of a resource are heard of: 1 from when the API server has agreed to tell them, 0 else",
        "resource",
    ),
    _gauge("kubernetes_objects", "Objects of a resource that are known to be there", "resource"),
    _counter("kubernetes_lists_total", "Times a resource was listed to its end", "resource"),
    _counter("kubernetes_watches_total", "Watches of a resource that were begun", "resource"),
    _counter("kubernetes_events_total", "Events of watches", "resource"),
    _counter("kubernetes_failures_total", "Lists and watches that failed", "resource"),
    _gauge(
        "kubernetes_intervals",
        "Times for which it is known who had an address (`holding`) or served a Service at it (`serving`)",
        "what",
    ),
    _counter("kubernetes_intervals_refused_total", "Those for which there was no room", "what"),
    # storage (collector)
    _gauge("collector_records", "Records in the database"),
    _gauge("collector_max_records", "The limit of that"),
    _gauge("collector_bytes", "Bytes of the database that are in use"),
    _gauge("collector_max_bytes", "The limit of that"),
    _counter("collector_pruned_records_total", "Records removed by retention"),
    _gauge(
        "collector_oldest_record_timestamp_seconds",
        "When the oldest record in the database came (Unix time); 0: there is none",
    ),
    _gauge("collector_ready", "Whether batches can be kept: 1 or 0"),
    _histogram(
        "collector_answer_duration_seconds",
        "How long answers to questions took, as the page and the API ask them; refusals are none",
        "question",
    ),
)

_BY_NAME: Final = {metric.name: metric for metric in METRICS}


_PLACES: Final = {name: place for place, name in enumerate(_BY_NAME)}


class Metrics:
    """What is known, read when it is asked for."""

    def __init__(self) -> None:
        self._reads: list[Callable[[], Iterable[Sample | Distribution]]] = []
        self._registry = CollectorRegistry()
        """Of what can be read in any thread."""
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self.add(lambda: [Sample("build_info", 1, (__version__, platform.python_version(), LANE))])

    def add(self, read: Callable[[], Iterable[Sample | Distribution]]) -> None:
        """Have each scrape read these too. Several may give samples of one metric."""
        self._reads.append(read)

    def histogram(self, name: str, bounds: tuple[float, ...]) -> Histogram:
        """One of the table's that is observed as things happen, and in any thread."""
        metric = _BY_NAME[name]
        return Histogram(
            PREFIX + name, metric.meaning, metric.labels, buckets=bounds, registry=self._registry
        )

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """Everything, in the format that an Accept field asks for, and its media type."""
        return self.snapshot().exposition(accept)

    def snapshot(self) -> Snapshot:
        """Read the components, here and now. What is left to do takes longer, and can be done in a thread."""
        samples: dict[str, list[Sample | Distribution]] = {}
        for read in self._reads:
            for sample in read():
                samples.setdefault(sample.name, []).append(sample)
        return Snapshot(
            [(_BY_NAME[name], samples[name]) for name in sorted(samples, key=_PLACES.__getitem__)],
            self._registry,
        )


class Snapshot(Collector):
    """What was known at one moment: metrics with their samples, in the order of the table."""

    def __init__(
        self, known: list[tuple[Named, list[Sample | Distribution]]], others: CollectorRegistry
    ) -> None:
        self._known = known
        self._others = others

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All of it, in the format that an Accept field asks for, and its media type."""
        encode, media_type = choose_encoder(_OPENMETRICS if _wants_openmetrics(accept) else "")
        return encode(self), media_type

    def collect(self) -> Iterator[Metric]:
        """For the encoder."""
        for metric, samples in self._known:
            yield _family(metric, samples)
        yield from self._others.collect()


def _wants_openmetrics(accept: str) -> bool:
    """Whether an Accept field (RFC 9110 section 12.5.1) names a version of OpenMetrics that the library writes.

    The library's own choice raises for a version that is none, and anybody can send one.
    """
    for named in accept.lower().split(","):
        kind, *rest = [text.strip() for text in named.split(";")]
        parameters = {
            key.strip(): value.strip(' "') for key, _, value in (text.partition("=") for text in rest)
        }
        if kind == _OPENMETRICS and parameters.get("version", "1.0.0") in _VERSIONS:
            return parameters.get("q", "1").strip("0.") != ""
    return False


_OPENMETRICS: Final = "application/openmetrics-text"
_VERSIONS: Final = frozenset({"0.0.1", "1.0.0"})
"""What Prometheus asks for; the former is a draft of the latter, and is told apart by nobody."""


_FAMILIES: Final[dict[Kind, type[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]]] = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
    Kind.HISTOGRAM: HistogramMetricFamily,
}


def _family(metric: Named, samples: list[Sample | Distribution]) -> Metric:
    family = _FAMILIES[metric.kind](PREFIX + metric.name, metric.meaning, labels=metric.labels)
    for sample in samples:
        assert len(sample.labels) == len(metric.labels), sample
        if isinstance(sample, Distribution):
            assert isinstance(family, HistogramMetricFamily), sample
            family.add_metric(sample.labels, _buckets(sample), sample.sum)
        else:
            assert not isinstance(family, HistogramMetricFamily), sample
            family.add_metric(sample.labels, sample.value)
    return family


def _buckets(sample: Distribution) -> list[tuple[str, float] | tuple[str, float, client.Exemplar]]:
    """As the client library wants them. Bounds are written as it writes those of its own histograms."""
    return [
        ("+Inf" if bound == inf else repr(bound), count)
        if exemplar is None
        else ("+Inf" if bound == inf else repr(bound), count, client.Exemplar(*exemplar))
        for bound, count, exemplar in sample.buckets
    ]


# Readers

_LOSSES: Final = ("queue_full", "closed", "write_failed", NO_SPAN, *Loss, *Reason)
"""Why records do not get out: a queue, a disk, the spool, the endpoint."""


class InterfaceNames:
    """Which interfaces are named in labels: a bounded number at once, and of new names a bounded number in any time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._left = float(MOST_INTERFACES)
        self._named: set[tuple[str, str]] = set()

    def choose(self, captured: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Of the (source, interface) that are captured now, those that are named."""
        now = self._clock()
        self._left = min(self._left + (now - self._since) / SECONDS_PER_NEW_NAME, float(MOST_INTERFACES))
        self._since = now
        there = list(dict.fromkeys(captured))
        named = self._named.intersection(there)
        for place in there:
            if len(named) >= MOST_INTERFACES or self._left < 1:
                break
            if place not in named:
                named.add(place)
                self._left -= 1
        self._named = named
        return named


def source_samples(sources: Iterable[Source], names: InterfaceNames) -> Iterator[Sample]:
    """What sources say of themselves and of the interfaces they offer now."""
    sources = list(sources)
    captured = [
        (source.url, one.name)
        for source in sources
        for one in source.interfaces.values()
        if one.state is State.CAPTURING
    ]
    named = names.choose(captured)
    for source in sources:
        url, counters = source.url, source.counters
        yield Sample("source_connected", source.connected, (url,))
        yield Sample("source_reconnects_total", source.reconnects, (url,))
        yield Sample("kernel_dropped_packets_total", counters.kernel_dropped, (url,))
        yield Sample("interface_dropped_packets_total", counters.interface_dropped, (url,))
        yield Sample("blind_seconds_total", counters.blind_seconds + lasting(source), (url,))
        watched = list(source.interfaces.values())
        for state in State:
            yield Sample("interfaces", sum([one.state is state for one in watched]), (url, state))
        for one in watched:
            place = url, one.name
            if one.state is State.CAPTURING and place in named:
                yield Sample("interface_up", 1, place)
                yield Sample("interface_packets_total", one.counters.packets, place)
                yield Sample("interface_kernel_dropped_packets_total", one.counters.kernel_dropped, place)


def record_losses(stages: Iterable[Stage]) -> Iterator[Sample]:
    """Records that did not get out, in all stages on the way. Every reason has a value from the start.

    A counter that appears when something is lost for the first time has no value before it to be compared with: no
    `increase()`, and so no alert, sees that loss (prometheus.io, "Avoid missing metrics").
    """
    lost = dict.fromkeys(_LOSSES, 0)
    for stage in stages:
        for reason, count in stage.dropped.items():
            lost[reason] = lost.get(reason, 0) + count
    for reason, count in lost.items():
        yield Sample("records_dropped_total", count, (reason,))
