"""The same packets on several interfaces, for real: two pods, their interfaces on the node, and the bridge between.

nginx's log is the oracle. The sources run in this process, in the node's namespace, with the core behind them.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.live import LiveSource
from interceptor.capture.own_traffic import OwnTraffic
from interceptor.capture.rpcap import RpcapSource
from tests.support.live import PROGRAMS, RPCAPD_PORT, Node, Verdict, compare
from tests.support.rpcapd import unavailable
from tests.support.sources import Running, running_all, settings

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Coroutine, Iterator

    from tests.support.live import Pod

URL = f"rpcap://127.0.0.1:{RPCAPD_PORT}"
DELAY_MS = 20
"""Between two requests of a connection: a thousand a second, which rpcapd's buffer outlasts on a busy machine too."""


@pytest.fixture
def node(tmp_path: pathlib.Path, rpcapd_path: pathlib.Path) -> Iterator[Node]:
    """A container host of the test's own."""
    for program in PROGRAMS:
        if shutil.which(program) is None:
            unavailable(f"needs {program}")
    with Node(tmp_path) as node:
        yield node


def inside(node: Node, coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run it in the node's namespace."""

    async def bounded() -> Any:
        async with asyncio.timeout(120):
            return await coroutine

    with node.space.entered():
        return asyncio.run(bounded())


def source(*, slow: bool = False, include: tuple[str, ...] = ("*",)) -> RpcapSource:
    """A source of all interfaces, the bridge included, which shows frames between its ports where it is promiscuous.

    A slow one gives packets a quarter of a second late.
    """
    chosen = settings(
        URL, include=include, filter="tcp port 80", promiscuous=True, read_timeout_ms=250 if slow else 20
    )
    return RpcapSource(URL, chosen, OwnTraffic())


def captured(one: Running, name: str) -> bool:
    """Whether an interface is."""
    return name in one.captured()


async def called(client: Pod, server: Pod, run: str, **options: Any) -> None:
    """Let wrk ask, without stopping the event loop."""
    await asyncio.to_thread(client.call, server, run=run, **options)


def judged(core: Running, servers: list[Pod]) -> Verdict:
    """Hold what the core understood against the logs; its ledger balances."""
    return compare(servers, [json.loads(record) for record in core.records()])


def test_three_interfaces_show_each_request_once(node: Node) -> None:
    """Both ends' interfaces and the bridge, whatever order their packets come in."""
    server, client = node.server(), node.pod()
    node.rpcapd()

    async def main() -> Verdict:
        async with running_all(source()) as (one,):
            await one.until_captured("cni0", server.interface, client.interface)
            await called(client, server, "a", seconds=4, connections=20, delay_ms=DELAY_MS)
            await one.quiet()
            seen = one.seen
        assert set(seen) == {"cni0", server.interface, client.interface}
        assert min(seen.values()) > 0.9 * max(seen.values())
        return judged(one, [server])

    verdict = inside(node, main())
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    assert verdict.served > 500
    assert len(verdict.missing) <= len(verdict.incomplete) <= 20  # broken off by wrk at its end


def test_captures_that_are_late_by_different_times(node: Node) -> None:
    """One rpcapd gives packets within milliseconds, another a quarter of a second later, and this process a third
    copy of everything: still one record each."""
    server, client = node.server(), node.pod()
    node.rpcapd()

    async def main() -> Verdict:
        quick = source(include=(client.interface, "cni0"))
        slow = source(slow=True)
        third = LiveSource(
            "live:", settings("live:", filter="tcp port 80", read_timeout_ms=100), OwnTraffic()
        )
        async with running_all(quick, slow, third, shared=True) as (one, two, three):
            await one.until_captured("cni0", client.interface)
            for other in (two, three):
                await other.until_captured("cni0", server.interface, client.interface)
            await called(client, server, "a", seconds=4, connections=20, delay_ms=DELAY_MS)
            for each in (one, two, three):
                await each.quiet(0.7)
        return judged(one, [server])

    verdict = inside(node, main())
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    assert verdict.served > 500
    assert len(verdict.missing) <= len(verdict.incomplete) <= 20


def test_captures_that_begin_under_traffic(node: Node) -> None:
    """They start one after the other while connections run: from the first whole one on, each request is reported
    once, and none is paired wrongly."""
    server, client = node.server(), node.pod()
    node.rpcapd()

    async def main() -> tuple[Verdict, list[str]]:
        calling = asyncio.create_task(
            called(client, server, "early", seconds=5, connections=20, delay_ms=DELAY_MS)
        )
        await asyncio.sleep(1)
        async with running_all(source()) as (one,):
            await one.until_captured("cni0", server.interface, client.interface)
            await calling
            await called(client, server, "after", seconds=2, connections=20, delay_ms=DELAY_MS)
            await one.quiet()
        verdict = judged(one, [server])
        return verdict, [path for _, path in verdict.missing if "after" in path]

    verdict, missing = inside(node, main())
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    assert len(missing) <= 20
    assert verdict.reported > verdict.served / 2


def test_captures_that_end_and_begin_under_traffic(node: Node) -> None:
    """One interface's capture is killed again and again while connections run over it: nothing is reported twice or
    paired wrongly, and what is missing was counted as lost."""
    server, client = node.server(), node.pod()
    daemon = node.rpcapd()

    async def main() -> tuple[Verdict, Running]:
        chosen = source()
        async with running_all(chosen) as (one,):
            await one.until_captured("cni0", server.interface, client.interface)
            calling = asyncio.create_task(
                called(client, server, "a", seconds=8, connections=20, delay_ms=DELAY_MS)
            )
            kills = 0
            while not calling.done():
                await asyncio.sleep(0.5)
                if len(daemon.children) == 4 and len(one.captured()) == 3:
                    os.kill(sorted(daemon.children)[1 + kills % 3], signal.SIGKILL)
                    kills += 1
            await calling
            assert kills >= 3
            await one.until_captured("cni0", server.interface, client.interface)
            await one.quiet()
        return judged(one, [server]), one

    verdict, one = inside(node, main())
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    lost = len(verdict.missing) - 20
    assert lost <= 0 or one.pipeline.gaps > 0
    assert verdict.reported > 0.9 * verdict.served


def test_pods_that_come_and_go_under_traffic(node: Node) -> None:
    """Interfaces appear and vanish beside two pods that talk: theirs are reported whole, and once."""
    server, client = node.server(), node.pod()
    node.rpcapd()

    async def main() -> tuple[Verdict, int]:
        async with running_all(source()) as (one,):
            await one.until_captured("cni0", server.interface, client.interface)
            calling = asyncio.create_task(
                called(client, server, "a", seconds=6, connections=20, delay_ms=DELAY_MS)
            )
            made = 0
            while not calling.done():
                name = f"churn{made}"
                for words in (
                    f"link add {name} type veth peer name {name}x",
                    f"link set {name} up master cni0",
                    f"link set {name}x up",
                ):
                    await asyncio.to_thread(node.space.ip, *words.split())
                await one.until("its capture", partial(captured, one, name))
                await asyncio.to_thread(node.space.ip, "link", "delete", name)
                made += 1
            await calling
            await one.until_captured("cni0", server.interface, client.interface)
            await one.quiet()
        return judged(one, [server]), made

    verdict, made = inside(node, main())
    assert made >= 3
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    assert len(verdict.missing) <= len(verdict.incomplete) <= 20
