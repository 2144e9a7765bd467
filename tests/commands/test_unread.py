"""`interceptor read` is never silent about what it could not read: the command itself, over whole files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.made.wire import ETHERNET, opened
from fixtures.made.wire import pcap as capture_of
from tests.capture_bytes import conversation, pcap
from tests.support.tls import talk as tls_talk

ROOT = Path(__file__).parents[2]
MADE = ROOT / "fixtures" / "made"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def read(*arguments: str, data: bytes = b"") -> tuple[bytes, list[str], int]:
    """Run the command: its output, the lines on standard error, its status."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "interceptor", "read", *arguments],
        input=data,
        capture_output=True,
        timeout=60,
        check=False,
        env=ENVIRONMENT,
    )
    return done.stdout, done.stderr.decode().splitlines(), done.returncode


def tls(data: bytes) -> bytes:
    """A conversation whose payloads are TLS records in the place of messages."""
    return data.replace(b"GET ", b"\x16\x03\x01\x02").replace(b"HTTP/1.1", b"\x17\x03\x03\x01\x00abc")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "link_arcnet",
            "none of its 12 packets could be read: 12 of link type 7 (ARCNET_BSD), which is not read",
        ),
        ("link_unknown", "12 of link type 147 (USER0)"),
        ("link_unread", "none of its 12 packets could be read: 12 in an encapsulation that is not read"),
        ("link_radiotap_protected", "12 encrypted"),
        ("tunnel_unread", "in a tunnel that is not entered"),
        ("snaplen_cuts_tcp_header", "larger snapshot length (tcpdump -s 0)"),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "summary", "table"])
def test_a_file_of_which_nothing_is_read_has_a_line(name: str, says: str, form: str) -> None:
    """Whatever the format; and what to try is part of it."""
    (path,) = MADE.glob(f"{name}.pcap*")
    output, lines, status = read("--format", form, str(path))
    assert status == 0
    assert len(lines) == 1
    assert lines[0].startswith(f"interceptor: note: {path}: ")
    assert says in lines[0]
    assert "; " in lines[0]
    assert output == b"" or form != "jsonl"


def test_one_that_is_not_read_among_good_ones_is_told() -> None:
    """Only that one."""
    good, bad = MADE / "link_ethernet.pcap.gz", MADE / "link_arcnet.pcap.gz"
    output, lines, _ = read(str(good), str(bad))
    assert output.count(b"\n") == 2
    assert [str(bad) in line for line in lines] == [True]


def test_standard_input_is_told_like_a_file() -> None:
    """By that name."""
    _, lines, _ = read("-", data=(MADE / "link_arcnet.pcap.gz").read_bytes())
    assert len(lines) == 1
    assert "standard input: none of its 12 packets" in lines[0]


def test_tls_is_called_that(tmp_path: Path) -> None:
    """In a file alone, and beside another that has HTTP."""
    path = tmp_path / "tls.pcap"
    path.write_bytes(tls(pcap(conversation(5))))
    for others in ([], [str(MADE / "link_ethernet.pcap.gz")]):
        _, lines, status = read(str(path), *others)
        assert status == 0
        assert len(lines) == 1
        assert "carry TLS, which is encrypted" in lines[0]


def test_a_file_without_packets_says_so(tmp_path: Path) -> None:
    """It is a capture, and it is empty."""
    path = tmp_path / "empty.pcap"
    path.write_bytes(pcap([]))
    _, lines, status = read(str(path))
    assert (status, lines) == (0, [f"interceptor: note: {path}: has no packets"])


def test_a_filter_that_nothing_passes_is_told() -> None:
    """With the number of packets that did not."""
    path = MADE / "link_ethernet.pcap.gz"
    _, lines, _ = read("--filter", "udp", str(path))
    assert lines == [f"interceptor: note: {path}: none of its 12 packets passed the filter"]


@pytest.mark.parametrize(
    "name", ["link_ethernet", "link_noise", "link_radiotap_a_msdu", "checksums_wrong", "not_tcp"]
)
def test_an_ordinary_file_has_no_line(name: str) -> None:
    """ARP, UDP and the like beside HTTP are ordinary."""
    (path,) = MADE.glob(f"{name}.pcap*")
    output, lines, _ = read(str(path))
    assert output
    assert lines == []


FRAMES = [frame for _, frame in conversation(3)]


@pytest.mark.parametrize(
    ("link_type", "frames", "says"),
    [
        # a driver of mobile broadband that says Ethernet of raw IP
        (1, [frame[14:] for frame in FRAMES], "see whether the capture says the right link type"),
        (101, FRAMES, "see whether the capture says the right link type"),
        (195, FRAMES, "of link type 195 (IEEE802_15_4_WITHFCS), which is not read"),
        (186, FRAMES, "of link type 186 (USB_FREEBSD), which is not read"),
        (249, FRAMES, "of link type 249 (USBPCAP), which is not read"),
    ],
)
def test_captures_that_users_of_other_tools_met(
    tmp_path: Path, link_type: int, frames: list[bytes], says: str
) -> None:
    """Nothing can be read of them, and the line says what they are and what to try."""
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap([(10**18 + n, frame) for n, frame in enumerate(frames)], link_type=link_type))
    output, lines, status = read(str(path))
    assert (output, status, len(lines)) == (b"", 0, 1)
    assert f"none of its {len(frames)} packets could be read" in lines[0]
    assert says in lines[0]


def carrying(first: bytes, answer: bytes = b"") -> bytes:
    """A capture of one connection that begins like this."""
    wire, talk = opened()
    talk.client(first)
    if answer:
        talk.server(answer)
    talk.ack()
    talk.close()
    return capture_of(wire, ETHERNET)


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (b"*1\r\n$4\r\nPING\r\n", "carry Redis, which is not read"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "carry HTTP/2, but no request"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "carry SSH, which is not read"),
        (b"\xff\xfe\xfd\xfc something of nobody's", "carry something else"),
    ],
)
def test_protocols_that_are_not_read_are_named(first: bytes, says: str, tmp_path: Path) -> None:
    """By their first bytes, on whatever port."""
    path = tmp_path / "some.pcap"
    path.write_bytes(carrying(first))
    _, [line], status = read(str(path))
    assert status == 0
    assert says in line


@pytest.mark.parametrize(
    ("name", "server", "assumed"),
    [
        ("tls_joined_late", "198.51.100.20:443 (assumed)", True),
        ("tls_joined_late_to_a_known_server", "198.51.100.20:443", False),
    ],
)
def test_a_session_that_is_met_late_is_a_row_and_says_what_is_assumed(
    name: str, server: str, *, assumed: bool
) -> None:
    """In every format: a record, a row with a mark, a server in the summary."""
    path = str(MADE / f"{name}.pcap.gz")
    output, _, status = read("--format", "jsonl", path)
    late, *others = [json.loads(line) for line in output.splitlines()]
    assert (status, len(others)) == (0, 0 if assumed else 1)
    assert (late["kind"], late["state"], late.get("tls.roles_assumed")) == ("tls", "missing", assumed or None)
    table, _, _ = read("--format", "table", path)
    assert b"TLS" in table
    assert (b"roles assumed" in table) is assumed
    summary, _, _ = read("--format", "summary", path)
    assert f"{server}\n" in "\n".join(line.rstrip() for line in summary.decode().splitlines()) + "\n"
    assert (b"(assumed)" in summary) is assumed


def test_servers_of_tls_are_told_where_its_sessions_are(tmp_path: Path) -> None:
    """Once, as the hello says it, over several segments too; labels that look like tokens are none of a name."""
    for name, shown in (
        ("shop.example", "shop.example:80"),
        ("a1b2c3d4e5f6a7b8.example", "{token}.example:80"),
    ):
        said = tls_talk(name=name)
        wire, talk = opened()
        for side, data in said.flights:
            cuts = (100, 200) if len(data) > 250 else ()
            (talk.client if side == 0 else talk.server)(data, *cuts)
        talk.close()
        path = tmp_path / "tls.pcap"
        path.write_bytes(capture_of(wire, ETHERNET))
        told, [line], _ = read("--format", "summary", str(path))
        assert told.decode().count(shown) == 1
        assert "carry TLS, which is encrypted" in line
        assert "example" not in line
