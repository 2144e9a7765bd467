"""How a call was answered, as one number: HTTP's status, or what a remote procedure call says against it.

Owns which calls have failed although HTTP's status says nothing of it. gRPC answers nearly everything with 200, and says in
`grpc-status` how it went; whoever counts answers counts by what is here, so that a 200 with status 13 is a failure everywhere.
Refuses to judge HTTP's own statuses, and to take a missing `grpc-status` for one.

A failure is any code but 0, as gRPC's clients see it: NOT_FOUND too. A call whose deadline passed before the server answered
(`Anomaly.RPC_DEADLINE`) failed with DEADLINE_EXCEEDED, as its client was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["CALL", "CODES", "verdict", "written"]

CALL: Final = 1_000
"""Above HTTP's statuses, which have three digits."""
CODES: Final = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"),
    *("UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
"""What gRPC's statuses are called, by their numbers."""
_DEADLINE_EXCEEDED: Final = 4
_LARGEST: Final = 999
_ERROR: Final = 400


def verdict(status: int | None, code: int | None, anomalies: Container[str] | None) -> int:
    """HTTP's status, 0 where none is known; of a call that failed and of which HTTP does not say so, `CALL` and its code."""
    if status is not None and status >= _ERROR:
        return status
    if code is None and anomalies is not None and Anomaly.RPC_DEADLINE in anomalies:
        code = _DEADLINE_EXCEEDED
    return CALL + min(code, _LARGEST) if code else status or 0


def written(status: int | None, code: int | None) -> str:
    """Both as people write them: `200/13`; empty where neither is known."""
    if code is None:
        return str(status) if status else ""
    return f"{status or '-'}/{code}"
