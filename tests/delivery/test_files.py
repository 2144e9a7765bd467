"""Spool files: names that say what is inside, and bytes that are right or known to be wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.delivery.batches import Batch
from interceptor.delivery.files import (
    OVERHEAD,
    DamagedError,
    Entry,
    Kind,
    VersionError,
    pack,
    parse_name,
    unpack,
)

BATCH = Batch("0123456789abcdef" * 2, 5, b"a body", "zstd")
ENTRY = Entry(42, "", 5, OVERHEAD + 6, 0.0)
CONTENT = b"".join(pack(BATCH))


def test_what_is_written_is_read() -> None:
    """A file holds id, number of records, encoding and body of its batch."""
    assert len(CONTENT) == ENTRY.size
    assert unpack(CONTENT, ENTRY) == BATCH


@given(
    sequence=st.integers(0, 10**20 - 1),
    halves=st.text("01", max_size=32),
    records=st.integers(0, 10**9 - 1),
    kind=st.sampled_from(Kind),
)
def test_names(sequence: int, halves: str, records: int, kind: Kind) -> None:
    """A name gives back what it was made of."""
    entry = Entry(sequence, halves, records, 7, 1.0)
    assert parse_name(entry.name(kind), 7, 1.0) == (entry, kind)


@pytest.mark.parametrize(
    "name",
    [
        "lock",
        "00000000000000000042.5.batch.gz",
        "42.5.batch",
        "00000000000000000042-2.5.batch",
        "00000000000000000042.-5.batch",
        "00000000000000000042.5.batch\n",
        "٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٤٢.5.batch",
        "",
    ],
)
def test_foreign_names(name: str) -> None:
    """What was not named by us is not ours."""
    assert parse_name(name, 0, 0.0) is None


def test_halves_take_their_parents_place() -> None:
    """Halves, and halves of halves, sort where the whole was."""
    names = ["", "0", "00", "01", "1", "10", "11"]
    entries = [
        Entry(1, "", 1, 0, 0.0),
        *(Entry(2, halves, 1, 0, 0.0) for halves in names),
        Entry(3, "", 1, 0, 0.0),
    ]
    assert sorted([*entries[4:], *entries[:4]]) == entries
    assert sorted(entry.name() for entry in entries if entry.halves in {"0", "1"}) == [
        "00000000000000000002-0.1.batch",
        "00000000000000000002-1.1.batch",
    ]


def test_parts() -> None:
    """A half, and a half of a half, is part of the whole; a sibling, the whole itself and another batch are not."""

    def entry(sequence: int, halves: str) -> Entry:
        return Entry(sequence, halves, 1, 0, 0.0)

    for part, whole in (("0", ""), ("1", ""), ("01", ""), ("01", "0")):
        assert entry(2, part).is_part_of(entry(2, whole))
        assert not entry(2, whole).is_part_of(entry(2, part))
        assert not entry(3, part).is_part_of(entry(2, whole))
    for one, other in (("", ""), ("0", "0"), ("0", "1"), ("10", "0")):
        assert not entry(2, one).is_part_of(entry(2, other))


@pytest.mark.parametrize("place", range(len(CONTENT)))
def test_any_flipped_bit_is_damage(place: int) -> None:
    """A flipped bit anywhere is noticed, and taken neither for another version nor for right."""
    for bit in range(8):
        content = bytearray(CONTENT)
        content[place] ^= 1 << bit
        with pytest.raises(DamagedError):
            unpack(bytes(content), ENTRY)


@given(st.data())
def test_cut_and_lengthened_files(data: Any) -> None:
    """A file that is shorter or longer than what was written is damaged."""
    with pytest.raises(DamagedError):
        unpack(CONTENT[: data.draw(st.integers(0, len(CONTENT) - 1))], ENTRY)
    with pytest.raises(DamagedError):
        unpack(CONTENT + data.draw(st.binary(min_size=1)), ENTRY)


def test_another_files_name() -> None:
    """A file whose name promises another number of records is damaged: the ledger trusted the name."""
    with pytest.raises(DamagedError):
        unpack(CONTENT, ENTRY._replace(records=6))


def test_another_version() -> None:
    """A later version is recognised, whatever follows its mark."""
    head = CONTENT[:8] + (2).to_bytes(2, "big") + (0xFFFD).to_bytes(2, "big")
    for content in (head, head + b"something else"):
        with pytest.raises(VersionError, match="version 2"):
            unpack(content, ENTRY)
