"""The months ahead of the partitioned tables, which every `up` looks after.

What a partition is, and how one is made beside writers, is the database's own business: sql/schema/functions. Here it
is asked, and asked again where it gave up so that nobody had to wait for it.
"""

from __future__ import annotations

import datetime
import random
import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from infra.flyway.errors import FlywayError
from infra.flyway.server.session import Connect, Session, opened, reading, said

_TRIES = 5
_PAUSE_SECONDS = (0.5, 2.0)  # at random between the two, so that two runs do not meet again


def through(now: datetime.datetime, months: int) -> str:
    """The last month, as `2027-02`, that there are partitions for at `now` (UTC) with `months` ahead."""
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    return f"{year}-{month + 1:02d}"


@dataclass(frozen=True)
class State:
    """What the partitions lack: names of months to make, and a line for each DEFAULT partition that holds rows."""

    missing: tuple[str, ...]
    strays: tuple[str, ...]


def look(connect: Connect, schema: str, months: int) -> State:
    """What this month and `months` ahead lack. Changes nothing.

    Nothing is lacking where the schema has no functions to make any. Raises FlywayError for a missing privilege.
    """
    with reading(connect) as session:
        there = _functions(session, schema)
        missing = _names(session, schema, "missing_partitions", months) if "missing_partitions" in there else ()
        return State(missing, _strays(session, schema) if "stray_rows" in there else ())


def create(connect: Connect, schema: str, months: int) -> tuple[str, ...]:
    """Make what is missing, and return the names. A writer never waits for it longer than its lock_timeout.

    Raises FlywayError where a long transaction stood in the way of all tries.
    """
    tries = 0
    with opened(connect) as session:
        if "create_partitions" not in _functions(session, schema):
            return ()
        while True:
            tries += 1
            try:
                return _names(session, schema, "create_partitions", months)
            except psycopg.errors.LockNotAvailable as error:
                if tries == _TRIES:
                    raise FlywayError(f"partitions of {schema}: {said(error)}") from None
            time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311 - nothing to guess here


def _strays(session: Session, schema: str) -> tuple[str, ...]:
    query = sql.SQL("SELECT partition, first, last FROM {}()").format(sql.Identifier(schema, "stray_rows"))
    remedy = sql.SQL("SELECT {}();").format(sql.Identifier(schema, "move_stray_rows")).as_string()
    return tuple(
        f'"{partition}" holds rows of {first:%Y-%m-%d} to {last:%Y-%m-%d}, when no month was there for them: '
        f"as the owner run {remedy}"
        for partition, first, last in session.connection.execute(query).fetchall()
    )


def _names(session: Session, schema: str, function: str, months: int) -> tuple[str, ...]:
    query = sql.SQL("SELECT * FROM {}({})").format(sql.Identifier(schema, function), sql.Literal(months))
    return tuple(name for (name,) in session.connection.execute(query).fetchall())


def _functions(session: Session, schema: str) -> set[str]:
    """The functions that the schema has: a stack may run other migrations than ours, or none yet."""
    query = """
        SELECT p.proname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = %s
    """
    return {name for (name,) in session.connection.execute(query, (schema,)).fetchall()}
