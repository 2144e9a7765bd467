"""What a person sees on a terminal: transactions as they come, how far the reading is, and the summary.

Owns layout, colours and units. Refuses to decide anything: it shows records and a `Summary`. The only
module that imports rich, and imported only when one of the three is asked for.

Invariant: text that came with the traffic reaches the terminal without control characters, whatever is in
it, and a row is never wider than the terminal.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.bar import Bar
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, Group
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from interceptor.commands.summary import CALL_ERROR, MAXIMUM_ENDPOINTS, NONE, OTHER, server_name
from interceptor.core.model import Anomaly
from interceptor.core.records.encoder import Record
from interceptor.core.records.tls import TlsRecord
from interceptor.core.records.unread import UnreadRecord
from interceptor.core.records.verdicts import CALL, verdict, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from rich.console import RenderableType

    from interceptor.commands.summary import Endpoint, Peers, Summary
    from interceptor.core.records.encoder import AnyRecord

__all__ = ["ReadingProgress", "TransactionTable", "clean", "make_console", "print_summary"]

_UNKNOWN: Final = "-"
_MARK: Final = "\ufffd"
_WIDTH_OF_FILES: Final = 120
"""Columns of a table that goes to no terminal, which could tell, where COLUMNS does not either."""

_WIDTH_OF_SUMMARY: Final = 120
"""At most: beyond it the eye loses the line."""


def make_console(file: TextIO) -> Console:
    """A rich console that neither guesses at contents nor highlights, with a sensible width for files."""
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_FILES
    return console


def clean(text: str) -> str:
    """`text` with every character that is not printable, or not one column wide, replaced by a mark."""
    if text.isascii() and text.isprintable():
        return text
    return "".join([c if c.isprintable() and cell_len(c) == 1 else _MARK for c in text])


def duration(microseconds: float | None) -> str:
    """Three digits and a unit, at most 7 columns."""
    if microseconds is None:
        return _UNKNOWN
    if microseconds < 1_000:
        return f"{microseconds:.0f} µs"
    if microseconds < 999_500:
        return f"{_three(microseconds / 1_000)} ms"
    if microseconds < 59_950_000:
        return f"{_three(microseconds / 1_000_000)} s"
    minutes, seconds = divmod(round(microseconds / 1_000_000), 60)
    return f"{minutes}m {seconds:02}s" if minutes < 100 else f"{minutes // 60}h {minutes % 60:02}m"


def size(octets: float | None) -> str:
    """Two or three digits and a unit, at most 6 columns."""
    if octets is None:
        return _UNKNOWN
    unit = "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if octets < 999.5:
            break
        octets, unit = octets / 1_000, larger
    return f"{octets:.0f} {unit}" if unit == "B" or octets >= 9.95 else f"{octets:.1f} {unit}"


def _three(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def _status_style(status: int | str | None) -> str:
    return {"1": "dim", "2": "green", "3": "cyan", "4": "yellow", "5": "bold red"}.get(
        str(status)[:1], "magenta"
    )


def _url(record: Record) -> str:
    if record.url_path is not None:
        return record.url_path + ("" if record.url_query is None else f"?{record.url_query}")
    return record.url_template or ""


def _flags(record: Record) -> str:
    """Everything odd about a transaction, most telling first."""
    flags = [
        f"{side} {state}"
        for side, state in (("request", record.http_request_state), ("response", record.http_response_state))
        if state == "truncated" or (state == "missing" and side == "request")
    ]
    if record.missed_bytes:
        flags.append(f"{size(record.missed_bytes)} lost")
    tags = record.anomalies or ()
    if Anomaly.DEADLINE in tags:
        tags = ("ongoing", *[tag for tag in tags if tag not in _GOES_ON])
    flags += [tag.replace("_", " ") for tag in tags]
    return ", ".join(flags)


_GOES_ON: Final = frozenset({Anomaly.DEADLINE, Anomaly.CUT_SHORT})
"""Tags of what was reported before it was over."""
_KINDS: Final = {"tls": "TLS sessions", "websocket": "WebSocket sessions", "tunnel": "tunnels"}
_SHORT: Final = {"tls": "TLS", "websocket": "WS", "tunnel": "TUNNEL"}


def _row(record: AnyRecord) -> Record:
    """What stands in the columns of a row: of a session its kind for a method, and the bytes of both sides."""
    if isinstance(record, Record):
        return record
    assert not isinstance(record, UnreadRecord)  # those are of the daemon's
    odd = (*(record.anomalies or ()), *(("ongoing",) if record.ongoing else ()))
    if isinstance(record, TlsRecord) and record.tls_roles_assumed:
        odd = (*odd, "roles_assumed")
    return Record(
        time=record.time,
        duration_us=record.duration_us,
        source_address=record.source_address,
        source_port=record.source_port,
        server_address=record.server_address or record.destination_address,
        server_port=record.server_port,
        http_request_method=_SHORT[record.kind],
        url_template=getattr(record, "url_template", None),  # TLS has none
        http_request_body_size=record.client_bytes,
        http_response_body_size=record.server_bytes,
        http_response_state=record.state,
        missed_bytes=record.missed_bytes,
        anomalies=odd,
    )


class _Column(NamedTuple):
    title: str
    width: int
    """Columns; of flexible ones, the share of what is left."""
    text: Callable[[Record], str]
    style: str | Callable[[Record], str] = ""
    right: bool = False
    """Aligned to the right."""
    flexible: bool = False
    keep_end: bool = False
    """Cut at the front: addresses of one network differ at the end, and so do URLs of one server."""


def _method(record: Record) -> str:
    return record.http_request_method_original or record.http_request_method or _UNKNOWN


def _response_style(record: Record) -> str:
    status, code = record.http_response_status_code, record.rpc_grpc_status_code
    return "bold red" if verdict(status, code, record.anomalies) >= CALL else _status_style(status)


def _answer(record: Record) -> str:
    return written(record.http_response_status_code, record.rpc_grpc_status_code) or _UNKNOWN


def _short_answer(record: Record) -> str:
    """As much as fits into three columns: of a call that failed, its own status."""
    status, code = record.http_response_status_code, record.rpc_grpc_status_code
    failed = code and verdict(status, code, record.anomalies) >= CALL
    return f"/{code}" if failed else str(status or _UNKNOWN)


_CLIENT = _Column("client", 15, lambda record: record.source_address, keep_end=True)
_METHOD = _Column("method", 7, _method, "bold")
_STATUS = _Column("status", 6, _answer, _response_style)
_DURATION = _Column("time", 7, lambda record: duration(record.duration_us), right=True)
_TTFB = _Column("ttfb", 7, lambda record: duration(record.ttfb_us), "dim", right=True)
_SENT = _Column("sent", 6, lambda record: size(record.http_request_body_size), "dim", right=True)
_RECEIVED = _Column("received", 8, lambda record: size(record.http_response_body_size), right=True)
_CLOCK = _Column("utc", 12, lambda record: record.time[11:23], "dim")
_SERVER = _Column("server", 2, server_name, "blue", flexible=True)
_URL = _Column("url", 3, _url, flexible=True)

_LAYOUTS: Final = (
    # from this many columns on; the gap between columns; the columns
    (
        150,
        2,
        (
            _CLOCK,
            _CLIENT._replace(width=21, text=lambda record: _end(record.source_address, record.source_port)),
            _SERVER,
            _METHOD,
            _URL,
            _STATUS,
            _TTFB,
            _DURATION._replace(title="duration", width=8),
            _SENT,
            _RECEIVED,
            _Column("flags", 3, _flags, "yellow", flexible=True),
        ),
    ),
    (
        110,
        2,
        (
            _CLOCK,
            _CLIENT,
            _SERVER,
            _METHOD,
            _URL,
            _STATUS,
            _TTFB,
            _DURATION._replace(title="duration", width=8),
            _SENT,
            _RECEIVED,
        ),
    ),
    (
        0,
        1,
        (
            _CLOCK._replace(width=8, text=lambda record: record.time[11:19]),
            _CLIENT._replace(width=12),
            _METHOD,
            _Column(
                "server and url",
                1,
                lambda record: server_name(record) + _url(record),
                flexible=True,
                keep_end=True,
            ),
            _STATUS._replace(title="st", width=3, text=_short_answer),
            _DURATION._replace(title="took"),
            _RECEIVED._replace(title="size", width=6),
        ),
    ),
)
_NARROWEST: Final = 60
"""Narrower terminals wrap what is as wide as this."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class TransactionTable:
    """Rows as wide as the terminal, written as they come: a capture may be endless."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = 0
        self._day = ""
        self._columns: list[_Column] = []
        self._gap = ""
        self._flags_below = False
        self._styles: dict[str, tuple[str, str]] = {}

    def print(self, records: Iterable[AnyRecord]) -> None:
        """Write a row for each record; a heading before the first, and where the terminal's width changed."""
        lines: list[str] = []
        width = self._console.width
        if width != self._width:
            self._lay_out(width)
            titles = [_fit(column.title, column._replace(keep_end=False)) for column in self._columns]
            lines.append(self._styled(self._gap.join(titles).rstrip(), "bold underline"))
        for record in map(_row, records):
            day = record.time[:10]
            if day != self._day:
                self._day = day
                lines.append(self._styled(f"── {day} ──", "dim"))
            cells = []
            for column in self._columns:
                text = _fit(clean(column.text(record)), column)
                style = column.style if isinstance(column.style, str) else column.style(record)
                if "{" in text:
                    begin, end = self._codes("magenta")
                    text = _PLACEHOLDER.sub(lambda match, b=begin, e=end: b + match[0] + e, text)  # type: ignore[misc]
                cells.append(self._styled(text, style) if style else text)
            lines.append(self._gap.join(cells).rstrip())
            if self._flags_below and (flags := _flags(record)):
                indent = self._columns[0].width + len(self._gap)
                lines.append(self._styled(" " * indent + _cut("└ " + clean(flags), width - indent), "yellow"))
        if lines:
            self._console.file.write("\n".join(lines) + "\n")

    def _lay_out(self, width: int) -> None:
        self._width = width
        width = max(width, _NARROWEST)
        _, gap, columns = next(layout for layout in _LAYOUTS if layout[0] <= width)
        self._gap = " " * gap
        self._flags_below = all(column.title != "flags" for column in columns)
        left = (
            width - gap * (len(columns) - 1) - sum(column.width for column in columns if not column.flexible)
        )
        shares = sum(column.width for column in columns if column.flexible)
        self._columns = []
        for column in columns:
            if column.flexible:
                share = left * column.width // shares
                left, shares = left - share, shares - column.width
                self._columns.append(column._replace(width=share))
            else:
                self._columns.append(column)

    def _styled(self, text: str, style: str) -> str:
        begin, end = self._codes(style)
        return begin + text + end

    def _codes(self, style: str) -> tuple[str, str]:
        codes = self._styles.get(style)
        if codes is None:
            name = self._console.color_system
            system = None if name is None else _COLOR_SYSTEMS[name]
            parsed = Style.parse(style)
            if self._console.no_color:  # NO_COLOR: bold and dim stay
                parsed = parsed.without_color
            begin, _, end = parsed.render("\0", color_system=system).partition("\0")
            codes = self._styles[style] = (begin, end)
        return codes


_COLOR_SYSTEMS: Final = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


def _cut(text: str, width: int, *, keep_end: bool = False) -> str:
    if len(text) <= width:
        return text
    return "…" + text[len(text) - width + 1 :] if keep_end else text[: width - 1] + "…"


def _fit(text: str, column: _Column) -> str:
    text = _cut(text, column.width, keep_end=column.keep_end)
    return text.rjust(column.width) if column.right else text.ljust(column.width)


class ReadingProgress:
    """A bar for inputs of known size. Drawn by whoever reads, so that it costs no thread."""

    def __init__(self, console: Console, total: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", style="dim"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            auto_refresh=False,
            transient=True,
            expand=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("reading", total=total)
        self._drawn = monotonic()
        self._shown = False

    def update(self, done: int, transactions: int) -> None:
        """Show that `done` bytes were read; at most ten times a second, and not within the first half."""
        now = monotonic()
        if now - self._drawn < (0.1 if self._shown else 0.5):
            return
        self._drawn = now
        if not self._shown:
            self._shown = True
            self._progress.start()
        self._progress.update(
            self._task, completed=done, description=f"{transactions:,} transactions", refresh=True
        )

    def hide(self) -> None:
        """Take it off the terminal, so that something else can be written; `update` brings it back."""
        if self._shown:
            self._shown = False
            self._progress.stop()


def print_summary(console: Console, summary: Summary, top: int = 10) -> None:
    """Write the whole summary, with `top` endpoints, clients or servers in each list."""
    parts: list[RenderableType] = [_heading("summary"), _totals(summary)]
    if sum(summary.read.values()):
        parts += [_heading("what the payload was"), _payload(summary)]
    if summary.unread:
        parts += [_heading("what was not read, by server"), _unread(summary, top)]
    if summary.transactions:
        parts += [_heading("responses"), _shares(summary)]
    if failing := summary.failing(top):
        parts += [_heading("errors"), _errors(failing, summary)]
    if busiest := summary.busiest(top):
        parts += [_heading("busiest endpoints"), _endpoints(busiest)]
    slowest = summary.slowest(top)
    if slowest and slowest != busiest:
        parts += [_heading("slowest endpoints (by p95; percentiles are within 4 %)"), _endpoints(slowest)]
    if summary.untracked:
        note = (
            f"{summary.untracked:,} transactions are of endpoints that came after the first {MAXIMUM_ENDPOINTS:,}, "
            "which are not told apart"
        )
        parts.append(_indented(Text(note, style="dim")))
    for what, peers in (("clients", summary.clients), ("servers", summary.servers)):
        if peers.count:
            parts += [_heading(f"busiest {what}"), _peers(what, peers, top)]
    if summary.sessions:
        parts += [_heading("TLS sessions, which are not read"), _sessions(summary, top)]
    if summary.anomalies:
        parts += [_heading("oddities"), _counts(summary.anomalies.most_common())]
    parts += [_heading("where everything went"), _ledger(summary)]
    console.width = max(console.width, _NARROWEST)
    console.print(Group(*parts), width=min(console.width, _WIDTH_OF_SUMMARY))


def _heading(title: str) -> RenderableType:
    return Group(Text(""), Rule(Text(title, style="bold"), align="left", style="dim"))


def _grid(*columns: str) -> Table:
    """A table without lines; `columns` are alignments, the last one takes what is left."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for justify in columns:
        table.add_column(justify="right" if justify == "right" else "left")
    return table


def _payload(summary: Summary) -> RenderableType:
    """Bytes by protocol, the most first."""
    grid = _grid("right", "right", "left")
    came = sum(summary.read.values())
    for protocol, count in sorted(summary.read.items(), key=lambda item: (-item[1], item[0])):
        if count:
            grid.add_row(size(count), f"{100 * count / came:.1f} %", Text(_PAYLOADS.get(protocol, protocol)))
    return _indented(grid)


_PAYLOADS: Final = {
    "http/1": "HTTP/1",
    "http/2": "HTTP/2",
    "tls": "TLS, which is encrypted",
    "websocket": "WebSocket",
    "tunnel": "in tunnels, of protocols that are not read",
    "unrecognized": "not recognised",
    "copy": "seen before, or of no open connection",
    "lost": "sent, and not captured",
}


def _unread(summary: Summary, top: int) -> RenderableType:
    """Of whom most of it is."""
    grid = _grid("right", "right", "left", "left")
    grid.add_row(*[Text(title, style="dim") for title in ("connections", "bytes", "protocol", "server")])
    for each in summary.most_unread(top):
        name = each.peers.server_address
        server = f"{f'[{name}]' if ':' in name else name}:{each.peers.server_port}" if name else "-"
        grid.add_row(f"{each.connections:,}", size(each.bytes), each.protocol, server)
    return _indented(grid)


def _sessions(summary: Summary, top: int) -> RenderableType:
    """With whom most of them are."""
    grid = _grid("right", "right", "left", "left")
    grid.add_row(*[Text(title, style="dim") for title in ("sessions", "bytes", "version", "server")])
    most = sorted(summary.sessions.items(), key=lambda item: (-item[1].count, item[0]))
    for name, sessions in most[:top]:
        versions = ", ".join([version for version, _ in sessions.versions.most_common()])
        grid.add_row(f"{sessions.count:,}", size(sessions.octets), versions or "-", Text(clean(name)))
    return _indented(grid)


def _totals(summary: Summary) -> RenderableType:
    grid = _grid("left", "left")
    first, last = summary.first_time, summary.last_time
    rows = [("packets", f"{summary.packets:,} ({size(summary.octets)} on the wire)")]
    if first is not None and last is not None:
        rows.append(("time", f"{_moment(first)} to {_moment(last)} UTC, {duration((last - first) / 1_000)}"))
    rows += [
        ("connections", f"{summary.connections:,}"),
        ("transactions", f"{summary.transactions:,}, of which {summary.complete:,} complete"),
        *([("also", _others(summary))] if summary.others else []),
        *([("left out", f"{summary.left_out:,} by --where")] if summary.left_out else []),
        ("gaps", f"{summary.gaps:,}, {size(summary.missed_bytes)} missing" if summary.gaps else "none"),
    ]
    if summary.cut_bytes:
        rows.append(("cut off", f"{size(summary.cut_bytes)} by the snapshot length of the capture"))
    if summary.evicted:
        rows.append(("evicted", f"{summary.evicted:,} connections, to make room for others"))
    for name, value in rows:
        grid.add_row(
            Text(name, style="dim"), Text(value, style="yellow" if name == "gaps" and summary.gaps else "")
        )
    return _indented(grid)


def _others(summary: Summary) -> str:
    return ", ".join(f"{count:,} {_KINDS.get(kind, kind)}" for kind, count in summary.others.most_common())


def _moment(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"


_ANSWERS: Final = {NONE: "no response", CALL_ERROR: "gRPC error"}


def _shares(summary: Summary) -> RenderableType:
    grid = _grid("left", "right", "left", "right")
    for status, count in sorted(summary.statuses.items()):
        style = _status_style(status)
        share = count / summary.transactions
        name = _ANSWERS.get(status, status)
        bar = Bar(1.0, 0.0, share, width=30, color=Style.parse(style).color or "default")
        grid.add_row(Text(name, style=style), f"{count:,}", bar, f"{share:.1%}")
    methods = "  ".join(
        f"{'no request' if method == NONE else method} {count:,}"
        for method, count in summary.methods.most_common()
    )
    lines = [Text(methods, style="bold")]
    if summary.calls:
        calls = "  ".join(f"{code} {count:,}" for code, count in summary.calls.most_common())
        lines.append(Text(f"gRPC  {calls}"))
    return _indented(Group(grid, Text(""), *lines))


def _errors(endpoints: list[Endpoint], summary: Summary) -> RenderableType:
    called = bool(summary.calls)
    table = _table("5xx", *(["gRPC"] if called else []), "unanswered", "invalid", "of")
    for endpoint in endpoints:
        failed = [endpoint.server_errors, *([endpoint.call_errors] if called else [])]
        errors = (*failed, endpoint.unanswered, endpoint.invalid)
        table.add_row(
            *(Text(f"{count:,}", style="bold red" if count else "dim") for count in errors),
            f"{endpoint.count:,}",
            Text(endpoint.method, style="bold"),
            _endpoint(endpoint),
        )
    left = summary.erroneous - sum([endpoint.erroneous for endpoint in endpoints])
    if not left:
        return _indented(table)
    return _indented(Group(table, Text(f"{left:,} more, of other endpoints (--top shows more)", style="dim")))


def _table(*numbers: str) -> Table:
    """A table of endpoints with these columns before their names."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", expand=True)
    for title in numbers:
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("method", no_wrap=True)
    table.add_column("server and path template", overflow="fold", ratio=1)
    return table


def _endpoint(endpoint: Endpoint) -> Text:
    if endpoint.method == OTHER and endpoint.server == OTHER:
        return Text("endpoints that are not told apart", style="dim")
    name = Text(clean(endpoint.server), style="blue")
    name.append(Text(clean(endpoint.template), style="default"))
    name.highlight_regex(_PLACEHOLDER, "magenta")
    return name


def _endpoints(endpoints: list[Endpoint]) -> RenderableType:
    table = _table("count", "failed", "p50", "p95", "p99")
    for endpoint in endpoints:
        table.add_row(
            f"{endpoint.count:,}",
            Text(f"{endpoint.failed:,}", style="bold red" if endpoint.failed else "dim"),
            *(duration(endpoint.durations.quantile(share)) for share in (0.5, 0.95, 0.99)),
            Text(endpoint.method, style="bold"),
            _endpoint(endpoint),
        )
    return _indented(table)


def _peers(what: str, peers: Peers, top: int) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("failed", justify="right", no_wrap=True)
    table.add_column(what.removesuffix("s"), overflow="fold")
    shown = peers.busiest(top)
    for peer in shown:
        failed = Text(f"{peer.failed:,}", style="bold red" if peer.failed else "dim")
        table.add_row(f"{peer.count:,}", failed, Text(clean(peer.name), style="blue"))
    left = peers.count - sum([peer.count for peer in shown])
    if not left:
        return _indented(table)
    return _indented(Group(table, Text(f"{left:,} more, of other {what} (--top shows more)", style="dim")))


def _counts(counts: Iterable[tuple[str, int]]) -> RenderableType:
    grid = _grid("right", "left")
    for name, count in counts:
        grid.add_row(f"{count:,}", Text(name.replace("_", " "), style="yellow"))
    return _indented(grid)


def _ledger(summary: Summary) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("stage", no_wrap=True)
    table.add_column("came in", justify="right", no_wrap=True)
    table.add_column("went on", justify="right", no_wrap=True)
    table.add_column("otherwise")
    for stage in summary.stages:
        otherwise = Text()
        for reason, count in sorted(stage.dropped.items(), key=lambda item: (-item[1], item[0])):
            if count:
                otherwise.append(f"{count:,} {reason.replace('_', ' ')}\n", style="yellow")
        if stage.held:
            otherwise.append(f"{stage.held:,} still held\n", style="dim")
        if not stage.balanced:
            lost = stage.received - stage.delivered - sum(stage.dropped.values()) - stage.held
            otherwise.append(f"{lost:,} UNACCOUNTED FOR: a defect of this program\n", style="bold red")
        otherwise.rstrip()
        name = stage.name if stage.name == stage.unit else f"{stage.name} ({stage.unit})"
        table.add_row(Text(name, style="bold"), f"{stage.received:,}", f"{stage.delivered:,}", otherwise)
    return _indented(table)


def _indented(part: RenderableType) -> RenderableType:
    return Padding(part, (0, 0, 0, 2), expand=False)
