"""What another run sees of a script that runs outside a transaction at this moment, and what it must leave alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from infra.flyway.commands import command, preview
from infra.flyway.commands.look import validate
from infra.flyway.commands.repair import repair
from infra.flyway.errors import FlywayError, LockTimeout, ScriptError, ValidationError

from .conftest import Project

BEGUN = "EXISTS (SELECT FROM app.flyway_schema_history WHERE NOT success)"
LOOKED = "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' AND state = 'idle')"


class Run:
    """A run in a thread of its own, and what it came to."""

    def __init__(self, project: Project) -> None:
        self.applied: list[str] = []
        self.error: FlywayError | None = None
        self._project = project
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.applied = self._project.apply()
        except FlywayError as error:
            self.error = error

    def end(self) -> None:
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()


@pytest.fixture
def writer(project: Project) -> Iterator[psycopg.Connection]:
    """A session that has written to `public.t`, so that an index on it is not built before it commits."""
    project.sql("CREATE TABLE public.t (i int)", "INSERT INTO public.t VALUES (1), (1)")
    project.write(V1__a="SELECT 1;")
    project.migrate()
    with project.connect() as connection:
        connection.execute("INSERT INTO public.t VALUES (1)")
        yield connection


def running(project: Project, script: str) -> Run:
    """A run that is in the middle of V2__i.sql."""
    project.write(V2__i=script)
    run = Run(project)
    project.until(BEGUN)
    return run


@pytest.fixture
def overtaken(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The run that a first look at the history is followed by, before the run that looks goes on."""
    others: list[Run] = []
    read = command.read_rows

    def read_and_be_overtaken(*given: Any) -> Any:
        monkeypatch.setattr(command, "read_rows", read)
        rows = read(*given)
        others.append(Run(project))
        others[0].end()
        return rows

    monkeypatch.setattr(command, "read_rows", read_and_be_overtaken)
    return others


def test_a_schema_that_another_run_fills_meanwhile_is_not_somebody_elses(
    project: Project, overtaken: list[Run]
) -> None:
    project.write(V1__a="CREATE TABLE a (i int);")
    assert project.apply() == []
    assert overtaken[0].applied == ["V1__a.sql"]


def test_what_another_run_fails_at_meanwhile_stops_this_one(project: Project, overtaken: list[Run]) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="VACUUM nowhere;", V3__c="CREATE TABLE c (i int);")
    with pytest.raises(ValidationError, match=r"^V2__b\.sql: failed on"):
        project.migrate()
    assert isinstance(overtaken[0].error, ScriptError)
    assert project.tables() == ["a"]


def test_repair_waits_and_does_not_delete_the_row_of_a_script_that_runs(
    project: Project, writer: psycopg.Connection
) -> None:
    run = running(project, "CREATE INDEX CONCURRENTLY i ON public.t (i);")
    with pytest.raises(LockTimeout):
        repair(project.connect, project.settings(lock_retry_count=0), project.scan())
    writer.commit()
    run.end()
    assert (run.error, run.applied) == (None, ["V2__i.sql"])
    assert [row.success for row in project.rows()] == [True, True]


def test_what_is_said_of_it_names_the_session_that_may_be_running_it(
    project: Project, writer: psycopg.Connection
) -> None:
    (project.folder / "V2__i.sql.conf").write_text("executeInTransaction=false")
    run = running(project, "CREATE INDEX CONCURRENTLY i ON public.t (i);\nINSERT INTO public.t VALUES (2);")
    (problem,) = validate(project.connect, project.settings(), project.scan()).problems
    assert "is running, or was killed: wait until the run of process " in problem.message
    (line,) = preview.problems(project.connect, project.settings(), project.scan())
    assert line.startswith(
        "V2__i.sql:2:1: this script is running, or its run was killed: wait until the run of process"
    )
    writer.commit()
    run.end()
    assert run.error is None


def test_a_row_that_somebody_has_deleted_meanwhile_is_missed(project: Project, writer: psycopg.Connection) -> None:
    """As `repair` of Flyway's does, which does not wait for the lock."""
    run = running(project, "CREATE INDEX CONCURRENTLY i ON public.t (i);")
    project.sql("DELETE FROM app.flyway_schema_history WHERE NOT success")
    writer.commit()
    run.end()
    assert isinstance(run.error, ScriptError)
    assert str(run.error).startswith("V2__i.sql: the script ran, but somebody has deleted its row in the history")


def test_a_run_that_waited_does_not_run_it_again(project: Project, writer: psycopg.Connection) -> None:
    run = running(project, "CREATE INDEX CONCURRENTLY i ON public.t (i);\nVACUUM public.t;")
    other = Run(project)
    project.until(LOOKED)
    writer.commit()
    run.end()
    other.end()
    assert (run.applied, other.error, other.applied) == (["V2__i.sql"], None, [])


def test_a_run_that_waited_does_not_go_on_with_what_has_failed(project: Project, writer: psycopg.Connection) -> None:
    run = running(project, "CREATE UNIQUE INDEX CONCURRENTLY i ON public.t (i);")
    other = Run(project)
    project.until(LOOKED)
    writer.commit()
    run.end()
    other.end()
    assert isinstance(run.error, ScriptError)
    assert isinstance(other.error, ValidationError)
    assert str(other.error).startswith("V2__i.sql: failed on")
