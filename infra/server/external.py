"""A PostgreSQL that exists already: nothing is made, but it is looked at before anything else happens.

Pulumi's providers connect late, and wait up to three minutes for each resource. A login here takes a few seconds, and
tells everything that is wrong at once.
"""

from __future__ import annotations

import psycopg
import pulumi

from infra.connection import ConnectionFailed, Login
from infra.server import Endpoint
from infra.settings import ServerSettings, SettingsError, owner

_MAINTENANCE_DATABASE = "postgres"
_RIGHTS = """
SELECT rolsuper OR rolcreaterole,
       rolsuper OR CASE WHEN d.oid IS NULL THEN rolcreatedb
                        ELSE has_database_privilege(d.oid, 'CREATE') OR pg_get_userbyid(d.datdba) = %(owner)s END,
       d.oid IS NOT NULL
  FROM pg_roles LEFT JOIN pg_database d ON datname = %(database)s WHERE rolname = current_user
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
    if settings.sslmode not in ("verify-full", "disable"):
        pulumi.log.warn(f"postgresSslMode {settings.sslmode} does not prove that the server is the right one")
    try:
        with login.connect() as connection:
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


def require_rights(connection: psycopg.Connection, user: str, database: str) -> None:
    """Raise SettingsError, naming the statement that mends it, if `user` may not make roles or use `database`.

    A database that belongs to this stack's owner needs no right of its own: `user` has made that role.
    """
    row = connection.execute(_RIGHTS, {"database": database, "owner": owner(database)}).fetchone()
    makes_roles, makes_objects, exists = row or (False, False, False)
    missing = []
    if not makes_roles:
        missing.append(f'may not make roles: ALTER ROLE "{user}" CREATEROLE')
    if not makes_objects and exists:
        missing.append(f'has no CREATE on database {database}: GRANT CREATE ON DATABASE "{database}" TO "{user}"')
    if not makes_objects and not exists:
        missing.append(f'may not make database {database}: ALTER ROLE "{user}" CREATEDB')
    if missing:
        raise SettingsError(f"The administrator {user} (postgresUser) {'; and '.join(missing)}")
