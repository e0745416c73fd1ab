"""A run that is killed at any moment leaves what the next run finishes: the same catalog, data and history.

KILLS=200 kills that often; FLYWAY_SEED=… repeats the kills of a run that failed.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from infra.catalog.difference import Difference
from infra.catalog.read import read
from infra.catalog.snapshot import Snapshot
from infra.flyway.commands.preview import read_history
from infra.flyway.commands.run import migrate
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings

from .conftest import Project

KILLS = int(os.environ.get("KILLS", "25"))
# The server looks whether its client is there: never, so that it finishes what it was sent; or so often that it stops
# in the middle of a statement, which leaves invalid indexes.
WATCHES = ("-c client_connection_check_interval=0", "-c client_connection_check_interval=1")
SCRIPTS = {
    "V1__Users": """
        CREATE TABLE member (id integer PRIMARY KEY, name text, age integer);
        INSERT INTO member SELECT i, 'name ' || i, i % 90 FROM generate_series(1, 20000) AS i;
    """,
    "V2__Index": "CREATE INDEX CONCURRENTLY member_name ON member (name);",
    "V3__Column": "ALTER TABLE member ADD note text; UPDATE member SET note = upper(name) WHERE id < 3000;",
    "V4__Indexes": """
        SET maintenance_work_mem TO '32MB';
        CREATE UNIQUE INDEX CONCURRENTLY member_new ON member (lower(name), id);
        DROP INDEX CONCURRENTLY member_name;
        CREATE INDEX CONCURRENTLY IF NOT EXISTS "Member age" ON app.member (age) WHERE age > 17;
    """,
    "V5__Vacuum": "VACUUM ANALYZE member;",
    "V6__Log": "CREATE TABLE log (what text);\nCOPY log FROM stdin;\n" + "a row of data\n" * 3000 + "\\.\n",
    "V7__Committing": "CREATE TABLE a (i integer); INSERT INTO a VALUES (1); COMMIT;",
    "V8__Reindex": "REINDEX INDEX CONCURRENTLY member_new;",
    "R__Adults": "CREATE OR REPLACE VIEW adult AS SELECT id, name FROM member WHERE age > 17;",
    "R__Log_it": "INSERT INTO log VALUES ('repeatable');",
    "beforeMigrate": "SELECT 1;",
    "afterMigrate": "COMMENT ON SCHEMA app IS 'migrated';",
}
DATA = """
    SELECT (SELECT count(*) FROM app.member), (SELECT count(note) FROM app.member),
           (SELECT count(*) FROM app.log), (SELECT count(*) FROM app.a)
"""


class End(NamedTuple):
    """What a run came to, without what depends on the time."""

    catalog: Snapshot
    rows: list[tuple[Any, ...]]
    data: list[tuple[Any, ...]]


def run(folder: Path, login: Mapping[str, Any]) -> None:
    settings = FlywaySettings(locations=(f"filesystem:{folder}",), schemas=("app",), mixed=True)
    migrate(lambda: psycopg.connect(**login), settings, scan_strictly(settings, folder))


def end(project: Project) -> End:
    rows = read_history(project.connect, project.settings()) or ()
    kept = [(r.installed_rank, r.version, r.description, r.type, r.script, r.checksum, r.success) for r in rows]
    with project.connect() as connection:
        catalog = read(connection, ["app"])
    return End(catalog, kept, project.sql(DATA))


def killed(project: Project, watch: str, seconds: float) -> bool:
    """Run in a process of its own, and kill it after `seconds`. False where it had ended before."""
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=run, args=(project.folder, {**project.database, "options": watch}))
    process.start()
    process.join(seconds)
    ended = process.exitcode
    process.kill()
    process.join()
    assert ended in (None, 0), "the run failed: its error is above"
    return ended is None


@pytest.fixture
def killable(project: Project) -> Project:
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
    project.write(**SCRIPTS)
    (project.folder / "V4__Indexes.sql.conf").write_text("executeInTransaction=false")
    return project


def test_a_run_that_follows_killed_ones_ends_as_if_they_had_not_been(killable: Project) -> None:
    began = time.perf_counter()
    run(killable.folder, killable.database)
    usual, undisturbed = time.perf_counter() - began, end(killable)
    seed = int(os.environ.get("FLYWAY_SEED", secrets.randbelow(1 << 32)))
    chance, kills = random.Random(seed), 0  # noqa: S311
    while kills < KILLS:
        killable.sql("DROP SCHEMA app CASCADE")
        watch = chance.choice(WATCHES)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            kills += killed(killable, watch, chance.uniform(0, 1.2 * usual))
        run(killable.folder, killable.database)
        found = end(killable)
        place = f"FLYWAY_SEED={seed}, kill {kills}"
        assert str(Difference(undisturbed.catalog, found.catalog)) == "", place
        assert found == undisturbed, place
