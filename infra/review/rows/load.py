"""Put rows into a table with a superuser's liberties, which only a server that is thrown away may be asked for.

The catalog is told, for the length of the INSERT, that the table has no checks, or that its indexes are not ready for
rows. So constraints and indexes stay as they were made, where dropping and making them again would change the catalog
that the review compares.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from infra.review.rows.tables import Table

# The server looks for checks only where relchecks counts some.
_CHECKS = """
UPDATE pg_class c SET relchecks = CASE WHEN %(heed)s
  THEN (SELECT count(*) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c') ELSE 0 END
WHERE c.oid = %(oid)s OR c.oid IN (SELECT relid FROM pg_partition_tree(%(oid)s))
"""
_INDEXES = """
UPDATE pg_index i SET indisready = %(heed)s
WHERE i.indrelid = %(oid)s OR i.indrelid IN (SELECT relid FROM pg_partition_tree(%(oid)s) WHERE isleaf)
"""
_LEAVES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND (c.oid = %(oid)s OR c.oid IN (SELECT relid FROM pg_partition_tree(%(oid)s) WHERE isleaf))
"""


def insert(
    connection: psycopg.Connection,
    table: Table,
    statement: sql.Composed,
    *,
    unchecked: bool = False,
    indexes_later: bool = False,
) -> int:
    """Run an INSERT into `table`, and return how many rows it made.

    `unchecked` rows need not satisfy the checks. With `indexes_later` the indexes are built once all rows are there,
    some times as fast; the first row that a unique one refuses then fails the whole: psycopg.errors.UniqueViolation.
    """
    about = {"oid": table.oid}
    with connection.transaction():
        for query, wanted in ((_CHECKS, unchecked), (_INDEXES, indexes_later)):
            if wanted:
                connection.execute(query, {**about, "heed": False})
        rows = connection.execute(statement).rowcount
        if unchecked:
            connection.execute(_CHECKS, {**about, "heed": True})
        if indexes_later:
            connection.execute(_INDEXES, {**about, "heed": True})
            for names in connection.execute(_LEAVES, about).fetchall():
                connection.execute(sql.SQL("REINDEX TABLE {}").format(sql.Identifier(*names)))
    return rows
