"""`pulumi` in the activated environment: which engine it runs, and what it fills in that the user has not set."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import ROOT

# An engine that shows what it was given. It writes the salt into the stack's file, as Pulumi does at every command.
_ENGINE = """#!/bin/sh
echo "engine={name}"
echo "arguments=$*"
env | grep -E '^PULUMI_' | sort
echo 'encryptionsalt: v1:salt' >> "{root}/Pulumi.dev.yaml"
exit 7
"""


@dataclass(frozen=True)
class Environment:
    """A project with a launcher, an engine of its own and another one in a folder that may be put on PATH."""

    root: Path
    official: Path

    def run(self, *arguments: str, path: Path | None = None, **environment: str) -> dict[str, str]:
        """Run the launcher with nothing but `environment` set, and return what its engine saw."""
        folders = [self.root / ".venv" / "bin", *([path] if path else []), "/usr/bin", "/bin"]
        given = {"PATH": os.pathsep.join(map(str, folders)), "HOME": str(self.root), **environment}
        done = subprocess.run(["pulumi", *arguments], env=given, capture_output=True, text=True)
        assert done.returncode == 7, done.stdout + done.stderr
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    @property
    def stack_file(self) -> Path:
        return self.root / "Pulumi.dev.yaml"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    root = tmp_path / "a project"
    (root / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "pulumi.sh", root / ".venv" / "bin" / "pulumi")
    (root / "Pulumi.dev.yaml").write_text("# kept\nconfig:\n  creativeflow:server: embedded\n")
    for folder, name in ((root / ".local" / "engine" / "bin", "built"), (tmp_path / "official", "official")):
        folder.mkdir(parents=True)
        engine = folder / "pulumi"
        engine.write_text(_ENGINE.format(name=name, root=root))
        engine.chmod(0o755)
    return Environment(root, tmp_path / "official")


def test_pulumi_on_path_is_used_unless_the_user_asks_for_the_airgap_set(environment: Environment) -> None:
    assert environment.run("about")["engine"] == "built"
    seen = environment.run("about", path=environment.official)
    assert seen["engine"] == "official"
    assert "PULUMI_HOME" not in seen
    seen = environment.run("about", path=environment.official, AIRGAP="1")
    assert seen["engine"] == "built"
    assert seen["PULUMI_HOME"] == str(environment.root / ".local" / "pulumi-home")


def test_arguments_and_exit_status_pass_through(environment: Environment) -> None:
    assert environment.run("up", "-s", "dev", "--message", "two words")["arguments"] == "up -s dev --message two words"


def test_the_state_is_a_folder_of_the_project_that_others_cannot_read(environment: Environment) -> None:
    seen = environment.run("up", "-s", "dev")
    folder = f"{environment.root}/.local/state".replace(" ", "%20")
    assert seen["PULUMI_BACKEND_URL"] == f"file://{folder}?metadata=skip"
    assert stat.S_IMODE((environment.root / ".local" / "state").stat().st_mode) == 0o700


def test_what_the_user_has_set_wins(environment: Environment) -> None:
    seen = environment.run("up", "-s", "dev", PULUMI_BACKEND_URL="s3://mine", PULUMI_CONFIG_PASSPHRASE="")
    assert seen["PULUMI_BACKEND_URL"] == "s3://mine"
    assert seen["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in seen


def test_dev_has_a_passphrase_of_this_machine_that_is_made_once(environment: Environment) -> None:
    file = Path(environment.run("up", "-s", "dev")["PULUMI_CONFIG_PASSPHRASE_FILE"])
    made = file.read_text()
    assert len(made) == 48
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    environment.run("preview", "--stack", "dev")
    assert file.read_text() == made


@pytest.mark.parametrize(
    "arguments", [["-s", "prod"], ["--stack", "prod"], ["--stack=prod"], ["stack", "init", "prod"]]
)
def test_another_stack_gets_no_passphrase(environment: Environment, arguments: list[str]) -> None:
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment.run("up", *arguments)
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment.run("up", PULUMI_STACK="prod")


def test_the_salt_leaves_the_stacks_file_and_nothing_else_does(environment: Environment) -> None:
    before = environment.stack_file.read_text()
    environment.run("up", "-s", "dev")
    assert environment.stack_file.read_text() == before


def test_the_salt_stays_where_the_file_holds_a_secret(environment: Environment) -> None:
    with environment.stack_file.open("a") as file:
        file.write("  creativeflow:appPassword:\n    secure: v1:encrypted\n")
    environment.run("up", "-s", "dev")
    assert environment.stack_file.read_text().endswith("secure: v1:encrypted\nencryptionsalt: v1:salt\n")


def test_the_salt_of_a_passphrase_that_the_user_chose_stays(environment: Environment) -> None:
    environment.run("up", "-s", "dev", PULUMI_CONFIG_PASSPHRASE="of the team")
    assert "encryptionsalt" in environment.stack_file.read_text()


def test_a_missing_engine_says_what_to_do(environment: Environment) -> None:
    (environment.root / ".local" / "engine" / "bin" / "pulumi").unlink()
    launcher = environment.root / ".venv" / "bin" / "pulumi"
    done = subprocess.run([launcher, "about"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "run `make setup`" in done.stderr
