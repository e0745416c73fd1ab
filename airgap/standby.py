"""A process that has imported what plugins in Python need before the engine asks for them.

The engine starts a plugin when the program registers the plugin's first resource, and then all wait for the plugin's
imports. The language host has most of them from its own start. So it forks this standby before it serves: the standby
imports the rest while the program is still starting, and forks a plugin whenever a launcher hands itself over:

    engine ── language host ┄┄ standby ┄┄ keeper ── plugin     ┄┄ a process group of its own
          └── launcher (standby_client.py) ══════╝             ══ signals to the plugin, its exit status back

Whatever goes wrong before a plugin has begun makes the launcher start it in the ordinary way. The standby ends with the
language host, a plugin with its launcher. Linux only, for its abstract sockets.
"""

from __future__ import annotations

import io
import marshal
import os
import runpy
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from airgap.standby_client import ACCEPTED, READY, address, is_ours

Plugin = Callable[[], None]

# Set by shells on their own. What else differs between the language host's environment and a plugin's, begins thus:
_SHELL = {b"_", b"PWD", b"OLDPWD", b"SHLVL"}
_PULUMI = b"PULUMI_"


@dataclass(frozen=True)
class Request:
    """What a launcher hands over."""

    plugin: str
    arguments: list[str]
    folder: str
    environment: dict[bytes, bytes]

    def fits(self) -> bool:
        """Whether this process, had it been started by the launcher, would be as it is.

        Libraries read variables while they are imported, GRPC_* for one, but none of the engine's PULUMI_*. Pulumi's
        launcher of dynamic resources chooses the interpreter by the engine's variables.
        """
        if _lasting(self.environment) != _lasting(os.environb) or self.environment.get(b"PYTHONHOME"):
            return False
        if self.plugin != "dynamic":
            return True
        virtualenv = self._virtualenv()
        return virtualenv is not None and virtualenv.exists() and virtualenv.samefile(sys.prefix)

    def _virtualenv(self) -> Path | None:
        option = os.fsdecode(self.environment.get(b"PULUMI_RUNTIME_VIRTUALENV", b""))
        return Path(self.folder, option) if option else None

    def become(self, streams: list[int]) -> Plugin:
        """Make this process what the launcher would have made, and return what it is to run."""
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(self.folder)
        os.environ.clear()
        os.environb.update(self.environment)
        return self._dynamic() if self.plugin == "dynamic" else self._postgresql()

    def _postgresql(self) -> Plugin:
        from airgap.postgresql import plugin  # noqa: PLC0415  # imported already, in the standby

        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.argv = ["-c", *self.arguments]
        return plugin.main

    def _dynamic(self) -> Plugin:
        """What Pulumi's launcher does: `PATH=… python -u -m pulumi.dynamic ARGUMENT...`."""
        virtualenv = str(self._virtualenv())
        os.environ["PULUMI_RUNTIME_VIRTUALENV"] = virtualenv
        os.environ["PATH"] = os.pathsep.join([f"{virtualenv}/bin", os.environ.get("PATH", "")])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["-m", *self.arguments]
        sys.path[0] = self.folder
        sys.stdout = _unbuffered(sys.stdout)
        sys.stderr = _unbuffered(sys.stderr)
        # In the module __main__ that is there, as `-m` does it: dill has taken hold of it.
        return lambda: runpy._run_module_as_main("pulumi.dynamic")  # type: ignore[attr-defined]


def start(engine: str) -> Plugin | None:
    """Fork the standby for the plugins of one engine. To be called before this process has threads.

    Returns None; and, like a fork, once more in each new plugin's process: what that is to run.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return None
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(address(engine))
        listener.listen()
        os.close(os.pidfd_open(os.getpid()))  # not every kernel has it
    except OSError:
        listener.close()
        return None
    host, alive = os.pipe()
    if os.fork():
        listener.close()
        os.close(host)
        return None  # `alive` stays open until this process ends
    try:
        os.close(alive)
        return _wait(listener, host)
    except BaseException:
        os._exit(1)


def _wait(listener: socket.socket, host: int) -> Plugin:
    os.setpgid(0, 0)  # the engine interrupts the language host's group
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # the engine waits until nobody holds what it reads from
        os.dup2(nothing, number)
    os.close(nothing)
    _import()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a keeper ended
    while listener in select.select([listener, host], [], [])[0]:
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            os.close(host)
            return _keep(connection)
        connection.close()
    os._exit(0)


def _import() -> None:
    import dill  # type: ignore[import-untyped]  # noqa: F401, PLC0415
    import pulumi.dynamic  # noqa: PLC0415
    import pulumi.runtime._serialization  # noqa: F401, PLC0415

    from airgap.postgresql import plugin  # noqa: PLC0415

    plugin.work()


def _keep(connection: socket.socket) -> Plugin:
    """Fork the plugin, and keep it until it has ended or its launcher is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if not is_ours(connection):
        os._exit(1)
    connection.sendall(READY)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as file:
        request = Request(*marshal.load(file))
    if not request.fits():
        os._exit(1)
    connection.sendall(ACCEPTED)
    plugin = os.fork()
    os.setpgid(plugin, plugin)  # the engine interrupts a plugin's group
    if not plugin:
        connection.close()
        return request.become(streams)
    ...
    os._exit(0)


def _lasting(environment: object) -> object: ...
def _unbuffered(stream: io.TextIOWrapper) -> io.TextIOWrapper: ...
