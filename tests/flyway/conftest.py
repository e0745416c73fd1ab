"""A project under test: a folder of scripts and a real, empty database."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.flyway.commands.command import Command, begun
from infra.flyway.commands.preview import read_history
from infra.flyway.commands.run import Outcome, migrate
from infra.flyway.planning.rows import Row
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings


@dataclass(frozen=True)
class Project:
    """Scripts in a folder, and the database that they are for."""

    folder: Path
    database: Mapping[str, Any]

    def write(self, **scripts: str) -> None:
        """Write scripts; the names come without their .sql."""
        for name, text in scripts.items():
            (self.folder / f"{name}.sql").write_text(text)

    def settings(self, **settings: Any) -> FlywaySettings:
        return FlywaySettings(**{"locations": (f"filesystem:{self.folder}",), "schemas": ("app",), **settings})

    def connect(self, **other: Any) -> psycopg.Connection:
        return psycopg.connect(**{**self.database, **other})

    def migrate(self, **settings: Any) -> Outcome:
        chosen = self.settings(**settings)
        return migrate(self.connect, chosen, self.scan(**settings), parse_first=True)

    def scan(self, **settings: Any) -> Found:
        return scan_strictly(self.settings(**settings), self.folder)

    def apply(self, **settings: Any) -> list[str]:
        """Migrate; the names of the scripts that were applied."""
        return [one.script for one in self.migrate(**settings).applied]

    def begin(self, **settings: Any) -> AbstractContextManager[Command]:
        """A command under way on the project's database."""
        return begun(self.connect, self.settings(**settings), Found())

    def rows(self, **settings: Any) -> tuple[Row, ...]:
        """The history of scripts: all rows but the one for the schema."""
        rows = read_history(self.connect, self.settings(**settings)) or ()
        return tuple(row for row in rows if row.type != "SCHEMA")

    def tables(self) -> list[str]:
        """The tables in the schema `app` without the history."""
        query = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'app' ORDER BY 1"
        return [name for (name,) in self.sql(query) if name != "flyway_schema_history"]

    def sql(self, *queries: str) -> list[tuple[Any, ...]]:
        """Run queries as superuser; the rows of the last one."""
        with self.connect(autocommit=True) as connection:
            for query in queries:
                cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description is not None else []  # SELECT FROM has no columns

    def until(self, condition: str) -> None:
        """Wait until a query's condition holds, for as long as a slow machine may need."""
        deadline = time.monotonic() + 60
        while self.sql(f"SELECT {condition}") != [(True,)]:
            assert time.monotonic() < deadline, f"never: {condition}"
            time.sleep(0.01)


@pytest.fixture
def project(tmp_path: Path, database: dict[str, object]) -> Project:
    return Project(tmp_path, database)


@pytest.fixture
def role(project: Project) -> Iterator[str]:
    """A role that may log in, with the password x, and nothing else."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    project.sql(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    yield name
    project.sql(f"DROP OWNED BY {name}", f"DROP ROLE {name}")
