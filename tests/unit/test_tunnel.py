"""A tunnel leads each connection to the primary of that moment. The pods here are servers of this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx_ws
import pytest

from infra.cluster import free_port
from infra.kubernetes import tunnel
from infra.kubernetes.errors import Forbidden, KubernetesError, NotFound, TunnelError
from infra.kubernetes.tunnel import HOST, ensure, require_free

Talk = Callable[[bytes], list[bytes]]
PORT_MESSAGES = [b"\x00\x38\x15", b"\x01\x38\x15"]
"""Kubernetes first says on each channel which port it is for."""


@dataclass
class Stream:
    """The two channels to a pod that answers each message by `talk`; an empty answer ends the stream."""

    talk: Talk
    answers: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        for message in PORT_MESSAGES:
            self.answers.put_nowait(message)

    async def send_bytes(self, message: bytes) -> None:
        assert message[:1] == b"\x00"
        for answer in self.talk(message[1:]):
            self.answers.put_nowait(answer)

    async def receive_bytes(self) -> bytes:
        answer = await self.answers.get()
        if not answer:
            raise httpx_ws.WebSocketDisconnect
        return answer


@dataclass
class Pods:
    """A namespace with a Cluster, whose pods are functions."""

    namespace: str
    primary: str
    pods: dict[str, Talk | KubernetesError] = field(default_factory=dict)
    target: str = ""

    async def fetch(self, *_: str) -> dict[str, Any]:
        return {"status": {"currentPrimary": self.primary, "targetPrimary": self.target or self.primary}}

    @contextlib.asynccontextmanager
    async def open_stream(self, pod: str, _port: int) -> AsyncIterator[Stream]:
        talk = self.pods.get(pod, NotFound(f"pods {pod} not found"))
        if isinstance(talk, KubernetesError):
            raise talk
        yield Stream(talk)


def says(name: str) -> Talk:
    return lambda message: [b"\x00" + name.encode() + b" heard " + message]


@pytest.fixture
def pods() -> Iterator[Pods]:
    """A namespace whose Cluster has the primary db-1."""
    yield Pods("ns", "db-1", {"db-1": says("db-1"), "db-2": says("db-2")})


@pytest.fixture
def port() -> int:
    return free_port()


def ask(port: int, text: bytes = b"hello") -> bytes:
    """What a client of the tunnel hears until there is no more."""
    with socket.create_connection((HOST, port), timeout=10) as client:
        client.sendall(text)
        return client.recv(1000)


def test_each_connection_goes_to_the_primary_of_that_moment(pods: Pods, port: int) -> None:
    ensure(port, pods, "db")  # type: ignore[arg-type]
    assert ask(port) == b"db-1 heard hello"
    pods.primary = "db-2"
    assert ask(port) == b"db-2 heard hello"


def test_a_connection_waits_while_another_pod_becomes_the_primary(pods: Pods, port: int) -> None:
    ensure(port, pods, "db")  # type: ignore[arg-type]
    pods.target = "db-2"

    def promote() -> None:
        pods.primary = "db-2"

    timer = threading.Timer(0.5, promote)
    timer.start()
    assert ask(port) == b"db-2 heard hello"
    timer.join()


def test_a_pod_that_is_gone_or_whose_server_does_not_listen_is_tried_again(pods: Pods, port: int) -> None:
    ensure(port, pods, "db")  # type: ignore[arg-type]
    pods.pods["db-1"] = lambda _: [b"\x01connection refused"]

    def die() -> None:
        del pods.pods["db-1"]

    def start_again() -> None:
        pods.pods["db-1"] = says("db-1")

    timers = [threading.Timer(0.4, die), threading.Timer(0.8, start_again)]
    for timer in timers:
        timer.start()
    assert ask(port) == b"db-1 heard hello"
    for timer in timers:
        timer.join()


def test_what_keeps_a_connection_from_the_primary_is_told(
    pods: Pods, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnel, "_HOLD_SECONDS", 0.3)
    opened = ensure(port, pods, "db")  # type: ignore[arg-type]
    pods.pods["db-1"] = Forbidden("may not port-forward; ask for that permission")
    assert ask(port) == b""
    assert opened.trouble == "may not port-forward; ask for that permission"
    pods.pods["db-1"] = lambda _: [b"\x01exit status 1:\n no listener"]
    assert ask(port) == b""
    assert opened.trouble == "no way to the primary of Cluster ns/db: exit status 1: no listener"
    pods.pods["db-1"] = says("db-1")
    assert ask(port) == b"db-1 heard hello"
    assert opened.trouble == ""


def test_a_client_that_has_finished_sending_still_gets_its_answer(pods: Pods, port: int) -> None:
    ensure(port, pods, "db")  # type: ignore[arg-type]
    pods.pods["db-1"] = lambda message: [b"\x00" + message, b"\x00 and so on", b""]
    with socket.create_connection((HOST, port), timeout=10) as client:
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        heard = b"".join(iter(lambda: client.recv(1000), b""))
    assert heard == b"question and so on"


def test_a_server_that_goes_silent_after_its_client_has_ended_is_let_go(
    pods: Pods, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnel, "_LINGER_SECONDS", 0.2)
    ensure(port, pods, "db")  # type: ignore[arg-type]
    with socket.create_connection((HOST, port), timeout=10) as client:
        client.sendall(b"x")
        client.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: client.recv(1000), b"")) == b"db-1 heard x"


def test_the_same_tunnel_is_opened_once_and_no_other_at_its_port(pods: Pods, port: int) -> None:
    first = ensure(port, pods, "db")  # type: ignore[arg-type]
    assert ensure(port, pods, "db") is first  # type: ignore[arg-type]
    require_free(port, pods, "db")  # type: ignore[arg-type]
    with pytest.raises(TunnelError) as refused:
        ensure(port, pods, "other")  # type: ignore[arg-type]
    assert str(refused.value) == (
        f"port {port} leads to Cluster ns/db: free it, or choose another: pulumi config set postgresPort {port + 1}"
    )


def test_the_tunnel_of_who_started_this_process_serves_here_too(
    pods: Pods, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in tunnel.environment(port, pods, "db").items():  # type: ignore[arg-type]
        monkeypatch.setenv(name, value)
    with socket.create_server((HOST, port)):
        with pytest.raises(TunnelError):
            require_free(port, pods, "other")  # type: ignore[arg-type]
        require_free(port, pods, "db")  # type: ignore[arg-type]
        assert ensure(port, pods, "db").trouble == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("use", [ensure, require_free])
def test_a_port_that_is_in_use_is_named_with_who_has_it(use: Callable[..., object], pods: Pods) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(TunnelError) as refused:
            use(port, pods, "db")
    assert str(refused.value).startswith(
        f"port {port} of 127.0.0.1, where the tunnel to Cluster ns/db begins, is in use by "
    )
    assert f"(process {os.getpid()}); free it, or choose another" in str(refused.value)
