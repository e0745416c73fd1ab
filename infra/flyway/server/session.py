"""A connection that runs scripts: what it is set to at the start, and how it comes back to that after each script."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from infra.flyway.errors import ConfigurationError, DatabaseError
from infra.flyway.scripts.source import Source
from infra.flyway.server import remedies
from infra.flyway.settings import FlywaySettings

Connect = Callable[[], psycopg.Connection]
BEGAN = "creativeflow.began"  # a setting of the session's: when the script began, in seconds since 1970
LOCK_TIMEOUT = 5.0  # seconds, where neither the settings nor the session say how long to wait for a lock
_BEGINS = f"pg_catalog.set_config('{BEGAN}', extract(epoch FROM pg_catalog.clock_timestamp())::text, false)"


@dataclass(frozen=True)
class Limits:
    """How long a statement may wait for a lock, and how long it may take, in seconds; 0 is for ever.

    None is as the session has it, by initSql, a callback, a script, the options of the connection, or ALTER ROLE; but
    no lock is waited for for ever by that. A script that `waits` does wait for ever, whatever is given.
    """

    lock: float | None = None
    statement: float | None = None
    waits: bool = False

    def settings(self) -> Iterator[str]:
        """The calls that set them."""
        if self.waits:
            yield _KEEP
            yield _set("lock_timeout", "0")
        else:
            yield _DEFAULT if self.lock is None else _set("lock_timeout", str(round(1000 * self.lock)))
        if self.statement is not None:
            yield _set("statement_timeout", str(round(1000 * self.statement)))


@dataclass(frozen=True)
class Notice:
    """What the server said beside the point, such as a WARNING."""

    message: str
    sqlstate: str


@dataclass(frozen=True)
class Session:
    """A connection in autocommit, with the role, the search_path and the names that it had at the start.

    `schema` is its current schema; it is empty where no schema of the search_path exists. `notices` are what the server
    has said so far; RAISE NOTICE alone, which has no SQLSTATE of its own, is left out, as by Flyway.
    """

    connection: psycopg.Connection
    role: str
    search_path: str
    database: str
    started: str
    schema: str
    notices: list[Notice] = field(default_factory=list)

    def settle(self, settings: FlywaySettings) -> FlywaySettings:
        """`settings` with a default schema: as given, else the current schema of the connection, as in Flyway."""
        if settings.default_schema:
            return settings
        if not self.schema:
            raise ConfigurationError(
                "no schema is set, and none of the connection's search_path exists: set schemas or defaultSchema",
                "defaultSchema",
                "missing",
            )
        return replace(settings, default_schema=self.schema)

    def enter(self, schema: str) -> None:
        """Be what a script expects, as in Flyway: the role of the start, and `schema` first in the search_path."""
        self.connection.execute("; ".join(self.entering(schema)).encode())

    def leave(self) -> None:
        """Take back what a script may have changed that decides who writes the history and where."""
        self.connection.execute("; ".join(self.leaving()).encode())

    def entering(self, schema: str, limits: Limits | None = None, *, left: bool = False) -> list[str]:
        """The statements of enter(), which may also limit how long the statements that follow wait and take.

        With such limits they also note when that is, for history.insertion(). Where leaving() was the last word,
        `left`, only what differs from that is set.
        """
        settings = [_set("search_path", self._path(schema))]
        if limits is not None:
            settings += [*limits.settings(), _BEGINS]
        return [*(() if left else self._identity), f"SELECT {', '.join(settings)}"]

    def leaving(self, *, waited: bool = False) -> list[str]:
        """The statements of leave(); after a script that `waited`, the session's own lock_timeout is back."""
        return [*self._leaving, f"SELECT {_GIVE_BACK}"] if waited else self._leaving

    def _path(self, schema: str) -> str:
        if self.search_path == schema or self.search_path.startswith(f"{schema},"):
            return self.search_path  # quoted or not (recorded: tests/flyway/cases/schema_url_current_schema)
        name = sql.Identifier(schema).as_string(self.connection)
        return f"{name},{self.search_path}" if self.search_path else name

    @functools.cached_property
    def _leaving(self) -> list[str]:
        return [*self._identity, f"SELECT {_set('search_path', self.search_path)}"]

    @functools.cached_property
    def _identity(self) -> list[str]:
        set_role = sql.SQL("SET ROLE {}").format(sql.Identifier(self.role)).as_string(self.connection)
        return ["RESET SESSION AUTHORIZATION", set_role, "SET client_encoding TO 'UTF8'"]

    @contextlib.contextmanager
    def doing(self, step: str) -> Iterator[None]:
        """Raise DatabaseError, which names `step`, for what the server refuses in the block."""
        try:
            yield
        except psycopg.Error as error:
            raise DatabaseError(f"cannot {step}: {message(error)}", step) from error

    @contextlib.contextmanager
    def privileged(self, remedy: sql.Composed, step: str = "") -> Iterator[None]:
        """Raise DatabaseError with `remedy`, the GRANT to give, for a missing privilege in the block."""
        try:
            yield
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseError(
                f"role {self.role} in database {self.database}: {message(error)};"
                f" as an administrator run: {remedy.as_string(self.connection)}",
                step,
            ) from error


@contextlib.contextmanager
def opened(connect: Connect, init_sql: Source | None = None) -> Iterator[Session]:
    """A session on a new connection of `connect`, closed at the end of the block; `init_sql` is run first.

    Raises PlaceholderError for one of `init_sql` that has no value, and DatabaseError, in one line, for what psycopg
    raises here and in the block.
    """
    first = b"".join(init_sql.chunks()) if init_sql else b""
    try:
        connection = connect()
    except psycopg.Error as error:
        advice = remedies.of_login(str(error)) or "check that the server runs, and its role and password"
        raise DatabaseError(f"{message(error)}; {advice}", "connect") from error
    try:
        with contextlib.closing(connection):
            connection.commit()
            connection.autocommit = True
            connection.prepare_threshold = None  # a script may end with DISCARD PLANS or DEALLOCATE ALL
            connection.execute("SET client_encoding TO 'UTF8'")
            if init_sql:
                _initialize(connection, init_sql, first)
            yield _session(connection)
    except psycopg.Error as error:
        raise DatabaseError(message(error)) from error


@contextlib.contextmanager
def reading(connect: Connect, init_sql: Source | None = None) -> Iterator[Session]:
    """A session, as opened() gives it, in a READ ONLY transaction."""
    with opened(connect, init_sql) as session:
        session.connection.read_only = True
        with session.connection.transaction():
            yield session


def said(error: psycopg.Error) -> str:
    """What the server said, or else what psycopg says, in one line, without the data that a detail may show."""
    return " ".join((error.diag.message_primary or str(error)).split())


def message(error: psycopg.Error) -> str:
    """What the server said, the SQLSTATE where there is one, and what to do where that is known."""
    state, remedy = error.sqlstate, remedies.of_state(error.sqlstate)
    return said(error) + (f" (SQLSTATE {state})" if state else "") + (f"; {remedy}" if remedy else "")


_OWN = "creativeflow.lock_timeout"  # a setting of the session's: its lock_timeout before a script that waits
_NOW = "pg_catalog.current_setting('lock_timeout')"
_KEEP = f"pg_catalog.set_config('{_OWN}', {_NOW}, false)"
_GIVE_BACK = (
    f"pg_catalog.set_config('lock_timeout', coalesce(nullif(pg_catalog.current_setting('{_OWN}', true), ''), {_NOW}),"
    " false)"
)
_DEFAULT = f"pg_catalog.set_config('lock_timeout', coalesce(nullif({_NOW}, '0'), '{LOCK_TIMEOUT:g}s'), false)"


@functools.lru_cache(maxsize=64)
def _set(name: str, value: str) -> str:
    """The call that sets `name` for the session."""
    return sql.SQL("pg_catalog.set_config({}, {}, false)").format(name, value).as_string()


def _initialize(connection: psycopg.Connection, init_sql: Source, rendered: bytes) -> None:
    try:
        connection.execute(rendered)
    except psycopg.Error as error:
        raise DatabaseError(f"initSql: {init_sql.conceal(message(error))}", "run initSql") from error


def _session(connection: psycopg.Connection) -> Session:
    query = """
        SELECT current_user::text, pg_catalog.current_setting('search_path'), pg_catalog.current_database()::text,
               pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD HH24:MI:SS'), coalesce(current_schema()::text, '')
    """
    session = Session(connection, *(connection.execute(query).fetchone() or ("",) * 5))
    session.leave()

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.sqlstate and diagnostic.sqlstate != "00000":
            session.notices.append(Notice(diagnostic.message_primary or "", diagnostic.sqlstate))

    connection.add_notice_handler(note)
    return session
