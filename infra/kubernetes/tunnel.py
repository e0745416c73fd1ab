"""A port of this machine that leads to the primary of a Cluster, whichever pod that is at the moment.

Kubernetes forwards ports to one pod, and kubectl and kr8s stay with the one that they chose. Here each connection is
led to the primary anew, so that a switchover or a failover costs the sessions of that moment and no more. There is no
Pulumi in here. A tunnel lives in the event loop of infra/kubernetes/api.py, and ends with the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx_ws

from infra.kubernetes.api import Where, run
from infra.kubernetes.errors import Forbidden, KubernetesError, TunnelError

HOST = "127.0.0.1"
_POSTGRES = 5432
_CHUNK = 65536
_DATA, _ERROR = 0, 1  # k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
_HOLD_SECONDS = 4  # that a new connection waits for a primary: a failover takes as long, and who logs in waits for 5
_LINGER_SECONDS = 5  # of silence after which a client that has finished sending gets no more answers
_AGAIN_SECONDS = 0.2
_VARIABLE = "CREATIVEFLOW_TUNNEL"  # of a command's environment, with what leads where while the command runs

_open: dict[int, Tunnel] = {}
_lock = threading.Lock()


class _NoWay(Exception):
    """A pod that cannot be reached, or that has no server."""


class Tunnel:
    """What leads to the primary of a Cluster."""

    def __init__(self, where: Where, cluster: str) -> None:
        self.where = where
        self.cluster = cluster
        self.trouble = ""
        """Why the last connection could not be led to the primary; empty if it could."""

    def __str__(self) -> str:
        return f"{self.where.namespace}/{self.cluster}"

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, from its first byte to its end."""
        try:
            await self._carry(reader, writer)
        except (KubernetesError, _NoWay) as error:
            self.trouble = str(error)
        except Exception as error:  # one of both ends is gone, which each library below says in its own way
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(_CHUNK)
        if not first:
            return
        async with contextlib.AsyncExitStack() as stack:
            stream, answers = await self._reach(first, stack)
            self.trouble = ""
            up = asyncio.create_task(_up(reader, stream))
            try:
                await _down(answers, writer, up)
            finally:
                up.cancel()
                await asyncio.gather(up, return_exceptions=True)

    async def _reach(
        self, first: bytes, stack: contextlib.AsyncExitStack
    ) -> tuple[httpx_ws.AsyncWebSocketSession, AsyncIterator[bytes]]:
        """The stream to a primary that has answered the client's first bytes, open until `stack` ends; and the answers.

        A server that has not said a word has done nothing: until then another try may be made, with another pod.
        """
        until = asyncio.get_running_loop().time() + _HOLD_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(until):
                    stream = await stack.enter_async_context(self.where.open_stream(await self._primary(), _POSTGRES))
                    await stream.send_bytes(bytes([_DATA]) + first)
                    answers = _answers(stream)
                    return stream, _again(await anext(answers), answers)
            except Forbidden:
                raise
            except (KubernetesError, _NoWay, StopAsyncIteration, TimeoutError) as error:
                await stack.aclose()
                if asyncio.get_running_loop().time() + _AGAIN_SECONDS > until:
                    why = str(error) or "it does not answer"
                    raise _NoWay(f"no way to the primary of Cluster {self}: {why}") from None
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _primary(self) -> str:
        """The pod that is the primary. Raises KubernetesError, or _NoWay while another becomes it."""
        status = (await self.where.fetch("clusters", self.cluster)).get("status") or {}
        current, target = status.get("currentPrimary"), status.get("targetPrimary")
        if not current or current != target:
            raise _NoWay(f"{target or 'none'} is about to become the primary")
        return str(current)


def environment(port: int, where: Where, cluster: str) -> dict[str, str]:
    """What tells a command that this process has opened the tunnel for it."""
    return {_VARIABLE: f"{port} {Tunnel(where, cluster)}"}


def ensure(port: int, where: Where, cluster: str) -> Tunnel:
    """The tunnel from `port` of HOST to the primary of `cluster`: there already, or opened now.

    Raises TunnelError if something else has the port, be it in this process or another.
    """
    with _lock:
        known = _open.get(port)
        if known is None:
            known = Tunnel(where, cluster)
            if not _is_given(port, known):
                run(_serve(known, _listen(port, str(known))))
            _open[port] = known
        if (known.where, known.cluster) != (where, cluster):
            raise TunnelError(f"port {port} leads to Cluster {known}: {_another(port)}")
        return known


def require_free(port: int, where: Where, cluster: str) -> None:
    """Raise TunnelError if `ensure` would."""
    with _lock:
        wanted = Tunnel(where, cluster)
        if port not in _open and not _is_given(port, wanted):
            _listen(port, str(wanted)).close()


def _is_given(port: int, tunnel: Tunnel) -> bool:
    return os.environ.get(_VARIABLE) == f"{port} {tunnel}"


async def _serve(tunnel: Tunnel, listener: socket.socket) -> None:
    _servers.append(await asyncio.start_server(tunnel.lead, sock=listener))


_servers: list[asyncio.Server] = []  # a server that nobody holds would be collected as garbage


def _listen(port: int, cluster: str) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        why = f"is in use{_by(port)}" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise TunnelError(
            f"port {port} of {HOST}, where the tunnel to Cluster {cluster} begins, {why}; {_another(port)}"
        ) from None
    return listener


def _another(port: int) -> str:
    return f"free it, or choose another: pulumi config set postgresPort {port + 1 if port < 65535 else 15432}"


def _by(port: int) -> str:
    """Who listens on a port, as far as Linux lets this user see it."""
    listening = f"{int.from_bytes(socket.inet_aton(HOST), 'little'):08X}:{port:04X}", f"00000000:{port:04X}"
    with contextlib.suppress(OSError):
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        sockets = {f"socket:[{row[9]}]" for row in rows if row[1] in listening and row[3] == "0A"}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if any(str(file.readlink()) in sockets for file in (process / "fd").iterdir()):
                    return f" by {(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


async def _up(reader: asyncio.StreamReader, stream: httpx_ws.AsyncWebSocketSession) -> None:
    """Everything that the client sends."""
    while data := await reader.read(_CHUNK):
        await stream.send_bytes(bytes([_DATA]) + data)


async def _down(answers: AsyncIterator[bytes], writer: asyncio.StreamWriter, up: asyncio.Task[None]) -> None:
    """Everything that the server sends.

    Kubernetes cannot tell a server that its client has finished sending, which is what the end of `up` means. Then the
    server may go on with its answer, until it is silent for _LINGER_SECONDS.
    """
    now = asyncio.get_running_loop().time
    with contextlib.suppress(_NoWay, TimeoutError):
        async with asyncio.timeout(None) as patience:

            def linger(_: object) -> None:
                patience.reschedule(now() + _LINGER_SECONDS)

            up.add_done_callback(linger)
            try:
                async for data in answers:
                    writer.write(data)
                    await writer.drain()
                    if up.done():
                        linger(up)
            finally:
                up.remove_done_callback(linger)


async def _answers(stream: httpx_ws.AsyncWebSocketSession) -> AsyncIterator[bytes]:
    """What comes on the channel of data, until the peer ends it. Raises _NoWay for what comes on that of errors."""
    known: set[int] = set()
    with contextlib.suppress(httpx_ws.HTTPXWSException):
        while True:
            message = await stream.receive_bytes()
            channel, data = message[0], message[1:]
            if channel not in known:
                known.add(channel)  # its first message is the number of the port
            elif channel == _ERROR:
                raise _NoWay(" ".join(data.decode(errors="replace").split()))
            elif data:
                yield data


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for data in rest:
        yield data
