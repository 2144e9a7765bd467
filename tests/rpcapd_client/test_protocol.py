"""`rpcapd_client.protocol`: the conversation, without a network."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcapd_client import protocol
from rpcapd_client.errors import (
    AuthenticationError,
    ConnectionLost,
    DeviceListTooLong,
    ProtocolError,
    RemoteError,
    UsageError,
)
from rpcapd_client.filters import EVERYTHING
from rpcapd_client.protocol import TRANSITIONS, Answered, Lost, Refused, Session, State, Unasked
from rpcapd_client.wire import (
    MAX_PAYLOAD,
    REPLIES,
    REQUESTS,
    AuthenticateReply,
    AuthenticateRequest,
    CloseRequest,
    EndCaptureReply,
    EndCaptureRequest,
    ErrorCode,
    ErrorMessage,
    FilterReply,
    FilterRequest,
    Header,
    ListReply,
    ListRequest,
    MessageType,
    OpenReply,
    OpenRequest,
    Reply,
    Request,
    SamplingReply,
    SamplingRequest,
    StartCaptureReply,
    StartCaptureRequest,
    StartFlag,
    StatisticsReply,
    StatisticsRequest,
)
from tests.rpcapd_client.conversations import RECORDED, WAYS_TO_CUT, recorded, request_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = StartCaptureRequest(262_144, 100, StartFlag(0), 0, EVERYTHING)
EXAMPLES: dict[MessageType, tuple[Request, Reply | None]] = {
    MessageType.AUTH: (AuthenticateRequest(), AuthenticateReply(0, 0, "little")),
    MessageType.FINDALLIF: (ListRequest(), ListReply(())),
    MessageType.OPEN: (OpenRequest("eth0"), OpenReply(1)),
    MessageType.STARTCAP: (START, StartCaptureReply(262_144, 40_000)),
    MessageType.UPDATEFILTER: (FilterRequest(EVERYTHING), FilterReply()),
    MessageType.STATS: (StatisticsRequest(), StatisticsReply(4, 3, 2, 1)),
    MessageType.ENDCAP: (EndCaptureRequest(), EndCaptureReply()),
    MessageType.SETSAMPLING: (SamplingRequest(1, 10), SamplingReply()),
    MessageType.CLOSE: (CloseRequest(), None),
}
PATHS = {
    State.CONNECTED: [],
    State.AUTHENTICATED: [MessageType.AUTH],
    State.OPENED: [MessageType.AUTH, MessageType.OPEN],
    State.CAPTURING: [MessageType.AUTH, MessageType.OPEN, MessageType.STARTCAP],
    State.CLOSED: [MessageType.CLOSE],
}


def session_in(state: State) -> Session:
    """A session that has come there by talking."""
    session = Session()
    for step in PATHS[state]:
        request, reply = EXAMPLES[step]
        session.send(request)
        if reply is not None:
            session.receive_data(reply.encode())
    session.data_to_send()
    session.events()
    assert session.state is state
    return session


def only(session: Session) -> Any:
    """The one event there is."""
    (event,) = session.events()
    return event


@pytest.mark.parametrize("cut", WAYS_TO_CUT.values(), ids=WAYS_TO_CUT)
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_conversation(name: str, cut: Callable[[bytes], Iterator[bytes]]) -> None:
    """Our requests are byte for byte those recorded, and each answer is one event that encodes to what came."""
    session = Session()
    for direction, data in recorded(name):
        if direction == ">":
            session.send(request_of(data))
            assert session.data_to_send() == data
        else:
            for index, piece in enumerate(cut(data)):
                assert session.events() == [], f"an event before the end of the message, at byte {index}"
                session.receive_data(piece)
            match only(session):
                case Answered(_, reply):
                    assert reply.encode() == data
                case Refused(_, error) | Unasked(error):
                    assert ErrorMessage(error.code, error.text).encode() == data
            assert session.held == 0


def test_recorded_endings() -> None:
    """Each recorded conversation ends in the state, and with the words, that it was recorded for."""
    outcomes = {}
    for name in RECORDED:
        session = Session()
        events: list[Any] = []
        for direction, data in recorded(name):
            session.send(request_of(data)) if direction == ">" else session.receive_data(data)
            events += session.events()
        errors = [(type(event).__name__, event.error) for event in events if not isinstance(event, Answered)]
        outcomes[name] = session.state, [(kind, type(error), error.code) for kind, error in errors]
    assert outcomes == {
        "capture": (State.CLOSED, []),
        "interface_deleted": (State.OPENED, [("Unasked", RemoteError, ErrorCode.READ)]),
        "list": (State.CLOSED, []),
        "passwords": (
            State.AUTHENTICATED,
            [("Refused", AuthenticationError, ErrorCode.AUTH_FAILED)] * 2,
        ),
        "refusals": (
            State.OPENED,
            [("Refused", RemoteError, ErrorCode.OPEN)] * 2
            + [("Refused", RemoteError, ErrorCode.STARTCAPTURE)] * 2,
        ),
        "too_many_devices": (
            State.AUTHENTICATED,
            [
                ("Refused", DeviceListTooLong, ErrorCode.FINDALLIF),
                ("Refused", RemoteError, ErrorCode.OPEN),
            ],
        ),
    }


def test_recorded_statistics() -> None:
    """rpcapd counts during a capture, and answers with zeros after it: ask before ENDCAP."""
    replies = [data for direction, data in recorded("capture") if direction == "<" and data[1] == 0x89]
    counters = [StatisticsReply.decode(0, data[Header.SIZE :]) for data in replies]
    assert counters == [StatisticsReply(5, 0, 0, 5), StatisticsReply(0, 0, 0, 0)]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", REQUESTS)
def test_table(state: State, kind: MessageType) -> None:
    """In each state each request leads where the table says, answered or refused; others cannot be sent."""
    request, reply = EXAMPLES[kind]
    if kind not in TRANSITIONS[state]:
        session = session_in(state)
        with pytest.raises(
            UsageError, match=f"{kind.name} has no place on a connection that is {state.value}"
        ):
            session.send(request)
        assert session.data_to_send() == b""
        return
    answered, refused = TRANSITIONS[state][kind]
    session = session_in(state)
    session.send(request)
    assert session.data_to_send() == request.encode()
    if reply is None:
        assert session.state is answered is refused is State.CLOSED
        return
    session.receive_data(reply.encode())
    assert only(session) == Answered(kind, reply)
    assert session.state is answered
    session = session_in(state)
    session.send(request)
    session.receive_data(ErrorMessage(ErrorCode.WRONG_MESSAGE, "no").encode())
    event = only(session)
    assert isinstance(event, Refused)
    assert (str(event.error), session.state) == (f"{kind.name}: no", refused)


def test_table_is_complete() -> None:
    """Every state has a row, and every request is possible somewhere."""
    assert set(TRANSITIONS) == set(State)
    assert {kind for row in TRANSITIONS.values() for kind in row} == set(REQUESTS)
    assert set(EXAMPLES) == set(REQUESTS)
    assert {kind | 0x80 for kind in REQUESTS if kind is not MessageType.CLOSE} == set(REPLIES)


def test_one_request_at_a_time() -> None:
    """A second request before the answer is refused here, and the first one is not disturbed."""
    session = session_in(State.AUTHENTICATED)
    session.send(StatisticsRequest())
    with pytest.raises(UsageError, match="FINDALLIF while STATS is not answered"):
        session.send(ListRequest())
    session.receive_data(StatisticsReply(1, 2, 3, 4).encode())
    assert only(session) == Answered(MessageType.STATS, StatisticsReply(1, 2, 3, 4))


def test_request_that_cannot_be_encoded_leaves_no_trace() -> None:
    """A request whose encoding fails is not in flight afterwards."""
    session = session_in(State.AUTHENTICATED)
    with pytest.raises(UsageError):
        session.send(OpenRequest("x" * 1025))
    assert session.pending is None
    assert session.data_to_send() == b""


@pytest.mark.parametrize("kind", [kind for kind in REQUESTS if EXAMPLES[kind][1] is not None])
def test_answers_one_behind_the_other(kind: MessageType) -> None:
    """Bytes after an answer are left for the next message: an unasked answer right behind it is an error."""
    state = next(state for state, row in TRANSITIONS.items() if kind in row)
    request, reply = EXAMPLES[kind]
    assert reply is not None
    session = session_in(state)
    session.send(request)
    session.receive_data(reply.encode() + reply.encode())
    first, second = session.events()
    assert first == Answered(kind, reply)
    assert isinstance(second, Lost)
    assert str(second.error) == f"nothing expected, got {kind.name}_REPLY"
    assert session.state is State.CLOSED


def test_surplus_in_an_answer_is_ignored() -> None:
    """Bytes that a newer server appends to an answer are skipped, and the next message is found."""
    session = session_in(State.OPENED)
    session.send(StatisticsRequest())
    payload = StatisticsReply(1, 2, 3, 4).encode()[8:] + b"more"
    session.receive_data(Header(0, MessageType.STATS_REPLY, 0, len(payload)).encode() + payload)
    assert only(session) == Answered(MessageType.STATS, StatisticsReply(1, 2, 3, 4))
    session.send(StatisticsRequest())
    session.receive_data(StatisticsReply(5, 6, 7, 8).encode())
    assert only(session).reply == StatisticsReply(5, 6, 7, 8)


@pytest.mark.parametrize("pending", [MessageType.STATS, MessageType.UPDATEFILTER, MessageType.ENDCAP])
def test_unasked_error_between_question_and_answer(pending: MessageType) -> None:
    """A READ error during a capture is nobody's answer: the request in flight is answered after it."""
    request, reply = EXAMPLES[pending]
    assert reply is not None
    session = session_in(State.CAPTURING)
    session.send(request)
    session.receive_data(ErrorMessage(ErrorCode.READ, "gone").encode() + reply.encode())
    unasked, answered = session.events()
    assert isinstance(unasked, Unasked)
    assert (unasked.error.code, str(unasked.error)) == (ErrorCode.READ, "gone")
    assert answered == Answered(pending, reply)


def test_second_verdict_on_startcap() -> None:
    """An ERROR 12 after the STARTCAP_REPLY takes the capture back: ENDCAP and UPDATEFILTER have no place then."""
    session = session_in(State.CAPTURING)
    session.receive_data(ErrorMessage(ErrorCode.STARTCAPTURE).encode())
    event = only(session)
    assert isinstance(event, Unasked)
    assert str(event.error) == "the server gives no reason, only error 12"
    assert session.state is State.OPENED
    with pytest.raises(UsageError):
        session.send(FilterRequest(EVERYTHING))


def test_second_verdict_meets_a_request() -> None:
    """If it comes while ENDCAP is in flight, the refusal of ENDCAP follows and the device stays open."""
    session = session_in(State.CAPTURING)
    session.send(EndCaptureRequest())
    session.receive_data(ErrorMessage(ErrorCode.STARTCAPTURE, "no data").encode())
    session.receive_data(ErrorMessage(ErrorCode.ENDCAPTURE, "Device not opened").encode())
    unasked, refused = session.events()
    assert isinstance(unasked, Unasked)
    assert isinstance(refused, Refused)
    assert session.state is State.OPENED


def test_second_verdict_meets_a_filter() -> None:
    """If it comes while UPDATEFILTER is in flight, rpcapd reads the filter as messages: the connection is lost."""
    session = session_in(State.CAPTURING)
    session.send(FilterRequest(EVERYTHING))
    session.receive_data(ErrorMessage(ErrorCode.STARTCAPTURE, "no data").encode())
    _, lost = session.events()
    assert isinstance(lost, Lost)
    assert session.state is State.CLOSED


def test_last_words() -> None:
    """An ERROR that nobody asked for, before the end of the connection, is named as the reason."""
    session = session_in(State.AUTHENTICATED)
    session.receive_data(ErrorMessage(ErrorCode.TIMEOUT, "The RPCAP initial timeout has expired").encode())
    session.receive_eof()
    session.receive_eof()
    unasked, lost = session.events()
    assert isinstance(unasked, Unasked)
    assert isinstance(lost, Lost)
    assert str(lost.error) == (
        "the server closed the connection, nothing expected: The RPCAP initial timeout has expired"
    )


def test_errors_without_end() -> None:
    """A server that goes on reporting errors that nobody asked for is lost; after an answer the count begins anew."""
    session = session_in(State.CAPTURING)
    error = ErrorMessage(ErrorCode.READ, "gone").encode()
    for _ in range(3):
        session.receive_data(error * 16)
        session.send(StatisticsRequest())
        session.receive_data(StatisticsReply(0, 0, 0, 0).encode())
        assert [type(event) for event in session.events()] == [Unasked] * 16 + [Answered]
    session.receive_data(error * 10_000)
    *unasked, lost = session.events()
    assert [type(event) for event in unasked] == [Unasked] * 16
    assert isinstance(lost, Lost)
    assert str(lost.error) == "nothing expected, got 16 errors that answer nothing"


def test_error_in_another_version() -> None:
    """ERROR is understood in any version: a server that does not speak ours answers in its own."""
    session = session_in(State.AUTHENTICATED)
    session.send(StatisticsRequest())
    session.receive_data(b"\x07" + ErrorMessage(ErrorCode.WRONG_VERSION, "no").encode()[1:])
    assert only(session).error.code == ErrorCode.WRONG_VERSION


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_closed_at_each_byte(state: State) -> None:
    """Wherever the server closes, `ConnectionLost` says what was expected and how much had come."""
    for kind in TRANSITIONS[state]:
        request, reply = EXAMPLES[kind]
        if reply is None:
            continue
        data = reply.encode()
        for size in range(len(data)):
            session = session_in(state)
            session.send(request)
            session.receive_data(data[:size])
            session.receive_eof()
            event = only(session)
            assert isinstance(event.error, ConnectionLost)
            after = f" after {size} bytes of a message" if size else ""
            assert str(event.error) == f"the server closed the connection{after}, {kind.name}_REPLY expected"


def test_end_after_close_is_no_event() -> None:
    """After CLOSE the server's closing is what was asked for, and what comes is discarded."""
    session = session_in(State.AUTHENTICATED)
    session.send(CloseRequest())
    session.receive_data(b"\xff" * 100)
    session.receive_eof()
    assert session.events() == []


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (Header(0, MessageType.STATS_REPLY, 0, MAX_PAYLOAD + 1), "got a message of 64001 bytes"),
        (Header(0, MessageType.ERROR, 0, 0xFFFFFFFF), "got a message of 4294967295 bytes"),
        (Header(0, MessageType.OPEN_REPLY, 0, 8), "STATS_REPLY expected, got OPEN_REPLY"),
        (Header(0, MessageType.STATS, 0, 0), "STATS_REPLY expected, got STATS"),
        (Header(0, MessageType.PACKET, 0, 20), "STATS_REPLY expected, got PACKET"),
        (Header(0, 0x7F, 0, 0), "STATS_REPLY expected, got a message of unknown type 0x7f"),
        (Header(1, MessageType.STATS_REPLY, 0, 16), "in version 0, it is in version 1"),
    ],
)
def test_wrong_headers(head: Header, words: str) -> None:
    """A message that cannot be right is refused from its header, before any of its payload is kept."""
    session = session_in(State.CAPTURING)
    session.send(StatisticsRequest())
    session.receive_data(head.encode())
    event = only(session)
    assert isinstance(event.error, ProtocolError)
    assert words in str(event.error)
    session.receive_data(bytes(100_000))
    assert (session.held, session.events()) == (0, [])


def test_truncated_payload() -> None:
    """An answer whose payload is too short for its fields is a `ProtocolError` about them."""
    session = session_in(State.AUTHENTICATED)
    session.send(OpenRequest("eth0"))
    session.receive_data(Header(0, MessageType.OPEN_REPLY, 0, 7).encode() + bytes(7))
    assert str(only(session).error) == "OPEN_REPLY: 8 bytes expected at offset 0, the payload has 7"


@pytest.mark.parametrize(
    ("minimum", "maximum", "good"), [(0, 0, True), (0, 9, True), (1, 2, False), (3, 1, False)]
)
def test_version_negotiation(minimum: int, maximum: int, good: bool) -> None:
    """A server whose range has version 0 in it is spoken to; another is a `ProtocolError` that names the range."""
    session = Session()
    session.send(AuthenticateRequest())
    session.receive_data(AuthenticateReply(minimum, maximum).encode())
    event = only(session)
    if good:
        assert session.server == AuthenticateReply(minimum, maximum)
        return
    assert isinstance(event.error, ProtocolError)
    assert f"speaks versions {minimum} to {maximum}" in str(event.error)


def test_password_is_forgotten() -> None:
    """After it was taken for sending, the password is not in the session any more."""
    session = Session()
    session.send(AuthenticateRequest(1, b"me", b"battery staple"))
    assert b"battery staple" in session.data_to_send()
    assert b"battery" not in bytes(session._outgoing)


ANY_MESSAGE = st.builds(
    lambda version, kind, value, payload, lie: (
        Header(version, kind, value, max(0, len(payload) + lie)).encode() + payload
    ),
    st.sampled_from([0, 0, 0, 1, 255]),
    st.sampled_from([*MessageType, 0, 0x7F, 0xFF]),
    st.sampled_from([0, 1, 2, 7, 9, 12, 0xFFFF]),
    st.binary(max_size=80),
    st.sampled_from([0, 0, 0, 0, -1, 1, 1000, 100_000]),
)
ANYTHING = st.lists(st.one_of(ANY_MESSAGE, st.binary(max_size=40)), max_size=6).map(b"".join)


@given(st.sampled_from(list(State)), st.sampled_from(list(REQUESTS)), ANYTHING, st.data())
def test_whatever_comes(state: State, kind: MessageType, data: bytes, draw: st.DataObject) -> None:
    """Any bytes, in any pieces, give the same events; nothing is raised; little is held; `Lost` is the last."""
    outcomes = []
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=5)))
    for bounds in ([0, len(data)], [0, *cuts, len(data)]):
        session = session_in(state)
        if kind in TRANSITIONS[state]:
            session.send(EXAMPLES[kind][0])
        events: list[Any] = []
        for start, end in itertools.pairwise(bounds):
            session.receive_data(data[start:end])
            assert session.held <= MAX_PAYLOAD + Header.SIZE
            events += session.events()
        session.receive_eof()
        events += session.events()
        assert not any(isinstance(event, Lost) for event in events[:-1])
        outcomes.append([(type(event), str(getattr(event, "error", event))) for event in events])
    assert outcomes[0] == outcomes[1]


def test_nothing_but_its_contract() -> None:
    """What the module exports is what its text describes."""
    assert set(protocol.__all__) >= {"Session", "State", "TRANSITIONS"}
