"""`interceptor generate`: through the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parents[2])


def generate(
    what: str, *, command: list[str] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it."""
    return subprocess.run(
        [*(command or [sys.executable, "-W", "error", "-m", "interceptor"]), "generate", what],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": HERE, **environment},
    )


@pytest.mark.parametrize("what", ["man", "unit", "bash", "zsh", "fish"])
def test_it_is_written_to_standard_output(what: str) -> None:
    """The same each time, and nothing on standard error."""
    once, again = (generate(what, SOURCE_DATE_EPOCH="1700000000") for _ in range(2))
    assert (once.returncode, once.stderr) == (0, "")
    assert len(once.stdout.splitlines()) > 40
    assert once.stdout == again.stdout


def test_the_date_of_the_page_can_be_given() -> None:
    """As reproducible builds give it."""
    assert ".TH INTERCEPTOR 1 2023-11-14 " in generate("man", SOURCE_DATE_EPOCH="1700000000").stdout
    refused = generate("man", SOURCE_DATE_EPOCH="yesterday")
    assert refused.returncode == 2
    assert refused.stderr == (
        "interceptor: error: SOURCE_DATE_EPOCH: got 'yesterday', wanted seconds since 1970\n"
    )


def test_a_unit_starts_the_program_that_wrote_it(tmp_path: Path) -> None:
    """By its whole path, however it was started."""
    program = tmp_path / "interceptor"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom interceptor.cli import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    assert f"\nExecStart={program} run " in generate("unit", command=[str(program)]).stdout
    assert f"\nExecStart={sys.executable} -m interceptor run " in generate("unit").stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to write into a home directory")
def test_a_unit_cannot_start_what_is_in_a_home() -> None:
    """Which is said, since systemd would only say 203/EXEC."""
    folder = Path("/root/.interceptor-test")
    folder.mkdir(exist_ok=True)
    try:
        program = folder / "interceptor"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nfrom interceptor.cli import main\nsys.exit(main())\n"
        )
        program.chmod(0o755)
        made = generate("unit", command=[str(program)])
        assert made.returncode == 0
        assert made.stderr.startswith(f"interceptor: warning: {program} is in a home directory")
        assert made.stderr.count("\n") == 1
    finally:
        shutil.rmtree(folder)
