"""What a warm launcher starts: it hands itself over to the standby, or else becomes the ordinary launcher.

    python -I -S standby_client.py PLUGIN ORDINARY-LAUNCHER [ARGUMENT...] ENGINE

It stays, since the engine knows no other process as its plugin: it passes on the signals that it gets, and ends with
the plugin's status. A user waits for it each time, so it imports only what is built into the interpreter.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` and `socket` would take as long as the rest together
import _socket
import marshal
import os
import struct
import sys

PATIENCE_SECONDS = 3.0
"""How long to wait for the standby, which may still be importing. The engine waits 10 s for a plugin's port."""

READY, ACCEPTED = b"?", b"+"


def address(engine: str) -> bytes:
    """The standby's address for one engine: an abstract one, of which no file can be left behind.

    Others can take the name, as it is no secret. Both sides therefore ask the kernel who the other one is.
    """
    return f"\0airgap-standby/{os.getuid()}/{engine}".encode()


def is_ours(connection: _socket.socket) -> bool:
    """Whether the other side belongs to this user, by the kernel's word."""
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, size))
    return bool(user == os.getuid())


def hand_over(plugin: str, arguments: list[str]) -> _socket.socket | None:
    """Ask the standby to become the plugin with this process's environment, folder and standard streams.

    Returns the connection to the plugin, or None if it will not be one. Raises OSError if there is no standby.
    """
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.settimeout(PATIENCE_SECONDS)
    connection.connect(address(arguments[-1]))
    if not is_ours(connection) or connection.recv(1) != READY:
        return None
    connection.settimeout(None)  # from here on the standby answers, or is gone
    streams = struct.pack("3i", 0, 1, 2)
    connection.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    request = (plugin, arguments, os.getcwd(), dict(os.environb))  # noqa: PTH109  # pathlib takes its time
    connection.sendall(marshal.dumps(request))
    return connection if connection.recv(1) == ACCEPTED else None


def accompany(connection: _socket.socket) -> int:
    """Pass on signals until the plugin has ended; its exit status, 128 and more for a signal, as a shell has it."""

    def pass_on(number: int, _frame: object) -> None:
        try:  # noqa: SIM105  # contextlib takes its time
            connection.send(bytes([number]))
        except OSError:  # the plugin has ended
            pass

    for number in (_signal.SIGINT, _signal.SIGTERM):
        _signal.signal(number, pass_on)
    try:
        status = connection.recv(1)
    except OSError:
        status = b""
    return status[0] if status else 1


def main(plugin: str, ordinary: str, *arguments: str) -> None:
    """Be the plugin, in one way or the other."""
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    try:
        connection = hand_over(plugin, list(arguments))
    except Exception:  # whatever it is, the ordinary way is still there
        connection = None
    if connection:
        os._exit(accompany(connection))
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):  # Python ignores them, and what it starts would too
        _signal.signal(number, _signal.SIG_DFL)
    os.execv(ordinary, [ordinary, *arguments])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
