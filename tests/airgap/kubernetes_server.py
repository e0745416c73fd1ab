"""An API server that answers as a test wants, for answers that a real one gives on its bad days alone."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]
CORE = {
    "resources": [
        {"kind": "ConfigMap", "name": "configmaps", "namespaced": True},
        {"kind": "Namespace", "name": "namespaces", "namespaced": False},
        {"kind": "Namespace", "name": "namespaces/status", "namespaced": False},
        {"kind": "Service", "name": "services", "namespaced": True},
    ]
}


@dataclass
class Server:
    """What it answers by method and path, `*` for any, and what it was asked."""

    url: str = ""
    warning: str = ""
    answers: dict[str, Answer | Callable[[Any], Answer]] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    @property
    def kubeconfig(self) -> str:
        return self.kubeconfig_for({})

    def kubeconfig_for(self, user: dict[str, Any]) -> str:
        """A kubeconfig that leads here as `user`."""
        return json.dumps(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "own"}}],
                "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                "users": [{"name": "u", "user": user}],
            }
        )

    def answer(self, request: str, body: Any) -> Answer:
        self.asked.append((request, body))
        known = {"GET /version": (200, {"minor": "34"}), "GET /api/v1": (200, CORE)} | self.answers
        path = request.split("?", maxsplit=1)[0]
        found = known.get(path) or known.get(f"{path.split()[0]} *") or (404, failure(404, "NotFound", "not found"))
        return found(body) if callable(found) else found


def failure(code: int, reason: str, message: str, **more: Any) -> dict[str, Any]:
    """The Status object of a failure."""
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message} | more


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server on loopback, for as long as the block lasts."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            server.tokens.append(self.headers.get("Authorization") or "")
            code, answer = server.answer(f"{self.command} {self.path}", body)
            text = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(code)
            if code == 429:
                self.send_header("Retry-After", "0")
            if server.warning:
                self.send_header("Warning", server.warning)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
