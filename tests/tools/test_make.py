"""What make does around the engine: help, and a clean that keeps data until it is told twice."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.cluster import Cluster, free_port
from tests.servers import PASSWORD, ROOT, guarded
from tests.stack.conftest import new_project

_STATE_OF_AN_EXTERNAL_STACK = ROOT / "tests" / "faults" / "states" / "0.1.0.json"


def test_help_has_a_line_for_every_command_of_the_readme() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commands = {line.split()[0] for line in listed.splitlines()}
    shown = re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert set(shown) <= commands
    assert {"up", "preview", "down", "refresh", "outputs", "dsn", "psql", "setup", "test", "lint", "bench"} <= commands


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with what `make clean` removes."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".local" / "state").mkdir(parents=True)
    return tmp_path


def clean(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "clean", *options], cwd=folder, capture_output=True, text=True)


def test_clean_removes_all_that_was_made(made: Path) -> None:
    assert clean(made).returncode == 0
    assert sorted(path.name for path in made.iterdir()) == ["Makefile", "infra", "tools"]
    assert list(made.rglob("__pycache__")) == []


def test_clean_keeps_data_until_it_is_told_twice(made: Path) -> None:
    cluster = Cluster(made / ".local" / "postgres" / "dev", free_port())
    with guarded(cluster):
        cluster.init("postgres", PASSWORD, {"unix_socket_directories": "", "listen_addresses": "127.0.0.1"})
        cluster.start()
        refused = clean(made)
        assert refused.returncode != 0
        assert "the data or the state of dev, which" in refused.stderr
        assert "CONFIRM=yes" in refused.stderr
        assert cluster.running()
        place = cluster.place
        assert clean(made, "CONFIRM=yes").returncode == 0
        assert not place.exists()
        assert not (made / ".local").exists()


@pytest.mark.parametrize("compressed", ["false", "true"])
def test_clean_keeps_the_state_of_a_stack_that_is_up_until_it_is_told_twice(made: Path, compressed: str) -> None:
    """Also of one whose server is elsewhere. A stack that has nothing, as after `make down`, is in nobody's way."""
    state = made / ".local" / "state"
    with new_project() as project:
        backend = {"PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_DIY_BACKEND_GZIP": compressed}
        for stack in ("empty", "staging"):
            project.succeed("stack", "init", stack, **backend)
        recorded = str(_STATE_OF_AN_EXTERNAL_STACK)
        project.succeed("stack", "import", "--stack", "staging", "--file", recorded, "--force", **backend)
    refused = clean(made)
    assert refused.returncode != 0
    assert "the data or the state of staging, which" in refused.stderr
    assert "CONFIRM=yes" in refused.stderr
    assert list(state.rglob("staging.json*"))
    assert clean(made, "CONFIRM=yes").returncode == 0
    assert not (made / ".local").exists()
