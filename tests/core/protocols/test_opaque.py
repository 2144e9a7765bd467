"""What is not read."""

from __future__ import annotations

from interceptor.core.model import Anomaly, Chunk, Drop, Outcome, Peers
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.opaque import Opaque

PEERS = Peers("192.0.2.1", 40_000, "192.0.2.2", 22, "ipv4", bytes(10), None)


def test_bytes_are_counted_and_nothing_else() -> None:
    """Those that were left, and those that go by; holes and ends say nothing."""
    dropped: list[tuple[Drop, int]] = []
    conversation = Opaque(PEERS, lambda *what: dropped.append(what), Drop.UPGRADED)
    finished: list[Outcome] = []
    chunk = Chunk(b"0123456789", 4, 10, 0, 1, 0)
    conversation.receive(CLIENT, chunk, finished)
    conversation.passed(SERVER, 5)
    conversation.gap(CLIENT, 3, 10, 1, finished)
    conversation.close(SERVER, 5, 1, finished, clean=True)
    conversation.overdue(2, 1, finished)
    conversation.relieve(finished)
    conversation.finish(Anomaly.CUT_SHORT, finished)
    assert chunk.cursor == chunk.end
    assert dropped == [(Drop.UPGRADED, 6), (Drop.UPGRADED, 5)]
    assert conversation.opaque
    assert conversation.held(CLIENT, 13) == conversation.weight == 0
    assert conversation.reader(CLIENT).remaining == 0
    assert conversation.becomes is None
    assert finished == []
