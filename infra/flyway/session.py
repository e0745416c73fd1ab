"""A connection that runs scripts: what it is set to at the start, and how it comes back to that after each script."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from .errors import FlywayError

Connect = Callable[[], psycopg.Connection]


@dataclass(frozen=True)
class Session:
    """A connection in autocommit, with the role, the search_path and the names that it had at the start."""

    connection: psycopg.Connection
    role: str
    search_path: str
    database: str
    started: str

    def enter(self, schema: str) -> None:
        """Be what a script expects, as in Flyway: the role of the start, and `schema` first in the search_path."""
        path = sql.Identifier(schema).as_string(self.connection)
        self._become(f"{path},{self.search_path}" if self.search_path else path)

    def leave(self) -> None:
        """Take back what a script may have changed that decides who writes the history and where."""
        self._become(self.search_path)

    def _become(self, search_path: str) -> None:
        query = """
            RESET SESSION AUTHORIZATION; SET ROLE {}; SET client_encoding TO 'UTF8';
            SELECT pg_catalog.set_config('search_path', {}, false)
        """
        self.connection.execute(sql.SQL(query).format(sql.Identifier(self.role), search_path))

    @contextlib.contextmanager
    def privileged(self, remedy: sql.Composed) -> Iterator[None]:
        """Raise FlywayError with `remedy`, the GRANT to give, for a missing privilege in the block."""
        try:
            yield
        except psycopg.errors.InsufficientPrivilege as error:
            raise FlywayError(
                f"role {self.role} in database {self.database}: {message(error)};"
                f" as an administrator run: {remedy.as_string(self.connection)}"
            ) from error


@contextlib.contextmanager
def opened(connect: Connect) -> Iterator[Session]:
    """A session on a new connection of `connect`, closed at the end of the block.

    Raises FlywayError, in one line, for what psycopg raises here and in the block.
    """
    try:
        connection = connect()
    except psycopg.Error as error:
        raise FlywayError(f"{message(error)}; check that the server runs, and its role and password") from error
    try:
        with contextlib.closing(connection):
            connection.commit()
            connection.autocommit = True
            connection.prepare_threshold = None  # a script may end with DISCARD PLANS or DEALLOCATE ALL
            connection.execute("SET client_encoding TO 'UTF8'")
            yield _session(connection)
    except psycopg.Error as error:
        raise FlywayError(message(error)) from error


@contextlib.contextmanager
def reading(connect: Connect) -> Iterator[Session]:
    """A session, as opened() gives it, in a READ ONLY transaction."""
    with opened(connect) as session:
        session.connection.read_only = True
        with session.connection.transaction():
            yield session


def said(error: psycopg.Error) -> str:
    """What the server said, or else what psycopg says, in one line, without the data that a detail may show."""
    return " ".join((error.diag.message_primary or str(error)).split())


def message(error: psycopg.Error) -> str:
    """What the server said, and the SQLSTATE where there is one."""
    return said(error) + (f" (SQLSTATE {error.sqlstate})" if error.sqlstate else "")


def _session(connection: psycopg.Connection) -> Session:
    query = """
        SELECT current_user::text, pg_catalog.current_setting('search_path'), pg_catalog.current_database()::text,
               pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD HH24:MI:SS')
    """
    role, search_path, database, started = connection.execute(query).fetchone() or ("", "", "", "")
    return Session(connection, role, search_path, database, started)
