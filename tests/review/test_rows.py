"""Generated rows: they satisfy what the tables ask for, and leave the catalog as it was."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from infra.catalog.read import read
from infra.review import base
from infra.review.change import scan
from infra.review.roles import Rehearsal, Server, rehearsal
from infra.review.rows.fill import MOST, Wanted, empty, fill
from infra.review.rows.tables import read_tables
from infra.review.verdict import judge
from tests.review.project import BASE, STACK, facts
from tests.servers import ROOT

SCHEMA = "creativeflow"
_HOSTILE = """
CREATE TABLE "odd ""name" (
  id integer PRIMARY KEY,
  never integer NOT NULL CONSTRAINT impossible CHECK (never > 5 AND never < 5),
  kind "a kind" NOT NULL,
  "when" date NOT NULL DEFAULT '2026-01-01',
  place point,
  span int4range NOT NULL,
  marks text[] NOT NULL,
  twice integer GENERATED ALWAYS AS (id * 2) STORED,
  short varchar(3) NOT NULL UNIQUE,
  price numeric(4, 2) NOT NULL,
  percent real NOT NULL CHECK (percent BETWEEN 0 AND 1)
);
CREATE TABLE pairs (
  a integer NOT NULL REFERENCES "odd ""name" (id), b integer NOT NULL REFERENCES "odd ""name" (id), PRIMARY KEY (a, b)
);
CREATE TABLE tree (id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES tree (id));
CREATE TABLE logs (id bigint NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE logs_default PARTITION OF logs DEFAULT;
CREATE TABLE archive (at date NOT NULL, CHECK (at > '2000-01-01')) PARTITION BY RANGE (at);
CREATE TABLE unknown (id integer PRIMARY KEY, shape polygon NOT NULL);
CREATE TABLE one (it boolean PRIMARY KEY CHECK (it));
"""


@pytest.fixture
def here(rehearsals: Server) -> Iterator[Rehearsal]:
    """An empty database with a stack's roles."""
    with rehearsal(rehearsals, SCHEMA, (SCHEMA,)) as here:
        yield here


@pytest.fixture
def hostile(here: Rehearsal) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a database with tables that are hard to fill."""
    with here.as_superuser() as connection:
        connection.execute("SET search_path = creativeflow")
        connection.execute(f"""CREATE TYPE "a kind" AS ENUM ('it''s', 'b'); {_HOSTILE}""")
        yield connection


def _broken(connection: psycopg.Connection) -> list[str]:
    """The constraints that some row breaks: each is checked anew."""
    query = """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE contype IN ('c', 'f') AND connamespace = 'creativeflow'::regnamespace
          AND conparentid = 0 AND coninhcount = 0
    """
    broken = []
    for table, name, definition in connection.execute(query).fetchall():
        add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT again {}").format(sql.SQL(table), sql.SQL(definition))
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(add)
        except psycopg.errors.IntegrityError:
            broken.append(name)
    return broken


@pytest.mark.parametrize("count", [1, 300])
def test_every_table_of_this_project_is_filled_with_rows_that_break_nothing(here: Rehearsal, count: int) -> None:
    found, _ = scan(ROOT, STACK.settings)
    base.replay(here, STACK.settings, found.scripts, found)
    with here.as_superuser() as connection:
        connection.execute("SET search_path = creativeflow")
        tables = read_tables(connection, (SCHEMA,), (STACK.settings.table,))
        filled = fill(connection, tables, tables, Wanted(count))
        assert len(filled) >= 22
        assert {(one.rows, one.passed_over, one.problem) for one in filled} == {(count, (), "")}
        assert _broken(connection) == []


def test_rows_of_large_tables_are_loaded_before_their_indexes_and_break_nothing(here: Rehearsal) -> None:
    found, _ = scan(BASE, STACK.settings)
    base.replay(here, STACK.settings, found.scripts, found)
    with here.as_superuser() as connection:
        connection.execute("SET search_path = creativeflow")
        before = read(connection, (SCHEMA,))
        tables = read_tables(connection, (SCHEMA,), (STACK.settings.table,))
        touched = [oid for oid, table in tables.items() if table.name == "Asset"]
        filled = {one.table: one.rows for one in fill(connection, tables, touched, Wanted(10_000))}
        assert filled == {'"Asset"': 10_000, '"Project"': 1000, '"User"': 1000}
        assert _broken(connection) == []
        assert read(connection, (SCHEMA,)) == before
        connection.execute("SET enable_seqscan = off")
        assert connection.execute("""SELECT count(*) FROM "Asset" WHERE path > ''""").fetchone() == (10_000,)


def test_what_cannot_be_satisfied_is_passed_over_and_told(hostile: psycopg.Connection) -> None:
    before = read(hostile, (SCHEMA,))
    tables = read_tables(hostile, (SCHEMA,), ())
    filled = {one.table: one for one in fill(hostile, tables, tables, Wanted(200))}
    odd = filled['"odd ""name"']
    assert (odd.rows, odd.passed_over, odd.problem) == (200, ("impossible",), "")
    assert (filled["pairs"].rows, filled["tree"].rows, filled["logs"].rows) == (200, 200, 200)
    assert filled["archive"].problem == 'no partition of relation "archive" found for row'
    assert filled["unknown"].problem == "no values are known for shape (polygon)"
    assert filled["one"].rows == 1
    assert _broken(hostile) == ["impossible"]
    assert read(hostile, (SCHEMA,)) == before
    with pytest.raises(psycopg.errors.CheckViolation):
        hostile.execute("""UPDATE "odd ""name" SET never = 7""")


def test_rows_of_a_key_of_two_foreign_keys_are_all_different(hostile: psycopg.Connection) -> None:
    tables = read_tables(hostile, (SCHEMA,), ())
    pairs = [oid for oid, table in tables.items() if table.name == "pairs"]
    filled = {one.table: one.rows for one in fill(hostile, tables, pairs, Wanted(3000))}
    assert filled == {"pairs": 3000, '"odd ""name"': 1000}


def test_filled_tables_can_be_emptied_again(hostile: psycopg.Connection) -> None:
    tables = read_tables(hostile, (SCHEMA,), ())
    fill(hostile, tables, tables, Wanted(2))
    empty(hostile, tables)
    assert hostile.execute("SELECT (SELECT count(*) FROM pairs) + (SELECT count(*) FROM tree)").fetchone() == (0,)


def test_the_rows_of_a_statistics_file_count_up_to_a_limit(hostile: psycopg.Connection) -> None:
    tables = {table.name: table for table in read_tables(hostile, (SCHEMA,), ()).values()}
    wanted = Wanted(7, {"tree": 40, "creativeflow.logs": 50, "pairs": 10 * MOST})
    assert [wanted.of(tables[name]) for name in ("tree", "logs", "pairs", "one")] == [40, 50, MOST, 7]


def test_times_with_many_rows_are_told_with_the_findings(rehearsals: Server) -> None:
    sql = 'CREATE INDEX i ON "Project" (name)'
    made = facts(rehearsals, sql, wanted=Wanted(estimates={"Project": 20_000}))
    project = next(one for one in made.filled if one.table == '"Project"')
    assert (project.rows, project.of) == (20_000, 20_000)
    assert "with 20,000 rows)" in judge(made)[0].why
