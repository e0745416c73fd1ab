"""Draft the next migration from sql/schema: `python tools/migration.py NAME`, or `make migration NAME=Add_nickname`.

A server that is thrown away gets one database from sql/schema and one from sql/migrations. What the second lacks is the
next migration, as far as that can be said without its author.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from infra.catalog.difference import Difference
from infra.catalog.drafting.scripts import Draft, draft
from infra.catalog.errors import CatalogError
from infra.catalog.read import read
from infra.catalog.snapshot import Snapshot
from infra.cluster import HOST
from infra.flyway.commands.run import migrate
from infra.flyway.errors import FlywayError
from infra.flyway.scripts.scan import scan
from infra.flyway.settings import FlywaySettings
from infra.programs import ClusterError, program
from infra.throwaway import throwaway_cluster

ROOT = Path.cwd()
MIGRATIONS = ROOT / "sql" / "migrations"
SCHEMA_FILE = Path("sql") / "schema" / "schema.sql"
SETTINGS = FlywaySettings()
_NAME = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*")
_VERSION = re.compile(r"V(\d+).*__.*\.sql")

Connect = Callable[[], psycopg.Connection]


class MigrationError(Exception):
    """Why there is no draft, and what to do, in one line."""


def main(name: str) -> None:
    """Write the draft and say what it leaves open. Exits with a line on standard error where there is none.

    Where there is nothing to draft it says so, and that is a success: the two agree.
    """
    try:
        check(name)
        difference = _compare()
        if difference:
            drafted = draft(difference)
            _tell(write(name, drafted), drafted)
        else:
            print("sql/schema and sql/migrations agree: nothing to draft")
    except (MigrationError, CatalogError, ClusterError, FlywayError, OSError) as error:
        sys.exit(f"migration: {error}")
    except psycopg.Error as error:
        sys.exit(f"migration: {' '.join(str(error).split())}")


def check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise MigrationError(
            f"{name!r} cannot be a NAME: write letters, digits and single underscores, as in NAME=Add_nickname"
        )
    taken = [path for path in _scripts() if path.stem.partition("__")[2].lower() == name.lower()]
    if taken:
        raise MigrationError(f"{taken[0].relative_to(ROOT)} is there already: choose another NAME, or edit that file")


def _compare() -> Difference:
    """What the migrations lack (+), and what they have too much (-)."""
    password = secrets.token_hex(16)
    with throwaway_cluster(password) as cluster:
        server = {"host": HOST, "port": str(cluster.port), "user": "postgres", "password": password}
        logins = [{**server, "dbname": name} for name in ("from_migrations", "from_schema")]
        with psycopg.connect(**server, dbname="postgres", autocommit=True) as connection:
            for login in logins:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(login["dbname"])))
        migrate(lambda: psycopg.connect(**logins[0]), SETTINGS, scan(SETTINGS, ROOT))
        _build(logins[1])
        return Difference(_snapshot(logins[0]), _snapshot(logins[1]))


def _build(login: dict[str, str]) -> None:
    """Run sql/schema/schema.sql with psql, as its header says. Raises MigrationError with psql's file and line."""
    with psycopg.connect(**login, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SETTINGS.default_schema)))
    environment = {
        "PATH": os.defpath,
        **{f"PG{key.upper()}": value for key, value in login.items() if key != "dbname"},
        "PGDATABASE": login["dbname"],
        "PGOPTIONS": f"-c search_path={SETTINGS.default_schema} -c client_min_messages=warning",
    }
    options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1", "--file", str(SCHEMA_FILE))
    done = subprocess.run([program("psql"), *options], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if "ERROR" in line or "error" in line] or [
            done.stderr.strip()
        ]
        raise MigrationError(f"{' '.join(words[0].removeprefix('psql:').split())}; mend the file and run this again")


def _snapshot(login: dict[str, str]) -> Snapshot:
    with psycopg.connect(**login, autocommit=True) as connection:
        found = read(connection, SETTINGS.schemas, ignore=[SETTINGS.table])
    return found.without_implied_partitions()


def _scripts() -> list[Path]:
    return sorted(path for path in MIGRATIONS.glob("*.sql") if _VERSION.fullmatch(path.name))


def write(name: str, drafted: Draft) -> list[Path]:
    """The files that were written, with the next versions, padded as the others are."""
    numbers = [match[1] for path in _scripts() if (match := _VERSION.fullmatch(path.name))]
    newest, width = max(map(int, numbers), default=0), max(map(len, numbers), default=3)
    paths = []
    for version, script in enumerate(drafted.scripts, newest + 1):
        suffix = f"_{script.suffix}" if script.suffix else ""
        path = MIGRATIONS / f"V{version:0{width}}__{name}{suffix}.sql"
        with path.open("x") as file:
            file.write(script.text)
        paths.append(path)
    return paths


def _tell(paths: list[Path], drafted: Draft) -> None:
    for path in paths:
        print(f"wrote {path.relative_to(ROOT)}")
    if drafted.notes:
        print("for you to decide:", *drafted.notes, sep="\n")
    print("Say at the top of each script why it is made; `make lint` and `make preview` check it.")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
