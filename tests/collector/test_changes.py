"""Since when something fails; what is compared is in test_engine."""

from __future__ import annotations

import pytest

from interceptor.collector.changes import _Story


@pytest.mark.parametrize(
    ("failures", "since"),
    [((0,), 0), ((0, 10, 20), 0), ((0, 11), 11), ((0, 5, 30, 35), 30)],
)
def test_a_pause_ends_a_story(failures: tuple[int, ...], since: int) -> None:
    """A pause of more than ten seconds, here."""
    story = _Story()
    for start in failures:
        story.failed(start, 10)
    assert (story.since, story.last) == (since, failures[-1])
