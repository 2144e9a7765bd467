"""What the connections of a file carry where no HTTP is read: protocols by their first bytes, and whom TLS greets.

Owns the bounded look at them, and the words. Refuses files and packets (`unread`), and values: what is shown of a hello is
its name, by the rules for hosts.

Limits: its owner bounds how many segments it is shown; of each direction that speaks TLS at most one hello is kept, until
it is whole.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from interceptor.core.model import Chunk
from interceptor.core.protocols.signatures import SIGN_BYTES, by_client, by_server
from interceptor.core.protocols.tls.hellos import read_client_hello
from interceptor.core.protocols.tls.layer import HEADER_BYTES, RecordLayer, header_like
from interceptor.core.records.tls import server_name

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
_CLIENT_HELLO: Final = 1


class Carried:
    """Counts directions of connections by what they begin with."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._hellos: dict[bytes, RecordLayer] = {}
        """What reads the hello of a direction, while it comes."""
        self._servers: dict[str, None] = {}
        """That TLS is spoken to, as clients call them, in order."""

    @property
    def tls(self) -> bool:
        """Some connection speaks TLS."""
        return self._kinds["tls"] > 0

    def begins(self, flow: bytes, data: bytes, at: int, end: int) -> None:
        """A direction begins with `data[at:end]`."""
        if end - at >= HEADER_BYTES and header_like(data, at):
            self._kinds["tls"] += 1
            self._hellos[flow] = RecordLayer((_CLIENT_HELLO,), first=True)
            self.goes_on(flow, data, at, end)
            return
        first = data[at : min(end, at + SIGN_BYTES)]
        name = by_client(first) or by_server(first)
        if name is not None:
            self._kinds[name] += 1

    def goes_on(self, flow: bytes, data: bytes, at: int, end: int) -> None:
        """The next bytes of a direction, as far as they were captured in order."""
        layer = self._hellos.get(flow)
        if layer is None:
            return
        for _, body in layer.receive(Chunk(data, at, end, 0, 0, 0)):
            hello = read_client_hello(body)
            name = server_name(hello.offer.server_name) if hello is not None else None
            if name is not None:
                self._servers[name] = None
        if layer.sealed or layer.searching or (layer.seen and not layer.weight):
            del self._hellos[flow]

    def __str__(self) -> str:
        """Say it, and what to try."""
        if self.tls:
            return (
                f"TLS{self._to()}, which is encrypted; capture where it is plain: behind the proxy that ends it, or on "
                "a pod's loopback"
            )
        unread = [kind for kind, _ in self._kinds.most_common() if kind != "http2"][:_TOLD]
        if unread:
            names = [_NAMES.get(kind) or kind.upper() for kind in unread]
            return f"{', '.join(names)}, which is not read; capture where HTTP passes"
        if self._kinds:
            return "HTTP/2, but no request or response that could be read; capture for longer"
        return "something else; capture where HTTP traffic passes"

    def _to(self) -> str:
        names = list(self._servers)
        more = f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else ""
        return f" to {', '.join(names[:_TOLD])}{more}" if names else ""
