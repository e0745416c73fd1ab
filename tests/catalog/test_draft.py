"""What a draft adds is what was missing; what it may not do, it says. All cases start from rich.sql."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.catalog.difference import Difference
from infra.catalog.drafting.alterations import widens
from infra.catalog.drafting.scripts import Draft, draft
from infra.catalog.read import read
from infra.flyway.statements.syntax import statements
from tests.schema.scripts import SQL, Login, connect

# What a draft makes whole. Each stands for itself, and any of them together.
ADDITIONS = [
    'ALTER TABLE "Team" ADD COLUMN nickname text',
    "ALTER TABLE child ADD COLUMN word varchar(9) COLLATE \"C\" NOT NULL DEFAULT 'it''s'",
    "ALTER TABLE child ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY (START WITH 7)",
    "ALTER TABLE child ADD COLUMN twice integer GENERATED ALWAYS AS (extra * 2) STORED",
    "ALTER TABLE child ADD COLUMN packed text; ALTER TABLE child ALTER packed SET STORAGE EXTERNAL;"
    "COMMENT ON COLUMN child.packed IS 'Packed'",
    "ALTER TABLE scratch ADD CONSTRAINT positive CHECK (id > 0); COMMENT ON CONSTRAINT positive ON scratch IS 'Why'",
    'ALTER TABLE child ADD CONSTRAINT team FOREIGN KEY (extra) REFERENCES "Team" ON DELETE CASCADE DEFERRABLE',
    "ALTER TABLE child ADD CONSTRAINT unproved CHECK (extra > 0) NOT VALID",
    "ALTER TABLE child ADD CONSTRAINT once UNIQUE NULLS NOT DISTINCT (id) INCLUDE (extra) DEFERRABLE;"
    "COMMENT ON CONSTRAINT once ON child IS 'Once'",
    "ALTER TABLE child ADD PRIMARY KEY (id)",
    "ALTER TABLE child ADD COLUMN code text CONSTRAINT code UNIQUE;"
    "CREATE TABLE coded (code text REFERENCES child (code))",
    "ALTER TABLE child ADD CONSTRAINT apart EXCLUDE USING btree (extra WITH =)",
    'ALTER TABLE log ADD COLUMN team integer REFERENCES "Team"; CREATE INDEX log_team_idx ON log (team)',
    "CREATE INDEX child_extra_idx ON child (extra) WHERE id > 0; COMMENT ON INDEX child_extra_idx IS 'An index'",
    "CREATE UNIQUE INDEX child_hash_idx ON child USING btree (extra DESC, abs(id)) WITH (fillfactor = 60)",
    "CREATE STATISTICS child_statistics ON id, extra FROM child; COMMENT ON STATISTICS child_statistics IS 'Why'",
    "CREATE TRIGGER touch AFTER DELETE ON child EXECUTE FUNCTION touch(); ALTER TABLE child DISABLE TRIGGER touch",
    "CREATE RULE quiet AS ON UPDATE TO child DO NOTHING; ALTER TABLE child ENABLE ALWAYS RULE quiet",
    "CREATE POLICY few ON child FOR SELECT TO pg_monitor USING (extra > 0)",
    "CREATE TYPE level AS ENUM ('low', 'high'); CREATE DOMAIN height AS integer CHECK (VALUE > 0);"
    "CREATE TYPE top AS (level level, height height); CREATE TYPE heights AS RANGE (SUBTYPE = integer);"
    "CREATE TABLE peak (top top, level level DEFAULT 'low', height height, heights heights)",
    "CREATE SEQUENCE tickets AS bigint INCREMENT BY 10; CREATE TABLE ticket (id bigint DEFAULT nextval('tickets'));"
    "ALTER SEQUENCE tickets OWNED BY ticket.id",
    # Each refers to the other, and a function of SQL to both.
    "CREATE TABLE egg (id integer PRIMARY KEY, hen integer); CREATE TABLE hen (id serial PRIMARY KEY, egg integer"
    " CONSTRAINT hatched REFERENCES egg NOT NULL); "
    "ALTER TABLE egg ADD CONSTRAINT laid FOREIGN KEY (hen) REFERENCES hen;"
    "CREATE FUNCTION first_egg() RETURNS egg LANGUAGE sql AS 'SELECT egg.* FROM egg JOIN hen ON hen.egg = egg.id';"
    "CREATE VIEW firsts AS SELECT * FROM first_egg(); COMMENT ON VIEW firsts IS 'The first'",
    "CREATE TABLE part (id integer, at date) PARTITION BY LIST (id); CREATE TABLE part_1 PARTITION OF part"
    " FOR VALUES IN (1) PARTITION BY RANGE (at); CREATE TABLE part_1_default PARTITION OF part_1 DEFAULT;"
    "CREATE UNIQUE INDEX part_key ON part (id, at); ALTER TABLE part_1_default ADD CONSTRAINT x CHECK (id > 0)",
    'CREATE UNLOGGED TABLE "Odd name" ("a b" text, "select" text) WITH (fillfactor = 50);'
    'ALTER TABLE "Odd name" ENABLE ROW LEVEL SECURITY, REPLICA IDENTITY FULL;'
    "COMMENT ON TABLE \"Odd name\" IS 'It''s'",
    "CREATE VIEW totals AS SELECT count(*) AS n FROM child; CREATE MATERIALIZED VIEW kept AS SELECT n FROM totals;"
    "CREATE UNIQUE INDEX kept_n_idx ON kept (n)",
    "CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN $1 * 2;"
    "ALTER TABLE child ADD CONSTRAINT even CHECK (twice(extra) > 0)",
    "CREATE PROCEDURE nothing() LANGUAGE plpgsql AS 'BEGIN END'; COMMENT ON PROCEDURE nothing() IS 'Nothing'",
    "CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer)",
    "CREATE EXTENSION citext",
    "CREATE TABLE unproved (id integer); ALTER TABLE unproved ADD CONSTRAINT u CHECK (id > 0) NOT VALID",
]
ALTERATIONS = [
    "ALTER TABLE log ALTER COLUMN kind TYPE varchar(80)",
    'ALTER TABLE "Team" ALTER COLUMN name DROP NOT NULL',
    "ALTER TABLE child ALTER COLUMN extra SET DEFAULT 3",
    'ALTER TABLE "Team" ALTER COLUMN feeling DROP DEFAULT',
    "ALTER TABLE log_2024_03 ALTER COLUMN kind SET DEFAULT 'a'",
    'ALTER TABLE "Team" VALIDATE CONSTRAINT late',
    "ALTER TYPE mood ADD VALUE 'first' BEFORE 'sad'",
    "ALTER TYPE mood ADD VALUE 'great'; ALTER TYPE mood ADD VALUE 'it''s great' AFTER 'sad'",
    "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "CREATE OR REPLACE VIEW flagged WITH (security_barrier = true) AS SELECT id, name, initials(name) AS short, seen"
    ' FROM "Team"',
    "CREATE OR REPLACE TRIGGER touch AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION touch()",
    'ALTER TABLE "Team" ENABLE TRIGGER checked',
    'ALTER TABLE "Team" DISABLE RULE keep',
    "COMMENT ON TABLE \"Team\" IS E'It''s\\n\\\\ new'; COMMENT ON SCHEMA s IS 's';"
    "COMMENT ON COLUMN \"Team\".name IS 'Name'",
    'COMMENT ON FUNCTION initials IS NULL; COMMENT ON CONSTRAINT both_or_none ON "Team" IS NULL',
    "COMMENT ON DOMAIN price IS 'Price'; COMMENT ON TYPE mood IS NULL; COMMENT ON POLICY own ON \"Team\" IS 'Own'",
    "COMMENT ON INDEX \"Team_pkey\" IS 'Key'; COMMENT ON COLUMN flagged.name IS 'Name'",
]


def drafted(connection: psycopg.Connection, change: str) -> tuple[Draft, Difference]:
    """The draft of what `change` makes, applied in its place, and what is still missing then.

    In a transaction, where nothing is CONCURRENTLY; a test below runs that as it is.
    """
    # Else new objects have grants, which are never drafted.
    silent = "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor;"
    silent += "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;"
    connection.execute(silent.encode())
    before = read(connection, ["s"])
    with connection.transaction(force_rollback=True):
        connection.execute(change.encode())
        wanted = read(connection, ["s"])
    written = draft(Difference(before, wanted))
    for script in written.scripts:
        connection.execute(script.text.replace(" CONCURRENTLY", "").encode())
    return written, Difference(read(connection, ["s"]), wanted)


@pytest.mark.parametrize("change", ADDITIONS + ALTERATIONS)
def test_a_draft_makes_what_was_missing(rich: psycopg.Connection, change: str) -> None:
    written, left = drafted(rich, change)
    assert written.scripts
    assert not left, f"{left}\n{written}"


def test_columns_are_added_in_the_order_of_their_table(rich: psycopg.Connection) -> None:
    _, left = drafted(
        rich,
        "ALTER TABLE child ADD COLUMN b integer, ADD COLUMN a integer; CREATE VIEW v AS SELECT a FROM child",
    )
    assert not left, str(left)


@given(st.lists(st.sampled_from(ADDITIONS + ALTERATIONS), min_size=2, max_size=8, unique=True))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_additions_may_come_together(rich_database: Login, changes: list[str]) -> None:
    with connect(rich_database, "s") as connection, connection.transaction(force_rollback=True):
        written, left = drafted(connection, ";".join(changes))
        assert not left, f"{left}\n{written}"


def test_an_index_of_an_existing_table_has_a_script_that_takes_no_transaction(database: Login) -> None:
    with connect(database, "s") as connection:
        connection.execute("CREATE SCHEMA s; CREATE TABLE t (id integer NOT NULL)")
        before = read(connection, ["s"])
        with connection.transaction(force_rollback=True):
            connection.execute(
                "ALTER TABLE t ADD PRIMARY KEY (id); ALTER TABLE t ADD n text; CREATE INDEX t_n_idx ON t (n)"
            )
            wanted = read(connection, ["s"])
        scripts = draft(Difference(before, wanted)).scripts
        assert [script.suffix for script in scripts] == ["", "Indexes", "Constraints"]
        for script in scripts:
            parts = statements(script.suffix, script.text)  # as the runner reads them; a mixture is an error
            assert {part.transactional for part in parts} == {script.suffix != "Indexes"}
            if script.suffix != "Indexes":
                connection.execute(script.text.encode())
                continue
            for part in parts:
                connection.execute(part.text.encode())
        assert not Difference(read(connection, ["s"]), wanted)


LEFT = {
    'ALTER TABLE "Team" DROP COLUMN home': "it holds data: drop it once no release reads it",
    "DROP TABLE child": "where it was renamed, write RENAME TO",
    'DROP INDEX " USING "': "DROP INDEX CONCURRENTLY in a script of its own",
    "ALTER TABLE child ALTER COLUMN extra TYPE smallint": "narrower or another one",
    "ALTER TABLE child ALTER COLUMN extra SET NOT NULL": "fill what is NULL in a script before",
    "ALTER TABLE child ADD COLUMN must text NOT NULL": "NOT NULL without a default fails where the table has rows",
    "ALTER TABLE child ADD COLUMN u uuid DEFAULT gen_random_uuid()": "the whole table is written under a lock",
    "ALTER TABLE log ADD UNIQUE (at, kind)": "it is built under a lock",
    "CREATE INDEX i ON log (kind, at)": "the index of a partitioned table is not made CONCURRENTLY",
    "ALTER TABLE scratch ALTER CONSTRAINT scratch_id_fkey DEFERRABLE": "make the new one, then drop the old one",
    "ALTER TYPE mood RENAME VALUE 'happy' TO 'blue'": "make a new type",
    "DROP AGGREGATE product (numeric)": "nothing is dropped without a person who decides it",
    "DROP PROCEDURE tidy; CREATE PROCEDURE tidy(INOUT ready integer) LANGUAGE plpgsql AS 'BEGIN ready := 1; END'": (
        "write the ALTER for it (definition)"
    ),
    "GRANT SELECT ON child TO pg_monitor": "roles and grants are made by infra/access.py",
    "ALTER TABLE child OWNER TO pg_monitor": "roles and owners are made by infra/access.py",
    'ALTER TABLE "Team" DISABLE ROW LEVEL SECURITY': "ROW LEVEL SECURITY once every policy is there",
    "ALTER TABLE child DROP extra; ALTER TABLE child ADD b text; ALTER TABLE child ADD extra integer": (
        "in sql/schema put new columns last in their table"
    ),
    "ALTER TABLE log DETACH PARTITION log_2024_03": "write the ALTER for it (partition of)",
}


@pytest.mark.parametrize("change", LEFT)
def test_what_is_for_a_person_is_said_at_the_top(rich: psycopg.Connection, change: str) -> None:
    written, _ = drafted(rich, change)
    advice = [note for note in written.notes if LEFT[change] in note]
    assert len(advice) == 1
    assert advice[0][0] in "+-~"
    top = written.scripts[0].text
    assert top.startswith("-- To decide, before this is committed:\n")
    assert "".join(f"-- {line}\n" for line in advice[0].splitlines()) in top.partition("\n\n")[0] + "\n"


def test_no_difference_has_no_draft(rich: psycopg.Connection) -> None:
    snapshot = read(rich, ["s"])
    assert draft(Difference(snapshot, snapshot)) == Draft((), ())


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        ("varchar(50)", "varchar(80)", True),
        ("varchar(50)", "varchar", True),
        ("varchar(50)", "text", True),
        ("varchar", "text", True),
        ("numeric(10,2)", "numeric(12,2)", True),
        ("varchar(50)", "varchar(50)", False),
        ("varchar(80)", "varchar(50)", False),
        ("varchar", "varchar(50)", False),
        ("numeric(10,2)", "numeric(12,3)", False),
        ("numeric(10,2)", "text", False),
        ("integer", "bigint", False),
        ("text", "varchar(50)", False),
    ],
)
def test_only_a_type_that_takes_every_stored_value_is_wider(old: str, new: str, wider: bool) -> None:
    assert widens(old, new) is wider


def test_a_draft_passes_the_linter_of_migrations(rich: psycopg.Connection, tmp_path: Path) -> None:
    change = """
        CREATE TABLE invoice (id bigint PRIMARY KEY, child bigint REFERENCES "Team", paid boolean NOT NULL);
        CREATE INDEX ON invoice (child); COMMENT ON TABLE invoice IS 'Owed';
        ALTER TABLE child ADD COLUMN word text, ADD CONSTRAINT positive CHECK (extra > 0), ADD UNIQUE (id);
        ALTER TABLE child ADD CONSTRAINT f FOREIGN KEY (extra) REFERENCES "Team";
        CREATE INDEX ON child (word); ALTER TABLE log ALTER COLUMN kind TYPE varchar(80);
        ALTER TABLE "Team" ALTER COLUMN name DROP NOT NULL; ALTER TYPE mood ADD VALUE 'great'
    """
    written, _ = drafted(rich, change)
    assert len(written.scripts) == 3
    for script in written.scripts:
        (tmp_path / f"V1__{script.suffix}.sql").write_text(script.text)
    squawk = Path(sys.executable).parent / "squawk"
    command = [squawk, "--config", SQL / ".squawk.toml", *tmp_path.iterdir()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
