"""The shell scripts through which the engine starts this project's plugins.

The engine wants an executable file with a fixed name. A script with `#!` would not do: the kernel splits that line at
spaces, so that a path with one in it could not be started.
"""

from __future__ import annotations

import shlex
from pathlib import Path


def launcher(python: Path, root: Path, module: str, *arguments: str) -> str:
    """Return a script that calls `main(*arguments)` of a module below `root`, with any characters in the paths.

    The module is put in reach within the process rather than with PYTHONPATH, which its children would inherit.
    Until the module handles SIGINT, the signal ends the process without a traceback.
    """
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
        f"sys.path.insert(0, {str(root)!r}); from {module} import main; main({', '.join(map(repr, arguments))})"
    )
    return f'#!/bin/sh\nexec {shlex.quote(str(python))} -P -c {shlex.quote(code)} "$@"\n'


def warm_launcher(python: Path, root: Path, plugin: str, ordinary: Path) -> str:
    """Return a script that takes a plugin from the language host's standby, and else runs its ordinary launcher."""
    client = [python, "-I", "-S", root / "airgap/standby_client.py", plugin, ordinary]
    return f'#!/bin/sh\nexec {shlex.join(map(str, client))} "$@"\n'


def write(path: Path, script: str) -> None:
    """Put a script in place as an executable file, all at once. A file that holds it already is left alone."""
    if path.is_file() and path.read_text() == script:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(script)
    unfinished.chmod(0o755)
    unfinished.replace(path)
