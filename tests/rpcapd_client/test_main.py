"""The command, as a program, against the real daemon."""

from __future__ import annotations

import fcntl
import os
import pathlib
import select
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from rpcapd_client.__main__ import main
from tests.rpcapd_client.test_capture import Tcpdump, read_pcap
from tests.support.rpcapd import PASSWORD, PYTHON, ROOT, frame, wait_until

if TYPE_CHECKING:
    from tests.support.rpcapd import Daemon, Host


def command(host: Host, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """Start it in the namespace."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return host.spawn(PYTHON, "-m", "rpcapd_client", *arguments, env=environment, **{**pipes, **options})


def run(host: Host, *arguments: object, **options: Any) -> tuple[int, str, str]:
    """Run it to its end: status, standard output, standard error."""
    process = command(host, *arguments, **options)
    out, err = process.communicate(timeout=30)
    return process.returncode, out.decode(), err.decode()


def capturing(daemon: Daemon) -> bool:
    """Whether the daemon's child has a packet socket open, that is, captures."""
    return any(
        "/proc" and len(pathlib.Path(f"/proc/{child}/net/packet").read_text().splitlines()) > 1
        for child in daemon.children
    )


def test_it_is_installed_as_a_command() -> None:
    """Under the name that its messages begin with."""
    done = subprocess.run(
        [pathlib.Path(PYTHON).with_name("rpcapd_client"), "list", "--server", "rpcap://"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("rpcapd_client: ")


def test_list(host: Host, daemon: Daemon) -> None:
    """One line for each device, with its state and addresses."""
    status, out, err = run(host, "list", "--server", daemon.url)
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert lines["lo"] == ["up", "127.0.0.1", "::1"]
    assert lines["cap0"] == ["up"]


@pytest.mark.parametrize(
    "transport", [[], ["--server-open"], ["--udp"]], ids=["connect", "server-open", "udp"]
)
def test_capture_equals_tcpdump(
    host: Host, daemon: Daemon, tmp_path: pathlib.Path, transport: list[str]
) -> None:
    """The file's packets are byte for byte tcpdump's, with the same lengths, and its header, but for the snapshot length."""
    tcpdump = Tcpdump(host, tmp_path / "tcpdump.pcap")
    file = tmp_path / "ours.pcap"
    process = command(host, "capture", "cap0", "-w", file, "--count", 500, "--server", daemon.url, *transport)
    wait_until("the file is begun", lambda: file.exists() and file.stat().st_size >= 24)
    with host.wire("cap1") as wire:
        for number in range(500):
            wire.send(frame(number, 64 + number))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert err.decode() == "500 packets captured, 0 dropped by the server's kernel, 0 by the device\n"
    expected = tcpdump.packets(500)
    assert [(data, length) for data, _, length in read_pcap(file)] == [
        (data, length) for data, _, length in expected
    ]
    ours, theirs = [path.read_bytes()[:24] for path in (file, tmp_path / "tcpdump.pcap")]
    assert (ours[:16], ours[20:]) == (theirs[:16], theirs[20:])


def test_tcpdump_reads_it(host: Host, daemon: Daemon, tmp_path: pathlib.Path) -> None:
    """A cooked capture of `any`, written to standard output, is read by tcpdump from there; SIGINT ends it well."""
    process = command(
        *(host, "capture", "any", "-w", "-", "--filter", "ether proto 0x88b5", "--server", daemon.url)
    )
    assert process.stdout is not None
    head = process.stdout.read(24)
    assert head[20:24] == b"\x71\0\0\0"  # LINKTYPE_LINUX_SLL
    with host.wire("cap1") as wire:
        wire.send(frame(1))
    packet = process.stdout.read(16 + 16 + 50)
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"packets captured" in err
    read = subprocess.run(
        ["tcpdump", "-r", "-", "-n", "-e"], input=head + packet + rest, capture_output=True, check=True
    )
    assert b"ethertype Unknown (0x88b5)" in read.stdout
    assert b"LINUX_SLL" in read.stderr


def test_reader_that_has_enough(host: Host, daemon: Daemon) -> None:
    """When the reader of `-w -` goes away the command ends, quietly and with status 0."""
    process = command(host, "capture", "cap0", "-w", "-", "--server", daemon.url)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(24)
    process.stdout.close()
    with host.wire("cap1") as wire:
        wire.send(frame(1))
    assert process.wait(30) == 0
    assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_nobody_reads(host: Host, daemon: Daemon, number: int) -> None:
    """A reader of `-w -` that stops reading without going away does not keep the command from ending."""
    process = command(host, "capture", "cap0", "-w", "-", "--server", daemon.url)
    assert process.stdout is not None
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4_096)
    assert process.stdout.read(24)[:4] == b"\xd4\xc3\xb2\xa1"
    with host.wire("cap1") as wire:
        for _ in range(800):  # far more than the pipe holds, and than one read
            wire.send(frame(1, 1500))
    wait_until("something waits in the pipe", lambda: select.select([process.stdout], [], [], 0)[0])
    time.sleep(1)  # the rest has come too, and does not fit: were it later, less would be tested
    process.send_signal(number)
    assert process.wait(30) == 0
    assert process.stderr is not None
    assert b"packets captured" in process.stderr.read()


def test_standard_files_that_are_closed(host: Host, daemon: Daemon) -> None:
    """Without standard output it fails in one line; without standard error nothing is written into the capture."""
    shell = f"exec {PYTHON} -m rpcapd_client"
    options: dict[str, Any] = {"env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = host.spawn("sh", "-c", f"{shell} list --server {daemon.url} >&-", **options, **pipes)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (1, b"rpcapd_client: standard output is closed\n")
    words = f"{shell} capture cap0 -w - --count 1 --server {daemon.url} 2>&-"
    process = host.spawn("sh", "-c", words, **options, **pipes)
    assert process.stdout is not None
    head = process.stdout.read(24)
    with host.wire("cap1") as wire:
        wire.send(frame(1))
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(head + out) == 24 + 16 + 64


@pytest.mark.parametrize("kind", ["file", "output"])
def test_full_disk(host: Host, daemon: Daemon, kind: str) -> None:
    """A disk that is full is one line and status 1."""
    with pathlib.Path("/dev/full").open("wb") as full:
        place, options = ("/dev/full", {}) if kind == "file" else ("-", {"stdout": full})
        process = command(host, "capture", "cap0", "-w", place, "--server", daemon.url, **options)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == b"rpcapd_client: [Errno 28] No space left on device\n"


def test_stats(host: Host, daemon: Daemon) -> None:
    """Each line counts what was seen in the interval, and the server's counters so far."""
    process = command(
        *(host, "stats", "cap0", "--interval", "0.5", "--count", "2", "--server", daemon.url),
        env={"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    heading = process.stdout.readline()
    with host.wire("cap1") as wire:
        for number in range(100):
            wire.send(frame(number, 1000))
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert heading.split()[:2] == [b"packets/s", b"bytes/s"]
    rows = [line.split() for line in out.decode().splitlines()]
    assert len(rows) == 2
    assert rows[-1][2:] == ["100", "100", "0", "0"]
    # rates times the interval, over both lines: all that was sent (rounded to whole packets a second)
    assert sum(float(row[0]) for row in rows) * 0.5 == pytest.approx(100, rel=0.2)


def test_password_from_file_and_environment(host: Host, tmp_path: pathlib.Path) -> None:
    """The password comes from a file or the environment, never from the command line."""
    daemon = host.rpcapd(null=False)
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    common = ("list", "--server", daemon.url, "--user", "probe")
    assert run(host, *common, "--password-file", file)[0] == 0
    assert run(host, *common, env={"RPCAP_PASSWORD": PASSWORD})[0] == 0
    status, out, err = run(host, *common, env={"RPCAP_PASSWORD": "battery"})
    assert (status, out) == (1, "")
    assert err == "rpcapd_client: AUTH: Authentication failed\n"
    status, _, err = run(host, *common, stdin=subprocess.DEVNULL)
    assert (status, err) == (
        2,
        "rpcapd_client: --user needs --password-file, $RPCAP_PASSWORD or a terminal to ask on\n",
    )


def test_tls(host: Host, certificate: tuple[pathlib.Path, pathlib.Path]) -> None:
    """rpcaps:// works with the authority's file, and without it says that the certificate is not good."""
    daemon = host.rpcapd(tls=certificate)
    assert run(host, "list", "--server", daemon.url, "--ca-file", certificate[0])[0] == 0
    status, _, err = run(host, "list", "--server", daemon.url)
    assert status == 1
    assert err.startswith("rpcapd_client: cannot connect to 127.0.0.1:")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["capture", "nosuch0", "-w", "-"], 1, "OPEN: nosuch0: No such device exists"),
        (["capture", "cap0", "-w", "/nonexistent/x"], 1, "No such file or directory: '/nonexistent/x'"),
        (["capture", "cap0", "-w", "-", "--filter", "tcp prot 80"], 2, "'prot' (column 5)"),
        (["capture", "cap0", "-w", "-", "--snaplen", "300000"], 2, "snaplen 300000"),
    ],
)
def test_failures_are_one_line(
    host: Host, daemon: Daemon, arguments: list[str], status: int, words: str
) -> None:
    """Each failure is one line on standard error and its status: 1 it failed, 2 it was asked wrongly."""
    code, out, err = run(host, *arguments, "--server", daemon.url)
    assert (code, out) == (status, "")
    assert words in err
    assert err.startswith("rpcapd_client: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "the following arguments are required: COMMAND"),
        (["--help"], 0, ""),
        (["capture", "eth0"], 2, "required: -w"),
        (["capture", "eth0", "-w", "-", "--count", "0"], 2, "'0' is not a number of 1 or more"),
        (["capture", "eth0", "-w", "-", "--count", "ten"], 2, "'ten' is not a number of 1 or more"),
        (["stats", "eth0", "--interval", "0"], 2, "'0' is not a number of more than 0"),
        (["stats", "eth0", "--interval", "nan"], 2, "'nan' is not a number of more than 0"),
        (["list", "--server", "rpcap://a..b"], 2, "'a..b' is no host: neither a name nor an address"),
        (["list", "--server", "http://x"], 2, "'http://x' is not of the form rpcap://host[:port]"),
        (["list", "--server", "rpcap://me:secret@x"], 2, "a user or password in it is not accepted"),
        (["list", "--server", "rpcaps://x", "--ca-file", "/nonexistent"], 2, "/nonexistent: No such file"),
        (["list", "--user", "x", "--password-file", "/nonexistent"], 2, "/nonexistent: No such file"),
    ],
)
def test_usage(arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is asked wrongly is status 2, before anything is connected to, and no secret is repeated."""
    assert main(arguments) == status
    err = capsys.readouterr().err
    assert words in err
    assert "secret" not in err


def test_server_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that cannot be reached is status 1 and one line."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert main(["list", "--server", f"rpcap://127.0.0.1:{port}"]) == 1
    assert (
        capsys.readouterr().err == f"rpcapd_client: cannot connect to 127.0.0.1:{port}: Connection refused\n"
    )
