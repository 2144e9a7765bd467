"""Who may come in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from interceptor.config import Ingest
from interceptor.errors import UsageError
from interceptor.ingest.access import Access

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = SecretStr("token-one"), SecretStr("token-two")


def test_a_known_token_comes_in_and_no_other() -> None:
    """The scheme's case does not matter (RFC 9110 section 11.1), the token's does."""
    access = Access(Ingest(tokens=(ONE, TWO)))
    for shown in ("Bearer token-one", "bearer token-two", "BEARER  token-one "):
        assert access.admits(shown)
    assert not access.admits(None)
    for shown in (
        "",
        "Bearer",
        "Bearer ",
        "token-one",
        "Basic token-one",
        "Bearer TOKEN-ONE",
        "Bearer token-one2",
    ):
        assert not access.admits(shown)


def test_an_empty_configuration_lets_nobody_in() -> None:
    """It is said at the start, with what to do."""
    with pytest.raises(UsageError, match=r"ingest\.tokens"):
        Access(Ingest())


def test_an_empty_token_is_refused() -> None:
    """Anybody could show it."""
    with pytest.raises(UsageError, match="empty"):
        Access(Ingest(tokens=(SecretStr(" "),)))


def test_certificates_and_anonymous_need_no_token() -> None:
    """With both certificates and tokens, both are needed."""
    assert Access(Ingest(), certificates=True).admits(None)
    assert Access(Ingest(anonymous=True)).admits(None)
    assert not Access(Ingest(tokens=(ONE,)), certificates=True).admits(None)


def test_a_file_of_tokens_is_read_again_when_it_is_another(tmp_path: Path) -> None:
    """As a mounted Secret changes: the file is replaced. Blank lines are no tokens."""
    path = tmp_path / "tokens"
    path.write_text("token-one\n\n")
    access = Access(Ingest(tokens_file=path))
    assert access.admits("Bearer token-one")
    assert not access.admits("Bearer ")
    fresh = tmp_path / "fresh"
    fresh.write_text("token-two\n")
    os.replace(fresh, path)
    assert access.admits("Bearer token-two")
    assert not access.admits("Bearer token-one")


def test_a_file_that_is_gone_locks_nobody_out(tmp_path: Path) -> None:
    """What was known stays in force until the file is back."""
    path = tmp_path / "tokens"
    path.write_text("token-one")
    access = Access(Ingest(tokens_file=path))
    path.unlink()
    assert access.admits("Bearer token-one")
    assert access.admits("Bearer token-one")
    path.write_text("token-two")
    assert access.admits("Bearer token-two")
    assert not access.admits("Bearer token-one")


def test_a_file_that_was_never_there_is_one_clear_line(tmp_path: Path) -> None:
    """The option, the path and the reason."""
    with pytest.raises(UsageError, match=r"ingest\.tokens_file .*tokens: cannot be read: No such file"):
        Access(Ingest(tokens_file=tmp_path / "tokens"))


def test_tokens_are_shown_nowhere() -> None:
    """Not in a repr, and not as themselves in memory."""
    access = Access(Ingest(tokens=(ONE,)))
    assert "token-one" not in repr(vars(access))
