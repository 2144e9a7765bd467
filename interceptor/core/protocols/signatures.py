"""Protocols that are not read, by the first bytes that their ends say: so that what is not read has a name.

Owns one pattern for each protocol and side, taken from the document that defines it. Refuses ports, and guesses: a
pattern holds what a protocol requires (constants, lengths that fit what is there, fields that must be zero), so that text
or random bytes are taken for it once in a million connections at most, and what no pattern fits has no name.

Limits: `SIGN_BYTES` bytes of each side are looked at, by patterns that take linear time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SIGNED", "SIGN_BYTES", "by_client", "by_server"]

SIGN_BYTES: Final = 64
"""Of each side. The longest constant has 24 bytes; what varies before one, a length or a greeting, is short."""

_TEXT = re.compile(rb"[ -~]*")

_CLIENT_WORDS: Final[tuple[tuple[str, re.Pattern[bytes]], ...]] = (
    ("http2", re.compile(rb"PRI \* HTTP/2\.0\r\n\r\nSM\r\n\r\n")),  # RFC 9113 section 3.4
    ("ssh", re.compile(rb"SSH-[12]\.")),  # RFC 4253 section 4.2
    (
        "redis",
        re.compile(rb"\*[1-9][0-9]{0,5}\r\n\$[0-9]{1,9}\r\n[A-Za-z]"),
    ),  # a command is an array of strings
    (
        "amqp",
        re.compile(rb"AMQP(?:\x00\x00\x09[\x00\x01]|[\x00\x02\x03]\x01\x00\x00|\x01\x01[\x00\x08-\x0a]{2})"),
    ),
    ("smtp", re.compile(rb"(?:EHLO|HELO|LHLO) [ -~]", re.IGNORECASE)),  # RFC 5321 section 4.1.1.1
    ("ftp", re.compile(rb"USER [ -~]+\r\n|AUTH (?:TLS|SSL)\r\n", re.IGNORECASE)),  # RFC 959, RFC 4217
    (
        "imap",
        re.compile(
            rb"[A-Za-z0-9.]{1,12} (?:CAPABILITY|LOGIN|AUTHENTICATE|STARTTLS|ID|NOOP)[ \r]", re.IGNORECASE
        ),
    ),
    ("mqtt", re.compile(rb"\x10[\x0a-\xff][\x00-\x7f]{0,3}?(?:\x00\x04MQTT[\x03-\x05]|\x00\x06MQIsdp\x03)")),
    ("nats", re.compile(rb"CONNECT \{")),
    ("stomp", re.compile(rb"(?:CONNECT|STOMP)\r?\n[a-z-]+:")),
    (
        "memcached",
        re.compile(
            rb"(?:gets?|set|add|replace|delete|incr|mg|ms|stats|version|flush_all)(?: [!-~]+){0,5}\r\n"
        ),
    ),
    ("memcached", re.compile(rb"\x80[\x00-\x40]..[\x00-\x14]\x00\x00\x00", re.DOTALL)),  # binary request
    ("cassandra", re.compile(rb"[\x03-\x06]\x00..[\x01\x05]\x00\x00", re.DOTALL)),  # STARTUP or OPTIONS
    ("smb", re.compile(rb"\x00[\x00\x01]..[\xfe\xff]SMB", re.DOTALL)),
    (
        "rdp",
        re.compile(rb"\x03\x00\x00[\x0b-\xff][\x06-\xff]\xe0\x00\x00"),
    ),  # TPKT with an X.224 connection request
    ("tds", re.compile(rb"\x12\x01..\x00\x00[\x00\x01]\x00\x00", re.DOTALL)),  # pre-login
    (
        "ldap",
        re.compile(rb"\x30(?:[\x05-\x7f]|\x84\x00\x00..|\x82..)\x02\x01[\x01\x00]\x60", re.DOTALL),
    ),  # bind request
    ("bittorrent", re.compile(rb"\x13BitTorrent protocol")),
    ("bgp", re.compile(rb"\xff{16}\x00[\x1d-\xff]\x01\x04")),  # RFC 4271 section 4.2
    ("rtsp", re.compile(rb"(?:OPTIONS|DESCRIBE|SETUP) [!-~]+ RTSP/1\.0\r\n")),
    ("vnc", re.compile(rb"RFB 00[0-9]\.00[0-9]\n")),  # RFC 6143 section 7.1.1
    ("git", re.compile(rb"[0-9a-f]{4}git-(?:upload|receive)-pack /")),
    ("rsync", re.compile(rb"@RSYNCD: [0-9]")),
    ("zmtp", re.compile(rb"\xff\x00{7}[\x00\x01]\x7f")),
    ("x11", re.compile(rb"(?:\x42\x00\x00\x0b|\x6c\x00\x0b\x00)\x00\x00")),
)
_SERVER_WORDS: Final[tuple[tuple[str, re.Pattern[bytes]], ...]] = (
    ("ssh", re.compile(rb"SSH-[12]\.")),
    ("smtp", re.compile(rb"220[ -][!-~]+ [ -~]*SMTP", re.IGNORECASE)),
    ("ftp", re.compile(rb"220[ -][ -~]*FTP", re.IGNORECASE)),
    ("imap", re.compile(rb"\* (?:OK|PREAUTH) ")),  # RFC 9051 section 7.1
    ("pop3", re.compile(rb"\+OK [ -~]*(?:POP3|<[!-~]+>|ready)", re.IGNORECASE)),  # RFC 1939 section 4
    ("redis", re.compile(rb"-(?:ERR|NOAUTH|WRONGTYPE|MOVED|LOADING) |\+(?:OK|PONG)\r\n")),
    ("nats", re.compile(rb'INFO \{"')),
    ("amqp", re.compile(rb"\x01\x00\x00\x00\x00..\x00\x0a\x00\x0a\x00\x09", re.DOTALL)),  # connection.start
    ("memcached", re.compile(rb"(?:VALUE [!-~]+ [0-9]+ [0-9]+|STORED|NOT_STORED|STAT [!-~]+ [ -~]*)\r\n")),
    ("vnc", re.compile(rb"RFB 00[0-9]\.00[0-9]\n")),
    ("rsync", re.compile(rb"@RSYNCD: [0-9]")),
    ("bgp", re.compile(rb"\xff{16}\x00[\x1d-\xff]\x01\x04")),
    ("bittorrent", re.compile(rb"\x13BitTorrent protocol")),
)

# PostgreSQL, message formats: versions and codes of the first message, which has no type.
_POSTGRES_VERSION: Final = 3 << 16
_POSTGRES_CODES: Final = {80877102: (16, 268), 80877103: (8, 8), 80877104: (8, 8)}
"""CancelRequest, SSLRequest, GSSENCRequest: least and greatest length."""
_POSTGRES_LIMIT: Final = 10_000
"""MAX_STARTUP_PACKET_LENGTH of the server."""
_MONGO_CODES: Final = frozenset({1, 2001, 2002, 2004, 2005, 2006, 2007, 2012, 2013})
"""MongoDB wire protocol: OP_REPLY, the old operations, OP_COMPRESSED, OP_MSG."""
_MONGO_LIMIT: Final = 48_000_000
"""maxMessageSizeBytes."""
_KAFKA_KEYS: Final = 100
"""Kafka protocol: api keys are numbered up to 92 as of 4.1."""
_KAFKA_VERSIONS: Final = 20
_KAFKA_LIMIT: Final = 100 * 2**20
"""socket.request.max.bytes."""
_NAME_LIMIT: Final = 255
_DNS_OPCODES: Final = frozenset({0, 4, 5, 6})
"""Query, notify, update, stateful operations."""


def by_client(data: bytes) -> str | None:
    """The protocol that a client begins to speak with these bytes."""
    for name, pattern in _CLIENT_WORDS:
        if pattern.match(data):
            return name
    return next((name for name, holds in _CLIENT_LENGTHS if holds(data)), None)


def by_server(data: bytes) -> str | None:
    """The protocol that a server begins to speak with these bytes, before or after its client."""
    for name, pattern in _SERVER_WORDS:
        if pattern.match(data):
            return name
    return next((name for name, holds in _SERVER_LENGTHS if holds(data)), None)


def _postgres(data: bytes) -> bool:
    """A startup message, or a request for encryption or to cancel."""
    if len(data) < 8:
        return False
    length, code = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
    if code in _POSTGRES_CODES:
        least, most = _POSTGRES_CODES[code]
        return least <= length <= most
    # The first parameter's name follows, and nearly always it is the user.
    return code >> 16 == _POSTGRES_VERSION >> 16 and 8 < length <= _POSTGRES_LIMIT and data[8:9].isalpha()


def _mysql(data: bytes) -> bool:
    """The greeting of a server: number 0, protocol 10, its version as text (or an error: too many connections)."""
    if len(data) < 6 or data[3] != 0 or not 5 < int.from_bytes(data[:3], "little") < 512:
        return False
    if data[4] == 0xFF:
        return data[5:7] in _MYSQL_REFUSALS
    end = data.find(b"\0", 5)
    return data[4] == 10 and data[5:6].isdigit() and (end < 0 or _TEXT.fullmatch(data, 5, end) is not None)


_MYSQL_REFUSALS: Final = frozenset(number.to_bytes(2, "little") for number in (1040, 1129, 1130, 1203))
"""Too many connections, host blocked, host not privileged, user limit."""


def _mongo(data: bytes) -> bool:
    """A message's header: length, number, what it answers (nothing, of a client), operation."""
    if len(data) < 16:
        return False
    length, answers, code = (int.from_bytes(data[at : at + 4], "little") for at in (0, 8, 12))
    return 16 < length <= _MONGO_LIMIT and answers == 0 and code in _MONGO_CODES


def _kafka(data: bytes) -> bool:
    """A request: length, key, version, number, the client's name."""
    if len(data) < 14:
        return False
    length, key, version = (int.from_bytes(data[a:b], "big") for a, b in ((0, 4), (4, 6), (6, 8)))
    size = int.from_bytes(data[12:14], "big", signed=True)
    if not (10 <= length <= _KAFKA_LIMIT and key <= _KAFKA_KEYS and version <= _KAFKA_VERSIONS):
        return False
    name = data[14 : 14 + max(0, size)]
    return 0 < size <= min(_NAME_LIMIT, length - 10) and len(name) > 2 and _TEXT.fullmatch(name) is not None


def _dns(data: bytes) -> bool:
    """A query (RFC 1035 section 4.2.2): length, header without answers, one name that is one."""
    if len(data) < 19:
        return False
    length, flags, questions, answers = (int.from_bytes(data[at : at + 2], "big") for at in (0, 4, 6, 8))
    if flags & 0x8000 or flags >> 11 & 0xF not in _DNS_OPCODES or questions != 1 or answers or length < 17:
        return False
    at = 14
    end = min(len(data), length + 2)
    while at < end and 0 < data[at] < 64:
        label = data[at + 1 : at + 1 + data[at]]
        if _LABEL.fullmatch(label) is None:
            return False
        at += 1 + data[at]
    return at >= len(data) or data[at] == 0


_LABEL = re.compile(rb"[A-Za-z0-9_*-]*")


def _socks5(data: bytes) -> bool:
    """A greeting (RFC 1928 section 3): as many methods as it says and nothing behind them, each of those that exist."""
    return (
        len(data) > 2
        and data[0] == 5
        and len(data) == 2 + data[1]
        and all(method < 10 for method in data[2:])
    )


_CLIENT_LENGTHS: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (
    ("postgresql", _postgres),
    ("mongodb", _mongo),
    ("kafka", _kafka),
    ("dns", _dns),
    ("socks", _socks5),
)
_SERVER_LENGTHS: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (("mysql", _mysql),)

SIGNED: Final = frozenset(
    name for name, _ in (*_CLIENT_WORDS, *_SERVER_WORDS, *_CLIENT_LENGTHS, *_SERVER_LENGTHS)
) - {"http2", "socks"}
"""The names of those that nothing else here reads."""
