"""What the config calls a role, a schema, a database or a table, and what it gives a seed, is never read as SQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pglast
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from psycopg import sql

from infra.flyway.commands.preview import read_history
from infra.flyway.commands.repair import repair
from infra.flyway.commands.run import migrate
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings
from infra.privileges import grant_reads, grant_upkeep
from infra.seeds import Seed, run_seeds
from infra.server.external import require_rights
from infra.settings import SettingsError, load
from tests.security import hostile
from tests.servers import temporary_database
from tests.stack.project import Project
from tests.unit.test_settings import DEV

_WORLD = """
    SELECT (SELECT array_agg(rolname ORDER BY 1) FROM pg_roles WHERE rolname NOT LIKE 'test%'),
           (SELECT array_agg(nspname ORDER BY 1) FROM pg_namespace), (SELECT count(*) FROM public.canary)
"""
_SEED = Seed("01_Three.sql", "INSERT INTO holder SELECT current_setting('creativeflow.x')")
_DATABASE = "c\"f'; DROP ROLE postgres; --\\%s $1 é\n\x1b[2J x"
_SCHEMA = "s\"x'); --\\$$ %s {0} ${a} ü\ny \x1b[2J"


@pytest.fixture(scope="module")
def database(admin: psycopg.Connection) -> Iterator[dict[str, object]]:
    """A database where a table waits to be dropped by whoever breaks out of a name."""
    with temporary_database(admin) as login:
        with psycopg.connect(**login, autocommit=True) as connection:  # type: ignore[arg-type]
            connection.execute("CREATE TABLE public.canary AS SELECT 1 AS one")
        yield login


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schema=hostile.names, table=hostile.names.map(lambda name: name[:14]), value=hostile.values, role=hostile.names)
@example(schema="a%sb", table="%", value="%s", role="%(x)s")
def test_scripts_seeds_and_grants_touch_their_own_schema_alone(
    database: dict[str, object], schema: str, table: str, value: str, role: str
) -> None:
    connect = partial(psycopg.connect, **database)  # type: ignore[arg-type]
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role := f"x{role}"[:30])}
    with connect(autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        before = connection.execute(_WORLD).fetchone()
        connection.execute(sql.SQL("CREATE ROLE {role}").format(**names))
        try:
            (Path(folder) / "V1__One.sql").write_text("CREATE TABLE holder (t text);")
            (Path(folder) / "R__Two.sql").write_text("CREATE OR REPLACE VIEW two AS SELECT t FROM holder;")
            # As in Flyway, the table's name has to leave room for `_s_idx`, the suffix of its index.
            chosen = FlywaySettings(locations=(f"filesystem:{folder}",), schemas=(schema,), table=table)
            found = scan_strictly(chosen, Path(folder))
            migrate(connect, chosen, found, parse_first=True)
            repair(connect, chosen, found)
            rows = read_history(connect, chosen) or ()
            assert [row.script for row in rows if row.type == "SQL"] == ["V1__One.sql", "R__Two.sql"]
            run_seeds(connect, schema, (_SEED,), {"creativeflow.x": value})
            grant_reads(connect, [schema], role)
            grant_upkeep(connect, [schema], role)
            held = sql.SQL("SELECT array_agg(t), has_any_column_privilege({}, {}, 'SELECT') FROM {schema}.holder")
            table_name = sql.Identifier(schema, "holder").as_string(connection)
            query = held.format(sql.Literal(role), sql.Literal(table_name), **names)
            assert connection.execute(query).fetchone() == ([value], True)
        finally:
            drop = sql.SQL("DROP SCHEMA IF EXISTS {schema} CASCADE; DROP OWNED BY {role}; DROP ROLE {role}")
            connection.execute(drop.format(**names))
        assert connection.execute(_WORLD).fetchone() == before


@settings(max_examples=50, deadline=None)
@given(user=hostile.names)
def test_the_statement_that_an_error_tells_to_run_names_that_role_and_nothing_else(
    database: dict[str, object], user: str
) -> None:
    with psycopg.connect(**database) as connection:  # type: ignore[arg-type]
        connection.execute("CREATE ROLE test_helpless CREATEDB; SET LOCAL ROLE test_helpless")
        with pytest.raises(SettingsError) as refusal:
            require_rights(connection, user, "no database")
        connection.rollback()
    (statement,) = pglast.parse_sql(str(refusal.value).rpartition("may not make roles: ")[2])
    assert isinstance(statement.stmt, pglast.ast.AlterRoleStmt)
    assert statement.stmt.role.rolename == user


@pytest.mark.parametrize("key", ["postgresDb", "postgresUser", "flywaySchemas"])
def test_a_name_that_no_database_can_hold_is_refused(key: str) -> None:
    for name in ("a\0b", "ü" * 32):
        with pytest.raises(SettingsError, match=key):
            load({**DEV, key: name}, set(), {})


def test_a_whole_stack_comes_up_under_such_names(project: Project) -> None:
    for key, name in {"postgresDb": _DATABASE, "flywaySchemas": _SCHEMA}.items():
        project.succeed("config", "set", "--stack", "dev", f"creativeflow:{key}", name)
    assert "\x1b" not in project.up()
    project.up("--expect-no-changes")
    project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
    with project.connect("app") as app:
        where = app.execute("SELECT current_user, current_database(), current_schema()").fetchone()
        assert where == (f"{_DATABASE}_app", _DATABASE, _SCHEMA)
        assert app.execute('SELECT count(*) FROM "User"').fetchone() == (1,)
    with project.connect("admin") as admin:
        roles = admin.execute(
            "SELECT count(*) FROM pg_roles WHERE rolname = 'postgres' OR starts_with(rolname, %s)", [_DATABASE]
        )
        assert roles.fetchone() == (6,)
    project.destroy()
    assert project.leftovers() == []
