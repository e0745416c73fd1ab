"""A snapshot is the same wherever the same objects are, and however one looks at them."""

from __future__ import annotations

import json
import os
import subprocess
import time

import psycopg
import pytest
from psycopg import sql

from infra.catalog import read as catalog_read
from infra.catalog.difference import KINDS, Difference
from infra.catalog.errors import CatalogError
from infra.catalog.read import read
from infra.catalog.snapshot import Identity, Snapshot
from infra.programs import program
from tests.schema.scripts import Login


def taken(login: Login, *schemas: str) -> Snapshot:
    with psycopg.connect(**login, autocommit=True) as connection:
        return read(connection, schemas or ["s"])


def column(table: str, name: str) -> Identity:
    return Identity("s", table, "column", name)


def restore(source: Login, target: Login) -> None:
    """Copy all definitions with pg_dump and psql."""
    environment = {
        "PATH": os.defpath,
        "PGHOST": str(source["host"]),
        "PGPORT": str(source["port"]),
        "PGUSER": str(source["user"]),
        "PGPASSWORD": str(source["password"]),
    }
    command = [program("pg_dump"), "--schema-only", str(source["dbname"])]
    dump = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    dump = dump.replace("SET transaction_timeout = 0;", "")  # which PostgreSQL 16 does not know
    command = [program("psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", str(target["dbname"])]
    done = subprocess.run(command, env=environment, input=dump, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_rich_schema_has_something_of_every_kind_but_what_needs_a_server_elsewhere(
    rich: psycopg.Connection,
) -> None:
    assert {identity.kind for identity in read(rich, ["s"]).objects} == set(KINDS) - {"foreign table"}


def test_a_restored_database_has_the_same_snapshot(rich_database: Login, database: Login) -> None:
    restore(rich_database, database)
    difference = Difference(taken(rich_database), taken(database))
    assert not difference, str(difference)


def test_a_snapshot_survives_json(rich: psycopg.Connection) -> None:
    snapshot = read(rich, ["s"])
    text = json.dumps(snapshot.to_json())
    assert Snapshot.from_json(json.loads(text)) == snapshot
    assert json.dumps(Snapshot.from_json(json.loads(text)).to_json(), sort_keys=True) == json.dumps(
        json.loads(text), sort_keys=True
    )


@pytest.mark.parametrize("stored", [{}, {"schemas": ["s"], "objects": []}, {"schemas": ["s"], "objects": {"s": 1}}])
def test_what_is_no_snapshot_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(CatalogError, match=r"^this is not a stored snapshot: .*; take a new one from the database$"):
        Snapshot.from_json(stored)


SETTINGS = [
    "SET search_path = s, public",
    "SET search_path = ''",
    "SET search_path = nowhere",
    "SET TimeZone = 'America/St_Johns'",
    "SET DateStyle = 'German'",
    "SET IntervalStyle = 'sql_standard'",
    "SET quote_all_identifiers = on",
    "SET standard_conforming_strings = off",
    "SET default_transaction_read_only = on",
    'CREATE TEMPORARY TABLE "Team" ()',
    "SET ROLE pg_read_all_data",
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_the_session_shows_or_changes(rich_database: Login, setting: str) -> None:
    expected = taken(rich_database)
    with psycopg.connect(**rich_database, autocommit=True) as connection:
        connection.execute(setting)
        before = connection.execute("SELECT name, setting FROM pg_settings ORDER BY 1").fetchall()
        assert read(connection, ["s"]) == expected
        assert connection.execute("SELECT name, setting FROM pg_settings ORDER BY 1").fetchall() == before


def test_settings_are_as_before_within_a_transaction_of_the_callers(rich: psycopg.Connection) -> None:
    rich.execute("SET LOCAL TimeZone = 'America/St_Johns'")
    read(rich, ["s"])
    assert rich.execute("SELECT current_setting('TimeZone'), current_schema()").fetchone() == ("America/St_Johns", "s")


def test_a_snapshot_is_of_one_moment(rich_database: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(connection: psycopg.Connection, name: str, schemas: list[str]) -> psycopg.RawCursor:
        seen.append(connection.execute("SHOW transaction_isolation").fetchone())
        seen.append(connection.execute("SHOW transaction_read_only").fetchone())
        return send(connection, name, schemas)

    send = catalog_read._send
    monkeypatch.setattr(catalog_read, "_send", look)
    taken(rich_database)
    assert set(seen) == {("repeatable read",), ("on",)}


def test_columns_dropped_before_leave_no_trace(rich: psycopg.Connection) -> None:
    before = read(rich, ["s"])
    rich.execute("ALTER TABLE child ADD COLUMN tmp text; ALTER TABLE child DROP COLUMN tmp")
    assert read(rich, ["s"]) == before


def test_privileges_that_were_given_and_taken_leave_no_trace(rich: psycopg.Connection) -> None:
    before = read(rich, ["s"])
    rich.execute(
        "GRANT SELECT ON child TO pg_monitor; GRANT SELECT (id) ON child TO pg_monitor;"
        "GRANT USAGE ON SCHEMA s TO PUBLIC"
    )
    assert read(rich, ["s"]) != before
    rich.execute(
        "REVOKE ALL ON child FROM pg_monitor; REVOKE ALL (id) ON child FROM pg_monitor;"
        "REVOKE ALL ON SCHEMA s FROM PUBLIC"
    )
    assert read(rich, ["s"]) == before


def test_values_of_sequences_and_rows_are_no_part_of_it(rich: psycopg.Connection) -> None:
    before = read(rich, ["s"])
    rich.execute("SELECT nextval('countdown'); INSERT INTO log (kind) VALUES ('a')")
    assert read(rich, ["s"]) == before


def test_only_partitions_that_are_just_what_their_parent_implies_are_left_out(rich: psycopg.Connection) -> None:
    snapshot = read(rich, ["s"])
    left_out = snapshot.objects.keys() - snapshot.without_implied_partitions().objects.keys()
    assert left_out == {Identity("s", "log_2024_03", "table", "log_2024_03")}


@pytest.mark.parametrize(
    "own",
    [
        "COMMENT ON TABLE log_2024_03 IS 'March'",
        "COMMENT ON COLUMN log_2024_03.kind IS 'What it was'",
        "CREATE INDEX ON log_2024_03 (kind, at)",
        "ALTER TABLE log_2024_03 ADD CHECK (kind > '')",
        "ALTER TABLE log_2024_03 SET (fillfactor = 50)",
        "ALTER TABLE log_2024_03 OWNER TO pg_monitor",
        "ALTER TABLE log_2024_03 ALTER COLUMN kind SET NOT NULL",
        "ALTER TABLE log_2024_03 ALTER COLUMN at DROP DEFAULT",
        "ALTER TABLE log_2024_03 DISABLE TRIGGER touch",
        "GRANT SELECT ON log_2024_03 TO PUBLIC",
    ],
)
def test_a_partition_with_something_of_its_own_stays(rich: psycopg.Connection, own: str) -> None:
    rich.execute(own)
    snapshot = read(rich, ["s"])
    assert snapshot.without_implied_partitions() == snapshot


def test_months_come_and_go_without_a_difference(rich: psycopg.Connection) -> None:
    rich.execute("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor")  # which log itself has not given
    before = read(rich, ["s"]).without_implied_partitions()
    rich.execute(
        "CREATE TABLE may PARTITION OF log FOR VALUES FROM ('2024-05-01') TO ('2024-06-01'); DROP TABLE log_2024_03"
    )
    assert read(rich, ["s"]).without_implied_partitions() == before


def test_not_null_has_no_name(rich: psycopg.Connection) -> None:
    rich.execute("ALTER TABLE child ADD COLUMN a text CONSTRAINT some_name NOT NULL")
    before = read(rich, ["s"])
    assert before.objects[column("child", "a")]["nullability"] == "NOT NULL"
    rich.execute("ALTER TABLE child ALTER COLUMN a DROP NOT NULL; ALTER TABLE child ALTER COLUMN a SET NOT NULL")
    assert read(rich, ["s"]) == before


def test_ignored_tables_are_left_out_with_all_that_is_theirs(rich: psycopg.Connection) -> None:
    rich.execute("CREATE TABLE history (id serial PRIMARY KEY)")
    assert any("history" in identity.name for identity in read(rich, ["s"]).objects)
    rest = read(rich, ["s"], ignore=["history", "Team"])
    assert [identity for identity in rest.objects if "history" in str(identity) or identity.table == '"Team"'] == []
    assert Identity("s", "", "sequence", '"Team_id_seq"') not in rest.objects


def test_what_an_extension_brings_is_the_extensions(rich: psycopg.Connection) -> None:
    before = read(rich, ["s"])
    rich.execute("CREATE EXTENSION citext")
    assert [line.split(" VERSION")[0] for line in Difference(before, read(rich, ["s"])).lines] == [
        "+ extension citext SCHEMA s"
    ]


def test_a_schema_that_initdb_made_has_its_comment(rich: psycopg.Connection) -> None:
    public = read(rich, ["public"]).objects[Identity("public", "", "schema", "public")]
    assert public["comment"] == "standard public schema"


def test_several_schemas_are_told_apart(rich: psycopg.Connection) -> None:
    rich.execute('CREATE SCHEMA "T"; CREATE TABLE "T".child (id integer REFERENCES s."Team")')
    snapshot = read(rich, ["T", "s"])
    assert snapshot.schemas == ('"T"', "s")
    key = Identity('"T"', "child", "constraint", "child_id_fkey")
    assert snapshot.objects[key]["definition"] == 'FOREIGN KEY (id) REFERENCES s."Team"(id)'
    assert column("child", "id") in snapshot.objects


def test_a_role_that_may_not_use_the_schema_gets_no_wrong_snapshot(rich: psycopg.Connection) -> None:
    rich.execute("SET LOCAL ROLE pg_monitor")
    with pytest.raises(CatalogError, match=r"may not use schema s: GRANT USAGE ON SCHEMA s TO pg_monitor$"):
        read(rich, ["s"])


@pytest.mark.parametrize("missing", ["nowhere", "S", 'a "quoted" one'])
def test_a_schema_that_is_not_there_is_an_error(rich: psycopg.Connection, missing: str) -> None:
    with pytest.raises(CatalogError) as raised:
        read(rich, ["s", missing])
    assert f"has no schema {missing}: migrate it first" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_thousand_tables_take_less_than_three_seconds(rich: psycopg.Connection) -> None:
    columns = ", ".join(f"c{number} varchar(50) NOT NULL DEFAULT ''" for number in range(8))
    table = sql.SQL(
        "CREATE TABLE {name} (id bigint PRIMARY KEY, other bigint REFERENCES {name}, " + columns + ");"
        " CREATE INDEX ON {name} (other)"
    )
    rich.execute("CREATE SCHEMA big; SET LOCAL search_path = big")
    rich.execute(sql.SQL(";").join(table.format(name=sql.Identifier(f"t{number}")) for number in range(1000)))
    began = time.perf_counter()
    found = read(rich, ["big"])
    assert time.perf_counter() - began < 3
    assert len([identity for identity in found.objects if identity.kind == "column"]) == 10_000
