"""What a user waits for: a no-op `up`, the first one, and the set-up.

A no-op `up` is compared with that of an empty program, on the same engine, taking turns, so that both see the same
machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.bench import ROOT, tell, tell_ratio, timed

TURNS = 9
FIRST_UPS = 3
_PARTS = ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "infra", "sql")
_EMPTY = "name: empty\nruntime: {name: python, options: {virtualenv: .venv}}\n"


def measure() -> None:
    """Measure and print `up`, the first and one with nothing to do."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-bench-") as folder:
        Path(folder).chmod(0o755)
        empty, full = Path(folder) / "empty", Path(folder) / "full"
        _empty(empty)
        first = [first_up(full) for _ in range(FIRST_UPS)]
        try:
            _compare(empty, full)
        finally:
            pulumi(full, "destroy", "--yes", "--skip-preview")
        tell("first up, from a set-up machine", first)


def measure_setup() -> None:
    """Measure and print `make setup` in a new clone, with no cache of pip's or Go's to help."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-bench-") as folder:
        tell("set-up, from nothing", [_set_up(Path(folder))])


def _compare(empty: Path, full: Path) -> None:
    times: dict[str, list[float]] = {"empty": [], "full": []}
    for _ in range(TURNS):
        times["empty"].append(timed(lambda: pulumi(empty, "up", "--yes")))
        times["full"].append(timed(lambda: pulumi(full, "up", "--yes", "--expect-no-changes")))
    tell("no-op up of an empty program", times["empty"])
    tell("no-op up of this program", times["full"])
    tell_ratio("no-op up, this one : an empty one", times["full"], times["empty"])


def _empty(folder: Path) -> None:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(_EMPTY)
    (folder / "__main__.py").write_text("")
    _prepare(folder)
    pulumi(folder, "up", "--yes")


def first_up(folder: Path) -> float:
    """The time of the very first `up` of a new copy, which the last call leaves running."""
    if folder.exists():
        pulumi(folder, "destroy", "--yes", "--skip-preview")
        shutil.rmtree(folder)
    folder.mkdir()
    for part in _PARTS:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    _prepare(folder)
    return timed(lambda: pulumi(folder, "up", "--yes"))


def _prepare(folder: Path) -> None:
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "state").mkdir()
    pulumi(folder, "stack", "init", "dev")


def pulumi(folder: Path, *arguments: str) -> None:
    """Run a command on the stack `dev` of a folder that first_up() has made. Exits with what it says where it fails."""
    environment = {"PULUMI_BACKEND_URL": f"file://{folder / 'state'}", "PULUMI_CONFIG_PASSPHRASE": "bench"}
    stack = ("--stack", "dev") if arguments[0] != "stack" else ()
    command = [ROOT / ".venv" / "bin" / "pulumi", *arguments, *stack, "--non-interactive"]
    # As users have it: Python keeps what it has compiled.
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def _set_up(folder: Path) -> float:
    clone, home = folder / "clone", folder / "home"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if key not in ("GOCACHE", "GOMODCACHE", "MAKEFLAGS")}
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if not part.startswith(str(ROOT)))
    command = ["make", "setup", "AIRGAP=1"]
    return timed(
        lambda: subprocess.run(command, cwd=clone, env={**kept, "HOME": str(home)}, check=True, stdout=sys.stderr)
    )
