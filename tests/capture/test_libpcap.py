"""`interceptor.capture.libpcap`: opening and closing beside the event loop."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING

import pcapy
import pytest

from interceptor.capture import libpcap
from tests.support.sources import descriptors

if TYPE_CHECKING:
    from tests.support.rpcapd import Host


def ring(host: Host) -> str:
    """What the kernel says of packet sockets inside."""
    shown = subprocess.run(
        ["ip", "netns", "exec", host.name, "ss", "-0emp"], capture_output=True, text=True, check=True
    )
    return shown.stdout


def test_the_loop_goes_on_while_a_capture_is_opened_and_closed(host: Host) -> None:
    """For the milliseconds that the kernel takes, other tasks run."""

    async def main() -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        running = asyncio.create_task(others())
        await asyncio.sleep(0)
        handle = await libpcap.open_live("cap0", 65_535, 100, 32 * 2**20, promiscuous=False)
        opening, turns = turns, 0
        libpcap.close(handle)
        closing = turns
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert opening > 20
        assert closing == 0, "closing does not wait at all"

    assert libpcap._calls() is not None, "this build of pcapy hides what is needed"
    host.run(main())


@pytest.mark.parametrize("hidden", [False, True])
def test_options_reach_the_kernel(host: Host, monkeypatch: pytest.MonkeyPatch, hidden: bool) -> None:
    """Size and time-out of the buffer; also where pcapy has to do it alone."""
    if hidden:
        monkeypatch.setattr(libpcap, "_calls", lambda: None)

    async def main() -> None:
        handle = await libpcap.open_live("cap0", 65_535, 70, 3 * 2**20, promiscuous=False)
        shown = ring(host)
        libpcap.close(handle)
        assert "blk_size:262144,blk_nr:12," in shown
        assert "tmo:70," in shown

    host.run(main())


def test_what_cannot_be_opened_says_why(host: Host) -> None:
    """In libpcap's words, and nothing stays open."""

    async def main() -> None:
        before = descriptors()
        with pytest.raises(pcapy.PcapError, match="No such device"):
            await libpcap.open_live("nosuch0", 65_535, 100, 2**21, promiscuous=False)
        assert descriptors() == before

    host.run(main())


def test_a_capture_that_nobody_waits_for_any_more_is_closed(host: Host) -> None:
    """Cancelled while the kernel opens it."""

    async def main() -> None:
        opening = asyncio.create_task(libpcap.open_live("cap0", 65_535, 100, 2**21, promiscuous=False))
        await asyncio.sleep(0.001)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        for _ in range(100):
            await asyncio.sleep(0.02)
            if "blk_size" not in ring(host):
                return
        pytest.fail("it is still open")

    host.run(main())
