"""The tables of a schema as its documentation shows them, read from PostgreSQL's catalog.

It keeps what a reader of the documentation asks for, and leaves out what differs between two databases of one schema:
partitions, owners, privileges. infra.catalog, which compares databases, keeps all that.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import psycopg

from infra.catalog.normal import type_name

_TABLES = """
SELECT c.oid, c.relname::text, obj_description(c.oid, 'pg_class'), pg_get_partkeydef(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL (%s::text[])
ORDER BY c.relname
"""
_COLUMNS = """
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       CASE WHEN a.attidentity <> '' THEN 'identity' WHEN a.attgenerated <> '' THEN 'generated: ' ELSE '' END
         || coalesce(pg_get_expr(d.adbin, d.adrelid, true), ''),
       coalesce(col_description(a.attrelid, a.attnum), '')
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
# A constraint that has a parent is the part of it that is kept for a partition.
_REFERENCES = """
SELECT array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY place),
       t.relname::text,
       array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY place),
       CASE k.confdeltype WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
         WHEN 'd' THEN 'set default' ELSE 'no action' END
FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid
WHERE k.conrelid = %s AND k.contype = 'f' AND k.conparentid = 0
ORDER BY k.conname
"""
# `columns` are what is unique among all rows: empty for an index that covers some rows or an expression.
_INDEXES = """
SELECT x.relname::text, i.indisprimary, i.indisunique, pg_get_indexdef(i.indexrelid, 0, true),
       CASE WHEN i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL THEN
         array(SELECT a.attname::text FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS u (number, place)
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.number
               WHERE place <= i.indnkeyatts ORDER BY place)
       ELSE '{}' END AS columns
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
WHERE i.indrelid = %s
ORDER BY NOT i.indisprimary, x.relname
"""
_CHECKS = """
SELECT k.conname::text, pg_get_constraintdef(k.oid, true)
FROM pg_constraint k WHERE k.conrelid = %s AND k.contype = 'c' ORDER BY k.conname
"""
_TRIGGERS = """
SELECT t.tgname::text, pg_get_triggerdef(t.oid, true)
FROM pg_trigger t WHERE t.tgrelid = %s AND NOT t.tgisinternal ORDER BY t.tgname
"""
# PostgreSQL compares varchar as text and writes every cast; a reader knows.
_TEXT_CASTS = re.compile(r"::(?:character varying|text)\b(?:\[\])?")


@dataclass(frozen=True)
class Column:
    """A column; `default` and `comment` are empty where there is none."""

    name: str
    type: str
    nullable: bool
    default: str
    comment: str

    @property
    def secret(self) -> bool:
        """Whether its comment begins with `secret:`, which is how the schema marks what nobody may show."""
        return self.comment.startswith("secret:")


@dataclass(frozen=True)
class Reference:
    """A foreign key: `columns` refer to `targets` of `table`; `on_delete` is what a deletion there does here."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    on_delete: str


@dataclass(frozen=True)
class Index:
    """An index; `unique_columns` are unique together among all rows."""

    name: str
    primary: bool
    unique: bool
    definition: str
    unique_columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with all that belongs to it; `checks` and `triggers` are pairs of a name and a definition."""

    name: str
    comment: str
    partition_key: str
    columns: tuple[Column, ...]
    references: tuple[Reference, ...]
    indexes: tuple[Index, ...]
    checks: tuple[tuple[str, str], ...]
    triggers: tuple[tuple[str, str], ...]


def read_tables(connection: psycopg.Connection, schema: str, ignore: Collection[str] = ()) -> tuple[Table, ...]:
    """The tables of `schema` but those named in `ignore`, by their names. Partitions are left out."""
    with connection.transaction():
        # Names of this schema print without it.
        connection.execute("SELECT set_config('search_path', quote_ident(%s), true)", [schema])
        found = connection.execute(_TABLES, [schema, list(ignore)]).fetchall()
        return tuple(
            _table(connection, oid, name, comment or "", partition_key or "")
            for oid, name, comment, partition_key in found
        )


def _table(connection: psycopg.Connection, oid: int, name: str, comment: str, partition_key: str) -> Table:
    def rows(query: str) -> list[tuple]:
        return connection.execute(query, [oid]).fetchall()

    return Table(
        name,
        comment,
        partition_key,
        tuple(
            Column(name, type_name(kind), nullable, _plain(default), comment)
            for name, kind, nullable, default, comment in rows(_COLUMNS)
        ),
        tuple(
            Reference(tuple(columns), to, tuple(keys), deletion) for columns, to, keys, deletion in rows(_REFERENCES)
        ),
        tuple(
            Index(name, primary, unique, _plain(definition.partition(" USING ")[2]), tuple(columns))
            for name, primary, unique, definition, columns in rows(_INDEXES)
        ),
        tuple((name, _plain(definition.removeprefix("CHECK "))) for name, definition in rows(_CHECKS)),
        tuple((name, _trigger(definition)) for name, definition in rows(_TRIGGERS)),
    )


def _trigger(definition: str) -> str:
    """Such as `BEFORE UPDATE, set_updated_at()`: the definition without its name, its table and what all have."""
    event = re.sub(r"^CREATE (?:CONSTRAINT )?TRIGGER (?:\"(?:[^\"]|\"\")+\"|\S+) ", "", definition)
    event = re.sub(r" ON (?:\"(?:[^\"]|\"\")+\"|\S+) FOR EACH ROW", "", event)
    return event.replace(" EXECUTE FUNCTION ", ", ")


def _plain(expression: str) -> str:
    return _TEXT_CASTS.sub("", expression)
