"""What one worker does at each order; that there are several, and what becomes of them, is `test_workers`."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from interceptor.capture.capture_file import CaptureReader
from interceptor.config import Config
from interceptor.core.packets.shares import Shares
from interceptor.service.channel import Inbox, Outbox
from interceptor.service.messages import NONE, Answer, Order, Start
from interceptor.service.tallies import Tally
from interceptor.service.worker import Worker
from tests.capture_bytes import conversation, pcap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from interceptor.core.model import PacketBatch

encode = msgspec.msgpack.encode


class Boss:
    """Whoever talks to a worker that runs in this process."""

    def __init__(self) -> None:
        orders, ours = os.pipe()
        theirs, answers = os.pipe()
        self.worker = Worker(orders, answers)
        self.outbox, self.inbox = Outbox(ours, lambda: None), Inbox(theirs)
        self.records: list[dict[str, Any]] = []
        self.tallies: list[Tally] = []
        config = Config.model_validate({"node": "n1"}).model_dump_json()
        self.outbox.put(Order.START, NONE, encode(Start(config=config, live=False, here=False, worker=2)))

    def hear(self) -> None:
        """What it has said."""
        for kind, number, body in self.inbox.messages():
            if kind == Answer.LINES:
                lines = body.splitlines()
                assert len(lines) == number
                self.records += map(json.loads, lines)
            else:
                self.tallies.append(msgspec.msgpack.decode(body, type=Tally))

    def give(self, transactions: int) -> None:
        """Packets of so many."""
        self.outbox.put(Order.INTERFACE, 7, encode(("eth0", 1)))
        for batch in CaptureReader().feed(pcap(conversation(transactions))):
            for hand in Shares(1).deal(batch):
                self.outbox.put(Order.PACKETS, 7, hand.data)


def work(orders: Callable[[Boss], Awaitable[None]]) -> Boss:
    """Let a worker run beside whoever gives it orders, to its end."""

    async def bounded() -> Boss:
        boss = Boss()
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            running = group.create_task(boss.worker.run())
            group.create_task(orders(boss))  # type: ignore[arg-type]
            while not running.done():
                boss.hear()
                await asyncio.sleep(0.001)
        boss.hear()
        boss.outbox.close()
        boss.inbox.close()
        return boss

    return asyncio.run(bounded())


def test_it_does_what_it_is_told() -> None:
    """Records of the packets, and at the end an exact ledger."""

    async def orders(boss: Boss) -> None:
        boss.give(10)
        boss.outbox.put(Order.LEAVE_OUT, NONE, encode([((b"\x0a\0\0\1",), b"\0\x50")]))
        boss.outbox.put(Order.TICK, NONE)
        while len(boss.records) < 10:  # noqa: ASYNC110 - nobody sets an event for a test
            await asyncio.sleep(0.001)
        boss.outbox.put(Order.UNREAD)
        boss.outbox.put(Order.GONE, 7)
        boss.outbox.put(Order.TICK, 10**18)
        boss.outbox.put(Order.LEVEL, NONE, b"warning")
        boss.outbox.put(Order.END)

    boss = work(orders)
    assert len(boss.records) == 10
    assert {record["node"] for record in boss.records} == {"n1"}
    last = boss.tallies[-1]
    assert last.transactions == 10
    assert last.packets > 20
    assert all(stage.balanced and not stage.held for stage in last.stages)


def test_when_nobody_is_there_any_more() -> None:
    """It ends, and so it does before it has heard anything."""

    async def leave(boss: Boss) -> None:
        boss.give(10)
        await asyncio.sleep(0.1)
        boss.outbox.close()

    assert work(leave).records == []
    done = subprocess.run(
        [sys.executable, "-m", "interceptor.service.worker"],
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_defect_ends_it_with_what_was_understood() -> None:
    """As it ends the daemon: what it knows of connections may be wrong by then. Another will take its place."""
    heard: list[Boss] = []

    async def orders(boss: Boss) -> None:
        heard.append(boss)
        boss.give(10)
        while not (boss.worker._analysis and boss.worker._analysis.tally().transactions == 10):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.001)

        def break_it(batch: PacketBatch) -> None:
            del batch
            raise KeyError("a defect")

        boss.worker._analysis.take = break_it  # type: ignore[method-assign]
        boss.give(1)

    with pytest.raises(ExceptionGroup) as ended:
        work(orders)
    assert ended.group_contains(KeyError, match="a defect")
    [boss] = heard
    boss.hear()
    assert len(boss.records) == 10
    assert boss.tallies[-1].transactions == 10


def test_a_defect_is_a_line_of_the_log() -> None:
    """With the traceback, and without what it is about: that may be traffic."""
    done = subprocess.run(
        [sys.executable, "-m", "interceptor.service.worker"],
        input=struct.pack("=BqI", Order.START, NONE, 7) + b"traffic",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    [line] = done.stderr.splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"]) == ("defect", "error")
    assert "_obey" in said["exception"]
    assert "traffic" not in line.decode()


def test_it_has_nothing_to_talk_to_others_with() -> None:
    """What it reads is hostile: it has no HTTP client and no server in it, which would also take 10 MiB."""
    code = "import sys, interceptor.service.worker; print(*sorted(name for name in sys.modules if '.' not in name))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not {"httpx", "prometheus_client", "starlette", "uvicorn"} & set(done.stdout.split())
