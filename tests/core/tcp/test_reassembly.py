"""Facts about streams: segments in, pieces and holes out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import Drop, Limits
from interceptor.core.protocols.conversation import End
from interceptor.core.tcp.reassembly import FAR, Assembly, Stream, difference
from tests.support.examples import examples

if TYPE_CHECKING:
    from interceptor.core.tcp.reassembly import Piece, Run

WRAP = 2**32
STARTS = (0, 1_000, WRAP - 4, WRAP - 1, 2**31 - 2)
"""Sequence numbers of the first byte: the wrap comes nowhere, or between any two segments of a table."""


@dataclass(frozen=True)
class In:
    """A segment: its position and bytes; what its sender had; whether it carries a FIN."""

    position: int
    data: bytes
    place: int = 0
    fin: bool = False
    cut: int = 0
    """Bytes at its end that were not captured."""


@dataclass(frozen=True)
class Skip:
    """So many bytes are given up."""

    size: int


class At(NamedTuple):
    """A piece that was delivered, and where."""

    position: int
    data: bytes
    length: int
    time: int
    place: int
    end: int


def runs(stream: Stream) -> list[Run]:
    """The runs that wait."""
    return stream.held.runs if stream.held is not None else []


def held(stream: Stream) -> list[Piece]:
    """The pieces that wait. Their runs are in order, have a hole before each but the first, and add up."""
    pieces: list[Piece] = []
    before = stream.position - 1
    for run in runs(stream):
        assert run.start > before
        before = run.start
        piece: Piece | None = run.first
        while piece is not None:
            pieces.append(piece)
            before += piece.length
            last, piece = piece, piece.next
        assert (before, last) == (run.stop, run.last)
    if stream.held is not None:
        assert pieces
        assert stream.held.pieces == len(pieces)
        assert stream.held.size == sum(len(piece.data) for piece in pieces)
    return pieces


class Sides:
    """A stream under test and its peer, which has sent nothing."""

    def __init__(self, start: int = 1_000, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.assembly = Assembly(limits, Budget(limits.held_bytes))
        self.start = start
        self.stream = Stream(b"client", start % WRAP, self.assembly)
        self.peer = Stream(b"server", 0, self.assembly)
        self.stream.peer, self.peer.peer = self.peer, self.stream
        self.taken = 0

    def take(self, step: In, stream: Stream | None = None) -> list[At]:
        """Give a segment; return what is ready after it."""
        stream = stream or self.stream
        start = self.start if stream is self.stream else 0
        self.taken += len(step.data)
        stream.take(
            (start + step.position) % WRAP,
            step.data,
            len(step.data) + step.cut,
            0,
            0,
            step.place,
            fin=step.fin,
        )
        self.balance()
        return self.ready(stream)

    def full(self) -> bool:
        """Whether the stream says that it is."""
        return self.stream.full

    def ready(self, stream: Stream | None = None) -> list[At]:
        """All pieces whose turn it is."""
        stream = stream or self.stream
        pieces = []
        while (piece := stream.ready()) is not None:
            assert piece.next is None
            position = stream.position - piece.length
            pieces.append(At(position, piece.data, piece.length, piece.time, piece.place, piece.end))
            if piece.end:
                stream.ended = End(position, piece.time, clean=True)
                stream.discard(Drop.AFTER_FIN)
            self.balance()
        return pieces

    def balance(self) -> None:
        """Bytes taken are delivered, dropped or held."""
        assembly = self.assembly
        assert self.taken == assembly.delivered + sum(assembly.dropped.values()) + assembly.held
        waiting = [piece for stream in (self.stream, self.peer) for piece in held(stream)]
        assert assembly.held == sum(len(piece.data) for piece in waiting)
        assert assembly.pieces == len(waiting)


FIN = "FIN"
TABLE: dict[str, tuple[list[In | Skip], list[list[bytes | str]], dict[Drop, int]]] = {
    "in order": ([In(0, b"ab"), In(2, b"cd")], [[b"ab"], [b"cd"]], {}),
    "the second first": ([In(2, b"cd"), In(0, b"ab")], [[], [b"ab", b"cd"]], {}),
    "three backwards": ([In(4, b"ef"), In(2, b"cd"), In(0, b"ab")], [[], [], [b"ab", b"cd", b"ef"]], {}),
    "again": ([In(0, b"ab"), In(0, b"ab")], [[b"ab"], []], {Drop.RETRANSMITTED: 2}),
    "again while it waits": (
        [In(2, b"cd"), In(2, b"XX"), In(0, b"ab")],
        [[], [], [b"ab", b"cd"]],
        {Drop.RETRANSMITTED: 2},
    ),
    "again and longer": ([In(0, b"ab"), In(0, b"XXcd")], [[b"ab"], [b"cd"]], {Drop.RETRANSMITTED: 2}),
    "again and shorter": ([In(0, b"abcd"), In(0, b"XX")], [[b"abcd"], []], {Drop.RETRANSMITTED: 2}),
    "overlap in front of what waits": (
        [In(2, b"cd"), In(0, b"abXX")],
        [[], [b"ab", b"cd"]],
        {Drop.RETRANSMITTED: 2},
    ),
    "overlap behind what waits": (
        [In(2, b"cd"), In(3, b"Xe"), In(0, b"ab")],
        [[], [], [b"ab", b"cd", b"e"]],
        {Drop.RETRANSMITTED: 1},
    ),
    "cover what waits": (
        [In(2, b"c"), In(1, b"bXd"), In(0, b"a")],
        [[], [], [b"a", b"b", b"c", b"d"]],
        {Drop.RETRANSMITTED: 1},
    ),
    "cover two that wait": (
        [In(1, b"b"), In(3, b"d"), In(0, b"aXcXe")],
        [[], [], [b"a", b"b", b"c", b"d", b"e"]],
        {Drop.RETRANSMITTED: 2},
    ),
    "overlap on both sides": (
        [In(1, b"bc"), In(4, b"ef"), In(2, b"XdX"), In(0, b"a")],
        [[], [], [], [b"a", b"bc", b"d", b"ef"]],
        {Drop.RETRANSMITTED: 2},
    ),
    "old and new in one": ([In(0, b"abc"), In(1, b"XXde")], [[b"abc"], [b"de"]], {Drop.RETRANSMITTED: 2}),
    "keep-alive probe": ([In(0, b"ab"), In(1, b"\0")], [[b"ab"], []], {Drop.RETRANSMITTED: 1}),
    "empty keep-alive probe": ([In(0, b"ab"), In(1, b"")], [[b"ab"], []], {}),
    "probe before the first byte": ([In(-1, b"\0"), In(0, b"a")], [[], [b"a"]], {Drop.RETRANSMITTED: 1}),
    "FIN alone": ([In(0, b"ab"), In(2, b"", fin=True)], [[b"ab"], [FIN]], {}),
    "FIN with data": ([In(0, b"ab", fin=True)], [[b"ab", FIN]], {}),
    "FIN before the data": ([In(2, b"", fin=True), In(0, b"ab")], [[], [b"ab", FIN]], {}),
    "FIN with data that came before": (
        [In(0, b"ab"), In(0, b"XX", fin=True)],
        [[b"ab"], [FIN]],
        {Drop.RETRANSMITTED: 2},
    ),
    "FIN twice": ([In(0, b"a", fin=True), In(0, b"a", fin=True)], [[b"a", FIN], []], {Drop.RETRANSMITTED: 1}),
    "FIN of long ago": ([In(0, b"abc"), In(1, b"", fin=True)], [[b"abc"], []], {}),
    "data after FIN": ([In(0, b"a", fin=True), In(2, b"zz")], [[b"a", FIN], []], {Drop.AFTER_FIN: 2}),
    "data after FIN that waited": (
        [In(3, b"zz"), In(1, b"", fin=True), In(0, b"a")],
        [[], [], [b"a", FIN]],
        {Drop.AFTER_FIN: 2},
    ),
    "a hole given up": ([In(3, b"de"), Skip(3), In(5, b"f")], [[], [b"de"], [b"f"]], {}),
    "late bytes": ([In(3, b"de"), Skip(3), In(0, b"abc")], [[], [b"de"], []], {Drop.LATE: 3}),
    "late and new bytes": (
        [In(3, b"d"), Skip(3), In(2, b"XXe")],
        [[], [b"d"], [b"e"]],
        {Drop.LATE: 1, Drop.RETRANSMITTED: 1},
    ),
    "late, after more": (
        [In(1, b"b"), Skip(1), In(0, b"a"), In(1, b"b")],
        [[], [b"b"], [], []],
        {Drop.LATE: 1, Drop.RETRANSMITTED: 1},
    ),
    "empty": ([In(0, b"")], [[]], {}),
}


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", TABLE)
def test_segments_in_pieces_out(name: str, start: int) -> None:
    """Each situation gives these pieces after each segment and drops these bytes, wherever the numbers wrap."""
    steps, wanted, dropped = TABLE[name]
    sides = Sides(start)
    given: list[list[bytes | str]] = []
    for step in steps:
        if isinstance(step, Skip):
            sides.stream.skip(step.size)
            pieces = sides.ready()
        else:
            pieces = sides.take(step)
        given.append([FIN if piece.end else piece.data for piece in pieces])
    assert given == wanted
    assert sides.assembly.dropped == dropped
    assert sides.assembly.gaps == sum(isinstance(step, Skip) for step in steps)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        (5, 3, 2),
        (3, 5, -2),
        (0, 0, 0),
        (0, WRAP - 1, 1),
        (WRAP - 1, 0, -1),
        (10, WRAP - 10, 20),
        (2**31 - 1, 0, 2**31 - 1),
        (2**31, 0, -(2**31)),
        (0, 2**31 + 1, 2**31 - 1),
    ],
)
def test_difference_wraps(a: int, b: int, distance: int) -> None:
    """Sequence numbers are compared on a circle of 2^32 (RFC 9293 section 3.4)."""
    assert difference(a, b) == distance


def test_pieces_know_where_they_are() -> None:
    """A piece has the position of its first byte, and the time and place of its segment."""
    sides = Sides()
    sides.taken = 6
    sides.stream.take(1_002, b"cd", 2, 7, 0, 0, fin=True)
    sides.stream.take(1_000, b"abXX", 4, 9, 0, 0, fin=False)
    assert [(p.position, p.data, p.length, p.time, p.end) for p in sides.ready()] == [
        (0, b"ab", 2, 9, 0),
        (2, b"cd", 2, 7, 0),
        (4, b"", 1, 7, 1),
    ]


@pytest.mark.parametrize("start", STARTS)
def test_a_piece_waits_for_what_its_sender_had(start: int) -> None:
    """A segment that acknowledges bytes of the other direction comes after them."""
    sides = Sides(start)
    sides.peer.seen = True
    assert sides.take(In(0, b"question", place=6)) == []
    assert sides.peer.hole() == 6
    [answer] = sides.take(In(0, b"before"), sides.peer)
    assert answer.data == b"before"
    [question] = sides.ready()
    assert question.data == b"question"
    assert sides.peer.hole() == 0


def test_a_piece_does_not_wait_for_a_direction_that_is_never_seen() -> None:
    """Where only one direction is captured, its segments are delivered although they acknowledge the other."""
    sides = Sides()
    [piece] = sides.take(In(0, b"question", place=6))
    assert piece.place == 6


def test_bytes_cut_off_by_a_snaplen_keep_their_place() -> None:
    """What follows a cut segment comes after what was cut off."""
    sides = Sides()
    assert sides.take(In(6, b"gh")) == []
    first, second = sides.take(In(0, b"ab", cut=4))
    assert (first.data, first.length, second.data, second.position) == (b"ab", 6, b"gh", 6)


def test_a_cut_segment_that_comes_again_gives_nothing_twice() -> None:
    """Only what was captured is counted when a cut segment comes again."""
    sides = Sides()
    sides.take(In(0, b"ab", cut=4))
    assert sides.take(In(0, b"ab", cut=4)) == []
    assert sides.assembly.dropped == {Drop.RETRANSMITTED: 2}


def test_a_hole_is_what_is_missing_in_front() -> None:
    """The hole is the bytes up to the first piece that waits, and no more than what was acknowledged is known."""
    sides = Sides()
    sides.take(In(10, b"k"))
    sides.take(In(20, b"u"))
    assert sides.stream.hole() == 10
    assert sides.stream.acknowledged() == 0
    sides.peer.acknowledging = sides.start + 25
    assert sides.stream.acknowledged() == 25


def test_a_place_is_exact() -> None:
    """Before the position, after it, and however far after it."""
    sides = Sides(WRAP - 10)
    sides.take(In(0, b"x" * 20))
    assert sides.stream.place_of(10) == 20
    assert sides.stream.place_of(WRAP - 5) == 5
    assert sides.stream.place_of(11) == 21
    assert sides.stream.place_of((11 + FAR) % WRAP) == 21 + FAR


@pytest.mark.parametrize("proof", ["taken back", "goes on"])
def test_an_acknowledgement_from_far_ahead_waits_for_the_other_side(proof: str) -> None:
    """Beyond any window it is believed while its sender stays with it and nothing comes where the other one was."""
    sides = Sides()
    sides.peer.seen = sides.stream.seen = True
    sides.stream.acknowledging = FAR + 10
    assert sides.take(In(0, b"question", place=FAR + 10)) == []
    assert sides.peer.hole() == FAR + 10
    if proof == "taken back":
        sides.stream.acknowledging = 0
    else:
        sides.take(In(0, b"answer", place=8), sides.peer)
    [question] = sides.ready()
    assert question.data == b"question"


def test_holes_that_are_filled_late_are_late() -> None:
    """Each of them, in any order and in part; what comes again after that is repeated."""
    sides = Sides()
    for position in (2, 5, 8):
        sides.take(In(position, b"x"))
        sides.stream.skip(sides.stream.hole())
        sides.ready()
    assert sides.take(In(3, b"ab")) == []
    assert sides.take(In(0, b"abxa")) == []
    assert sides.assembly.dropped == {Drop.LATE: 4, Drop.RETRANSMITTED: 2}
    assert sides.take(In(6, b"abx")) == []
    assert sides.assembly.dropped == {Drop.LATE: 6, Drop.RETRANSMITTED: 3}


def test_holes_that_are_remembered_are_limited() -> None:
    """Of more than 64, the oldest count as repeated."""
    sides = Sides()
    for position in range(1, 200, 2):
        sides.take(In(position, b"x"))
        sides.stream.skip(1)
        sides.ready()
    for position in range(0, 200, 2):
        sides.take(In(position, b"x"))
    assert sides.assembly.dropped == {Drop.LATE: 64, Drop.RETRANSMITTED: 36}


@pytest.mark.parametrize("order", ["in order", "backwards", "every other one"])
def test_a_window_of_small_segments_costs_no_more_each(order: str) -> None:
    """Tens of thousands of segments behind a hole are one run, and leave it one by one; none is lost."""
    count = 60_000
    places = list(range(1, count))
    if order == "backwards":
        places.reverse()
    elif order == "every other one":
        places = places[::2] + places[1::2]
    sides = Sides(limits=Limits(held_bytes=2**30, held_bytes_per_stream=2**30))
    stream = sides.stream
    for place in places:
        stream.take(sides.start + place, b"x", 1, 0, 0, 0, fin=False)
    assert [(run.start, run.stop) for run in runs(stream)] == [(1, count)]
    stream.take(sides.start, b"x", 1, 0, 0, 0, fin=False)
    delivered = 0
    while stream.ready() is not None:
        delivered += 1
    assert (delivered, stream.position, sides.assembly.held, sides.assembly.pieces) == (count, count, 0, 0)


def test_the_memory_of_what_waits_is_limited() -> None:
    """A direction is full by its payload or by what its pieces cost besides."""
    limits = Limits(held_bytes_per_stream=2_000, held_bytes=4_000)
    large = Sides(limits=limits)
    large.take(In(1, b"x" * 1_600))
    assert not large.full()
    large.take(In(5_000, b"x" * 100))
    assert large.full()
    small = Sides(limits=limits)
    for position in range(1, 15, 2):
        assert not small.full()
        small.take(In(position, b"x"))
    small.take(In(101, b"x"))
    assert small.full()


def test_what_waits_counts_against_the_budget() -> None:
    """Payload and what its pieces cost besides, until it is delivered or dropped."""
    both = Sides()
    both.peer.seen = both.stream.seen = True
    both.take(In(1, b"x" * 2_500))
    both.take(In(1, b"x" * 2_500), both.peer)
    held = both.assembly.budget.held
    assert held == both.stream.weight + both.peer.weight > 5_000
    both.stream.discard(Drop.OUT_OF_WINDOW)
    assert both.assembly.budget.held == held // 2
    both.peer.discard(Drop.OUT_OF_WINDOW)
    assert both.assembly.budget.held == 0
    assert both.assembly.dropped == {Drop.OUT_OF_WINDOW: 5_000}


STEPS = st.one_of(
    st.builds(
        In,
        position=st.integers(-5, 40),
        data=st.binary(max_size=12),
        place=st.integers(0, 3),
        fin=st.booleans(),
        cut=st.sampled_from([0, 0, 0, 5]),
    ),
    st.builds(Skip, st.integers(1, 10)),
)


@examples(1_000)
@given(st.lists(STEPS, max_size=25), st.sampled_from(STARTS), st.booleans())
def test_every_byte_is_accounted_for(steps: list[In | Skip], start: int, two_sided: bool) -> None:
    """After every call, bytes taken are delivered, dropped or held; pieces come in order and do not overlap."""
    sides = Sides(start)
    sides.peer.seen = two_sided
    position = 0
    for step in steps:
        if isinstance(step, Skip):
            hole = sides.stream.hole()
            if not hole:
                continue
            sides.stream.skip(min(step.size, hole))
            pieces = sides.ready()
        else:
            pieces = sides.take(step)
        for piece in pieces:
            assert piece.position >= position
            assert len(piece.data) <= piece.length
            position = piece.position + piece.length
        assert sides.stream.position >= position
        edges = [edge for run in runs(sides.stream) for edge in (run.start, run.stop)]
        assert edges == sorted(edges)
        assert sides.stream.next == (start + sides.stream.position) % WRAP
    sides.stream.discard(Drop.OUT_OF_WINDOW)
    sides.balance()
    assert sides.assembly.held == 0


@examples(1_000)
@given(st.data(), st.sampled_from(STARTS))
def test_any_cutting_and_order_gives_the_same_bytes(data: st.DataObject, start: int) -> None:
    """Bytes cut anywhere, in any order and any number of times are delivered once, in order."""
    whole = bytes(range(data.draw(st.integers(1, 60))))
    cuts = st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole))).map(sorted)
    parts = [In(low, whole[low:high]) for low, high in data.draw(st.lists(cuts, max_size=10))]
    edges = sorted({0, len(whole), *data.draw(st.sets(st.integers(0, len(whole)), max_size=5))})
    parts += [In(low, whole[low:high]) for low, high in itertools.pairwise(edges)]
    sides = Sides(start)
    given = [piece.data for part in data.draw(st.permutations(parts)) for piece in sides.take(part)]
    assert b"".join(given) == whole
