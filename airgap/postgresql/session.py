"""One connection for one operation: to the database that the resource names, and closed afterwards."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from airgap.postgresql.errors import login_failed
from airgap.postgresql.options import Server

APPLICATION = "pulumi-resource-postgresql"
# A network that goes silent is noticed after 30 seconds, where the operating system alone would wait for hours. The
# last is in milliseconds (https://www.postgresql.org/docs/18/libpq-connect.html).
_ALIVE: Mapping[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}


@dataclass(frozen=True)
class Session:
    """A connection, and the server that it is one to."""

    connection: psycopg.Connection
    server: Server

    def execute(self, statement: str, *names: str, **parts: sql.Composable) -> None:
        """Run `statement`, whose `{}` are the identifiers `names`, and whose `{word}` are other `parts`."""
        self.connection.execute(compose(statement, *names, **parts))

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows that `query` finds."""
        return self.connection.execute(query.encode(), parameters).fetchall()

    def row(self, query: str, *parameters: Any) -> tuple[Any, ...] | None:
        """The first row that `query` finds."""
        return self.connection.execute(query.encode(), parameters).fetchone()

    def value(self, query: str, *parameters: Any) -> Any:
        """The first column of the first row, or None where there is none."""
        found = self.row(query, *parameters)
        return found[0] if found else None

    @cached_property
    def superuser(self) -> bool:
        """Whether the connected user really is one."""
        return bool(self.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))

    @property
    def database(self) -> str:
        """The name of the database connected to."""
        return self.connection.info.dbname

    @contextlib.contextmanager
    def elsewhere(self, database: str) -> Iterator[Session]:
        """A second session, in a transaction in another database. Raises LoginFailed."""
        with connect(self.server, database) as connection:
            yield Session(connection, self.server)


def compose(statement: str, *names: str, **parts: sql.Composable) -> sql.Composed:
    """`statement`, whose `{}` are the identifiers `names`, and whose `{word}` are other `parts`."""
    template = sql.SQL(statement)
    return template.format(*map(sql.Identifier, names), **parts)


def joined(names: Iterable[str]) -> sql.Composed:
    """Identifiers with commas between them."""
    return sql.SQL(", ").join(map(sql.Identifier, names))


class Sessions:
    """Opens sessions on one server, as many at a time as the provider's maxConnections allows."""

    def __init__(self, server: Server) -> None:
        self.server = server
        limit = server.max_connections
        self._slots = threading.BoundedSemaphore(limit) if limit > 0 else contextlib.nullcontext()

    @contextlib.contextmanager
    def open(self, database: str | None = None, *, autocommit: bool = False) -> Iterator[Session]:
        """A session, whose transaction is committed at the end of the block, or rolled back by an exception.

        Raises LoginFailed.
        """
        with self._slots, connect(self.server, database or self.server.database, autocommit) as connection:
            yield Session(connection, self.server)


def _trusted(sslmode: str) -> str | None:
    """The machine's certificates, which the official plugin verifies with where no file is given; libpq does not."""
    if not sslmode.startswith("verify-"):
        return None
    paths = ssl.get_default_verify_paths()
    usual = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
    return next((path for path in (paths.cafile, *usual) if path and Path(path).exists()), "system")


def connect(server: Server, database: str, autocommit: bool = False) -> psycopg.Connection:
    """Log in to `database`. Raises LoginFailed."""
    try:
        return psycopg.connect(
            host=server.host,
            port=server.port,
            user=server.username,
            password=server.password,
            dbname=database,
            sslmode=server.sslmode,
            sslrootcert=server.sslrootcert or _trusted(server.sslmode),
            connect_timeout=server.connect_timeout,
            application_name=APPLICATION,
            autocommit=autocommit,
            **_ALIVE,
        )
    except psycopg.OperationalError as error:
        raise login_failed(server.host, server.port, database, server.username, error) from None
