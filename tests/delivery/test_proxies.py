"""Which proxy for which URL, by settings and rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor import config
from interceptor.delivery.proxies import Proxies, Proxy, deciding
from interceptor.errors import UsageError

PROXY = "proxy.corp:3128"
SHARED = Path(__file__).parents[3] / "shared" / "noproxy" / "cases.json"


def proxies(option: str = "", *, no_proxy: str = "", **environment: str) -> Proxies:
    """By the configuration and an environment."""
    settings = config.Proxy.model_validate({"url": option or None, "no_proxy": no_proxy})
    return Proxies(settings, environment)


def direct(no_proxy: str, url: str) -> bool:
    """Whether NO_PROXY keeps a URL from the proxy."""
    return proxies(ALL_PROXY=PROXY, NO_PROXY=no_proxy).decide(url).proxy is None


# --- rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "covered", "not_covered"),
    [
        ("example.com", ["example.com", "a.example.com", "A.Example.COM.", "a.b.example.com:8443"], ["notexample.com", "com"]),
        (".example.com", ["a.example.com"], ["example.com", "aexample.com"]),
        ("*.example.com", ["a.example.com", "a.b.example.com"], ["example.com"]),
        ("example.com.", ["example.com", "a.example.com."], ["example.org"]),
        ("example.com:443", ["example.com", "a.example.com:443"], ["example.com:8443"]),
        ("münchen.example", ["api.xn--mnchen-3ya.example"], ["muenchen.example"]),
        ("10.0.0.1", ["10.0.0.1", "10.0.0.1:99", "[::ffff:10.0.0.1]"], ["10.0.0.11", "10.0.0.1.example"]),
        ("10.0.0.1:8443", ["10.0.0.1:8443"], ["10.0.0.1"]),
        ("2001:db8::1", ["[2001:db8:0:0:0:0:0:1]:9"], ["[2001:db8::2]"]),
        ("[2001:db8::1]", ["[2001:db8::1]"], ["[2001:db8::2]"]),
        ("[2001:db8::1]:443", ["[2001:db8::1]"], ["[2001:db8::1]:444"]),
        ("10.0.0.0/8", ["10.255.0.1", "[::ffff:10.9.9.9]"], ["11.0.0.1", "ten.example"]),
        ("fd00::/8", ["[fd12::5]"], ["[fe80::1]", "253.0.0.1"]),
        ("*", ["example.com", "10.0.0.1", "[2001:db8::1]:99"], []),
        ("kafka", ["kafka", "a.kafka"], ["akafka", "kafka.svc"]),
    ],
)  # fmt: skip
def test_what_an_item_covers(item: str, covered: list[str], not_covered: list[str]) -> None:
    """Go's rules, alone and among others, whatever separates them."""
    for form in (item, f" {item} ", f"first.test,{item},last.test", f"first.test\t{item}  last.test,,"):
        assert [host for host in covered if not direct(form, f"https://{host}/v1")] == []
        assert [host for host in not_covered if direct(form, f"https://{host}/v1")] == []


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:99", "localhost.", "127.0.0.1", "127.9.9.9", "[::1]"]
)
def test_loopback_is_direct(host: str) -> None:
    """Without any NO_PROXY."""
    assert direct("", f"http://{host}/")
    assert not direct("", "http://local.localhost/")


@pytest.mark.parametrize("address", ["10.96.0.1", "fd00:10:96::1", "[fd00:10:96::1]"])
def test_the_kubernetes_api_is_direct(address: str) -> None:
    """Whatever its port, where the environment says that we are in a cluster."""
    inside = proxies(PROXY, KUBERNETES_SERVICE_HOST=address)
    bare = address.strip("[]")
    host = f"[{bare}]" if ":" in bare else bare
    assert "Kubernetes" in inside.decide(f"https://{host}:6443/").rule
    assert inside.decide("https://10.96.0.2/").proxy is not None
    assert proxies(PROXY).decide(f"https://{host}:6443/").proxy is not None


@pytest.mark.parametrize(
    "item",
    [
        *("http://example.com", '"example.com"', "example.com/", "user@example.com", "api.*.com", "foo|bar", ":1"),
        *("10.0.0.0/33", "10.0.0.0/255.0.0.0", "[fd00::]/8", "[fd00::", "example.com:0", "example.com:99999", "[a]", "a..b"),
    ],
)  # fmt: skip
def test_a_malformed_item_is_skipped_with_one_warning(item: str) -> None:
    """It names the place, not the item; the items around it count."""
    found = proxies(ALL_PROXY=PROXY, NO_PROXY=f"first.test,{item},last.test")
    assert len(found.warnings) == 1
    assert "NO_PROXY: item 2 " in found.warnings[0]
    assert found.decide("https://last.test/").proxy is None
    assert found.decide("https://example.com/").proxy is not None


def published() -> list[dict[str, str]]:
    """The published decisions of Go and curl, where they are here."""
    return json.loads(SHARED.read_text()) if SHARED.exists() else []


@pytest.mark.skipif(not SHARED.exists(), reason="no ../shared/noproxy beside the project")
def test_the_published_decisions_are_ours() -> None:
    """Go's and curl's own test cases, and what their matchers answered when they were run."""
    cases = published()
    assert len(cases) > 100
    for case in cases:
        assert direct(case["no_proxy"], case["url"]) == (case["expect"] == "DIRECT"), case


# --- settings ------------------------------------------------------------------------------------------------


def test_precedence() -> None:
    """Configuration, PROXY_URL, the scheme's own variable, ALL_PROXY; upper case before lower case."""
    order = [
        ("PROXY_URL", "p"),
        ("proxy_url", "q"),
        ("HTTPS_PROXY", "s"),
        ("https_proxy", "t"),
        ("ALL_PROXY", "a"),
        ("all_proxy", "b"),
    ]
    environment = {name: f"{host}.test:1" for name, host in order}
    assert proxies("option.test:1", **environment).decide("https://x.test/").setting == "proxy.url"
    for name, host in order:
        decision = proxies(**environment).decide("https://x.test/")
        assert decision.setting == name
        assert decision.proxy == Proxy("http", f"{host}.test", 1)
        environment[name] = " " if name.isupper() else ""  # as good as not set
    assert proxies(**environment).decide("https://x.test/").proxy is None
    plain = proxies(HTTP_PROXY="h.test:1", HTTPS_PROXY="s.test:1").decide("http://x.test/")
    assert plain.proxy == Proxy("http", "h.test", 1)


def test_both_spellings_that_differ_are_told() -> None:
    """Once each, by name, without their values."""
    found = proxies(HTTPS_PROXY="a.test:1", https_proxy="b.test:1", NO_PROXY="x", no_proxy="x")
    assert found.warnings == ["HTTPS_PROXY and https_proxy differ; HTTPS_PROXY counts"]


def test_no_proxy_of_the_configuration_and_of_the_environment() -> None:
    """Both count, whatever names the proxy, and the rule says which item it was."""
    found = proxies(PROXY, no_proxy="a.test, b.test", NO_PROXY="c.test")
    assert found.decide("https://b.test/").rule == "proxy.no_proxy, item 2 (b.test)"
    assert found.decide("https://c.test/").rule == "NO_PROXY, item 1 (c.test)"
    assert str(found.decide("https://c.test/")) == "direct (NO_PROXY, item 1 (c.test))"
    assert (
        str(found.decide("https://d.test/")) == "via http://proxy.corp:3128 (proxy.url; no rule excepts it)"
    )


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("proxy.corp:3128", Proxy("http", "proxy.corp", 3128)),
        (" 'proxy.corp:3128' ", Proxy("http", "proxy.corp", 3128)),
        ('"http://proxy.corp"', Proxy("http", "proxy.corp", 80)),
        ("https://proxy.corp/", Proxy("https", "proxy.corp", 443)),
        ("socks5h://proxy.corp", Proxy("socks5h", "proxy.corp", 1080)),
        ("10.0.0.1:1", Proxy("http", "10.0.0.1", 1)),
        ("[2001:db8::1]:3128", Proxy("http", "2001:db8::1", 3128)),
        ("user:p%40ss@proxy.corp:3128", Proxy("http", "proxy.corp", 3128, "user", "p@ss")),
        ("http://user@proxy.corp:3128", Proxy("http", "proxy.corp", 3128, "user", None)),
    ],
)
def test_how_a_proxy_may_be_written(value: str, proxy: Proxy) -> None:
    """With or without scheme, port, quotes and credentials."""
    assert proxies(value).decide("https://x.test/").proxy == proxy
    assert proxies(HTTPS_PROXY=value).decide("https://x.test/").proxy == proxy


@pytest.mark.parametrize(
    "value",
    ["ftp://s3cret:s3cret@p.test", "http://s3cret@p.test:99999", "s3cret@:3128", "http://s3cret:s3cret@", "s3cret@p.test:x", "s3cret@p.test/path", "s3cret@p.test:0", "http://s3cret@[::1", "s3cret@a b", "s3cret@" + "x" * 64],
)  # fmt: skip
def test_a_proxy_that_is_none_is_refused_without_showing_it(value: str) -> None:
    """The setting is named; the value may hold a password, whatever it looks like."""
    with pytest.raises(UsageError, match=r"^HTTPS_PROXY: ") as caught:
        proxies(HTTPS_PROXY=value).decide("https://x.test/")
    assert "s3cret" not in str(caught.value)
    assert proxies(HTTPS_PROXY=value, NO_PROXY="*").decide("https://x.test/").proxy is None


def test_credentials_are_shown_nowhere() -> None:
    """Neither in the decision nor in the proxy."""
    decision = proxies("http://user:s3cret@proxy.corp:3128").decide("https://x.test/")
    assert (
        "s3cret" not in f"{decision} {decision!r} {decision.proxy!r} {decision.proxy and decision.proxy.url}"
    )
    assert "user" not in f"{decision} {decision!r}"


@pytest.mark.parametrize(
    "url",
    ["", "x.test", "ftp://x.test", "https://", "https://[::1", "https://x.test:99999"]
    + [f"https://{host}/" for host in ("a b", "a..b", "-", "x" * 64, "\u00fc" * 64, "a,b", "\ud800")],
)
def test_an_endpoint_that_is_none_is_refused(url: str) -> None:
    """One clear line."""
    with pytest.raises(UsageError, match="endpoint"):
        proxies(PROXY).decide(url)


@given(st.text(), st.text())
def test_nothing_raises_but_for_the_operator(no_proxy: str, proxy: str) -> None:
    """Whatever the variables hold."""
    found = Proxies(config.Proxy(), {"NO_PROXY": no_proxy, "ALL_PROXY": proxy})
    try:
        told = str(found.decide("https://api.example.com/"))
    except UsageError as error:
        told = str(error)
    assert told.startswith(("ALL_PROXY: ", "via ", "direct "))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("http://user:a/b@proxy.test:3128", r"%2F, %3F and %23"),
        ("user:a#b@proxy.test:3128", r"%2F, %3F and %23"),
        ("http://user:a?b@proxy.test:3128", r"%2F, %3F and %23"),
        ("http://2001:db8::1:3128", r"stands in brackets"),
        ("user:secret@2001:db8::1", r"stands in brackets"),
        ("ftp://proxy.test:21", r"the scheme of a proxy"),
        ("http://user:secret@10.0.0.1:3128\nhttp://10.0.0.2:3128", r"is one line"),
        ("http://10.0.0.1\n2:3128", r"is one line"),
        ("10.0.\t0.1:3128", r"is one line"),
    ],
)
def test_what_is_wrong_with_a_proxy_is_told_in_words_that_help(value: str, said: str) -> None:
    """A character that belongs to a URL in a password, an address without brackets; never the value."""
    proxies = Proxies(config.Proxy.model_validate({"url": value}), {})
    with pytest.raises(UsageError, match=said) as caught:
        proxies.decide("https://api.test")
    assert "proxy.url: " in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "2001" not in str(caught.value).replace("2001:db8::1]:3128", "")


def test_a_proxy_in_a_file_is_read_again(tmp_path: Path) -> None:
    """With its password, which is what changes; the setting is named as the option that it came from."""
    file = tmp_path / "url"
    file.write_text("http://user:one@proxy.test:3128\n")
    settings = config.Proxy.model_validate({"url_file": file})
    decisions, warnings = deciding("https://api.test", settings, {"HTTPS_PROXY": "other.test:1"})
    first = decisions.current()
    assert first.proxy is not None
    assert (first.proxy.password, first.setting, warnings) == ("one", "proxy.url_file", [])
    file.write_text("http://user:another@proxy.test:3128\n")
    second = decisions.current()
    assert second.proxy is not None
    assert second.proxy.password == "another"
    file.unlink()
    assert decisions.current() == second
    with pytest.raises(UsageError, match=r"^proxy\.url_file .*url: cannot be read$"):
        deciding("https://api.test", settings, {})
