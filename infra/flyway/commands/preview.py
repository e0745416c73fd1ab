"""Look at a database without touching it: its history, and what a run would do.

All of it is in READ ONLY transactions, but for initSql, which runs before, as at the start of each session.

This is where a stack is stricter than Flyway: nothing is to run unless all of it can be read.
"""

from __future__ import annotations

from infra.flyway.commands.command import command_on, initial_sql, read_rows
from infra.flyway.errors import FlywayError
from infra.flyway.planning.plan import plan
from infra.flyway.planning.rows import Row
from infra.flyway.scripts.scan import Found
from infra.flyway.server.session import Connect, Session, reading
from infra.flyway.settings import FlywaySettings
from infra.flyway.statements import prepare


def read_history(connect: Connect, settings: FlywaySettings) -> tuple[Row, ...] | None:
    """The rows of the history, or None where there is no history table. Raises FlywayError where it cannot be read."""
    with reading(connect, initial_sql(settings)) as session:
        return read_rows(session, session.settle(settings))


def problems(connect: Connect, settings: FlywaySettings, found: Found) -> tuple[str, ...]:
    """What would keep a run from going through, a line each; the mistakes in pending scripts are among them.

    Raises DatabaseError where the history cannot be read.
    """
    with reading(connect, initial_sql(settings)) as session:
        return problems_on(session, settings, found)


def problems_on(session: Session, settings: FlywaySettings, found: Found) -> tuple[str, ...]:
    """As problems(), on a session that is open. It writes nothing."""
    command = command_on(session, settings, found)
    situation = command.situation()
    try:
        planned = plan(found.scripts, situation, command.settings, command.values)
    except FlywayError as error:
        return (str(error),)
    mistakes = prepare.mistakes(
        planned.pending, command.settings, command.values, planned.interrupted, situation.holder
    )
    return (*map(str, planned.problems), *map(str, mistakes))
