"""The record layer: any cut of the same bytes is the same, and what a hole costs is what it hit."""

from __future__ import annotations

import ssl
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Chunk
from interceptor.core.protocols.tls.layer import Message, RecordLayer, header_like, old_hello_like
from tests.support.tls import CLIENT, SERVER, talk

WANTED = (1, 2, 11)
LONG = talk(ssl.TLSVersion.TLSv1_2, sizes=((SERVER, 5000), (SERVER, 20))).stream(SERVER)
"""Of one server, for all examples: keys differ each time."""


def record(kind: int, content: bytes, version: bytes = b"\x03\x03") -> bytes:
    """A record."""
    return bytes((kind,)) + version + len(content).to_bytes(2, "big") + content


def message(kind: int, body: bytes) -> bytes:
    """A handshake message."""
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def feed(layer: RecordLayer, data: bytes, *cuts: int) -> list[Message]:
    """Give bytes to a layer, cut at these offsets."""
    found: list[Message] = []
    for start, end in pairwise((0, *cuts, len(data))):
        chunk = Chunk(b"head" + data[start:end] + b"tail", 4, 4 + end - start, 0, 0, 0)
        found += layer.receive(chunk)
        assert chunk.cursor == chunk.end
    return found


def counts(layer: RecordLayer) -> tuple[object, ...]:
    """All that a layer says."""
    return (
        layer.records,
        layer.data_records,
        layer.data_bytes,
        layer.alert,
        layer.encrypted_alert,
        layer.seen,
        layer.clear is None,
        layer.changed,
        layer.skipped,
        layer.begins,
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_every_cut_is_the_same(version: ssl.TLSVersion, side: int) -> None:
    """A real stream, whole, cut in two at each byte, and byte by byte: the same messages and counts."""
    stream = talk(version, sizes=((CLIENT, 30), (SERVER, 30))).stream(side)
    whole = RecordLayer(WANTED, first=True)
    found = feed(whole, stream)
    assert [kind for kind, _ in found] == {
        (CLIENT, 0x0303): [1],
        (CLIENT, 0x0304): [1],
        (SERVER, 0x0303): [2, 11],
        (SERVER, 0x0304): [2],
    }[side, version]
    for cuts in [*((at,) for at in range(1, len(stream))), tuple(range(1, len(stream)))]:
        layer = RecordLayer(WANTED, first=True)
        assert feed(layer, stream, *cuts) == found
        assert counts(layer) == counts(whole)


@given(st.data())
def test_messages_ignore_the_borders_of_records(data: st.DataObject) -> None:
    """Several messages in a record, one in many, empty records between: what is wanted comes out, whole, in order."""
    said = data.draw(
        st.lists(st.tuples(st.sampled_from((0, 1, 2, 4, 11, 22)), st.binary(max_size=60)), max_size=6)
    )
    stream = b"".join(message(kind, body) for kind, body in said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    records = b"".join(record(22, stream[start:end]) for start, end in pairwise((0, *cuts, len(stream))))
    layer = RecordLayer(WANTED, first=True)
    assert feed(layer, records) == [(kind, body) for kind, body in said if kind in WANTED]
    assert layer.weight == 0
    assert layer.begins


@given(st.data())
def test_a_hole_costs_what_it_hit(data: st.DataObject) -> None:
    """Whatever is missing of a real stream, every message that comes out was sent, and no count exceeds the truth."""
    stream = LONG
    whole = RecordLayer(WANTED, first=True)
    sent = feed(whole, stream)
    start = data.draw(st.integers(0, len(stream) - 1))
    end = data.draw(st.integers(start + 1, len(stream)))
    layer = RecordLayer(WANTED, first=True)
    found = feed(layer, stream[:start])
    layer.gap(end - start)
    found += feed(layer, stream[end:])
    assert all(each in sent for each in found)
    assert layer.records <= whole.records
    assert layer.data_bytes <= whole.data_bytes


def test_a_hole_inside_of_data_costs_nothing_else() -> None:
    """The place is known by arithmetic: what follows is read as before. So it is where the hole ends with the record."""
    for missing in (10, 90):
        layer = RecordLayer(WANTED, first=True)
        feed(layer, record(23, bytes(100))[:15])
        layer.gap(missing)
        feed(layer, bytes(90 - missing) + record(21, b"\x01\x00") + record(23, b"more"))
        assert (layer.records, layer.data_records, layer.data_bytes, layer.skipped) == (3, 2, 104, 0)


def test_after_a_larger_hole_a_segment_that_begins_with_a_record_tells() -> None:
    """Until then bytes are skipped and counted; what looks like a header elsewhere than at a segment's start is none."""
    layer = RecordLayer(WANTED, first=True)
    feed(layer, record(23, bytes(100))[:15])
    layer.gap(1000)
    rest = b"rest of a record " + record(23, b"no")
    feed(layer, rest)
    assert layer.skipped == len(rest)
    assert layer.searching
    feed(layer, record(23, b"yes"))
    assert (layer.records, layer.data_bytes, layer.searching) == (2, 103, False)


def test_a_hole_in_a_message_costs_that_message() -> None:
    """Where it ends is known, so the one behind it in another record is read; where it is not, none is."""
    body = bytes(range(200)) * 2
    first, second = message(1, body), message(2, b"second")
    layer = RecordLayer(WANTED, first=True)
    feed(layer, record(22, first[:100]) + record(22, first[100:200])[:20])
    layer.gap(30)
    assert feed(layer, bytes(100 - 15 - 30) + record(22, first[200:]) + record(22, second)) == [
        (2, b"second")
    ]
    layer = RecordLayer(WANTED, first=True)
    feed(layer, record(22, first + second)[:100])
    layer.gap(300)
    assert feed(layer, record(22, first + second)[400:] + record(22, second)) == []
    assert layer.clear is None


@pytest.mark.parametrize(
    ("seal", "changed"), [(record(20, b"\x01"), True), (record(23, b"data"), False)], ids=("change", "data")
)
def test_what_is_encrypted_is_not_read(seal: bytes, changed: bool) -> None:
    """After ChangeCipherSpec or data a handshake record has no message, and an alert none that can be read."""
    layer = RecordLayer(WANTED, first=True)
    assert feed(layer, seal + record(22, message(1, b"not a hello")) + record(21, b"\x02\x28")) == []
    assert (layer.alert, layer.encrypted_alert, layer.changed) == (None, True, changed)
    assert layer.clear is None


def test_after_a_retry_a_hello_comes_again() -> None:
    """It is read although a ChangeCipherSpec stands before it, or early data; what follows the hello is encrypted."""
    for between in (record(20, b"\x01"), record(23, b"early")):
        layer = RecordLayer(WANTED, first=True)
        assert len(feed(layer, record(22, message(1, b"first")) + between)) == 1
        layer.retry()
        assert feed(layer, between + record(22, message(1, b"second"))) == [(1, b"second")]
        assert feed(layer, record(20, b"\x01") + record(22, message(1, b"no"))) == []


def test_alerts_in_clear() -> None:
    """Level and description; one of another length, or cut off, is none."""
    for cuts in ((), (6,), (5, 6)):
        layer = RecordLayer(WANTED, first=True)
        feed(layer, record(21, b"\x02\x28"), *cuts)
        assert layer.alert == (2, 40)
        assert not layer.encrypted_alert
    layer = RecordLayer(WANTED, first=True)
    feed(layer, record(21, bytes(26)))
    assert (layer.alert, layer.encrypted_alert) == (None, True)


def test_a_message_too_large_is_not_kept() -> None:
    """A megabyte of certificates is passed over by its length, and the message behind it is read."""
    huge = message(11, bytes(2**20)) + message(2, b"hello")
    layer = RecordLayer(WANTED, first=True)
    heaviest = 0
    found: list[Message] = []
    for at in range(0, len(huge), 16384):
        found += feed(layer, record(22, huge[at : at + 16384]))
        heaviest = max(heaviest, layer.weight)
    assert found == [(2, b"hello")]
    assert heaviest == 0
    assert layer.seen == 1 << 11 | 1 << 2


def test_memory_can_be_given_back() -> None:
    """Of a message that is not whole nothing is kept any more; what follows it is read."""
    body = bytes(60_000)
    layer = RecordLayer(WANTED, first=True)
    stream = b"".join(record(22, message(1, body)[at : at + 10_000]) for at in range(0, 60_004, 10_000))
    feed(layer, stream[:40_000])
    assert layer.weight > 39_000
    layer.forget()
    assert layer.weight == 0
    assert feed(layer, stream[40_000:] + record(22, message(2, b"next"))) == [(2, b"next")]


@pytest.mark.parametrize("header", ["1803040000", "1403010001", "1503000002", "1603034000", "1703034800"])
def test_headers(header: str) -> None:
    """Types 20 to 24, versions 3.0 to 3.4, lengths up to 18,432."""
    assert header_like(bytes.fromhex(header), 0)


@pytest.mark.parametrize(
    "header", ["1303030001", "1903030001", "1702030001", "1703050001", "1703034801", "170303ffff"]
)
def test_no_headers(header: str) -> None:
    """A type, a version or a length beyond; the bytes are skipped, and the layer searches."""
    data = bytes.fromhex(header)
    assert not header_like(data, 0)
    layer = RecordLayer(WANTED, first=True)
    feed(layer, data + b"more")
    assert (layer.records, layer.skipped, layer.searching) == (0, 9, True)


def test_records_without_content() -> None:
    """TLS up to 1.2 allows them for data."""
    layer = RecordLayer(WANTED, first=True)
    feed(layer, record(23, b"") * 3)
    assert (layer.data_records, layer.data_bytes, layer.begins) == (3, 0, True)


def test_a_hello_as_ssl_2_wrote_it() -> None:
    """It is passed over by its length, and records follow (RFC 5246 appendix E.2)."""
    hello = b"\x01\x03\x01" + bytes(40)
    old = (0x8000 | len(hello)).to_bytes(2, "big") + hello
    assert old_hello_like(old[:5])
    assert not old_hello_like(b"\x80\x02\x01\x03\x01")
    for cuts in ((), (1,), (4,), (5,), (6,), tuple(range(1, len(old)))):
        layer = RecordLayer(WANTED, first=True)
        feed(layer, old, *cuts)
        assert (layer.old_hello, layer.records, layer.begins) == (True, 1, True)
        assert feed(layer, record(22, message(1, b"next"))) == [(1, b"next")]


def test_met_in_the_middle() -> None:
    """Nothing is taken for clear, and records are found where segments begin with them."""
    layer = RecordLayer(WANTED, first=False)
    assert feed(layer, b"the end of a record") == []
    assert feed(layer, record(22, message(1, b"looks like a hello"))) == []
    assert (layer.records, layer.skipped) == (1, 19)


@given(st.lists(st.one_of(st.binary(max_size=30), st.integers(1, 40)), max_size=20), st.booleans())
def test_any_bytes_and_holes_at_all(pieces: list[bytes | int], first: bool) -> None:
    """Nothing is raised, every byte is used up, and nothing is negative."""
    layer = RecordLayer(WANTED, first=first)
    for piece in pieces:
        if isinstance(piece, bytes):
            feed(layer, piece)
        else:
            layer.gap(piece)
        assert layer.remaining >= 0
        assert layer.weight >= 0
        assert layer.data_bytes >= 0
