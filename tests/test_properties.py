"""What must hold of any traffic at all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import HealthCheck, assume, given, note
from hypothesis import strategies as st

from interceptor.core.model import Interface, Limits, State
from interceptor.core.pipeline import Pipeline
from tests.conversations import (
    SECOND,
    START,
    Seen,
    answered,
    asked,
    batch,
    pairs,
    records,
    run,
    story,
    transactions,
    unbalanced,
)
from tests.strategies import Connection, connections, in_order, segments
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.model import Outcome, Transaction
    from tests.conversations import Sent

thorough = examples(
    1_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""The number that a run must not fall below; conversations are large to make."""

ACCIDENTAL = {"time", "duration_us", "ttfb_us", "interface"}
"""Fields that tell when and where packets were seen."""
DISORDER = SECOND // 2
TELLING = len("HTTP/1.1 200 ")
"""Bytes that tell an answer from a body."""


def essence(transactions: Iterable[Transaction]) -> list[Any]:
    """Their records in an order of their own, without what depends on when and where packets were seen."""
    plain = [
        {name: value for name, value in record.items() if name not in ACCIDENTAL}
        for record in records(transactions)
    ]
    return sorted(plain, key=lambda record: record["id"])


def expected(talk: Connection) -> list[tuple[str, str]]:
    """The pairs of a connection of which nothing is missing."""
    return [(str(exchange.nonce), str(exchange.nonce)) for exchange in talk.exchanges]


# -- (1) the same streams, shown differently ---------------------------------------------------------------------


ONE_OR_TWO = st.integers(1, 2)
YES_OR_NO = st.booleans()
ETH0, ETH1 = Interface("eth0", 1), Interface("eth1", 1)
EVENLY = st.just(1_000_000)
TOGETHER = st.integers(1, SECOND // 10)
LATE = st.integers(0, DISORDER)
AGAIN = st.sampled_from([[], [], [ETH0]])


@st.composite
def shown_twice(draw: st.DrawFn) -> tuple[list[Connection], list[Seen], list[Seen]]:
    """Connections as they were sent, and as a capture with disorder and copies shows them."""
    talks = [draw(connections(number)) for number in range(draw(ONE_OR_TWO))]
    # Of connections that happen to have the same numbers, who comes first has the id that these give.
    assume(len({(talk.ends.client_start, talk.ends.server_start) for talk in talks}) == len(talks))
    plain = draw(in_order([draw(segments(talk, cut=False, merge=False)) for talk in talks], ETH0, EVENLY))
    everywhere = {talk.ends for talk in talks if draw(YES_OR_NO)}
    seen: list[tuple[int, int, Seen]] = []
    for at, (sent, (time, _, frame)) in enumerate(
        draw(in_order([draw(segments(talk)) for talk in talks], ETH0, TOGETHER))
    ):
        # The handshake comes before the data, as it does on every interface that shows both.
        late = draw(LATE) if sent.position >= 0 and (sent.data or sent.flags & 1) else 0
        seen.append((time + late, at, Seen(time + late, ETH0, frame)))
        copies = [ETH1] if sent.ends in everywhere else []
        copies += draw(AGAIN)
        for interface in copies:
            # A handshake's segments keep their order on each interface, so their copies are as late as they are.
            again = time + (late + draw(LATE) if late else 0)
            seen.append((again, at, Seen(again, interface, frame)))
    seen.sort(key=lambda item: item[:2])
    return talks, [packet for _, packet in plain], [packet for _, _, packet in seen]


@thorough
@given(shown_twice())
def test_disorder_and_copies_change_nothing(drawn: tuple[list[Connection], list[Seen], list[Seen]]) -> None:
    """Any segmentation, disorder within half a second and copies of the same streams give the same records."""
    talks, plain, shuffled = drawn
    note(story(shuffled))
    wanted, _ = run(plain)
    assert sorted(pairs(wanted)) == sorted(pair for talk in talks for pair in expected(talk))
    found, ledger = run(shuffled)
    assert essence(found) == essence(wanted)
    assert unbalanced(ledger) == []


# -- (2) losses --------------------------------------------------------------------------------------------------


class Lossy(NamedTuple):
    """A connection of which something was lost."""

    talk: Connection
    lost: list[Sent]
    kept: list[Sent]
    seen: list[Seen]


SLOWLY = st.integers(1, 3 * SECOND)


@st.composite
def with_losses(
    draw: st.DrawFn, *, modes: tuple[str, ...], hostile: bool, prompt: bool, after_first_batch: bool = False
) -> Lossy:
    """A connection, what of it was lost, and the packets that are left."""
    talk = draw(connections(modes=modes, hostile=hostile, prompt=prompt))
    flow = draw(segments(talk, merge=False))
    everything = draw(in_order([flow], ETH0, SLOWLY))
    start = 0
    if after_first_batch:
        start = next(
            (
                at + 1
                for at, sent in enumerate(flow)
                if sent.client and sent.data and sent.position + len(sent.data) >= talk.first_batch > 0
            ),
            len(flow),
        )
    at = st.integers(start, len(flow) - 1) if start < len(flow) else st.nothing()
    lost = draw(st.sets(at, max_size=5)) if start < len(flow) else set()
    return Lossy(
        talk,
        lost=[sent for index, sent in enumerate(flow) if index in lost],
        kept=[sent for index, sent in enumerate(flow) if index not in lost],
        seen=[packet for index, (_, packet) in enumerate(everything) if index not in lost],
    )


def hold_to_what_was_sent(talk: Connection, transactions: list[Transaction]) -> None:
    """Each message reported is one that was sent, once, and each pair is one."""
    sent = {str(exchange.nonce) for exchange in talk.exchanges}
    for side in (asked, answered):
        counts = Counter(name for transaction in transactions if (name := side(transaction)) is not None)
        assert counts.keys() <= sent
        assert set(counts.values()) <= {1}
    for request, response in pairs(transactions):
        assert None in {request, response} or request == response


def survived(span: range, lost: list[Sent], *, client: bool) -> bool:
    """Whether no byte in a range is among what was lost in a direction."""
    return not any(
        sent.client is client
        and sent.data
        and sent.position < span.stop
        and span.start < sent.position + len(sent.data)
        for sent in lost
    )


def in_step(talk: Connection, nonce: int, lost: list[Sent]) -> bool:
    """Whether no loss touched a head, or a body without a known length, before a transaction ended."""
    spans = talk.spans[nonce]
    return all(
        survived(vital, lost, client=client)
        for client, span in zip((True, False), spans, strict=True)
        for vital in talk.vital[client]
        if vital.start < span.stop
    )


def hides_requests(talk: Connection, lost: list[Sent]) -> bool:
    """Whether a HEAD is damaged and what would tell that its answer has no body is lost.

    Then the length that the answer tells is its body's for all that can be known: it ends where that says, in the
    middle of another answer as well, and a request sent before it ends could be the rest of a damaged one.
    """
    for exchange in talk.exchanges:
        request, response = talk.spans[exchange.nonce]
        if (
            exchange.request[0].data.startswith(b"HEAD")
            and not survived(request, lost, client=True)
            and not survived(range(response.stop, response.stop + TELLING), lost, client=False)
        ):
            return True
    return False


@thorough
@given(with_losses(modes=("sequential",), hostile=False, prompt=False))
def test_losses_of_a_client_that_waits(drawn: Lossy) -> None:
    """Whatever is lost, no wrong pair, nothing invented; whole requests are reported, in pairs while in step."""
    talk, lost, kept, seen = drawn
    note(story(seen))
    if not seen:
        return
    transactions, ledger = run(seen)
    assert unbalanced(ledger) == []
    hold_to_what_was_sent(talk, transactions)
    if hides_requests(talk, lost):
        return
    found = pairs(transactions)
    handshake = not any(sent.position < 0 for sent in lost)
    for nonce, (request, response) in talk.spans.items():
        if not survived(request, lost, client=True) or not survived(response, lost, client=False):
            continue
        # On a connection that is met in the middle, a whole request line tells who is the client.
        line = any(sent.client and sent.position == request.start and b"\n" in sent.data for sent in kept)
        if handshake or line:
            assert str(nonce) in {name for name, _ in found}
        if handshake and in_step(talk, nonce, lost):
            assert (str(nonce), str(nonce)) in found


@thorough
@given(with_losses(modes=("sequential",), hostile=True, prompt=False))
def test_losses_among_bodies_that_look_like_messages(
    drawn: Lossy,
) -> None:
    """A body full of messages is never taken for one while the other direction is followed."""
    talk, lost, _, seen = drawn
    note(story(seen))
    if len({sent.client for sent in lost}) > 1 or any(sent.position < 0 for sent in lost):
        return
    transactions, _ = run(seen)
    hold_to_what_was_sent(talk, transactions)


@thorough
@given(with_losses(modes=("batches", "window"), hostile=False, prompt=True))
def test_losses_of_a_client_that_pipelines_to_a_prompt_server(
    drawn: Lossy,
) -> None:
    """Whatever is lost, nothing is paired that does not belong together, and nothing is invented."""
    talk, _, _, seen = drawn
    note(story(seen))
    if not seen:
        return
    transactions, ledger = run(seen)
    assert unbalanced(ledger) == []
    hold_to_what_was_sent(talk, transactions)


@thorough
@given(with_losses(modes=("batches",), hostile=False, prompt=False, after_first_batch=True))
def test_losses_of_a_client_known_to_pipeline(drawn: Lossy) -> None:
    """Once two requests were seen to overlap, no loss makes a wrong pair, however slow the server."""
    talk, _, _, seen = drawn
    note(story(seen))
    transactions, ledger = run(seen)
    assert unbalanced(ledger) == []
    hold_to_what_was_sent(talk, transactions)


# -- (3), (4) any bytes ------------------------------------------------------------------------------------------

LINK_TYPES = [0, 1, 9, 12, 101, 108, 113, 228, 229, 239, 276, 147]
LINK_TYPES += [50, 104, 105, 107, 109, 117, 119, 127, 149, 163, 192, 197, 226, 258, 284]


@thorough
@given(
    st.lists(
        st.tuples(st.integers(0, 400 * SECOND), st.sampled_from(LINK_TYPES), st.binary(max_size=120)),
        max_size=12,
    )
)
def test_any_bytes_are_packets(drawn: list[tuple[int, int, bytes]]) -> None:
    """Nothing raises and the ledger balances after every packet, whatever the bytes and the times."""
    interfaces = {link_type: Interface("any", link_type) for link_type in LINK_TYPES}
    pipeline = Pipeline()
    for time, link_type, data in drawn:
        pipeline.feed(batch([Seen(START + time, interfaces[link_type], data)]))
        assert unbalanced(pipeline.ledger()) == []
    pipeline.close()
    assert unbalanced(pipeline.ledger()) == []


SMALL = Limits(
    connections=2,
    handshakes=2,
    held_bytes=400,
    held_bytes_per_stream=200,
    head_bytes=120,
    header_lines=3,
    line_bytes=20,
    pending=2,
    idle_seconds=20,
    closing_seconds=1,
    transaction_seconds=10,
    hole_seconds=1.0,
    unacknowledged_seconds=5.0,
)
"""Every limit is met within a few packets."""


UP_TO_THREE = st.integers(1, 3)
ANY_STEP = st.integers(-SECOND, 12 * SECOND)
WHAT = st.sampled_from(["as it is"] * 4 + ["lost", "flags", "number", "bytes", "cut", "again"])
WILD = st.integers(-300, 300) | st.integers(-(2**31), 2**31)
BYTE = st.integers(0, 255)
WHERE = st.sampled_from([ETH0, ETH1])


@st.composite
def mangled(draw: st.DrawFn) -> list[Seen]:
    """Conversations of which anything may be missing, wrong, cut, late or twice."""
    flows = [
        draw(segments(draw(connections(number, hostile=True, most=3)))) for number in range(draw(UP_TO_THREE))
    ]
    seen = []
    for sent, (time, _, frame) in draw(in_order(flows, ETH0, ANY_STEP)):
        what = draw(WHAT)
        if what == "lost":
            continue
        data = bytearray(frame)
        if what == "flags":
            data = bytearray(sent._replace(flags=draw(BYTE)).frame())
        elif what == "number":
            place = (sent.place or 0) + draw(WILD) if draw(YES_OR_NO) else sent.place
            data = bytearray(sent._replace(position=sent.position + draw(WILD), place=place).frame())
        elif what == "bytes":
            for at in draw(st.lists(st.integers(12, len(data) - 1), max_size=3)):
                data[at] = draw(BYTE)
        elif what == "cut":
            del data[draw(st.integers(0, len(data))) :]
        seen += [Seen(max(time, 0), draw(WHERE), bytes(data)) for _ in range(1 + (what == "again"))]
    return seen


LIMITS = st.sampled_from([Limits(), SMALL])


@thorough
@given(mangled(), LIMITS)
def test_the_ledger_balances_whatever_comes(seen: list[Seen], limits: Limits) -> None:
    """Damaged conversations raise nothing; after every packet, each stage accounts for all it was given."""
    note(story(seen))
    pipeline = Pipeline(limits)
    reported: list[Outcome] = []
    for packet in seen:
        reported += pipeline.feed(batch([packet]))
        assert unbalanced(pipeline.ledger()) == []
    reported += pipeline.close()
    ledger = pipeline.ledger()
    assert unbalanced(ledger) == []
    assert all(stage.held == 0 for stage in ledger)
    assert ledger[-1].delivered == len(reported)
    for transaction in transactions(reported):
        for message in (transaction.request, transaction.response):
            if message is not None:
                assert message.body_size >= 0
                assert message.missed >= 0
                assert message.state in {State.COMPLETE, State.TRUNCATED}
    records(reported)


@st.composite
def batched(draw: st.DrawFn, seen: list[Seen]) -> list[list[Seen]]:
    """The same packets in batches of any size; those of a batch are of one interface."""
    batches: list[list[Seen]] = []
    for packet in seen:
        if not batches or batches[-1][0].interface is not packet.interface or draw(YES_OR_NO):
            batches.append([])
        batches[-1].append(packet)
    return batches


def records_at_once(batches: Iterable[list[Seen]], limits: Limits) -> list[dict[str, Any]]:
    """Records made as the program makes them: of each batch before the next one is looked at."""
    pipeline = Pipeline(limits)
    made = [record for packets in batches for record in records(pipeline.feed(batch(packets)))]
    return made + records(pipeline.close())


@thorough
@given(mangled(), LIMITS, st.data())
def test_batches_change_nothing_and_ids_are_unique(
    seen: list[Seen], limits: Limits, data: st.DataObject
) -> None:
    """Any batching, and any run, gives the same records, each with an id of its own: what was reported stays."""
    note(story(seen))
    singly = records_at_once([[packet] for packet in seen], limits)
    assert max(Counter(record["id"] for record in singly).values(), default=1) == 1
    at_once: list[list[Seen]] = []
    for packet in seen:
        if not at_once or at_once[-1][0].interface is not packet.interface:
            at_once.append([])
        at_once[-1].append(packet)
    assert records_at_once(at_once, limits) == singly
    assert records_at_once(data.draw(batched(seen)), limits) == singly
    # Nor when the records are made long after, of transactions that were kept.
    assert records(run(seen, limits)[0]) == singly
