"""Signals to a command that reads: deferred where something would be left half done, told by the exit status."""

from __future__ import annotations

import os
import signal

import pytest

from interceptor.commands.interrupts import Interrupts, Terminated, stopped


@pytest.mark.parametrize(
    ("number", "error", "status"),
    [(signal.SIGINT, KeyboardInterrupt, 130), (signal.SIGTERM, Terminated, 143)],
)
def test_a_signal_is_raised_and_has_a_status(
    number: signal.Signals, error: type[BaseException], status: int
) -> None:
    """At once, where nothing is under way; handlers are as before afterwards."""
    before = signal.getsignal(number)
    with pytest.raises(error) as raised, Interrupts().handled():
        os.kill(os.getpid(), number)
    assert stopped(raised.value) == status
    assert signal.getsignal(number) is before


def test_what_is_under_way_is_finished_first() -> None:
    """The signal is raised at the end of it; a second one at once."""
    interrupts = Interrupts()
    done = []
    with interrupts.handled():
        with pytest.raises(Terminated), interrupts.deferred():  # noqa: PT012 - what comes within is the matter
            os.kill(os.getpid(), signal.SIGTERM)
            done.append(1)
        with pytest.raises(KeyboardInterrupt), interrupts.deferred():  # noqa: PT012
            os.kill(os.getpid(), signal.SIGINT)
            done.append(2)
    assert done == [1]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """As nohup(1) wants it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts().handled():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
