"""Records of WebSocket sessions: by closed lists, whatever a handshake says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Anomaly, Peers, Request, State
from interceptor.core.protocols.websocket.session import Session, Traffic
from interceptor.core.records.encoder import RecordEncoder
from interceptor.core.records.websocket import WebSocketRecord, extension, fields, place, subprotocol
from interceptor.core.records.words import VALUE
from tests.support.canaries import KINDS

PEERS = Peers("192.0.2.1", 1234, "192.0.2.2", 80, "ipv4", bytes.fromhex("0123456789abcdef0123"), "eth0")


def session(**more: Any) -> Session:
    """A session of which nothing is missing."""
    usual: dict[str, Any] = {
        "peers": PEERS,
        "position": 77,
        "asked": True,
        "part": 1,
        "time": 1_700_000_000_123_456_789,
        "end_time": 1_700_000_003_123_456_789,
        "state": State.COMPLETE,
        "ongoing": False,
        "request": Request(
            77, 0, 1, method="GET", target="/orders/4711?token=secret", host="shop.example:8080"
        ),
        "subprotocol": "graphql-ws",
        "extensions": ("permessage-deflate",),
        "closed_by": 1,
        "client_code": 1000,
        "server_code": None,
        "client_unanswered": 0,
        "server_unanswered": None,
        "anomalies": {Anomaly.WRONG_MASK, Anomaly.BAD_CLOSE},
        "client": Traffic(bytes=10, payload=4, text=1),
        "server": Traffic(missed=5, binary=2, continuation=3),
    }
    return Session(**(usual | more))


def record(said: Session) -> dict[str, Any]:
    """Its record, as it leaves."""
    return dict(json.loads(RecordEncoder(node="node-1").encode([said])))


def test_what_a_record_says_of_a_session() -> None:
    """Whom it is between as the record of its handshake says it, counts, times, and how it ended."""
    found = record(session())
    assert found["kind"] == "websocket"
    assert (found["server.address"], found["server.port"]) == ("shop.example", 8080)
    assert found["url.template"] == "/orders/{id}"
    assert (found["time"], found["duration_us"]) == ("2023-11-14T22:13:20.123456Z", 3_000_000)
    assert (found["websocket.subprotocol"], found["websocket.extensions"]) == (
        "graphql-ws",
        ["permessage-deflate"],
    )
    assert (found["client.bytes"], found["websocket.client.messages.text"], found["missed_bytes"]) == (
        10,
        1,
        5,
    )
    assert (found["websocket.closed_by"], found["websocket.client.close_code"]) == ("server", 1000)
    assert "websocket.server.close_code" not in found
    assert "websocket.server.pings.unanswered" not in found
    assert "ongoing" not in found
    assert found["anomalies"] == ["bad_close", "wrong_mask"]
    assert (found["interface"], found["node"]) == ("eth0", "node-1")
    assert fields(session()).keys() <= set(WebSocketRecord.__struct_fields__)


def test_ids_differ_by_part_and_by_place() -> None:
    """All of one connection, the last eight digits those of the handshake's record."""
    said = [session(), session(part=2), session(position=78), session(asked=False)]
    ids = [record(each)["id"] for each in said]
    assert len(set(ids)) == 4
    assert all(each.startswith(PEERS.connection_id.hex()) and len(each) == 32 for each in ids)
    assert ids[0][-8:] == ids[1][-8:] == f"{77:08x}"
    assert all(place(each) < 1 << 48 for each in said)


@pytest.mark.parametrize("value", KINDS.values(), ids=list(KINDS))
def test_no_value_is_a_name(value: str) -> None:
    """Of a subprotocol, an extension, a path or a query."""
    said = session(
        subprotocol=value,
        extensions=(value.lower(), value),
        request=Request(1, 0, 1, method="GET", target=f"/{value}?{value}={value}", host="shop.example"),
    )
    assert value.lower() not in json.dumps(record(said), ensure_ascii=False).lower()


@given(st.text(max_size=60))
def test_only_known_names_are_shown(text: str) -> None:
    """Whoever answers chooses these."""
    assert subprotocol(text) in {None, VALUE, text.lower()}
    assert subprotocol(f"jane-{text}") == VALUE
    assert extension(f"jane-{text}") == VALUE
