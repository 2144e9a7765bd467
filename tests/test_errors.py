"""Facts about the errors that end a command."""

from __future__ import annotations

import pytest

from interceptor import errors


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_one_for_the_operator(name: str) -> None:
    """Whoever catches the base catches all of them, and a message is shown as it is."""
    error = getattr(errors, name)
    assert issubclass(error, errors.InterceptorError)
    assert str(error("a.pcap: not a capture file")) == "a.pcap: not a capture file"


def test_usage_and_capture_errors_are_told_apart() -> None:
    """They end with different statuses, so neither is the other."""
    assert not issubclass(errors.UsageError, errors.CaptureError)
    assert not issubclass(errors.CaptureError, errors.UsageError)
