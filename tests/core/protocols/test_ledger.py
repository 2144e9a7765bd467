"""What the payload was, byte for byte."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from interceptor.core.model import Peers
from interceptor.core.protocols import ledger as module
from interceptor.core.protocols.conversation import CLIENT
from tests.conversations import START, Capture, Dialogue, Ends, request, response
from tests.support import tls

if TYPE_CHECKING:
    from interceptor.core.protocols.ledger import Unread

PEERS = Peers("192.0.2.1", 40_000, "192.0.2.2", 22, "ipv4", bytes(10), None)
BANNER = b"SSH-2.0-a\r\n"


def known(capture: Capture) -> dict[str, int]:
    """What there is of any protocol."""
    return {protocol: size for protocol, size in capture.pipeline.read().items() if size}


def shown(found: list[Unread]) -> list[tuple[str, str, int, int]]:
    """Server, protocol, connections and bytes."""
    return [(each.peers.server_address, each.protocol, each.connections, each.bytes) for each in found]


def test_each_byte_is_of_one_protocol() -> None:
    """Calls, TLS, a protocol with a name, one without, copies and losses beside each other."""
    capture = Capture()
    calls = Dialogue(capture).open()
    calls.exchange(1)
    said = tls.talk(ssl.TLSVersion.TLSv1_2)
    secret = Dialogue(capture, Ends(client_port=41_001)).open()
    for side, data in said.flights:
        (secret.client if side == CLIENT else secret.server)(data)
    shell = Dialogue(capture, Ends(client_port=41_002)).open()
    shell.server(BANNER)
    shell.client(BANNER)
    shell.server(bytes(400))
    odd = Dialogue(capture, Ends(client_port=41_003)).open()
    odd.client(b"\x00\x03odd")
    odd.server(b"\x00\x03even")
    odd.client(bytes(100))
    odd.client(bytes(30), lost=True)
    odd.client(bytes(10))
    capture.close()
    assert known(capture) == {
        "http/1": len(request(1)) + len(response(1)),
        "tls": sum(len(data) for _, data in said.flights),
        "ssh": 2 * len(BANNER) + 400,
        "unrecognized": 5 + 6 + 110,
    }

    assert [row[1:3] for row in shown(capture.pipeline.unread(1))] == [
        ("ssh", 1),
        ("tls", 1),
        ("unrecognized", 1),
    ]


def test_what_was_told_is_not_told_again() -> None:
    """What goes on is, with what came since."""
    capture = Capture()
    shell = Dialogue(capture).open()
    capture.now += 7
    shell.server(BANNER)
    [first] = capture.pipeline.unread(capture.pipeline.newest)
    assert (first.time, first.end_time) == (START, START + 7)
    assert (first.connections, first.bytes) == (1, len(BANNER))
    assert capture.pipeline.unread(6) == []
    shell.client(BANNER)
    [second] = capture.pipeline.unread(7)
    assert (second.time, second.end_time, second.connections, second.bytes) == (6, 7, 0, len(BANNER))


@pytest.mark.sources
def test_of_more_servers_than_there_is_room_for_only_the_sum_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By protocol; those that were there keep their accounts."""
    monkeypatch.setattr(module, "SERVERS", 2)
    ledger = Capture().pipeline._recognition.ledger
    accounts = [
        ledger.account(
            "ssh", Peers("192.0.2.1", 40_000, f"192.0.2.{number}", 22, "ipv4", bytes(10), None), begun=1
        )
        for number in range(5)
    ]
    for account in accounts:
        account.count(10)
    found = shown(ledger.unread(0, 1))
    assert found == [("", "ssh", 3, 30), ("192.0.2.0", "ssh", 1, 10), ("192.0.2.1", "ssh", 1, 10)]


def ends(client: int, server: int) -> Peers:
    """Two ends, by the last number of their addresses."""
    return Peers(f"192.0.2.{client}", 443, f"192.0.2.{server}", 443, "ipv4", bytes(10), None)


def test_who_has_answered_is_the_server_elsewhere() -> None:
    """At that address, port and network, of that protocol; where both have, or nobody, nobody knows."""
    ledger = Capture().pipeline._recognition.ledger
    assert ledger.turned("tls", ends(1, 2)) is None
    ledger.account("tls", ends(9, 2)).answered(ends(9, 2))
    assert ledger.turned("tls", ends(1, 2)) is False
    assert ledger.turned("tls", ends(2, 1)) is True
    assert ledger.turned("ssh", ends(1, 2)) is None
    assert ledger.turned("tls", Peers("", 443, "192.0.2.2", 444, "ipv4", b"", None)) is None
    assert ledger.turned("tls", Peers("", 443, "192.0.2.2", 443, "ipv6", b"", None)) is None
    ledger.answered("tls", ends(9, 1))
    assert ledger.turned("tls", ends(1, 2)) is None


def test_of_servers_that_have_answered_the_oldest_is_forgotten() -> None:
    """Whoever makes up servers has no more remembered; one that answers again is new."""
    ledger = Capture().pipeline._recognition.ledger
    for port in range(module.SERVERS):
        ledger.answered("tls", Peers("", 0, "192.0.2.2", port, "ipv4", b"", None))
    ledger.answered("tls", Peers("", 0, "192.0.2.2", 0, "ipv4", b"", None))
    ledger.answered("tls", ends(9, 3))
    assert len(ledger._answered) == module.SERVERS
    told = [
        ledger.turned("tls", Peers("", 0, "192.0.2.2", port, "ipv4", b"", None))
        for port in (0, 1, 2, module.SERVERS - 1)
    ]
    assert told == [False, None, False, False]


def test_an_account_is_kept_for_as_long_as_anybody_needs_it() -> None:
    """A connection, or the next report."""
    ledger = Capture().pipeline._recognition.ledger
    ledger.account("ssh", PEERS, begun=1).count(5)
    assert shown(ledger.unread(0, 1)) == [("192.0.2.2", "ssh", 1, 5)]
    assert len(ledger._accounts) == 0
    held = ledger.account("ssh", PEERS, begun=1)
    assert ledger.unread(0, 2) == []
    held.count(7)
    assert shown(ledger.unread(0, 3)) == [("192.0.2.2", "ssh", 0, 7)]


def test_tls_that_is_met_in_the_middle_is_tls() -> None:
    """Three records in a row from the start of a segment; fewer prove nothing."""
    record = b"\x17\x03\x03\x00\x10" + bytes(range(16))
    capture = Capture()
    talk = Dialogue(capture)
    talk.server(record)
    talk.server(3 * record)
    talk.client(record)
    capture.close()
    assert known(capture) == {"tls": 4 * len(record), "unrecognized": len(record)}


@pytest.mark.parametrize("speaks", ["client", "server"])
@pytest.mark.parametrize("known", [False, True])
def test_the_server_of_tls_met_in_the_middle_is_known_by_others_or_not_at_all(
    speaks: str, known: bool
) -> None:
    """Records tell nobody's side, and who is captured first may be either."""
    record = b"\x17\x03\x03\x00\x10" + bytes(range(16))
    capture = Capture()
    if known:
        talk = Dialogue(capture, Ends(client_port=41_000)).open()
        hello, answer = (data for _, data in tls.talk().flights[:2])
        talk.client(hello)
        talk.server(answer)
    capture.pipeline.unread(0)
    talk = Dialogue(capture)
    (talk.client if speaks == "client" else talk.server)(3 * record)
    told = [found for found in capture.pipeline.unread(1) if found.bytes == 3 * len(record)]
    assert shown(told) == [(talk.ends.server if known else "", "tls", 1, 3 * len(record))]
    capture.close()
