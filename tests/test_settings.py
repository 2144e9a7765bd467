"""The configuration from file, environment and flags: which wins, and what is said of mistakes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.config import Config
from interceptor.errors import UsageError
from interceptor.settings import Settings, add_flags, changes, flags_of, load, options

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t-value"


def read(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None, *flags: str) -> Settings:
    """Load a file with this text, these variables and these flags."""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return load(path, environment or {}, flags_of(parser.parse_args(flags)))


def complaint(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None, *flags: str) -> str:
    """What is said of a mistake, which must be one line without a secret; the file is called F."""
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text, environment, *flags)
    said = str(caught.value)
    assert "\n" not in said
    assert SECRET not in said
    assert caught.value.__cause__ is None or SECRET not in str(caught.value.__cause__)
    return said.replace(str(tmp_path / "config.yaml"), "F")


# Names


def test_names_are_unambiguous() -> None:
    """No two options share a variable or a flag, though both are made by joining with the same character."""
    for spelling in ("key", "variable", "flag"):
        names = [getattr(option, spelling) for option in options()]
        assert len(set(names)) == len(names) > 50


def test_every_option_says_what_it_means() -> None:
    """In `--help`, from the model's own text."""
    assert [option.key for option in options() if not option.help] == []


def test_every_option_is_set_by_its_variable() -> None:
    """Its text gives the value that the same text in the model would give."""
    samples = {"int": "70", "float": "2.5", "bool": "true"}
    for option in options():
        default = Config()
        for name in option.path:
            default = getattr(default, name)
        text = option.choices[-1] if option.choices else samples.get(type(default).__name__, "70")
        text = {"capture.buffer_bytes": "1048576", "metadata.learn": "7", "workers": "7"}.get(
            option.key, text
        )
        if option.key in {"token_file", "proxy.url_file", "capture.password_file"}:
            continue  # they would be read
        loaded = load(None, {option.variable: text})
        assert loaded.origins == {option.key: option.variable}


def test_secrets_have_no_flag() -> None:
    """A flag's value is in the process's arguments, for everybody to read; a file's name may be."""
    parser = argparse.ArgumentParser()
    add_flags(parser)
    flags = parser.format_help()
    assert {option.key for option in options() if option.secret} == {
        *("token", "proxy.url", "capture.password", "ingest.tokens"),
    }
    for option in options():
        assert (f" {option.flag} " in flags) is not option.secret, option.flag


# Order


def test_flags_win_over_variables_and_variables_over_the_file(tmp_path: Path) -> None:
    """Each value has the origin that it was taken from."""
    text = "cluster: file\nnode: file\nserver:\n  port: 1\n"
    environment = {"INTERCEPTOR_NODE": "variable", "INTERCEPTOR_SERVER_PORT": "2"}
    loaded = read(tmp_path, text, environment, "--server-port", "3")
    assert (loaded.config.cluster, loaded.config.node, loaded.config.server.port) == ("file", "variable", 3)
    assert loaded.origins == {
        "cluster": f"{tmp_path}/config.yaml:1",
        "node": "INTERCEPTOR_NODE",
        "server.port": "--server-port",
    }


def test_a_variable_names_the_file(tmp_path: Path) -> None:
    """As a flag does, which wins."""
    (tmp_path / "a").write_text("node: a")
    (tmp_path / "b").write_text("node: b")
    environment = {"INTERCEPTOR_CONFIG": str(tmp_path / "a")}
    assert load(None, environment).config.node == "a"
    assert load(tmp_path / "b", environment).config.node == "b"


def test_lists_are_separated_by_commas(tmp_path: Path) -> None:
    """In variables and flags; a list of a later place replaces one of an earlier."""
    text = "capture: {sources: [rpcap://a]}"
    environment = {"INTERCEPTOR_CAPTURE_SOURCES": "rpcap://b, live:", "INTERCEPTOR_INGEST_TOKENS": "x,y"}
    loaded = read(tmp_path, text, environment, "--capture-interfaces-exclude", "")
    assert loaded.config.capture.sources == ("rpcap://b", "live:")
    assert loaded.config.capture.interfaces.exclude == ()
    assert [token.get_secret_value() for token in loaded.config.ingest.tokens] == ["x", "y"]


def test_an_empty_variable_is_the_empty_text(tmp_path: Path) -> None:
    """Which for an option that may be absent means that it is."""
    loaded = read(
        tmp_path, "endpoint: https://a", {"INTERCEPTOR_ENDPOINT": "", "INTERCEPTOR_CAPTURE_FILTER": ""}
    )
    assert loaded.config.endpoint is None
    assert loaded.config.capture.filter == ""


def test_a_command_may_have_a_default_of_its_own(tmp_path: Path) -> None:
    """It is one: everything else wins over it, and nothing says where it comes from."""
    own = {"server.port": 18_955}
    assert load(None, {}, {}, own).config.server.port == 18_955
    assert load(None, {}, {}, own).config.server.address == load().config.server.address
    assert ("server.port", "18955", "default") in load(None, {}, {}, own).effective()
    (tmp_path / "c.yaml").write_text("server: {port: 1}\n")
    assert load(tmp_path / "c.yaml", {}, {}, own).config.server.port == 1
    assert load(None, {"INTERCEPTOR_SERVER_PORT": "2"}, {}, own).config.server.port == 2
    assert load(None, {}, {"server.port": "3"}, own).config.server.port == 3


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "proxy:\n", "null"])
def test_an_empty_file_is_all_defaults(tmp_path: Path, text: str) -> None:
    """So is a section without keys."""
    assert read(tmp_path, text).config == Config()


# Mistakes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("proxy:\n  no_proxi: x", "F:2: proxy.no_proxi: no such key; did you mean proxy.no_proxy?"),
        ("snaplen: 3", "F:1: snaplen: no such key; did you mean capture.snaplen?"),
        ("zzz: 3", "F:1: zzz: no such key"),
        ("? [a, b]\n: 3", "F:1: ?: no such key"),
        ("cluster: 5", "F:1: cluster: got a number 5, wanted a text"),
        ("node: no", "F:1: node: got a truth value False, wanted a text"),
        ("cluster: 2026-01-01", "F:1: cluster: got a date, wanted a text"),
        ("capture:\n  snaplen: abc", "F:2: capture.snaplen: got the text 'abc', wanted an integer"),
        (
            "capture:\n  snaplen: 3",
            "F:2: capture.snaplen: got a number 3, wanted greater than or equal to 64",
        ),
        (
            "capture: {promiscuous: maybe}",
            "F:1: capture.promiscuous: got the text 'maybe', wanted true or false",
        ),
        ("capture: {sources: x}", "F:1: capture.sources: got the text 'x', wanted a list"),
        ("capture:\n  sources:\n    - x\n    - 1", "F:2: capture.sources: got a number 1, wanted a text"),
        (
            "log: {level: loud}",
            "F:1: log.level: got the text 'loud', wanted 'debug', 'info', 'warning' or 'error'",
        ),
        ("upload: {compression: 3, timeout_seconds: 0}", "wanted 'gzip' or 'zstd' (and 1 more)"),
        ("cluster: a\nnode: b\ncluster: c", "F:3: cluster: is here a second time, first in line 1"),
        ("proxy: 3", "F:1: proxy: got a single value, wanted keys: url, url_file, no_proxy, ca_file"),
        ("- a", "F:1: the file: got a list, wanted keys: endpoint,"),
        ("a: [", "F:1: is no YAML: expected the node content, but found '<stream end>'"),
        ("a: *b", "F:1: is no YAML: found undefined alias 'b'"),
        ("a: \x07", "F: is no YAML: unacceptable character #x0007: special characters are not allowed"),
        (f"token: [{SECRET}]", "F:1: token: got a list, wanted a text"),
        (f"proxy: {{url: {{{SECRET}: 1}}}}", "F:1: proxy.url: got keys, wanted a text"),
        ("token: 1234", "F:1: token: got a number, wanted a text"),
        ("cluster: 2024-99-99", "F:1: cluster: is no value of YAML's: month must be in 1..12"),
        ("limits:\n  pending: 0b_", "F:2: limits.pending: is no value of YAML's: invalid literal"),
        ("node: " + "[" * 5_000, "F: is no YAML: it is nested too deeply"),
        ('output: {path: "a\\0b"}', "F:1: output.path: has a NUL character"),
        ('capture: {sources: ["file:a\\0b"]}', "F:1: capture.sources: has a NUL character"),
        ('node: "\\ud800"', "F:1: node: got the text '\\ud800', wanted a text in UTF-8"),
        (
            "shutdown_seconds: .inf",
            "F:1: shutdown_seconds: got a number inf, wanted less than or equal to 86400",
        ),
        (
            "spool: {batch_seconds: 1.0e+300}",
            "F:1: spool.batch_seconds: got a number 1e+300, wanted less than",
        ),
        (f"spool: {{max_bytes: {10**30}}}", "wanted less than or equal to 9223372036854775807"),
    ],
)
def test_a_mistake_in_the_file_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    """What was got, unless it is a secret, and what is wanted."""
    assert said in complaint(tmp_path, text)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"INTERCEPTOR_TOKN": SECRET}, "INTERCEPTOR_TOKN: no such variable; did you mean INTERCEPTOR_TOKEN?"),
        (
            {"INTERCEPTOR_SERVER_PORT": "x"},
            "INTERCEPTOR_SERVER_PORT: server.port: got the text 'x', wanted an integer",
        ),
        ({"INTERCEPTOR_PROXY": "x"}, "INTERCEPTOR_PROXY: no such variable"),
        (
            {"INTERCEPTOR_NODE": "\udcff"},
            "INTERCEPTOR_NODE: node: got the text '\\udcff', wanted a text in UTF-8",
        ),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    """A misspelt variable is not silently without effect."""
    assert said in complaint(tmp_path, "", environment)


def test_a_mistake_in_a_flag_names_the_flag(tmp_path: Path) -> None:
    """As the file's line is named."""
    said = complaint(tmp_path, "", {}, "--shutdown-seconds", "-1")
    assert said == "--shutdown-seconds: shutdown_seconds: got the text '-1', wanted greater than 0"


def test_what_kubernetes_adds_for_services_is_not_ours(tmp_path: Path) -> None:
    """A service called interceptor, or interceptor-server, puts variables with our prefix into every container."""
    loaded = read(
        tmp_path,
        "",
        {
            "INTERCEPTOR_SERVICE_HOST": "10.0.0.1",
            "INTERCEPTOR_SERVICE_PORT": "18954",
            "INTERCEPTOR_SERVICE_PORT_METRICS": "18954",
            "INTERCEPTOR_PORT": "tcp://10.0.0.1:18954",
            "INTERCEPTOR_PORT_18954_TCP": "tcp://10.0.0.1:18954",
            "INTERCEPTOR_PORT_18954_TCP_ADDR": "10.0.0.1",
            "INTERCEPTOR_SERVER_PORT": "tcp://10.0.0.1:18954",
            "INTERCEPTOR_RELAY_SERVICE_HOST": "10.0.0.1",
        },
    )
    assert loaded.config == Config()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Whether it is missing, a folder or no text."""
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(UsageError, match=f"{path}: cannot be read: "):
            load(path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no text in UTF-8"):
        load(tmp_path / "binary")


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_file_is_a_configuration_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    """Whatever the bytes."""
    path = tmp_path_factory.mktemp("any") / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    told = ""
    try:
        load(path)
    except UsageError as error:
        told = str(error)
    assert "\n" not in told


# Secrets


def test_a_secret_comes_from_its_file_without_the_last_line_feed(tmp_path: Path) -> None:
    """As editors and `echo` leave it."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    loaded = read(tmp_path, f"token_file: {tmp_path}/token")
    assert loaded.config.token is not None
    assert loaded.config.token.get_secret_value() == SECRET
    assert SECRET not in repr(loaded)


def test_of_a_secret_and_its_file_the_later_place_wins(tmp_path: Path) -> None:
    """In both directions; in one place they contradict each other."""
    (tmp_path / "token").write_text("from file")
    named = f"{tmp_path}/token"
    over = read(tmp_path, f"token_file: {named}", {"INTERCEPTOR_TOKEN": "given"})
    assert (over.config.token_file, over.config.token and over.config.token.get_secret_value()) == (
        None,
        "given",
    )
    under = read(tmp_path, "token: given", {}, "--token-file", named)
    assert under.config.token is not None
    assert under.config.token.get_secret_value() == "from file"
    said = complaint(tmp_path, f"token: {SECRET}\ntoken_file: {named}")
    assert said == "F:1: token: contradicts token_file at F:2; one of them"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "No such file or directory"),
        (b"", "holds no secret"),
        (b"\n", "holds no secret"),
        (b"\xff", "it is no text"),
        (b"x" * 70_000, "is too long for a secret"),
    ],
)
def test_a_secrets_file_that_cannot_be_used_is_named(tmp_path: Path, held: bytes | None, said: str) -> None:
    """With its option and the place of that."""
    if held is not None:
        (tmp_path / "password").write_bytes(held)
    text = complaint(tmp_path, f"capture:\n  password_file: {tmp_path}/password")
    assert text.startswith("F:2: capture.password_file: ")
    assert said in text
    assert f"{tmp_path}/password" in text


# Shown


def test_the_effective_configuration_masks_secrets_and_tells_origins(tmp_path: Path) -> None:
    """Every option once, with where it was found."""
    loaded = read(tmp_path, f"token: {SECRET}\ncapture: {{promiscuous: true}}", {"INTERCEPTOR_NODE": "n1"})
    shown = {key: (value, origin) for key, value, origin in loaded.effective()}
    assert SECRET not in str(shown)
    assert shown["token"] == ("***", f"{tmp_path}/config.yaml:1")
    assert shown["node"] == ("n1", "INTERCEPTOR_NODE")
    assert shown["capture.promiscuous"] == ("true", f"{tmp_path}/config.yaml:2")
    assert shown["endpoint"] == ("-", "default")
    assert shown["capture.interfaces.include"] == ("*", "default")
    assert len(shown) == len(options())


def test_changes_name_the_options_that_differ() -> None:
    """Also secrets, by name."""
    after = Config.model_validate({"token": SECRET, "capture": {"interfaces": {"include": ["a"]}}})
    assert changes(Config(), after) == ["token", "capture.interfaces.include"]
    assert changes(after, after) == []
