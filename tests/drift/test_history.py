"""The history decides what to compare with: after a restore, beside other programs, and while a run is under way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infra.drift import records
from infra.drift.look import look, one_moment
from tests.drift.conftest import SETTINGS, Scripts, connecting, drift_of, names, run
from tests.schema.scripts import SCHEMA, Login, connect
from tests.servers import temporary_database

ADD_NAME = "ALTER TABLE thing ADD COLUMN name text;\n"
LATER = "V2__Name.sql"


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """A folder with one script that was run, and a second one."""
    scripts = Scripts(tmp_path)
    scripts.write("V1__Thing.sql", "CREATE TABLE thing (id integer PRIMARY KEY);\n")
    return scripts


@pytest.fixture
def login(admin: psycopg.Connection, scripts: Scripts) -> Iterator[Login]:
    """A database that had a run with the first script, and then one with both."""
    with temporary_database(admin) as login:
        run(login, scripts.found())
        scripts.write(LATER, ADD_NAME)
        run(login, scripts.found())
        yield login


def execute(login: Login, statements: str) -> None:
    with connect(login) as connection:
        connection.execute(statements.encode())


def test_what_is_not_recorded_yet_is_no_drift(admin: psycopg.Connection, scripts: Scripts) -> None:
    with temporary_database(admin) as login:
        assert drift_of(login, scripts.found()).expected is None
        run(login, scripts.found())
        execute(login, f"DROP TABLE {records.TABLE}; ALTER TABLE thing ADD COLUMN mine text")
        drift = drift_of(login, scripts.found())
        assert (drift.lines, drift.notes, drift.expected) == ((), (), None)
        run(login, scripts.found())
        assert drift_of(login, scripts.found()).expected is not None


def test_a_database_put_back_to_an_earlier_run_has_no_drift(login: Login, scripts: Scripts) -> None:
    execute(login, "DELETE FROM flyway_schema_history WHERE version = '2'; ALTER TABLE thing DROP COLUMN name")
    drift = drift_of(login, scripts.found())
    assert drift.lines == ()
    assert drift.notes == ("the history is an earlier one, as after a restore: 1 scripts will run again",)
    run(login, scripts.found())
    assert (drift_of(login, scripts.found()).lines, drift_of(login, scripts.found()).notes) == ((), ())


def test_what_changed_since_the_earlier_run_is_drift(login: Login, scripts: Scripts) -> None:
    put_back = "DELETE FROM flyway_schema_history WHERE version = '2'; ALTER TABLE thing DROP COLUMN name"
    execute(login, f"{put_back}; ALTER TABLE thing ADD COLUMN mine text")
    assert drift_of(login, scripts.found()).lines == (f"- history row 2 {LATER}", "+ column thing.mine text")


def test_a_newest_row_that_was_deleted_by_hand_is_drift(login: Login, scripts: Scripts) -> None:
    execute(login, "DELETE FROM flyway_schema_history WHERE version = '2'")
    assert drift_of(login, scripts.found()).lines == (f"- history row 2 {LATER}",)


def test_an_earlier_history_without_a_record_is_told(login: Login, scripts: Scripts) -> None:
    execute(login, f"DELETE FROM {records.TABLE} WHERE run = 1; DELETE FROM flyway_schema_history WHERE version = '2'")
    execute(login, "ALTER TABLE thing DROP COLUMN name")
    drift = drift_of(login, scripts.found())
    assert drift.lines == ()
    assert "whether anything else changed cannot be told" in drift.notes[0]


def test_a_script_that_another_program_has_applied_is_no_drift(login: Login, scripts: Scripts) -> None:
    scripts.write("V3__Size.sql", "ALTER TABLE thing ADD COLUMN size integer;\n")
    row = "INSERT INTO flyway_schema_history SELECT 3, '3', 'Size', 'SQL', 'V3__Size.sql', 1, 'flyway', now(), 1, true"
    execute(login, f"ALTER TABLE thing ADD COLUMN size integer; {row}")
    drift = drift_of(login, scripts.found())
    assert drift.lines == ()
    assert drift.notes[0].startswith("another program has applied V3__Size.sql (by flyway) since the last run")


def test_a_record_of_another_form_is_not_compared_but_made_again(login: Login, scripts: Scripts) -> None:
    execute(login, f"UPDATE {records.TABLE} SET form = '15 another'; ALTER TABLE thing ADD COLUMN mine text")
    drift = drift_of(login, scripts.found())
    assert (drift.lines, drift.expected) == ((), None)
    assert drift.notes[0].startswith("the record is of another PostgreSQL, project's version, or set of schemas")
    run(login, scripts.found())
    drift = drift_of(login, scripts.found())
    assert drift.notes == ()
    assert drift.expected is not None


def test_schemas_that_the_stack_adds_are_no_drift(login: Login, scripts: Scripts) -> None:
    """Nor need they be there yet, as in the preview of the `up` that makes them."""
    settings = replace(SETTINGS, schemas=(SCHEMA, "later"))
    with one_moment(connecting(login), settings) as session:
        seen = look(session, settings, names(scripts.found()))
    assert seen.drift.lines == ()
    assert seen.drift.notes[0].startswith("the record is of another PostgreSQL, project's version, or set of schemas")
    assert seen.lacks_record


KILLED = {
    "an index that is made": (
        "CREATE INDEX CONCURRENTLY thing_name_idx ON thing (name);",
        "SELECT 1",
    ),
    "an index that is half made": (
        "CREATE INDEX CONCURRENTLY thing_name_idx ON thing (name);",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'thing_name_idx'::regclass",
    ),
    "an index that is not made": (
        "CREATE INDEX CONCURRENTLY thing_name_idx ON thing (name);",
        "DROP INDEX thing_name_idx",
    ),
    "an index that is dropped": ("DROP INDEX CONCURRENTLY IF EXISTS thing_size_idx;", "SELECT 1"),
    "an index that is half rebuilt": (
        "REINDEX TABLE CONCURRENTLY thing;",
        "CREATE INDEX thing_size_idx_ccnew ON thing (size);"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'thing_size_idx_ccnew'::regclass",
    ),
    "an old index that is not dropped": (
        "REINDEX INDEX CONCURRENTLY thing_size_idx;",
        "CREATE INDEX thing_size_idx_ccold1 ON thing (size);"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'thing_size_idx_ccold1'::regclass",
    ),
}


@pytest.mark.parametrize("left", KILLED)
def test_what_a_killed_run_left_of_its_indexes_is_for_the_next_one_to_finish(
    login: Login, scripts: Scripts, left: str
) -> None:
    """What else has changed is drift as ever, before that run and after it."""
    scripts.write(
        "V3__Size.sql", "ALTER TABLE thing ADD COLUMN size integer; CREATE INDEX thing_size_idx ON thing (size);"
    )
    run(login, scripts.found())
    script, killed = KILLED[left]
    with connect(login) as connection:
        kept = sql.SQL("CREATE TABLE kept AS SELECT * FROM {}").format(sql.Identifier(records.TABLE))
        connection.execute(kept)
        scripts.write("V4__Killed.sql", script)
        run(login, scripts.found())
        table = sql.Identifier(records.TABLE)
        back = "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept;"
        connection.execute(sql.SQL(back).format(table=table))
    execute(
        login, f"UPDATE flyway_schema_history SET success = false, execution_time = -1 WHERE version = '4'; {killed}"
    )
    execute(login, "ALTER TABLE thing ADD COLUMN mine text; CREATE INDEX thing_mine_idx ON thing (mine)")
    mine = ("+ column thing.mine text", "+ index thing_mine_idx on thing USING btree (mine)")
    drift = drift_of(login, scripts.found())
    assert drift.lines == mine
    assert drift.notes == (
        "the run of V4__Killed.sql was killed: the indexes that it names are no drift, but for the next run to finish",
    )
    run(login, scripts.found())
    drift = drift_of(login, scripts.found())
    assert (drift.lines, drift.notes) == (mine, ())
    execute(login, "ALTER TABLE thing DROP COLUMN mine")
    assert drift_of(login, scripts.found()).lines == ()


def test_what_a_killed_run_left_beside_indexes_is_for_a_person(login: Login, scripts: Scripts) -> None:
    scripts.write("V3__Size.sql", "ALTER TABLE thing ADD COLUMN size integer;\nCOMMIT;\nSELECT 1;\n")
    row = "INSERT INTO flyway_schema_history SELECT 3, '3', 'Size', 'SQL', 'V3__Size.sql', 1, 'me', now(), -1, false"
    execute(login, f"ALTER TABLE thing ADD COLUMN size integer; {row}")
    assert drift_of(login, scripts.found()).lines == ("+ column thing.size integer",)


def test_drift_that_a_run_let_pass_stays_drift(login: Login, scripts: Scripts) -> None:
    execute(login, "ALTER TABLE thing ADD COLUMN mine text; ALTER TABLE thing ALTER COLUMN name SET DEFAULT 'x'")
    lines = ("~ column thing.name: default: none → 'x'::text", "+ column thing.mine text")
    assert set(drift_of(login, scripts.found()).lines) == set(lines)
    scripts.write("V3__Comment.sql", "COMMENT ON COLUMN thing.name IS 'how it is called';\n")
    run(login, scripts.found())
    assert set(drift_of(login, scripts.found()).lines) == set(lines)
    execute(login, "ALTER TABLE thing DROP COLUMN mine; ALTER TABLE thing ALTER COLUMN name DROP DEFAULT")
    assert drift_of(login, scripts.found()).lines == ()


def test_the_scripts_before_a_failed_one_are_recorded(login: Login, scripts: Scripts) -> None:
    scripts.write("V3__Size.sql", "ALTER TABLE thing ADD COLUMN size integer;\n")
    scripts.write("V4__Wrong.sql", "ALTER TABLE thing ADD COLUMN size integer;\n")
    with pytest.raises(Exception, match="V4__Wrong"):
        run(login, scripts.found())
    drift = drift_of(login, scripts.found())
    assert (drift.lines, drift.notes) == ((), ())
    execute(login, "ALTER TABLE thing DROP COLUMN size")
    assert drift_of(login, scripts.found()).lines == ("- column thing.size integer",)


def test_the_newest_twenty_runs_are_kept_and_a_run_without_news_adds_none(login: Login, scripts: Scripts) -> None:
    for version in range(3, 26):
        scripts.write(f"V{version}__Comment.sql", f"COMMENT ON TABLE thing IS '{version}';\n")
        run(login, scripts.found())
    run(login, scripts.found())
    with connect(login) as connection:
        count = sql.SQL("SELECT count(*), min(run), max(run) FROM {}").format(sql.Identifier(records.TABLE))
        assert connection.execute(count).fetchone() == (20, 6, 25)


def test_others_may_read_the_records_at_most(admin: psycopg.Connection, scripts: Scripts) -> None:
    with temporary_database(admin) as login:
        execute(login, "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO pg_monitor")
        run(login, scripts.found())
        with connect(login) as connection:
            query = "SELECT array_agg(p) FROM unnest(%s::text[]) p WHERE has_table_privilege('pg_monitor', %s, p)"
            privileges = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"]
            found = connection.execute(query, [privileges, f"{SCHEMA}.{records.TABLE}"]).fetchone()
    assert found == (["SELECT"],)
