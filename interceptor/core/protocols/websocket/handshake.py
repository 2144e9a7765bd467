"""What the two heads of an upgrade to WebSocket say of the session behind them (RFC 6455 section 4).

Owns the proof that both sides mean WebSocket, and which extensions they have agreed on. Refuses to judge names: whether a
record may show one is the business of `records.websocket`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha1
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from interceptor.core.model import Upgrade

__all__ = ["agreed", "extended", "proven"]

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Section 1.3: what no server appends that does not speak WebSocket."""
_ACCEPT = re.compile(r"[A-Za-z0-9+/]{27}=")
"""Twenty bytes in base64."""
_EXTENSIONS: Final = 8
"""So many are looked at; one is usual."""
_COMPRESSING: Final = frozenset({"permessage-deflate", "x-webkit-deflate-frame"})
_FIRST_BIT: Final = 0x40
_ANY_BIT: Final = 0x70


def proven(asked: Upgrade | None, answered: Upgrade | None) -> bool:
    """Whether the answer can only be that of a server that speaks WebSocket, to this request.

    Where the request was not seen, an answer that has the form of one is believed.
    """
    if answered is None:
        return False
    if asked is None:
        return _ACCEPT.fullmatch(answered.key) is not None
    digest = sha1((asked.key + _GUID).encode("latin-1"), usedforsecurity=False).digest()
    return answered.key == b64encode(digest).decode()


def agreed(answered: Upgrade | None) -> tuple[str, ...]:
    """The names of the extensions that the server has taken up, in order (section 9.1)."""
    if answered is None:
        return ()
    offers = answered.extensions.split(",", _EXTENSIONS)[:_EXTENSIONS]
    return tuple([name for offer in offers if (name := offer.partition(";")[0].strip(" \t").lower())])


def extended(names: tuple[str, ...]) -> int:
    """The reserved bits of a frame's first byte that these extensions may use: any at all, if one is not known."""
    bits = 0
    for name in names:
        bits |= _FIRST_BIT if name in _COMPRESSING else _ANY_BIT
    return bits
