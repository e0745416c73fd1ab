"""Real PostgreSQL servers for tests, which are gone when the test run is, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from infra.cluster import Cluster
from infra.throwaway import SETTINGS, guarded, throwaway_cluster

__all__ = ["PASSWORD", "ROOT", "SETTINGS", "guarded", "kill_server", "temporary_cluster", "temporary_database"]

PASSWORD = "test-administrator"
ROOT = Path(__file__).parent.parent


def temporary_cluster() -> contextlib.AbstractContextManager[Cluster]:
    """A running cluster whose superuser is `postgres` with PASSWORD."""
    return throwaway_cluster(PASSWORD)


@contextlib.contextmanager
def temporary_database(admin: psycopg.Connection) -> Iterator[dict[str, object]]:
    """What psycopg.connect needs to reach a new, empty database as superuser. It is dropped after the block."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    # Copying the template's files is quicker than logging them, where nothing has to survive a crash.
    admin.execute(sql.SQL("CREATE DATABASE {} STRATEGY file_copy").format(sql.Identifier(name)))
    yield {"host": "127.0.0.1", "port": admin.info.port, "user": "postgres", "password": PASSWORD, "dbname": name}
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def kill_server(cluster: Cluster) -> None:
    """kill -9 of the postmaster, as a crash or the end of the machine would; returns when all of it is gone."""
    pid = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(processes, timeout=20)
    assert not cluster.running()
