"""Exceptions for the operator.

    InterceptorError            one clear line, no traceback
    ├── UsageError              what was asked for cannot be done: exit status 2
    └── CaptureError            a capture file is damaged or ends early: exit status 1

Traffic never raises: what cannot be understood is counted (see `interceptor.core.model.Drop`).
"""

from __future__ import annotations

__all__ = ["CaptureError", "InterceptorError", "UsageError"]


class InterceptorError(Exception):
    """What went wrong, where, and what to do, in one line."""


class UsageError(InterceptorError):
    """A file, filter, option or configuration value that cannot be used."""


class CaptureError(InterceptorError):
    """A capture file that cannot be read to its end; what came before it was read."""
