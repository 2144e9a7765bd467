"""Facts about what an operator is told."""

from __future__ import annotations

import pytest

from interceptor.errors import CaptureError, InterceptorError, UsageError


@pytest.mark.parametrize("kind", [CaptureError, UsageError])
def test_one_handler_catches_them_all(kind: type[InterceptorError]) -> None:
    """Whoever tells the operator catches one class; nothing else is one of them."""
    assert issubclass(kind, InterceptorError)
    assert not issubclass(kind, (OSError, ValueError))


def test_damage_is_not_usage() -> None:
    """Exit statuses 1 and 2 come from classes that are not each other."""
    assert not issubclass(CaptureError, UsageError)
    assert not issubclass(UsageError, CaptureError)
