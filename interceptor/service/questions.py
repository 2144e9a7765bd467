"""How long the collector's answers take.

Owns which answers count, and under which name: routes below `/v1/`, by their paths, which are a list in the code. Refuses
to know what is asked. A refusal (no token, a parameter that is none) is no answer: it costs nothing, and would make
all others look fast.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from interceptor.service.metrics import Metrics

__all__ = ["timed"]

_BOUNDS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: some records are milliseconds, an overview of millions of records is a second or two."""
_API: Final = "/v1/"
_REFUSED: Final = 400


def timed(routes: Iterable[Route], metrics: Metrics) -> list[Route]:
    """The same routes; those of the API are measured."""
    durations = metrics.histogram("collector_answer_duration_seconds", _BOUNDS)
    return [
        Route(
            route.path, _measured(route.endpoint, durations.labels(route.path).observe), methods=route.methods
        )
        if route.path.startswith(_API)
        else route
        for route in routes
    ]


def _measured(
    answer: Callable[[Request], Awaitable[Response]], observe: Callable[[float], None]
) -> Callable[[Request], Awaitable[Response]]:
    async def measure(request: Request) -> Response:
        since = time.perf_counter()
        response = await answer(request)
        if response.status_code < _REFUSED:
            observe(time.perf_counter() - since)
        return response

    return measure
