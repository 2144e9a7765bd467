"""Words that several clients use, opened on request: `metadata.learn`.

Owns who used which unknown word where, in bounded memory. A word opens when `clients` different addresses have used it
at a place that has at most `MAX_WORDS` of them, and is closed until then. A place that has more is one where people
write values: it is closed, with all of its words, for as long as it is remembered. Refuses anything but single
words of letters.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Learning"]

MAX_WORDS: Final = 20
"""Unknown words of a place: with more it is no choice of an API."""
MAX_PLACES: Final = 500
"""Places that are remembered; with 20 words and 50 clients each at most some 50 MiB, ordinarily one."""
_WORD = re.compile(r"[A-Za-z]{2,24}(?:[-_][A-Za-z]{2,24}){0,2}")

_Place = dict[str, set[str] | None]
"""By word: its clients; None when it is open."""


class Learning:
    """Counts clients of words.

    Args:
        clients: how many different client addresses open a word.

    """

    def __init__(self, clients: int) -> None:
        self._clients = clients
        self._places: dict[tuple[str, str], _Place | None] = {}

    def word(self, server: str, before: str, text: str, client: str) -> str | None:
        """The word if it is open, or opens now; None while it is closed.

        Args:
            server: whose path.
            before: the template of what stands before it.
            text: an unknown word.
            client: the address that used it.

        """
        if _WORD.fullmatch(text) is None:
            return None
        at = (server, before)
        if at not in self._places:
            if len(self._places) >= MAX_PLACES:
                del self._places[next(iter(self._places))]
            self._places[at] = {}
        place = self._places[at]
        if place is None:
            return None
        if text not in place:
            if len(place) >= MAX_WORDS:
                self._places[at] = None
                return None
            place[text] = set()
        clients = place[text]
        if clients is None:
            return text
        if client:
            clients.add(client)
        if len(clients) < self._clients:
            return None
        place[text] = None
        return text
