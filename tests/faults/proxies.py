"""Bad networks: listeners on loopback that stand between a client and a server, each with one fault."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

Serve = Callable[[socket.socket], None]
_HOST = "127.0.0.1"
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends a reset at once


@contextlib.contextmanager
def listener(serve: Serve, port: int = 0) -> Iterator[int]:
    """The port of a listener that hands each connection to `serve`, in a thread, and closes all after the block."""
    accepted: list[socket.socket] = []
    with socket.create_server((_HOST, port)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):  # the listener was shut down
                while True:
                    client, _ = listening.accept()
                    accepted.append(client)
                    threading.Thread(target=_quietly, args=(serve, client), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for client in accepted:
                _end(client)


def silent(_client: socket.socket) -> None:
    """Accept, and never answer."""


def hangs_up(client: socket.socket) -> None:
    """Accept, and close."""
    _end(client)


def speaks_http(client: socket.socket) -> None:
    """Answer as a web server does to what it cannot read."""
    client.recv(1024)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    _end(client)


def dripping(port: int, pause: float) -> Serve:
    """Hand on what the server on `port` says a byte at a time, with `pause` seconds between."""

    def drip(data: bytes, client: socket.socket) -> None:
        for byte in data:
            client.sendall(bytes([byte]))
            time.sleep(pause)

    return lambda client: _relay(client, port, lambda data, server: server.sendall(data), drip)


def resetting(port: int, at: bytes, times: int = 1) -> Serve:
    """Reset the connection when a client has said `at` to the server on `port`, which hears it; so many `times`."""
    left = [times]

    def serve(client: socket.socket) -> None:
        def hear(data: bytes, server: socket.socket) -> None:
            server.sendall(data)
            if at in data and left[0]:
                left[0] -= 1
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                client.close()
                raise ConnectionResetError

        _relay(client, port, hear, lambda data, client: client.sendall(data))

    return serve


def claiming(port: int, version: bytes) -> Serve:
    """Hand on, but for the major version of the server on `port`, of two digits as its own."""
    own = b"server_version\0"

    def say(data: bytes, client: socket.socket) -> None:
        start = data.find(own) + len(own)
        client.sendall(data[:start] + version + data[start + 2 :] if own in data else data)

    return lambda client: _relay(client, port, lambda data, server: server.sendall(data), say)


def _relay(
    client: socket.socket,
    port: int,
    hear: Callable[[bytes, socket.socket], None],
    say: Callable[[bytes, socket.socket], None],
) -> None:
    """Connect `client` with the server on `port`: `hear` sends what the client says, `say` what the server says."""
    with socket.create_connection((_HOST, port)) as server:
        back = threading.Thread(target=_quietly, args=(lambda _: _pump(server, client, say), client), daemon=True)
        back.start()
        try:
            _pump(client, server, hear)
        finally:
            _end(server)
            back.join()


def _pump(source: socket.socket, target: socket.socket, send: Callable[[bytes, socket.socket], None]) -> None:
    while data := source.recv(65536):
        send(data, target)
    _end(target)


def _quietly(serve: Serve, client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        serve(client)


def _end(connection: socket.socket) -> None:
    """Wake whoever waits for it, here and at the other end, and close it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
