"""The table of the records: what each run has left of the catalog, beside the history that it belongs to.

It is in the database and not in Pulumi's state, so that a dump, a restore to an earlier point, and a new state all take
it along. Nothing here commits.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.catalog import read
from infra.catalog.snapshot import Snapshot
from infra.drift import scope
from infra.drift.compare import Key, Record
from infra.flyway.server.history import exists, keep_from_others

TABLE = "creativeflow_catalog_history"
_KEPT = 20  # records of as many runs: one is for each point that a history may be put back to
_DDL = """
CREATE TABLE {table} (
    run integer PRIMARY KEY,
    recorded_on timestamptz NOT NULL DEFAULT now(),
    form text NOT NULL,
    history json NOT NULL,
    catalog json NOT NULL
)
"""


def form(connection: psycopg.Connection, schemas: Iterable[str]) -> str:
    """The form of catalogs of `schemas` that are read on this connection, by this version of the project."""
    return json.dumps([connection.info.server_version // 10000, _reader(), sorted(schemas)])


def newest(connection: psycopg.Connection, schema: str, rows: Iterable[Key] = ()) -> tuple[Record, ...]:
    """The newest record and, where that is another, the newest of a history of `rows`; nothing where there are none.

    Raises CatalogError for a record that cannot be read.
    """
    if not exists(connection, schema, TABLE):
        return ()
    query = """
        SELECT history, catalog, form FROM {table}
        WHERE run = (SELECT max(run) FROM {table}) OR history::text = {history} ORDER BY run DESC LIMIT 2
    """
    # Values are literals here: beside a parameter, psycopg takes a % in the name of a schema for another one.
    names = {"table": sql.Identifier(schema, TABLE), "history": sql.Literal(_json(rows))}
    cursor = connection.execute(sql.SQL(query).format(**names))
    return tuple(_record(history, catalog, form) for history, catalog, form in cursor.fetchall())


def add(connection: psycopg.Connection, schema: str, record: Record) -> None:
    """Add the newest record, and forget the oldest."""
    table = sql.Identifier(schema, TABLE)
    if not exists(connection, schema, TABLE):
        connection.execute(sql.SQL(_DDL).format(table=table))
        keep_from_others(connection, schema, TABLE)
    run = sql.SQL("(SELECT coalesce(max(run), 0) + 1 FROM {})").format(table)
    values = (record.form, _json(record.rows), json.dumps(record.catalog.to_json()))
    insert = "INSERT INTO {table} (run, form, history, catalog) VALUES ({run}, {values})"
    literals = sql.SQL(", ").join(map(sql.Literal, values))
    connection.execute(sql.SQL(insert).format(table=table, run=run, values=literals))
    forget = "DELETE FROM {table} WHERE run <= (SELECT max(run) FROM {table}) - {kept}"
    connection.execute(sql.SQL(forget).format(table=table, kept=sql.Literal(_KEPT)))


def _json(rows: Iterable[Key]) -> str:
    return json.dumps([*rows])


def _record(history: list[list[Any]], catalog: dict[str, Any], form: str) -> Record:
    return Record(tuple((rank, script) for rank, script in history), Snapshot.from_json(catalog), form)


@functools.cache
def _reader() -> str:
    """A digest of all that decides how a catalog is read."""
    folder = Path(read.__file__).parent
    files = [Path(scope.__file__), *sorted(folder.glob("*.py")), *sorted(folder.glob("queries/*.sql"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
