"""What an exit code means to a step. Pulumi's word for changes is 7, and for none 0; every other one is a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflows.workflow import Runner, step

_CODES = pytest.mark.parametrize(("code", "changed"), [(0, False), (7, True), (1, None), (255, None)])


def program(file: Path, script: str) -> None:
    """A program that stands in for one that the step runs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def pulumi_ends_with(runner: Runner, code: int) -> None:
    program(runner.folder / ".venv" / "bin" / "pulumi", f"echo said; echo warned >&2; exit {code}")


@_CODES
def test_a_failed_look_is_neither_clean_nor_drifted(runner: Runner, code: int, changed: bool | None) -> None:
    pulumi_ends_with(runner, code)
    done = runner.run(step("drift", "Look"), STACK="prod", NO_COLOR="1")
    assert done.returncode == (code if changed is None else 0)
    assert "said\nwarned\n" in done.stdout
    folder = runner.folder / "drift"
    if changed is None:
        assert not (folder / "status").exists()
    else:
        assert (folder / "status").read_text() == ("drifted\n" if changed else "clean\n")
        assert (folder / "stack").read_text() == "prod\n"


@_CODES
def test_a_failed_plan_is_no_plan(runner: Runner, code: int, changed: bool | None) -> None:
    pulumi_ends_with(runner, code)
    done = runner.run(step("up", "Plan"), STACK="prod", NO_COLOR="1")
    assert done.returncode == (code if changed is None else 0)
    assert (runner.folder / "report" / "preview.txt").read_text() == "said\nwarned\n"
    assert runner.written("OUTPUT") == ("" if changed is None else f"changes={str(changed).lower()}\n")


# Of make: a review that says "will fail", and one that cannot be made, are both a failed recipe.
@pytest.mark.parametrize("code", [0, 2])
@pytest.mark.parametrize("workflow", ["preview", "up"])
def test_a_review_that_fails_fails_the_job(runner: Runner, workflow: str, code: int) -> None:
    program(runner.programs / "make", f'echo "$@"; exit {code}')
    done = runner.run(step(workflow, "Review"), STACK="prod", NO_COLOR="1")
    assert done.returncode == code
    assert done.stdout == "review FLAGS=--output report/review.md --output report/review.html\n"


def test_a_preview_that_fails_fails_the_job_and_is_still_reported(runner: Runner) -> None:
    program(runner.programs / "make", 'echo "$@"; echo "error: no" >&2; exit 2')
    done = runner.run(step("preview", "Preview"), STACK="prod", NO_COLOR="1")
    assert done.returncode == 2
    assert (runner.folder / "report" / "preview.txt").read_text().endswith("error: no\n")


@pytest.mark.parametrize("name", ["Bring dev up as the target branch has it", "Bring dev up as it was before"])
def test_a_broken_target_branch_does_not_stop_the_change_that_repairs_it(runner: Runner, name: str) -> None:
    program(runner.programs / "make", 'echo "make $1 $2"; [ "$1" != up ]')
    program(runner.programs / "git", 'echo "git $*"')
    said = runner.succeed(
        step("preview" if "target" in name else "up", name), STACK="dev", NO_COLOR="1", GITHUB_SHA="the-merge"
    )
    lines = said.splitlines()
    assert lines[0] == "git checkout --quiet HEAD^1"
    assert lines[1].startswith("make up ")
    assert lines[2].startswith("::warning::")
    assert lines[3:] == ["make clean CONFIRM=yes", "git checkout --quiet the-merge"]
