"""Records of TLS sessions, schema 2, kind `tls`: who speaks to whom, how it is protected, and how much it was.

Owns their schema (`TlsRecord`) and every rule that turns a hello's text into a field. What stands in clear in a hello was
chosen by whoever sent it: names go by the rules for hosts, protocols are those that are registered, numbers have the names
that are registered or are written as numbers.

Refuses what would name people: certificates of clients, subjects and issuers are not read (`protocols.tls.certificates`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from msgspec import field

from interceptor.core.protocols.tls.fingerprints import ja3, ja3s, ja4
from interceptor.core.records import parts
from interceptor.core.records.parts import PartRecord, ended_by
from interceptor.core.records.values import host
from interceptor.core.records.words import VALUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interceptor.core.protocols.tls.hellos import ClientHello, ServerHello
    from interceptor.core.protocols.tls.session import Session

__all__ = ["TlsRecord", "alert", "cipher", "fields", "place", "protocol", "server_name", "version"]


class TlsRecord(PartRecord, frozen=True, omit_defaults=True, gc=False, kw_only=True):
    """One line: `time` is that of the first byte of this part; the place is the number of the part, with bit 46 set."""

    server_address: str | None = field(name="server.address", default=None)
    """The name that the client asks for, by the rules for hosts. Where ECH is offered it may be that of a front."""
    server_port: int = field(name="server.port", default=-1)
    network_type: str = field(name="network.type", default="")
    tls_protocol_version: str | None = field(name="tls.protocol.version", default=None)
    tls_cipher: str | None = field(name="tls.cipher", default=None)
    tls_client_alpn: tuple[str, ...] | None = field(name="tls.client.alpn", default=None)
    """Protocols that the client offers, at most eight."""
    tls_next_protocol: str | None = field(name="tls.next_protocol", default=None)
    """Chosen by the server, which TLS 1.3 encrypts."""
    tls_client_ja3: str | None = field(name="tls.client.ja3", default=None)
    tls_client_ja4: str | None = field(name="tls.client.ja4", default=None)
    tls_server_ja3s: str | None = field(name="tls.server.ja3s", default=None)
    tls_resumed: bool | None = field(name="tls.resumed", default=None)
    tls_established: bool = field(name="tls.established", default=False)
    tls_retried: bool = field(name="tls.retried", default=False)
    """The server asked for another hello (HelloRetryRequest)."""
    tls_early_data: bool = field(name="tls.early_data", default=False)
    tls_ech: str | None = field(name="tls.ech", default=None)
    """`offered`: the extension is there. Browsers send it also where nothing is hidden."""
    tls_handshake_us: int | None = field(name="tls.handshake_us", default=None)
    """From the client's hello to its first encrypted record after the server's."""
    tls_server_names: tuple[str, ...] | None = field(name="tls.server.certificate.names", default=None)
    tls_server_not_before: str | None = field(name="tls.server.not_before", default=None)
    tls_server_not_after: str | None = field(name="tls.server.not_after", default=None)
    tls_alert: str | None = field(name="tls.alert", default=None)
    """The last one in clear, by its registered name."""
    tls_alert_by: str | None = field(name="tls.alert.by", default=None)
    tls_closed_by: str | None = field(name="tls.closed_by", default=None)
    """`client` or `server`: who ended it, by an alert or by TCP."""
    tls_roles_assumed: bool = field(name="tls.roles_assumed", default=False)
    """It was met in the middle, and nothing proves which end is the server: the one with the lower port is taken for it."""
    client_bytes: int = field(name="client.bytes", default=-1)
    """Of the connection, from the client, as seen."""
    server_bytes: int = field(name="server.bytes", default=-1)
    client_records: int = field(name="tls.client.records", default=-1)
    server_records: int = field(name="tls.server.records", default=-1)
    client_data_records: int = field(name="tls.client.data.records", default=-1)
    server_data_records: int = field(name="tls.server.data.records", default=-1)
    client_data_bytes: int = field(name="tls.client.data.bytes", default=-1)
    """Content of its records of data, with what encryption adds."""
    server_data_bytes: int = field(name="tls.server.data.bytes", default=-1)
    state: str = ""
    """`complete`; `truncated`: bytes are missing, or its end was not seen; `missing`: its beginning was not."""
    missed_bytes: int = 0
    anomalies: tuple[str, ...] | None = None
    interface: str | None = None
    node: str | None = None


_KIND: Final = 0b010
_MAX_PROTOCOLS: Final = 8

_VERSIONS: Final = {0x0002: "2.0", 0x0300: "3.0", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
"""2.0 and 3.0 are of SSL."""
_PROTOCOLS: Final = frozenset(
    """http/0.9 http/1.0 http/1.1 spdy/1 spdy/2 spdy/3 spdy/3.1 stun.turn stun.nat-discovery h2 h2c webrtc c-webrtc ftp
    imap pop3 managesieve coap co xmpp-client xmpp-server acme-tls/1 mqtt dot ntske/1 sunrpc h3 smb irc nntp nnsp doq
    sip/2 tds/8.0 dicom postgresql radius/1.0 radius/1.1""".split()
)
"""IANA, TLS ALPN Protocol IDs, and `spdy/3.1`, which is met."""
_CIPHERS: Final = {
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x0067: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    0x006B: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256",
    0x1305: "TLS_AES_128_CCM_8_SHA256",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCAA: "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}
"""IANA, TLS Cipher Suites: those that programs of the last fifteen years choose. Others are numbers."""
_ALERTS: Final = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
    121: "ech_required",
}
"""IANA, TLS Alerts."""


_known: Final[WeakKeyDictionary[ClientHello | ServerHello, Mapping[str, Any]]] = WeakKeyDictionary()
"""What is said of hellos, each for as long as there is one: those of one program to one name are the same."""


def place(session: Session) -> int:
    """See `parts`: it began with the connection, and once on it."""
    return parts.place(_KIND, session.part, 0, asked=True)


def version(number: int) -> str:
    """A version as people write it; four hexadecimal digits where nobody does."""
    return _VERSIONS.get(number) or f"0x{number:04x}"


def cipher(number: int) -> str:
    """A cipher suite by its registered name, or its number."""
    return _CIPHERS.get(number) or f"0x{number:04x}"


def alert(number: int) -> str:
    """An alert by its registered name, or its number."""
    return _ALERTS.get(number) or str(number)


def protocol(name: bytes) -> str:
    """A protocol of ALPN by its registered name; anything else is a value."""
    text = name.decode("latin-1")
    return text if text in _PROTOCOLS else VALUE


def server_name(name: bytes | None) -> str | None:
    """A name that a client asks for, or that a certificate is for, by the rules for hosts; None where it is none.

    A dot at its end means the same (RFC 6066 section 3 leaves it out); a star stands for one label of a certificate.
    """
    if not name:
        return None
    text = name.decode("latin-1")
    star = text.startswith("*.")
    named = host(text[2:] if star else text.removesuffix("."), 0)
    if named is None or ":" in text:
        return None
    return f"*.{named[0]}" if star else named[0]


def fields(session: Session) -> dict[str, Any]:
    """What a record says of a session beyond its connection: fields of `TlsRecord` by name."""
    hello, answer = session.hello, session.answer
    client, server = session.client, session.server
    said: dict[str, Any] = {
        "duration_us": max(0, session.end_time - session.time) // 1000,
        "ongoing": session.ongoing,
        "part": session.part,
        "tls_resumed": session.resumed,
        "tls_established": session.established,
        "tls_retried": session.retried,
        "tls_roles_assumed": session.assumed,
        "client_bytes": client.bytes,
        "server_bytes": server.bytes,
        "client_records": client.records,
        "server_records": server.records,
        "client_data_records": client.data_records,
        "server_data_records": server.data_records,
        "client_data_bytes": client.data_bytes,
        "server_data_bytes": server.data_bytes,
        "state": session.state.value,
        "missed_bytes": client.missed + server.missed,
    }
    if hello is not None:
        said |= _known.get(hello) or _known.setdefault(hello, _of_client(hello))
    if answer is not None:
        said |= _known.get(answer) or _known.setdefault(answer, _of_server(answer))
    if session.handshake_time is not None:
        said["tls_handshake_us"] = max(0, session.handshake_time) // 1000
    if session.certificate is not None:
        names = [server_name(name) for name in session.certificate.names]
        said["tls_server_names"] = tuple([name for name in names if name is not None]) or None
        said["tls_server_not_before"] = session.certificate.not_before or None
        said["tls_server_not_after"] = session.certificate.not_after or None
    if session.alert is not None:
        side, _, number = session.alert
        said["tls_alert"] = alert(number)
        said["tls_alert_by"] = ended_by(side)
    if session.closed_by is not None:
        said["tls_closed_by"] = ended_by(session.closed_by)
    return said


def _of_client(hello: ClientHello) -> Mapping[str, Any]:
    """What is said of its hello."""
    return {
        "tls_client_alpn": tuple([protocol(name) for name in hello.offer.alpn[:_MAX_PROTOCOLS]]) or None,
        "tls_client_ja3": ja3(hello),
        "tls_client_ja4": ja4(hello),
        "tls_early_data": hello.early_data,
        "tls_ech": "offered" if hello.ech else None,
    }


def _of_server(answer: ServerHello) -> Mapping[str, Any]:
    """What is said of its answer."""
    said: dict[str, Any] = {
        "tls_protocol_version": version(answer.chosen_version),
        "tls_cipher": cipher(answer.cipher),
        "tls_server_ja3s": ja3s(answer),
    }
    if answer.offer.alpn:
        said["tls_next_protocol"] = protocol(answer.offer.alpn[0])
    return said
