"""Fill the tables that pending scripts touch, and those that their foreign keys need, with generated rows.

The server makes them, all of a table in one INSERT. Triggers do not fire (session_replication_role is replica). Rows
that a unique index refuses are left out. A check that no value was found for is passed over: the table is filled as if
it had no checks, which is told.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from infra.review.facts import Filled
from infra.review.rows import load
from infra.review.rows.checks import satisfy
from infra.review.rows.tables import Column, Reference, Table
from infra.review.rows.values import key, usual

MOST = 1_000_000
"""The most rows that a table gets: times grow with the rows, and somebody waits for the review."""
_NAMES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY (%s)
"""
_PARENTS = 1000
_MANY = 10_000  # from here on an index is built faster than it is kept


@dataclass(frozen=True)
class Wanted:
    """How many rows to make: `each` in tables that are touched, or as many as `estimates` has for the table."""

    each: int = 1
    estimates: Mapping[str, int] | None = None

    def of(self, table: Table) -> int:
        """How many rows a table that is touched gets."""
        known = (self.estimates or {}).get(table.name, (self.estimates or {}).get(f"{table.schema}.{table.name}"))
        return min(self.each if known is None else known, MOST)


def fill(
    connection: psycopg.Connection, tables: Mapping[int, Table], touched: Iterable[int], wanted: Wanted
) -> tuple[Filled, ...]:
    """Fill the tables of the oids `touched`. `connection` is a superuser's, in autocommit."""
    counts = {oid: wanted.of(tables[oid]) for oid in touched if oid in tables}
    for oid in list(counts):
        _add_parents(tables, oid, counts, set())
    connection.execute("SET session_replication_role = replica")
    try:
        done = [
            _fill(connection, tables, tables[oid], counts) for oid in sorted(counts, key=lambda oid: tables[oid].shown)
        ]
    finally:
        connection.execute("SET session_replication_role = origin")
    for oid in counts:
        connection.execute(sql.SQL("ANALYZE {}").format(tables[oid].identifier))
    return tuple(done)


def empty(connection: psycopg.Connection, tables: Iterable[int]) -> None:
    """Remove the rows of the tables of these oids again, and those that refer to them, whatever they are called now."""
    if names := [sql.Identifier(*row) for row in connection.execute(_NAMES, (list(tables),)).fetchall()]:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))


def _add_parents(tables: Mapping[int, Table], oid: int, counts: dict[int, int], seen: set[int]) -> None:
    """Rows for what a table refers to: as many as its own up to a limit, which is enough to be joined with."""
    seen.add(oid)
    for reference in tables[oid].references:
        if reference.target not in tables or reference.target in seen:
            continue
        counts.setdefault(reference.target, min(counts[oid], _PARENTS))
        _add_parents(tables, reference.target, counts, seen)


def _fill(
    connection: psycopg.Connection, tables: Mapping[int, Table], table: Table, counts: Mapping[int, int]
) -> Filled:
    count, keys = counts[table.oid], _keys(tables, table, counts)
    values, unknown = {**_others(table, keys), **keys}, _unknown(table, keys)
    if unknown:
        kinds = ", ".join(f"{column.name} ({column.type})" for column in unknown)
        return Filled(table.shown, 0, problem=f"no values are known for {kinds}")
    passed_over = satisfy(connection, table, values, _shared(tables, table)) if count else ()
    return _make(connection, table, values, count, passed_over)


def _make(
    connection: psycopg.Connection, table: Table, values: Mapping[int, str], count: int, passed_over: tuple[str, ...]
) -> Filled:
    """Make the rows as if the checks `passed_over` were not, and if one more refuses them, as if that were not."""
    try:
        return Filled(table.shown, _insert(connection, table, values, count, bool(passed_over)), None, passed_over)
    except psycopg.Error as error:
        check = error.diag.constraint_name  # that there is no partition for a row violates a check without a name
        if isinstance(error, psycopg.errors.CheckViolation) and check and not passed_over:
            return _make(connection, table, values, count, (check,))
        return Filled(table.shown, 0, problem=error.diag.message_primary or str(error))


def _shared(tables: Mapping[int, Table], table: Table) -> frozenset[int]:
    """The columns whose values other tables, or rows there, know: those of foreign keys on both ends."""
    here = {number for reference in table.references for number in reference.columns}
    references = (reference for other in tables.values() for reference in other.references)
    there = {number for one in references if one.target == table.oid for number in one.targets}
    return frozenset(here | there)


def _keys(tables: Mapping[int, Table], table: Table, counts: Mapping[int, int]) -> dict[int, str]:
    """What the columns of keys get: of unique ones another number in each row, of foreign ones that of a row there."""
    columns = {column.number: column for column in table.columns}
    found: dict[int, str] = {}
    for reference in table.references:
        if reference.target in tables:
            found |= _foreign(columns, reference, _number(table, reference, counts))
    for unique in table.unique:
        if not any(number in found for number in unique):
            expressions = {n: key(columns[n], "g") for n in unique if not columns[n].filled}
            found |= {number: value for number, value in expressions.items() if value}
    return found


def _number(table: Table, reference: Reference, counts: Mapping[int, int]) -> str:
    """Which row of the other table the row `g` refers to.

    The foreign keys in a unique key count like the digits of a number, so that no two rows have the same.
    """
    unique = next((set(key) for key in table.unique if set(reference.columns) <= set(key)), set())
    before = [one for one in table.references if set(one.columns) <= unique and one.columns < reference.columns]
    stride = math.prod(max(1, counts.get(one.target, 1)) for one in before)
    return f"(1 + ((g - 1) / {stride}) % {max(1, counts.get(reference.target, 1))})"


def _foreign(columns: Mapping[int, Column], reference: Reference, number: str) -> dict[int, str]:
    values = {own: key(columns[own], number) for own in reference.columns if not columns[own].filled}
    return {own: value for own, value in values.items() if value}


def _others(table: Table, keys: Mapping[int, str]) -> dict[int, str]:
    """What the other columns get; what has a default is left to that."""
    free = (c for c in table.columns if c.number not in keys and not c.filled and c.default is None)
    return {column.number: value for column in free if (value := usual(column))}


def _unknown(table: Table, keys: Mapping[int, str]) -> list[Column]:
    return [
        column
        for column in table.columns
        if not column.nullable
        and not column.filled
        and column.default is None
        and column.number not in keys
        and usual(column) is None
    ]


def _insert(
    connection: psycopg.Connection, table: Table, values: Mapping[int, str], count: int, unchecked: bool
) -> int:
    """Make the rows, and return how many the unique indexes let in."""
    statement = _insertion(table, values, count)
    if count >= _MANY:
        with contextlib.suppress(psycopg.errors.UniqueViolation):
            return load.insert(connection, table, statement, unchecked=unchecked, indexes_later=True)
    return load.insert(connection, table, statement, unchecked=unchecked)


def _insertion(table: Table, values: Mapping[int, str], count: int) -> sql.Composed:
    written = [column for column in table.columns if column.number in values]
    return sql.SQL(
        "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE"
        " SELECT {values} FROM generate_series(1, {count}) AS s (g) ON CONFLICT DO NOTHING"
    ).format(
        table=table.identifier,
        names=sql.SQL(", ").join(sql.Identifier(column.name) for column in written),
        values=sql.SQL(", ").join(sql.SQL(values[column.number]) for column in written),
        count=sql.Literal(count),
    )
