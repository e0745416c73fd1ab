"""A process that has imported what plugins in Python need before the engine asks for a plugin.

The engine starts a plugin when the program registers the plugin's first resource, and then everyone waits for the
plugin's imports. The language host has imported most of it for itself. So it forks this standby before it serves; the
standby imports the rest while the program starts, and forks a plugin whenever a launcher hands itself over:

    engine --- language host - - standby - - keeper --- plugin
       `------ launcher (standby_client.py) === '                 === signals; and back, the exit status

Whatever goes wrong before the plugin runs makes the launcher start it in the ordinary way. The standby ends with the
language host, and a plugin with its launcher. Linux only, for its abstract sockets.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import marshal
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable

from airgap.handed_over import NUDGING, Request
from airgap.standby_client import ACCEPTED, READY, address, is_ours

Task = Callable[[], None]
_NUDGE = 1000  # milliseconds between nudges, from a plugin's first signal to its end


def fork(engine: str, language_host: Callable[[Task], None]) -> Task:
    """Fork the standby for the plugins of one engine. To be called before this process has threads.

    Args:
        engine: its address, which it gives to the language host and to its plugins alike.
        language_host: what this process is for. It is given what to call once a program starts: the standby's imports
            can wait until then, and many a language host never runs a program.

    Returns:
        What the process is to do, as this returns in several of them: in this one, and in each new plugin's.
    """
    listener = _listen(engine)
    if not listener:
        return lambda: language_host(lambda: None)
    host, from_host = os.pipe()
    if os.fork():
        listener.close()
        os.close(host)
        return lambda: language_host(functools.partial(_write, from_host))
    try:
        os.close(from_host)
        return _stand_by(listener, host)
    except BaseException:
        os._exit(1)


def _listen(engine: str) -> socket.socket | None:
    """Take the address at which launchers ask, or return None where there can be no standby."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return None
    listener = socket.socket(socket.AF_UNIX)
    try:
        os.close(os.pidfd_open(os.getpid()))  # not every kernel has it
        listener.bind(address(engine))
        listener.listen()
    except OSError:
        listener.close()
        return None
    return listener


def _write(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # the standby is gone
        os.write(descriptor, b".")


def _stand_by(listener: socket.socket, host: int) -> Task:
    """Wait for launchers until the other end of the pipe `host` is closed. Returns in a plugin's process alone."""
    os.setpgid(0, 0)  # the engine interrupts the language host's group
    with open(os.devnull, "r+b", buffering=0) as nothing:  # noqa: PTH123
        for number in range(3):  # until nobody holds the language host's output, the engine waits for more of it
            os.dup2(nothing.fileno(), number)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a keeper ended
    while True:
        ready, _, _ = select.select([listener.fileno(), host], [], [])
        if host in ready and not os.read(host, 1):
            os._exit(0)
        _import()
        if listener.fileno() in ready:
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                os.close(host)
                return _keep(connection)
            connection.close()


def _import() -> None:
    """Import what the plugins do. Not pulumi.dynamic.__main__ itself, which serves as soon as it is imported."""
    import dill  # type: ignore[import-untyped]  # noqa: F401, PLC0415
    import pulumi.dynamic  # noqa: PLC0415
    import pulumi.runtime._serialization  # noqa: F401, PLC0415

    import airgap.kubernetes.plugin  # noqa: PLC0415
    import airgap.postgresql.plugin  # noqa: F401, PLC0415
    from airgap.postgresql.provider import work  # noqa: PLC0415

    work()
    gc.freeze()  # collections in a plugin, its last above all, would copy every page that it shares


def _keep(connection: socket.socket) -> Task:
    """Fork the plugin that a launcher asks for, and stay until it has ended. Returns in the plugin's process alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if not is_ours(connection):
        os._exit(1)
    connection.sendall(READY)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as received:
        request = Request(*marshal.load(received))  # noqa: S302  # from this user
    if not request.fits():
        os._exit(1)
    connection.sendall(ACCEPTED)
    plugin = os.fork()
    os.setpgid(plugin, plugin)  # the engine signals to a plugin's group
    if not plugin:
        connection.close()
        return functools.partial(request.run, streams)
    for output in streams[1:]:
        os.close(output)
    _serve_launcher(connection, streams[0], plugin)
    os._exit(0)


def _serve_launcher(connection: socket.socket, engine: int, plugin: int) -> None:
    """Pass on the launcher's signals, and in the end the plugin's status. `engine` is the plugin's standard input."""
    ended = os.pidfd_open(plugin)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(connection, select.POLLIN)
    poll.register(engine, 0)  # tells when the engine, at the other end, is gone
    sent: set[int] = set()
    while ended not in (ready := {descriptor for descriptor, _ in poll.poll(_NUDGE if sent else None)}):
        if not ready:
            os.kill(plugin, NUDGING)
            continue
        if connection.fileno() not in ready:
            number = int(signal.SIGINT)
            poll.unregister(engine)
        elif passed_on := connection.recv(1):
            number = passed_on[0]
        else:  # the launcher is gone
            number = signal.SIGKILL
            poll.unregister(connection)
        if number not in sent:  # a second SIGINT would disturb the plugin's end
            os.killpg(plugin, number)
        sent.add(number)
    status = os.waitstatus_to_exitcode(os.waitpid(plugin, 0)[1])
    connection.sendall(bytes([status if status >= 0 else 128 - status]))
