"""`interceptor read` as its users meet it: processes, pipes, terminals, signals."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from interceptor.cli import main
from interceptor.core.model import Stage
from interceptor.core.pipeline import Pipeline
from tests.capture_bytes import START, conversation, enhanced, interface, option, pcap, pcapng, section, tcp
from tests.support.netns import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND = [sys.executable, "-W", "error", "-m", "interceptor"]
HERE = str(Path(__file__).parents[2])
ENVIRONMENT = {**os.environ, "PYTHONPATH": HERE, "TERM": "xterm-256color"}
PACKETS = conversation(10)


@pytest.fixture
def capture(tmp_path: Path) -> str:
    """A small capture of ten transactions."""
    return put(tmp_path / "capture.pcap", pcap(PACKETS))


def put(path: Path, data: bytes) -> str:
    """Write a file; returns its path."""
    path.write_bytes(data)
    return str(path)


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=60, env=ENVIRONMENT, **options)


def records(output: bytes) -> list[dict[str, Any]]:
    """The JSON objects of an output."""
    return [json.loads(line) for line in output.splitlines()]


def one_line(error: bytes) -> str:
    """Standard error, which must be one line and no traceback."""
    text = error.decode()
    assert text.startswith("interceptor: ")
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert "Traceback" not in text
    return text


def on_terminal(*arguments: str, columns: int = 100) -> tuple[str, int]:
    """Run the command on a terminal of its own; returns all it wrote there, and its exit status."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**ENVIRONMENT, "COLUMNS": str(columns)},
    )
    os.close(theirs)
    written = b""
    with open(ours, "rb", buffering=0) as terminal:
        try:
            while piece := terminal.read(65_536):
                written += piece
        except OSError:  # how Linux tells that the last one closed it
            pass
    return written.decode(), process.wait(60)


def test_a_capture_gives_json_lines_in_a_pipe(capture: str) -> None:
    """One object a line, nothing on standard error, status 0."""
    done = run("read", capture)
    assert (done.returncode, done.stderr) == (0, b"")
    seen = records(done.stdout)
    assert [each["http.response.body.size"] for each in seen] == list(range(10))
    assert {each["url.template"] for each in seen} == {"/items/{id}"}


def test_a_capture_gives_a_table_and_a_summary_on_a_terminal(capture: str) -> None:
    """With colours, rows and totals."""
    written, status = on_terminal("read", capture)
    assert status == 0
    assert "\x1b[32m200" in written
    assert written.count("example.com/items/") >= 10
    assert "transactions" in written
    assert "where everything went" in written


def test_two_runs_give_the_same_bytes(capture: str) -> None:
    """Nothing of a record depends on the run."""
    assert run("read", capture).stdout == run("read", capture).stdout != b""


def test_the_same_packets_give_the_same_records_in_any_wrapping(tmp_path: Path) -> None:
    """pcap, pcapng, gzip, standard input, a file in pieces: the interface's name apart, byte for byte."""
    packets = sorted(conversation(30) + conversation(20, port=41_000, start=START + 500_123_000))
    plain = run("read", put(tmp_path / "plain", pcap(packets))).stdout
    assert len(records(plain)) == 50
    with_name = run("read", put(tmp_path / "ng", pcapng(packets))).stdout
    assert b'"interface":"eth0"' in with_name
    assert with_name.replace(b',"interface":"eth0"', b"") == plain
    unnamed = section(">") + interface(1, option(9, b"\x09", ">"), order=">")
    unnamed += b"".join(enhanced(at, data, 0, ">") for at, data in packets)
    assert run("read", put(tmp_path / "big", unnamed)).stdout == plain
    assert run("read", put(tmp_path / "nano", pcap(packets, magic=0xA1B23C4D, order=">"))).stdout == plain
    assert run("read", put(tmp_path / "gz", gzip.compress(pcap(packets)))).stdout == plain
    assert run("read", "-", input=pcap(packets)).stdout == plain
    assert run("read", "-", input=gzip.compress(pcap(packets))).stdout == plain
    with open(tmp_path / "plain", "rb") as file:
        assert run("read", "-", stdin=file).stdout == plain


def test_pieces_of_one_capture_give_the_records_of_the_whole(tmp_path: Path) -> None:
    """A rotated capture: connections go on from file to file, in whatever order the files are named."""
    packets = conversation(20)
    whole = run("read", put(tmp_path / "whole", pcap(packets))).stdout
    pieces = [
        put(tmp_path / f"piece{number}", pcap(packets[begin:end]))
        for number, (begin, end) in enumerate(pairwise((0, 7, 8, 25, len(packets))))
    ]
    assert run("read", *pieces).stdout == whole
    assert run("read", *reversed(pieces)).stdout == whole
    assert len(records(whole)) == 20


def test_more_files_than_may_be_open_by_default(tmp_path: Path) -> None:
    """A capture rotated often has more pieces than the usual limit of open files lets in."""
    packets = conversation(60)
    pieces = [put(tmp_path / f"{number:03}", pcap([packet])) for number, packet in enumerate(packets)]
    limited = run("read", *pieces, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 4_096)))
    assert (limited.returncode, limited.stderr) == (0, b"")
    assert len(records(limited.stdout)) == 60


def test_interfaces_of_different_links_in_one_file(tmp_path: Path) -> None:
    """Ethernet and raw IP, microseconds and nanoseconds, side by side."""
    one, two = conversation(3), conversation(3, port=41_000, start=START + 123)
    blocks = [(at, enhanced(at // 1_000, data, 0)) for at, data in one]
    blocks += [(at, enhanced(at, data[14:], 1)) for at, data in two]
    data = section() + interface(1, option(2, b"lan")) + interface(101, option(2, b"tun"), option(9, b"\x09"))
    done = run("read", put(tmp_path / "a", data + b"".join(block for _, block in sorted(blocks))))
    assert sorted((each["interface"], each["source.port"]) for each in records(done.stdout)) == [
        *[("lan", 40_000)] * 3,
        *[("tun", 41_000)] * 3,
    ]


def test_records_appear_while_the_writer_goes_on() -> None:
    """A live capture through a pipe: what was understood is there before the next packet is."""
    data = pcap(PACKETS)
    process = subprocess.Popen(
        [*COMMAND, "read", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdin
    assert process.stdout
    with process:
        for number in range(10):
            # The file's header and the handshake go with the first exchange.
            first, last = (3 + 2 * number if number else 0), 5 + 2 * number
            begin, end = len(pcap(PACKETS[:first])) if first else 0, len(pcap(PACKETS[:last]))
            process.stdin.write(data[begin : end - 1])
            process.stdin.flush()
            process.stdin.write(data[end - 1 : end])
            process.stdin.flush()
            # Nothing else has come that could have pushed it out.
            assert select.select([process.stdout], [], [], 30)[0], f"record {number} did not come"
            assert json.loads(process.stdout.readline())["http.response.body.size"] == number
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(30) == 0


def test_tcpdump_can_be_piped_in(capture: str) -> None:
    """`tcpdump -U -w -` writes what is read."""
    tcpdump = shutil.which("tcpdump")
    if tcpdump is None:
        if "CI" in os.environ:
            pytest.fail("tcpdump is not installed")
        pytest.skip("tcpdump is not installed")
    made = subprocess.run([tcpdump, "-r", capture, "-U", "-w", "-"], capture_output=True, timeout=60)
    assert run("read", "-", input=made.stdout).stdout == run("read", capture).stdout


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    """`| head -1`: one line, status 0, and silence."""
    packets = [packet for port in range(300) for packet in conversation(20, port=10_000 + port)]
    path = put(tmp_path / "a", pcap(packets))
    for arguments in (["--format", "jsonl"], ["--format", "table"]):
        process = subprocess.Popen(
            [*COMMAND, "read", path, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        assert process.stdout
        assert process.stderr
        with process:
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(60) == 0


def test_a_capture_cut_at_any_byte_gives_what_is_readable(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """All complete exchanges before the cut; one line of warning and status 1, unless the cut is between packets."""
    packets = conversation(2)
    whole = pcap(packets)
    ends = [len(pcap(packets[:count])) for count in range(len(packets) + 1)]
    path = tmp_path / "cut"
    for cut in range(len(whole) + 1):
        put(path, whole[:cut])
        status = main(["read", str(path)])
        output, error = capsysbinary.readouterr()
        if cut < 4:
            assert status == 2
        elif cut in ends[:4]:
            assert status == 0
            assert ("no packets" if cut == ends[0] else "no data") in one_line(error)
        elif cut in ends:
            assert (status, error) == (0, b"")
        else:
            assert status == 1
            assert f"warning: {path}: ends inside" in one_line(error)
        complete = [each for each in records(output) if each["http.response.state"] == "complete"]
        assert len(complete) == (cut >= ends[5]) + (cut >= ends[7])


def test_a_damaged_file_among_others_costs_only_itself(tmp_path: Path, capture: str) -> None:
    """All records of the others, one warning, status 1."""
    other = pcap(conversation(5, port=41_000))
    damaged = put(tmp_path / "damaged.gz", gzip.compress(other)[:-9])
    done = run("read", damaged, capture)
    assert done.returncode == 1
    assert "damaged.gz: ends inside gzip data" in one_line(done.stderr)
    assert sum(each["source.port"] == 40_000 for each in records(done.stdout)) == 10


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["read", "{there}", "{missing}"], "missing: cannot be opened: No such file or directory"),
        (["read", "{directory}"], "is a directory"),
        (["read", "{text}"], "text: is not a capture file"),
        (["read", "{there}", "-", "-"], "only once"),
        (["read", "{there}", "--filter", "tcp and"], "filter 'tcp and' cannot be used: "),
        (["read", "{there}", "--filter", "wlan type mgt"], "cannot be used"),
        (["read", "{there}", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["read", "{there}", "--url", "all"], "argument --url"),
        (["read", "{there}", "--output", "{there}"], "would be overwritten"),
        (["read", "{there}", "--output", "{directory}"], "cannot be written: Is a directory"),
        (["read", "{there}", "--output", "{missing}/x"], "cannot be written: No such file or directory"),
        (["read"], "the following arguments are required: FILE"),
        (["raed"], "raed: no such command; did you mean read?"),
        (
            ["read", "{there}", "--where", "sttus = 1"],
            "--where: column 1: sttus: no such field; did you mean status?",
        ),
        (["read", "{there}", "--top", "0"], "--top 0: wanted a number from 1 to 1,000"),
        (["read", "{there}", "--top", "ten"], "argument --top: invalid int value: 'ten'"),
        (["read", "{there}", "--top", "5"], "--top 5: jsonl has no summary; add --format summary"),
        (["read", "{there}", "--format", "csv", "--top", "5"], "csv has no summary"),
        (["read", "{there}", "-o", "{missing}.xz"], ".xz is not supported; .gz and .zst are"),
        (["read", "{there}", "--memory", "1"], "--memory 1: too little"),
        ([], "COMMAND"),
    ],
)
def test_what_users_get_wrong_is_one_line_and_status_2(
    tmp_path: Path, capture: str, arguments: list[str], says: str
) -> None:
    """Before any output, and without touching any file."""
    (tmp_path / "directory").mkdir()
    put(tmp_path / "text", b"hello, world")
    names = {name: str(tmp_path / name) for name in ("directory", "text", "missing")}
    done = run(*[each.format(there=capture, **names) for each in arguments])
    assert (done.returncode, done.stdout) == (2, b"")
    assert says in one_line(done.stderr)
    with open(capture, "rb") as file:
        assert file.read() == pcap(PACKETS)


def test_a_bad_filter_is_said_without_waiting_for_standard_input() -> None:
    """A live capture may bring its first packet much later."""
    process = subprocess.Popen(
        [*COMMAND, "read", "-", "--filter", "prot 80"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    with process:
        assert process.wait(30) == 2


def test_a_filter_that_a_late_interface_cannot_have_ends_the_reading(tmp_path: Path) -> None:
    """What was understood before is written."""
    data = pcapng(PACKETS, name="eth0") + section() + interface(239) + enhanced(1, b"nflog")
    done = run("read", put(tmp_path / "a", data), "--filter", "tcp")
    assert done.returncode == 2
    assert "link type 239" in one_line(done.stderr)
    assert len(records(done.stdout)) == 10


def test_a_filter_selects_and_the_summary_counts(tmp_path: Path) -> None:
    """Only matching packets are understood; the others are in the ledger."""
    packets = sorted(conversation(3) + conversation(4, port=41_000))
    path = put(tmp_path / "a", pcap(packets))
    assert len(records(run("read", path, "--filter", "tcp port 41000").stdout)) == 4
    shown = run("read", path, "--filter", "tcp port 41000", "--format", "summary").stdout.decode()
    assert "12 filtered" in shown


def test_any_damage_ends_in_a_status_and_a_line_or_two(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Bytes changed anywhere, in any format: records that are JSON, status 0, 1 or 2, and no defect.

    One line says what is wrong with the file, another what else could not be read in it.
    """
    random = Random(1)
    wholes = [pcap(PACKETS), pcapng(PACKETS), gzip.compress(pcap(PACKETS)), gzip.compress(pcapng(PACKETS))]
    path = tmp_path / "damaged"
    for number in range(400):
        data = bytearray(wholes[number % 4])
        for _ in range(random.randint(1, 5)):
            data[random.randrange(len(data))] = random.randrange(256)
        put(path, bytes(data))
        status = main(["read", str(path)])
        output, error = capsysbinary.readouterr()
        records(output)
        lines = error.decode().splitlines()
        notes = [line for line in lines if line.startswith("interceptor: note: ")]
        assert len(notes) <= 1
        assert status in (0, 1, 2)
        assert len(lines) - len(notes) == (status != 0)
        assert all(line.startswith("interceptor: ") and "defect" not in line for line in lines)


def test_a_ledger_that_does_not_balance_is_told(
    capture: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every format, with status 1: no traffic can make it so, a defect can."""
    monkeypatch.setattr(Pipeline, "ledger", lambda _: [Stage("http", "bytes", 10, 5, {"not_http": 3}, 1)])
    assert main(["read", capture, "--format", "jsonl"]) == 1
    assert "the ledger of http does not balance" in capsys.readouterr().err


def test_closed_standard_streams_are_said(capture: str) -> None:
    """`<&-` and `>&-` are one line and status 2."""
    for redirection, says in (
        ("- <&-", "standard input: is closed"),
        (f"{capture} >&-", "standard output is closed"),
    ):
        done = subprocess.run(
            ["sh", "-c", f'exec "$@" read {redirection}', "sh", *COMMAND],
            capture_output=True,
            timeout=60,
            env=ENVIRONMENT,
        )
        assert done.returncode == 2
        assert says in one_line(done.stderr)


def test_a_non_blocking_standard_input_is_waited_for() -> None:
    """Other programs leave descriptors in this state."""
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    process = subprocess.Popen([*COMMAND, "read", "-"], stdin=ours, stdout=subprocess.PIPE, env=ENVIRONMENT)
    os.close(ours)
    data = pcap(PACKETS)
    with process:
        assert process.stdout
        os.write(theirs, data[:-1])
        assert process.stdout.readline()
        os.write(theirs, data[-1:])
        os.close(theirs)
        process.stdout.read()
        assert process.wait(30) == 0


def test_a_terminal_as_input_is_refused() -> None:
    """Nobody types a capture."""
    written, status = on_terminal("read", "-")
    assert status == 2
    assert "is a terminal" in written


def test_a_file_as_output_gets_json_lines(tmp_path: Path, capture: str) -> None:
    """Also on a terminal; an existing file is replaced."""
    output = tmp_path / "records.jsonl"
    output.write_text("old\n" * 10_000)
    written, status = on_terminal("read", capture, "--output", str(output))
    [line] = written.splitlines()
    assert re.fullmatch(r"interceptor: 26 packets, 10 records, nothing missing, \d+\.\d s", line), line
    assert status == 0
    assert output.read_bytes() == run("read", capture).stdout


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_an_output_is_compressed_by_its_name(tmp_path: Path, capture: str, suffix: str) -> None:
    """In any format; unpacked it is what standard output would have been."""
    for form in ("jsonl", "csv", "table"):
        output = tmp_path / f"records{suffix}"
        assert run("read", capture, "--format", form, "-o", str(output)).returncode == 0
        data = output.read_bytes()
        unpacked = (
            gzip.decompress(data)
            if suffix == ".gz"
            else zstandard.ZstdDecompressor().decompressobj().decompress(data)
        )
        assert unpacked == run("read", capture, "--format", form).stdout


def test_an_interrupted_run_leaves_a_whole_compressed_file(tmp_path: Path) -> None:
    """With what was understood; the line of the end says how much that is."""
    output = tmp_path / "records.gz"
    with subprocess.Popen(
        [*COMMAND, "read", "-", "-o", str(output)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(pcap(conversation(4, close=False)))
        process.stdin.flush()
        wait_until(
            lambda: (
                output.exists() and zlib.decompressobj(31).decompress(output.read_bytes()).count(b"\n") >= 3
            ),
            "records",
            30,
        )
        process.terminate()
        assert b" 4 records, nothing missing" in process.stderr.read()
        assert process.wait(30) == 143
    assert len(records(gzip.decompress(output.read_bytes()))) == 4


def test_a_line_at_the_end_says_what_was_lost(tmp_path: Path) -> None:
    """Where records go to a file, or a person is at the terminal; a pipe's standard error stays empty."""
    packets = conversation(10)
    del packets[8]
    path = put(tmp_path / "lossy", pcap(packets))
    assert run("read", path).stderr == b""
    line = one_line(run("read", path, "-o", str(tmp_path / "out")).stderr)
    assert re.search(r"25 packets, \d+ records, 1 gap, [\d,]+ bytes missing, ", line), line
    written, _ = on_terminal("read", path, "--format", "jsonl")
    assert "1 gap, " in written.splitlines()[-1]


def test_only_what_is_wanted_is_shown_sent_and_counted(tmp_path: Path, capture: str) -> None:
    """In every format; the rest is in the ledger, and no record is another than without `--where`."""
    everything = run("read", capture).stdout.splitlines(keepends=True)
    wanted = run("read", capture, "--where", "received >= 8B or received = 2")
    assert (wanted.returncode, wanted.stderr) == (0, b"")
    assert wanted.stdout == b"".join([everything[2], *everything[8:]])
    line = one_line(run("read", capture, "--where", "received > 7", "-o", str(tmp_path / "out")).stderr)
    assert "26 packets, 2 records of 10, " in line
    shown = run("read", capture, "--where", "received > 7", "--format", "summary").stdout.decode()
    assert re.search(r"transactions +2, of which 2 complete", shown)
    assert re.search(r"left out +8 by --where", shown)
    assert re.search(r"where \(transactions\) +10 +2 +8 not wanted", shown)
    assert run("read", capture, "--where", "status = none").stdout == b""
    explained = run("read", capture, "--where", "received = 3", "--explain").stdout.decode()
    assert explained.count("\n") == 2
    assert "    1  " in explained


def test_values_separated_by_commas(tmp_path: Path, capture: str) -> None:
    """A heading that is always the same, also of nothing, and a line for each record; a file may ask by its name."""
    done = run("read", capture, "--format", "csv")
    assert (done.returncode, done.stderr) == (0, b"")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    assert [row["http.response.body.size"] for row in rows] == [str(size) for size in range(10)]
    assert all(
        {name: str(value) for name, value in record.items() if not isinstance(value, list)}.items()
        <= row.items()
        for record, row in zip(records(run("read", capture).stdout), rows, strict=True)
    )
    nothing = run("read", capture, "--format", "csv", "--where", "status = 1").stdout
    assert nothing == done.stdout[: done.stdout.index(b"\n") + 1]
    run("read", capture, "-o", str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == done.stdout


def test_the_summary_names_what_failed(tmp_path: Path) -> None:
    """Of the shipped capture its 503, which is in no list of the busiest; `--top` says how long lists are."""
    shipped = str(Path(HERE) / "fixtures" / "real" / "keepalive.pcap")
    shown = run("read", shipped, "--format", "summary", "--top", "1").stdout.decode()
    assert re.search(r"errors ─+\n +5xx unanswered invalid of method server and path template *\n", shown)
    assert re.search(r"\n +1 +0 +0 +1 GET +10\.99\.0\.2/failing *\n", shown)
    assert len(re.findall(r"10\.99\.0\.2/", shown)) == 3
    longer = run("read", shipped, "--format", "summary", "--top", "1000").stdout.decode()
    assert len(re.findall(r"10\.99\.0\.2/", longer)) > 30


def test_the_summary_names_clients_and_servers() -> None:
    """Who calls and who is called, of a capture of two pods; the sums are those of the records."""
    shipped = str(Path(HERE) / "fixtures" / "real" / "pod-to-pod.pcapng.gz")
    made = records(run("read", shipped).stdout)
    shown = run("read", shipped, "--format", "summary", "--top", "1000").stdout.decode()
    for heading, field in (("clients", "source.address"), ("servers", "server.address")):
        section = re.split(r"\n *\n", shown[shown.index(f"busiest {heading}") :])[0]
        rows = [line.split() for line in section.splitlines()[2:]]
        named = Counter(one[field] for one in made)
        assert {name.partition(":")[0]: int(count) for count, _, name in rows} == named


def test_a_table_can_go_to_a_file(tmp_path: Path, capture: str) -> None:
    """Without colours, with the summary."""
    output = tmp_path / "table.txt"
    assert run("read", capture, "--format", "table", "--output", str(output)).returncode == 0
    text = output.read_text()
    assert "\x1b" not in text
    assert text.count("/items/{id}") == 10 + 1


def test_an_output_that_is_full_is_a_failure(capture: str) -> None:
    """One line with the operating system's reason, status 1."""
    for arguments in ([], ["--format", "table"], ["--format", "csv"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [*COMMAND, "read", capture, *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=60,
                env=ENVIRONMENT,
            )
        assert done.returncode == 1
        assert "the output cannot be written: No space left on device" in one_line(done.stderr)


@pytest.mark.parametrize("name", ["full", "full.gz", "full.zst"])
def test_a_file_that_gets_full_is_a_failure(tmp_path: Path, capture: str, name: str) -> None:
    """The same for `--output`, compressed or not."""
    (tmp_path / name).symlink_to("/dev/full")
    done = run("read", capture, "-o", str(tmp_path / name))
    assert done.returncode == 1
    assert "the output cannot be written: No space left on device" in one_line(done.stderr)


def test_the_log_level_info_adds_the_summary(capture: str) -> None:
    """On standard error, so that the JSON Lines stay what they are."""
    done = run("read", capture, "--log-level", "info")
    assert done.stdout == run("read", capture).stdout
    assert b"where everything went" in done.stderr


def test_the_log_level_debug_adds_where_it_came_from(tmp_path: Path) -> None:
    """Place by place, without texts, which may be traffic's. The status and the line stay."""
    done = run("read", str(tmp_path / "missing"), "--log-level", "debug")
    assert done.returncode == 2
    assert b"interceptor.capture.files:" in done.stderr
    assert b"FileNotFoundError" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(b"interceptor: error: ")


def test_how_much_of_a_url_is_shown_is_asked_for(tmp_path: Path) -> None:
    """The path as sent is in no record unless asked for."""
    path = put(tmp_path / "a", pcap(conversation(2)))
    assert all("url.path" not in each for each in records(run("read", path).stdout))
    seen = records(run("read", path, "--url", "path").stdout)
    assert [each["url.path"] for each in seen] == ["/items/0", "/items/1"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_quietly_with_what_was_understood(number: int, status: int) -> None:
    """Also what was still open: the request that has no response yet."""
    packets = conversation(4, close=False)[:-1]
    process = subprocess.Popen(
        [*COMMAND, "read", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    with process:
        process.stdin.write(pcap(packets))
        process.stdin.flush()
        output = process.stdout.readline()
        time.sleep(0.2)  # for it to wait for input again; any other moment must do as well
        process.send_signal(number)
        output += process.stdout.read()
        assert process.stderr.read() == b""
        assert process.wait(30) == status
    assert [each["http.response.state"] for each in records(output)] == ["complete"] * 3 + ["missing"]


def test_a_progress_bar_is_drawn_for_a_terminal_only(tmp_path: Path) -> None:
    """On standard error, erased at the end; the records on standard output have nothing of it."""
    packets = [packet for port in range(2_000) for packet in conversation(20, port=10_000 + port)]
    path = put(tmp_path / "a", pcap(packets))
    ours, theirs = pty.openpty()
    output = tmp_path / "out"
    with open(output, "wb") as file:
        process = subprocess.Popen([*COMMAND, "read", path], stdout=file, stderr=theirs, env=ENVIRONMENT)
    os.close(theirs)
    written = b""
    with open(ours, "rb", buffering=0) as terminal:
        try:
            while piece := terminal.read(65_536):
                written += piece
        except OSError:
            pass
    assert process.wait(60) == 0
    assert written == b"" or b"transactions" in written  # a fast machine is done before it is drawn
    assert len(records(output.read_bytes())) == 40_000


def test_json_lines_need_no_heavy_import(capture: str) -> None:
    """Neither the terminal's library nor libpcap nor anything of the daemon is loaded for a plain reading."""
    heavy = {
        *("rich", "pcapy", "asyncio", "httpx", "pydantic", "starlette", "structlog", "uvicorn", "yaml"),
        *(
            "prometheus_client",
            "pyroute2",
            "interceptor.commands.display",
            "interceptor.commands.summary",
            "interceptor.config",
        ),
    }
    code = (
        "import sys; from interceptor.cli import main\n"
        f"status = main(['read', {capture!r}])\n"
        f"print(sorted(set(sys.modules) & {heavy!r}), status, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=ENVIRONMENT
    )
    assert done.stderr == "[] 0\n"


# Clocks of files


def by_direction(packets: list[tuple[int, bytes]]) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]]:
    """What the client sends and what the server does, as two taps capture them."""
    client = bytes([10, 0, 0, 1])
    return (
        [packet for packet in packets if packet[1][26:30] == client],
        [packet for packet in packets if packet[1][26:30] != client],
    )


CONNECTIONS = sorted(
    packet
    for number in range(5)
    for packet in conversation(3, port=41_000 + number, start=START + number * 30_000_000, step=2_000_000)
)


@pytest.mark.parametrize("seconds", [-3_600, -61, -2, 2, 7, 3_600])
@pytest.mark.parametrize("pack", [pcap, lambda packets: gzip.compress(pcapng(packets, name=""))])
def test_two_files_whose_clocks_are_apart_give_the_records_of_one(
    tmp_path: Path, seconds: int, pack: Callable[[list[tuple[int, bytes]]], bytes]
) -> None:
    """One direction each: byte by byte what the capture gave before it was split, and one line says what was done."""
    whole = run("read", put(tmp_path / "whole", pcap(CONNECTIONS))).stdout
    requests, answers = by_direction(CONNECTIONS)
    moved = [(time + seconds * 10**9, frame) for time, frame in answers]
    a, b = put(tmp_path / "a", pack(requests)), put(tmp_path / "b", pack(moved))
    done = run("read", a, b)
    assert (done.returncode, done.stdout) == (0, whole)
    side = "ahead of" if seconds > 0 else "behind"
    assert f"note: {b}: its clock is {abs(seconds):,} s {side} that of {a}, by 5 connections" in one_line(
        done.stderr
    )
    other = run("read", b, a, "--format", "summary")
    assert f"note: {a}: its clock is {abs(seconds):,} s" in one_line(other.stderr)


def test_clocks_that_are_right_are_not_touched(tmp_path: Path) -> None:
    """Nothing is said, and no time is another: of the same clock, of one that is off by what a network takes, and of pieces."""
    requests, answers = by_direction(CONNECTIONS)
    whole = run("read", put(tmp_path / "whole", pcap(CONNECTIONS))).stdout
    a, b = put(tmp_path / "a", pcap(requests)), put(tmp_path / "b", pcap(answers))
    assert (run("read", a, b).stdout, run("read", a, b).stderr) == (whole, b"")
    late = put(tmp_path / "late", pcap([(time + 120_000_000, frame) for time, frame in answers]))
    done = run("read", a, late)
    assert done.stderr == b""
    assert [each["time"] for each in records(done.stdout)] == [each["time"] for each in records(whole)]
    middle = len(CONNECTIONS) // 2
    pieces = [
        put(tmp_path / name, pcap(part))
        for name, part in (("1", CONNECTIONS[:middle]), ("2", CONNECTIONS[middle:]))
    ]
    done = run("read", *pieces)
    assert (done.stdout, done.stderr) == (whole, b"")


def test_a_file_that_begins_long_before_the_other_is_looked_through(tmp_path: Path) -> None:
    """120,000 packets before those of which the other file has the answers."""
    requests, answers = by_direction(CONNECTIONS)
    noise = [
        (
            START - 10**9 + n,
            tcp(to_server=True, sequence=n, acknowledgement=1, flags=16, client=("10.0.0.1", 9)),
        )
        for n in range(120_000)
    ]
    a = put(tmp_path / "a", pcap([*noise, *requests]))
    b = put(tmp_path / "b", pcap([(time - 90 * 10**9, frame) for time, frame in answers]))
    done = run("read", a, b)
    assert "its clock is 90 s behind" in one_line(done.stderr)
    assert {each["http.response.status_code"] for each in records(done.stdout)} == {200}


def test_a_clock_that_was_set_meanwhile_is_said_and_left(tmp_path: Path) -> None:
    """No one number is right, so none is taken."""
    requests, answers = by_direction(CONNECTIONS)
    torn = [(time + (int.from_bytes(frame[36:38]) - 41_002) * 20 * 10**9, frame) for time, frame in answers]
    done = run("read", put(tmp_path / "a", pcap(requests)), put(tmp_path / "b", pcap(sorted(torn))))
    assert done.returncode == 0
    assert "drift apart or were set: no one offset fits, by 5 connections" in one_line(done.stderr)


def test_what_can_be_read_once_keeps_its_times(tmp_path: Path) -> None:
    """Standard input beside a file: it is read as it comes, and nothing waits for it."""
    requests, answers = by_direction(CONNECTIONS)
    moved = pcap([(time + 7 * 10**9, frame) for time, frame in answers])
    done = run("read", put(tmp_path / "a", pcap(requests)), "-", input=moved)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("seconds", [37, -37, 3_600])
def test_directions_of_one_interface_with_clocks_of_their_own_pair(tmp_path: Path, seconds: int) -> None:
    """As network cards do that stamp what they receive in TAI, 37 s ahead of UTC: the order of the file is what counts."""
    server = bytes([10, 0, 0, 2])
    packets = [
        (time + seconds * 10**9 * (frame[26:30] == server), frame)
        for port in range(3)
        for time, frame in conversation(3, port=42_000 + port, start=START + port * 10**9)
    ]
    done = run("read", put(tmp_path / "a", pcap(packets)))
    assert (done.returncode, done.stderr) == (0, b"")
    seen = records(done.stdout)
    assert [each["http.response.status_code"] for each in seen] == [200] * 9
    assert all("anomalies" not in each and each.get("duration_us", 0) >= 0 for each in seen)


@pytest.mark.parametrize("recover", [False, True])
def test_headers_from_before_a_loss(recover: bool) -> None:
    """What a lost block of HTTP/2 has moved is found where that was asked for; what it has inserted itself is not known either way."""
    done = run(
        *("read", "--format", "jsonl", "--url", "path", f"{HERE}/fixtures/made/http2_known_before.pcap.gz"),
        *(["--recover-headers"] if recover else []),
    )
    assert done.returncode == 0
    seen = records(done.stdout)
    assert [each.get("url.path") for each in seen] == ["/n/1", None, "/n/1" if recover else None]
    assert [each.get("url.unknown") for each in seen][1:] == [
        "head_lost",
        None if recover else seen[2]["url.unknown"],
    ]
