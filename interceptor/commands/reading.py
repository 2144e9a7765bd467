"""`interceptor read`: capture files to records, a table or a summary.

Owns the composition of that command: files, filter, pipeline, views, and an orderly end wherever a signal comes.
Exit statuses are told in `interceptor.cli`. JSON Lines need neither rich nor libpcap, and import neither.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, TextIO

from interceptor.commands.terminal import printable, say
from interceptor.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from types import FrameType

    from interceptor.capture.files import Capture
    from interceptor.commands.display import ReadingProgress
    from interceptor.commands.sending import Sending
    from interceptor.commands.summary import Summary
    from interceptor.core.model import Transaction
    from interceptor.core.records.encoder import RecordEncoder
    from interceptor.core.records.templates import PathTemplates

__all__ = ["add_arguments", "run"]

_BATCH: Final = 512
"""Transactions written at once: from here on larger batches make nothing faster."""

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
  interceptor read a.pcap | jq -r '."url.template"' | sort | uniq -c

Reads pcap and pcapng, plain or compressed by gzip, told apart by their contents. Several files are
merged by the time of their packets. No file is changed and no privilege is needed; without --upload
the network is used only to look up the names of hosts in a filter.

Only metadata is shown: methods, path templates, status, sizes, times, names of headers. Values are not.

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
        choices=("auto", "table", "jsonl", "summary"),
        default="auto",
        help="table: a row for each transaction, then the summary; jsonl: a JSON object a line; summary: only the "
        "totals; auto (default): table on a terminal, otherwise jsonl",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write there instead of to standard output. An existing file is replaced; it is written as the "
        "reading goes on, so that an interrupted run keeps what it understood",
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
        help="instead of records: which parts of paths are closed by which rule, the most frequent first, so that "
        "you can write metadata.words and metadata.routes (with --config: what is left after those). "
        "Shows the parts as sent, which may be personal data",
    )
    parser.add_argument(
        "--filter",
        metavar="BPF",
        help="only packets that match, in tcpdump's language: 'host 10.0.0.1 and tcp port 80' (pcap-filter(7))",
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
    """Where transactions go."""

    def show(self, transactions: list[Transaction]) -> None:
        """Write them."""

    def end(self) -> None:
        """Write what comes after the last."""


class _Lines:
    """JSON Lines."""

    def __init__(self, encoder: RecordEncoder, output: BinaryIO) -> None:
        self._encode = encoder.encode
        self._output = output

    def show(self, transactions: list[Transaction]) -> None:
        self._output.write(self._encode(transactions))
        self._output.flush()

    def end(self) -> None:
        pass


class _Told:
    """Folds transactions into a summary, shows them as table rows if asked to, and ends with the summary."""

    def __init__(self, encoder: RecordEncoder, output: TextIO, summary: Summary, *, rows: bool) -> None:
        from interceptor.commands.display import TransactionTable, make_console

        self._record = encoder.record
        self._output = output
        self._console = make_console(output)
        self._table = TransactionTable(self._console) if rows else None
        self._summary = summary

    def show(self, transactions: list[Transaction]) -> None:
        records = [self._record(transaction) for transaction in transactions]
        for record in records:
            self._summary.add(record)
        if self._table:
            self._table.print(records)
            self._output.flush()

    def end(self) -> None:
        from interceptor.commands.display import print_summary

        print_summary(self._console, self._summary)
        self._output.flush()


class _Explained:
    """Counts what of paths is closed, by place and rule, and ends with a table of it."""

    def __init__(self, templates: PathTemplates, output: TextIO) -> None:
        self._templates = templates
        self._output = output
        self._closed: Counter[tuple[str, str, str]] = Counter()
        self._more = 0

    def show(self, transactions: list[Transaction]) -> None:
        for transaction in transactions:
            request = transaction.request
            if request is None or not request.target.startswith("/"):
                continue
            path = request.target.partition("?")[0].partition("#")[0]
            server = (request.host or "").partition(":")[0].lower()
            for told in self._templates.explain(path, server):
                if told in self._closed or len(self._closed) < _MOST_EXPLAINED:
                    self._closed[told] += 1
                else:
                    self._more += 1

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
        self._encode = encoder.encode
        self._sending = sending

    def show(self, transactions: list[Transaction]) -> None:
        self._sending.put(self._encode(transactions), len(transactions))

    def end(self) -> None:
        say(self._sending.end())


class _Reading:
    """What was understood, on its way to the views."""

    def __init__(self, captures: list[Capture], views: list[_View]) -> None:
        self._captures = captures
        self._views = views
        self._progress = _progress(captures)
        self._waiting: list[Transaction] = []
        self._shown = 0

    def take(self, transactions: list[Transaction]) -> None:
        """Show these, at the latest by the next `flush`."""
        self._waiting += transactions
        if len(self._waiting) >= _BATCH:
            self.flush()
        if self._progress:
            done = sum([capture.taken for capture in self._captures])
            self._progress.update(done, self._shown + len(self._waiting))

    def flush(self) -> None:
        """Show what was taken."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._shown += len(waiting)
            self.hide_progress()
            for view in self._views:
                view.show(waiting)

    def hide_progress(self) -> None:
        """Leave the terminal to others."""
        if self._progress:
            self._progress.hide()


def run(arguments: argparse.Namespace) -> int:
    """Read; returns the exit status."""
    try:
        return _read(arguments)
    except (KeyboardInterrupt, _Terminated) as stop:
        return _stopped(stop)


def _read(arguments: argparse.Namespace) -> int:
    from interceptor.capture.files import merge, open_captures
    from interceptor.capture.filters import PacketFilter

    if arguments.memory < _LEAST_MEMORY:
        raise UsageError(
            f"--memory {arguments.memory}: too little; the program alone takes {_LEAST_MEMORY} MiB"
        )
    packet_filter = PacketFilter(arguments.filter) if arguments.filter is not None else None
    reading: _Reading | None = None
    interrupts = _Interrupts()

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

        pipeline = Pipeline(shares(arguments.memory * 2**20))
        output = _open_output(arguments.output, captures)
        if output is not sys.stdout:
            stack.callback(output.close)
        summary, views = _views(arguments, output)
        sending = _sending(arguments)
        if sending:
            from interceptor.core.records.encoder import RecordEncoder

            views.append(_Sent(RecordEncoder(arguments.url, templates=_templates(arguments)), sending))
        reading = _Reading(captures, views)
        unread = Unread(captures)
        stack.callback(reading.hide_progress)
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(COLLECT_AFTER, 10, 10)
        stop: BaseException | None = None
        try:
            for batch in merge(captures):
                with interrupts.deferred():
                    if summary:
                        summary.add_batch(batch)
                    passed = packet_filter.apply(batch) if packet_filter else batch
                    reading.take(pipeline.feed(passed) if passed else [])
                    unread.add(batch, passed, pipeline.dropped_packets, pipeline.segments)
        except (KeyboardInterrupt, _Terminated, UsageError) as error:
            # UsageError: the filter means nothing on an interface that was described late.
            stop = error
        with interrupts.deferred():
            reading.take(pipeline.close())
            reading.flush()
            reading.hide_progress()
            stages = ([packet_filter.stage()] if packet_filter else []) + pipeline.ledger()
            if summary:
                summary.connections = pipeline.connections
                summary.gaps = pipeline.gaps
                summary.missed_bytes = pipeline.missed_bytes
                summary.cut_bytes = pipeline.cut_bytes
                summary.evicted = pipeline.evicted
                summary.stages = stages
            for view in views:
                view.end()
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
    return _stopped(stop) if stop else status


def _views(arguments: argparse.Namespace, output: TextIO) -> tuple[Summary | None, list[_View]]:
    """The views that were asked for, and the summary that one of them shows in the end."""
    templates = _templates(arguments)
    if arguments.explain:
        from interceptor.core.records.templates import PathTemplates

        return None, [_Explained(templates or PathTemplates(), output)]
    chosen = arguments.format
    if chosen == "auto":
        chosen = "table" if output.isatty() else "jsonl"
    from interceptor.core.records.encoder import RecordEncoder

    encoder = RecordEncoder(arguments.url, templates=templates)
    views: list[_View] = [_Lines(encoder, output.buffer)] if chosen == "jsonl" else []
    if views and arguments.log_level == "warning":
        return None, views
    from interceptor.commands.summary import Summary

    summary = Summary()
    views.append(_Told(encoder, sys.stderr if views else output, summary, rows=chosen == "table"))
    return summary, views


def _templates(arguments: argparse.Namespace) -> PathTemplates | None:
    """The rules of paths with what the configuration opens."""
    if arguments.config is None and not arguments.upload:
        return None
    from interceptor.service import openings
    from interceptor.settings import load

    return openings.templates(load(arguments.config, os.environ, {}).config.metadata)


def _sending(arguments: argparse.Namespace) -> Sending | None:
    if not arguments.upload:
        return None
    from interceptor.commands.sending import Sending
    from interceptor.service import logs
    from interceptor.settings import load

    logs.configure("error")  # what matters is told in the end, in one line
    return Sending(load(arguments.config, os.environ, {}).config)


def _open_output(path: str | None, captures: list[Capture]) -> TextIO:
    if path is None:
        if sys.stdout is None:
            raise UsageError("standard output is closed")
        return sys.stdout
    try:
        with suppress(FileNotFoundError):
            status = os.stat(path)  # noqa: PTH116 - a path may be any string here, empty or with a NUL
            if any(capture.identity == (status.st_dev, status.st_ino) for capture in captures):
                raise UsageError(f"{path}: is one of the captures to be read; it would be overwritten")
        return open(path, "w", encoding="utf-8")  # noqa: PTH123 - closed by the caller's stack
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path}: cannot be written: {reason}") from error


def _progress(captures: list[Capture]) -> ReadingProgress | None:
    """A progress bar where somebody sees it and the end is known."""
    if sys.stderr is None or not sys.stderr.isatty() or any(capture.size is None for capture in captures):
        return None
    from interceptor.commands.display import ReadingProgress, make_console

    return ReadingProgress(make_console(sys.stderr), sum(capture.size or 0 for capture in captures))


class _Terminated(BaseException):
    """SIGTERM came."""


class _Interrupts:
    """Turns SIGINT and SIGTERM into exceptions, but not where one would leave something half done."""

    def __init__(self) -> None:
        self._deferring = False
        self._stop: BaseException | None = None

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals within; one that this process was started to ignore (nohup) stays ignored."""
        before: dict[int, Any] = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) != signal.SIG_IGN:
                    with suppress(ValueError):  # in another thread than the first, Python handles none
                        before[number] = signal.signal(number, self._handle)
            yield
        finally:
            for handled, handler in before.items():
                signal.signal(handled, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Raise what comes within at the end of it. The second signal is always raised at once."""
        self._deferring = True
        came = self._stop
        try:
            yield
        finally:
            self._deferring = False
        if self._stop is not came and self._stop is not None:
            raise self._stop

    def _handle(self, number: int, _: FrameType | None) -> None:
        first = self._stop is None
        self._stop = KeyboardInterrupt() if number == signal.SIGINT else _Terminated()
        if not (first and self._deferring):
            raise self._stop


def _stopped(stop: BaseException) -> int:
    """The exit status that says which signal ended this, as shells do."""
    return 128 + (signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT)
