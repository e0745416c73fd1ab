"""The snapshot of this project's own schema misses nothing: whatever is taken from it shows."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import psycopg
import pytest

from infra.catalog.difference import Difference
from infra.catalog.read import read
from tests.schema.scripts import SCHEMA, SQL, connect, create_schema, execute
from tests.servers import temporary_database

KINDS = {"column", "default", "constraint", "index", "trigger", "function", "comment"}
# Each takes away one object, and its line begins with these words. What is taken in one step takes nothing of the same
# kind with it, so that each shows for itself: a column of each table, or all constraints, foreign keys first.
MUTATIONS = """
WITH relations AS (
  SELECT * FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
), columns AS (
  SELECT a.*, c.relname FROM pg_attribute a JOIN relations c ON c.oid = a.attrelid
  WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND a.attnum = ANY (p.partattrs))
)
SELECT 'column', attnum, format('ALTER TABLE %I DROP COLUMN %I CASCADE', relname, attname),
       format('- column %I.%I ', relname, attname)
FROM columns
UNION ALL
SELECT 'default', 0, format('ALTER TABLE %I ALTER COLUMN %I DROP DEFAULT', relname, attname),
       format('~ column %I.%I: default: ', relname, attname)
FROM columns WHERE atthasdef AND attgenerated = ''
UNION ALL
SELECT 'constraint', strpos('cfxup', k.contype::text), format('ALTER TABLE %I DROP CONSTRAINT %I CASCADE',
         c.relname, k.conname),
       format('- constraint %I on %I ', k.conname, c.relname)
FROM pg_constraint k JOIN relations c ON c.oid = k.conrelid
WHERE k.contype <> 'n' AND k.coninhcount = 0 AND k.conparentid = 0
UNION ALL
SELECT 'index', 0, format('DROP INDEX %I', x.relname), format('- index %I on %I ', x.relname, c.relname)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN relations c ON c.oid = i.indrelid
WHERE NOT x.relispartition
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'trigger', 0, format('DROP TRIGGER %I ON %I', t.tgname, c.relname),
       format('- trigger %I on %I ', t.tgname, c.relname)
FROM pg_trigger t JOIN relations c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgparentid = 0
UNION ALL
SELECT 'function', 0, format('DROP ROUTINE %s CASCADE', oid::regprocedure),
       format('- %s %s ', CASE prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
         replace(oid::regprocedure::text, ',', ', '))
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
UNION ALL
SELECT 'comment', 0, format('COMMENT ON TABLE %I IS NULL', c.relname), format('~ table %I: comment: ', c.relname)
FROM relations c JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = 0
UNION ALL
SELECT 'comment', 0, format('COMMENT ON COLUMN %I.%I IS NULL', a.relname, a.attname),
       format('~ column %I.%I: comment: ', a.relname, a.attname)
FROM columns a JOIN pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum
UNION ALL
SELECT 'comment', 0, format('COMMENT ON ROUTINE %s IS NULL', p.oid::regprocedure),
       format('~ %s %s: comment: ', CASE prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
         replace(p.oid::regprocedure::text, ',', ', '))
FROM pg_proc p JOIN pg_description d ON d.objoid = p.oid WHERE p.pronamespace = current_schema()::regnamespace
ORDER BY 1, 2, 3 DESC
"""


@pytest.fixture(scope="module")
def project(admin: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A transaction in a database with all migrations, which ends with the tests of this file."""
    with temporary_database(admin) as login:
        create_schema(login, "postgres")
        with connect(login) as connection:
            for script in sorted((SQL / "migrations").glob("V*.sql")):
                execute(connection, script)
            with connection.transaction(force_rollback=True):
                yield connection


def test_whatever_is_dropped_from_the_schema_shows(project: psycopg.Connection) -> None:
    whole = read(project, [SCHEMA])
    mutations = project.execute(MUTATIONS).fetchall()
    assert {kind for kind, *_ in mutations} == KINDS
    assert len(mutations) > 500
    unseen = []
    for _, step in itertools.groupby(mutations, key=lambda mutation: mutation[:2]):
        with project.transaction(force_rollback=True):
            statements, words = zip(*((statement, start) for *_, statement, start in step), strict=True)
            project.execute(";".join(statements).encode())
            lines = Difference(whole, read(project, [SCHEMA])).lines
        unseen += [start for start in words if not any(f"{line} ".startswith(start) for line in lines)]
    assert unseen == []
    assert read(project, [SCHEMA]) == whole


def test_the_months_that_have_a_partition_are_no_difference(project: psycopg.Connection) -> None:
    before = read(project, [SCHEMA])
    with project.transaction(force_rollback=True):
        made = project.execute("SELECT create_partitions()").fetchall()
        after = read(project, [SCHEMA])
    assert made
    assert len(Difference(before, after).lines) == len(made)
    assert not Difference(before.without_implied_partitions(), after.without_implied_partitions())


def test_a_snapshot_takes_less_than_half_a_second(project: psycopg.Connection) -> None:
    began = time.perf_counter()
    read(project, [SCHEMA])
    assert time.perf_counter() - began < 0.5
