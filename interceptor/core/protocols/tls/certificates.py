"""The server's certificate, which TLS up to 1.2 sends in clear: which names it is for, and until when.

Owns as much of DER (X.690) and of certificates (RFC 5280 section 4.1) as that takes. Refuses everything else that stands in
one: subjects and issuers have the names of people and of their employers, keys and signatures are no business of an
observer. Only the leaf is read, which is the first of the list (RFC 5246 section 7.4.2), and nothing is verified: what it
says is what the server says.

Limits: `NAMES` names, which are enough to know a server by; certificates for thousands exist.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

__all__ = ["Certificate", "read_leaf"]

NAMES: Final = 16

_LENGTH_BYTES: Final = 3
"""Of the list of certificates, and of each in it."""
_LONG_FORM: Final = 0x80
_LONGEST_LENGTH: Final = 4

# Tags of DER.
_OBJECT_IDENTIFIER: Final = 0x06
_OCTET_STRING: Final = 0x04
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_EXTENSIONS: Final = 0xA3
_DNS_NAME: Final = 0x82

_SUBJECT_ALT_NAME: Final = bytes((0x55, 0x1D, 0x11))
"""2.5.29.17."""
_PIVOT: Final = 50
"""Years of two digits from here on are of the last century (RFC 5280 section 4.1.2.5.1)."""
_BEFORE_VALIDITY: Final = 3
"""Fields of a certificate after its version: serial number, signature algorithm, issuer."""
_FIELDS: Final = 6
"""And then validity, subject, key; what follows is optional."""

_Element = tuple[int, bytes]
"""A tag, and its content."""


class Certificate(Struct, frozen=True, gc=False):
    """What is read of a certificate."""

    names: tuple[bytes, ...]
    """DNS names of its subjectAltName, as sent, wildcards included; at most `NAMES`."""
    not_before: str
    """RFC 3339, UTC; empty where it is none."""
    not_after: str


def read_leaf(body: bytes) -> Certificate | None:
    """Read the first certificate of a Certificate message's body; None where there is none that can be read."""
    start = _LENGTH_BYTES * 2
    size = int.from_bytes(body[_LENGTH_BYTES:start], "big")
    outer = _elements(body[start : start + size])
    if not size or len(body) < start + size or len(outer) != 1 or outer[0][0] != _SEQUENCE:
        return None
    signed = _elements(outer[0][1])
    if not signed or signed[0][0] != _SEQUENCE:
        return None
    fields = _elements(signed[0][1])
    if fields and fields[0][0] == _VERSION:
        del fields[0]
    if len(fields) < _FIELDS:
        return None
    times = [_time(element) for element in _elements(fields[_BEFORE_VALIDITY][1])]
    if len(times) != 2:
        return None
    names: tuple[bytes, ...] = ()
    for tag, content in fields[_FIELDS:]:
        if tag == _EXTENSIONS:
            names = _alternative_names(content)
    return Certificate(names, *times)


def _alternative_names(content: bytes) -> tuple[bytes, ...]:
    """The DNS names among the extensions (RFC 5280 section 4.2.1.6)."""
    for _, extensions in _elements(content):
        for _, extension in _elements(extensions):
            parts = _elements(extension)
            if len(parts) < 2 or parts[0] != (_OBJECT_IDENTIFIER, _SUBJECT_ALT_NAME):
                continue
            if parts[-1][0] != _OCTET_STRING:
                return ()
            return tuple(
                name
                for _, sequence in _elements(parts[-1][1])[:1]
                for tag, name in _elements(sequence)
                if tag == _DNS_NAME
            )[:NAMES]
    return ()


def _elements(data: bytes) -> list[_Element]:
    """The elements that stand in a row here, as far as they are whole."""
    found: list[_Element] = []
    at = 0
    while at + 2 <= len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length >= _LONG_FORM:
            size = length - _LONG_FORM
            if not 0 < size <= _LONGEST_LENGTH or at + size > len(data):
                break
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            break
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _time(element: _Element) -> str:
    """A time as RFC 3339 has it. DER allows one form of each kind: down to seconds, in UTC."""
    tag, content = element
    if not content.endswith(b"Z") or not content[:-1].isdigit():
        return ""
    digits = content[:-1].decode()
    if tag == _UTC_TIME and len(digits) == 12:
        digits = ("19" if int(digits[:2]) >= _PIVOT else "20") + digits
    elif tag != _GENERALIZED_TIME or len(digits) != 14:
        return ""
    date, time = digits[:8], digits[8:]
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}Z"
