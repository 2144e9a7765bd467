"""Namespaces whose records are sent on, by patterns of the operator.

Owns the rule. Refuses to know who has a namespace: it is told those of a record's ends.

* A record is left out if an end of it is in an excluded namespace, whatever else is included.
* Else it is left out if both ends are known and neither is in an included one. What has no namespace (a node, an address
  outside of the cluster) has the empty name, which `*` matches.
* Else it is kept: where it is not known where an end is, that may be the one that is wanted, or the one that is not, so such
  records are counted.
"""

from __future__ import annotations

from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Namespaces", "Verdict"]

_CACHED: Final = 10_000
"""Pairs whose verdict is kept."""


class Verdict(Enum):
    """What becomes of a record."""

    KEPT = "kept"
    UNKNOWN = "unknown"
    """Kept, since nobody knows."""
    LEFT_OUT = "left_out"


class Namespaces:
    """The configured patterns: globs."""

    def __init__(self, include: Sequence[str] = ("*",), exclude: Sequence[str] = ()) -> None:
        self._include = tuple(include)
        self._exclude = tuple(exclude)
        self._verdicts: dict[tuple[str | None, str | None], Verdict] = {}

    def __bool__(self) -> bool:
        """Whether anything can be left out."""
        return self._include != ("*",) or bool(self._exclude)

    def verdict(self, source: str | None, destination: str | None) -> Verdict:
        """For a record with ends there; None where that is not known."""
        ends = source, destination
        found = self._verdicts.get(ends)
        if found is None:
            if len(self._verdicts) >= _CACHED:
                self._verdicts.clear()
            found = self._verdicts[ends] = self._decide([each for each in ends if each is not None])
        return found

    def _decide(self, known: list[str]) -> Verdict:
        if any(_matches(each, self._exclude) for each in known):
            return Verdict.LEFT_OUT
        if len(known) < 2:
            return Verdict.UNKNOWN
        included = any(_matches(each, self._include) for each in known)
        return Verdict.KEPT if included else Verdict.LEFT_OUT


def _matches(namespace: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(namespace, pattern) for pattern in patterns)
