"""Find values that satisfy a table's checks, by asking the server: no parser knows what a condition means.

For each check in turn, values of its columns are tried, from likely to unlikely, until it holds together with those
before it. What cannot be satisfied so is told, and passed over.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from infra.review.rows.tables import Check, Column, Table
from infra.review.rows.values import candidates

_TRIES = 400
_SAMPLE = (1, 2, 3, 4, 5, 6, 7, 10, 11, 99, 100, 101, 999, 1000, 1001, 31337, 99_999, 100_000, 999_999, 1_000_000)


def satisfy(
    connection: psycopg.Connection, table: Table, values: dict[int, str], fixed: frozenset[int]
) -> tuple[str, ...]:
    """Change `values`, expressions by the number of the column, to satisfy the checks. Returns those that they do not.

    The columns in `fixed` are parts of foreign keys, and stay as they are. `connection` is in autocommit.
    """
    columns = {column.number: column for column in table.columns}
    held: list[Check] = []
    failed = []
    for check in table.checks:
        choices = {
            number: _choices(table, columns[number], check, values.get(number) if number in fixed else None)
            for number in check.columns
            if not columns[number].filled
        }
        if _satisfied(connection, table, values, [*held, check], choices):
            held.append(check)
        else:
            failed.append(check.name)
    return tuple(failed)


def _choices(table: Table, column: Column, check: Check, fixed: str | None) -> list[str]:
    """What a column may hold to satisfy a check; a part of a foreign key may only be NULL instead."""
    if fixed is not None:
        return [fixed, "NULL"] if column.nullable else [fixed]
    unique = any(column.number in key for key in table.unique)
    return candidates(column, (check.condition,), unique=unique)


def _satisfied(
    connection: psycopg.Connection,
    table: Table,
    values: dict[int, str],
    checks: Sequence[Check],
    choices: Mapping[int, Sequence[str]],
) -> bool:
    if _holds(connection, table, values, checks):
        return True
    types = {column.number: column.type for column in table.columns}
    for choice in itertools.islice(itertools.product(*choices.values()), _TRIES):
        tried = {number: f"({value})::{types[number]}" for number, value in zip(choices, choice, strict=True)}
        if _holds(connection, table, {**values, **tried}, checks):
            values.update(tried)
            return True
    return False


def _holds(connection: psycopg.Connection, table: Table, values: Mapping[int, str], checks: Sequence[Check]) -> bool:
    """Whether some rows with `values` satisfy `checks`. A value that its type does not take satisfies nothing."""
    selected = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(
            _raw(values.get(column.number, _left_to_the_server(column))), sql.Identifier(column.name)
        )
        for column in table.columns
    )
    conditions = sql.SQL(" AND ").join(_raw(f"coalesce(({check.condition}), true)") for check in checks)
    query = sql.SQL("SELECT bool_and({}) FROM (SELECT {} FROM unnest({}::integer[]) AS s (g)) AS row").format(
        conditions, selected, sql.Literal(list(_SAMPLE))
    )
    try:
        row = connection.execute(query).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _left_to_the_server(column: Column) -> str:
    """What a column gets that an INSERT leaves out; of a generated one nobody knows."""
    return column.default if column.default and not column.filled else f"NULL::{column.type}"


def _raw(text: str) -> sql.SQL:
    """An expression that this module or PostgreSQL has written, as it is."""
    return sql.SQL(text)
