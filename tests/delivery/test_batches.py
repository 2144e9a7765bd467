"""Sealed batches: what they hold, that they never change, and what a stranger's may do."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from contextlib import suppress
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from interceptor.delivery.batches import (
    Batch,
    Encoding,
    Origin,
    Sealer,
    TooLargeError,
    UnpackError,
    captured_since,
    parse_header,
    seal,
    split,
    split_lines,
    unpack,
)

ORIGIN = Origin("interceptor/0.1.0", "cluster-1", "node-1")
CREATED = 1_750_000_000.25
ENCODINGS: tuple[Encoding, ...] = ("gzip", "zstd")
LIMIT = 64 * 2**20


def lines(count: int, start: int = 0) -> bytes:
    """JSON Lines, each with its number."""
    return b"".join(b'{"n":%d}\n' % number for number in range(start, start + count))


def numbers(batch: Batch) -> list[int]:
    """What is in a batch."""
    return [json.loads(line)["n"] for line in split_lines(unpack(batch.body, batch.encoding, LIMIT))]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_header_and_records(encoding: Encoding) -> None:
    """A batch's text is the header of design.md section 6, then its records as they came."""
    batch = seal([lines(2), lines(1, 2)], 3, ORIGIN, CREATED, encoding)
    header, _, rest = unpack(batch.body, encoding, LIMIT).partition(b"\n")
    assert json.loads(header) == {
        "kind": "batch",
        "schema": 1,
        "id": batch.id,
        "agent": "interceptor/0.1.0",
        "cluster": "cluster-1",
        "node": "node-1",
        "count": 3,
        "created": "2025-06-15T15:06:40.250Z",
    }
    assert rest == lines(3)
    assert (batch.records, batch.encoding) == (3, encoding)


def test_standard_tools_read_it() -> None:
    """The compressed body is plain gzip, or plain zstd."""
    assert lines(3) in gzip.decompress(seal([lines(3)], 3, ORIGIN, CREATED).body)
    packed = seal([lines(3)], 3, ORIGIN, CREATED, "zstd").body
    assert lines(3) in zstandard.ZstdDecompressor().stream_reader(packed).read()


def test_what_is_not_known_is_absent() -> None:
    """Without a cluster and a node the header names none; it is never null."""
    text = unpack(seal([lines(1)], 1, Origin("a"), CREATED).body, "gzip", LIMIT)
    assert json.loads(text.partition(b"\n")[0]).keys() == {
        "kind",
        "schema",
        "id",
        "agent",
        "count",
        "created",
    }


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_sealing_is_deterministic(encoding: Encoding) -> None:
    """The same records, origin and time give the same id and the same bytes, however they are cut into pieces."""
    first = seal([lines(4)], 4, ORIGIN, CREATED, encoding)
    assert seal([lines(4)], 4, ORIGIN, CREATED, encoding) == first
    assert seal([lines(3), lines(1, 3)], 4, ORIGIN, CREATED, encoding).id == first.id


@pytest.mark.parametrize(
    "other",
    [
        seal([lines(4, 1)], 4, ORIGIN, CREATED),
        seal([lines(4)], 4, Origin("interceptor/0.1.0", "cluster-1", "node-2"), CREATED),
        seal([lines(4)], 4, Origin("interceptor/0.1.0", None, "cluster-1"), CREATED),
        seal([lines(4)], 4, ORIGIN, CREATED + 1),
    ],
)
def test_another_batch_has_another_id(other: Batch) -> None:
    """Other records, another agent or another time are another batch."""
    assert other.id != seal([lines(4)], 4, ORIGIN, CREATED).id


def test_no_contents_in_repr() -> None:
    """A batch in a log or an error does not show its body."""
    assert "body" not in repr(seal([lines(1)], 1, ORIGIN, CREATED))


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(count=st.integers(2, 40))
def test_halves(count: int, encoding: Encoding) -> None:
    """Halves hold every record once and in order, are batches of their own, and come out the same again."""
    whole = seal([lines(count)], count, ORIGIN, CREATED, encoding)
    first, second = split(whole)
    assert numbers(first) + numbers(second) == list(range(count))
    assert 0 <= second.records - first.records <= 1
    assert split(whole) == (first, second)
    assert len({whole.id, first.id, second.id}) == 3
    for half in (first, second):
        header = parse_header(unpack(half.body, half.encoding, LIMIT))
        assert (header.id, header.count) == (half.id, half.records)
        assert (header.agent, header.cluster, header.node) == (ORIGIN.agent, ORIGIN.cluster, ORIGIN.node)


def test_halves_of_a_later_agent() -> None:
    """Halving keeps keys of the header that this version does not know."""
    text = b'{"kind":"batch","schema":1,"id":"%s","count":2,"zone":"z"}\n' % (b"0" * 32) + lines(2)
    first, _ = split(Batch("0" * 32, 2, gzip.compress(text)))
    assert json.loads(unpack(first.body, "gzip", LIMIT).partition(b"\n")[0])["zone"] == "z"


def test_a_single_record_cannot_be_halved() -> None:
    """Whoever gets a 413 for one record has to think of something else."""
    with pytest.raises(ValueError, match="single record"):
        split(seal([lines(1)], 1, ORIGIN, CREATED))


BOMB = b"\n" * (200 * 2**20)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", zlib.compress(BOMB, wbits=31)), ("zstd", zstandard.ZstdCompressor().compress(BOMB))],
)
def test_bombs(encoding: str, body: bytes) -> None:
    """A small body that unpacks to 200 MiB is refused, and never takes much more than the limit."""
    assert len(body) < 2**18
    tracemalloc.start()
    with pytest.raises(TooLargeError, match="more than 1048576 bytes"):
        unpack(body, encoding, 2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * 2**20


@pytest.mark.parametrize("encoding", [*ENCODINGS, "identity"])
def test_exactly_the_limit(encoding: str) -> None:
    """As many bytes as allowed are allowed."""
    text = lines(1000)
    bodies = {
        "gzip": gzip.compress(text),
        "zstd": zstandard.ZstdCompressor().compress(text),
        "identity": text,
    }
    assert unpack(bodies[encoding], encoding, len(text)) == text
    with pytest.raises(TooLargeError):
        unpack(bodies[encoding], encoding, len(text) - 1)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(data=st.data())
def test_damaged_bodies(encoding: Encoding, data: Any) -> None:
    """A cut or lengthened body is refused; one with flipped bits is refused or unpacks, and nothing else happens."""
    body = seal([lines(50)], 50, ORIGIN, CREATED, encoding).body
    for bad in (body[: data.draw(st.integers(0, len(body) - 1))], body + b"x", body + body):
        with pytest.raises(UnpackError):
            unpack(bad, encoding, LIMIT)
    flipped = bytearray(body)
    flipped[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(UnpackError):
        unpack(bytes(flipped), encoding, LIMIT)


def test_unknown_encoding() -> None:
    """Only what agents send is unpacked."""
    with pytest.raises(UnpackError, match="neither gzip nor zstd"):
        unpack(b"", "br", LIMIT)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"[]\n",
        b"null\n",
        b"\xff\n",
        b'{"kind":"http","schema":1}\n',
        b'{"kind":"batch","schema":2,"id":"%s","agent":"a","count":1,"created":"2025-01-01T00:00:00Z"}\n'
        % (b"0" * 32),
        b'{"kind":"batch","schema":1,"id":"x","agent":"a","count":1,"created":"2025-01-01T00:00:00Z"}\n',
        b'{"kind":"batch","schema":1,"id":"%s","agent":"a","count":-1,"created":"2025-01-01T00:00:00Z"}\n'
        % (b"0" * 32),
        b'{"kind":"batch","schema":1,"id":"%s","agent":"a","count":1,"created":"now"}\n' % (b"0" * 32),
        b"[" * 100_000,
        b'{"kind":"batch","x":' + b"[" * 4_000 + b"\n",
    ],
)
def test_what_is_no_header(text: bytes) -> None:
    """A first line that is no header of schema 1 is refused, without showing what it is."""
    with pytest.raises(UnpackError, match=r"^the first line is no batch header of schema 1$"):
        parse_header(text)


def test_header_without_end() -> None:
    """A batch without records may lack the last line's end."""
    text = unpack(seal([], 0, ORIGIN, CREATED).body, "gzip", LIMIT)
    assert parse_header(text.rstrip(b"\n")).count == 0
    assert list(split_lines(text)) == list(split_lines(text.rstrip(b"\n"))) == []


def test_lines() -> None:
    """Lines come without their ends; the last one may have none; empty ones are lines."""
    assert list(split_lines(b"header\na\n\nb")) == [b"a", b"", b"b"]
    assert list(split_lines(b"header\na\n")) == [b"a"]


def test_a_full_batch_is_sealed_at_once() -> None:
    """The record that fills a batch does not wait for the next one."""
    sealer = Sealer(3, 1000)
    assert sealer.add(lines(2), 2, 10.0) == []
    assert (sealer.records, sealer.size, sealer.since) == (2, len(lines(2)), 10.0)
    (chunk,) = sealer.add(lines(1, 2), 1, 11.0)
    assert (b"".join(chunk.pieces), chunk.records, chunk.size) == (lines(3), 3, len(lines(3)))
    assert (sealer.records, sealer.size, sealer.since) == (0, 0, None)


def test_the_wait_is_the_first_lines() -> None:
    """`since` is when the oldest line that waits came; after a batch was sealed, the oldest of the rest."""
    sealer = Sealer(3, 1000)
    sealer.add(lines(2), 2, 10.0)
    sealer.add(lines(2), 2, 11.0)
    assert sealer.since == 11.0


def test_nothing_is_no_batch() -> None:
    """An empty write and an empty flush make nothing."""
    sealer = Sealer(3, 1000)
    assert sealer.add(b"", 0, 10.0) == []
    assert sealer.flush() == []
    assert sealer.since is None


@given(
    writes=st.lists(st.integers(0, 30), max_size=20),
    max_records=st.integers(1, 12),
    max_bytes=st.integers(1, 120),
)
def test_batches_keep_their_limits(writes: list[int], max_records: int, max_bytes: int) -> None:
    """Every line is in one batch, in order; no batch is over a limit, except a single line that is."""
    sealer = Sealer(max_records, max_bytes)
    chunks = []
    total = 0
    for count in writes:
        chunks += sealer.add(lines(count, total), count, 0.0)
        total += count
    chunks += sealer.flush()
    assert b"".join(piece for chunk in chunks for piece in chunk.pieces) == lines(total)
    for chunk in chunks:
        text = b"".join(chunk.pieces)
        assert (text.count(b"\n"), len(text)) == (chunk.records, chunk.size)
        assert chunk.records <= max_records
        assert chunk.size <= max_bytes or chunk.records == 1


def test_the_header_says_what_the_captures_got_and_lost() -> None:
    """As totals, which both halves repeat without counting anything twice; absent where nobody captures."""
    captured = captured_since(1_000.5, 10, 3, 1, 2.25)
    batch = seal([b'{"a":1}\n{"a":2}\n'], 2, Origin("interceptor/1"), 2_000.0, "gzip", captured)
    for one in (batch, *split(batch)):
        header = parse_header(unpack(one.body, one.encoding, 10_000))
        assert header.captured == captured
    assert captured.since == "1970-01-01T00:16:40.500Z"
    plain = seal([b'{"a":1}\n{"a":2}\n'], 2, Origin("interceptor/1"), 2_000.0)
    assert parse_header(unpack(plain.body, plain.encoding, 10_000)).captured is None
    assert b"captured" not in unpack(plain.body, plain.encoding, 10_000)
    assert plain.id != batch.id
