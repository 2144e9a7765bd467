"""Names that the operator gives: an address or a network, and what it is called.

Owns how they are written (`10.1.2.3=ledger`, `10.9.0.0/16=warehouse/scanner`) and which of several holds: the
narrowest. Refuses to know of clusters: what is called is whatever the operator means, and a name with a slash is one in
a namespace, as a cluster's are written.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Given"]

_CACHED: Final = 10_000
"""Addresses whose answer is kept."""
_LONGEST: Final = 128
"""Characters of a name."""


class Given:
    """The configured names."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Take them as they are written.

        Raises:
            UsageError: an entry is none; says which.

        """
        self._networks: list[tuple[IPv4Network | IPv6Network, str]] = []
        for entry in entries:
            where, _, name = (part.strip() for part in entry.rpartition("="))
            if not 0 < len(name) <= _LONGEST or not name.isprintable():
                raise UsageError(
                    f"names: {entry!r} has no name of at most {_LONGEST} characters; write 10.1.2.3=ledger"
                )
            try:
                self._networks.append((ip_network(where), name))
            except ValueError:
                raise UsageError(
                    f"names: {entry!r} is for no address or network; write 10.1.2.3=ledger or 10.9.0.0/16=warehouse"
                ) from None
        self._networks.sort(key=lambda each: each[0].prefixlen, reverse=True)
        self._found: dict[str, str | None] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._networks)

    def name(self, address: str) -> str | None:
        """What an address is called, if it is."""
        try:
            return self._found[address]
        except KeyError:
            if len(self._found) >= _CACHED:
                self._found.clear()
            found = self._found[address] = self._look(address)
            return found

    def _look(self, address: str) -> str | None:
        try:
            parsed = ip_address(address)
        except ValueError:
            return None
        return next((name for network, name in self._networks if parsed in network), None)
