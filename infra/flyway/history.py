"""The schema history table: which scripts ran, when, by whom, and with which checksums.

The table is Flyway's, column by column, so that Flyway and this project can take turns (Flyway documentation, "Flyway
schema history table"). Nothing here commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from .settings import FlywaySettings

_DDL = """
CREATE TABLE {table} (
    installed_rank integer NOT NULL CONSTRAINT {primary_key} PRIMARY KEY,
    version varchar(50),
    description varchar(200) NOT NULL,
    type varchar(20) NOT NULL,
    script varchar(1000) NOT NULL,
    checksum integer,
    installed_by varchar(100) NOT NULL,
    installed_on timestamp NOT NULL DEFAULT now(),
    execution_time integer NOT NULL,
    success boolean NOT NULL
);
CREATE INDEX {index} ON {table} (success)
"""


@dataclass(frozen=True)
class Row:
    """A row of the history. `type` is SQL for a script; others are BASELINE, SCHEMA and DELETE."""

    installed_rank: int
    version: str | None
    description: str
    type: str
    script: str
    checksum: int | None
    installed_by: str
    installed_on: datetime
    execution_time: int
    success: bool


@dataclass(frozen=True)
class Entry:
    """What a new row records; the table adds its rank and the time."""

    version: str | None
    description: str
    type: str
    script: str
    checksum: int | None
    execution_time: int = 0
    success: bool = True


def schema_created(schemas: tuple[str, ...]) -> Entry:
    """The entry for schemas that this run has created, as Flyway writes it."""
    names = ",".join('"' + name.replace('"', '""') + '"' for name in schemas)
    return Entry(None, "<< Flyway Schema Creation >>", "SCHEMA", names, None)


def baseline(settings: FlywaySettings) -> Entry:
    """The entry that says that a database had everything up to the baseline version before."""
    description = settings.baseline_description
    return Entry(settings.baseline_version, description, "BASELINE", description, None)


def create(connection: psycopg.Connection, settings: FlywaySettings) -> None:
    """Create the table. Only its owner may write to it, whatever the schema's default privileges give to others."""
    names = {
        "table": _table(settings),
        "primary_key": sql.Identifier(f"{settings.table}_pk"),
        "index": sql.Identifier(f"{settings.table}_s_idx"),
    }
    connection.execute(sql.SQL(_DDL).format(**names))
    keep_from_others(connection, settings.default_schema, settings.table)


def read(connection: psycopg.Connection, settings: FlywaySettings) -> tuple[Row, ...] | None:
    """The rows in the order in which they were installed, or None where there is no table."""
    if not exists(connection, settings.default_schema, settings.table):
        return None
    columns = sql.SQL(", ").join(map(sql.Identifier, Row.__dataclass_fields__))
    query = sql.SQL("SELECT {} FROM {} ORDER BY installed_rank").format(columns, _table(settings))
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        return tuple(cursor.execute(query).fetchall())


def mark(connection: psycopg.Connection, settings: FlywaySettings) -> tuple[int, int]:
    """The number of rows and the highest rank: they change when another run records a script."""
    query = sql.SQL("SELECT count(*), coalesce(max(installed_rank), 0) FROM {}").format(_table(settings))
    count, rank = connection.execute(query).fetchone() or (0, 0)
    return count, rank


def insert(
    connection: psycopg.Connection, settings: FlywaySettings, entry: Entry, user: str, rank: int | None = None
) -> None:
    """Add a row of the next rank, or of `rank`. `user` is who installed it, unless the settings name somebody."""
    query = sql.SQL(
        "INSERT INTO {table} (installed_rank, version, description, type, script, checksum, installed_by,"
        " execution_time, success) SELECT coalesce(%(rank)s::integer, (SELECT coalesce(max(installed_rank), 0) + 1"
        " FROM {table})), %(version)s, %(description)s, %(type)s, %(script)s, %(checksum)s, %(installed_by)s,"
        " %(execution_time)s, %(success)s"
    ).format(table=_table(settings))
    connection.execute(query, {**vars(entry), "rank": rank, "installed_by": settings.installed_by or user})


def exists(connection: psycopg.Connection, schema: str, table: str) -> bool:
    """Whether the table exists, also where its schema is closed to this role."""
    query = """
        SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p')
    """
    return connection.execute(query, (schema, table)).fetchone() is not None


def keep_from_others(connection: psycopg.Connection, schema: str, table: str) -> None:
    """Leave roles other than the table's owner no privilege on it but SELECT, where they had that."""
    query = """
        SELECT CASE a.grantee WHEN 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
               pg_catalog.bool_or(a.privilege_type = 'SELECT')
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
             pg_catalog.aclexplode(c.relacl) a
        WHERE n.nspname = %s AND c.relname = %s AND a.grantee <> c.relowner
        GROUP BY a.grantee
    """
    for grantee, reads in connection.execute(query, (schema, table)).fetchall():
        names = {
            "table": sql.Identifier(schema, table),
            "grantee": sql.SQL("PUBLIC") if grantee is None else sql.Identifier(grantee),
        }
        connection.execute(sql.SQL("REVOKE ALL ON {table} FROM {grantee}").format(**names))
        if reads:
            connection.execute(sql.SQL("GRANT SELECT ON {table} TO {grantee}").format(**names))


def _table(settings: FlywaySettings) -> sql.Identifier:
    return sql.Identifier(settings.default_schema, settings.table)
