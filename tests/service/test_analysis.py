"""Packets in, lines out, in one process. With what captures give, see `test_daemon`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.config import Config
from interceptor.core.model import Interface, PacketBatch
from interceptor.errors import UsageError
from interceptor.service import memory
from interceptor.service.analysis import Analysis
from tests.capture_bytes import conversation, pcap
from tests.conversations import Capture, Dialogue, Ends, request

if TYPE_CHECKING:
    from interceptor.core.model import PacketBatch as Batch


class Written:
    """What an analysis gives away."""

    def __init__(self, options: dict[str, Any] | None = None, worker: int = 0) -> None:
        self.records: list[dict[str, Any]] = []
        self.analysis = Analysis(
            Config.model_validate(options or {}), self.write, live=False, here=False, worker=worker
        )

    def write(self, lines: bytes, records: int) -> None:
        """Take lines."""
        read = [json.loads(line) for line in lines.splitlines()]
        assert len(read) == records
        self.records += read


def batches(transactions: int) -> list[Batch]:
    """Packets of a capture."""
    from interceptor.capture.capture_file import CaptureReader

    return list(CaptureReader().feed(pcap(conversation(transactions))))


def test_lines_come_with_a_tick() -> None:
    """Or when there are many; at the end all that is left."""
    written = Written({"node": "n1"})
    for batch in batches(10):
        written.analysis.take(batch)
    assert written.records == []
    written.analysis.tick(None)
    assert len(written.records) == 10
    assert {record["node"] for record in written.records} == {"n1"}
    many = Written()
    for batch in batches(1_000):
        many.analysis.take(batch)
    assert len(many.records) >= 512
    asyncio.run(many.analysis.end(1))
    assert len(many.records) == 1_000


def test_what_is_counted() -> None:
    """Is what a scrape tells; after the end the ledger is exact."""
    written = Written()
    for batch in batches(10):
        written.analysis.take(batch)
    asyncio.run(written.analysis.end(1))
    tally = written.analysis.tally()
    assert tally.transactions == 10
    assert tally.read["http/1"] > 0
    assert tally.memory_bytes > 0
    assert all(stage.balanced and not stage.held for stage in tally.stages)
    counted = {sample.name: sample.value for sample in tally.samples if not sample.labels}
    assert counted["transactions_total"] == 10
    assert {each.name for each in tally.distributions} == {"http_request_duration_seconds"}
    assert list(written.analysis.samples()) == []


def test_of_what_is_not_read_each_worker_tells_its_part() -> None:
    """Under ids of their own, so that whoever counts them once by their id counts both."""
    ids = set()
    for worker in (0, 1, 2):
        written = Written(worker=worker)
        capture = Capture()
        dialogue = Dialogue(capture, Ends()).open()
        dialogue.client(b"SSH-2.0-OpenSSH_9.6\r\n")
        dialogue.server(b"SSH-2.0-OpenSSH_9.6\r\n")
        written.analysis._pipeline = capture.pipeline
        written.analysis.close()
        [record] = [record for record in written.records if record.get("kind") == "unread"]
        ids.add(record["id"])
    assert len(ids) == 3


def test_a_word_that_is_none() -> None:
    """Is told before anything begins."""
    with pytest.raises(UsageError, match=r"metadata\.words"):
        Written({"metadata": {"words": ["two words"]}})


def test_near_the_memory_limit_connections_are_shed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole ones, the longest idle first, counted and reported; the process lives."""
    made = Written().analysis
    capture = Capture()
    made._pipeline = capture.pipeline
    for number in range(100):
        Dialogue(capture, Ends(client_port=1_000 + number)).open().client(request(number))
    used = [memory.resident_bytes()]
    monkeypatch.setattr(memory, "resident_bytes", lambda: used[0])
    made._memory = used[0] * 2
    made._save_memory()
    assert made._pipeline.shedded == 0
    made._memory = used[0]
    made._save_memory()
    made._save_memory()
    assert made._pipeline.shedded == 10 + 9
    assert len(made._waiting) == 19
    assert all(stage.balanced for stage in made._pipeline.ledger())


def test_nothing_is_taken_for_granted_of_an_interface() -> None:
    """A packet that is none is counted, not raised."""
    written = Written()
    written.analysis.take(PacketBatch(Interface(None, 1), b"odd", [(1, 0, 3, 3)]))
    asyncio.run(written.analysis.end(1))
    tally = written.analysis.tally()
    [packets] = [stage for stage in tally.stages if stage.name == "packets"]
    assert (packets.received, packets.delivered, sum(packets.dropped.values())) == (1, 0, 1)
