"""A runner of GitHub's whose `gh` speaks to a GitHub in a file."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT
from tests.workflows import fake_gh
from tests.workflows.workflow import Runner


@dataclass(frozen=True)
class GitHub:
    """What is on GitHub, for a test to prepare and to look at."""

    file: Path

    @property
    def now(self) -> dict[str, Any]:
        now: dict[str, Any] = json.loads(self.file.read_text())
        return now

    def has(self, **what: Any) -> None:
        self.file.write_text(json.dumps({**self.now, **what}))

    def artifact(self, name: str, **files: str) -> None:
        """Upload an artifact of this run, or upload it again."""
        folder = Path(self.now["artifacts"]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file.replace("_", ".")).write_text(text)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """The calls that changed something, in their order."""
        return [(method, path.removeprefix("repos/creativeflow/database/")) for method, path, _ in self.now["calls"]]


@pytest.fixture
def github(tmp_path: Path) -> GitHub:
    programs = tmp_path / "programs"
    programs.mkdir()
    shutil.copy(fake_gh.__file__, programs / "fake_gh.py")
    (programs / "gh").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{programs}/fake_gh.py" "$@"\n')
    (programs / "gh").chmod(0o755)
    github = GitHub(programs / "github.json")
    empty = {"comments": [], "issues": [], "calls": [], "artifacts": str(tmp_path / "artifacts")}
    github.file.write_text(json.dumps(empty))
    return github


@pytest.fixture
def runner(github: GitHub, tmp_path: Path) -> Runner:
    """A runner in a checkout that has the shell and the Python of the workflows, and nothing that was made."""
    folder = tmp_path / "a checkout"
    (folder / "tools").mkdir(parents=True)
    shutil.copytree(ROOT / "tools" / "ci", folder / "tools" / "ci")
    (tmp_path / "home").mkdir()
    return Runner(folder, tmp_path / "home", github.file.parent)
