"""Indexes that a failed CREATE INDEX CONCURRENTLY, or REINDEX CONCURRENTLY, has left behind.

PostgreSQL keeps such an index, marked invalid: no query uses it, yet every write pays for it, and CREATE INDEX IF NOT
EXISTS takes it for the real one (https://www.postgresql.org/docs/current/sql-createindex.html, "Building Indexes
Concurrently").
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from infra.flyway.statements.again import Relation

_QUERY = """
    SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_'
    WHERE NOT i.indisvalid
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
    ORDER BY 1
"""


def invalid(connection: psycopg.Connection) -> tuple[str, ...]:
    """The names of the invalid indexes of the database, ready for SQL, without those that are being built now."""
    return tuple(name for (name,) in connection.execute(_QUERY).fetchall())


def state(connection: psycopg.Connection, name: str, table: Relation) -> tuple[sql.Identifier, bool] | None:
    """The index of that name of a table, and whether it is valid. None where there is none, or it is being built."""
    query = """
        SELECT n.nspname, c.relname, i.indisvalid
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE i.indrelid = pg_catalog.to_regclass(%s) AND c.relname = %s
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
    """
    found = connection.execute(query, (_written(connection, table), name)).fetchone()
    return (sql.Identifier(found[0], found[1]), found[2]) if found else None


def transient(connection: psycopg.Connection, relation: Relation) -> tuple[sql.Identifier, ...]:
    """The invalid indexes that a failed REINDEX CONCURRENTLY of an index or a table has left.

    They can be dropped: https://www.postgresql.org/docs/current/sql-reindex.html, "Rebuilding Indexes Concurrently".
    """
    query = """
        SELECT n.nspname, c.relname
        FROM pg_catalog.pg_class r
        LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = r.oid
        JOIN pg_catalog.pg_class t ON t.oid = coalesce(x.indrelid, r.oid)
        JOIN pg_catalog.pg_index i ON i.indrelid IN (t.oid, t.reltoastrelid) AND NOT i.indisvalid
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relname ~ '_cc(new|old)[0-9]*$'
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE r.oid = pg_catalog.to_regclass(%s)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
        ORDER BY 1, 2
    """
    return tuple(sql.Identifier(*name) for name in connection.execute(query, (_written(connection, relation),)))


def exists(connection: psycopg.Connection, index: Relation) -> bool:
    """Whether there is such a relation."""
    query = "SELECT pg_catalog.to_regclass(%s) IS NOT NULL"
    return connection.execute(query, (_written(connection, index),)).fetchone() == (True,)


def advice(names: Iterable[str]) -> str:
    """What to do about them."""
    return "; ".join(f"index {name} is invalid: DROP INDEX CONCURRENTLY {name}" for name in names)


def _written(connection: psycopg.Connection, relation: Relation) -> str:
    return sql.Identifier(*filter(None, relation)).as_string(connection)
