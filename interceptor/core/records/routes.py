"""What an operator said of paths: patterns whose fixed segments are shown as they are.

Owns the matching of a path against patterns such as `/v1/customers/{id}/kyc`. Refuses to read files (the shell does,
`service.openings`) and to replace values: it says which segments are named, `templates` does the rest.

A pattern is for all servers (`/v1/…`) or for one (`shop.example/v1/…`). It matches whole paths, segment by segment;
a segment that holds `{` stands for any segment. A closing slash of the path is of no matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MAX_ROUTES", "Routes"]

MAX_ROUTES: Final = 100_000
"""Patterns in all: about 50 MiB, far beyond any gateway's."""
_MAX_WAYS: Final = 64
"""Ways through the patterns that are followed at once; more would take patterns made for that."""


class _Step:
    """A place in the patterns of a server."""

    __slots__ = ("anything", "ends", "fixed")

    def __init__(self) -> None:
        self.fixed: dict[str, _Step] = {}
        self.anything: _Step | None = None
        self.ends = False


class Routes:
    """Patterns, to be asked for paths.

    Args:
        patterns: each `[server]/segment/{parameter}/…`.

    Raises:
        ValueError: a pattern that is none, or too many; the message is one line.

    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._servers: dict[str, _Step] = {}
        self.count = 0
        for pattern in patterns:
            server, slash, path = pattern.strip().partition("/")
            if not slash or len(pattern) > 2_048 or not pattern.isprintable():
                raise ValueError(f"a pattern like /v1/customers/{{id}}, not {pattern[:60]!r}")
            self.count += 1
            if self.count > MAX_ROUTES:
                raise ValueError(f"at most {MAX_ROUTES} patterns")
            step = self._servers.setdefault(server.lower(), _Step())
            for name in path.removesuffix("/").split("/"):
                if "{" in name:
                    if step.anything is None:
                        step.anything = _Step()
                    step = step.anything
                else:
                    step = step.fixed.setdefault(name, _Step())
            step.ends = True

    def __bool__(self) -> bool:
        return bool(self.count)

    def match(self, server: str, segments: Sequence[str]) -> frozenset[int] | None:
        """Which segments a pattern names, by position; None where no pattern matches the path.

        The first segment is what stands before the leading slash: nothing. Where several patterns match, the one
        that names most counts.
        """
        end = len(segments) - (len(segments) > 2 and not segments[-1])
        best: frozenset[int] | None = None
        for name in (server, ""):
            start = self._servers.get(name)
            if start is None:
                continue
            ways: list[tuple[_Step, frozenset[int]]] = [(start, frozenset())]
            for number in range(1, end):
                text = segments[number]
                following: list[tuple[_Step, frozenset[int]]] = []
                for step, named in ways:
                    fixed = step.fixed.get(text)
                    if fixed is not None:
                        following.append((fixed, named | {number}))
                    if step.anything is not None and text:
                        following.append((step.anything, named))
                ways = following[:_MAX_WAYS]
            for step, named in ways:
                if step.ends and (best is None or len(named) > len(best)):
                    best = named
        return best
