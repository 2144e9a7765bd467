"""A name is shown if it is known, else a placeholder; for any text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.records.words import PLACEHOLDER, known, shape


@given(st.text(st.characters(exclude_categories=[])))
def test_a_shape_is_the_text_or_a_placeholder(text: str) -> None:
    """And the shape of a shape is itself."""
    shown = shape(text)
    assert shown == text or PLACEHOLDER.fullmatch(shown)
    assert shape(shown) == shown


def test_known_words() -> None:
    """Case does not matter; names of people are not known."""
    assert known("Status")
    assert not known("jsmith")
    assert shape("page") == "page"
    assert shape("Page") == "{word}"
    assert shape("oauth2") == "oauth2"
    assert shape("orders7") == "{word}"
