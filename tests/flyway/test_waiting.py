"""A script that has to wait for a lock gives way, and starts again; one that takes too long ends."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from infra.flyway.commands.run import migrate
from infra.flyway.errors import ScriptError

from .conftest import Project


@pytest.fixture
def locked(project: Project) -> psycopg.Connection:
    """A session that has locked the table `public.t` in a transaction."""
    project.sql("CREATE TABLE public.t (i int)")
    connection = project.connect()
    connection.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
    return connection


def test_it_starts_again_until_the_lock_is_free(project: Project, locked: psycopg.Connection) -> None:
    project.write(V1__t="CREATE TABLE first (i int);\nALTER TABLE public.t ADD COLUMN n int;")
    release = threading.Timer(0.3, locked.close)
    release.start()
    assert project.apply(lock_timeout=0.05, lock_retries=20) == ["V1__t.sql"]
    release.join()
    assert project.tables() == ["first"]


def test_it_gives_up_after_as_many_tries_as_the_settings_say(project: Project, locked: psycopg.Connection) -> None:
    project.write(V1__t="CREATE TABLE first (i int);\nALTER TABLE public.t ADD COLUMN n int;")
    with pytest.raises(
        ScriptError, match=r"^V1__t\.sql:2:1: canceling statement due to lock timeout \(SQLSTATE 55P03\)"
    ):
        project.migrate(lock_timeout=0.05, lock_retries=1)
    locked.close()
    assert (project.tables(), project.rows()) == ([], ())


def test_writers_pass_between_the_tries(project: Project, locked: psycopg.Connection) -> None:
    """A statement that waits for its lock without end makes everybody else queue behind it."""
    project.write(V1__t="ALTER TABLE public.t ADD COLUMN n int;")
    locked.rollback()
    locked.execute("SELECT FROM public.t")
    run = threading.Thread(target=project.migrate, kwargs={"lock_timeout": 0.1, "lock_retries": 50})
    run.start()
    time.sleep(0.3)
    started = time.monotonic()
    project.sql("SET lock_timeout TO '5s'", "INSERT INTO public.t VALUES (1)")
    assert time.monotonic() - started < 2
    locked.close()
    run.join(timeout=30)
    assert [row.success for row in project.rows()] == [True]


def test_a_deadlock_is_tried_again(project: Project) -> None:
    """The script asks for `b` once the other session, which has it, waits for `a`; no rollback resets a sequence."""
    project.sql("CREATE TABLE public.a (i int)", "CREATE TABLE public.b (i int)", "CREATE SEQUENCE public.tries")
    wanted = "EXISTS (SELECT FROM pg_locks WHERE relation = 'public.a'::regclass AND granted = {})"
    waiting = f"WHILE NOT {wanted.format('false')} LOOP PERFORM pg_sleep(0.01); END LOOP;"
    first = f"DO $$ BEGIN IF nextval('public.tries') = 1 THEN {waiting} END IF; END $$;"
    project.write(V1__t=f"LOCK TABLE public.a;\n{first}\nLOCK TABLE public.b;")
    with project.connect() as other:
        other.execute("SET deadlock_timeout TO '1h'")  # so that it is not the victim
        other.execute("LOCK TABLE public.b")
        applied: list[str] = []
        run = threading.Thread(target=lambda: applied.extend(project.apply(lock_timeout=0)))
        run.start()
        project.until(wanted.format("true"))
        other.execute("LOCK TABLE public.a")  # waits until the script is the victim of the deadlock
        other.rollback()
        run.join(timeout=60)
    assert applied == ["V1__t.sql"]
    assert project.sql("SELECT last_value FROM public.tries") == [(2,)]


def test_what_runs_outside_of_a_transaction_waits_as_long_as_it_takes(project: Project) -> None:
    project.sql("CREATE TABLE public.t (i int)")
    project.write(V1__i="CREATE INDEX CONCURRENTLY i ON public.t (i);")
    with project.connect() as writer:
        writer.execute("INSERT INTO public.t VALUES (1)")
        release = threading.Timer(0.3, writer.commit)
        release.start()
        assert project.apply(lock_timeout=0.05, lock_retries=0) == ["V1__i.sql"]
        release.join()


SHOWN = "SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement"
LIMITED = ("2s", "1min")


def limits(project: Project, options: str = "", **settings: object) -> list[tuple[str, ...]]:
    """How long a statement of each script may wait and take, where the second runs outside a transaction."""
    project.write(V1__a=f"CREATE TABLE shown AS {SHOWN}, 1 AS script;")
    project.write(V2__b=f"INSERT INTO shown {SHOWN}, 2;", V3__c=f"INSERT INTO shown {SHOWN}, 3;")
    (project.folder / "V2__b.sql.conf").write_text("executeInTransaction=false")
    migrate(lambda: project.connect(options=options), project.settings(**settings), project.scan())
    return project.sql("SELECT lock, statement FROM app.shown ORDER BY script")


def test_what_neither_the_settings_nor_the_session_limit_waits_five_seconds_for_a_lock(project: Project) -> None:
    assert limits(project) == [("5s", "0"), ("0", "0"), ("5s", "0")]


@pytest.mark.parametrize("by", ["initSql", "afterConnect", "the options of the connection", "ALTER DATABASE"])
def test_what_the_settings_do_not_say_is_as_the_session_has_it(project: Project, by: str) -> None:
    """But outside of a transaction a lock is waited for for ever: CREATE INDEX CONCURRENTLY has to."""
    change = "SET lock_timeout TO '2s'; SET statement_timeout TO '1min'"
    options = ""
    settings: dict[str, str] = {}
    if by == "initSql":
        settings["init_sql"] = change
    elif by == "afterConnect":
        project.write(afterConnect=change)
    elif by == "ALTER DATABASE":
        alter = f"ALTER DATABASE {project.database['dbname']}"
        project.sql(f"{alter} SET lock_timeout TO '2s'", f"{alter} SET statement_timeout TO '1min'")
    else:
        options = "-c lock_timeout=2s -c statement_timeout=1min"
    assert limits(project, options, **settings) == [LIMITED, ("0", "1min"), LIMITED]


def test_what_the_settings_say_counts(project: Project) -> None:
    options = "-c lock_timeout=2s -c statement_timeout=1min"
    given = {"lock_timeout": 0.0, "statement_timeout": 30.0}
    assert limits(project, options, **given) == [("0", "30s")] * 3


def test_a_statement_that_takes_too_long_ends(project: Project) -> None:
    project.write(V1__a="SELECT 1;\nSELECT pg_sleep(30);")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:2:1: canceling statement due to statement timeout"):
        project.migrate(statement_timeout=0.1)
