"""What the connections of a file carry where no HTTP is read: protocols by their first bytes.

Owns the words. Refuses files and packets (`unread`), whose owner bounds how many segments are shown here, and values: whom
TLS greets is in its records.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from interceptor.core.protocols.signatures import SIGN_BYTES, by_client, by_server
from interceptor.core.protocols.tls.layer import HEADER_BYTES, header_like

__all__ = ["Carried"]

_NAMES: Final = {
    "bittorrent": "BitTorrent",
    "cassandra": "Cassandra",
    "git": "git",
    "kafka": "Kafka",
    "memcached": "memcached",
    "mongodb": "MongoDB",
    "mysql": "MySQL",
    "postgresql": "PostgreSQL",
    "redis": "Redis",
    "rsync": "rsync",
}
"""How people write protocols (`signatures`) whose names are no abbreviations."""
_TOLD: Final = 3
"""Names in a line."""


class Carried:
    """Counts directions of connections by what they begin with."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()

    @property
    def tls(self) -> bool:
        """Some connection speaks TLS."""
        return self._kinds["tls"] > 0

    def begins(self, data: bytes, at: int, end: int) -> None:
        """A direction begins with `data[at:end]`."""
        if end - at >= HEADER_BYTES and header_like(data, at):
            self._kinds["tls"] += 1
            return
        first = data[at : min(end, at + SIGN_BYTES)]
        name = by_client(first) or by_server(first)
        if name is not None:
            self._kinds[name] += 1

    def __str__(self) -> str:
        """Say it, and what to try."""
        if self.tls:
            return "TLS, which is encrypted; capture where it is plain: behind the proxy that ends it, or on a pod's loopback"
        unread = [kind for kind, _ in self._kinds.most_common() if kind != "http2"][:_TOLD]
        if unread:
            names = [_NAMES.get(kind) or kind.upper() for kind in unread]
            return f"{', '.join(names)}, which is not read; capture where HTTP passes"
        if self._kinds:
            return "HTTP/2, but no request or response that could be read; capture for longer"
        return "something else; capture where HTTP traffic passes"
