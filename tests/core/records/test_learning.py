"""Learning opens words for several clients, where there are few."""

from __future__ import annotations

from interceptor.core.records.learning import MAX_WORDS, Learning


def test_a_place_with_many_words_is_closed() -> None:
    """The word beyond the limit closes all of them, open ones too."""
    learning = Learning(2)
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert learning.word("s", "/api", "word", "1") is None
    assert learning.word("s", "/api", "word", "2") == "word"
    for letter in letters[:MAX_WORDS]:
        learning.word("s", "/api", f"word{letter}", "1")
    assert learning.word("s", "/api", "word", "3") is None
    assert learning.word("s", "/api", "x1", "3") is None
