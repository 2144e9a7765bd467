"""Records of tunnels: where they lead by the rules for hosts, what they are by a closed list."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Anomaly, Peers, Request, State
from interceptor.core.protocols.tunnel import Opening, Traffic, Tunnel
from interceptor.core.records.encoder import RecordEncoder
from interceptor.core.records.tunnel import TunnelRecord, fields, place, protocol
from interceptor.core.records.words import VALUE
from tests.support.canaries import KINDS

PEERS = Peers("192.0.2.1", 1234, "192.0.2.2", 3128, "ipv4", bytes.fromhex("0123456789abcdef0123"), None)
CONNECT = Request(77, 0, 1, method="CONNECT", target="api.example:443", host="other.example")


def tunnel(opening: Opening, **more: Any) -> Tunnel:
    """A tunnel of which nothing is missing."""
    usual: dict[str, Any] = {
        "part": 1,
        "time": 1_700_000_000_123_456_789,
        "end_time": 1_700_000_003_123_456_789,
        "state": State.COMPLETE,
        "ongoing": False,
        "inside": "http",
        "closed_by": 0,
        "client": Traffic(100, 0),
        "server": Traffic(200, 7),
    }
    return Tunnel(PEERS, opening, **(usual | more))


def record(said: Tunnel) -> dict[str, Any]:
    """Its record, as it leaves."""
    return dict(json.loads(RecordEncoder().encode([said])))


def test_where_a_tunnel_leads() -> None:
    """A CONNECT names it in its target, SOCKS in its request; another upgrade leads to the server that it asks."""
    connect = record(tunnel(Opening(PEERS, "connect", 77, asked=True, time=1, request=CONNECT)))
    assert (connect["server.address"], connect["server.port"]) == ("api.example", 443)
    assert (connect["destination.address"], connect["destination.port"]) == ("192.0.2.2", 3128)
    assert (connect["tunnel.protocol"], connect["network.protocol.name"]) == ("connect", "http")
    assert (connect["client.bytes"], connect["server.bytes"], connect["missed_bytes"]) == (100, 200, 7)
    assert (connect["tunnel.closed_by"], connect["duration_us"]) == ("client", 3_000_000)
    assert "url.template" not in connect
    refused = Opening(PEERS, "socks5", 0, asked=True, time=1, target="[2001:db8::1]:22", error="not_allowed")
    socks = record(tunnel(refused, inside=""))
    assert (socks["server.address"], socks["server.port"]) == ("2001:db8::1", 22)
    assert socks["error.type"] == "not_allowed"
    assert "network.protocol.name" not in socks
    asked = Request(77, 0, 1, method="POST", target="/containers/4711/attach", host="docker.example")
    attach = record(
        tunnel(Opening(PEERS, "tcp", 77, asked=True, time=1, request=asked, anomaly=Anomaly.WRONG_ACCEPT))
    )
    assert attach["server.address"] == "docker.example"
    assert attach["url.template"].startswith("/containers/{")
    assert attach["anomalies"] == ["wrong_accept"]
    assert fields(tunnel(refused)).keys() <= set(TunnelRecord.__struct_fields__)


def test_ids_differ_by_part_and_by_place() -> None:
    """All of one connection, and none that a session of WebSocket could have."""
    openings = [
        Opening(PEERS, "connect", at, asked=asked, time=1) for at in (0, 9) for asked in (True, False)
    ]
    said = [tunnel(opening, part=part) for opening in openings for part in (1, 2)]
    assert len({place(each) for each in said}) == len(said)
    assert all(place(each) >> 45 == 0b101 for each in said)


@pytest.mark.parametrize("value", KINDS.values(), ids=list(KINDS))
def test_no_value_is_a_protocol(value: str) -> None:
    """Whoever answers 101 chooses its name."""
    said = tunnel(Opening(PEERS, value.lower(), 1, asked=False, time=1))
    assert value.lower() not in json.dumps(record(said), ensure_ascii=False).lower()


@given(st.text(max_size=40))
def test_only_known_protocols_are_shown(text: str) -> None:
    """Everything else is a value."""
    assert protocol(text) in {text, VALUE}
    assert protocol(f"jane-{text}") == VALUE
