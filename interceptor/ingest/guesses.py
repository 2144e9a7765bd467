"""Who shows tokens that are not known, and how fast such a client may go on.

Owns the count of wrong tokens by client. Pure but for the clock that it is given. Refuses to know any token.

A token of 16 random characters is not guessed at any speed; this is for those that were chosen by people, and so that
trying shows. While a client has no try left its tokens are not looked at, right or wrong: an answer would say which. What a
client has shown rightly before is let in all the same (`Access`), so that agents behind one address do not suffer from
one among them whose token is old.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Guesses", "SlowedError", "network"]

TRIES: Final = 20
"""That are free. Agents whose token is old come once in half a minute each."""
SECONDS: Final = 3.0
"""Until there is one more: 29,000 a day from one address."""
_CLIENTS: Final = 4_096
"""That are remembered, the latest: 1 MiB. Anybody can come from any number of addresses; those of one IPv6 network are
one."""


class SlowedError(Exception):
    """A client that has shown too many wrong tokens; this one was not looked at."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__("Too many tokens that are not known came from this address.")
        self.retry_seconds = retry_seconds


class Guesses:
    """Wrong tokens by client."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._free_at: OrderedDict[str, float] = OrderedDict()
        """When each client has all its tries again; who was wrong last is last."""

    def look(self, client: str) -> None:
        """Before a token is looked at.

        Raises:
            SlowedError: not now.

        """
        wait = self._free_at.get(network(client), 0.0) - self._clock() - (TRIES - 1) * SECONDS
        if wait > 0:
            raise SlowedError(math.ceil(wait))

    def wrong(self, client: str) -> None:
        """It was none that is known."""
        key = network(client)
        self._free_at[key] = max(self._free_at.pop(key, 0.0), self._clock()) + SECONDS
        if len(self._free_at) > _CLIENTS:
            self._free_at.popitem(last=False)


def network(client: str) -> str:
    """Who a client is: its address, of IPv6 the network (/64), of which a host has all."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return client
