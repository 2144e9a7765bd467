"""Records as OTLP spans, by the encoding's rules and to a real receiver."""

from __future__ import annotations

import asyncio
import base64
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
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from interceptor.config import Config
from interceptor.delivery import otlp
from interceptor.delivery.batches import Origin, UnpackError, seal, unpack
from interceptor.delivery.proxies import deciding
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
FORMS: tuple[otlp.Form, ...] = ("protobuf", "json")
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def text(*records: dict[str, Any]) -> bytes:
    """A batch's text."""
    lines = [json.dumps(record).encode() + b"\n" for record in records]
    batch = seal(lines, len(records), ORIGIN, 1_700_000_000.0)
    return unpack(batch.body, batch.encoding, 2**20)


def spans(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """All spans of a request, in its order."""
    resources = json.loads(otlp.request(text(*records), "json")[0])["resourceSpans"]
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
    sent = json.loads(otlp.request(text(RECORD, other, RECORD | {"id": "2" * 32}), "json")[0])[
        "resourceSpans"
    ]
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
    assert otlp.rejected("application/json", answer)[0] == count


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_are_what_the_official_package_reads(form: otlp.Form) -> None:
    """Byte for byte what it makes of it itself: every field, text of any script, numbers of 64 bits."""
    records = [
        RECORD | {"traceparent": TRACEPARENT, "http.response.status_code": 503},
        RECORD | {"id": "f" * 32, "url.template": "/größe/{id}/" + "ä" * 200, "missed_bytes": 2**53},
        RECORD | {"id": "e" * 32, "server.address": "other", "ttfb_us": -1, "anomalies": []},
    ]
    body, *left_out = otlp.request(text(*records), form)
    assert left_out == [0, 0]
    message = ExportTraceServiceRequest()
    if form == "protobuf":
        message.ParseFromString(body)
        assert message.SerializeToString(deterministic=True) == body
    else:
        hexadecimal = {"traceId", "spanId", "parentSpanId"}
        json_format.ParseDict(in_base64(json.loads(body), hexadecimal), message)
    (first, third) = message.resource_spans[0].scope_spans[0].spans, message.resource_spans[1]
    assert [span.trace_id.hex() for span in first] == ["0af7651916cd43dd8448eb211c80319c", "f" * 32]
    assert (first[0].parent_span_id.hex(), first[0].flags, first[0].status.code) == ("b7ad6b7169203331", 1, 2)
    assert first[1].name == "GET /größe/{id}/" + "ä" * 200
    assert (first[0].start_time_unix_nano, first[0].kind) == (1714564800000123000, 2)
    (found,) = [each.value for each in first[1].attributes if each.key == "interceptor.missed_bytes"]
    assert found.int_value == 2**53
    (negative,) = [
        each.value for each in third.scope_spans[0].spans[0].attributes if each.key == "interceptor.ttfb_us"
    ]
    assert negative.int_value == -1


def in_base64(value: Any, names: set[str]) -> Any:
    """OTLP's JSON has ids in hexadecimal, protobuf's own in base64."""
    if isinstance(value, list):
        return [in_base64(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64encode(bytes.fromhex(each)).decode() if name in names else in_base64(each, names)
        for name, each in value.items()
    }


@given(
    st.dictionaries(
        st.sampled_from(["url.template", "user_agent.original", "http.request.body.size", "anomalies"]),
        st.text(max_size=300) | st.integers(-(2**63), 2**63 - 1) | st.lists(st.text(max_size=5), max_size=3),
    )
)
def test_both_forms_say_the_same(fields: dict[str, Any]) -> None:
    """Whatever the values are."""
    messages = []
    for form in FORMS:
        message = ExportTraceServiceRequest()
        body, left_out, _ = otlp.request(text(RECORD, RECORD | fields | {"id": "1" * 32}), form)
        if form == "protobuf":
            message.ParseFromString(body)
        else:
            json_format.ParseDict(in_base64(json.loads(body), {"traceId", "spanId", "parentSpanId"}), message)
        messages.append((message, left_out))
    assert messages[0] == messages[1]


@pytest.mark.parametrize(("count", "told"), [(0, ""), (3, "three are bad"), (2**40, "ü" * 300)])
def test_what_a_receiver_rejects_in_protobuf(count: int, told: str) -> None:
    """The official package's own answers, with what a later version may add."""
    partial = ExportTracePartialSuccess(rejected_spans=count, error_message=told)
    answer = ExportTraceServiceResponse(partial_success=partial).SerializeToString() + b"\x78\x05"
    assert otlp.rejected("application/x-protobuf", answer) == (count, told)
    negative = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=-1))
    assert otlp.rejected("application/x-protobuf", negative.SerializeToString())[0] == 0


@given(st.binary(max_size=60))
def test_any_answer_is_an_answer(answer: bytes) -> None:
    """Hostile bytes reject a number of spans, and raise nothing."""
    for kind in ("application/x-protobuf", "application/json", "text/plain", ""):
        count, told = otlp.rejected(kind, answer)
        assert count >= 0
        assert isinstance(told, str)
        otlp.is_verdict(kind, answer)
        otlp.words(answer)


@pytest.mark.parametrize(
    ("kind", "answer", "verdict"),
    [
        ("application/json", b'{"code":3,"message":"bad"}', True),
        ("application/json", b'{"message":"no Route matched with those values"}', False),
        ("application/json", b"[]", False),
        ("application/x-protobuf", b"\x08\x03\x12\x03bad", True),
        ("application/x-protobuf", b"", True),
        ("application/x-protobuf", b"<html>", False),
        ("text/plain", b"\x08\x03\x12\x03bad", False),
        ("text/html", b"<html>", False),
    ],
)
def test_only_the_receivers_own_words_are_a_verdict(kind: str, answer: bytes, verdict: bool) -> None:
    """A google.rpc.Status, in the form that it says."""
    assert otlp.is_verdict(kind, answer) is verdict
    if verdict and answer:
        assert otlp.words(answer) == "bad"


CANNOT_BE_LOADED = 127
"""The exit status of a program one of whose libraries is not there (ld.so(8))."""


@contextmanager
def rotel(folder: Path) -> Iterator[tuple[int, Path]]:
    """A real OTLP receiver; gives its port, and the file in which it tells what came."""
    package = importlib.util.find_spec("rotel")
    if package is None or package.origin is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs the OTLP receiver rotel")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        http, grpc = one.getsockname()[1], two.getsockname()[1]
    program = Path(package.origin).parent / "rotel-agent"
    if subprocess.run([program, "--version"], capture_output=True).returncode == CANNOT_BE_LOADED:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "rotel needs the library libpython of its Python"
        )
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


@pytest.mark.parametrize("form", FORMS)
def test_a_real_receiver_takes_them(tmp_path: Path, form: otlp.Form) -> None:
    """It reports the ids, times and attributes that were sent."""
    with rotel(tmp_path) as (port, said):
        body, *_ = otlp.request(text(RECORD | {"traceparent": TRACEPARENT}, RECORD), form)
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}{otlp.PATH}", body, {"Content-Type": otlp.CONTENT_TYPES[form]}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=30) as answer:
            assert answer.status == 200
            assert otlp.rejected(answer.headers["Content-Type"], answer.read()) == (0, "")
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
        decisions, _ = deciding(config.endpoint or "", config.proxy, {"ALL_PROXY": "proxy.test:1"})
        way = Transport(config.endpoint or "", decisions, config.tls, None, 20.0)
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
    """A relay's batches are strangers': whatever their values are, it is a line that is no record, and no defect.

    It costs itself: its neighbours are sent.
    """
    line = b'{"schema":2,"kind":"http","id":"%s","time":"2024-05-01T12:00:00Z","server.address":"a",%s}\n'
    bad = line % (b"0" * 32, field)
    alone = unpack(seal([bad], 1, ORIGIN, 0.0).body, "gzip", 2**20)
    with pytest.raises(UnpackError, match=r"^has a line, 2, that is no record, and none that is$"):
        deep(400, alone)
    good = json.dumps(RECORD).encode() + b"\n"
    among = unpack(seal([good, bad, good], 3, ORIGIN, 0.0).body, "gzip", 2**20)
    body, left_out, _ = deep(400, among)
    message = ExportTraceServiceRequest()
    message.ParseFromString(body)
    assert (len(message.resource_spans[0].scope_spans[0].spans), left_out) == (2, 1)


def deep(frames: int, text: bytes) -> otlp.Made:
    """From as far down the stack as a program can be."""
    return deep(frames - 1, text) if frames else otlp.request(text, "protobuf")


def test_an_announced_client_is_the_client_and_the_balancer_the_peer() -> None:
    """Where a PROXY header has told of a client, the other end of the connection is somebody else."""
    record = RECORD | {"client.address": "203.0.113.5", "client.port": 34567}
    found = attributes(spans(record)[0])
    assert (found["client.address"], found["client.port"]) == ("203.0.113.5", 34567)
    assert found["network.peer.address"] == RECORD["source.address"]


@pytest.mark.parametrize("form", ["json", "protobuf"])
def test_a_session_has_no_span(form: otlp.Form) -> None:
    """Records of other kinds are left out, and a batch of nothing else is no fault."""
    session = {"schema": 1, "kind": "tls", "id": "2" * 32, "time": RECORD["time"]}
    made = otlp.request(text(RECORD, session), form)
    assert (made.strange, made.spanless) == (0, 1)
    assert made.body == otlp.request(text(RECORD), form).body
    assert otlp.request(text(session, session | {"kind": "websocket"}), form)[1:] == (0, 2)
