"""A PostgreSQL that exists already: nothing is made, but it is looked at before anything else happens.

Pulumi's providers connect late, and wait up to three minutes for each resource. A login here takes a few seconds, and
tells everything that is wrong at once.
"""

from __future__ import annotations

import psycopg
import pulumi
from psycopg import sql

from infra.connection import ConnectionFailed, Login
from infra.server import Endpoint
from infra.settings import ServerSettings, SettingsError, owner

_MAINTENANCE_DATABASE = "postgres"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_OLDEST = 16  # the major version of PostgreSQL, as tests/older.py tries them
_RIGHTS = """
SELECT rolsuper OR rolcreaterole, rolsuper OR rolcreatedb, pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding)
  FROM pg_roles LEFT JOIN pg_database d ON datname = %s WHERE rolname = current_user
"""


def provision(settings: ServerSettings, database: str) -> Endpoint:
    """Describe the server. Raises SettingsError where it cannot be used; only a preview goes on without its answer."""
    login = Login(
        settings.host,
        settings.port or 5432,
        _MAINTENANCE_DATABASE,
        settings.user,
        settings.password or "",
        settings.sslmode,
        settings.sslrootcert,
    )
    if (weakness := _weakness(settings)) is not None:
        pulumi.log.warn(f"postgresSslMode {settings.sslmode} {weakness}: set it to verify-full")
    try:
        with login.connect() as connection:
            require_fitness(connection)
            require_rights(connection, settings.user, database)
    except ConnectionFailed as failure:
        if failure.reached or not pulumi.runtime.is_dry_run():
            raise SettingsError(str(failure)) from None
        pulumi.log.warn(f"{failure}. This preview could not compare the database with the scripts")
    return Endpoint(
        host=settings.host,
        port=login.port,
        user=settings.user,
        password=pulumi.Output.secret(login.password),
        sslmode=settings.sslmode,
        sslrootcert=settings.sslrootcert,
        resource=None,
    )


def _weakness(settings: ServerSettings) -> str | None:
    """What the mode leaves open. Without TLS, what goes to this machine itself is seen by nobody on the way."""
    if settings.sslmode == "disable":
        return None if settings.host in _LOOPBACK else "sends passwords and data in the clear"
    return None if settings.sslmode == "verify-full" else "does not prove that the server is the right one"


def require_fitness(connection: psycopg.Connection) -> None:
    """Raise SettingsError, saying what to do, if the server is too old, or takes no changes."""
    where, major = f"{connection.info.host}:{connection.info.port}", connection.info.server_version // 10000
    if major < _OLDEST:
        raise SettingsError(
            f"{where} is PostgreSQL {major}, and this needs {_OLDEST} or newer: upgrade it, or correct postgresHost"
        )
    query = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean"
    standby, read_only = connection.execute(query).fetchone() or (False, False)
    if standby:
        raise SettingsError(f"{where} is a standby, which takes no changes: set postgresHost to the primary's address")
    if read_only:
        raise SettingsError(
            f"{where} is read-only for {connection.info.user} (postgresUser): RESET default_transaction_read_only, "
            "which ALTER SYSTEM, ALTER DATABASE or ALTER ROLE has set"
        )


def require_rights(connection: psycopg.Connection, user: str, database: str) -> None:
    """Raise SettingsError, saying what to do, if `user` may not make roles or `database`, or that is not this stack's.

    A database that exists is this stack's once it belongs to the stack's owner (docs/adopting.md).
    """
    row = connection.execute(_RIGHTS, [database]).fetchone()
    makes_roles, makes_databases, there, encoding = row or (False, False, None, None)
    role = sql.Identifier(user).as_string(connection)
    missing = []
    if not makes_roles:
        missing.append(f"may not make roles: ALTER ROLE {role} CREATEROLE")
    if not makes_databases and there is None:
        missing.append(f"may not make database {database}: ALTER ROLE {role} CREATEDB")
    if missing:
        raise SettingsError(f"The administrator {user} (postgresUser) {'; and '.join(missing)}")
    if there not in (None, owner(database)):
        raise SettingsError(
            f"database {database} exists, and belongs to {there} rather than {owner(database)}: docs/adopting.md says "
            "how a stack takes it over; or choose another postgresDb"
        )
    if encoding not in (None, "UTF8"):
        raise SettingsError(
            f"database {database} is in {encoding}, and this needs UTF8: dump it, and restore it into one that is"
        )
