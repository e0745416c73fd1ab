"""The workflows as they are read from YAML, and the shell in their steps, run here as a runner runs it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.servers import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# How GitHub starts `shell: bash` (docs.github.com, workflow syntax, jobs.<job_id>.steps[*].shell).
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


def read(file: Path) -> dict[str, Any]:
    """A workflow. The key `on` comes as True: to YAML 1.1 it is a boolean."""
    workflow: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return workflow


@dataclass(frozen=True)
class Step:
    """A step of a workflow that runs shell."""

    workflow: str
    job: str
    name: str
    run: str
    env: frozenset[str]

    def __str__(self) -> str:
        return f"{self.workflow}, {self.job}: {self.name}"


def shell_steps() -> list[Step]:
    """Every step of every workflow that runs shell."""
    return [
        Step(file.stem, job, step["name"], step["run"], frozenset(step.get("env", {})) | frozenset(of.get("env", {})))
        for file in FILES
        for job, of in read(file)["jobs"].items()
        for step in of["steps"]
        if "run" in step
    ]


def step(workflow: str, name: str) -> Step:
    """The step called `name`."""
    (found,) = (step for step in shell_steps() if (step.workflow, step.name) == (workflow, name))
    return found


@dataclass(frozen=True)
class Runner:
    """A machine of GitHub's that runs steps in `folder`, with the programs in `programs` first on PATH."""

    folder: Path
    home: Path
    programs: Path

    def run(self, step: Step, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a step with `environment`, which must hold all that the workflow sets for it, and with what earlier steps
        have written to GITHUB_ENV."""
        assert step.env <= environment.keys(), f"{step} is given {step.env - environment.keys()} in the workflow"
        script = self.home / "step.sh"
        script.write_text(step.run)
        given = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "RUNNER_TEMP": str(self.home),
            "GITHUB_REPOSITORY": "creativeflow/database",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "77",
            **{f"GITHUB_{name}": str(self.home / name) for name in ("ENV", "OUTPUT", "STEP_SUMMARY")},
            **dict(line.split("=", 1) for line in self.written("ENV").splitlines()),
            **environment,
        }
        return subprocess.run([*BASH, script], cwd=self.folder, env=given, capture_output=True, text=True, timeout=300)

    def succeed(self, step: Step, **environment: str) -> str:
        """What a step prints that must succeed."""
        done = self.run(step, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fail(self, step: Step, **environment: str) -> str:
        """What a step prints that must fail."""
        done = self.run(step, **environment)
        assert done.returncode != 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def written(self, name: str) -> str:
        """What steps have written to GITHUB_ENV, GITHUB_OUTPUT or GITHUB_STEP_SUMMARY."""
        file = self.home / name
        return file.read_text() if file.exists() else ""
