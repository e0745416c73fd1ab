"""The tables to fill: columns, keys, checks and what refers to what, read from the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

_TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname, quote_ident(n.nspname), quote_ident(c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL (%s)
ORDER BY 2, 3
"""
_COLUMNS = """
SELECT a.attrelid::bigint, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
       format_type(b.oid, NULL), CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
       b.typtype::text, b.typcategory::text, NOT a.attnotnull AND NOT t.typnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '' OR a.attidentity = 'a',
       (SELECT array_agg(quote_literal(e.enumlabel) ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = b.oid)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
"""
_CHECKS = """
SELECT conrelid::bigint, conname, pg_get_expr(conbin, conrelid), coalesce(conkey, '{}')
FROM pg_constraint WHERE conrelid = ANY (%s) AND contype = 'c' AND convalidated ORDER BY conrelid, conname
"""
_FOREIGN_KEYS = """
SELECT conrelid::bigint, confrelid::bigint, conkey, confkey
FROM pg_constraint WHERE conrelid = ANY (%s) AND contype = 'f' AND conparentid = 0 ORDER BY conrelid, conname
"""
_UNIQUE = """
SELECT i.indrelid::bigint, array_agg(DISTINCT a.attnum ORDER BY a.attnum)
FROM pg_index i
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
WHERE i.indrelid = ANY (%s) AND i.indisunique GROUP BY i.indrelid, i.indexrelid
UNION
SELECT conrelid::bigint, conkey FROM pg_constraint WHERE conrelid = ANY (%s) AND contype IN ('p', 'u')
"""


class Column(NamedTuple):
    """A column. `type` is as it is written, `base` without modifier and domain, `modifier` that of either.

    `kind` and `category` are pg_type's typtype and typcategory; `filled` says that the server fills it itself.
    """

    number: int
    name: str
    type: str
    base: str
    modifier: int
    kind: str
    category: str
    nullable: bool
    default: str | None
    filled: bool
    labels: list[str] | None


class Check(NamedTuple):
    """A CHECK: its name, its condition, and the numbers of its columns."""

    name: str
    condition: str
    columns: list[int]


class Reference(NamedTuple):
    """A foreign key: the table that it refers to, its own columns and those over there."""

    target: int
    columns: list[int]
    targets: list[int]


@dataclass(frozen=True)
class Table:
    """A table that may be filled. `shown` is its name as the report has it."""

    oid: int
    schema: str
    name: str
    shown: str
    columns: tuple[Column, ...] = ()
    checks: tuple[Check, ...] = ()
    references: tuple[Reference, ...] = ()
    unique: tuple[tuple[int, ...], ...] = ()

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def read_tables(connection: psycopg.Connection, schemas: Sequence[str], ignore: Iterable[str]) -> dict[int, Table]:
    """The tables of `schemas` that are no partition, by oid, without those named in `ignore`."""
    found = connection.execute(_TABLES, (list(schemas), list(ignore))).fetchall()
    oids = [oid for oid, *_ in found]
    columns = _grouped(connection, _COLUMNS, oids)
    checks, references = _grouped(connection, _CHECKS, oids), _grouped(connection, _FOREIGN_KEYS, oids)
    unique = _grouped(connection, _UNIQUE, oids, oids)
    return {
        oid: Table(
            oid,
            schema,
            name,
            ".".join(quoted) if len(schemas) > 1 else quoted[1],
            tuple(Column(*row) for row in columns.get(oid, ())),
            tuple(Check(*row) for row in checks.get(oid, ())),
            tuple(Reference(*row) for row in references.get(oid, ())),
            tuple(sorted(tuple(row[0]) for row in unique.get(oid, ()))),
        )
        for oid, schema, name, *quoted in found
    }


def _grouped(connection: psycopg.Connection, query: str, *parameters: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    """The rows of a query without their first column, by that."""
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for oid, *rest in connection.execute(query.encode(), parameters):
        groups.setdefault(oid, []).append(tuple(rest))
    return groups
