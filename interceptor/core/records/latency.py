"""Which durations are a latency: those of answers that end when they are made.

Owns the rule by which whoever shows latencies tells what lasts as long as somebody listens from what is slow: metrics, the
summary of `read`, the collector. A stream among calls would be their 99th percentile, whatever they do. Refuses long polls,
which look like slow calls: their first byte is as late as their end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from interceptor.core.model import State

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["is_latency"]

_COMPLETE: Final = State.COMPLETE.value
_STREAMS: Final = ("text/event-stream", "multipart/x-mixed-replace")
"""How media types begin of responses that last as long as somebody listens; a character set may follow."""
_WAITS: Final = frozenset({"follow", "watch"})
"""Parameters that ask for a response that waits for news: Kubernetes' watch and follow."""


class Answered(Protocol):
    """What a record says of an answer, as it does in `encoder.Record` and to whoever reads it again."""

    @property
    def http_response_state(self) -> str: ...
    @property
    def http_response_content_type(self) -> str | None: ...
    @property
    def url_query_keys(self) -> Sequence[str] | None: ...
    @property
    def rpc_request_messages(self) -> int | None: ...
    @property
    def rpc_response_messages(self) -> int | None: ...


def is_latency(record: Answered) -> bool:
    """Whether its duration says how fast a server is: of whole answers that are no streams.

    A stream is one by its media type, by a parameter that asks for news as they come, or a remote procedure call of several
    messages.
    """
    return (
        record.http_response_state == _COMPLETE
        and not ((kind := record.http_response_content_type) and kind.startswith(_STREAMS))
        and ((keys := record.url_query_keys) is None or _WAITS.isdisjoint(keys))
        and (record.rpc_request_messages or 0) <= 1
        and (record.rpc_response_messages or 0) <= 1
    )
