"""Requests to the API server, each bounded in time, and what it answers."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx

from airgap.kubernetes.credentials import Credentials
from airgap.kubernetes.errors import ApiError, Unreachable, unreachable
from airgap.kubernetes.kubeconfig import Access
from airgap.kubernetes.values import Object

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 65.0
"""The API server itself ends a request, its webhooks included, after 60 s."""
_CONNECTIONS = 64
_BUSY = {429, 503}
_BUSY_TRIES = 5
_BUSY_SECONDS = 10.0


class Client:
    """Speaks to one API server, from any thread."""

    def __init__(self, access: Access, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._http: httpx.Client | None = None
        self.access = access
        self._credentials = Credentials(access)
        self._answer_seconds = answer_seconds
        self._lock = threading.Lock()

    def __del__(self) -> None:
        if self._http:
            self._http.close()

    def get(self, path: str, **parameters: str) -> Object:
        """The object, or the list of them, at `path`. Raises ApiError, Unreachable."""
        return self.request("GET", path, parameters)[0]

    def request(
        self, method: str, path: str, parameters: dict[str, str], body: Any = None, media: str = "application/json"
    ) -> tuple[Object, list[str]]:
        """Ask, and return what was answered, and what the server warns of. Raises ApiError, Unreachable."""
        response = self._send(method, path, parameters, body, media)
        if response.status_code == httpx.codes.UNAUTHORIZED and self._credentials.renew():
            response = self._send(method, path, parameters, body, media)
        tries = 1
        while response.status_code in _BUSY and "retry-after" in response.headers and tries < _BUSY_TRIES:
            time.sleep(min(_seconds(response.headers["retry-after"]), _BUSY_SECONDS))
            response = self._send(method, path, parameters, body, media)
            tries += 1
        warnings = [_warning(text) for text in response.headers.get_list("warning")]
        return self._answer(response), warnings

    def _send(self, method: str, path: str, parameters: dict[str, str], body: Any, media: str) -> httpx.Response:
        content = None if body is None else json.dumps(body)
        headers = {"Accept": "application/json", **self._credentials.headers()}
        if content is not None:
            headers["Content-Type"] = media
        name = self.access.server_name
        try:
            return self._opened().request(
                method,
                self.access.server + path,
                params=parameters,
                content=content,
                headers=headers,
                extensions={"sni_hostname": name} if name else {},
            )
        except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
            raise unreachable(self.access.server, error) from None

    def _opened(self) -> httpx.Client:
        with self._lock:
            if self._http is None:
                self._http = httpx.Client(
                    verify=self._credentials.tls() if self.access.server.startswith("https:") else False,
                    proxy=self.access.proxy or None,
                    timeout=httpx.Timeout(self._answer_seconds, connect=CONNECT_SECONDS),
                    limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
                    headers={"User-Agent": "pulumi-kubernetes/4.34.2"},
                )
            return self._http

    def _answer(self, response: httpx.Response) -> Object:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.is_success and isinstance(answer, dict):
            return answer
        if response.is_success or not isinstance(answer, dict):
            what = f"{response.status_code} {response.reason_phrase}".strip()
            if response.status_code < 500 and not response.is_success:
                raise ApiError({"message": what, "code": response.status_code})
            raise Unreachable(self.access.server, f"it answered {what}, which no API server does")
        raise ApiError(answer | {"code": response.status_code})


def _warning(header: str) -> str:
    """The text of a Warning header, such as `299 - "unknown field \\"spec.x\\""`: RFC 7234, section 5.5."""
    return header.partition('"')[2].rpartition('"')[0].replace('\\"', '"').replace("\\\\", "\\")


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
