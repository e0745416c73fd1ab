"""Reads a Kubernetes cluster, for what must know how a Cluster really is. There is no Pulumi in here.

kr8s finds the credentials, by a kubeconfig or a pod's service account, and keeps them fresh. It lives in an event loop
in a thread of its own, which ends with the process, so that callers need not be asynchronous and may be in any thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import tempfile
import threading
import warnings
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import httpx_ws
import kr8s.asyncio
from kr8s import APITimeoutError, ServerError

from infra.kubernetes.errors import Forbidden, KubernetesError, NotFound, Unreachable

ANSWER_SECONDS = 10
_KINDS = {
    "clusters": "postgresql.cnpg.io/v1",
    "persistentvolumeclaims": "v1",
    "pods": "v1",
    "events": "v1",
    "secrets": "v1",
    "storageclasses": "storage.k8s.io/v1",
}
_OF_NO_NAMESPACE = {"storageclasses"}
_PING_SECONDS = 20  # often enough for the load balancers before an API server, which drop what is silent for minutes
_Answer = TypeVar("_Answer")
_lock = threading.Lock()


@dataclass(frozen=True)
class Where:
    """Which Kubernetes cluster, and which namespace of it. None is kubectl's own choice."""

    config_file: str | None
    context: str | None
    namespace: str

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """An object by its kind's plural name. Raises KubernetesError within ANSWER_SECONDS."""
        return run(self.fetch(kind, name))

    def find(self, kind: str, **selectors: str) -> list[dict[str, Any]]:
        """The objects of a kind, by label or field. Raises KubernetesError within ANSWER_SECONDS."""
        return list(run(self.fetch(kind, **selectors)).get("items") or ())

    async def fetch(self, kind: str, name: str = "", **selectors: str) -> dict[str, Any]:
        """One object, or without a name the list of them. Raises KubernetesError within ANSWER_SECONDS."""
        namespace = None if kind in _OF_NO_NAMESPACE else self.namespace
        doing = f"reading {kind} {'/'.join(filter(None, (namespace, name)))}"
        response = await self._ask(doing, kind, namespace, name, selectors)
        if response.status_code == 401:  # a token may have run out: read the credentials anew
            _clients.pop((self.config_file, self.context), None)
            response = await self._ask(doing, kind, namespace, name, selectors)
        if response.is_error:
            raise _refused(doing, response)
        return dict(response.json())

    async def _ask(
        self, doing: str, kind: str, namespace: str | None, name: str, selectors: dict[str, str]
    ) -> httpx.Response:
        """The answer, whatever it is: kr8s would read the credentials anew, and leave keys behind, also for a 403."""
        url = f"{kind}/{name}" if name else kind
        async with (
            self._asking(doing) as api,
            api.call_api(
                version=_KINDS[kind], namespace=namespace, url=url, params=selectors, raise_for_status=False
            ) as response,
        ):
            return response

    @contextlib.asynccontextmanager
    async def open_stream(self, pod: str, port: int) -> AsyncIterator[httpx_ws.AsyncWebSocketSession]:
        """The two channels of Kubernetes' port forwarding, data and errors, to a port of a pod.

        The peer may be slow: it is asked from time to time whether it is there, and has all the time to answer.
        Raises KubernetesError within ANSWER_SECONDS if there is no way to the pod.
        """
        async with contextlib.AsyncExitStack() as stack:
            async with self._asking(f"opening a tunnel to pod {self.namespace}/{pod}") as api:
                websocket = await stack.enter_async_context(
                    api.open_websocket(
                        version="v1",
                        namespace=self.namespace,
                        url=f"pods/{pod}/portforward",
                        params={"ports": str(port)},
                        keepalive_ping_interval_seconds=_PING_SECONDS,
                        keepalive_ping_timeout_seconds=None,
                    )
                )
            yield websocket

    @contextlib.asynccontextmanager
    async def _asking(self, doing: str) -> AsyncIterator[kr8s.asyncio.Api]:
        """The client, whose errors become KubernetesError: `doing` says what the caller does with it."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                yield await _client(self.config_file, self.context)
        except ServerError as error:
            raise KubernetesError(f"{doing}: {' '.join(str(error).split())}; look at the API server") from None
        except httpx_ws.WebSocketUpgradeError as error:
            raise _refused(doing, error.response) from None
        except (httpx.HTTPError, APITimeoutError, TimeoutError, OSError, httpx_ws.HTTPXWSException) as error:
            raise Unreachable(_no_answer(doing, error, self.config_file)) from None


def run(coroutine: Coroutine[Any, Any, _Answer]) -> _Answer:
    """What `coroutine` returns, from the loop of this module. Raises what it raises."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result()


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        return _started_loop()


@functools.cache
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="kubernetes", daemon=True).start()
    return loop


async def _client(config_file: str | None, context: str | None) -> kr8s.asyncio.Api:
    """The client for a kubeconfig, one for all. Raises Unreachable if there is none that can be used.

    Made without kr8s.asyncio.api(), which takes any client that there is already where it is told nothing.
    """
    if known := _clients.get((config_file, context)):
        return known
    warnings.filterwarnings("ignore", module=r"kr8s\b")  # that it has not been tried with a newer Kubernetes
    file = str(Path(config_file).expanduser()) if config_file else None
    api = kr8s.asyncio.Api(bypass_factory=True, kubeconfig=file, context=context)
    try:
        await api
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Unreachable(_no_credentials(error, config_file)) from None
    finally:
        _remove_keys(api)
    return _clients.setdefault((config_file, context), api)


_clients: dict[tuple[str | None, str | None], kr8s.asyncio.Api] = {}


def _remove_keys(api: kr8s.asyncio.Api) -> None:
    """kr8s leaves the keys that a kubeconfig holds in temporary files, which it needs no more once they are loaded."""
    for path in (api.auth.client_key_file, api.auth.client_cert_file, api.auth.server_ca_file):
        if path and Path(path).parent == Path(tempfile.gettempdir()) and Path(path).name.startswith("tmp"):
            Path(path).unlink(missing_ok=True)


def _source(config_file: str | None) -> str:
    return config_file or "KUBECONFIG, else ~/.kube/config"


def _no_credentials(error: Exception, config_file: str | None) -> str:
    said = f"{type(error).__name__} {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
    return (
        f"no credentials for Kubernetes in {_source(config_file)}: {said or type(error).__name__}; "
        "set KUBECONFIG, or kubernetesConfigFile and kubernetesContext"
    )


def _no_answer(doing: str, error: Exception, config_file: str | None) -> str:
    said = " ".join(str(error).split()) or f"no answer within {ANSWER_SECONDS} s"
    return f"{doing}: Kubernetes cannot be reached: {said}; check {_source(config_file)} and the network"


def _refused(doing: str, response: httpx.Response) -> KubernetesError:
    """The error for an answer of the API server. Its own words for a missing permission name the verb and the kind."""
    code, said = response.status_code, f"HTTP {response.status_code}"
    with contextlib.suppress(ValueError, KeyError, TypeError, httpx.StreamError):  # a proxy's page, or an upgrade's
        said = " ".join(str(response.json()["message"]).split())
    if code == 404 and doing.startswith("reading clusters") and not said.endswith("not found"):
        return KubernetesError(f"{doing}: {said}; install the operator of CloudNativePG, which brings that kind")
    if code == 404:
        return NotFound(f"{doing}: {said}")
    if code == 401:
        return Forbidden(f"{doing}: {said}; log in to Kubernetes anew, or correct the kubeconfig")
    if code == 403:
        return Forbidden(f"{doing}: {said}; ask the cluster's administrator for that permission, or take another user")
    return KubernetesError(f"{doing}: {said}; try again, or look at the API server")
