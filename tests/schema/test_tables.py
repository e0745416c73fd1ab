"""What is true of all tables: what they are called, how they make their ids, and that they explain themselves."""

from __future__ import annotations

import psycopg

from tests.schema.rows import insert
from tests.schema.specification import wanted

PARTITIONED = {"CreditTransaction", "Notification", "UsageLog"}
SECRETS = {
    ("User", "passwordHash"),
    ("User", "mfaSecret"),
    ("SocialMediaConnection", "accessToken"),
    ("SocialMediaConnection", "refreshToken"),
    ("APIClient", "apiKey"),
    ("APIClient", "secretHash"),
    ("Session", "id"),
}
# They say all by their name.
PLAIN = {"id", "name", "description", "createdAt", "updatedAt"}


def test_there_are_the_22_tables_of_the_specification_and_a_default_partition_for_three(
    connection: psycopg.Connection,
) -> None:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    assert {name for (name,) in found} == set(wanted()) | {f"{table}_default" for table in PARTITIONED}
    assert len(wanted()) == 22


def test_ids_are_in_the_order_of_time_but_a_session_s_cannot_be_guessed(connection: psycopg.Connection) -> None:
    users = [str(insert(connection, "User")) for _ in range(3)]
    assert [id_[14] for id_ in users] == ["7", "7", "7"]
    assert users == sorted(users)
    assert str(insert(connection, "Session"))[14] == "4"


def test_every_table_and_function_has_a_comment(connection: psycopg.Connection) -> None:
    silent = connection.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        "   AND relkind IN ('r', 'p') AND coalesce(length(obj_description(oid, 'pg_class')), 0) < 10"
        " UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        "   AND coalesce(length(obj_description(oid, 'pg_proc')), 0) < 10"
    ).fetchall()
    assert silent == []


def test_every_column_that_is_not_plain_has_a_comment(connection: psycopg.Connection) -> None:
    silent = connection.execute(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        "   AND a.attname <> ALL (%s) AND col_description(c.oid, a.attnum) IS NULL",
        [list(PLAIN)],
    ).fetchall()
    assert silent == []


def test_a_comment_tells_what_is_secret(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = current_schema()::regnamespace"
        "   AND col_description(c.oid, a.attnum) LIKE 'secret: %'"
    ).fetchall()
    assert set(found) == SECRETS
