"""Sees what HTTP traffic really flows, from packets, and reports metadata only."""

from __future__ import annotations

import os
import sys

__version__ = "0.1.0"

if os.environ.get("INTERCEPTOR_PURE"):
    from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from collections.abc import Sequence

    class _Sources:
        """Finds the sources of this package, and not what is compiled beside them."""

        @staticmethod
        def find_spec(name: str, path: Sequence[str] | None, _: object = None) -> ModuleSpec | None:
            if path is None or not name.startswith("interceptor."):
                return None
            return FileFinder(path[0], (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(name)

    sys.meta_path.insert(0, _Sources)
