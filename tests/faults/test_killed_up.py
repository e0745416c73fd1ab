"""kill -9 in the middle of an `up`: of pulumi, its provider, a session of the server, or the server. The next finishes.

The moments are drawn at random. FAULTS says how many runs there are, FAULTS_SEED which: a failure names its own.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers import ROOT
from tests.stack.conftest import new_project
from tests.stack.project import VENV, Project

RUNS = int(os.environ.get("FAULTS", "4"))
SEED = int(os.environ.get("FAULTS_SEED", random.randrange(10**6)))  # noqa: S311
VICTIMS = ("pulumi", "provider", "session", "server")
SCRIPTS = {
    "V003__Add_nickname.sql": 'ALTER TABLE "User" ADD COLUMN nickname text;\nSELECT pg_sleep(0.3);\n',
    "V004__Index_nickname.sql": 'CREATE INDEX CONCURRENTLY "idx_User_nickname" ON "User" (nickname);\n',
    "V005__Add_motto.sql": 'ALTER TABLE "User" ADD COLUMN motto text;\n',
}
OUTPUT_LINES = {"first": range(5, 80), "pending": range(3, 30)}


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("when", ["first", "pending"])
def test_after_a_kill_the_next_up_finishes_the_work(when: str, run: int) -> None:
    chance = random.Random(f"{SEED} {when} {run}")  # noqa: S311
    victim = VICTIMS[run % len(VICTIMS)]
    with new_project() as project:
        project.succeed("stack", "init", "dev")
        if when == "pending":
            project.up()
        for name, text in SCRIPTS.items():
            project.write(f"sql/migrations/{name}", text)
        note = f"FAULTS_SEED={SEED}, {when} {run}, {victim}"
        print(note)
        said = up_with_a_kill(
            project, victim, chance.choice(OUTPUT_LINES[when]), chance.uniform(0, 0.1), "--skip-preview"
        )
        assert "Traceback" not in said, note + said
        assert gone(project), note
        recover(project)
        project.up()
        done = project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
        assert done.returncode == 0, note + done.stdout + done.stderr
        with project.connect("migrator") as connection:
            history = "SELECT script, success FROM flyway_schema_history WHERE type = 'SQL' ORDER BY installed_rank"
            assert [name for name, success in connection.execute(history) if success] == [
                *("V001__Initial_Schema.sql", "V002__Add_User_Preferences_Detail.sql"),
                *SCRIPTS,
            ], note
            assert connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone() == (0,), note


def up_with_a_kill(project: Project, victim: str, line: int, pause: float, *options: str) -> str:
    """Run `up`, kill the victim `pause` seconds after that many lines of output, and return all that it said."""
    command = [VENV / "bin" / "pulumi", "up", "--yes", *options, "--stack", "dev", "--non-interactive"]
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env={**os.environ, **project.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        said = ""
        for _ in range(line):
            said += running.stdout.readline()
        time.sleep(pause)
        for process in victims(project, victim):
            process.kill()
        return said + running.stdout.read()


def victims(project: Project, victim: str) -> Iterator[psutil.Process]:
    """The processes of that kind which work for the project now. Often there is one, at some moments none."""
    for process in processes(project):
        command = " ".join(process.info["cmdline"] or [])  # none is left of one that is about to end
        if {
            "pulumi": "/engine/bin/pulumi up" in command,
            "provider": "standby_client.py dynamic" in command or "pulumi-resource-pulumi-python" in command,
            "session": command.startswith("postgres: ") and "127.0.0.1" in command,
            "server": "/bin/postgres -D" in command,
        }[victim]:
            yield process


def processes(project: Project) -> Iterator[psutil.Process]:
    """What works in or for the project's folder, but for the guard of its server."""
    for process in psutil.process_iter(["cmdline", "cwd"]):
        command = " ".join(process.info["cmdline"] or [])
        if str(project.folder) in f"{command} {process.info['cwd']}" and "sys.stdin.read()" not in command:
            yield process


def gone(project: Project) -> bool:
    """Whether within some seconds nothing is left of the run but the server."""
    deadline = time.monotonic() + 20
    while left := [each for each in processes(project) if not is_server(each)]:
        if time.monotonic() > deadline:
            print([process.info["cmdline"] for process in left])
            return False
        time.sleep(0.1)
    return True


def is_server(process: psutil.Process) -> bool:
    return any("postgres" in part for part in (process.info["cmdline"] or [])[:1])


def recover(project: Project) -> None:
    """What `make recover` does."""
    environment = {**os.environ, **project.environment, "PYTHONPATH": str(project.folder)}
    environment["PATH"] = f"{VENV / 'bin'}:{environment['PATH']}"
    for tool in ("start.py", "recover.py"):
        command = [sys.executable, ROOT / "tools" / tool, "dev"]
        done = subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr


def test_the_lock_of_a_first_up_that_was_killed_in_its_preview_is_lifted() -> None:
    """There is a lock then, and no state."""
    with new_project() as project:
        project.succeed("stack", "init", "dev")
        assert up_with_a_kill(project, "pulumi", 1, 0).startswith("Previewing update")
        assert gone(project)
        assert "the stack is currently locked" in project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
        recover(project)
        project.up()


def test_the_state_of_a_run_that_is_at_work_is_left_alone(tmp_path: Path) -> None:
    """A lock whose process lives is not lifted."""
    with new_project() as project:
        project.succeed("stack", "init", "dev")
        project.write("sql/migrations/V003__Wait.sql", "SELECT pg_sleep(8);\n")
        command = [VENV / "bin" / "pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive"]
        environment = {**os.environ, **project.environment}
        log = tmp_path / "log"
        with log.open("w") as file:
            running = subprocess.Popen(command, cwd=project.folder, env=environment, stdout=file, stderr=file)
        deadline = time.monotonic() + 60
        while "Migrations migrations creating" not in log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        environment["PATH"] = f"{VENV / 'bin'}:{environment['PATH']}"
        tool = [sys.executable, ROOT / "tools" / "recover.py", "dev"]
        done = subprocess.run(tool, cwd=project.folder, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert done.stderr.startswith(f"recover: a pulumi may be at work on stack dev: process {running.pid} on ")
        assert running.wait(60) == 0
