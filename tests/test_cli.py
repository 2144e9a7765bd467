"""What all commands have in common: help, dispatch, exit statuses, the one line of an error."""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import interceptor
from interceptor.cli import main
from interceptor.lane import LANE
from tests.capture_bytes import conversation, pcap
from tests.support.netns import unavailable, wait_until
from tests.support.programs import wanted

COMMAND = [sys.executable, "-W", "error", "-m", "interceptor"]
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = {**os.environ, "PYTHONPATH": HERE}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["read", "--help"],
        ["run", "--help"],
        ["check", "--help"],
        ["interfaces", "--help"],
        ["--version"],
    ],
)
def test_help_goes_to_standard_output(arguments: list[str]) -> None:
    """With status 0, also where nobody reads it to the end."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=60, env=ENVIRONMENT)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"interceptor" in done.stdout
    ours, theirs = os.pipe()
    os.close(ours)
    closed = subprocess.run(
        [*COMMAND, *arguments], stdout=theirs, stderr=subprocess.PIPE, timeout=60, env=ENVIRONMENT
    )
    os.close(theirs)
    assert (closed.returncode, closed.stderr) == (0, b"")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """One place has the number. The lane is said with it."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"interceptor {interceptor.__version__} ({LANE})\n"


@pytest.mark.parametrize("arguments", [[], ["raed"], ["--read"], ["run", "--no-such-flag"]])
def test_a_wrong_command_line_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With status 2, and where to read more."""
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("interceptor: error: ")
    assert said.count("\n") == 1
    assert "--help" in said


def test_a_defect_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the exception, its place and how to see more; never its text, which may be traffic's."""

    def fail(*_: object) -> None:
        raise KeyError("jane.roe")

    monkeypatch.setattr("interceptor.commands.reading.run", fail)
    assert main(["read", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "a defect of this program, KeyError at tests.test_cli:" in said
    assert "(--log-level debug" in said
    assert "jane" not in said
    assert main(["read", "--log-level", "debug", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert " in fail\n" in said
    assert "interceptor: KeyError\n" in said
    assert "jane" not in said


def test_the_first_process_of_a_container_ends_while_it_starts(tmp_path: Path) -> None:
    """The kernel keeps from it what it does not handle; SIGTERM is handled before there is a daemon."""
    reason = unavailable("unshare")
    if reason is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    os.mkfifo(tmp_path / "config.yaml")  # reading it takes until somebody writes
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", "interceptor", "run"]
    with subprocess.Popen([*command, "--config", str(tmp_path / "config.yaml")]) as process:
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            wait_until(lambda: bool(children.read_text()), "it is started", 60)
            inner = int(children.read_text())
            wait_until(lambda: handles(inner, signal.SIGTERM), "SIGTERM is handled", 60)
            os.kill(inner, signal.SIGTERM)
            assert process.wait(60) == 128 + signal.SIGTERM
        finally:
            process.kill()


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(fields["SigCgt"], 16) >> (number - 1) & 1)


def test_an_interrupt_of_a_command_has_the_shells_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """128 and the signal's number, without a traceback."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("interceptor.commands.reading.run", interrupt)
    assert main(["read", "file"]) == 130


class TestWrongInput:
    """What people give to every command by mistake: one line that says what, where, and what to do; never a traceback."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A file of each kind."""
        capture = pcap(conversation(2))
        files = {
            "good.pcap": capture,
            "empty": b"",
            "text": b"hello, world, this is no capture",
            "cut.pcap": capture[:300],
            "cut.pcap.gz": gzip.compress(capture)[:-20],
            "text.gz": gzip.compress(b"hello, world, this is no capture"),
            "two words.pcap": capture[:300],
            "tabs.yaml": b"proxy:\n\turl: x\n",
            "twice.yaml": b"endpoint: https://a\nendpoint: https://b\n",
            "unknown.yaml": b"server: {prot: 1}\n",
            "binary.yaml": b"\xff\xfe",
            "type.yaml": b"server:\n  port: many\n",
            "list.yaml": b"- a\n",
            "lines": b"s3cr3t\nanother s3cr3t\n",
            "lines.yaml": b"endpoint: https://127.0.0.1:1\ntoken_file: lines\n",
            "dots.yaml": b"endpoint: https://a..b\n",
            "secret.yaml": b"endpoint: https://a\ntoken: s3cr3t\ntoken_file: empty\n",
            "words": b"a b c",
        }
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / "folder").mkdir()
        (tmp_path / "unreadable").write_bytes(capture)
        (tmp_path / "unreadable").chmod(0)
        os.link(tmp_path / "text", os.path.join(os.fsencode(tmp_path), b"\xff\xfe.pcap"))
        return tmp_path

    @pytest.mark.parametrize(
        ("arguments", "status", "says"),
        [
            ("read missing", 2, "missing: cannot be opened: No such file or directory"),
            ("read folder", 2, "folder: is a directory, not a capture file"),
            ("read empty", 2, "empty: is empty"),
            ("read text", 2, "text: is not a capture file (neither pcap nor pcapng)"),
            ("read text.gz", 2, "text.gz: is not a capture file"),
            ("read cut.pcap", 1, "cut.pcap: ends inside a packet that begins at byte 2"),
            ("read cut.pcap.gz", 1, "cut.pcap.gz: ends inside gzip data"),
            ("read -", 2, "standard input: is empty"),
            (["read", "two words.pcap"], 1, "two words.pcap: ends inside a packet"),
            (["read", b"\xff\xfe.pcap"], 2, "\ufffd\ufffd.pcap: is not a capture file"),
            (["read", "a\nb\x1b[2J"], 2, "a\ufffdb\ufffd[2J: cannot be opened"),
            (["read", ""], 2, "'': cannot be opened"),
            ("read good.pcap --config missing", 2, "missing: cannot be read: No such file or directory"),
            ("read good.pcap --upload", 2, "endpoint: is not set"),
            ("read good.pcap -o folder", 2, "folder: cannot be written: Is a directory"),
            ("read good.pcap -o missing/x", 2, "missing/x: cannot be written: No such file or directory"),
            ("run --config missing", 2, "missing: cannot be read: No such file or directory"),
            ("run --config folder", 2, "folder: cannot be read: Is a directory"),
            ("relay --config tabs.yaml", 2, "tabs.yaml:2: is no YAML: found character '\\t'"),
            ("collector --config twice.yaml", 2, "twice.yaml:2: endpoint: is here a second time, first in line 1"),
            ("check --config unknown.yaml", 2, "unknown.yaml:1: server.prot: no such key; did you mean server.port?"),
            ("interfaces --config binary.yaml", 2, "binary.yaml: is no text in UTF-8"),
            ("run --config type.yaml", 2, "type.yaml:2: server.port: got the text 'many', wanted an integer"),
            ("run --config list.yaml", 2, "list.yaml:1: the file: got a list, wanted keys: endpoint, "),
            ("run --config secret.yaml", 2, "secret.yaml:2: token: contradicts token_file at secret.yaml:3; one of them"),
            ("run --token-file empty", 2, "--token-file: token_file: empty holds no secret"),
            ("run --token-file folder", 2, "--token-file: token_file: cannot read folder: Is a directory"),
            ("run --token-file lines --endpoint https://127.0.0.1:1", 2, "token_file lines: holds 2 lines, and a token is one"),
            ("relay --token-file lines --endpoint https://127.0.0.1:1 --ingest-anonymous true", 2, "token_file lines: holds 2 lines"),
            ("read good.pcap --upload --config lines.yaml", 2, "token_file lines: holds 2 lines"),
            ("run --output-path folder", 2, "output.path folder: cannot be written: Is a directory"),
            ("run --server-port 99999", 2, "--server-port: server.port: got the text '99999', wanted less than or equal to 65535"),
            ("run --output-path - --server-port {taken}", 2, "port {taken}: is in use"),
            (["relay", "--ingest-anonymous", "true", "--endpoint", "https://a b"], 2, "endpoint: its host is none"),
            ("read good.pcap --upload --config dots.yaml", 2, "endpoint: its host is none"),
            (["run", "--output-path", "-", "--capture-sources", "rpcap://a b"], 2, "'rpcap://a b': 'a b' is no host"),
            ("run --output-path - --capture-sources nope:", 2, "capture.sources: 'nope:' is none of rpcap://"),
            ("collector --ingest-tokens-file missing --collector-database c.db", 2, "missing"),
            ("collector --collector-database c.db --server-port 0", 2, "nobody may send"),
            ("collector --ingest-anonymous yes! --server-port 0", 2, "got the text 'yes!', wanted true or false"),
            ("collector --ingest-anonymous true --collector-database text --server-port 0", 1, "text"),
            ("interfaces live:", 0, ""),
            (["interfaces", "live:no such"], 2, "this machine has no interface no such; it has "),
            ("interfaces file:missing", 2, "missing: cannot be opened"),
            ("interfaces nope:", 2, "capture.sources: 'nope:' is none of rpcap://"),
        ],
        ids=str,
    )  # fmt: skip
    def test_is_one_clear_line(
        self, folder: Path, arguments: str | list[str | bytes], status: int, says: str
    ) -> None:
        """With the documented status; nothing that was typed steers the terminal."""
        with socket.create_server(("0.0.0.0", 0)) as taken:
            port = str(taken.getsockname()[1])
            words = arguments.split(" ") if isinstance(arguments, str) else arguments
            done = subprocess.run(
                [*COMMAND, *[w.replace("{taken}", port) if isinstance(w, str) else w for w in words]],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=60,
                cwd=folder,
                env=ENVIRONMENT,
            )
        told = done.stderr.decode()
        assert done.returncode == status, told
        lines = [line for line in told.splitlines() if line.startswith("interceptor: ")]
        assert lines == told.splitlines(), "something else than our lines"
        assert len(lines) == bool(says), told
        assert says.replace("{taken}", port) in told
        assert "s3cr3t" not in told
        assert "\x1b" not in told

    def test_what_may_not_be_read_is_said(self, folder: Path) -> None:
        """By a user who may not; as root, everything may be."""
        if os.geteuid() == 0:
            setpriv = wanted("setpriv")
            folder.chmod(0o755)
            for above in folder.parents[:2]:
                above.chmod(0o755)
            before = [setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        else:
            before = []
        for words in (["read", "unreadable"], ["run", "--config", "unreadable"]):
            done = subprocess.run(
                [*before, *COMMAND, *words], capture_output=True, timeout=60, cwd=folder, env=ENVIRONMENT
            )
            assert done.returncode == 2
            assert re.fullmatch(
                rb"interceptor: error: unreadable: cannot be (opened|read): Permission denied\n", done.stderr
            )
