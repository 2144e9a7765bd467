"""Room for the day the disk is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interceptor.collector.reserve import Reserve

if TYPE_CHECKING:
    from pathlib import Path


def test_it_takes_room_and_gives_it_up(tmp_path: Path) -> None:
    """On the disk, for its owner only; it stays for the next start, which needs it most."""
    database = tmp_path / "collector.db"
    database.touch()
    reserve = Reserve(database)
    reserve.opened()
    file = tmp_path / "collector.db.reserve"
    assert file.stat().st_blocks * 512 >= reserve.size > 0
    assert file.stat().st_mode & 0o777 == 0o600
    reserve.give_up()
    assert file.stat().st_blocks == 0
    reserve.renew()
    reserve.close()
    assert file.stat().st_blocks * 512 >= reserve.size


def test_a_file_that_was_replaced_is_another(tmp_path: Path) -> None:
    """Also under the same name."""
    database = tmp_path / "collector.db"
    database.touch()
    reserve = Reserve(database)
    reserve.opened()
    assert reserve.same_file()
    (tmp_path / "new").touch()
    (tmp_path / "new").rename(database)
    assert not reserve.same_file()
    reserve.close()


def test_what_is_left_counts_what_can_be_given_up(tmp_path: Path) -> None:
    """The room of the disk and its own, so giving it up changes nothing of it."""
    database = tmp_path / "collector.db"
    database.touch()
    reserve = Reserve(database)
    reserve.opened()
    before = reserve.left()
    assert before > reserve.size > reserve.journal > 0
    reserve.give_up()
    assert abs(reserve.left() - before) < reserve.size  # others write there, too
    reserve.close()
