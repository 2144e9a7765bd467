"""Which durations are a latency."""

from __future__ import annotations

import msgspec
import pytest

from interceptor.core.records.encoder import Record
from interceptor.core.records.latency import is_latency

CALL = Record(
    id="1" * 32,
    http_response_state="complete",
    http_response_content_type="application/json",
    url_query_keys=("page", "q"),
    rpc_request_messages=1,
    rpc_response_messages=1,
)


def test_of_a_whole_answer() -> None:
    """It is one, of calls of gRPC with one message each way as of others."""
    assert is_latency(CALL)
    assert is_latency(Record(id="1" * 32, http_response_state="complete"))


@pytest.mark.parametrize(
    "odd",
    [
        {"http_response_state": "truncated"},
        {"http_response_state": "missing"},
        {"http_response_content_type": "text/event-stream; charset=utf-8"},
        {"http_response_content_type": "multipart/x-mixed-replace"},
        {"url_query_keys": ("a", "watch")},
        {"url_query_keys": ("follow",)},
        {"rpc_request_messages": 2},
        {"rpc_response_messages": 9},
    ],
)
def test_of_what_lasts_or_was_not_seen_whole(odd: dict[str, object]) -> None:
    """It is none."""
    assert not is_latency(msgspec.structs.replace(CALL, **odd))
