"""The shipped data is what its generator makes, and holds no names of people."""

from __future__ import annotations

from interceptor.core.records import vocabulary
from tests.privacy.vocabulary import make, segments


def test_the_vocabulary_is_what_the_generator_makes() -> None:
    """The module and its sources belong together."""
    made = make(segments())
    assert frozenset(made.words) == vocabulary.WORDS
    assert frozenset(made.names) == vocabulary.NAMES
    assert frozenset(made.after) == vocabulary.AFTER
    assert not {"smith", "maria", "berlin", "cancer", "hiv"} & vocabulary.WORDS
