"""Look at a database without touching it: its history, and what a run would do. All in READ ONLY transactions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from . import schemas
from .history import Row
from .plan import Plan, plan
from .run import known_values, read_rows
from .scan import Script
from .session import Connect, Session, opened
from .settings import FlywaySettings


def read_history(connect: Connect, settings: FlywaySettings) -> tuple[Row, ...] | None:
    """The rows of the history, or None where there is no history table. Raises FlywayError where it cannot be read."""
    with _read_only(connect) as session:
        return read_rows(session, settings)


def schema_is_empty(connect: Connect, settings: FlywaySettings) -> bool:
    """Whether the schemas of the settings hold nothing that Flyway would take for somebody else's."""
    with _read_only(connect) as session:
        return schemas.are_empty(session.connection, settings.schemas)


def preview(connect: Connect, settings: FlywaySettings, scripts: tuple[Script, ...]) -> Plan:
    """The plan of a run now. Raises FlywayError where the history cannot be read; what it says is in the plan."""
    with _read_only(connect) as session:
        rows = read_rows(session, settings)
        empty = schemas.are_empty(session.connection, settings.schemas)
        known = known_values(session, settings)
        return plan(scripts, rows, settings, schema_empty=empty, placeholders=known)


@contextlib.contextmanager
def _read_only(connect: Connect) -> Iterator[Session]:
    with opened(connect) as session:
        session.connection.read_only = True
        with session.connection.transaction():
            yield session
