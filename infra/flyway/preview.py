"""Look at a database without touching it: its history, and what a run would do. All in READ ONLY transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from . import schemas
from .errors import ScriptError
from .history import Row
from .plan import Plan, plan
from .run import known_values, parse, read_rows
from .scan import Script
from .session import Connect, reading
from .settings import FlywaySettings


def read_history(connect: Connect, settings: FlywaySettings) -> tuple[Row, ...] | None:
    """The rows of the history, or None where there is no history table. Raises FlywayError where it cannot be read."""
    with reading(connect) as session:
        return read_rows(session, settings)


def schema_is_empty(connect: Connect, settings: FlywaySettings) -> bool:
    """Whether the schemas of the settings hold nothing that Flyway would take for somebody else's."""
    with reading(connect) as session:
        return schemas.are_empty(session.connection, settings.schemas)


def preview(connect: Connect, settings: FlywaySettings, scripts: tuple[Script, ...]) -> Plan:
    """The plan of a run now; its problems include those of pending scripts that could not run.

    Raises FlywayError where the history cannot be read.
    """
    with reading(connect) as session:
        rows = read_rows(session, settings)
        empty = schemas.are_empty(session.connection, settings.schemas)
        known = known_values(session, settings)
        planned = plan(scripts, rows, settings, schema_empty=empty, placeholders=known)
        return replace(planned, problems=planned.problems + tuple(mistakes(planned.pending, known)))


def mistakes(scripts: Iterable[Script], values: Mapping[str, str]) -> Iterator[str]:
    """What keeps `scripts` from running, found without a server: a line for each that has a mistake."""
    for script in scripts:
        try:
            parse(script, values)
        except ScriptError as error:
            yield str(error)
