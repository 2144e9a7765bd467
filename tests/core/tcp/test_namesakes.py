"""Facts about connections of the same addresses and ports in several VLANs."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversations import Capture, Dialogue, Ends, Sent, pairs
from tests.support.examples import examples

if TYPE_CHECKING:
    from interceptor.core.model import Interface

OTHER = Ends(client_start=900_000_000, server_start=2_800_000_000)


class Tagged(Dialogue):
    """A conversation whose frames are tagged, each side's with tags of its own."""

    client_vlans: tuple[int, ...] = ()
    server_vlans: tuple[int, ...] = ()

    def show(self, sent: Sent, interface: Interface | None = None) -> None:
        """Capture it with its tags."""
        frame = sent.frame()
        tags = b"".join(
            b"\x81\x00" + vlan.to_bytes(2)
            for vlan in (self.client_vlans if sent.client else self.server_vlans)
        )
        self.capture.feed(frame[:12] + tags + frame[12:], interface=interface)


def tagged(
    capture: Capture, client: tuple[int, ...], server: tuple[int, ...], ends: Ends | None = None
) -> Tagged:
    """One of them."""
    talk = Tagged(capture, ends or Ends())
    talk.client_vlans, talk.server_vlans = client, server
    return talk


@pytest.mark.parametrize("open_", [True, False])
@pytest.mark.parametrize(
    ("client", "server"), [((10,), ()), ((), (10,)), ((10,), (20,)), ((7, 10), (10,)), ((0,), ())]
)
def test_a_connection_with_other_tags_each_way_is_one(
    client: tuple[int, ...], server: tuple[int, ...], open_: bool
) -> None:
    """With its handshake or without."""
    capture = Capture()
    talk = tagged(capture, client, server)
    if open_:
        talk.open()
    for nonce in (1, 2, 3):
        talk.exchange(nonce)
    talk.close()
    assert pairs(capture.close()) == [("1", "1"), ("2", "2"), ("3", "3")]
    assert capture.pipeline.connections == 1
    assert capture.pipeline.open_connections == 0


@pytest.mark.parametrize(("one", "two"), [((10,), (20,)), ((10,), ()), ((7, 10), (7, 20)), ((10,), (7, 10))])
def test_connections_in_two_vlans_are_two(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    """At once, packet by packet."""
    capture = Capture()
    first, second = tagged(capture, one, one).open(), tagged(capture, two, two, OTHER).open()
    for nonce, talk in zip(range(1, 9), cycle((first, second))):
        talk.exchange(nonce)
    first.close()
    second.close()
    assert sorted(pairs(capture.close())) == [(str(nonce), str(nonce)) for nonce in range(1, 9)]
    assert capture.pipeline.connections == 2


@pytest.mark.parametrize("open_", [True, False])
@pytest.mark.parametrize(
    ("one", "two"),
    [
        (((10,), ()), ((20,), ())),
        (((), (10,)), ((), (20,))),
        (((10,), (20,)), ((20,), (10,))),
        (((10,), (10,)), ((10,), (20,))),
        (((), ()), ((), (20,))),
    ],
)
def test_connections_that_share_the_name_of_one_direction_are_two(
    one: tuple[tuple[int, ...], tuple[int, ...]], two: tuple[tuple[int, ...], tuple[int, ...]], open_: bool
) -> None:
    """Tagged in one direction only, or one's way is the other's way back: the numbers tell."""
    capture = Capture()
    first, second = tagged(capture, *one), tagged(capture, *two, OTHER)
    if open_:
        first.open()
    first.exchange(1)
    if open_:
        second.open()
    for nonce, talk in zip(range(2, 10), cycle((second, first))):
        talk.exchange(nonce)
    first.close()
    second.close()
    assert sorted(pairs(capture.close())) == [(str(nonce), str(nonce)) for nonce in range(1, 10)]
    assert capture.pipeline.connections == 2


TAGS = st.sampled_from([(), (10,), (20,), (7, 10)])


@examples(100)
@given(
    ways=st.lists(st.tuples(TAGS, TAGS), min_size=2, max_size=4),
    turns=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["open", "exchange", "close"])), max_size=20),
)
def test_however_connections_share_names_all_is_accounted_for(
    ways: list[tuple[tuple[int, ...], tuple[int, ...]]], turns: list[tuple[int, str]]
) -> None:
    """Nothing is raised, no request has the answer of another, and no name stays."""
    capture = Capture()
    talks = [
        tagged(capture, *way, Ends(client_start=1_000_000_000 * number, server_start=4_000_000_000 >> number))
        for number, way in enumerate(ways)
    ]
    for nonce, (number, what) in enumerate(turns, start=1):
        talk = talks[number % len(talks)]
        if what == "exchange":
            talk.exchange(nonce)
        else:
            getattr(talk, what)()
    assert all(None in pair or pair[0] == pair[1] for pair in pairs(capture.close()))
    connections = capture.pipeline._connections
    assert connections.streams == {}
    assert connections._names._tagged == connections._names._aliases == {}


def test_names_are_limited_and_forgotten() -> None:
    """Copies under any number of tags open nothing and leave nothing."""
    capture = Capture()
    talk = tagged(capture, (), ())
    talk.open()
    talk.exchange(1)
    for vlan in range(1, 200):
        talk.client_vlans = (vlan,)
        talk.client(b"x" * 10, position=0)
    talk.client_vlans = ()
    talk.exchange(2)
    talk.close()
    assert pairs(capture.transactions) == [("1", "1"), ("2", "2")]
    assert capture.pipeline.connections == 1
    capture.wait(10)
    connections = capture.pipeline._connections
    assert connections.streams == {}
    assert connections._names._tagged == connections._names._aliases == {}
