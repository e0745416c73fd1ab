"""Seeds: data that the application needs to start, such as the first administrator.

Seeds are not Flyway's. They are files `01_Initial_Admin_User.sql` that run in the order of their names, each written
so that it can run again, and they do run again when the file or a value that it reads changes. What ran is in a history
table of their own. The values reach SQL as bound parameters, never as text of a statement: a seed reads one with
`current_setting('creativeflow.admin_email')`.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from infra.flyway.errors import FlywayError, ScanError, ScriptError
from infra.flyway.scripts.checksum import checksum
from infra.flyway.scripts.placeholders import conceal
from infra.flyway.scripts.source import Source
from infra.flyway.server import lock
from infra.flyway.server.execute import run_script
from infra.flyway.server.history import exists, keep_from_others
from infra.flyway.server.session import Connect, Session, opened, reading, said
from infra.flyway.statements.syntax import Statement, statements

TABLE = "creativeflow_seed_history"
_NAME = re.compile(r"[0-9]{2,}_\w[\w-]*\.sql")
_DDL = """
CREATE TABLE {table} (
    seed text PRIMARY KEY,
    checksum integer NOT NULL,
    values_digest text NOT NULL,
    installed_by text NOT NULL,
    installed_on timestamptz NOT NULL DEFAULT now(),
    execution_time integer NOT NULL
)
"""


@dataclass(frozen=True)
class Seed:
    """A file of the seeds' folder. `name` is its name there, and its key in the history."""

    name: str
    text: str

    @property
    def checksum(self) -> int:
        """The checksum of the text, computed as for scripts: line ends do not matter."""
        return checksum(self.text)


@dataclass(frozen=True)
class Seeded:
    """What the history says of a seed that ran."""

    checksum: int
    values_digest: str


@dataclass(frozen=True)
class AppliedSeed:
    """A seed that this run has applied."""

    name: str
    execution_time_ms: int


def scan_seeds(folder: Path) -> tuple[Seed, ...]:
    """The seeds in `folder`, in the order of their names. Files other than .sql and hidden files are no seeds.

    Raises ScanError with every mistake: no such folder, a name without its number, a file that is not UTF-8.
    """
    if not folder.is_dir():
        raise ScanError([f"the folder of the seeds, {folder}, does not exist: make it, or correct the setting"])
    problems: list[str] = []
    seeds: list[Seed] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() != ".sql" or path.name.startswith("."):
            continue
        if not _NAME.fullmatch(path.name):
            problems.append(f"{path}: the name is not a seed's: rename it to <two digits>_<Description>.sql")
            continue
        try:
            seeds.append(Seed(path.name, path.read_bytes().decode().removeprefix("\ufeff")))
        except UnicodeDecodeError:
            problems.append(f"{path}: is not UTF-8: save the file in UTF-8")
    if problems:
        raise ScanError(problems)
    return tuple(seeds)


def digest(values: Mapping[str, str]) -> str:
    """A digest that changes when a value does.

    It can be read by whoever reads the history, so it must not help to guess a secret. It does not: the only secret
    among the values is a password's argon2 hash, whose random salt nobody can guess, and all values are hashed at once.
    """
    return hashlib.sha256(json.dumps(sorted(values.items())).encode()).hexdigest()


def pending(seeds: Iterable[Seed], history: Mapping[str, Seeded], values: Mapping[str, str]) -> tuple[Seed, ...]:
    """The seeds that never ran, or ran with another text or with other values."""
    current = digest(values)
    return tuple(seed for seed in seeds if history.get(seed.name) != Seeded(seed.checksum, current))


def mistakes(seeds: Iterable[Seed]) -> Iterator[ScriptError]:
    """What keeps seeds from running, found without a server: one for each that has a mistake."""
    for seed in seeds:
        try:
            parse(seed)
        except ScriptError as error:
            yield error


def read_seed_history(connect: Connect, schema: str) -> dict[str, Seeded]:
    """What the history says, by the seed's name; nothing where there is no history. Changes nothing."""
    with reading(connect) as session:
        return _read(session.connection, schema)


def run_seeds(
    connect: Connect,
    schema: str,
    seeds: tuple[Seed, ...],
    values: Mapping[str, str],
    on_applied: Callable[[AppliedSeed], None] = lambda _: None,
    *,
    lock_timeout: float = lock.TIMEOUT,
) -> tuple[AppliedSeed, ...]:
    """Run the pending seeds, each in one transaction with its row in the history, under one lock for all.

    Raises ScriptError for a seed that cannot run (those before it stay applied), LockTimeout, and FlywayError for a
    missing privilege or connection. No value appears in an error.
    """
    applied = []
    with opened(connect) as session, lock.held(session.connection, schema, TABLE, lock_timeout):
        _create_history(session, schema)
        due = pending(seeds, _read(session.connection, schema), values)
        for seed, parsed in [(seed, parse(seed)) for seed in due]:
            done = _run(session, schema, seed, parsed, values)
            applied.append(done)
            on_applied(done)
    return tuple(applied)


def parse(seed: Seed) -> tuple[Statement, ...]:
    """The statements of a seed. Raises ScriptError for a mistake, and for what cannot run in its one transaction."""
    parsed = statements(seed.name, seed.text)
    if outside := [statement for statement in parsed if not statement.transactional]:
        raise ScriptError(seed.name, outside[0].line, None, "a seed runs in a transaction: move this to a migration")
    return parsed


def _run(
    session: Session, schema: str, seed: Seed, parsed: tuple[Statement, ...], values: Mapping[str, str]
) -> AppliedSeed:
    """Run a seed and record it. The values are set for the transaction only (the `true` of set_config)."""
    started = time.perf_counter()
    shown = shown_for(values)
    try:
        with session.connection.transaction():
            session.enter(schema)
            for name, value in values.items():
                session.connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
            run_script(session.connection, Source(seed.name, seed.text.encode()), parsed)
            session.leave()
            elapsed = round(1000 * (time.perf_counter() - started))
            _record(session, schema, seed, digest(values), elapsed)
    except ScriptError as error:
        error.message = conceal(error.message, shown)
        error.hint = error.hint and conceal(error.hint, shown)
        raise error from None
    except psycopg.Error as error:
        raise ScriptError(seed.name, None, None, conceal(said(error), shown)) from None
    return AppliedSeed(seed.name, elapsed)


def shown_for(values: Mapping[str, str]) -> dict[str, str]:
    """What conceal() is to show in place of each value that a seed reads."""
    return {value: f"[{name}]" for name, value in values.items()}


def _create_history(session: Session, schema: str) -> None:
    if exists(session.connection, schema, TABLE):
        return
    remedy = sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(
        sql.Identifier(schema), sql.Identifier(session.role)
    )
    try:
        with session.connection.transaction(), session.privileged(remedy):
            session.connection.execute(sql.SQL(_DDL).format(table=sql.Identifier(schema, TABLE)))
            keep_from_others(session.connection, schema, TABLE)
    except psycopg.errors.InvalidSchemaName:
        raise FlywayError(f"schema {schema} does not exist: run the migrations before the seeds") from None


def _read(connection: psycopg.Connection, schema: str) -> dict[str, Seeded]:
    if not exists(connection, schema, TABLE):
        return {}
    query = sql.SQL("SELECT seed, checksum, values_digest FROM {}").format(sql.Identifier(schema, TABLE))
    return {seed: Seeded(*rest) for seed, *rest in connection.execute(query).fetchall()}


def _record(session: Session, schema: str, seed: Seed, values_digest: str, elapsed: int) -> None:
    query = """
        INSERT INTO {} (seed, checksum, values_digest, installed_by, execution_time) VALUES ({})
        ON CONFLICT (seed) DO UPDATE SET checksum = excluded.checksum, values_digest = excluded.values_digest,
            installed_by = excluded.installed_by, installed_on = DEFAULT, execution_time = excluded.execution_time
    """
    # Literals and no parameters: of a schema with a % in its name, that would be taken for one.
    row = sql.SQL(", ").join(map(sql.Literal, (seed.name, seed.checksum, values_digest, session.role, elapsed)))
    session.connection.execute(sql.SQL(query).format(sql.Identifier(schema, TABLE), row))
