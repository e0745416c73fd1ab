"""Runs the SQL as its users do: scripts with psycopg, the schema files with psql. And dumps what they have made."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from infra.programs import program

SQL = Path(__file__).parent.parent.parent / "sql"
SCHEMA = "creativeflow"
INITIAL = SQL / "migrations" / "V001__Initial_Schema.sql"
PREFERENCES = SQL / "migrations" / "V002__Add_User_Preferences_Detail.sql"
ADMINISTRATOR = SQL / "seeds" / "01_Initial_Admin_User.sql"
TEMPLATES = SQL / "seeds" / "02_Default_Templates.sql"

Login = dict[str, object]


def execute(connection: psycopg.Connection, script: Path) -> None:
    """Run a whole file as one simple query, which is one transaction unless the caller has opened another."""
    connection.execute(script.read_bytes())


def connect(login: Login, schema: str = SCHEMA) -> psycopg.Connection:
    """A connection in autocommit that makes and finds everything in `schema`."""
    connection = psycopg.connect(**login, autocommit=True)  # type: ignore[arg-type]
    connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))
    return connection


def create_schema(login: Login, owner: str, schema: str = SCHEMA) -> None:
    """Make `schema` for `owner` by the superuser in `login`."""
    with connect(login) as connection:
        create = sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}")
        connection.execute(create.format(sql.Identifier(schema), sql.Identifier(owner)))


def build_from_schema_files(login: Login) -> None:
    """Run sql/schema/schema.sql with psql, as its header says."""
    options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1")
    _client("psql", login, *options, "--file", str(SQL / "schema" / "schema.sql"))


def dump(login: Login) -> str:
    """All definitions in the schema but their owner, as pg_dump writes them."""
    # pg_dump guards its output with a random key unless it is given one.
    return _client("pg_dump", login, "--schema-only", "--no-owner", f"--schema={SCHEMA}", "--restrict-key=fixed")


def _client(name: str, login: Login, *arguments: str) -> str:
    """Run a client program of PostgreSQL against `login` and return what it prints. Fails with its error."""
    environment = {
        "PATH": os.defpath,
        "PGHOST": str(login["host"]),
        "PGPORT": str(login["port"]),
        "PGUSER": str(login["user"]),
        "PGPASSWORD": str(login["password"]),
        "PGDATABASE": str(login["dbname"]),
        "PGOPTIONS": f"-c search_path={SCHEMA} -c client_min_messages=warning",
    }
    command = [program(name), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
