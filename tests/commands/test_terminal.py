"""Standard error and output as a person sees them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from interceptor.commands.terminal import discard_output, printable, say

if TYPE_CHECKING:
    import pytest


def test_what_would_steer_a_terminal_is_replaced() -> None:
    """Escapes, line feeds and bidirectional marks are no part of a name that is shown."""
    assert printable("a\x1b[2J\nb\u202ec é") == "a\ufffd[2J\ufffdb\ufffdc é"


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the message holds."""
    say("first\nsecond")
    assert capsys.readouterr().err == "interceptor: first\ufffdsecond\n"


def test_nobody_to_tell_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may have been started without standard streams."""
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    say("x")
    discard_output()
