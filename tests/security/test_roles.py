"""Each role logs in and tries everything that it must not do. denials.py is the table of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.security import denials
from tests.security.conftest import Watched

pytestmark = pytest.mark.xdist_group("watched stack")  # one for all
_MARKED = """
    SELECT relname, attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE NOT relispartition AND col_description(c.oid, attnum) LIKE 'secret: %'
"""
_DEFINERS = """
    SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'creativeflow'::regnamespace
"""
_ATTEMPTS = [
    pytest.param(role, statement, state, id=f"{role}: {statement}")
    for role, attempts in denials.TABLE.items()
    for statement, state in attempts
]


@pytest.fixture(scope="session")
def logins(stack: Watched) -> Iterator[dict[str, psycopg.Connection]]:
    """A connection of each role, and of the superuser, who has made a schema that is none of theirs."""
    with contextlib.ExitStack() as opened:
        found = {role: opened.enter_context(stack.connect(role)) for role in ("admin", *denials.TABLE)}
        found["admin"].execute("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.things (id integer)")
        yield found


@pytest.mark.parametrize(("role", "statement", "state"), _ATTEMPTS)
def test_it_is_denied(logins: dict[str, psycopg.Connection], role: str, statement: str, state: str) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        logins[role].execute(statement.encode())
    assert refusal.value.sqlstate == state, str(refusal.value)


def test_the_table_has_every_column_that_is_marked_as_secret(logins: dict[str, psycopg.Connection]) -> None:
    assert set(logins["admin"].execute(_MARKED).fetchall()) == set(denials.SECRETS)


@pytest.mark.parametrize("database", ["postgres", "template1"])
@pytest.mark.parametrize("role", denials.TABLE)
def test_no_role_gets_into_another_database(stack: Watched, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=f'permission denied for database "{database}"'):
        stack.connect(role, dbname=database)


@pytest.mark.parametrize("role", denials.TABLE)
def test_no_role_may_replicate(stack: Watched, role: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied to start WAL sender"):
        stack.connect(role, replication="database")


def test_the_owner_cannot_log_in_and_a_role_that_was_given_nothing_gets_nowhere(
    stack: Watched, logins: dict[str, psycopg.Connection]
) -> None:
    logins["admin"].execute(
        "CREATE ROLE stranger LOGIN PASSWORD 'stranger'; ALTER ROLE creativeflow_owner PASSWORD 'x'"
    )
    with pytest.raises(psycopg.OperationalError, match="is not permitted to log in"):
        stack.connect("app", user="creativeflow_owner", password="x")
    for database in ("creativeflow", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            stack.connect("app", user="stranger", password="stranger", dbname=database)


def test_a_function_with_the_owners_rights_finds_nothing_that_its_caller_made(
    stack: Watched, logins: dict[str, psycopg.Connection]
) -> None:
    """Where temporary objects are allowed after all, they shadow nothing: the search_path is pinned."""
    definers = logins["admin"].execute(_DEFINERS).fetchall()
    assert {name for name, _ in definers} == {"make_months_ahead", "refuse_stray_rows"}
    assert all("search_path=pg_catalog, pg_temp" in settings for _, settings in definers)
    logins["admin"].execute("GRANT TEMPORARY ON DATABASE creativeflow TO creativeflow_upkeep")
    with stack.connect("upkeep") as upkeep:
        for catalog in ("pg_proc", "pg_class", "pg_partitioned_table"):
            shadow = sql.Identifier(catalog)
            upkeep.execute(sql.SQL("CREATE TEMPORARY TABLE {} AS TABLE pg_catalog.{} LIMIT 0").format(shadow, shadow))
        upkeep.execute("SET search_path = pg_temp, pg_catalog, creativeflow")
        made = upkeep.execute("SELECT creativeflow.make_months_ahead(5)").fetchall()
    owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname = ANY (%s)"
    assert len(made) == 3 * 2  # three tables; three months ahead were there
    assert logins["admin"].execute(owners, [[name for (name,) in made]]).fetchall() == [("creativeflow_owner",)]
