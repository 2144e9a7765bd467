"""Inputs: opened, unpacked and merged."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.capture.files import Capture, merge, open_captures
from interceptor.errors import CaptureError, UsageError
from tests.capture_bytes import START, conversation, enhanced, interface, option, pcap, pcapng, section

if TYPE_CHECKING:
    from interceptor.core.model import PacketBatch

PACKETS = conversation(3)

Seen = list[tuple[int, bytes]]


def flat(batches: list[PacketBatch]) -> Seen:
    """Times and bytes of the packets."""
    return [
        (time, batch.buffer[start : start + captured])
        for batch in batches
        for time, start, captured, _ in batch.packets
    ]


def read(path: Path) -> tuple[Seen, Capture]:
    """All of one file."""
    capture = Capture(str(path))
    return flat(list(capture.batches())), capture


def put(path: Path, data: bytes) -> str:
    """Write a file; returns its path."""
    path.write_bytes(data)
    return str(path)


def tool(name: str) -> str:
    """A program of the tshark package; the test skips without it, but not in CI."""
    found = shutil.which(name)
    if found is None:
        if "CI" in os.environ:
            pytest.fail(f"{name} is not installed (apt install tshark)")
        pytest.skip(f"{name} is not installed (apt install tshark)")
    return found


@pytest.mark.parametrize("name", ["a.pcap", "a.gz", "a"])
def test_a_gzipped_file_is_known_by_its_bytes(tmp_path: Path, name: str) -> None:
    """Packed or not, and whatever its name, a file gives the same packets."""
    for data in (pcap(PACKETS), gzip.compress(pcap(PACKETS)), gzip.compress(pcapng(PACKETS))):
        put(tmp_path / name, data)
        seen, capture = read(tmp_path / name)
        assert (seen, capture.problem) == (PACKETS, None)


def test_gzip_members_follow_each_other(tmp_path: Path) -> None:
    """RFC 1952 section 2.2: a file consists of a series of members; zeros after them are padding."""
    whole = pcap(PACKETS)
    parts = (whole[:100], whole[100:101], b"", whole[101:])
    put(tmp_path / "a", b"".join(gzip.compress(part) for part in parts) + bytes(512))
    seen, capture = read(tmp_path / "a")
    assert (seen, capture.problem) == (PACKETS, None)


def test_a_gzipped_file_cut_at_any_byte_gives_what_is_readable(tmp_path: Path) -> None:
    """A cut never raises, is always noticed, and costs only what was behind it."""
    whole = gzip.compress(pcap(PACKETS), mtime=0)
    counts = []
    for cut in range(3, len(whole)):
        seen, capture = read(Path(put(tmp_path / "a", whole[:cut])))
        assert seen == PACKETS[: len(seen)]
        assert isinstance(capture.problem, CaptureError)
        assert "gzip data" in str(capture.problem)
        counts.append(len(seen))
    assert counts == sorted(counts)
    assert counts[-1] == len(PACKETS)


def test_damaged_gzip_data_gives_what_is_before_the_damage(tmp_path: Path) -> None:
    """zlib alone would lose up to a whole piece of sound data with the damaged one."""
    random = Random(7)
    packets = [(START + index * 1_000, random.randbytes(50).hex().encode()) for index in range(5_000)]
    whole = bytearray(gzip.compress(pcap(packets)))
    place = len(whole) // 2
    whole[place : place + 2_000] = b"\xff" * 2_000
    seen, capture = read(Path(put(tmp_path / "a", bytes(whole))))
    sound = 0
    while sound < len(seen) and seen[sound] == packets[sound]:
        sound += 1
    assert sound > 2_300
    assert len(seen) - sound <= 30  # what the damage unpacks to until zlib notices
    assert isinstance(capture.problem, CaptureError)


def test_a_wrong_checksum_at_the_end_costs_no_packet(tmp_path: Path) -> None:
    """The CRC comes last: all packets were given, and the damage is told."""
    whole = bytearray(gzip.compress(pcap(PACKETS)))
    whole[-8] ^= 1
    seen, capture = read(Path(put(tmp_path / "a", bytes(whole))))
    assert seen == PACKETS
    assert isinstance(capture.problem, CaptureError)


def test_garbage_after_gzip_data_is_told(tmp_path: Path) -> None:
    """What follows the last member and is neither a member nor padding is damage."""
    seen, capture = read(Path(put(tmp_path / "a", gzip.compress(pcap(PACKETS)) + b"garbage")))
    assert seen == PACKETS
    assert isinstance(capture.problem, CaptureError)


def test_a_bomb_stays_small(tmp_path: Path) -> None:
    """256 KiB that unpack to 256 MiB of packets are read in a few MiB."""
    packet = pcap([(START, bytes(200_000))])[24:]
    with gzip.open(tmp_path / "a", "wb", compresslevel=9) as file:
        file.write(pcap([]))
        for _ in range(1_300):
            file.write(packet)
    assert os.path.getsize(tmp_path / "a") < 600_000
    tracemalloc.start()
    try:
        count = sum(len(batch.packets) for batch in Capture(str(tmp_path / "a")).batches())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 1_300
    assert peak < 8 * 2**20


def test_damage_ends_one_capture_and_not_the_others(tmp_path: Path) -> None:
    """The damaged one has a problem with its name; the packets of both are there."""
    damaged = put(tmp_path / "damaged.pcap", pcap(PACKETS)[:-1])
    sound = put(tmp_path / "sound.pcap", pcap(PACKETS))
    captures = open_captures([damaged, sound])
    assert len(flat(list(merge(captures)))) == 2 * len(PACKETS) - 1
    assert str(captures[0].problem).startswith(f"{damaged}: ends inside a packet")
    assert captures[1].problem is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.write_bytes(b"\xd4\xc3"), "is not a capture file"),
        (lambda path: path.write_text("hello, world"), "is not a capture file"),
        (lambda path: path.write_bytes(gzip.compress(b"hello, world")), "is not a capture file"),
        (lambda path: path.symlink_to(path), "symbolic links"),
    ],
)
def test_what_cannot_be_read_is_said_before_any_packet(tmp_path: Path, make, says: str) -> None:  # type: ignore[no-untyped-def]
    """One bad input among good ones stops everything, with its name."""
    good = put(tmp_path / "good.pcap", pcap(PACKETS))
    bad = tmp_path / "bad"
    make(bad)
    with pytest.raises(UsageError, match=says) as caught:
        open_captures([good, str(bad)])
    assert str(caught.value).startswith(f"{bad}: ")


def test_a_path_that_is_empty_has_a_name_in_what_is_said() -> None:
    """A variable of a shell script that was not set."""
    with pytest.raises(UsageError, match=r"^'': cannot be opened: No such file"):
        open_captures([""])


def test_a_file_without_permission_is_a_usage_error(tmp_path: Path) -> None:
    """The reason is the operating system's."""
    path = put(tmp_path / "secret.pcap", pcap(PACKETS))
    os.chmod(path, 0)
    code = (
        "import os, sys; from interceptor.capture.files import Capture; from interceptor.errors import UsageError\n"
        "import encodings.idna\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: Capture(sys.argv[1])\n"
        "except UsageError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=30)
    assert done.stdout == f"{path}: cannot be opened: Permission denied\n", done.stderr


def test_places_in_a_packed_file_say_what_they_are_places_in(tmp_path: Path) -> None:
    """Bytes of the file where gzip is damaged, bytes after unpacking where the capture in it is."""
    for data, says in (
        (gzip.compress(pcap(PACKETS)[:-1]), "missing) (counted after unpacking)"),
        (gzip.compress(pcap(PACKETS))[:-1], "of the file"),
        (pcap(PACKETS)[:-1], "missing)"),
    ):
        _, capture = read(Path(put(tmp_path / "a", data)))
        assert str(capture.problem).endswith(says)


def test_standard_input_is_read_once() -> None:
    """It has only one content."""
    with pytest.raises(UsageError, match="only once"):
        open_captures(["-", "-"])


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    """Files are closed when they were read and when one of them cannot be."""
    good = put(tmp_path / "good.pcap", pcap(PACKETS))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(UsageError):
        open_captures([good, put(tmp_path / "bad", b"nothing of the kind")])
    list(merge(open_captures([good, good])))
    assert len(os.listdir("/proc/self/fd")) == before


def test_interfaces_are_gone_when_their_file_is(tmp_path: Path) -> None:
    """Pieces of one capture: the first one's interface is gone when the second one's packets come."""
    captures = open_captures(
        [put(tmp_path / "1", pcap(PACKETS[5:])), put(tmp_path / "0", pcap(PACKETS[:5]))]  # in the wrong order
    )
    first = None
    states = []
    for batch in merge(captures):
        first = first or batch.interface
        states.append((batch.interface is first, first.gone))
    assert states == [(True, False), (False, True)]


def test_overlapping_files_are_merged_by_time(tmp_path: Path) -> None:
    """Batches are cut where files overlap; at one time the file named first comes first."""
    names = [
        put(tmp_path / "a", pcapng([(1, b"a1"), (5, b"a5"), (5, b"a5'"), (9, b"a9")])),
        put(tmp_path / "b", pcapng([(2, b"b2"), (3, b"b3"), (5, b"b5"), (11, b"b11"), (12, b"b12")])),
        put(tmp_path / "c", pcapng([(10, b"c10")])),
        put(tmp_path / "d", pcapng([])),
    ]
    merged = [data.decode() for _, data in flat(list(merge(open_captures(names))))]
    assert merged == ["a1", "b2", "b3", "a5", "a5'", "b5", "a9", "c10", "b11", "b12"]


@given(st.lists(st.lists(st.integers(0, 30), max_size=12), min_size=1, max_size=4), st.integers(1, 3))
def test_merging_is_a_stable_choice_of_the_earliest(tmp_path_factory, files, seed) -> None:  # type: ignore[no-untyped-def]
    """Whatever the times and the pieces: always the earliest next packet, the files' own order untouched."""
    directory = tmp_path_factory.mktemp("merge")
    captures = []
    for number, times in enumerate(files):
        path = put(
            directory / str(number),
            pcapng([(time, f"{number}.{index}".encode()) for index, time in enumerate(times)]),
        )
        captures.append(Capture(path, read_size=(1, 50, 10_000)[(seed + number) % 3]))
    expected = []
    queues = [
        [(time, number, index) for index, time in enumerate(times)] for number, times in enumerate(files)
    ]
    while any(queues):
        queue = min((queue for queue in queues if queue), key=lambda queue: queue[0][:2])
        expected.append("{1}.{2}".format(*queue.pop(0)).encode())
    assert [data for _, data in flat(list(merge(captures)))] == expected


def test_the_pieces_of_many_files_fit_the_read_ahead(tmp_path: Path) -> None:
    """200 overlapping files of 1 MiB are merged in far less than their 200 MiB."""
    path = put(tmp_path / "a", pcap([(START + index, bytes(1_000)) for index in range(1_000)]))
    tracemalloc.start()
    try:
        batches = merge(open_captures([path] * 200))
        count = sum(len(batch.packets) for batch in batches)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 200_000
    assert peak < 150 * 2**20


def test_mergecap_agrees(tmp_path: Path) -> None:
    """Wireshark's mergecap puts the packets of two files into the same order."""
    mergecap = tool("mergecap")
    one, two = conversation(5), conversation(5, port=41_000, start=START + 2_500_001)
    names = [put(tmp_path / "one", pcap(one, magic=0xA1B23C4D)), put(tmp_path / "two", pcapng(two))]
    subprocess.run([mergecap, "-w", tmp_path / "merged", *names], check=True, capture_output=True, timeout=60)
    assert flat(list(merge(open_captures(names)))) == read(tmp_path / "merged")[0]


@pytest.mark.parametrize("kind", ["pcap", "nsecpcap", "pcapng", "modpcap"])
def test_what_editcap_writes_is_read(tmp_path: Path, kind: str) -> None:
    """Each of Wireshark's variants of the format gives the packets that went in."""
    editcap = tool("editcap")
    path = put(tmp_path / "in", pcapng(PACKETS))
    done = subprocess.run(
        [editcap, "-F", kind, path, tmp_path / "out"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    seen, capture = read(tmp_path / "out")
    assert (seen, capture.problem) == (PACKETS, None)


def test_names_of_interfaces_come_from_the_file(tmp_path: Path) -> None:
    """pcapng has names, pcap has none."""
    data = section() + interface(1, option(2, b"veth1")) + enhanced(1, b"x")
    for content, name in ((data, "veth1"), (pcap(PACKETS), None)):
        (batch,) = Capture(put(tmp_path / "a", content)).batches()
        assert batch.interface.name == name
