"""A small Kubernetes API server, for faults that a real one does not show on demand.

It lists what it was given, and sends on a watch what it is told to, over TLS and to whoever shows its token.
"""

from __future__ import annotations

import json
import queue
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["END", "HANG_UP", "KubeApi", "kube_api"]

END = object()
"""Ends a watch as a server does when its time is over."""
HANG_UP = object()
"""Breaks it off."""


class KubeApi:
    """What it has, what it was asked, and how it answers."""

    def __init__(self, folder: Path) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {}
        """By plural."""
        self.version = 100
        self.refused: dict[str, int] = {}
        """Statuses instead of answers, by plural."""
        self.token = "first-token"
        self.credentials = folder
        self.requests: list[tuple[str, dict[str, str], str]] = []
        """Plural, query and Accept of each."""
        self.watches: dict[str, queue.Queue[Any]] = {}
        self.open: dict[str, object] = {}
        self.stopping = threading.Event()
        self._authority = trustme.CA()
        self.renew()
        self.port = 0

    def renew(self) -> None:
        """Write token and authority as the kubelet does."""
        self.credentials.mkdir(exist_ok=True)
        (self.credentials / "token").write_text(self.token)
        self._authority.cert_pem.write_to_path(str(self.credentials / "ca.crt"))

    def context(self) -> ssl.SSLContext:
        """Of the server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert("127.0.0.1").configure_cert(context)
        return context

    @property
    def environment(self) -> dict[str, str]:
        """As a pod has it."""
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.port)}

    def events(self, plural: str) -> queue.Queue[Any]:
        """What is put here is sent on the watch of a resource that is open, or opens next."""
        return self.watches.setdefault(plural, queue.Queue())

    def event(self, plural: str, kind: str, found: dict[str, Any]) -> None:
        """Send an event."""
        self.version += 1
        found = found | {"metadata": found.get("metadata", {}) | {"resourceVersion": str(self.version)}}
        self.events(plural).put({"type": kind, "object": found})

    def asked(self, plural: str, *, watch: bool) -> list[dict[str, str]]:
        """The queries that came for a resource."""
        return [query for name, query, _ in self.requests if name == plural and ("watch" in query) is watch]


def _handler(api: KubeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            plural = parts.path.rpartition("/")[2]
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if "watch" in query:
                api.open[plural] = self  # the last one gets what is said
            api.requests.append((plural, query, self.headers.get("Accept", "")))
            status = api.refused.get(plural, 200)
            if self.headers.get("Authorization") != f"Bearer {api.token}":
                status = 401
            if status != 200:
                self._json({"kind": "Status", "code": status}, status)
            elif "watch" in query:
                self._watch(plural)
            else:
                self._list(plural, query)

        def _list(self, plural: str, query: dict[str, str]) -> None:
            start, limit = int(query.get("continue", 0)), int(query["limit"])
            items = api.objects.get(plural, [])
            left = max(0, len(items) - start - limit)
            meta: dict[str, Any] = {"resourceVersion": str(api.version)}
            if left:
                meta |= {"continue": str(start + limit), "remainingItemCount": left}
            self._json({"metadata": meta, "items": items[start : start + limit] or None})

        def _watch(self, plural: str) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            waiting = api.events(plural)
            while not api.stopping.is_set() and api.open[plural] is self:
                try:
                    event = waiting.get(timeout=0.05)
                except queue.Empty:
                    continue
                if api.open[plural] is not self:
                    waiting.put(event)
                    return
                if event is HANG_UP:
                    self.close_connection = True
                    return
                if event is END:
                    self.wfile.write(b"0\r\n\r\n")
                    return
                line = event if isinstance(event, bytes) else json.dumps(event).encode() + b"\n"
                for piece in (line[:7], line[7:]):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b"")
                    self.wfile.flush()

        def _json(self, found: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that go away."""


@contextmanager
def kube_api(folder: Path) -> Iterator[KubeApi]:
    """Serve on a free port of loopback; `folder` gets `token` and `ca.crt`."""
    api = KubeApi(folder)
    server = _Server(("127.0.0.1", 0), _handler(api))
    server.socket = api.context().wrap_socket(server.socket, server_side=True)
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
