"""Which interfaces are captured: a pure decision by name.

Owns the order of the rules, and which of the default's exclusions are a host's uplinks. Refuses to know interfaces: it
is asked about names.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from interceptor.config import Interfaces

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Decision", "decide", "decide_all", "spelled_out"]

_UPLINKS: Final = ("eth*", "en[!i]*", "bond*", "wl*", "ib*")
"""Of the default's exclusions, those that name a host's way out."""
_TUNNELS: Final = (
    *("tun*", "wg*", "tailscale*", "zt*", "ppp*", "wwan*"),
    *("sit*", "gre*", "ip6gre*", "erspan*", "ip_vti*", "ip6_vti*", "ifb*", "teql*"),
)
"""Interfaces that the default captures and that are nobody's pod or container: a host with a VPN is still a host. Any
other name may be a pod's, as network plugins choose them freely."""
_DEFAULT: Final = Interfaces()


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


def decide_all(
    names: Mapping[str, bool], interfaces: Interfaces, *, uplinks: bool = False
) -> dict[str, Decision]:
    """Decide about all interfaces of a machine; `names` says of each whether it is up.

    With `uplinks`, the uplinks are captured where there are no interfaces of pods and containers: traffic crosses nothing
    else there. So it is while `exclude` is the default and `include` has `*`; other rules are taken at their word. It
    depends on the list alone, so that a restart changes nothing.
    """
    decisions = {name: decide(name, interfaces) for name in names}
    if not uplinks or interfaces.exclude != _DEFAULT.exclude or "*" not in interfaces.include:
        return decisions
    pods = any(
        decision.captured and names[name] and name not in interfaces.include and not _matches(name, _TUNNELS)
        for name, decision in decisions.items()
    )
    if pods:
        return decisions
    rule = Decision(captured=True, rule="uplink of a host without pods")
    return decisions | {
        name: rule
        for name, decision in decisions.items()
        if not decision.captured and _matches(name, _UPLINKS)
    }


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def spelled_out(interfaces: Interfaces) -> tuple[str, ...]:
    """Give the names in `include` that are no patterns: known without any list."""
    return tuple(name for name in interfaces.include if not set("*?[") & set(name))
