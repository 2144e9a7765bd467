"""The whole way from a record to the collector's database, with processes that are killed."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from pydantic import SecretStr

from interceptor.config import Collector, Config, Ingest, Log, Server, Spool, Tls
from interceptor.delivery.files import OVERHEAD, Entry, pack
from tests.support.agents import collector, free_port, identity, processes, produce, promised, wait_for
from tests.support.records import batch, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess

ROOT = Path(__file__).parents[2]
DEADLINE = 120.0
TOKEN = "secret-token"


@pytest.fixture
def port() -> int:
    """One that is free, and stays the collector's while it is down."""
    return free_port()


@pytest.fixture
def collecting(tmp_path: Path, port: int) -> Config:
    """A collector's configuration."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    server = Server(address="127.0.0.1", port=port, cert_file=tmp_path / "server.pem")
    return Config(
        server=server,
        ingest=Ingest(tokens=(SecretStr(TOKEN),)),
        collector=Collector(database=tmp_path / "collector.db"),
        log=Log(level="error"),
    )


@pytest.fixture
def sending(tmp_path: Path, port: int) -> Config:
    """An agent's configuration."""
    return Config(
        endpoint=f"https://127.0.0.1:{port}",
        token=SecretStr(TOKEN),
        tls=Tls(ca_file=tmp_path / "ca.pem"),
        spool=Spool(directory=tmp_path / "spool", min_free_bytes=0, batch_records=100, batch_seconds=0.05),
    )


class Flapping:
    """A collector that is killed and started again, until it is to stay."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stay = threading.Event()
        self._thread = threading.Thread(target=self._flap)
        self.starts = 0
        self._process: BaseProcess = self._start()
        self._thread.start()

    def _start(self) -> BaseProcess:
        process = processes().Process(target=collector, args=(self._config,), daemon=True)
        process.start()
        self.starts += 1
        return process

    def _flap(self) -> None:
        chance = random.Random(2)
        while not self._stay.wait(chance.uniform(0.3, 1.2)):
            self._process.kill()
            self._process.join()
            self._stay.wait(chance.uniform(0, 0.5))
            self._process = self._start()

    def stay(self) -> None:
        """Be up from now on."""
        self._stay.set()
        self._thread.join()

    def end(self) -> None:
        self.stay()
        self._process.kill()
        self._process.join()


@pytest.fixture
def flapping(collecting: Config) -> Iterator[Flapping]:
    """It ends with the test."""
    flapping = Flapping(collecting)
    yield flapping
    flapping.end()


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_killed_fifty_times(tmp_path: Path, sending: Config, flapping: Flapping) -> None:
    """However agent and collector are killed, each stored record is in the database, once; and none is made up."""
    chance = random.Random(1)
    stored: set[str] = set()
    made: set[str] = set()
    for life in range(50):
        promises = tmp_path / f"promises-{life}"
        agent = processes().Process(target=produce, args=(sending, life, promises), daemon=True)
        agent.start()
        until("the agent works", lambda: promised(promises)[0] or not agent.is_alive())  # noqa: B023
        time.sleep(chance.uniform(0, 0.4))
        assert agent.is_alive(), "ended by itself"
        agent.kill()
        agent.join(DEADLINE)
        far, safe, dropped = promised(promises)
        assert dropped == 0
        stored |= {identity(life, number) for number in range(safe)}
        # what it wrote after it last said so
        made |= {identity(life, number) for number in range(far + 1_000)}
    flapping.stay()
    last = processes().Process(
        target=produce,
        args=(sending, 50, tmp_path / "promises-50"),
        kwargs={"records": 100},
        daemon=True,
    )
    last.start()
    last.join(DEADLINE)
    assert last.exitcode == 0
    stored |= {identity(50, number) for number in range(100)}
    made |= stored

    with contextlib.closing(sqlite3.connect(tmp_path / "collector.db")) as database:
        found = [row[0] for row in database.execute("SELECT lower(hex(id)) FROM records")]
        counted = database.execute("SELECT sum(accepted), count(*) FROM batches").fetchone()
    print(f"{len(stored)} stored, {len(found)} found, {counted[1]} batches, {flapping.starts} collectors")
    assert len(stored) > 5_000
    assert stored - set(found) == set(), "lost"
    assert len(found) == len(set(found)) == counted[0]
    assert set(found) <= made
    assert sorted(path.name for path in (tmp_path / "spool").iterdir()) == ["lock"]


def until(what: str, true: Any) -> None:
    """Wait for it, not for ever."""
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.002)


def peak_kibibytes(pid: int) -> int:
    """The most memory a process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("gigabytes", [0.001, 2])
def test_uploading_at_once_with_a_full_spool(
    tmp_path: Path, collecting: Config, port: int, gigabytes: float
) -> None:
    """A relay that finds 2 GB uploads at once, and takes no more memory than for next to nothing."""
    chance = random.Random(3)
    sealed = batch(
        *(
            record(
                id=f"{chance.getrandbits(128):032x}", **{"user_agent.original": chance.randbytes(40).hex()}
            )
            for _ in range(5_000)
        )
    )
    size = OVERHEAD + len(sealed.body)
    spool = tmp_path / "spool"
    spool.mkdir()
    first = spool / Entry(1, "", sealed.records, size, 0).name()
    first.write_bytes(b"".join(pack(sealed)))
    files = max(3, int(gigabytes * 1e9 / size))
    for number in range(2, files + 1):  # links to one file: the same batch again and again
        os.link(first, spool / Entry(number, "", sealed.records, size, 0).name())
    own_port = free_port()
    environment = os.environ | {
        "INTERCEPTOR_ENDPOINT": f"https://127.0.0.1:{port}",
        "INTERCEPTOR_TOKEN": TOKEN,
        "INTERCEPTOR_TLS_CA_FILE": str(tmp_path / "ca.pem"),
        "INTERCEPTOR_SPOOL_DIRECTORY": str(spool),
        "INTERCEPTOR_SPOOL_MAX_BYTES": str(4 * 2**30),
        "INTERCEPTOR_SPOOL_MIN_FREE_BYTES": "0",
        "INTERCEPTOR_SERVER_ADDRESS": "127.0.0.1",
        "INTERCEPTOR_SERVER_PORT": str(own_port),
        "INTERCEPTOR_INGEST_TOKENS": "other",
    }
    cloud = processes().Process(target=collector, args=(collecting,), daemon=True)
    cloud.start()
    relay = None
    try:
        wait_for(port)
        began = time.monotonic()
        relay = subprocess.Popen(
            [sys.executable, "-m", "interceptor", "relay"], cwd=ROOT, env=environment, stderr=subprocess.PIPE
        )
        until("the first upload", lambda: found(tmp_path / "collector.db"))
        seconds = time.monotonic() - began
        until("more uploads", lambda: (delivered(own_port) or 0) >= min(20, files))
        memory = peak_kibibytes(relay.pid)
    finally:
        if relay is not None:
            relay.kill()
            print(relay.communicate()[1].decode()[-3000:])
        cloud.kill()
        cloud.join()
    print(
        f"{files} files of {size} bytes: first records in the database after {seconds:.2f} s, {memory / 1024:.0f} MiB"
    )
    assert memory < 128 * 1024


def found(database: Path) -> int:
    """Records in a collector's database."""
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(database)) as opened,
    ):
        return int(opened.execute("SELECT count(*) FROM records").fetchone()[0])
    return 0


def delivered(port: int) -> float | None:
    """Batches that a relay delivered, by its metrics."""
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page,
    ):
        lines = page.read().decode().splitlines()
        counts = [
            float(line.split()[1])
            for line in lines
            if line.startswith(
                (
                    'interceptor_uploads_total{outcome="delivered',
                    'interceptor_uploads_total{outcome="duplicate',
                )
            )
        ]
        return sum(counts)
    return None
