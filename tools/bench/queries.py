"""How long the application's queries take on two years of rows, with the index that serves each and without it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from functools import partial

import psycopg
from psycopg import sql

from infra.flyway.commands.run import migrate
from infra.flyway.scripts.scan import scan
from infra.flyway.settings import FlywaySettings
from infra.throwaway import throwaway_cluster
from tools.bench import ROOT, tell, tell_ratio, timed
from tools.bench.workload import QUERIES, Query, fill

TURNS = 7


def measure() -> None:
    """Fill a database on a server of its own, and print the times of each query and their ratio."""
    with _migrated() as connection:
        fill(connection)
        for query in QUERIES:
            _compare(connection, query)


@contextlib.contextmanager
def _migrated() -> Iterator[psycopg.Connection]:
    """A superuser's connection to a migrated database on a server that is thrown away."""
    password, settings = secrets.token_urlsafe(), FlywaySettings()
    with throwaway_cluster(password) as server:
        connect = partial(
            psycopg.connect, host="127.0.0.1", port=server.port, user="postgres", password=password, dbname="postgres"
        )
        migrate(connect, settings, scan(settings, ROOT))
        with connect(autocommit=True, options=f"-c search_path={settings.default_schema}") as connection:
            yield connection


def _compare(connection: psycopg.Connection, query: Query) -> None:
    """The index is gone for as long as a transaction that is rolled back."""
    indexed = _times(connection, query)
    with connection.transaction(force_rollback=True):
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(query.index)))
        bare = _times(connection, query)
    tell(query.name, indexed)
    tell(f"  without {query.index}", bare)
    tell_ratio("  without : with", bare, indexed)


def _times(connection: psycopg.Connection, query: Query) -> list[float]:
    connection.execute(query.text).fetchall()  # the first run plans, and reads what is not in memory yet
    return [timed(lambda: connection.execute(query.text).fetchall()) for _ in range(TURNS)]
