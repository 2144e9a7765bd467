"""Who may come in: bearer tokens, a client's certificate, or anybody.

Owns the tokens and their comparison. Refuses HTTP: it is given what a header says. A file of tokens is read again
when it changes (a mounted Secret is swapped for another file), and one that cannot be read, or holds none, leaves those
that were known in force (`rotation`): a volume that is gone for a moment must not lock every agent out.

Invariants: nobody is let in by an empty configuration, nor by a token that can be guessed; every comparison takes the
same time whatever is shown; no token is in a `repr`, an error or a log.
"""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from interceptor.errors import UsageError
from interceptor.ingest.guesses import Guesses, network
from interceptor.rotation import Rotating

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from interceptor.config import Ingest

__all__ = ["MIN_TOKEN", "Access"]

MIN_TOKEN: Final = 16
"""Characters. That many random letters and digits have 95 bits."""
_MAX_FILE: Final = 2**20
"""Of a file of tokens. A thousand tokens are 64 KiB."""
_PROVEN: Final = 4_096
"""Clients whose token was right and is let in however many wrong ones come from the same address."""
_MAKE_ONE: Final = "make one: openssl rand -hex 16"


class Access:
    """The door."""

    def __init__(
        self,
        tokens: tuple[bytes, ...],
        file: Rotating[tuple[bytes, ...]] | None,
        *,
        everybody: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Digests of tokens, and what reads more of them; `everybody`: no token is asked for."""
        self._fixed = tokens
        self._from_file = file
        self.open: Final = everybody
        """No token is asked for."""
        self._guesses = Guesses(clock)
        self._proven: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    @classmethod
    def to_send(
        cls, config: Ingest, *, certificates: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> Access:
        """Who may send batches. With `certificates` the TLS layer lets in only clients that have one.

        Raises:
            UsageError: a token is too short, the file cannot be used, or nobody could ever come in.

        """
        fixed = [token.get_secret_value() for token in config.tokens]
        for place, token in enumerate(fixed, 1):
            if len(token.strip()) < MIN_TOKEN:
                raise UsageError(
                    f"ingest.tokens: number {place} has less than {MIN_TOKEN} characters; {_MAKE_ONE}"
                )
        path = config.tokens_file
        everybody = config.anonymous or (certificates and not fixed and path is None)
        if not everybody and not fixed and path is None:
            raise UsageError(
                "ingest: nobody may send batches; set ingest.tokens or ingest.tokens_file, or server.client_ca_file "
                "for certificates, or ingest.anonymous to let everybody in"
            )
        file = None if path is None else _file("ingest.tokens_file", path)
        digests = tuple(sha256(token.encode()).digest() for token in fixed)
        return cls(digests, file, everybody=everybody, clock=clock)

    @classmethod
    def of_file(cls, option: str, path: Path, *, clock: Callable[[], float] = time.monotonic) -> Access:
        """Whoever shows a token of this file.

        Raises:
            UsageError: it cannot be used.

        """
        return cls((), _file(option, path), everybody=False, clock=clock)

    def digests(self) -> tuple[bytes, ...]:
        """A digest of each token that is in force: what can be compared and derived from, never shown."""
        return self._fixed + (self._from_file.current() if self._from_file is not None else ())

    def key(self, token: str, client: str) -> bytes | None:
        """The digest of a token that is in force, None for any other.

        Raises:
            SlowedError: the client has shown too many others; this one was not looked at.

        """
        shown = sha256(token.encode(errors="surrogatepass")).digest()
        proven = network(client), shown
        if proven not in self._proven:
            self._guesses.look(client)
        # All of them, always: how long it takes says nothing of which one it was.
        if not sum([hmac.compare_digest(shown, key) for key in self.digests()]):
            self._proven.pop(proven, None)
            self._guesses.wrong(client)
            return None
        self._proven[proven] = None
        self._proven.move_to_end(proven)
        if len(self._proven) > _PROVEN:
            self._proven.popitem(last=False)
        return shown

    def admits(self, authorization: str | None, client: str) -> bool:
        """Whether a request with this Authorization header may come in (RFC 6750 section 2.1).

        Raises:
            SlowedError: as `key`.

        """
        if self.open:
            return True
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self.key(token.strip(), client) is not None


def _file(option: str, path: Path) -> Rotating[tuple[bytes, ...]]:
    file = Rotating({option: path}, lambda: _tokens(path))
    try:
        file.current()
    except (OSError, ValueError) as error:
        raise UsageError(f"{option} {path}: cannot be used: {_why(error)}") from error
    return file


def _tokens(path: Path) -> tuple[bytes, ...]:
    """The digests of a file's tokens."""
    with path.open("rb") as file:
        text = file.read(_MAX_FILE + 1)
    if len(text) > _MAX_FILE:
        raise ValueError("it is larger than 1 MiB")
    tokens = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not tokens:
        raise ValueError("it holds no token")
    for number, token in tokens:
        if len(token) < MIN_TOKEN:
            raise ValueError(f"the token in line {number} has less than {MIN_TOKEN} characters; {_MAKE_ONE}")
    return tuple(sha256(token).digest() for _, token in tokens)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
