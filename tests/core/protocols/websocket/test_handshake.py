"""Handshakes: only the right answer makes a session, and what both sides agreed on is known."""

from __future__ import annotations

import pytest

from interceptor.core.model import Upgrade
from interceptor.core.protocols.websocket.handshake import agreed, extended, proven
from tests.support.websocket import ACCEPT, KEY

ASKED = Upgrade("websocket", KEY)


def test_the_example_of_the_rfc_is_proven() -> None:
    """RFC 6455 section 1.3."""
    assert proven(ASKED, Upgrade("websocket", ACCEPT))


@pytest.mark.parametrize("accept", ["", "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=", KEY, ACCEPT + "x", ACCEPT.lower()])
def test_any_other_answer_is_none(accept: str) -> None:
    """Section 4.1: the client "MUST _Fail the WebSocket Connection_"."""
    assert not proven(ASKED, Upgrade("websocket", accept))


def test_a_request_that_was_not_seen() -> None:
    """The answer's form is all there is to go by."""
    assert proven(None, Upgrade("websocket", ACCEPT))
    assert not proven(None, Upgrade("websocket", "yes"))
    assert not proven(ASKED, None)
    assert not proven(None, None)


@pytest.mark.parametrize(
    ("sent", "names", "bits"),
    [
        ("", (), 0),
        ("permessage-deflate", ("permessage-deflate",), 0x40),
        ("Permessage-Deflate; client_max_window_bits=15", ("permessage-deflate",), 0x40),
        ('permessage-deflate;a="b" , foo', ("permessage-deflate", "foo"), 0x70),
        (",, ;x", (), 0),
        (",".join("abcdefghijkl"), tuple("abcdefgh"), 0x70),
    ],
)  # fmt: skip
def test_extensions_that_were_taken_up(sent: str, names: tuple[str, ...], bits: int) -> None:
    """Their names, of the first eight, and which bits of a frame they may use."""
    assert agreed(Upgrade("websocket", ACCEPT, "", sent)) == names
    assert extended(names) == bits
