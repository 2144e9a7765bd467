"""Records as OTLP spans, by the encoding's rules and to a real receiver."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import socket
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.config import Config
from interceptor.delivery import otlp
from interceptor.delivery.batches import Origin, UnpackError, seal, unpack
from interceptor.delivery.proxies import Proxies
from interceptor.delivery.sender import Outcome, Sender
from interceptor.delivery.spool import Spool
from interceptor.delivery.transport import Transport
from interceptor.delivery.uploader import Uploader
from tests.support.netns import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ORIGIN = Origin("interceptor/0.1.0", "east", "node-1")
RECORD: dict[str, Any] = {
    "schema": 1,
    "kind": "http",
    "id": "0123456789abcdef01230000000000ff",
    "time": "2024-05-01T12:00:00.000123Z",
    "duration_us": 3000,
    "ttfb_us": 1995,
    "source.address": "10.0.0.1",
    "source.port": 40000,
    "destination.address": "10.0.0.2",
    "destination.port": 8080,
    "server.address": "api.example.com",
    "server.port": 80,
    "network.type": "ipv4",
    "http.request.method": "GET",
    "url.template": "/users/{id}",
    "url.query.keys": ["expand", "page"],
    "http.response.status_code": 200,
    "http.response.interim": [103],
    "http.request.state": "complete",
    "http.response.state": "complete",
    "missed_bytes": 0,
    "transaction.index": 1,
}
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def text(*records: dict[str, Any]) -> bytes:
    """A batch's text."""
    lines = [json.dumps(record).encode() + b"\n" for record in records]
    batch = seal(lines, len(records), ORIGIN, 1_700_000_000.0)
    return unpack(batch.body, batch.encoding, 2**20)


def spans(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """All spans of a request, in its order."""
    resources = json.loads(otlp.request(text(*records)))["resourceSpans"]
    return [span for resource in resources for scope in resource["scopeSpans"] for span in scope["spans"]]


def plain(value: dict[str, Any]) -> Any:
    """An AnyValue as Python's."""
    ((kind, inner),) = value.items()
    match kind:
        case "intValue":
            return int(inner)
        case "arrayValue":
            return [plain(item) for item in inner["values"]]
        case _:
            return inner


def attributes(carrier: dict[str, Any]) -> dict[str, Any]:
    """By key; each key once."""
    found = {pair["key"]: plain(pair["value"]) for pair in carrier["attributes"]}
    assert len(found) == len(carrier["attributes"])
    return found


def test_a_span_has_the_place_and_the_times_of_its_record() -> None:
    """Nanoseconds as text, the duration from first to last byte, kind SERVER, named by method and template."""
    (span,) = spans(RECORD)
    assert (span["kind"], span["name"]) == (2, "GET /users/{id}")
    assert span["startTimeUnixNano"] == "1714564800000123000"
    assert int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]) == 3_000_000
    assert span["traceId"] == RECORD["id"]
    assert re.fullmatch("[0-9a-f]{16}", span["spanId"])
    assert "parentSpanId" not in span
    assert "status" not in span


def test_the_same_record_is_the_same_span() -> None:
    """So that a batch that is sent again can be told; another record is another one."""
    first, second = spans(RECORD, RECORD | {"id": "f" * 32})
    assert spans(RECORD) == [first]
    assert first["spanId"] != second["spanId"]


def test_the_callers_trace_goes_on() -> None:
    """With a traceparent the span is in its trace, below its span, and has an id of its own."""
    (span,) = spans(RECORD | {"traceparent": TRACEPARENT})
    assert span["traceId"] == "0af7651916cd43dd8448eb211c80319c"
    assert span["parentSpanId"] == "b7ad6b7169203331"
    assert span["spanId"] != "b7ad6b7169203331"
    assert span["flags"] == 1


def test_every_field_is_an_attribute_once() -> None:
    """Under the name of the semantic conventions where they have one."""
    (span,) = spans(RECORD)
    found = attributes(span)
    assert found["client.address"] == "10.0.0.1"
    assert found["network.local.port"] == 8080
    assert found["http.response.status_code"] == 200
    assert found["interceptor.url.query.keys"] == ["expand", "page"]
    assert found["interceptor.response.interim"] == [103]
    elsewhere = {"schema", "kind", "time", "duration_us"}
    assert len(found) == len(set(RECORD) - elsewhere)


@pytest.mark.parametrize(("status", "failed"), [(404, False), (499, False), (500, True), (503, True)])
def test_only_a_servers_own_failure_is_an_error(status: int, failed: bool) -> None:
    """A 4xx is the client's."""
    (span,) = spans(RECORD | {"http.response.status_code": status})
    assert ("status" in span) is failed
    assert attributes(span).get("error.type") == (str(status) if failed else None)


def test_half_a_transaction_is_a_span_too() -> None:
    """A response that nobody is known to have asked for has a time, and no duration."""
    known = {"id", "time", "server.address", "http.response.status_code", "http.response.state"}
    (span,) = spans({key: value for key, value in RECORD.items() if key in known})
    assert span["name"] == "HTTP"
    assert span["startTimeUnixNano"] == span["endTimeUnixNano"]
    assert spans(RECORD | {"http.request.method": "_OTHER"})[0]["name"] == "HTTP /users/{id}"


def test_servers_are_resources() -> None:
    """Each once, with the cluster and node of the batch."""
    other = RECORD | {"server.address": "shop.example.com", "id": "1" * 32}
    sent = json.loads(otlp.request(text(RECORD, other, RECORD | {"id": "2" * 32})))["resourceSpans"]
    assert [attributes(each["resource"]) for each in sent] == [
        {"service.name": name, "k8s.cluster.name": "east", "k8s.node.name": "node-1"}
        for name in ("api.example.com", "shop.example.com")
    ]
    assert [len(each["scopeSpans"][0]["spans"]) for each in sent] == [2, 1]
    assert sent[0]["scopeSpans"][0]["scope"] == {"name": "interceptor", "version": "0.1.0"}


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (b"{}", 0),
        (b'{"partialSuccess":null}', 0),
        (b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}}', 3),
        (b'{"partialSuccess":{"rejectedSpans":4}}', 4),
        (b'{"partialSuccess":{"rejectedSpans":"-1"}}', 0),
        (b'{"partialSuccess":{"rejectedSpans":[]}}', 0),
        (b'{"partialSuccess":[]}', 0),
        (b"[]", 0),
        (b"", 0),
        (b"\xff", 0),
    ],
)
def test_what_a_receiver_rejects_is_counted(answer: bytes, count: int) -> None:
    """A hostile or empty answer rejects nothing, and raises nothing."""
    assert otlp.rejected(answer) == count


@contextmanager
def rotel(folder: Path) -> Iterator[tuple[int, Path]]:
    """A real OTLP receiver; gives its port, and the file in which it tells what came."""
    package = importlib.util.find_spec("rotel")
    if package is None or package.origin is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs the OTLP receiver rotel")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        http, grpc = one.getsockname()[1], two.getsockname()[1]
    program = Path(package.origin).parent / "rotel-agent"
    words = ("--debug-log", "traces", "--debug-log-verbosity", "detailed", "--exporter", "blackhole")
    places = ("--otlp-http-endpoint", f"127.0.0.1:{http}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}")
    said = folder / "said"
    with said.open("wb") as output:
        receiver = subprocess.Popen([program, "start", *words, *places], stdout=output, stderr=output)
    try:

        def listens() -> bool:
            assert receiver.poll() is None, said.read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", http)) == 0

        wait_until(listens, "the receiver listens", 30)
        yield http, said
    finally:
        receiver.kill()
        receiver.wait()


def test_a_real_receiver_takes_them(tmp_path: Path) -> None:
    """It reports the ids, times and attributes that were sent."""
    with rotel(tmp_path) as (port, said):
        body = otlp.request(text(RECORD | {"traceparent": TRACEPARENT}, RECORD))
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}{otlp.PATH}", body, {"Content-Type": otlp.CONTENT_TYPE}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=30) as answer:
            assert answer.status == 200
            assert otlp.rejected(answer.read()) == 0
        wait_until(lambda: said.read_text().count("Trace ID") >= 2, "both spans are told", 30)
        told = said.read_text()
    for expected in (
        "0af7651916cd43dd8448eb211c80319c",
        "b7ad6b7169203331",
        RECORD["id"],
        "GET /users/{id}",
        "api.example.com",
        "http.response.status_code",
    ):
        assert expected in told


def test_an_uploader_delivers_to_a_real_receiver(tmp_path: Path) -> None:
    """With the queue, the token and the compression of any upload; a probe is welcome too."""
    batches = [
        seal([json.dumps(RECORD | {"id": f"{which:032x}"}).encode() + b"\n"], 1, ORIGIN, which)
        for which in (1, 2)
    ]

    async def deliver(port: int) -> Uploader:
        config = Config.model_validate(
            {
                "endpoint": f"http://127.0.0.1:{port}",
                "token": "t",
                "upload": {"protocol": "otlp", "allow_plain_http": True},
                "spool": {"directory": tmp_path / "spool", "min_free_bytes": 0},
            }
        )
        spool = Spool(config.spool)
        for batch in batches:
            await spool.append(batch)
        decision = Proxies(config.proxy, {"ALL_PROXY": "proxy.test:1"}).decide(config.endpoint or "")
        way = Transport(config.endpoint or "", decision, config.tls, None, 20.0)
        sender = Sender(config, way)
        assert (await sender.probe(ORIGIN, 0.0)).outcome is Outcome.DELIVERED
        uploader = Uploader(spool, sender)
        running = asyncio.create_task(uploader.run())
        async with asyncio.timeout(60):
            while uploader.counters.records < len(batches):  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await way.close()
        await spool.close()
        return uploader

    with rotel(tmp_path) as (port, said):
        uploader = asyncio.run(deliver(port))
        assert (uploader.counters.records, uploader.counters.rejected, uploader.counters.retries) == (2, 0, 0)
        wait_until(lambda: all(batch in said.read_text() for batch in (f"{1:032x}", f"{2:032x}")), "both", 30)


@pytest.mark.parametrize(
    "field",
    [
        b'"anomalies":' + b"[" * 900 + b"]" * 900,
        b'"later":' + b"[" * 900 + b"]" * 900,
        b'"later":' + b"[" * 100_000,
        b'"anomalies":[["te_and_cl"]]',
        b'"missed_bytes":true',
        b'"url.path":null',
        b'"url.path":{"a":1}',
        b'"duration_us":1e400',
        b'"duration_us":1.5',
    ],
    ids=range(9),
)
def test_a_line_that_no_receiver_would_take_is_named(field: bytes) -> None:
    """A relay's batches are strangers': whatever their values are, it is a line that is no record, and no defect."""
    line = b'{"schema":2,"kind":"http","id":"%s","time":"2024-05-01T12:00:00Z","server.address":"a",%s}\n'
    text = unpack(seal([line % (b"0" * 32, field)], 1, ORIGIN, 0.0).body, "gzip", 2**20)
    with pytest.raises(UnpackError, match=r"^has a line, 2, that is no record$"):
        deep(400, text)


def deep(frames: int, text: bytes) -> bytes:
    """From as far down the stack as a program can be."""
    return deep(frames - 1, text) if frames else otlp.request(text)


def test_an_announced_client_is_the_client_and_the_balancer_the_peer() -> None:
    """Where a PROXY header has told of a client, the other end of the connection is somebody else."""
    record = RECORD | {"client.address": "203.0.113.5", "client.port": 34567}
    found = attributes(spans(record)[0])
    assert (found["client.address"], found["client.port"]) == ("203.0.113.5", 34567)
    assert found["network.peer.address"] == RECORD["source.address"]
