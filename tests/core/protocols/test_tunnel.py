"""Tunnels: what goes through is counted to the byte, whoever reads it, and what is inside reports for itself."""

from __future__ import annotations

import pytest

from interceptor.core.budget import Budget
from interceptor.core.model import Anomaly, Chunk, Limits, Outcome, Peers, Request, State, Transaction
from interceptor.core.protocols.conversation import CLIENT, SERVER, Becoming, Conversation, End, succeed
from interceptor.core.protocols.http1.heads import Heads
from interceptor.core.protocols.http1.layouts import Layouts
from interceptor.core.protocols.http1.parser import Context
from interceptor.core.protocols.recognition import Recognition
from interceptor.core.protocols.tunnel import DEPTH, Opening, Traffic, Tunnel

PEERS = Peers("192.0.2.1", 1234, "192.0.2.2", 3128, "ipv4", bytes(10), None)
GET = b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"b" * 900
CONNECT = b"CONNECT b.example:80 HTTP/1.1\r\nHost: b.example\r\n\r\n"
OPEN = b"HTTP/1.1 200 OK\r\n\r\n"


class Talk:
    """Both sides of a tunnel, from where it is open."""

    def __init__(self, opening: Opening | None = None) -> None:
        limits = Limits()
        self.context = Context(
            limits, Heads(limits), Layouts(limits.header_lines), limits.head_bytes, Budget(limits.held_bytes)
        )
        self.recognition = Recognition(self.context)
        opening = opening or Opening(PEERS, "connect", 5, asked=True, time=7)
        self.conversation: Conversation = self.recognition.become(Becoming("connect", origin=opening), PEERS)
        self.at = [100, 200]
        self.ended: list[End | None] = [None, None]
        self.time = 10
        self.finished: list[Outcome] = []

    def say(self, side: int, data: bytes, *, short: bool = False) -> None:
        """One segment. `short`: what nobody need look at is subtracted, as the pipeline does."""
        self.time += 10
        reader = self.conversation.reader(side)
        position, self.at[side] = self.at[side], self.at[side] + len(data)
        if short and reader.remaining > len(data):
            reader.remaining -= len(data)
            return
        chunk = Chunk(data, 0, len(data), position, self.time, self.at[1 - side])
        self.conversation.receive(side, chunk, self.finished)
        self._go_on()

    def lose(self, side: int, size: int) -> None:
        """Bytes that were not captured."""
        self.conversation.gap(side, size, self.at[side], self.time, self.finished)
        self.at[side] += size
        self._go_on()

    def end(self) -> Tunnel:
        """Both sides end; what is said of the tunnel around all others."""
        for side in (CLIENT, SERVER):
            end = End(self.at[side], self.time + 5, clean=True)
            self.ended[side] = end
            self.conversation.close(side, end.position, end.time, self.finished, clean=end.clean)
            self._go_on()
        self.conversation.finish(Anomaly.UNANSWERED, self.finished)
        assert self.context.budget.held == 0
        return self.tunnels[-1]

    def _go_on(self) -> None:
        client, server = self.ended
        self.conversation = succeed(
            self.conversation, self.recognition, PEERS, (True, True), (client, server), self.finished
        )

    @property
    def tunnels(self) -> list[Tunnel]:
        """What was said of tunnels."""
        return [each for each in self.finished if isinstance(each, Tunnel)]

    @property
    def statuses(self) -> list[int | None]:
        """What was answered inside."""
        return [
            each.response.status if each.response is not None else None
            for each in self.finished
            if isinstance(each, Transaction)
        ]


@pytest.mark.parametrize("short", [False, True])
def test_calls_inside_are_read_and_their_bytes_counted(short: bool) -> None:
    """Whoever looks at the bodies."""
    talk = Talk()
    for _ in range(2):
        talk.say(CLIENT, GET, short=short)
        for at in range(0, len(FINE), 100):
            talk.say(SERVER, FINE[at : at + 100], short=short)
    tunnel = talk.end()
    assert talk.statuses == [200, 200]
    assert (tunnel.client, tunnel.server) == (Traffic(2 * len(GET)), Traffic(2 * len(FINE)))
    assert (tunnel.inside, tunnel.closed_by, tunnel.state) == ("http", CLIENT, State.COMPLETE)
    assert (tunnel.time, tunnel.end_time, tunnel.part) == (7, talk.time + 5, 1)


@pytest.mark.parametrize("short", [False, True])
def test_what_nobody_reads_is_counted(short: bool) -> None:
    """Also what had come before it was known that nobody does."""
    talk = Talk()
    talk.say(SERVER, b"SSH-2.0-a\r\n")
    talk.say(CLIENT, b"SSH-2.0-b\r\n", short=short)
    talk.say(SERVER, bytes(500), short=short)
    talk.lose(SERVER, 70)
    talk.say(SERVER, bytes(30), short=short)
    tunnel = talk.end()
    assert (tunnel.client, tunnel.server) == (Traffic(11), Traffic(541, 70))
    assert (tunnel.inside, tunnel.state) == ("", State.TRUNCATED)
    assert sum(talk.context.dropped.values()) == 11 + 541


def test_a_hole_in_a_body_inside() -> None:
    """It is missed once, by the transaction and by the tunnel."""
    talk = Talk()
    talk.say(CLIENT, GET)
    talk.say(SERVER, FINE[:100])
    talk.lose(SERVER, 200)
    talk.say(SERVER, FINE[300:])
    tunnel = talk.end()
    assert talk.statuses == [200]
    assert tunnel.server == Traffic(len(FINE) - 200, 200)


@pytest.mark.parametrize("began", [b"SSH-2.0-b\r\n", GET, bytes.fromhex("1603010200010001fc0303")])
def test_the_place_of_a_fin_is_no_byte(began: bytes) -> None:
    """Whatever is inside: not in what came, where a hole and bytes are behind it; and nothing is held or left out there."""
    talk = Talk()
    talk.say(CLIENT, began)
    talk.conversation.close(CLIENT, talk.at[CLIENT], talk.time, talk.finished, clean=True)
    talk._go_on()
    talk.at[CLIENT] += 1
    talk.lose(CLIENT, 38)
    talk.say(CLIENT, b"later")
    talk.say(SERVER, b"answer")
    tunnel = talk.end()
    assert (tunnel.client, tunnel.server) == (Traffic(len(began) + 5, 38), Traffic(6))
    counted = talk.context.delivered + sum(talk.context.dropped.values())
    assert counted == len(began) + 5 + 6


def test_tunnels_in_tunnels_are_entered_to_a_depth() -> None:
    """Each is one; in the one beyond the last nothing is read."""
    talk = Talk()
    for _ in range(DEPTH):
        talk.say(CLIENT, CONNECT)
        talk.say(SERVER, OPEN)
    talk.say(CLIENT, CONNECT)
    talk.say(SERVER, OPEN)
    talk.end()
    assert talk.statuses == [200] * DEPTH
    sizes = [each.client.bytes for each in talk.tunnels]
    assert sizes == [len(CONNECT) * (at + 1) for at in range(DEPTH + 1)]


def test_parts_of_a_tunnel_that_goes_on() -> None:
    """Each has what came since the one before, seen or not."""
    talk = Talk()
    talk.say(SERVER, b"SSH-2.0-a\r\n")
    talk.say(CLIENT, b"SSH-2.0-b\r\n")
    talk.conversation.overdue(1, 100, talk.finished)
    talk.say(SERVER, bytes(300), short=True)
    talk.conversation.overdue(101, 100, talk.finished)
    talk.say(SERVER, bytes(40), short=True)
    last = talk.end()
    first, _ = talk.tunnels
    assert (first.ongoing, first.part, first.closed_by) == (True, 1, None)
    assert (first.client, first.server) == (Traffic(11), Traffic(311))
    assert (last.client, last.server, last.part) == (Traffic(0), Traffic(40), 2)
    assert last.time == first.end_time


def test_one_that_was_refused_is_not_entered() -> None:
    """What comes through it is of nobody."""
    talk = Talk(Opening(PEERS, "socks5", 5, asked=True, time=7, target="a:1", error="not_allowed"))
    talk.say(CLIENT, GET)
    tunnel = talk.end()
    assert talk.statuses == []
    assert (tunnel.opening.error, tunnel.client) == ("not_allowed", Traffic(len(GET)))


def test_a_large_request_counts_and_can_be_given_up() -> None:
    """What was reported keeps it."""
    request = Request(5, 0, 1, method="CONNECT", target="a.example:1", weight=3_000)
    talk = Talk(Opening(PEERS, "connect", 5, asked=True, time=7, request=request))
    assert (talk.conversation.weight, talk.context.budget.held) == (3_000, 3_000)
    talk.conversation.overdue(1, 1, talk.finished)
    talk.conversation.overdue(2, 1, talk.finished)
    talk.conversation.relieve(talk.finished)
    assert (talk.conversation.weight, talk.context.budget.held) == (0, 0)
    last = talk.end()
    assert last.opening.request is None
    assert talk.tunnels[0].opening.request is request
