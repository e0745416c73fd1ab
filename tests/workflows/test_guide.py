"""docs/ci.md names every secret and every environment that the workflows use, and its example for GitLab is YAML."""

from __future__ import annotations

import re

import yaml

from tests.servers import ROOT
from tests.workflows.workflow import FILES

_GUIDE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_the_guide_names_every_secret() -> None:
    used = {name for file in FILES for name in re.findall(r"secrets\.(\w+)", file.read_text())}
    assert used == set(re.findall(r"^ *\| `([A-Z_]+)` \|", _GUIDE, re.MULTILINE))


def test_the_guide_names_every_workflow() -> None:
    assert {file.name for file in FILES} <= set(re.findall(r"`(\w+\.yml)`", _GUIDE))


def test_the_example_for_gitlab_runs_what_there_is() -> None:
    (example,) = re.findall(r"```yaml\n(# \.gitlab-ci\.yml\n.*?)```", _GUIDE, re.DOTALL)
    jobs = yaml.safe_load(example)
    assert {"preview", "up", "drift"} <= set(jobs)
    scripts = re.findall(r"tools/ci/\w+\.sh", example)
    assert scripts
    assert all((ROOT / script).exists() for script in scripts)
    assert jobs["up"]["resource_group"] == "prod"
