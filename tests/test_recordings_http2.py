"""Recordings of real programs that speak HTTP/2: what came out is what they say they did.

gRPC by grpcio, Go, h2load; nghttpd with a push, nginx and curl lie beside the project, as their bodies are large. Upgrades are in
`test_recordings`.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.files import open_captures
from interceptor.core.pipeline import Pipeline
from interceptor.core.protocols.http2.hpack import Strings, Table
from tests.conftest import ELSEWHERE
from tests.test_fixtures import SHARED, read
from tests.test_fixtures import records as all_records
from tests.test_recordings import RECORDED

if TYPE_CHECKING:
    from interceptor.core.protocols.http2.tables import Field

RECORDINGS = SHARED.parent / "recordings"


def recorded(name: str) -> tuple[list[dict[str, Any]], Any]:
    """The records of a recording, and its truth; nothing of it is in nothing."""
    path = RECORDED / f"{name}.pcap.gz"
    if not path.exists():
        path = RECORDINGS / f"{name}.pcap"
        if not path.exists():
            pytest.skip(f"no recordings {ELSEWHERE}")
    for stage in read(path)[1]:
        assert stage.balanced
        assert stage.held == 0
        if stage.name == "http":
            assert stage.dropped == {}
    return all_records(path, "full"), json.loads(path.with_name(f"{name}.truth.json").read_text())


def said(record: dict[str, Any]) -> tuple[Any, ...]:
    """Method, path with its query, and status of a record."""
    path, query = record["url.path"], record.get("url.query")
    return (
        record["http.request.method"],
        f"{path}?{query}" if query else path,
        record["http.response.status_code"],
    )


def test_every_call_of_grpc() -> None:
    """Path, status, and how many messages of how many bytes went each way."""
    found, truth = recorded("grpc_python")
    assert len(found) == len(truth) == 13
    for record, call in zip(found, truth, strict=True):
        service, method = call["path"][1:].split("/")
        assert (record["rpc.system"], record["rpc.service"], record["rpc.method"]) == (
            "grpc",
            service,
            method,
        )
        assert record["url.template"] == call["path"]
        assert record["rpc.grpc.status_code"] == call["grpc_status"]
        assert record["rpc.request.messages"] == len(call["sent_messages"])
        if "compressed" not in (call.get("note") or ""):
            assert record["rpc.request.message.bytes"] == sum(call["sent_messages"])
        if "received_messages" in call:
            assert record["rpc.response.messages"] == len(call["received_messages"])
            assert record["rpc.response.message.bytes"] == sum(call["received_messages"])
    assert [record.get("anomalies") for record in found if "anomalies" in record] == [["rpc_deadline"]]


def test_go() -> None:
    """All ten, of which seven paths are references; answers of 200 carry trailers."""
    found, truth = recorded("h2c_go")
    assert [said(record) for record in found] == [
        (each["method"], each["path"], each["status"]) for each in truth["transactions"]
    ]
    assert found[-1]["http.request.body.size"] == 40_000
    assert {
        record["http.response.status_code"] for record in found if record.get("anomalies") == ["trailers"]
    } == {200}


def test_h2load() -> None:
    """Sixty on twice ten streams at once."""
    found, truth = recorded("h2c_h2load")
    assert Counter((record["url.path"], record["http.response.status_code"]) for record in found) == {
        (path, status): count for path, (count, status) in truth["per_path"].items()
    }
    assert len({record["id"] for record in found}) == 60


def test_a_push() -> None:
    """Of nghttpd, beside what was asked for."""
    found, _ = recorded("h2c_nghttpd")
    pushed = [record for record in found if "pushed" in record.get("anomalies", ())]
    assert [(said(record), record["transaction.index"]) for record in pushed] == [
        (("GET", "/style.css", 200), 2)
    ]
    assert pushed[0]["http.request.state"] == "missing"
    assert sorted(said(record) for record in found if record not in pushed) == [
        ("GET", "/a.json", 200),
        ("GET", "/index.html", 200),
        ("GET", "/nope", 404),
        ("POST", "/a.json", 200),
    ]


def test_nginx() -> None:
    """As curl says that it was answered."""
    found, truth = recorded("h2c_nginx_curl")
    assert [(*said(record), record["http.response.body.size"]) for record in found] == [
        ("GET", each["GET"], each["status"], each["body"]) for each in truth["connections"]
    ]


@pytest.mark.sources
@pytest.mark.parametrize("name", ["grpc_python", "h2c_go", "h2c_h2load"])
def test_each_block_left_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what real programs send, whichever block is lost: no field behind it is wrong, with what was known before it or without."""
    blocks: dict[Table, list[bytes]] = {}
    plainly = Table.read

    def noted(table: Table, block: bytes) -> list[Field] | None:
        blocks.setdefault(table, []).append(block)
        return plainly(table, block)

    monkeypatch.setattr(Table, "read", noted)
    pipeline = Pipeline(recover_headers=True)
    [capture] = open_captures([str(RECORDED / f"{name}.pcap.gz")])
    for batch in capture.batches():
        pipeline.feed(batch)
    capture.close()
    monkeypatch.undo()
    assert blocks
    known = [0, 0]
    for of, said in blocks.items():
        whole = Table(Strings(), first=True)
        truth = [whole.read(block) for block in said]
        assert None not in truth
        for lost in range(len(said)):
            for way, client in enumerate((None, of._client)):
                table = Table(Strings(), first=True, client=client)
                for number, block in enumerate(said):
                    if number == lost:
                        table.lose(len(block))
                        continue
                    fields, true = table.read(block), truth[number]
                    assert fields is not None
                    assert true is not None
                    for (name_, value, _), (true_name, true_value, _) in zip(fields, true, strict=True):
                        assert name_ in {None, true_name}
                        assert value in {None, true_value}
                        known[way] += (name_ is not None) + (value is not None)
    assert known[1] > known[0] > 0
