"""Which names of services, endpoints and callers are kept apart, before they are sent to ClickHouse.

Owns the bound of what strangers make up (the Host of a request, a path, where a request comes from). Where SQLite's names
are folded after the fact, nothing is rewritten here: a name that comes when there are as many as may be is `{other}`
from the beginning. Each time what is known is looked at anew, those called most are known, up to three quarters of the
limit (`collector.names`), and the rest is free for new ones: so a name that is called often stays, and one that
becomes so gets its place within an hour. Pure: knows no database.

Each collector counts for itself; several beside each other may keep apart so many times as much, at most.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from interceptor.collector import names
from interceptor.collector.answers import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Names", "number_of"]

_NUMBER_BITS: Final = 52
"""Of an endpoint's number: exact in JSON for all who read it. Two of the 20,000 endpoints have the same with a chance of
one in ten million; then their transactions are listed together, and nothing else."""
Endpoint = tuple[str, int, str, str]
"""Address and port of a service, method, template."""


def number_of(endpoint: Endpoint) -> int:
    """The same in every collector, without asking anybody."""
    text = "\0".join(map(str, endpoint)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) >> (64 - _NUMBER_BITS)


class Names:
    """Those that are kept apart."""

    def __init__(self) -> None:
        self._services: set[tuple[str, int]] = set()
        self._endpoints: dict[Endpoint, int] = {}
        self._callers: set[str] = set()
        self._others: dict[Endpoint, int] = {}
        """`{other}` of each service, which no limit counts but that of services."""

    @staticmethod
    def kept() -> tuple[int, int, int]:
        """How many services, endpoints and callers `know` shall be given, those called most."""
        return names.SERVICES * 3 // 4, names.ENDPOINTS * 3 // 4, names.CALLERS * 3 // 4

    def know(
        self, services: Iterable[tuple[str, int]], endpoints: Iterable[Endpoint], callers: Iterable[str]
    ) -> None:
        """These are kept apart, and no others that were."""
        self._services = {one for one in services if one[0] != OTHER}
        self._endpoints = {one: number_of(one) for one in endpoints if one[3] != OTHER}
        self._callers = {one for one in callers if one != OTHER}
        self._others.clear()

    def endpoint(self, key: Endpoint) -> tuple[Endpoint, int]:
        """As which an endpoint is kept, and its number."""
        number = self._endpoints.get(key)
        if number is not None:
            return key, number
        service = key[:2]
        if service not in self._services:
            if len(self._services) >= names.SERVICES:
                return self._other((OTHER, 0, "", OTHER))
            self._services.add(service)
        if len(self._endpoints) >= names.ENDPOINTS:
            return self._other((*service, "", OTHER))
        number = self._endpoints[key] = number_of(key)
        return key, number

    def caller(self, address: str) -> str:
        """As which a caller is kept."""
        if address not in self._callers:
            if len(self._callers) >= names.CALLERS:
                return OTHER
            self._callers.add(address)
        return address

    def _other(self, key: Endpoint) -> tuple[Endpoint, int]:
        number = self._others.get(key)
        if number is None:
            number = self._others[key] = number_of(key)
        return key, number
