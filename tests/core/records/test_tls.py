"""Records of TLS sessions: by closed rules, whatever a hello says, and of what OpenSSL did nothing but the truth."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import Anomaly, Chunk, Outcome, Peers
from interceptor.core.protocols.tls.session import Session, TlsConversation
from interceptor.core.records.tls import TlsRecord, alert, cipher, fields, protocol, server_name, version
from interceptor.core.records.words import VALUE
from tests.support.tls import CLIENT, SERVER, talk

PEERS = Peers("192.0.2.1", 1234, "192.0.2.2", 443, "ipv4", bytes(10), None)


class _Nobody:
    """Counts nothing."""

    def deliver(self, size: int) -> None:
        """It does not."""

    def answered(self, peers: Peers) -> None:
        """Nor does it remember."""


def test_what_a_record_says_of_a_session() -> None:
    """Names, numbers and sizes of a real one; every field is one of the schema."""
    said = talk()
    conversation = TlsConversation(PEERS, _Nobody(), Budget(1), first=True)
    finished: list[Outcome] = []
    at = [0, 0]
    for time, (side, data) in enumerate(said.flights, start=1):
        conversation.receive(side, Chunk(data, 0, len(data), at[side], time * 1_000_000, 0), finished)
        at[side] += len(data)
    for side in (CLIENT, SERVER):
        conversation.close(side, at[side], 0, finished, clean=True)
    conversation.finish(Anomaly.UNANSWERED, finished)
    [session] = finished
    assert isinstance(session, Session)
    found = fields(session)
    assert found.keys() <= set(TlsRecord.__struct_fields__)
    assert found["tls_protocol_version"] == "1.3"
    assert found["tls_cipher"] in (
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
    )
    assert found["tls_client_alpn"] == ("h2", "http/1.1")
    assert found["client_bytes"] == len(said.stream(CLIENT))
    assert found["server_bytes"] == len(said.stream(SERVER))
    assert (found["state"], found["tls_established"], found["tls_resumed"]) == ("complete", True, False)
    assert found["duration_us"] == (len(said.flights) - 1) * 1000


def test_roles_that_are_assumed_are_said_to_be() -> None:
    """And where they are proven nothing is said of it."""
    said = []
    for assumed in (True, False):
        conversation = TlsConversation(PEERS, _Nobody(), Budget(1), first=False, assumed=assumed)
        finished: list[Outcome] = []
        conversation.finish(Anomaly.UNANSWERED, finished)
        [session] = finished
        assert isinstance(session, Session)
        said.append(msgspec.to_builtins(TlsRecord(**fields(session))).get("tls.roles_assumed"))
    assert said == [True, None]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"shop.example", "shop.example"),
        (b"SHOP.Example.", "shop.example"),
        (b"*.shop.example", "*.shop.example"),
        (b"192.0.2.7", "192.0.2.7"),
        (b"a1b2c3d4e5f6a7b8.example", "{token}.example"),
        (b"shop.example:443", None),
        (b"jane@example.org", None),
        (b"caf\xc3\xa9.example", None),
        (b"a" * 300, None),
        (b"", None),
        (None, None),
    ],
)
def test_server_names(sent: bytes | None, shown: str | None) -> None:
    """By the rules for hosts; what is none is not shown."""
    assert server_name(sent) == shown


def test_numbers_have_their_registered_names() -> None:
    """Or are written as numbers."""
    assert (version(0x0303), version(0x0304), version(0x7F1C)) == ("1.2", "1.3", "0x7f1c")
    assert (cipher(0x1301), cipher(0xFFFE)) == ("TLS_AES_128_GCM_SHA256", "0xfffe")
    assert (alert(40), alert(255)) == ("handshake_failure", "255")


@given(st.binary(max_size=40))
def test_no_protocol_is_shown_that_is_not_registered(name: bytes) -> None:
    """Whoever greets chooses these bytes."""
    assert protocol(name) in (VALUE, name.decode("latin-1"))
    assert protocol(b"jane " + name) == VALUE
