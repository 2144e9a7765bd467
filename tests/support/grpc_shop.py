"""A gRPC server and its client, by grpcio: calls of every form, each written down by both ends.

A program of its own, so that each end runs in a network namespace of its own:

    python grpc_shop.py serve ADDRESS:PORT LOG
    python grpc_shop.py call ADDRESS:PORT LOG

The client reads lines on standard input, each a list of words from `CALLS`, makes those calls one after the other on one
connection and answers `done`. Both logs are JSON Lines: what the client was told, and what the server did.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any, Final

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

SERVICE: Final = "shop.v1.Orders"
CALLS: Final = {
    # how it is called, what is sent, time-out in seconds
    "Get": ("unary_unary", [b"order"], 10.0),
    "Large": ("unary_unary", [bytes(70_000)], 10.0),
    "List": ("unary_stream", [b"all of them"], 10.0),
    "Add": ("stream_unary", [b"one", b"two", b"", bytes(3_000)], 10.0),
    "Chat": ("stream_stream", [b"hello", b"and bye"], 10.0),
    "Missing": ("unary_unary", [b"7"], 10.0),
    "Broken": ("unary_unary", [b""], 10.0),
    "Halfway": ("unary_stream", [b"some"], 10.0),
    "Slow": ("unary_unary", [b"wait"], 0.3),
    "Nowhere": ("unary_unary", [b"x"], 10.0),
}
"""`Nowhere` is a method that the server does not have."""


class _Log:
    """Lines of JSON, each written at once, by any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, **said: Any) -> None:
        with self._lock:
            print(json.dumps(said), file=self._stream, flush=True)


def _answers(method: str, received: list[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    """What the server says."""
    match method:
        case "List":
            yield from (bytes(size) for size in (0, 10, 20_000))
        case "Missing":
            context.abort(grpc.StatusCode.NOT_FOUND, "there is no order 7 of a.canary@example.test")
        case "Broken":
            context.abort(grpc.StatusCode.INTERNAL, "it broke")
        case "Halfway":
            yield b"one"
            yield b"two"
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no more")
        case "Slow":
            threading.Event().wait(1.0)
            yield b"too late"
        case "Chat":
            yield from received
        case _:
            yield b"".join(received)[:5_000]


def _handler(method: str, log: _Log) -> Any:
    kind = CALLS[method][0]
    asks, answers = kind.split("_")

    def serve(request: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
        received = list(request) if asks == "stream" else [request]
        log.write(port=int(context.peer().rpartition(":")[2]), method=method, received=len(received))
        yield from _answers(method, received, context)

    behaviour: Callable[..., Any] = serve
    if answers == "unary":

        def behaviour(request: Any, context: grpc.ServicerContext) -> bytes:
            return next(iter(serve(request, context)))

    return getattr(grpc, f"{kind}_rpc_method_handler")(behaviour)


def serve(address: str, log: _Log) -> None:
    """Serve until a signal."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    handlers = {method: _handler(method, log) for method in CALLS if method != "Nowhere"}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_insecure_port(address)
    server.start()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    over.wait()
    server.stop(0)


def _call(channel: grpc.Channel, method: str, log: _Log) -> None:
    kind, messages, patience = CALLS[method]
    asks, answers = kind.split("_")
    call = getattr(channel, kind)(f"/{SERVICE}/{method}")
    received = 0
    try:
        told = call(iter(messages) if asks == "stream" else messages[0], timeout=patience)
        for _ in told if answers == "stream" else [told]:
            received += 1
        status = 0
    except grpc.RpcError as error:
        status = error.code().value[0]
    log.write(method=method, status=status, sent=len(messages), received=received)


def call(address: str, log: _Log) -> None:
    """Call as standard input says."""
    with grpc.insecure_channel(address) as channel:
        for line in sys.stdin:
            for method in line.split():
                _call(channel, method, log)
            print("done", flush=True)


if __name__ == "__main__":
    what, where, path = sys.argv[1:]
    with open(path, "a") as stream:
        {"serve": serve, "call": call}[what](where, _Log(stream))
