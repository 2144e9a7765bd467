"""Following a resource, with the faults that a real API server does not show on demand."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from interceptor.kubernetes import api as api_module
from interceptor.kubernetes import watcher as watcher_module
from interceptor.kubernetes.api import Api
from interceptor.kubernetes.objects import Resource
from interceptor.kubernetes.resolver import Resolver
from interceptor.kubernetes.watcher import Watcher
from tests.support import objects as k8s
from tests.support.kube_api import END, HANG_UP, KubeApi, kube_api
from tests.support.objects import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

HERE = "10.64.0.9"
SECONDS = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KubeApi]:
    """The small one."""
    with kube_api(tmp_path / "credentials") as found:
        yield found


class Following:
    """A watcher of pods that runs."""

    def __init__(self, server: KubeApi) -> None:
        self.now = NOW
        self.resolver = Resolver()
        self.slept: list[float] = []
        self.api = Api(server.credentials, server.environment)
        self.watcher = Watcher(
            Resource.PODS, self.api, self.resolver, clock=lambda: self.now, sleep=self._sleep
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0.01)

    def names(self, address: str = HERE) -> list[str]:
        """Who may have an address now."""
        return sorted(each.name for each in self.resolver.holding.at(address, self.now + 100))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what comes over a network."""
        async with asyncio.timeout(SECONDS):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def following(server: KubeApi) -> AsyncIterator[Following]:
    """Run it."""
    made = Following(server)
    task = asyncio.create_task(made.watcher.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await made.api.close()


def pods(number: int) -> list[dict[str, Any]]:
    """So many."""
    return [k8s.pod(f"p{each}", f"10.64.{each // 250}.{each % 250 + 1}") for each in range(number)]


def test_a_list_in_pages_and_then_what_changes(server: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages, then the watch from the list's version, then from the last one it told."""
    monkeypatch.setattr(watcher_module, "PAGE", 10)
    server.objects["pods"] = pods(25)

    async def follow() -> None:
        async with following(server) as found:
            await found.until(lambda: found.watcher.counters.watching)
            assert found.resolver.known(Resource.PODS) == 25
            assert found.names("10.64.0.25") == ["p24"]
            server.event("pods", "ADDED", k8s.pod("new", HERE))
            server.event("pods", "DELETED", pods(1)[0])
            server.event("pods", "BOOKMARK", {"metadata": {}})
            server.events("pods").put(END)
            await found.until(lambda: found.watcher.counters.watches == 2)
            await found.until(lambda: len(server.asked("pods", watch=True)) == 2)
            assert "new" in found.names()
            assert found.names("10.64.0.1") == []
            assert found.slept == []

    asyncio.run(follow())
    assert [query.get("continue") for query in server.asked("pods", watch=False)] == [None, "10", "20"]
    first, second = server.asked("pods", watch=True)
    assert (first["resourceVersion"], second["resourceVersion"]) == ("100", "103")
    assert first["allowWatchBookmarks"] == "true"
    assert 300 <= int(first["timeoutSeconds"]) <= 600


@pytest.mark.parametrize("how", ["event", "status"])
def test_a_version_that_is_too_old_lists_again(server: KubeApi, how: str) -> None:
    """As a 410 inside of a 200, which is how it comes, or as a status: what is gone meanwhile is gone."""
    server.objects["pods"] = [k8s.pod("old", HERE, start=NOW - 500)]

    async def follow() -> None:
        async with following(server) as found:
            await found.until(lambda: found.watcher.counters.watching)
            server.objects["pods"] = [k8s.pod("new", HERE, start=NOW - 50)]
            if how == "event":
                server.events("pods").put(
                    {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
                )
            else:
                server.refused["pods"] = 410
                server.events("pods").put(END)
                await found.until(lambda: found.slept != [])
                server.refused.clear()
            await found.until(lambda: found.watcher.counters.lists == 2)
            assert found.names() == ["new"]
            assert all(0 <= each <= 5 for each in found.slept)
            assert found.watcher.counters.failures == 0, "it is no failure"

    asyncio.run(follow())


def test_a_failure_is_told_once_and_waited_out(server: KubeApi) -> None:
    """403: which resource, and what it takes; the wait grows; when it is over, that is told too."""
    server.refused["pods"] = 403

    async def follow() -> None:
        async with following(server) as found:
            await found.until(lambda: len(found.slept) >= 8)
            assert all(each <= min(2.0**number, 60) for number, each in enumerate(found.slept, 1))
            server.refused.clear()
            await found.until(lambda: found.watcher.counters.watching)
            assert found.watcher.counters.failures >= 8

    with structlog.testing.capture_logs() as logged:
        asyncio.run(follow())
    assert [(each["event"], each.get("problem")) for each in logged if "kubernetes" in each["event"]] == [
        (
            "kubernetes_unread",
            "we may not read pods (403): the ClusterRole needs get, list and watch of them",
        ),
        ("kubernetes_read_again", None),
    ]


def test_a_token_and_an_authority_rotate(server: KubeApi) -> None:
    """The kubelet writes another token; the old one is not known any more."""

    async def follow() -> None:
        async with following(server) as found:
            await found.until(lambda: len(server.asked("pods", watch=True)) == 1)
            server.token = "another-token"
            server.renew()
            server.events("pods").put(END)
            await found.until(lambda: len(server.asked("pods", watch=True)) == 2)
            server.event("pods", "ADDED", k8s.pod("new", HERE))
            await found.until(lambda: found.names() == ["new"])
            assert found.watcher.counters.failures == 0

    asyncio.run(follow())


def test_a_silent_watch_is_begun_again(server: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half open: nothing comes for so long that the server cannot be there. What it would have said is not lost."""
    monkeypatch.setattr(api_module, "SILENT_SECONDS", 1.0)

    async def follow() -> None:
        async with following(server) as found:
            await found.until(lambda: len(server.asked("pods", watch=True)) >= 2)
            server.event("pods", "ADDED", k8s.pod("new", HERE))
            await found.until(lambda: found.names() == ["new"])
            assert found.watcher.counters.lists == 1

    asyncio.run(follow())


@pytest.mark.parametrize(
    "garbage", [HANG_UP, b"no json\n", b'{"type":"ADDED"}\n', b'{"type":"ADDED","object":{"metadata":7}}\n']
)
def test_a_watch_that_breaks_off_goes_on(server: KubeApi, garbage: object) -> None:
    """From the last version that it told; what is no event is a failure like others."""

    async def follow() -> None:
        async with following(server) as found:
            await found.until(lambda: found.watcher.counters.watching)
            server.event("pods", "ADDED", k8s.pod("first", "10.64.0.1"))
            server.events("pods").put(garbage)
            await found.until(lambda: found.watcher.counters.failures == 1)
            await found.until(lambda: len(server.asked("pods", watch=True)) == 2)
            server.event("pods", "ADDED", k8s.pod("new", HERE))
            await found.until(lambda: found.names() == ["new"])
            assert found.watcher.counters.lists == 1
            assert server.asked("pods", watch=True)[-1]["resourceVersion"] == "101"

    asyncio.run(follow())


def test_an_event_without_end_is_not_held(server: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line has a limit; so has a page, of which fewer objects are asked for then."""
    monkeypatch.setattr(api_module, "LINE_BYTES", 10_000)
    monkeypatch.setattr(api_module, "PAGE_BYTES", 10_000)
    server.objects["pods"] = pods(60)

    async def follow() -> None:
        async with following(server) as found:
            await found.until(lambda: found.watcher.counters.watching)
            assert found.resolver.known(Resource.PODS) == 60
            server.events("pods").put(b"x" * 20_000)
            await found.until(lambda: found.watcher.counters.failures == 1)

    asyncio.run(follow())
    asked = [int(query["limit"]) for query in server.asked("pods", watch=False)]
    assert asked[0] == 500
    assert asked[-1] < 60


def test_owners_are_asked_for_their_metadata_only(server: KubeApi) -> None:
    """Of ReplicaSets and Jobs nothing else is sent."""

    async def follow() -> None:
        api = Api(server.credentials, server.environment)
        resolver = Resolver()
        watchers = watcher_module.watch_all(api, resolver)
        tasks = [asyncio.create_task(each.run()) for each in watchers]
        async with asyncio.timeout(SECONDS):
            while not all(each.counters.watching for each in watchers):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert resolver.complete
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await api.close()

    asyncio.run(follow())
    accepted = {(plural, json.dumps("as=Partial" in accept)) for plural, _, accept in server.requests}
    assert accepted == {
        *(("pods", "false"), ("nodes", "false"), ("services", "false"), ("endpointslices", "false")),
        *(("replicasets", "true"), ("jobs", "true")),
    }
