"""Which lane runs: the sources as they are, or the hot ones of them compiled (`hatch_build.py`).

Owns the answer. Both say the same; INTERCEPTOR_PURE takes the sources where both are there (`interceptor.__init__`).
"""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from typing import Final

__all__ = ["LANE"]


def _lane() -> str:
    found = find_spec("interceptor.core.pipeline")
    origin = (found.origin if found is not None else None) or ""
    return "compiled" if origin.endswith(tuple(EXTENSION_SUFFIXES)) else "pure"


LANE: Final = _lane()
"""`compiled` or `pure`."""
