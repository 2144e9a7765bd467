"""When to try again, and that every batch is settled once."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from interceptor.config import Config
from interceptor.delivery.batches import Batch, Origin, seal
from interceptor.delivery.sender import Outcome, Sender
from interceptor.delivery.transport import Answer, Failure, TransportError
from interceptor.delivery.uploader import Backoff, State, Uploader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ORIGIN = Origin("interceptor/0.1.0")
ENDPOINT = "https://api.test"


def batch(records: int = 4, start: int = 0) -> Batch:
    """A sealed batch of small records."""
    lines = [
        b'{"id":"%032d","time":"2024-05-01T12:00:00Z","server.address":"a"}\n' % (start + number)
        for number in range(records)
    ]
    return seal(lines, records, ORIGIN, 1_700_000_000.0 + start)


class Store:
    """A queue in memory. Waiting for a batch that never comes ends the test."""

    def __init__(self, *batches: Batch) -> None:
        self.waiting = deque(batches)
        self.delivered_ids: list[str] = []
        self.aside: list[tuple[str, str]] = []

    async def next(self) -> Batch:
        if not self.waiting:
            raise Empty
        return self.waiting[0]

    async def delivered(self, batch: Batch) -> None:
        assert self.waiting.popleft() is batch
        self.delivered_ids.append(batch.id)

    async def quarantine(self, batch: Batch, reason: str) -> None:
        assert self.waiting.popleft() is batch
        self.aside.append((batch.id, reason))

    async def replace(self, batch: Batch, halves: Sequence[Batch]) -> None:
        assert self.waiting.popleft() is batch
        self.waiting.extendleft(reversed(halves))


class Empty(Exception):
    """Nothing waits any more."""


class Script:
    """Answers one after the other; the last one again and again."""

    def __init__(self, *answers: Answer | TransportError | int) -> None:
        self.answers = [
            answer if not isinstance(answer, int) else Answer(answer, {}, b"") for answer in answers
        ]
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.asked.append((path, body, dict(headers)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, TransportError):
            raise answer
        return answer


def upload(store: Store, script: Script, **settings: Any) -> tuple[Uploader, list[float]]:
    """Run until the queue is empty; gives the uploader and the seconds it slept."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert len(slept) < 200

    config = Config.model_validate({"endpoint": ENDPOINT, **settings})
    uploader = Uploader(
        store, Sender(config, script), wall=lambda: 1_000.0, sleep=sleep, backoff=Backoff(lambda: 1.0)
    )
    with pytest.raises(Empty):
        asyncio.run(uploader.run())
    return uploader, slept


# --- when to try again ---------------------------------------------------------------------------------------


def test_the_bound_doubles_up_to_a_minute_and_begins_anew() -> None:
    """1, 2, 4 … 60 seconds; with chance anything below; after what was asked for, so that not all come back at once."""
    backoff = Backoff(lambda: 1.0)
    assert [backoff.failed() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.failed(asked=300) == 360
    backoff.succeeded()
    assert backoff.failed() == 1
    lucky = Backoff(lambda: 0.0)
    assert [lucky.failed(), lucky.failed(asked=5), lucky.failed(slowly=True)] == [0, 5, 30]


def test_a_failure_is_tried_again_until_it_is_none() -> None:
    """The same bytes with the same key each time; then the next batch, without waiting."""
    first, second = batch(), batch(start=10)
    store = Store(first, second)
    script = Script(503, TransportError(Failure.TIMEOUT, "x"), TransportError(Failure.INTERRUPTED, "x"), 202)
    uploader, slept = upload(store, script)
    assert store.delivered_ids == [first.id, second.id]
    assert slept == [1, 2, 4]
    assert {(path, body, headers["idempotency-key"]) for path, body, headers in script.asked[:4]} == {
        ("/v1/batches", first.body, first.id)
    }
    counters = uploader.counters
    assert (counters.outcomes[Outcome.RETRY], counters.outcomes[Outcome.DELIVERED], counters.retries) == (
        3,
        2,
        3,
    )
    assert (counters.records, counters.last_success) == (8, 1_000.0)
    assert uploader.state is State.OK


def test_retry_after_is_a_floor() -> None:
    """Of the wait after that answer."""
    _, slept = upload(Store(batch()), Script(Answer(429, {"retry-after": "120"}, b""), 202))
    assert slept == [121]


def test_a_batch_that_the_queue_gave_up_is_not_sent_again() -> None:
    """While it waits for its next try, the queue may need its room."""
    old, new = batch(), batch(start=10)
    store = Store(old)

    class Full(Script):
        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            answer = await super().post(path, body, headers)
            if body == old.body:
                store.waiting = deque([new])
            return answer

    upload(store, Full(503, 202))
    assert store.delivered_ids == [new.id]


def test_what_was_delivered_before_is_done() -> None:
    """409 after an answer that was lost."""
    store = Store(batch())
    uploader, slept = upload(store, Script(TransportError(Failure.INTERRUPTED, "x"), 409))
    assert (len(store.delivered_ids), len(slept), uploader.counters.records) == (1, 1, 4)


def test_a_batch_that_is_too_large_is_halved_until_it_fits() -> None:
    """The halves take its place; every record arrives once. A record that is too large alone is put aside."""
    whole = batch(records=5)
    store = Store(whole)

    class Narrow(Script):
        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            await super().post(path, body, headers)
            text = gzip.decompress(body)
            lines = text.splitlines()
            if len(lines) > 3 or b'"id":"%032d"' % 4 in text:
                return Answer(413, {}, b"")
            ids.extend(json.loads(line)["id"] for line in lines[1:])
            return Answer(202, {}, b"")

    ids: list[str] = []
    uploader, slept = upload(store, Narrow(202))
    assert ids == [f"{number:032d}" for number in range(4)]
    assert [reason for _, reason in store.aside] == ["too_large"]
    assert slept == []
    assert uploader.counters.records == 4


def test_what_will_never_be_taken_is_put_aside() -> None:
    """And the next batch goes on."""
    store = Store(batch(), batch(start=10))
    uploader, slept = upload(store, Script(422, 202))
    assert [reason for _, reason in store.aside] == ["refused"]
    assert (len(store.delivered_ids), slept) == (1, [])
    assert uploader.counters.outcomes[Outcome.QUARANTINED] == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(401, {}, b""), State.AUTH),
        (Answer(403, {}, b""), State.AUTH),
        (Answer(404, {}, b""), State.CONFIGURATION),
        (Answer(302, {"location": "https://portal/"}, b""), State.CONFIGURATION),
        (Answer(200, {"content-type": "text/html"}, b"<html>"), State.CONFIGURATION),
        (TransportError(Failure.PROXY_REFUSED, "x"), State.PROXY),
        (TransportError(Failure.FILES, "x"), State.CONFIGURATION),
        (TransportError(Failure.TOO_LARGE, "x"), State.CONFIGURATION),
        *(
            (TransportError(failure, "x"), State.RETRYING)
            for failure in (Failure.CONNECT, Failure.TLS, Failure.PROXY, Failure.TIMEOUT, Failure.INTERRUPTED)
        ),
        (Answer(503, {}, b""), State.RETRYING),
    ],
)
def test_what_somebody_has_to_mend_is_kept_and_tried_slowly(
    answer: Answer | TransportError, state: State
) -> None:
    """The state says what is wrong while it is, and nothing is lost; what passes by itself is tried sooner."""
    store = Store(batch())
    states: list[tuple[State, str | None]] = []
    script = Script(answer, 202)
    settings = Config(endpoint=ENDPOINT)

    async def sleep(seconds: float) -> None:
        assert seconds == (1 if state is State.RETRYING else 60)
        states.append((uploader.state, uploader.trouble))

    uploader = Uploader(store, Sender(settings, script), sleep=sleep, backoff=Backoff(lambda: 1.0))
    with pytest.raises(Empty):
        asyncio.run(uploader.run())
    assert [told for told, _ in states] == [state]
    assert states[0][1]
    assert (uploader.state, uploader.trouble, len(store.delivered_ids)) == (State.OK, None, 1)


# --- what is sent --------------------------------------------------------------------------------------------


def test_a_token_that_rotates_is_never_an_old_one(tmp_path: Path) -> None:
    """The file is read for each try: no try fails for a token that was replaced in time."""
    file = tmp_path / "token"
    file.write_text("first\n")
    store = Store(batch(), batch(start=10))

    class Rotating(Script):
        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            answer = await super().post(path, body, headers)
            file.write_text(f"after-{len(self.asked)}\n")
            return answer

    script = Rotating(202, 401, 202)
    upload(store, script, token_file=file)
    assert [headers["authorization"] for _, _, headers in script.asked] == [
        "Bearer first",
        "Bearer after-1",
        "Bearer after-2",
    ]
    assert len(store.delivered_ids) == 2


@pytest.mark.parametrize("content", [None, "", "two\nlines", "\xff", "x" * 20_000])
def test_a_token_file_without_a_token_is_told_and_waited_for(tmp_path: Path, content: str | None) -> None:
    """Nothing is sent without it."""
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content, "latin-1")
    settings = Config(endpoint=ENDPOINT, token_file=file)
    store, script = Store(batch()), Script(202)

    async def sleep(_: float) -> None:
        assert script.asked == []
        assert str(file) in (uploader.trouble or "")
        assert uploader.state is State.CONFIGURATION
        file.write_text("good")

    uploader = Uploader(store, Sender(settings, script), sleep=sleep)
    with pytest.raises(Empty):
        asyncio.run(uploader.run())
    assert len(store.delivered_ids) == 1


@pytest.mark.parametrize(
    ("answer", "rejected"),
    [
        (b'{"accepted":1,"rejected":3}', 3),
        (b'{"accepted":4}', 0),
        (b'{"rejected":999}', 4),
        (b'{"rejected":-1}', 0),
        (b"", 0),
        (b"\xff[", 0),
        (b'{"rejected":"3"}', 0),
    ],
)
def test_rejected_records_are_counted(answer: bytes, rejected: int) -> None:
    """As the answer says, within what was sent."""
    uploader, _ = upload(Store(batch()), Script(Answer(202, {}, answer)))
    assert uploader.counters.rejected == rejected


def test_batches_as_otlp() -> None:
    """Spans in gzip'd JSON to the receiver's own path, its count of rejected ones, the same queue."""
    store = Store(batch())
    script = Script(
        Answer(200, {"content-type": "application/json"}, b'{"partialSuccess":{"rejectedSpans":"1"}}')
    )
    uploader, _ = upload(store, script, upload={"protocol": "otlp"})
    ((path, body, headers),) = script.asked
    assert (path, headers["content-type"], headers["content-encoding"]) == (
        "/v1/traces",
        "application/json",
        "gzip",
    )
    (resource,) = json.loads(gzip.decompress(body))["resourceSpans"]
    assert len(resource["scopeSpans"][0]["spans"]) == 4
    assert (uploader.counters.rejected, len(store.delivered_ids)) == (1, 1)


@pytest.mark.parametrize(
    "bad", [b"[]", b"{}", b'{"id":1,"time":2,"server.address":3}', b"no JSON", b'"\xff"']
)
def test_a_batch_that_is_no_otlp_is_put_aside(bad: bytes) -> None:
    """It could never be sent; those behind it are. What is wrong is told by its line, not shown."""
    poison = seal([b"%s\n" % bad], 1, ORIGIN, 0.0)
    store = Store(poison, batch())
    with structlog.testing.capture_logs() as events:
        uploader, slept = upload(store, Script(200), upload={"protocol": "otlp"})
    assert store.aside == [(poison.id, "unreadable")]
    assert (len(store.delivered_ids), slept, uploader.counters.outcomes[Outcome.UNREADABLE]) == (1, [], 1)
    assert [event["told"] for event in events] == ["the batch has a line, 2, that is no record"]


def test_a_batch_that_cannot_be_halved_is_put_aside() -> None:
    """It says two records and holds none."""
    store = Store(Batch("0" * 32, 2, b"damaged"), batch())
    uploader, _ = upload(store, Script(413, 202))
    assert store.aside == [("0" * 32, "unreadable")]
    assert (uploader.counters.outcomes[Outcome.UNREADABLE], len(store.delivered_ids)) == (1, 1)


def test_a_batch_with_a_header_nested_without_end_is_put_aside() -> None:
    """It is no reason to end: the next start would find it again."""
    poison = Batch("0" * 32, 2, gzip.compress(b"[" * 100_000 + b"\n{}\n{}\n"))
    store = Store(poison, batch())
    upload(store, Script(413, 202))
    assert store.aside == [(poison.id, "unreadable")]
    assert len(store.delivered_ids) == 1


def test_a_change_of_state_is_logged_once() -> None:
    """Not each try: what fails for a day is two lines."""
    with structlog.testing.capture_logs() as events:
        upload(Store(batch()), Script(503, 503, 401, 401, 202))
    assert [(event["event"], event.get("state")) for event in events] == [
        ("upload_failing", "retrying"),
        ("upload_failing", "auth"),
        ("upload_recovered", None),
    ]
