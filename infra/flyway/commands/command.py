"""What every command does with its connection: settle the settings, look at the database, make what is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from infra.flyway.commands.fire import Callbacks
from infra.flyway.planning.plan import Situation, missing_schemas
from infra.flyway.planning.rows import Entry, Row, baseline_entry, schema_entry
from infra.flyway.scripts.placeholders import marks_of, placeholder_values
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.source import Source
from infra.flyway.server import history, lock, schemas
from infra.flyway.server.session import Connect, Session, opened
from infra.flyway.settings import FlywaySettings


@dataclass(frozen=True)
class Command:
    """A command under way: its connection, the settings as they are on it, values of placeholders, and callbacks."""

    session: Session
    settings: FlywaySettings
    values: dict[str, str]
    callbacks: Callbacks

    @property
    def connection(self) -> psycopg.Connection:
        return self.session.connection

    def situation(self) -> Situation:
        """What the database has. Raises DatabaseError where the role may not read the history."""
        settings = self.settings
        # Before the history: a schema that another run fills meanwhile is not one of somebody else's.
        found = schemas.survey(self.connection, settings.managed_schemas)
        rows = read_rows(self.session, settings)
        holder = None
        if any(row.interrupted for row in rows or ()):
            holder = lock.holder(self.connection, settings.default_schema, settings.table)
        return Situation(rows, found, holder)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold Flyway's lock for the length of the block. Raises LockTimeout."""
        settings = self.settings
        seconds = None if settings.lock_retry_count < 0 else float(settings.lock_retry_count)
        with lock.held(self.connection, settings.default_schema, settings.table, seconds):
            yield

    def create(self, situation: Situation, *, baseline: bool, baseline_first: bool = False) -> None:
        """Make the missing schemas and the history, with the baseline's row where it is asked for. The lock is held.

        The row for the schemas has rank 0 in a new history; `baseline_first` puts it after the baseline's, as Flyway's
        `baseline` does (recorded: tests/flyway/cases/baseline_command_schema).
        """
        missing = missing_schemas(situation, self.settings)
        with self.connection.transaction():
            schemas.create(self.session, missing)
            if situation.rows is None:
                self._create_history()
            if baseline and baseline_first:
                self._add(baseline_entry(self.settings))
            if missing:
                first = situation.rows is None and not baseline
                self._add(schema_entry(missing), rank=0 if first else None)
            if baseline and not baseline_first:
                self._add(baseline_entry(self.settings))

    def _create_history(self) -> None:
        remedy = sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(
            sql.Identifier(self.settings.default_schema), sql.Identifier(self.session.role)
        )
        step = "create the history"
        with self.session.doing(step), self.session.privileged(remedy, step):
            history.create(self.connection, self.settings)

    def _add(self, entry: Entry, rank: int | None = None) -> None:
        with self.session.doing("write the history"):
            history.insert(self.connection, self.settings, entry, self.session.role, rank)


@contextlib.contextmanager
def begun(connect: Connect, settings: FlywaySettings, found: Found) -> Iterator[Command]:
    """A command on a new connection, which is closed after the block; the callbacks of afterConnect have run."""
    with opened(connect, initial_sql(settings)) as session:
        command = command_on(session, settings, found)
        command.callbacks.fire("afterConnect")
        yield command


def command_on(session: Session, settings: FlywaySettings, found: Found) -> Command:
    """A command on a session that is open."""
    settled = session.settle(settings)
    values = known_values(session, settled)
    return Command(session, settled, values, Callbacks(session, settled, values, found.callbacks))


def known_values(session: Session, settings: FlywaySettings) -> dict[str, str]:
    """The values of the placeholders in this session."""
    prefix = f"flyway{settings.placeholder_separator}"
    of_the_process = {f"{prefix}workingdirectory": str(Path.cwd()), f"{prefix}environment": "default"}
    known = placeholder_values(settings, user=session.role, database=session.database, timestamp=session.started)
    return of_the_process | known


def initial_sql(settings: FlywaySettings) -> Source | None:
    """initSql with the placeholders of the settings."""
    if not settings.init_sql:
        return None
    values = placeholder_values(settings) if settings.placeholder_replacement else None
    return Source("initSql", settings.init_sql.encode(), values, marks_of(settings))


def read_rows(session: Session, settings: FlywaySettings) -> tuple[Row, ...] | None:
    """The history, or None where there is none. Raises DatabaseError where the role may not read it."""
    remedy = sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {table} TO {role}").format(
        schema=sql.Identifier(settings.default_schema),
        table=sql.Identifier(settings.default_schema, settings.table),
        role=sql.Identifier(session.role),
    )
    step = "read the history"
    with session.doing(step), session.privileged(remedy, step):
        return history.read(session.connection, settings)
