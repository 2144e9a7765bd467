"""Exceptions of the library. Each is one clear line and never holds a password.

    RpcapError
    ├── UsageError                 the caller erred; nothing was sent
    │   └── FilterError            a filter that does not compile, with the place
    ├── ConnectionLost             no connection, or it ended or fell silent; says what was expected
    ├── ProtocolError              the server broke the protocol; the connection is closed
    └── RemoteError                the server said no (code, text); the connection usually goes on
        ├── AuthenticationError    credentials refused, or a kind of authentication it does not do
        └── DeviceListTooLong      the list of devices does not fit its message; open by name

Anything else that comes out of this library is a bug in it.
"""

from __future__ import annotations

__all__ = [
    "AuthenticationError",
    "ConnectionLost",
    "DeviceListTooLong",
    "FilterError",
    "ProtocolError",
    "RemoteError",
    "RpcapError",
    "UsageError",
]


class RpcapError(Exception):
    """What went wrong, in one line."""


class UsageError(RpcapError):
    """The call cannot be done as asked: a bad value, or not in this state. Nothing was sent."""


class FilterError(UsageError):
    """A filter that is not valid for the link type."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position
        """Offset in the text of the first word that cannot stand there; None where the message names it."""


class ConnectionLost(RpcapError):  # noqa: N818  # the name says it; an Error suffix would not
    """There is no connection (any more)."""


class ProtocolError(RpcapError):
    """The server sent something that the protocol does not allow at that place."""


class RemoteError(RpcapError):
    """An ERROR message of the server."""

    hint = ""
    """What to do, behind the server's words."""

    def __init__(self, code: int, text: str, during: str | None = None) -> None:
        """`during`: name of the request it answers; None where nobody asked."""
        words = (text or f"the server gives no reason, only error {code}") + self.hint
        super().__init__(f"{during}: {words}" if during else words)
        self.code = code
        """PCAP_ERR_* value; `rpcapd_client.wire.ErrorCode` names the known ones."""
        self.text = text
        """The server's words, printable, at most 1024 characters; it may give none."""


class AuthenticationError(RemoteError):
    """The server refused the credentials."""


class DeviceListTooLong(RemoteError):  # noqa: N818
    """rpcapd builds the list in 64,000 bytes and gives up when it does not fit (some 120 interfaces).

    The connection stays usable, and a device can still be opened by its name.
    """

    hint = " (the server has more devices than fit its reply; open one by its name)"
