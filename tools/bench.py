"""Measure what a user waits for: `python tools/bench.py [--without-setup]`, or `make bench`.

A no-op `up` is compared with that of an empty program, on the same engine, taking turns, so that both see the same
machine. Prints medians and the range of each.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
TURNS = 9
FIRST_UPS = 3
_PARTS = ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "infra", "sql")
_EMPTY = "name: empty\nruntime: {name: python, options: {virtualenv: .venv}}\n"


def main(*options: str) -> None:
    """Measure and print, one line for each figure."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-bench-") as folder:
        Path(folder).chmod(0o755)
        empty, full = Path(folder) / "empty", Path(folder) / "full"
        _empty(empty)
        first = [_first_up(full) for _ in range(FIRST_UPS)]
        try:
            _compare(empty, full)
        finally:
            _pulumi(full, "destroy", "--yes", "--skip-preview")
        _tell("first up, from a set-up machine", first)
        if "--without-setup" not in options:
            _tell("set-up, from nothing", [_set_up(Path(folder) / "clone")])


def _compare(empty: Path, full: Path) -> None:
    times: dict[str, list[float]] = {"empty": [], "full": []}
    for _ in range(TURNS):
        times["empty"].append(_timed(lambda: _pulumi(empty, "up", "--yes")))
        times["full"].append(_timed(lambda: _pulumi(full, "up", "--yes", "--expect-no-changes")))
    _tell("no-op up of an empty program", times["empty"])
    _tell("no-op up of this program", times["full"])
    ratio = statistics.median(times["full"]) / statistics.median(times["empty"])
    print(f"{'no-op up, this one : an empty one':<34} {ratio:6.2f}")


def _tell(what: str, times: list[float]) -> None:
    print(
        f"{what:<34} {statistics.median(times):6.2f} s  ({min(times):.2f} to {max(times):.2f}, {len(times)} times)",
        flush=True,
    )


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _empty(folder: Path) -> None:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(_EMPTY)
    (folder / "__main__.py").write_text("")
    _prepare(folder)
    _pulumi(folder, "up", "--yes")


def _first_up(folder: Path) -> float:
    """The time of the very first `up` of a new copy, which the last call leaves running."""
    if folder.exists():
        _pulumi(folder, "destroy", "--yes", "--skip-preview")
        shutil.rmtree(folder)
    folder.mkdir()
    for part in _PARTS:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    _prepare(folder)
    return _timed(lambda: _pulumi(folder, "up", "--yes"))


def _prepare(folder: Path) -> None:
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "state").mkdir()
    _pulumi(folder, "stack", "init", "dev")


def _pulumi(folder: Path, *arguments: str) -> None:
    environment = {"PULUMI_BACKEND_URL": f"file://{folder / 'state'}", "PULUMI_CONFIG_PASSPHRASE": "bench"}
    stack = ("--stack", "dev") if arguments[0] != "stack" else ()
    command = [ROOT / ".venv" / "bin" / "pulumi", *arguments, *stack, "--non-interactive"]
    # As users have it: Python keeps what it has compiled.
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def _set_up(folder: Path) -> float:
    """`make setup` in a new clone, with no cache of pip's or Go's to help."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    home = folder.with_name("home")
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if key not in ("GOCACHE", "GOMODCACHE", "MAKEFLAGS")}
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if not part.startswith(str(ROOT)))
    command = ["make", "setup", "AIRGAP=1"]
    return _timed(
        lambda: subprocess.run(command, cwd=folder, env={**kept, "HOME": str(home)}, check=True, stdout=sys.stderr)
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
