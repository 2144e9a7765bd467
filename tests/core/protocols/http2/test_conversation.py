"""HTTP/2 on a connection: however its bytes come, and whatever of them does not, nothing that is said of it is wrong."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Anomaly, Chunk, Limits, Peers, State, Transaction
from interceptor.core.protocols.http2.conversation import Http2Conversation
from interceptor.core.protocols.http2.recognition import REFUSED
from tests.support.examples import examples
from tests.support.http2 import CLIENT, PREFACE, SERVER, Talk, frame, made
from tests.support.http2_listener import PEERS, Piece, counted, heard, pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.model import Outcome

SEEDS = st.integers(0, 2**32 - 1)


def plain(transactions: list[Transaction]) -> list[list[object]]:
    """All that transactions say but when, in the order of their streams."""
    found = []
    for transaction in sorted(transactions, key=lambda each: each.stream):
        said: list[object] = [transaction.stream, transaction.interim, sorted(transaction.anomalies or ())]
        for part in (transaction.request, transaction.response, transaction.call):
            if part is not None:
                said += [
                    (name, sorted(value) if isinstance(value, set) else value)
                    for name in part.__struct_fields__
                    if (value := getattr(part, name)) is not None and name not in {"time", "end_time"}
                ]
        found.append(said)
    return found


def check(talk: Talk, found: list[Transaction]) -> None:
    """That nothing in what was reported is wrong."""
    groups: dict[str, str] = {}
    for transaction in found:
        truth = talk.truths[transaction.stream]
        request, response, call = transaction.request, transaction.response, transaction.call
        if request is not None:
            assert request.method in {"", truth.method}
            assert request.target in {"", truth.path}
            assert request.host in {None, truth.host}
            assert request.scheme in {"", "http"}
            assert request.user_agent in {None, "curl/8", "grpc-go/1.60"}
            assert request.header_names in {(), tuple(truth.names[CLIENT])} or truth.pushed
            assert request.time == truth.times[CLIENT]
            assert (request.unknown == "") == (request.target != "")
            if "#" in request.unknown:
                assert groups.setdefault(request.unknown, truth.path) == truth.path
        if response is not None:
            assert response.status in {0, truth.status}
            assert response.header_names in {(), tuple(truth.names[SERVER])}
            assert response.time in {0, truth.times[SERVER]}
        for side, message in enumerate((request, response)):
            if message is None or message.state is State.MISSING:
                continue
            if message.state is State.COMPLETE:
                assert (message.body_size, message.end_time) == (truth.sizes[side], truth.ends[side])
                assert not message.missed
            elif not message.unsized:
                assert message.body_size <= truth.sizes[side]
            if message.end_time and message.end_time < 2**62 and not truth.reset:
                assert message.end_time == truth.ends[side]
        rest = iter(truth.interim)
        assert all(status in rest for status in transaction.interim or [])
        if call is not None:
            assert call.system == "grpc"
            assert call.status in {None, truth.grpc}
            for side, count in enumerate((call.request_messages, call.response_messages)):
                message = (request, response)[side]
                complete = message is not None and message.end_time == truth.ends[side] > 0
                assert count is None or count <= truth.messages[side]
                assert count is None or count == truth.messages[side] or not complete
        assert Anomaly.CONTENT_LENGTH_MISMATCH not in (transaction.anomalies or ())
        assert Anomaly.UNREQUESTED not in (transaction.anomalies or ())


@examples(1_000)
@given(SEEDS)
def test_all_of_it_is_known_however_it_is_cut(seed: int) -> None:
    """Of a connection that is seen whole each stream is reported, with everything that is true of it."""
    dice = random.Random(seed)
    talk = made(dice)
    found = heard(pieces(talk))
    check(talk, found)
    assert {transaction.stream for transaction in found} == set(talk.truths)
    for transaction in found:
        truth = talk.truths[transaction.stream]
        request, response = transaction.request, transaction.response
        assert request is not None
        assert (request.method, request.target, request.host) == (truth.method, truth.path, truth.host)
        assert (response.status if response is not None else 0) == truth.status
        assert (transaction.interim or []) == truth.interim
        if truth.ends[SERVER]:
            assert response is not None
            assert response.state is State.COMPLETE
        assert (transaction.call.status if transaction.call is not None else None) == truth.grpc
        if transaction.call is not None:
            assert transaction.call.request_messages == truth.messages[CLIENT]
    again = heard(pieces(talk, dice, merge=True))
    assert plain(again) == plain(found)


@pytest.mark.parametrize("recovering", [False, True])
@examples(1_000)
@given(SEEDS)
def test_whatever_is_lost_nothing_is_wrong(recovering: bool, seed: int) -> None:
    """Holes anywhere, of any size, and joined anywhere; also where what was known before a loss is used behind it."""
    dice = random.Random(seed)
    talk = made(dice)
    shown = pieces(talk, dice)
    join = dice.choice([0, dice.randrange(len(shown))])
    rate = dice.choice([0, 0.02, 0.1, 0.3])
    for piece in shown:
        piece.lost = dice.random() < rate
    found = heard(shown[join:], first=join == 0, recovering=recovering)
    check(talk, found)


def lost_once(seed: int, *, recovering: bool) -> list[Transaction]:
    """What is reported of a connection of which one header block was not captured, its frame's header apart."""
    dice = random.Random(seed)
    talk = made(dice)
    # HEADERS, which have number 1.
    blocks = [at for at, said in enumerate(talk.frames) if said.data[3] == 1 and len(said.data) > 10]
    chosen = dice.choice(blocks) if blocks else -1
    shown: list[Piece] = []
    for at, (piece, said) in enumerate(zip(pieces(talk), talk.frames, strict=True)):
        if at != chosen:
            shown.append(piece)
            continue
        start, stop = 9, 9 + int.from_bytes(said.data[:3])
        for lost, begin, end in ((False, 0, start), (True, start, stop), (False, stop, len(piece.data))):
            if begin < end:
                shown.append(
                    Piece(piece.side, piece.position + begin, piece.data[begin:end], piece.time, lost)
                )
    found = heard(shown, recovering=recovering)
    check(talk, found)
    return found


@examples(1_000)
@given(SEEDS)
def test_what_was_known_before_a_loss_may_be_known_behind_it(seed: int) -> None:
    """Nothing is wrong, and nothing less is known than without."""
    with_it, without = (
        {each.stream: each for each in lost_once(seed, recovering=way)} for way in (True, False)
    )
    assert with_it.keys() == without.keys()
    for stream, transaction in without.items():
        other = with_it[stream]
        if transaction.request is not None and transaction.request.target:
            assert other.request is not None
            assert other.request.target == transaction.request.target
        if transaction.response is not None and transaction.response.status:
            assert other.response is not None
            assert other.response.status == transaction.response.status


@examples(1_000)
@given(SEEDS)
def test_a_hole_inside_of_data_costs_body_bytes_only(seed: int) -> None:
    """Every stream is reported, with all that its blocks say and the size of its bodies."""
    dice = random.Random(seed)
    talk = made(dice)
    shown: list[Piece] = []
    missed: dict[tuple[int, int], int] = {}
    for piece, said in zip(pieces(talk), talk.frames, strict=True):
        if not said.payload or dice.random() < 0.5:
            shown.append(piece)
            continue
        start = dice.randrange(said.payload.start, said.payload.stop)
        stop = dice.choice([said.payload.stop, dice.randrange(start, said.payload.stop) + 1])
        for lost, begin, end in ((False, 0, start), (True, start, stop), (False, stop, len(piece.data))):
            if begin < end:
                shown.append(
                    Piece(piece.side, piece.position + begin, piece.data[begin:end], piece.time, lost)
                )
        key = (said.stream, said.side)
        missed[key] = missed.get(key, 0) + stop - start
    found = heard(shown)
    check(talk, found)
    assert {transaction.stream for transaction in found} == set(talk.truths)
    for transaction in found:
        truth = talk.truths[transaction.stream]
        request, response = transaction.request, transaction.response
        assert request is not None
        assert (request.method, request.target) == (truth.method, truth.path)
        assert (response.status if response is not None else 0) == truth.status
        for side, message in enumerate((request, response)):
            if message is not None:
                assert message.body_size == truth.sizes[side]
                assert message.missed == missed.get((transaction.stream, side), 0)
                if truth.ends[side] and not truth.pushed:
                    assert (message.state is State.COMPLETE) == (not message.missed)
        if transaction.call is not None and not truth.reset:
            assert transaction.call.status == truth.grpc


@examples(1_000)
@given(SEEDS)
def test_streams_that_no_hole_has_hit_are_reported(seed: int) -> None:
    """Where segments begin with frames, the first one behind a hole, or of a connection met in the middle, is read."""
    dice = random.Random(seed)
    talk = made(dice, noisy=False)
    hit: set[int] = set()
    join = dice.choice([0, dice.randrange(3, len(talk.frames))])
    shown = pieces(talk)
    for at, (piece, said) in enumerate(zip(shown, talk.frames, strict=True)):
        if at < join:
            hit.add(said.stream)
        elif at >= 3 and dice.random() < 0.1:
            piece.lost = True
            hit.add(said.stream)
    found = {transaction.stream: transaction for transaction in heard(shown[join:], first=join == 0)}
    check(talk, list(found.values()))
    for number, truth in talk.truths.items():
        if number in hit or truth.pushed:
            continue
        transaction = found[number]
        assert transaction.request is not None
        assert transaction.request.method in {truth.method, ""}
        assert transaction.request.end_time == truth.ends[CLIENT]
        if truth.ends[SERVER]:
            assert transaction.response is not None
            assert transaction.response.end_time == truth.ends[SERVER]


@examples(300)
@given(SEEDS)
def test_any_bytes_are_read_or_dropped(seed: int) -> None:
    """Nothing raises, and the counts balance: random bytes, and connections with bytes that were changed."""
    dice = random.Random(seed)
    shown = pieces(made(dice), dice)
    for piece in shown:
        if dice.random() < 0.2:
            data = bytearray(piece.data)
            data[dice.randrange(len(data))] = dice.randrange(256)
            piece.data = dice.choice([bytes(data), dice.randbytes(len(data))])
    heard(shown, first=dice.random() < 0.7)


# -- attacks ------------------------------------------------------------------------------------------------------


def reset_rapidly(size: int) -> bytes:
    """CVE-2023-44487: streams that are cancelled at once, for ever."""
    return b"".join(
        frame(1, 2 * at + 1, b"\x82\x84\x86", 5) + frame(3, 2 * at + 1, bytes((0, 0, 0, 8)))
        for at in range(size)
    )


def never_answered(size: int) -> bytes:
    """Streams that are opened, and left open."""
    return b"".join(frame(1, 2 * at + 1, b"\x82\x84\x86", 4) for at in range(size))


def continued(size: int) -> bytes:
    """CVE-2024-27316 and its kin: a block that never ends."""
    return frame(1, 1, b"\x82\x84\x86", 1) + frame(9, 1, b"\x00\x01a\x01b" * 20) * size


def continued_by_nothing(size: int) -> bytes:
    """The same with empty frames."""
    return frame(1, 1, b"\x82\x84\x86", 1) + frame(9, 1) * size


def empty(size: int) -> bytes:
    """Frames of nothing."""
    return frame(1, 1, b"\x82\x84\x86", 4) + (frame(0, 1) + frame(4, 0) + frame(6, 0, bytes(8))) * size


def bomb(size: int) -> bytes:
    """An entry of 4 KB, and blocks of 16,000 references to it."""
    inserted = b"\x40\x01x" + b"\x7f\x81\x1e" + b"y" * 3_968
    return frame(1, 1, b"\x82\x84\x86" + inserted, 5) + b"".join(
        frame(1, 2 * at + 3, b"\x82\x84\x86" + b"\xbe" * 1_600, 5) for at in range(size)
    )


def inserting(size: int) -> bytes:
    """A table of a gigabyte, and insertions without end."""
    block = b"\x3f\xe1\xff\xff\xff\x03\x82\x84\x86"
    return b"".join(
        frame(
            1, 2 * at + 1, (block if not at else b"\x82\x84\x86") + b"\x40\x04%04d\x00" % (at % 10_000) * 9, 5
        )
        for at in range(size)
    )


def priorities(size: int) -> bytes:
    """PRIORITY for streams that nobody has opened."""
    return b"".join(frame(2, 2 * at + 1, bytes(5)) for at in range(size))


def promises(size: int) -> bytes:
    """Of answers that never come."""
    return frame(1, 1, b"\x88", 4) + b"".join(
        frame(5, 1, (2 * at + 2).to_bytes(4, "big") + b"\x82\x84\x86", 4) for at in range(size)
    )


def half_found(size: int) -> bytes:
    """Nothing but beginnings of frames that look as if one began."""
    return b"\x00\x3f\xff\x00\x00\x00\x00\x00\x01" * size


ATTACKS = [
    (reset_rapidly, 120),
    (never_answered, 250),
    (continued, 250),
    (continued_by_nothing, 500),
    (empty, 250),
    (bomb, 10),
    (inserting, 120),
    (priorities, 500),
    (promises, 250),
    (half_found, 2_000),
]
"""And how much of each is enough to show what it costs."""


def attacked(data: bytes, side: int, *, first: bool) -> tuple[int, int]:
    """Calls that an attack costs, in segments of 100 bytes, and the most that anything of it held."""
    calls = most = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    shared, counts = counted(Limits(pending=100))
    talk = Http2Conversation(PEERS, shared, first=first)
    finished: list[Outcome] = []
    if first and side == CLIENT:
        data = PREFACE + data
    sys.setprofile(count)
    try:
        for at in range(0, len(data), 100):
            talk.receive(side, Chunk(data, at, min(at + 100, len(data)), 0, at, 0), finished)
            most = max(most, shared.budget.held)
    finally:
        sys.setprofile(None)
    talk.finish(Anomaly.UNANSWERED, finished)
    assert shared.budget.held == 0
    assert counts.transactions == counts.reported == len(finished)
    return calls, most


@pytest.mark.parametrize(("attack", "size"), ATTACKS, ids=[attack.__name__ for attack, _ in ATTACKS])
@pytest.mark.parametrize("first", [True, False], ids=["from the start", "joined late"])
def test_an_attack_costs_in_proportion_and_holds_no_more_than_its_limits(
    attack: Callable[[int], bytes], size: int, first: bool
) -> None:
    """Twice as much more of it costs twice as much more, and what is kept does not grow beyond what is allowed."""
    side = SERVER if attack is promises else CLIENT
    small, middle, large = (attacked(attack(size * times), side, first=first) for times in (1, 2, 4))
    assert large[0] - middle[0] < 2.2 * (middle[0] - small[0]) + 10
    # A block that comes in or the proof of a start, two windows, and open streams.
    assert large[1] < 64 * 2**10 + 2**18 + 100 * 1_024


def test_an_unanswered_stream_beyond_the_limit_is_reported_as_it_stands() -> None:
    """The oldest; what comes of it later changes nothing."""
    shared, _ = counted(Limits(pending=2))
    talk = Http2Conversation(PEERS, shared, first=True)
    finished: list[Outcome] = []
    data = PREFACE + never_answered(3)
    talk.receive(CLIENT, Chunk(data, 0, len(data), 0, 5, 0), finished)
    (reported,) = finished
    assert isinstance(reported, Transaction)
    assert (reported.stream, reported.response) == (1, None)
    answer = frame(1, 1, b"\x88", 5) + frame(1, 3, b"\x88", 4)
    talk.receive(SERVER, Chunk(answer, 0, len(answer), 0, 6, 0), finished)
    assert len(finished) == 1
    assert talk.open_transactions == 2


def test_when_memory_is_short_all_that_waits_is_given_up() -> None:
    """Streams are reported as they stand, tables and half-read blocks are forgotten; the place is kept."""
    shared, _ = counted()
    talk = Http2Conversation(PEERS, shared, first=True)
    finished: list[Outcome] = []
    data = PREFACE + bomb(0) + never_answered(4)[12:] + frame(1, 9, bytes(500), 4)[:100]
    talk.receive(CLIENT, Chunk(data, 0, len(data), 0, 5, 0), finished)
    assert shared.budget.held > 4_000
    talk.relieve(finished)
    assert shared.budget.held == talk.weight == 0
    assert [outcome.stream for outcome in finished if isinstance(outcome, Transaction)] == [1, 3, 5, 7]
    more = bytes(409) + frame(1, 11, b"\x82\x84\x86\xbe", 5)
    talk.receive(CLIENT, Chunk(more, 0, len(more), len(data), 6, 0), finished)
    talk.finish(Anomaly.CUT_SHORT, finished)
    last = finished[-1]
    assert isinstance(last, Transaction)
    assert last.request is not None
    assert (last.stream, last.request.target, last.request.header_names) == (11, "/", ())


def test_other_ends_are_those_of_what_is_open_and_of_what_begins() -> None:
    """What was reported before stays as it was said."""
    shared, _ = counted(Limits(pending=2))
    talk = Http2Conversation(PEERS, shared, first=True)
    finished: list[Outcome] = []
    data = PREFACE + never_answered(3)
    talk.receive(CLIENT, Chunk(data, 0, len(data), 0, 5, 0), finished)
    service = Peers("10.0.0.1", 40_000, "10.96.0.1", 80, "ipv4", b"\xcc" * 10, None)
    talk.rename(service)
    more = frame(1, 7, b"\x82\x84\x86", 5)
    talk.receive(CLIENT, Chunk(more, 0, len(more), len(data), 6, 0), finished)
    talk.finish(Anomaly.CUT_SHORT, finished)
    said = {outcome.stream: outcome.peers for outcome in finished if isinstance(outcome, Transaction)}
    assert said == {1: PEERS, 3: service, 5: service, 7: service}
    assert talk.peers == service


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"H"])
def test_a_server_that_answers_the_preface_in_http_1_is_read_as_that(answer: bytes) -> None:
    """All of the answer is left for who reads it."""
    context, counts = counted()
    talk = Http2Conversation(PEERS, context, first=True)
    talk.receive(CLIENT, Chunk(PREFACE, 0, len(PREFACE), 0, 1, 0), [])
    talk.receive(SERVER, Chunk(answer, 0, len(answer), 0, 2, len(PREFACE)), [])
    assert talk.becomes is not None
    assert talk.becomes.protocol == REFUSED
    [(side, left)] = talk.becomes.left
    assert isinstance(left, Chunk)
    assert (side, left.cursor, left.end) == (SERVER, 0, len(answer))
    assert counts.delivered == len(PREFACE)
    assert talk.held(SERVER, 0) == 0


def test_a_letter_later_is_one_of_a_frame() -> None:
    """Only what the server begins with tells."""
    context, _ = counted()
    talk = Http2Conversation(PEERS, context, first=True)
    talk.receive(CLIENT, Chunk(PREFACE, 0, len(PREFACE), 0, 1, 0), [])
    settings = frame(4, 0)
    talk.receive(SERVER, Chunk(settings, 0, len(settings), 0, 2, len(PREFACE)), [])
    talk.receive(SERVER, Chunk(b"H", 0, 1, len(settings), 3, len(PREFACE)), [])
    assert talk.becomes is None
