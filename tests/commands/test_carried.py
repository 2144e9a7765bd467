"""What connections carry: the words, of directions as they begin. The command itself is in `test_unread`."""

from __future__ import annotations

from interceptor.commands.carried import Carried
from tests.support.tls import CLIENT, talk


def begins(*firsts: bytes) -> Carried:
    """What is said of directions that begin so."""
    carried = Carried()
    for number, first in enumerate(firsts):
        carried.begins(b"flow %d" % number, b"before" + first + b"after", 6, 6 + len(first))
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


def test_servers_of_tls_by_their_first_names() -> None:
    """Each once, in order, three of them; a hello may come in pieces, and on any number of connections."""
    carried = Carried()
    for name in ("b.example", "a.example", "b.example", "c.example", "d.example", "e.example"):
        hello = talk(name=name).flights[0]
        assert hello[0] == CLIENT
        flow = name.encode()
        carried.begins(flow, hello[1], 0, 50)
        carried.goes_on(flow, hello[1], 50, len(hello[1]))
        carried.goes_on(flow, b"whatever follows", 0, 16)
    assert carried.tls
    assert "TLS to b.example, a.example, c.example and 2 more, which is encrypted" in str(carried)
