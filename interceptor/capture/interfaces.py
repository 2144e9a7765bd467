"""Which interfaces are captured: a pure decision by name.

Owns the order of the rules. Refuses to know interfaces: it is asked about names.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interceptor.config import Interfaces

__all__ = ["Decision", "decide", "spelled_out"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an interface is captured, and by which rule."""

    captured: bool
    rule: str
    """`include eth0`, `exclude br-*`, or `not included`."""


def decide(name: str, interfaces: Interfaces) -> Decision:
    """Decide about the interface `name`.

    A name that `include` spells out is captured, whatever `exclude` says: whoever writes `include: [eth0]` need not
    know that the default excludes `eth*`. Otherwise it has to match `include` and must not match `exclude`.
    """
    if name in interfaces.include:
        return Decision(captured=True, rule=f"include {name}")
    for pattern in interfaces.exclude:
        if fnmatchcase(name, pattern):
            return Decision(captured=False, rule=f"exclude {pattern}")
    for pattern in interfaces.include:
        if fnmatchcase(name, pattern):
            return Decision(captured=True, rule=f"include {pattern}")
    return Decision(captured=False, rule="not included")


def spelled_out(interfaces: Interfaces) -> tuple[str, ...]:
    """Give the names in `include` that are no patterns: known without any list."""
    return tuple(name for name in interfaces.include if not set("*?[") & set(name))
