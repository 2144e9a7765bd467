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
    """A queue in memory. Waiting for a batch when nothing waits or is out ends the test."""

    def __init__(self, *batches: Batch) -> None:
        self.waiting = deque(batches)
        self.out: list[Batch] = []
        self.most_out = 0
        self.delivered_ids: list[str] = []
        self.rejected = 0
        self.aside: list[tuple[str, str]] = []
        self.lost: dict[str, int] = {}

    async def next(self) -> Batch:
        while not self.waiting:
            if not self.out:
                raise Empty
            await asyncio.sleep(0)
        self.out.append(self.waiting.popleft())
        self.most_out = max(self.most_out, len(self.out))
        return self.out[-1]

    def settle(self, batch: Batch) -> None:
        self.out = [each for each in self.out if each is not batch]

    async def delivered(self, batch: Batch, rejected: int = 0, spanless: int = 0) -> None:
        self.settle(batch)
        self.delivered_ids.append(batch.id)
        self.rejected += rejected

    async def quarantine(self, batch: Batch, reason: str) -> None:
        self.settle(batch)
        self.aside.append((batch.id, reason))

    async def replace(self, batch: Batch, parts: Sequence[Batch], reason: str | None = None) -> None:
        self.settle(batch)
        lost = batch.records - sum(part.records for part in parts)
        assert lost == 0 or reason is not None
        if reason is not None:
            self.lost[reason] = self.lost.get(reason, 0) + lost
        self.waiting.extendleft(reversed(parts))


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

    def changed(self) -> bool:
        return False


def refusal(status: int = 422, **more: Any) -> Answer:
    """In the API's words."""
    body = {"title": "invalid", "status": status, "detail": "It does not hold.", **more}
    return Answer(status, {"content-type": "application/problem+json"}, json.dumps(body).encode())


DUPLICATE = Answer(409, {"content-type": "application/problem+json"}, b"{}")


def run(uploader: Uploader) -> None:
    """Until the queue is empty."""
    with pytest.raises(ExceptionGroup) as ended:
        asyncio.run(uploader.run())
    assert ended.group_contains(Empty), ended.value


def upload(store: Store, script: Script, *, most: int = 1, **settings: Any) -> tuple[Uploader, list[float]]:
    """Run until the queue is empty; gives the uploader and the seconds it slept."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert len(slept) < 200
        for _ in range(10):  # others go on meanwhile
            await asyncio.sleep(0)

    config = Config.model_validate({"endpoint": ENDPOINT, **settings})
    uploader = Uploader(
        store,
        Sender(config, script),
        most=most,
        wall=lambda: 1_000.0,
        sleep=sleep,
        backoff=Backoff(lambda: 1.0),
    )
    run(uploader)
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


def test_what_was_delivered_before_is_done() -> None:
    """409 after an answer that was lost."""
    store = Store(batch())
    uploader, slept = upload(store, Script(TransportError(Failure.INTERRUPTED, "x"), DUPLICATE))
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
    uploader, slept = upload(store, Script(refusal(), 202))
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
        (Answer(400, {"content-type": "text/html"}, b"<html>"), State.CONFIGURATION),
        (Answer(415, {}, b""), State.CONFIGURATION),
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
    run(uploader)
    assert [told for told, _ in states] == [state]
    assert states[0][1]
    assert (uploader.state, uploader.trouble, len(store.delivered_ids)) == (State.OK, None, 1)


# --- several at once -----------------------------------------------------------------------------------------


class Slow(Script):
    """Each answer takes a turn of the loop for each that is under way, and then some."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(*answers)
        self.under_way = self.most = 0

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(50):
                await asyncio.sleep(0)
            return await super().post(path, body, headers)
        finally:
            self.under_way -= 1


def test_several_are_under_way_and_each_is_settled_once() -> None:
    """From one up to the bound, as they succeed; the same bytes under the same id, none twice."""
    batches = [batch(start=10 * number) for number in range(60)]
    store, script = Store(*batches), Slow(202)
    uploader, slept = upload(store, script, most=8)
    assert script.most == 8
    assert store.most_out == 8
    assert sorted(store.delivered_ids) == sorted(each.id for each in batches)
    assert [body for _, body, _ in script.asked[:1]] == [batches[0].body]
    assert len(script.asked) == 60
    assert (uploader.counters.records, uploader.counters.under_way, slept) == (240, 0, [])


def test_after_a_failure_one_tries_alone() -> None:
    """However many fail together, it is one failure and one wait; its probe is alone, and then it goes on."""

    class Outage(Slow):
        broken = 0
        since: list[int]

        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            answer = await super().post(path, body, headers)
            if 20 <= len(self.asked) < 40:
                self.broken += 1
                return Answer(503, {}, b"")
            return answer

    batches = [batch(start=10 * number) for number in range(60)]
    store, script = Store(*batches), Outage(202)
    uploader, slept = upload(store, script, most=8)
    assert sorted(store.delivered_ids) == sorted(each.id for each in batches)
    assert script.broken == 20 == uploader.counters.outcomes[Outcome.RETRY] == uploader.counters.retries
    # the first failure is told by up to eight, the others by a probe each
    assert 13 <= len(slept) <= 20
    assert slept == [min(2.0**number, 60) for number in range(len(slept))]


def test_what_is_under_way_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large batches go one by one; a single one goes whatever its size."""
    monkeypatch.setattr("interceptor.delivery.uploader.HELD_BYTES", 1)
    store, script = Store(*(batch(start=10 * number) for number in range(10))), Slow(202)
    upload(store, script, most=8)
    assert (script.most, len(store.delivered_ids)) == (1, 10)


# --- when a refusal is believed ------------------------------------------------------------------------------


def test_one_bad_record_costs_one_record() -> None:
    """An endpoint of the first version names one line at a time, and takes the rest in halves; all bad ones go."""
    bad = {3, 40, 41, 77}
    ids: list[int] = []

    class First(Script):
        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            await super().post(path, body, headers)
            numbers = [int(json.loads(line)["id"]) for line in gzip.decompress(body).splitlines()[1:]]
            for line, number in enumerate(numbers, 2):
                if number in bad:
                    return refusal(line=line)
            ids.extend(numbers)
            return Answer(202, {}, b"")

    store = Store(batch(records=100))
    uploader, slept = upload(store, First(202))
    assert sorted(ids) == [number for number in range(100) if number not in bad]
    assert (store.lost, store.aside, slept) == ({"rejected": 4}, [], [])
    assert (uploader.counters.records, uploader.counters.rejected) == (96, 4)


def test_an_answer_may_name_all_bad_lines() -> None:
    """They are left out at once."""
    store = Store(batch(records=10))
    script = Script(refusal(lines=[{"line": 2, "detail": "x"}, {"line": 7}, {"line": 7}, {"line": 99}]), 202)
    uploader, _ = upload(store, script)
    assert (store.lost, uploader.counters.records, len(script.asked)) == ({"rejected": 2}, 8, 3)


def test_an_endpoint_that_refuses_everything_costs_three_batches() -> None:
    """Then all are kept, it is told, and tried slowly; when it takes one again, everything arrives."""
    batches = [batch(start=10 * number) for number in range(50)]
    store = Store(*batches)

    class Mended(Script):
        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            await super().post(path, body, headers)
            return refusal() if len(self.asked) <= 20 else Answer(202, {}, b"")

    with structlog.testing.capture_logs() as events:
        uploader, slept = upload(store, Mended(202), most=4)
    assert [reason for _, reason in store.aside] == ["refused"] * 3
    assert len(store.delivered_ids) == 47
    assert slept == [60] * 17
    failing = [event for event in events if event["event"] == "upload_failing"]
    assert [event["state"] for event in failing] == ["configuration"]
    assert "all are kept" in failing[0]["reason"]
    assert uploader.state is State.OK


def test_a_row_of_bad_batches_does_not_stop_the_others() -> None:
    """While a refusal is not believed other batches are tried; one that is taken shows that it was right."""
    bad = [batch(start=10 * number) for number in range(6)]
    good = [batch(start=1_000 + 10 * number) for number in range(6)]
    wrong = {each.body for each in bad}
    store = Store(*bad, *good)

    class Strict(Script):
        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            await super().post(path, body, headers)
            return refusal() if body in wrong else Answer(202, {}, b"")

    _, slept = upload(store, Strict(202), most=8)
    assert sorted(store.delivered_ids) == sorted(each.id for each in good)
    assert sorted(store.aside) == sorted((each.id, "refused") for each in bad)
    assert len(slept) <= 10


def test_what_something_on_the_way_refuses_is_put_aside_when_others_pass() -> None:
    """A web application firewall that dislikes one batch: its page is no verdict; that others pass is."""
    disliked = batch()
    good = [batch(start=10 * number) for number in range(1, 20)]
    store = Store(disliked, *good)

    class Firewall(Script):
        async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            await super().post(path, body, headers)
            return (
                Answer(403, {"content-type": "text/html"}, b"")
                if body == disliked.body
                else Answer(202, {}, b"")
            )

    uploader, slept = upload(store, Firewall(202), most=4)
    assert store.aside == [(disliked.id, "refused")]
    assert sorted(store.delivered_ids) == sorted(each.id for each in good)
    assert (len(slept), uploader.state) == (3, State.OK)


def test_what_nobody_gets_through_is_not_put_aside() -> None:
    """The same page to all of them says nothing about any of them."""
    store = Store(*(batch(start=10 * number) for number in range(8)))
    uploader, _ = upload(store, Script(*[Answer(403, {"content-type": "text/html"}, b"")] * 40, 202), most=4)
    assert (store.aside, len(store.delivered_ids), uploader.counters.records) == ([], 8, 32)


def test_what_a_receiver_rejects_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With the receiver's own words, bounded, and counted as not delivered."""
    answer = {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old\n" + "x" * 500}}
    store = Store(batch())
    with structlog.testing.capture_logs() as events:
        uploader, _ = upload(
            store,
            Script(Answer(200, {"content-type": "application/json"}, json.dumps(answer).encode())),
            upload={"protocol": "otlp"},
        )
    (told,) = [event for event in events if event["event"] == "records_rejected"]
    assert told["records"] == 3
    assert told["endpoint_says"] == "too old " + "x" * 192
    assert (uploader.counters.records, uploader.counters.rejected, store.rejected) == (1, 3, 3)


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
    run(uploader)
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
    assert (uploader.counters.rejected, uploader.counters.records) == (rejected, 4 - rejected)


def test_batches_as_otlp() -> None:
    """Spans to the receiver's own path, its count of rejected ones, the same queue; JSON where that is configured."""
    store = Store(batch())
    script = Script(
        Answer(200, {"content-type": "application/json"}, b'{"partialSuccess":{"rejectedSpans":"1"}}')
    )
    uploader, _ = upload(store, script, upload={"protocol": "otlp-json"})
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
    assert [event["told"] for event in events] == [
        "the batch has a line, 2, that is no record, and none that is"
    ]


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
