"""Opening and closing captures of this machine without holding up the event loop.

The kernel takes some 30 ms to open a capture, and 20 to close it: it waits until no processor uses what the socket
hung on to (RCU), for the interface and for the ring. pcapy-ng keeps Python's lock meanwhile, so that no thread of ours
would help. Therefore the one slow call, `pcap_activate`, and the three that prepare it are made here by ctypes, which
lets go of the lock, in a thread; everything after that is pcapy's, which makes its object of the opened handle.

Owns this seam and nothing else. ctypes calls the very libpcap that pcapy has loaded, found through pcapy's own module,
and the function by which pcapy makes its objects. Where a build of pcapy hides them (they are no promise of its), the
same is done by pcapy alone, and the loop waits for those milliseconds.

When closing, a second descriptor keeps the socket, so that libpcap's part is over at once, and the kernel's happens in a
thread.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, NamedTuple

import pcapy

__all__ = ["close", "open_live"]

_ERROR_BYTES: Final = 256
"""PCAP_ERRBUF_SIZE of pcap/pcap.h."""
_SAYS_ITSELF: Final = -1
"""PCAP_ERROR: `pcap_geterr` has the reason. Other negative results have texts of their own."""


class _Calls(NamedTuple):
    libpcap: Any
    wrap: Any
    """A handle to an object of pcapy's."""


@lru_cache(1)
def _calls() -> _Calls | None:
    """What is needed of both libraries; None where one of them hides it."""
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    try:
        # a module's symbols include those of the libraries it was linked with
        libpcap = ctypes.CDLL(pcapy.__file__)
        for name, result, *arguments in (
            ("pcap_create", handle, text, text),
            ("pcap_set_snaplen", number, handle, number),
            ("pcap_set_promisc", number, handle, number),
            ("pcap_set_timeout", number, handle, number),
            ("pcap_set_buffer_size", number, handle, number),
            ("pcap_activate", number, handle),
            ("pcap_geterr", text, handle),
            ("pcap_statustostr", text, number),
            ("pcap_close", None, handle),
        ):
            function = getattr(libpcap, name)
            function.restype, function.argtypes = result, arguments
        # new_pcapobject(pcap_t *, bpf_u_int32 net, bpf_u_int32 mask), with Python's lock
        wrap = ctypes.PyDLL(pcapy.__file__)["_Z14new_pcapobjectP4pcapjj"]
    except (OSError, AttributeError):
        return None
    wrap.restype, wrap.argtypes = ctypes.py_object, [handle, ctypes.c_uint32, ctypes.c_uint32]
    return _Calls(libpcap, wrap)


async def open_live(name: str, snaplen: int, timeout_ms: int, buffer_bytes: int, *, promiscuous: bool) -> Any:
    """Open a capture; gives pcapy's reader.

    Raises:
        pcapy.PcapError: it cannot be opened; says why.

    """
    options = (snaplen, promiscuous, timeout_ms, buffer_bytes)
    calls = _calls()
    if calls is None:
        return _open_by_pcapy(name, *options)
    opening = asyncio.get_running_loop().run_in_executor(None, _activated, calls.libpcap, name, *options)
    try:
        handle = await asyncio.shield(opening)
    except asyncio.CancelledError:
        # the thread goes on: what it opens must not stay open
        opening.add_done_callback(lambda done: _discard(calls.libpcap, done))
        raise
    return calls.wrap(handle, 0, 0)


def _activated(
    libpcap: Any, name: str, snaplen: int, promiscuous: bool, timeout_ms: int, buffer_bytes: int
) -> int:
    """Open a handle, in any thread."""
    why = ctypes.create_string_buffer(_ERROR_BYTES)
    handle = libpcap.pcap_create(name.encode(), why)
    if not handle:
        raise pcapy.PcapError(_text(why.value))
    libpcap.pcap_set_snaplen(handle, snaplen)
    libpcap.pcap_set_promisc(handle, promiscuous)
    libpcap.pcap_set_timeout(handle, timeout_ms)
    libpcap.pcap_set_buffer_size(handle, buffer_bytes)
    status = libpcap.pcap_activate(handle)
    if status < 0:  # above 0 are warnings: that `any` has no promiscuous mode
        said = _text(libpcap.pcap_geterr(handle))
        reason = said if status == _SAYS_ITSELF and said else _text(libpcap.pcap_statustostr(status))
        libpcap.pcap_close(handle)
        raise pcapy.PcapError(reason)
    return int(handle)


def _text(said: bytes) -> str:
    return said.decode(errors="replace")


def _discard(libpcap: Any, opened: asyncio.Future[int]) -> None:
    if not opened.cancelled() and opened.exception() is None:
        libpcap.pcap_close(opened.result())


def _open_by_pcapy(name: str, snaplen: int, promiscuous: bool, timeout_ms: int, buffer_bytes: int) -> Any:
    handle = pcapy.create(name)
    handle.set_snaplen(snaplen)
    handle.set_promisc(promiscuous)
    handle.set_timeout(timeout_ms)
    handle.set_buffer_size(buffer_bytes)
    status = handle.activate()
    if status < 0:
        raise pcapy.PcapError(f"libpcap refuses to open it: status {status}")
    return handle


def close(handle: Any) -> None:
    """Close, and let a thread wait for the kernel."""
    kept = None
    with suppress(OSError):  # too many open files: then we wait
        kept = os.dup(int(handle.getfd()))
    handle.close()
    if kept is not None:
        asyncio.get_running_loop().run_in_executor(None, os.close, kept)
