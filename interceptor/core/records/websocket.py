"""Records of WebSocket sessions, schema 2, kind `websocket`: who talks with whom, how much, and how it ends.

Owns their schema (`WebSocketRecord`) and every rule that turns a handshake's text into a field: the names of subprotocols and
extensions are those that are registered or known, a code of a close is a number that RFC 6455 allows.

Refuses contents: no payload is looked at (`protocols.websocket.frames`), and the reason of a close is text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import field

from interceptor.core.records import parts
from interceptor.core.records.parts import PartRecord
from interceptor.core.records.words import VALUE

if TYPE_CHECKING:
    from interceptor.core.protocols.websocket.session import Session

__all__ = ["WebSocketRecord", "extension", "fields", "place", "subprotocol"]


class WebSocketRecord(PartRecord, frozen=True, omit_defaults=True, gc=False, kw_only=True):
    """One line: `time` is that of the handshake's end, or of the last report."""

    server_address: str = field(name="server.address", default="")
    """As the request for it names it, as in the record of that."""
    server_port: int = field(name="server.port", default=-1)
    network_type: str = field(name="network.type", default="")
    url_template: str | None = field(name="url.template", default=None)
    """Of the request for it."""
    websocket_subprotocol: str | None = field(name="websocket.subprotocol", default=None)
    websocket_extensions: tuple[str, ...] | None = field(name="websocket.extensions", default=None)
    """That both sides have agreed on, without their parameters."""
    client_bytes: int = field(name="client.bytes", default=-1)
    """Behind the handshake, as seen."""
    server_bytes: int = field(name="server.bytes", default=-1)
    client_payload: int = field(name="websocket.client.payload.bytes", default=-1)
    """Of all frames, on the wire: of compressed messages that is what is left of them."""
    server_payload: int = field(name="websocket.server.payload.bytes", default=-1)
    client_text: int = field(name="websocket.client.messages.text", default=-1)
    """Messages that began: each is one frame of its kind, and its continuations."""
    server_text: int = field(name="websocket.server.messages.text", default=-1)
    client_binary: int = field(name="websocket.client.messages.binary", default=-1)
    server_binary: int = field(name="websocket.server.messages.binary", default=-1)
    client_compressed: int = field(name="websocket.client.messages.compressed", default=0)
    """How many of both are."""
    server_compressed: int = field(name="websocket.server.messages.compressed", default=0)
    client_continuation: int = field(name="websocket.client.frames.continuation", default=0)
    server_continuation: int = field(name="websocket.server.frames.continuation", default=0)
    client_ping: int = field(name="websocket.client.frames.ping", default=0)
    server_ping: int = field(name="websocket.server.frames.ping", default=0)
    client_pong: int = field(name="websocket.client.frames.pong", default=0)
    server_pong: int = field(name="websocket.server.frames.pong", default=0)
    client_close: int = field(name="websocket.client.frames.close", default=0)
    server_close: int = field(name="websocket.server.frames.close", default=0)
    client_unanswered: int | None = field(name="websocket.client.pings.unanswered", default=None)
    """Pings of the client after which no pong of the server has come by now."""
    server_unanswered: int | None = field(name="websocket.server.pings.unanswered", default=None)
    closed_by: str | None = field(name="websocket.closed_by", default=None)
    """`client` or `server`: who ended it first, by a close frame, else by TCP."""
    client_code: int | None = field(name="websocket.client.close_code", default=None)
    """Of its close frame; 1005 for one without a code. Absent where none was seen."""
    server_code: int | None = field(name="websocket.server.close_code", default=None)
    state: str = ""
    """`complete`, or `truncated`: bytes are missing, or its beginning or end was not seen."""
    missed_bytes: int = 0
    anomalies: tuple[str, ...] | None = None
    interface: str | None = None
    node: str | None = None


_SUBPROTOCOLS: Final = frozenset(
    """mbws.huawei.com mblws.huawei.com soap wamp wamp.2.json wamp.2.msgpack wamp.2.cbor v10.stomp v11.stomp v12.stomp
    ocpp1.2 ocpp1.5 ocpp1.6 ocpp2.0 ocpp2.0.1 ocpp2.1 rfb sip notificationchannel-netapi-rest.openmobilealliance.org
    wpcp amqp mqtt mqttv3.1 jsflow rwpcp xmpp ship msrp bfcp clue coap jmap t140 transit drp v1.usp v10.pcp.sap.com
    v1.saltyrtc.org sldp.softvelum.com webrtc.softvelum.com opcua+uacp opcua+uajson sqlnet.oracle.com
    onem2m.r2.0.json onem2m.r2.0.xml onem2m.r2.0.cbor cobra.v2.json hub.bsc.bacnet.org dc.bsc.bacnet.org
    text.ircv3.net binary.ircv3.net graphql-ws graphql-transport-ws channel.k8s.io v2.channel.k8s.io
    v3.channel.k8s.io v4.channel.k8s.io v5.channel.k8s.io base64.channel.k8s.io v4.base64.channel.k8s.io
    binary.k8s.io base64.binary.k8s.io spdy/3.1+portforward.k8s.io actioncable-v1-json actioncable-unsupported
    vite-hmr vite-ping tty binary base64 janus-protocol chat superchat""".split()
)
"""IANA, WebSocket Subprotocol Names, and what widely used programs call theirs. In lower case: RFC 6455 has them
case-sensitive, people do not."""
_EXTENSIONS: Final = frozenset({"permessage-deflate", "bbf-usp-protocol", "x-webkit-deflate-frame"})
"""IANA, WebSocket Extension Names, and what browsers had before."""
_MAX_EXTENSIONS: Final = 4
_KIND: Final = 0b011


def place(session: Session) -> int:
    """See `parts`: it began with the handshake."""
    return parts.place(_KIND, session.part, session.position, asked=session.asked)


def subprotocol(text: str) -> str | None:
    """A subprotocol by its known name; anything else is a value."""
    if not text:
        return None
    lower = text.lower()
    return lower if lower in _SUBPROTOCOLS else VALUE


def extension(text: str) -> str:
    """An extension by its known name; anything else is a value."""
    return text if text in _EXTENSIONS else VALUE


def fields(session: Session) -> dict[str, Any]:
    """What a record says of a session beyond its connection and its request: fields of `WebSocketRecord` by name."""
    client, server = session.client, session.server
    names = ("bytes", "payload", "text", "binary", "compressed", "continuation", "ping", "pong", "close")
    said: dict[str, Any] = {
        "duration_us": max(0, session.end_time - session.time) // 1000,
        "ongoing": session.ongoing,
        "part": session.part,
        "websocket_subprotocol": subprotocol(session.subprotocol),
        "websocket_extensions": tuple(map(extension, session.extensions[:_MAX_EXTENSIONS])) or None,
        "client_unanswered": session.client_unanswered,
        "server_unanswered": session.server_unanswered,
        "client_code": session.client_code,
        "server_code": session.server_code,
        "closed_by": parts.ended_by(session.closed_by),
        "state": session.state.value,
        "missed_bytes": client.missed + server.missed,
        "anomalies": tuple(sorted(session.anomalies)) or None,
    }
    for name in names:
        said[f"client_{name}"] = getattr(client, name)
        said[f"server_{name}"] = getattr(server, name)
    return said
