"""Certificates: what a real one says of names and times, and nothing else of it."""

from __future__ import annotations

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.tls.certificates import NAMES, read_leaf

# One for all examples: each that is issued has other bytes.
AUTHORITY = trustme.CA(organization_name="Somebody's employer")


def message(*certificates: bytes) -> bytes:
    """The body of a Certificate message."""
    listed = b"".join(len(each).to_bytes(3, "big") + each for each in certificates)
    return len(listed).to_bytes(3, "big") + listed


def leaf(*identities: str) -> bytes:
    """A certificate in DER."""
    issued = AUTHORITY.issue_cert(*identities, common_name="Jane Roe", organization_name="Secret & Sons")
    return x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes()).public_bytes(Encoding.DER)


SHOP = leaf("shop.example")


def test_names_and_times_of_a_certificate() -> None:
    """Its DNS names in order, no address and no mailbox; its times as RFC 3339; no name of a subject or issuer."""
    der = leaf("shop.example", "*.shop.example", "192.0.2.1", "jane@example.org")
    found = read_leaf(message(der, b"the next"))
    assert found is not None
    assert found.names == (b"shop.example", b"*.shop.example")
    known = x509.load_der_x509_certificate(der)
    assert found.not_before == known.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found.not_after == known.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert b"Roe" not in repr(found).encode()


def test_names_are_bounded() -> None:
    """Of a certificate for many names the first are kept."""
    found = read_leaf(message(leaf(*[f"n{number}.example" for number in range(50)])))
    assert found is not None
    assert found.names == tuple(b"n%d.example" % number for number in range(NAMES))


def test_no_certificate() -> None:
    """An empty list, and one that ends early, have no leaf."""
    whole = message(SHOP)
    assert read_leaf(message()) is None
    assert read_leaf(b"") is None
    assert all(read_leaf(whole[:size]) is None for size in range(len(whole)))


@given(st.data())
def test_a_broken_certificate(data: st.DataObject) -> None:
    """With any byte changed it is read or is none; nothing is raised."""
    der = bytearray(SHOP)
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] = data.draw(st.integers(0, 255))
    read_leaf(message(bytes(der)))


@given(st.binary(max_size=200))
def test_any_bytes_at_all(body: bytes) -> None:
    """They are read or are none; nothing is raised."""
    read_leaf(body)
    read_leaf(message(body))
