"""Exceptions for the operator.

    InterceptorError            one clear line, no traceback
    ├── UsageError              what was asked for cannot be done: exit status 2
    └── CaptureError            a capture file is damaged or ends early: exit status 1

Traffic never raises: what cannot be understood is counted (see `interceptor.core.model.Drop`). Anything else that is
raised is a defect, and its text may be traffic's (a `KeyError` has the key): only its type and place are told (`trace`).
A name that does not exist is told with the nearest one that does (`nearest`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

__all__ = ["CaptureError", "InterceptorError", "UsageError", "nearest", "place", "trace"]


class InterceptorError(Exception):
    """What went wrong, where, and what to do, in one line."""


class UsageError(InterceptorError):
    """A file, filter, option or configuration value that cannot be used."""


class CaptureError(InterceptorError):
    """A capture file that cannot be read to its end; what came before it was read."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the known name most like this one, or nothing where none is like it."""
    from difflib import get_close_matches  # only where something is wrong

    near = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""


def place(error: BaseException) -> str:
    """Where it was raised, as `interceptor.core.pipeline:12`."""
    return (_frames(error.__traceback__) or ["?"])[-1].partition(" ")[0]


def trace(error: BaseException) -> str:
    """What a traceback tells but for texts: types and places, causes first, the exceptions of a group below it."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [trace(cause)] if cause is not None else []
    lines += [*_frames(error.__traceback__), type(error).__name__]
    if isinstance(error, BaseExceptionGroup):
        lines += [trace(each).replace("\n", "\n  ") for each in error.exceptions]
    return "\n".join(lines)


def _frames(traceback: TracebackType | None) -> list[str]:
    found = []
    while traceback is not None:
        frame = traceback.tb_frame
        found.append(
            f"{frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno} in {frame.f_code.co_name}"
        )
        traceback = traceback.tb_next
    return found
