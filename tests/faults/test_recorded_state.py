"""State that a release has written is refreshed, updated and destroyed by today's code. states/README.md says more."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra import resources
from tests.servers import ROOT
from tests.stack.project import Project
from tests.stack.test_external import External

STATES = Path(__file__).parent / "states"
PROVIDERS = STATES / "providers.txt"
# What a recorded state has instead of the database and the port that it was made with.
DATABASE, PORT = "recorded_database", "65432"
PASSWORDS = {f"{role}Password": f"of-the-{role}" for role in ("migrator", "app", "readonly", "upkeep")}


@pytest.fixture
def up(external: External) -> External:
    """A stack that is up, with passwords that its recorded states have too."""
    secrets = [part for key, password in PASSWORDS.items() for part in ("--secret", f"creativeflow:{key}={password}")]
    external.project.succeed("config", "set-all", "--stack", "dev", *secrets)
    external.project.up()
    return external


@pytest.mark.parametrize("state", sorted(STATES.glob("*.json")), ids=lambda path: path.stem)
def test_the_state_of_a_release_is_refreshed_updated_and_destroyed(
    up: External, admin: psycopg.Connection, state: Path
) -> None:
    project = up.project
    text = re.sub(rf"\b{PORT}\b", str(up.port), state.read_text().replace(DATABASE, up.database))
    project.succeed("stack", "import", "--file", str(project.write("state.json", text)), "--stack", "dev")
    assert moments(exported(project)) == moments(json.loads(text)), "the state is not the recorded one"
    project.succeed("refresh", "--yes", "--skip-preview", "--stack", "dev")
    project.up()
    project.up("--expect-no-changes")
    for role in ("migrator", "app", "readonly", "upkeep"):
        project.connect(role).close()
    project.destroy()
    left = admin.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [up.database]).fetchall()
    assert left == [(up.user,)]


def test_every_provider_that_a_state_may_name_is_still_there() -> None:
    """A state holds a provider by its module and class: also those of servers that no recorded state is of."""
    assert set(PROVIDERS.read_text().splitlines()) <= providers()
    assert list(STATES.glob("*.json")), "no state is recorded"


@pytest.mark.skipif("FAULTS_RECORD" not in os.environ, reason="FAULTS_RECORD asks for no record")
def test_it_records_the_state_of_this_release(up: External) -> None:
    """With its secrets in plain text: they are these tests' own."""
    release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    state = exported(up.project)
    for resource in state["deployment"]["resources"]:
        for of_this_machine in ("sourcePosition", "stackTrace"):
            resource.pop(of_this_machine, None)
    text = json.dumps(state, indent=1, ensure_ascii=False) + "\n"
    text = re.sub(rf"\b{up.port}\b", PORT, text.replace(up.database, DATABASE))
    (STATES / f"{release}.json").write_text(text)
    PROVIDERS.write_text("\n".join(sorted(providers() | set(PROVIDERS.read_text().splitlines()))) + "\n")


def exported(project: Project) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(project.succeed("stack", "export", "--show-secrets", "--stack", "dev"))
    return state


def moments(state: dict[str, Any]) -> list[str | None]:
    """When each resource was made, which tells one state from another."""
    return [resource.get("created") for resource in state["deployment"]["resources"]]


def providers() -> set[str]:
    """The providers of today's code, as `module.Class`."""
    modules = [
        importlib.import_module(f"{resources.__name__}.{one.name}") for one in pkgutil.iter_modules(resources.__path__)
    ]
    return {
        f"{module.__name__}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, resources.Provider) and value.__module__ == module.__name__
    }
