"""Whose the sockets of this machine's own network are: programs there have the machine's addresses, and only their sockets tell them apart.

The kernel says of the socket at one end of a connection in which control group of version 2 it was made (sock_diag(7), INET_DIAG_CGROUP_ID):
one question, some 20 microseconds, however many sockets and processes there are. Nobody's descriptors are looked through. A connection that
was accepted has its listener's group, and of one that is over the listener is asked.

Owns that question. Refuses to know whose a control group is (`processes`), and what is not answered: a client's connection
that is over when it is asked for, a kernel that does not say (before Linux 5.7).
"""

from __future__ import annotations

import socket
import sys
from struct import Struct
from typing import Final

__all__ = ["Sockets"]

_SOCK_DIAG: Final = 4
_BY_FAMILY: Final = 20
_REQUEST: Final = 1
_CGROUP_ID: Final = 21
_HEAD: Final = Struct("=IHHII")
"""struct nlmsghdr."""
_WANTED: Final = Struct("=BBBxI")
"""The beginning of struct inet_diag_req_v2: family, protocol, nothing besides, in any state."""
_ENDS: Final = Struct(">HH16s16s")
"""struct inet_diag_sockid: ports and addresses."""
_ANY: Final = b"\0\0\0\0" + b"\xff" * 8
"""And the rest of it: on any interface, whatever the cookie."""
_ATTRIBUTES: Final = _HEAD.size + 72
"""Where they begin: behind struct inet_diag_msg."""
_ATTRIBUTE: Final = Struct("=HH")
_ANSWER: Final = 8_192


class Sockets:
    """Asks of the network namespace that it is made in."""

    def __init__(self) -> None:
        """Raises OSError where the kernel has no such questions."""
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _SOCK_DIAG)
        self._asked = 0

    def group(self, own: tuple[str, int], other: tuple[str, int]) -> int | None:
        """Give the number of the control group of the TCP socket at `own` (address, port) of a connection to `other`."""
        family, anybody = (socket.AF_INET6, "::") if ":" in own[0] else (socket.AF_INET, "0.0.0.0")  # noqa: S104 - it is asked for
        answer = self._ask(family, own, other)
        if (
            answer is not None and _group(answer) is None
        ):  # it waits for its time to end, and is nobody's any more
            answer = self._ask(family, own, (anybody, 0))
        return _group(answer) if answer is not None else None

    def _ask(self, family: int, own: tuple[str, int], other: tuple[str, int]) -> bytes | None:
        self._asked = (self._asked + 1) & 0xFFFFFFFF
        try:
            here, there = socket.inet_pton(family, own[0]), socket.inet_pton(family, other[0])
            question = _WANTED.pack(family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
            question += _ENDS.pack(own[1], other[1], here, there) + _ANY
            size = _HEAD.size + len(question)
            self._kernel.send(_HEAD.pack(size, _BY_FAMILY, _REQUEST, self._asked, 0) + question)
            while True:  # the answer is there when the question was taken
                answer = self._kernel.recv(_ANSWER)
                _, kind, _, asked, _ = _HEAD.unpack_from(answer)
                if asked == self._asked:
                    return answer if kind == _BY_FAMILY else None
        except OSError:  # of two families, or the kernel does not answer
            return None

    def close(self) -> None:
        """Ask no more."""
        self._kernel.close()


def _group(answer: bytes) -> int | None:
    place = _ATTRIBUTES
    while place + _ATTRIBUTE.size <= len(answer):
        length, attribute = _ATTRIBUTE.unpack_from(answer, place)
        if attribute == _CGROUP_ID and length == _ATTRIBUTE.size + 8:
            return int.from_bytes(answer[place + 4 : place + 12], sys.byteorder)
        place += max((length + 3) & ~3, 4)
    return None
