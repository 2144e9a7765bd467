"""The budget: what waits, in bytes of memory, within one bound for all that waits.

Owns one number and its bound. Refuses to free anything: who finds it exceeded has those who hold most give up
something of their own (`tcp.connections`).

What counts is what traffic makes us keep beyond the ordinary of a connection: out-of-order bytes, the beginnings of
heads and lines, requests that wait behind others for their answers, and what a request holds of a large head. What
every connection has is bounded by how many there may be, and is not asked for here: small calls pay nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interceptor.core.model import i64

__all__ = ["Budget"]


class Budget:
    """Bytes that wait, of all connections of a pipeline."""

    __slots__ = ("held", "limit")

    def __init__(self, limit: i64) -> None:
        """`limit`: in bytes. It may be exceeded by what one packet brings; then something is given up."""
        self.limit = limit
        self.held: i64 = 0
