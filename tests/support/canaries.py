"""Canaries: values of every kind, in every place where HTTP has bytes, and where each may be seen again.

`KINDS` has one value of each kind, `PLACES` a conversation for each place that a value can stand in. `SHOWN` says
of the places whose text is shown: what is shown, of which kinds, and in which form. SECURITY.md has it as a table (`table`), and a
test compares the two. A value is looked for without case, and as percent-encoding, base64 and hexadecimal digits.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tests.capture_bytes import pcap
from tests.conversations import ACK, FIN, SYN, Ends, Sent
from tests.support.canary_protocols import HOSTS, PROTOCOLS, Turns
from tests.support.examples import PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["KINDS", "PLACES", "SHOWN", "Finding", "Place", "capture", "search", "table"]

KINDS: Final = {
    # names, of four languages
    "name_english": "Thistlethwaite",
    "name_german": "Schnarrenberger",
    "name_french": "Beauchemin-Lefebvre",
    "name_spanish": "Etxeberria",
    "name_cyrillic": "Ярослава",
    "name_encoded": "J%C3%A4germeier",
    "name_encoded_twice": "M%25C3%25BCllerin",
    "name_punycode": "xn--jrg-mller-q9a",
    "handle": "@janeroe99",
    "first_name": "Guinevere",
    "first_last": "jane.roehampton",
    "initial_last": "jroehampton",
    "user_name": "jsmith1984",
    "user_words": "DarthGardener",
    "nickname": "xX_gandalf_Xx",
    "email": "jane.roe@mailbox.example",
    "company": "Umbrellaworks",
    "city": "Wolverhampton",
    # words
    "illness": "schizophrenia",
    "search_words": "hiv-treatment",
    "religion": "presbyterian",
    "title": "how-i-left-my-husband",
    "file_name": "resume-JaneRoe",
    "file_words": "divorce_petition",
    # tokens
    "letters_lower": "zqxwvutsrponmlk",
    "letters_upper": "QWHZKTBVNMXR",
    "letters_mixed": "BareTokenLettersQx",
    "base32": "MFRGGZDFMZTWQ2LK",
    "base36": "k3j9x2m7q1z8",
    "base58": "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "base64url": "dQw4w9WgXcQ_-pZr",
    "base64": "c2VjcmV0LXZhbHVlLTE=",
    "hexadecimal": "8f14e45fceea167a5a36dedd4bea2543",
    "uuid": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "nanoid": "V1StGXR8_Z5jdHi6B-myT",
    "cuid": "ckjd8sd7f0000qzrm",
    "short_code": "XK7PQ9Z",
    "coupon": "SUMMERQX",
    "license": "ABCD-EFGH-IJKL-MNOP",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlLXF4",
    "github": "ghp_canaryTokenLettersOnlyHere",
    "stripe": "sk_live_canarysecret",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "slack": "xoxb-2148719-canarytoken",
    "password": "HunterTwo!",
    "password_letters": "CorrectHorse",
    "password_leet": "p4ssw0rd!x",
    # numbers
    "iban": "DE89370400440532013000",
    "card": "4111111111111111",
    "phone": "+15558675309",
    "phone_dotted": "555.867.5309",
    "birth_date": "1984-05-12",
    "birth_dotted": "12.05.1984",
    "coordinates": "48.137154,11.576124",
    "social_security": "078-05-1120",
    "vin": "1HGCM82633A004352",
    "number": "86753091984",
    "short_number": "739.214",
    "mac": "02:42:ac:11:4f:02",
    "ipv6": "2001:db8:85a3::8a2e:370:7334",
    "hardware": "SN-4711-QX-88",
}
"""Kind -> value: at least six characters, and nothing that the product says by itself."""
SENT: Final = KINDS if PROFILE == "ci" else dict(list(KINDS.items())[3::4])
"""What goes through whole programs, from all places: in CI all kinds, otherwise every fourth."""


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation with `{}` where the canary stands."""

    name: str
    request: str
    response: str
    how: str = ""
    """`midstream`: picked up after the handshake; `hole`: the first segment of the client is lost; `server_hole`: the
    first of the server; `tls_name`, `tls_protocol`: the client greets in TLS, and what is asked stands there in its hello."""
    turns: Callable[[str], Turns] | None = None
    """What both sides say, in the place of one request and one response."""


_OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_REFUSED = bytes.fromhex("15 0303 0002 02 28")
"""An alert: `handshake_failure`."""
_HOST_LINE = "Host: api.example\r\n"


def _get(line: str, head: str = "", version: str = "HTTP/1.1") -> str:
    return f"{line} {version}\r\n{_HOST_LINE}{head}\r\n"


def _with(head: str) -> str:
    return _get("GET /", head)


def _post(body: str, head: str = "") -> str:
    # as long as the body is when the canary is in it; see `_filled`
    return f"POST / HTTP/1.1\r\n{_HOST_LINE}{head}Content-Length: <{body}>\r\n\r\n{body}"


def _answer(head: str = "", body: str = "ok", line: str = "HTTP/1.1 200 OK") -> str:
    return f"{line}\r\n{head}Content-Length: <{body}>\r\n\r\n{body}"


_CHUNKED = "Transfer-Encoding: chunked\r\n"
_LOOKS = "GET /users/{} HTTP/1.1\r\nHost: {}.shown.example\r\nX-{}: {}\r\nUser-Agent: {}/1.0\r\n\r\n"
"""A body that looks like a request."""
_LOOKS_MORE = (
    "name={}\r\n{} /{}?{}&{}=1 HTTP/1.1\r\nHost: api.example\r\n{}: 1\r\nContent-Type: text/{}\r\n\r\n{}\r\n"
)

_REQUESTS: Final = {
    # the request line
    "path segment": _get("GET /{}"),
    "path after a collection": _get("GET /users/{}"),
    "path after reset": _get("GET /reset/{}"),
    "path after search": _get("GET /search/{}"),
    "path in the middle": _get("GET /api/{}/items"),
    "file with an extension": _get("GET /files/{}.pdf"),
    "file extension": _get("GET /files/report.{}"),
    "path with an empty segment": _get("GET //{}//x"),
    "matrix parameter": _get("GET /shop;sid={}"),
    "matrix parameter without a value": _get("GET /shop;{}"),
    "matrix parameter's name": _get("GET /shop;{}=1"),
    "query value": _get("GET /?q={}"),
    "query without a name": _get("GET /?{}"),
    "query parameter after an ampersand": _get("GET /?page=1&{}&limit=2"),
    "query key": _get("GET /?{}=1"),
    "query key in brackets": _get("GET /?filter[{}]=1"),
    "fragment": _get("GET /#{}"),
    "fragment of a query": _get("GET /?page=1#{}"),
    "method": _get("{} /"),
    "method, before a known one": _get("{}GET /"),
    "version": _get("GET /", version="HTTP/{}"),
    "version's minor": _get("GET /", version="HTTP/1.{}"),
    "version of another protocol": _get("GET /", version="{}/1.1"),
    "path in percent-encoding": _get("GET /{percent}"),
    "path encoded twice": _get("GET /users/{twice}"),
    "path behind an overlong slash": _get("GET /api%c0%af{}"),
    "path behind a zero": _get("GET /api%00{}"),
    "path behind a backslash": _get("GET /api\\{}"),
    "path beside a word and a dot": _get("GET /report.{}"),
    "path beside a word and a hyphen": _get("GET /{}-report"),
    "path beside a word and an underscore": _get("GET /report_{}"),
    "path beside a word and a colon": _get("GET /items:{}"),
    "path beside a word in camel case": _get("GET /getStatusOf{}"),
    "path in brackets": _get("GET /items({})"),
    "path in quotes": _get("GET /items('{}')"),
    "path beside a language": _get("GET /en-{}/{}-DE"),
    "path beside a version": _get("GET /v1.{}/v2-{}"),
    "path before an extension": _get("GET /{}.index.html"),
    "path behind a tilde": _get("GET /~{}/index.html"),
    "path behind two collections": _get("GET /users/me/orders/{}"),
    "path behind a collection in capitals": _get("GET /Users/{}"),
    "path behind an identifier": _get("GET /users/42/{}"),
    "query key with an empty value": _get("GET /?{}="),
    "query key in a path of brackets": _get("GET /?page[{}][size]=1&page[size][{}]=1"),
    "query key as an attribute": _get("GET /?{}_id=1&{}Id=2"),
    "query key in percent-encoding": _get("GET /?{percent}=1"),
    "query after a second question mark": _get("GET /?page=1?{}=2"),
    "query key after an encoded ampersand": _get("GET /?page=1%26{}%3D2"),
    "target of several slashes": _get("GET ///{}///{}"),
    "absolute target without a path": _get("GET http://api.example?{}"),
    "absolute target without an authority": _get("GET http:///{}"),
    "absolute target of a file": _get("GET file:///home/{}"),
    "absolute target in capitals": _get("GET HTTP://{}:{}@API.example/{}"),
    "HTTP/0.9 target": "GET /{}\r\n",
    "line before the request": "{}\r\n" + _get("GET /"),
    "blank in the target": _get("GET /x {}"),
    "user of an absolute target": _get("GET http://{}@api.example/"),
    "password of an absolute target": _get("GET http://u:{}@api.example/"),
    "path of an absolute target": _get("GET http://api.example/{}"),
    "host of an absolute target": _get("GET http://{}.shown.example/"),
    "port of an absolute target": _get("GET http://api.example:{}/"),
    "scheme of an absolute target": _get("GET {}://api.example/"),
    "host of a CONNECT": _get("CONNECT {}.shown.example:443"),
    "user of a CONNECT": _get("CONNECT {}@api.example:443"),
    "port of a CONNECT": _get("CONNECT api.example:{}"),
    "path of a CONNECT": _get("CONNECT /{}"),
    "target without a slash": _get("GET {}"),
    "target of OPTIONS": _get("OPTIONS *{}"),
    "path after a collection with a parameter": _get("GET /users;v=1/{}"),
    "path after two slashes": _get("GET /users//{}"),
    "path with dot segments": _get("GET /./../{}"),
    "path with encoded slashes": _get("GET /api%2F{}%2Fitems"),
    "query key after a semicolon": _get("GET /?page=1;{}=2"),
    "query key after a dot": _get("GET /?user.{}=1"),
    "query key in encoded brackets": _get("GET /?filter%5B{}%5D=1"),
    "authority of a method that takes none": _get("GET {}:443"),
    "zone of an absolute target": _get("GET http://[fe80::1%25{}]/"),
    # request headers
    "host's zone": "GET / HTTP/1.1\r\nHost: [fe80::1%25{}]\r\n\r\n",
    "host": "GET / HTTP/1.1\r\nHost: {}.shown.example\r\n\r\n",
    "host's port": "GET / HTTP/1.1\r\nHost: api.example:{}\r\n\r\n",
    "host's user": "GET / HTTP/1.1\r\nHost: {}@api.example\r\n\r\n",
    "host's path": "GET / HTTP/1.1\r\nHost: api.example/{}\r\n\r\n",
    "host in an open bracket": "GET / HTTP/1.1\r\nHost: [{}\r\n\r\n",
    "host in percent-encoding": "GET / HTTP/1.1\r\nHost: {percent}.example\r\n\r\n",
    "second host": _with("Host: {}.example\r\n"),
    "cookie": _with("Cookie: session={}\r\n"),
    "cookie's name": _with("Cookie: {}=1\r\n"),
    "authorization": _with("Authorization: Bearer {}\r\n"),
    "authentication scheme": _with("Authorization: {} x\r\n"),
    "language": _with("Accept-Language: {}\r\n"),
    "from and origin": _with("From: {}\r\nOrigin: https://{}.example\r\n"),
    "link": _with("Link: <https://x.example/{}>; rel={}\r\n"),
    "proxy authorization": _with("Proxy-Authorization: Basic {}\r\n"),
    "value of a header": _with("X-Request-Id: {}\r\n"),
    "value of an unknown header": _with("X-Whatever: {}\r\n"),
    "name of a header": _with("{}: 1\r\n"),
    "name of an X- header": _with("X-{}: 1\r\n"),
    "name of a metadata header": _with("X-Amz-Meta-{}: 1\r\n"),
    "user agent": _with("User-Agent: {}\r\n"),
    "user agent's product": _with("User-Agent: {}/1.0 curl/8.0\r\n"),
    "user agent's version": _with("User-Agent: curl/{}\r\n"),
    "user agent's version after a dot": _with("User-Agent: curl/8.{}\r\n"),
    "user agent's comment": _with("User-Agent: curl/8.0 (Linux; {}; +http://x.example/{})\r\n"),
    "content type": _post("x", "Content-Type: {}\r\n"),
    "content type's type": _post("x", "Content-Type: {}/json\r\n"),
    "content type's subtype": _post("x", "Content-Type: application/{}\r\n"),
    "content type's subtype with a suffix": _post("x", "Content-Type: application/vnd.{}+json\r\n"),
    "content type's suffix": _post("x", "Content-Type: application/vnd.x+{}\r\n"),
    "boundary": _post("x", "Content-Type: multipart/form-data; boundary={}\r\n"),
    "character set": _post("x", "Content-Type: text/plain; charset={}\r\n"),
    "content encoding of a request": _post("x", "Content-Encoding: {}\r\n"),
    "transfer encoding": _with("Transfer-Encoding: {}\r\n"),
    "content length": _with("Content-Length: {}\r\n"),
    "traceparent": _with("traceparent: {}\r\n"),
    "what follows a traceparent": _with(
        "traceparent: cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-{}\r\n"
    ),
    "tracestate": _with("tracestate: vendor={}\r\n"),
    "referer": _with("Referer: http://x.example/{}?q={}\r\n"),
    "forwarded for": _with("X-Forwarded-For: {}\r\nForwarded: for={}\r\n"),
    "folded header": _with("Accept: text/html,\r\n {}\r\n"),
    "folded host": "GET / HTTP/1.1\r\nHost: api.example\r\n {}\r\n\r\n",
    "folded first line": "GET / HTTP/1.1\r\n {}\r\nHost: api.example\r\n\r\n",
    "line without a colon": _with("{}\r\n"),
    "blank before the colon": _with("{} : 1\r\n"),
    "bare CR in a value": _with("Accept: a\r{}: b\r\n"),
    "upgrade": _with("Connection: Upgrade\r\nUpgrade: {}\r\n"),
    "expect": _with("Expect: {}\r\n"),
    "PROXY header": "PROXY TCP4 {} 10.9.9.9 1 2\r\n" + _get("GET /"),
    "PROXY header of an unknown protocol": "PROXY UNKNOWN {}\r\n" + _get("GET /"),
    # request bodies
    "form": _post("user=jane&secret={}", "Content-Type: application/x-www-form-urlencoded\r\n"),
    "JSON": _post('{"name": "{}"}', "Content-Type: application/json\r\n"),
    "file name of a form": _post(
        '--b\r\nContent-Disposition: form-data; name="{}"; filename="{}.pdf"\r\n\r\n{}\r\n--b--\r\n',
        "Content-Type: multipart/form-data; boundary=b\r\n",
    ),
    "body that looks like a request": _post(_LOOKS),
    "body without a length": _get("POST /") + _LOOKS,
    "body longer than it says": f"POST / HTTP/1.1\r\n{_HOST_LINE}Content-Length: 1\r\n\r\nu={{}}"
    + _get("GET /"),
    "body longer than it says, with lines": f"POST / HTTP/1.1\r\n{_HOST_LINE}Content-Length: 1\r\n\r\nu"
    + _LOOKS_MORE,
    "chunk extension": _get("POST /", _CHUNKED) + "1;name={}\r\nx\r\n0\r\n\r\n",
    "chunk": _get("POST /", _CHUNKED) + "ff\r\n{}",
    "chunk size": _get("POST /", _CHUNKED) + "{}\r\nx\r\n0\r\n\r\n",
    "after a chunk": _get("POST /", _CHUNKED) + "1\r\nx{}\r\n0\r\n\r\n",
    "trailer": _get("POST /", _CHUNKED) + "1\r\nx\r\n0\r\nX-Sum: {}\r\n\r\n",
    "name of a trailer": _get("POST /", _CHUNKED) + "1\r\nx\r\n0\r\n{}: 1\r\n\r\n",
    "pipelined request": _get("GET /") + _get("GET /users/{}?{}=1", "User-Agent: {}\r\nX-{}: {}\r\n"),
    "no HTTP at all": "USER {}\r\nPASS {}\r\n",
}
_RESPONSES: Final = {
    "reason phrase": _answer(line="HTTP/1.1 404 {}"),
    "version of a response": _answer(line="HTTP/{} 200 OK"),
    "status": _answer(line="HTTP/1.1 {} OK"),
    "line before the response": "{}\r\n" + _OK,
    "set-cookie": _answer("Set-Cookie: id={}; Domain={}\r\n"),
    "set-cookie's name": _answer("Set-Cookie: {}=1; Path=/{}\r\n"),
    "link of a response": _answer("Link: <https://x.example/{}>; rel=next\r\n"),
    "server": _answer("Server: {}\r\n"),
    "location": _answer("Location: http://x.example/{}\r\n", line="HTTP/1.1 302 Found"),
    "entity tag": _answer('ETag: "{}"\r\n'),
    "challenge": _answer('WWW-Authenticate: Basic realm="{}"\r\n', line="HTTP/1.1 401 Unauthorized"),
    "disposition": _answer('Content-Disposition: attachment; filename="{}"\r\n'),
    "content type of a response": _answer("Content-Type: {}\r\n"),
    "subtype of a response": _answer("Content-Type: text/{}; charset={}\r\n"),
    "content encoding": _answer("Content-Encoding: {}\r\n"),
    "content encoding in a list": _answer("Content-Encoding: gzip, {}\r\n"),
    "name of a response's header": _answer("{}: 1\r\n"),
    "value of a response's header": _answer("X-User: {}\r\n"),
    "body of a response": _answer("Content-Type: text/html\r\n", "<h1>{}</h1>"),
    "body of an error": _answer("", "no such user: {}", "HTTP/1.1 404 Not Found"),
    "body until close": "HTTP/1.1 200 OK\r\n\r\n{}",
    "body that looks like a response": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 {}\r\n{}: {}\r\n\r\n{}",
    "chunk extension of a response": f"HTTP/1.1 200 OK\r\n{_CHUNKED}\r\n1;{{}}={{}}\r\nx\r\n0\r\n\r\n",
    "trailer of a response": f"HTTP/1.1 200 OK\r\n{_CHUNKED}\r\n1\r\nx\r\n0\r\n{{}}: {{}}\r\n\r\n",
    "interim response": "HTTP/1.1 103 {}\r\nLink: <{}>\r\n\r\n" + _OK,
    "after an upgrade": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n{}",
    "answer that is no HTTP": "220 {} ESMTP\r\n",
}
_AFTER = _LOOKS_MORE + _LOOKS + _get("GET /")

PLACES: Final = (
    *(Place(name, request, _OK) for name, request in _REQUESTS.items()),
    *(Place(name, _get("GET /"), response) for name, response in _RESPONSES.items()),
    Place("body after a pickup in the middle", _LOOKS + _AFTER, _OK, "midstream"),
    Place("rest of a body after a pickup", "{}&password={}\r\n" + _AFTER, _OK, "midstream"),
    Place("body after a hole", _AFTER, _OK, "hole"),
    Place(
        "response body after a pickup",
        _get("GET /"),
        "{}\r\nHTTP/1.1 200 {}\r\n{}: {}\r\n\r\n{}",
        "midstream",
    ),
    Place(
        "response body after a hole", _get("GET /"), "{}\r\nHTTP/1.1 200 {}\r\n{}: {}\r\n\r\n", "server_hole"
    ),
    *(Place(name, "", "", turns=turns) for name, turns in PROTOCOLS.items()),
    Place("name in a TLS hello", "{}.shown.example", "", "tls_name"),
    Place("protocol in a TLS hello", "{}", "", "tls_protocol"),
)

_HOST_KINDS: Final = frozenset(
    {
        *("name_english", "name_german", "name_french", "name_spanish", "first_name", "first_last"),
        *("initial_last", "user_words", "company", "city", "illness", "search_words", "religion", "title"),
        *("file_name", "file_words", "coupon", "license", "password_letters", "nickname", "name_punycode"),
    }
)

_NUMBERS: Final = frozenset({"short_number"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a place is shown."""

    what: str
    kinds: frozenset[str]
    form: str = "{}.shown.example"
    """How a canary of these kinds stands in an output."""


_HOST: Final = "the labels of the name, but for those that look like a token, an id or an address"
_IN_A_BODY: Final = "the same of a Host in it, where it reads as a whole request"
SHOWN: Final = {
    "host": Shown(_HOST, _HOST_KINDS),
    "host of an absolute target": Shown(_HOST, _HOST_KINDS),
    "host of a CONNECT": Shown(_HOST, _HOST_KINDS),
    **{name: Shown(_HOST, _HOST_KINDS) for name in HOSTS},
    "name in a TLS hello": Shown(_HOST, _HOST_KINDS),
    "body without a length": Shown(_IN_A_BODY, _HOST_KINDS),
    "body after a pickup in the middle": Shown(_IN_A_BODY, _HOST_KINDS),
    "rest of a body after a pickup": Shown(_IN_A_BODY, _HOST_KINDS),
    "body after a hole": Shown(_IN_A_BODY, _HOST_KINDS),
    "user agent's version": Shown("at most three numbers below 1,000", _NUMBERS, "curl/{}"),
    "user agent's version after a dot": Shown("at most three numbers below 1,000", _NUMBERS, "curl/8.{}"),
}
"""By place. Of all other places nothing is shown, of no kind."""


def capture(kinds: dict[str, str] = KINDS, places: tuple[Place, ...] = PLACES) -> bytes:
    """A pcap file: each kind in each place, in a connection of its own (see `_ends`)."""
    packets: list[tuple[int, bytes]] = []
    time = 1_700_000_000 * 10**9
    for number, value in enumerate(kinds.values()):
        for where, place in enumerate(places):
            for frame in _conversation(_ends(number, where), place, value):
                packets.append((time, frame))
                time += 1_000_000
    return pcap(packets)


def _ends(kind: int, place: int) -> Ends:
    """The client's address tells the kind and the place."""
    return Ends(
        client=f"10.{100 + kind}.{place}.1", client_port=40_000 + kind, client_start=place * 7_919 + kind
    )


def _filled(template: str, value: str) -> bytes:
    """With the canary in it, and lengths that are right."""
    encoded = "".join([f"%{byte:02X}" for byte in value.encode()])
    text = template.replace("{percent}", encoded).replace("{twice}", encoded.replace("%", "%25"))
    text = text.replace("{}", value)
    return re.sub(
        r"<(.*?)>(\r\n\r\n)",
        lambda found: f"{len(found[1].encode())}{found[2]}",
        text,
        count=1,
        flags=re.DOTALL,
    ).encode()


def _turns(ends: Ends, turns: Turns) -> Iterator[bytes]:
    at = {True: 0, False: 0}
    for client, data in turns:
        yield Sent(ends, client=client, position=at[client], place=at[not client], data=data).frame()
        at[client] += len(data)
    yield Sent(ends, client=True, position=at[True], place=at[False], flags=ACK | FIN).frame()
    yield Sent(ends, client=False, position=at[False], place=at[True] + 1, flags=ACK | FIN).frame()
    yield Sent(ends, client=True, position=at[True] + 1, place=at[False] + 1).frame()


def _vector(content: bytes, size: int = 2) -> bytes:
    return len(content).to_bytes(size) + content


def _hello(how: str, text: bytes) -> bytes:
    """A record with a ClientHello (RFC 8446 section 4.1.2) that asks for a name, or for a protocol."""
    named = {"tls_name": b"\0\0" + _vector(_vector(b"\0" + _vector(text)))}
    offered = {"tls_protocol": b"\0\x10" + _vector(_vector(_vector(text, 1)))}
    body = b"\3\3" + bytes(32) + _vector(b"", 1) + _vector(b"\x13\1") + _vector(b"\0", 1)
    message = b"\1" + _vector(body + _vector((named | offered)[how]), 3)
    return b"\x16\3\1" + _vector(message)


def _conversation(ends: Ends, place: Place, value: str) -> Iterator[bytes]:
    asked, answered = _filled(place.request, value), _filled(place.response, value)
    if place.how.startswith("tls"):
        asked, answered = _hello(place.how, asked), _REFUSED
    if place.how in {"hole", "server_hole"}:
        asked = _get("GET /before").encode() + (asked if place.how == "hole" else b"")
    lost = len(_get("GET /before")) + 40 if place.how == "hole" else 0
    if place.how != "midstream":
        yield Sent(ends, client=True, position=-1, place=None, flags=SYN).frame()
        yield Sent(ends, client=False, position=-1, place=0, flags=SYN | ACK).frame()
        yield Sent(ends, client=True, position=0, place=0).frame()
    if place.turns is not None:
        yield from _turns(ends, place.turns(value))
        return
    if place.how == "hole":
        first = _get("GET /before").encode()
        yield Sent(ends, client=True, position=0, place=0, data=first).frame()
        yield Sent(ends, client=False, position=0, place=len(first), data=_OK.encode()).frame()
        done = len(_OK)
        yield Sent(ends, client=True, position=lost, place=done, data=asked[len(first) :]).frame()
        end = lost + len(asked) - len(first)
        yield Sent(ends, client=False, position=done, place=end, data=answered).frame()
        back = done + len(answered)
    else:
        yield Sent(ends, client=True, position=0, place=0, data=asked).frame()
        gap = 40 if place.how == "server_hole" else 0
        yield Sent(ends, client=False, position=gap, place=len(asked), data=answered).frame()
        end, back = len(asked), gap + len(answered)
    yield Sent(ends, client=True, position=end, place=back, flags=ACK | FIN).frame()
    yield Sent(ends, client=False, position=back, place=end + 1, flags=ACK | FIN).frame()
    yield Sent(ends, client=True, position=end + 1, place=back + 1).frame()


# Looking for them


@dataclass(frozen=True, slots=True)
class Finding:
    """A canary that came out."""

    kind: str
    place: str
    """As the address beside it says; `?` where there is none."""
    output: str
    context: str

    def __str__(self) -> str:
        return f"{self.kind} from {self.place} in {self.output}: {self.context}"


def _forms(value: str) -> set[str]:
    """How a value may be written, in lower case."""
    raw = value.encode()
    encoded = "".join([f"%{byte:02x}" for byte in raw])
    forms = {value, quote(value, safe=""), encoded, encoded.replace("%", "%25"), raw.hex()}
    forms |= {value.encode("unicode_escape").decode(), raw.decode("latin-1")}
    for shift in range(3):  # base64 of a text that it stands in: at three places, without its blurred ends
        text = base64.b64encode(b"\0" * shift + raw).decode()
        whole = text[(0, 2, 3)[shift] :].rstrip("=")[:-1]
        if len(whole) >= 10:
            forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return {form.lower() for form in forms}


_BY_FORM: Final = {form: kind for kind, value in KINDS.items() for form in _forms(value)}
_SHOWN: Final = re.compile(
    "|".join(
        sorted(
            {
                re.escape(shown.form.format(KINDS[kind]).lower()) + r"(?![0-9])"
                for shown in SHOWN.values()
                for kind in shown.kinds
            }
        )
    )
)
_CLIENT: Final = re.compile(r"10\.(1\d\d|2\d\d)\.(\d{1,3})\.1\b")


def search(output: str, text: str | bytes) -> list[Finding]:
    """What is in an output that should not be. What is shown, in its form, is taken out of it first."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = _SHOWN.sub("", text.lower())
    found: list[Finding] = []
    for form, kind in _BY_FORM.items():
        at = text.find(form)
        while at >= 0:
            line = text[text.rfind("\n", 0, at) + 1 : max(text.find("\n", at), at + len(form))]
            beside = _CLIENT.search(line)
            place = PLACES[int(beside[2])].name if beside and int(beside[2]) < len(PLACES) else "?"
            found.append(Finding(kind, place, output, text[max(0, at - 60) : at + len(form) + 40]))
            at = text.find(form, at + len(form))
    return found


def table() -> str:
    """What SECURITY.md says of it: each place, and what of it is shown."""
    rows = [
        f"| {place.name} | {SHOWN[place.name].what if place.name in SHOWN else 'nothing'} |"
        for place in PLACES
    ]
    return "\n".join(["| place | what of it is shown |", "| --- | --- |", *rows])
