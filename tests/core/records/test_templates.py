"""Templates keep words and replace values, in bounded number and length, for any text."""

from __future__ import annotations

import re
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.records.templates import (
    COLLAPSED,
    MAX_KEY,
    MAX_LENGTH,
    MAX_SEGMENTS,
    MAX_TEMPLATES,
    PathTemplates,
    header_name,
    query_key,
)

RULES = PathTemplates()

TEXT = st.text(st.characters(exclude_categories=[]))
"""Any text at all, lone surrogates and control characters included."""
PATHS = st.one_of(
    TEXT,
    st.lists(
        st.one_of(
            TEXT,
            st.from_regex(r"[A-Za-z0-9._:$;={}*%@+-]{0,50}", fullmatch=True),
            st.sampled_from(
                ["v1", "users", "{id}", "{*}", "{value}", "{hex}.png", "{id", "..", "", "a;b=c", "x" * 300]
            ),
        ),
        max_size=50,
    ).map("/".join),
)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/users/42", "/users/{id}"),
        ("/users/007/", "/users/{id}/"),
        ("/o/123e4567-e89b-12d3-a456-426614174000", "/o/{uuid}"),
        ("/o/123E4567-E89B-12D3-A456-426614174000", "/o/{uuid}"),
        ("/c/8f14e45fceea167a", "/c/{hex}"),
        ("/c/deadbeef", "/c/{hex}"),
        ("/c/0x1f", "/c/{hex}"),
        ("/img/8f14e45fceea167a.png", "/img/{hex}.png"),
        ("/img/42.tar", "/img/{id}.tar"),
        ("/img/IMG_1234.jpg", "/img/{value}.jpg"),
        ("/a/holiday%20in%20rome.pdf", "/a/{value}.pdf"),
        ("/static/app.8f14e45f.js", "/static/{value}.js"),
        ("/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4", "/t/{token}"),
        ("/t/QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "/t/{token}"),
        ("/t/QWxhZGRpbjpvcGVuI2%2BlcQ%3D%3D", "/t/{token}"),
        ("/watch/dQw4w9WgXcQ", "/watch/{value}"),
        ("/watch/dQwxwqWgXcQ", "/watch/{value}"),
        ("/u/bob@example.com", "/u/{email}"),
        ("/u/bob%40example.com", "/u/{email}"),
        ("/u/bob%2540example.com", "/u/{email}"),
        ("/d/2024-05-01", "/d/{date}"),
        ("/d/2024-05", "/d/{date}"),
        ("/d/2024-05-01T10:20:30.5Z", "/d/{date}"),
        ("/d/20240501T102030Z", "/d/{date}"),
        ("/d/2024-05-01.log", "/d/{date}.log"),
        ("/d/10:20", "/d/{date}"),
        ("/tiles/12/2200/1343@2x.png", "/tiles/{id}/{id}/{value}.png"),
        ("/img/logo@3x", "/img/{value}"),
        ("/u/bob@2x.com", "/u/{email}"),
        ("/u/bob@2x.png@example.com", "/u/{email}"),
        ("/device/00:1A:2b:3C:4D:5E", "/device/{hex}"),
        ("/device/00-1A-2B-3C-4D-5E/ports", "/device/{hex}/ports"),
        ("/n/10.1.2.3", "/n/{ip}"),
        ("/n/10.1.2.3:8080", "/n/{ip}"),
        ("/n/fe80::1", "/n/{ip}"),
        ("/n/+1-555-0100", "/n/{number}"),
        ("/n/-12.5", "/n/{number}"),
        ("/n/4111-1111-1111-1111", "/n/{number}"),
        ("/n/order-12345", "/n/{value}"),
        ("/n/page-2", "/n/{value}"),
        ("/n/0.png", "/n/{id}.png"),
        ("/n/deadbeef.png", "/n/{hex}.png"),
        ("/n/::.png", "/n/{ip}.png"),
        ("/blog/how-i-learned-to-stop-worrying-and-love-the-bomb", "/blog/{value}"),
        ("/caf\xe9", "/{value}"),
        ("/\u0661\u0662\u0663", "/{value}"),
        ("/%61dmin", "/{value}"),
        ("/@alice", "/{value}"),
        ("/~alice", "/{value}"),
        ("/a b", "/{value}"),
        ('/"\\', "/{value}"),
        ("/{secret}", "/{value}"),
        ("/cart;jsessionid=8f14e45fceea167a/pay", "/cart;jsessionid={hex}/pay"),
        ("/cart;jsessionid=word", "/cart;jsessionid={value}"),
        ("/cart;1234567;x=", "/cart;{id};x={value}"),
        ("/m;a=1;b=2;c=3;d=4;e=5", "/{value}"),
    ],
)
def test_replaces_values(path: str, template: str) -> None:
    """Each kind of value becomes its placeholder."""
    assert PathTemplates().template("s", path) == template


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/oauth2/token",
        "/v2beta1/getUserProfileById",
        "/v1.2.3/users:batchGet",
        "/.well-known/acme-challenge",
        "/grpc.health.v1.Health/Check",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/hash/sha256/base64/i18n",
        "/odata/$metadata",
        "/a//b/../c/./",
        "/robots.txt",
        "/fonts/inter.woff2",
        "/en-US/index.html",
        "/getURLForID",
        "/internationalization",
        "/HEALTH",
        "/page2",
    ],
)
def test_keeps_words(path: str) -> None:
    """Words, versions and known names stay as they are."""
    assert PathTemplates().template("s", path) == path


@given(PATHS)
def test_any_path_gives_a_short_plain_template(path: str) -> None:
    """Templates are bounded in length and depth, and of characters that JSON need not escape."""
    template = PathTemplates().template("s", path)
    assert len(template) <= MAX_LENGTH
    assert template.count("/") <= MAX_SEGMENTS
    assert re.fullmatch(r"[A-Za-z0-9/_.:${}*;=-]*", template)


@given(PATHS)
def test_the_template_of_a_template_is_itself(path: str) -> None:
    """A template is a fixed point, so that templates may be made twice."""
    template = RULES.generalise(path)
    assert RULES.generalise(template) == template


IDENTIFIERS = [
    "7",
    "20240501",
    "1" * 256,
    "1" * 257,
    "8f14e45f",
    "8F14E45FCEEA167A",
    "a" * 256,
    "a" * 257,
    "abcdef1",
    "123e4567-e89b-12d3-a456-426614174000",
    "123e4567-e89b-12d3-a456-42661417400",
    "2024-05-01",
    "7;a=b",
    "7.png",
    "0x1f",
    "7\n",
    "\u0667",
]
"""Values of forms that are recognised in two ways, or nearly so."""


@given(PATHS)
def test_each_segment_is_judged_alone(path: str) -> None:
    """A path within the limits has the templates of its segments, whatever was seen before."""
    template = RULES.generalise(path)
    if "{*}" not in template:
        assert template == "/".join(PathTemplates().generalise(segment) for segment in path.split("/"))


@given(
    st.lists(
        st.lists(st.sampled_from([*IDENTIFIERS, "users", "{id}", "{hex}"]) | TEXT, max_size=4).map("/".join),
        max_size=10,
    )
)
def test_what_a_server_showed_before_changes_nothing(paths: list[str]) -> None:
    """Within the limits a path has the template of the rules, whether it or one like it was seen before or not."""
    templates = PathTemplates()
    for path in paths:
        for again in (f"/{path}", f"/{path}", path):
            assert templates.template("s", again) == RULES.generalise(again)


SECRETS = st.one_of(
    st.from_regex(r"[0-9]+", fullmatch=True),
    st.text(st.characters(categories=["Nd"]), min_size=1),
    st.uuids().map(str),
    st.uuids().map(lambda value: str(value).upper()),
    st.from_regex(r"[0-9a-f]{8,64}", fullmatch=True),
    st.from_regex(r"(?=[a-z]*[0-9])(?=[0-9]*[a-z])[0-9a-z]{16,64}", fullmatch=True).filter(
        lambda text: sum(map(str.isdigit, text)) > 1
    ),
    st.from_regex(r"[a-z]{1,8}[0-9]{4}[a-z]{1,8}", fullmatch=True),
    st.binary(min_size=16, max_size=64).map(lambda data: data.hex().upper()),
    st.emails(),
    st.emails().map(lambda address: address.replace("@", "%40")),
    st.ip_addresses().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda time: time.isoformat()),
    st.from_regex(r"\+[0-9]{7,15}", fullmatch=True),
    st.text(string.ascii_letters + " ", min_size=41),
)


@given(SECRETS.filter(lambda text: "/" not in text), st.sampled_from(["", ".png", ".json"]))
def test_no_value_survives(secret: str, extension: str) -> None:
    """Nothing that has a value's form is in the template, with a file extension or without."""
    template = RULES.generalise(f"/words/{secret}{extension}/words")
    assert re.fullmatch(r"/words/\{[a-z]+\}(\.[a-z]+[0-9]?)?/words", template)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("stuvwxyz")), max_size=60))
def test_the_number_of_templates_is_bounded(requests: list[tuple[str, str]]) -> None:
    """A server shows at most its limit of templates besides `/{*}`, the first ones, while it is remembered."""
    templates = PathTemplates(max_templates_per_server=3, max_servers=6)
    again = PathTemplates(max_templates_per_server=3, max_servers=6)
    shown: dict[str, list[str]] = {}
    for server, word in requests:
        seen = shown.setdefault(server, [])
        template = templates.template(server, f"/{word}")
        assert template == again.template(server, f"/{word}")
        if template == COLLAPSED:
            assert len(seen) == 3
            assert f"/{word}" not in seen
        elif template not in seen:
            seen.append(template)
    assert all(len(seen) <= 3 for seen in shown.values())


def test_the_oldest_server_is_forgotten() -> None:
    """Beyond the limit of servers a new one takes the place of the one known longest, which starts anew."""
    templates = PathTemplates(max_templates_per_server=1, max_servers=2)
    assert templates.template("a", "/x") == "/x"
    assert templates.template("a", "/y") == COLLAPSED
    templates.template("b", "/x")
    templates.template("c", "/x")
    assert templates.template("a", "/y") == "/y"
    assert templates.template("c", "/y") == COLLAPSED


def test_templates_are_bounded_in_all() -> None:
    """However many servers there are, no more than `MAX_TEMPLATES` templates are remembered."""
    templates = PathTemplates(max_templates_per_server=10**9, max_servers=10)
    letters = string.ascii_lowercase
    words = [a + b + c + d for a in letters for b in letters for c in letters for d in letters[:3]]
    for number, word in enumerate(words + words):
        templates.template(str(number % 10), f"/{word}")
        assert templates._count <= MAX_TEMPLATES
    assert templates._count == sum(map(len, templates._servers.values()))


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("user_id", "user_id"),
        ("page[size]", "page[size]"),
        ("page%5Bsize%5d", "page[size]"),
        ("items[0][id]", "items[{id}][id]"),
        ("tags[]", "tags[]"),
        ("X-Amz-SignedHeaders", "X-Amz-SignedHeaders"),
        ("$filter", "$filter"),
        ("_", "_"),
        ("4111111111111111", "{id}"),
        ("bob@example.com", "{email}"),
        ("dGhpc0lzQVNlY3JldDEy", "{token}"),
        ("a[b", "{value}"),
        ("a[b]c", "{value}"),
        ("a" * (MAX_KEY + 1), "{value}"),
        ("%5B" * 1000, "{value}"),
    ],
)
def test_query_keys(key: str, shown: str) -> None:
    """Names of parameters stay, values in their place do not."""
    assert query_key(key) == shown


USUAL_NAMES = """
    cf-ipcountry content-md5 dnt p3p sec-ch-ua-platform-version sec-websocket-key1 strict-transport-security te
    x-amz-checksum-crc32c x-amz-content-sha256 x-amz-copy-source-server-side-encryption-customer-key-md5 x-amz-id-2
    x-amz-meta-owner x-amz-server-side-encryption-aws-kms-key-id x-b3-traceid x-ms-blob-content-md5
    x-oss-hash-crc64ecma x-xhprof_debug
"""


@pytest.mark.parametrize("name", USUAL_NAMES.split())
def test_usual_header_names_stay(name: str) -> None:
    """Names that servers and clouds really use are not touched."""
    assert header_name(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "{invalid}"),
        ("a b", "{invalid}"),
        (":authority", "{invalid}"),
        ("caf\xe9", "{invalid}"),
        ("x\n", "{invalid}"),
        ("x-8f14e45fceea167a", "{value}"),
        (str(uuid.UUID(int=2**127 + 12345)), "{value}"),
        ("4111-1111-1111-1111", "{value}"),
        ("x-12-34-56", "{value}"),
        ("abcdef12", "{value}"),
        ("x" * 33 + "1", "{value}"),
        ("x" * 65, "{value}"),
        ("a1b2c3", "{value}"),
    ],
)
def test_garbage_in_place_of_header_names_is_replaced(name: str, shown: str) -> None:
    """What is no token, or looks like a value, is not shown."""
    assert header_name(name) == shown


@given(TEXT)
def test_names_of_any_text_are_short_and_plain(text: str) -> None:
    """Keys and header names are bounded, need no escapes, and nothing raises."""
    assert len(query_key(text)) <= 8 * MAX_KEY
    assert re.fullmatch(r"[A-Za-z0-9_.:${}\[\]*-]*", query_key(text))
    assert re.fullmatch(r"[!-~]{1,64}", header_name(text))
    assert not set(header_name(text)) & set('"\\')
