"""ClientHello and ServerHello: what both ends say in clear before they encrypt.

Owns the bodies of the two messages (RFC 8446 section 4.1, RFC 5246 section 7.4.1) and of the extensions that an observer
learns from. Refuses to judge them: what an endpoint would reject is read as far as it can be, and numbers that nobody
knows are numbers.

Hellos of one program to one name are equal but for what is random in them, which is not kept, so they are one object on all
its connections, and are read once.

A message whose own lengths contradict each other is none. An extension that does is there, and says nothing: `extensions`
has its type, and the field that it would have filled is empty. Of an extension that comes twice, which RFC 8446 section
4.2 forbids, the first one counts.
"""

from __future__ import annotations

from typing import Final, TypeVar

from msgspec import Struct

__all__ = [
    "GREASE",
    "ClientHello",
    "Offer",
    "ServerHello",
    "read_client_hello",
    "read_server_hello",
    "session_id",
]

GREASE: Final = frozenset(0x0A0A + 0x1010 * i for i in range(16))
"""Values that stand for nothing, so that nobody comes to rely on a fixed set (RFC 8701)."""

# Extension types (IANA, TLS ExtensionType Values).
SERVER_NAME: Final = 0
SUPPORTED_GROUPS: Final = 10
EC_POINT_FORMATS: Final = 11
SIGNATURE_ALGORITHMS: Final = 13
ALPN: Final = 16
SESSION_TICKET: Final = 35
PRE_SHARED_KEY: Final = 41
EARLY_DATA: Final = 42
SUPPORTED_VERSIONS: Final = 43
ENCRYPTED_CLIENT_HELLO: Final = 0xFE0D

RETRY_RANDOM: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3)."""

_READ: Final = (
    SERVER_NAME,
    ALPN,
    SUPPORTED_VERSIONS,
    SUPPORTED_GROUPS,
    EC_POINT_FORMATS,
    SIGNATURE_ALGORITHMS,
)
"""Extensions whose content is read."""
_HOST_NAME: Final = 0
"""The one kind of name that a server_name extension has (RFC 6066 section 3)."""
_VERSION_BYTES: Final = 2
_CHOICE_BYTES: Final = 3
"""A cipher, and a compression."""
_RANDOM_END: Final = 34
_SESSION_ID_LIMIT: Final = 32


Hello = TypeVar("Hello")
Key = TypeVar("Key")
Value = TypeVar("Value")


class Offer(Struct, frozen=True, gc=False):
    """What the extensions of a hello say, as far as an observer asks."""

    extensions: tuple[int, ...] = ()
    """Their types, in order, GREASE included."""
    server_name: bytes | None = None
    """As sent: it may be any bytes at all."""
    alpn: tuple[bytes, ...] = ()
    """Offered by a client, chosen by a server (one), as sent."""
    versions: tuple[int, ...] = ()
    """supported_versions: offered, or the one chosen. GREASE included."""
    groups: tuple[int, ...] = ()
    point_formats: tuple[int, ...] = ()
    signature_algorithms: tuple[int, ...] = ()
    ticket: bool = False
    """A session ticket that is not empty."""


class ClientHello(Struct, frozen=True, cache_hash=True, weakref=True):
    """What a client asks for."""

    version: int
    """legacy_version: 0x0303 in TLS 1.3, which says what it is in `Offer.versions`."""
    ciphers: tuple[int, ...]
    """In order, GREASE included."""
    offer: Offer

    @property
    def resumes(self) -> bool:
        """It has a key that it wants to use again: a ticket, or a pre-shared key.

        A session id is none: in TLS 1.3 it is random, for the sake of what stands between.
        """
        return self.offer.ticket or PRE_SHARED_KEY in self.offer.extensions

    @property
    def early_data(self) -> bool:
        """It sends data before the server has answered (0-RTT)."""
        return EARLY_DATA in self.offer.extensions

    @property
    def ech(self) -> bool:
        """It has an encrypted_client_hello extension, which browsers also send where nothing is encrypted (GREASE)."""
        return ENCRYPTED_CLIENT_HELLO in self.offer.extensions


class ServerHello(Struct, frozen=True, cache_hash=True, weakref=True):
    """What a server chose."""

    version: int
    """legacy_version."""
    cipher: int
    offer: Offer
    retry: bool = False
    """It is a HelloRetryRequest: the client says hello once more."""

    @property
    def chosen_version(self) -> int:
        """The version that both speak from here on."""
        return self.offer.versions[0] if self.offer.versions else self.version

    @property
    def takes_up(self) -> bool:
        """It takes up the client's pre-shared key (TLS 1.3)."""
        return PRE_SHARED_KEY in self.offer.extensions


def read_client_hello(body: bytes) -> ClientHello | None:
    """Read the body of a ClientHello, without its four bytes of handshake header; None where it is none."""
    start = _start(body)
    if start is None:
        return None
    ciphers, at = _vector(body, start, 2)
    if ciphers is None or len(ciphers) % 2:
        return None
    compression, at = _vector(body, at, 1)
    if compression is None:
        return None
    extensions = _extensions(body, at)
    if extensions is None:
        return None
    types, contents = extensions
    said = _said(body[:_VERSION_BYTES] + ciphers, types, contents)
    known = _clients.get(said)
    if known is None:
        known = ClientHello(_number(body), _numbers(ciphers), _offer(types, contents, client=True))
        _remember(_clients, said, known)
    return known


def read_server_hello(body: bytes) -> ServerHello | None:
    """Read the body of a ServerHello, without its four bytes of handshake header; None where it is none."""
    at = _start(body)
    if at is None or len(body) < at + _CHOICE_BYTES:
        return None
    cipher = body[at : at + 2]
    extensions = _extensions(body, at + _CHOICE_BYTES)
    if extensions is None:
        return None
    types, contents = extensions
    retry = body[_VERSION_BYTES:_RANDOM_END] == RETRY_RANDOM
    said = _said(body[:_VERSION_BYTES] + cipher + bytes((retry,)), types, contents)
    known = _servers.get(said)
    if known is None:
        offer = _offer(types, contents, client=False)
        known = ServerHello(_number(body), _number(cipher), offer, retry)
        _remember(_servers, said, known)
    return known


def session_id(body: bytes) -> bytes:
    """The session id in the body of a hello; empty where it has none."""
    return _vector(body, _RANDOM_END, 1)[0] or b""


def _start(body: bytes) -> int | None:
    """Where what follows the session id begins."""
    at = _RANDOM_END + 1
    if len(body) < at or body[_RANDOM_END] > _SESSION_ID_LIMIT or len(body) < at + body[_RANDOM_END]:
        return None
    return at + body[_RANDOM_END]


def _extensions(body: bytes, at: int) -> tuple[bytes, dict[int, bytes]] | None:
    """Their types in a row, and what is in each; before them there were none (SSL 3.0, and TLS as it began), so they may be absent."""
    contents: dict[int, bytes] = {}
    if at == len(body):
        return b"", contents
    if at + 2 > len(body) or at + 2 + (body[at] << 8 | body[at + 1]) != len(body):
        return None
    at += 2
    types = bytearray()
    while at < len(body):
        content = at + 4
        if content > len(body):
            return None
        end = content + (body[at + 2] << 8 | body[at + 3])
        if end > len(body):
            return None
        types += body[at : at + 2]
        contents.setdefault(body[at] << 8 | body[at + 1], body[content:end])
        at = end
    return bytes(types), contents


_Said = tuple[bytes | bool | None, ...]
"""All of a hello that is read."""


def _said(first: bytes, types: bytes, contents: dict[int, bytes]) -> _Said:
    return (first, types, bool(contents.get(SESSION_TICKET)), *map(contents.get, _READ))


def _offer(types: bytes, contents: dict[int, bytes], *, client: bool) -> Offer:
    get = contents.get
    return Offer(
        _numbers(types),
        _server_name(get(SERVER_NAME, b"")) if client else None,
        _names(get(ALPN, b"")),
        _list(get(SUPPORTED_VERSIONS, b""), 1) if client else _numbers(get(SUPPORTED_VERSIONS, b"")[:2]),
        _list(get(SUPPORTED_GROUPS, b""), 2),
        tuple(_vector(get(EC_POINT_FORMATS, b""), 0, 1)[0] or b""),
        _list(get(SIGNATURE_ALGORITHMS, b""), 2),
        bool(get(SESSION_TICKET)),
    )


def _server_name(content: bytes) -> bytes | None:
    """The host name of a server_name extension (RFC 6066 section 3): the first entry that is one."""
    names, _ = _vector(content, 0, 2)
    at = 0
    while names is not None and at < len(names):
        name, end = _vector(names, at + 1, 2)
        if name is None:
            return None
        if names[at] == _HOST_NAME:
            return name
        at = end
    return None


def _names(content: bytes) -> tuple[bytes, ...]:
    """The protocols of an ALPN extension (RFC 7301 section 3.1), as far as they are whole."""
    names, _ = _vector(content, 0, 2)
    found: list[bytes] = []
    at = 0
    while names is not None and at < len(names):
        name, at = _vector(names, at, 1)
        if name is None:
            break
        found.append(name)
    return tuple(found)


def _vector(data: bytes, at: int, size: int) -> tuple[bytes | None, int]:
    """A vector whose length stands before it in `size` bytes (RFC 8446 section 3.4), and where it ends.

    None where there is less than it promises.
    """
    start = at + size
    if start > len(data):
        return None, start
    end = start + int.from_bytes(data[at:start], "big")
    if end > len(data):
        return None, end
    return data[start:end], end


def _list(content: bytes, size: int) -> tuple[int, ...]:
    """The numbers of two bytes in a vector; none where it is malformed."""
    return _numbers(_vector(content, 0, size)[0] or b"")


def _numbers(data: bytes) -> tuple[int, ...]:
    """The numbers of two bytes: one value for all hellos that have them, as those to other names, and to no name that is known."""
    numbers = _lists.get(data)
    if numbers is None:
        numbers = tuple([int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data) - 1, 2)])
        if len(data) <= _LIST_BYTES:
            _keep(_lists, data, numbers)
    return numbers


def _remember(hellos: dict[_Said, Hello], said: _Said, hello: Hello) -> None:
    if sum([len(part) for part in said if isinstance(part, bytes)]) <= _HELLO_BYTES:
        _keep(hellos, said, hello)


def _keep(known: dict[Key, Value], key: Key, value: Value) -> None:
    """Remember this; of too many, none of those before it."""
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value


_REMEMBERED: Final = 2_048
"""Hellos of each side, and lists: a megabyte or two of each. A node sees dozens of programs, each of which speaks to dozens of
names, with half a dozen lists; one that shuffles its extensions fills this again and again, and then has its own copies."""
_HELLO_BYTES: Final = 1_024
"""Of what is read in one that is remembered: twice what there is in one of a browser."""
_LIST_BYTES: Final = 256
"""Of a list. The longest that programs send has 130 ciphers."""
_clients: Final[dict[_Said, ClientHello]] = {}
_servers: Final[dict[_Said, ServerHello]] = {}
_lists: Final[dict[bytes, tuple[int, ...]]] = {}


def _number(data: bytes) -> int:
    return int.from_bytes(data[:2], "big")
