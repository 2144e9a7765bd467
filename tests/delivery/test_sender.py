"""One try: what is sent, and what an answer means."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

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

    def changed(self) -> bool:
        return False


# --- what an answer means ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((200, 202, 204, 299), Outcome.DELIVERED),
        ((409,), Outcome.DUPLICATE),
        ((408, 425, 429, 500, 502, 503, 504, 520, 599), Outcome.RETRY),
        ((413,), Outcome.TOO_LARGE),
        ((401, 403), Outcome.AUTH),
        ((301, 302, 304, 307, 308, 404, 405), Outcome.CONFIGURATION),
        ((400, 402, 406, 410, 415, 418, 421, 422, 431, 451, 499, 501, 505), Outcome.CONFIGURATION),
        ((101, 0, 600, 999), Outcome.RETRY),
        ((407,), Outcome.PROXY),
    ],
)
def test_every_status_has_one_outcome(statuses: tuple[int, ...], outcome: Outcome) -> None:
    """The table of outcomes, where the answer is not in the API's words: none is a verdict on a batch."""
    for protocol in (False, True):
        assert {classify(said(status), otlp_=protocol) for status in statuses} == {outcome}


def said(status: int, kind: str = "application/json", body: bytes = b"{}") -> Answer:
    return Answer(status, {"content-type": kind}, body)


@pytest.mark.parametrize("kind", ["Text/HTML; charset=utf-8", "text/html"])
def test_a_web_page_is_no_answer_of_the_api(kind: str) -> None:
    """A captive portal says 200 and has not taken the batch; nginx says 400 to what it does not understand."""
    for status in (200, 400, 409, 422):
        assert classify(said(status, kind, b"<html>")) is Outcome.CONFIGURATION


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (422, {"title": "invalid", "status": 422, "detail": "Line 2"}, Outcome.QUARANTINED),
        (400, {"title": "invalid", "status": 400, "detail": "x", "later": 1}, Outcome.QUARANTINED),
        (422, {"title": "invalid", "status": 400, "detail": "x"}, Outcome.CONFIGURATION),
        (422, {"title": "invalid", "status": 422}, Outcome.CONFIGURATION),
        (422, {"message": "no Route matched"}, Outcome.CONFIGURATION),
        (422, [], Outcome.CONFIGURATION),
        (415, {"title": "unsupported", "status": 415, "detail": "x"}, Outcome.CONFIGURATION),
        (406, {"title": "invalid", "status": 406, "detail": "x"}, Outcome.CONFIGURATION),
    ],
)
def test_only_the_apis_own_words_are_a_verdict(status: int, body: Any, outcome: Outcome) -> None:
    """A problem document that is about this very answer, and a status that is about a batch."""
    assert classify(said(status, "application/problem+json", json.dumps(body).encode())) is outcome


@given(st.integers(0, 999), st.text(max_size=30), st.binary(max_size=60))
def test_anything_has_an_outcome(status: int, kind: str, body: bytes) -> None:
    """Hostile answers raise nothing."""
    for protocol in (False, True):
        classify(said(status, kind, body), otlp_=protocol)


def test_a_receiver_that_does_not_know_a_form_gets_the_other() -> None:
    """415 to the one; the other is used from then on, and one that knows neither is told."""

    class Choosing(Answering):
        def __init__(self, known: str) -> None:
            super().__init__(200)
            self.known = known
            self.kinds: list[str] = []

        async def post(self, _: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            self.kinds.append(headers["content-type"])
            return said(200 if headers["content-type"] == self.known else 415)

    async def check(protocol: str, known: str) -> tuple[list[Outcome], list[str]]:
        way = Choosing(known)
        sender = Sender(Config.model_validate({"endpoint": ENDPOINT, "upload": {"protocol": protocol}}), way)
        outcomes = [(await sender.probe(Origin("a/1"), 0.0)).outcome for _ in range(2)]
        return outcomes, way.kinds

    json_, protobuf = "application/json", "application/x-protobuf"
    taken = [Outcome.DELIVERED] * 2
    assert asyncio.run(check("otlp", protobuf)) == (taken, [protobuf] * 2)
    assert asyncio.run(check("otlp", json_)) == (taken, [protobuf, json_, json_])
    assert asyncio.run(check("otlp-json", json_)) == (taken, [json_] * 2)
    assert asyncio.run(check("otlp-json", protobuf)) == (taken, [json_, protobuf, protobuf])
    assert asyncio.run(check("otlp", "none")) == (
        [Outcome.CONFIGURATION] * 2,
        [protobuf, json_] * 2,
    )


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


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (" \n", "holds no token: it is empty"),
        ("s3cr3t\r\nx: y", "holds 2 lines, and a token is one"),
        ("s3cr3t\x80", "holds no token, but characters that cannot be sent in a header"),
        ("s3cr3t\tx", "holds no token, but characters that cannot be sent in a header"),
        ("s3cr3t" * 3_000, "holds no token: it has more than 16,384 characters"),
    ],
)
def test_a_token_that_cannot_be_sent_is_refused(token: str, why: str) -> None:
    """At the start, wherever it is from, without showing it."""
    given = {"endpoint": ENDPOINT, "token": token}
    for more, place in (({}, "token"), ({"token_file": "/run/token"}, "token_file /run/token")):
        with pytest.raises(UsageError) as caught:
            Sender(Config.model_validate(given | more), Answering(202))
        assert str(caught.value) == f"{place}: {why}"


def test_a_probe_changes_nothing() -> None:
    """It asks with an empty batch, and says what came of it."""
    way = Answering(401)
    answered = asyncio.run(Sender(Config(endpoint=ENDPOINT), way).probe(Origin("interceptor/0.1.0"), 1.0))
    assert (answered.outcome, answered.told) == (Outcome.AUTH, "the endpoint answered 401")
    assert json.loads(gzip.decompress(way.bodies[0]))["count"] == 0
