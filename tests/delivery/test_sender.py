"""One try: what is sent, and what an answer means."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.config import Config
from interceptor.delivery.batches import Origin
from interceptor.delivery.sender import Outcome, Sender, classify, retry_after
from interceptor.delivery.transport import Answer
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT = "https://api.test"


class Answering:
    """A way that always gives this status, and keeps what was sent."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.bodies: list[bytes] = []

    async def post(self, _: str, body: bytes, __: Mapping[str, str]) -> Answer:
        self.bodies.append(body)
        return Answer(self.status, {}, b"")


# --- what an answer means ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((200, 202, 204), Outcome.DELIVERED),
        ((409,), Outcome.DUPLICATE),
        ((408, 425, 429, 500, 502, 503, 504, 520, 599), Outcome.RETRY),
        ((413,), Outcome.TOO_LARGE),
        ((400, 402, 410, 415, 418, 422, 431, 451, 501, 505), Outcome.QUARANTINED),
        ((401, 403), Outcome.AUTH),
        ((301, 302, 304, 307, 308, 404, 405), Outcome.CONFIGURATION),
        ((101, 0, 600, 999), Outcome.RETRY),
        ((407,), Outcome.PROXY),
    ],
)
def test_every_status_has_one_outcome(statuses: tuple[int, ...], outcome: Outcome) -> None:
    """The table of outcomes."""
    assert {classify(status, "application/json") for status in statuses} == {outcome}


def test_a_web_page_is_no_answer_of_the_api() -> None:
    """A captive portal says 200 and has not taken the batch."""
    assert classify(200, "Text/HTML; charset=utf-8") is Outcome.CONFIGURATION


NOON = "Tue, 24 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "999999999999999999999"}, 900),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "1.5"}, 0),
        ({"retry-after": "Tue, 24 Nov 2026 12:02:00 GMT", "date": NOON}, 120),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT", "date": NOON}, 0),
        ({"retry-after": "Wed, 25 Nov 2026 12:00:00 GMT", "date": NOON}, 900),
        ({"retry-after": "Tue, 24 Nov 2026 12:02:00 GMT"}, 0),
        ({"retry-after": "soon", "date": NOON}, 0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float) -> None:
    """Seconds, or a date against the answer's own; never more than a quarter of an hour."""
    assert retry_after(headers) == seconds


@given(st.text(), st.text())
def test_retry_after_of_anything(asked: str, date: str) -> None:
    """A hostile header is a number of seconds within bounds."""
    assert 0 <= retry_after({"retry-after": asked, "date": date}) <= 900


# --- what is sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"token": "a"}, {"token_file": "/run/token"}])
def test_a_token_does_not_travel_in_clear_text(settings: dict[str, str]) -> None:
    """Unless it is said that it may."""
    config = Config.model_validate({"endpoint": "HTTP://api.test", **settings})
    with pytest.raises(UsageError, match=r"allow_plain_http"):
        Sender(config, Answering(202))
    allowed = config.model_copy(
        update={"upload": config.upload.model_copy(update={"allow_plain_http": True})}
    )
    Sender(allowed, Answering(202))


@pytest.mark.parametrize("token", ["", "a\r\nx: y", "\x80"])
def test_a_token_that_cannot_be_sent_is_refused(token: str) -> None:
    """At the start, without showing it."""
    with pytest.raises(
        UsageError, match=r"^token: is empty, or holds characters that cannot be sent in a header$"
    ):
        Sender(Config.model_validate({"endpoint": ENDPOINT, "token": token}), Answering(202))


def test_a_probe_changes_nothing() -> None:
    """It asks with an empty batch, and says what came of it."""
    way = Answering(401)
    answered = asyncio.run(Sender(Config(endpoint=ENDPOINT), way).probe(Origin("interceptor/0.1.0"), 1.0))
    assert (answered.outcome, answered.told) == (Outcome.AUTH, "the endpoint answered 401")
    assert json.loads(gzip.decompress(way.bodies[0]))["count"] == 0
