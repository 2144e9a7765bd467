"""x"""

from __future__ import annotations


def add_arguments(parser: object) -> None: ...
