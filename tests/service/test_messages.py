"""What the daemon and its workers say to each other."""

from __future__ import annotations

import msgspec

from interceptor.service.messages import Answer, Order, Start


def test_kinds_are_told_apart() -> None:
    """Each has a number of its own that fits into the byte that a message has for it."""
    for kinds in (Order, Answer):
        assert len(set(kinds)) == len(kinds)
        assert all(0 <= kind < 256 for kind in kinds)


def test_the_first_message() -> None:
    """Is read as it was written."""
    start = Start(config="{}", live=True, here=False, worker=3)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(start), type=Start) == start
