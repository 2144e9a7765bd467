"""What a record says of a remote procedure call: its service and method, as far as their words are known.

Owns the rule for such names, which are judged piece by piece: what is between the dots of a service, and the method. They are
written by whoever programs the service, but a stranger may call anything. So they are closed as paths are: a piece stays if it is
made of known words, those of the vocabulary and those of public interfaces (`registered.CALLS`); else it is a placeholder, and the
pieces beside it stay: `{word}.billing.v1.Invoices/Create`. In camel case a name may have more words than in a path
(`ListServiceAccountKeys`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interceptor.core.records.registered import CALLS, FUNCTION_WORDS
from interceptor.core.records.values import TOKEN, looks_like_value
from interceptor.core.records.words import CUT, MAX_WORDS, WORD

if TYPE_CHECKING:
    from interceptor.core.records.words import Words

__all__ = ["CallNames"]

_PATH: Final = re.compile(r"/([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)/([A-Za-z_]\w*)", re.ASCII)
"""Of a call of gRPC: package, service and method."""
_MAX_PATH: Final = 256
_PIECES: Final = 12
_MAX_WORDS: Final = 8
"""Of a piece: `StreamAggregatedResources`, `BatchGetEffectiveIamPolicies`."""


class CallNames:
    """Shows what paths name. `words` is the vocabulary, with what an operator added and hides."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def template(self, path: str) -> str | None:
        """`/service/method` as it may be shown; None where the path names none of them."""
        names = self._split(path)
        if names is None:
            return None
        *service, method = self._shown(names)
        return f"/{'.'.join(service)}/{method}"

    def explain(self, path: str) -> list[tuple[str, str, str]] | None:
        """(what stands before, in shape; piece; rule) of each piece that is not shown; None for a path that names no call."""
        names = self._split(path)
        if names is None:
            return None
        told = []
        before = "/"
        for number, (name, shown) in enumerate(zip(names, self._shown(names), strict=True)):
            if name != shown:
                told.append((before, name, "unknown"))
            before += shown + ("/" if number == len(names) - 2 else ".")
        return told

    def _split(self, path: str) -> list[str] | None:
        """The pieces of the service's name, and the method."""
        match = _PATH.fullmatch(path) if len(path) <= _MAX_PATH else None
        if match is None:
            return None
        pieces = match[1].split(".")
        return [*pieces, match[2]] if len(pieces) <= _PIECES else None

    def _shown(self, names: list[str]) -> list[str]:
        return [name if self._stays(name) else TOKEN if looks_like_value(name) else WORD for name in names]

    def _stays(self, name: str) -> bool:
        """Whether all of a name's words are known, and one of them is nobody's name."""
        words = self._words
        if words.hides(name):
            return False
        if words.stays(name) or len(name) == 1:
            return True
        pieces = [piece.lower() for piece in CUT.findall(name)]
        if len(pieces) > (MAX_WORDS if "_" in name else _MAX_WORDS):
            return False
        if len(pieces) > 1 and FUNCTION_WORDS.issuperset(pieces):
            return True
        others = [piece for piece in pieces if piece not in words.words and piece not in CALLS]
        return len(others) < len(pieces) and all(
            piece in words.ambiguous or piece in words.joined or piece in FUNCTION_WORDS for piece in others
        )
