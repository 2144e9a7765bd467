"""The database's file: what cannot be used is one clear line."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from interceptor.collector.store import Store
from interceptor.config import Collector
from interceptor.errors import InterceptorError, UsageError
from tests.collector.test_store import Clock

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    """With what to do; the file is left as it is. Afterwards the lock is free."""
    path = tmp_path / "collector.db"
    path.write_bytes(b"no database " * 1_000)
    for _ in range(2):
        with pytest.raises(
            InterceptorError, match=r"collector\.db: is no database, or is damaged.*move it away"
        ):
            Store(Collector(database=path), Clock())
    assert path.read_bytes() == b"no database " * 1_000


def test_a_later_format_is_left_alone(tmp_path: Path) -> None:
    """A database of a later version of this program, and of the one before: with what to do."""
    database = sqlite3.connect(tmp_path / "collector.db")
    for version in (1, 99):
        database.execute(f"PRAGMA user_version = {version}")
        with pytest.raises(UsageError, match=f"another version .*format {version}.*move it away"):
            Store(Collector(database=tmp_path / "collector.db"), Clock())
    database.close()


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    """The option, the path and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"collector\.database .*file/collector\.db"):
        Store(Collector(database=tmp_path / "file" / "collector.db"), Clock())
