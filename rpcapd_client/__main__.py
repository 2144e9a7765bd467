"""The command: a remote tcpdump for rpcapd.

rpcapd_client list
rpcapd_client capture eth0 -w - --filter 'tcp port 80' | wireshark -k -i -
rpcapd_client stats eth0

Exit status: 0 done (also when stopped by a signal, or by the reader of `-w -`), 1 it failed, 2 it was asked
wrongly. Errors are one line on standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import os
import signal
import ssl
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rpcapd_client.client import Client, Credentials, Transport, connect
from rpcapd_client.devices import DeviceFlag
from rpcapd_client.errors import RpcapError, UsageError
from rpcapd_client.packets import Batch
from rpcapd_client.savefile import file_header, records
from rpcapd_client.wire import MAX_SNAPLEN

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from rpcapd_client.capture import Capture

__all__ = ["main"]

_T = TypeVar("_T")

_MOMENT = 1.0
"""Seconds that what is being written gets to end, once a signal has come."""

_STATS_SNAPLEN = 64
"""Bytes: the packets are counted, not looked at."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status."""
    if sys.stdout is None:
        return _failed("standard output is closed", 1)
    try:
        arguments = _parser().parse_args(argv)
        work: Coroutine[Any, Any, None] = arguments.work(arguments)
        asyncio.run(work)
    except SystemExit as exit_:  # argparse has said why
        return int(exit_.code or 0)
    except UsageError as error:
        return _failed(error, 2)
    except BrokenPipeError:
        # whoever read our output has enough; nothing more is to be written, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (RpcapError, OSError) as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        return 130
    return 0


def _failed(error: Exception | str, status: int) -> int:
    _say(f"rpcapd_client: {error}")
    return status


def _say(line: str) -> None:
    if sys.stderr is not None:  # closed, print() would take standard output for it: the capture
        print(line, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    server = argparse.ArgumentParser(add_help=False)
    server.add_argument(
        "--server",
        metavar="URL",
        default="rpcap://localhost",
        help="rpcap://host[:port], or rpcaps:// for TLS (default: %(default)s)",
    )
    server.add_argument("--user", help="authenticate with a password (default: without)")
    server.add_argument(
        "--password-file",
        metavar="FILE",
        type=Path,
        help="its first line is the password (default: $RPCAP_PASSWORD, or asked for on the terminal)",
    )
    server.add_argument(
        "--ca-file", metavar="FILE", type=Path, help="authorities for rpcaps:// (default: the system's)"
    )
    parser = argparse.ArgumentParser(prog="rpcapd_client", description="A remote tcpdump for rpcapd.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", parents=[server], help="what the server can capture on")
    listing.set_defaults(work=_list)

    capture = commands.add_parser("capture", parents=[server], help="write packets to a pcap file")
    capture.add_argument("device", metavar="DEVICE")
    capture.add_argument("-w", dest="file", metavar="FILE", required=True, help="- is standard output")
    capture.add_argument("--filter", default="", metavar="EXPRESSION", help="as for tcpdump")
    capture.add_argument("--count", type=_positive, metavar="N", help="stop after N packets")
    capture.add_argument("--snaplen", type=_positive, default=MAX_SNAPLEN, metavar="BYTES")
    capture.add_argument("--promiscuous", action="store_true")
    capture.add_argument("--udp", action="store_true", help="packets by UDP instead of TCP")
    capture.add_argument(
        "--server-open", action="store_true", help="the server connects to this machine, not the reverse"
    )
    capture.set_defaults(work=_capture)

    stats = commands.add_parser("stats", parents=[server], help="count packets, and the server's losses")
    stats.add_argument("device", metavar="DEVICE")
    stats.add_argument("--filter", default="", metavar="EXPRESSION", help="as for tcpdump")
    stats.add_argument("--interval", type=_seconds, default=1.0, metavar="SECONDS")
    stats.add_argument("--count", type=_positive, metavar="N", help="stop after N lines")
    stats.set_defaults(work=_stats)
    return parser


def _positive(text: str) -> int:
    with contextlib.suppress(ValueError):
        if (value := int(text)) >= 1:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if (value := float(text)) > 0:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of more than 0")


async def _connect(arguments: argparse.Namespace) -> Client:
    tls = None
    if arguments.ca_file is not None:
        try:
            tls = ssl.create_default_context(cafile=arguments.ca_file)
        except OSError as error:
            raise UsageError(f"{arguments.ca_file}: {error.strerror or error}") from None
    return await connect(arguments.server, credentials=_credentials(arguments), tls=tls)


def _credentials(arguments: argparse.Namespace) -> Credentials | None:
    if arguments.user is None:
        return None
    if arguments.password_file is not None:
        try:
            lines = arguments.password_file.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise UsageError(f"{arguments.password_file}: {reason}") from None
        return Credentials(arguments.user, lines[0] if lines else "")
    password = os.environ.get("RPCAP_PASSWORD")
    if password is None:
        if not sys.stdin.isatty():
            raise UsageError("--user needs --password-file, $RPCAP_PASSWORD or a terminal to ask on")
        password = getpass.getpass(f"Password of {arguments.user}: ")
    return Credentials(arguments.user, password)


async def _list(arguments: argparse.Namespace) -> None:
    async with await _connect(arguments) as client:
        devices = await client.interfaces()
    width = max((len(device.name) for device in devices), default=0)
    for device in devices:
        state = "up" if device.flags & DeviceFlag.UP else "down"
        words = [str(entry.address) for entry in device.addresses if entry.address is not None]
        if device.description:
            words.append(f"({device.description})")
        print(f"{device.name:{width}}  {state:4}  {' '.join(words)}".rstrip())
    sys.stdout.flush()


async def _capture(arguments: argparse.Namespace) -> None:
    with contextlib.ExitStack() as stack:
        async with await _connect(arguments) as client:
            capture = await client.open_capture(
                arguments.device,
                filter=arguments.filter,
                snaplen=arguments.snaplen,
                promiscuous=arguments.promiscuous,
                transport=Transport.UDP if arguments.udp else Transport.TCP,
                server_open=arguments.server_open,
            )
            # opened only now, so that a capture that cannot be leaves an old file alone
            descriptor = (
                sys.stdout.fileno()
                if arguments.file == "-"
                else stack.enter_context(_opened(await _aside(_open, arguments.file)))
            )
            order = client.byte_order or sys.byteorder
            written = 0

            async def write() -> None:
                nonlocal written
                await _aside(_write, descriptor, file_header(capture.link_type, arguments.snaplen, order))
                async for batch in capture:
                    left = len(batch.packets) if arguments.count is None else arguments.count - written
                    chosen = Batch(batch.buffer, batch.packets[:left])
                    # a reader that is slow makes us wait here: then nothing is read, and the server drops
                    await _aside(_write, descriptor, records(chosen, order))
                    written += len(chosen.packets)
                    if written == arguments.count:
                        return

            async with capture:
                await _until_signal(write())
                await _report(capture, written)


def _open(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)


@contextlib.contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


async def _aside(work: Callable[..., _T], *arguments: Any) -> _T:
    """Do in a thread what may wait without end: a pipe that nobody reads, a disk.

    Cancelled, it gets a moment to end, so that no record is left half written, and is then given up: the
    thread is a daemon, and none of the loop's pool, which would be waited for.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[_T] = loop.create_future()

    def done(result: _T | None, error: BaseException | None) -> None:
        if outcome.cancelled():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)  # type: ignore[arg-type]  # of the type that `work` gives

    def run() -> None:
        result = error = None
        try:
            result = work(*arguments)
        except OSError as caught:
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(done, result, error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return await asyncio.shield(outcome)
    except asyncio.CancelledError:
        await asyncio.wait([outcome], timeout=_MOMENT)
        if not outcome.cancel():
            outcome.exception()  # seen, and of no use any more
        raise


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Do it to its end, or until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await asyncio.wait([task])
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    if not task.cancelled():
        task.result()


async def _report(capture: Capture, written: int) -> None:
    counters = await capture.statistics()
    lost = f"{counters.kernel_dropped} dropped by the server's kernel, {counters.interface_dropped} by the device"
    network = f", {capture.missing} lost on the way" if capture.missing else ""
    _say(f"{written} packets captured, {lost}{network}")


async def _stats(arguments: argparse.Namespace) -> None:
    async with await _connect(arguments) as client:
        capture = await client.open_capture(arguments.device, filter=arguments.filter, snaplen=_STATS_SNAPLEN)
        async with capture:
            await _until_signal(_watch(capture, arguments.interval, arguments.count))


async def _watch(capture: Capture, interval: float, lines: int | None) -> None:
    loop = asyncio.get_running_loop()
    line = 0
    print(
        f"{'packets/s':>12} {'bytes/s':>14} {'received':>12} {'sent':>12} {'kernel drop':>12} {'dev drop':>9}"
    )
    while line != lines:
        packets = size = 0
        start = loop.time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(interval):
                async for batch in capture:
                    packets += len(batch.packets)
                    size += sum(length for _, _, _, length in batch.packets)
        elapsed = loop.time() - start
        now = await capture.statistics()
        print(
            f"{packets / elapsed:12.0f} {size / elapsed:14.0f} {now.received:12} {now.captured:12} "
            f"{now.kernel_dropped:12} {now.interface_dropped:9}",
            flush=True,
        )
        line += 1


if __name__ == "__main__":
    sys.exit(main())
