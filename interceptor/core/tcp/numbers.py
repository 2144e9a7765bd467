"""Numbers: the initial sequence numbers of connections, by which these are known wherever they are seen.

NAT changes addresses and ports and leaves the two initial numbers alone, so what sees a connection on another part of its way, on
another machine even, gives it the same identity by them. They are 64 bits that hosts choose at random (RFC 9293 section 3.4.1; RFC 6528):
among a thousand million connections there is one such pair twice with a probability of 3 %. With SYN cookies the server's number is a
digest with the client's random one in it: no less.

Programs that make traffic, and some small devices, choose the same numbers again and again. Owns what is done with those: numbers that another
connection was known by are none to know a connection by, and its addresses and ports are part of its identity.

Nothing else could help. A timestamp (RFC 7323) is another one in a SYN that is sent again, of which another machine may have seen
only the second; a maximum segment size is changed on the way; a window scale is the same for all connections of a kernel; and a digest
of what is said would be one of contents.

Limits: the `_REMEMBERED` newest pairs, each as long as it comes again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from interceptor.core.tcp.flows import bare

__all__ = ["Numbers"]

_REMEMBERED: Final = 2_048
"""Who chooses no random numbers chooses few: mostly one pair."""


class Numbers:
    """Whose initial numbers were seen."""

    def __init__(self) -> None:
        self._owners: OrderedDict[int, bytes] = OrderedDict()
        """The client's flow, by both numbers; the newest last."""

    def identify(self, flow: bytes, client: int, server: int) -> bool:
        """Whether these numbers are this connection's alone, as far as is remembered. `flow` is its client's."""
        owners = self._owners
        numbers = client << 32 | server
        flow = bare(flow)
        owner = owners.setdefault(numbers, flow)
        owners.move_to_end(numbers)
        if len(owners) > _REMEMBERED:
            owners.popitem(last=False)
        return owner == flow
