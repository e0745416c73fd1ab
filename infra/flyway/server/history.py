"""The schema history table: which scripts ran, when, by whom, and with which checksums.

The table is Flyway's, column by column, so that Flyway and this project can take turns (https://documentation.red-gate.
com/flyway/flyway-concepts/migrations/flyway-schema-history-table). Nothing here commits.

Values are literals where there are names in a statement: a name with a % in it would be taken for a parameter.
"""

from __future__ import annotations

from dataclasses import replace

import psycopg
from psycopg import sql
from psycopg.rows import args_row

from infra.flyway.planning.rows import BEGUN, Entry, Mark, Row, shortened, shortened_script
from infra.flyway.server.insist import failed_with, insist
from infra.flyway.server.session import BEGAN
from infra.flyway.settings import FlywaySettings

# now() is when the message came in, with several scripts perhaps. RESET ALL in a script takes the setting away.
_ELAPSED = sql.SQL(
    "((extract(epoch FROM pg_catalog.clock_timestamp()) - coalesce(nullif(pg_catalog.current_setting({}, true), '')"
    "::numeric, extract(epoch FROM pg_catalog.now()))) * 1000)::integer"
).format(BEGAN)
_MARK = sql.SQL(
    "count(*), coalesce(max(installed_rank), 0), count(*) FILTER (WHERE success),"
    " count(*) FILTER (WHERE NOT success AND execution_time = {})"
).format(BEGUN)
NOT_WAITING = "SET LOCAL synchronous_commit TO off"
"""Let a transaction commit before it is on disk: who waits for a later one waits for it too, as the log has an order.

A crash of the server before that loses it as a whole, and all that came after it (https://www.postgresql.org/docs/
current/wal-async-commit.html).
"""
_GONE = "the row of the script is gone"
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


def create(connection: psycopg.Connection, settings: FlywaySettings) -> None:
    """Create the table. Only its owner may write to it, whatever the schema's default privileges give to others."""
    names = {
        "table": _table(settings),
        "primary_key": sql.Identifier(f"{settings.table}_pk"),
        "index": sql.Identifier(f"{settings.table}_s_idx"),
    }
    if settings.tablespace:
        connection.execute(sql.SQL("SET LOCAL default_tablespace TO {}").format(sql.Identifier(settings.tablespace)))
    connection.execute(sql.SQL(_DDL).format(**names))
    keep_from_others(connection, settings.default_schema, settings.table)


def read(connection: psycopg.Connection, settings: FlywaySettings) -> tuple[Row, ...] | None:
    """The rows in the order in which they were installed, or None where there is no table."""
    if not exists(connection, settings.default_schema, settings.table):
        return None
    columns = sql.SQL(", ").join(map(sql.Identifier, Row._fields))
    query = sql.SQL("SELECT {} FROM {} ORDER BY installed_rank").format(columns, _table(settings))
    with connection.cursor(row_factory=args_row(Row)) as cursor:
        return tuple(cursor.execute(query).fetchall())


def mark(connection: psycopg.Connection, settings: FlywaySettings) -> Mark:
    """The mark of the history as it is now."""
    found = connection.execute(sql.SQL("SELECT {} FROM {}").format(_MARK, _table(settings))).fetchone()
    assert found is not None
    return Mark(*found)


def insertion(
    settings: FlywaySettings, entry: Entry, user: str, rank: int | None = None, *, timed: bool = False
) -> sql.Composed:
    """The INSERT of a row of the next rank, or of `rank`.

    `user` is who installed it, unless the settings name somebody. If `timed`, the server fills in how long it is
    since Session.entering(), in milliseconds.
    """
    elapsed: sql.Composable = sql.Literal(entry.execution_time)
    if timed:
        elapsed = _ELAPSED
    return sql.SQL(
        "INSERT INTO {table} (installed_rank, version, description, type, script, checksum, installed_by,"
        " execution_time, success) SELECT {rank}, {values}, {elapsed}, {success}"
    ).format(
        table=_table(settings),
        rank=sql.SQL("(SELECT coalesce(max(installed_rank), 0) + 1 FROM {})").format(_table(settings))
        if rank is None
        else sql.Literal(rank),
        values=sql.SQL(", ").join(
            sql.Literal(value)
            for value in (
                entry.version,
                shortened(entry.description),
                entry.type,
                shortened_script(entry.script),
                entry.checksum,
                settings.installed_by or user,
            )
        ),
        elapsed=elapsed,
        success=sql.Literal(entry.success),
    )


def insert(
    connection: psycopg.Connection, settings: FlywaySettings, entry: Entry, user: str, rank: int | None = None
) -> None:
    """Add a row, as insertion() says."""
    connection.execute(insertion(settings, entry, user, rank))


def wait_for_disk(connection: psycopg.Connection, settings: FlywaySettings) -> None:
    """Wait for all that was committed before. The connection is in autocommit, and the history has a row."""
    # A commit waits only if it has written something: the lock of a row is the least that does.
    connection.execute(sql.SQL("SELECT FROM {} LIMIT 1 FOR UPDATE").format(_table(settings)))


def unchanged(settings: FlywaySettings, mark: Mark) -> sql.Composed:
    """A query that fails unless the history has this mark."""
    query = "SELECT 1 / (SELECT ({}) = ({}) FROM {})::integer"
    return sql.SQL(query).format(_MARK, sql.SQL(", ").join(map(sql.Literal, mark)), _table(settings))


def begin(connection: psycopg.Connection, settings: FlywaySettings, entry: Entry, user: str) -> int:
    """Add the row of a script that may leave a part behind, before it runs; finish() ends it. Returns its rank.

    Until then it is that of a failed script, to Flyway too, and says to us that nobody knows.
    """
    row = insertion(settings, replace(entry, execution_time=BEGUN, success=False), user)
    found = connection.execute(row + sql.SQL(" RETURNING installed_rank")).fetchone()
    assert found is not None
    return int(found[0])


def begin_again(connection: psycopg.Connection, settings: FlywaySettings, rank: int) -> None:
    """Let the row of a script that was interrupted say that it begins now."""
    query = sql.SQL("UPDATE {} SET installed_on = now() WHERE installed_rank = {}")
    connection.execute(query.format(_table(settings), sql.Literal(rank)))


def finish(settings: FlywaySettings, rank: int, *, success: bool) -> sql.Composed:
    """The UPDATE of a row that begin() has added, now that its script has ended. It fails where the row is gone."""
    query = """
        WITH ended AS (
          UPDATE {} SET success = {}, installed_on = now(),
            execution_time = greatest(0, extract(epoch FROM now()::timestamp - installed_on) * 1000)::integer
          WHERE installed_rank = {} AND NOT success
          RETURNING 1
        )
        SELECT {} FROM ended
    """
    found = sql.SQL(insist("count(*) = 1", _GONE))
    return sql.SQL(query).format(_table(settings), sql.Literal(success), sql.Literal(rank), found)


def is_gone(error: BaseException | None) -> bool:
    """Whether this is how finish() failed, as after a `repair` of Flyway's, which does not wait for the lock."""
    return failed_with(error, _GONE)


def forget(connection: psycopg.Connection, settings: FlywaySettings, rank: int) -> None:
    """Delete a row that begin() has added, as nothing is left of its script."""
    query = sql.SQL("DELETE FROM {} WHERE installed_rank = {}")
    connection.execute(query.format(_table(settings), sql.Literal(rank)))


def delete_failed(connection: psycopg.Connection, settings: FlywaySettings) -> None:
    """Delete the rows of scripts that failed."""
    connection.execute(sql.SQL("DELETE FROM {} WHERE NOT success").format(_table(settings)))


def align(connection: psycopg.Connection, settings: FlywaySettings, rank: int, entry: Entry) -> None:
    """Give the row of `rank` the description, the type and the checksum of `entry`."""
    query = sql.SQL("UPDATE {} SET description = {}, type = {}, checksum = {} WHERE installed_rank = {}")
    values = (shortened(entry.description), entry.type, entry.checksum, rank)
    connection.execute(query.format(_table(settings), *map(sql.Literal, values)))


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
