"""Fingerprints against what their makers publish, and against what their texts say where data and text differ."""

from __future__ import annotations

from hashlib import md5, sha256

import pytest

from interceptor.core.protocols.tls.fingerprints import ja3, ja3s, ja4
from interceptor.core.protocols.tls.hellos import GREASE, ClientHello, Offer, ServerHello


def twelve(text: str) -> str:
    """The first twelve digits of a hash."""
    return sha256(text.encode()).hexdigest()[:12]


def test_ja4_as_its_text_has_it() -> None:
    """The example of FoxIO's technical details: the ciphers and extensions of a browser give these hashes."""
    ciphers = "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
    extensions = "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01"
    algorithms = "0403,0804,0401,0503,0805,0501,0806,0601"
    numbers = [int(text, 16) for text in reversed(extensions.split(","))]
    hello = ClientHello(
        0x0303,
        tuple(int(text, 16) for text in reversed(ciphers.split(","))),
        Offer(
            (0x0A0A, 0x0000, 0x0010, *numbers),
            b"a.example",
            (b"h2", b"http/1.1"),
            (0x7A7A, 0x0304, 0x0303),
            signature_algorithms=tuple(int(text, 16) for text in algorithms.split(",")),
        ),
    )
    assert ja4(hello) == "t13d1516h2_8daaf6152771_e5627efa2ab1"


@pytest.mark.parametrize(
    ("alpn", "ends"),
    [
        ((), "00"),
        ((b"",), "00"),
        ((b"h2",), "h2"),
        ((b"http/1.1", b"h2"), "h1"),
        ((b"x",), "xx"),
        ((b"\xab",), "ab"),
        ((b"\xab\xcd",), "ad"),
        ((b"h\xff",), "6f"),
        ((b"h-",), "6d"),
        (("é".encode(),), "c9"),
    ],
)
def test_protocols_by_their_ends(alpn: tuple[bytes, ...], ends: str) -> None:
    """The first and last character, or digits of the hex where one is no ASCII letter or digit."""
    hello = ClientHello(0x0303, (0x1301,), Offer((16,) if alpn else (), alpn=alpn))
    assert ja4(hello).partition("_")[0][-2:] == ends


def test_the_version_is_the_highest_offered() -> None:
    """Without the extension it is the hello's own; what nobody knows is 00."""
    for version, versions, said in (
        (0x0303, (0x0A0A, 0x0304, 0x0303), "13"),
        (0x0303, (), "12"),
        (0x0301, (), "10"),
        (0x0300, (), "s3"),
        (0x0305, (), "00"),
        (0x0303, (0x7F1C,), "00"),
    ):
        assert ja4(ClientHello(version, (1,), Offer(versions=versions)))[1:3] == said


def test_a_name_counts_by_being_there() -> None:
    """`d` where the extension is there, readable or not."""
    assert ja4(ClientHello(0x0303, (1,), Offer((0,))))[3] == "d"
    assert ja4(ClientHello(0x0303, (1,), Offer((10,))))[3] == "i"


def test_nothing_is_twelve_zeros() -> None:
    """No ciphers, no extensions; and no underline where there are no algorithms."""
    empty = ja4(ClientHello(0x0303, (), Offer()))
    assert empty == "t12i000000_000000000000_000000000000"
    assert ja4(ClientHello(0x0303, (), Offer((10,)))).rpartition("_")[2] == twelve("000a")
    alone = Offer((0, 16), b"a", (b"h2",), signature_algorithms=(0x0403,))
    assert ja4(ClientHello(0x0303, (), alone)).rpartition("_")[2] == "0" * 12


def test_counts_have_two_digits() -> None:
    """A hundred and more are 99."""
    many = tuple(range(1, 200))
    assert ja4(ClientHello(0x0303, many, Offer(many)))[4:8] == "9999"


@pytest.mark.parametrize("grease", sorted(GREASE))
def test_grease_changes_nothing(grease: int) -> None:
    """Wherever it stands, signature algorithms included (FoxIO-LLC/ja4#305)."""

    def hello(*more: int) -> ClientHello:
        offer = Offer(
            (*more, 0, 10, 13, 43),
            b"a.example",
            (),
            (*more, 0x0304),
            (*more, 29, 23),
            (0,),
            (*more, 0x0403, 0x0804),
        )
        return ClientHello(0x0303, (*more, 0x1301, 0x1302), offer)

    assert ja4(hello(grease)) == ja4(hello())
    assert ja3(hello(grease)) == ja3(hello())


def test_ja3_and_ja3s_as_their_texts_have_them() -> None:
    """Decimal numbers in the order sent; empty lists stay empty. The hash is that of salesforce/ja3's example."""
    text = "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"
    version, ciphers, extensions, groups, formats = (
        tuple(int(number) for number in part.split("-")) for part in text.split(",")
    )
    offer = Offer(extensions, groups=groups, point_formats=formats)
    assert ja3(ClientHello(version[0], ciphers, offer)) == "ada70206e40642a3e4461f35503241d5"
    bare = ClientHello(769, (4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99), Offer())
    assert ja3(bare) == "de350869b8c85de67a350c8d186f11e6"
    server = ServerHello(769, 47, Offer((65281, 0, 11, 35, 5, 16)))
    assert ja3s(server) == md5(b"769,47,65281-0-11-35-5-16", usedforsecurity=False).hexdigest()
