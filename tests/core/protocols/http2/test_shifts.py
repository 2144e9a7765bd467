"""What a lost header block has inserted: refuted where a later one says so, and never guessed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.http2.hpack import Strings, Table
from interceptor.core.protocols.http2.shifts import BLOCKS, BYTES, Shifts, well_formed
from tests.support.examples import examples

if TYPE_CHECKING:
    from interceptor.core.protocols.http2.tables import Field

OLD: list[Field] = [
    (b":path", b"/b", None),
    (b":path", b"/a", None),
    (b"user-agent", b"x", None),
    (b":authority", b"h", None),
]
START: list[Field] = [(b":method", b"POST", None), (b":scheme", b"http", None)]


def unknown(place: int) -> Field:
    """The entry at this place from the newest one before the loss."""
    return None, None, -place


def test_one_place_is_left() -> None:
    """Where nothing was inserted a request has its path, host and agent; one further its path stands behind that, two further it has two."""
    shifts = Shifts(OLD, 4, 4_096, client=True)
    shifts.look([*START, unknown(1), unknown(3), unknown(2)])
    assert shifts.over
    assert shifts.proven == 0
    assert shifts.field(unknown(1), 0) == OLD[1]
    assert shifts.field((None, b"/c", -1), 0) == (b":path", b"/c", None)
    assert shifts.field(unknown(4), 0) is None
    assert shifts.field(unknown(0), 1) == unknown(0)


def test_what_the_lost_block_has_inserted_stays_unknown() -> None:
    """A path at a place that only the lost block can have may be anything; the rest tells how far all has moved."""
    shifts = Shifts(OLD, 2, 4_096, client=True)
    shifts.look([*START, unknown(0), unknown(4)])
    assert shifts.proven == 1
    assert shifts.field(unknown(4), 1) == OLD[3]


def test_nothing_is_proven_by_what_is_known() -> None:
    """Blocks without anything unknown neither refute nor count, and it is given up behind as many as may have something."""
    shifts = Shifts([(b"a", b"1", None), (b"b", b"2", None)], 2, None, client=True)
    for _ in range(BLOCKS + 1):
        shifts.look([*START, (b":path", b"/", None)])
    states = [shifts.over]
    for _ in range(BLOCKS):
        shifts.look([*START, (b":path", b"/", None), (None, b"v", 0)])
        states.append(shifts.over)
    assert states == [False] * BLOCKS + [True]
    assert shifts.proven is None


@pytest.mark.parametrize(
    ("client", "fields", "may"),
    [
        (True, [b":method POST", b":scheme http", b":path /"], True),
        (True, [b":method POST", b":scheme http", b":path x"], False),
        (True, [b":method OPTIONS", b":scheme http", b":path *"], True),
        (True, [b":method POST", b":scheme http"], False),
        (True, [b":method POST", b":scheme http", b"?"], True),
        (True, [b":method POST", b":scheme http", b"x y", b"?"], False),
        (True, [b":method POST", b"?"], False),
        (True, [b"?", b":scheme http"], True),
        (True, [b":method CONNECT", b":authority a"], True),
        (True, [b":method POST", b":method POST", b":scheme http", b":path /"], False),
        (True, [b":method POST", b":scheme http", b"x y", b":path /"], False),
        (True, [b":status 200"], False),
        (True, [b":unknown x", b":method POST", b":scheme http", b":path /"], False),
        (True, [b"x-checksum 1"], True),
        (False, [b":status 200"], True),
        (False, [b":status 2000"], False),
        (False, [b":status 200", b":path /"], False),
        (False, [b":method GET", b":scheme http", b":path /", b":authority a"], True),
        (False, [b"grpc-status 0"], True),
        (False, [b":status 200", b"content-type a", b"content-type a"], False),
        (False, [b":status 200", b"via a", b"via b"], True),
    ],
)
def test_what_a_sender_may_write(client: bool, fields: list[bytes], may: bool) -> None:
    """RFC 9113 sections 8.2 and 8.3, as far as the fields are known; `?` is one that is not."""
    said: list[Field] = []
    for field in fields:
        name, _, value = field.partition(b" ")
        said.append((None, None, 0) if name == b"?" else (name, value, None))
    assert well_formed(said, client=client) == may


def test_large_losses_and_unknown_tables_are_not_tried() -> None:
    """Nor is anything where nobody asks for it."""
    for first, client, size in (
        (True, None, 10),
        (True, True, BYTES + 1),
        (True, True, 0),
        (False, True, 10),
    ):
        table = Table(Strings(), first=first, client=client)
        table.lose(size)
        assert table._shifts is None


def told(seed: int, *, client: bool | None) -> tuple[int, int]:
    """(fields known, fields) behind the loss of one block of a program that calls services. Raises if one is wrong."""
    dice = random.Random(seed)
    encoder, table = Encoder(), Table(Strings(), first=True, client=client)
    paths = [f"/service.v{number}/Method{number}" for number in range(dice.choice([1, 3, 12]))]
    lost = dice.randrange(1, 30)
    known = seen = 0
    for number in range(lost + 30):
        fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", dice.choice(paths)),
            (":authority", "a.test"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("user-agent", "grpc-go/1.60"),
        ]
        if dice.random() < 0.5:
            fields.append(("x-request-id", str(dice.randrange(10**6))))
        block = encoder.encode(fields)
        if number == lost:
            table.lose(len(block))
            continue
        read = table.read(block)
        assert read is not None
        assert len(read) == len(fields)
        for (name, value, _), (true_name, true_value) in zip(read, fields, strict=True):
            assert name in {None, true_name.encode()}
            assert value in {None, true_value.encode()}
            if number > lost:
                seen += 1
                known += name is not None and value is not None
    return known, seen


@examples(500)
@given(st.integers(0, 2**32 - 1))
def test_no_field_is_wrong_behind_a_loss(seed: int) -> None:
    """And none is unknown that is known without."""
    known, seen = told(seed, client=True)
    assert told(seed, client=None)[0] <= known <= seen


def test_most_is_known_behind_a_loss() -> None:
    """Of what programs say that call services: all but what the lost block itself has inserted."""
    seeds = range(50)
    seen = sum(told(seed, client=True)[1] for seed in seeds)
    assert sum(told(seed, client=True)[0] for seed in seeds) > 0.85 * seen
    assert sum(told(seed, client=None)[0] for seed in seeds) < 0.6 * seen
