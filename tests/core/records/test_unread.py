"""Records of what was not read."""

from __future__ import annotations

from interceptor.core.model import Peers
from interceptor.core.protocols.ledger import Unread
from interceptor.core.records.encoder import RecordEncoder
from interceptor.core.records.unread import UnreadRecord, identity, name, reason
from tests.conversations import records

SECOND = 10**9


def unread(protocol: str, address: str = "192.0.2.2", *, time: int = 1_700_000_000 * SECOND) -> Unread:
    """A minute of one server."""
    return Unread(Peers("", 0, address, 22, "ipv4", b"", None), time, time + 60 * SECOND, protocol, 2, 300)


def test_a_record_says_how_much_of_whom_and_why() -> None:
    """And nothing of a client."""
    [record] = records([unread("ssh")])
    assert record.pop("id") == identity(unread("ssh"), None)
    assert record == {
        "schema": 2,
        "kind": "unread",
        "time": "2023-11-14T22:13:20.000000Z",
        "duration_us": 60_000_000,
        "server.address": "192.0.2.2",
        "server.port": 22,
        "network.type": "ipv4",
        "network.protocol.name": "ssh",
        "unread.reason": "not_read",
        "unread.connections": 2,
        "unread.bytes": 300,
    }


def test_reasons_and_names() -> None:
    """What has no name has none."""
    said = [(reason(each), name(each)) for each in ("tls", "tunnel", "kafka", "unrecognized")]
    assert said == [("encrypted", "tls"), ("tunnel", None), ("not_read", "kafka"), ("unrecognized", None)]


def test_an_id_is_of_a_node_a_server_a_protocol_and_a_time() -> None:
    """Two nodes see the same server; the same capture gives the same."""
    ids = {
        identity(unread("ssh"), None),
        identity(unread("ssh"), "node-1"),
        identity(unread("tls"), None),
        identity(unread("ssh", "192.0.2.3"), None),
        identity(unread("ssh", time=SECOND), None),
    }
    assert len(ids) == 5
    assert identity(unread("ssh"), None) in ids
    assert all(len(each) == 32 for each in ids)


def test_who_is_not_known_is_absent() -> None:
    """As of a connection that was met in the middle."""
    found = RecordEncoder().record(Unread(Peers("", 0, "", 0, "", b"", None), 1, 2, "unrecognized", 0, 5))
    assert isinstance(found, UnreadRecord)
    assert (found.server_address, found.server_port, found.network_type) == (None, None, None)
