"""`interceptor collector`, as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.capture_bytes import conversation, pcap
from tests.support.clickhouse import store_for
from tests.support.netns import namespace, process, unavailable, wait_until
from tests.support.records import batch, headers, record
from tests.support.services import ROOT, TOKEN, running

if TYPE_CHECKING:
    from pathlib import Path

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def metric(metrics: str, name: str) -> float:
    """The value of one that has no labels."""
    (line,) = [each for each in metrics.splitlines() if each.startswith(f"{name} ")]
    return float(line.split()[1])


def test_it_takes_stores_shows_and_ends(tmp_path: Path) -> None:
    """A batch in, the record out, metrics and health; SIGTERM ends it with 0; the next start has the record."""
    flags = ("--collector-database", tmp_path / "c.db")
    secret = {"INTERCEPTOR_INGEST_TOKENS": TOKEN}
    begun = int(time.time())
    with running("collector", *flags, environment=secret) as it, httpx.Client(trust_env=False) as client:
        metrics = client.get(f"{it.url}/metrics").text
        assert metric(metrics, "interceptor_collector_oldest_record_timestamp_seconds") == 0
        sealed = batch(record(server_address="internal.test"))
        for _ in range(2):
            answer = client.post(f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed))
            assert answer.json() == {"accepted": 1, "rejected": 0}
        assert client.get(f"{it.url}/v1/records").status_code == 401
        shown = client.get(f"{it.url}/v1/records", headers=BEARER).json()
        assert [each["server.address"] for each in shown["records"]] == ["internal.test"]
        metrics = client.get(f"{it.url}/metrics").text
        assert 'interceptor_ingest_batches_total{outcome="taken"} 1.0' in metrics
        assert 'interceptor_ingest_batches_total{outcome="duplicate"} 1.0' in metrics
        assert "interceptor_ingest_records_total 1.0" in metrics
        assert metric(metrics, "interceptor_collector_oldest_record_timestamp_seconds") >= begun - 1
        assert client.get(f"{it.url}/healthz").text == "alive\n"
        assert client.get(f"{it.url}/readyz").text == "ready\n"
        assert it.stop(signal.SIGTERM) == 0
        assert TOKEN not in it.said()
        assert "internal.test" not in it.said()
        assert "Traceback" not in it.said()
    with running("collector", *flags, environment=secret) as it:
        assert httpx.get(f"{it.url}/v1/overview", headers=BEARER).json()["totals"]["stored"] == 1


def test_what_an_agent_could_not_read_arrives(tmp_path: Path) -> None:
    """A capture of TLS through the daemon: not one call, and how much of which server was encrypted."""
    capture = ROOT / "fixtures" / "made" / "tls_on_80.pcap.gz"
    with running("collector", "--collector-database", tmp_path / "c.db", "--ingest-anonymous", "true") as it:
        daemon = [
            *(sys.executable, "-m", "interceptor", "run", "--capture-sources", f"file:{capture}"),
            *("--endpoint", it.url, "--spool-directory", tmp_path / "spool", "--server-port", "0"),
        ]
        subprocess.run(list(map(str, daemon)), check=True, capture_output=True, timeout=120)
        told = httpx.get(f"{it.url}/v1/overview?range=all").json()
        [server] = told["unread"]
        hour = "from=2025-06-15T15:00:00Z&to=2025-06-15T16:00:00Z"  # in which the capture was made
        of_then = httpx.get(f"{it.url}/v1/unread?{hour}").json()
    assert [one["bytes"] for one in of_then["unread"]] == [server["bytes"]]
    carried = subprocess.run(
        [sys.executable, "-m", "interceptor", "read", str(capture)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    sessions = [json.loads(line) for line in carried.stdout.splitlines()]
    assert {one["kind"] for one in sessions} == {"tls"}
    assert {f"{one['destination.address']}:{one['destination.port']}" for one in sessions} == {
        server["server"]
    }
    assert server["bytes"] == sum(one["client.bytes"] + one["server.bytes"] for one in sessions)
    assert (server["protocol"], server["reason"]) == ("tls", "encrypted")
    assert told["totals"]["unread_bytes"] == server["bytes"]
    assert told["totals"]["spread"]["calls"] == 0


def test_what_an_agent_did_not_deliver_is_said_of_it(tmp_path: Path) -> None:
    """A spool that is full while the endpoint is away: records are lost, and the agent's row says how many, but for what its
    last batch took the place of."""
    capture = tmp_path / "calls.pcap"
    capture.write_bytes(pcap(conversation(400)))
    command = [sys.executable, "-m", "interceptor", "run", "--capture-sources", f"file:{capture}"]
    command += [
        "--spool-directory",
        str(tmp_path / "spool"),
        "--spool-batch-records",
        "10",
        "--server-port",
        "0",
    ]
    command += ["--spool-max-bytes", "20000", "--spool-min-free-bytes", "0"]
    with socket.socket() as away:  # bound and not listening: refuses
        away.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{away.getsockname()[1]}"
        subprocess.run([*command, "--endpoint", url], capture_output=True, timeout=120)
    with running("collector", "--collector-database", tmp_path / "c.db", "--ingest-anonymous", "true") as it:
        capture.write_bytes(pcap([]))
        subprocess.run([*command, "--endpoint", it.url], check=True, capture_output=True, timeout=120)
        told = httpx.get(f"{it.url}/v1/overview?range=all").json()
        [agent] = httpx.get(f"{it.url}/v1/agents").json()["agents"]
    arrived = told["totals"]["spread"]["calls"]
    assert 0 < arrived < 400
    assert 400 - arrived - 20 <= agent["captures"]["dropped"] <= 400 - arrived
    assert agent["captures"]["waiting"] > 0
    assert agent["captures"]["lost_last"] == agent["last"]


def test_it_fits_beside_a_daemon_on_one_host(tmp_path: Path) -> None:
    """With the ports that nobody chose: in a namespace, both listen."""
    reason = unavailable("ss")
    if reason is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    command = [sys.executable, "-m", "interceptor"]
    daemon = [*command, "run", "--capture-sources", "live:lo", "--output-path", str(tmp_path / "out")]
    cloud = [
        *command,
        "collector",
        "--ingest-anonymous",
        "true",
        "--collector-database",
        str(tmp_path / "c.db"),
    ]
    with namespace("ports") as space, process(space, daemon), process(space, cloud):
        wait_until(
            lambda: all(f":{port} " in space.run("ss", "-Hltn").stdout for port in (18_954, 18_955)),
            "both listen",
            60,
            0.1,
        )


def test_nobody_may_send_is_one_clear_line(tmp_path: Path) -> None:
    """Exit status 2, and what to set."""
    done = subprocess.run(
        [sys.executable, "-m", "interceptor", "collector", "--collector-database", tmp_path / "c.db"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ingest.tokens" in done.stderr
    assert not (tmp_path / "c.db").exists()


def collector(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "interceptor", "collector", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_a_weak_token_is_one_clear_line(tmp_path: Path) -> None:
    """What, where, and what to do; never the token; nothing is made."""
    (tmp_path / "weak").write_text("sixteen-letters-and-more\nhunter2\n")
    (tmp_path / "good").write_text("sixteen-letters-and-more\n")
    for flags in (
        ("--ingest-tokens-file", tmp_path / "weak"),
        ("--ingest-tokens-file", tmp_path / "good", "--collector-read-tokens-file", tmp_path / "weak"),
    ):
        done = collector("--collector-database", tmp_path / "c.db", *flags)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert f"{tmp_path}/weak: cannot be used: the token in line 2 has less than 16" in done.stderr
        assert "hunter2" not in done.stderr
        assert not (tmp_path / "c.db").exists()


def test_guessing_is_slowed(tmp_path: Path) -> None:
    """Whoever guesses is told to wait, also at the login, and is not told when he is right; who has been right goes on."""
    flags = ("--collector-database", tmp_path / "c.db")
    tokens = {"INTERCEPTOR_INGEST_TOKENS": f"{TOKEN},another-token-for-tests"}
    with running("collector", *flags, environment=tokens) as it, httpx.Client(trust_env=False) as client:

        def look(token: str) -> httpx.Response:
            return client.get(f"{it.url}/v1/overview", headers={"Authorization": f"Bearer {token}"})

        def post(token: str) -> httpx.Response:
            sealed = batch(record())
            return client.post(f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed, token))

        assert (look(TOKEN).status_code, post(TOKEN).status_code) == (200, 202)
        answers = [post(f"a-guess-of-tests-{number}") for number in range(30)]
        statuses = [answer.status_code for answer in answers]
        assert statuses == sorted(statuses)
        assert 401 in statuses
        assert int(answers[-1].headers["Retry-After"]) > 0
        right = "another-token-for-tests"
        assert (look(right).status_code, post(right).status_code) == (429, 429)
        login = client.post(f"{it.url}/login", data={"token": right})
        assert (login.status_code, "Retry-After" in login.headers) == (429, True)
        assert (look(TOKEN).status_code, post(TOKEN).status_code) == (200, 202)
        text = client.get(f"{it.url}/metrics").text
        assert 'interceptor_ingest_batches_total{outcome="slowed"}' in text
        assert len([event for event in it.log() if event["event"] == "client_refused"]) == 1


def test_a_flood_of_bodies_costs_who_sends_it(tmp_path: Path) -> None:
    """One client with a token begins more bodies than there is room for and ends none: others are taken all the same."""
    flags = ("--collector-database", tmp_path / "c.db")
    with (
        running("collector", *flags, environment={"INTERCEPTOR_INGEST_TOKENS": TOKEN}) as it,
        ExitStack() as stack,
    ):
        port = int(it.url.rpartition(":")[2])
        sealed = batch(record())
        head = f"POST /v1/batches HTTP/1.1\r\nHost: collector\r\nContent-Length: {8 * 2**20}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers(sealed).items()) + "\r\n"
        flood = []
        for _ in range(14):
            one = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), 60, source_address=("127.0.0.2", 0))
            )
            with suppress(OSError):  # it is told to come again while it sends
                one.sendall(head.encode() + bytes(7 * 2**20))
            flood.append(one)
        with httpx.Client(trust_env=False) as client:
            answer = client.post(f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed))
            assert answer.status_code == 202
            none = 'interceptor_ingest_batches_total{outcome="busy"} 0.0'
            wait_until(lambda: none not in client.get(f"{it.url}/metrics").text, "bodies are given up", 60)
        told = []
        for one in flood:
            one.settimeout(0.2)
            with suppress(OSError):
                told.append(one.recv(64)[:12])
        assert b"HTTP/1.1 503" in told


def test_records_of_the_future_are_refused_by_line(tmp_path: Path) -> None:
    """The answer names them, and the others are taken."""
    flags = ("--collector-database", tmp_path / "c.db", "--ingest-anonymous", "true")
    with running("collector", *flags) as it:
        sealed = batch(record(), record(time="2999-01-01T00:00:00.000000Z"), record())
        answer = httpx.post(f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed))
        assert answer.status_code == 202
        found = answer.json()
        assert (found["accepted"], found["rejected"], [one["line"] for one in found["lines"]]) == (2, 1, [3])
        assert "ahead" in found["lines"][0]["detail"]


def test_a_database_in_use_is_one_clear_line(tmp_path: Path) -> None:
    """And the address is left alone."""
    flags = ("--collector-database", str(tmp_path / "c.db"), "--ingest-anonymous", "true")
    with running("collector", *flags):
        done = subprocess.run(
            [sys.executable, "-m", "interceptor", "collector", *flags, "--server-port", "0"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert "another collector" in done.stderr
    assert "Traceback" not in done.stderr


def test_open_to_everybody_is_said(tmp_path: Path) -> None:
    """A warning in the log."""
    flags = ("--collector-database", tmp_path / "c.db", "--ingest-anonymous", "true")
    with running("collector", *flags) as it:
        assert "anonymous" in {event["event"] for event in it.log()}
        assert httpx.get(f"{it.url}/v1/overview").status_code == 200


def test_what_it_cannot_keep_is_told(tmp_path: Path) -> None:
    """The database removed under it: 503 for the sender, not ready, and the metric says so; no batch is lost in it."""
    flags = ("--collector-database", tmp_path / "c.db")
    secret = {"INTERCEPTOR_INGEST_TOKENS": TOKEN}
    with running("collector", *flags, environment=secret) as it, httpx.Client(trust_env=False) as client:
        for sealed, status in ((batch(record()), 202), (batch(record()), 503)):
            answer = client.post(f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed))
            assert answer.status_code == status
            (tmp_path / "c.db").unlink(missing_ok=True)
        ready = client.get(f"{it.url}/readyz")
        assert (ready.status_code, "removed or replaced" in ready.text) == (503, True)
        metrics = client.get(f"{it.url}/metrics").text
        assert "interceptor_collector_ready 0.0" in metrics
        assert "interceptor_collector_records 1.0" in metrics
        for outcome in ("taken", "full"):
            of_agent = f'{{agent="test/node-1",outcome="{outcome}"}} 1.0'
            assert f"interceptor_ingest_agent_batches_total{of_agent}" in metrics
        assert it.stop(signal.SIGTERM) == 0
        assert "Traceback" not in it.said()


@pytest.mark.xdist_group("clickhouse")
def test_it_moves_to_clickhouse(tmp_path: Path) -> None:
    """A database is copied there, once however often; then batches go there, and the page is of all."""
    database, store = tmp_path / "c.db", store_for(tmp_path)
    own = ("--ingest-anonymous", "true")

    def send(url: str, *records: dict[str, object]) -> None:
        sealed = batch(*records)
        httpx.post(
            f"{url}/v1/batches",
            content=sealed.body,
            headers=headers(sealed, None),
            trust_env=False,
            timeout=60,
        ).raise_for_status()

    with running("collector", *own, "--collector-database", database) as it:
        send(it.url, *[record(server_address="before.test") for _ in range(30)])
    for said in ("30 of 30 records added to", "0 of 30 records added to"):
        done = collector("copy", database, "--collector-store", store)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout.startswith(f"{database}: {said} {store}")
    with running("collector", *own, "--collector-store", store) as it:
        send(it.url, record(server_address="after.test"))
        seen = httpx.get(f"{it.url}/v1/overview?range=all", trust_env=False, timeout=60).json()
        assert {one["service"]: one["spread"]["calls"] for one in seen["services"]} == {
            "before.test": 30,
            "after.test": 1,
        }
        assert httpx.get(f"{it.url}/readyz", trust_env=False).text == "ready\n"
        metrics = httpx.get(f"{it.url}/metrics", trust_env=False).text
        assert metric(metrics, "interceptor_collector_ready") == 1
        assert "interceptor_collector_max_bytes" not in metrics, "time alone limits it"
        assert it.stop(signal.SIGTERM) == 0
        assert "Traceback" not in it.said()


def test_what_clickhouse_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    """What, where, and what to do; what is away is waited for, and not ready."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"clickhouse://127.0.0.1:{taken.getsockname()[1]}/db"
    for words, status, said in (
        (("--collector-store", "clickhouse://u:hunter2@h/db"), 2, "store_password_file"),
        (("--collector-store", nobody, "--collector-store-ca-file", tmp_path / "none"), 2, "cannot be used"),
        (("backup", tmp_path / "b.db", "--collector-store", nobody), 2, "BACKUP DATABASE"),
        (("copy", tmp_path / "none.db", "--collector-store", nobody), 2, "is not there"),
    ):
        done = collector("--ingest-anonymous", "true", *words) if "--" in str(words[0]) else collector(*words)
        assert (done.returncode, done.stderr.count("\n")) == (status, 1), done.stderr
        assert said in done.stderr
        assert "hunter2" not in done.stderr
    flags = ("--ingest-anonymous", "true", "--collector-store", nobody)
    with running("collector", *flags) as it:
        answer = httpx.get(f"{it.url}/readyz", trust_env=False)
        assert (answer.status_code, nobody in answer.text) == (503, True)
        sealed = batch(record())
        answer = httpx.post(
            f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed, None), trust_env=False
        )
        assert answer.status_code == 503
        assert httpx.get(f"{it.url}/v1/overview", trust_env=False).status_code == 503
        assert "Traceback" not in it.said()
