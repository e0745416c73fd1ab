"""The migrated database is what the specification wants, and nothing can be taken from it unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from tests.schema.specification import differences, wanted

_FROM = (
    "pg_class t WHERE t.relnamespace = current_schema()::regnamespace"
    " AND t.relkind IN ('r', 'p') AND NOT t.relispartition"
)
_COLUMNS = f"SELECT t.relname, a.attname FROM pg_attribute a, {_FROM} AND a.attrelid = t.oid AND a.attnum > 0"
_OF_A_PARTITION_KEY = (
    "EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = t.oid AND a.attnum = ANY (partattrs::int2[]))"
)
_OF_THE_PRIMARY_KEY = (
    "EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND indisprimary AND a.attnum = ANY (indkey::int2[]))"
)
# How to take something away, and a query that lists all that can be: its table and its name.
LOSSES = {
    "ALTER TABLE {0} DROP COLUMN {1} CASCADE": f"{_COLUMNS} AND NOT {_OF_A_PARTITION_KEY}",
    "ALTER TABLE {0} RENAME COLUMN {1} TO renamed": f"{_COLUMNS} AND {_OF_A_PARTITION_KEY}",
    "ALTER TABLE {0} ALTER COLUMN {1} DROP NOT NULL": f"{_COLUMNS} AND a.attnotnull AND NOT {_OF_THE_PRIMARY_KEY}",
    "ALTER TABLE {0} ALTER COLUMN {1} DROP DEFAULT": f"{_COLUMNS} AND a.atthasdef",
    "ALTER TABLE {0} DROP CONSTRAINT {1} CASCADE": (
        f"SELECT t.relname, k.conname FROM pg_constraint k, {_FROM} AND k.conrelid = t.oid AND k.contype <> 'n'"
    ),
    "DROP TRIGGER {1} ON {0}": (
        f"SELECT t.relname, g.tgname FROM pg_trigger g, {_FROM} AND g.tgrelid = t.oid AND NOT g.tgisinternal"
    ),
    "DROP INDEX {1}": (
        f"SELECT t.relname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid, {_FROM}"
        " AND i.indrelid = t.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)"
    ),
}


def _losses(connection: psycopg.Connection) -> Iterator[tuple[str, str, list[str]]]:
    """Take away one thing after the other: yield its table, the statement, and what differs without it."""
    for statement, query in LOSSES.items():
        for names in connection.execute(query).fetchall():
            loss = sql.SQL(statement).format(*map(sql.Identifier, names))
            with connection.transaction(force_rollback=True):
                connection.execute(loss)
                yield names[0], loss.as_string(), differences(connection)


def test_the_database_is_what_the_specification_wants(connection: psycopg.Connection) -> None:
    assert differences(connection) == []


def test_whatever_is_taken_away_is_missed_by_name(connection: psycopg.Connection) -> None:
    missed: set[str] = set()
    unnoticed = []
    for table, statement, lines in _losses(connection):
        if not any(line.startswith(f"{table}: lacks ") for line in lines):
            unnoticed.append(statement)
        missed.update(lines)
    assert unnoticed == []
    every = {f"{table}: lacks {fact}" for table, facts in wanted().items() for fact in facts}
    assert {line for line in every - missed if "lacks partition by" not in line} == set()
    assert len(every) > 500


def test_what_the_specification_does_not_know_is_named(connection: psycopg.Connection) -> None:
    connection.execute("""
        CREATE TABLE "Invoice" (id uuid);
        ALTER TABLE "Team" ADD COLUMN motto varchar(5) DEFAULT 'x' CHECK (motto <> '') UNIQUE;
        CREATE INDEX ON "Team" (name) WHERE motto IS NULL;
        ALTER TABLE "Session" DROP COLUMN "deviceInfo", ADD COLUMN "deviceInfo" varchar(255);
        ALTER TABLE "TeamMember" ALTER COLUMN role TYPE text;
    """)
    assert set(differences(connection)) == {
        "Invoice: a table that the specification does not know",
        "Team: has motto varchar(5) NULL",
        "Team: has motto = 'x'",
        "Team: has check motto <> ''",
        "Team: has unique (motto)",
        "Team: has index btree (name) WHERE motto IS NULL",
        "Session: its columns stand in the order"
        " id, userId, ipAddress, userAgent, lastActivity, expiresAt, createdAt, deviceInfo",
        "TeamMember: lacks role varchar(50) NOT NULL",
        "TeamMember: has role text NOT NULL",
    }
