"""Requests and responses of one connection -> transactions.

Owns pairing: which response answers which request, and when a transaction is reported. Refuses to guess:
a half that cannot be proven to belong to another is reported alone.

Theory of operation
-------------------
HTTP/1 answers in order (RFC 9112 section 9.3.2), so as long as every message of a connection has been
seen, the next response answers the oldest unanswered request, and pipelining changes nothing about it.

A hole may have swallowed messages. Then only *place* counts. The two directions of a connection see each
other: each segment says how much of the other direction its sender had received (the acknowledgement).

1.  A client that waits for its answers sends a request when it has received all of the response before;
    so its request acknowledges exactly the position at which its own response will start.
2.  A server cannot answer what it has not received: a response acknowledges at least the first byte of
    the request it answers.

A response at position p therefore answers the request whose place is p, if its own place is beyond that
request's first byte, and if the client has never been seen to pipeline. Both must hold; otherwise the
halves are reported unpaired. When a pair is proven, the requests before it have lost their responses, and
order counts again from there.

The same two facts tell where a message starts after a hole (`parser` is in SEARCH then): a response starts
at the place of a waiting request; a request starts where its sender had received a whole response that
was not there when the last request before the hole was sent.

A message whose end two programs may see in different places (request smuggling) loses the count, too. Of such a
request order proves its own answer; how many answers its server finds in what follows is not known, so nothing after
it on this connection has a pair. After such a response it is the next request's place that tells.

What this cannot tell apart: a client that sends requests before the answers to those before have come, all
of whose overlapping requests were lost or came before the capture began, and a server slow enough to have
received the next request before it answers the one before. It looks exactly like a client that waits.

Limits: `Limits.pending` unanswered requests; beyond it the oldest is reported unpaired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly, Chunk, Drop, Peers, Request, Response, Transaction
from interceptor.core.protocols.conversation import CLIENT, SERVER, Becoming, Conversation
from interceptor.core.protocols.http1.parser import (
    DOUBTFUL,
    NOTHING_RARE,
    OPAQUE,
    SEARCH,
    TO_CLOSE,
    Context,
    RequestParser,
    ResponseParser,
)

if TYPE_CHECKING:
    from interceptor.core.model import Outcome, i64
    from interceptor.core.protocols.http1.parser import Rare

__all__ = ["HttpConversation"]


class HttpConversation(Conversation):
    """HTTP on one connection: a parser for each direction, and the pairing of what they find."""

    __slots__ = (
        "_answering",
        "_asking",
        "_burden",
        "_early",
        "_floor",
        "_index",
        "_pending",
        "_pipelined",
        "_requests_complete",
        "_response_end",
        "_responses_complete",
        "becomes",
        "client_closed",
        "client_seen",
        "context",
        "peers",
        "requests",
        "responses",
        "server_seen",
    )

    peers: Peers

    def __init__(self, peers: Peers, context: Context, *, first: bool) -> None:
        """`first`: the connection is seen from its handshake on."""
        self.peers = peers
        self.becomes: Becoming | None = None
        self.context = context
        self.requests = RequestParser(context, first=first)
        self.responses = ResponseParser(context, first=first)
        self.client_seen = False
        """Any segment has come from the client; its acknowledgements can be relied on."""
        self.server_seen = False
        self.client_closed = False
        """The client has reset the connection."""
        self._requests_complete = first
        """None has been lost since the beginning or the last proof of a pair."""
        self._responses_complete = first
        self._pipelined = False
        """Some request was sent before the answers to those before it had come."""
        self._pending = _NOBODY
        """Whose response has not ended, oldest first. The request may still be coming in. All connections
        in which none waits, which is most of them, share one empty list."""
        self._asking: Transaction | None = None
        """Whose request is coming in."""
        self._answering: Transaction | None = None
        """Whose response is coming in."""
        self._early: Transaction | None = None
        """A response to a request whose head is still incomplete (400, 408, 431)."""
        self._index: i64 = 0
        self._floor: i64 = 0 if first else _BEFORE_ALL
        """Place of the last request known. After a hole, what acknowledges no more than that may be a
        piece of a request that was lost."""
        self._response_end: i64 = 0
        """Position after the last response that ended."""
        self._burden: i64 = 0
        """Bytes of memory that transactions take while they wait, beyond the ordinary: what they hold of large heads, and
        all that wait behind another."""

    # Bytes in

    def receive(self, side: i64, chunk: Chunk, finished: list[Outcome]) -> None:
        """The next bytes of one side."""
        if side == SERVER:
            self._receive_responses(chunk, finished)
            return
        parser = self.requests
        if parser.mode == SEARCH:
            if not (
                self._request_may_start(chunk.place)
                and not parser.goes_on(chunk)
                and parser.plausible(chunk.buffer, chunk.cursor, chunk.end)
            ):
                parser.skip(chunk)
                if parser.rare is not NOTHING_RARE:
                    self._look_around(parser.rare, chunk)
                return
            parser.resume()
        elif parser.partial is not None and parser.after_loss and parser.strayed(chunk):
            self.receive(CLIENT, chunk, finished)
            return
        elif self._early is not None and self._begins_again(chunk):
            early, self._early = self._early, None
            early.tag(Anomaly.REQUEST_INVALID)
            self._report(early, finished)
            parser.drop(Drop.HEAD_INVALID)
        while chunk.cursor < chunk.end:
            message = parser.next_event(chunk)
            if message is None:
                break
            asking = self._asking
            if asking is None or asking.request is not message:
                asking = self._ask(message, finished)
            if parser.open is None:
                self._asked(asking, message, finished)
        if parser.rare is not NOTHING_RARE:
            self._look_around(parser.rare, chunk)

    def _receive_responses(self, chunk: Chunk, finished: list[Outcome]) -> None:
        parser = self.responses
        if self.requests.partial is not None and self.requests.lone_before(chunk.place):
            self._ask_simply(finished)
        if parser.mode == SEARCH:
            if not (
                self._response_may_start(chunk.base + chunk.cursor)
                and parser.plausible(chunk.buffer, chunk.cursor, chunk.end)
            ):
                parser.skip(chunk)
                if parser.rare is not NOTHING_RARE:
                    self._look_around(parser.rare, chunk)
                return
            parser.resume()
        elif (
            parser.rare.simple
            and parser.idle
            and self._awaits_simple()
            and not parser.plausible(chunk.buffer, chunk.cursor, chunk.end)
        ):
            self._pair(self._pending[0], parser.begin_simple(chunk))
        elif parser.mode == TO_CLOSE and len(self._pending) > 1 and self._server_went_on(chunk):
            self._abandon(finished)
            parser.go_on()
        while chunk.cursor < chunk.end:
            message = parser.next_event(chunk)
            if message is None:
                break
            answering = self._answering
            if answering is None or answering.response is not message:
                if message.status < 200:
                    self._interim(message, chunk, finished)
                    continue
                answering = self._pair(self._match(message, finished), message)
                request = answering.request
                if request is None:
                    parser.answer_to(None, chunk)
                    if parser.mode == DOUBTFUL:  # as the answer to a HEAD it has ended here
                        self._response_end = chunk.base + chunk.cursor
                else:
                    parser.answer_to(request.method, chunk)
                    if request.method == "CONNECT" and message.status < 300:
                        self._upgrade(answering, chunk)
            if parser.open is None:
                # That one in doubt is over shows when some of the next has come.
                partial = parser.partial
                self._response_end = chunk.base + chunk.cursor if partial is None else partial.position
                self._answered(answering, finished)
        if parser.rare is not NOTHING_RARE:
            self._look_around(parser.rare, chunk)

    def gap(self, side: i64, size: i64, position: i64, time: i64, finished: list[Outcome]) -> None:
        """Bytes of one side are missing from the capture."""
        if side == CLIENT:
            self._requests_lost(self.requests.gap(size, position, time), finished)
        else:
            self._responses_lost(self.responses.gap(size, position, time), position + size, finished)
        self._turn()

    def close(self, side: i64, position: i64, time: i64, finished: list[Outcome], *, clean: bool) -> None:
        """Nothing more comes from one side; of the server: what is unanswered stays so."""
        if side == SERVER:
            self._close_responses(position, time, finished, clean=clean)
            return
        if clean:
            self._ask_simply(finished)
        ended = self.requests.close(position, time, clean=clean)
        if ended is not None and self._asking is not None:
            self._asked(self._asking, ended, finished)

    def _close_responses(self, position: i64, time: i64, finished: list[Outcome], *, clean: bool) -> None:
        response = self.responses.open
        if response is not None and len(self._pending) > 1 and _may_end_elsewhere(response):
            # Other answers may be in what was read as its body.
            response.unsized = True
        if response is not None and response.unsized:
            clean = False
        if self.responses.close(position, time, clean=clean) is not None and self._answering is not None:
            self._answered(self._answering, finished)

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """The connection is over, or speaks HTTP no more. All that is still open is reported."""
        for transaction in self._pending:
            self._report(transaction, finished, unseen)
        self._pending = _NOBODY
        if self._early is not None:
            # The head that it answers has no end.
            self._early.tag(Anomaly.REQUEST_INVALID if self._requests_complete else Anomaly.UNPAIRED)
            self._report(self._early, finished)
            self._early = None
        self._asking = self._answering = None
        self._unburden(self._burden)
        self.context.transactions += self._index

    def overdue(self, now: i64, patience: i64, finished: list[Outcome]) -> None:
        """Report what is still not over, `patience` nanoseconds after it was first asked for.

        By elapsed time: the times of messages are those of the capture, and may jump.
        """
        for transaction in [*self._pending, self._early]:
            if transaction is None or transaction.reported:
                continue
            if not transaction.since:
                transaction.since = now
            elif now - transaction.since >= patience:
                transaction.tag(Anomaly.DEADLINE)
                self._cut_off(transaction, finished)

    def relieve(self, finished: list[Outcome]) -> None:
        """Give up what waits here for more, and hold it no longer: memory is short.

        Requests that wait are reported as they stand; their answers, when they come, have no pair.
        """
        if self._burden:
            for transaction in [*self._pending, self._early]:
                if transaction is not None:
                    self._cut_off(transaction, finished)
            self._early = None
            self._pending = _NOBODY
            self._unburden(self._burden)
            self._responses_complete = False
        self._requests_lost(self.requests.relieve(), finished)
        partial = self.responses.partial
        if partial is not None:
            end = partial.position + len(partial.data)
            self._responses_lost(self.responses.relieve(), end, finished)
        self._turn()

    def heard(self, side: i64) -> None:
        """A segment of one side was captured: its acknowledgements can be relied on."""
        if side == CLIENT:
            self.client_seen = True
        else:
            self.server_seen = True

    def reset(self, side: i64) -> None:
        """One side has reset the connection. Of the server that says no more than its end does."""
        if side == CLIENT:
            self.client_closed = True

    def reader(self, side: i64) -> RequestParser | ResponseParser:
        """The parser of one side."""
        return self.requests if side == CLIENT else self.responses

    @property
    def weight(self) -> int:
        """Bytes of memory of what waits here."""
        return self._burden + self.requests.weight + self.responses.weight

    def held(self, side: i64, position: i64) -> i64:
        """Bytes of one side that are in no ended message yet."""
        return self.reader(side).held(position)

    @property
    def begun(self) -> int:
        """How many transactions have begun."""
        return self._index

    @property
    def open_transactions(self) -> int:
        """How many have begun and are not reported."""
        return len(self._open())

    @property
    def open_messages(self) -> int:
        """How many messages are in them."""
        return sum((t.request is not None) + (t.response is not None) for t in self._open())

    # Requests

    def _requests_lost(self, ended: Request | None, finished: list[Outcome]) -> None:
        """Bytes of the client went no further; `ended` is the request that this ended."""
        if ended is not None and self._asking is not None:
            self._asked(self._asking, ended, finished)
        if self.requests.mode == SEARCH:
            self._requests_complete = False
            answered = all(transaction is self._answering for transaction in self._pending)
            if answered and (self.responses.idle or self.responses.mode == DOUBTFUL):
                # All that was asked is answered, as far as one in doubt has ended with its head. So the head that is
                # missing has this place, and what comes with the same one is the rest of that request.
                self._floor = max(self._floor, self._response_end)

    def _responses_lost(self, ended: Response | None, end: i64, finished: list[Outcome]) -> None:
        """The same of the server's, up to the position `end`."""
        if ended is not None and self._answering is not None:
            self._response_end = end
            self._answered(self._answering, finished)
        if self.responses.mode == SEARCH:
            self._responses_complete = False

    def _ask(self, request: Request, finished: list[Outcome]) -> Transaction:
        """A request has begun."""
        self.context.messages += 1
        if self._answering is not None and self.responses.mode == TO_CLOSE:
            self._went_on(request, finished)
        if request.after_loss:
            self._requests_complete = False
        if request.version == "0.9":
            self.responses.its_own().simple = True
        transaction, self._early = self._early, None
        if transaction is not None and request.after_loss:
            # The head that it answers is lost, and this is another.
            if transaction is self._answering:
                self._await(transaction)
            else:
                self._report(transaction, finished)
            transaction = None
        if transaction is not None:
            transaction.request = request
            transaction.tag(Anomaly.EARLY_RESPONSE)
            if transaction.reported:
                self.context.late += 1
        else:
            self._index += 1
            transaction = Transaction(self.peers, self._index, request, None)
            if (self._pending or request.place != self._response_end) and self._overlaps(request.place):
                self._pipelined = True
                transaction.tag(Anomaly.PIPELINED)
        self._floor = request.place
        self._asking = transaction
        if self._pending:
            self._await(transaction)
            if len(self._pending) > self.context.limits.pending:
                oldest = self._pending[0]
                self._remove(oldest)
                self._cut_off(oldest, finished)
                self._responses_complete = False
        else:
            self._pending = [transaction]
        if request.weight:
            self._load(request.weight)
        return transaction

    def _ask_simply(self, finished: list[Outcome]) -> None:
        """No field comes behind what may be a whole HTTP/0.9 request: the server answers it, or the client is done."""
        request = self.requests.line_alone()
        if request is not None:
            self._asked(self._ask(request, finished), request, finished)

    def _asked(self, transaction: Transaction, request: Request, finished: list[Outcome]) -> None:
        """The request that was coming in is over."""
        self._asking = None
        if transaction.response is not None:
            if transaction is not self._answering:
                self._remove(transaction)
                self._report(transaction, finished)
        elif self._pipelined and not (self._responses_complete and self._requests_complete):
            # Neither order nor place will ever prove its response.
            self._remove(transaction)
            self._report(transaction, finished)
        if request.anomalies is not None and not _SMUGGLING.isdisjoint(request.anomalies):
            # Two servers may count the messages in these bytes differently: order proves this request's
            # own answer, and nothing about what follows it.
            self._pipelined = True
            self._requests_complete = False
            self.requests.after_loss = True

    def _went_on(self, request: Request, finished: list[Outcome]) -> None:
        """A request has begun while a response runs until close, as far as its head can be trusted.

        Where that is ambiguous, a client that has received all there is and goes on knows of an end.
        """
        answering = self._answering
        response = answering.response if answering is not None else None
        if answering is None or response is None or not _may_end_elsewhere(response):
            return
        response.unsized = True
        if request.place == self.responses.rare.reached:
            self._abandon(finished)

    def _server_went_on(self, chunk: Chunk) -> bool:
        """Whether what comes is no more of a response that would run until close.

        Its client has received all of that and asks for something else, which the server has; and now a status line comes.
        """
        request = self._pending[1].request
        reached = self.responses.rare.reached
        return (
            self._pending[0] is self._answering
            and request is not None
            and request.place == reached == chunk.base + chunk.cursor
            and request.position < chunk.place
            and self.responses.plausible(chunk.buffer, chunk.cursor, chunk.end)
        )

    def _abandon(self, finished: list[Outcome]) -> None:
        """The response that would run until close has ended, and nobody knows where."""
        answering = self._answering
        assert answering is not None
        self._response_end = self.responses.rare.reached
        self.responses.abandon()
        self._answered(answering, finished)

    def _overlaps(self, place: i64) -> bool:
        """Whether a request of this place was sent before the answers to those before it had come."""
        if self.responses.mode == TO_CLOSE and place == self.responses.rare.reached:
            return False  # all that has come was received: nobody can tell
        if self._pending:
            last = self._pending[-1]
            if last.response is None and (
                place == self._response_end or (last.request is not None and place == last.request.place)
            ):
                return True
        if place < self._response_end:
            return True
        # One in doubt may have ended with its head.
        return self.responses.open is not None and self.responses.mode != DOUBTFUL

    def _begins_again(self, chunk: Chunk) -> bool:
        """Whether a client leaves the head that it has begun: it has heard all of what refuses that, and begins another."""
        early = self._early
        return (
            early is not None
            and early is not self._answering
            and early.response is not None
            and early.response.status >= _BAD_REQUEST
            and chunk.place >= self._response_end
            and self.requests.names_method(chunk)
        )

    def _request_may_start(self, place: i64) -> bool:
        """Whether a segment of this place, after a hole, can only be the start of a request."""
        if not self.server_seen:
            return True  # nothing to prove it by, nothing to mispair it with
        if self.responses.idle and place < self._response_end:
            return False
        refused = self.requests.rare.refused
        if place <= self._floor and (refused is None or place < refused[1]):
            return False
        # A response that may have been to a HEAD is over if its client goes on.
        response = self.responses.open
        return (
            response is None
            or self.responses.mode == DOUBTFUL
            or (
                place == self.responses.rare.reached
                and self.responses.mode == TO_CLOSE
                and _may_end_elsewhere(response)
            )
        )

    # Responses

    def _interim(self, response: Response, chunk: Chunk, finished: list[Outcome]) -> None:
        """A 1xx response: not the answer (RFC 9110 section 15.2), except that 101 ends HTTP here."""
        transaction = self._match(response, finished)
        if response.status == 101:
            self._switch(transaction, response, chunk, finished)
        elif transaction is not None:
            if transaction.interim is None:
                transaction.interim = []
            if len(transaction.interim) < _INTERIM:
                transaction.interim.append(response.status)
        self._response_end = chunk.base + chunk.cursor
        self._floor = max(self._floor, self._response_end)

    def _switch(
        self,
        transaction: Transaction | None,
        response: Response,
        chunk: Chunk,
        finished: list[Outcome],
    ) -> None:
        """A 101: what it grants is its answer, but for HTTP/2, in which the answer is still to come."""
        asked = transaction.request.upgrade if transaction is not None and transaction.request else None
        granted = response.upgrade or asked
        if transaction is None or granted is None or granted.protocol != H2C:
            transaction = self._pair(transaction, response)
            self._answered(transaction, finished)
            self._upgrade(transaction, chunk)
            return
        transaction.interim = [*(transaction.interim or [])[: _INTERIM - 1], response.status]
        self._upgrade(transaction, chunk)
        if self.becomes is not None:
            # RFC 7540 section 3.2: the answer is on stream 1. Whoever reads that reports the transaction.
            self._remove(transaction)
            self.becomes.protocol = H2C
        else:
            # A request is still coming in, and meanwhile nobody reads what the server says.
            transaction.tag(Anomaly.UPGRADED)

    def _match(self, response: Response, finished: list[Outcome]) -> Transaction | None:
        """The pending transaction that this response belongs to, by order or by place."""
        if response.after_loss:
            self._responses_complete = False
        by_order = self._responses_complete
        for transaction in self._pending:
            request = transaction.request
            if transaction.response is not None or request is None:
                continue
            if request.after_loss:
                by_order = False
            if by_order:
                return transaction if request.position < response.place else None
            if self._pipelined:
                return None
            refused = self.requests.rare.refused
            if (
                refused is not None
                and response.status >= _BAD_REQUEST
                and refused[1] == request.place
                and refused[0] < request.position
            ):
                # It may as well answer what was refused before: then nothing says what answers this one.
                self._remove(transaction)
                self._report(transaction, finished)
                return None
            if request.place == response.position and request.position < response.place:
                request.after_loss = False
                while (lost := self._pending[0]) is not transaction:
                    self._remove(lost)
                    self._report(lost, finished)
                self._responses_complete = True
                self._requests_complete = self.requests.mode != SEARCH
                return transaction
        return None

    def _pair(self, transaction: Transaction | None, response: Response) -> Transaction:
        """A final response has begun, to this transaction or to none that is known."""
        self.context.messages += 1
        if transaction is None:
            self._index += 1
            transaction = Transaction(self.peers, self._index, None, response)
            partial = self.requests.partial
            heard = partial is not None and partial.position < response.place
            if self._responses_complete and heard and self._early is None:
                self._early = transaction
            else:
                if self._answers_refused(response):
                    transaction.tag(Anomaly.REQUEST_INVALID)
                    self.requests.rare.answered = self.requests.rare.refused
                self._await(transaction)
        else:
            transaction.response = response
            if transaction.reported:
                self.context.late += 1
            if transaction is self._asking:
                transaction.tag(Anomaly.EARLY_RESPONSE)
        if response.weight:
            self._load(response.weight)
        self._answering = transaction
        return transaction

    def _answers_refused(self, response: Response) -> bool:
        """Whether a response to no known request answers what could not be read as one."""
        rare = self.requests.rare
        refused = rare.refused
        if refused is None or refused is rare.answered or refused[0] >= response.place:
            return False
        # By place, or by order: all was answered, and no request has come since.
        return refused[1] == response.position or (
            self._responses_complete and self.requests.after_loss and not self._pending
        )

    def _answered(self, transaction: Transaction, finished: list[Outcome]) -> None:
        """The response that was coming in is over."""
        self._answering = None
        response = transaction.response
        if response is not None and response.anomalies and not _SMUGGLING.isdisjoint(response.anomalies):
            # Its client may see its end elsewhere. The place of the client's next request will tell.
            self._responses_complete = False
            self.responses.after_loss = True
        if transaction is not self._asking and transaction is not self._early:
            self._remove(transaction)
            self._report(transaction, finished)

    def _response_may_start(self, position: i64) -> bool:
        """Whether a response can start here, after a hole."""
        refused = self.requests.rare.refused
        if (
            not self.client_seen
            or position == self._floor
            or (refused is not None and refused[1] == position)
        ):
            return True
        return any(
            t.response is None and t.request is not None and t.request.place == position
            for t in self._pending
        )

    def _awaits_simple(self) -> bool:
        """Whether what comes next answers an HTTP/0.9 request."""
        oldest = self._pending[0] if self._pending else None
        return (
            oldest is not None
            and oldest.response is None
            and oldest.request is not None
            and oldest.request.version == "0.9"
        )

    # Both

    def _await(self, transaction: Transaction) -> None:
        pending = self._pending
        if pending:
            pending.append(transaction)
            self._load(_WAITING)
        else:
            self._pending = [transaction]

    def _remove(self, transaction: Transaction) -> None:
        pending = self._pending
        if not pending:
            return
        if pending[0] is transaction:
            del pending[0]
        elif pending[-1] is transaction:
            del pending[-1]
        elif transaction in pending:
            pending.remove(transaction)
        else:
            return
        if not pending:
            self._pending = _NOBODY
            if self._burden:
                self._unburden(self._burden)
            return
        request, response = transaction.request, transaction.response
        self._unburden(
            _WAITING
            + (request.weight if request is not None else 0)
            + (response.weight if response is not None else 0)
        )

    def _load(self, weight: i64) -> None:
        self._burden += weight
        self.context.budget.held += weight

    def _unburden(self, weight: i64) -> None:
        weight = min(weight, self._burden)
        self._burden -= weight
        self.context.budget.held -= weight

    def _open(self) -> list[Transaction]:
        return [t for t in [*self._pending, self._early] if t is not None and not t.reported]

    def _cut_off(self, transaction: Transaction, finished: list[Outcome]) -> None:
        """Report a transaction whose messages may still be coming in: their size is what has come.

        What is given out is a copy: the parsers go on with the messages, and pairing with the transaction.
        """
        if transaction.reported:
            return
        self._report(transaction, finished, Anomaly.CUT_SHORT)
        finished[-1] = transaction.as_it_stands(
            self.requests.remaining if transaction is self._asking else 0,
            self.responses.remaining if transaction is self._answering else 0,
        )

    def _report(
        self,
        transaction: Transaction,
        finished: list[Outcome],
        unseen: Anomaly = Anomaly.UNANSWERED,
    ) -> None:
        if transaction.reported:
            return
        transaction.reported = True
        self.context.reported += 1
        if self.client_closed:
            transaction.tag(Anomaly.CLIENT_CLOSED)
        if transaction.response is None or transaction.request is None:
            self.context.halves += 1
            proven = (
                self._responses_complete
                and self._requests_complete
                and SEARCH not in {self.requests.mode, self.responses.mode}
            )
            if transaction.anomalies is not None and not _HALVES.isdisjoint(transaction.anomalies):
                pass  # its other half is known, and is none, or is elsewhere
            elif not proven:
                transaction.tag(Anomaly.UNPAIRED)
            elif transaction.response is None:
                transaction.tag(unseen if self.server_seen else Anomaly.UNPAIRED)
            else:
                transaction.tag(Anomaly.UNREQUESTED if self.client_seen else Anomaly.UNPAIRED)
        finished.append(transaction)

    def _look_around(self, rare: Rare, chunk: Chunk) -> None:
        """A direction is not as nearly all are: see what follows from it."""
        if rare.alien:
            self._judge(chunk)
        self._turn()

    def _turn(self) -> None:
        """See whether neither direction will give another message."""
        if self.requests.mode == OPAQUE and self.responses.mode == OPAQUE and self.becomes is None:
            switched = self.requests.rare.switched
            self.becomes = Becoming(UNREAD if switched is None else UPGRADED, origin=switched)

    def _judge(self, chunk: Chunk) -> None:
        """One direction has begun with what is not even like HTTP: see whether this is HTTP at all.

        Either side can prove that it is, by any message, at any time while the other has not begun with something else,
        too. A side that speaks alone has as many bytes for it as a head may have.
        """
        requests, responses = self.requests, self.responses
        if self._index:
            requests.its_own().alien = responses.its_own().alien = False
        elif (requests.rare.alien and responses.rare.alien) or (
            (requests.first or responses.first) and chunk.base + chunk.end > self.context.head_bytes
        ):
            requests.stop(Drop.NOT_HTTP)
            responses.stop(Drop.NOT_HTTP)

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers
        for transaction in self._open():
            transaction.peers = peers

    def announce(self, client: tuple[str, int]) -> None:
        """A load balancer has said who the client is (PROXY protocol)."""
        self.peers = self.peers.announced(*client)

    def _upgrade(self, transaction: Transaction, chunk: Chunk) -> None:
        """The rest of the connection speaks something else (RFC 9110 sections 7.8 and 9.3.6)."""
        self.requests.its_own().switched = transaction
        self.requests.stop(Drop.UPGRADED)
        self.responses.stop(Drop.UPGRADED)
        self._turn()
        if self.becomes is not None:
            rest = Chunk(chunk.buffer, chunk.cursor, chunk.end, chunk.base, chunk.time, chunk.place)
            self.becomes.left.append((SERVER, rest))
            chunk.cursor = chunk.end


def _may_end_elsewhere(response: Response) -> bool:
    return response.anomalies is not None and Anomaly.AMBIGUOUS_FRAMING in response.anomalies


H2C: Final = "h2c"
UNREAD: Final = "unread"
UPGRADED: Final = "upgraded"
"""What a connection becomes that goes on in HTTP/2, one that was never HTTP, and one that is HTTP no more."""

_BEFORE_ALL: Final = -(1 << 63)

_NOBODY: Final[list[Transaction]] = []
"""The list of those that wait where none does; never changed."""

_WAITING: Final = 1_024
"""Bytes of memory of a transaction that waits behind another, its request included, as measured by `tests/test_bounds.py`."""

_INTERIM: Final = 16
"""Status codes kept per transaction; a server that sends more is playing."""

_BAD_REQUEST: Final = 400

_HALVES: Final = frozenset({Anomaly.REQUEST_INVALID, Anomaly.UPGRADED})
"""Tags of what is whole without its other half."""

_SMUGGLING = frozenset(
    {
        Anomaly.TE_AND_CL,
        Anomaly.TE_IN_HTTP_1_0,
        Anomaly.AMBIGUOUS_FRAMING,
        Anomaly.INVALID_CONTENT_LENGTH,
        Anomaly.UNKNOWN_CODING,
        Anomaly.BAD_CHUNK,
        Anomaly.BARE_CR,
    }
)
"""Two programs may count the messages in these bytes differently."""
