"""Real programs, recorded with what they truly sent beside it: nothing else is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from interceptor.capture.files import open_captures
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder

RECORDED = Path(__file__).parent.parent / "fixtures" / "recorded"
SHARED = Path(__file__).parent.parent.parent / "shared" / "pcaps" / "protocols"


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a capture; nothing is held after it, and all of it is accounted for."""
    pipeline, encoder = Pipeline(), RecordEncoder("full")
    [capture] = open_captures([str(path)])
    out = b""
    try:
        for batch in capture.batches():
            out += encoder.encode(pipeline.feed(batch))
            assert all(stage.balanced for stage in pipeline.ledger())
    finally:
        capture.close()
    out += encoder.encode(pipeline.close())
    assert all(stage.balanced and not stage.held for stage in pipeline.ledger())
    return [json.loads(line) for line in out.splitlines()]


def truth(name: str) -> Any:
    """What was truly sent."""
    return json.loads((RECORDED / f"{name}.truth.json").read_text())


def of_kind(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Records of a kind, in order."""
    return [record for record in records if record["kind"] == kind]


def shared(name: str) -> Path:
    """A capture of another project, where it is at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not part of this repository")
    return path


def test_websocket() -> None:
    """Messages, fragments, a ping and a close with the server's own code, plain and compressed."""
    records = read(RECORDED / "websocket.pcap.gz")
    sent = truth("websocket")
    sessions = of_kind(records, "websocket")
    assert [record["http.response.status_code"] for record in of_kind(records, "http")] == [101, 101]
    assert [session["destination.port"] for session in sessions] == [talk["port"] for talk in sent]
    for session, talk in zip(sessions, sent, strict=True):
        said, heard = talk["client_sent"], talk["client_received"]
        binary = [size for kind, size in said if kind == "binary"]
        assert session["websocket.client.messages.binary"] == len(binary)
        assert session["websocket.client.messages.text"] == len(said) - len(binary)
        assert session["websocket.client.frames.continuation"] == 3
        assert session["websocket.server.messages.binary"] == sum(kind == "binary" for kind, _ in heard)
        assert session["websocket.server.messages.text"] == sum(kind == "text" for kind, _ in heard)
        assert session["websocket.client.frames.ping"] == talk["pings"]
        assert session["websocket.client.pings.unanswered"] == 0
        code, _, by = talk["close"]
        assert session["websocket.server.close_code"] == session["websocket.client.close_code"] == code
        assert f"by {session['websocket.closed_by']}" == by
        assert session["state"] == "complete"
        assert "anomalies" not in session
        if talk["compression"] is None:
            ping_and_close = session["websocket.client.payload.bytes"] - sum(size for _, size in said)
            assert 0 < ping_and_close <= 125 + 6
            assert "websocket.extensions" not in session
        else:
            assert session["websocket.extensions"] == ["permessage-deflate"]
            assert session["websocket.client.messages.compressed"] == len(said)
            assert session["websocket.server.messages.compressed"] == len(heard)


@pytest.mark.parametrize("name", ["h2c_upgrade_nghttpx_curl", "h2c_upgrade_nghttpx_java"])
def test_an_upgrade_to_http_2_is_no_answer(name: str) -> None:
    """101 is not what the client got."""
    records = of_kind(read(RECORDED / f"{name}.pcap.gz"), "http")
    upgraded = [record for record in records if "upgraded" in record.get("anomalies", ())]
    assert len(upgraded) == len(truth(name)["connections"])
    for record in upgraded:
        assert record["http.response.interim"] == [101]
        assert "http.response.status_code" not in record
        assert "duration_us" not in record


def test_server_sent_events_and_a_long_poll() -> None:
    """Both tell when their answer began."""
    events, poll = of_kind(read(RECORDED / "sse_longpoll.pcap.gz"), "http")
    streamed, polled = truth("sse_longpoll")["transactions"]
    assert events["http.response.content_type"] == streamed["content_type"]
    assert events["ttfb_us"] < 50_000
    assert events["duration_us"] / 1e6 == pytest.approx(streamed["duration_s"], abs=0.1)
    assert poll["ttfb_us"] / 1e6 == pytest.approx(polled["ttfb_s"], abs=0.1)


def test_fragments_as_another_project_reads_them() -> None:
    """Zeek's expectation: a ping, a message of two frames, one of one, 1000 from the client first."""
    [session] = of_kind(read(shared("zeek-two-binary-fragments.pcap")), "websocket")
    assert session["websocket.server.frames.ping"] == session["websocket.client.frames.pong"] == 1
    assert session["websocket.client.messages.binary"] == session["websocket.server.messages.binary"] == 1
    assert session["websocket.client.payload.bytes"] == 4 + 11 + 2
    assert session["websocket.server.payload.bytes"] == 4 + 5 + 7 + 2
    assert session["websocket.server.frames.continuation"] == 1
    assert (session["websocket.closed_by"], session["websocket.client.close_code"]) == ("client", 1000)


def test_compressed_messages_of_another_project() -> None:
    """Suricata's capture: ten messages of the server, all compressed, of the lengths that tshark names."""
    [session] = of_kind(read(shared("suricata-example_websocket.pcap")), "websocket")
    assert session["websocket.server.messages.text"] == session["websocket.server.messages.compressed"] == 10
    assert session["websocket.server.payload.bytes"] == 38 + 23 + 18 + 18 + 20 + 19 + 20 + 20 + 15 + 20


def test_a_tunnel_of_another_project() -> None:
    """Suricata's capture of gRPC through CONNECT: the tunnel is one, and leads where the request says."""
    records = read(shared("suricata-http2-errorcode-input.pcap"))
    [tunnel] = of_kind(records, "tunnel")
    assert (tunnel["tunnel.protocol"], tunnel["server.port"]) == ("connect", 6233)
    assert tunnel["client.bytes"] > 0


def test_an_upgrade_of_another_project() -> None:
    """Suricata's capture: the 101 is no answer there, either."""
    records = of_kind(read(shared("suricata-http2-keywords2-input.pcap")), "http")
    assert records[0]["anomalies"] == ["upgraded"]
    assert "http.response.status_code" not in records[0]
