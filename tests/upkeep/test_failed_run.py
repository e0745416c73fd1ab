"""A script that fails leaves what the scripts before it have made: their secrets and their functions are closed too."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.resources import ResourceError
from infra.resources.migrations import MigrationsProvider
from tests.schema.scripts import Login


@pytest.fixture
def roles(admin: psycopg.Connection, database: Login) -> Iterator[dict[str, str]]:
    """The stack's roles for reading and for upkeep, and another that default privileges have opened functions to."""
    names = {role: f"test_{role}_{uuid.uuid4().hex[:12]}" for role in ("reader", "upkeep", "app")}
    with psycopg.connect(**database, autocommit=True) as connection:  # type: ignore[arg-type]
        for name in names.values():
            admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        grant = sql.SQL("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {}")
        connection.execute(grant.format(sql.Identifier(names["app"])))
        yield names
        for name in names.values():
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def inputs(database: Login, roles: dict[str, str], folder: Path) -> dict[str, Any]:
    return {
        **{"host": database["host"], "port": database["port"], "database": database["dbname"], "sslmode": "disable"},
        **{"user": database["user"], "password": database["password"], "owner": "postgres"},
        **{"reader": roles["reader"], "upkeep": roles["upkeep"]},
        **{"locations": [f"filesystem:{folder}"], "schemas": ["public"], "placeholders": {}},
        **{"baselineVersion": "1", "baselineOnMigrate": False, "outOfOrder": False, "onDrift": "stop"},
    }


def test_what_is_secret_or_for_upkeep_is_closed_although_a_later_script_fails(
    database: Login, roles: dict[str, str], tmp_path: Path
) -> None:
    props, provider = inputs(database, roles, tmp_path), MigrationsProvider()
    (tmp_path / "V1__Account.sql").write_text("CREATE TABLE account (id int, email text, city text);")
    provider.create(props)
    (tmp_path / "V3__Secrets.sql").write_text("""
        ALTER TABLE account ADD COLUMN token text;
        COMMENT ON COLUMN account.token IS 'secret: of the API';
        COMMENT ON COLUMN account.city IS 'secret: where they live';
        CREATE FUNCTION work() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
        COMMENT ON FUNCTION work IS 'upkeep: works';
    """)
    (tmp_path / "V4__Fails.sql").write_text("SELECT 1 / (SELECT count(*) FROM account);")
    with pytest.raises(ResourceError, match="division by zero"):
        provider.update("", {}, props)
    with psycopg.connect(**database) as connection:  # type: ignore[arg-type]
        reads = "SELECT attname FROM pg_attribute WHERE attrelid = 'account'::regclass AND attnum > 0"
        reads += " AND has_column_privilege(%s, attrelid, attnum, 'SELECT') ORDER BY attnum"
        assert connection.execute(reads.encode(), [roles["reader"]]).fetchall() == [("id",), ("email",)]
        may = "SELECT has_function_privilege(%s, 'work()', 'EXECUTE')"
        assert {role: connection.execute(may, [name]).fetchone() for role, name in roles.items()} == {
            "reader": (False,),
            "upkeep": (True,),
            "app": (False,),
        }
    assert not provider.check(props, dict(props)).failures, "what was granted is recorded: it is no drift"


def test_a_view_of_secrets_is_a_warning_of_the_run(
    database: Login, roles: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "V1__View.sql").write_text("""
        CREATE TABLE account (id int, hash text);
        COMMENT ON COLUMN account.hash IS 'secret: of the password';
        CREATE VIEW accounts AS SELECT * FROM account;
    """)
    MigrationsProvider().create(inputs(database, roles, tmp_path))
    assert f'warning: {roles["reader"]} may not read the view "public"."accounts"' in capsys.readouterr().err
