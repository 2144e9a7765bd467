"""What one connection says of a segment."""

from __future__ import annotations

from interceptor.core.budget import Budget
from interceptor.core.model import Drop, Limits
from interceptor.core.protocols.conversation import CLIENT, SERVER, End
from interceptor.core.protocols.opaque import Opaque
from interceptor.core.tcp.connection import Connection, Direction, Life
from interceptor.core.tcp.reassembly import Assembly
from tests.core.protocols.test_opaque import PEERS


def connection() -> Connection:
    """One both of whose sides were heard, and that is not read."""
    limits = Limits()
    assembly = Assembly(limits, Budget(limits.held_bytes))
    client, server = Direction(b"client", 101, assembly), Direction(b"server", 501, assembly)
    client.seen = server.seen = True
    return Connection(client, server, Opaque(PEERS, lambda _reason, _size: None, Drop.NOT_HTTP))


def test_sides_change_places() -> None:
    """The direction of the client is that which says so, and is read as such."""
    one = connection()
    first, second = one.client, one.server
    assert (first.side, second.side) == (CLIENT, SERVER)
    one.swap()
    assert (one.client, one.server) == (second, first)
    assert (first.side, second.side) == (SERVER, CLIENT)


def test_a_reset_has_to_fit() -> None:
    """The exact next number, until nobody follows numbers any more (RFC 5961 section 3.2)."""
    one = connection()
    assert one.client.resets(101)
    assert not one.client.resets(102)
    one.life = Life.OPAQUE
    assert one.client.resets(102)


def test_a_reset_overtakes_bytes_that_are_missing() -> None:
    """More than one, which would be a FIN."""
    one = connection()
    assert not one.client.overtakes(102, 0)
    assert one.client.overtakes(103, 0)
    assert one.client.overtakes(101, 2)
    one.client.ended = End(0, 1, clean=True)
    assert not one.client.overtakes(103, 0)


def test_only_an_undisturbed_connection_takes_the_short_way() -> None:
    """Open, heard of both sides, and nothing contends."""
    one = connection()
    one.smoothen()
    assert one.client.smooth
    assert one.server.smooth
    one.server.ended = End(0, 1, clean=True)
    one.smoothen()
    assert not one.client.smooth


def test_nothing_is_kept_of_a_conversation_that_is_over() -> None:
    """Neither it nor what read the sides."""
    one = connection()
    one.life = Life.CLOSED
    one.silence()
    assert getattr(one, "conversation", None) is None
    assert getattr(one.client, "reader", None) is None
    assert one.weight == 0


def test_the_same_syn_again() -> None:
    """It is known by its number, wherever the stream is by now."""
    one = connection()
    assert one.client.began_with(100)
    one.client.position, one.client.next = 50, 151
    assert one.client.began_with(100)
    assert not one.client.began_with(101)
