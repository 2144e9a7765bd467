"""Copies of a database, by the command, while another collector uses it or not."""

from __future__ import annotations

import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

from tests.service.test_collecting import collector
from tests.support.records import batch, headers, record
from tests.support.services import running

if TYPE_CHECKING:
    from pathlib import Path


def test_a_backup_is_of_one_moment_while_batches_come_in(tmp_path: Path) -> None:
    """Whole batches, checked, with one line about it; it can be looked at by another collector, and added to one."""
    database, target = tmp_path / "c.db", tmp_path / "backup.db"
    flags = ("--ingest-anonymous", "true", "--collector-database")
    ends = threading.Event()

    def send(url: str) -> int:
        sent = 0
        with httpx.Client(trust_env=False) as client:
            while not ends.is_set():
                sealed = batch(*[record() for _ in range(100)])
                answer = client.post(f"{url}/v1/batches", content=sealed.body, headers=headers(sealed))
                assert answer.status_code == 202
                sent += 100
        return sent

    with running("collector", *flags, database) as it, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send, it.url)
        try:
            first = collector("backup", target, "--collector-database", database)
            again = collector("backup", target, "--collector-database", database)
        finally:
            ends.set()
        sent = sending.result()
    assert (first.returncode, first.stderr) == (0, "")
    shown = re.fullmatch(rf"{target}: ([\d,]+) records of {database}, [\d,]+ bytes\n", first.stdout)
    assert shown is not None
    records = int(shown[1].replace(",", ""))
    assert 0 < records <= sent
    assert records % 100 == 0
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "is there already" in again.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name) == ["backup.db"]
    with running("collector", *flags, target) as it:
        totals = httpx.get(f"{it.url}/v1/overview?range=all").json()["totals"]
        assert totals["stored"] == totals["spread"]["calls"] == records

    told = [
        collector("copy", source, "--collector-database", tmp_path / "new.db").stdout
        for source in (target, target, database)
    ]
    assert told[0] == f"{target}: {records:,} of {records:,} records added to {tmp_path}/new.db\n"
    assert (
        told[1] == f"{target}: 0 of {records:,} records added to {tmp_path}/new.db; {records:,} were there\n"
    )
    assert told[2].startswith(f"{database}: {sent - records:,} of {sent:,} records added")
    with running("collector", *flags, tmp_path / "new.db") as it:
        totals = httpx.get(f"{it.url}/v1/overview?range=all").json()["totals"]
        assert totals["stored"] == totals["spread"]["calls"] == sent


def test_what_cannot_be_copied_is_one_clear_line(tmp_path: Path) -> None:
    """No database, none of ours, no place, no such action; nothing is left behind."""
    (tmp_path / "text.db").write_text("no database at all, only some words " * 100)
    own = ("--collector-database", tmp_path / "none.db")
    for words, status, said in (
        (("backup", tmp_path / "b.db", *own), 2, "is not there"),
        (("backup", tmp_path / "b.db", "--collector-database", tmp_path / "text.db"), 1, "is no database"),
        (("copy", tmp_path / "text.db", "--collector-database", tmp_path / "d.db"), 1, "is no database"),
        (
            ("backup", tmp_path / "no" / "b.db", "--collector-database", tmp_path / "text.db"),
            2,
            "cannot be made",
        ),
        (("bakup", tmp_path / "b.db", *own), 2, "`backup FILE`"),
        (("backup", *own), 2, "`backup FILE`"),
    ):
        done = collector(*words)
        assert (done.returncode, done.stderr.count("\n"), done.stdout) == (status, 1, ""), done.stderr
        assert said in done.stderr
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith((".b", "b"))]
