"""What is no drift: use, upkeep, a move to another server, and what belongs to others."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from infra.programs import program
from tests.drift.conftest import Database, drift_of
from tests.schema.scripts import Login, connect
from tests.servers import temporary_database

USE = """
    INSERT INTO "User" (email, "passwordHash", username) VALUES ('a@example.com', 'x', 'a');
    INSERT INTO "Team" (name, "ownerId") SELECT 'a team', id FROM "User";
    UPDATE "User" SET username = 'b';
    INSERT INTO "Notification" ("userId", type, message, "createdAt") SELECT id, 'news', 'long ago', '2001-01-01'
      FROM "User";
    CREATE TEMP TABLE mine (id integer)
"""
DETACH = """
    SELECT create_partitions(2, '2001-01-01');
    SELECT detach_partitions('UsageLog', '2001-03-01')
"""
OTHERS = """
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
    GRANT USAGE ON SCHEMA creativeflow TO pg_monitor;
    ALTER SCHEMA creativeflow OWNER TO pg_monitor;
    CREATE SCHEMA another; CREATE TABLE another.one (id integer);
    CREATE TABLE creativeflow_seed_history (seed text);
    CREATE SEQUENCE another.numbers; SELECT nextval('another.numbers')
"""


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param("SELECT 1", id="nothing"),
        pytest.param(USE, id="use by an application"),
        pytest.param("SELECT create_partitions(9)", id="months ahead"),
        pytest.param(DETACH, id="months that are detached"),
        pytest.param(f'{DETACH}; DROP TABLE "UsageLog_2001_01"', id="a month that is gone"),
        pytest.param('ANALYZE "User"; REINDEX TABLE "User"; TRUNCATE "UsageLog"', id="upkeep"),
        pytest.param(OTHERS, id="what belongs to others"),
    ],
)
def test_no_drift_after(database: Database, statements: str) -> None:
    database.change(statements)
    drift = database.look()
    assert (drift.lines, drift.notes) == ((), ())
    assert drift.expected is not None, "it was compared"


@pytest.fixture
def restored(recorded: Login, admin: psycopg.Connection) -> Iterator[Login]:
    """A new database, restored from a dump of the recorded one."""
    with temporary_database(admin) as login:
        options = {
            "PATH": os.defpath,
            **{f"PG{name}": str(login[key]) for name, key in (("HOST", "host"), ("PORT", "port"), ("USER", "user"))},
            "PGPASSWORD": str(login["password"]),
        }
        dump = [program("pg_dump"), "--dbname", str(recorded["dbname"])]
        restore = [program("psql"), "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", str(login["dbname"])]
        dumped = subprocess.run(dump, env=options, capture_output=True, check=True)
        subprocess.run(restore, env=options, input=dumped.stdout, capture_output=True, check=True)
        yield login


def test_no_drift_after_dump_restore_and_vacuum(restored: Login) -> None:
    with connect(restored) as connection:
        connection.execute("VACUUM FULL ANALYZE")
    drift = drift_of(restored)
    assert (drift.lines, drift.notes) == ((), ())
    assert drift.expected is not None


def test_a_change_of_a_restored_database_is_drift_again(restored: Login) -> None:
    with connect(restored) as connection:
        connection.execute('ALTER TABLE "User" ADD COLUMN nickname text')
    assert drift_of(restored).lines == ('+ column "User".nickname text',)
