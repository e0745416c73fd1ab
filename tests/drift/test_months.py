"""A month comes and goes without drift; what it has beyond what its table implies is drift, by a line of its own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.drift.conftest import Database, Scripts, adopted_draft, drift_of, run
from tests.schema.scripts import Login, connect
from tests.servers import temporary_database

ROLE = "pg_monitor"  # which every server has
MONTHS = {"recorded": '"UsageLog_2001_02"', "made since": '"UsageLog_2001_01"'}

# What somebody did to a month, the line, and how they undo it.
CHANGES: dict[str, tuple[str, str, str]] = {
    "index": (
        "CREATE INDEX mine ON {month} (id)",
        "+ index mine on {month} USING btree (id)",
        "DROP INDEX mine",
    ),
    "options": (
        "ALTER TABLE {month} SET (fillfactor = 50)",
        "~ table {month}: options: none → fillfactor=50",
        "ALTER TABLE {month} RESET (fillfactor)",
    ),
    "comment": (
        "COMMENT ON TABLE {month} IS 'busy'",
        "~ table {month}: comment: none → 'busy'",
        "COMMENT ON TABLE {month} IS NULL",
    ),
    "owner": (
        f"ALTER TABLE {{month}} OWNER TO {ROLE}",
        f"~ table {{month}}: owner: postgres → {ROLE}",
        "ALTER TABLE {month} OWNER TO postgres",
    ),
    "privilege": (
        "GRANT SELECT ON {month} TO PUBLIC",
        "~ table {month}: privileges of PUBLIC: default → SELECT",
        "REVOKE SELECT ON {month} FROM PUBLIC",
    ),
    "privilege on a column": (
        f"GRANT SELECT (details) ON {{month}} TO {ROLE}",
        f"+ column {{month}}.details; privileges of {ROLE} SELECT",
        f"REVOKE SELECT (details) ON {{month}} FROM {ROLE}",
    ),
    "trigger": (
        "ALTER TABLE {month} DISABLE TRIGGER append_only",
        "+ trigger append_only on {month}; enabled DISABLE",
        "ALTER TABLE {month} ENABLE TRIGGER append_only",
    ),
}


@pytest.fixture(params=MONTHS)
def month(request: pytest.FixtureRequest, database: Database) -> str:
    """A month of the recorded database, which was there at the record or was made after it."""
    database.change("SELECT create_partitions(0, '2001-01-01')")
    assert database.look().lines == ()
    return MONTHS[request.param]


@pytest.fixture
def login(admin: psycopg.Connection, scripts: Scripts) -> Iterator[Login]:
    """A database with a month that has an index of its own, which a script has made official."""
    with temporary_database(admin) as login:
        run(login, scripts.found())
        execute(login, "SELECT create_partitions(0, '2001-01-01'); CREATE INDEX mine ON \"UsageLog_2001_01\" (id)")
        scripts.write(
            "V900__Adopt.sql", f"-- adopts: {CHANGES['index'][1].format(month=MONTHS['made since'])}\nSELECT 1;"
        )
        run(login, scripts.found())
        yield login


def execute(login: Login, statements: str) -> None:
    with connect(login) as connection:
        connection.execute(statements.encode())


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_month_has_of_its_own_is_named_and_the_month_is_not(database: Database, month: str, change: str) -> None:
    done, line, undo = (text.format(month=month) for text in CHANGES[change])
    database.change(done)
    drift = database.look()
    assert drift.lines == (line,)
    assert "drop it" not in drift.remedies()[0]
    database.change(undo)
    assert database.look().lines == ()


def test_what_a_month_has_of_its_own_is_left_to_a_person_since_not_every_database_has_it(
    database: Database, month: str
) -> None:
    database.change(CHANGES["index"][0].format(month=month))
    database.change('ALTER TABLE "User" ADD COLUMN nickname text')
    drafted = adopted_draft(database.sight())
    [note] = drafted.notes
    assert note.startswith(CHANGES["index"][1].format(month=month) + "\n  not every database has this partition")
    [script] = drafted.scripts
    assert '-- adopts: + column "User".nickname text\n' in script.text
    assert "-- adopts: + index" not in script.text
    assert "CREATE" not in script.text


def test_a_month_may_do_for_others_what_its_table_does_and_no_more(database: Database, month: str) -> None:
    database.change(f'GRANT SELECT, UPDATE ON "UsageLog" TO {ROLE}')
    [before] = database.look().lines
    database.change("SELECT create_partitions(0, '2001-03-01')")
    database.change(f'GRANT SELECT ON "UsageLog_2001_03" TO {ROLE}')
    made = database.look().lines
    assert made == (before, f'~ table "UsageLog_2001_03": privileges of {ROLE}: default → SELECT')


def test_a_month_that_is_detached_or_dropped_takes_what_it_had_with_it(login: Login, scripts: Scripts) -> None:
    assert drift_of(login, scripts.found()).lines == ()
    execute(login, "DROP INDEX mine")
    assert drift_of(login, scripts.found()).lines == ('- index mine on "UsageLog_2001_01" USING btree (id)',)
    execute(login, "SELECT detach_partitions('UsageLog', '2001-03-01')")
    assert drift_of(login, scripts.found()).lines == ()
    execute(login, 'DROP TABLE "UsageLog_2001_01"')
    assert drift_of(login, scripts.found()).lines == ()
    scripts.write("V901__Next.sql", "COMMENT ON TABLE \"Team\" IS 'People';")
    run(login, scripts.found())
    assert drift_of(login, scripts.found()).lines == ()


def test_a_run_leaves_what_a_month_has_of_its_own_drift(login: Login, scripts: Scripts) -> None:
    execute(login, "SELECT create_partitions(0, '2001-02-01'); CREATE INDEX more ON \"UsageLog_2001_02\" (id)")
    scripts.write("V901__Next.sql", "COMMENT ON TABLE \"Team\" IS 'People';")
    run(login, scripts.found())
    assert drift_of(login, scripts.found()).lines == ('+ index more on "UsageLog_2001_02" USING btree (id)',)


def test_an_index_that_becomes_valid_with_its_last_month_is_no_drift(login: Login, scripts: Scripts) -> None:
    """As docs/migrations.md says to make one without a stop of the writers."""
    scripts.write("V901__Index.sql", 'CREATE INDEX whole ON ONLY "UsageLog" (id);')
    run(login, scripts.found())
    for part in ("UsageLog_default", "UsageLog_2001_01"):
        execute(login, f'CREATE INDEX "{part}_whole" ON "{part}" (id)')
        assert drift_of(login, scripts.found()).lines == (f'+ index "{part}_whole" on "{part}" USING btree (id)',)
        execute(login, f'ALTER INDEX whole ATTACH PARTITION "{part}_whole"')
        assert drift_of(login, scripts.found()).lines == ()
    scripts.write("V902__Next.sql", "COMMENT ON TABLE \"Team\" IS 'People';")
    run(login, scripts.found())
    execute(login, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'whole'::regclass")
    assert drift_of(login, scripts.found()).lines == ('~ index whole on "UsageLog": state: valid → invalid',)


def test_a_month_that_has_what_its_table_got_since_is_no_drift(login: Login, scripts: Scripts) -> None:
    scripts.write(
        "V901__More.sql", 'CREATE STATISTICS more ON "userId", id FROM "UsageLog"; CREATE INDEX ON "UsageLog" (id);'
    )
    run(login, scripts.found())
    execute(login, "SELECT create_partitions(0, '2001-02-01')")
    assert drift_of(login, scripts.found()).lines == ()
