"""Facts about connections whose addresses and ports are changed on their way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import Interface, Limits
from interceptor.core.tcp.reassembly import Assembly, Stream
from interceptor.core.tcp.translations import First, Translations, hops_left
from tests.conversations import (
    ACK,
    RST,
    SECOND,
    Capture,
    Dialogue,
    Ends,
    Sent,
    pairs,
    records,
    request,
    response,
)

if TYPE_CHECKING:
    from interceptor.core.model import Peers

HERE, THERE = Interface("here", 1), Interface("there", 1)

ASKED = Ends("10.64.0.2", "10.96.0.9", 40_000, 80, 1_000, 5_000)
"""A Service, as its client sees it."""
DNAT = ASKED._replace(server="10.64.1.3", server_port=8080)
MASQUERADED = DNAT._replace(client="10.64.1.1", client_port=61_007)
SNAT = ASKED._replace(client="10.64.1.1", client_port=61_007)


@dataclass
class Way(Dialogue):
    """A connection that is captured at several places of its way, each with names of its own, the client's end first."""

    names: list[tuple[Interface, Ends]] = field(default_factory=list)
    unseen: set[int] = field(default_factory=set)
    """Places that show nothing just now."""

    def show(self, sent: Sent, interface: Interface | None = None) -> None:
        """At one place after the other, a little later each."""
        places = list(enumerate(self.names))
        for place, (where, ends) in places if sent.client else reversed(places):
            self.capture.now += 10_000
            if place not in self.unseen:
                frame = bytearray(sent._replace(ends=ends).frame())
                frame[22] -= place if sent.client else len(places) - place  # each was routed on the way
                self.capture.feed(bytes(frame), interface=where)


def way(capture: Capture, *ends: Ends) -> Way:
    """From a pod to a backend, by way of as many interfaces as there are names."""
    places = [Interface(f"place{number}", 1) for number in range(len(ends))]
    return Way(capture, ends[0], names=list(zip(places, ends, strict=True)))


def ends(peers: Peers) -> tuple[str, int, str, int, str | None, int | None]:
    """Who a record says that talked, and what was asked for."""
    return (
        peers.client_address,
        peers.client_port,
        peers.server_address,
        peers.server_port,
        peers.translation.service_address if peers.translation else None,
        peers.translation.service_port if peers.translation else None,
    )


@pytest.mark.parametrize("handshake", [True, False])
@pytest.mark.parametrize(
    ("names", "known"),
    [
        ((ASKED, DNAT), ("10.64.0.2", 40_000, "10.64.1.3", 8080, "10.96.0.9", 80)),
        ((ASKED, MASQUERADED), ("10.64.0.2", 40_000, "10.64.1.3", 8080, "10.96.0.9", 80)),
        ((ASKED, DNAT, MASQUERADED), ("10.64.0.2", 40_000, "10.64.1.3", 8080, "10.96.0.9", 80)),
        ((ASKED, SNAT), ("10.64.0.2", 40_000, "10.96.0.9", 80, None, None)),
        ((DNAT, DNAT), ("10.64.0.2", 40_000, "10.64.1.3", 8080, None, None)),
    ],
    ids=["dnat", "both", "both in two steps", "masquerade", "none"],
)
def test_a_call_counts_once(
    names: tuple[Ends, ...],
    known: tuple[str, int, str, int, str | None, int | None],
    handshake: bool,
) -> None:
    """Between who asked and who answered, and with what was asked for."""
    capture = Capture()
    talk = way(capture, *names)
    if handshake:
        talk.open()
    for nonce in (1, 2, 3):
        talk.exchange(nonce)
    talk.close()
    assert pairs(capture.close()) == [("1", "1"), ("2", "2"), ("3", "3")]
    assert {ends(transaction.peers) for transaction in capture.transactions} == {known}
    assert capture.pipeline.connections == 1
    assert capture.pipeline.open_connections == 0
    copies = capture.dropped("segments")
    if names[0] != names[1]:
        assert copies["translated"] > 0
        assert "duplicate_interface" not in copies


def test_a_server_that_speaks_first() -> None:
    """The end whose data is captured first at one place sees the name of that place."""
    capture = Capture()
    talk = way(capture, ASKED, MASQUERADED).open()
    answer = b"HTTP/1.1 408 Fine\r\nX-Nonce-1: 1\r\nContent-Length: 0\r\n\r\n"
    talk.server(answer[:20])
    talk.server(answer[20:])
    talk.close()
    (found,) = capture.close()
    assert ends(found.peers) == ("10.64.0.2", 40_000, "10.64.1.3", 8080, "10.96.0.9", 80)


@given(st.sets(st.integers(2, 40)), st.sets(st.integers(2, 40)))
def test_what_one_place_loses_the_other_has(at_pod: set[int], at_backend: set[int]) -> None:
    """Every call is reported once as long as each segment is captured somewhere, and the first data at both."""
    capture = Capture()
    talk = way(capture, ASKED, MASQUERADED).open()
    number = 0
    for nonce in range(1, 11):
        for _ in range(2):
            number += 1
            talk.unseen = {0} if number in at_pod else {1} if number in at_backend else set()
            if number % 2:
                talk.client(f"GET /n/{nonce} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
            else:
                talk.server(f"HTTP/1.1 200 Fine\r\nX-Nonce-{nonce}: 1\r\nContent-Length: 0\r\n\r\n".encode())
    talk.unseen = set()
    talk.close()
    assert pairs(capture.close()) == [(str(nonce), str(nonce)) for nonce in range(1, 11)]


def halves(nonce: int) -> list[tuple[bool, bytes]]:
    """The segments of a call: whether the client sends them, and what. Each message has its head in its first."""
    body = b"b" * 90
    asks, answers = request(nonce, "POST", body=body), response(nonce, body=body)
    return [(True, asks[:-60]), (True, asks[-60:]), (False, answers[:-60]), (False, answers[-60:])]


@pytest.mark.parametrize("names", [(ASKED, DNAT), (ASKED, MASQUERADED), (ASKED, SNAT)])
@given(at_pod=st.integers(0, 16), at_backend=st.integers(0, 16))
def test_who_is_met_at_two_moments_is_one(names: tuple[Ends, ...], at_pod: int, at_backend: int) -> None:
    """Wherever each place begins to show a connection whose handshake neither shows: every call counts once.

    The places begin with these segments of five calls. Of the call that is under way then at the first of them the rest is told, once.
    """
    capture = Capture()
    talk = way(capture, *names)
    number = 0
    for nonce in range(1, 6):
        for client, data in halves(nonce):
            talk.unseen = {place for place, start in enumerate((at_pod, at_backend)) if number < start}
            number += 1
            (talk.client if client else talk.server)(data)
    talk.close()
    told = pairs(capture.close())
    whole = [(str(nonce), str(nonce)) for nonce in range(1, 6) if 4 * nonce > min(at_pod, at_backend) + 3]
    assert [pair for pair in told if None not in pair] == whole
    started = min(at_pod, at_backend) % 4
    assert len(told) - len(whole) == (started in {1, 2})
    [*_, last] = capture.transactions
    assert (last.peers.translation is not None) == (names[1] != names[0])


def test_a_quiet_connection_is_looked_for_in_its_next_turns() -> None:
    """However long after: its other interface may have been opened behind its last call."""
    capture = Capture()
    talk = way(capture, ASKED, MASQUERADED)
    talk.unseen = {1}
    talk.exchange(1)
    capture.wait(100)
    talk.unseen = set()
    talk.exchange(2)
    talk.exchange(3)
    assert pairs(capture.close()) == [("1", "1"), ("2", "2"), ("3", "3")]
    assert capture.pipeline.connections == 1


def test_a_busy_connection_is_not_looked_for_any_more_after_a_while() -> None:
    """Its packets take the short way then, and what shows it under another name is another connection."""
    capture = Capture()
    talk = way(capture, ASKED, MASQUERADED)
    talk.unseen = {1}
    for nonce in range(1, 20):
        talk.exchange(nonce)
        capture.wait(1)
    talk.unseen = set()
    talk.exchange(20)
    assert len(capture.close()) == 21
    assert capture.pipeline.connections == 2


def test_what_may_be_one_of_two_is_left_apart_and_says_so() -> None:
    """Programs whose numbers are no random ones: two connections with the same turn, and a third name."""
    capture = Capture()
    first, second = (
        Way(capture, ends, names=[(HERE, ends)]) for ends in (ASKED, ASKED._replace(client_port=40_001))
    )
    third = way(capture, ASKED, MASQUERADED)
    third.unseen = {0}
    for nonce in (1, 2):
        first.exchange(nonce)
        second.exchange(nonce)
        third.exchange(nonce)
    found = records(capture.close())
    assert len(found) == 6
    tagged = [record["source.address"] for record in found if "nat_unjoined" in record.get("anomalies", ())]
    assert tagged == [MASQUERADED.client] * 2
    assert not any("perspective" in record for record in found)


def test_a_proxy_that_answers_in_time_is_a_hop() -> None:
    """Numbers of its own are another connection's, in whichever turn."""
    capture = Capture()
    first = way(capture, ASKED)
    second = way(capture, DNAT._replace(client_start=77, server_start=88))
    for nonce in (1, 2, 3):
        first.client(request(nonce))
        second.exchange(nonce)
        first.server(response(nonce))
    assert len(capture.close()) == 6
    assert capture.pipeline.connections == 2


def test_connections_with_the_same_numbers_on_other_addresses_later_are_others() -> None:
    """Numbers are only theirs for a moment."""
    capture = Capture()
    first = way(capture, ASKED).open()
    first.exchange(1)
    capture.wait(3)
    second = way(capture, MASQUERADED).open()
    second.exchange(2)
    assert pairs(capture.close()) == [("1", "1"), ("2", "2")]
    assert capture.pipeline.connections == 2


def test_other_numbers_are_another_connection() -> None:
    """A proxy between two hops opens its own: both are real."""
    capture = Capture()
    first = way(capture, ASKED).open()
    second = way(capture, DNAT._replace(client_start=77, server_start=88)).open()
    first.client(b"GET /n/1 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    second.client(b"GET /n/1 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    for talk in (second, first):
        talk.server(b"HTTP/1.1 200 Fine\r\nX-Nonce-1: 1\r\nContent-Length: 0\r\n\r\n")
    assert pairs(capture.close()) == [("1", "1"), ("1", "1")]


def test_a_name_is_free_again_when_its_connection_is_over() -> None:
    """Ports that a translation has chosen are chosen again."""
    capture = Capture()
    for nonce in range(1, 4):
        start = nonce * 100_000
        asked, translated = [
            names._replace(client_start=start, server_start=7 * start) for names in (ASKED, MASQUERADED)
        ]
        talk = way(capture, asked._replace(client_port=40_000 + nonce), translated)
        talk.open()
        talk.exchange(nonce)
        talk.close()
        capture.wait(60)
    assert pairs(capture.close()) == [(str(nonce), str(nonce)) for nonce in (1, 2, 3)]
    assert capture.pipeline.open_connections == 0


def test_a_reset_of_either_name_ends_both() -> None:
    """And its copy is one."""
    capture = Capture()
    talk = way(capture, ASKED, DNAT).open()
    talk.client(b"GET /n/1 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    talk.server(flags=RST | ACK)
    (found,) = capture.transactions
    assert found.response is None
    assert pairs(capture.close()) == [("1", None)]


def seen(flow: bytes, number: int, interface: Interface, hops: int) -> First:
    """Data under a name."""
    return First(flow, (number, 7), interface, number + 1, b"", hops, 0)


def test_what_is_remembered_is_bounded() -> None:
    """The newest can be found, for two seconds."""
    assembly = Assembly(Limits(), Budget(1 << 20))
    streams: dict[bytes, Stream] = {}
    translations = Translations(streams)
    for number in range(5_000):
        flow = number.to_bytes(8, "big") + b"port"
        streams[flow] = Stream(flow, number + 1, assembly)
        translations.note(seen(flow, number, HERE, 64), 0)

    def find(number: int, now: int) -> object:
        return translations.find(seen(b"another flow", number, THERE, 63), now)

    found = [find(number, SECOND) for number in range(5_000)]
    assert [names is not None for names in found] == [False] * 2_952 + [True] * 2_048
    assert find(4_999, 3 * SECOND) is None
    translations.expire(3 * SECOND)
    assert find(4_999, SECOND) is None


@pytest.mark.parametrize("hops", [64, 65 - 10, -1])
def test_what_was_not_routed_by_one_host_is_another(hops: int) -> None:
    """As many routers before it as before the first, more than one host is, or no header to tell."""
    flow = b"12345678port"
    streams = {flow: Stream(flow, 2, Assembly(Limits(), Budget(1 << 20)))}
    translations = Translations(streams)
    translations.note(seen(flow, 1, HERE, 64), 0)
    assert translations.find(seen(b"another flow", 1, THERE, 63), 0) is not None
    assert translations.find(seen(b"another flow", 1, THERE, hops), 0) is None


def test_hops_are_read_before_any_tcp_header() -> None:
    """With and without options, and only where the packet is the flow's."""
    ends = Ends()
    frame = Sent(ends, client=True, position=0, place=0, data=b"data").frame()
    flow = frame[26:34] + frame[34:38]
    assert hops_left(frame, 54, flow) == 64
    assert hops_left(frame, 54, flow[::-1]) == -1
    assert hops_left(b"data", 0, flow) == -1
    longer = frame[:46] + b"\x80" + frame[47:54] + bytes(12) + b"data"
    assert hops_left(longer, 66, flow) == 64


@pytest.mark.parametrize("unlike", ["bytes", "time", "interface"])
def test_equal_numbers_are_not_enough(unlike: str) -> None:
    """Programs whose numbers are no random ones: what they begin with, when, and where is looked at, too."""
    capture = Capture()
    where = [HERE, HERE if unlike == "interface" else THERE]
    for nonce, (interface, ends) in enumerate(zip(where, (ASKED, MASQUERADED), strict=True), 1):
        talk = Way(capture, ends, names=[(interface, ends)]).open()
        talk.exchange(nonce if unlike == "bytes" else 1)
        capture.now += SECOND if unlike == "time" else 0
    assert len(capture.close()) == 2
    assert capture.pipeline.connections == 2


@pytest.mark.parametrize(
    ("hops", "told"),
    [((64, 62), "client"), ((61, 64), "server"), ((64, 64), None), ((62, 63), None), ((128, 57), "client")],
)
def test_whose_view_it_is_is_told(hops: tuple[int, int], told: str | None) -> None:
    """By whose SYN had not been routed yet; that of neither or of both is nobody's."""
    capture = Capture()

    class Place(Dialogue):
        def show(self, sent: Sent, interface: Interface | None = None) -> None:
            frame = bytearray(sent.frame())
            frame[22] = hops[not sent.client]
            self.capture.feed(bytes(frame), interface=interface)

    talk = Place(capture).open()
    talk.exchange(1)
    talk.close()
    (found,) = capture.close()
    assert found.peers.perspective == told


@pytest.mark.parametrize("alike", [True, False])
def test_what_one_interface_shows_twice_is_one_if_it_comes_back(alike: bool) -> None:
    """To who sent it: a pod that asks itself. What goes on to another host is another connection."""
    capture = Capture()
    there = ASKED.client if alike else DNAT.server
    far = MASQUERADED._replace(server=there)
    talk = Way(capture, ASKED, names=[(HERE, ASKED), (HERE, far)]).open()
    talk.exchange(1)
    talk.exchange(2)
    talk.close()
    found = capture.close()
    expected = ("10.64.0.2", 40_000, "10.64.0.2", 8080, "10.96.0.9", 80)
    assert ({ends(each.peers) for each in found} == {expected}) == alike
    assert len(found) == (2 if alike else 4)
