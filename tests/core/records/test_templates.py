"""Templates keep words and replace values, in bounded number and length, for any text."""

from __future__ import annotations

import re
import string
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.records.learning import Learning
from interceptor.core.records.routes import Routes
from interceptor.core.records.templates import (
    MAX_CHILDREN,
    MAX_LENGTH,
    MAX_SEGMENTS,
    MAX_SERVER_NODES,
    SWEEP_AFTER,
    PathTemplates,
)
from interceptor.core.records.vocabulary import COLLECTIONS, WORDS
from interceptor.core.records.words import Words
from tests.support.examples import examples

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
        ("/orders/123e4567-e89b-12d3-a456-426614174000", "/orders/{uuid}"),
        ("/orders/123E4567-E89B-12D3-A456-426614174000", "/orders/{uuid}"),
        ("/cart/8f14e45fceea167a", "/cart/{hex}"),
        ("/cart/0x1f", "/cart/{hex}"),
        ("/img/8f14e45fceea167a.png", "/img/{hex}.png"),
        ("/img/42.tar", "/img/{id}.tar"),
        ("/img/IMG_1234.jpg", "/img/{word}.jpg"),
        ("/img/holiday%20in%20rome.pdf", "/img/{value}.pdf"),
        ("/img/john.doe", "/img/{word}"),
        ("/auth/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4", "/auth/{token}"),
        ("/auth/QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "/auth/{token}"),
        ("/users/bob%2540example.com", "/users/{email}"),
        ("/stats/2024-05-01", "/stats/{date}"),
        ("/stats/2024-05-01T10:20:30.5Z", "/stats/{date}"),
        ("/stats/2024-05-01.log", "/stats/{date}.log"),
        ("/nodes/10.1.2.3:8080", "/nodes/{ip}"),
        ("/nodes/fe80::1", "/nodes/{ip}"),
        ("/nodes/+1-555-0100", "/nodes/{number}"),
        ("/caf\xe9", "/{value}"),
        ("/\u0661\u0662\u0663", "/{value}"),
        ("/@alice", "/{value}"),
        ("/{secret}", "/{value}"),
        ("/cart;jsessionid=8f14e45fceea167a/checkout", "/cart;{word}={hex}/checkout"),
        ("/cart;status=list", "/cart;status={value}"),
        ("/shop;sessonly", "/shop;{word}"),
        ("/cart;1234567;status=", "/cart;{id};status={value}"),
        ("/m;a=1;b=2;c=3;d=4;e=5", "/{value}"),
        # what left this program before there was a vocabulary
        ("/users/jsmith", "/users/{word}"),
        ("/users/john.q.public", "/users/{word}"),
        ("/users/list/export", "/users/list/export"),
        ("/reset/HunterTwo", "/reset/{word}"),
        ("/login/secretpass", "/login/{word}"),
        ("/search/depression", "/search/{word}"),
        ("/search/report", "/search/{word}"),
        ("/search/hiv-treatment", "/search/{word}"),
        ("/diagnosis/BreastCancer", "/{word}/{word}"),
        ("/files/resume-JaneRoe.pdf", "/files/{word}.pdf"),
        ("/report.pdf", "/{word}.pdf"),
        ("/tags/report", "/tags/{word}"),
        ("/tags//report", "/tags//{word}"),
        ("/id/ghp_canaryTokenLettersOnlyHere", "/id/{word}"),
        ("/id/PNR-XYZABC", "/id/{word}"),
        ("/id/ABCD-EFGH-IJKL-MNOP", "/id/{word}"),
        ("/blog/how-to-get-a-list", "/blog/{word}"),
        ("/how-to-search", "/{word}"),
        ("/id/passw0rd", "/id/{word}"),
    ],
)
def test_replaces_values(path: str, template: str) -> None:
    """Each kind of value becomes its placeholder."""
    assert PathTemplates().template("s", path) == template


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/oauth2/token",
        "/v1.2.3/users",
        "/v2beta1/users/me",
        "/.well-known/acme-challenge",
        "/.well-known/openid-configuration",
        "/checksum/sha256/base64/i18n",
        "/odata/$metadata",
        "/api//status/../info/./",
        "/robots.txt",
        "/en-US/index.html",
        "/healthz",
        "/actuator/prometheus",
        "/api/getOrders",
        "/api/order_items",
        "/api/order-items",
        "/serviceV3/search-v2",
        "/users/{id}/orders",
        "/api/v1/namespaces/{word}/pods",
    ],
)
def test_keeps_words(path: str) -> None:
    """Words of the vocabulary, versions and technical names stay as they are."""
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


@examples(1_000)
@given(SECRETS.filter(lambda text: "/" not in text), st.sampled_from(["", ".png", ".json"]))
def test_no_value_survives(secret: str, extension: str) -> None:
    """Nothing that has a value's form is in the template, with a file extension or without."""
    template = RULES.generalise(f"/api/{secret}{extension}/status")
    assert re.fullmatch(r"/api/\{[a-z]+\}(\.[a-z]+[0-9]?)?/status", template)


@pytest.mark.parametrize("count", [200_000, pytest.param(1_000_000, marks=pytest.mark.thorough)])
def test_a_full_node_folds_and_nothing_else_does(count: int) -> None:
    """Very many words at one place: its siblings, its parent and other servers show what they did, and memory is bounded."""
    words = sorted(word for word in WORDS if len(word) > 2 and word not in COLLECTIONS)
    templates = PathTemplates()
    before = [templates.template("s", path) for path in ("/api/orders/status", "/healthz", "/api/v1/reports")]
    shown = set()
    for number in range(count):
        if number == count * 9 // 10:
            tracemalloc.start()
        first, second = divmod(number, len(words))
        path = f"/api/words/{words[second]}" if first == 0 else f"/api/words/{words[first]}_{words[second]}"
        shown.add(templates.template("s", path))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2**20, "of the last tenth"
    assert before == [
        templates.template("s", path) for path in ("/api/orders/status", "/healthz", "/api/v1/reports")
    ]
    assert templates.template("s", "/api/orders/summary") == "/api/orders/summary"  # never seen before
    assert templates.template("t", "/api/words/status") == "/api/words/status"
    assert "/api/words/{word}" in shown
    assert templates.folded > count * 0.9
    assert templates._count <= MAX_SERVER_NODES
    assert len(shown) < count / SWEEP_AFTER * (MAX_CHILDREN + 1)


def test_a_full_node_recovers() -> None:
    """What is not seen any more makes room for what is."""
    templates = PathTemplates(max_children=3)
    for word in ("status", "summary", "export"):
        assert templates.template("s", f"/api/{word}") == f"/api/{word}"
    assert templates.template("s", "/api/reports") == "/api/{word}"
    for _ in range(2 * SWEEP_AFTER):
        templates.template("s", "/api/reports")
    assert templates.template("s", "/api/reports") == "/api/reports"


def test_deep_trees_are_bounded() -> None:
    """Names of many levels fill no more than a server's nodes; what was there and is used stays."""
    templates = PathTemplates(max_children=10)
    words = sorted(word for word in WORDS if len(word) > 3 and word not in COLLECTIONS)[:10]
    for number in range(200_000):
        path = "/".join(words[int(digit)] for digit in f"{number:06}")
        templates.template("s", f"/{path}")
        if number % 100 == 0:
            assert templates.template("s", "/healthz/status") in {"/healthz/status", "/{word}/status"}
        assert templates._count <= MAX_SERVER_NODES


def test_the_oldest_server_is_forgotten() -> None:
    """Beyond the limit of servers a new one takes the place of the one known longest, which starts anew."""
    templates = PathTemplates(max_children=1, max_servers=2)
    assert templates.template("a", "/status") == "/status"
    assert templates.template("a", "/export") == "/{word}"
    templates.template("b", "/status")
    templates.template("c", "/status")
    assert templates.template("a", "/export") == "/export"
    assert templates.template("c", "/export") == "/{word}"


def test_routes_show_what_they_name() -> None:
    """Fixed segments of a route are shown, what stands for anything is a placeholder; the rest stays closed."""
    templates = PathTemplates(routes=Routes(["/v1/customers/{id}/kyc", "shop.example/zq/{x}"]))
    assert templates.template("s", "/v1/customers/jsmith/kyc") == "/v1/customers/{word}/kyc"
    assert templates.template("s", "/v1/customers/report/kyc") == "/v1/customers/{word}/kyc"
    assert templates.template("s", "/kyc") == "/{word}"
    assert templates.template("shop.example", "/zq/7/") == "/zq/{id}/"
    assert templates.template("s", "/zq/7") == "/{word}/{id}"


def test_learning_opens_what_several_clients_use() -> None:
    """Closed for the first k - 1 clients, however often they come; open from the k-th on, for all."""
    templates = PathTemplates(learning=Learning(3))
    for client in ("a", "b", "a", "b", "b"):
        assert templates.template("s", "/api/kyczq", client) == "/api/{word}"
    assert templates.template("s", "/api/kyczq", "c") == "/api/kyczq"
    assert templates.template("s", "/api/kyczq", "a") == "/api/kyczq"
    assert templates.template("t", "/api/kyczq", "a") == "/api/{word}"
    for client in "abcdef":
        assert templates.template("s", "/users/jsmith", client) == "/users/{word}"  # behind a collection


def test_words_of_the_operator_are_shown() -> None:
    """A word of letters is one in every name; anything else is a name as a whole."""
    templates = PathTemplates(Words(["kyczq", "Open-Zq-2"]))
    assert templates.template("s", "/api/kyczq") == "/api/kyczq"
    assert templates.template("s", "/api/kyczqStatus") == "/api/kyczqStatus"
    assert templates.template("s", "/users/kyczq") == "/users/kyczq"
    assert templates.template("s", "/open-zq-2") == "/open-zq-2"
    assert templates.template("s", "/open-zq-3") == "/{word}"


def test_explains_what_is_closed() -> None:
    """Each closed segment has its place and its rule."""
    assert PathTemplates().explain("/api/zqx/users/report/7") == [
        ("/api/", "zqx", "unknown"),
        ("/api/{word}/users/", "report", "collection"),
        ("/api/{word}/users/{word}/", "7", "form"),
    ]
