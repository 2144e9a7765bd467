"""`rpcapd_client.capture` against the real daemon: exact packets, honest losses, and ends that say why."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import subprocess
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from rpcapd_client import RemoteError, Transport, UsageError, connect
from rpcapd_client.data import DatagramData
from rpcapd_client.wire import ErrorCode
from tests.support.rpcapd import frame, wait_until

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

    from rpcapd_client import Capture
    from tests.support.rpcapd import Daemon, Host


async def take(capture: Capture, count: int) -> list[tuple[bytes, int, int]]:
    """The next `count` packets: bytes, time, length on the wire."""
    packets: list[tuple[bytes, int, int]] = []
    async for buffer, places in capture:
        packets += [
            (buffer[start : start + captured], time, length) for time, start, captured, length in places
        ]
        if len(packets) >= count:
            break
    return packets


def read_pcap(path: pathlib.Path) -> list[tuple[bytes, int, int]]:
    """The packets of a little-endian pcap file with microseconds: bytes, time in nanoseconds, length."""
    data = path.read_bytes()
    assert data[:4] == b"\xd4\xc3\xb2\xa1"
    packets = []
    offset = 24
    while offset < len(data):
        seconds, microseconds, captured, length = struct.unpack_from("<IIII", data, offset)
        offset += 16
        packets.append((data[offset : offset + captured], seconds * 10**9 + microseconds * 1000, length))
        offset += captured
    return packets


class Tcpdump:
    """A tcpdump in the same namespace, at the same time."""

    def __init__(self, host: Host, path: pathlib.Path, *options: str) -> None:
        self.path = path
        self.process = host.spawn(
            # At once is a slot of the whole snapshot length for each packet: 256 of them, if it did not say less.
            *("tcpdump", "-i", "cap0", "-w", path, "-U", "-B", "65536", "--immediate-mode", "-s", "2048"),
            *("--time-stamp-precision", "micro", "-Z", "root", *options),
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        assert b"listening on cap0" in self.process.stderr.readline()

    def packets(self, count: int) -> list[tuple[bytes, int, int]]:
        """Stop it once it has `count` packets, and give them."""
        wait_until("tcpdump has written", lambda: len(read_pcap(self.path)) >= count)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        return read_pcap(self.path)


@pytest.mark.parametrize("size", [64, 600, 1514])
def test_exactly_what_tcpdump_captures(host: Host, daemon: Daemon, tmp_path: pathlib.Path, size: int) -> None:
    """Five thousand frames: byte for byte and length for length those of tcpdump, in order, none dropped."""
    count = 5_000
    tcpdump = Tcpdump(host, tmp_path / "tcpdump.pcap")

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0") as capture,
        ):
            receiving = asyncio.create_task(take(capture, count))
            with host.wire("cap1") as wire:
                for number in range(count):
                    wire.send(frame(number, size))
                    if number % (1 + 16_384 // size) == 0:
                        await asyncio.sleep(0.001)  # 16 MB a second, or less: rpcapd loses none
            packets = await receiving
            return packets, await capture.statistics()

    packets, counters = host.run(conversation())
    expected = tcpdump.packets(count)
    assert [(data, length) for data, _, length in packets] == [(data, length) for data, _, length in expected]
    assert [data for data, _, _ in packets] == [frame(number, size) for number in range(count)]
    assert (counters.received, counters.captured, counters.lost) == (count, count, 0)
    # two sockets stamp the same packet, microseconds apart
    assert all(abs(one[1] - other[1]) < 10**9 for one, other in zip(packets, expected, strict=True))


def test_snaplen_cuts(host: Host, daemon: Daemon) -> None:
    """With a snapshot length of 96, a frame of 600 bytes has 96 bytes and says that it had 600."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", snaplen=96, read_timeout=0.01) as capture,
        ):
            with host.wire("cap1") as wire:
                wire.send(frame(1, 600))
                wire.send(frame(2, 64))
            return [(data, length) for data, _, length in await take(capture, 2)]

    assert host.run(conversation()) == [(frame(1, 600)[:96], 600), (frame(2, 64), 64)]


def reached(captured: Callable[[], int], sent: int) -> bool:
    """Whether so many bytes have been."""
    return captured() >= sent


def exchange(payload: bytes, captured: Callable[[], int]) -> None:
    """Send it over a TCP connection to port 8080 of this machine, no faster than its bytes are captured."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 8080))
        listener.listen()
        with socket.create_connection(("127.0.0.1", 8080)) as sender:
            receiver, _ = listener.accept()
            with receiver:
                for start in range(0, len(payload), 2**17):
                    sender.sendall(payload[start : start + 2**17])
                    left = 2**17
                    while left:
                        left -= len(receiver.recv(left))
                    wait_until("it is captured", partial(reached, captured, start + 2**17))


def test_datagrams_of_64_kib(host: Host, daemon: Daemon) -> None:
    """Over UDP frames are cut to what a datagram can carry; of a longer one rpcapd's capture would silently die."""
    host.ip("link", "set", "lo", "mtu", "65536")

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture(
                "lo", filter="tcp port 8080", read_timeout=0.01, transport=Transport.UDP
            ) as capture,
        ):
            packets: list[tuple[bytes, int, int]] = []
            said = asyncio.to_thread(exchange, bytes(2**19), lambda: sum(length for *_, length in packets))
            exchanging = asyncio.create_task(said)
            while sum(bool(data[47] & 1) for data, _, _ in packets) < 2:  # both FINs have come
                packets += await take(capture, 1)
            await exchanging
            return [(len(data), length) for data, _, length in packets]

    sizes = host.run(conversation())
    assert max(length for _, length in sizes) > 65_479
    assert all(captured == min(length, 65_479) for captured, length in sizes)


def test_frames_of_64_kib(host: Host, daemon: Daemon, tmp_path: pathlib.Path) -> None:
    """GSO frames of more than 65,515 bytes, whose message length rpcapd wraps, are whole and in step."""
    host.ip("link", "set", "lo", "mtu", "65536")
    payload = os.urandom(2**21)

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("lo", filter="tcp port 8080", read_timeout=0.01) as capture,
        ):
            packets: list[bytes] = []
            exchanging = asyncio.create_task(
                asyncio.to_thread(exchange, payload, lambda: sum(map(len, packets)))
            )
            async for buffer, places in capture:
                packets += [buffer[start : start + captured] for _, start, captured, _ in places]
                if sum(bool(packet[47] & 1) for packet in packets) >= 2:  # both FINs have come
                    break
            await exchanging
            return packets, await capture.statistics()

    packets, counters = host.run(conversation())
    assert counters.lost == 0
    assert max(map(len, packets)) >= 65_516, "no frame was large enough to wrap"
    # put together by sequence number: nothing is missing, nothing is shifted
    stream = bytearray(len(payload))
    first = min(
        (packet for packet in packets if packet[36:38] == b"\x1f\x90" and packet[47] & 2),
        key=len,
    )
    start = int.from_bytes(first[38:42], "big") + 1
    for packet in packets:
        if packet[36:38] == b"\x1f\x90":
            data = packet[34 + (packet[46] >> 4) * 4 :]
            offset = (int.from_bytes(packet[38:42], "big") - start) & 0xFFFFFFFF
            if data:
                stream[offset : offset + len(data)] = data
    assert bytes(stream) == payload


def test_filter_update(host: Host, daemon: Daemon) -> None:
    """After `update_filter` returns only what the new filter accepts is captured, and own traffic still not."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", filter="ether proto 0x88b5", read_timeout=0.01) as capture,
        ):
            with host.wire("cap1") as wire:
                wire.send(frame(1))
                first = await take(capture, 1)
                await capture.update_filter("ether proto 0x88b6")
                wire.send(frame(2))
                wire.send(frame(3).replace(b"\x88\xb5", b"\x88\xb6"))
                second = await take(capture, 1)
                await capture.update_filter("")
                wire.send(frame(4))
                third = await take(capture, 1)
            return [data[12:18] for data, _, _ in first + second + third]

    expected = [b"\x88\xb5\0\0\0\1", b"\x88\xb6\0\0\0\3", b"\x88\xb5\0\0\0\4"]
    assert host.run(conversation()) == expected


def test_filter_of_the_largest_size(host: Host, daemon: Daemon) -> None:
    """A program of 8,192 instructions is taken, one more is refused here; more than the kernel's 4,096 works."""
    from rpcapd_client.wire import FilterReply, FilterRequest

    nothing = ((0x00, 0, 0, 0),) * 8191  # ld #0

    async def conversation() -> None:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", read_timeout=0.01) as capture,
        ):
            request = FilterRequest((*nothing, (0x06, 0, 0, 262_144)))
            await client._control.request(request, FilterReply)
            with host.wire("cap1") as wire:
                wire.send(frame(1))
            assert [data for data, _, _ in await take(capture, 1)] == [frame(1)]
            with pytest.raises(UsageError, match="8,193"):
                await client._control.request(FilterRequest((*nothing, *request.filter[-2:])), FilterReply)
            with pytest.raises(RemoteError, match=r"bogus instructions|invalid instructions") as caught:
                await client._control.request(FilterRequest(((0xFFFF, 0, 0, 0),)), FilterReply)
            assert caught.value.code == ErrorCode.UPDATEFILTER

    host.run(conversation())


def test_direction(host: Host, daemon: Daemon) -> None:
    """`inbound` tells frames that came from those that went, although rpcapd ignores its own flags for it."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", filter="inbound", read_timeout=0.01) as capture,
        ):
            packets: list[bytes] = []

            async def receive() -> None:
                packets.extend(data for data, _, _ in await take(capture, 10))

            receiving = asyncio.create_task(receive())
            with host.wire("cap0") as leaving, host.wire("cap1") as arriving:
                while not receiving.done():
                    leaving.send(frame(1))
                    arriving.send(frame(2))
                    await asyncio.sleep(0.005)
            return packets

    packets = host.run(conversation())
    assert set(packets) == {frame(2)}


def test_vlan(host: Host, daemon: Daemon) -> None:
    """A tagged frame comes with its tag; `vlan` does not see it, the kernel's own answer does."""
    tagged = frame(1)[:12] + b"\x81\0\0\5" + frame(1)[12:]

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", filter="vlan", read_timeout=0.01) as capture,
        ):
            with host.wire("cap1") as wire:
                for _ in range(100):
                    wire.send(tagged)
                await asyncio.sleep(0.1)
                unseen = (await capture.statistics()).captured
                await capture.update_filter("ether[0xfffff030:1] = 1")
                wire.send(frame(2))
                wire.send(tagged)
            return unseen, [data for data, _, _ in await take(capture, 1)]

    assert host.run(conversation()) == (0, [tagged])


def test_sampling_by_filter(host: Host, daemon: Daemon) -> None:
    """rpcapd ignores SETSAMPLING; a filter that rolls the kernel's dice gives about one in eight."""
    from rpcapd_client.wire import FilterReply, FilterRequest, SamplingMethod, SamplingReply, SamplingRequest

    async def conversation() -> Any:
        async with await connect(daemon.url) as client:
            await client._control.request(SamplingRequest(SamplingMethod.ONE_OF_N, 1000), SamplingReply)
            async with await client.open_capture("cap0", read_timeout=0.01) as capture:
                with host.wire("cap1") as wire:
                    for number in range(100):
                        wire.send(frame(number))
                    unsampled = len(await take(capture, 100))
                    dice = ((0x20, 0, 0, 0xFFFFF038), (0x54, 0, 0, 7), (0x15, 0, 1, 0))
                    ends = ((0x06, 0, 0, 262_144), (0x06, 0, 0, 0))
                    await client._control.request(FilterRequest((*dice, *ends)), FilterReply)
                    before = (await capture.statistics()).received
                    for number in range(4_000):
                        wire.send(frame(number))
                # The kernel's count: what the filter let through, however far its reader has come by now.
                return unsampled, (await capture.statistics()).received - before

    unsampled, sampled = host.run(conversation())
    assert unsampled == 100
    assert 300 < sampled < 700


def test_interface_deleted(host: Host, daemon: Daemon) -> None:
    """When the interface goes, its packets come first, then the server's own words; the connection goes on."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            capture = await client.open_capture("cap0", read_timeout=0.01)
            with host.wire("cap1") as wire:
                for number in range(100):
                    wire.send(frame(number))
            await asyncio.sleep(0.1)
            host.ip("link", "delete", "cap0")
            assert len(await take(capture, 100)) == 100
            with pytest.raises(RemoteError, match="interface disappeared") as caught:
                await take(capture, 1)
            assert caught.value.code == ErrorCode.READ
            await capture.statistics()
            await capture.close()
            assert "cap0" not in {device.name for device in await client.interfaces()}

    host.run(conversation())


def test_link_down_is_silent(host: Host, daemon: Daemon) -> None:
    """A link that goes down and up again ends nothing: what comes later is captured."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", read_timeout=0.01) as capture,
        ):
            host.ip("link", "set", "cap0", "down")
            await capture.statistics()
            host.ip("link", "set", "cap0", "up")
            with host.wire("cap1") as wire:
                wire.send(frame(9))
            return [data for data, _, _ in await take(capture, 1)]

    assert host.run(conversation()) == [frame(9)]


def test_slow_consumer(host: Host, daemon: Daemon) -> None:
    """A consumer that stops: the server's kernel drops and counts, memory here stays flat, closing completes."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", read_timeout=0.01) as capture,
        ):
            await asyncio.sleep(0.05)
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            with host.wire("cap1") as wire:
                big = frame(1, 1514)
                for _ in range(60):  # 90 MB: more than the socket's buffers and the ring
                    for _ in range(1_000):
                        wire.send(big)
                    await asyncio.sleep(0)
            await asyncio.sleep(0.2)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            stalled = await capture.statistics()
            # what is on its way comes without a hole in its numbering: the loss is in the counters only
            await take(capture, 1_000)
            assert capture.missing == 0
            return peak - before, stalled, await capture.statistics()

    held, stalled, later = host.run(conversation())
    assert held < 2 * 2**20
    assert stalled.kernel_dropped > 0
    assert stalled.received == 60_000
    assert stalled.captured < 60_000
    assert later.lost == later.kernel_dropped + later.interface_dropped


def test_loopback_counts_twice(host: Host, daemon: Daemon) -> None:
    """On `lo` the server's `received` is twice its `captured`: loss is never their difference."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("lo", filter="udp port 9", read_timeout=0.01) as capture,
        ):
            with host.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
                for _ in range(12):
                    sender.sendto(b"x", ("127.0.0.1", 9))
            packets = await take(capture, 12)
            await asyncio.sleep(0.1)
            return len([data for data, _, _ in packets if data[23] == 17]), await capture.statistics()

    packets, counters = host.run(conversation())
    assert packets == 12
    assert counters.received == 2 * counters.captured
    assert counters.lost == 0


def test_any_device(host: Host, daemon: Daemon) -> None:
    """Packets of `any` are Linux cooked (113), with the interface's packet type in front."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("any", filter="ether proto 0x88b5", read_timeout=0.01) as capture,
        ):
            with host.wire("cap1") as wire:
                wire.send(frame(1))
            packets = await take(capture, 2)
            return capture.dlt, capture.link_type, packets

    dlt, link_type, packets = host.run(conversation())
    assert (dlt, link_type) == (113, 113)
    assert [data[16:] for data, _, _ in packets] == [frame(1)[14:]] * 2


def test_datagrams_lost_on_the_way_are_counted(host: Host, daemon: Daemon) -> None:
    """Over UDP, what the socket's buffer cannot hold is lost, and `missing` is exactly that many."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", transport=Transport.UDP, read_timeout=0.01) as capture,
        ):
            assert isinstance(capture._data, DatagramData)
            capture._data._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            with host.wire("cap1") as wire:
                for number in range(2_000):
                    wire.send(frame(number, 1000))
                    if number % 50 == 0:
                        await asyncio.sleep(0.001)
                await asyncio.sleep(0.2)
                received = 0
                async for _, places in capture:
                    received += len(places)
                    if received + capture.missing < 2_000:
                        wire.send(frame(0))  # the next number tells of those before it
                    sent = (await capture.statistics()).captured
                    if received + capture.missing == sent:
                        break
            return received, capture.missing, capture.malformed

    received, missing, malformed = host.run(conversation())
    assert missing > 0
    assert received + missing >= 2_000
    assert malformed == 0


def test_strangers_datagrams_are_left_out(host: Host, daemon: Daemon) -> None:
    """A datagram from another host, or one that is no packet, is counted and not taken for one."""
    host.ip("addr", "add", "192.0.2.7/32", "dev", "lo")

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture(
                "cap0", transport=Transport.UDP, data_port=4711, read_timeout=0.01
            ) as capture,
        ):
            with host.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as stranger:
                stranger.sendto(b"not a packet", ("127.0.0.1", 4711))
                stranger.bind(("192.0.2.7", 0)) if stranger.getsockname()[1] == 0 else None
                stranger.sendto(b"\0" * 28, ("127.0.0.1", 4711))
            with host.wire("cap1") as wire:
                wire.send(frame(1))
            return [data for data, _, _ in await take(capture, 1)], capture.malformed

    packets, malformed = host.run(conversation())
    assert packets == [frame(1)]
    assert malformed == 2


def test_iteration_ends_when_another_task_closes(host: Host, daemon: Daemon) -> None:
    """A consumer that waits on a quiet capture is released by `close`, without an error."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            capture = await client.open_capture("cap0")
            waiting = asyncio.create_task(take(capture, 1))
            await asyncio.sleep(0.05)
            await capture.close()
            assert await waiting == []

    host.run(conversation())


def test_cancelled_iteration_loses_nothing(host: Host, daemon: Daemon) -> None:
    """A consumer that gives up waiting a thousand times still gets every packet."""

    async def conversation() -> Any:
        packets: list[Any] = []
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", read_timeout=0.05) as capture,
        ):
            with host.wire("cap1") as wire:
                for number in range(1_000):
                    wire.send(frame(number))
                    try:
                        async with asyncio.timeout(0.0005):
                            packets += await take(capture, 1)
                    except TimeoutError:
                        pass
            while len(packets) < 1_000:
                packets += await take(capture, 1)
        return [data for data, _, _ in packets]

    assert host.run(conversation()) == [frame(number) for number in range(1_000)]
