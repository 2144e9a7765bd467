"""What header blocks say, what is malformed about them, and what is said where parts of them are unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from interceptor.core.model import Anomaly, Request, Response
from interceptor.core.protocols.http2.fields import Fields, Head

if TYPE_CHECKING:
    from interceptor.core.protocols.http2.tables import Field

FIELDS = Fields(100)
GET = [(":method", "GET"), (":scheme", "http"), (":path", "/a"), (":authority", "a.test")]


def head(*fields: tuple[str, str] | int | tuple[int, str], cut: bool = False) -> Head:
    """Of names and values; a number is an unknown entry, with a value one whose name is unknown."""
    said: list[Field] = []
    for each in fields:
        if isinstance(each, int):
            said.append((None, None, each))
        elif isinstance(each[0], int):
            said.append((None, each[1].encode(), each[0]))
        else:
            said.append((each[0].encode(), each[1].encode("latin-1"), None))
    return FIELDS.read(said, cut=cut)


def request(*fields: tuple[str, str] | int | tuple[int, str], epoch: int = 0) -> Request:
    """The request that a block begins."""
    return FIELDS.request(head(*fields), epoch, 1, 2, 3)


def response(*fields: tuple[str, str] | int) -> Response:
    """The response."""
    return FIELDS.response(head(*fields), 1, 2, 3)


def test_a_request_as_browsers_send_it() -> None:
    """Cookies in several fields have one name; values are those that records may show."""
    found = request(
        *GET,
        ("user-agent", "curl/8"),
        ("cookie", "a=1"),
        ("accept", "*/*"),
        ("cookie", "b=2"),
        ("content-type", "text/plain"),
        ("traceparent", "00-" + "a" * 32 + "-" + "b" * 16 + "-01"),
    )
    assert (found.method, found.target, found.host, found.scheme) == ("GET", "/a", "a.test", "http")
    assert found.header_names == ("user-agent", "cookie", "accept", "content-type", "traceparent")
    assert (found.user_agent, found.content_type) == ("curl/8", "text/plain")
    assert found.traceparent == "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    assert (found.version, found.anomalies, found.unknown) == ("2", None, "")


def test_user_information_stays_here() -> None:
    """RFC 9113 section 8.3.1: it must not be in an :authority; it is."""
    assert request(*GET[:3], (":authority", "u:secret@a.test:80")).host == "a.test:80"
    assert request(*GET[:3], ("host", "u:secret@a.test")).host == "a.test"


@pytest.mark.parametrize(
    ("fields", "anomaly"),
    [
        ([*GET, (":path", "/b")], Anomaly.INVALID_HEADER),
        ([*GET, ("accept", "x"), (":protocol", "x")], Anomaly.INVALID_HEADER),
        ([*GET, ("Accept", "x")], Anomaly.INVALID_HEADER),
        ([*GET, ("connection", "close")], Anomaly.INVALID_HEADER),
        ([*GET, ("transfer-encoding", "chunked")], Anomaly.INVALID_HEADER),
        ([*GET, ("te", "gzip")], Anomaly.INVALID_HEADER),
        ([(":method", "GET")], Anomaly.INVALID_HEADER),
        ([*GET, ("host", "b.test")], Anomaly.DUPLICATE_HOST),
        ([*GET, ("content-length", "1"), ("content-length", "2")], Anomaly.DUPLICATE_CONTENT_LENGTH),
        ([*GET, ("content-length", "+1")], Anomaly.INVALID_CONTENT_LENGTH),
        ([*GET[:2], (":path", "/" + "a" * 100)], Anomaly.LONG_LINE),
        ([*GET[:2], (":path", "/\xe9")], Anomaly.NON_ASCII),
    ],
)
def test_what_is_odd_about_a_request(fields: list[tuple[str, str]], anomaly: Anomaly) -> None:
    """Each is told by a tag."""
    assert request(*fields).anomalies == {anomaly}


def test_what_is_not_odd() -> None:
    """`te: trailers`, and the same host twice."""
    assert request(*GET, ("te", "trailers"), ("host", "a.test")).anomalies is None


def test_other_forms_of_a_target() -> None:
    """CONNECT has an authority (section 8.5); an extended one (RFC 8441) a path; OPTIONS an asterisk."""
    connect = request((":method", "CONNECT"), (":authority", "db.test:5432"))
    assert (connect.target, connect.anomalies) == ("db.test:5432", None)
    extended = request(
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat"), GET[3]
    )
    assert (extended.target, extended.scheme) == ("/chat", "https")
    assert request((":method", "OPTIONS"), GET[1], (":path", "*"), GET[3]).target == "*"


@pytest.mark.parametrize(
    ("fields", "epoch", "unknown"),
    [
        ([*GET[:2], GET[3], -2], 0, "joined_late#3"),
        ([*GET[:2], -2, -1], 0, "joined_late#3,2"),
        ([*GET[:2], -2, -1, -7, -8], 0, "joined_late#3,2"),  # of four at most two are pseudo-header fields
        ([-5, *GET[1:2], -2, -1, -9], 2, "after_loss_2#6,3,2,10"),
        ([*GET[:2], ("accept", "x"), -3], 1, "after_loss_1"),  # it is not in front of what must be behind it
        (
            [*GET[:2], (-4, "x"), -3],
            0,
            "joined_late",
        ),  # what has a value of its own may be it, and is not named
    ],
)
def test_an_unknown_path_is_named_by_what_may_hold_it(
    fields: list[tuple[str, str] | int], epoch: int, unknown: str
) -> None:
    """Pseudo-header fields come first: as many unknown ones as pseudo-header fields are missing."""
    found = request(*fields, epoch=epoch)
    assert (found.target, found.unknown, found.header_names) == ("", unknown, ())
    assert Anomaly.INVALID_HEADER not in (found.anomalies or ())


def test_nothing_is_said_to_be_what_may_be_unknown() -> None:
    """Neither a scheme nor names nor a method."""
    found = request(-1, (":path", "/a"), -2)
    assert (found.method, found.scheme, found.header_names, found.target) == ("", "", (), "/a")
    assert response(-1).status == 0
    assert response(-1).anomalies is None
    assert response(("server", "x")).anomalies == {Anomaly.INVALID_HEADER}


def test_a_response() -> None:
    """Codings are joined, as in HTTP/1."""
    found = response(
        (":status", "200"), ("content-encoding", "gzip"), ("content-encoding", "br"), ("set-cookie", "x")
    )
    assert (found.status, found.content_encoding) == (200, "gzip, br")
    assert found.header_names == ("content-encoding", "content-encoding", "set-cookie")


def test_what_is_left_out_is_told() -> None:
    """A block of more fields than are kept."""
    assert head(*GET, cut=True).anomalies == {Anomaly.TOO_MANY_HEADERS}
