"""Facts about the pipeline: one result, however packets are handed in and whichever way they take."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from interceptor.capture.files import open_captures
from interceptor.core.budget import Budget
from interceptor.core.model import Interface, Limits, PacketBatch
from interceptor.core.packets.decode import Decoder
from interceptor.core.packets.radio import AGGREGATING, apart
from interceptor.core.pipeline import Pipeline
from interceptor.core.protocols.http1.heads import Heads
from interceptor.core.protocols.http1.layouts import Layouts
from interceptor.core.protocols.http1.parser import Context
from interceptor.core.protocols.recognition import Recognition
from interceptor.core.tcp.clocks import Clocks
from interceptor.core.tcp.connections import Connections
from interceptor.core.tcp.reassembly import Assembly
from tests.conversations import (
    ACK,
    SECOND,
    SYN,
    Capture,
    Dialogue,
    Ends,
    Seen,
    Sent,
    batch,
    pairs,
    records,
    request,
    response,
    run,
    unbalanced,
)
from tests.strategies import connections, in_order, segments
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.model import Outcome, Stage

FIXTURES = sorted(
    path for path in (Path(__file__).parents[2] / "fixtures").glob("*/*.pcap*") if path.is_file()
)


@functools.cache
def fixture(path: Path) -> tuple[PacketBatch, ...]:
    """The packets of a fixture."""
    [capture] = open_captures([str(path)])
    try:
        return tuple(capture.batches())
    finally:
        capture.close()


def one_by_one(batches: Iterable[PacketBatch]) -> Iterable[PacketBatch]:
    """The same packets, each in a batch of its own."""
    for each in batches:
        for packet in each.packets:
            yield PacketBatch(each.interface, each.buffer, [packet])


class LongWay:
    """The rooms wired together without the short way: every segment goes through `Connections.segment`."""

    def __init__(self) -> None:
        limits = Limits()
        self.decoder = Decoder(limits)
        self.assembly = Assembly(limits, Budget(limits.held_bytes))
        self.context = Context(
            limits, Heads(limits), Layouts(limits.header_lines), limits.head_bytes, Budget(limits.held_bytes)
        )
        self.connections = Connections(limits, Recognition(self.context), self.assembly)

    def run(self, batches: Iterable[PacketBatch]) -> list[Outcome]:
        """All packets."""
        finished: list[Outcome] = []
        clocks = Clocks()
        parted = (apart(each) if each.interface.link_type in AGGREGATING else each for each in batches)
        for each in one_by_one(parted):
            [(time, start, captured, length)] = each.packets
            if clocks.look(each.interface, time):
                self.decoder.expire(clocks.now)
                finished += self.connections.expire(clocks.now)
            link_type = each.interface.link_type
            decoded = self.decoder.decode(link_type, each.buffer, start, captured, length, clocks.now)
            if decoded is not None:
                finished += self.connections.segment(each.interface, *decoded, time)
        return finished + self.connections.close()


def result(batches: Iterable[PacketBatch]) -> tuple[list[Outcome], list[Stage]]:
    """What a pipeline says of packets."""
    pipeline = Pipeline()
    finished = [transaction for each in batches for transaction in pipeline.feed(each)]
    finished += pipeline.close()
    return finished, pipeline.ledger()


def hold_to_the_long_way(batches: Iterable[PacketBatch]) -> None:
    """Both ways report the same and count the same."""
    batches = list(batches)
    finished, ledger = result(batches)
    long_way = LongWay()
    assert records(finished) == records(long_way.run(batches))
    stages = {stage.name: stage for stage in ledger}
    assembly, context = long_way.assembly, long_way.context
    assert stages["segments"].delivered == long_way.connections.taken
    assert stages["segments"].dropped == {str(k): v for k, v in long_way.connections.dropped.items() if v}
    assert stages["payload"].delivered == assembly.delivered
    assert stages["payload"].dropped == {str(k): v for k, v in assembly.dropped.items() if v}
    assert stages["http"].delivered == context.delivered
    assert stages["http"].dropped == {str(k): v for k, v in context.dropped.items() if v}
    assert stages["messages"].received == context.messages
    assert stages["transactions"].delivered == context.reported


ETH0, ETH1 = Interface("eth0", 1), Interface("eth1", 1)
CONNECTIONS = st.integers(1, 3)
STEPS = st.integers(0, 2 * SECOND)
LATE = st.sampled_from([0, 0, 0, 0, SECOND // 3, 3 * SECOND])
WHERE = st.sampled_from([(ETH0,)] * 6 + [(), (ETH0, ETH1), (ETH1,)])


@st.composite
def traffic(draw: st.DrawFn) -> list[Seen]:
    """Connections with losses and disorder."""
    flows = [
        draw(segments(draw(connections(number, hostile=True, most=4)))) for number in range(draw(CONNECTIONS))
    ]
    seen = []
    for _, (time, _, frame) in draw(in_order(flows, ETH0, STEPS)):
        late = draw(LATE)
        seen += [Seen(time + late, interface, frame) for interface in draw(WHERE)]
    return sorted(seen, key=lambda packet: packet.time)


thorough = examples(
    1_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_short_and_long_way_agree_on_fixtures(path: Path) -> None:
    """On every fixture, the short way changes neither records nor counts."""
    hold_to_the_long_way(fixture(path))


@thorough
@given(traffic())
def test_short_and_long_way_agree(seen: list[Seen]) -> None:
    """Nor does it on connections with losses, disorder and copies."""
    hold_to_the_long_way(batch([packet]) for packet in seen)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_batches_do_not_matter_on_fixtures(path: Path) -> None:
    """A fixture gives the same records and counts in its batches and packet by packet, balanced after each."""
    batches = fixture(path)
    together, ledger = result(batches)
    pipeline = Pipeline()
    singly: list[Outcome] = []
    for number, each in enumerate(one_by_one(batches)):
        singly += pipeline.feed(each)
        if number < 2_000:
            assert unbalanced(pipeline.ledger()) == []
    singly += pipeline.close()
    assert records(singly) == records(together)
    assert pipeline.ledger() == ledger
    assert unbalanced(ledger) == []
    assert all(stage.held == 0 for stage in ledger)


@thorough
@given(traffic(), st.integers(2, 40))
def test_batches_do_not_matter(seen: list[Seen], size: int) -> None:
    """Batches of any size give the records and counts of single packets."""
    singly, together = run(seen), run(seen, size=size)
    assert records(singly[0]) == records(together[0])
    assert singly[1] == together[1]


@thorough
@given(traffic())
def test_no_time_changes_nothing(seen: list[Seen]) -> None:
    """Letting no time pass between packets changes nothing."""
    pipeline = Pipeline()
    finished: list[Outcome] = []
    for packet in seen:
        finished += pipeline.feed(batch([packet]))
        assert pipeline.expire(packet.time) == []
    finished += pipeline.close()
    wanted, ledger = run(seen)
    assert records(finished) == records(wanted)
    assert pipeline.ledger() == ledger


def test_a_clock_that_is_set_back_holds_up_nothing() -> None:
    """What comes afterwards is over when its time is, and not when the clock has come by again."""
    capture = Capture()
    capture.wait(0)
    capture.wait(-3_600)
    dialogue = Dialogue(capture).open()
    dialogue.client(request(1))
    capture.wait(capture.limits.idle_seconds + 3)
    assert [each.request is not None for each in capture.transactions] == [True]
    assert capture.pipeline.open_connections == 0


def test_counters_of_the_pipeline() -> None:
    """Connections with data, holes, and the bytes in them and after a short snaplen are counted."""
    capture = Capture()
    talk = Dialogue(capture).open()
    Dialogue(capture, Ends(client_port=40_001)).open()
    talk.client(request(1))
    head, body = response(1, body=b"b" * 30).split(b"\r\n\r\n")
    talk.server(head + b"\r\n\r\n")
    talk.server(body[:10], lost=True)
    frame = Sent(talk.ends, client=False, position=talk.server_sent, place=talk.client_sent, data=body[10:])
    whole = frame.frame()
    capture.pipeline.feed(
        PacketBatch(capture.interface, whole, [(capture.now, 0, len(whole) - 5, len(whole))])
    )
    talk.server_sent += 20
    talk.client()
    capture.wait(2)
    [transaction] = capture.transactions
    assert transaction.response is not None
    assert (transaction.response.body_size, transaction.response.missed) == (30, 15)
    pipeline = capture.pipeline
    assert (pipeline.connections, pipeline.evicted) == (1, 0)
    assert (pipeline.gaps, pipeline.missed_bytes, pipeline.cut_bytes) == (1, 10, 5)


def test_bytes_cut_off_before_roles_are_known_are_counted() -> None:
    """A short snaplen is told of connections too of which nobody knows yet who is who."""
    capture = Capture()
    frame = Sent(Ends(), client=False, position=700, place=500, data=b"q" * 100).frame()
    packet = (capture.now, 0, len(frame) - 60, len(frame))
    capture.pipeline.feed(PacketBatch(capture.interface, frame, [packet]))
    assert capture.pipeline.cut_bytes == 60
    assert capture.stage("payload").delivered == 40


def test_what_is_no_acknowledgement_acknowledges_nothing() -> None:
    """Without the ACK flag the field means nothing (RFC 9293 section 3.1), on the short way too."""
    capture = Capture()
    talk = Dialogue(capture).open()
    talk.exchange(1)
    talk.client(request(2), place=None)
    frame = bytearray(Sent(talk.ends, client=True, position=talk.client_sent, place=2_000_000).frame())
    frame[47] = 0
    capture.feed(bytes(frame))
    capture.close()
    assert pairs(capture.transactions) == [("1", "1"), ("2", None)]
    assert (capture.pipeline.gaps, capture.pipeline.missed_bytes) == (0, 0)


def test_time_outs_go_on_when_a_clock_is_set_back() -> None:
    """By an hour: what begins after it ends in its time, not an hour later."""
    capture = Capture()
    Dialogue(capture).open().client(request(1))
    capture.wait(3_600)
    capture.transactions.clear()
    capture.now -= 3_600 * SECOND
    Dialogue(capture, Ends(client_port=40_001)).open().client(request(2))
    Dialogue(capture, Ends(client_port=40_002)).open()
    capture.wait(302)
    assert pairs(capture.transactions) == [("2", None)]
    assert capture.pipeline.open_connections == 0


def test_closing_reports_what_is_open() -> None:
    """What has not ended when the capture does is reported as far as it was seen."""
    capture = Capture()
    talk = Dialogue(capture).open()
    talk.exchange(1)
    talk.client(request(2))
    talk.server(response(2)[:-5])
    assert pairs(capture.transactions) == [("1", "1")]
    assert pairs(capture.close()) == [("1", "1"), ("2", "2")]
    last = capture.transactions[-1].response
    assert last is not None
    assert last.state == "truncated"


def test_two_early_responses_are_two() -> None:
    """Two responses to a request whose head is not complete are both reported."""
    capture = Capture()
    talk = Dialogue(capture).open()
    talk.client(request(1)[:5])
    talk.server(response(1) + response(2))
    assert sorted(pairs(capture.close()), key=str) == [(None, "1"), (None, "2")]


def test_a_handshake_is_no_connection() -> None:
    """Segments of connections that never carry data are counted, and nothing is kept of them in the end."""
    capture = Capture()
    ends = Ends()
    capture.feed(Sent(ends, client=True, position=-1, place=None, flags=SYN).frame())
    capture.feed(Sent(ends, client=False, position=-1, place=0, flags=SYN | ACK).frame())
    assert capture.close() == []
    assert capture.dropped("segments") == {"no_payload_yet": 2}
    assert capture.pipeline.connections == 0
