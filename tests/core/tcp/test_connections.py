"""Facts about the life of connections."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from interceptor.core.model import Anomaly, Interface, Limits, Transaction
from interceptor.core.protocols.http1.pairing import HttpConversation
from interceptor.core.tcp.connection import Connection, Direction
from tests.conversations import (
    ACK,
    FIN,
    RST,
    SECOND,
    START,
    SYN,
    WRAP,
    Capture,
    Dialogue,
    Ends,
    Sent,
    pairs,
    request,
    response,
    transactions,
)


def tags(transaction: Transaction) -> set[Anomaly]:
    """What was odd about a transaction."""
    return set(transaction.anomalies or ())


def alive(kind: Any) -> int:
    """How many objects there are of a kind, those of other tests included."""
    gc.collect()
    return sum(isinstance(one, kind) for one in gc.get_objects())


@pytest.fixture
def capture() -> Capture:
    return Capture()


def test_the_one_who_sent_the_syn_is_the_client(capture: Capture) -> None:
    """The handshake tells the roles, whoever speaks first and whatever the ports."""
    talk = Dialogue(capture, Ends(client_port=80, server_port=50_000)).open()
    talk.exchange(1)
    [transaction] = capture.transactions
    assert (transaction.peers.client_port, transaction.peers.server_port) == (80, 50_000)
    assert transaction.peers.interface == "eth0"


@pytest.mark.parametrize("seen", ["syn", "syn-ack"])
def test_half_a_handshake_tells_as_much(capture: Capture, seen: str) -> None:
    """A SYN alone, or a SYN-ACK alone, gives the roles and the name that both give."""
    talk = Dialogue(capture)
    if seen == "syn":
        talk.show(Sent(talk.ends, client=True, position=-1, place=None, flags=SYN))
    else:
        talk.show(Sent(talk.ends, client=False, position=-1, place=0, flags=SYN | ACK))
    talk.exchange(1)
    whole = Capture()
    Dialogue(whole).open().exchange(1)
    assert pairs(capture.transactions) == [("1", "1")]
    assert capture.transactions[0].peers == whole.transactions[0].peers


def test_data_in_the_syn(capture: Capture) -> None:
    """A SYN may carry a request (RFC 7413)."""
    talk = Dialogue(capture)
    data = request(1)
    talk.show(Sent(talk.ends, client=True, position=-1, place=None, flags=SYN, data=data))
    talk.client_sent = len(data)
    talk.show(Sent(talk.ends, client=False, position=-1, place=len(data), flags=SYN | ACK))
    talk.server(response(1))
    assert pairs(capture.transactions) == [("1", "1")]


@pytest.mark.parametrize("syn", [True, False])
def test_data_in_the_answer_to_a_syn(capture: Capture, syn: bool) -> None:
    """A server may speak with its SYN-ACK already (RFC 9293 section 3.5): it stays the server."""
    talk = Dialogue(capture)
    greeting = response(1, status=408)
    if syn:
        talk.show(Sent(talk.ends, client=True, position=-1, place=None, flags=SYN))
    talk.show(Sent(talk.ends, client=False, position=-1, place=0, flags=SYN | ACK, data=greeting))
    talk.server_sent = len(greeting)
    talk.exchange(2)
    assert pairs(capture.transactions) == [(None, "1"), ("2", "2")]


@pytest.mark.parametrize("first", ["data", "data in a SYN"])
@pytest.mark.parametrize("ahead", [900_000_000, -900_000_000])
def test_a_handshake_of_another_connection_is_not_believed(capture: Capture, ahead: int, first: str) -> None:
    """Ports used again, of which the capture has only the older handshake: no bytes are missing."""
    Dialogue(capture).open()
    capture.wait(20)
    ends = Ends(client_start=(1_000 + ahead) % WRAP, server_start=(5_000 + ahead) % WRAP)
    talk = Dialogue(capture, ends)
    if first == "data in a SYN":
        talk.client_sent = len(request(1))
        talk.show(Sent(ends, client=True, position=-1, place=None, flags=SYN, data=request(1)))
        talk.server(response(1))
    else:
        talk.exchange(1)
    talk.exchange(2)
    capture.close()
    assert pairs(capture.transactions) == [("1", "1"), ("2", "2")]
    assert (capture.pipeline.gaps, capture.pipeline.missed_bytes) == (0, 0)


def test_simultaneous_open(capture: Capture) -> None:
    """Two SYNs that cross (RFC 9293 section 3.5) make one connection."""
    talk = Dialogue(capture)
    talk.show(Sent(talk.ends, client=True, position=-1, place=None, flags=SYN))
    talk.show(Sent(talk.ends, client=False, position=-1, place=None, flags=SYN))
    talk.show(Sent(talk.ends, client=True, position=-1, place=0, flags=SYN | ACK))
    talk.show(Sent(talk.ends, client=False, position=-1, place=0, flags=SYN | ACK))
    talk.exchange(1)
    capture.close()
    assert pairs(capture.transactions) == [("1", "1")]
    assert capture.pipeline.connections == 1


def test_a_syn_flood_displaces_no_connection() -> None:
    """Connections with data go on however many handshakes come."""
    capture = Capture(Limits(handshakes=10, connections=10))
    talk = Dialogue(capture).open()
    talk.exchange(1)
    for number in range(200):
        ends = Ends(client="10.9.0.1", client_port=1_000 + number)
        capture.feed(Sent(ends, client=True, position=-1, place=None, flags=SYN).frame())
    talk.exchange(2)
    assert pairs(capture.transactions) == [("1", "1"), ("2", "2")]
    assert capture.pipeline.evicted == 0


def test_an_eviction_reports_and_counts() -> None:
    """One connection too many closes the one idle for longest, which reports what it had."""
    capture = Capture(Limits(connections=2))
    talks = [Dialogue(capture, Ends(client_port=1_000 + number)).open() for number in range(3)]
    for number, talk in enumerate(talks):
        talk.client(request(number))
        capture.wait(1)
    assert pairs(capture.transactions) == [("0", None)]
    assert capture.pipeline.evicted == 1


def test_shedding_ends_the_longest_idle_and_keeps_the_rest_whole() -> None:
    """As many as were asked for go, reported and counted; the others are understood as before."""
    capture = Capture()
    talks = [Dialogue(capture, Ends(client_port=1_000 + number)).open() for number in range(20)]
    for number, talk in enumerate(talks):
        talk.client(request(number))
        capture.wait(1)
    shed = capture.pipeline.shed(5)
    assert [transaction.request.target for transaction in transactions(shed) if transaction.request] == [
        f"/n/{number}" for number in range(5)
    ]
    assert (capture.pipeline.shedded, capture.pipeline.open_connections) == (5, 15)
    capture.transactions.clear()
    for number, talk in enumerate(talks[5:], 5):
        talk.server(response(number))
    assert pairs(capture.transactions) == [(str(number), str(number)) for number in range(5, 20)]
    assert all(stage.balanced for stage in capture.pipeline.ledger())


def test_what_is_over_needs_no_collector() -> None:
    """Its memory is free when it is forgotten: near a limit, waiting for the collector would be too late."""
    others = alive(Direction | HttpConversation)
    capture = Capture()
    for number in range(10):
        Dialogue(capture, Ends(client_port=1_000 + number)).open().client(request(number)[:-5])
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(one, Direction | HttpConversation) for one in gc.get_objects())
        capture.pipeline.shed(9)
        capture.pipeline.expire(capture.now + 20 * 1_000_000_000)
        left = sum(isinstance(one, Direction | HttpConversation) for one in gc.get_objects())
    finally:
        gc.enable()
    assert (before - others, left - others) == (30, 3)


def test_short_connections_leave_nothing() -> None:
    """However many come and go within the idle time-out, no more is kept than of those that closed just now."""
    capture = Capture(Limits(closing_seconds=1))
    directions, connections = alive(Direction), alive(Connection)
    for number in range(2_500):
        talk = Dialogue(capture, Ends(client_port=1_000 + number)).open()
        talk.exchange(1)
        talk.close()
        capture.now += 20_000_000
    assert capture.now < START + 120 * SECOND
    assert alive(Direction) - directions == 2 * capture.pipeline.open_connections < 2 * 150
    assert alive(Connection) - connections < 150 + 1_500


def test_an_eviction_spares_what_has_closed_no_longer_than_it_should() -> None:
    """A closed connection that an eviction compares is forgotten when it would have been."""
    capture = Capture(Limits(connections=8, closing_seconds=5))
    talks = [Dialogue(capture, Ends(client_port=1_000 + number)).open() for number in range(9)]
    for talk in talks[:8]:
        talk.exchange(1)
        talk.close()
    talks[8].exchange(1)
    assert capture.pipeline.open_connections == 8
    capture.wait(8)
    assert capture.pipeline.open_connections == 1
    assert capture.pipeline.evicted == 0


def test_shedding_more_than_there_is_ends_all() -> None:
    """And later sheddings find nothing; a pipeline without connections has none to give."""
    capture = Capture()
    Dialogue(capture).open().client(request(1))
    assert len(capture.pipeline.shed(1_000)) == 1
    assert capture.pipeline.shed(1_000) == []
    assert (capture.pipeline.shedded, capture.pipeline.open_connections) == (1, 0)


def test_idle_connections_end_in_packet_time(capture: Capture) -> None:
    """After `idle_seconds` without a packet, and not before, what is open is reported."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    capture.wait(299)
    assert capture.transactions == []
    capture.wait(2)
    assert pairs(capture.transactions) == [("1", None)]
    assert tags(capture.transactions[0]) == {Anomaly.CUT_SHORT}


def test_a_transaction_has_a_deadline() -> None:
    """What is still open after `transaction_seconds` is reported once, although packets still come."""
    capture = Capture(Limits(transaction_seconds=10, idle_seconds=5))
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.server(response(1, body=b"b" * 1_000)[:-900])
    for _ in range(20):
        talk.server(b"b")
        capture.wait(1)
    assert pairs(capture.transactions) == [("1", "1")]
    assert Anomaly.DEADLINE in tags(capture.transactions[0])
    assert pairs(capture.close()) == [("1", "1")]


def test_stragglers_of_a_closed_connection_are_recognised(capture: Capture) -> None:
    """Data that comes again after both FINs is counted and opens nothing."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    talk.close()
    talk.server(response(1), position=0)
    assert "after_close" in capture.dropped("payload")
    assert capture.pipeline.connections == 1
    capture.wait(7)
    talk.server(response(1), position=0)
    assert capture.pipeline.connections == 2


def test_a_new_syn_on_old_ports_is_a_new_connection(capture: Capture) -> None:
    """Port reuse ends the old connection and reports what it had open, under another name than the new one's."""
    Dialogue(capture).open().client(request(1))
    Dialogue(capture, Ends(client_start=900_000, server_start=800_000)).open().exchange(2)
    assert pairs(capture.transactions) == [("1", None), ("2", "2")]
    first, second = capture.transactions
    assert first.peers.connection_id != second.peers.connection_id


def test_the_same_syn_again_is_the_same_connection(capture: Capture) -> None:
    """A repeated SYN on a connection with data changes nothing."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.show(Sent(talk.ends, client=True, position=-1, place=None, flags=SYN))
    talk.server(response(1))
    assert pairs(capture.transactions) == [("1", "1")]


def test_a_reset_ends_the_connection(capture: Capture) -> None:
    """A RST with the next number reports what is open; one of the client is tagged as such."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.client(flags=RST | ACK)
    assert pairs(capture.transactions) == [("1", None)]
    assert Anomaly.CLIENT_CLOSED in tags(capture.transactions[0])


@pytest.mark.parametrize("away", [-20, 7, 100_000])
def test_a_reset_out_of_window_is_counted(capture: Capture, away: int) -> None:
    """A RST with any other number changes nothing (RFC 5961 section 3.2)."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.show(Sent(talk.ends, client=True, position=talk.client_sent + away, place=0, flags=RST | ACK))
    talk.server(response(1))
    assert pairs(capture.transactions) == [("1", "1")]
    assert capture.dropped("segments")["reset_out_of_window"] == 1


def test_a_reset_out_of_window_says_nothing_else(capture: Capture) -> None:
    """Nor is what it acknowledges believed, nor anything else that it would be the first to say."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.show(Sent(talk.ends, client=True, position=talk.client_sent + 7, place=2**30, flags=RST | ACK))
    talk.server(response(1))
    capture.close()
    assert pairs(capture.transactions) == [("1", "1")]
    assert (capture.pipeline.gaps, capture.pipeline.missed_bytes) == (0, 0)


def test_a_reset_waits_for_the_answer_that_its_sender_had(capture: Capture) -> None:
    """A client's RST may come by before what it acknowledges, from an interface that is read a moment later."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    answer = talk.server(response(1), lost=True)
    talk.client(flags=RST | ACK)
    assert capture.transactions == []
    talk.show(answer)
    [transaction] = capture.transactions
    assert transaction.response is not None
    assert (transaction.response.state, capture.pipeline.gaps) == ("complete", 0)
    capture.wait(7)
    assert capture.pipeline.open_connections == 0


def test_a_reset_behind_a_stray_acknowledgement_waits_in_its_place(capture: Capture) -> None:
    """Nothing of its side was seen but a wrong number: the RST ends the connection all the same.

    Found with the seed 103232544042542808160062926196230459403: the capture's end raised an AssertionError.
    """
    ends, shown = Ends(), Dialogue(capture).show
    shown(Sent(ends, client=False, position=36, place=None, data=b"HTTP/1.1 100 Continue", flags=SYN | FIN))
    shown(Sent(ends, client=True, position=1_084, place=20_766))
    shown(Sent(ends, client=False, position=120, place=263, data=b"\n"))
    shown(Sent(ends, client=True, position=263, place=121, flags=RST | ACK))
    capture.close()
    assert capture.pipeline.open_connections == 0


@pytest.mark.parametrize("fin", [False, True])
def test_a_reset_waits_for_the_bytes_before_it(capture: Capture, fin: bool) -> None:
    """Those of its own sender too, whether a FIN came between them or not."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    answer = response(1, body=b"b" * 100)
    first = talk.server(answer[:-100], lost=True)
    talk.server(answer[-100:])
    if fin:
        talk.server(flags=FIN | ACK)
    talk.server(flags=RST | ACK)
    assert capture.transactions == []
    talk.show(first)
    [transaction] = capture.transactions
    assert transaction.response is not None
    assert (transaction.response.state, capture.pipeline.gaps) == ("complete", 0)
    capture.wait(7)
    assert capture.pipeline.open_connections == 0


@pytest.mark.parametrize("end", ["wait", "close"])
def test_a_reset_waits_no_longer_than_a_hole_may_stay(capture: Capture, end: str) -> None:
    """What it acknowledges and never comes is missing; the connection is over all the same."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.server(response(1), lost=True)
    talk.client(flags=RST | ACK)
    if end == "wait":
        capture.wait(1.1)
    else:
        capture.close()
    assert pairs(capture.transactions) == [("1", None)]
    assert tags(capture.transactions[0]) == {Anomaly.CLIENT_CLOSED, Anomaly.UNPAIRED}
    assert capture.pipeline.missed_bytes == len(response(1))
    capture.wait(7)
    assert capture.pipeline.open_connections == 0


def test_a_reset_in_a_body_that_ends_with_the_connection_is_no_end(capture: Capture) -> None:
    """A RST that had to wait leaves such a body as incomplete as one that had not."""
    for port, lost in ((40_000, False), (40_001, True)):
        talk = Dialogue(capture, Ends(client_port=port, client_start=port)).open()
        talk.client(request(1))
        talk.server(b"HTTP/1.1 200 Fine\r\nX-Nonce-1: 1\r\n\r\n")
        late = talk.server(b"b" * 10, lost=lost)
        talk.server(b"b" * 10)
        talk.server(flags=RST | ACK)
        if lost:
            talk.show(late)
    responses = [transaction.response for transaction in capture.transactions]
    assert [(one.state, one.body_size, one.missed) for one in responses if one] == [("truncated", 20, 0)] * 2


def test_a_reset_ends_what_is_not_http(capture: Capture) -> None:
    """Its numbers are not followed, so any will do: it is not remembered until its idle time-out."""
    talk = Dialogue(capture).open()
    talk.client(b"\x00\x03\x01\x02\x00\x01")
    talk.server(b"\x00\x03\x03\x00\x7a\x02")
    talk.server(b"x" * 500)
    talk.client(flags=RST | ACK)
    capture.wait(10)
    assert capture.pipeline.open_connections == 0
    assert "reset_out_of_window" not in capture.dropped("segments")


def test_an_acknowledgement_from_far_ahead_loses_nothing(capture: Capture) -> None:
    """What no window could hold, and nothing was seen after, is not counted as missing."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.server(response(1, body=b"b" * 100)[:-10])
    talk.client(place=2**30)
    [transaction] = capture.close()
    assert transaction.response is not None
    assert (transaction.response.body_size, transaction.response.missed) == (90, 0)
    assert (capture.pipeline.gaps, capture.pipeline.missed_bytes) == (0, 0)


def test_more_than_half_of_all_numbers_may_be_lost(capture: Capture) -> None:
    """Of an answer of 3 GB only acknowledgements are captured: its size is known, and so is whose the next ones are."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    size = 3_000_000_000
    talk.server(response(1, body=b"b" * 100).replace(b": 100", b": %d" % size))
    for _ in range(300):
        talk.server_sent += size // 300
        talk.client(flags=ACK)
    talk.server_sent -= 100
    talk.client(flags=ACK)
    talk.exchange(2)
    assert pairs(capture.close()) == [("1", "1"), ("2", "2")]
    response_ = capture.transactions[0].response
    assert response_ is not None
    assert (response_.body_size, response_.missed, response_.state) == (size, size - 100, "truncated")
    assert tags(capture.transactions[1]) == set()


def test_a_second_interface_shows_copies(capture: Capture) -> None:
    """What another interface shows of a direction is counted; after a second of silence it takes over."""
    other = Interface("eth1", 1)
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.client(request(1), position=0, interface=other)
    assert capture.dropped("segments")["duplicate_interface"] == 1
    talk.server(response(1), interface=other)
    capture.wait(1.5)
    talk.client(request(2), interface=other)
    talk.server(response(2), interface=other)
    assert pairs(capture.transactions) == [("1", "1"), ("2", "2")]


def test_an_interface_that_is_gone_holds_nothing(capture: Capture) -> None:
    """The connections of an interface that has vanished go on elsewhere at once."""
    talk = Dialogue(capture).open()
    talk.exchange(1)
    capture.interface.gone = True
    other = Interface("eth1", 1)
    talk.client(request(2), interface=other)
    talk.server(response(2), interface=other)
    assert pairs(capture.transactions) == [("1", "1"), ("2", "2")]


def test_an_acknowledged_hole_is_given_up_after_hole_seconds(capture: Capture) -> None:
    """Not before: a segment that is late by less than that fills it."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    whole = response(1, body=b"b" * 100)
    talk.server(whole[:-100])
    talk.server(whole[-100:-50], lost=True)
    talk.server(whole[-50:])
    talk.client()
    capture.wait(0.9)
    assert capture.transactions == []
    capture.wait(0.2)
    [transaction] = capture.transactions
    assert transaction.response is not None
    assert transaction.response.missed == 50
    assert capture.pipeline.gaps == 1


@pytest.mark.parametrize("interfaces", [1, 2])
def test_where_much_waits_a_single_interface_is_not_waited_for(interfaces: int) -> None:
    """A tenth of a second is far more than its queues put in disorder. Where there are several, one may be a second behind."""
    capture = Capture(Limits(held_bytes=8_000))
    talk = Dialogue(capture).open()
    for _ in range(interfaces - 1):
        Dialogue(capture, Ends(client_port=9_999)).client(b"", interface=Interface("eth1", 1))
    talk.client(request(1))
    whole = response(1, body=b"b" * 2_000)
    talk.server(whole[:-1_950])
    talk.server(whole[-1_950:-1_900], lost=True)
    talk.server(whole[-1_900:])
    capture.wait(0.25)
    talk.client()
    capture.wait(0.1)
    assert capture.pipeline.gaps == 0
    capture.wait(0.2)
    assert capture.pipeline.gaps == (interfaces == 1)
    capture.wait(0.8)
    [transaction] = capture.transactions
    assert transaction.response is not None
    assert (transaction.response.body_size, transaction.response.missed) == (2_000, 50)


def test_an_unacknowledged_hole_waits_for_a_retransmission(capture: Capture) -> None:
    """What nobody has acknowledged may still be sent again; after `unacknowledged_seconds` it is given up."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    whole = response(1, body=b"b" * 100)
    talk.server(whole[:-100])
    talk.server(whole[-100:-50], lost=True)
    talk.server(whole[-50:])
    capture.wait(29)
    assert capture.pipeline.gaps == 0
    capture.wait(2)
    assert capture.pipeline.gaps == 1
    assert pairs(capture.transactions) == [("1", "1")]


def test_a_lost_tail_is_told_by_the_acknowledgement(capture: Capture) -> None:
    """At the end, bytes that were acknowledged and never seen are missing, not unsent."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    whole = response(1, body=b"b" * 100)
    talk.server(whole[:-40])
    talk.server(whole[-40:], lost=True)
    talk.client()
    [transaction] = capture.close()
    assert transaction.response is not None
    assert (transaction.response.body_size, transaction.response.missed) == (100, 40)


def test_a_far_segment_is_not_believed(capture: Capture) -> None:
    """A segment beyond any window that nobody acknowledges is dropped in the end, and makes no hole."""
    talk = Dialogue(capture).open()
    talk.client(request(1))
    talk.show(Sent(talk.ends, client=True, position=2**30, place=0, data=b"far"))
    capture.wait(60)
    assert capture.pipeline.gaps == 0
    assert capture.dropped("payload") == {"out_of_window": 3}
    talk.server(response(1))
    assert pairs(capture.transactions) == [("1", "1")]


@pytest.mark.parametrize("first", ["request", "response"])
def test_pickup_in_the_middle(capture: Capture, first: str) -> None:
    """Without a handshake the first start line tells who is who, and what comes after it is followed."""
    talk = Dialogue(capture, Ends(client_port=80, server_port=50_000), client_sent=500, server_sent=900)
    if first == "response":
        talk.server(response(1))
    talk.exchange(2)
    capture.close()
    assert pairs(capture.transactions)[-1] == ("2", "2")
    assert {transaction.peers.client_port for transaction in capture.transactions} == {80}


def test_a_letter_does_not_tell_who_is_who(capture: Capture) -> None:
    """A status line cut after its first letter could be a method; the connection waits for the rest of the line."""
    talk = Dialogue(capture, client_sent=500, server_sent=900)
    talk.server(response(1)[:1])
    talk.server(response(1)[1:])
    talk.exchange(2)
    assert pairs(capture.close()) == [(None, "1"), ("2", "2")]


def test_the_end_of_a_method_does_not_tell_who_is_who(capture: Capture) -> None:
    """A capture that begins inside a method takes no other method for it, and loses nothing that comes after."""
    talk = Dialogue(capture, client_sent=500, server_sent=900)
    talk.client(b"AD /n/1 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    talk.server(b"HTTP/1.1 200 Fine\r\nX-Nonce-1: 1\r\nContent-Length: 55\r\n\r\n")
    talk.exchange(2)
    assert pairs(capture.close()) == [(None, "1"), ("2", "2")]


def test_an_acknowledged_beginning_is_a_hole(capture: Capture) -> None:
    """A first response that was acknowledged and never seen does not hand its request to the second."""
    talk = Dialogue(capture)
    talk.show(Sent(talk.ends, client=True, position=-1, place=None, flags=SYN))
    talk.client(request(1))
    talk.server(response(1), lost=True)
    talk.exchange(2)
    assert pairs(capture.close()) == [("1", None), ("2", "2")]
    assert capture.pipeline.missed_bytes == len(response(1))


def test_a_fin_that_overtakes_the_data_keeps_the_handshake(capture: Capture) -> None:
    """A FIN that comes before the data it follows does not make the connection look picked up."""
    talk = Dialogue(capture).open()
    asked = request(1) + request(2)
    talk.client(flags=FIN | ACK, position=len(asked), place=0)
    talk.client(asked, position=0, place=0)
    talk.server(response(1) + response(2))
    capture.close()
    assert pairs(capture.transactions) == [("1", "1"), ("2", "2")]
    assert Anomaly.UNPAIRED not in tags(capture.transactions[0]) | tags(capture.transactions[1])


def test_a_fin_without_data_ends_a_handshake(capture: Capture) -> None:
    """A connection that is closed without data, as health checks do, leaves nothing."""
    Dialogue(capture).open().close()
    assert capture.pipeline.connections == 0
    assert capture.dropped("segments") == {"no_payload_yet": 6}


def test_what_is_not_http_is_counted_and_not_followed(capture: Capture) -> None:
    """Bytes of a connection that speaks something else are counted, holes or not, until it ends."""
    talk = Dialogue(capture).open()
    talk.client(b"\x00\x03\x01\x02\x00\x01")
    talk.server(b"\x00\x03\x03\x00\x7a\x02")
    talk.server(b"x" * 500, lost=True)
    talk.server(b"x" * 100)
    talk.client(b"y" * 50)
    talk.close()
    assert capture.close() == []
    assert capture.dropped("http") == {"not_http": 162}
    assert capture.pipeline.gaps == 0


def test_what_an_end_sends_to_itself_is_counted_and_not_followed(capture: Capture) -> None:
    """Its two directions have one name; the connections beside it are not touched."""
    talk = Dialogue(capture).open()
    own = Dialogue(capture, Ends(client="10.0.0.9", server="10.0.0.9", client_port=80, server_port=80))
    own.client(request(7), place=0)
    talk.exchange(1)
    own.client(response(7), place=0)
    assert pairs(capture.close()) == [("1", "1")]
    assert capture.dropped("segments")["its_own_peer"] == 2
    assert capture.dropped("payload") == {"its_own_peer": len(request(7)) + len(response(7))}
