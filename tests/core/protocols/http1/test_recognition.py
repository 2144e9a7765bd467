"""Who is the client, from the middle of a connection: what proves it, over any segments, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.budget import Budget
from interceptor.core.model import Chunk, Drop, Limits
from interceptor.core.protocols.http1.heads import Heads
from interceptor.core.protocols.http1.layouts import Layouts
from interceptor.core.protocols.http1.parser import Context
from interceptor.core.protocols.http1.recognition import Prospect
from tests.support.examples import examples

LIMITS = Limits(head_bytes=2_000)
HOST = b"Host: a.test\r\n\r\n"


def look(data: bytes, *cuts: int, place: int = 7) -> tuple[bool | None, Prospect, Context]:
    """Show bytes in pieces, all of one place; ends with the first answer. Whatever is said, all is accounted for."""
    context = Context(
        LIMITS, Heads(LIMITS), Layouts(LIMITS.header_lines), LIMITS.head_bytes, Budget(LIMITS.held_bytes)
    )
    prospect = Prospect(context)
    given_in = 0
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        chunk = Chunk(data, start, end, 100, 0, place)
        answer = prospect.look(chunk)
        given_in += chunk.cursor - start
        assert given_in == sum(context.dropped.values()) + prospect.held
        assert context.budget.held == prospect.held
        if answer is not None:
            return answer, prospect, context
        assert chunk.cursor == end
    return None, prospect, context


CLIENTS = [
    b"GET / HTTP/1.1\r\n" + HOST,
    b"PROPFIND /a?b=%20c HTTP/1.1\r\n" + HOST,
    b"OPTIONS * HTTP/1.1\r\n" + HOST,
    b"CONNECT a.test:443 HTTP/1.1\r\n" + HOST,
    b"GET http://a.test/ HTTP/1.1\r\n" + HOST,
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n",
    b"GET /" + b"x" * 900 + b" HTTP/1.1\r\nCookie: " + b"c" * 900 + b"\r\n" + HOST,
]
NOBODIES = [
    b"GET the latest news\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: one of many\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"and a line of text\r\n" + HOST,
    b"GET / HTTP/2.0\r\n" + HOST,
    b"GET /\r\n",
    b"over HTTP/1.1\r\n" + HOST,
    b"spoken over HTTP/1.1\r\n" + HOST,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"HTTP/1.1 is a protocol\r\n",
    b"PROXY servers are many\r\n",
    b"GET /" + b"x" * 2_500 + b" HTTP/1.1\r\n" + HOST,
    b"\x16\x03\x01\x02\x00",
    b"\r\n\r\n",
]


@pytest.mark.parametrize("head", CLIENTS)
def test_a_whole_head_is_a_clients(head: bytes) -> None:
    """In one piece, in two, wherever it is cut, and byte by byte; what waited is handed over."""
    assert look(head)[0] is True
    for cut in range(1, len(head)):
        answer, prospect, context = look(head, cut)
        assert answer is True
        partial = prospect.take()
        assert partial is not None
        assert (bytes(partial.data), partial.position) == (head[:cut], 100)
        assert context.budget.held == prospect.held == 0
    assert look(head, *range(1, len(head)))[0] is True
    assert look(head[:-1])[0] is None


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 404\n"])
def test_a_status_line_is_a_servers(head: bytes) -> None:
    """A whole one, however it is cut."""
    assert look(head, *range(1, len(head)))[0] is False
    assert look(head + b"X: 1\r\n\r\n")[0] is False
    assert look(head[:-1])[0] is None


@pytest.mark.parametrize("text", NOBODIES)
def test_text_proves_nothing(text: bytes) -> None:
    """Text that talks of HTTP, other protocols, and heads that are too large."""
    assert look(text)[0] is None
    assert look(text, *range(1, len(text)))[0] is None


def test_a_proxy_header_proves_nothing_but_is_kept() -> None:
    """Other protocols have it as well: a request has to follow."""
    header = b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n"
    answer, prospect, context = look(header + b"EHLO there\r\n")
    assert answer is None
    assert prospect.announced == ("192.0.2.1", 1234)
    assert context.dropped == {Drop.PROXY_HEADER: len(header), Drop.UNSYNCHRONISED: 12}
    data = header + CLIENTS[0]
    assert look(data)[0] is True
    assert look(data, *range(1, len(data)))[0] is True


def test_a_head_is_sent_without_hearing_from_the_other_side() -> None:
    """A piece that acknowledges more does not go on with what came before."""
    _, prospect, context = look(b"GET / HTT")
    assert prospect.look(Chunk(b"P/1.1\r\n" + HOST, 0, 23, 109, 0, 8)) is None
    assert context.dropped == {Drop.UNSYNCHRONISED: 32}
    assert context.budget.held == prospect.held == 0


@examples(1_000)
@given(st.lists(st.sampled_from([*CLIENTS, *NOBODIES, b"\x00", b"text "]), min_size=1, max_size=3), st.data())
def test_any_bytes_in_any_pieces(parts: list[bytes], data: st.DataObject) -> None:
    """Nothing raises, and every byte is accounted for."""
    text = b"".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=6)))
    look(text, *[cut for cut in cuts if cut < len(text)])
