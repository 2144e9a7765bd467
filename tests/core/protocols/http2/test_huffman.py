"""HPACK's Huffman code against another's implementation, and what no encoder may write."""

from __future__ import annotations

import pytest
from hpack.exceptions import HPACKDecodingError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.http2.huffman import Invalid, decode
from interceptor.core.protocols.http2.tables import EOS, LENGTHS
from tests.support.examples import examples

ENCODER = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


def test_the_lengths_are_those_of_the_code() -> None:
    """Nobody mistyped one."""
    assert list(LENGTHS) == list(REQUEST_CODES_LENGTH)


@examples(2_000)
@given(st.binary(max_size=200))
def test_what_was_encoded_comes_back(text: bytes) -> None:
    """Any bytes."""
    assert decode(ENCODER.encode(text)) == text


@examples(2_000)
@given(st.lists(st.sampled_from([0xFF, 0xFE, 0x7F, 0x1F]) | st.integers(0, 255), max_size=12).map(bytes))
def test_any_bytes_are_what_another_takes_them_for(data: bytes) -> None:
    """Many ones: long symbols, padding and what is too long for it, ends of codes that look like either."""
    try:
        wanted = decode_huffman(data)
    except HPACKDecodingError:
        wanted = None
    try:
        found = decode(data)
    except Invalid:
        found = None
    assert found == wanted


def test_every_symbol_alone() -> None:
    """Also those of thirty bits, which cross five bytes."""
    for symbol in range(EOS):
        assert decode(ENCODER.encode(bytes([symbol]) * 3)) == bytes([symbol]) * 3


@pytest.mark.parametrize(
    "wrong",
    [
        b"\xff",  # eight bits of padding
        b"\x1f\xff",  # `a`, and eleven
        b"\x18",  # `a`, padded by zeros
        b"\xff\xff\xff\xff",  # EOS
        b"\xff\xff\xff\xfc\x1f",  # EOS, and `a`
    ],
)
def test_what_no_encoder_writes_is_refused(wrong: bytes) -> None:
    """RFC 7541 section 5.2: padding of a byte or of anything but ones, and EOS, are errors."""
    with pytest.raises(Invalid):
        decode(wrong)


def test_seven_bits_of_padding_are_allowed() -> None:
    """A code of nine bits more than a byte does not exist; `1` and `|` leave one bit, `&` none, `a` three."""
    assert [decode(bytes([0b00011_111])), decode(bytes([0b11111000])), decode(b"")] == [b"a", b"&", b""]
