"""What is made of files that change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog

from interceptor.rotation import ROTATING, Rotating
from interceptor.settings import options

if TYPE_CHECKING:
    from pathlib import Path


def test_every_file_that_holds_something_secret_or_trusted_is_in_the_table() -> None:
    """An option that ends with `_file` names a file that somebody replaces some day."""
    assert {row.option for row in ROTATING} == {
        option.key for option in options() if option.path[-1].endswith("_file")
    }


def whole(path: Path) -> str:
    """Its text, if it is a good one."""
    text = path.read_text()
    if not text.startswith("good"):
        raise ValueError("it is not good")
    return text


def test_it_is_made_again_when_a_file_changes(tmp_path: Path) -> None:
    """And only then."""
    path = tmp_path / "file"
    path.write_text("good one")
    made: list[str] = []

    def make() -> str:
        made.append("again")
        return whole(path)

    it = Rotating({"option": path, "absent": None}, make)
    assert not it.changed(), "nobody has used it"
    assert [it.current() for _ in range(3)] == ["good one"] * 3
    assert (len(made), it.changed()) == (1, False)
    path.write_text("good, the second")
    assert it.changed()
    assert it.current() == "good, the second"
    assert not it.changed()


def test_what_was_good_stays_until_something_good_comes(tmp_path: Path) -> None:
    """Each way to fail is told once, and the file is looked at again at each use, changed or not."""
    path = tmp_path / "file"
    path.write_text("good one")
    it = Rotating({"option": path}, lambda: whole(path))
    it.current()
    with structlog.testing.capture_logs() as events:
        path.write_text("bad")
        assert [it.current() for _ in range(3)] == ["good one"] * 3
        path.unlink()
        assert [it.current() for _ in range(3)] == ["good one"] * 3
        path.write_text("good two")
        assert [it.current() for _ in range(3)] == ["good two"] * 3
    assert [event["event"] for event in events] == ["file_not_taken", "file_not_taken", "file_read_again"]
    assert [event.get("reason") for event in events[:2]] == ["it is not good", "No such file or directory"]


def test_what_never_was_good_is_the_callers_matter(tmp_path: Path) -> None:
    """A start says so; a later use may find it mended."""
    path = tmp_path / "file"
    it = Rotating({"option": path}, lambda: whole(path))
    with pytest.raises(FileNotFoundError):
        it.current()
    path.write_text("good")
    assert it.current() == "good"


def test_a_defect_is_none_of_the_files(tmp_path: Path) -> None:
    """What is no error of a file is raised."""
    path = tmp_path / "file"
    path.write_text("good")
    nothing: dict[str, str] = {}
    it = Rotating({"option": path}, lambda: nothing["no such key"])
    with pytest.raises(KeyError):
        it.current()
