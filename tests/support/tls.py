"""Real TLS between two ends in memory: what OpenSSL says, flight by flight."""

from __future__ import annotations

import contextlib
import functools
import ssl
from typing import TYPE_CHECKING, NamedTuple

import trustme

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CLIENT", "SERVER", "Talk", "talk"]

CLIENT, SERVER = 0, 1
NAME = "shop.example"


class Talk(NamedTuple):
    """What both sides said, in order, and what they know of it."""

    flights: list[tuple[int, bytes]]
    """(side, bytes), each as one write."""
    version: str
    cipher: int
    alpn: str | None
    reused: bool
    session: ssl.SSLSession | None

    def stream(self, side: int) -> bytes:
        """All that one side said."""
        return b"".join(data for said, data in self.flights if said == side)


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def server_context(
    version: ssl.TLSVersion, *, asks: bool = False, curve: str | None = None, forgets: bool = False
) -> ssl.SSLContext:
    """A server for one version; `asks`: it wants a certificate of its clients; `curve`: it takes that one only.

    `forgets`: it is another one, and knows no session of the others.
    """
    del forgets  # another argument makes another server
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert(NAME, f"*.{NAME}").configure_cert(context)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    if curve is not None:
        context.set_ecdh_curve(curve)
    if asks:
        _authority().configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@functools.cache
def client_context(version: ssl.TLSVersion, *, shows: bool = False, tickets: bool = True) -> ssl.SSLContext:
    """A client for one version; `shows`: it has a certificate; `tickets`: it takes session tickets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _authority().configure_trust(context)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    if shows:
        _authority().issue_cert("somebody@example.org").configure_cert(context)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    return context


def talk(
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    *,
    name: str | None = NAME,
    session: ssl.SSLSession | None = None,
    certificate: bool = False,
    tickets: bool = True,
    curve: str | None = None,
    forgets: bool = False,
    sizes: Sequence[tuple[int, int]] = ((CLIENT, 300), (SERVER, 3000)),
) -> Talk:
    """A connection from its hellos to close_notify of both, with so many bytes of data by side between."""
    pipes = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
    contexts = (
        client_context(version, shows=certificate, tickets=tickets),
        server_context(version, asks=certificate, curve=curve, forgets=forgets),
    )
    contexts[CLIENT].check_hostname = name == NAME
    ends = [
        contexts[side].wrap_bio(
            *pipes[side],
            server_side=side == SERVER,
            server_hostname=name if side == CLIENT else None,
            session=session if side == CLIENT else None,
        )
        for side in (CLIENT, SERVER)
    ]
    flights: list[tuple[int, bytes]] = []

    def carry(side: int) -> None:
        data = pipes[side][1].read()
        if data:
            flights.append((side, data))
            pipes[1 - side][0].write(data)

    waiting = {CLIENT, SERVER}
    while waiting:
        for side in sorted(waiting):
            try:
                ends[side].do_handshake()
                waiting.discard(side)
            except ssl.SSLWantReadError:
                pass
            carry(side)
    for side, size in sizes:
        ends[side].write(b"x" * size)
        carry(side)
        left = size
        while left:
            left -= len(ends[1 - side].read(left))
    reached = ends[CLIENT]
    cipher = next(
        c["id"] for c in contexts[CLIENT].get_ciphers() if c["name"] == (reached.cipher() or ("",))[0]
    )
    known = Talk(
        flights,
        reached.version() or "",
        cipher & 0xFFFF,
        reached.selected_alpn_protocol(),
        bool(reached.session_reused),
        reached.session,
    )
    for side in (CLIENT, SERVER):
        with contextlib.suppress(ssl.SSLWantReadError):
            ends[side].unwrap()
        carry(side)
    return known
