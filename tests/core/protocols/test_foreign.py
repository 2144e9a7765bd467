"""Protocols that are not read, and that may turn to TLS."""

from __future__ import annotations

import pytest

from interceptor.core.protocols.conversation import CLIENT
from interceptor.core.protocols.foreign import WATCHED_BYTES
from interceptor.core.protocols.tls.session import Session
from interceptor.core.tcp.connection import Life
from tests.conversations import Capture, Dialogue, records
from tests.support import tls

SMTP = [
    (False, b"220 mail.example ESMTP\r\n"),
    (True, b"EHLO client\r\n"),
    (False, b"250-mail.example\r\n250 STARTTLS\r\n"),
    (True, b"STARTTLS\r\n"),
    (False, b"220 go ahead\r\n"),
]
POSTGRES = [(True, bytes.fromhex("00000008 04d2162f")), (False, b"S")]


def heard(capture: Capture, said: list[tuple[bool, bytes]]) -> Dialogue:
    """A connection that begins so."""
    talk = Dialogue(capture).open()
    for client, data in said:
        (talk.client if client else talk.server)(data)
    return talk


@pytest.mark.parametrize(("name", "said"), [("smtp", SMTP), ("postgresql", POSTGRES)])
def test_a_hello_turns_it_to_tls(name: str, said: list[tuple[bool, bytes]]) -> None:
    """What was said in clear before is of its own protocol; the session is one of TLS, whole."""
    capture = Capture()
    talk = heard(capture, said)
    flights = tls.talk().flights
    for side, data in flights:
        (talk.client if side == CLIENT else talk.server)(data)
    talk.close()
    capture.close()
    [session] = capture.outcomes
    assert isinstance(session, Session)
    [record] = records([session])
    assert (record["server.address"], record["state"]) == (tls.NAME, "complete")
    read = capture.pipeline.read()
    assert read[name] == sum(len(data) for _, data in said)
    assert read["tls"] == sum(len(data) for _, data in flights)


@pytest.mark.parametrize("size", [1, 3, 5, 6, 100])
def test_a_hello_in_pieces_turns_it_to_tls(size: int) -> None:
    """However it is cut."""
    capture = Capture()
    talk = heard(capture, SMTP)
    for side, data in tls.talk().flights:
        for at in range(0, len(data), size):
            (talk.client if side == CLIENT else talk.server)(data[at : at + size])
    talk.close()
    capture.close()
    [session] = capture.outcomes
    [record] = records([session])
    assert (record["server.address"], record["state"]) == (tls.NAME, "complete")


@pytest.mark.parametrize("then", [b"", b"QUIT\r\n", b"\x03\x02 no hello"])
def test_what_only_begins_like_a_hello_is_counted(then: bytes) -> None:
    """Whether more comes or not, or is lost."""
    capture = Capture()
    talk = heard(capture, SMTP[:3])
    talk.client(b"\x16\x03")
    assert capture.stage("http").held == 2
    if then:
        talk.client(then)
    talk.client(b"lost", lost=True)
    talk.server(b"221 bye\r\n")
    talk.client(b"\x16")
    talk.close()
    capture.close()
    assert capture.outcomes == []
    assert capture.pipeline.read()["smtp"] == capture.stage("payload").received


def test_nobody_watches_for_ever() -> None:
    """Mail in clear: after a while its bytes are counted and nothing else."""
    capture = Capture()
    talk = heard(capture, SMTP[:3])
    talk.client(b"DATA\r\n")
    assert next(iter(capture.pipeline._connections.all())).life is Life.OPEN
    talk.client(bytes(WATCHED_BYTES))
    assert next(iter(capture.pipeline._connections.all())).life is Life.OPAQUE
    talk.client(tls.talk().flights[0][1])
    capture.close()
    assert capture.outcomes == []
    assert capture.pipeline.read()["smtp"] == capture.stage("payload").received


def test_a_greeting_that_is_answered_in_http_is_of_http() -> None:
    """Whoever speaks nothing else refuses it so."""
    capture = Capture()
    talk = heard(capture, [(True, b"EHLO there\r\n")])
    talk.server(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    capture.close()
    assert [one.response.status for one in capture.transactions if one.response is not None] == [400]
    assert "smtp" not in capture.pipeline.read()
