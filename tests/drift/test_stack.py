"""Drift on the real engine: the lines of a preview, the stop of `up`, the way on, and back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.servers import ROOT
from tests.stack.conftest import new_project
from tests.stack.project import Project

DRIFT = 'ALTER TABLE "User" ADD COLUMN nickname text; DROP INDEX "User_email_lower_idx"'
UNDO = 'ALTER TABLE "User" DROP COLUMN nickname; CREATE UNIQUE INDEX "User_email_lower_idx" ON "User" (lower(email))'
COLUMN = '+ column "User".nickname text'
INDEX = '- index "User_email_lower_idx" on "User" UNIQUE USING btree (lower(email::text))'
SCRIPT = 'ALTER TABLE "Team" ADD COLUMN motto text;\n'


@pytest.fixture(scope="module")
def stack() -> Iterator[Project]:
    """A stack that is up, which these tests leave as they have found it, but for its history."""
    with new_project() as project:
        project.succeed("stack", "init", "dev")
        project.up()
        yield project


@pytest.fixture
def drifted(stack: Project) -> Iterator[Project]:
    """That stack, drifted for the length of a test."""
    execute(stack, DRIFT)
    yield stack
    execute(stack, UNDO)


def execute(stack: Project, statements: str) -> None:
    """As the owner, whose search_path is the schema."""
    with stack.connect("migrator") as connection:
        connection.execute(statements.encode())


def adopt(stack: Project, name: str) -> str:
    """What `make adopt` prints."""
    command = [sys.executable, ROOT / "tools" / "adopt.py", "dev", name]
    environment = {**os.environ, **stack.environment, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=stack.folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_stack_that_nobody_touched_has_none(stack: Project) -> None:
    stack.succeed("refresh", "--preview-only", "--expect-no-changes", "--stack", "dev")
    stack.succeed("preview", "--refresh", "--expect-no-changes", "--stack", "dev")


def test_a_preview_shows_the_changed_lines_and_up_stops_at_them(drifted: Project) -> None:
    preview = drifted.fail("preview", "--refresh", "--diff", "--stack", "dev")
    shown = [" ".join(line.split()) for line in preview.splitlines()]
    assert f'+ {COLUMN} : "new"' in shown
    assert f'+ {INDEX}: "gone"' in shown
    nightly = drifted.fail("refresh", "--preview-only", "--diff", "--expect-no-changes", "--stack", "dev")
    assert COLUMN in nightly

    drifted.write("sql/migrations/V003__Add_motto.sql", SCRIPT)
    stopped = drifted.fail("up", "--yes", "--skip-preview", "--stack", "dev")
    (drifted.folder / "sql" / "migrations" / "V003__Add_motto.sql").unlink()
    assert f"{COLUMN}: undo it, which loses what it holds, or run make adopt" in stopped
    assert f"{INDEX}: make it again, or run make adopt" in stopped
    assert "pulumi config set onDrift warn" in stopped
    assert "applied in" not in stopped


def test_up_goes_on_where_it_may_and_keeps_telling(drifted: Project) -> None:
    drifted.succeed("config", "set", "onDrift", "warn", "--stack", "dev")
    try:
        told = f"warning: the database changed outside of migrations: {COLUMN}"
        assert told in drifted.up()
        again = drifted.up("--expect-no-changes")
        assert told in again
    finally:
        drifted.succeed("config", "rm", "onDrift", "--stack", "dev")
    drifted.fail("preview", "--stack", "dev")


def test_a_record_that_is_lost_is_made_again(stack: Project) -> None:
    stack.up()
    execute(stack, "DROP TABLE creativeflow_catalog_history")
    preview = stack.succeed("preview", "--diff", "--stack", "dev")
    assert [line.split() for line in preview.splitlines() if " + " in line] == [
        ["+", "catalog:", '"to', "be", 'recorded"'],
    ]
    stack.up()
    stack.up("--expect-no-changes")


def test_a_preview_without_the_database_says_what_it_could_not_check(stack: Project) -> None:
    cluster = stack.cluster()
    cluster.stop()
    try:
        done = stack.pulumi("preview", "--stack", "dev")
    finally:
        cluster.start()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "could not check which scripts have run, what else has changed" in done.stdout + done.stderr


def test_what_is_adopted_is_drift_no_longer(stack: Project) -> None:
    execute(stack, 'ALTER TABLE "User" ADD COLUMN nickname text')
    printed = adopt(stack, "Adopt_nickname")
    assert "wrote sql/migrations/V003__Adopt_nickname.sql" in printed
    assert COLUMN in printed
    stack.succeed("preview", "--stack", "dev")
    assert "V003__Adopt_nickname.sql: applied in" in stack.up()
    stack.up("--expect-no-changes")
    assert "nothing to adopt" in adopt(stack, "Adopt_more")
    execute(stack, 'ALTER TABLE "User" DROP COLUMN nickname')
    assert "- column" in stack.fail("preview", "--stack", "dev")
