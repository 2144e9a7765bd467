"""Hellos: what OpenSSL says is read as it meant it, and what contradicts itself is none."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.tls.hellos import (
    GREASE,
    RETRY_RANDOM,
    read_client_hello,
    read_server_hello,
    session_id,
)
from tests.support.tls import CLIENT, NAME, SERVER, talk

RECORD_AND_MESSAGE_HEADER = 9


def vector(content: bytes, size: int = 2) -> bytes:
    """A vector with its length before it."""
    return len(content).to_bytes(size, "big") + content


@dataclass
class Made:
    """A hello to be put together."""

    extensions: tuple[tuple[int, bytes], ...] = ()
    session_id: bytes = b""
    ciphers: bytes = b"\x13\x01"
    random: bytes = bytes(32)

    def client(self) -> bytes:
        """The body of a ClientHello."""
        return (
            b"\x03\x03"
            + self.random
            + vector(self.session_id, 1)
            + vector(self.ciphers)
            + vector(b"\0", 1)
            + self._block()
        )

    def server(self) -> bytes:
        """The body of a ServerHello."""
        return b"\x03\x03" + self.random + vector(self.session_id, 1) + self.ciphers + b"\0" + self._block()

    def _block(self) -> bytes:
        return vector(
            b"".join(kind.to_bytes(2, "big") + vector(content) for kind, content in self.extensions)
        )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_openssl_says_is_read(version: ssl.TLSVersion) -> None:
    """The name, the protocols and the version that both ends know of are those that their hellos are read to say."""
    said = talk(version)
    client = read_client_hello(said.flights[0][1][RECORD_AND_MESSAGE_HEADER:])
    assert client is not None
    assert client.offer.server_name == NAME.encode()
    assert client.offer.alpn == (b"h2", b"http/1.1")
    assert said.cipher in client.ciphers
    stream = said.stream(SERVER)
    end = RECORD_AND_MESSAGE_HEADER + int.from_bytes(stream[6:RECORD_AND_MESSAGE_HEADER], "big")
    server = read_server_hello(stream[RECORD_AND_MESSAGE_HEADER:end])
    assert server is not None
    assert (server.chosen_version, server.cipher) == (int(version), said.cipher)
    assert not server.retry


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (vector(b"\0" + vector(b"a.example")), b"a.example"),
        (vector(b"\x01" + vector(b"other") + b"\0" + vector(b"a.example")), b"a.example"),
        (vector(b"\0" + vector(b"A.EXAMPLE.")), b"A.EXAMPLE."),
        (vector(b"\0" + vector(b"\xff\x00")), b"\xff\x00"),
        (vector(b"\0" + vector(b"")), b""),
        (b"", None),
        (vector(b""), None),
        (vector(b"\0"), None),
        (vector(b"\0\xff\xffshort"), None),
        (b"\xff\xff\0\0\x01a", None),
    ],
)
def test_server_names(content: bytes, name: bytes | None) -> None:
    """The name is the first of its kind, as sent; an extension that contradicts itself has none, and is there."""
    hello = read_client_hello(Made(((0, content),)).client())
    assert hello is not None
    assert hello.offer.server_name == name
    assert hello.offer.extensions == (0,)


def test_lists_that_lie_are_empty() -> None:
    """Each extension whose own length is wrong says nothing, and costs no other."""
    wrong = b"\xff\xff\x01\x02"
    hello = read_client_hello(
        Made(((10, wrong), (11, wrong), (13, wrong), (43, wrong), (16, vector(b"\x02h2\x09short")))).client()
    )
    assert hello is not None
    offer = hello.offer
    assert (offer.groups, offer.point_formats, offer.signature_algorithms, offer.versions) == ((), (), (), ())
    assert offer.alpn == (b"h2",)


def test_of_an_extension_twice_the_first_counts() -> None:
    """RFC 8446 section 4.2 forbids it; what is met is read the same way every time."""
    first, second = vector(b"\0" + vector(b"a.example")), vector(b"\0" + vector(b"b.example"))
    hello = read_client_hello(Made(((0, first), (0, second))).client())
    assert hello is not None
    assert hello.offer.server_name == b"a.example"
    assert hello.offer.extensions == (0, 0)


def test_what_resumes() -> None:
    """A ticket or a pre-shared key does, an empty ticket does not, nor does a session id (RFC 8446 appendix D.4)."""
    for extensions, resumes in (
        ((), False),
        (((35, b""),), False),
        (((35, b"ticket"),), True),
        (((41, b"any"),), True),
    ):
        hello = read_client_hello(Made(extensions, session_id=bytes(32)).client())
        assert hello is not None
        assert hello.resumes is resumes


def test_a_retry_is_told_by_its_random() -> None:
    """RFC 8446 section 4.1.3."""
    for random, retry in ((RETRY_RANDOM, True), (bytes(32), False)):
        hello = read_server_hello(Made(((43, b"\x03\x04"),), random=random).server())
        assert hello is not None
        assert (hello.retry, hello.chosen_version) == (retry, 0x0304)


def test_hellos_without_extensions() -> None:
    """TLS 1.0 began without them."""
    made = Made()
    client, server = made.client()[:-2], made.server()[:-2]
    for hello in (read_client_hello(client), read_server_hello(server)):
        assert hello is not None
        assert hello.offer.extensions == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        Made().client()[:34],
        Made(session_id=bytes(33)).client(),
        Made(ciphers=b"\x13").client(),
        Made().client() + b"more",
        Made().client()[:-2] + b"\0\x04\0\0\0\x01",
    ],
)
def test_what_contradicts_itself_is_no_hello(body: bytes) -> None:
    """Too short, with a session id of 33 bytes, half a cipher, bytes behind the end, an extension beyond the block."""
    assert read_client_hello(body) is None


def test_no_part_of_a_hello_is_one() -> None:
    """Cut anywhere before its extensions' end, it contradicts itself, but where extensions may be absent."""
    said = talk()
    body = said.stream(CLIENT)[RECORD_AND_MESSAGE_HEADER:]
    body = body[: int.from_bytes(said.stream(CLIENT)[6:RECORD_AND_MESSAGE_HEADER], "big")]
    whole = [size for size in range(len(body)) if read_client_hello(body[:size]) is not None]
    assert len(whole) <= 1


@given(st.binary(max_size=300))
def test_any_bytes_at_all(body: bytes) -> None:
    """They are read or are none; nothing is raised."""
    read_client_hello(body)
    read_server_hello(body)
    read_client_hello(b"\x03\x03" + bytes(32) + b"\0\0\x02\x13\x01\x01\0" + vector(body))


def test_grease_has_sixteen_values() -> None:
    """RFC 8701 section 2: both bytes alike, and their lower halves are ten; 0x0a1a is none."""
    assert len(GREASE) == 16
    assert all(value >> 8 == value & 0xFF and value & 0x0F == 0x0A for value in GREASE)


def test_hellos_that_say_the_same_are_one() -> None:
    """Whatever is random in them; another name, list or version makes another one."""
    name = (0, vector(b"\0" + vector(b"a.example")))
    one = read_client_hello(Made((name, (51, b"share"))).client())
    again = read_client_hello(
        Made((name, (51, b"other")), session_id=bytes(32), random=bytes(range(32))).client()
    )
    assert one is again is not None
    for other in (Made(((0, vector(b"\0" + vector(b"b.example"))), (51, b""))), Made((name,)), Made()):
        assert read_client_hello(other.client()) != one
    answer = read_server_hello(Made(((43, b"\x03\x04"),)).server())
    assert answer is not None
    assert answer is read_server_hello(Made(((43, b"\x03\x04"),), session_id=bytes(8)).server())
    retry = read_server_hello(Made(((43, b"\x03\x04"),), random=RETRY_RANDOM).server())
    assert retry is not None
    assert (answer.retry, retry.retry) == (False, True)


def test_a_huge_hello_is_not_remembered() -> None:
    """What a hostile client sends is kept for as long as its connection is there."""
    huge = Made(((16, vector(b"\x08protocol" * 200)),)).client()
    one, again = read_client_hello(huge), read_client_hello(huge)
    assert one == again
    assert one is not again


def test_session_ids() -> None:
    """As sent, by either side; none where there is none, or it is cut."""
    for made in (Made(session_id=b"session").client(), Made(session_id=b"session").server()):
        assert session_id(made) == b"session"
        assert session_id(made[:38]) == b""
    assert session_id(Made().client()) == b""
