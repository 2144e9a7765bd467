"""What is kept of an open stream."""

from __future__ import annotations

from interceptor.core.model import Peers, Request, Transaction
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.http2.stream import Stream
from tests.support.http2 import message

PEERS = Peers("10.0.0.1", 40_000, "10.0.0.2", 50_051, "ipv4", b"\xcc" * 10, None)


def test_what_a_call_has_counted_is_written_down_when_it_is_asked_for() -> None:
    """Of each side by its own content type; of one whose count is torn nothing."""
    stream = Stream(Transaction(PEERS, 1, Request(0, 0, 0)))
    stream.call(CLIENT, "application/grpc")
    asked = stream.messages(CLIENT)
    assert asked is not None
    asked.receive(message(3) * 2)
    stream.settle()
    call = stream.transaction.call
    assert call is not None
    assert (call.request_messages, call.request_message_bytes, call.response_messages) == (2, 6, None)
    asked.torn = True
    stream.settle()
    assert call.request_messages is None


def test_other_content_is_no_call() -> None:
    """And what is encoded as text is one whose messages are not counted."""
    stream = Stream(Transaction(PEERS, 1))
    stream.call(SERVER, "application/json")
    stream.call(SERVER, None)
    assert (stream.transaction.call, stream.messages(SERVER)) == (None, None)
    text = Stream(Transaction(PEERS, 1))
    text.call(SERVER, "application/grpc-web-text+proto")
    assert text.transaction.call is not None
    assert text.messages(SERVER) is None
