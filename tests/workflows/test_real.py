"""The steps that run make and Pulumi, on a pull request that adds a script: with the real engine and a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT
from tests.stack.conftest import new_project
from tests.stack.project import Project
from tests.workflows.workflow import Runner, step

pytestmark = pytest.mark.xdist_group("pull request")  # one checkout for all
_SCRIPT = "sql/migrations/V003__Add_nickname.sql"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Runner]]:
    """What actions/checkout leaves of a pull request: a merge, whose first parent is the target branch."""
    with new_project() as project:
        made_ready(project.folder)
        git(project.folder, "init", "--quiet", "--initial-branch=main")
        commit(project.folder, "What is on main")
        git(project.folder, "switch", "--quiet", "--create", "change")
        project.write(_SCRIPT, 'ALTER TABLE "User" ADD COLUMN nickname text;\n')
        commit(project.folder, "Add a nickname")
        git(project.folder, "switch", "--quiet", "main")
        git(project.folder, "merge", "--quiet", "--no-ff", "--message", "Merge", "change")
        git(project.folder, "switch", "--quiet", "--detach")
        home = tmp_path_factory.mktemp("home")
        yield project, Runner(project.folder, home, home)


def made_ready(folder: Path) -> None:
    """Give the copy what `make setup` makes: the environment and the engine of this project, which are up to date."""
    for part in ("Makefile", "requirements.txt", "tools", "airgap"):
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    for file in folder.rglob("*"):
        if not file.is_symlink() and ".venv" not in file.parts:
            os.utime(file, (0, 0))
    (folder / ".local").mkdir()
    for part in ("engine", "pulumi-home"):
        if (ROOT / ".local" / part).exists():
            (folder / ".local" / part).symlink_to(ROOT / ".local" / part)
    (folder / ".gitignore").write_text("/.venv\n/.local\n/state\n/report\n/drift\n__pycache__/\n")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A developer", "-c", "user.email=developer@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def given(project: Project) -> dict[str, str]:
    """What a runner sets, and a state of the copy's own: through its `.venv` it would find this project's."""
    return {**project.environment, "STACK": "dev", "GITHUB_SHA": git(project.folder, "rev-parse", "HEAD")}


@pytest.fixture(scope="module")
def base(checkout: tuple[Project, Runner]) -> tuple[Project, Runner]:
    """The checkout, once dev is up as the target branch has it."""
    project, runner = checkout
    head = git(project.folder, "rev-parse", "HEAD")
    runner.succeed(step("preview", "Bring dev up as the target branch has it"), **given(project))
    assert git(project.folder, "rev-parse", "HEAD") == head
    return project, runner


def test_the_preview_shows_just_what_the_pull_request_adds(base: tuple[Project, Runner]) -> None:
    project, runner = base
    runner.succeed(step("preview", "Preview"), **given(project))
    preview = (project.folder / "report" / "preview.txt").read_text()
    assert "+ V003__Add_nickname.sql" in preview
    assert "~ 1 to update" in preview


def test_the_comment_has_the_review_of_just_what_the_pull_request_adds(base: tuple[Project, Runner]) -> None:
    project, runner = base
    runner.succeed(step("preview", "Review"), **given(project))
    runner.succeed(step("preview", "Report"), **given(project))
    comment = (project.folder / "report" / "comment.md").read_text()
    assert comment.startswith("<!-- creativeflow review: dev -->\n")
    assert "V003__Add_nickname.sql" in comment
    assert "V002__" not in comment.partition("<details>")[0]
    assert "<html" in (project.folder / "report" / "review.html").read_text()


def test_a_script_that_waits_is_no_drift_and_a_changed_privilege_is(base: tuple[Project, Runner]) -> None:
    project, runner = base
    look = step("drift", "Look")
    runner.succeed(look, **given(project))
    assert (project.folder / "drift" / "status").read_text() == "clean\n"

    with project.connect("admin") as connection:
        connection.execute("REVOKE USAGE ON SCHEMA creativeflow FROM creativeflow_readonly")
        runner.succeed(look, **given(project))
        connection.execute("GRANT USAGE ON SCHEMA creativeflow TO creativeflow_readonly")
    assert (project.folder / "drift" / "status").read_text() == "drifted\n"
    lines = (project.folder / "drift" / "drift.txt").read_text()
    assert "grant-readonly-schema-creativeflow" in lines
    assert '-     [0]: "USAGE"' in lines


def test_what_was_approved_is_brought_up_if_it_still_fits(base: tuple[Project, Runner]) -> None:
    project, runner = base
    still = step("up", "See that it is still what was approved")
    runner.succeed(step("up", "Plan"), **given(project))
    assert runner.written("OUTPUT").endswith("changes=true\n")
    shutil.copytree(project.folder / "report", project.folder / "approved")
    runner.succeed(still, **given(project))

    project.write("sql/migrations/V004__Add_motto.sql", 'ALTER TABLE "User" ADD COLUMN motto text;\n')
    said = runner.fail(still, **given(project))
    assert re.search("^> .*V004__Add_motto.sql", said, re.MULTILINE)
    assert "::error::The stack has changed since the plan was made" in said
    (project.folder / "sql" / "migrations" / "V004__Add_motto.sql").unlink()

    said = runner.succeed(step("up", "Bring it forward, and see that nothing is left to do"), **given(project))
    assert "V003__Add_nickname.sql: applied" in said
