"""sql/schema and sql/migrations make the same catalog; what differs is named, as a review would."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from infra.catalog.difference import Difference
from infra.catalog.read import read
from infra.catalog.snapshot import Snapshot
from infra.flyway.commands.run import migrate
from infra.flyway.scripts.scan import scan
from infra.flyway.settings import FlywaySettings
from tests.schema.scripts import SCHEMA, SQL, Login, build_from_schema_files, connect, create_schema


def taken(login: Login) -> Snapshot:
    with connect(login) as connection:
        found = read(connection, [SCHEMA], ignore=[FlywaySettings().table])
        connection.execute("DROP SCHEMA creativeflow CASCADE")
    return found.without_implied_partitions()


def lacking(login: Login, migrations: Path) -> Difference:
    """What the migrations in `migrations` lack of sql/schema (+), and what they have too much (-)."""
    create_schema(login, "postgres")
    build_from_schema_files(login)
    wanted = taken(login)
    settings = FlywaySettings(locations=(f"filesystem:{migrations}",), schemas=(SCHEMA,))
    migrate(lambda: psycopg.connect(**login), settings, scan(settings, migrations))
    return Difference(taken(login), wanted)


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of sql/migrations to add scripts to."""
    return shutil.copytree(SQL / "migrations", tmp_path / "migrations")


def test_the_schema_files_and_the_migrations_agree(database: Login, migrations: Path) -> None:
    difference = lacking(database, migrations)
    assert not difference, f"sql/migrations lacks what is marked +, and sql/schema what is marked -:\n{difference}"


def test_a_migration_without_its_part_of_the_schema_files_is_named(database: Login, migrations: Path) -> None:
    script = """
        ALTER TABLE "User" ADD COLUMN nickname text;
        ALTER TABLE "User" ALTER COLUMN username TYPE varchar(80);
        DROP INDEX "User_email_lower_idx";
    """
    (migrations / "V999__Add_nickname.sql").write_text(script)
    assert lacking(database, migrations).lines == (
        '~ column "User".username: varchar(80) → varchar(50)',
        '- column "User".nickname text',
        '+ index "User_email_lower_idx" on "User" UNIQUE USING btree (lower(email::text))',
    )
