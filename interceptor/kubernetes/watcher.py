"""What a cluster is, followed: each resource is listed once, and then watched.

Owns the order of lists and watches, when they are tried again, and the numbers about them. Refuses to understand what
comes: the resolver is told.

* A list comes in pages. What each page has is applied at once, and what no page had is gone when the last one is read.
* A watch goes on from the list's version, and after its end from the last version it told (bookmarks renew it on quiet
  resources). The server ends it after a random time of ours, so that not all begin again together.
* A version that is too old is an event inside of a 200 (code 410), or a 410: then everything is listed again, after a
  moment that is random too, since all who watch are told so at the same time.
* A failure is told once, and once when it is over; between tries there is a random part of a time that doubles up to a
  minute. A resource that may not be read costs what it would have said, and no other.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.kubernetes.api import ApiError, TooLargeError
from interceptor.kubernetes.objects import RESOURCES, NoListError, change, page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from interceptor.kubernetes.api import Api
    from interceptor.kubernetes.objects import Resource
    from interceptor.kubernetes.resolver import Resolver

__all__ = ["Counters", "Watcher", "watch_all"]

PAGE: Final = 500
"""Objects: pages of pods are 5 MB, and cost the server 0.09 s each."""
_WATCH_SECONDS: Final = (300, 600)
_RELIST_SECONDS: Final = 5.0
_LONGEST_WAIT: Final = 60.0
_TOO_OLD: Final = 410

log = structlog.get_logger()


@dataclass(slots=True)
class Counters:
    """About one resource."""

    lists: int = 0
    """That were read to their end."""
    watches: int = 0
    """That were begun."""
    events: int = 0
    failures: int = 0
    watching: bool = False
    """Whether what changes is heard of now."""


class Watcher:
    """Follows one resource."""

    def __init__(
        self,
        resource: Resource,
        api: Api,
        resolver: Resolver,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.resource: Final = resource
        self.counters: Final = Counters()
        self._api = api
        self._resolver = resolver
        self._clock = clock
        self._sleep = sleep
        self._version = ""
        """To go on from; empty: list."""
        self._page = PAGE
        self._problem = ""
        """What has been told of a failure that lasts."""

    async def run(self) -> None:
        """Follow, until cancelled."""
        failed = 0
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
            except (ApiError, NoListError) as error:
                if self._version and self.counters.watching:
                    failed = 0  # it had worked
                self.counters.watching = False
                if isinstance(error, ApiError) and error.status == _TOO_OLD:
                    self._version = ""
                    await self._sleep(random.uniform(0, _RELIST_SECONDS))  # noqa: S311 - to spread
                    continue
                self._failed(str(error))
                failed += 1
                await self._sleep(random.uniform(0, min(2.0**failed, _LONGEST_WAIT)))  # noqa: S311
            else:
                failed = 0

    async def _list(self) -> None:
        now = self._clock
        token = version = ""
        seen: set[str] = set()
        while True:
            try:
                found = page(self.resource, await self._api.page(self.resource, self._page, token))
            except TooLargeError:
                if self._page == 1:
                    raise
                self._page = max(1, self._page // 4)
                continue
            for each in found.objects:
                seen.add(each.metadata.uid)
                self._resolver.apply(self.resource, each, now())
            version, token = found.version, found.token
            if not token:
                break
            await asyncio.sleep(0)  # a page takes ten milliseconds
        self._resolver.retain(self.resource, seen, now())
        self.counters.lists += 1
        self._version = version
        self._well()

    async def _watch(self) -> None:
        """Until the server ends it."""
        self.counters.watches += 1
        seconds = random.randint(*_WATCH_SECONDS)  # noqa: S311
        async with aclosing(self._api.watch(self.resource, self._version, seconds)) as lines:
            async for line in lines:
                self.counters.watching = True
                if not line:
                    continue
                event = change(self.resource, line)
                if event.type == "error":
                    raise ApiError(f"a watch of {self.resource.plural} ended: {event.code}", event.code)
                self.counters.events += 1
                if event.object is not None:
                    apply = self._resolver.gone if event.type == "deleted" else self._resolver.apply
                    apply(self.resource, event.object, self._clock())
                self._version = event.version
                self._well()

    def _failed(self, problem: str) -> None:
        self.counters.failures += 1
        if problem != self._problem:
            log.warning("kubernetes_unread", resource=self.resource.plural, problem=problem)
            self._problem = problem

    def _well(self) -> None:
        if self._problem:
            log.info("kubernetes_read_again", resource=self.resource.plural)
            self._problem = ""


def watch_all(api: Api, resolver: Resolver) -> tuple[Watcher, ...]:
    """One for each resource."""
    return tuple(Watcher(each, api, resolver) for each in RESOURCES)
