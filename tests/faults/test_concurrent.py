"""Several at once: two `up` on one stack, on two stacks that share a server, and beside an application that writes.

`up` beside real Flyway is in tests/flyway/test_real_flyway.py, `up` beside another run of the scripts in test_lock.py.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra import partitions
from infra.flyway.commands.run import migrate
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings
from tests.faults.load import application_on, load
from tests.schema.scripts import SCHEMA, SQL
from tests.stack.project import Project
from tests.stack.test_external import External

UP = ("up", "--yes", "--skip-preview", "--stack")
STACKS = ("dev", "two")
LOCK_TIMEOUT = 0.5  # seconds; 5 is the default of flywayLockTimeout
MARGIN = 1.0  # seconds that a writer may wait beyond that, where the machine is busy
HELD = 2.5  # seconds that the application's long transaction stands in the way of the script
SCRIPTS = {
    "V900__Add_nickname.sql": 'ALTER TABLE "User" ADD COLUMN nickname text;\n',
    "V901__Index_nickname.sql": 'CREATE INDEX CONCURRENTLY "idx_User_nickname" ON "User" (nickname);\n',
    "V902__Check_nickname.sql": 'ALTER TABLE "User" ADD CONSTRAINT short CHECK (length(nickname) < 9) NOT VALID;\n',
}


def test_of_two_ups_on_one_stack_the_second_says_that_it_is_locked(external: External) -> None:
    project = external.project
    project.write("sql/migrations/V003__Wait.sql", "SELECT pg_sleep(4);\n")
    first: list[subprocess.CompletedProcess[str]] = []
    run = threading.Thread(target=lambda: first.append(project.pulumi(*UP, "dev")))
    run.start()
    wait_for_lock(project)
    started = time.monotonic()
    message = project.fail(*UP, "dev")
    assert time.monotonic() - started < 20
    assert "the stack is currently locked by 1 lock(s)" in message
    run.join()
    assert first[0].returncode == 0, first[0].stdout
    project.up("--expect-no-changes")
    assert project.outputs()["schemaVersion"] == "003"


def test_two_stacks_that_share_a_server_come_up_at_once(external: External, admin: psycopg.Connection) -> None:
    project = external.project
    with second_stack(external, admin, f"{external.database}_two"):
        both: list[subprocess.CompletedProcess[str]] = []
        runs = [
            threading.Thread(target=lambda *up: both.append(project.pulumi(*up)), args=(*UP, each)) for each in STACKS
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert [done.returncode for done in both] == [0, 0], "".join(done.stdout for done in both)
        for stack in STACKS:
            with project.connect("app", stack) as app:
                assert app.execute('SELECT count(*) FROM "User"').fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(project.outputs("dev")["appDsn"], dbname=f"{external.database}_two")


def test_a_second_stack_with_the_same_database_is_refused_and_harms_nothing(
    external: External, admin: psycopg.Connection
) -> None:
    project = external.project
    project.up()
    with second_stack(external, admin, external.database):
        message = project.fail(*UP, "two")
        assert f'role "{external.database}_owner" already exists' in message
    project.up("--expect-no-changes")
    with project.connect("app") as app:
        assert app.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


@contextlib.contextmanager
def second_stack(external: External, admin: psycopg.Connection, database: str) -> Iterator[None]:
    """A stack `two` on the same server, with the same administrator, and `database`; destroyed after the block."""
    project = external.project
    config = (project.folder / "Pulumi.dev.yaml").read_text()
    project.write("Pulumi.two.yaml", config.replace(f"postgresDb: {external.database}", f"postgresDb: {database}"))
    project.succeed("stack", "init", "two")
    yield
    project.destroy("two")


def wait_for_lock(project: Project) -> None:
    """Wait until a run has locked the state of the stack `dev`."""
    deadline = time.monotonic() + 60
    while not any((project.folder / "state" / ".pulumi" / "locks").rglob("*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_writers_at_full_rate_see_no_error_and_wait_no_longer_than_the_lock_timeout(
    database: dict[str, object], tmp_path: Path
) -> None:
    """A transaction of the application's keeps the table busy too: without a lock_timeout all would wait as long."""
    for name, text in SCRIPTS.items():
        (tmp_path / name).write_text(text)
    places = (f"filesystem:{SQL / 'migrations'}", f"filesystem:{tmp_path}")
    settings = FlywaySettings(locations=places, schemas=(SCHEMA,), lock_timeout=LOCK_TIMEOUT, lock_retries=20)
    with application_on(database) as application, load(application, seconds=8) as written:
        time.sleep(1)
        with application.connect() as busy:
            busy.execute('SELECT FROM "User"')
            release = threading.Timer(HELD, busy.rollback)
            release.start()
            outcome = migrate(application.connect, settings, scan_strictly(settings, tmp_path))
            made = partitions.create(application.connect, SCHEMA, 1)
            release.join()
    assert [one.script for one in outcome.applied] == list(SCRIPTS)
    assert made
    print(f"{len(written.seconds)} transactions, {written.rate:.0f} a second; the slowest took {written.worst:.2f} s")
    assert written.failed == 0
    assert LOCK_TIMEOUT * 0.8 < written.worst < LOCK_TIMEOUT + MARGIN, "below, nobody was in anybody's way"
