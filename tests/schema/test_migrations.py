"""The migrations need no more than a schema of their own, and may run again."""

from __future__ import annotations

from pathlib import Path

import pglast
import psycopg
import pytest
from psycopg import sql

from tests.schema.rows import insert
from tests.schema.scripts import (
    INITIAL,
    PREFERENCES,
    SQL,
    Login,
    connect,
    create_schema,
    dump,
    execute,
)
from tests.schema.specification import wanted
from tests.servers import PASSWORD

STATEMENTS = pglast.split(INITIAL.read_text())
STOP_READERS = {"AccessExclusiveLock", "ExclusiveLock"}


def test_the_schema_files_are_complete() -> None:
    assert {file.stem for file in (SQL / "schema" / "tables").iterdir()} == set(wanted())


def test_a_role_that_owns_only_the_schema_can_migrate(empty: Login, migrated: Login) -> None:
    with connect(empty) as connection:
        execute(connection, INITIAL)
        execute(connection, PREFERENCES)
    assert dump(empty) == dump(migrated)


def test_the_schema_may_have_another_name(database: Login, owner: str) -> None:
    create_schema(database, owner, "A tenant")
    with connect({**database, "user": owner, "password": PASSWORD}, "A tenant") as connection:
        execute(connection, INITIAL)
        execute(connection, PREFERENCES)
        found = connection.execute(
            "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE relowner = current_user::regrole"
            " AND relnamespace <> 'pg_toast'::regnamespace"
        ).fetchall()
    assert found == [('"A tenant"',)]


def test_the_initial_schema_runs_again_without_a_change(empty: Login) -> None:
    with connect(empty) as connection:
        execute(connection, INITIAL)
        before = dump(empty)
        execute(connection, INITIAL)
    assert dump(empty) == before


def test_the_initial_schema_runs_again_after_the_next_migration(empty: Login, migrated: Login) -> None:
    with connect(empty) as connection:
        execute(connection, INITIAL)
        execute(connection, PREFERENCES)
        insert(connection, "User")
        execute(connection, INITIAL)
    assert dump(empty) == dump(migrated)


@pytest.mark.parametrize("done", range(1, len(STATEMENTS), len(STATEMENTS) // 7))
def test_the_initial_schema_completes_what_a_run_by_hand_left_half_built(
    empty: Login, migrated: Login, done: int
) -> None:
    with connect(empty) as connection:
        for statement in STATEMENTS[:done]:
            connection.execute(statement.encode())
        execute(connection, INITIAL)
        execute(connection, PREFERENCES)
    assert dump(empty) == dump(migrated)


def test_the_initial_schema_never_locks_readers_out_when_it_runs_again(connection: psycopg.Connection) -> None:
    execute(connection, INITIAL)
    locks = connection.execute(
        "SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " WHERE l.pid = pg_backend_pid() AND c.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    assert {table for table, _ in locks} >= set(wanted())
    assert {mode for _, mode in locks} & STOP_READERS == set()


def test_the_preferences_are_an_empty_object_for_whoever_was_there_before(empty: Login) -> None:
    with connect(empty) as connection:
        execute(connection, INITIAL)
        insert(connection, "User")
        storage = "SELECT pg_relation_filenode('\"User\"')"
        before = connection.execute(storage).fetchone()
        execute(connection, PREFERENCES)
        assert connection.execute('SELECT ui_settings FROM "User"').fetchall() == [({},)]
        assert connection.execute(storage).fetchone() == before, "the table was written anew"


@pytest.mark.parametrize("script", [INITIAL, PREFERENCES], ids=lambda script: script.stem)
def test_a_migration_gives_up_rather_than_wait_for_a_lock(empty: Login, script: Path) -> None:
    with connect(empty) as connection, connect(empty) as other:
        execute(connection, INITIAL)
        with other.transaction(force_rollback=True):
            other.execute(sql.SQL('LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE'))
            with pytest.raises(psycopg.errors.LockNotAvailable):
                execute(connection, script)
