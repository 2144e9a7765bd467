"""How fast a client may go on that shows wrong tokens."""

from __future__ import annotations

import pytest

from interceptor.ingest import guesses as module
from interceptor.ingest.guesses import SECONDS, TRIES, Guesses, SlowedError, network


def test_some_are_free_and_then_one_in_a_while() -> None:
    """However fast they come; and after a pause all are free again."""
    now = [100.0]
    guesses = Guesses(lambda: now[0])

    def tried(seconds: float) -> int:
        count = 0
        end = now[0] + seconds
        while now[0] < end:
            try:
                guesses.look("10.0.0.1")
            except SlowedError as slowed:
                now[0] += slowed.retry_seconds
            else:
                guesses.wrong("10.0.0.1")
                count += 1
        return count

    assert TRIES <= tried(600) <= TRIES + 600 / SECONDS + 1
    now[0] += TRIES * SECONDS
    assert tried(1) >= TRIES
    guesses.look("10.0.0.2")


def test_who_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was wrong last stays."""
    monkeypatch.setattr(module, "_CLIENTS", 3)
    guesses = Guesses(lambda: 0.0)
    for number in range(10):
        for _ in range(TRIES):
            guesses.wrong(f"10.0.0.{number}")
    guesses.look("10.0.0.6")
    with pytest.raises(SlowedError):
        guesses.look("10.0.0.9")
    assert len(guesses._free_at) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2:3", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("unknown", "unknown", True),
    ],
)
def test_a_host_has_many_addresses(one: str, other: str, same: bool) -> None:
    """Of IPv6 it has a network."""
    assert (network(one) == network(other)) is same
