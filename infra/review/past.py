"""Where a stack's database stands: what its history says, asked of the server, else of Pulumi's state.

The server is asked in a READ ONLY transaction that ends by itself after some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import psycopg
from psycopg import sql

from infra import seeds
from infra.flyway.cli.jdbc import read_database
from infra.flyway.commands.command import command_on, initial_sql
from infra.flyway.errors import FlywayError
from infra.flyway.planning.plan import Situation
from infra.flyway.planning.rows import Row
from infra.flyway.scripts.names import BadName, Name, read_name
from infra.flyway.scripts.scan import Found
from infra.flyway.server.session import Session, reading
from infra.flyway.settings import FlywaySettings
from infra.review.facts import Origin
from infra.review.stacks import Known

_SECONDS = 5  # to log in, and for each query
_ESTIMATES = """
SELECT n.nspname, c.relname, coalesce(
  (SELECT CASE WHEN min(p.reltuples) >= 0 THEN sum(p.reltuples) END
   FROM pg_partition_tree(c.oid) t JOIN pg_class p ON p.oid = t.relid WHERE t.isleaf), c.reltuples)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
_NOT_OF_STATE = (
    "scripts that failed or were applied by others since the last up",
    "whether the database was changed by hand",
    "a baseline",
)
_NOT_OF_HISTORY = ("whether the database was changed outside of migrations, which a preview of the stack tells",)
NOTHING = Situation(None)


@dataclass(frozen=True)
class Past:
    """Where a database stands. `seeds` are checksums by name, `estimates` how many rows tables have."""

    origin: Origin
    situation: Situation = NOTHING
    seeds: Mapping[str, int] = field(default_factory=dict)
    estimates: Mapping[str, int] = field(default_factory=dict)


def find_past(known: Known, settings: FlywaySettings, found: Found) -> Past:
    """Where the database of a stack stands, from the best source that there is."""
    if known.dsn is not None:
        try:
            return of_server(_connector(known.dsn), settings, found)
        except (FlywayError, psycopg.Error) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            known = replace(known, why_no_login=_without_dsn(said, known.dsn))
    if known.scripts is not None:
        return of_state(known, settings)
    return nothing(known)


def of_server(connect: Callable[[], psycopg.Connection], settings: FlywaySettings, found: Found) -> Past:
    """What the server says. Raises FlywayError where it cannot be asked."""
    with reading(connect, initial_sql(settings)) as session:
        command = command_on(session, settings, found)
        situation = command.situation()
        sizes = _sizes(session, command.settings.managed_schemas)
        schema = command.settings.default_schema
    history = seeds.read_seed_history(connect, schema)
    seeded = {name: one.checksum for name, one in history.items()}
    return Past(Origin("server", "the history of the live database", _NOT_OF_HISTORY), situation, seeded, sizes)


def _sizes(session: Session, schemas: Sequence[str]) -> dict[str, int]:
    """How many rows tables have, as VACUUM and ANALYZE last saw it. That one has none, only a look into it can tell."""
    sizes = {}
    for schema, name, rows in session.connection.execute(_ESTIMATES, (list(schemas),)).fetchall():
        exists = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(schema, name))
        if rows > 0 or session.connection.execute(exists).fetchone() == (False,):
            sizes[name] = max(rows, 0)
    return sizes


def of_state(known: Known, settings: FlywaySettings) -> Past:
    """What Pulumi's state says of the scripts and the seeds of the last up."""
    rows = rows_of(known.scripts or {}, settings)
    why = f": {known.why_no_login}" if known.why_no_login else ""
    told = f"Pulumi's state, as of the last up, since the server was not asked{why}"
    seeded = {name: int(checksum) for name, checksum in (known.seeds or {}).items()}
    situation = Situation(rows, dict.fromkeys(settings.managed_schemas, False))
    return Past(Origin("state", told, _NOT_OF_STATE), situation, seeded)


def nothing(known: Known) -> Past:
    """A stack without a database, as far as Pulumi knows."""
    if known.exists and known.why_no_login:
        unchecked = (f"what is applied already: {known.why_no_login}",)
        return Past(Origin("none", "nobody could be asked, so that everything counts as pending", unchecked))
    why = "the stack has no migrations in Pulumi's state yet" if known.exists else "Pulumi knows no such stack yet"
    return Past(Origin("none", f"nothing is applied: {why}", ("what a server that exists already holds",)))


def rows_of(scripts: Mapping[str, str], settings: FlywaySettings) -> tuple[Row, ...]:
    """Rows of a history with these scripts, in the order in which they run on an empty database."""
    names = [(name, read) for name in scripts if (read := _read(name, settings))]
    names.sort(key=lambda entry: (entry[1].version is None, entry[1].version and entry[1].version.numbers, entry[0]))
    return tuple(_row(rank, name, read, int(scripts[name])) for rank, (name, read) in enumerate(names, 1))


def _row(rank: int, script: str, name: Name, checksum: int) -> Row:
    version = name.version.text if name.version else None
    kind = "SQL_BASELINE" if name.kind == "baseline" else "SQL"
    return Row(rank, version, name.description, kind, script, checksum, "", datetime.min, 0, success=True)


def _read(script: str, settings: FlywaySettings) -> Name | None:
    try:
        return read_name(script.rpartition("/")[2], settings)
    except BadName:
        return None


def _connector(dsn: str) -> Callable[[], psycopg.Connection]:
    database = read_database({"url": dsn})
    limits = f"-c statement_timeout={_SECONDS}s -c lock_timeout={_SECONDS}s -c default_transaction_read_only=on"
    options = f"{database.parameters.get('options', '')} {limits}".strip()
    parameters = {**database.parameters, "connect_timeout": _SECONDS, "options": options}
    return replace(database, parameters=parameters).connect


def _without_dsn(text: str, dsn: str) -> str:
    """A message without the password that a DSN holds, whatever made the message."""
    password = read_database({"url": dsn}).parameters.get("password")
    return text.replace(dsn, "…").replace(str(password), "…") if password else text
