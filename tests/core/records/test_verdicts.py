"""One number says how a call was answered."""

from __future__ import annotations

import pytest

from interceptor.core.model import Anomaly
from interceptor.core.records.verdicts import CALL, CODES, verdict, written


@pytest.mark.parametrize(
    ("status", "code", "anomalies", "expected"),
    [
        (None, None, None, 0),
        (200, None, None, 200),
        (200, 0, None, 200),
        (404, None, ("obs_fold",), 404),
        (200, 13, None, CALL + 13),
        (None, 13, None, CALL + 13),
        (503, 14, None, 503),  # HTTP says it itself
        (200, 10**9, None, CALL + 999),
        (200, None, (Anomaly.RPC_DEADLINE,), CALL + 4),
        (None, None, ("client_closed", "rpc_deadline"), CALL + 4),
        (200, 0, ("rpc_deadline",), 200),  # the server did answer in time, as it saw it
    ],
)
def test_a_failure_is_what_either_says(
    status: int | None, code: int | None, anomalies: tuple[str, ...] | None, expected: int
) -> None:
    """HTTP's status, unless only gRPC's says that the call failed; a status that is not known is no failure."""
    assert verdict(status, code, anomalies) == expected


def test_codes_are_those_of_grpc() -> None:
    """By their numbers (statuscodes.md of grpc/grpc)."""
    assert len(CODES) == 17
    assert (CODES[0], CODES[4], CODES[13], CODES[16]) == (
        "OK",
        "DEADLINE_EXCEEDED",
        "INTERNAL",
        "UNAUTHENTICATED",
    )


def test_both_statuses_are_written() -> None:
    """As far as they are known."""
    assert [written(200, 13), written(200, None), written(None, None), written(None, 4)] == [
        "200/13",
        "200",
        "",
        "-/4",
    ]
