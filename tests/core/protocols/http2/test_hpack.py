"""HPACK as a listener hears it: never a wrong field, and each that can be known is known."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest
from hpack import Decoder, Encoder
from hpack.struct import HeaderTuple, NeverIndexedHeaderTuple
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.http2 import hpack
from interceptor.core.protocols.http2.hpack import FIELDS, Strings, Table
from interceptor.core.protocols.http2.tables import STATIC, Field
from tests.support.examples import examples


def table(*, first: bool = True) -> Table:
    """One direction's table."""
    return Table(Strings(), first=first)


def literal(name: bytes, value: bytes, *, index: int = 0, insert: bool = True) -> bytes:
    """A literal without Huffman's code; `index`: of its name, if not 0."""
    first = number(index, 6, 0x40) if insert else number(index, 4)
    named = b"" if index else number(len(name)) + name
    return first + named + number(len(value)) + value


def number(value: int, prefix: int = 7, flags: int = 0) -> bytes:
    """RFC 7541 section 5.1."""
    mask = (1 << prefix) - 1
    if value < mask:
        return bytes((flags | value,))
    out, value = bytearray((flags | mask,)), value - mask
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def resize(size: int) -> bytes:
    """An update of the table's size."""
    return number(size, 5, 0x20)


def indexed(index: int) -> bytes:
    """A reference."""
    return number(index, 7, 0x80)


def known(fields: list[Field] | None) -> list[tuple[bytes | None, bytes | None]]:
    """Names and values."""
    assert fields is not None
    return [(name, value) for name, value, _ in fields]


# -- against another's encoder ------------------------------------------------------------------------------------

NAMES = [
    ":method", ":path", ":authority", ":status", "content-type", "te", "user-agent", "grpc-timeout", "x-id", "cookie",
    "x-long",
]  # fmt: skip


VALUES = ("GET", "POST", "PUT", "/", "/a.B/C", "/a.B/D", "200", "301", "0", "trailers", "v" * 70, "w" * 900)


def history(dice: random.Random) -> list[bytes]:
    """Blocks of one direction, in order, as `hpack` writes them."""
    encoder = Encoder()
    blocks = []
    for _ in range(dice.randrange(2, 40)):
        for _ in range(dice.choice([0] * 9 + [1, 2])):
            size = dice.choice([0, 64, 200, 4_096, 16_384])
            if (
                size != encoder.header_table_size
            ):  # the second of two equal ones makes hpack 4.2 forget to say so
                encoder.header_table_size = size
        said: list[HeaderTuple] = []
        for _ in range(dice.randrange(9)):
            name = dice.choice(NAMES)
            value = dice.choice((*VALUES, f"/{dice.randrange(10**6)}"))
            secret = name == "cookie" and dice.random() < 0.5
            said.append((NeverIndexedHeaderTuple if secret else HeaderTuple)(name, value))
        blocks.append(encoder.encode(said, huffman=dice.random() < 0.5))
    return blocks


SEEDS = st.integers(0, 2**32 - 1)
"""Of histories: what is wrong with one does not show in a smaller one, and drawing each part of them takes ten times as long."""


SAID = 10**9
"""By this block, or the static table: nobody can miss it."""


class Truth(NamedTuple):
    """A field, and which block said its name and its value."""

    name: bytes
    value: bytes
    name_from: int
    value_from: int


class Reference:
    """A decoder that sees everything from the start, written straight from RFC 7541."""

    def __init__(self) -> None:
        self.entries: list[Truth] = []
        self.limit = 4_096

    def get(self, index: int) -> Truth:
        return (
            Truth(*STATIC[index - 1], SAID, SAID)
            if index <= len(STATIC)
            else self.entries[index - len(STATIC) - 1]
        )

    def evict(self) -> None:
        while sum(len(name) + len(value) + 32 for name, value, _, _ in self.entries) > self.limit:
            self.entries.pop()

    def read(self, block: bytes, number: int) -> list[Truth]:
        """The fields of block `number`."""
        found = []
        at = 0

        def integer(bits: int) -> int:
            nonlocal at
            value, at = block[at] & (1 << bits) - 1, at + 1
            if value == (1 << bits) - 1:
                shift = 0
                while True:
                    byte, at = block[at], at + 1
                    value += (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
            return value

        def text() -> bytes:
            nonlocal at
            coded = block[at] & 128
            size = integer(7)
            data, at = block[at : at + size], at + size
            return Strings()[data] if coded else data

        while at < len(block):
            first = block[at]
            if first & 128:
                found.append(Truth(*self.get(integer(7))))
            elif first & 0xE0 == 32:
                self.limit = integer(5)
                self.evict()
            else:
                index = integer(6 if first & 64 else 4)
                name, _, origin, _ = self.get(index) if index else (text(), b"", SAID, SAID)
                value = text()
                found.append(Truth(name, value, origin, SAID))
                if first & 64:
                    self.entries.insert(0, Truth(name, value, number if origin == SAID else origin, number))
                    self.evict()
        return found


@examples(1_000)
@given(SEEDS)
def test_seen_from_the_start_everything_is_known(seed: int) -> None:
    """The fields of `hpack`'s own decoder, which sees the same."""
    blocks = history(random.Random(seed))
    decoder, mine = Decoder(), table()
    decoder.max_allowed_table_size = 16_384
    for block in blocks:
        assert known(mine.read(block)) == [tuple(field) for field in decoder.decode(block, raw=True)]
    assert (mine.broken, mine.epoch) == (0, 0)


@examples(1_000)
@given(SEEDS)
def test_nothing_is_wrong_and_what_can_be_known_is(seed: int) -> None:
    """Joined anywhere, with blocks lost anywhere.

    A name or value is known if and only if it was said since the join or the last loss.
    """
    dice = random.Random(seed)
    blocks = history(dice)
    join = dice.choice((0, dice.randrange(len(blocks))))
    lost = {dice.randrange(join, len(blocks)) for _ in range(dice.randrange(4))}
    reference, mine = Reference(), table(first=join == 0)
    since = 0 if join == 0 else join
    numbers: dict[tuple[int, int], tuple[bytes, bytes]] = {}
    for at, block in enumerate(blocks):
        truth = reference.read(block, at)
        if at < join:
            continue
        if at in lost:
            mine.lose()
            since = at + 1
            continue
        fields = mine.read(block)
        assert fields is not None
        assert len(fields) == len(truth)
        for (name, value, entry), true in zip(fields, truth, strict=True):
            assert name == (true.name if true.name_from >= since else None)
            assert value == (true.value if true.value_from >= since else None)
            assert (entry is None) == (name is not None and value is not None)
            if entry is not None and value is None:
                assert numbers.setdefault((mine.epoch, entry), true[:2]) == true[:2]
    assert mine.broken == 0


@examples(300)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(block: bytes, first: bool) -> None:
    """No block raises, and what is refused leaves a table that knows nothing."""
    mine = table(first=first)
    for _ in range(2):
        if mine.read(block) is None:
            assert (mine.whole, mine.weight) == (False, 0)


# -- by hand ------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_rfc() -> None:
    """RFC 7541 appendices C.4 and C.6: requests, and responses with a table of 256 bytes that evicts."""
    requests = table()
    for block, wanted in (
        ("828684418cf1e3c2e5f23a6ba0ab90f4ff", []),
        ("828684be5886a8eb10649cbf", [(b"cache-control", b"no-cache")]),
    ):
        assert known(requests.read(bytes.fromhex(block))) == [
            (b":method", b"GET"),
            (b":scheme", b"http"),
            (b":path", b"/"),
            (b":authority", b"www.example.com"),
            *wanted,
        ]
    responses = table()
    responses.read(resize(256))
    for block, status in (
        ("488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3", b"302"),
        ("4883640effc1c0bf", b"307"),
    ):  # fmt: skip
        assert known(responses.read(bytes.fromhex(block))) == [
            (b":status", status),
            (b"cache-control", b"private"),
            (b"date", b"Mon, 21 Oct 2013 20:13:21 GMT"),
            (b"location", b"https://www.example.com"),
        ]
    assert responses.whole


def test_an_entry_larger_than_the_table_empties_it() -> None:
    """Section 4.4, also where its own name is one that it evicts; and where nobody knows how long that name is."""
    mine = table()
    mine.read(literal(b"kept", b"1"))
    assert known(mine.read(literal(b"", b"x" * 5000, index=62))) == [(b"kept", b"x" * 5000)]
    assert mine.read(indexed(62)) is None
    late = table(first=False)
    late.read(literal(b"", b"x" * 5000, index=62))
    assert known(late.read(literal(b"new", b"1") + indexed(62))) == [(b"new", b"1")] * 2


def test_an_unknown_name_that_is_used_as_a_name() -> None:
    """It stays unknown, with the number of the entry that was not seen."""
    late = table(first=False)
    assert late.read(literal(b"", b"v", index=64)) == [(None, b"v", -2)]
    assert late.read(literal(b"", b"w", index=62) + indexed(62) + indexed(63) + indexed(64)) == [
        (None, b"w", -2),
        (None, b"w", -2),
        (None, b"v", -2),
        (None, None, 0),
    ]


@pytest.mark.parametrize(
    ("blocks", "whole"),
    [
        ([], False),
        ([resize(0)], True),
        ([resize(0) + resize(4096)], True),
        ([resize(4096)], False),
        ([resize(64), literal(b"a", b"1"), literal(b"b", b"1")], True),
        ([literal(b"a", b"1" * 60), resize(64)], True),
        (
            [literal(b"a", b"1" * 60)] * 50,
            False,
        ),  # more than 4,096 bytes: nobody has said that this is the limit
    ],
)
def test_what_proves_that_the_window_is_the_table(blocks: list[bytes], whole: bool) -> None:
    """Then an index beyond it is a contradiction; else an entry that was not seen."""
    late = table(first=False)
    for block in blocks:
        assert late.read(block) is not None
    assert late.whole is whole
    assert (late.read(indexed(126)) is None) is whole
    assert not late.whole


@pytest.mark.parametrize(
    "block",
    [
        indexed(0),
        indexed(62),
        indexed(2) + resize(10),
        b"\x40\x05abc",
        b"\x40",
        b"\xff",
        b"\xff\x80\x80\x80\x80\x80\x01",
        b"\x3f" + b"\x80" * 50,
        b"\x40\x81\xff\x00",
        resize(2**32 + 31)[:-1] + b"\xff",
    ],
)
def test_what_no_encoder_writes_loses_the_table(block: bytes) -> None:
    """And only that: it is read on as after a loss, without what came before."""
    mine = table()
    mine.read(literal(b"a", b"1"))
    assert mine.read(block + b"" if block != indexed(62) else indexed(63)) is None
    assert (mine.broken, mine.epoch) == (1, 1)
    assert known(mine.read(literal(b"b", b"2") + indexed(62) + indexed(63))) == [
        (b"b", b"2"),
        (b"b", b"2"),
        (None, None),
    ]


def test_a_bomb_is_read_and_not_written_out() -> None:
    """16,384 references to an entry of 4 KB: a few fields come out, which share its text, and the table goes on."""
    mine = table()
    large = b"x" * 4_000
    mine.read(literal(b"bomb", large))
    fields = mine.read(indexed(62) * 16_000 + literal(b"b", b"2"))
    assert fields is not None
    assert len(fields) == 16
    assert mine.cut
    assert {id(field) for field in fields} == {id(fields[0])}
    assert known(mine.read(indexed(62))) == [(b"b", b"2")]
    assert not mine.cut


def test_no_more_fields_come_out_than_a_record_holds() -> None:
    """Small ones, too."""
    mine = table()
    fields = mine.read(indexed(2) * (FIELDS + 1))
    assert fields is not None
    assert (len(fields), mine.cut) == (FIELDS, True)


def test_the_window_is_bounded() -> None:
    """However large the encoder says its table is: what falls out is unknown, what is kept is not."""
    mine = table()
    mine.read(resize(2**30))
    for _ in range(3):
        for at in range(hpack.ENTRIES):
            mine.read(literal(b"n%d" % at, b""))
    assert mine.weight < 1.5 * hpack.ENTRIES * (128 + 32 + 5)
    assert not mine.whole
    assert known(mine.read(indexed(61 + hpack.ENTRIES) + indexed(62 + hpack.ENTRIES))) == [
        (b"n0", b""),
        (None, None),
    ]
    for _ in range(40):
        mine.read(literal(b"", b"x" * 3_000, index=31))
    assert mine.weight < hpack.WINDOW_BYTES + 128 * 40


def test_an_encoder_that_is_silent_about_its_size_is_found_out_once() -> None:
    """It goes on using a table larger than it has said: one block is refused, the next ones are read."""
    mine = table()
    for at in range(100):
        mine.read(literal(b"n%02d" % at, b"v" * 100))
    assert mine.read(indexed(61 + 100)) is None
    mine.read(literal(b"new", b"1"))
    assert known(mine.read(indexed(62) + indexed(62 + 50))) == [(b"new", b"1"), (None, None)]
    assert mine.broken == 1
