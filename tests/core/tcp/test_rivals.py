"""Facts about segments that may begin another connection of the same name."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from interceptor.core.model import Anomaly, Limits
from interceptor.core.tcp.rivals import far_off
from tests.conversations import ACK, FIN, RST, SYN, Capture, Dialogue, Ends, Sent, pairs, request, response

OTHER = Ends(client_start=900_000_000, server_start=2_800_000_000)
"""Another connection of the same addresses and ports."""


@pytest.fixture
def capture() -> Capture:
    """A capture in which each ledger is looked at."""
    return Capture()


def tags(capture: Capture) -> list[set[Anomaly]]:
    """What was odd about each transaction."""
    return [set(transaction.anomalies or ()) for transaction in capture.transactions]


FORGED: dict[str, dict[str, Any]] = {
    "SYN": {"client": True, "position": -1, "place": None, "flags": SYN},
    "SYN with data": {
        "client": True,
        "position": -1,
        "place": None,
        "flags": SYN,
        "data": b"GET / HTTP/1.1\r\n",
    },
    "SYN-ACK": {"client": False, "position": -1, "place": 0, "flags": SYN | ACK},
    "request": {"client": True, "position": 0, "place": 0, "data": request(7)},
    "response": {"client": False, "position": 0, "place": 0, "data": response(7)},
}


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("what", FORGED)
def test_one_segment_ends_nothing(capture: Capture, what: str, times: int) -> None:
    """Whatever it is and however often it comes: the connection goes on."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    for _ in range(times):
        talk.show(Sent(OTHER, **FORGED[what]))
        talk.server()
    talk.server(response(1))
    talk.exchange(2)
    talk.close()
    found = [pair for pair in pairs(capture.close()) if pair not in {("7", None), (None, "7")}]
    assert found == [("1", "1"), ("2", "2")]


def test_what_was_kept_beside_a_connection_goes_on_when_that_ends_for_lack_of_room() -> None:
    """The segment that exceeds what may wait ends the connection, and so do the bytes that waited: it ends once."""
    capture = Capture(Limits(held_bytes_per_stream=4_000))
    talk = Dialogue(capture).open()
    talk.client(request(1), flags=FIN | ACK)
    answer = response(1, body=b"b" * 6_000)
    talk.server(answer[:100], lost=True)
    other = Dialogue(capture, OTHER)
    other.client(request(2))
    talk.server(answer[100:2_000])
    talk.server(answer[2_000:], flags=FIN | ACK)
    other.server(response(2))
    assert ("2", "2") in pairs(capture.close())


def test_a_syn_that_is_answered_is_another_connection(capture: Capture) -> None:
    """What the old one had open has no answer, which is not proof that none came."""
    Dialogue(capture).open().client(request(1))
    Dialogue(capture, OTHER).open().exchange(2)
    assert pairs(capture.transactions) == [("1", None), ("2", "2")]
    assert tags(capture) == [{Anomaly.UNPAIRED}, set()]


def test_a_syn_whose_answer_is_lost_is_another_connection_when_it_goes_on(capture: Capture) -> None:
    """The first data continues its number."""
    Dialogue(capture).open().client(request(1))
    other = Dialogue(capture, OTHER)
    other.show(Sent(OTHER, client=True, position=-1, place=None, flags=SYN))
    other.exchange(2)
    assert pairs(capture.transactions) == [("1", None), ("2", "2")]


def test_a_syn_with_the_next_number_of_the_connection_ends_nothing(capture: Capture) -> None:
    """What the client sends from there on is no copy of it."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    talk.client(flags=SYN)
    talk.server()
    talk.exchange(2)
    talk.close()
    assert pairs(capture.close()) == [("1", "1"), ("2", "2")]


def test_a_syn_that_is_refused_ends_nothing(capture: Capture) -> None:
    """A RST in answer to it is none of the connection's."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.show(Sent(OTHER, client=True, position=-1, place=None, flags=SYN))
    talk.show(Sent(OTHER, client=False, position=-2_000_000_000, place=0, flags=RST | ACK))
    talk.server(response(1))
    assert pairs(capture.transactions) == [("1", "1")]


@pytest.mark.parametrize("first", ["request", "response"])
def test_messages_of_both_sides_are_another_connection(capture: Capture, first: str) -> None:
    """Far off the old numbers, in either order; nothing of them is lost."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    other = Dialogue(capture, OTHER)
    asked = other.client(request(2), lost=True)
    answered = other.server(response(2), lost=True)
    for sent in (asked, answered) if first == "request" else (answered, asked):
        other.show(sent)
    other.exchange(3)
    assert sorted(pairs(capture.close()), key=str)[:3] == [("1", "1"), ("2", "2"), ("3", "3")]


@pytest.mark.parametrize("pieces", [2, 9])
def test_a_message_in_pieces_says_no_more_than_a_whole_one(capture: Capture, pieces: int) -> None:
    """What continues a forged request is kept with it, and dropped with it when the connection goes on."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    forged = request(7)
    cuts = [at * len(forged) // pieces for at in range(pieces + 1)]
    for start, end in pairwise(cuts):
        talk.show(Sent(OTHER, client=True, position=start, place=0, data=forged[start:end]))
        talk.server()
    assert capture.stage("segments").held == pieces
    talk.server(response(1))
    talk.exchange(2)
    assert capture.stage("segments").held == 0
    assert capture.dropped("payload") == {"out_of_window": len(forged)}
    talk.close()
    assert pairs(capture.close()) == [("1", "1"), ("2", "2")]


@pytest.mark.parametrize("client", [True, False])
def test_one_side_alone_is_another_connection_when_it_has_received_something(
    capture: Capture, client: bool
) -> None:
    """Of the other side nothing is captured: what it sent shows in what this one acknowledges."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    other = Dialogue(capture, OTHER)
    for k in (2, 3):
        other.client(request(k), lost=not client)
        other.server(response(k), lost=client)
    found = [pair[not client] for pair in pairs(capture.transactions + capture.close())]
    assert {"2", "3"} <= set(found)


def test_one_side_alone_is_another_connection_when_it_sends_more_than_anybody_unheard(
    capture: Capture,
) -> None:
    """An upload of which one side is captured, on ports that had another connection before."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    other = Dialogue(capture, OTHER)
    asked = request(2, "POST", body=b"b" * 20_000)
    for at in range(0, len(asked), 1_000):
        other.client(asked[at : at + 1_000])
        assert capture.stage("segments").held <= 10
    assert capture.stage("payload").held == 0
    assert ("2", None) in pairs(capture.close())


def test_what_waits_beside_a_connection_is_held_and_reported_in_the_end(capture: Capture) -> None:
    """A request that nobody has confirmed is one all the same when nothing contradicts it."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    Dialogue(capture, OTHER).client(request(2))
    assert capture.stage("segments").held == 1
    assert capture.stage("payload").held == len(request(2))
    assert ("2", None) in pairs(capture.close())


def test_far_off_is_both_numbers(capture: Capture) -> None:
    """One alone is a loss, however large."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    [connection] = capture.pipeline._connections.all()
    client, server = connection.client, connection.server
    far = 2**24
    assert not far_off(client, client.next + far, server.next)
    assert not far_off(client, client.next, server.next + far)
    assert far_off(client, client.next + far, server.next - far)
