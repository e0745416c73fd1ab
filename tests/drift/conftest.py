"""A database that has been migrated and recorded, to change and roll back in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from infra.catalog.drafting.scripts import Draft
from infra.drift.compare import Drift
from infra.drift.look import Sight, look, one_moment, record, unadopted
from infra.drift.official import official
from infra.flyway.commands.run import migrate
from infra.flyway.scripts.scan import Found, scan
from infra.flyway.server.session import Connect, Session, opened
from infra.flyway.settings import FlywaySettings
from tests.schema.scripts import SCHEMA, SQL, Login, connect
from tests.servers import ROOT, temporary_database

SETTINGS = FlywaySettings(locations=("filesystem:sql/migrations",), schemas=(SCHEMA,))
FOUND = scan(SETTINGS, ROOT)


@dataclass(frozen=True)
class Database:
    """A session in a database, and the ways to look at it."""

    session: Session

    def change(self, statements: str) -> None:
        self.session.enter(SCHEMA)
        self.session.connection.execute(statements.encode())

    def value(self, query: str) -> str:
        row = self.session.connection.execute(query.encode()).fetchone()
        assert row is not None
        return str(row[0])

    def look(self) -> Drift:
        return self.sight().drift

    def sight(self) -> Sight:
        return look(self.session, SETTINGS, names(FOUND))


@dataclass(frozen=True)
class Scripts:
    """A folder of scripts."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def found(self) -> Found:
        return scan(FlywaySettings(locations=(f"filesystem:{self.folder}",), schemas=(SCHEMA,)), self.folder)


def names(found: Found) -> set[str]:
    return {script.script for script in found.scripts}


def connecting(login: Login) -> Connect:
    return lambda: psycopg.connect(**login)  # type: ignore[arg-type]


def run(login: Login, found: Found = FOUND) -> None:
    """Migrate and record, as a stack does that lets drift pass."""
    with one_moment(connecting(login), SETTINGS) as session:
        before = look(session, SETTINGS, names(found))
    try:
        migrate(connecting(login), SETTINGS, found)
    finally:
        record(connecting(login), SETTINGS, before, found)


def drift_of(login: Login, found: Found = FOUND) -> Drift:
    """The drift that stops a run with these scripts."""
    with one_moment(connecting(login), SETTINGS) as session:
        seen = look(session, SETTINGS, names(found))
    return unadopted(seen, found).drift


def adopted_draft(sight: Sight) -> Draft:
    """What `make adopt` writes of it."""
    assert sight.catalog is not None
    assert sight.drift.expected is not None
    return official(sight.drift.expected, sight.catalog)


@pytest.fixture(scope="session")
def recorded(admin: psycopg.Connection) -> Iterator[Login]:
    """A database with the project's migrations, a month and a record of both, shared by the tests of this run."""
    with temporary_database(admin) as login:
        run(login)
        with connect(login) as connection:
            connection.execute("SELECT create_partitions(0, '2001-02-01')")
        run(login)
        yield login


@pytest.fixture
def database(recorded: Login) -> Iterator[Database]:
    """That database, in a transaction that is rolled back after the test."""
    with opened(connecting(recorded)) as session, session.connection.transaction(force_rollback=True):
        yield Database(session)


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """A copy of the migrations, to add to."""
    shutil.copytree(SQL / "migrations", tmp_path, dirs_exist_ok=True)
    return Scripts(tmp_path)
