"""The programs that the benchmark of scripts compares: this project's command, Flyway and goose.

Each is measured as its user has it: a process of its own, from the command line to its end.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.bench import ROOT

OURS = "ours"
FLYWAY = "CREATIVEFLOW_FLYWAY"
"""The variable that names real Flyway: a program that takes its arguments, `migrate -url=jdbc:…` and so on."""
GOOSE = "v3.29.0"
_GOOSE_TAGS = "no_azuresql no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb"  # what is left: pgx


@dataclass(frozen=True)
class Database:
    """A database on this machine, and how its superuser `postgres` logs in."""

    port: int
    name: str
    password: str


@dataclass(frozen=True)
class Program:
    """A program that applies scripts. `heading` is what its scripts begin with, after `V<number>__` or another name."""

    name: str
    command: Callable[[Database, Path], list[str]]
    script_name: str = "V{}__Add_table.sql"
    heading: str = ""

    def write(self, folder: Path, count: int) -> Path:
        """Write `count` scripts of one table each into a new folder, and return that."""
        scripts = folder / self.name
        scripts.mkdir()
        for number in range(1, count + 1):
            table = f"CREATE TABLE table_{number} (id integer NOT NULL);\n"
            (scripts / self.script_name.format(number)).write_text(self.heading + table)
        return scripts

    def run(self, database: Database, scripts: Path) -> None:
        """Apply what is pending. Ends this process, with what the program said, where that fails."""
        # As users have it: Python keeps what it has compiled.
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        with tempfile.TemporaryFile("w+") as said:  # a pipe would keep a second core busy with reading it
            done = subprocess.run(
                self.command(database, scripts), cwd=ROOT, env=inherited, stdout=said, stderr=subprocess.STDOUT
            )
            if done.returncode:
                said.seek(0)
                sys.exit(f"{self.name}: {said.read()}")


@functools.cache
def ours() -> Program:
    """This project's command."""
    return Program(OURS, lambda *given: [sys.executable, "-m", "infra.flyway", *_arguments(*given)])


def flyway() -> Program | None:
    """Real Flyway, or None where the environment names none."""
    program = os.environ.get(FLYWAY)
    return Program("Flyway", lambda *given: [program, *_arguments(*given)]) if program else None


def goose() -> Program | None:
    """goose, which is built from the Go module proxy for the first run; None without Go."""
    folder = ROOT / ".local" / f"goose-{GOOSE}"
    if not (folder / "goose").exists() and not _build_goose(folder):
        return None

    def command(database: Database, scripts: Path) -> list[str]:
        uri = f"postgres://postgres:{database.password}@127.0.0.1:{database.port}/{database.name}?sslmode=disable"
        return [str(folder / "goose"), "-dir", str(scripts), "postgres", uri, "up"]

    return Program("goose", command, "{:05}_add_table.sql", "-- +goose Up\n")


def _arguments(database: Database, scripts: Path) -> list[str]:
    return [
        "migrate",
        f"-url=jdbc:postgresql://127.0.0.1:{database.port}/{database.name}",
        *("-user=postgres", f"-password={database.password}"),
        *(f"-locations=filesystem:{scripts}", "-schemas=public"),
    ]


def _build_goose(folder: Path) -> bool:
    go = shutil.which("go")
    if go is None:
        return False
    build = [go, "install", "-tags", _GOOSE_TAGS, f"github.com/pressly/goose/v3/cmd/goose@{GOOSE}"]
    done = subprocess.run(build, cwd=ROOT, env={**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"})
    if done.returncode:
        sys.exit("goose could not be built: see what go said")
    return True
