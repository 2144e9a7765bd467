"""Holdback: what is over on connections that began a moment ago, while another name of them may still show (NAT).

Live, interfaces are read one after the other, each a tenth of a second at a time: a call to a Service may be over under the name that
the client's interface shows before the server's interface is read. It is told a little later instead, between who asked and who answered.

Owns what waits for that, and for how long. Refuses to know names: whoever finds one takes what waits (`released`).

Limits: a connection is waited for `_SECONDS` after its first data, only where one of its ends alone is on the way that was seen, and
at most `_CONNECTIONS` are, with `_OUTCOMES` in all: beyond that the oldest are told as they stand.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Transaction

if TYPE_CHECKING:
    from interceptor.core.model import Outcome, Peers

__all__ = ["Holdback"]

_SECONDS: Final = 300_000_000
"""Three times what the kernel collects packets for (`capture.read_timeout_ms`)."""
_CONNECTIONS: Final = 4_096
_OUTCOMES: Final = 4_096
"""Some 2 KiB each."""


@dataclass(slots=True)
class _Begun:
    flow: bytes
    since: int
    outcomes: list[Outcome] = field(default_factory=list)


class Holdback:
    """Connections that began a moment ago, and what is over on them."""

    def __init__(self) -> None:
        self.begun: OrderedDict[bytes, _Begun] = OrderedDict()
        """By `Peers.connection_id`, the oldest first."""
        self._waiting = 0
        """Outcomes."""
        self._ids: dict[bytes, bytes] = {}
        """By flow."""

    def began(self, flow: bytes, peers: Peers, now: int) -> None:
        """A connection has begun, of which one end was seen alone; `flow` is its client's."""
        if peers.connection_id not in self.begun:
            self.begun[peers.connection_id] = _Begun(flow, now)
            self._ids[flow] = peers.connection_id

    def keep(self, outcomes: list[Outcome]) -> list[Outcome]:
        """What is over: keeps what waits, returns the rest."""
        passed: list[Outcome] = []
        for outcome in outcomes:
            begun = self.begun.get(outcome.peers.connection_id)
            if begun is None:
                passed.append(outcome)
            else:
                begun.outcomes.append(outcome)
                self._waiting += 1
        while self._waiting > _OUTCOMES or len(self.begun) > _CONNECTIONS:
            passed += self._take(next(iter(self.begun)))
        return passed

    def released(self, flow: bytes) -> list[Outcome]:
        """What waited for the other name of a connection: it has shown, or another connection has this one. `flow` is its client's."""
        known = self._ids.get(flow)
        return self._take(known) if known is not None else []

    def expire(self, now: int) -> list[Outcome]:
        """What has waited long enough."""
        passed: list[Outcome] = []
        while self.begun and now - next(iter(self.begun.values())).since > _SECONDS:
            passed += self._take(next(iter(self.begun)))
        if not self.begun:
            self.begun = OrderedDict()  # a dict that has been large stays so
        return passed

    @property
    def transactions(self) -> list[Transaction]:
        """Those that wait."""
        return [
            outcome
            for begun in self.begun.values()
            for outcome in begun.outcomes
            if isinstance(outcome, Transaction)
        ]

    def close(self) -> list[Outcome]:
        """The capture is over: all that waits."""
        return [outcome for known in list(self.begun) for outcome in self._take(known)]

    def _take(self, known: bytes) -> list[Outcome]:
        begun = self.begun.pop(known)
        del self._ids[begun.flow]
        self._waiting -= len(begun.outcomes)
        return begun.outcomes
