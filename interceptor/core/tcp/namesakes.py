"""Namesakes: connections of the same addresses and ports in different VLANs.

Owns the names that tagged packets give. Refuses to tell connections apart by their tags alone: a connection may be
tagged in one direction only, and a trunk and an access port may show the same packets with a tag and without. So a
name that is not known is looked for among its namesakes, and the numbers tell: those of the handshake where it was
seen, otherwise both numbers of the segment.

Limits: `_COMPARED` namesakes are looked at, the newest ones; a direction has `_NAMES` names at most, and what
comes under others is looked for again each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from interceptor.core.tcp.flows import bare
from interceptor.core.tcp.reassembly import ACK, FAR, SYN, Stream, difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interceptor.core.tcp.handshakes import Handshake

__all__ = ["Namesakes"]

_COMPARED: Final = 64
_NAMES: Final = 4
_PLAIN: Final = (12, 36)
"""Bytes of a name without VLANs."""

StreamT = TypeVar("StreamT", bound=Stream)


class Namesakes(Generic[StreamT]):
    """Adds to `streams`, which its owner keeps, other names of the same streams."""

    def __init__(self, streams: dict[bytes, StreamT]) -> None:
        self._streams = streams
        self._tagged: dict[bytes, list[bytes]] = {}
        """Names with VLANs that are known, by the name without."""
        self._aliases: dict[bytes, list[bytes]] = {}
        """Further names of a stream, by its first one."""

    def possible(self, flow: bytes) -> bool:
        """Whether a name that is not known may have a namesake."""
        return bool(self._tagged) or len(flow) not in _PLAIN

    def opened(self, stream: StreamT) -> None:
        """A stream is there. Its name may have been a further one of another's, which has to be looked for from now on."""
        name = stream.flow
        before = self._streams.get(name)
        if before is not None:
            self._aliases[before.flow].remove(name)
            self._forget(name)
        self._note(name, stream)

    def closed(self, flow: bytes) -> None:
        """The stream that had this name first is forgotten."""
        for name in (flow, *self._aliases.pop(flow, ())):
            self._forget(name)

    def find(
        self,
        flow: bytes,
        sequence: int,
        acknowledgement: int,
        flags: int,
        handshake: tuple[Handshake, bool] | None,
    ) -> StreamT | None:
        """The stream that a segment of an unknown name belongs to; `handshake`: the one of that name."""
        for stream in self.of(flow):
            if _belongs(stream, sequence, acknowledgement, flags, handshake):
                self.add(flow, stream)
                return stream
        return None

    def other(
        self, stream: StreamT, flow: bytes, sequence: int, acknowledgement: int, flags: int
    ) -> StreamT | None:
        """The stream that a segment belongs to which has a name of `stream` and does not fit it.

        Two connections that are tagged in one direction only share the name of the other one.
        """
        for one in self.of(flow):
            if one.flow != stream.flow and _belongs(one, sequence, acknowledgement, flags, None):
                return one
        return None

    def add(self, flow: bytes, stream: StreamT) -> bool:
        """Another name of a stream. Returns whether it has room for that."""
        aliases = self._aliases.setdefault(stream.flow, [])
        if flow in self._streams or len(aliases) >= _NAMES:
            return False
        aliases.append(flow)
        self._note(flow, stream)
        return True

    def _note(self, name: bytes, stream: StreamT) -> None:
        self._streams[name] = stream
        plain = bare(name)
        if plain != name:
            self._tagged.setdefault(plain, []).append(name)

    def _forget(self, name: bytes) -> None:
        del self._streams[name]
        plain = bare(name)
        if plain != name:
            names = self._tagged[plain]
            names.remove(name)
            if not names:
                del self._tagged[plain]

    def of(self, flow: bytes) -> Iterator[StreamT]:
        """The streams whose names differ from this one by VLANs at most."""
        if not self.possible(flow):
            return
        plain = bare(flow)
        for name in (plain, *self._tagged.get(plain, ())[: -_COMPARED - 1 : -1]):
            stream = self._streams.get(name)
            if stream is not None:
                yield stream


def _belongs(
    stream: Stream, sequence: int, acknowledgement: int, flags: int, handshake: tuple[Handshake, bool] | None
) -> bool:
    if stream.next < 0:
        return False
    if flags & SYN:
        return stream.began_with(sequence)
    if handshake is not None:
        (client, server, *_), from_client = handshake
        own, other = (client, server) if from_client else (server, client)
        peer = stream.peer
        if own >= 0:
            return stream.began_with(own)
        if other >= 0 and peer.next >= 0:
            return peer.began_with(other)
    return -FAR <= difference(sequence, stream.next) <= FAR and (
        not flags & ACK
        or stream.peer.next < 0
        or -FAR <= difference(acknowledgement, stream.peer.next) <= FAR
    )
