""" "updatedAt" tells when a row last changed, whoever changed it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from tests.schema.rows import insert
from tests.schema.specification import columns, wanted

WITH_COLUMN = [table for table, facts in wanted().items() if "updatedAt" in columns(facts)]
LONG_AGO = "2001-01-01T00:00:00Z"


@pytest.mark.parametrize("table", WITH_COLUMN)
def test_an_update_moves_it(connection: psycopg.Connection, table: str) -> None:
    row = insert(connection, table, createdAt=LONG_AGO, updatedAt=LONG_AGO)
    update = sql.SQL('UPDATE {} SET "createdAt" = "createdAt", "updatedAt" = %s WHERE id = %s').format(
        sql.Identifier(table)
    )
    connection.execute(update, [LONG_AGO, row])
    read = sql.SQL('SELECT "updatedAt" = now(), "createdAt" = %s FROM {} WHERE id = %s').format(sql.Identifier(table))
    assert connection.execute(read, [LONG_AGO, row]).fetchone() == (True, True)


def test_one_function_serves_exactly_the_tables_that_have_the_column(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT c.relname, t.tgfoid::regproc::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgfoid = 'set_updated_at'::regproc AND t.tgparentid = 0"
        "   AND c.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    assert sorted(found) == sorted((table, "set_updated_at") for table in WITH_COLUMN)
