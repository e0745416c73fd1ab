"""What a statement means for its transaction, and how a script runs: in one round trip, and exact where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from infra.cluster import Cluster
from infra.flyway.errors import ScriptError
from infra.flyway.scripts.source import Source
from infra.flyway.server.execute import NotBegun, run_script
from infra.flyway.statements.statement import StatementError
from infra.flyway.statements.syntax import parse
from tests.servers import PASSWORD


@pytest.fixture
def connection(server: Cluster) -> Iterator[psycopg.Connection]:
    """A connection whose tables are temporary."""
    with psycopg.connect(
        host="127.0.0.1", port=server.port, user="postgres", password=PASSWORD, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("SET search_path TO pg_temp")
        yield connection


def run(connection: psycopg.Connection, script: str, *, outside: bool = False, **options: Any) -> None:
    source = Source("x.sql", script.encode())
    within = {} if outside else {"before": ["BEGIN"], "after": ["COMMIT"]}
    run_script(connection, source, parse(source, mixed=True), outside=outside, **{**within, **options})


def failure(connection: psycopg.Connection, script: str, **options: Any) -> StatementError:
    with pytest.raises(StatementError) as caught:
        run(connection, script, **options)
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    return caught.value


def tables(connection: psycopg.Connection) -> list[str]:
    query = "SELECT relname::text FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' ORDER BY 1"
    return [name for (name,) in connection.execute(query)]


OUTSIDE = """
CREATE INDEX CONCURRENTLY i ON t (a)
DROP INDEX CONCURRENTLY i
REINDEX TABLE CONCURRENTLY t
REINDEX (VERBOSE, CONCURRENTLY) TABLE t
REINDEX (CONCURRENTLY 1) TABLE t
REINDEX DATABASE d
REINDEX SCHEMA s
VACUUM
VACUUM (ANALYZE) t
CLUSTER
DISCARD ALL
CREATE DATABASE d
DROP DATABASE d
ALTER DATABASE d SET TABLESPACE s
CREATE TABLESPACE s LOCATION '/x'
DROP TABLESPACE s
ALTER SYSTEM SET work_mem = '5MB'
ALTER TABLE p DETACH PARTITION c CONCURRENTLY
CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p
ALTER SUBSCRIPTION s REFRESH PUBLICATION
ALTER SUBSCRIPTION s SET PUBLICATION p
ALTER SUBSCRIPTION s SET (failover = true)
DROP SUBSCRIPTION s
COMMIT PREPARED 'x'
DO $$ BEGIN IF true THEN COMMIT; END IF; END $$
DO LANGUAGE plpgsql 'BEGIN PERFORM ''\\''; ROLLBACK; END'
"""
INSIDE = """
CREATE INDEX i ON t (a)
DROP INDEX i
DROP TABLE t
REINDEX TABLE t
REINDEX (CONCURRENTLY off) TABLE t
REINDEX (CONCURRENTLY 0) TABLE t
ANALYZE t
CLUSTER t
DISCARD PLANS
ALTER DATABASE d SET work_mem = '5MB'
ALTER TABLE p DETACH PARTITION c
ALTER TYPE e ADD VALUE 'x'
ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)
SAVEPOINT a
ROLLBACK TO a
CALL p()
LOCK TABLE t
REFRESH MATERIALIZED VIEW CONCURRENTLY v
DO $$ BEGIN PERFORM 'COMMIT;'; END $$
DO LANGUAGE plperl $$ COMMIT $$
WITH x AS (SELECT 1) SELECT 'VACUUM'
"""


@pytest.mark.parametrize("statement", OUTSIDE.strip().splitlines())
def test_what_cannot_run_in_a_transaction_is_known(statement: str) -> None:
    assert [one.transactional for one in parse(Source("x", f"-- é\n{statement};".encode()))] == [False]


@pytest.mark.parametrize("statement", INSIDE.strip().splitlines())
def test_what_can_run_in_a_transaction_is_known(statement: str) -> None:
    assert [one.transactional for one in parse(Source("x", statement.encode()))] == [True]


def test_a_script_and_what_goes_around_it_are_one_message(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE queries (query text)")
    note = "INSERT INTO queries SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    run(connection, f"{note};\nSELECT 1 -- the end", after=[note, "COMMIT"])
    ((first,), (second,)) = connection.execute("SELECT query FROM queries").fetchall()
    assert first == second
    assert first.startswith("BEGIN\n;INSERT") and first.endswith("COMMIT")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("statement", "column", "position"), [("SELECT 'é😀', nam;", 17, 14), ("SELECT 1/0;", 4, None), ("SELEC 1;", 4, 1)]
)
def test_an_error_is_where_it_was_written(
    connection: psycopg.Connection, end: str, statement: str, column: int, position: int | None
) -> None:
    source = Source(
        "x.sql", f"-- äöü€😀{end}SELECT 'ä'; SELECT 'a;b';{end}/* é */{end}   {statement} SELECT 1;".encode()
    )
    with pytest.raises(StatementError) as caught:
        run_script(connection, source, parse(source), before=["BEGIN", "SELECT 'é'"], after=["COMMIT"])
    error = caught.value
    assert (error.line, error.column, error.statement_line, error.position) == (4, column, 4, position)
    assert error.statement == f"{statement} SELECT 1;"[: len(error.statement)]
    assert not error.kept


def test_what_only_the_server_cannot_read_is_found_where_it_is(connection: psycopg.Connection) -> None:
    """It reads the whole message before it runs any of it; an older one does not know all of our grammar."""
    source = Source("x.sql", b"CREATE TABLE a ();\nSELECT 'a\\'b';")
    with pytest.raises(StatementError, match=r"^x\.sql:2:12: unterminated bit string"):
        run_script(connection, source, parse(source, standard=False), before=["BEGIN"], after=["COMMIT"])
    assert tables(connection) == []


def test_a_failure_leaves_nothing(connection: psycopg.Connection) -> None:
    failure(connection, "CREATE TABLE a (); CREATE TABLE a ();")
    assert tables(connection) == []


def test_the_servers_hint_is_in_the_error_and_its_detail_which_may_be_secret_is_not(
    connection: psycopg.Connection,
) -> None:
    raising = "RAISE 'stop' USING ERRCODE = 'P0099', DETAIL = 'secret', HINT = 'go'"
    error = failure(connection, f"DO $$ BEGIN\n{raising}; END $$")
    assert (error.message, error.sqlstate, error.hint) == ("stop", "P0099", "go")
    assert "secret" not in str(error)


def test_what_runs_before_may_refuse_and_then_nothing_of_the_script_runs(connection: psycopg.Connection) -> None:
    with pytest.raises(NotBegun, match="division by zero"):
        run(connection, "CREATE TABLE a ();", before=["SELECT 1 / 0", "BEGIN"])
    assert tables(connection) == []


def test_what_fails_after_the_script_takes_it_back(connection: psycopg.Connection) -> None:
    deferred = "CREATE TABLE a (i int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (1), (1);"
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(connection, deferred)
    assert tables(connection) == []


def test_a_script_joins_the_transaction_that_is_open(connection: psycopg.Connection) -> None:
    with connection.transaction(force_rollback=True):
        run(connection, "CREATE TABLE a ();", before=[], after=[])
        assert tables(connection) == ["a"]
    assert tables(connection) == []


@pytest.mark.parametrize("script", ["BEGIN; CREATE TABLE a (); COMMIT;", "CREATE TABLE a (); END; -- done\n"])
def test_a_commit_at_the_end_is_that_of_what_comes_after(connection: psycopg.Connection, script: str) -> None:
    connection.execute("CREATE TABLE ids (id xid8)")
    note = "INSERT INTO ids SELECT pg_current_xact_id()"
    run(connection, f"{note}; {script}", after=[note, "COMMIT"])
    assert connection.execute("SELECT count(*), count(DISTINCT id) FROM ids").fetchall() == [(2, 1)]


def test_a_script_may_commit_and_roll_back(connection: psycopg.Connection) -> None:
    """Recorded: statements_begin_commit, statements_rollback."""
    run(connection, "CREATE TABLE a (); COMMIT; CREATE TABLE b (); ROLLBACK; CREATE TABLE c ();")
    assert tables(connection) == ["a", "c"]
    run(connection, "CREATE TABLE d (); ROLLBACK;", after=["CREATE TABLE e ()", "COMMIT"])
    assert tables(connection) == ["a", "c", "e"]


@pytest.mark.parametrize(("script", "kept"), [("SELECT 1/0; COMMIT; SELECT 2;", False), ("COMMIT; SELECT 1/0;", True)])
def test_an_error_tells_whether_the_script_had_committed(
    connection: psycopg.Connection, script: str, kept: bool
) -> None:
    assert failure(connection, script).kept == kept


def test_outside_a_transaction_each_statement_is_one(connection: psycopg.Connection) -> None:
    run(connection, "CREATE TABLE a (i int); CREATE INDEX CONCURRENTLY ix ON a (i); VACUUM a;", outside=True)
    assert failure(connection, "CREATE TABLE b (); SELECT 1/0; CREATE TABLE c ();", outside=True).kept
    assert tables(connection) == ["a", "b"]


def test_a_transaction_that_a_script_leaves_open_is_committed(connection: psycopg.Connection) -> None:
    run(connection, "BEGIN; CREATE TABLE a (); ROLLBACK; BEGIN; CREATE TABLE b ();", outside=True)
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert tables(connection) == ["b"]


def test_a_script_can_be_run_a_statement_at_a_time(connection: psycopg.Connection) -> None:
    source = Source("x.sql", b"CREATE TABLE a (); COMMIT; CREATE TABLE b (); COMMIT; -- end")
    connection.execute("BEGIN")
    for statement in parse(source):
        run_script(connection, source, [statement])
    connection.rollback()
    assert tables(connection) == ["a"]


def test_what_only_the_server_knows_to_need_no_transaction_is_an_error_with_a_way_out(
    connection: psycopg.Connection,
) -> None:
    connection.execute("CREATE PROCEDURE pg_temp.p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'")
    error = failure(connection, "CALL pg_temp.p();")
    assert (error.sqlstate, error.hint) == (
        "2D000",
        "to run the script outside a transaction, write executeInTransaction=false into x.sql.conf",
    )
    run(connection, "CALL pg_temp.p();", outside=True)


def test_the_server_reads_strings_as_the_script_has_set_it(connection: psycopg.Connection) -> None:
    script = "SET standard_conforming_strings = off; CREATE TABLE a AS SELECT 'x\\'; y'::text AS s;"
    run(connection, script)
    assert connection.execute("SELECT s FROM a").fetchall() == [("x'; y",)]


def test_a_lost_connection_is_an_error_of_the_script(connection: psycopg.Connection, admin: psycopg.Connection) -> None:
    with pytest.raises(StatementError, match=r"^x\.sql:1:11: terminating connection"):
        run(connection, "SELECT 1; SELECT pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(ScriptError, match=r"^x\.sql: the connection was lost"):
        run(connection, "SELECT 1;")
