"""What a launcher hands over to the standby, and how a process that is forked there becomes the launcher's plugin."""

from __future__ import annotations

import importlib
import io
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

# What may differ from the language host's environment: what shells set, and what the engine sets for a plugin.
_SHELLS = {b"_", b"PWD", b"OLDPWD", b"SHLVL"}
_ENGINES = b"PULUMI_"
NUDGING = signal.SIGCONT
"""A signal that changes nothing, but makes Python look for those before it.

It overlooks one that comes just before its main thread begins to wait for ever, as a dynamic provider's does.
"""


@dataclass(frozen=True)
class Request:
    """A plugin's name, and the arguments, the working directory and the environment of its launcher."""

    plugin: str
    arguments: list[str]
    folder: str
    environment: dict[bytes, bytes]

    def fits(self) -> bool:
        """Whether this process is as it would be had the launcher started it.

        Python and libraries read variables when they start, GRPC_* for one; but none of the engine's PULUMI_*. By
        those, though, Pulumi's launcher of dynamic resources chooses the interpreter.
        """
        if _lasting(self.environment) != _lasting(os.environb) or self.environment.get(b"PYTHONHOME"):
            return False
        return self.plugin != "dynamic" or (self._virtualenv.is_dir() and self._virtualenv.samefile(sys.prefix))

    def run(self, streams: list[int]) -> None:
        """Make this process the launcher's plugin, with standard streams that are open as `streams`, and run it."""
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(self.folder)
        os.environ.clear()
        os.environb.update(self.environment)
        if self.plugin == "dynamic":
            self._run_dynamic()
        else:
            self._run_provider()

    def _run_provider(self) -> None:
        plugin = importlib.import_module(f"airgap.{self.plugin}.plugin")  # imported already
        sys.argv[1:] = self.arguments
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        plugin.main()

    def _run_dynamic(self) -> None:
        """Do what Pulumi's launcher does: `python -u -m pulumi.dynamic` in the virtual environment."""
        os.environ["PULUMI_RUNTIME_VIRTUALENV"] = str(self._virtualenv)
        os.environ["PATH"] = f"{self._virtualenv}/bin:{os.environ.get('PATH', '')}"
        sys.argv[1:] = self.arguments
        sys.path[0] = self.folder  # in place of this project's folder, which the language host's launcher put there
        sys.stdout, sys.stderr = _unbuffered(sys.stdout), _unbuffered(sys.stderr)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(NUDGING, lambda _number, _frame: None)
        # What `-m` calls. It keeps the module __main__, which dill got hold of when it was imported.
        runpy._run_module_as_main("pulumi.dynamic")  # type: ignore[attr-defined]

    @property
    def _virtualenv(self) -> Path:
        option = os.fsdecode(self.environment.get(b"PULUMI_RUNTIME_VIRTUALENV", b""))
        return Path(self.folder, option) if option else Path(os.devnull)


def _lasting(environment: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: value for name, value in environment.items() if name not in _SHELLS and not name.startswith(_ENGINES)}


def _unbuffered(stream: TextIO) -> io.TextIOWrapper:
    raw = io.FileIO(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(raw, stream.encoding, stream.errors, write_through=True)
