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
from interceptor.core.tcp.translations import Translations
from tests.conversations import ACK, RST, SECOND, Capture, Dialogue, Ends, Sent, pairs

if TYPE_CHECKING:
    from interceptor.core.model import Peers

POD = Interface("pod", 1)
"""What the client's end of the way shows."""
BACKEND = Interface("backend", 1)

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
                self.capture.feed(sent._replace(ends=ends).frame(), interface=where)


def way(capture: Capture, *ends: Ends, one_interface: bool = False) -> Way:
    """From a pod to a backend, by way of as many interfaces as there are names."""
    places = [Interface(f"place{number}", 1) for number in range(len(ends))]
    if one_interface:
        places = [POD] * len(ends)
    return Way(capture, ends[0], names=list(zip(places, ends, strict=True)))


def ends(peers: Peers) -> tuple[str, int, str, int, str | None, int | None]:
    """Who a record says that talked, and what was asked for."""
    return (
        peers.client_address,
        peers.client_port,
        peers.server_address,
        peers.server_port,
        peers.service_address,
        peers.service_port,
    )


@pytest.mark.parametrize("one_interface", [False, True])
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
    one_interface: bool,
) -> None:
    """Between who asked and who answered, and with what was asked for."""
    capture = Capture()
    talk = way(capture, *names, one_interface=one_interface)
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


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_what_one_place_loses_the_other_has(at_pod: set[int], at_backend: set[int]) -> None:
    """Every call is reported once as long as each segment is captured somewhere."""
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


def test_what_is_remembered_is_bounded() -> None:
    """The newest can be found, for two seconds."""
    assembly = Assembly(Limits(), Budget(1 << 20))
    streams: dict[bytes, Stream] = {}
    translations = Translations(streams)
    for number in range(5_000):
        flow = number.to_bytes(8, "big") + b"port"
        streams[flow] = Stream(flow, number + 1, assembly)
        translations.opened(flow, (number, 7), number + 1, b"", 0, 0)
    found = [translations.find(b"another flow", (number, 7), 0, b"", SECOND) for number in range(5_000)]
    assert [names is not None for names in found] == [False] * 904 + [True] * 4_096
    assert translations.find(b"another flow", (4_999, 7), 0, b"", 3 * SECOND) is None
    translations.expire(3 * SECOND)
    assert translations.find(b"another flow", (4_999, 7), 0, b"", SECOND) is None


def test_equal_numbers_are_not_enough() -> None:
    """Programs whose numbers are no random ones: what they begin with is looked at, too."""
    capture = Capture()
    talks = [way(capture, ASKED), way(capture, MASQUERADED)]
    for nonce, talk in enumerate(talks, 1):
        talk.open()
        talk.exchange(nonce)
    assert pairs(capture.close()) == [("1", "1"), ("2", "2")]
    assert capture.pipeline.connections == 2
