"""A primary that dies: nothing that was acknowledged is lost, and writing goes on; also in the middle of an `up`."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.kubernetes.conftest import Live
from tests.kubernetes.project import KubernetesProject, primary, until, wait_until_healthy
from tests.stack.project import VENV
from tests.stack.test_life import rows

WRITES_AGAIN_WITHIN = 10.0  # seconds, of which a machine with nothing else to do needs 2 to 4
SLOW = {
    "V003__Make_slowly.sql": "CREATE TABLE made_slowly (id bigint);",
    "V004__Drop_slowly.sql": "DROP TABLE made_slowly;",
}


@dataclass
class Writer:
    """An application that writes one row after another, and remembers which were acknowledged and when."""

    conninfo: str
    acknowledged: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.stopped.is_set():
            try:
                with psycopg.connect(self.conninfo, autocommit=True) as connection:
                    while not self.stopped.is_set():
                        number += 1  # one that was not acknowledged is not tried again: it may be there
                        connection.execute("INSERT INTO acknowledged VALUES (%s)", (number,))
                        self.acknowledged.append(number)
                        self.moments.append(time.monotonic())
                        time.sleep(0.01)
            except psycopg.Error:
                time.sleep(0.05)

    def longest_pause(self, since: float) -> float:
        """Seconds without an acknowledged write, in what is known since a moment."""
        moments = [since, *(moment for moment in self.moments if moment > since)]
        return max(later - earlier for earlier, later in itertools.pairwise(moments))


@pytest.fixture
def writer(running: KubernetesProject) -> Iterator[Writer]:
    """One that writes as the application's role, into a table that is removed afterwards."""
    with running.connect("migrator") as migrator:
        migrator.execute("CREATE TABLE acknowledged (id bigint PRIMARY KEY)")
    writer = Writer(running.conninfo("app", connect_timeout=2))
    thread = threading.Thread(target=writer.run)
    thread.start()
    try:
        yield writer
    finally:
        writer.stopped.set()
        thread.join()
        wait_until_healthy(running.where)
        with running.connect("migrator") as migrator:
            migrator.execute("DROP TABLE acknowledged")


def kill_primary(live: Live, project: KubernetesProject, *, force: bool) -> str:
    """Delete the pod of the primary, at once or with its time to end in order. Returns its name."""
    name = primary(project.where)
    metadata = {"namespace": project.namespace, "name": name}
    options = {"gracePeriodSeconds": 0} if force else {}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    live.cluster.write("DELETE", pod, "application/json", options)
    return name


def test_no_acknowledged_row_is_lost_and_writing_goes_on(
    running: KubernetesProject, live: Live, writer: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: len(writer.acknowledged) > 20, 30, "the first rows")
    for force in (True, False, True):
        wait_until_healthy(running.where)
        began = time.monotonic()
        killed = kill_primary(live, running, force=force)
        until(lambda was=killed: primary(running.where) != was, 60, "another primary")
        seen = len(writer.acknowledged)
        until(lambda seen=seen: len(writer.acknowledged) > seen + 20, 60, "the next rows")
        pause = writer.longest_pause(began)
        with capsys.disabled():
            print(f"\nprimary deleted{' by force' if force else ''}: no writes for {pause:.1f} s")
        assert pause < WRITES_AGAIN_WITHIN
    writer.stopped.set()
    with running.connect("app") as app:
        there = {number for (number,) in rows(app, "SELECT id FROM acknowledged")}
    assert set(writer.acknowledged) - there == set()
    assert len(writer.acknowledged) > 200


@pytest.fixture
def slow_scripts(running: KubernetesProject) -> Iterator[None]:
    """Two migrations that take their time, the second of which undoes the first. Afterwards they never were."""
    scripts = [running.write(f"sql/migrations/{name}", f"SELECT pg_sleep(4);\n{act}") for name, act in SLOW.items()]
    try:
        yield
    finally:
        wait_until_healthy(running.where)
        with running.connect("migrator") as migrator:
            migrator.execute("DELETE FROM flyway_schema_history WHERE version > '002'")
            migrator.execute("DROP TABLE IF EXISTS made_slowly")
        for script in scripts:
            script.unlink()
        running.up("--refresh")


def test_an_up_in_whose_middle_the_primary_dies_ends_well_or_clearly_and_the_next_one_finishes(
    running: KubernetesProject, live: Live, slow_scripts: None
) -> None:
    wait_until_healthy(running.where)
    watcher = running.conninfo("migrator", options="-c role=none")  # as itself it sees what its sessions do
    up = subprocess.Popen(
        [VENV / "bin" / "pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", "dev"],
        cwd=running.folder,
        env={**os.environ, **running.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until(lambda: is_sleeping(watcher), 60, "the first slow script runs")
    kill_primary(live, running, force=True)
    said, _ = up.communicate(timeout=300)
    assert "Traceback" not in said, said
    if up.returncode != 0:
        assert [line for line in said.splitlines() if line.strip().startswith("error:")] != [], said
    wait_until_healthy(running.where)
    running.up()
    with running.connect("migrator") as migrator:
        history = rows(migrator, "SELECT script, success FROM flyway_schema_history WHERE version > '002' ORDER BY 1")
        assert history == [(name, True) for name in SLOW]
        assert rows(migrator, "SELECT to_regclass('made_slowly')") == [(None,)]


def is_sleeping(conninfo: str) -> bool:
    """Whether a slow script runs."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        return rows(connection, query) != [(0,)]
