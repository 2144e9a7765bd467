"""Who may come in: bearer tokens, a client's certificate, or anybody.

Owns the tokens and their comparison. Refuses HTTP: it is given what a header says. A file of tokens is read again
when it changes (a mounted Secret is swapped for another file), and one that cannot be read, or holds none, leaves those
that were known in force (`rotation`): a volume that is gone for a moment must not lock every agent out.

Invariants: nobody is let in by an empty configuration; every comparison takes the same time whatever is shown;
no token is in a `repr`, an error or a log.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from interceptor.errors import UsageError
from interceptor.rotation import Rotating

if TYPE_CHECKING:
    from pathlib import Path

    from interceptor.config import Ingest

__all__ = ["Access"]

_MAX_FILE: Final = 2**20
"""Of the file of tokens. A thousand tokens are 64 KiB."""


class Access:
    """The door. With `certificates` the TLS layer lets in only clients that have one."""

    def __init__(self, config: Ingest, *, certificates: bool = False) -> None:
        """Read the tokens.

        Raises:
            UsageError: the file cannot be read, or nobody could ever come in.

        """
        self._fixed = tuple(sha256(token.get_secret_value().encode()).digest() for token in config.tokens)
        path = config.tokens_file
        self._from_file = (
            None if path is None else Rotating({"ingest.tokens_file": path}, lambda: _tokens(path))
        )
        self.open: Final = config.anonymous or (certificates and not config.tokens and path is None)
        """No token is asked for."""
        if any(not token.get_secret_value().strip() for token in config.tokens):
            raise UsageError("ingest.tokens: one is empty, which anybody could show")
        if self._from_file is not None:
            try:
                self._from_file.current()
            except (OSError, ValueError) as error:
                raise UsageError(f"ingest.tokens_file {path}: cannot be read: {_why(error)}") from error
        elif not self.open and not config.tokens:
            raise UsageError(
                "ingest: nobody may send batches; set ingest.tokens or ingest.tokens_file, or server.client_ca_file "
                "for certificates, or ingest.anonymous to let everybody in"
            )

    def digests(self) -> tuple[bytes, ...]:
        """A digest of each token that is in force: what can be compared and derived from, never shown."""
        return self._fixed + (self._from_file.current() if self._from_file is not None else ())

    def key(self, token: str) -> bytes | None:
        """The digest of a token that is in force, None for any other."""
        shown = sha256(token.encode(errors="surrogatepass")).digest()
        # All of them, always: how long it takes says nothing of which one it was.
        return shown if sum([hmac.compare_digest(shown, key) for key in self.digests()]) else None

    def admits(self, authorization: str | None) -> bool:
        """Whether a request with this Authorization header may come in (RFC 6750 section 2.1)."""
        if self.open:
            return True
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self.key(token.strip()) is not None


def _tokens(path: Path) -> tuple[bytes, ...]:
    """The digests of a file's tokens."""
    with path.open("rb") as file:
        text = file.read(_MAX_FILE + 1)
    if len(text) > _MAX_FILE:
        raise ValueError("it is larger than 1 MiB")
    tokens = tuple(sha256(line.strip()).digest() for line in text.splitlines() if line.strip())
    if not tokens:
        raise ValueError("it holds no token")
    return tokens


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
