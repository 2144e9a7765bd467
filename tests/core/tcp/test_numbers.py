"""Facts about what identifies a connection."""

from __future__ import annotations

from typing import Final

import pytest

from interceptor.core.tcp.numbers import Numbers
from tests.conversations import Capture, Dialogue, Ends

ASKED: Final = Ends("10.0.0.1", "10.96.0.9", 40_000, 80, 77_000, 99_000)
SERVED: Final = ASKED._replace(client="10.9.9.9", client_port=1_024, server="10.0.1.3", server_port=8_080)


def seen(ends: Ends, *, met: bool = False, lost: int | None = None) -> list[str]:
    """Ids of the connections that an agent sees which captures two calls under these names."""
    capture = Capture()
    talk = Dialogue(capture, ends)
    if not met:
        talk.open()
    talk.exchange(1)
    talk.client(b"GET /n/2 HTTP/1.1\r\nHost: a.test\r\n\r\n", lost=lost == 2)
    talk.server(b"HTTP/1.1 204 Fine\r\n\r\n")
    talk.close()
    return [each.peers.connection_id.hex() for each in capture.close()]


def test_two_machines_give_a_connection_one_identity() -> None:
    """Each sees it under other names, and knows nothing of the other."""
    assert len({*seen(ASKED), *seen(SERVED), *seen(SERVED, lost=2)}) == 1


def test_what_is_met_in_the_middle_is_known_by_its_names() -> None:
    """Where no handshake was seen nothing says that numbers are the initial ones."""
    assert len({*seen(ASKED, met=True), *seen(SERVED, met=True), *seen(ASKED)}) == 3


def test_numbers_of_two_connections_identify_one_of_them() -> None:
    """Programs that make traffic choose the same ones for all: each connection has an identity, and the same on every run."""

    def run() -> list[str]:
        capture = Capture()
        for port in range(1_024, 1_044):
            talk = Dialogue(capture, ASKED._replace(client_port=port)).open()
            talk.exchange(port)
            talk.close()
        return [each.peers.connection_id.hex() for each in capture.close()]

    found = run()
    assert len(set(found)) == 20
    assert found == run()


def test_a_connection_keeps_its_numbers() -> None:
    """Whoever else has them, and as long as they come again."""
    numbers = Numbers()
    one, two = b"one-and-all-", b"two-and-all-"
    assert numbers.identify(one, 1, 2)
    assert not numbers.identify(two, 1, 2)
    assert numbers.identify(one, 1, 2)
    assert numbers.identify(two, 2, 1)


@pytest.mark.parametrize("others", [2_047, 2_048])
def test_what_is_remembered_is_bounded(others: int) -> None:
    """The newest pairs."""
    numbers = Numbers()
    assert numbers.identify(b"one-and-all-", 0, 0)
    for number in range(1, others + 1):
        assert numbers.identify(b"one-and-all-", 0, number)
    assert len(numbers._owners) == min(others + 1, 2_048)
    assert numbers.identify(b"two-and-all-", 0, 0) == (others == 2_048)
