"""Clocks of files: compared by what their packets prove, and by nothing else."""

from __future__ import annotations

import tracemalloc
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from interceptor.capture.offsets import TOLERANCE, Offset, Sightings, offsets
from interceptor.core.model import Interface
from tests.capture_bytes import START, conversation, tcp
from tests.conversations import SECOND, Seen, batch, records, run, story
from tests.strategies import connections, in_order, segments

Packets = list[tuple[int, bytes]]
CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
MILLISECOND = 1_000_000


def sightings(packets: Packets, most: int = 64, link_type: int = 1) -> Sightings:
    """What one file shows."""
    one = Sightings(most)
    interface = Interface(None, link_type)
    if packets:
        one.add(batch(Seen(time, interface, frame) for time, frame in packets))
    return one


def proven(*files: Packets) -> dict[int, tuple[int, int | None]]:
    """By file: against which other one, and by how much."""
    return {
        one.file: (one.reference, one.nanoseconds) for one in offsets([sightings(file) for file in files])
    }


def apart(packets: Packets, address: bytes = CLIENT) -> tuple[Packets, Packets]:
    """What the client sends, and what the server does."""
    return (
        [packet for packet in packets if packet[1][26:30] == address],
        [packet for packet in packets if packet[1][26:30] != address],
    )


def later(packets: Packets, nanoseconds: int) -> Packets:
    """By a clock that is so much ahead."""
    return [(time + nanoseconds, frame) for time, frame in packets]


def several(
    count: int, *, step: int = MILLISECOND, start: int = START, exchanges: int = 2, port: int = 40_000
) -> Packets:
    """Connections one after the other."""
    packets: Packets = []
    for number in range(count):
        packets += conversation(exchanges, port=port + number, start=start + number * 20 * step, step=step)
    return sorted(packets)


@pytest.mark.parametrize(
    "offset", [300 * MILLISECOND, -SECOND, 7_123_456_000, -60 * SECOND, 3_600 * SECOND, -3_600 * SECOND]
)
@pytest.mark.parametrize("count", [1, 2, 30])
def test_a_clock_is_found_to_within_the_way_there_and_back(offset: int, count: int) -> None:
    """From one connection as from many, whichever file is first; exactly, where it is round."""
    first, second = apart(several(count))
    for files, wanted in (
        ((first, later(second, offset)), -offset),
        ((later(second, offset), first), offset),
    ):
        [right, wrong] = offsets([sightings(file) for file in files])
        assert right == Offset(0, 0, 0, 0)
        assert (wrong.file, wrong.reference, wrong.connections) == (1, 0, count)
        assert wrong.nanoseconds is not None
        assert abs(wrong.nanoseconds - wanted) <= 2 * MILLISECOND
        if offset % (100 * MILLISECOND) == 0:
            assert wrong.nanoseconds == wanted


@pytest.mark.parametrize("step", [1, MILLISECOND, 400 * MILLISECOND, 3 * SECOND])
def test_a_right_clock_is_left_alone_however_long_the_way(step: int) -> None:
    """A long way is no difference of clocks, and neither is a disorder that the core takes."""
    first, second = apart(several(5, step=step))
    assert proven(first, second) == {0: (0, 0), 1: (0, 0)}
    for offset in (TOLERANCE, -TOLERANCE):
        assert proven(first, later(second, offset)) == {0: (0, 0), 1: (0, 0)}


def test_without_handshakes_acknowledgements_prove_it() -> None:
    """Of a connection that was there before the capture, in whatever numbers."""
    packets = conversation(20)[7:-3]
    first, second = apart(packets)
    assert proven(first, later(second, 5 * SECOND)) == {0: (0, 0), 1: (0, -5 * SECOND)}


def test_one_bound_is_no_proof() -> None:
    """A download whose client says nothing: its data may have been sent at any time before it was acknowledged."""
    data = [
        (
            START + n * MILLISECOND,
            tcp(to_server=False, sequence=1 + 100 * n, acknowledgement=9, flags=16, payload=b"x" * 100),
        )
        for n in range(30)
    ]
    acknowledgements = [
        (
            START + n * MILLISECOND + 100,
            tcp(to_server=True, sequence=9, acknowledgement=101 + 100 * n, flags=16),
        )
        for n in range(30)
    ]
    assert proven(data, later(acknowledgements, -9 * SECOND)) == {}


def test_files_that_share_no_connection_prove_nothing() -> None:
    """Other ports, other numbers on the same ports, no TCP at all, or no packets."""
    first, second = apart(conversation(2))
    _, other = apart(conversation(2, port=50_000))
    moved = [
        (time, frame[:38] + ((int.from_bytes(frame[38:42]) + 77_777).to_bytes(4)) + b"\1\2\3\4" + frame[46:])
        for time, frame in second
    ]
    for file in (other, moved, [(START, b"\0" * 60)], []):
        assert proven(first, later(file, 5 * SECOND)) == {}


def test_what_a_file_shows_from_both_sides_proves_nothing() -> None:
    """The same conversation an hour later may be a replay of it, and pieces of one capture touch each other."""
    packets = several(3)
    assert proven(packets, later(packets, 3_600 * SECOND)) == {}
    first, _ = apart(packets)
    assert proven(first, later(packets, 3_600 * SECOND)) == {}
    half = len(packets) // 2
    assert proven(packets[:half], packets[half:]) == {}


def test_most_connections_decide() -> None:
    """A retransmission whose original was not captured says something else; three of four are enough."""
    first, second = apart(several(8))
    strange = {(40_000 + n).to_bytes(2) for n in range(2)}
    odd = [
        (time - 3 * SECOND * (frame[36:38] in strange), frame) for time, frame in later(second, 5 * SECOND)
    ]
    [_, found] = offsets([sightings(first), sightings(odd)])
    assert (found.nanoseconds, found.connections) == (-5 * SECOND, 6)


def test_a_clock_that_was_set_in_between_has_no_offset() -> None:
    """It is said, and left alone."""
    first, second = apart(several(8))
    middle = second[len(second) // 2][0]
    torn = [(time + (5 * SECOND if time < middle else -9 * SECOND), frame) for time, frame in second]
    [_, one] = offsets([sightings(first), sightings(torn)])
    assert (one.file, one.nanoseconds) == (1, None)


def test_a_clock_that_drifts_is_taken_at_its_middle() -> None:
    """As long as that is within what the core takes; beyond it, no one number is right."""
    first, second = apart(sorted(several(10) + several(10, start=START + 3_600 * SECOND, port=50_000)))

    def drifting(millionths: int) -> Packets:
        return [
            (time + 5 * SECOND + (time - START) * millionths // 1_000_000, frame) for time, frame in second
        ]

    [_, found] = offsets([sightings(first), sightings(drifting(50))])
    assert found.nanoseconds is not None
    assert abs(found.nanoseconds + 5_090 * MILLISECOND) < 200 * MILLISECOND
    [_, torn] = offsets([sightings(first), sightings(drifting(1_000))])
    assert torn.nanoseconds is None


def test_pieces_of_two_captures_get_an_offset_each() -> None:
    """Two files of each direction, in any order: what hangs together is found, against the first."""
    early, late = several(5), several(5, start=START + 60 * SECOND, port=50_000)
    a1, b1 = apart(early)
    a2, b2 = apart(late)
    wrong1, wrong2 = later(b1, 5 * SECOND), later(b2, 5 * SECOND)
    assert proven(a1, wrong1, a2, wrong2) == {
        0: (0, 0),
        1: (0, -5 * SECOND),
        2: (2, 0),
        3: (2, -5 * SECOND),
    }


def test_the_clock_that_most_files_share_is_right() -> None:
    """Three captures of one server's answers and the requests to it: the odd one is moved, although it is first."""
    packets = several(9)
    requests, answers = apart(packets)
    thirds = [[p for p in answers if int.from_bytes(p[1][36:38]) % 3 == n] for n in range(3)]
    files = (later(thirds[0], 8 * SECOND), requests, thirds[1], thirds[2])
    assert proven(*files) == {0: (1, -8 * SECOND), 1: (1, 0), 2: (1, 0), 3: (1, 0)}


def test_every_link_type_and_tags_of_one_direction() -> None:
    """A mirror may tag what it sends: the connection is the same one."""
    first, second = apart(several(3))
    tagged = [(time, frame[:12] + bytes.fromhex("81000007") + frame[12:]) for time, frame in second]
    assert proven(first, later(tagged, 5 * SECOND))[1] == (0, -5 * SECOND)
    raw = [(time, frame[14:]) for time, frame in later(second, 5 * SECOND)]
    found = offsets([sightings(first), sightings(raw, link_type=101)])
    assert found[1].nanoseconds == -5 * SECOND


def test_a_sample_is_bounded_and_the_same_in_both_files() -> None:
    """However many connections there are, and wherever each file begins."""
    packets = several(3_000, exchanges=1)
    first, second = apart(packets)
    one, other = sightings(first[4_000:], most=32), sightings(later(second, 60 * SECOND), most=32)
    [_, found] = offsets([one, other])
    assert found.nanoseconds == -60 * SECOND
    assert 8 <= found.connections <= 32


def test_a_long_connection_is_bounded_too() -> None:
    """Of 40,000 segments some are kept, the same ones in both files."""
    first, second = apart(conversation(20_000, step=100_000))
    one, other = sightings(first[15_000:]), sightings(later(second, -60 * SECOND))
    [_, found] = offsets([one, other])
    assert found.nanoseconds is not None
    assert abs(found.nanoseconds - 60 * SECOND) <= MILLISECOND


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(-3_600 * SECOND, 3_600 * SECOND))
def test_a_capture_that_was_split_gives_the_records_of_the_whole(data: st.DataObject, offset: int) -> None:
    """Any conversation, any offset within an hour: the same messages and pairs, at times that are off by little.

    Whether a request was pipelined is a question of order between the directions, and whose end is near one of the times
    between them; an offset below the tolerance may change the answers, and nothing else.
    """
    talk = data.draw(connections())
    flow = data.draw(segments(talk))
    whole = Interface(None, 1)
    packets = data.draw(in_order([flow], whole, st.integers(1, SECOND // 20)))
    wanted, _ = run(seen for _, seen in packets)
    sides: list[Packets] = [
        [
            (seen.time + (0 if client else offset), seen.frame)
            for sent, seen in packets
            if sent.client is client
        ]
        for client in (True, False)
    ]
    found = {one.file: one.nanoseconds or 0 for one in offsets([sightings(side) for side in sides])}
    shown = [
        Seen(time + found.get(number, 0), interface, frame)
        for number, (side, interface) in enumerate(
            zip(sides, (Interface(None, 1), Interface(None, 1)), strict=True)
        )
        for time, frame in side
    ]
    shown.sort(key=lambda seen: seen.time)
    note(story([seen._replace(interface=Interface("x", 1)) for seen in shown]))
    gotten, _ = run(shown)
    accidental = {"time", "duration_us", "ttfb_us", "perspective"}

    def essence(of: list[dict[str, Any]]) -> list[dict[str, Any]]:
        plain = [{name: value for name, value in one.items() if name not in accidental} for one in of]
        for one in plain:
            one["anomalies"] = sorted(set(one.get("anomalies", ())) - {"pipelined"})
        return sorted(plain, key=lambda one: str(one["id"]))

    assert essence(records(gotten)) == essence(records(wanted))


def test_the_memory_of_a_sample_is_bounded() -> None:
    """12 KiB for each direction, of 20,000 segments in 500 connections as of any number."""
    sample = Sightings(32)
    interface = Interface(None, 1)
    tracemalloc.start()
    for port in range(500):
        sample.add(
            batch(Seen(time, interface, frame) for time, frame in conversation(17, port=20_000 + port))
        )
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sample.packets == 20_000
    assert used < 32 * 12 * 1_024


def test_the_sample_does_not_depend_on_order() -> None:
    """Batches of any size, of any packets, show the same."""
    first, second = apart(several(40))
    one, other = Sightings(64), Sightings(64)
    interface = Interface(None, 1)
    for time, frame in first:
        one.add(batch([Seen(time, interface, frame)]))
    Random(1).shuffle(second)
    for time, frame in later(second, 5 * SECOND):
        other.add(batch([Seen(time, interface, frame)]))
    assert offsets([one, other])[1].nanoseconds == -5 * SECOND
