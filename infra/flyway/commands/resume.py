"""Go on with a script outside a transaction that was begun, by a run that was killed.

Nobody knows which of its statements ran. So it is run from its beginning, where each of them can be: what an
interrupted statement has left behind goes first, and what is there already is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from infra.flyway.scripts.source import Source
from infra.flyway.server import indexes
from infra.flyway.server.session import said
from infra.flyway.statements.again import Again
from infra.flyway.statements.statement import Statement

_DROPPED = "index {} was left invalid by a run before: it was dropped, and built again"


@dataclass(frozen=True)
class Way:
    """Whether a statement is to run, and what there is to tell of that."""

    runs: bool = True
    told: tuple[str, ...] = ()


def make_way(connection: psycopg.Connection, source: Source, statement: Statement, *, resuming: bool) -> Way:
    """Drop the invalid indexes that stand in the way of `statement`; if `resuming`, look whether it has run already.

    An invalid index is of no use to anybody, and CREATE INDEX IF NOT EXISTS would take it for the real one. Raises
    ScriptError where one cannot be dropped.
    """
    again = statement.again or Again()
    spoilt: tuple[sql.Identifier, ...] = ()
    if again.builds and again.on and (found := indexes.state(connection, again.builds, again.on)):
        index, valid = found
        if valid:
            return Way(runs=not resuming)
        spoilt = (index,)
    if again.rebuilds:
        spoilt = indexes.transient(connection, again.rebuilds)
    for index in spoilt:
        _drop(connection, source, statement, index)
    if again.drops and resuming:
        return Way(runs=indexes.exists(connection, again.drops))
    return Way(told=tuple(_DROPPED.format(index.as_string(connection)) for index in spoilt))


def _drop(connection: psycopg.Connection, source: Source, statement: Statement, index: sql.Identifier) -> None:
    try:
        connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(index))
    except psycopg.Error as error:
        words = source.conceal(said(error))
        message = f"the invalid index {index.as_string(connection)} could not be dropped: {words}"
        raise source.error_at(statement.origin(), message, error.sqlstate) from error
