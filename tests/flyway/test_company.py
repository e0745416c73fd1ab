"""Quick scripts go to the server several at a time, and nothing of what one alone can rely on is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cluster import Cluster
from infra.flyway.commands.run import migrate
from infra.flyway.errors import LockLost, ScriptError
from infra.flyway.server import messages
from infra.throwaway import throwaway_cluster
from tests.servers import PASSWORD, SETTINGS, kill_server

from .conftest import Project

SELDOM = {**SETTINGS, "wal_writer_delay": "10s"}  # so that nobody but who waits for it writes the log


@pytest.fixture
def own_server() -> Iterator[Cluster]:
    """A server of the test's own, which writes what nobody waits for as late as it can."""
    with throwaway_cluster(PASSWORD, SELDOM) as cluster:
        yield cluster


def many(project: Project, count: int = 40) -> None:
    project.write(**{f"V{number}__t": f"CREATE TABLE t{number} (i int);" for number in range(1, count + 1)})


def test_a_thousand_scripts_do_not_take_a_thousand_round_trips(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(project)
    sent: list[str] = []
    query = messages.query
    monkeypatch.setattr(messages, "query", lambda *given: sent.append(given[2]) or query(*given))
    assert len(project.apply()) == 40
    assert len(sent) < 10
    assert [row.installed_rank for row in project.rows()] == list(range(1, 41))


def test_each_is_a_transaction_of_its_own(project: Project) -> None:
    many(project)
    project.migrate()
    query = "SELECT count(DISTINCT xmin::text) FROM app.flyway_schema_history WHERE type = 'SQL'"
    assert project.sql(query) == [(40,)]


def test_one_that_fails_is_told_exactly_and_those_before_it_stay(project: Project) -> None:
    many(project)
    project.write(V20__t="CREATE TABLE t20 (i int);\nSELECT 1 / 0;")
    told: list[str] = []
    with pytest.raises(ScriptError, match=r"^V20__t\.sql:2:1: division by zero"):
        migrate(project.connect, project.settings(), project.scan(), lambda applied: told.append(applied.script))
    assert told == [f"V{number}__t.sql" for number in range(1, 20)]
    assert len(project.tables()) == 19
    assert [row.installed_rank for row in project.rows()] == list(range(1, 20))


def test_one_that_does_not_parse_stops_nothing_before_it(project: Project) -> None:
    many(project)
    project.write(V20__t="CREATE TABLE t20 (i int)\nCREATE;")
    with pytest.raises(ScriptError, match=r"^V20__t\.sql:2:1: syntax error"):
        migrate(project.connect, project.settings(), project.scan())
    assert len(project.tables()) == 19


def test_one_that_releases_the_lock_is_found_out(project: Project) -> None:
    many(project)
    project.write(V20__t="SELECT pg_advisory_unlock_all();")
    with pytest.raises(LockLost):
        project.migrate()
    assert project.rows()[-1].success


def test_one_that_ends_the_connection_is_told(project: Project) -> None:
    many(project)
    project.write(V20__t="SELECT pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(ScriptError, match=r"terminating connection|the connection was lost"):
        project.migrate()
    assert len(project.tables()) == 19


def test_what_a_script_sets_does_not_decide_who_runs_the_next_one(project: Project, role: str) -> None:
    many(project)
    project.write(V20__t=f"SET ROLE {role}; SET search_path TO pg_catalog;", V21__t="CREATE TABLE t21 (i int);")
    project.migrate()
    assert project.sql("SELECT tableowner::text FROM pg_tables WHERE tablename = 't21'") == [("postgres",)]
    assert "t21" in project.tables()


@pytest.mark.parametrize("fails", [None, 20], ids=["all", "those before one that fails"])
def test_what_was_told_as_applied_outlives_a_crash_of_the_server(
    own_server: Cluster, tmp_path: Path, fails: int | None
) -> None:
    login = {"host": "127.0.0.1", "port": own_server.port, "user": "postgres", "password": PASSWORD}
    project = Project(tmp_path, {**login, "dbname": "postgres"})
    many(project)
    if fails:
        project.write(**{f"V{fails}__t": "SELECT 1 / 0;"})
    told: list[str] = []
    try:
        migrate(project.connect, project.settings(), project.scan(), lambda applied: told.append(applied.script))
    except ScriptError:
        assert fails
    kill_server(own_server)
    own_server.start()
    assert told == [row.script for row in project.rows()] == [f"V{one}__t.sql" for one in range(1, fails or 41)]
    assert len(project.tables()) == len(told)
