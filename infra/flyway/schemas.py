"""The schemas of the settings: which exist, whether they are empty, and making those that are missing.

Flyway creates the schemas that do not exist, and takes a schema with objects but without a history for somebody
else's (Flyway documentation, "Create Schemas" and "Baseline On Migrate").
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from .session import Session

# What counts is what Flyway counts. A materialized view, a partitioned or foreign table, a composite type, and all
# that belongs to an extension leave a schema empty.
_IS_EMPTY = """
    SELECT NOT EXISTS (
        SELECT FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
        WHERE n.nspname = ANY(%(schemas)s) AND o.relkind IN ('r', 'v', 'S') AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = o.oid AND d.deptype = 'e')
    ) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace
        WHERE n.nspname = ANY(%(schemas)s) AND o.typcategory NOT IN ('A', 'C') AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = o.oid AND d.deptype = 'e')
    ) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
        WHERE n.nspname = ANY(%(schemas)s) AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = o.oid AND d.deptype = 'e')
    )
"""


def are_empty(connection: psycopg.Connection, schemas: tuple[str, ...]) -> bool:
    """Whether none of the schemas holds an object that Flyway counts; a schema that does not exist holds none."""
    row = connection.execute(_IS_EMPTY, {"schemas": list(schemas)}).fetchone()
    return row is not None and bool(row[0])


def create_missing(session: Session, schemas: tuple[str, ...]) -> tuple[str, ...]:
    """Create the schemas that do not exist, and return their names. Raises FlywayError where the role may not."""
    query = "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY(%s)"
    existing = {name for (name,) in session.connection.execute(query, (list(schemas),)).fetchall()}
    missing = tuple(name for name in schemas if name not in existing)
    remedy = sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
        sql.Identifier(session.database), sql.Identifier(session.role)
    )
    with session.privileged(remedy):
        for name in missing:
            session.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    return missing
