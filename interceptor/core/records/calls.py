"""What a record says of a remote procedure call: its service and method, by the words of an interface.

Owns the rule for such names. They are written by whoever programs the service, so they are shown as they are; but a stranger may
call anything, so what looks like a value is a placeholder, and what an operator hides is hidden.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interceptor.core.records.values import TOKEN, looks_like_value
from interceptor.core.records.words import WORD

if TYPE_CHECKING:
    from interceptor.core.records.words import Words

__all__ = ["CallNames"]

_PATH: Final = re.compile(r"/([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)/([A-Za-z_]\w*)", re.ASCII)
"""Of a call of gRPC: package, service and method."""
_MAX_PATH: Final = 256
_PIECES: Final = 12


class CallNames:
    """Shows what paths name. `words` knows what an operator hides."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def template(self, path: str) -> str | None:
        """`/service/method` as it may be shown; None where the path names none of them."""
        match = _PATH.fullmatch(path) if len(path) <= _MAX_PATH else None
        if match is None:
            return None
        pieces = match[1].split(".")
        if len(pieces) > _PIECES:
            return None
        return f"/{'.'.join(map(self._shown, pieces))}/{self._shown(match[2])}"

    def _shown(self, name: str) -> str:
        if self._words.hides(name):
            return WORD
        if self._words.stays(name) or not looks_like_value(name):
            return name
        return TOKEN
