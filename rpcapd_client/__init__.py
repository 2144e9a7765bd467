"""A client of libpcap's rpcap protocol: captures on machines that run rpcapd.

    async with await connect("rpcap://192.0.2.7") as client:
        async with await client.open_capture("eth0", filter="tcp port 80") as capture:
            async for buffer, packets in capture:
                ...

`rpcapd_client` is the same as a command. The names below are the public ones; each is loaded when it is first used,
so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rpcapd_client.capture import Capture
    from rpcapd_client.client import Client, Credentials, Transport, connect
    from rpcapd_client.devices import Device, DeviceAddress, DeviceFlag
    from rpcapd_client.errors import (
        AuthenticationError,
        ConnectionLost,
        DeviceListTooLong,
        FilterError,
        ProtocolError,
        RemoteError,
        RpcapError,
        UsageError,
    )
    from rpcapd_client.filters import Conversation, compile_filter
    from rpcapd_client.listener import Listener, listen
    from rpcapd_client.packets import Batch
    from rpcapd_client.wire import ErrorCode, StatisticsReply

__all__ = [
    "AuthenticationError",
    "Batch",
    "Capture",
    "Client",
    "ConnectionLost",
    "Conversation",
    "Credentials",
    "Device",
    "DeviceAddress",
    "DeviceFlag",
    "DeviceListTooLong",
    "ErrorCode",
    "FilterError",
    "Listener",
    "ProtocolError",
    "RemoteError",
    "RpcapError",
    "StatisticsReply",
    "Transport",
    "UsageError",
    "compile_filter",
    "connect",
    "listen",
]

_HOMES = {
    "capture": ("Capture",),
    "client": ("Client", "Credentials", "Transport", "connect"),
    "devices": ("Device", "DeviceAddress", "DeviceFlag"),
    "filters": ("Conversation", "compile_filter"),
    "listener": ("Listener", "listen"),
    "packets": ("Batch",),
    "wire": ("ErrorCode", "StatisticsReply"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'errors')}"), name)
