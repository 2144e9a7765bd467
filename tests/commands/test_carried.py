"""What connections carry: the words, of directions as they begin. The command itself is in `test_unread`."""

from __future__ import annotations

from interceptor.commands.carried import Carried
from tests.support.tls import talk


def begins(*firsts: bytes) -> Carried:
    """What is said of directions that begin so."""
    carried = Carried()
    for first in firsts:
        carried.begins(b"before" + first + b"after", 6, 6 + len(first))
    return carried


def test_the_most_frequent_protocols_are_named() -> None:
    """Three of them, as people write them."""
    carried = begins(
        b"SSH-2.0-x\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"EHLO a.example\r\n",
        b"RFB 003.008\n",
    )
    assert str(carried) == "Redis, SSH, SMTP, which is not read; capture where HTTP passes"
    assert not carried.tls


def test_what_nobody_knows_is_something_else() -> None:
    """No name is guessed."""
    assert str(begins(b"\xff\xfe\xfd", b"")).startswith("something else;")


def test_tls_is_told_before_all_else() -> None:
    """It is what hides HTTP."""
    _, hello = talk().flights[0]
    carried = begins(b"SSH-2.0-x\r\n", b"SSH-2.0-x\r\n", hello)
    assert carried.tls
    assert str(carried).startswith("TLS, which is encrypted; ")
