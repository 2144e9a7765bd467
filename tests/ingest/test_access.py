"""Who may come in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from interceptor.config import Ingest
from interceptor.errors import UsageError
from interceptor.ingest.access import Access
from interceptor.ingest.guesses import TRIES, SlowedError

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = SecretStr("token-one-of-tests"), SecretStr("token-two-of-tests")


def test_a_known_token_comes_in_and_no_other() -> None:
    """The scheme's case does not matter (RFC 9110 section 11.1), the token's does."""
    access = Access.to_send(Ingest(tokens=(ONE, TWO)))
    for shown in ("Bearer token-one-of-tests", "bearer token-two-of-tests", "BEARER  token-one-of-tests "):
        assert access.admits(shown, "10.0.0.9")
    assert not access.admits(None, "10.0.0.9")
    for shown in (
        "",
        "Bearer",
        "Bearer ",
        "token-one-of-tests",
        "Basic token-one-of-tests",
        "Bearer TOKEN-ONE-OF-TESTS",
        "Bearer token-one-of-tests2",
    ):
        assert not access.admits(shown, "10.0.0.9")


def test_an_empty_configuration_lets_nobody_in() -> None:
    """It is said at the start, with what to do."""
    with pytest.raises(UsageError, match=r"ingest\.tokens"):
        Access.to_send(Ingest())


@pytest.mark.parametrize("weak", ["", " ", "fifteen-letters", " fifteen-letters  "])
def test_a_weak_token_is_refused(weak: str, tmp_path: Path) -> None:
    """With its place and what to do, without itself; also one that comes into the file later: the others stay in force."""
    with pytest.raises(UsageError, match=r"ingest\.tokens: number 2 .* 16 characters; .*openssl") as caught:
        Access.to_send(Ingest(tokens=(ONE, SecretStr(weak))))
    assert "fifteen" not in str(caught.value)
    path = tmp_path / "tokens"
    path.write_text("fifteen-letters\n")
    with pytest.raises(UsageError, match=r"ingest\.tokens_file .*: cannot be used: the token in line 1 .*16"):
        Access.to_send(Ingest(tokens_file=path))
    path.write_text("token-one-of-tests\n")
    access = Access.to_send(Ingest(tokens_file=path))
    path.write_text("token-two-of-tests\n\nfifteen-letters\n")
    assert access.admits("Bearer token-one-of-tests", "10.0.0.9")
    assert not access.admits("Bearer fifteen-letters", "10.0.0.9")


def test_guessing_is_slowed_and_costs_only_who_guesses() -> None:
    """A right token is not told from a wrong one while its client is slowed; what it has shown before is let in."""
    now = [0.0]
    access = Access.to_send(Ingest(tokens=(ONE, TWO)), clock=lambda: now[0])
    assert access.admits("Bearer token-one-of-tests", "10.0.0.9")
    for number in range(TRIES):
        assert not access.admits(f"Bearer guess-number-{number}", "10.0.0.9")
    for shown in ("Bearer one-more-guess-of-it", "Bearer token-two-of-tests"):
        with pytest.raises(SlowedError):
            access.admits(shown, "10.0.0.9")
    assert access.admits("Bearer token-one-of-tests", "10.0.0.9")
    assert access.admits("Bearer token-two-of-tests", "10.0.0.8")
    now[0] += 3
    assert access.admits("Bearer token-two-of-tests", "10.0.0.9")


def test_who_may_look_may_be_others(tmp_path: Path) -> None:
    """A file of their own."""
    path = tmp_path / "readers"
    path.write_text("token-two-of-tests\n")
    access = Access.of_file("collector.read_tokens_file", path)
    assert access.admits("Bearer token-two-of-tests", "10.0.0.9")
    assert not access.admits("Bearer token-one-of-tests", "10.0.0.9")
    with pytest.raises(UsageError, match=r"collector\.read_tokens_file .*: cannot be used: No such file"):
        Access.of_file("collector.read_tokens_file", tmp_path / "none")


def test_certificates_and_anonymous_need_no_token() -> None:
    """With both certificates and tokens, both are needed."""
    assert Access.to_send(Ingest(), certificates=True).admits(None, "10.0.0.9")
    assert Access.to_send(Ingest(anonymous=True)).admits(None, "10.0.0.9")
    assert not Access.to_send(Ingest(tokens=(ONE,)), certificates=True).admits(None, "10.0.0.9")


def test_a_file_of_tokens_is_read_again_when_it_is_another(tmp_path: Path) -> None:
    """As a mounted Secret changes: the file is replaced. Blank lines are no tokens."""
    path = tmp_path / "tokens"
    path.write_text("token-one-of-tests\n\n")
    access = Access.to_send(Ingest(tokens_file=path))
    assert access.admits("Bearer token-one-of-tests", "10.0.0.9")
    assert not access.admits("Bearer ", "10.0.0.9")
    fresh = tmp_path / "fresh"
    fresh.write_text("token-two-of-tests\n")
    os.replace(fresh, path)
    assert access.admits("Bearer token-two-of-tests", "10.0.0.9")
    assert not access.admits("Bearer token-one-of-tests", "10.0.0.9")


def test_a_file_that_is_gone_locks_nobody_out(tmp_path: Path) -> None:
    """What was known stays in force until the file is back."""
    path = tmp_path / "tokens"
    path.write_text("token-one-of-tests")
    access = Access.to_send(Ingest(tokens_file=path))
    path.unlink()
    assert access.admits("Bearer token-one-of-tests", "10.0.0.9")
    assert access.admits("Bearer token-one-of-tests", "10.0.0.9")
    path.write_text("token-two-of-tests")
    assert access.admits("Bearer token-two-of-tests", "10.0.0.9")
    assert not access.admits("Bearer token-one-of-tests", "10.0.0.9")


def test_a_file_that_was_never_there_is_one_clear_line(tmp_path: Path) -> None:
    """The option, the path and the reason."""
    with pytest.raises(UsageError, match=r"ingest\.tokens_file .*tokens: cannot be used: No such file"):
        Access.to_send(Ingest(tokens_file=tmp_path / "tokens"))


def test_tokens_are_shown_nowhere() -> None:
    """Not in a repr, and not as themselves in memory."""
    access = Access.to_send(Ingest(tokens=(ONE,)))
    assert "token-one-of-tests" not in repr(vars(access))
