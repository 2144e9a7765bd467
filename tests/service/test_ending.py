"""How a long-running command ends: signals and the last resort, in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.support.rpcapd import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

_PROGRAM = """
import asyncio
from interceptor.service.ending import Ending

async def main():
    ending = Ending()
    with ending.on_signals():
        print("ready", flush=True)
        await ending.asked.wait()
        print("asked", flush=True)
        if {seconds}:
            ending.begin({seconds})
        await asyncio.sleep({hang})

asyncio.run(main())
print("done", flush=True)
"""


def play(
    signals: Callable[[subprocess.Popen[str]], None], *, hang: float, seconds: float = 0
) -> tuple[int, str]:
    """Run a program whose orderly end takes `hang` seconds and may take `seconds`; its status and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _PROGRAM.format(hang=hang, seconds=seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    signals(process)
    said = process.communicate(timeout=60)[0]
    return process.returncode, said


def test_the_first_signal_asks_for_an_orderly_end() -> None:
    """SIGTERM and SIGINT alike."""
    for number in (signal.SIGTERM, signal.SIGINT):
        status, said = play(lambda process, number=number: process.send_signal(number), hang=0.1, seconds=20)  # type: ignore[misc]
        assert (status, said) == (0, "asked\ndone\n")


def test_the_second_signal_ends_it_at_once() -> None:
    """With the status that shells give, and a line that says so."""

    def twice(process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGINT)

    status, said = play(twice, hang=600)
    assert status == 128 + signal.SIGINT
    assert "a second signal, SIGINT" in said
    assert "done" not in said


def test_a_signal_that_comes_twice_is_one() -> None:
    """As from `timeout`, which signals its command and then the group that the command is in. Later it is a second one."""

    def at_the_same_time(process: subprocess.Popen[str]) -> None:
        for _ in range(3):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.01)  # they are not to become one on the way

    assert play(at_the_same_time, hang=0.5, seconds=20) == (0, "asked\ndone\n")

    def and_later(process: subprocess.Popen[str]) -> None:
        at_the_same_time(process)
        time.sleep(1.5)
        process.send_signal(signal.SIGTERM)

    status, said = play(and_later, hang=600)
    assert (status, "a second signal, SIGTERM" in said) == (128 + signal.SIGTERM, True)


def test_an_end_that_takes_too_long_has_an_end() -> None:
    """A little after the time it may take."""
    begun = time.monotonic()
    status, said = play(lambda process: process.send_signal(signal.SIGTERM), hang=600, seconds=0.5)
    assert status == 1
    assert "shutdown_seconds are over" in said
    assert time.monotonic() - begun < 60
