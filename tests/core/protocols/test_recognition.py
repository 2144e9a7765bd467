"""What a connection speaks, and what it becomes."""

from __future__ import annotations

import ssl

import pytest

from interceptor.core.model import Limits, PacketBatch, State
from interceptor.core.protocols.conversation import CLIENT
from interceptor.core.protocols.tls.session import Session
from tests.conversations import Capture, Dialogue, Ends, Sent, pairs, records, request, response
from tests.support import tls


def test_what_is_met_in_the_middle_is_read_from_its_first_proof_on() -> None:
    """Whoever speaks first: a request is the client's."""
    capture = Capture()
    talk = Dialogue(capture)
    talk.server(b"the end of something else")
    talk.exchange(1)
    capture.close()
    assert pairs(capture.transactions) == [("1", "1")]
    assert capture.transactions[0].peers.server_port == talk.ends.server_port


@pytest.mark.parametrize("cut", [0, 1, 20, 40])
def test_a_response_met_in_the_middle_is_reported_however_it_is_cut(cut: int) -> None:
    """A status line that begins a segment is a server's message; nobody saw what it answers."""
    capture = Capture()
    talk = Dialogue(capture)
    talk.client(b"the end of something else")
    for piece in filter(None, (response(1)[:cut], response(1)[cut:])):
        talk.server(piece)
    talk.exchange(2)
    assert pairs(capture.close()) == [(None, "1"), ("2", "2")]


def test_a_proof_by_the_other_side_gives_up_what_waits() -> None:
    """The beginning of a request waits; a status line of the same side shows that it is the server."""
    capture = Capture()
    talk = Dialogue(capture)
    talk.server(b"GET / HTT")
    talk.server(response(1))
    talk.exchange(2)
    capture.close()
    assert [answer for _, answer in pairs(capture.transactions)] == ["1", "2"]
    assert capture.dropped("http") == {"unsynchronised": 9}


def test_what_never_proves_anything_is_not_read() -> None:
    """Its bytes are counted, and what waited at its end with them."""
    capture = Capture()
    talk = Dialogue(capture)
    talk.client(b"\x00\x01\x02")
    talk.client(b"GET / HTTP/1.1\r\nHost: a")
    capture.close()
    assert capture.transactions == []
    assert capture.dropped("http") == {"unsynchronised": 3, "head_incomplete": 23}


def test_a_preface_or_a_block_in_pieces_tells_who_is_the_client() -> None:
    """Of a connection met in the middle, a byte at a time."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")
    asked = bytes.fromhex("00000a0105000000058286") + b"\x44\x06/n/1/x"
    answered = bytes.fromhex("000001010500000005") + b"\x88"
    for beginning in (preface, b""):
        capture = Capture()
        talk = Dialogue(capture)
        for at in range(len(said := beginning + asked)):
            talk.client(said[at : at + 1])
        talk.server(answered)
        [transaction] = capture.close()
        assert transaction.request is not None
        assert transaction.request.target == "/n/1/x"
        assert transaction.response is not None
        assert transaction.peers.server_port == talk.ends.server_port


def test_what_only_looks_like_the_beginning_of_a_frame_waits_no_longer_than_it_does() -> None:
    """And what waits has a bound, the same as a head."""
    capture = Capture(Limits(head_bytes=2_000))
    talk = Dialogue(capture)
    talk.client(bytes.fromhex("000010ff"))
    assert capture.stage("http").held == 4
    talk.client(b"\xff" * 10)
    assert capture.stage("http").held == 0
    talk.client(bytes.fromhex("003f00000000000001") + bytes(1_000))
    assert capture.stage("http").held == 1_009
    talk.client(bytes(1_000))
    assert capture.stage("http").held == 0
    talk.client(bytes.fromhex("003f00000000000001"))
    talk.client(bytes(9), lost=True)
    talk.server()
    capture.close()
    assert capture.transactions == []


@pytest.mark.parametrize(
    ("data", "begins"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"GET /a/path/that/does/not/end/here", True),
        (b"GET /", True),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", True),
        (b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", False),
        (b"\x00" * 40, False),
    ],
)
def test_only_the_beginning_of_a_message_begins_another_connection(data: bytes, begins: bool) -> None:
    """A start line of either side, as far as it goes."""
    assert Capture().pipeline._recognition.begins(data) is begins


def test_what_cannot_be_read_in_a_tunnel_is_counted() -> None:
    """Behind a CONNECT, also what came in one segment with its answer."""
    capture = Capture()
    talk = Dialogue(capture).open()
    talk.client(b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    talk.server(b"HTTP/1.1 200 Fine\r\n\r\n\x16\x03\x03")
    talk.client(b"\x16\x03\x01")
    talk.client(request(1))
    capture.close()
    assert len(capture.transactions) == 1
    assert capture.dropped("http") == {"not_http": 6, "upgraded": len(request(1))}


def test_a_segment_without_any_of_its_bytes_is_no_beginning() -> None:
    """A snaplen of headers alone, on a connection met in the middle."""
    capture = Capture()
    frame = Sent(Ends(), client=True, position=0, place=0, data=request(1)).frame()
    seen = [(capture.now, 0, 54, len(frame))]
    assert capture.pipeline.feed(PacketBatch(capture.interface, frame[:54], seen)) == []
    assert capture.close() == []
    assert capture.pipeline.cut_bytes == len(request(1))


def sessions(capture: Capture) -> list[Session]:
    """What was reported of TLS."""
    return [one for one in capture.outcomes if isinstance(one, Session)]


@pytest.mark.parametrize("size", [1, 3, 5_000])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_is_known_by_its_hello(size: int, version: ssl.TLSVersion) -> None:
    """On port 80, in segments of any size; every byte is read, and no transaction comes of it."""
    said = tls.talk(version)
    capture = Capture()
    talk = Dialogue(capture).open()
    for side, data in said.flights:
        for at in range(0, len(data), size):
            (talk.client if side == CLIENT else talk.server)(data[at : at + size])
    talk.close()
    capture.close()
    [session] = sessions(capture)
    assert capture.transactions == []
    assert session.state == State.COMPLETE
    assert session.established
    assert session.hello is not None
    assert session.hello.offer.server_name == tls.NAME.encode()
    assert session.client.bytes + session.server.bytes == capture.stage("http").delivered
    assert capture.dropped("http") == {}


def test_tls_of_which_the_hello_is_lost() -> None:
    """The server's tells as much."""
    said = tls.talk()
    capture = Capture()
    talk = Dialogue(capture).open()
    for number, (side, data) in enumerate(said.flights):
        (talk.client if side == CLIENT else talk.server)(data, lost=number == 0)
    talk.close()
    capture.wait(40)
    capture.close()
    [session] = sessions(capture)
    assert (session.state, session.hello) == (State.TRUNCATED, None)
    assert session.answer is not None


def test_a_record_of_a_session() -> None:
    """One line of kind `tls`."""
    said = tls.talk()
    capture = Capture()
    talk = Dialogue(capture).open()
    for side, data in said.flights:
        (talk.client if side == CLIENT else talk.server)(data)
    capture.close()
    [record] = records(capture.outcomes)
    assert (record["kind"], record["schema"], record["server.address"]) == ("tls", 2, tls.NAME)
    assert len(record["id"]) == 32
    assert record["tls.protocol.version"] == "1.3"


RECORDS = 3 * (b"\x17\x03\x03\x00\x10" + bytes(range(16)))
"""As many as prove that it is TLS."""


def test_tls_that_is_met_late_is_reported_at_the_deadline_and_goes_on() -> None:
    """Each record says what came since the one before, and that its roles are assumed."""
    capture = Capture(Limits(transaction_seconds=60, idle_seconds=30))
    talk = Dialogue(capture)
    for _ in range(8):
        talk.client(RECORDS)
        talk.server(RECORDS)
        capture.wait(25)
    capture.close()
    told = records(capture.outcomes)
    assert len(told) > 1
    assert [record.get("ongoing", False) for record in told] == [True] * (len(told) - 1) + [False]
    assert [record["part"] for record in told] == list(range(1, len(told) + 1))
    assert {record["tls.roles_assumed"] for record in told} == {True}
    assert {record["state"] for record in told} == {"missing"}
    assert sum(record["client.bytes"] for record in told) == 8 * len(RECORDS)
    assert sum(record["server.bytes"] for record in told) == 8 * len(RECORDS)
    assert capture.dropped("http") == {}


def test_what_is_none_and_looks_like_records_by_chance_is_counted_and_invents_nothing() -> None:
    """Three headers in a row of something else: its bytes are in the record, no more records than began, and no name."""
    capture = Capture()
    talk = Dialogue(capture)
    talk.server(RECORDS + b"something else" * 50)
    talk.client(b"and so on" * 20)
    talk.server(b"\x00" * 4_000)
    capture.close()
    [session] = sessions(capture)
    assert (session.assumed, session.hello, session.answer, session.state) == (
        True,
        None,
        None,
        State.MISSING,
    )
    assert (session.server.records, session.client.records) == (3, 0)
    assert (session.client.bytes, session.server.bytes) == (180, len(RECORDS) + 700 + 4_000)


@pytest.mark.parametrize("speaks", ["client", "server"])
def test_who_answered_in_a_tunnel_is_who_one_connects_to(speaks: str) -> None:
    """A session through a proxy proves the proxy's end, which is where another one, met late, leads to."""
    capture = Capture()
    ends = Ends(client_port=40_001, server_port=60_000)
    talk = Dialogue(capture, ends).open()
    hello, answer = (data for _, data in tls.talk().flights[:2])
    talk.client(b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n")
    talk.server(b"HTTP/1.1 200 OK\r\n\r\n")
    talk.client(hello)
    talk.server(answer)
    late = Dialogue(capture, Ends(client_port=40_002, server_port=60_000))
    (late.client if speaks == "client" else late.server)(RECORDS)
    capture.close()
    [session] = [one for one in sessions(capture) if one.hello is None]
    assert not session.assumed
    assert (session.peers.client_port, session.peers.server_port) == (40_002, 60_000)
    assert (session.client if speaks == "client" else session.server).bytes == len(RECORDS)


@pytest.mark.parametrize("together", [True, False])
def test_a_proxys_header_before_what_is_met_late_takes_nothing_of_it(*, together: bool) -> None:
    """The header is text that begins no message; records behind it prove themselves, from the next segment on where it has none."""
    header = b"PROXY TCP4 192.0.2.77 192.0.2.78 51000 443\r\n"
    capture = Capture()
    talk = Dialogue(capture)
    for piece in [header + RECORDS] if together else [header, RECORDS]:
        talk.client(piece)
    talk.client(RECORDS)
    talk.server(RECORDS)
    capture.close()
    [session] = sessions(capture)
    sizes = (1 if together else 2) * len(RECORDS), len(RECORDS)
    assert (session.client.bytes, session.server.bytes) == sizes
    assert capture.pipeline.read()["tls"] == sum(sizes)
    assert session.assumed


def test_many_that_are_met_late_hold_nothing() -> None:
    """However many there are, nothing waits, and who made them up is remembered by nobody."""
    capture = Capture()
    for port in range(2_000):
        Dialogue(capture, Ends(client_port=10_000 + port)).server(RECORDS)
    assert capture.stage("http").held == 0
    assert not capture.pipeline._recognition.ledger._answered
    capture.close()
    assert len(sessions(capture)) == 2_000


def test_what_only_begins_like_a_hello_is_http_as_before() -> None:
    """Five bytes wait, and are then told as they came."""
    capture = Capture()
    talk = Dialogue(capture).open()
    talk.client(b"\x16\x03")
    assert capture.stage("http").held == 2
    talk.client(b"no hello")
    talk.server(response(1))
    talk.exchange(2)
    capture.close()
    assert [answer for _, answer in pairs(capture.transactions)] == ["1", "2"]
