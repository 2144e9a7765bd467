"""Following interfaces: a capture for each that is there and wanted, none for those that are not.

Owns the tasks of the captures, how many there may be, when a failed one is tried again, how one whose interface has gone
is let go, and what of a list the log says: what is left out and why, once.
Refuses to know how a capture is made and how interfaces are listed: that is the source's.

Invariants:

* One capture failing touches no other.
* The captures run on when the list cannot be had: only a new list starts and stops any.
* An interface that has gone is let go when its capture has given its last packet, and at the latest a few seconds
  after the kernel has (a renamed interface goes on giving packets under its old name).

What the kernel was still collecting (`capture.read_timeout_ms`) when an interface went, `live:` reads afterwards. rpcapd
does not, and nobody counts it: its statistics of such a capture would tell, on interfaces where each packet counts once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.capture.interfaces import decide_all
from interceptor.capture.source import Backoff, Blindness, CaptureEnded, Counters, Offer, State, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping
    from typing import Any

    from interceptor.capture.interfaces import Decision
    from interceptor.config import Interfaces

__all__ = ["MAX_CAPTURES", "Following"]

log = structlog.get_logger()

MAX_CAPTURES: Final = 512
"""Of one source at once, those of interfaces that have just gone included: each costs up to two descriptors and 2 MiB of
the kernel's memory. A node has some 110 to 250 pods. Interfaces beyond it fail and say so; the log says it once."""

_TOLD: Final = 10
"""Names that a line of the log has for each rule."""

_SPECIAL: Final = {"lo", "any", "nflog", "nfqueue"}
"""Not what somebody misses first."""

_FIRST_RETRY: Final = 0.2
_LONGEST_RETRY: Final = 30.0
_STEADY: Final = 10.0
"""Seconds after which a capture counts as having worked."""

_FAREWELL: Final = 2.0
"""Seconds for the last packets of an interface that has gone, once the kernel has handed them over."""


class _Running:
    """One interface's capture, and what is known of earlier ones."""

    __slots__ = ("backoff", "offer", "retry_at", "task", "watched")

    def __init__(self, offer: Offer, watched: Watched) -> None:
        self.offer = offer
        self.watched = watched
        self.task: asyncio.Task[None] | None = None
        self.backoff = Backoff(_FIRST_RETRY, _LONGEST_RETRY)
        self.retry_at = 0.0
        """On the loop's clock."""


class Following:
    """The captures of one source."""

    def __init__(
        self,
        source: str,
        interfaces: Interfaces,
        totals: Counters,
        capture: Callable[[Watched], Coroutine[Any, Any, None]],
        group: asyncio.TaskGroup,
        *,
        uplinks: bool = False,
        chosen: bool = False,
        collecting: float = 0.0,
    ) -> None:
        """`capture` captures one interface until it cannot (raises `CaptureEnded`) or is cancelled.

        `uplinks`: see `decide_all`. `chosen`: the source is for one interface, and leaving out the others is no news.
        `collecting`: seconds that the kernel may keep the last packets of an interface that has gone.
        """
        self.watched: dict[str, Watched] = {}
        """By name: what the source offers now."""
        self.changed = asyncio.Event()
        """A list should be had: a capture has ended, or is due to be tried again."""
        self._source = source
        self._interfaces = interfaces
        self._totals = totals
        self._capture = capture
        self._group = group
        self._uplinks = uplinks
        self._chosen = chosen
        self._farewell = collecting + _FAREWELL
        self._wanted: dict[str, _Running] = {}
        self._captures = 0
        self._beyond = False
        """Whether it was said that there are too many."""
        self._told: frozenset[str] | None = None
        """The rules that captured something when the log last said what is left out."""
        self._blindness = Blindness(source)

    def obey(self, interfaces: Interfaces) -> None:
        """Follow other rules from the next list on, which is asked for at once."""
        self._interfaces = interfaces
        self.changed.set()

    def reconcile(self, offers: Iterable[Offer]) -> None:
        """Take a list of what there is now."""
        now = asyncio.get_running_loop().time()
        present = {offer.name: offer for offer in offers}
        for name in self.watched.keys() - present.keys():
            if name in self._wanted:
                self._let_go(self._wanted[name])
            self.watched.pop(name).gone()
        decisions = decide_all(
            {name: offer.up for name, offer in present.items()}, self._interfaces, uplinks=self._uplinks
        )
        for name, offer in present.items():
            decision = decisions[name]
            running = self._wanted.get(name)
            if not decision.captured:
                if running is not None:  # the rules are others now
                    self._let_go(running)
                    self._watch(name)
                (self.watched.get(name) or self._watch(name)).set(State.EXCLUDED, decision.rule)
                continue
            if running is not None and running.offer.is_another(offer):
                self._let_go(running)
                running = None
            if running is None:
                running = self._wanted[name] = _Running(offer, self._watch(name))
            elif running.offer != offer:
                running.offer, running.retry_at = offer, 0.0
            if running.task is None:
                self._consider(running, now)
        if not self._chosen:
            self._tell(decisions)

    def _tell(self, decisions: Mapping[str, Decision]) -> None:
        """Say what is left out: once, and again when other rules hold than then."""
        rules = frozenset(decision.rule for decision in decisions.values() if decision.captured)
        if rules == self._told or (self._told and not rules):
            return  # that all have gone for the moment is no news about rules
        self._told = rules
        left_out: dict[str, list[str]] = {}
        for name, decision in decisions.items():
            if not decision.captured:
                left_out.setdefault(decision.rule, []).append(name)
        if not left_out:
            return
        first = next(
            (name for name, one in decisions.items() if not one.captured and name not in _SPECIAL), "lo"
        )
        (log.info if rules else log.warning)(
            "interfaces_left_out",
            source=self._source,
            captured=sum([decision.captured for decision in decisions.values()]),
            left_out={
                rule: [*names[:_TOLD], f"and {len(names) - _TOLD} more"] if len(names) > _TOLD else names
                for rule, names in left_out.items()
            },
            remedy=f"--capture-interfaces-include '*,{first}' includes one; `interceptor interfaces` lists all",
        )

    def _watch(self, name: str) -> Watched:
        watched = self.watched[name] = Watched(name, self._totals, blindness=self._blindness)
        return watched

    def _consider(self, running: _Running, now: float) -> None:
        """Start a capture that does not run, if it can be."""
        if not running.offer.up:
            running.watched.set(State.WAITING, "is down")
            running.watched.down()
        elif self._captures >= MAX_CAPTURES:
            running.watched.set(State.FAILED, f"more than {MAX_CAPTURES:,} interfaces")
            self._say_too_many()
        elif now >= running.retry_at:
            if running.watched.state is not State.FAILED:  # whose reason stands until it is better
                running.watched.set(State.WAITING, "is being opened")
            self._captures += 1
            running.task = self._group.create_task(self._run(running), name=f"capture {running.offer.name}")
            running.task.add_done_callback(self._one_less)

    def _say_too_many(self) -> None:
        if not self._beyond:
            self._beyond = True
            log.warning(
                "captures_limited",
                source=self._source,
                limit=MAX_CAPTURES,
                remedy="those beyond it are not captured; choose with --capture-interfaces-include or -exclude",
            )

    def _let_go(self, running: _Running) -> None:
        del self._wanted[running.offer.name]
        running.watched.gone()
        if running.task is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self._farewell, running.task.cancel)
            running.task.add_done_callback(lambda _: timer.cancel())

    def _one_less(self, _: asyncio.Task[None]) -> None:
        self._captures -= 1
        self.changed.set()

    async def _run(self, running: _Running) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        name, watched = running.offer.name, running.watched
        try:
            await self._capture(watched)
        except CaptureEnded as error:
            if loop.time() - started >= _STEADY:
                running.backoff.reset()
            wait = running.backoff.next()
            running.retry_at = loop.time() + wait
            loop.call_later(wait, self.changed.set)
            began = watched.state is State.CAPTURING
            watched.set(State.FAILED, str(error))
            if began:  # mostly because its interface has gone, as interfaces do
                log.info("capture_ended", source=self._source, interface=name, reason=str(error))
            else:
                log.warning("capture_failed", source=self._source, interface=name, reason=str(error))
        finally:
            running.task = None
