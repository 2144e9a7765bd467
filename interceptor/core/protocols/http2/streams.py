"""The streams of one connection: blocks and bodies, each with its stream's number, in; transactions out.

Owns which block begins, goes on or ends what, and when a transaction is over. Refuses to guess: what may be the answer or
an interim one, a head or a trailer, is said to be neither until it can only be one.

A stream is a request and its answer, so that no loss can pair what does not belong together. What a loss costs is what was
in it. Streams of a client have odd numbers that rise (RFC 9113 section 5.1.1): a block of the server on one that is known
to have been over is late, and begins nothing; on one that may have begun in a hole, or before the join, it is an answer to a
request that was not seen. How long a message is over whose side a hole over a frame's header went is not known any more.

A stream that a hole has deprived of its end stays open, until the connection is over or the deadline has passed.

Limits: `Limits.pending` open streams; beyond it the oldest is reported as it stands. Of holes in which streams may have begun
the last `_HOLES` are told apart. 16 interim answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from interceptor.core.model import Anomaly, Call, Request, Response, State, Transaction
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.http2 import grpc
from interceptor.core.protocols.http2.fields import WANTED, Fields
from interceptor.core.protocols.http2.hpack import Strings
from interceptor.core.protocols.http2.stream import Stream

if TYPE_CHECKING:
    from interceptor.core.budget import Budget
    from interceptor.core.model import Drop, Limits, Outcome, Peers, i64
    from interceptor.core.protocols.http2.fields import Head
    from interceptor.core.protocols.http2.grpc import Messages

__all__ = ["WEBSOCKET", "Context", "Counts", "Streams"]

_HOLES: Final = 16
_INTERIM: Final = 16
_REFUSED_STREAM: Final = 7
_NO_ERROR: Final = 0
_CANCEL: Final = 8
_DEADLINE_EXCEEDED: Final = 4
_SLACK: Final = 20
"""A client that has cancelled a call within a twentieth of its time-out of that has waited for it: its clock began to run
before the call was on the wire."""

_TRUNCATED: Final = State.TRUNCATED  # the attribute of an enumeration is not cheap
_COMPLETE: Final = State.COMPLETE

WEBSOCKET: Final = "websocket"
"""What a request for a session of that names as its `:protocol` (RFC 8441 section 5)."""
WEIGHT: Final = 1_024
"""Bytes of memory of an open stream beside the first, its messages included."""


class Counts(Protocol):
    """What became of all bytes and messages of a pipeline."""

    delivered: int
    """Bytes of messages, or of frames."""
    messages: int
    """Requests and final responses that have begun."""
    late: int
    """Messages that came when their transaction had been reported already."""
    transactions: int
    """Transactions that have begun, on connections that are over."""
    reported: int
    """Transactions that are over, one way or the other."""
    halves: int
    """Of them, those that lack a request or a response."""

    def drop(self, reason: Drop, size: i64) -> None:
        """Count bytes that are in no message, nor in a frame that is read."""
        ...


class Context:
    """What all connections of a pipeline share."""

    __slots__ = ("budget", "counts", "fields", "limits", "octets", "recovering", "strings")

    def __init__(self, limits: Limits, budget: Budget, counts: Counts, *, recovering: bool = False) -> None:
        """`recovering`: what a lost header block has inserted may be found by what later ones cannot say (`shifts`)."""
        self.recovering = recovering
        self.limits = limits
        self.budget = budget
        self.counts = counts
        self.octets: i64 = 0
        """Bytes of all connections that were settled."""
        self.fields = Fields(limits.line_bytes)
        self.strings = Strings(WANTED)


class Streams:
    """All streams of a connection."""

    __slots__ = (
        "_begun",
        "_complete",
        "_counts",
        "_fields",
        "_holes",
        "_lost",
        "_newest",
        "_open",
        "_peers",
        "_pending",
        "_since_hole",
        "client_closed",
        "heard",
    )

    def __init__(self, peers: Peers, context: Context, *, first: bool) -> None:
        """`first`: the connection is seen from its beginning."""
        self._peers = peers
        self._counts = context.counts
        self._fields = context.fields
        self._pending = context.limits.pending
        self._open: dict[int, Stream] = {}
        """The oldest first."""
        self._begun: i64 = 0
        self._complete = [first, first]
        """By side: nothing has been lost."""
        self._lost = [not first, not first]
        """By side: where frames begin is not known at present."""
        self._newest: i64 = 0
        """The highest of the client's that is known to have begun."""
        self._holes: list[tuple[int, int]] = []
        """Between which numbers of the client streams may have begun that were not seen, the ends excluded."""
        self._since_hole = not first
        """Streams of the client above the newest may have begun."""
        self.heard = [False, False]
        """By side: a segment was captured, so that what it acknowledges can be relied on."""
        self.client_closed = False
        """The client has reset the connection."""

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self._peers = peers
        for stream in self._open.values():
            if not stream.transaction.reported:
                stream.transaction.peers = peers

    # What frames say

    def begin_upgraded(self, transaction: Transaction) -> None:
        """Stream 1 answers an HTTP/1 request that is over (RFC 7540 section 3.2), and whoever has begun it has counted it."""
        transaction.stream = self._newest = 1
        stream = self._open[1] = Stream(transaction)
        stream.asked = True

    def client_block(
        self,
        number: i64,
        head: Head | None,
        request: Request,
        end_time: i64,
        *,
        ends: bool,
        finished: list[Outcome],
    ) -> None:
        """A header block of the client. `head`: None where it could not be read; `request`: what it is if it is one."""
        stream = self._open.get(number)
        if stream is None or stream.transaction.request is None:
            if stream is None and number <= self._newest:
                return  # of a stream that is over: trailers behind an early answer, or one that was refused
            if not self._complete[CLIENT] and ends and (head is None or not head.asks):
                self._note(number)
                return  # trailers of a request that was not seen, for all that is known
            if stream is None:
                self._note(number)
                stream = self._begin(number)
                self._bound(finished)
            self._count(stream)
            stream.transaction.request = request
            stream.doubtful[CLIENT] = False
            if head is None:
                stream.torn[CLIENT] = True
            else:
                asked = request.upgrade
                stream.connects = request.method == "CONNECT" and (
                    asked is None or asked.protocol == WEBSOCKET
                )
                stream.lengths[CLIENT] = head.length
                stream.call(CLIENT, request.content_type)
                call = stream.transaction.call
                if call is not None and (text := head.values.get(b"grpc-timeout")) is not None:
                    call.timeout = grpc.timeout(text)
        else:
            self._tag_trailers(stream, stream.transaction.request, head)
        if ends:
            self.ended(CLIENT, number, end_time, finished)

    def server_block(
        self,
        number: i64,
        head: Head | None,
        began: tuple[int, int, int],
        end_time: i64,
        *,
        ends: bool,
        finished: list[Outcome],
    ) -> Transaction | None:
        """A header block of the server. `began`: position, place and time of its first byte.

        Returns the transaction that this ends by granting it, so that what comes on its stream is another protocol's.
        """
        stream = self._open.get(number)
        status = head.status if head is not None else None
        if stream is None:
            if status is None or status < 200 or not self._unseen(number):
                return None
            stream = self._begin(number)
            stream.doubtful[CLIENT] = True
            if number & 1:
                self._note_answer(number)
            self._bound(finished)
        transaction = stream.transaction
        if status is not None and status < 200 and not ends:
            if stream.uncertain:
                self._forget_answer(stream)
            if transaction.interim is None:
                transaction.interim = []
            if len(transaction.interim) < _INTERIM:
                transaction.interim.append(status)
            return None
        known = transaction.response
        if stream.uncertain and (status is not None or not ends or head is None or head.hidden):
            # What has begun was an interim answer; or this is a trailer, and nothing tells which.
            self._forget_answer(stream)
            stream.doubtful[SERVER] |= status is None and ends
            known = None
        if known is not None:
            if ends:
                self._believe(stream)
                self._tag_trailers(stream, known, head)
                self._trailers(stream, head)
            elif status is not None:
                known.tag(Anomaly.INVALID_HEADER)  # a second answer
        elif status is None and ends and (stream.doubtful[SERVER] or (head is not None and not head.hidden)):
            self._answer_unseen(stream)  # these are its trailers, for all that is known
            self._trailers(stream, head)
        else:
            self._answer(stream, head, began, ends=ends)
        if stream.tunnel:
            for message in (transaction.request, transaction.response):
                if message is not None:
                    message.state, message.end_time = State.COMPLETE, message.end_time or end_time
            self._over(number, stream, finished)
            return transaction
        if ends:
            self.ended(SERVER, number, end_time, finished)
        return None

    def promise(self, number: i64, request: Request, finished: list[Outcome]) -> None:
        """The server will answer a request of its own on an even stream (RFC 9113 section 8.4)."""
        if number in self._open or number & 1:
            return
        stream = self._begin(number)
        request.state = State.MISSING
        stream.transaction.request = request
        stream.transaction.tag(Anomaly.PUSHED)
        stream.asked = True
        self._counts.messages += 1
        self._bound(finished)

    def data(self, side: i64, number: i64, size: i64) -> Messages | None:
        """A DATA frame has begun that holds so much of a body. Returns what its bytes are for, if anything."""
        stream = self._open.get(number)
        if stream is None or stream.tunnel:
            return None
        message = stream.message(side)
        if message is None:
            if side == SERVER and (stream.doubtful[SERVER] or stream.torn[SERVER]):
                message = self._answer_unseen(stream)
            else:
                return None
        if side == SERVER:
            self._believe(stream)
        message.body_size += size
        return stream.messages(side)

    def missed(self, side: i64, number: i64, size: i64, unread: i64, *, guessed: bool) -> None:
        """Of the body on a stream so much is missing from the capture; `guessed`: how much is not known.

        `unread`: bytes of it that were not to be passed over.
        """
        stream = self._open.get(number)
        message = stream.message(side) if stream is not None and not stream.tunnel else None
        if stream is None or message is None:
            return
        message.missed += size
        if guessed:
            message.unsized = True
        messages = stream.messages(side)
        if messages is not None:
            messages.torn |= guessed or unread > 0

    def ended(self, side: i64, number: i64, time: i64, finished: list[Outcome]) -> None:
        """One side has ended its half of a stream."""
        stream = self._open.get(number)
        if stream is None:
            return
        message = stream.message(side)
        if message is None and side == SERVER and (stream.doubtful[SERVER] or stream.torn[SERVER]):
            message = self._answer_unseen(stream)
        if message is not None and not stream.tunnel:
            message.end_time = time
            if side == SERVER:
                self._believe(stream)
            whole = not (message.missed or message.unsized or stream.torn[side])
            if whole and message.state is _TRUNCATED:
                message.state = _COMPLETE
                self._check_length(stream, side, message)
        if side == CLIENT:
            stream.asked = True
            response = stream.transaction.response
            if response is None or not response.end_time:
                return
        elif not (stream.asked or stream.doubtful[CLIENT]):
            stream.transaction.tag(Anomaly.EARLY_RESPONSE)
            return
        self._over(number, stream, finished)

    def reset(self, side: i64, number: i64, code: i64, time: i64, finished: list[Outcome]) -> None:
        """One side has ended a stream for both."""
        stream = self._open.get(number)
        if stream is None:
            return
        transaction = stream.transaction
        response = transaction.response
        if side == CLIENT:
            if response is None or not response.end_time:
                transaction.tag(Anomaly.CLIENT_CLOSED)
            self._judge_cancel(transaction, code, time)
        elif code == _REFUSED_STREAM:
            transaction.tag(Anomaly.REFUSED)
        elif response is None or not response.end_time:
            transaction.tag(Anomaly.SERVER_CLOSED)
        if response is not None and not response.end_time:
            response.end_time = time
        self._over(number, stream, finished)

    def go_away(self, side: i64, last: i64, finished: list[Outcome]) -> None:
        """One side will not process streams of the other above the last."""
        for number, stream in list(self._open.items()):
            if number > last and number & 1 == side and stream.transaction.response is None:
                stream.transaction.tag(Anomaly.REFUSED)
                self._over(number, stream, finished)

    # What is lost

    def lose(self, side: i64) -> None:
        """The place in what one side says is lost: any frames of any streams may have been in the hole."""
        self._complete[side] = False
        self._lost[side] = True
        if side == CLIENT:
            self._since_hole = True
        for stream in self._open.values():
            message = stream.message(side)
            over = stream.asked if side == CLIENT else message is not None and message.end_time
            if over:
                continue
            stream.doubtful[side] = True
            if side == SERVER and stream.uncertain:
                self._forget_answer(stream)
            elif message is not None:
                message.unsized = True
            if (messages := stream.messages(side)) is not None:
                messages.torn = True

    def found(self, side: i64) -> None:
        """The place is known again."""
        self._lost[side] = False

    def lose_block(self, side: i64) -> None:
        """A block was lost of which it is not known what it was."""
        self._complete[side] = False

    # The end

    def close(self, side: i64, time: i64) -> None:
        """Nothing more comes from one side."""
        for stream in self._open.values():
            message = stream.message(side)
            if message is not None and not message.end_time and message.state is not State.MISSING:
                message.end_time = time

    def finish(self, unseen: Anomaly, unfinished: list[tuple[int, int]], finished: list[Outcome]) -> None:
        """The connection is over: report what is open.

        `unfinished`: by side, a stream and the bytes of a body that its last frame has promised, and that have not come.
        """
        for number, stream in list(self._open.items()):
            for side, (at, size) in enumerate(unfinished):
                message = stream.message(side)
                if at == number and message is not None:
                    message.body_size -= size
            self._over(number, stream, finished, unseen)
        self._counts.transactions += self._begun
        self._begun = 0

    def overdue(
        self, now: i64, patience: i64, unfinished: list[tuple[int, int]], finished: list[Outcome]
    ) -> None:
        """Report what is still not over, `patience` nanoseconds after it was first asked for."""
        for number, stream in self._open.items():
            transaction = stream.transaction
            if transaction.reported:
                continue
            if not transaction.since:
                transaction.since = now
            elif now - transaction.since >= patience:
                transaction.tag(Anomaly.DEADLINE)
                self._cut_off(number, stream, unfinished, finished)

    def relieve(self, unfinished: list[tuple[int, int]], finished: list[Outcome]) -> None:
        """Report all as it stands, and forget it."""
        for number, stream in self._open.items():
            self._cut_off(number, stream, unfinished, finished)
        self._open.clear()

    @property
    def weight(self) -> i64:
        """Bytes of memory that open streams take beyond the ordinary, which is one."""
        return WEIGHT * (len(self._open) - 1) if self._open else 0

    @property
    def begun(self) -> i64:
        """How many transactions have begun."""
        return self._begun

    @property
    def open_transactions(self) -> i64:
        """How many of them are not reported."""
        return sum([not stream.transaction.reported for stream in self._open.values()])

    @property
    def open_messages(self) -> i64:
        """How many messages are in those."""
        return sum(
            [
                (stream.transaction.request is not None)
                + (stream.transaction.response is not None and not stream.uncertain)
                for stream in self._open.values()
                if not stream.transaction.reported
            ]
        )

    # Parts

    def _begin(self, number: i64) -> Stream:
        self._begun += 1
        stream = self._open[number] = Stream(Transaction(self._peers, number, stream=number))
        stream.doubtful[:] = self._lost
        return stream

    def _bound(self, finished: list[Outcome]) -> None:
        """Keep no more streams than may be open."""
        if len(self._open) > self._pending:
            number, stream = next(iter(self._open.items()))
            self._cut_off(number, stream, [], finished)
            del self._open[number]

    def _note(self, number: i64) -> None:
        """A stream of the client has begun, or is named by a trailer."""
        if self._since_hole:
            self._keep_hole(self._newest, number)
            self._since_hole = False
        self._newest = max(self._newest, number)

    def _note_answer(self, number: i64) -> None:
        """A stream of the client was answered that has begun in a hole; others of that hole may be still to come, and not this."""
        if number > self._newest:
            self._keep_hole(self._newest, number)
            self._newest = number
            return
        for low, high in self._holes:
            if low < number < high:
                self._holes.remove((low, high))
                self._keep_hole(low, number)
                self._keep_hole(number, high)
                return

    def _keep_hole(self, low: i64, high: i64) -> None:
        if high - low > 2:
            self._holes.append((low, high))
            self._holes.sort()
            if len(self._holes) > _HOLES:
                first, second = self._holes[:2]
                self._holes[:2] = [(first[0], second[1])]

    def _unseen(self, number: i64) -> bool:
        """Whether a stream that is not open may have begun without having been seen."""
        if not number & 1:
            return not self._complete[SERVER]
        return number > self._newest or any(low < number < high for low, high in self._holes)

    def _answer(self, stream: Stream, head: Head | None, began: tuple[int, int, int], *, ends: bool) -> None:
        """The final response has begun, or what may be one."""
        transaction = stream.transaction
        stream.uncertain = (head is None or head.status is None) and not ends
        if not stream.uncertain:
            self._count(stream)
        transaction.response = response = (
            self._fields.response(head, *began) if head is not None else Response(*began, version="2")
        )
        stream.torn[SERVER] = head is None
        stream.doubtful[SERVER] = False
        if head is None:
            return
        stream.tunnel = stream.connects and 200 <= response.status < 300
        stream.lengths[SERVER] = head.length
        stream.call(SERVER, response.content_type)
        self._trailers(stream, head)

    def _answer_unseen(self, stream: Stream) -> Response:
        """The answer has begun, and its head is lost."""
        response = Response(0, 0, 0, version="2", unsized=True)
        stream.transaction.response = response
        stream.torn[SERVER] = True
        self._count(stream)
        return response

    def _count(self, stream: Stream) -> None:
        """A message of a stream has begun for certain: a count that was shown is not taken back."""
        self._counts.messages += 1
        if stream.transaction.reported:
            self._counts.late += 1

    def _believe(self, stream: Stream) -> None:
        """What has begun as a response is the final one."""
        if stream.uncertain:
            stream.uncertain = False
            self._count(stream)

    def _tag_trailers(self, stream: Stream, message: Request | Response, head: Head | None) -> None:
        """Trailers are rare, but where they are part of every call."""
        if stream.transaction.call is None and (head is None or head.names or head.hidden):
            message.tag(Anomaly.TRAILERS)

    def _forget_answer(self, stream: Stream) -> None:
        """What has begun was an interim answer, or nobody will know whether it was."""
        stream.uncertain = stream.torn[SERVER] = False
        stream.transaction.response = None

    def _trailers(self, stream: Stream, head: Head | None) -> None:
        """A status may be in trailers, or in a head that is all there is ("Trailers-Only")."""
        if head is None or (text := head.values.get(b"grpc-status")) is None:
            return
        call = stream.transaction.call
        if call is None:
            # Whoever sends one answers a call, though its content type is unknown.
            call = stream.transaction.call = Call(grpc.GRPC)
        call.status = grpc.status(text)
        if call.status == _DEADLINE_EXCEEDED:
            stream.transaction.tag(Anomaly.RPC_DEADLINE)

    def _judge_cancel(self, transaction: Transaction, code: i64, time: i64) -> None:
        """Whether the client has cancelled a call because its time was over."""
        call, request = transaction.call, transaction.request
        if code != _CANCEL or call is None or call.timeout is None or request is None:
            return
        if time - request.time >= call.timeout - call.timeout // _SLACK:
            transaction.tag(Anomaly.RPC_DEADLINE)

    def _check_length(self, stream: Stream, side: i64, message: Request | Response) -> None:
        """RFC 9113 section 8.1.1: a Content-Length that is not the body's is malformed."""
        declared = stream.lengths[side]
        if declared is None or declared == message.body_size:
            return
        request = stream.transaction.request
        if side == SERVER:
            response = stream.transaction.response
            if response is not None and response.status in {204, 304} and not message.body_size:
                return
            if (request is None or request.method in {"HEAD", ""}) and not message.body_size:
                return
        message.tag(Anomaly.CONTENT_LENGTH_MISMATCH)

    def _over(
        self,
        number: i64,
        stream: Stream,
        finished: list[Outcome],
        unseen: Anomaly = Anomaly.UNANSWERED,
    ) -> None:
        """A stream is over: report it."""
        del self._open[number]
        stream.settle()
        self._report(stream, finished, unseen)

    def _cut_off(
        self, number: i64, stream: Stream, unfinished: list[tuple[int, int]], finished: list[Outcome]
    ) -> None:
        """Report a stream that goes on as it stands: a copy, for it does go on."""
        if stream.transaction.reported:
            return
        stream.settle()
        self._report(stream, finished, Anomaly.CUT_SHORT)
        sizes = [size if at == number else 0 for at, size in unfinished] or [0, 0]
        finished[-1] = stream.transaction.as_it_stands(sizes[CLIENT], sizes[SERVER])

    def _report(self, stream: Stream, finished: list[Outcome], unseen: Anomaly) -> None:
        transaction = stream.transaction
        if transaction.reported:
            return
        if stream.uncertain:
            self._forget_answer(stream)
        transaction.reported = True
        self._counts.reported += 1
        request, response = transaction.request, transaction.response
        if self.client_closed:
            transaction.tag(Anomaly.CLIENT_CLOSED)
        if request is None or response is None:
            self._counts.halves += 1
            # Whose bytes the missing half would be in: of a request on an even stream, a promise of the server's.
            silent = CLIENT if request is None and transaction.stream & 1 else SERVER
            proven = self._complete[silent] and self.heard[silent] and not stream.doubtful[silent]
            if not proven:
                transaction.tag(Anomaly.UNPAIRED)
            else:
                transaction.tag(unseen if response is None else Anomaly.UNREQUESTED)
        finished.append(transaction)
