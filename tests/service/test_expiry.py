"""When certificates and tokens end: what is read from files, what is told, and what is no date."""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from interceptor.service.expiry import of_certificates, of_token
from tests.support.netns import wait_until
from tests.support.rpcapd import unavailable
from tests.support.services import TOKEN, Running, running

if TYPE_CHECKING:
    from collections.abc import Callable

CA = trustme.CA()


def ends(days: int) -> datetime:
    """So many days from now, to the second."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def pem(when: datetime) -> str:
    """A certificate until then."""
    return CA.issue_cert("a.test", not_after=when).cert_chain_pems[0].bytes().decode()


def jwt(claims: Any) -> str:
    """A token with these claims; nobody looks at its signature."""
    parts = ({"alg": "RS256"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + ".c2ln"
    )


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),  # the last one written with two digits of a year
        datetime(2050, 1, 1, tzinfo=UTC),
        datetime(
            9999, 12, 31, 23, 59, 59, tzinfo=UTC
        ),  # "no well-defined expiration date" (RFC 5280, 4.1.2.5)
    ],
)
def test_a_certificates_end_is_read_to_the_second(when: datetime) -> None:
    """In both of the forms that RFC 5280 has."""
    assert of_certificates(pem(when)) == [when.timestamp()]


def test_openssl_reads_the_same() -> None:
    """Of every authority that this system trusts: old ones, odd ones."""
    bundle = Path(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt")
    if not bundle.exists():
        unavailable("needs the system's authorities, of ca-certificates")
    blocks = [
        f"{block}-----END CERTIFICATE-----\n"
        for block in bundle.read_text().split("-----END CERTIFICATE-----")[:-1]
    ]
    assert len(blocks) > 50
    for block in blocks[:: max(len(blocks) // 15, 1)]:
        done = subprocess.run(
            ["openssl", "x509", "-noout", "-enddate"], input=block, capture_output=True, text=True
        )
        said = ssl.cert_time_to_seconds(done.stdout.strip().partition("=")[2])
        assert of_certificates(block) == [said]
    assert len(of_certificates(bundle.read_text())) == len(blocks)


def test_what_is_no_certificate_has_no_end_and_hides_no_other() -> None:
    """Damaged at any place, or text around it."""
    good = pem(ends(1))
    cut = good.replace("MII", "AAA", 1)
    assert of_certificates("") == of_certificates("nothing") == of_certificates(cut) == []
    assert len(of_certificates(f"# ours\n{cut}{good}-----BEGIN CERTIFICATE-----\n")) == 1


DER = ssl.PEM_cert_to_DER_cert(pem(datetime(2030, 1, 1, tzinfo=UTC)))


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_is_no_error(junk: bytes, place: int) -> None:
    """Whatever a certificate holds."""
    der = bytearray(DER)
    der[place : place + len(junk)] = junk
    of_certificates(ssl.DER_cert_to_PEM_cert(bytes(der)))
    of_certificates(ssl.DER_cert_to_PEM_cert(junk))


@pytest.mark.parametrize(
    "token",
    [
        *(
            "",
            TOKEN,
            "a.b",
            "a.b.c",
            "a.!!!.c",
            "....",
            jwt({}),
            jwt([]),
            jwt(7),
            jwt(None),
            jwt({"exp": "soon"}),
        ),
        *(
            jwt({"exp": None}),
            jwt({"exp": {}}),
            "a." + base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".c",
        ),
        *(
            "a." + base64.urlsafe_b64encode(text).decode() + ".c"
            for text in (b'{"exp": 1e999}', b'{"exp": NaN}')
        ),
        "a." + base64.urlsafe_b64encode(b'{"exp": 1' + b"0" * 400 + b"}").decode() + ".c",
    ],
)
def test_a_token_that_says_no_end_has_none(token: str) -> None:
    """Most are just random; others say what is no time."""
    assert of_token(token) is None


def test_a_tokens_end_is_read() -> None:
    """With or without fractions, and with a line's end behind it."""
    assert of_token(jwt({"exp": 1_800_000_000}) + "\n") == 1_800_000_000
    assert of_token(jwt({"exp": 1_800_000_000.5, "aud": ["x"]})) == 1_800_000_000.5


# Through the command


def told(service: Running, authority: Path) -> dict[str, float]:
    """What its metrics say, by option."""
    context = ssl.create_default_context(cafile=authority)
    text = httpx.get(f"{service.url}/metrics", verify=context, trust_env=False).text
    return {
        sample.labels["option"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "interceptor_credential_expiry_timestamp_seconds"
    }


def until(what: Callable[[], bool]) -> None:
    """Wait."""
    wait_until(what, "that", 90, 0.1)


def test_a_relay_tells_what_expires(tmp_path: Path) -> None:
    """Its certificate, its authorities, its token: the dates, nothing else of them; a renewed one soon."""
    first, renewed, old = ends(3), ends(90), ends(-1)
    issued = CA.issue_cert("127.0.0.1", not_after=first)
    cert, key, authority, rotated, token = (tmp_path / name for name in ("crt", "key", "ca", "cas", "token"))
    issued.cert_chain_pems[0].write_to_path(cert)
    issued.private_key_pem.write_to_path(key)
    CA.cert_pem.write_to_path(authority)
    rotated.write_text(pem(old) + pem(renewed) + pem(first))
    secret = jwt({"exp": int(first.timestamp()), "sub": "nobody-else"})
    token.write_text(secret)
    flags = (
        *("--endpoint", "https://127.0.0.1:1", "--token-file", token, "--tls-ca-file", rotated),
        *("--server-cert-file", cert, "--server-key-file", key, "--spool-directory", tmp_path / "spool"),
    )
    with running("relay", *flags, environment={"INTERCEPTOR_INGEST_TOKENS": TOKEN}) as one:
        until(lambda: bool(told(one, authority)))
        assert told(one, authority) == {
            "server.cert_file": first.timestamp(),
            "tls.ca_file": renewed.timestamp(),
            "token_file": first.timestamp(),
        }
        later = tmp_path / "later"
        later.write_text(jwt({"exp": int(renewed.timestamp())}))
        os.replace(later, token)
        until(lambda: told(one, authority)["token_file"] == renewed.timestamp())
        token.unlink()
        until(lambda: "token_file" not in told(one, authority))
        assert one.stop() in {0, 1}
        assert secret not in one.said()
        assert "nobody-else" not in one.said()
