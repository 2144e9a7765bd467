"""`interceptor.capture.own_traffic`: which conversations are ours."""

from __future__ import annotations

import asyncio

import pytest

from interceptor.capture.own_traffic import OwnTraffic, listening_at, talking_to
from interceptor.errors import InterceptorError
from rpcapd_client.filters import Conversation, compile_without


def test_purposes_are_replaced_one_by_one() -> None:
    """What is given is all of them, once, in a stable order, and the same object until there is a change."""
    own = OwnTraffic()
    own.set("scrapes", listening_at(18_954, ["192.0.2.2", "192.0.2.1"]))
    own.set("uploads", [Conversation("tcp", ("192.0.2.1", "192.0.2.9"), (443,))])
    assert own.conversations == (
        Conversation("tcp", ("192.0.2.1",), (18_954,)),
        Conversation("tcp", ("192.0.2.1", "192.0.2.9"), (443,)),
        Conversation("tcp", ("192.0.2.2",), (18_954,)),
    )
    before = own.conversations
    own.set("scrapes", listening_at(18_954, ["192.0.2.1", "192.0.2.2"]))
    assert own.conversations is before
    own.set("uploads", ())
    assert len(own.conversations) == 2


def test_more_than_a_filter_holds_is_refused() -> None:
    """And changes nothing; the most that is accepted can be compiled, beside what captures exclude themselves."""
    own = OwnTraffic()
    own.set("scrapes", listening_at(1, [f"192.0.2.{number}" for number in range(28)]))
    rpcap = [Conversation("tcp", ("127.0.0.1",), (port,)) for port in (2002, 40_000, 5, 6)]
    assert compile_without("tcp", (*rpcap, *own.conversations), 1)
    with pytest.raises(
        InterceptorError, match="uploads: with them this agent has 29 conversations of its own, and 28"
    ):
        own.set("uploads", listening_at(2, ["192.0.2.1"]))
    assert len(own.conversations) == 28


def test_towards_a_host() -> None:
    """Both ends are named: others may talk to the same host."""
    assert asyncio.run(talking_to("127.0.0.1", 443)) == (Conversation("tcp", ("127.0.0.1",), (443,)),)
    (conversation,) = asyncio.run(talking_to("127.0.0.9", 443))
    assert conversation == Conversation("tcp", ("127.0.0.1", "127.0.0.9"), (443,))


def test_a_host_without_an_address() -> None:
    """Is an error with its name."""
    with pytest.raises(InterceptorError, match=r"no such host\.invalid: has no address"):
        asyncio.run(talking_to("no such host.invalid", 443))
