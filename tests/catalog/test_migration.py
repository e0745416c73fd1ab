"""`make migration` drafts what sql/schema has and sql/migrations lacks, says what it leaves, and cleans up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.schema.scripts import SQL
from tests.servers import ROOT

T = TypeVar("T")
COMMAND = [sys.executable, str(ROOT / "tools" / "migration.py")]


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder that every account reaches, with a copy of sql/ and a place for temporary files."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(SQL, folder / "sql")
        (folder / "tmp").mkdir()
        yield folder


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")}


def migration(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120
    )
    assert list((folder / "tmp").iterdir()) == [], "the server is still there"
    return done


def test_what_the_migrations_lack_is_written(project: Path) -> None:
    user = project / "sql" / "schema" / "tables" / "User.sql"
    user.write_text(
        user.read_text()
        + 'ALTER TABLE "User" DROP COLUMN "fullName";\n'
        + 'ALTER TABLE "User" ADD COLUMN nickname varchar(30);\n'
        + 'CREATE INDEX "User_nickname_idx" ON "User" (nickname);\n'
    )
    done = migration(project, "Add_nickname")
    assert done.returncode == 0, done.stderr
    newest = max(int(path.name[1:4]) for path in (SQL / "migrations").glob("V*.sql"))
    scripts = [f"V{newest + 1:03}__Add_nickname.sql", f"V{newest + 2:03}__Add_nickname_Indexes.sql"]
    assert done.stdout.splitlines()[:2] == [f"wrote sql/migrations/{script}" for script in scripts]
    assert 'for you to decide:\n- column "User"."fullName" varchar(100)' in done.stdout
    assert "\n  it holds data: " in done.stdout
    first, second = ((project / "sql" / "migrations" / script).read_text() for script in scripts)
    assert first.startswith('-- To decide, before this is committed:\n-- - column "User"."fullName" varchar(100)')
    assert '\n\nALTER TABLE "User" ADD COLUMN nickname varchar(30);\n' in first
    assert "lock_timeout =" not in first, "a stack's flywayLockTimeout counts"
    assert 'CREATE INDEX CONCURRENTLY "User_nickname_idx" ON "User" (nickname);\n' in second
    again = migration(project, "add_Nickname")
    assert again.returncode == 1
    assert again.stderr == (
        f"migration: sql/migrations/{scripts[0]} is there already: choose another NAME, or edit that file\n"
    )


def test_a_draft_that_is_taken_as_it_is_leaves_nothing_to_draft(project: Path) -> None:
    tables = project / "sql" / "schema" / "tables"
    with (tables / "User.sql").open("a") as file:
        file.write('ALTER TABLE "User" ADD COLUMN nickname varchar(30) CONSTRAINT "User_nickname_key" UNIQUE;\n')
    assert migration(project, "Add_nickname").returncode == 0
    done = migration(project, "Another")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "sql/schema and sql/migrations agree: nothing to draft\n"


@pytest.mark.parametrize("name", ["", "Add nickname", "../x", "Add-x", "a__b", "Ä", "_a", "a_"])
def test_a_name_that_is_no_description_is_refused(project: Path, name: str) -> None:
    done = migration(project, *([name] if name else []))
    assert done.returncode == 1
    assert done.stderr.startswith(f"migration: {name!r} cannot be a NAME: ")
    assert done.stderr.count("\n") == 1


def test_a_broken_schema_file_is_named_with_its_line(project: Path) -> None:
    team = project / "sql" / "schema" / "tables" / "Team.sql"
    lines = team.read_text().count("\n")
    team.write_text(team.read_text() + "CREATE TABL x ();\n")
    done = migration(project, "Add_x")
    assert done.returncode == 1
    assert done.stderr == (
        f"migration: sql/schema/tables/Team.sql:{lines + 1}: ERROR: "
        'syntax error at or near "TABL"; mend the file and run this again\n'
    )


def test_a_broken_migration_is_named_with_its_line(project: Path) -> None:
    (project / "sql" / "migrations" / "V999__Break.sql").write_text("\nCREATE TABL x ();\n")
    done = migration(project, "Add_x")
    assert done.returncode == 1
    assert "V999__Break.sql:2:8: " in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_server_goes_when_the_tool_is_killed(project: Path) -> None:
    running = subprocess.Popen(
        [*COMMAND, "Add_x"], cwd=project, env=environment(project), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    servers = project / "tmp"
    try:
        # The server makes the file empty, and writes its process in it a moment later.
        process = int(wait(lambda: [line for file in servers.glob("*/data/postmaster.pid") for line in lines(file)])[0])
    finally:
        running.kill()
        running.wait()
    wait(lambda: not list(servers.iterdir()) and not Path(f"/proc/{process}").exists())


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def wait(done: Callable[[], T]) -> T:
    deadline = time.monotonic() + 60
    while not (result := done()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return result
