"""What a flow's bytes say about the ends of a connection."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Owner
from interceptor.core.tcp.flows import Ends, reverse


def flow(source: str, destination: str, source_port: int, destination_port: int) -> bytes:
    """As on the wire."""
    ports = source_port.to_bytes(2, "big") + destination_port.to_bytes(2, "big")
    return ip_address(source).packed + ip_address(destination).packed + ports


@pytest.mark.parametrize(
    ("client", "server", "network"),
    [("10.0.0.1", "10.0.0.2", "ipv4"), ("2001:db8::1", "2001:db8:0:1::2", "ipv6")],
)
def test_both_ends_are_read(client: str, server: str, network: str) -> None:
    """Addresses in their usual text, ports as numbers, the client first; the reverse names the other direction."""
    there = flow(client, server, 40_000, 80)
    peers = Ends().peers(there, 1, 2, "eth0")
    assert (peers.client_address, peers.client_port) == (client, 40_000)
    assert (peers.server_address, peers.server_port) == (server, 80)
    assert (peers.network_type, peers.interface) == (network, "eth0")
    assert reverse(there) == flow(server, client, 80, 40_000)


NUMBERS = st.integers(0, 2**32 - 1)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_the_identity_is_of_the_connection(one: int, two: int, three: int, four: int) -> None:
    """The same ends and numbers give the same id whoever asks and wherever it was seen; others another."""
    there = flow("10.0.0.1", "10.0.0.2", 40_000, 80)
    first = Ends().peers(there, one, two, "eth0").connection_id
    assert len(first) == 10
    assert first == Ends().peers(there, one, two, None).connection_id
    assert (first == Ends().peers(there, three, four, "eth0").connection_id) == ((one, two) == (three, four))


def test_initial_numbers_alone_identify_a_connection() -> None:
    """Where they are the initial ones, it is the same connection under other addresses and ports, and of another version of IP."""
    asked = Ends().peers(flow("10.0.0.1", "10.96.0.9", 40_000, 80), 7, 9, "eth0", initial=True)
    served = Ends().peers(flow("fd00::1", "fd00::2", 1_024, 8_080), 7, 9, "eth1", initial=True)
    assert asked.connection_id == served.connection_id
    assert served.server_address == "fd00::2"
    other = Ends().peers(flow("10.0.0.1", "10.96.0.9", 40_000, 80), 9, 7, "eth0", initial=True)
    met = Ends().peers(flow("10.0.0.1", "10.96.0.9", 40_000, 80), 7, 9, "eth0")
    assert len({asked.connection_id, other.connection_id, met.connection_id}) == 3


def test_what_is_remembered_is_bounded() -> None:
    """However many addresses and ports come by, a bounded number is kept, and all are right."""
    ends = Ends()
    for number in range(10_000):
        address = str(ip_address(number))
        peers = ends.peers(flow(address, "10.0.0.2", 1, number), 0, 0, None)
        assert (peers.client_address, peers.server_port) == (address, number)
    assert len(ends._addresses) <= 4_096
    assert len(ends._ports) <= 4_096


def test_whose_the_ends_are_is_asked_once_they_are_known() -> None:
    """Of both, by what each sees of itself and of the other; and anew where their addresses turn out to be translated."""
    asked: list[tuple[tuple[str, int], tuple[str, int]]] = []
    pod, other = Owner("4f0c", None), Owner(None, "9a1b")
    known = {("10.0.0.1", 40_000): pod, ("10.0.0.2", 8_080): other}

    def whose(end: tuple[str, int], other: tuple[str, int]) -> Owner | None:
        asked.append((end, other))
        return known.get(end)

    ends = Ends(whose)
    there = flow("10.0.0.1", "10.96.0.9", 40_000, 80)
    peers = ends.peers(there, 1, 2, "eth0")
    assert peers.owners == (pod, None)
    as_server = flow("10.0.0.9", "10.0.0.2", 555, 8_080)
    both = ends.translated(peers, there, as_server)
    assert both.owners == (pod, other)
    client, service, server = ("10.0.0.1", 40_000), ("10.96.0.9", 80), ("10.0.0.2", 8_080)
    assert asked == [
        (client, service),
        (service, client),
        (client, service),
        (server, ("10.0.0.9", 555)),
    ]
    known.clear()
    gone = ends.translated(both, there, as_server)
    assert gone.owners is None
