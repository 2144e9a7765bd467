"""What the terminal gets: fitting, harmless, complete."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from interceptor.commands.display import (
    ReadingProgress,
    TransactionTable,
    clean,
    duration,
    make_console,
    print_summary,
    size,
)
from interceptor.commands.summary import Summary
from interceptor.core.model import Interface, PacketBatch, Stage
from tests.commands.test_summary import record

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def console(width: int, *, colour: bool = False) -> Console:
    """A console that writes into a string."""
    return Console(
        file=StringIO(),
        width=width,
        color_system="256" if colour else None,
        force_terminal=colour,
        highlight=False,
    )


def text(of: Console) -> str:
    """What a console wrote."""
    assert isinstance(of.file, StringIO)
    return of.file.getvalue()


def lines(width: int, *records, colour: bool = False) -> list[str]:  # type: ignore[no-untyped-def]
    """The table's lines."""
    target = console(width, colour=colour)
    TransactionTable(target).print(records)
    return text(target).splitlines()


@pytest.mark.parametrize(
    ("width", "heading", "row"),
    [
        (
            80,
            "utc      client       method  server and url                  st     took   size",
            "22:13:20 10.0.0.1     GET     example.com/items/{id}          200 1.00 ms 1.2 kB",
        ),
        (
            120,
            "utc           client           server         method   url                   status     ttfb  duration    sent  received",
            "22:13:20.123  10.0.0.1         example.com    GET      /items/{id}           200           -   1.00 ms     0 B    1.2 kB",
        ),
    ],
)
def test_the_table_at_usual_widths(width: int, heading: str, row: str) -> None:
    """Heading, day, and a row for each transaction, in columns."""
    assert lines(width, record(), record(time="2023-11-15T00:00:00.000000Z")) == [
        heading,
        "── 2023-11-14 ──",
        row,
        "── 2023-11-15 ──",
        row.replace("22:13:20", "00:00:00").replace(".123", ".000"),
    ]


def test_a_call_of_grpc_shows_both_statuses() -> None:
    """`200/13`, or as much as fits; it is an error, and the one that went well is not."""
    failed = record(rpc__system="grpc", rpc__grpc__status_code=13)
    well = record(rpc__system="grpc", rpc__grpc__status_code=0)
    assert "  200/13  " in lines(120, failed)[-1]
    assert "  200/0   " in lines(120, well)[-1]
    assert " /13 " in lines(80, failed)[-1]
    assert " 200 " in lines(80, well)[-1]
    assert "1;31m200/13" in lines(120, failed, colour=True)[-1]
    assert "31m200/0" not in lines(120, well, colour=True)[-1]
    summary = Summary()
    for each in (failed, failed, well):
        summary.add(each)
    target = console(100)
    print_summary(target, summary)
    shown = text(target)
    assert "gRPC error  2" in shown
    assert "gRPC  INTERNAL 2  OK 1" in shown
    section = shown[shown.index("errors ──") : shown.index("busiest")].splitlines()
    assert section[1].split()[:5] == "5xx gRPC unanswered invalid of".split()
    assert section[2].split()[:5] == ["0", "2", "0", "0", "3"]


def test_the_longest_methods_fit_a_narrow_terminal() -> None:
    """OPTIONS and CONNECT, whole."""
    assert " OPTIONS " in lines(80, record(http__request__method="OPTIONS"))[-1]
    assert " CONNECT " in lines(60, record(http__request__method="CONNECT"))[-1]


@pytest.mark.parametrize("width", [20, 60, 80])
def test_a_narrow_row_tells_which_endpoint(width: int) -> None:
    """The name of a server in a cluster is long: what is cut of a URL is its beginning."""
    made = lines(width, record(server__address="orders.shop.svc.cluster.local", url__template="/v1/{id}"))
    assert "/v1/{id} 200" in made[-1]
    assert "server and" in made[0]


def test_flags_have_a_column_where_there_is_room_and_a_line_where_not() -> None:
    """What is odd about a transaction is never cut away for lack of a column."""
    odd = record(
        http__response__state="truncated",
        missed_bytes=2_500,
        anomalies=("obs_fold", "pipelined"),
        http__response__status_code=206,
    )
    flags = "response truncated, 2.5 kB lost, obs fold, pipelined"
    assert lines(80, odd)[-1] == f"         └ {flags}"
    wide = lines(200, odd)
    assert wide[-1].split("  ")[-1].startswith("response truncated, 2.5 kB lost")
    assert len(wide) == 3


def test_what_lasts_shows_its_first_byte_and_that_it_goes_on() -> None:
    """A stream that was reported at the deadline: its duration so far says nothing of how fast its server is."""
    stream = record(
        ttfb_us=3_000,
        duration_us=3_600_000_000,
        http__response__state="truncated",
        anomalies=("client_closed", "cut_short", "deadline"),
    )
    assert "  3.00 ms   60m 00s  " in lines(120, stream)[-2]
    assert lines(120, stream)[-1].strip() == "└ response truncated, ongoing, client closed"


def test_missing_halves_are_shown_as_unknown() -> None:
    """A response without its request has a dash where the method would be."""
    row = lines(
        80,
        record(
            http__request__method=None, url__template=None, duration_us=None, http__request__state="missing"
        ),
    )
    assert row[2].split() == ["22:13:20", "10.0.0.1", "-", "example.com", "200", "-", "1.2", "kB"]
    assert "request missing" in row[3]


def test_a_url_is_shown_as_asked_for() -> None:
    """With the path or the query in the record, the row has them instead of the template."""
    assert "/items/7?a=b" in lines(120, record(url__path="/items/7", url__query="a=b"))[-1]


@given(st.text(max_size=300), st.integers(60, 250), st.booleans())
def test_no_text_of_traffic_breaks_a_row_or_reaches_the_terminal_as_a_command(
    nasty: str, width: int, colour: bool
) -> None:
    """Whatever is in a name: no control characters but our own colours, and no row wider than the terminal."""
    nasty = nasty.encode(errors="replace").decode() + "\x1b]0;title\x07\x1b[2J\u202e\u3042\n\r{x"
    made = lines(
        width,
        record(server__address=nasty, url__path=nasty, http__request__method=nasty, source__address=nasty),
        colour=colour,
    )
    assert len(made) == 3
    for line in made:
        plain = ESCAPES.sub("", line) if colour else line
        assert plain.isprintable()
        assert cell_len(plain) <= width


def test_text_of_traffic_is_harmless_in_the_summary() -> None:
    """Endpoints are cleaned there as well."""
    summary = Summary()
    summary.add(record(server__address="a\x1b[2Jb", url__template="/\x9b2J\n[bold]"))
    target = console(100)
    print_summary(target, summary)
    assert "\x1b" not in text(target)
    assert "\x9b" not in text(target)
    assert "a\ufffd[2Jb/\ufffd2J\ufffd[bold]" in text(target)


def test_statuses_have_colours() -> None:
    """A failure is red, a success is green, and without colours there is no escape sequence at all."""
    assert "\x1b[1;31m503" in lines(120, record(http__response__status_code=503), colour=True)[-1]
    assert "\x1b[32m200" in lines(120, record(), colour=True)[-1]
    assert "\x1b" not in "".join(lines(120, record()))


def test_no_color_leaves_no_colour() -> None:
    """NO_COLOR (no-color.org): bold and dim stay, rows and summary have no colour."""
    target = Console(
        file=StringIO(), width=100, force_terminal=True, color_system="256", _environ={"NO_COLOR": "1"}
    )
    summary = Summary()
    failed = record(http__response__status_code=503)
    summary.add(failed)
    TransactionTable(target).print([failed])
    print_summary(target, summary)
    codes = {code for escape in ESCAPES.findall(text(target)) for code in escape[2:-1].split(";")}
    assert codes == {"0", "1", "2", "4"}


def test_a_new_width_gets_a_new_heading() -> None:
    """The terminal may be resized while rows are coming."""
    target = console(80)
    table = TransactionTable(target)
    table.print([record()])
    target.width = 120
    table.print([record()])
    assert [line.split()[0] for line in text(target).splitlines()] == [
        "utc",
        "──",
        "22:13:20",
        "utc",
        "22:13:20.123",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"), (0, "0 µs"), (999, "999 µs"), (1_000, "1.00 ms"), (12_345, "12.3 ms"), (999_499, "999 ms"), (999_999, "1.00 s"),
        (59_940_000, "59.9 s"), (59_960_000, "1m 00s"), (3_600_000_000, "60m 00s"), (86_400_000_000, "24h 00m"),
    ],
)  # fmt: skip
def test_durations_have_three_digits_and_a_unit(value: int | None, shown: str) -> None:
    """And fit their column."""
    assert duration(value) == shown
    assert len(shown) <= 7


@given(st.integers(0, 359_999_000_000), st.integers(0, 10**14))
def test_units_fit_their_columns(microseconds: int, octets: int) -> None:
    """7 columns for up to 100 hours, 6 for up to 100 TB."""
    assert len(duration(microseconds)) <= 7
    assert len(size(octets)) <= 6


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (9_940, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
    ],
)
def test_sizes_have_two_or_three_digits_and_a_unit(value: int | None, shown: str) -> None:
    """Units are powers of 1,000."""
    assert size(value) == shown


def test_cleaning_keeps_what_can_be_printed() -> None:
    """Latin-1 stays; controls, direction marks and double width do not."""
    assert clean("café/{id}") == "café/{id}"
    assert clean("a\0b\x85c\u202ed\u3042e") == "a\ufffdb\ufffdc\ufffdd\ufffde"


def test_the_summary_has_every_drop_with_its_reason() -> None:
    """Nothing of the ledger is left out, and what does not balance is called a defect."""
    summary = Summary(connections=2, gaps=3, missed_bytes=4_380, cut_bytes=1_500, evicted=4)
    summary.add_batch(
        PacketBatch(Interface(None, 1), bytes(9), [(10**18, 0, 9, 9), (10**18 + 5 * 10**9, 0, 9, 9)])
    )
    summary.add(record())
    summary.add(
        record(http__response__status_code=None, http__response__state="missing", anomalies=("unanswered",))
    )
    summary.stages = [
        Stage("decode", "packets", 100, 90, {"not_tcp": 7, "icmp": 3, "malformed": 0}, 0),
        Stage("reassembly", "bytes", 1_000, 900, {"retransmitted": 50}, 25),
    ]
    target = console(80)
    print_summary(target, summary)
    shown = " ".join(text(target).split())
    for fact in (
        "packets 2 (18 B on the wire)",
        "2001-09-09 01:46:40 to 2001-09-09 01:46:45 UTC, 5.00 s",
        "connections 2",
        "transactions 2, of which 1 complete",
        "gaps 3, 4.4 kB missing",
        "2xx 1",
        "no response 1",
        "50.0%",
        "GET 2",
        "1 unanswered",
        "2 1 1.00 ms 1.00 ms 1.00 ms GET example.com/items/{id}",
        "decode (packets) 100 90 7 not tcp 3 icmp",
        "reassembly (bytes) 1,000 900 50 retransmitted 25 still held 25 UNACCOUNTED FOR",
        "cut off 1.5 kB by the snapshot length of the capture",
        "evicted 4 connections",
    ):
        assert fact in shown
    assert "malformed" not in shown
    assert all(cell_len(line) <= 80 for line in text(target).splitlines())


@pytest.mark.parametrize("width", [20, 60, 80])
def test_a_narrow_summary_has_every_endpoint(width: int) -> None:
    """A long name goes on in the next line; nothing of it is cut."""
    summary = Summary()
    summary.add(record(server__address="orders.shop.svc.cluster.local", url__template="/v1/{id}"))
    target = console(width)
    print_summary(target, summary)
    assert "orders.shop.svc.cluster.local/v1/{id}" in re.sub(r"\s", "", text(target))


def test_errors_have_a_section_which_says_what_it_leaves_out() -> None:
    """By endpoint, the worst first, as many as are asked for; what came from the traffic is cleaned. Without errors none."""
    summary = Summary()
    for number in range(3):
        for _ in range(number + 1):
            summary.add(record(url__template=f"/\x9b{number}", http__response__status_code=500))
    summary.add(record(http__request__method=None, url__template=None, anomalies=["request_invalid"]))
    target = console(100)
    print_summary(target, summary, 2)
    shown = text(target)
    section = shown[shown.index("errors ──") : shown.index("busiest")].splitlines()
    assert section[1].split() == "5xx unanswered invalid of method server and path template".split()
    assert section[2].split() == ["3", "0", "0", "3", "GET", "example.com/\ufffd2"]
    assert section[3].split() == ["2", "0", "0", "2", "GET", "example.com/\ufffd1"]
    assert section[4].strip() == "2 more, of other endpoints (--top shows more)"
    target = console(100)
    print_summary(target, summary, 10)
    assert "more, of other endpoints" not in text(target)
    assert "none   example.com" in text(target)
    target = console(100)
    print_summary(target, Summary())
    assert "errors" not in text(target)
    assert "busiest" not in text(target)


def test_clients_and_servers_have_a_section_each_which_says_what_it_leaves_out() -> None:
    """Those with most transactions, as many as are asked for; what came from the traffic is cleaned."""
    summary = Summary()
    for number in range(3):
        for _ in range(number + 1):
            summary.add(record(source__address=f"10.0.0.{number}", server__address=f"\x9b{number}.example"))
    summary.add(record(source__address="10.0.0.1", http__response__status_code=500))
    target = console(100)
    print_summary(target, summary, 2)
    shown = text(target)
    clients = shown[shown.index("busiest clients") : shown.index("busiest servers")].splitlines()
    assert [line.split() for line in clients[1:4]] == [
        ["count", "failed", "client"],
        ["3", "1", "10.0.0.1"],
        ["3", "0", "10.0.0.2"],
    ]
    assert clients[4].strip() == "1 more, of other clients (--top shows more)"
    servers = shown[shown.index("busiest servers") : shown.index("where everything")].splitlines()
    assert servers[2].split() == ["3", "0", "\ufffd2.example"]
    assert servers[4].strip() == "2 more, of other servers (--top shows more)"
    target = console(100)
    print_summary(target, summary, 10)
    assert "more, of other" not in text(target)


def test_a_summary_of_nothing_is_shown() -> None:
    """An empty capture is no special case."""
    target = console(80)
    print_summary(target, Summary())
    assert "transactions  0" in text(target)


def test_a_table_that_goes_to_a_file_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """120 columns, unless COLUMNS says otherwise."""
    monkeypatch.delenv("COLUMNS", raising=False)
    assert make_console(StringIO()).width == 120
    monkeypatch.setenv("COLUMNS", "77")
    assert make_console(StringIO()).width == 77


def test_the_progress_bar_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not drawn in the first half second, shows how far it is, and is erased when hidden."""
    now = 100.0
    monkeypatch.setattr("interceptor.commands.display.monotonic", lambda: now)
    target = Console(file=StringIO(), width=100, force_terminal=True)
    bar = ReadingProgress(target, 2_000_000)
    bar.update(100_000, 1)
    assert text(target) == ""
    now += 1
    bar.update(500_000, 1_234)
    assert "1,234 transactions" in text(target)
    assert "25%" in text(target)
    bar.hide()
    assert text(target).endswith("\x1b[2K")
    length = len(text(target))
    bar.hide()
    assert len(text(target)) == length
