"""/metrics, /healthz and /readyz."""

from __future__ import annotations

import asyncio
import re

import httpx
from starlette.applications import Starlette

from interceptor.service.health import STALE_SECONDS, Heartbeat, routes
from interceptor.service.metrics import Metrics


def ask(app: Starlette, path: str, **headers: str) -> httpx.Response:
    """A page of the application."""

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(get())


def test_the_pages_say_that_all_is_well() -> None:
    """In a word, with status 200."""
    app = Starlette(routes=routes("run", Metrics(), lambda: None))
    for path, word in (("/healthz", "alive\n"), ("/readyz", "ready\n")):
        answer = ask(app, path)
        assert (answer.status_code, answer.text) == (200, word)


def test_a_problem_is_status_503_and_says_what() -> None:
    """So that a probe's log has the reason."""
    app = Starlette(routes=routes("run", Metrics(), lambda: "no interface is captured", lambda: "stuck"))
    for path, word in (("/healthz", "stuck\n"), ("/readyz", "no interface is captured\n")):
        answer = ask(app, path)
        assert (answer.status_code, answer.text) == (503, word)


def test_the_first_page_leads_to_the_others() -> None:
    """Relative links, so that they work behind a path too; nothing on it is loaded from anywhere."""
    app = Starlette(routes=routes("relay", Metrics(), lambda: None))
    page = ask(app, "/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"] == "default-src 'none'"
    assert "<h1>interceptor relay</h1>" in page.text
    links = re.findall(r'href="([^"]*)"', page.text)
    assert links == ["metrics", "readyz", "healthz"]
    assert all(ask(app, f"/{link}").status_code == 200 for link in links)


def test_metrics_have_the_media_type_that_was_asked_for() -> None:
    """Prometheus's text by default, OpenMetrics on request."""
    app = Starlette(routes=routes("run", Metrics(), lambda: None))
    plain = ask(app, "/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert "interceptor_build_info{" in plain.text
    opened = ask(app, "/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert opened.headers["content-type"].startswith("application/openmetrics-text")


def test_a_heart_that_does_not_beat_is_told_after_a_while() -> None:
    """And one that beats again is well again."""
    now = 100.0
    heart = Heartbeat(lambda: now)
    assert heart.stuck() is None
    now += STALE_SECONDS + 1
    assert heart.stuck() == f"no progress for {STALE_SECONDS + 1:.0f} s"
    heart.beat()
    assert heart.stuck() is None
