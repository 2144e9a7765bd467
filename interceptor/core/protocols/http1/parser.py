"""HTTP/1 as seen from outside: in-order bytes and holes of one direction in, messages out.

Owns where messages begin and end (RFC 9112) and what a hole does to that. Refuses to know the other
direction: what a response answers is told to it (`answer_to`), and so is when a lost parser may start
again (`resume`). It is no endpoint: it never rejects, it reports what can be known.

Theory of operation
-------------------
`next_event(chunk)` consumes from the chunk and returns a message at two moments: when its head is
complete and when it is over; once if both are the same moment. `open` tells which: while the message
goes on, `parser.open is message`. None means the chunk is used up.

Each state has one reader, and a reader has three outcomes: a message, nothing yet (the chunk is used up,
or the state has changed and the next reader goes on), or the loss of the place in the stream (SEARCH).

    START ──head──▶ ANSWER (responses only: waits for answer_to)
      │               │
      ├───────────────┴──▶ LENGTH ──────────────────────────────▶ START
      │               ├──▶ CHUNK_SIZE ⇄ CHUNK_DATA, CHUNK_END
      │               │        └─ last chunk ─▶ TRAILERS ───────▶ START
      │               └──▶ UNTIL_CLOSE
      └── not a head: SEARCH

    OPAQUE: the owner has said that nothing more will be HTTP (`stop`).

A hole inside a body of known length, inside a chunk or in a body that runs until close is counted and the
message goes on. Anywhere else it ends the message, and the parser is in SEARCH: it consumes nothing as
HTTP until its owner has proof that a message starts here. The first message after that has `after_loss`, and of
a request its own words have to prove it, too (`heads.proves`): no text in a body becomes one.

Limits: a head is at most `Limits.head_bytes`, the same for the trailers, a chunk-size line at most 4 KiB;
beyond, the message is given up and counted. Nothing else is buffered: body bytes are only counted.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from interceptor.core.model import Anomaly, Drop, Request, Response, State
from interceptor.core.protocols.http1.heads import (
    AMBIGUOUS,
    CHUNKED,
    UNTIL_CLOSE,
    begins_with_method,
    plausible_request,
    plausible_response,
    proves,
    resembles_request,
    resembles_response,
)
from interceptor.core.protocols.http1.layouts import EMPTY_LINE

if TYPE_CHECKING:
    from interceptor.core.budget import Budget
    from interceptor.core.model import Chunk, Limits, Message, Transaction, i64
    from interceptor.core.protocols.http1.heads import Heads
    from interceptor.core.protocols.http1.layouts import Head, Layout, Layouts

__all__ = [
    "DOUBTFUL",
    "NOTHING_RARE",
    "OPAQUE",
    "SEARCH",
    "TO_CLOSE",
    "Context",
    "Parser",
    "Partial",
    "Rare",
    "RequestParser",
    "ResponseParser",
]

_CHUNK_LINE_BYTES: Final = 4096
"""Of a chunk-size line with its extensions. nginx and Go stop at 4 KiB as well."""
_CHUNK_SIZE = re.compile(rb"0*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?")
"""RFC 9112 section 7.1. Fifteen digits are 2^60 bytes: a larger chunk is a lie. Zeros before them are none of them."""
_FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*:")
_IN_LINE = re.compile(rb"[\t\r -~]*")
"""Text in which no line ends."""
_MAY_BE_FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]*[ \t]*\Z")
"""As far as it goes."""

_ORDINARY_HEAD: Final = 2 * 2**10
"""Bytes of a head of which nothing is counted against the budget: what is kept of it is in the estimate of a connection."""
_NAME_COST: Final = 64
"""Bytes of memory of a field name that no other head shares, at least."""

_TELLING: Final = 13
"""Bytes through the blank after the status code: they tell a response from a body. A body shorter than that which
begins like a response is believed to be a body."""


# Where a parser is; see the theory above. Plain integers, because every message asks a dozen times, and a
# member of an enum class costs as much to read as a field does to parse.
START: Final = 0
ANSWER: Final = 1
DOUBTFUL: Final = 2
"""After the head of a response to an unknown request, which may have been a HEAD."""
LENGTH: Final = 3
CHUNK_SIZE: Final = 4
CHUNK_DATA: Final = 5
CHUNK_END: Final = 6
TRAILERS: Final = 7
TO_CLOSE: Final = 8
SEARCH: Final = 9
OPAQUE: Final = 10
_COMPLETE: Final = State.COMPLETE

MessageT = TypeVar("MessageT", Request, Response)


class Context:
    """What all parsers of a pipeline share."""

    __slots__ = (
        "budget",
        "delivered",
        "dropped",
        "halves",
        "head_bytes",
        "heads",
        "late",
        "layouts",
        "limits",
        "messages",
        "reported",
        "thrown",
        "transactions",
    )

    def __init__(
        self, limits: Limits, heads: Heads, layouts: Layouts, head_bytes: i64, budget: Budget
    ) -> None:
        self.limits = limits
        self.heads = heads
        self.layouts = layouts
        self.head_bytes = head_bytes
        """`Limits.head_bytes`, which every head is held to."""
        self.budget = budget
        """What waits, of all connections."""
        self.delivered: i64 = 0
        """Bytes that became part of a message."""
        self.dropped: dict[Drop, int] = {}
        """Bytes that did not, by reason."""
        self.thrown: i64 = 0
        """How many of those there are."""
        self.messages: i64 = 0
        """Requests and final responses that have begun."""
        self.late: i64 = 0
        """Messages that came when their transaction had been reported already."""
        self.transactions: i64 = 0
        """Transactions that have begun, on connections that are over."""
        self.reported: i64 = 0
        """Transactions that are over, one way or the other."""
        self.halves: i64 = 0
        """Of them, those that lack a request or a response."""

    def deliver(self, size: i64) -> None:
        """Count bytes that were read."""
        self.delivered += size

    def drop(self, reason: Drop, size: i64) -> None:
        """Count bytes that are in no message."""
        if size:
            self.dropped[reason] = self.dropped.get(reason, 0) + size
            self.thrown += size


class Partial:
    """The beginning of a head, chunk-size line or trailer line whose end has not come."""

    __slots__ = ("came", "counted", "data", "line_seen", "place", "position", "simple", "time")

    def __init__(self, chunk: Chunk) -> None:
        self.data = bytearray()
        self.came: i64 = 0
        """When the end of that line came."""
        self.simple: i64 = 0
        """Size of its first line, where that can be a whole head (HTTP/0.9) and fields may still follow."""
        self.counted: i64 = 0
        """Bytes of it that the budget knows of."""
        self.line_seen = False
        """Its first line was complete and can begin a head."""
        self.position: i64 = chunk.base + chunk.cursor
        self.time: i64 = chunk.time
        self.place: i64 = chunk.place


class Rare:
    """What few directions have to remember. The others share one of these, which nobody changes."""

    __slots__ = (
        "alien",
        "answered",
        "reached",
        "refused",
        "simple",
        "skipping",
        "switched",
        "trailers",
        "unended",
    )

    def __init__(self) -> None:
        self.alien = False
        """What this direction began with is not even like HTTP; its owner lowers it when anything has proven HTTP."""
        self.reached: i64 = 0
        """Position after the last byte of a body that runs until close."""
        self.refused: tuple[i64, i64] | None = None
        """Position and place of bytes that should have been a head and were none, the latest of them."""
        self.answered: tuple[i64, i64] | None = None
        """Of what was refused, that which has an answer; kept by the owner."""
        self.simple = False
        """An HTTP/0.9 request has come, so what answers may have no head; kept by the owner."""
        self.skipping = Drop.NOT_HTTP
        """What bytes count as in OPAQUE."""
        self.switched: Transaction | None = None
        """Of a client: the request that led away from HTTP, and its answer."""
        self.trailers: i64 = 0
        """Size of the trailer section so far."""
        self.unended = False
        """What was refused is text without the end of its line: what comes next of its place goes on with that line."""


NOTHING_RARE: Final = Rare()


class Parser(ABC, Generic[MessageT]):
    """One direction. The subclasses know the kind of head."""

    __slots__ = (
        "after_loss",
        "between",
        "context",
        "first",
        "layout",
        "mode",
        "open",
        "partial",
        "rare",
        "remaining",
    )

    KEY = 0
    """How much of a start line tells which layout to expect."""

    def __init__(self, context: Context, *, first: bool) -> None:
        """`first`: the stream is seen from its beginning, so a message starts here if there is one."""
        self.context = context
        self.first = first
        self.mode: i64 = START if first else SEARCH
        self.between: i64 = START
        """Its mode after a message: START, or OPAQUE once it has been stopped."""
        self.after_loss = not first
        self.open: MessageT | None = None
        """The message whose head has been seen and whose end has not."""
        self.remaining: i64 = 0
        """Body (LENGTH) or chunk (CHUNK_DATA) bytes to come. An owner with fewer of them in hand may
        subtract them here and be done: nobody looks at them."""
        self.layout: Layout = context.layouts.start
        """Of the last head, where it is a common one."""
        self.partial: Partial | None = None
        self.rare: Rare = NOTHING_RARE
        """To read; what is to be changed is `its_own`."""

    @abstractmethod
    def plausible(self, buffer: bytes | bytearray, start: i64, end: i64) -> bool:
        """Whether a message may begin here, as far as the bytes go."""

    @abstractmethod
    def _resembles(self, data: bytes) -> bool:
        """Whether what is no head may have been meant as one."""

    @abstractmethod
    def _proves(self, head: Head) -> bool:
        """Whether a head is one beyond doubt, where other bytes may have been lost before it."""

    @abstractmethod
    def _parse(self, head: Head, position: i64, place: i64, time: i64) -> MessageT | None:
        """Make the message of a head; None where it is none."""

    @abstractmethod
    def _parse_line(self, line: bytes, position: i64, place: i64, time: i64) -> MessageT | None:
        """Make the message of a lone first line, where that is a whole head (HTTP/0.9)."""

    @abstractmethod
    def _begin(self, message: MessageT, chunk: Chunk) -> None:
        """The head of a message is complete, and the chunk is past it."""

    def next_event(self, chunk: Chunk) -> MessageT | None:
        """Consume from the chunk, in which there are bytes, up to the next event. None: the chunk is used up."""
        while True:
            mode = self.mode
            if mode == START:
                message = self._read_start(chunk)
            elif mode == LENGTH:
                message = self._read_length(chunk)
            elif mode == CHUNK_DATA:
                message = self._read_chunk_data(chunk)
            elif mode == CHUNK_SIZE:
                message = self._read_chunk_size(chunk)
            elif mode == CHUNK_END:
                message = self._read_chunk_end(chunk)
            elif mode == TO_CLOSE:
                message = self._read_until_close(chunk)
            elif mode == TRAILERS:
                message = self._read_trailers(chunk)
            elif mode == DOUBTFUL:
                message = self._read_doubtful(chunk)
            elif mode == SEARCH:
                message = self._read_search(chunk)
            elif mode == OPAQUE:
                message = self._read_opaque(chunk)
            else:
                raise AssertionError("the owner of the parser has not said what the response answers")
            if message is not None or chunk.cursor >= chunk.end:
                return message

    def gap(self, size: i64, position: i64, time: i64) -> MessageT | None:
        """`size` bytes at `position` are missing from the capture. Returns the message that this ends."""
        message = self.open
        if self.mode == OPAQUE:
            return None
        if message is None:
            self._lose(Drop.HEAD_INCOMPLETE)
            return None
        if self.mode == DOUBTFUL:
            self._believe_body(message)
        if self.mode == TO_CLOSE:
            message.missed += size
            message.body_size += size
            self.rare.reached += size
            return None
        if self.remaining >= size:
            message.missed += size
            self.remaining -= size
            if self.remaining:
                return None
            if self.mode == CHUNK_DATA:
                self.mode = CHUNK_END
                return None
            return self._end(position + size, time)
        # The end of the body and whatever came after it are gone.
        end = position + self.remaining
        message.missed += self.remaining
        self.remaining = 0
        return self._give_up(end, time)

    def close(self, position: i64, time: i64, *, clean: bool) -> MessageT | None:
        """The stream ended at `position`. Returns the message that this ends.

        `clean`: by the sender's FIN.
        """
        if self.open is None:
            self._drop_partial(Drop.HEAD_INCOMPLETE)
            return None
        if self.mode == TO_CLOSE and clean:
            # RFC 9112 section 6.3 item 8: the length is "determined by the number of octets received
            # prior to the server closing the connection".
            return self._end(position, time)
        if self.mode == DOUBTFUL:
            self._believe_body(self.open)
        ended = self._give_up(position, time)
        self.mode = self.between  # nothing was lost, and nothing comes in which to search
        return ended

    def relieve(self) -> MessageT | None:
        """Give up the beginning of a head or line: it takes memory that is short. Returns the message that this ends."""
        partial = self.partial
        if partial is None:
            return None
        if self.open is None:
            self._lose(Drop.HEAD_TOO_LARGE)
            return None
        return self._give_up(partial.position + len(partial.data), partial.time)

    @property
    def weight(self) -> int:
        """Bytes of memory of what has begun and waits for its end."""
        return len(self.partial.data) if self.partial is not None else 0

    def resume(self, partial: Partial | None = None) -> None:
        """Leave SEARCH: a message provably starts at the next byte, or started with `partial`."""
        self.mode = START
        self.partial = partial

    def go_on(self) -> None:
        """Leave SEARCH where nothing was lost."""
        self.mode = START
        self.after_loss = False

    def abandon(self) -> MessageT:
        """The open body, which would run until close, has ended here, or before: how long it was cannot be known."""
        message = self.open
        assert message is not None
        message.unsized = True
        return self._give_up(self.rare.reached, message.end_time or message.time)

    def drop(self, reason: Drop) -> None:
        """The head that has begun is none, and a message starts at the next byte."""
        self._drop_partial(reason)
        self.mode = START

    def skip(self, chunk: Chunk) -> None:
        """Leave the rest of the chunk, in SEARCH: no message provably starts in it."""
        self.context.drop(Drop.NOT_HTTP if self.rare.alien else Drop.UNSYNCHRONISED, chunk.end - chunk.cursor)
        refused = self.rare.refused
        if refused is not None:
            begins = refused[1] != chunk.place
            if begins:
                # Sent after the other side had said something to what was refused before.
                self.rare.refused = chunk.base + chunk.cursor, chunk.place
            self.rare.unended = (begins or self.rare.unended) and (
                _IN_LINE.fullmatch(chunk.buffer, chunk.cursor, chunk.end) is not None
            )
        chunk.cursor = chunk.end

    def strayed(self, chunk: Chunk) -> bool:
        """Whether the beginning of a head, found after a loss, was none; if so, go back to SEARCH.

        Nobody hears from the other side in the middle of a head: all of it has one place.
        """
        partial = self.partial
        if self.open is not None or partial is None or partial.place == chunk.place:
            return False
        self._lose(Drop.HEAD_INVALID)
        return True

    def stop(self, reason: Drop) -> None:
        """What follows the open message, or what was here, is not HTTP/1; count it under `reason`."""
        self.its_own().skipping = reason
        self.between = OPAQUE
        if self.open is None:
            self._drop_partial(reason)
            self.mode = OPAQUE

    def its_own(self) -> Rare:
        """What is rare of this direction, to be changed."""
        if self.rare is NOTHING_RARE:
            self.rare = Rare()
        return self.rare

    @property
    def idle(self) -> bool:
        """Whether it is in step with the stream, between two messages."""
        return self.mode == START and self.partial is None

    def held(self, position: i64) -> i64:
        """Bytes taken in that are in no ended message yet; `position` is the next byte's."""
        if self.open is not None:
            return position - self.open.position - self.open.missed
        return len(self.partial.data) if self.partial is not None else 0

    # Readers, one a mode. Each consumes something or changes the mode.

    def _read_start(self, chunk: Chunk) -> MessageT | None:
        if self.partial is not None:
            return self._read_head_on(chunk, self.partial)
        buffer, cursor, context = chunk.buffer, chunk.cursor, self.context
        key = buffer[cursor : cursor + self.KEY]
        if key[0] <= _CR and key[0] in _LINE_END:
            # RFC 9112 section 2.2: a server "SHOULD ignore at least one empty line (CRLF) received prior
            # to the request-line".
            while cursor < chunk.end and buffer[cursor] in _LINE_END:
                cursor += 1
            self.context.drop(Drop.EMPTY_LINES, cursor - chunk.cursor)
            chunk.cursor = cursor
            return None
        head = context.layouts.find(self.layout, key, buffer, cursor, chunk.end)
        if head is not None and (size := head[1] - cursor) <= context.head_bytes:
            message = self._parse(head, chunk.base + cursor, chunk.place, chunk.time)
            if message is not None and (not self.after_loss or self._proves(head)):
                if size > _ORDINARY_HEAD:
                    message.weight = _weight(message, size)
                chunk.cursor = head[1]
                # A rare layout leads to no other, and may be ten times as large as its head: no idle connection
                # keeps it.
                layout = head[2]
                self.layout = layout if layout.match is not None else context.layouts.start
                if self.after_loss:
                    message.after_loss = True
                    self.after_loss = False
                self.first = False
                self.open = message
                self._begin(message, chunk)
                return message
        if not self.plausible(buffer, cursor, chunk.end):
            self._refuse(chunk, Drop.HEAD_INVALID)
            return None
        self.partial = Partial(chunk)
        return self._read_head_on(chunk, self.partial)

    def _read_head_on(self, chunk: Chunk, partial: Partial) -> MessageT | None:
        """A head that does not lie in one chunk, or is only a line, or too large."""
        data, limit = partial.data, self.context.head_bytes
        before = len(data)
        data += chunk.buffer[chunk.cursor : chunk.end]
        message = None
        reason = Drop.HEAD_INVALID
        after = partial.simple if partial.line_seen else data.find(b"\n", before) + 1
        if 0 < after <= limit:
            partial.line_seen = True
            if self.first:
                # RFC 1945 section 1.3: after each response the server closes, so no second one follows. Fields do
                # not, either: then it is a request line that lacks its version.
                line = bytes(data[: after - 1]).removesuffix(b"\r")
                message = self._parse_line(line, partial.position, partial.place, partial.time)
                if message is not None and _MAY_BE_FIELD.match(data, after) and len(data) <= limit:
                    if not partial.simple:
                        partial.simple, partial.came = after, chunk.time
                    self._keep(partial)
                    chunk.cursor = chunk.end
                    return None
                if _FIELD.match(data, after):
                    message, partial.simple = None, 0
        if message is None and (not after or self.plausible(data, 0, len(data))):
            if EMPTY_LINE.search(data, max(0, before - 2)) is not None:
                key = bytes(data[: self.KEY])
                head = self.context.layouts.find(self.layout, key, bytes(data), 0, len(data))
                assert head is not None
                after = head[1]
                if after <= limit:
                    message = self._parse(head, partial.position, partial.place, partial.time)
                    if message is not None:
                        if after > _ORDINARY_HEAD:
                            message.weight = _weight(message, after)
                        if self.after_loss and not self._proves(head):
                            message = None
                else:
                    reason = Drop.HEAD_TOO_LARGE
            elif len(data) <= limit:
                self._keep(partial)
                chunk.cursor = chunk.end
                return None
            else:
                reason = Drop.HEAD_TOO_LARGE
        if message is None:
            del data[before:]
            invalid = reason is Drop.HEAD_INVALID
            if (
                before
                and invalid
                and self.after_loss
                and self.plausible(chunk.buffer, chunk.cursor, chunk.end)
            ):
                self._drop_partial(reason)  # it may have been the end of a body; a message may begin here
                return None
            self._refuse(chunk, reason)
            return None
        if partial.simple:
            return self._end_line(message, partial, data[after:before])
        self._let_go(partial)
        chunk.cursor += after - before
        if self.after_loss:
            message.after_loss = True
            self.after_loss = False
        self.first = False
        self.open = message
        self._begin(message, chunk)
        return message

    def _read_length(self, chunk: Chunk) -> MessageT | None:
        available = chunk.end - chunk.cursor
        if available < self.remaining:
            self.remaining -= available
            chunk.cursor = chunk.end
            return None
        chunk.cursor += self.remaining
        self.remaining = 0
        return self._end(chunk.base + chunk.cursor, chunk.time)

    def _read_chunk_size(self, chunk: Chunk) -> MessageT | None:
        line = self._line(chunk, _CHUNK_LINE_BYTES)
        if line is None:
            return None
        match = _CHUNK_SIZE.fullmatch(line) if len(line) <= _CHUNK_LINE_BYTES else None
        if match is None:
            return self._break_off(chunk)
        assert self.open is not None
        if not line.endswith(b"\r"):
            self.open.tag(Anomaly.BAD_CHUNK)
        size = int(match[1], 16)
        if size:
            self.open.body_size += size
            self.remaining = size
            self.mode = CHUNK_DATA
        else:
            self.its_own().trailers = 0
            self.mode = TRAILERS
        return None

    def _read_chunk_data(self, chunk: Chunk) -> MessageT | None:
        available = chunk.end - chunk.cursor
        if available < self.remaining:
            self.remaining -= available
            chunk.cursor = chunk.end
            return None
        chunk.cursor += self.remaining
        self.remaining = 0
        self.mode = CHUNK_END
        return None

    def _read_chunk_end(self, chunk: Chunk) -> MessageT | None:
        line = self._line(chunk, 1)
        if line is None:
            return None
        if line != b"\r":
            if line:
                return self._break_off(chunk)
            assert self.open is not None
            self.open.tag(Anomaly.BAD_CHUNK)
        self.mode = CHUNK_SIZE
        return None

    def _read_trailers(self, chunk: Chunk) -> MessageT | None:
        line = self._line(chunk, self.context.head_bytes)
        if line is None:
            return None
        assert self.open is not None
        if not line.endswith(b"\r"):
            self.open.tag(Anomaly.BAD_CHUNK)
        if line in {b"", b"\r"}:
            return self._end(chunk.base + chunk.cursor, chunk.time)
        self.open.tag(Anomaly.TRAILERS)
        if b"\r" in line[:-1]:
            self.open.tag(Anomaly.BARE_CR)
        self.rare.trailers += len(line)
        if self.rare.trailers > self.context.head_bytes:
            return self._break_off(chunk)
        return None

    def _read_until_close(self, chunk: Chunk) -> MessageT | None:
        assert self.open is not None
        self.open.body_size += chunk.end - chunk.cursor
        self.open.end_time = chunk.time
        chunk.cursor = chunk.end
        self.rare.reached = chunk.base + chunk.end
        return None

    def _read_doubtful(self, chunk: Chunk) -> MessageT | None:
        message = self.open
        assert message is not None
        partial = self.partial
        held = bytes(partial.data) if partial is not None else b""
        start = held + chunk.buffer[chunk.cursor : min(chunk.end, chunk.cursor + _TELLING - len(held))]
        nested = message.content_type is not None and message.content_type.startswith("message/http")
        if not nested and plausible_response(start, 0, len(start)):
            if len(start) == _TELLING:
                # The next response follows at once, so this one answered a HEAD and has no body.
                return self._end(chunk.base + chunk.cursor - len(held), message.time)
            if message.framing == CHUNKED or message.framing > len(start):
                self.partial = partial or Partial(chunk)
                self.partial.data += start[len(held) :]
                chunk.cursor = chunk.end
                return None
        self._believe_body(message)
        return None

    def _read_search(self, chunk: Chunk) -> MessageT | None:
        self.skip(chunk)
        return None

    def _read_opaque(self, chunk: Chunk) -> MessageT | None:
        self.context.drop(self.rare.skipping, chunk.end - chunk.cursor)
        chunk.cursor = chunk.end
        return None

    # What the readers share.

    def _line(self, chunk: Chunk, limit: i64) -> bytes | None:
        """The next line without its LF, or None where it is not complete yet.

        A line beyond `limit` bytes is given as far as it goes, for the caller to refuse.
        """
        start = chunk.cursor
        newline = chunk.buffer.find(b"\n", start, chunk.end)
        stop, after = (newline, newline + 1) if newline >= 0 else (chunk.end, chunk.end)
        if self.partial is None:
            if newline >= 0:
                chunk.cursor = after
                return chunk.buffer[start:stop]
            self.partial = Partial(chunk)
        chunk.cursor = after
        partial = self.partial
        partial.data += chunk.buffer[start:stop]
        if newline < 0 and len(partial.data) <= limit:
            self._keep(partial)
            return None
        self._let_go(partial)
        return bytes(partial.data)

    def _enter_body(self, message: MessageT) -> None:
        """Go on with the body as the head says."""
        framing = message.framing
        if framing == CHUNKED:
            self.mode = CHUNK_SIZE
        elif framing == UNTIL_CLOSE:
            self.mode = TO_CLOSE
        else:
            self.mode = LENGTH
            self.remaining = message.body_size = framing

    def _believe_body(self, message: MessageT) -> None:
        """What follows a doubtful response is its body, and so is what of it has come."""
        self._enter_body(message)
        if self.mode == LENGTH and self.partial is not None:
            self.remaining -= len(self.partial.data)
            self.partial = None

    def _take_body(self, message: MessageT, chunk: Chunk) -> None:
        """The same, where the chunk may have all of a short body."""
        framing = message.framing
        if 0 <= framing <= chunk.end - chunk.cursor:
            message.body_size = framing
            chunk.cursor += framing
            self._end(chunk.base + chunk.cursor, chunk.time)
        elif framing == AMBIGUOUS:
            message.unsized = True
            self._give_up(chunk.base + chunk.cursor, chunk.time)
        else:
            self._enter_body(message)
            if framing == UNTIL_CLOSE:
                self.its_own().reached = chunk.base + chunk.cursor

    def _end(self, position: i64, time: i64) -> MessageT:
        """The open message ended in step with the stream; `position` is the first byte after it."""
        message = self.open
        assert message is not None
        message.end_time = time
        if not message.missed:
            message.state = _COMPLETE
        self.context.delivered += position - message.position - message.missed
        self.open = None
        self.mode = self.between
        return message

    def _give_up(self, position: i64, time: i64) -> MessageT:
        """The open message cannot be followed to its end."""
        message = self.open
        assert message is not None
        message.end_time = time
        message.body_size -= self.remaining
        self.remaining = 0
        self.context.delivered += position - message.position - message.missed
        self.open = None
        if self.partial is not None:
            self._let_go(self.partial)
        self._search()
        return message

    def _break_off(self, chunk: Chunk) -> MessageT:
        """The chunked coding makes no sense at the cursor."""
        assert self.open is not None
        self.open.tag(Anomaly.BAD_CHUNK)
        message = self._give_up(chunk.base + chunk.cursor, chunk.time)
        self.context.drop(Drop.CHUNK_INVALID, chunk.end - chunk.cursor)
        chunk.cursor = chunk.end
        return message

    def _refuse(self, chunk: Chunk, reason: Drop) -> None:
        """What should be a head is none."""
        partial = self.partial
        position, place = chunk.base + chunk.cursor, chunk.place
        if partial is not None:
            position, place = partial.position, partial.place
        if reason is not Drop.HEAD_TOO_LARGE:
            held = bytes(partial.data) if partial is not None else b""
            data = held + chunk.buffer[chunk.cursor : chunk.end]
            if self.first and not self._resembles(data):
                self.its_own().alien = True
                reason = Drop.NOT_HTTP
            if not self.after_loss or self.rare.refused is not None:
                self.its_own().refused = position, place
                self.rare.unended = _IN_LINE.fullmatch(data) is not None
        self._drop_partial(reason)
        self.context.drop(reason, chunk.end - chunk.cursor)
        chunk.cursor = chunk.end
        self._search()

    def _lose(self, reason: Drop) -> None:
        self._drop_partial(reason)
        if self.rare.refused is not None:
            self.rare.refused = None  # what is lost may have been a request, too
        self._search()

    def _search(self) -> None:
        self.mode = SEARCH if self.between == START else OPAQUE
        self.after_loss = True
        self.first = False

    def _drop_partial(self, reason: Drop) -> None:
        if self.partial is not None:
            if self.open is None:
                self.context.drop(reason, len(self.partial.data))
            self._let_go(self.partial)

    def _end_line(self, message: MessageT, partial: Partial, behind: bytearray) -> MessageT:
        """The line that waited for fields is a message. What waits behind it belongs to the next."""
        end, time = partial.position + partial.simple, partial.came
        self._let_go(partial)
        if behind:
            partial.data, partial.position = behind, end
            partial.line_seen, partial.simple, partial.counted = False, 0, 0
            self.partial = partial
            self._keep(partial)
        self.first = False
        self.open = message
        return self._end(end, time)

    def _keep(self, partial: Partial) -> None:
        """Count what waits here against what may wait anywhere."""
        size = len(partial.data)
        self.context.budget.held += size - partial.counted
        partial.counted = size

    def _let_go(self, partial: Partial) -> None:
        """It is whole, or given up."""
        self.context.budget.held -= partial.counted
        self.partial = None


def _weight(message: Message, size: i64) -> i64:
    """Bytes of memory of a message with a large head, of `size` bytes."""
    return size + _NAME_COST * len(message.header_names)


class RequestParser(Parser[Request]):
    """The client's direction."""

    __slots__ = ()

    KEY = 4
    """The method: a POST has a Content-Length where a GET has none."""

    def plausible(self, buffer: bytes | bytearray, start: i64, end: i64) -> bool:
        """Whether a request may begin here, as far as the bytes go."""
        return plausible_request(buffer, start, end)

    def goes_on(self, chunk: Chunk) -> bool:
        """Whether what comes in SEARCH goes on with what was refused.

        Both were sent before the server had said anything to either. Then a segment is another request only if no line
        goes on, and if it begins with a method that is known: what is left of other things may look like any other.
        """
        refused = self.rare.refused
        return (
            refused is not None
            and refused[1] == chunk.place
            and (self.rare.unended or not self.names_method(chunk))
        )

    def names_method(self, chunk: Chunk) -> bool:
        """Whether what comes begins with a method that is known, as far as it goes."""
        return begins_with_method(chunk.buffer, chunk.cursor, chunk.end)

    def _resembles(self, data: bytes) -> bool:
        return resembles_request(data)

    def _proves(self, head: Head) -> bool:
        return proves(head)

    def _parse(self, head: Head, position: i64, place: i64, time: i64) -> Request | None:
        return self.context.heads.request(head, position, place, time)

    def _parse_line(self, line: bytes, position: i64, place: i64, time: i64) -> Request | None:
        return self.context.heads.simple_request(line, position, place, time)

    def lone_before(self, place: i64) -> bool:
        """Whether a line that waits for fields came whole before this position of its direction."""
        partial = self.partial
        return partial is not None and 0 < partial.simple <= place - partial.position

    def refuse_all(self) -> None:
        """What its stream began with was no request, and has been read as something else."""
        self.its_own().refused = 0, 0
        self._search()

    def line_alone(self) -> Request | None:
        """No field comes behind a line that waits for one: it is a whole request (HTTP/0.9). None where none waits."""
        partial = self.partial
        if partial is None or not partial.simple:
            return None
        line = bytes(partial.data[: partial.simple - 1]).removesuffix(b"\r")
        message = self._parse_line(line, partial.position, partial.place, partial.time)
        assert message is not None
        return self._end_line(message, partial, partial.data[partial.simple :])

    def _begin(self, message: Request, chunk: Chunk) -> None:
        if message.framing:
            self._take_body(message, chunk)
        else:
            self._end(chunk.base + chunk.cursor, chunk.time)


class ResponseParser(Parser[Response]):
    """The server's direction."""

    __slots__ = ()

    KEY = 12
    """Version and status code."""

    def plausible(self, buffer: bytes | bytearray, start: i64, end: i64) -> bool:
        """Whether a response may begin here, as far as the bytes go."""
        return plausible_response(buffer, start, end)

    def _resembles(self, data: bytes) -> bool:
        return resembles_response(data)

    def _proves(self, _head: Head) -> bool:
        return True  # its place does: it begins where an answer must

    def _parse(self, head: Head, position: i64, place: i64, time: i64) -> Response | None:
        return self.context.heads.response(head, position, place, time)

    def _parse_line(self, _line: bytes, _position: i64, _place: i64, _time: i64) -> None:
        return None

    def _begin(self, message: Response, chunk: Chunk) -> None:
        if message.status < 200:
            # RFC 9110 section 15.2: an interim response "does not contain content", whatever it says.
            self._end(chunk.base + chunk.cursor, chunk.time)
        else:
            self.mode = ANSWER

    def answer_to(self, method: str | None, chunk: Chunk) -> None:
        """Say the method of the request that the open response answers; None: unknown.

        Decides the body (RFC 9112 section 6.3). The response may be over with this: see `open`.
        """
        message = self.open
        assert message is not None
        status = message.status
        if method == "HEAD" or status in {204, 304} or (method == "CONNECT" and 200 <= status < 300):
            # Items 1 and 2: "always terminated by the first empty line after the header fields".
            self._end(chunk.base + chunk.cursor, chunk.time)
        elif method is None and message.framing not in {0, UNTIL_CLOSE, AMBIGUOUS}:
            self.mode = DOUBTFUL
        else:
            self._take_body(message, chunk)

    def begin_simple(self, chunk: Chunk) -> Response:
        """The answer to an HTTP/0.9 request: a body without a head (RFC 1945 section 6)."""
        response = Response(chunk.base + chunk.cursor, chunk.place, chunk.time)
        response.version = "0.9"
        response.anomalies = {Anomaly.HTTP_0_9}
        self.after_loss = self.first = False
        self.open = response
        self.mode = TO_CLOSE
        self.its_own().reached = response.position
        return response


_CR: Final = 13
_LINE_END: Final = b"\r\n"
