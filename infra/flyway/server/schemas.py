"""The schemas of the settings: which exist, whether they are empty, and making those that are missing.

Flyway creates the schemas that do not exist, and takes a schema with objects but without a history for somebody
else's (https://documentation.red-gate.com/flyway/reference/configuration/flyway-namespace/flyway-create-schemas-setting
and .../flyway-baseline-on-migrate-setting).
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from infra.flyway.server.session import Session

# What counts is what Flyway counts. A materialized view, a partitioned or foreign table, a composite type, and all
# that belongs to an extension leave a schema empty.
_SURVEY = """
    SELECT n.nspname::text, NOT EXISTS (
        SELECT FROM pg_catalog.pg_class o
        WHERE o.relnamespace = n.oid AND o.relkind IN ('r', 'v', 'S') AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = o.oid AND d.deptype = 'e')
    ) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_type o
        WHERE o.typnamespace = n.oid AND o.typcategory NOT IN ('A', 'C') AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = o.oid AND d.deptype = 'e')
    ) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_proc o
        WHERE o.pronamespace = n.oid AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = o.oid AND d.deptype = 'e')
    )
    FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY(%s)
"""


def survey(connection: psycopg.Connection, schemas: tuple[str, ...]) -> dict[str, bool]:
    """Those of the schemas that exist, each with whether it holds nothing that Flyway counts."""
    return dict(connection.execute(_SURVEY, (list(schemas),)).fetchall())


def create(session: Session, names: tuple[str, ...]) -> None:
    """Create schemas. Raises DatabaseError where the role may not, or another run was quicker."""
    remedy = sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
        sql.Identifier(session.database), sql.Identifier(session.role)
    )
    for name in names:
        step = f'create schema "{name}"'
        with session.doing(step), session.privileged(remedy, step):
            session.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
