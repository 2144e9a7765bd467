"""The inventory as an OpenAPI 3.1 document: what an API seems to be, for whoever has to describe it.

Owns how what was seen becomes a description: a path for each template, its parameters, the statuses and media types that
were seen. Pure: refuses to guess what was not seen, such as schemas. Sources: OpenAPI Specification 3.1.0.

Two templates that differ in the names of their variables only are one path there (section 4.8.8.2), so the names of the
first hold. Methods that a path item cannot have, and paths that are not kept apart, are left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from interceptor.collector.answers import OTHER
from interceptor.core.records.verdicts import CALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.collector.answers import Known

__all__ = ["skeleton"]

_METHODS: Final = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
_VARIABLE: Final = re.compile(r"\{([^{}/]*)\}")


def skeleton(endpoints: Iterable[Known], title: str) -> dict[str, Any]:
    """A document of these endpoints, each service's under its own server."""
    paths: dict[str, dict[str, Any]] = {}
    shapes: dict[str, tuple[str, list[str]]] = {}
    schemes: dict[str, dict[str, str]] = {}
    servers: dict[str, None] = {}
    left_out = 0
    for one in endpoints:
        if (
            one.method not in _METHODS
            or OTHER in (one.template, one.service)
            or not one.template.startswith("/")
        ):
            left_out += 1
            continue
        servers[one.service] = None
        shape = _VARIABLE.sub("{}", one.template)
        path, variables = shapes.setdefault(shape, _named(one.template))
        item = paths.setdefault(path, {})
        operation = item.get(one.method.lower())
        if operation is None:
            item[one.method.lower()] = _operation(one, variables, schemes)
        else:  # of another service
            operation["tags"].append(one.service)
            operation["responses"] = _responses(one) | operation["responses"]
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "seen",
            "description": "Made from traffic that was seen: what was not called is not here.",
        },
        "servers": [_server(service) for service in servers] or [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
    }
    if schemes:
        document["components"] = {"securitySchemes": schemes}
    if left_out:
        document["x-left-out"] = left_out
    return document


def _server(service: str) -> dict[str, str]:
    """Where a service is. A workload has no name that a client could ask for."""
    return {"url": "/", "description": service} if "/" in service else {"url": f"http://{service}"}


def _named(template: str) -> tuple[str, list[str]]:
    """A template whose variables have different names, and these."""
    names: list[str] = []

    def name(found: re.Match[str]) -> str:
        plain = re.sub(r"\W", "_", found[1]) or "value"
        names.append(plain if plain not in names else f"{plain}{len(names) + 1}")
        return f"{{{names[-1]}}}"

    return _VARIABLE.sub(name, template), names


def _operation(one: Known, variables: list[str], schemes: dict[str, dict[str, str]]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in variables
    ]
    parameters += [{"name": key, "in": "query", "schema": {"type": "string"}} for key in one.query_keys]
    operation: dict[str, Any] = {"tags": [one.service], "responses": _responses(one)}
    if parameters:
        operation["parameters"] = parameters
    if one.request_types:
        operation["requestBody"] = {"content": {kind: {} for kind in one.request_types}}
    security: list[dict[str, list[str]]] = []
    for carrier in one.credentials:
        # a cookie's name is a value that is not seen
        if carrier != "cookie":
            name = carrier.removeprefix("?")
            place = "query" if carrier.startswith("?") else "header"
            schemes[f"{place}.{name}"] = {"type": "apiKey", "in": place, "name": name}
            security.append({f"{place}.{name}": []})
    if security:
        operation["security"] = security + ([{}] if one.anonymous else [])
    return operation


def _responses(one: Known) -> dict[str, Any]:
    content: dict[str, Any] = (
        {"content": {kind: {} for kind in one.response_types}} if one.response_types else {}
    )
    answers: Counter[int] = Counter()
    for status, calls in one.statuses:
        answers[status if status < CALL else 200] += calls  # what gRPC calls a failure, HTTP answers with 200
    found = {
        str(status): {"description": f"Seen {calls} times."} | (content if 200 <= status < 300 else {})
        for status, calls in sorted(answers.items())
        if 100 <= status <= 599
    }
    return found or {"default": {"description": "No response was seen."}}
