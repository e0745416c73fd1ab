"""`python -m infra.flyway` in this process: scripts in a folder, a server at a port, and what the command says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.flyway.__main__ import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its code, its lines of output and of errors, and after how many seconds."""

    code: int
    out: list[str]
    errors: list[str]
    seconds: float

    def error(self) -> str:
        """The one line of a command that failed."""
        assert self.code == 1, self
        assert len(self.errors) == 1, self
        return self.errors[0]


@dataclass(frozen=True)
class Command:
    """The command on a database, from the folder of its scripts."""

    folder: Path
    database: Mapping[str, Any]
    capture: pytest.CaptureFixture[str]

    def write(self, **scripts: str) -> None:
        for name, text in scripts.items():
            (self.folder / f"{name}.sql").write_text(text)

    def run(self, name: str, *arguments: str, host: str = "127.0.0.1", port: int | None = None) -> Ended:
        """Run it by way of `port`, where one is given."""
        login = self.database
        url = f"-url=jdbc:postgresql://{host}:{port or login['port']}/{login['dbname']}"
        where = [f"-locations=filesystem:{self.folder}", "-schemas=app"]
        started = time.monotonic()
        code = main([name, url, f"-user={login['user']}", f"-password={login['password']}", *where, *arguments], {})
        seconds = time.monotonic() - started
        said = self.capture.readouterr()
        return Ended(code, said.out.splitlines(), said.err.splitlines(), seconds)

    def applied(self) -> list[str]:
        """The scripts that the history says are applied, in order."""
        query = "SELECT script FROM app.flyway_schema_history WHERE type = 'SQL' AND success ORDER BY installed_rank"
        with psycopg.connect(**self.database) as connection:
            return [script for (script,) in connection.execute(query)]
