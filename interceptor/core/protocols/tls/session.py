"""A connection that speaks TLS: what is said of it in clear, and how much of what cannot be read.

Owns the story of one connection: who greets how, whether a session is taken up again, how it ends. Refuses to guess: what
was not seen is None, and what encryption hides is not inferred from sizes.

A session is reported once, when its connection is over, or each time that it has been open for as long as a transaction may
be (`Limits.transaction_seconds`): then with what came since the last time, as `ongoing`.

Limits: what is kept of a hello is what `hellos` reads of it, at most 64 KiB, of which all but the names are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from interceptor.core.model import Outcome, State
from interceptor.core.protocols.conversation import CLIENT, NOWHERE, Becoming, Conversation
from interceptor.core.protocols.tls.certificates import Certificate, read_leaf
from interceptor.core.protocols.tls.hellos import (
    ClientHello,
    ServerHello,
    read_client_hello,
    read_server_hello,
    session_id,
)
from interceptor.core.protocols.tls.layer import RecordLayer

if TYPE_CHECKING:
    from collections.abc import Collection

    from interceptor.core.budget import Budget
    from interceptor.core.model import Anomaly, Chunk, Peers, i64

__all__ = ["Account", "Session", "TlsConversation", "Traffic"]

_TLS_1_3: Final = 0x0304
_CLIENT_HELLO: Final = 1
_SERVER_HELLO: Final = 2
_CERTIFICATE: Final = 11
_OF_CLIENT: Final = (_CLIENT_HELLO,)
_OF_SERVER: Final = (_SERVER_HELLO, _CERTIFICATE)
"""Messages that are read."""


class Traffic(Struct, frozen=True, gc=False):
    """What came from one side, since its session was last reported."""

    bytes: int = 0
    """Of the connection, whatever they belong to, as far as they were seen."""
    missed: int = 0
    """Bytes that are known to be missing from the capture."""
    records: int = 0
    data_records: int = 0
    """Of type 23, which is all that is encrypted in TLS 1.3."""
    data_bytes: int = 0
    """Their content, as their headers promise it."""


class Session(Outcome, eq=False, gc=False):
    """A TLS session as seen, or what came of it since it was last reported."""

    part: int
    """1-based: how often it has been reported with this one."""
    time: int
    """Of the first byte seen, or of the first one since the last report."""
    end_time: int
    state: State
    """COMPLETE: all bytes until both sides ended were seen. MISSING: its beginning was not."""
    ongoing: bool
    """It goes on after this report."""
    hello: ClientHello | None
    answer: ServerHello | None
    """The last one: after a HelloRetryRequest, of the second try."""
    retried: bool
    certificate: Certificate | None
    resumed: bool | None
    """A session from before was taken up again; None where it cannot be known."""
    established: bool
    """Both sides encrypt."""
    handshake_time: int | None
    """Nanoseconds from the first ClientHello to the client's first encrypted record after the server's hello."""
    alert: tuple[int, int, int] | None
    """Side, level and description of the last alert that came in clear."""
    closed_by: int | None
    """The side that ended it first, by an alert, a FIN or a RST."""
    client: Traffic
    server: Traffic
    assumed: bool
    """Which of them is the client is not proven."""


class Account(Protocol):
    """What counts bytes that were read."""

    def deliver(self, size: i64, /) -> None:
        """So many more."""

    def answered(self, peers: Peers, /) -> None:
        """The server of these has said hello: it is one."""


_NOTHING: Final = Traffic()


class _Side(RecordLayer):
    """What one side has said so far, and what of that has been reported."""

    __slots__ = ("bytes", "ended", "missed", "position", "reported")

    def __init__(self, wanted: Collection[int], *, first: bool) -> None:
        super().__init__(wanted, first=first)
        self.position: i64 = NOWHERE
        """Up to which its bytes are counted; NOWHERE before the first, and behind a FIN: that takes a place, which is no byte."""
        self.bytes: i64 = 0
        self.missed: i64 = 0
        self.ended = False
        """By a FIN."""
        self.reported = _NOTHING

    def traffic(self) -> Traffic:
        """What came in all."""
        return Traffic(self.bytes, self.missed, self.records, self.data_records, self.data_bytes)

    def since(self) -> Traffic:
        """What came since this was last asked for."""
        now, before = self.traffic(), self.reported
        self.reported = now
        return Traffic(
            now.bytes - before.bytes,
            now.missed - before.missed,
            now.records - before.records,
            now.data_records - before.data_records,
            now.data_bytes - before.data_bytes,
        )


class TlsConversation(Conversation):
    """TLS on one connection."""

    __slots__ = (
        "_account",
        "_alert",
        "_answer",
        "_assumed",
        "_budget",
        "_certificate",
        "_client",
        "_closed_by",
        "_echoed",
        "_encrypted",
        "_end",
        "_greeted",
        "_hello",
        "_parts",
        "_reset",
        "_retried",
        "_server",
        "_session_id",
        "_since",
        "_start",
        "_truncated",
        "_weighed",
        "becomes",
        "peers",
    )

    peers: Peers

    def __init__(
        self,
        peers: Peers,
        account: Account,
        budget: Budget,
        *,
        first: bool,
        late: bool = False,
        assumed: bool = False,
    ) -> None:
        """`first`: the connection is seen from the hellos on, if `late` only from the server's. `assumed`: see `Session`."""
        self._budget = budget
        self._weighed: i64 = 0
        """What the budget knows of."""
        self.peers = peers
        self.becomes: Becoming | None = None
        self._account = account
        self._client = _Side(_OF_CLIENT, first=first)
        self._server = _Side(_OF_SERVER, first=first)
        self._hello: ClientHello | None = None
        self._answer: ServerHello | None = None
        self._session_id = b""
        """In the client's hello, until there is an answer."""
        self._echoed = False
        """The server has said the same one."""
        self._retried = False
        self._certificate: Certificate | None = None
        self._greeted: i64 = 0
        """When the client began to greet."""
        self._encrypted: i64 = 0
        """When the client first sent what is encrypted, after the server's hello; 0: not yet."""
        self._alert: tuple[int, int, int] | None = None
        self._closed_by: int | None = None
        self._reset = False
        self._start: i64 = 0
        """Of what is not reported; 0: nothing has come."""
        self._end: i64 = 0
        self._since = 0
        """When it was first found open since its last report, on the clock that time-outs run on."""
        self._truncated = late or not first
        self._assumed = assumed
        self._parts: i64 = 0

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers

    def reader(self, side: i64) -> RecordLayer:
        """What reads one side."""
        return self._side(side)

    def _side(self, side: i64) -> _Side:
        return self._client if side == CLIENT else self._server

    def held(self, side: i64, position: i64) -> i64:
        """Bytes of a record that went by since the last that was looked at."""
        said = self._side(side)
        return position - said.position if said.position != NOWHERE else 0

    @property
    def weight(self) -> i64:
        """Bytes of memory that messages take which are not whole."""
        return self._client.weight + self._server.weight

    def _count(self, said: _Side, start: i64, stop: i64) -> None:
        """Bytes came up to a position, the first of those that were looked at at `start`."""
        size = stop - (said.position if said.position != NOWHERE else start)
        said.position = stop
        said.bytes += size
        self._account.deliver(size)

    def receive(self, side: i64, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Bytes of one side, in order."""
        said = self._client if side == CLIENT else self._server
        self._count(said, chunk.base + chunk.cursor, chunk.base + chunk.end)
        self._start = self._start or chunk.time
        self._end = chunk.time
        if side == CLIENT and not self._greeted and not self._truncated:
            self._greeted = chunk.time
        for kind, body in said.receive(chunk):
            self._read(side, kind, body)
        if self._weighed or said.clear is not None:
            self._weigh()
        if said.alert is not None and (self._alert is None or self._alert[0] != side):
            self._alert = (side, *said.alert)
        if said.encrypted_alert and self._closed_by is None:
            self._closed_by = side
        if (
            not self._encrypted
            and side == CLIENT
            and self._greeted
            and self._answer is not None
            and not self._answer.retry
            and (said.changed or said.data_records)
        ):
            self._encrypted = chunk.time

    def gap(self, side: i64, size: i64, position: i64, time: i64, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Bytes of one side are missing."""
        said = self._side(side)
        self._count(said, position, position)
        said.position += size
        said.missed += size
        said.gap(size)
        self._weigh()
        self._truncated = True

    def close(self, side: i64, position: i64, time: i64, finished: list[Outcome], *, clean: bool) -> None:  # noqa: ARG002
        """Nothing more comes from one side; `clean`: by a FIN."""
        said = self._side(side)
        self._count(said, position, position)
        said.position = NOWHERE
        said.close()
        said.ended = clean
        self._end = max(self._end, time)
        if self._closed_by is None and (clean or self._reset):
            self._closed_by = side

    def reset(self, side: i64) -> None:
        """One side has reset the connection."""
        self._reset = True
        if self._closed_by is None:
            self._closed_by = side

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:  # noqa: ARG002
        """The connection is over."""
        self.relieve(finished)
        finished.append(self._report(ongoing=False))

    def overdue(self, now: i64, patience: i64, finished: list[Outcome]) -> None:
        """What came since the last report, if that was `patience` nanoseconds ago."""
        if not self._since:
            self._since = now
        elif now - self._since >= patience:
            self._since = now
            if self._start:
                finished.append(self._report(ongoing=True))

    def relieve(self, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Keep nothing of messages that are not whole: memory is short."""
        for side in (self._client, self._server):
            side.forget()
        self._weigh()

    def _weigh(self) -> None:
        """Count what waits against what may wait anywhere."""
        weight = self.weight
        self._budget.held += weight - self._weighed
        self._weighed = weight

    def _read(self, side: i64, kind: i64, body: bytes) -> None:
        """A message in clear."""
        if kind == _CERTIFICATE:
            self._certificate = self._certificate or read_leaf(body)
        elif side == CLIENT:
            hello = read_client_hello(body)
            if hello is not None:
                self._hello = hello
                self._session_id = session_id(body)
        else:
            answer = read_server_hello(body)
            if answer is not None:
                self._answer = answer
                self._account.answered(self.peers)
                self._echoed = self._session_id != b"" and self._session_id == session_id(body)
                self._session_id = b""
                if answer.retry:
                    self._retried = True
                    self._client.retry()
                    self._server.retry()

    @property
    def _resumed(self) -> bool | None:
        hello, answer = self._hello, self._answer
        if hello is None or answer is None or answer.retry:
            return None
        if answer.chosen_version >= _TLS_1_3:
            return answer.takes_up
        server = self._server
        if server.seen >> _CERTIFICATE & 1:
            return False
        if not (hello.offer.ticket or self._echoed):
            return False
        return True if server.changed and not server.torn else None

    def _report(self, *, ongoing: bool) -> Session:
        client, server = self._client, self._server
        self._parts += 1
        state = State.COMPLETE if client.ended and server.ended else State.TRUNCATED
        if self._truncated:
            state = State.TRUNCATED if self._hello is not None or self._answer is not None else State.MISSING
        session = Session(
            self.peers,
            self._parts,
            self._start or self._end,
            self._end,
            state,
            ongoing,
            self._hello,
            self._answer,
            self._retried,
            self._certificate,
            self._resumed,
            all(side.changed or side.data_records > 0 for side in (client, server)),
            self._encrypted - self._greeted if self._encrypted else None,
            self._alert,
            None if ongoing else self._closed_by,
            client.since(),
            server.since(),
            self._assumed,
        )
        self._start = 0
        return session
