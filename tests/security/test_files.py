"""What is written has the mode that it needs and no more, and the embedded server lets nobody in without a password."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.stack.project import Project
from tests.tools.test_launcher import Environment, environment

__all__ = ["environment"]


@pytest.fixture(params=[0o000, 0o077], ids=["umask 000", "umask 077"])
def umask(request: pytest.FixtureRequest, project: Project) -> Iterator[int]:
    """After the project is there, since the umask is for what a run writes."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """What in `folder`, and the folder itself, has a bit set for the group or for others, but links."""
    paths = [folder, *folder.rglob("*")]
    return [
        f"{path.lstat().st_mode:o} {path}" for path in paths if not path.is_symlink() and path.lstat().st_mode & 0o077
    ]


def test_a_stacks_server_is_its_users_alone(project: Project, umask: int) -> None:
    project.up()
    cluster = project.cluster()
    assert stat.S_IMODE(cluster.place.stat().st_mode) == 0o700
    assert open_to_others(cluster.data) == []
    assert {"startup.log", "data"} <= {path.name for path in cluster.place.iterdir()}
    assert open_to_others(cluster.startup_log) == []
    assert list((cluster.data / "log").iterdir()), "its log is among what was looked at"
    listens_on_loopback_alone(int((cluster.data / "postmaster.pid").read_text().split("\n")[0]))
    lets_in_by_password_alone(project)


def listens_on_loopback_alone(postmaster: int) -> None:
    process = psutil.Process(postmaster)
    listening = [each.laddr.ip for each in process.net_connections("inet") if each.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]
    assert [each.laddr for each in process.net_connections("unix") if each.laddr] == []


def lets_in_by_password_alone(project: Project) -> None:
    with project.connect("admin") as admin:
        methods = admin.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        assert methods == [("scram-sha-256",)]
        stored = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolcanlogin").fetchall()
        assert len(stored) == 5
        assert all(verifier.startswith("SCRAM-SHA-256$") for (verifier,) in stored)
    for role in ("admin", "app"):
        for password, refusal in {"": "no password supplied", "wrong": "password authentication failed"}.items():
            with pytest.raises(psycopg.OperationalError, match=refusal):
                psycopg.connect(project.outputs()[f"{role}Dsn"], password=password)


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_the_state_and_its_passphrase_are_the_users_alone(environment: Environment, mask: int) -> None:
    with masked(mask):
        environment.run("up", "--stack", "dev")
    local = environment.root / ".local"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in local.iterdir()}
    assert modes["state"] == 0o700
    assert modes["dev-passphrase"] == 0o600


@contextlib.contextmanager
def masked(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
