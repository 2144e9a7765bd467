"""What a lost header block has inserted: by refuting, not by guessing.

Owns the window of a table from before a loss, and by how many entries what is older has moved since. Refuses to say it while more
than one number is left.

A block of n bytes inserts no more than n/2 entries, so the old window stands behind the new one at one of n/2 + 1 places. Under all but
the true one the blocks that follow sooner or later say what no sender may: a pseudo-header field twice, behind a regular field or of the other side, a
request without its path, a second Content-Type, an index beyond the table. What is left alone is true, as far as senders keep to
RFC 9113; one that does not can make a wrong number the only one. So nobody is asked to believe this who has not said that he wants to (`Pipeline`).

Limits: a loss of more than `BYTES` is not tried, nor is it longer than for `BLOCKS` blocks that have something unknown in them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interceptor.core.model import i64
    from interceptor.core.protocols.http2.tables import Field

__all__ = ["BYTES", "Shifts"]

BYTES: Final = 512
"""Of a lost block. Those of programs that call services have 20 to 300; each two are one more place to try with every block."""
BLOCKS: Final = 64
"""Nearly all that can be refuted is refuted by the first; what is left behind that many is never told apart."""

_REQUEST: Final = frozenset({b":method", b":scheme", b":authority", b":path", b":protocol"})
_NEEDED: Final = frozenset({b":method", b":scheme", b":path"})
_PSEUDO: Final = _REQUEST | {b":status"}
_ONCE: Final = frozenset({b"content-type", b"te", b"user-agent"})
"""Regular fields that are no lists."""
_STATUS: Final = re.compile(rb"[1-5]\d\d")
_PATH: Final = re.compile(rb"/|\*\Z")


class Shifts:
    """How far the window from before a loss has moved, as far as that is not refuted."""

    __slots__ = ("_blocks", "_client", "_left", "limit", "old")

    def __init__(self, old: list[Field], lost: i64, limit: int | None, *, client: bool) -> None:
        """`old`: the window, the newest entry first, which was all of the table; `lost`: bytes of the block.

        `limit`: the table's size; `client`: whose direction it is.
        """
        self.old = old
        self.limit = limit
        self._client = client
        self._left: list[int] = list(range(lost // 2 + 1))
        self._blocks: i64 = 0

    @property
    def over(self) -> bool:
        """Nothing more will be learned."""
        return len(self._left) <= 1 or self._blocks >= BLOCKS

    @property
    def proven(self) -> int | None:
        """By how many entries; None where that is not known."""
        return self._left[0] if len(self._left) == 1 else None

    def look(self, fields: Sequence[Field]) -> None:
        """A block that came behind the loss. Its unknown entries are numbered from the loss on: 0 is the newest from before."""
        if all(number is None for _, _, number in fields):
            return
        self._blocks += 1
        self._left = [shift for shift in self._left if self._possible(fields, shift)]

    def field(self, field: Field, shift: i64) -> Field | None:
        """A field with what is known of its entry under a shift; None: there is no such entry."""
        _, value, number = field
        if number is None:
            return field
        place = -number - shift
        if place < 0:
            return field  # what the lost block itself has inserted
        if place >= len(self.old):
            return None
        entry = self.old[place]
        return entry if value is None else (entry[0], value, entry[2])

    def _possible(self, fields: Sequence[Field], shift: i64) -> bool:
        found = [self.field(field, shift) for field in fields]
        return None not in found and well_formed(
            [one for one in found if one is not None], client=self._client
        )


def well_formed(fields: Sequence[Field], *, client: bool) -> bool:
    """Whether a sender may write these, some of which may be unknown (RFC 9113 sections 8.2 and 8.3)."""
    allowed = _REQUEST if client else _PSEUDO
    seen: set[bytes] = set()
    regular = False
    unknown = 0
    method: bytes | None = None
    for name, value, _ in fields:
        if name is None:
            unknown += not regular
        elif name.startswith(b":"):
            if regular or name in seen or name not in allowed or not _may_be(name, value):
                return False
            seen.add(name)
            if name == b":method":
                method = value
        else:
            regular = True
            if name in seen and name in _ONCE:
                return False
            seen.add(name)
    if b":status" in seen and len(seen & _PSEUDO) > 1:
        return False  # of a response and of a request, which a server may promise
    # Trailers have no pseudo-header field, and CONNECT has two; one that is unknown may be any of those that are missing.
    return method in {None, b"CONNECT"} or len(_NEEDED - seen) <= unknown


def _may_be(name: bytes, value: bytes | None) -> bool:
    """Whether a pseudo-header field may have this value."""
    if value is None:
        return True
    if name == b":status":
        return _STATUS.fullmatch(value) is not None
    return name != b":path" or _PATH.match(value) is not None
