"""Fingerprints of hellos: JA3, JA3S, JA4. They group programs that greet alike; they identify none.

JA3 and JA3S as salesforce/ja3 defines them, JA4 as FoxIO's technical details for TLS clients do (both published under
BSD-3-Clause; nothing else of the JA4+ family is, and none of it is here).

Invariant: GREASE (RFC 8701) is left out of everything, so that a browser has the same print on each connection; also of
the signature algorithms, where other implementations forgot it.
"""

from __future__ import annotations

from hashlib import md5, sha256
from typing import TYPE_CHECKING, Final

from interceptor.core.protocols.tls.hellos import ALPN, GREASE, SERVER_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.protocols.tls.hellos import ClientHello, ServerHello

__all__ = ["ja3", "ja3s", "ja4"]

_VERSIONS: Final = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
}
_NOTHING: Final = "0" * 12
_MANY: Final = 99


def ja3(hello: ClientHello) -> str:
    """MD5 of the client's version, ciphers, extensions, groups and point formats, in the order sent: 32 hex digits.

    Browsers shuffle their extensions, so that this one differs from connection to connection.
    """
    offer = hello.offer
    parts = (
        str(hello.version),
        _joined(hello.ciphers),
        _joined(offer.extensions),
        _joined(offer.groups),
        _joined(offer.point_formats),
    )
    return _md5(",".join(parts))


def ja3s(hello: ServerHello) -> str:
    """MD5 of the server's version, cipher and extensions: 32 hex digits."""
    return _md5(f"{hello.version},{hello.cipher},{'-'.join(map(str, hello.offer.extensions))}")


def ja4(hello: ClientHello) -> str:
    """JA4 of a client over TCP: what it can do in ten characters, then its ciphers and its extensions, sorted, as hashes."""
    offer = hello.offer
    versions = [version for version in offer.versions if version not in GREASE]
    ciphers = [cipher for cipher in hello.ciphers if cipher not in GREASE]
    extensions = [extension for extension in offer.extensions if extension not in GREASE]
    start = (
        "t"
        + _VERSIONS.get(max(versions, default=hello.version), "00")
        + ("d" if SERVER_NAME in extensions else "i")
        + f"{min(len(ciphers), _MANY):02d}{min(len(extensions), _MANY):02d}"
        + _ends(offer.alpn[0] if offer.alpn else b"")
    )
    shown = _hex(sorted(extension for extension in extensions if extension not in (SERVER_NAME, ALPN)))
    algorithms = _hex(each for each in offer.signature_algorithms if each not in GREASE)
    if shown and algorithms:
        shown += f"_{algorithms}"
    return f"{start}_{_sha256(_hex(sorted(ciphers)))}_{_sha256(shown)}"


def _ends(protocol: bytes) -> str:
    """The first and the last character of a protocol's name, or of its hex where one of them is no letter or digit."""
    if not protocol:
        return "00"
    if bytes((protocol[0], protocol[-1])).isalnum():
        return chr(protocol[0]) + chr(protocol[-1])
    digits = protocol.hex()
    return digits[0] + digits[-1]


def _joined(numbers: Iterable[int]) -> str:
    return "-".join(str(number) for number in numbers if number not in GREASE)


def _hex(numbers: Iterable[int]) -> str:
    return ",".join(f"{number:04x}" for number in numbers)


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12] if text else _NOTHING
