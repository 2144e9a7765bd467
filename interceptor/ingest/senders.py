"""Who sends batches, and what becomes of those: for metrics, by agent.

Owns the bound: an agent says itself what it is called. So as many have a name as a label may have, one that sends nothing
for a while makes room when there is none, and all others are counted together. Refuses to know of those whose batch
was not read: they have shown no name.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interceptor.delivery.batches import Header

__all__ = ["IDLE_SECONDS", "MOST_AGENTS", "OTHER", "UNNAMED", "Senders"]

MOST_AGENTS: Final = 512
"""Named: with six outcomes each these are three thousand series. Kubernetes' largest clusters have ten times as many
nodes, and a relay for each part of them."""
IDLE_SECONDS: Final = 2 * 3600.0
"""Without a batch, after which the place of an agent may be another's: so of new names there are as many in two hours."""
_SWEEP_SECONDS: Final = 60.0
OTHER: Final = "{other}"
UNNAMED: Final = "{unnamed}"
"""An agent whose header says neither cluster nor node."""


class _Agent:
    __slots__ = ("counts", "last")

    def __init__(self, outcomes: tuple[str, ...]) -> None:
        self.counts = dict.fromkeys(outcomes, 0)
        self.last = 0.0


class Senders:
    """Counts batches by agent and outcome."""

    def __init__(self, outcomes: tuple[str, ...], clock: Callable[[], float] = time.monotonic) -> None:
        """`outcomes`: each has a value from an agent's first batch on, so that `increase()` sees the first of its kind."""
        self._outcomes = outcomes
        self._clock = clock
        self._named: dict[str, _Agent] = {}
        self._others = _Agent(outcomes)
        self._swept = clock()

    def count(self, header: Header, outcome: str) -> None:
        """One more of this agent's."""
        agent = self._agent("/".join(filter(None, (header.cluster, header.node))) or UNNAMED)
        agent.counts[outcome] += 1
        agent.last = self._clock()

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        """Agent (`cluster/node`), outcome, and how many, of all that have a name; the others last."""
        for name, agent in (*self._named.items(), (OTHER, self._others)):
            for outcome, count in agent.counts.items():
                yield name, outcome, count

    def _agent(self, name: str) -> _Agent:
        agent = self._named.get(name)
        if agent is not None:
            return agent
        if name == OTHER:  # somebody calls itself so: two series of one name would cost the whole scrape
            return self._others
        if len(self._named) >= MOST_AGENTS:
            self._sweep()
            if len(self._named) >= MOST_AGENTS:
                return self._others
        return self._named.setdefault(name, _Agent(self._outcomes))

    def _sweep(self) -> None:
        """Forget those that send nothing any more."""
        now = self._clock()
        if now - self._swept < _SWEEP_SECONDS:
            return
        self._swept = now
        self._named = {name: agent for name, agent in self._named.items() if now - agent.last < IDLE_SECONDS}
