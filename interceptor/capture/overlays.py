"""Overlays that are captured on their outside: `capture.tunnels` and `read --tunnels`.

Owns the names of tunnels that may be asked for, the ports at which they are read, and the part of a capture filter that
lets them through. Refuses to read them: `core.packets.tunnels` does, at its usual ports whether they are asked for or not.

The kernel's filter judges what is outside. Of a tunnel all packets come, whatever they carry: what is no TCP is dropped here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from interceptor.core.packets.tunnels import PORTS
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Overlays", "parse"]

_IN_IP: Final = {
    "gre": "ip proto 47 or ip6 proto 47",
    "ipip": "ip proto 4 or ip proto 41 or ip6 proto 4 or ip6 proto 41",
}
"""Those that are IP protocols of their own, as filters have them."""
_MOST: Final = 16
"""Ports that are asked for; a filter's text is bounded."""
_LARGEST_PORT: Final = 65_535


class Overlays(NamedTuple):
    """What was asked for."""

    ports: dict[int, str]
    """Ports besides the usual ones, and the tunnels at them."""
    passing: str
    """A filter that they pass; empty where there are none."""

    def widen(self, text: str) -> str:
        """A filter that lets these through as well. One that lets everything through does so already."""
        return f"({text}) or {self.passing}" if self.passing and text.strip() else text


def parse(texts: Iterable[str], option: str) -> Overlays:
    """Read names like `vxlan` and `geneve:6082`. `option`: where they stand, for the error.

    Raises:
        UsageError: one of them is none; says which, and what there is.

    """
    asked: dict[int, str] = {}
    passing: list[str] = []
    for text in texts:
        kind, colon, digits = text.partition(":")
        if kind in _IN_IP and not colon:
            passing.append(_IN_IP[kind])
            continue
        port = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0
        if kind not in PORTS or (colon and not 0 < port <= _LARGEST_PORT):
            raise UsageError(
                f"{option}: {text!r}: wanted one of {', '.join([*PORTS, *_IN_IP])}, or one of the first {len(PORTS)} with a port, as in vxlan:8473"
            )
        if colon:
            asked[port] = kind
        passing += [f"udp port {one}" for one in ((port,) if colon else PORTS[kind])]
    if len(asked) > _MOST:
        raise UsageError(f"{option}: has {len(asked)} ports, and may have {_MOST}")
    if any(part.startswith("udp") for part in passing):
        passing.append("ip[6:2] & 0x1fff != 0")  # of a datagram in fragments only the first one has ports
    return Overlays(asked, f"({' or '.join(dict.fromkeys(passing))})" if passing else "")
