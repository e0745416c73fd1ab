"""The upkeep role makes months and learns of stray rows, and can do nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest
from psycopg import sql

from infra.privileges import grant_upkeep
from tests.schema.scripts import INITIAL, SCHEMA, Login, connect, create_schema, execute
from tests.servers import PASSWORD

MAY = "SELECT has_function_privilege(%s, %s, 'EXECUTE')"
FUNCTIONS = ("creativeflow.make_months_ahead(integer)", "creativeflow.refuse_stray_rows()")


@pytest.fixture
def owner(database: Login) -> Iterator[psycopg.Connection]:
    """The migrated schema, whose functions default privileges have opened to another role as well."""
    create_schema(database, "postgres")
    with connect(database) as connection:
        connection.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
        connection.execute("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO pg_monitor")
        execute(connection, INITIAL)
        yield connection


@pytest.fixture
def upkeep(admin: psycopg.Connection, owner: psycopg.Connection) -> Iterator[str]:
    """A role that may log in and use the schema, as infra/access.py makes it."""
    name = f"test_upkeep_{uuid.uuid4().hex[:12]}"
    role = sql.Identifier(name)
    admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(PASSWORD)))
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA creativeflow TO {}").format(role))
    yield name
    owner.execute(sql.SQL("DROP OWNED BY {}").format(role))
    admin.execute(sql.SQL("DROP ROLE {}").format(role))


def grant(database: Login, upkeep: str) -> None:
    grant_upkeep(partial(psycopg.connect, **database), [SCHEMA], upkeep)  # type: ignore[arg-type]


def test_it_makes_months_that_belong_to_the_owner(database: Login, owner: psycopg.Connection, upkeep: str) -> None:
    grant(database, upkeep)
    with connect({**database, "user": upkeep}) as connection:
        made = [name for (name,) in connection.execute("SELECT make_months_ahead(0)").fetchall()]
        assert len(made) == 3
        assert connection.execute("SELECT make_months_ahead(0)").fetchall() == []
    owners = owner.execute("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname = ANY (%s)", [made])
    assert owners.fetchall() == [("postgres",)]


@pytest.mark.parametrize("months", ["-1", "121", "NULL"])
def test_nobody_needs_more_months_than_these(owner: psycopg.Connection, months: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="0 to 120"):
        owner.execute(f"SELECT make_months_ahead({months})".encode())


def test_stray_rows_are_an_error_that_names_where_they_are_and_what_mends_it(
    database: Login, owner: psycopg.Connection, upkeep: str
) -> None:
    grant(database, upkeep)
    owner.execute("""
        CREATE TABLE "Diary" (at timestamptz NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE "Diary_default" PARTITION OF "Diary" DEFAULT;
    """)
    with connect({**database, "user": upkeep}) as connection:
        connection.execute("SELECT refuse_stray_rows()")
        owner.execute("INSERT INTO \"Diary\" VALUES ('2031-11-15Z'), ('2031-12-24Z')")
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            connection.execute("SELECT refuse_stray_rows()")
    assert '"Diary_default" (2031-11-15 to 2031-12-24)' in str(caught.value)
    assert caught.value.diag.message_hint == "As the owner run SELECT creativeflow.move_stray_rows();"


def test_it_reads_no_table_and_calls_no_other_function_of_the_owner(
    database: Login, owner: psycopg.Connection, upkeep: str
) -> None:
    grant(database, upkeep)
    with connect({**database, "user": upkeep}) as connection:
        for forbidden in ('SELECT FROM "User"', 'SELECT FROM "UsageLog_default"', "CREATE TABLE mine ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT detach_partitions('UsageLog', now())")


def test_nobody_else_may_call_what_acts_as_the_owner(database: Login, owner: psycopg.Connection, upkeep: str) -> None:
    def may(role: str) -> set[tuple[bool]]:
        return {owner.execute(MAY, [role, function]).fetchone() for function in FUNCTIONS}  # type: ignore[misc]

    owner.execute("GRANT EXECUTE ON FUNCTION make_months_ahead TO PUBLIC")
    assert may("pg_monitor") == {(True,)}
    grant(database, upkeep)
    assert (may("pg_monitor"), may(upkeep)) == ({(False,)}, {(True,)})


def test_each_overload_and_a_procedure_is_a_routine_of_its_own(
    database: Login, owner: psycopg.Connection, upkeep: str
) -> None:
    """Only that which is marked is for upkeep, whatever else has its name."""
    owner.execute("""
        CREATE FUNCTION work() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION work("a b" text, "User"[] DEFAULT NULL) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE tidy(OUT done int, INOUT n int) LANGUAGE sql AS 'SELECT 1, 2';
        COMMENT ON FUNCTION work(text, "User"[]) IS 'upkeep: works';
        COMMENT ON PROCEDURE tidy IS 'upkeep: tidies';
    """)
    grant(database, upkeep)

    def may(role: str) -> list[str]:
        query = "SELECT oid::regprocedure::text FROM pg_proc WHERE proname IN ('work', 'tidy')"
        query += " AND has_function_privilege(%s, oid, 'EXECUTE') ORDER BY 1"
        return [name for (name,) in owner.execute(query.encode(), [role]).fetchall()]

    assert may(upkeep) == ["tidy(integer)", 'work(text,"User"[])']
    assert may("pg_monitor") == ["work()"]


def test_nothing_is_written_where_nothing_is_to_change(database: Login, owner: psycopg.Connection, upkeep: str) -> None:
    grant(database, upkeep)
    versions = "SELECT xmin::text, oid FROM pg_proc"
    before = owner.execute(versions).fetchall()
    grant(database, upkeep)
    assert owner.execute(versions).fetchall() == before
