"""postgresql:index/role:Role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from airgap.errors import PluginError
from airgap.postgresql import role_settings
from airgap.postgresql.membership import lock, member_of, role_exists
from airgap.postgresql.passwords import is_verifier, matches, verifier
from airgap.postgresql.session import Session
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import Values

_SWITCHES = {
    "superuser": "SUPERUSER",
    "createDatabase": "CREATEDB",
    "createRole": "CREATEROLE",
    "inherit": "INHERIT",
    "login": "LOGIN",
    "bypassRowLevelSecurity": "BYPASSRLS",
    "replication": "REPLICATION",
}

_READ = """
SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
       rolconnlimit, coalesce(rolvaliduntil::text, 'infinity'), coalesce(rolconfig, '{}'),
       ARRAY(SELECT DISTINCT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = pg_roles.oid ORDER BY 1)
FROM pg_roles
WHERE rolname = %s
"""
_READ_NAMES = (
    *("name", "superuser", "inherit", "createRole", "createDatabase", "login", "replication"),
    *("bypassRowLevelSecurity", "connectionLimit", "validUntil"),
)


def _create(session: Session, values: Values) -> None:
    name = values["name"]
    lock(session, name)
    clauses: list[sql.Composable] = [_password_clause(session, values), _valid_until(values), _connection_limit(values)]
    clauses += [_switch(each, values) for each in _SWITCHES]
    session.execute("CREATE ROLE {} WITH {clauses}", name, clauses=sql.SQL(" ").join(clauses))
    _set_roles(session, name, values["roles"] or ())
    role_settings.write(session, name, {}, values)


def _update(session: Session, old: Values, new: Values) -> None:
    name = new["name"]
    lock(session, old["name"])
    if old["name"] != name:
        session.execute("ALTER ROLE {} RENAME TO {}", old["name"], name)
    clauses: list[sql.Composable] = [_switch(each, new) for each in _SWITCHES if old.get(each) != new[each]]
    if old.get("password") != new["password"] or old["name"] != name:  # PostgreSQL drops an MD5 hash with the name
        clauses.append(_password_clause(session, new))
    if old.get("validUntil") != new["validUntil"]:
        clauses.append(_valid_until(new))
    if old.get("connectionLimit") != new["connectionLimit"]:
        clauses.append(_connection_limit(new))
    if any(clauses := [each for each in clauses if each != sql.SQL("")]):
        session.execute("ALTER ROLE {} WITH {clauses}", name, clauses=sql.SQL(" ").join(clauses))
    _set_roles(session, name, new["roles"] or ())
    role_settings.write(session, name, old, new)


def _delete(session: Session, values: Values) -> None:
    name = values["name"]
    if not role_exists(session, name):
        return
    lock(session, name, database=True)  # DROP OWNED revokes privileges
    if not values.get("skipReassignOwned"):
        with member_of(session, name):
            session.execute("REASSIGN OWNED BY {} TO {}", name, session.server.role)
            session.execute("DROP OWNED BY {}", name)
    if not values.get("skipDropRole"):
        session.execute("DROP ROLE {}", name)


def _read(session: Session, known: Values) -> dict[str, Any] | None:
    found = session.row(_READ, known["name"])
    if found is None:
        return None
    *columns, settings, roles = found
    values = dict(known) | dict(zip(_READ_NAMES, columns, strict=True)) | role_settings.read(settings)
    values |= {"roles": tuple(roles), "encryptedPassword": True}
    for each in ("skipDropRole", "skipReassignOwned"):
        values[each] = bool(known.get(each))
    if _same_instant(session, known.get("validUntil"), values["validUntil"]):
        values["validUntil"] = known["validUntil"]
    if known.get("password"):
        values["password"] = _read_password(session, known["name"], known["password"], bool(values["login"]))
    return values


def _read_password(session: Session, role: str, known: str, login: bool) -> str:
    """The password known, as long as it is still the role's; else what the catalog stores."""
    if not login or not session.server.superuser:
        return known
    if not session.superuser:
        raise PluginError(
            f'"{session.server.role}" is no superuser and cannot read the password of role "{role}"; '
            "set the provider's option superuser to false"
        )
    stored: str = session.value("SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = %s", role)
    unset = known.upper() == "NULL" and not stored
    return known if unset or (not is_verifier(known) and matches(role, known, stored)) else stored


def _set_roles(session: Session, name: str, wanted: tuple[str, ...]) -> None:
    """Make `name` a member of just the roles `wanted`."""
    query = """
    SELECT DISTINCT pg_get_userbyid(roleid)::text
    FROM pg_auth_members JOIN pg_roles ON pg_roles.oid = member
    WHERE rolname = %s
    """
    held = {role for (role,) in session.rows(query, name)}
    for role in sorted(held.difference(wanted)):
        session.execute("REVOKE {} FROM {}", role, name)
    for role in sorted(set(wanted) - held):
        session.execute("GRANT {} TO {}", role, name)


def _switch(each: str, values: Values) -> sql.SQL:
    return sql.SQL(_SWITCHES[each] if values[each] else f"NO{_SWITCHES[each]}")


def _password_clause(session: Session, values: Values) -> sql.Composable:
    """Nothing without a password: one that is left out stays as it is."""
    password = values["password"]
    if not password:
        return sql.SQL("")
    if password.upper() == "NULL":
        return sql.SQL("PASSWORD NULL")
    return sql.SQL("PASSWORD {}").format(sql.Literal(verifier(session.connection, values["name"], password)))


def _valid_until(values: Values) -> sql.Composable:
    return sql.SQL("VALID UNTIL {}").format(sql.Literal(values["validUntil"] or "infinity"))


def _connection_limit(values: Values) -> sql.Composable:
    return sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(values["connectionLimit"]))


def _same_instant(session: Session, known: str | None, found: str) -> bool:
    """Whether two ways to write a time mean the same one, so that only a real change is a difference."""
    if not known or known == found:
        return False
    return bool(session.value("SELECT %s::timestamptz = %s::timestamptz", known, found))


def _problems(values: Values) -> Iterator[tuple[str, str]]:
    if any(", " in path for path in values.get("searchPaths", ())):
        yield "searchPaths", "must not have `, ` in a name"
    if values.get("encryptedPassword") is False:
        yield "encryptedPassword", "PostgreSQL stores no password in the clear; leave `encryptedPassword` out"


ROLE = ResourceType(
    token="postgresql:index/role:Role",  # noqa: S106  # a type's name
    properties=(
        Property("name", auto_named=True),
        Property("password", secret=True),
        Property("passwordWo", secret=True, unsupported=True),
        Property("passwordWoVersion", unsupported=True),
        Property("encrypted"),
        Property("encryptedPassword", Kind.BOOLEAN, default=True),
        Property("roles", Kind.SET),
        Property("searchPaths", Kind.LIST),
        Property("validUntil", default="infinity"),
        Property("connectionLimit", Kind.INTEGER, default=-1, minimum=-1),
        Property("superuser", Kind.BOOLEAN, default=False),
        Property("createDatabase", Kind.BOOLEAN, default=False),
        Property("createRole", Kind.BOOLEAN, default=False),
        Property("inherit", Kind.BOOLEAN, default=True),
        Property("login", Kind.BOOLEAN, default=False),
        Property("replication", Kind.BOOLEAN, default=False),
        Property("bypassRowLevelSecurity", Kind.BOOLEAN, default=False),
        Property("skipDropRole", Kind.BOOLEAN, default=False),
        Property("skipReassignOwned", Kind.BOOLEAN, default=False),
        Property("statementTimeout", Kind.INTEGER, minimum=0),
        Property("idleInTransactionSessionTimeout", Kind.INTEGER, minimum=0),
        Property("assumeRole"),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    identifier=lambda values: str(values["name"]),
    from_identifier=lambda identifier: {"name": identifier},
    server_wide=True,
    problems=_problems,
)
