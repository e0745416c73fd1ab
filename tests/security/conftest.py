"""One stack for all tests of this folder, brought up under watch: everything that a run shows or keeps is caught."""

from __future__ import annotations

import os
import subprocess
import urllib.parse
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from infra.cluster import Cluster, free_port
from infra.config import ROLES
from infra.throwaway import DURABLE
from tests.security.watch import command_lines
from tests.stack.conftest import new_project, project
from tests.stack.project import PASSPHRASE, VENV, Project

__all__ = ["project"]

_LOGGED = {"log_statement": "all", "logging_collector": "on", "log_directory": "log", "log_connections": "on"}
_ADMINISTRATOR = "the-administrator's/own"


@dataclass(frozen=True)
class Watched:
    """A stack that is up, after an `up` that made it and one that rotated its passwords."""

    project: Project
    outputs: dict[str, str]
    secrets: frozenset[str]
    """Every password that there was, given or generated, and the passphrase."""
    printed: dict[str, str]
    """What the commands printed, by their names."""
    server_log: str
    """What the server had logged by then, every statement among it."""
    log: Path
    """What the engine logged of the rotation at its most talkative."""
    rpc: Path
    """What PULUMI_DEBUG_GRPC wrote of it."""
    temporary: Path
    """The folder for temporary files of both `up`."""
    command_lines: Set[str]

    def connect(self, role: str, **options: str) -> psycopg.Connection:
        """Log in as `admin` or one of the roles, in autocommit."""
        return psycopg.connect(self.outputs[f"{role}Dsn"], autocommit=True, **options)  # type: ignore[arg-type]


def _passwords(outputs: dict[str, str]) -> set[str]:
    dsns = [urllib.parse.urlsplit(outputs[key]) for key in outputs if key.endswith("Dsn")]
    return {urllib.parse.unquote(str(dsn.password)) for dsn in dsns} | {outputs["applicationAdminPassword"]}


@pytest.fixture(scope="session")
def stack() -> Iterator[Watched]:
    with new_project() as project:
        with command_lines() as seen:
            watched = _bring_up(project, seen)
        yield watched


def _bring_up(project: Project, seen: Set[str]) -> Watched:
    """On a server that logs every statement, made before, with the administrator whom the stack expects."""
    project.succeed("stack", "init", "dev")
    cluster = Cluster(project.folder / ".local" / "postgres" / "dev", free_port())
    cluster.init("postgres", _ADMINISTRATOR, DURABLE | _LOGGED)
    cluster.start()
    _set(project, postgresPassword=_ADMINISTRATOR)
    project.succeed("config", "set", "--stack", "dev", "creativeflow:postgresPort", str(cluster.port))
    temporary = project.folder / "temporary"
    temporary.mkdir()
    printed = {"up": project.up(TMPDIR=str(temporary))}
    before = project.outputs()
    _set(project, **{f"{role}Password": f"rotated+by/the=stack-{role}" for role in (*ROLES, "postgres")})
    log, rpc = project.folder / "engine.log", project.folder / "rpc.json"
    talkative = project.pulumi(
        *("up", "--yes", "--skip-preview", "--stack", "dev", "--logtostderr", "-v=9"),
        PULUMI_DEBUG_GRPC=str(rpc),
        TMPDIR=str(temporary),
    )
    assert talkative.returncode == 0, talkative.stdout
    log.write_text(talkative.stderr)
    printed |= {"rotation": talkative.stdout, "outputs": project.succeed("stack", "output", "--stack", "dev")}
    after = project.outputs()
    secrets = frozenset({*_passwords(before), *_passwords(after), PASSPHRASE})
    logged = "".join(path.read_text() for path in (cluster.data / "log").iterdir())
    return Watched(project, after, secrets, printed, logged, log, rpc, temporary, seen)


def _set(project: Project, **values: str) -> None:
    """Set secrets as docs/security.md says: by standard input, since everybody can read a command line."""
    for key, value in values.items():
        command = [VENV / "bin" / "pulumi", "config", "set", "--stack", "dev", "--secret", f"creativeflow:{key}"]
        environment = {**os.environ, **project.environment}
        subprocess.run(command, input=value, cwd=project.folder, env=environment, text=True, check=True)
