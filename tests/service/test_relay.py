"""`interceptor relay`: on disk before it is answered, on its way after."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

from interceptor.config import Spool as SpoolConfig
from interceptor.delivery.batches import unpack
from interceptor.delivery.spool import Spool
from interceptor.ingest.api import Incoming, SinkFullError
from interceptor.ingest.lines import check
from interceptor.service.relay import Spooling
from tests.support.proxies import tinyproxy
from tests.support.records import batch, headers, record, shop
from tests.support.services import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.delivery.batches import Batch

FIXTURES = Path(__file__).parents[2] / "fixtures"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SECRETS = {"INTERCEPTOR_INGEST_TOKENS": TOKEN, "INTERCEPTOR_TOKEN": TOKEN}


def incoming(sealed: Batch) -> Incoming:
    """As the API hands it over."""
    text = unpack(sealed.body, sealed.encoding, 2**30)
    return Incoming(check(text).header, sealed.body, sealed.encoding, text)


def spool(folder: Path, **options: Any) -> Spool:
    """A small one."""
    return Spool(SpoolConfig(directory=folder / "spool", min_free_bytes=0, **options))


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_batch_is_on_disk_as_it_came(tmp_path: Path, encoding: Any) -> None:
    """The same bytes under the same id, found by the next process."""
    sealed = batch(record(), record(), encoding=encoding)

    async def go() -> None:
        one = spool(tmp_path)
        taken = await Spooling(one).take(incoming(sealed))
        assert (taken.accepted, taken.duplicate) == (2, False)
        await one.close()
        two = spool(tmp_path)
        assert await two.next() == sealed
        await two.close()

    asyncio.run(go())


def test_a_plain_batch_is_compressed(tmp_path: Path) -> None:
    """A spool of plain text would be ten times as large. The text is the same."""
    sealed = batch(record())
    text = gzip.decompress(sealed.body)

    async def go() -> None:
        it = spool(tmp_path)
        await Spooling(it).take(Incoming(check(text).header, text, "identity", text))
        found = await it.next()
        assert (found.id, found.records, found.encoding) == (sealed.id, 1, "gzip")
        assert gzip.decompress(found.body) == text
        await it.close()

    asyncio.run(go())


def test_a_batch_that_comes_again_is_spooled_once(tmp_path: Path) -> None:
    """At the same time, and after it was delivered."""
    sealed = incoming(batch(record()))

    async def go() -> None:
        it = spool(tmp_path)
        sink = Spooling(it)
        taken = await asyncio.gather(*[sink.take(sealed) for _ in range(5)])
        assert sorted(each.duplicate for each in taken) == [False, True, True, True, True]
        await it.delivered(await it.next())
        assert (await sink.take(sealed)).duplicate
        assert it.counters.batches == 0
        await it.close()

    asyncio.run(go())


def test_a_full_spool_drops_nothing(tmp_path: Path) -> None:
    """Senders are told to come again, and their batch is taken when there is room."""

    async def go() -> None:
        it = spool(tmp_path, max_bytes=20_000)
        sink = Spooling(it)
        sent: list[Incoming] = []
        asked = 0
        while not asked:
            sealed = incoming(batch(*shop(20, end=1e9, seed=len(sent))))
            try:
                await sink.take(sealed)
                sent.append(sealed)
            except SinkFullError as full:
                asked = full.retry_seconds
        assert sent
        assert it.counters.batches == len(sent)
        assert sum(it.counters.dropped.values()) == 0
        await it.delivered(await it.next())
        assert (await sink.take(sealed)).accepted == 20
        await it.close()

    asyncio.run(go())


def until(what: str, holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.05)


def stored(url: str) -> int:
    """Records in a collector."""
    return int(httpx.get(f"{url}/v1/overview", headers=BEARER, trust_env=False).json()["totals"]["stored"])


def relaying(folder: Path, endpoint: str) -> tuple[object, ...]:
    """Flags of a relay."""
    return (
        *("--spool-directory", folder / "spool", "--spool-min-free-bytes", 0),
        *("--endpoint", endpoint, "--upload-allow-plain-http", "true"),
    )


def test_through_the_relay_to_the_collector(tmp_path: Path) -> None:
    """Every record arrives once, under its sender's name, while the collector comes, goes and comes back."""
    database = ("--collector-database", tmp_path / "c.db")
    made = [batch(*shop(200, end=1e9, seed=seed), node=f"node-{seed}") for seed in range(6)]

    def send(url: str, sealed: Batch) -> None:
        answer = httpx.post(
            f"{url}/v1/batches", content=sealed.body, headers=headers(sealed), trust_env=False
        )
        assert answer.json() == {"accepted": 200, "rejected": 0}

    with running("collector", *database, environment=SECRETS) as cloud:
        port = cloud.url.rpartition(":")[2]
        with running("relay", *relaying(tmp_path, cloud.url), environment=SECRETS) as relay:
            for sealed in made[:2]:
                send(relay.url, sealed)
                send(relay.url, sealed)
            until("the first batches", lambda: stored(cloud.url) == 400)
            cloud.stop(signal.SIGKILL)
            for sealed in made[2:4]:
                send(relay.url, sealed)
            until(
                "a failure",
                lambda: (
                    "interceptor_upload_state" in (text := metrics(relay.url))
                    and 'state="retrying"} 1.0' in text
                ),
            )
            assert httpx.get(f"{relay.url}/readyz", trust_env=False).status_code == 200
            relay.stop(signal.SIGKILL)
        with (
            running("collector", *database, "--server-port", port, environment=SECRETS) as later,
            running("relay", *relaying(tmp_path, later.url), environment=SECRETS) as relay,
        ):
            for sealed in made[4:]:
                send(relay.url, sealed)
            until("the rest", lambda: stored(later.url) == 1_200)
            agents = httpx.get(f"{later.url}/v1/agents", headers=BEARER, trust_env=False).json()["agents"]
            assert {agent["node"]: agent["records"] for agent in agents} == {
                f"node-{seed}": 200 for seed in range(6)
            }
            until("an empty spool", lambda: "interceptor_spool_batches 0.0" in metrics(relay.url))
            text = metrics(relay.url)
            assert 'interceptor_upload_proxy_info{decision="direct"' in text
            assert 'interceptor_uploads_total{outcome="delivered"} 4.0' in text
            assert 'interceptor_stage_held{stage="spool"} 0.0' in text
            assert relay.stop() == 0
            assert TOKEN not in relay.said()
            assert "Traceback" not in relay.said()


def test_records_of_schema_1_arrive_beside_those_of_schema_2(tmp_path: Path) -> None:
    """What an agent of before has left in its spool is delivered by today's, whose own records of the same capture follow; and batches
    of either schema and of both are taken, by a relay and by a collector.
    """
    left = FIXTURES / "spooled" / "00000000000000000001.31.batch"
    (tmp_path / "agent").mkdir()
    shutil.copy(left, tmp_path / "agent")
    old = [record(schema=1) for _ in range(4)]
    sent = [batch(old[0]), batch(old[1], record(), old[2]), batch(record())]
    with (
        running("collector", "--collector-database", tmp_path / "c.db", environment=SECRETS) as cloud,
        running("relay", *relaying(tmp_path, cloud.url), environment=SECRETS) as relay,
    ):
        flags = (
            *("--capture-sources", f"file:{FIXTURES / 'real' / 'keepalive.pcap'}", "--endpoint", relay.url),
            *("--spool-directory", tmp_path / "agent", "--spool-min-free-bytes", 0),
            *("--upload-allow-plain-http", "true", "--server-port", 0),
        )
        agent = subprocess.run(
            [sys.executable, "-m", "interceptor", "run", *map(str, flags)],
            env=os.environ | {"INTERCEPTOR_TOKEN": TOKEN, "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert agent.returncode == 0, agent.stderr
        assert not list((tmp_path / "agent").glob("*.batch"))
        for url, batches in ((relay.url, sent), (cloud.url, [*sent, batch(old[3])])):
            for sealed in batches:
                answer = httpx.post(
                    f"{url}/v1/batches", content=sealed.body, headers=headers(sealed), trust_env=False
                )
                assert answer.json() == {"accepted": sealed.records, "rejected": 0}
        until("all records", lambda: stored(cloud.url) == 31 + 31 + 5 + 1)
        until("an empty spool", lambda: "interceptor_spool_batches 0.0" in metrics(relay.url))
        shown = httpx.get(f"{cloud.url}/v1/records?limit=100", headers=BEARER, trust_env=False)
    ids = {(each["schema"], each["id"]) for each in shown.json()["records"]}
    content = left.read_bytes()
    text = gzip.decompress(content[content.index(b"\x1f\x8b") :])
    assert {(1, json.loads(line)["id"]) for line in text.splitlines()[1:]} | {
        (1, one["id"]) for one in old
    } == {each for each in ids if each[0] == 1}
    assert len(ids) == 68


def metrics(url: str) -> str:
    """What it says of itself."""
    return httpx.get(f"{url}/metrics", trust_env=False).text


def test_it_is_ready_while_it_can_take_batches(tmp_path: Path) -> None:
    """An endpoint that does not take the token is told by a metric and a line, and no reason to turn senders away; a
    spool without room is, until there is some.
    """
    room = 40_000
    with running("collector", "--collector-database", tmp_path / "c.db", environment=SECRETS) as cloud:
        wrong = SECRETS | {"INTERCEPTOR_TOKEN": "an-old-one"}
        limits = ("--spool-max-bytes", room, "--ingest-max-batch-bytes", room // 2)
        with running("relay", *relaying(tmp_path, cloud.url), *limits, environment=wrong) as relay:

            def send(seed: int) -> int:
                sealed = batch(*shop(50, end=1e9, seed=seed))
                return httpx.post(
                    f"{relay.url}/v1/batches", content=sealed.body, headers=headers(sealed), trust_env=False
                ).status_code

            def ready() -> tuple[int, str]:
                answer = httpx.get(f"{relay.url}/readyz", trust_env=False)
                return answer.status_code, answer.text

            assert send(0) == 202
            until("a refusal", lambda: 'interceptor_upload_state{state="auth"} 1.0' in metrics(relay.url))
            assert [event["state"] for event in relay.log() if event["event"] == "upload_failing"] == ["auth"]
            assert ready() == (200, "ready\n")
            statuses = [send(seed) for seed in range(1, 40)]
            assert statuses[0] == 202
            assert statuses[-1] == 503
            assert ready() == (503, "the spool is full\n")
        said = [event for event in cloud.log() if event["event"] == "client_refused"]
        assert [event["client"] for event in said] == ["127.0.0.1"], "who has the old token"


def test_a_bad_record_costs_itself_through_the_chain(tmp_path: Path) -> None:
    """Relay and collector as processes: 31 of 32 records arrive, whoever of the two looks first."""
    good = shop(31, end=1e9)
    with running("collector", "--collector-database", tmp_path / "c.db", environment=SECRETS) as cloud:
        with running("relay", *relaying(tmp_path, cloud.url), environment=SECRETS) as relay:
            sealed = batch(*good[:10], record(server_port=-1), *good[10:])
            for url in (relay.url, relay.url, cloud.url):
                answer = httpx.post(
                    f"{url}/v1/batches", content=sealed.body, headers=headers(sealed), trust_env=False
                )
                assert (answer.status_code, answer.json()["rejected"]) == (202, 1)
                assert answer.json()["lines"][0]["line"] == 12
            until("the rest", lambda: stored(cloud.url) == 31)
            assert "interceptor_ingest_rejected_records_total 1.0" in metrics(relay.url)
            assert relay.stop() == 0
        assert stored(cloud.url) == 31


def test_the_end_waits_for_the_uploads(tmp_path: Path) -> None:
    """SIGTERM with batches in the spool: they are uploaded before the process ends."""
    with running("collector", "--collector-database", tmp_path / "c.db", environment=SECRETS) as cloud:
        with running("relay", *relaying(tmp_path, cloud.url), environment=SECRETS) as relay:
            for seed in range(10):
                sealed = batch(*shop(300, end=1e9, seed=seed))
                httpx.post(
                    f"{relay.url}/v1/batches", content=sealed.body, headers=headers(sealed), trust_env=False
                )
            assert relay.stop() == 0
        assert stored(cloud.url) == 3_000


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "endpoint"),
        (
            ("--endpoint", "https://api.test", "--ingest-max-batch-bytes", "999999999"),
            "ingest.max_batch_bytes",
        ),
        (("--endpoint", "http://api.test"), "allow_plain_http"),
    ],
)
def test_what_cannot_work_is_one_clear_line(tmp_path: Path, flags: tuple[str, ...], said: str) -> None:
    """Exit status 2, the option, and no secret."""
    words = [sys.executable, "-m", "interceptor", "relay", "--spool-directory", str(tmp_path / "spool")]
    done = subprocess.run(
        [*words, "--server-port", "0", *flags], capture_output=True, text=True, timeout=60, env=SECRETS
    )
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert TOKEN not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_relay_that_ends_takes_nothing(tmp_path: Path) -> None:
    """Another one has to: what it answers for it must still be able to send."""

    async def go() -> None:
        it = spool(tmp_path)
        sink = Spooling(it)
        known = incoming(batch(record()))
        await sink.take(known)
        sink.closing = True
        with pytest.raises(SinkFullError, match="going down"):
            await sink.take(incoming(batch(record())))
        assert (await sink.take(known)).duplicate
        await it.close()

    asyncio.run(go())


def test_through_tls_and_a_proxy_at_every_hop(tmp_path: Path) -> None:
    """Agent, relay behind mutual TLS, real proxy, collector behind TLS: each has an authority of its own, every record
    arrives once, and what one hop is shown is not seen by the next.
    """
    inside, outside = trustme.CA(), trustme.CA()
    for name, authority in (("inside", inside), ("outside", outside)):
        authority.cert_pem.write_to_path(tmp_path / f"{name}.pem")
    for name, authority in (("127.0.0.1", inside), ("agent.test", inside), ("api.test", outside)):
        authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(tmp_path / f"{name}.cert")
    capture = Path(__file__).parents[2] / "fixtures" / "real" / "keepalive.pcap"
    cloud_token = "cl0ud-t0ken-for-tests"
    with (
        tinyproxy(tmp_path, ("relay", "pr0xy-s3cret")) as port,
        running(
            "collector",
            *("--collector-database", tmp_path / "c.db", "--server-cert-file", tmp_path / "api.test.cert"),
            environment={"INTERCEPTOR_INGEST_TOKENS": cloud_token},
        ) as cloud,
        running(
            "relay",
            *("--endpoint", f"https://api.test:{cloud.url.rpartition(':')[2]}"),
            *("--tls-ca-file", tmp_path / "outside.pem"),
            *("--spool-directory", tmp_path / "spool", "--spool-min-free-bytes", 0),
            *("--server-cert-file", tmp_path / "127.0.0.1.cert"),
            *("--server-client-ca-file", tmp_path / "inside.pem"),
            environment={
                "INTERCEPTOR_TOKEN": cloud_token,
                "HTTPS_PROXY": f"http://relay:pr0xy-s3cret@127.0.0.1:{port}",
            },
        ) as relay,
    ):
        for certificate, status in ((None, 1), ("agent.test.cert", 0), ("agent.test.cert", 0)):
            own = {"INTERCEPTOR_TLS_CERT_FILE": str(tmp_path / certificate)} if certificate else {}
            options = {
                "INTERCEPTOR_ENDPOINT": relay.url,
                "INTERCEPTOR_TLS_CA_FILE": str(tmp_path / "inside.pem"),
                "INTERCEPTOR_SPOOL_DIRECTORY": str(tmp_path / "agent"),
                "INTERCEPTOR_SPOOL_MIN_FREE_BYTES": "0",
                "INTERCEPTOR_SHUTDOWN_SECONDS": "2" if certificate is None else "30",
                "NO_PROXY": "*",
            }
            told = subprocess.run(
                [sys.executable, "-m", "interceptor", "read", "--upload", "--output", "/dev/null", capture],
                env=os.environ | options | own,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert told.returncode == status, told.stderr
        trust = ssl.create_default_context(cafile=str(tmp_path / "outside.pem"))
        trust.check_hostname = False  # it is reached by its address here

        def overview() -> dict[str, Any]:
            bearer = {"Authorization": f"Bearer {cloud_token}"}
            answer = httpx.get(f"{cloud.url}/v1/overview", headers=bearer, trust_env=False, verify=trust)
            return dict(answer.json())

        until("the records", lambda: overview()["totals"]["stored"])
        until("an empty spool", lambda: not list((tmp_path / "spool").glob("*.batch")))
        # the capture went three times, sealed at three times: the collector knows each record by its id
        assert overview()["totals"]["stored"] == overview()["totals"]["spread"]["calls"] == 31
        assert "CONNECT api.test:" in (tmp_path / "tinyproxy.log").read_text()
        for service in (cloud, relay):
            assert not [word for word in (cloud_token, "pr0xy-s3cret", "Traceback") if word in service.said()]


@pytest.mark.parametrize("guarded", ["relay", "collector"])
def test_relay_and_collector_refuse_what_is_open(tmp_path: Path, guarded: str) -> None:
    """With `ingest.templates_only`, whichever of them has it: `--url path` gets nothing through, templates all."""
    only = {"INTERCEPTOR_INGEST_TEMPLATES_ONLY": "true"}
    with (
        running(
            "collector",
            *("--collector-database", tmp_path / "collector.db"),
            environment=SECRETS | (only if guarded == "collector" else {}),
        ) as cloud,
        running(
            *("relay", "--endpoint", cloud.url, "--spool-directory", tmp_path / "spool"),
            *("--spool-min-free-bytes", 0, "--upload-allow-plain-http", "true"),
            environment=SECRETS | (only if guarded == "relay" else {}),
        ) as relay,
    ):

        def stored() -> int:
            answer = httpx.get(f"{cloud.url}/v1/overview?range=all", headers=BEARER, trust_env=False)
            return int(answer.json()["totals"]["stored"])

        for url, count in (("path", 0), ("template", 31)):
            options = {
                "INTERCEPTOR_ENDPOINT": relay.url,
                "INTERCEPTOR_TOKEN": TOKEN,
                "INTERCEPTOR_UPLOAD_ALLOW_PLAIN_HTTP": "true",
                "INTERCEPTOR_SPOOL_DIRECTORY": str(tmp_path / url),
                "INTERCEPTOR_SPOOL_MIN_FREE_BYTES": "0",
                "NO_PROXY": "*",
            }
            command = [sys.executable, "-m", "interceptor", "read", "--upload", "--url", url]
            told = subprocess.run(
                [
                    *command,
                    "--output",
                    "/dev/null",
                    str(Path(__file__).parents[2] / "fixtures" / "real" / "keepalive.pcap"),
                ],
                env=os.environ | options,
                capture_output=True,
                text=True,
                timeout=60,
            )
            if guarded == "relay" and url == "path":
                assert "31 were dropped" in told.stderr
            else:
                assert told.returncode == 0, told.stderr
            until("an empty spool", lambda: not list((tmp_path / "spool").glob("*.batch")))
            until("the records", lambda: stored() == count)  # noqa: B023 - called in this turn
        service = relay if guarded == "relay" else cloud
        assert [event for event in service.log() if event["event"] == "batch_refused"]
        metrics = httpx.get(f"{service.url}/metrics", trust_env=False).text
        assert "\ninterceptor_ingest_rejected_records_total 31.0" in metrics
