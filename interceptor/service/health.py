"""/metrics, /healthz and /readyz, and a page that leads to them.

Owns these routes and the sign of life. Refuses to judge readiness: whoever runs says why not. Alive is a process
whose event loop comes by: the answer itself proves that, and the heartbeat proves that the daemon's own work does
too, which a wedged task would not show.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from interceptor import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from interceptor.service.metrics import Metrics

__all__ = ["Heartbeat", "routes"]

STALE_SECONDS: Final = 30.0
"""Without a beat for so long, the process is stuck: a probe should have it started anew."""


class Heartbeat:
    """Beaten by the work that must go on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """The work goes on."""
        self._last = self._clock()

    def stuck(self) -> str | None:
        """Why this process makes no progress, or None."""
        silent = self._clock() - self._last
        return f"no progress for {silent:.0f} s" if silent > STALE_SECONDS else None


_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>interceptor {command}</title>
<h1>interceptor {command}</h1>
<p>Version {version}.</p>
<ul>
<li><a href="metrics">/metrics</a>: for Prometheus, in its text format or as OpenMetrics with exemplars
<li><a href="readyz">/readyz</a>: whether it does its work, and if not, why
<li><a href="healthz">/healthz</a>: whether it makes progress
</ul>
</html>
"""


def routes(
    command: str,
    metrics: Metrics,
    ready: Callable[[], str | None],
    stuck: Callable[[], str | None] = lambda: None,
) -> list[Route]:
    """What every long-running command serves. `ready` and `stuck` give a reason where things are not well."""
    page = _PAGE.format(command=command, version=__version__)
    turn = asyncio.Lock()

    async def give_metrics(request: Request) -> Response:
        # Some hundred interfaces are 10 ms and more of making text. One at a time: each thread would take its share.
        async with turn:
            accept = request.headers.get("accept", "")
            body, media_type = await asyncio.to_thread(metrics.snapshot().exposition, accept)
        return Response(body, media_type=None, headers={"content-type": media_type})

    async def health(_: Request) -> Response:
        return _judged(stuck(), "alive")

    async def readiness(_: Request) -> Response:
        return _judged(ready(), "ready")

    async def links(_: Request) -> Response:
        return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'"})

    return [
        Route("/", links),
        Route("/metrics", give_metrics),
        Route("/healthz", health),
        Route("/readyz", readiness),
    ]


def _judged(problem: str | None, well: str) -> Response:
    return PlainTextResponse(f"{problem or well}\n", status_code=503 if problem else 200)
