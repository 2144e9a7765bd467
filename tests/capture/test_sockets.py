"""`interceptor.capture.sockets`: what the kernel says of this process's own sockets."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from interceptor.capture.sockets import Sockets


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_both_ends_of_a_connection_are_known_and_a_listener_for_what_is_over(address: str) -> None:
    """Who made these sockets is in one control group; what nobody has, or is of two families, has none."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(Sockets()) as sockets, socket.socket(family) as listener:
        listener.bind((address, 0))
        listener.listen()
        server = listener.getsockname()[:2]
        with socket.create_connection(server) as there, listener.accept()[0]:
            client = there.getsockname()[:2]
            group = sockets.group(client, server)
            assert group is not None
            assert sockets.group(server, client) == group
        assert sockets.group(server, (address, 9)) == group
        assert sockets.group((address, 9), server) is None
        assert sockets.group(server, ("192.0.2.1" if family == socket.AF_INET6 else "2001:db8::1", 9)) is None
        assert sockets.group(server, ("nowhere", 9)) is None
        assert sockets.group(server, client) == group
