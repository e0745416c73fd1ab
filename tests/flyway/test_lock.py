"""One run at a time: the lock is Flyway's own, and waiting for it keeps nothing else waiting."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from infra.flyway.errors import LockTimeout
from infra.flyway.server.lock import held, is_busy, is_lost, key, releasing, taking

from .conftest import Project


def test_the_key_is_flyways() -> None:
    assert key("public", "flyway_schema_history") == 77433833903597


def test_the_hash_counts_utf16_units_as_java_does() -> None:
    assert key("😀", "t") - 77431708279161 == 2123457567


@pytest.mark.parametrize("function", ["pg_advisory_lock", "pg_advisory_xact_lock"])
def test_whoever_holds_the_lock_is_named_when_the_wait_is_over(project: Project, function: str) -> None:
    with project.connect(application_name="Flyway by hand") as other, project.connect(autocommit=True) as mine:
        other.execute(f"SELECT {function}(%s)", (key("app", "h"),))
        with pytest.raises(LockTimeout) as caught, held(mine, "app", "h", timeout=0.2):
            pytest.fail("the lock was taken twice")
        assert f"process {other.info.backend_pid} of role postgres, application 'Flyway by hand'" in str(caught.value)
        other.rollback()
        other.execute("SELECT pg_advisory_unlock_all()")
        with held(mine, "app", "h", timeout=0.2):
            pass


def test_the_lock_is_free_after_the_block_also_after_an_error(project: Project) -> None:
    with project.connect(autocommit=True) as one, project.connect(autocommit=True) as other:
        with pytest.raises(ZeroDivisionError), held(one, "app", "h"):
            raise ZeroDivisionError
        with held(other, "app", "h", timeout=0):
            pass


@pytest.mark.parametrize("quotes", ["“%”", "«\u00a0%\u00a0»", "„%“", '"%"'])
def test_how_it_was_refused_is_known_in_every_language_of_the_server(project: Project, quotes: str) -> None:
    """Servers quote by their lc_messages."""
    with project.connect(autocommit=True) as one, project.connect(autocommit=True) as other, held(one, "app", "h"):
        for query, is_known in ((taking("app", "h"), is_busy), (releasing("app", "h"), is_lost)):
            with pytest.raises(psycopg.Error) as caught:
                other.execute(query.encode())
            words = str(caught.value).split('"')[1]
            with pytest.raises(psycopg.Error) as caught:
                other.execute(f"DO $$ BEGIN RAISE '{quotes}', '{words}'; END $$")
            assert is_known(caught.value)


def test_what_is_left_of_a_transaction_does_not_keep_the_lock(project: Project) -> None:
    """As after Ctrl-C in the middle of a message."""
    with project.connect(autocommit=True) as one, project.connect(autocommit=True) as other:
        with pytest.raises(KeyboardInterrupt), held(one, "app", "h"):
            with pytest.raises(psycopg.Error):
                one.execute("BEGIN; SELECT 1 / 0")
            raise KeyboardInterrupt
        with held(other, "app", "h", timeout=0):
            pass


def test_the_lock_goes_with_its_connection(project: Project) -> None:
    with project.connect(autocommit=True) as one, project.connect(autocommit=True) as other:
        with held(one, "app", "h"):
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (one.info.backend_pid,))
        with held(other, "app", "h", timeout=5):
            pass


def test_an_index_is_built_concurrently_while_another_run_waits(project: Project) -> None:
    """Flyway hangs here for ever by default."""
    project.write(V1__t="CREATE TABLE t (i int);", V2__i="CREATE INDEX CONCURRENTLY i ON t (i);")
    with project.connect(autocommit=True) as holder:
        runs = [threading.Thread(target=project.migrate) for _ in range(2)]
        with held(holder, "app", "flyway_schema_history"):
            for run in runs:
                run.start()
            time.sleep(0.3)
        for run in runs:
            run.join(timeout=30)
        assert not any(run.is_alive() for run in runs)
    assert [row.script for row in project.rows()] == ["V1__t.sql", "V2__i.sql"]


def test_a_waiting_run_has_no_transaction_open(project: Project) -> None:
    with project.connect(autocommit=True) as holder, project.connect(autocommit=True) as waiting:

        def wait() -> None:
            with pytest.raises(psycopg.OperationalError), held(waiting, "app", "h"):
                pass

        with held(holder, "app", "h"):
            thread = threading.Thread(target=wait)
            thread.start()
            time.sleep(0.3)
            query = "SELECT state, xact_start, backend_xmin FROM pg_stat_activity WHERE pid = "
            assert project.sql(query + str(waiting.info.backend_pid)) == [("idle", None, None)]
            holder.execute("SELECT pg_terminate_backend(%s, 5000)", (waiting.info.backend_pid,))
            thread.join(timeout=10)
        assert not thread.is_alive()
