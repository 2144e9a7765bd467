"""Who is the client on a connection that is picked up in the middle.

Owns what is proof of that, and the bytes that wait for it. Refuses to guess: text that talks of HTTP proves nothing.

A head that proves itself (`heads.proves`) is a client's, over as many segments as it takes; a whole status line is a
server's, and so is the header of the PROXY protocol a client's. Each begins with a segment: nobody sends the middle of
something else and a message in one.

Limits: what waits is at most `Limits.head_bytes` a direction.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Drop
from interceptor.core.protocols.http1.heads import may_prove, plausible_response, proves, status_line
from interceptor.core.protocols.http1.layouts import EMPTY_LINE
from interceptor.core.protocols.http1.parser import Partial
from interceptor.core.protocols.proxied import Announced, announcement

if TYPE_CHECKING:
    from interceptor.core.model import Chunk
    from interceptor.core.protocols.http1.parser import Context

__all__ = ["Prospect"]

_LINE_START: Final = 256
"""While the first line of what waits is longer than this and goes on, it is not looked through again."""

_MAY_BEGIN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: |\Z)|HTTP/|\r(?:\Z|\n(?:\Z|\r))")
"""A method, a version or the binary PROXY header: what begins with none of them, as most bytes, is not copied."""


class Prospect:
    """What one direction may have begun to say, while neither is known to be the client's."""

    __slots__ = ("_context", "announced", "partial")

    def __init__(self, context: Context) -> None:
        self._context = context
        self.partial: Partial | None = None
        """What waits."""
        self.announced: tuple[str, int] | None = None
        """The client's address and port, by a PROXY protocol header."""

    def look(self, chunk: Chunk) -> bool | None:
        """Look at bytes that came in order. True: a client's, False: a server's, together with what waits.

        None: they do not tell; then they are used up, waiting or dropped.
        """
        context = self._context
        if self.partial is not None and self.partial.place != chunk.place:
            self.drop(Drop.UNSYNCHRONISED)  # nobody hears from the other side in the middle of a head
        if self.partial is None and _MAY_BEGIN.match(chunk.buffer, chunk.cursor, chunk.end) is None:
            context.drop(Drop.UNSYNCHRONISED, chunk.end - chunk.cursor)
            chunk.cursor = chunk.end
        while chunk.cursor < chunk.end:
            partial = self.partial or Partial(chunk)
            data, before = partial.data, len(partial.data)
            data += chunk.buffer[chunk.cursor : chunk.end]
            verdict: int | None = None
            announced = announcement(data, context.head_bytes)
            if isinstance(announced, Announced):
                self.announced = announced.client
                del data[before:]
                self.take()
                context.drop(Drop.PROXY_HEADER, announced.size)
                chunk.cursor += announced.size - before
                continue
            if announced or (verdict := self._verdict(data, before)) is None:
                self.partial = partial
                context.budget.held += len(data) - before
            else:
                del data[before:]
                if verdict != _NEITHER:
                    return verdict == _CLIENT
                if before:
                    self.drop(
                        Drop.UNSYNCHRONISED
                    )  # it may have been the end of a body; a message may begin here
                    continue
                context.drop(Drop.UNSYNCHRONISED, chunk.end - chunk.cursor)
            chunk.cursor = chunk.end
        return None

    def take(self) -> Partial | None:
        """Hand over what waits; nothing does any more."""
        partial, self.partial = self.partial, None
        if partial is not None:
            self._context.budget.held -= len(partial.data)
        return partial

    @property
    def held(self) -> int:
        """Bytes that wait."""
        return len(self.partial.data) if self.partial is not None else 0

    def drop(self, reason: Drop) -> None:
        """Give up what waits."""
        partial = self.take()
        if partial is not None:
            self._context.drop(reason, len(partial.data))

    def _verdict(self, data: bytearray, before: int) -> int | None:
        """What these bytes are the beginning of, of which `before` were here before; None where more may tell."""
        context = self._context
        whole_line = data.find(b"\n", max(0, before - 1)) >= 0
        if before <= _LINE_START or whole_line:
            if plausible_response(data, 0, len(data)):
                if status_line(data):
                    return _SERVER
                return _NEITHER if whole_line or len(data) > context.head_bytes else None
            if not may_prove(data):
                return _NEITHER
        if EMPTY_LINE.search(data, max(0, before - 3)) is None:
            return None if len(data) <= context.head_bytes else _NEITHER
        head = context.layouts.find(context.layouts.start, b"", bytes(data), 0, len(data))
        return _CLIENT if head is not None and head[1] <= context.head_bytes and proves(head) else _NEITHER


_CLIENT, _SERVER, _NEITHER = 1, 2, 3
