"""`interceptor read`: capture files to records, a table or a summary.

Owns the composition of that command: files, filter, pipeline, views, and an orderly end wherever a signal comes.
Exit statuses are told in `interceptor.cli`. JSON Lines need neither rich nor libpcap, and import neither.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, TextIO

from interceptor.commands.interrupts import Interrupts, Terminated, stopped
from interceptor.commands.output import bare_suffix, open_output
from interceptor.commands.terminal import printable, say
from interceptor.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from interceptor.capture.files import Capture
    from interceptor.commands.conditions import Condition
    from interceptor.commands.display import ReadingProgress
    from interceptor.commands.sending import Sending
    from interceptor.commands.summary import Summary
    from interceptor.config import Config
    from interceptor.core.model import Outcome, Request, Stage, Transaction
    from interceptor.core.pipeline import Pipeline
    from interceptor.core.records.encoder import AnyRecord, RecordEncoder
    from interceptor.core.records.templates import PathTemplates

__all__ = ["add_arguments", "run"]

_BATCH: Final = 512
"""Records made at once: from here on larger batches make nothing faster."""

_OF_LINES: Final = frozenset({"jsonl", "csv"})
_TOP: Final = 10
_MOST_TOP: Final = 1_000
"""Endpoints that a summary tells apart."""
_LEAST_MEMORY: Final = 64
"""MiB: what the program takes with a small capture, and some more."""
_MOST_EXPLAINED: Final = 10_000
"""Closed parts of paths that are told apart."""

_EPILOG: Final = """\
examples:
  interceptor read capture.pcap                      a table on a terminal, JSON Lines in a pipe
  interceptor read capture.pcap.gz --format summary  only the totals
  interceptor read trace.0 trace.1 trace.2           pieces of one capture, in any order
  interceptor read big.pcap --filter 'tcp port 8080' --output records.jsonl
  tcpdump -i any -U -w - tcp | interceptor read -    live; records appear as they are understood
  interceptor read a.pcap --where 'status >= 500 or duration > 1s'
  interceptor read a.pcap --format csv -o a.csv.gz   for a spreadsheet; compressed by its name (.gz, .zst)
  interceptor read a.pcap | jq -r '."url.template"' | sort | uniq -c

Reads pcap and pcapng, plain or compressed by gzip, told apart by their contents. Several files are
merged by the time of their packets. No file is changed and no privilege is needed; without --upload
the network is used only to look up the names of hosts in a filter.

Only metadata is shown: methods, path templates, status, sizes, times, names of headers. Values are not.

--where compares fields of records: their names, or short ones:
  client, server, port, method, template, path, query, status, grpc, duration, ttfb, sent, received,
  request.state, response.state, request.header.names, response.header.names, missed, anomaly, agent
by = != < <= > >=, and ~ !~ with a pattern of * and ?; combined by and, or, not and brackets. Durations have a unit
(us, ms, s, min, h), sizes may (B, kB, MB, GB, KiB, MiB, GiB), times are 2026-01-31T12:34:56Z. A list is equal to what is
in it. What a record does not say makes every comparison false; `status = none` asks for that.

exit status:
  0  everything was read
  1  a capture is damaged or ends early (all that is readable was read), the output failed, or
     not every record could be uploaded
  2  a file, a filter or an option cannot be used
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = "Read capture files and show the HTTP transactions in them."
    parser.epilog = _EPILOG
    parser.add_argument("files", nargs="+", metavar="FILE", help="capture file; - is standard input")
    parser.add_argument(
        "--format",
        choices=("auto", "table", "jsonl", "csv", "summary"),
        default="auto",
        help="table: a row for each transaction, then the summary; jsonl: a JSON object a line; csv: a line of values "
        "each, all fields always, an apostrophe before what a spreadsheet would compute; summary: only the totals; "
        "auto (default): table on a terminal, csv into a file named so, otherwise jsonl",
    )
    parser.add_argument(
        "--output",
        "-o",
        metavar="FILE",
        help="write there instead of to standard output, compressed if its name ends in .gz or .zst. An existing file "
        "is replaced; it is written as the reading goes on, so that an interrupted run keeps what it understood",
    )
    parser.add_argument(
        "--where",
        metavar="EXPR",
        help="only records of which this is true, such as 'status >= 500 and server ~ *.example': see below. Packets, "
        "connections and losses are counted for all",
    )
    parser.add_argument(
        "--top",
        metavar="N",
        type=int,
        help=f"how many endpoints, clients or servers the lists of the summary have (default {_TOP}, at most {_MOST_TOP:,})",
    )
    parser.add_argument(
        "--url",
        choices=("template", "path", "full"),
        default="template",
        help="how much of a URL to show. template (default): the path with values replaced, /users/{id}; "
        "path: also the path as sent; full: also the query. The last two may show personal data",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="instead of records: which parts of paths, calls and queries are closed by which rule, the most frequent first, so that "
        "you can write metadata.words and metadata.routes (with --config: what is left after those). "
        "Shows the parts as sent, which may be personal data",
    )
    parser.add_argument(
        "--filter",
        metavar="BPF",
        help="only packets that match, in tcpdump's language: 'host 10.0.0.1 and tcp port 80' (pcap-filter(7))",
    )
    parser.add_argument(
        "--tunnels",
        metavar="KIND:PORT",
        nargs="+",
        default=(),
        help="also enter tunnels at these UDP ports: vxlan:8473, geneve:6082, gtp-u:2153, tzsp:37009. At their usual ports "
        "they are entered in any case",
    )
    parser.add_argument(
        "--recover-headers",
        action="store_true",
        help="after the loss of a header block of HTTP/2, use what is known from before it where later blocks refute all but one "
        "place of it; right of programs that keep to RFC 9113",
    )
    parser.add_argument(
        "--memory",
        metavar="MIB",
        type=int,
        default=512,
        help="how much memory to use, in MiB (default 512). What waits for its end or its answer has a share of it, and "
        "beyond that share whatever takes most is given up and reported as it stands",
    )
    parser.add_argument(
        "--upload",
        action="store_true",
        help="also send the records to the endpoint of the configuration, as the daemon does, and wait until they "
        "have arrived; what cannot be delivered stays in its spool for the next run",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="its metadata.words, hide, routes, openapi and learn say what is shown; with --upload also endpoint, token, proxy "
        "and spool. INTERCEPTOR_* variables count as well",
    )
    parser.add_argument(
        "--log-level",
        choices=("warning", "info", "debug"),
        default="warning",
        help="on standard error. info: also the summary in format jsonl; debug: also the traceback of an error",
    )


class _View(Protocol):
    """Where outcomes go."""

    def show(self, outcomes: list[Outcome], records: list[AnyRecord]) -> None:
        """Write them; their records are in the same order, if anybody asked for records."""

    def end(self) -> None:
        """Write what comes after the last."""


class _Lines:
    """JSON Lines, or lines of another kind with a heading."""

    def __init__(
        self, output: BinaryIO, lines: Callable[[Iterable[AnyRecord]], bytes], heading: bytes = b""
    ) -> None:
        self._output = output
        self._lines = lines
        self._heading = heading

    def show(self, _: list[Outcome], records: list[AnyRecord]) -> None:
        self._output.write(self._heading + self._lines(records))
        self._output.flush()
        self._heading = b""

    def end(self) -> None:
        if self._heading:
            self.show([], [])


class _Told:
    """Folds transactions into a summary, shows them as table rows if asked to, and ends with the summary."""

    def __init__(self, output: TextIO, summary: Summary, top: int, *, rows: bool) -> None:
        from interceptor.commands.display import TransactionTable, make_console

        self._output = output
        self._top = top
        self._console = make_console(output)
        self._table = TransactionTable(self._console) if rows else None
        self._summary = summary

    def show(self, _: list[Outcome], records: list[AnyRecord]) -> None:
        for record in records:
            self._summary.add(record)
        if self._table:
            self._table.print(records)
            self._output.flush()

    def end(self) -> None:
        from interceptor.commands.display import print_summary

        print_summary(self._console, self._summary, self._top)
        self._output.flush()


class _Explained:
    """Counts what of paths and queries is closed, by place and rule, and ends with a table of it."""

    def __init__(self, templates: PathTemplates, output: TextIO) -> None:
        from interceptor.core.records.calls import CallNames

        self._templates = templates
        self._calls = CallNames(templates.words)
        self._output = output
        self._closed: Counter[tuple[str, str, str]] = Counter()
        self._more = 0

    def show(self, outcomes: list[Outcome], _: list[AnyRecord]) -> None:
        from interceptor.core.model import Transaction

        for outcome in outcomes:
            if isinstance(outcome, Transaction) and outcome.request is not None:
                for told in self._told(outcome, outcome.request):
                    if told in self._closed or len(self._closed) < _MOST_EXPLAINED:
                        self._closed[told] += 1
                    else:
                        self._more += 1

    def _told(self, transaction: Transaction, request: Request) -> list[tuple[str, str, str]]:
        from interceptor.core.records.encoder import MAX_KEYS, split_target, system_over_http1
        from interceptor.core.records.values import VALUE, query_key
        from interceptor.core.records.words import WORD

        named, _, path, query = split_target(request.target)
        if not path:
            return []
        server = named[0] if named is not None else (request.host or "").partition(":")[0].lower()
        closed = None
        calls = transaction.call is not None or system_over_http1(request.content_type or "") is not None
        if calls and not self._templates.routed(server, path):
            closed = self._calls.explain(path)
        if closed is None:
            closed = self._templates.explain(path, server)
        names = [
            name
            for name, equals, _ in (each.partition("=") for each in query.split("&", MAX_KEYS)[:MAX_KEYS])
            if equals
        ]
        keys = {name: query_key(name, self._templates.words.parameter) for name in names}
        return closed + [
            ("?", name, "parameter") for name, shown in keys.items() if VALUE in shown or WORD in shown
        ]

    def end(self) -> None:
        write = self._output.write
        write("times  rule        where and what\n")
        for (before, text, rule), times in sorted(self._closed.items(), key=lambda item: (-item[1], item[0])):
            write(f"{times:5}  {rule:10}  {printable(before + text)}\n")
        if self._more:
            write(f"{self._more:5}  more, in places that are not listed\n")
        self._output.flush()


class _Sent:
    """To the endpoint."""

    def __init__(self, encoder: RecordEncoder, sending: Sending) -> None:
        self._lines = encoder.lines
        self._sending = sending

    def show(self, _: list[Outcome], records: list[AnyRecord]) -> None:
        self._sending.put(self._lines(records), len(records))

    def end(self) -> None:
        say(self._sending.end())


class _Reading:
    """What was understood, on its way to the views."""

    def __init__(
        self,
        captures: list[Capture],
        views: list[_View],
        encoder: RecordEncoder | None,
        wanted: Condition | None,
    ) -> None:
        self._captures = captures
        self._views = views
        self._encoder = encoder
        self._wanted = wanted
        self._progress = _progress(captures)
        self._waiting: list[Outcome] = []
        self.shown = 0
        self.left_out = 0
        """Outcomes that were not wanted."""

    def take(self, outcomes: list[Outcome]) -> None:
        """Show these, at the latest by the next `flush`."""
        self._waiting += outcomes
        if len(self._waiting) >= _BATCH:
            self.flush()
        if self._progress:
            done = sum([capture.taken for capture in self._captures])
            self._progress.update(done, self.shown + len(self._waiting))

    def flush(self) -> None:
        """Show what was taken."""
        waiting, self._waiting = self._waiting, []
        # made once: what is shown and sent is the record that was compared
        records = [self._encoder.record(each) for each in waiting] if self._encoder else []
        if self._wanted:
            kept = [n for n, record in enumerate(records) if self._wanted(record)]
            self.left_out += len(waiting) - len(kept)
            waiting, records = [waiting[n] for n in kept], [records[n] for n in kept]
        if waiting:
            self.shown += len(waiting)
            self.hide_progress()
            for view in self._views:
                view.show(waiting, records)

    def stage(self) -> Stage:
        """The line of the ledger for what was wanted."""
        from interceptor.core.model import Stage

        dropped = {"not_wanted": self.left_out} if self.left_out else {}
        return Stage("where", "transactions", self.shown + self.left_out, self.shown, dropped, 0)

    def hide_progress(self) -> None:
        """Leave the terminal to others."""
        if self._progress:
            self._progress.hide()


def run(arguments: argparse.Namespace) -> int:
    """Read; returns the exit status."""
    try:
        return _read(arguments)
    except (KeyboardInterrupt, Terminated) as stop:
        return stopped(stop)


def _tunnels(texts: Sequence[str]) -> dict[int, str] | None:
    if not texts:
        return None
    # With the formats of all packets, which most captures do not need.
    from interceptor.capture import overlays

    return overlays.parse(texts, "--tunnels").ports


def _read(arguments: argparse.Namespace) -> int:
    from interceptor.capture.files import align, merge, open_captures
    from interceptor.capture.filters import PacketFilter

    if arguments.memory < _LEAST_MEMORY:
        raise UsageError(
            f"--memory {arguments.memory}: too little; the program alone takes {_LEAST_MEMORY} MiB"
        )
    chosen = _format(arguments)
    top = _top(arguments, chosen)
    wanted = _condition(arguments.where)
    config = _config(arguments)
    packet_filter = PacketFilter(arguments.filter) if arguments.filter is not None else None
    begun = time.monotonic()
    packets = 0
    reading: _Reading | None = None
    interrupts = Interrupts()

    def before_wait() -> None:
        if reading:
            with interrupts.deferred():
                reading.flush()

    with interrupts.handled(), ExitStack() as stack:
        captures = open_captures(arguments.files, before_wait)
        for capture in captures:
            stack.callback(capture.close)
        if packet_filter:
            for link_type in sorted({link_type for capture in captures for link_type in capture.link_types}):
                packet_filter.compile(link_type)
        from interceptor.commands.unread import Unread
        from interceptor.core.pipeline import COLLECT_AFTER, Pipeline
        from interceptor.service.memory import shares

        pipeline = Pipeline(
            shares(arguments.memory * 2**20),
            tunnels=_tunnels(arguments.tunnels),
            recover_headers=arguments.recover_headers,
        )
        output = open_output(arguments.output, captures)
        if output is not sys.stdout:
            stack.callback(output.close)
        encoder = _encoder(arguments, config)
        summary, views = _views(arguments, config, chosen, top, output, encoder)
        sending = _sending(config) if arguments.upload and config else None
        if sending and encoder:
            views.append(_Sent(encoder, sending))
        for line in align(captures):
            say(f"note: {line}")
        reading = _Reading(captures, views, encoder, wanted)
        unread = Unread(captures)
        stack.callback(reading.hide_progress)
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(COLLECT_AFTER, 10, 10)
        stop: BaseException | None = None
        try:
            for batch in merge(captures):
                with interrupts.deferred():
                    packets += len(batch.packets)
                    if summary:
                        summary.add_batch(batch)
                    passed = packet_filter.apply(batch) if packet_filter else batch
                    reading.take(pipeline.feed(passed) if passed else [])
                    unread.add(batch, passed, pipeline.dropped_packets, pipeline.segments)
        except (KeyboardInterrupt, Terminated, UsageError) as error:
            # UsageError: the filter means nothing on an interface that was described late.
            stop = error
        with interrupts.deferred():
            for outcomes in pipeline.closing():
                reading.take(outcomes)
            reading.flush()
            reading.hide_progress()
            stages = ([packet_filter.stage()] if packet_filter else []) + pipeline.ledger()
            if wanted:
                stages.append(reading.stage())
            if summary:
                summary.connections = pipeline.connections
                summary.gaps = pipeline.gaps
                summary.missed_bytes = pipeline.missed_bytes
                summary.cut_bytes = pipeline.cut_bytes
                summary.evicted = pipeline.evicted
                summary.left_out = reading.left_out
                summary.read = pipeline.read()
                summary.unread = pipeline.unread(0)
                summary.stages = stages
            for view in views:
                view.end()
    if _tells_closing(arguments, chosen):
        say(_closing(pipeline, packets, reading, time.monotonic() - begun))
    status = 0 if sending is None or sending.complete else 1
    for capture in captures:
        if capture.problem:
            say(f"warning: {capture.problem}; everything before that was read")
            status = 1
    if not stop:
        for line in unread.lines(pipeline.transactions):
            say(f"note: {line}")
    for stage in stages:
        if not stage.balanced:
            say(f"error: the ledger of {stage.name} does not balance: a defect of this program: {stage}")
            status = 1
    if isinstance(stop, UsageError):
        raise stop
    return stopped(stop) if stop else status


def _condition(expression: str | None) -> Condition | None:
    if expression is None:
        return None
    from interceptor.commands.conditions import condition

    return condition(expression)


def _format(arguments: argparse.Namespace) -> str:
    """What `auto` means here."""
    chosen: str = arguments.format
    if chosen != "auto":
        return chosen
    if arguments.output is not None:
        return "csv" if bare_suffix(arguments.output) == ".csv" else "jsonl"
    return "table" if sys.stdout is not None and sys.stdout.isatty() else "jsonl"


def _top(arguments: argparse.Namespace, chosen: str) -> int:
    """How many endpoints the summary lists."""
    top: int | None = arguments.top
    if top is None:
        return _TOP
    if not 1 <= top <= _MOST_TOP:
        raise UsageError(f"--top {top}: wanted a number from 1 to {_MOST_TOP:,}")
    if chosen in _OF_LINES and arguments.log_level == "warning":
        raise UsageError(f"--top {top}: {chosen} has no summary; add --format summary or --format table")
    return top


def _encoder(arguments: argparse.Namespace, config: Config | None) -> RecordEncoder | None:
    """What makes records, if anybody needs them."""
    if arguments.explain and arguments.where is None and not arguments.upload:
        return None
    from interceptor.core.records.encoder import RecordEncoder

    return RecordEncoder(arguments.url, templates=_templates(config))


def _views(
    arguments: argparse.Namespace,
    config: Config | None,
    chosen: str,
    top: int,
    output: TextIO,
    encoder: RecordEncoder | None,
) -> tuple[Summary | None, list[_View]]:
    """The views that were asked for, and the summary that one of them shows in the end."""
    if arguments.explain or encoder is None:
        from interceptor.core.records.templates import PathTemplates

        return None, [_Explained(_templates(config) or PathTemplates(), output)]
    views: list[_View] = []
    if chosen == "csv":
        from interceptor.commands import spreadsheet

        views.append(_Lines(output.buffer, spreadsheet.rows, spreadsheet.HEADER))
    elif chosen == "jsonl":
        views.append(_Lines(output.buffer, encoder.lines))
    if views and arguments.log_level == "warning":
        return None, views
    from interceptor.commands.summary import Summary

    summary = Summary()
    views.append(_Told(sys.stderr if views else output, summary, top, rows=chosen == "table"))
    return summary, views


def _tells_closing(arguments: argparse.Namespace, chosen: str) -> bool:
    """Whether nothing else would say on standard error, to a person or to a log, that it is done and what was lost."""
    if arguments.output is not None:
        return True
    return chosen in _OF_LINES and sys.stderr is not None and sys.stderr.isatty()


def _closing(pipeline: Pipeline, packets: int, reading: _Reading, seconds: float) -> str:
    """What came of it, in a line."""
    records = f"{reading.shown:,} record{'' if reading.shown == 1 else 's'}"
    if reading.left_out:
        records += f" of {reading.shown + reading.left_out:,}"
    losses = "nothing missing"
    if pipeline.gaps:
        losses = f"{pipeline.gaps:,} gap{'' if pipeline.gaps == 1 else 's'}, {pipeline.missed_bytes:,} bytes missing"
    if pipeline.evicted:
        losses += f", {pipeline.evicted:,} connections evicted"
    return f"{packets:,} packets, {records}, {losses}, {seconds:.1f} s"


def _config(arguments: argparse.Namespace) -> Config | None:
    """The configuration, read once: the file may be a pipe."""
    if arguments.config is None and not arguments.upload:
        return None
    from interceptor.settings import load

    return load(arguments.config, os.environ, {}).config


def _templates(config: Config | None) -> PathTemplates | None:
    """The rules of paths with what the configuration opens."""
    if config is None:
        return None
    from interceptor.service import openings

    return openings.templates(config.metadata)


def _sending(config: Config) -> Sending:
    from interceptor.commands.sending import Sending
    from interceptor.service import logs

    logs.configure("error")  # what matters is told in the end, in one line
    return Sending(config)


def _progress(captures: list[Capture]) -> ReadingProgress | None:
    """A progress bar where somebody sees it and the end is known."""
    if sys.stderr is None or not sys.stderr.isatty() or any(capture.size is None for capture in captures):
        return None
    from interceptor.commands.display import ReadingProgress, make_console

    return ReadingProgress(make_console(sys.stderr), sum(capture.size or 0 for capture in captures))
