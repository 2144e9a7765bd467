"""Facts about what is counted of records that are no calls."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from interceptor.core.model import Peers
from interceptor.core.protocols.ledger import Unread as Told
from interceptor.core.records.encoder import RecordEncoder
from interceptor.ingest.unread import ServerName, Unread, read
from tests.support.records import record, unread

KEY = bytes(16)


def line(**fields: Any) -> bytes:
    """A record of kind `unread`, with these fields."""
    return json.dumps(unread(**fields)).encode()


def test_a_record_of_ours_is_read() -> None:
    """As the encoder writes it, of a server and of nobody."""
    for address, port, protocol, expected in (
        ("10.0.0.9", 443, "tls", Unread(KEY, 7, "10.0.0.9", 443, "tls", "encrypted", 3, 900)),
        ("", 0, "unrecognized", Unread(KEY, 7, "", 0, "", "unrecognized", 3, 900)),
    ):
        told = Told(Peers("", 0, address, port, "ipv4", b"", None), 0, 60_000_000_000, protocol, 3, 900)
        [text] = RecordEncoder("template").encode([told]).splitlines()
        assert read("unread", 2, text, KEY, 7) == expected


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"server_address": "a name"}, "an address is none of IP"),
        ({"server_port": 70_000}, "server.port"),
        ({"unread_bytes": -1}, "unread.bytes"),
        ({"unread_bytes": None}, "unread.bytes"),
        ({"unread_connections": "many"}, "unread.connections"),
        ({"network_protocol_name": "my secret"}, "network.protocol.name"),
        ({"network_protocol_name": "x" * 33}, "network.protocol.name"),
        ({"unread_reason": "Because"}, "unread.reason"),
        ({"unread_reason": "no\n"}, "unread.reason"),
    ],
)
def test_what_no_agent_says_is_refused(fields: dict[str, Any], said: str) -> None:
    """The reason names the field, and no value."""
    with pytest.raises((ValueError, msgspec.DecodeError)) as refused:
        read("unread", 2, line(**fields), KEY, 7)
    assert said in str(refused.value)
    assert not any(str(value) in str(refused.value) for value in fields.values() if value is not None)


def test_what_nobody_can_have_sent_is_not_believed() -> None:
    """A tebibyte a minute is the most that counts, so that sums stay in 63 bits."""
    found = read("unread", 2, line(unread_bytes=2**53, unread_connections=2**53), KEY, 7)
    assert found == Unread(KEY, 7, "10.0.0.9", 443, "tls", "encrypted", 2**40, 2**40)


def test_a_session_names_its_server() -> None:
    """Where its client said a name."""
    told = record(server_address="pay.example", destination_address="2001:DB8::1", destination_port=443)
    assert read("tls", 2, json.dumps(told).encode(), KEY, 7) == ServerName(
        "2001:db8::1", 443, "pay.example", 7
    )
    assert read("tls", 2, json.dumps(told | {"server.address": None}).encode(), KEY, 7) is None
    late = {"server.address": None, "tls.roles_assumed": True, "state": "missing"}
    assert read("tls", 2, json.dumps(told | late).encode(), KEY, 7) is None
    with pytest.raises(msgspec.DecodeError, match=r"server\.address"):
        read("tls", 2, json.dumps(told | {"server.address": "x" * 256}).encode(), KEY, 7)


@pytest.mark.parametrize(("kind", "schema"), [("unread", 1), ("tls", 3), ("tunnel", 2), ("new", 1)])
def test_of_what_is_not_known_nothing_is_counted(kind: str, schema: int) -> None:
    """A later schema may say anything."""
    assert read(kind, schema, b'{"unread.bytes":"much"}', KEY, 7) is None
