"""Frames: any cut of the same bytes is the same, a hole costs what it hits, and what is wrong is said."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Anomaly, Chunk
from interceptor.core.protocols.websocket.frames import NO_CODE, Event, Frames
from tests.support.examples import examples
from tests.support.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, frames

MASK = b"\x9a\x01\xfe\x37"


def reader(*, masked: bool = False, extended: int = 0) -> Frames:
    """Of a server's frames, unless `masked`."""
    return Frames(masked=masked, extended=extended)


def feed(found: Frames, data: bytes, *cuts: int, base: int = 0, short: bool = False) -> list[Event]:
    """Give bytes, cut at these offsets. `short`: those that nobody need look at are subtracted, as the pipeline does."""
    events: list[Event] = []
    for start, end in pairwise((0, *cuts, len(data))):
        if short and found.remaining > end - start:
            found.remaining -= end - start
            continue
        chunk = Chunk(b"head" + data[start:end] + b"tail", 4, 4 + end - start, base + start - 4, 0, 0)
        events += found.receive(chunk)
        assert chunk.cursor == chunk.end
    return events


def said(found: Frames) -> dict[str, object]:
    """All that a direction says."""
    names = ("came", "payload_bytes", "counts", "compressed", "lost", "close_code", "anomalies", "missed")
    return {name: getattr(found, name) for name in names}


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("mask", [None, MASK])
def test_every_width_of_a_length(size: int, mask: bytes | None) -> None:
    """Seven bits, two bytes, eight bytes; with a mask or without."""
    found = reader(masked=mask is not None)
    data = frame(BINARY, bytes(size), mask=mask)
    feed(found, data + frame(TEXT, b"next", mask=mask))
    assert (found.counts[BINARY], found.counts[TEXT]) == (1, 1)
    assert found.payload_bytes == size + 4
    assert found.came == len(data) + len(frame(TEXT, b"next", mask=mask))
    assert found.anomalies is None


@examples(300)
@given(data=st.data(), masked=st.booleans(), short=st.booleans())
def test_any_cut_is_the_same(data: st.DataObject, masked: bool, short: bool) -> None:
    """Of any frames: what was sent is what is said, however it was cut, and whoever looked at the payloads."""
    sent = data.draw(frames(masked=masked))
    stream = b"".join(each for *_, each in sent)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    found = reader(masked=masked)
    events = feed(found, stream, *cuts, short=short)
    counted = Counter(opcode for opcode, *_ in sent)
    assert {opcode: count for opcode, count in enumerate(found.counts) if count} == counted
    assert found.payload_bytes == sum(len(payload) for _, payload, _ in sent)
    assert (found.came, found.anomalies, found.lost) == (len(stream), None, False)
    at, ends = 0, []
    for opcode, _, each in sent:
        at += len(each)
        if opcode >= CLOSE:
            ends.append((opcode, at, 0))
    assert events == ends


@pytest.mark.parametrize("mask", [None, MASK])
def test_byte_by_byte_and_cut_at_each_byte(mask: bytes | None) -> None:
    """A header may be split anywhere, also inside a length, a key or a code."""
    stream = (
        frame(TEXT, b"x" * 126, mask=mask, last=False)
        + frame(PING, b"now", mask=mask)
        + frame(CONTINUATION, b"", mask=mask)
        + frame(BINARY, b"y" * 65_536, mask=mask)[:40]
    )
    close = frame(CLOSE, b"\x0f\xa1over", mask=mask)
    stream = stream[:-26] + close
    whole = reader(masked=mask is not None)
    feed(whole, stream)
    for cuts in [*((at,) for at in range(1, len(stream))), tuple(range(1, len(stream)))]:
        found = reader(masked=mask is not None)
        feed(found, stream, *cuts)
        assert said(found) == said(whole)


@pytest.mark.parametrize(
    ("payload", "code", "wrong"),
    [
        (b"", NO_CODE, False),
        (b"\x03", None, True),
        (b"\x03\xe8", 1000, False),
        (b"\x03\xe9going away", 1001, False),
        (b"\x0f\xa1over", 4001, False),
        (b"\x03\xed", None, True),  # 1005 is never sent
        (b"\x03\xee", None, True),  # nor is 1006
        (b"\x00\x07", None, True),
        (b"\xff\xff", None, True),
    ],
)
@pytest.mark.parametrize("mask", [None, MASK])
def test_the_code_of_a_close(payload: bytes, code: int | None, wrong: bool, mask: bytes | None) -> None:
    """What RFC 6455 section 7.4 allows is said; of anything else only that it was wrong."""
    found = reader(masked=mask is not None)
    [event] = feed(found, frame(CLOSE, payload, mask=mask))
    assert event[0] == CLOSE
    assert found.close_code == code
    assert found.anomalies == ({Anomaly.BAD_CLOSE} if wrong else None)


@pytest.mark.parametrize(
    ("stream", "tag"),
    [
        (frame(TEXT, b"a", mask=MASK), Anomaly.WRONG_MASK),
        (frame(TEXT, b"a", reserved=4), Anomaly.RESERVED_BITS),
        (frame(PING, b"a", last=False), Anomaly.BAD_CONTROL_FRAME),
        (frame(PING, b"a" * 126), Anomaly.BAD_CONTROL_FRAME),
        (frame(CONTINUATION, b"a"), Anomaly.BAD_FRAGMENTS),
        (frame(TEXT, b"a", last=False) + frame(TEXT, b"b"), Anomaly.BAD_FRAGMENTS),
        (frame(TEXT, b"a", width=2), Anomaly.LONG_LENGTH),
        (frame(TEXT, b"a" * 200, width=8), Anomaly.LONG_LENGTH),
        (frame(CLOSE) + frame(TEXT, b"a"), Anomaly.FRAMES_AFTER_CLOSE),
        (frame(CLOSE) + frame(CLOSE), Anomaly.FRAMES_AFTER_CLOSE),
    ],
)
def test_what_endpoints_refuse_is_tagged_and_read_on(stream: bytes, tag: Anomaly) -> None:
    """The frame behind it is found."""
    found = reader()
    feed(found, stream + frame(PONG))
    assert tag in (found.anomalies or set())
    assert found.counts[PONG] == 1
    assert not found.lost


@pytest.mark.parametrize("stream", [b"\x83\x00", b"\x8b\x01a", b"\x82\x7f" + b"\xff" * 8])
def test_what_is_no_frame_ends_the_reading(stream: bytes) -> None:
    """An opcode that nobody has defined, a length that there cannot be: from there on bytes are counted."""
    before, behind = frame(TEXT, b"hello"), frame(TEXT, b"hello")
    for cut in range(1, len(stream)):
        found = reader()
        feed(found, before + stream + behind, len(before) + cut)
        assert found.lost
        assert found.anomalies == {Anomaly.NOT_A_FRAME}
        assert found.counts[TEXT] == 1
        assert found.payload_bytes == 5
        assert found.came == len(before + stream + behind)


def test_a_close_that_is_too_long_has_its_code() -> None:
    """RFC 6455 section 5.5 allows 125 bytes; such closes were captured."""
    found = reader()
    feed(found, frame(CLOSE, b"\x03\xf1" + b"x" * 200), 3)
    assert (found.close_code, found.anomalies) == (1009, {Anomaly.BAD_CONTROL_FRAME})


def test_compressed_messages_count_where_compression_was_agreed() -> None:
    """RSV1 on the first frame of a message says so, and on a fragment it says nothing."""
    found = reader(extended=0x40)
    feed(
        found,
        frame(TEXT, b"a", reserved=4, last=False) + frame(CONTINUATION, b"b") + frame(BINARY, b"c", reserved=4)
        + frame(TEXT, b"d"),
    )  # fmt: skip
    assert found.compressed == 2
    assert found.anomalies is None
    feed(found, frame(TEXT, b"e", reserved=2))
    assert found.anomalies == {Anomaly.RESERVED_BITS}


@examples(300)
@given(data=st.data(), masked=st.booleans())
def test_what_is_lost_is_never_made_up(data: st.DataObject, masked: bool) -> None:
    """Holes anywhere: no count exceeds the truth, bytes add up, and a code is the one that was sent."""
    sent = data.draw(frames(masked=masked))
    stream = b"".join(each for *_, each in sent)
    whole = reader(masked=masked)
    feed(whole, stream)
    edges = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    found = reader(masked=masked)
    for index, (start, end) in enumerate(pairwise((0, *edges, len(stream)))):
        if index % 2 and end > start:
            found.gap(end - start)
        else:
            feed(found, stream[start:end], short=data.draw(st.booleans()))
    assert found.came + found.missed == len(stream)
    assert found.payload_bytes <= whole.payload_bytes
    assert all(some <= every for some, every in zip(found.counts, whole.counts, strict=True))
    assert found.close_code in (None, whole.close_code)
    assert found.anomalies is None
    if not found.lost and not found.remaining and not found._header:
        assert said(found) == said(whole) | {"came": found.came, "missed": found.missed}


def test_a_hole_inside_of_a_payload_costs_its_bytes_alone() -> None:
    """The header says where the next frame is, however large the hole."""
    stream = frame(BINARY, b"x" * 70_000) + frame(TEXT, b"next")
    found = reader()
    feed(found, stream[:11])
    found.gap(69_999)
    feed(found, stream[70_010:])
    assert (found.counts[BINARY], found.counts[TEXT], found.payload_bytes) == (1, 1, 70_004)
    assert (found.lost, found.missed) == (False, 69_999)


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_at_all(data: bytes, masked: bool) -> None:
    """Never an exception, all of them counted, cut or not."""
    whole, pieces = reader(masked=masked), reader(masked=masked)
    feed(whole, data)
    feed(pieces, data, *range(1, len(data)))
    assert whole.came == pieces.came == len(data)
    assert said(whole) == said(pieces)
