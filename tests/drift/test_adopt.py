"""`make adopt` writes a migration that makes drift official: one that runs where the drift is, and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from infra.catalog.difference import Difference
from infra.drift.again import repeatable
from infra.drift.look import Sight, look, one_moment
from tests.drift.conftest import SETTINGS, Scripts, adopted_draft, connecting, drift_of, names, run
from tests.schema.scripts import Login, connect
from tests.servers import temporary_database

# Of each form that a draft has: with words of PostgreSQL's own for "unless it is there", and guarded.
DRIFT = """
    ALTER TABLE "User" ADD COLUMN nickname text DEFAULT 'none';
    COMMENT ON COLUMN "User".nickname IS 'What others call them';
    ALTER TABLE "User" ADD CONSTRAINT "User_nickname_check" CHECK (length(nickname) > 0);
    ALTER TABLE "User" ADD CONSTRAINT "User_nickname_key" UNIQUE (nickname);
    CREATE INDEX "User_nickname_idx" ON "User" (lower(nickname));
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
    CREATE TABLE "Mood" (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        "userId" uuid NOT NULL REFERENCES "User" (id) ON DELETE CASCADE,
        mood mood NOT NULL,
        share percent
    );
    CREATE INDEX "Mood_userId_idx" ON "Mood" ("userId");
    CREATE TRIGGER touched BEFORE UPDATE ON "Mood" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE POLICY own ON "Mood" USING (true);
    CREATE VIEW "Moods" AS SELECT mood, count(*) FROM "Mood" GROUP BY mood;
    CREATE FUNCTION cheer(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || '!' $$;
    CREATE STATISTICS "User_statistics" ON email, username FROM "User";
    ALTER TABLE "User" ALTER COLUMN username TYPE varchar(80);
    ALTER TABLE "Team" DISABLE TRIGGER set_updated_at
"""


@pytest.fixture
def login(admin: psycopg.Connection, scripts: Scripts) -> Iterator[Login]:
    with temporary_database(admin) as login:
        run(login, scripts.found())
        yield login


def seen(login: Login, scripts: Scripts) -> Sight:
    with one_moment(connecting(login), SETTINGS) as session:
        return look(session, SETTINGS, names(scripts.found()))


def adopt(login: Login, scripts: Scripts) -> tuple[str, ...]:
    """Write the migration, and return what it leaves to decide."""
    drafted = adopted_draft(seen(login, scripts))
    for number, script in enumerate(drafted.scripts):
        scripts.write(f"V90{number}__Adopt_it_{script.suffix or 'first'}.sql", script.text)
    return drafted.notes


def test_a_run_where_it_is_and_one_elsewhere_give_equal_catalogs(
    admin: psycopg.Connection, login: Login, scripts: Scripts
) -> None:
    with connect(login) as connection:
        connection.execute(DRIFT)
        connection.execute("""INSERT INTO "User" (email, "passwordHash", username) VALUES ('a@b.example', 'x', 'a')""")
    assert len(drift_of(login, scripts.found()).lines) > 10
    assert adopt(login, scripts) == ()
    assert drift_of(login, scripts.found()).lines == (), "a script that is still to run makes it official"
    run(login, scripts.found())
    with temporary_database(admin) as elsewhere:
        run(elsewhere, scripts.found())
        here, there = (seen(one, scripts) for one in (login, elsewhere))
    for sight in (here, there):
        assert (sight.drift.lines, sight.drift.notes) == ((), ())
        assert sight.catalog is not None
        assert sight.drift.expected == sight.catalog
    assert here.catalog is not None
    assert there.catalog is not None
    assert Difference(here.catalog, there.catalog).lines == ()


def test_what_changes_after_the_draft_still_stops_a_run(login: Login, scripts: Scripts) -> None:
    with connect(login) as connection:
        connection.execute('ALTER TABLE "User" ADD COLUMN nickname text')
        adopt(login, scripts)
        connection.execute('ALTER TABLE "User" ADD COLUMN another text')
    assert drift_of(login, scripts.found()).lines == ('+ column "User".another text',)


def test_only_a_script_that_is_still_to_run_lets_drift_pass(login: Login, scripts: Scripts) -> None:
    with connect(login) as connection:
        connection.execute('ALTER TABLE "User" ADD COLUMN nickname text')
        adopt(login, scripts)
        run(login, scripts.found())
        scripts.write("V910__Drop_it.sql", 'ALTER TABLE "User" DROP COLUMN nickname;\n')
        run(login, scripts.found())
        connection.execute('ALTER TABLE "User" ADD COLUMN nickname text')
    assert drift_of(login, scripts.found()).lines == ('+ column "User".nickname text',)


def test_what_cannot_be_drafted_stops_a_run_until_its_author_has_decided(
    admin: psycopg.Connection, login: Login, scripts: Scripts
) -> None:
    gone = '- index "User_email_lower_idx" on "User" UNIQUE USING btree (lower(email::text))'
    with connect(login) as connection:
        connection.execute('DROP INDEX "User_email_lower_idx"')
    [note] = adopt(login, scripts)
    assert note.startswith(gone)
    assert drift_of(login, scripts.found()).lines == (gone,)
    scripts.write("V901__Drop.sql", f'-- adopts: {gone}\nDROP INDEX IF EXISTS "User_email_lower_idx";\n')
    assert drift_of(login, scripts.found()).lines == ()
    run(login, scripts.found())
    assert drift_of(login, scripts.found()).lines == ()
    with temporary_database(admin) as elsewhere:
        run(elsewhere, scripts.found())
        assert seen(elsewhere, scripts).catalog == seen(login, scripts).catalog


def test_privileges_of_default_privileges_are_not_for_a_migration(login: Login, scripts: Scripts) -> None:
    with connect(login) as connection:
        connection.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor; CREATE TABLE mine (id int)")
    assert adopt(login, scripts) == ()
    assert drift_of(login, scripts.found()).lines == ()


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b\x1b[2J"])
def test_a_line_end_in_a_name_begins_no_statement(login: Login, scripts: Scripts, end: str) -> None:
    name = f'"x{end}DROP TABLE ""Session""; --{end}"'
    with connect(login) as connection:
        connection.execute(f'ALTER TABLE "User" ADD COLUMN {name} text'.encode())
        connection.execute(f"CREATE FUNCTION {name}() RETURNS integer LANGUAGE sql RETURN 1".encode())
    assert all(line.isprintable() for line in drift_of(login, scripts.found()).lines)
    assert adopt(login, scripts) == ()
    assert drift_of(login, scripts.found()).lines == ()
    run(login, scripts.found())
    assert drift_of(login, scripts.found()).lines == ()


def test_what_is_left_to_its_author_is_not_adopted_whatever_it_is_called(login: Login, scripts: Scripts) -> None:
    with connect(login) as connection:
        connection.execute('ALTER TABLE "Team" ADD COLUMN "a\nb" text')
        run(login, scripts.found())  # which lets it pass
        scripts.write("V899__Adopt.sql", '-- adopts: + column "Team"."a\\nb" text\nSELECT 1;\n')
        run(login, scripts.found())
        connection.execute('ALTER TABLE "Team" DROP COLUMN "a\nb"')
    gone = '- column "Team"."a\\nb" text'
    [note] = adopt(login, scripts)
    assert note.startswith(f"{gone}\n")
    assert drift_of(login, scripts.found()).lines == (gone,)


def test_a_script_without_a_statement_is_left_as_it_is() -> None:
    assert repeatable("-- nothing to do\n") == "-- nothing to do\n"
