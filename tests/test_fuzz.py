"""What the fuzzer has found stays fixed, and the fuzzer starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import fuzz_http2
from tests.fuzz.fuzz_pipeline import packets, replay, seed

FIXTURES = Path(__file__).parent.parent / "fixtures"
FINDS = sorted(path for path in (FIXTURES / "fuzz").iterdir() if path.suffix != ".md")


@pytest.mark.parametrize("path", FINDS, ids=lambda path: path.name)
def test_finds_stay_fixed(path: Path) -> None:
    """An input kept in fixtures/fuzz/ holds packets, raises nothing and leaves the ledger balanced."""
    data = path.read_bytes()
    assert packets(data)
    replay(data)


def test_connections_of_http2_are_seeds() -> None:
    """Each made-up connection is an input that says the same as it does: streams are reported, and nothing is raised."""
    made = fuzz_http2.seeds()
    assert len({data[0] for data in made}) == 2
    for data in made:
        assert any(piece.data for piece in fuzz_http2.pieces(data))
        fuzz_http2.one_input(data)
    whole = fuzz_http2.pieces(made[0])
    assert fuzz_http2.pieces(fuzz_http2.written(whole, late=False)) == whole


def test_finds_are_explained() -> None:
    """Each is named in the README beside it."""
    text = (FIXTURES / "fuzz" / "README.md").read_text()
    assert [path.name for path in FINDS if path.name not in text] == []


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/*.pcap*")), ids=lambda path: path.name)
def test_fixtures_are_seeds(path: Path) -> None:
    """Every fixture can be written as an input, which has its packets in it."""
    data = seed(path)
    assert packets(data)
    replay(data)
