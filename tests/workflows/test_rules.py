"""What every workflow keeps to, so that a mistake in one cannot give the repository or a stack away."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT
from tests.workflows.workflow import BASH, FILES, Step, read, shell_steps

_SCRIPTS = sorted((ROOT / "tools" / "ci").glob("*.sh"))
# The jobs that may write, and what. They have no secret, and install nothing. (id-token writes nothing: it logs in.)
_WRITES = {("preview", "comment"): {"pull-requests"}, ("drift", "tell"): {"issues"}}

each_workflow = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
each_step = pytest.mark.parametrize("step", shell_steps(), ids=str)


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read(file)["jobs"]
    return found


def test_there_are_three_workflows() -> None:
    assert [file.stem for file in FILES] == ["drift", "preview", "up"]


@each_workflow
def test_a_workflow_may_do_nothing_and_its_jobs_what_they_need(file: Path) -> None:
    assert read(file)["permissions"] == {}
    for name, job in jobs(file).items():
        given = {scope: access for scope, access in job["permissions"].items() if scope != "id-token"}
        writes = {scope for scope, access in given.items() if access != "read"}
        assert writes == _WRITES.get((file.stem, name), set()), name
        assert set(given) <= writes | {"actions", "contents"}, name


@each_workflow
def test_a_job_that_writes_has_no_secret_and_installs_nothing(file: Path) -> None:
    for name, job in jobs(file).items():
        if (file.stem, name) in _WRITES:
            text = str(job)
            assert "secrets." not in text
            assert "make " not in text
            assert ".venv" not in text


@each_workflow
def test_the_code_of_a_fork_never_runs_with_secrets(file: Path) -> None:
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(read(file)[True])


@each_workflow
def test_every_action_is_pinned_by_its_commit_with_its_version_beside(file: Path) -> None:
    uses = [line.strip() for line in file.read_text().splitlines() if "uses:" in line]
    assert uses
    for line in uses:
        assert re.fullmatch(r"- uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_one_commit_everywhere() -> None:
    uses = {line.strip() for file in FILES for line in file.read_text().splitlines() if "uses:" in line}
    assert len(uses) == len({line.partition("@")[0] for line in uses})


@each_workflow
def test_a_checkout_leaves_no_token_behind(file: Path) -> None:
    for job in jobs(file).values():
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@each_workflow
def test_every_job_ends_in_time_on_a_named_system(file: Path) -> None:
    for name, job in jobs(file).items():
        assert 0 < job["timeout-minutes"] <= 240, name
        assert job["runs-on"] == "ubuntu-24.04", name
    assert read(file)["defaults"]["run"]["shell"] == "bash"


@each_step
def test_no_expression_is_pasted_into_shell(step: Step) -> None:
    assert "${{" not in step.run, "hand it over in env: a branch's name is anybody's text"


def test_prod_goes_one_at_a_time_after_an_approval_that_somebody_has_to_give() -> None:
    prod = jobs(ROOT / ".github" / "workflows" / "up.yml")["prod"]
    assert prod["concurrency"] == {"group": "up-prod", "cancel-in-progress": False}
    assert prod["environment"] == "production"
    assert set(prod["needs"]) == {"plan", "approval"}


def test_only_an_outdated_preview_is_ended_by_a_newer_run() -> None:
    cancels = {file.stem: read(file).get("concurrency", {}).get("cancel-in-progress", False) for file in FILES}
    assert cancels == {"drift": False, "preview": True, "up": False}


@each_workflow
def test_nothing_destroys_a_stack(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"make down|pulumi (destroy|stack rm|state)", text)
    assert ("make up" in text) == (file.stem != "drift")


def test_only_up_brings_a_stack_up_that_is_not_the_runners_own() -> None:
    ups = [step for step in shell_steps() if "make up" in step.run]
    assert {(step.workflow, step.job, step.name) for step in ups} == {
        ("preview", "preview", "Bring dev up as the target branch has it"),
        ("up", "dev", "Bring dev up as it was before"),
        ("up", "dev", "Bring it forward, and see that nothing is left to do"),
        ("up", "prod", "Up"),
    }
    (base,) = (
        step
        for step in jobs(ROOT / ".github" / "workflows" / "preview.yml")["preview"]["steps"]
        if step.get("name") == ups[0].name
    )
    assert base["if"] == "matrix.stack == 'dev'"


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_clean_to_shellcheck(script: Path) -> None:
    assert shellcheck("--shell=sh", str(script)) == ""


@each_step
def test_a_step_is_clean_to_bash_and_to_shellcheck(step: Step, tmp_path: Path) -> None:
    script = tmp_path / "step.sh"
    script.write_text(step.run)
    assert subprocess.run([*BASH, "-n", script], capture_output=True, text=True).stderr == ""
    assert shellcheck("--shell=bash", str(script)) == ""


def shellcheck(*arguments: str) -> str:
    """What shellcheck says: the one that requirements.txt pins or, on a machine it has no wheel for, the system's."""
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    assert program, "there is no shellcheck: run `make setup`, or apt-get install shellcheck"
    return subprocess.run([program, *arguments], capture_output=True, text=True).stdout
