"""Records and batches for tests: plain ones, and the traffic of an invented shop."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from interceptor.delivery.batches import Origin, seal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.delivery.batches import Batch, Captured, Encoding

__all__ = ["batch", "headers", "lines", "record", "shop"]

NOW = 1_767_323_045.0
"""2026-01-02T03:04:05Z."""

_numbers = count(1)


def time_of(seconds: float) -> str:
    """As records write it."""
    when = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(**fields: Any) -> dict[str, Any]:
    """One that holds, with an id of its own. Names of fields as in Python: `server_address` is `server.address`."""
    whole: dict[str, Any] = {
        "schema": 2,
        "kind": "http",
        "id": f"{next(_numbers):032x}",
        "time": time_of(NOW),
        "duration_us": 1_500,
        "source.address": "10.0.0.1",
        "source.port": 40_000,
        "destination.address": "10.0.0.2",
        "destination.port": 8_080,
        "server.address": "shop.example",
        "server.port": 80,
        "network.type": "ipv4",
        "http.request.method": "GET",
        "url.scheme": "http",
        "url.template": "/users/{id}",
        "http.response.status_code": 200,
        "http.request.body.size": 0,
        "http.response.body.size": 512,
        "http.request.state": "complete",
        "http.response.state": "complete",
        "transaction.index": 1,
    }
    return _changed(whole, fields)


def unread(**fields: Any) -> dict[str, Any]:
    """What of a server of TLS was not read in a minute; `server_address` is `server.address`."""
    whole: dict[str, Any] = {
        "schema": 2,
        "kind": "unread",
        "id": f"{next(_numbers):032x}",
        "time": time_of(NOW),
        "duration_us": 60_000_000,
        "server.address": "10.0.0.9",
        "server.port": 443,
        "network.type": "ipv4",
        "network.protocol.name": "tls",
        "unread.reason": "encrypted",
        "unread.connections": 2,
        "unread.bytes": 5_000,
    }
    return _changed(whole, fields)


def _changed(whole: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """A record with other fields, whose names are as in Python; None takes one away."""
    names = {name.replace(".", "_"): name for name in whole}
    whole |= {names.get(name, name): value for name, value in fields.items()}
    return {name: value for name, value in whole.items() if value is not None}


def lines(records: Iterable[dict[str, Any]]) -> bytes:
    """As JSON Lines."""
    return b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in records)


def batch(
    *records: dict[str, Any],
    node: str | None = "node-1",
    created: float = NOW,
    encoding: Encoding = "gzip",
    captured: Captured | None = None,
) -> Batch:
    """Sealed."""
    origin = Origin("interceptor/0.1.0", "test", node)
    return seal([lines(records)], len(records), origin, created, encoding, captured)


def headers(sealed: Batch, token: str | None = "secret-token-for-tests") -> dict[str, str]:
    """What a batch is sent with."""
    found = {
        "Content-Type": "application/x-ndjson",
        "Content-Encoding": sealed.encoding,
        "Idempotency-Key": sealed.id,
    }
    return found | ({"Authorization": f"Bearer {token}"} if token else {})


_PLACES = {
    "web": "10.8.1.4",
    "api": "10.8.1.7",
    "cart": "10.8.2.3",
    "orders": "10.8.2.9",
    "users": "10.8.3.2",
}
_PLACES |= {"search": "10.8.3.5", "payments": "10.8.4.1", "inventory": "10.8.4.8", "mail": "10.8.5.5"}
_CALLS = (
    ("10.8.0.21", "web", 40, ("GET /", "GET /products/{id}", "GET /static/{hash}.js", "POST /login"), 3),
    ("10.8.0.22", "web", 25, ("GET /", "GET /products/{id}", "GET /search"), 3),
    (
        "web",
        "api",
        60,
        ("GET /v1/products/{id}", "GET /v1/cart", "POST /v1/cart/items", "POST /v1/orders"),
        14,
    ),
    ("api", "cart", 22, ("GET /carts/{uuid}", "PUT /carts/{uuid}/items/{id}", "DELETE /carts/{uuid}"), 4),
    ("api", "users", 18, ("GET /users/{id}", "PATCH /users/{id}", "GET /users/{id}/addresses"), 6),
    ("api", "search", 12, ("GET /query", "GET /suggest"), 35),
    ("api", "orders", 9, ("POST /orders", "GET /orders/{id}", "GET /orders"), 22),
    ("orders", "payments", 6, ("POST /charges", "GET /charges/{id}"), 180),
    ("orders", "inventory", 8, ("POST /reservations", "GET /stock/{id}"), 11),
    ("orders", "mail", 3, ("POST /messages",), 70),
    ("10.8.9.9", "inventory", 2, ("GET /healthz",), 1),
)


def shop(number: int, *, end: float, seconds: float = 3_600.0, seed: int = 1) -> list[dict[str, Any]]:
    """So many calls of a shop's services up to `end`, the same for the same seed."""
    chance = random.Random(seed)
    made = []
    for _ in range(number):
        caller, service, _, routes, base = chance.choices(_CALLS, [call[2] for call in _CALLS])[0]
        back = seconds * chance.betavariate(1.1, 1.6)
        method, template = chance.choices(routes, range(len(routes), 0, -1))[0].split()
        trouble = service == "payments" and back < seconds / 5
        kind = chance.random()
        status = (
            500 if kind < (0.3 if trouble else 0.004) else 404 if kind < 0.03 else 304 if kind < 0.09 else 200
        )
        if method == "POST" and status == 200:
            status = 201
        took = base * 1_000 * chance.lognormvariate(0, 0.6) * (6 if trouble else 1)
        answered = kind < 0.998
        made.append(
            record(
                id=f"{chance.getrandbits(128):032x}",
                time=time_of(end - back),
                duration_us=int(took) if answered else None,
                source_address=_PLACES.get(caller, caller),
                source_port=chance.randrange(30_000, 60_000),
                destination_address=_PLACES[service],
                server_address=f"{service}.shop",
                server_port=80 if service in ("web", "api") else 8_080,
                http_request_method=method,
                url_template=template,
                http_response_status_code=status if answered else None,
                http_response_body_size=int(chance.lognormvariate(7, 1.4)) if answered else None,
                http_response_state="complete" if answered else "missing",
            )
        )
    return sorted(made, key=lambda each: str(each["time"]))
