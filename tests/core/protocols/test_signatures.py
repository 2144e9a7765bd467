"""Signatures: what programs say first has its name, and what nobody knows has none."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.signatures import SIGN_BYTES, by_client, by_server

KAFKA = struct.pack(">IHHIH", 42, 18, 3, 1, 7) + b"rdkafka" + b"\0\x0clibrdkafka"
CLIENTS = [
    ("http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04"),
    ("ssh", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    ("redis", b"*1\r\n$4\r\nPING\r\n"),
    ("redis", b"*3\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n"),
    ("amqp", b"AMQP\0\0\x09\x01"),
    ("amqp", b"AMQP\x03\x01\0\0"),
    ("smtp", b"EHLO mail.example\r\n"),
    ("smtp", b"helo there\r\n"),
    ("ftp", b"USER anonymous\r\n"),
    ("imap", b"a1 CAPABILITY\r\n"),
    ("mqtt", b"\x10\x12\0\x04MQTT\x04\x02\0\x3c\0\x06client"),
    ("mqtt", b"\x10\x94\x01\0\x04MQTT\x05\x02\0\x3c"),
    ("nats", b'CONNECT {"verbose":false}\r\n'),
    ("stomp", b"CONNECT\naccept-version:1.2\n\n\0"),
    ("memcached", b"get user:1\r\n"),
    ("memcached", b"\x80\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0" + bytes(8)),
    ("cassandra", b"\x04\0\0\0\x05\0\0\0\0"),
    ("smb", b"\0\0\0\xc0\xfeSMB\x40\0"),
    ("rdp", b"\x03\0\0\x2c\x27\xe0\0\0\0\0\0Cookie: mstshash=x\r\n"),
    ("tds", b"\x12\x01\0\x2f\0\0\0\0\0\0\x1a"),
    ("ldap", b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"),
    ("bittorrent", b"\x13BitTorrent protocol" + bytes(8)),
    ("bgp", b"\xff" * 16 + b"\0\x1d\x01\x04\xfc\0"),
    ("rtsp", b"OPTIONS rtsp://camera.example/ RTSP/1.0\r\nCSeq: 1\r\n"),
    ("vnc", b"RFB 003.008\n"),
    ("git", b"0032git-upload-pack /project.git\0host=a.example\0"),
    ("rsync", b"@RSYNCD: 31.0\n"),
    ("zmtp", b"\xff" + bytes(7) + b"\x01\x7f\x03"),
    ("x11", b"l\0\x0b\0\0\0\x12\0\x10\0\0\0"),
    ("postgresql", struct.pack(">II", 41, 3 << 16) + b"user\0app\0database\0app\0\0"),
    ("postgresql", struct.pack(">II", 8, 80877103)),
    ("postgresql", struct.pack(">II", 8, 80877104)),
    ("postgresql", struct.pack(">IIII", 16, 80877102, 1, 2)),
    ("mongodb", struct.pack("<iiii", 300, 1, 0, 2013) + b"\0\0\0\0\0"),
    ("mongodb", struct.pack("<iiii", 300, 1, 0, 2004) + b"\0\0\0\0admin.$cmd\0"),
    ("kafka", KAFKA),
    ("dns", b"\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01"),
    ("socks", b"\x05\x01\0"),
    ("socks", b"\x05\x02\0\x02"),
]
SERVERS = [
    ("ssh", b"SSH-2.0-Go\r\n"),
    ("smtp", b"220 mail.example ESMTP Postfix\r\n"),
    ("ftp", b"220 ProFTPD Server\r\n"),
    ("imap", b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
    ("pop3", b"+OK POP3 server ready <1896.697170952@dbc.example>\r\n"),
    ("redis", b"+PONG\r\n"),
    ("redis", b"-NOAUTH Authentication required.\r\n"),
    ("nats", b'INFO {"server_id":"N"}\r\n'),
    ("amqp", b"\x01\0\0\0\0\x01\xf4\0\x0a\0\x0a\0\x09"),
    ("memcached", b"VALUE k 0 5\r\nhello\r\nEND\r\n"),
    ("mysql", b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0"),
    ("mysql", b"\x4a\0\0\0\x0a5.5.5-10.11.6-MariaDB\0"),
    ("mysql", b"\x17\0\0\0\xff\x10\x04Too many connections"),
]
NOTHING = [
    b"",
    b"GET / HTTP/1.1\r\n",
    b"POST /users HTTP/1.1\r\nHost: a\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    b'{"jsonrpc":"2.0"}\n',
    b"hello there",
    b"get",
    b"\x05\x03\0",
    b"\x05\x01\xee",
    struct.pack(">II", 41, 3 << 16) + b"\0",
    struct.pack("<iiii", 300, 1, 7, 2013),
    struct.pack("<iiii", 8, 1, 0, 2013),
    struct.pack(">IHHIH", 42, 18, 99, 1, 7) + b"rdkafka",
    b"\0\x1d\x12\x34\x81\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01",
    b"220 welcome\r\n",
    b"* * *",
]


@pytest.mark.parametrize(("name", "data"), CLIENTS)
def test_clients(name: str, data: bytes) -> None:
    """Each by its first bytes, also where only so many of them are looked at."""
    assert by_client(data) == name
    assert by_client(data[:SIGN_BYTES]) == name


@pytest.mark.parametrize(("name", "data"), SERVERS)
def test_servers(name: str, data: bytes) -> None:
    """Those that speak first, and answers that no other protocol gives."""
    assert by_server(data) == name


@pytest.mark.parametrize("data", NOTHING)
def test_what_is_none_of_them(data: bytes) -> None:
    """HTTP/1 and TLS, which are read elsewhere, text, and headers whose numbers do not fit."""
    assert by_client(data) is None
    assert by_server(data) is None


@given(st.binary(max_size=SIGN_BYTES))
def test_any_bytes_at_all(data: bytes) -> None:
    """They have a name or none; nothing is raised."""
    by_client(data)
    by_server(data)
