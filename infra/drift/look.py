"""Look for drift in a live database, and record what a run has left there.

One REPEATABLE READ transaction sees the history, the records and the catalog, so that another program's migration is
seen as a whole or not at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

import psycopg

from infra import seeds
from infra.catalog.errors import CatalogError
from infra.catalog.read import read
from infra.catalog.snapshot import Snapshot
from infra.drift import records
from infra.drift.adoption import adopted, run_between, waiting
from infra.drift.changes import accepting, changes, following
from infra.drift.compare import Drift, Record, compare, keys, of_another_form
from infra.drift.interrupted import interrupted, left_behind
from infra.drift.scope import counted
from infra.flyway.commands.command import initial_sql, read_rows
from infra.flyway.errors import FlywayError
from infra.flyway.planning.rows import Row
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.script import Script
from infra.flyway.server.session import Connect, Session, opened
from infra.flyway.settings import FlywaySettings


class DriftError(FlywayError):
    """The database changed outside of its migrations, and the stack is to stop at that: a line for each change."""


@dataclass(frozen=True)
class Sight:
    """A database as it was at one moment; `catalog` is None where nothing in it could be drift."""

    rows: tuple[Row, ...]
    catalog: Snapshot | None
    drift: Drift

    @property
    def lacks_record(self) -> bool:
        """Whether there is something to record, which the next look would compare with."""
        return bool(self.rows) and self.drift.expected is None


@contextlib.contextmanager
def one_moment(connect: Connect, settings: FlywaySettings, *, read_only: bool = True) -> Iterator[Session]:
    """A session in a transaction that sees the database of one moment."""
    with opened(connect, initial_sql(settings)) as session:
        session.connection.read_only = read_only
        session.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with session.connection.transaction():
            yield session


def look(session: Session, settings: FlywaySettings, scripts: Collection[str]) -> Sight:
    """What there is, and what of it is drift; `scripts` are the names of those that are known.

    Raises FlywayError where the history, the records or the catalog cannot be read.
    """
    rows = read_rows(session, settings)
    recorded = _records(session, settings, rows) if rows is not None else ()
    if rows is None or not recorded:
        return Sight(rows or (), None, Drift())
    if recorded[0].form != records.form(session.connection, settings.managed_schemas):
        return Sight(rows, None, of_another_form())
    live = _catalog(session, settings)
    return Sight(rows, live, compare(recorded, rows, live, scripts))


def unadopted(sight: Sight, found: Found) -> Sight:
    """`sight` without the drift that a script that is still to run makes official, or has left behind and finishes."""
    official = _official(sight, waiting(sight.rows, found.scripts))
    lines = tuple(line for line in sight.drift.lines if line not in official)
    return replace(sight, drift=replace(sight.drift, lines=lines))


def record(connect: Connect, settings: FlywaySettings, before: Sight, found: Found) -> None:
    """Record what a run has left of what `before` was, unless all is as recorded already. Raises FlywayError."""
    with one_moment(connect, settings, read_only=False) as session:
        rows = read_rows(session, settings) or ()
        live = _catalog(session, settings)
        expected = _expected(before, live, run_between(before.rows, rows, found.scripts))
        made = Record(keys(rows), expected, records.form(session.connection, settings.managed_schemas))
        if made not in _records(session, settings, rows)[:1]:
            records.add(session.connection, settings.default_schema, made)


def _expected(before: Sight, live: Snapshot, ran: Iterable[Script]) -> Snapshot:
    """The catalog to expect from now on, where the scripts that `ran` have left `live` of what `before` was."""
    if before.catalog is None or before.drift.expected is None:
        return live
    accepted = accepting(before.drift.expected, before.catalog, _official(before, ran))
    return following(accepted, before.catalog, live)


def _official(sight: Sight, scripts: Iterable[Script]) -> frozenset[str]:
    """The lines of drift that the scripts make official, or have left behind and finish."""
    scripts = tuple(scripts)
    if sight.catalog is None or sight.drift.expected is None or not (begun := interrupted(sight.rows, scripts)):
        return adopted(scripts)
    return adopted(scripts) | left_behind(begun, changes(sight.drift.expected, sight.catalog))


def _records(session: Session, settings: FlywaySettings, rows: Iterable[Row]) -> tuple[Record, ...]:
    with _told():
        return records.newest(session.connection, settings.default_schema, keys(rows))


def _catalog(session: Session, settings: FlywaySettings) -> Snapshot:
    ignored = (settings.table, seeds.TABLE, records.TABLE)
    with _told():
        return counted(read(session.connection, settings.managed_schemas, ignore=ignored))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except CatalogError as error:
        raise DriftError(str(error)) from None
