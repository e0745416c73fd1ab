"""postgresql:index/defaultPrivileges:DefaultPrivileges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from airgap.postgresql.membership import lock, member_of, role_exists
from airgap.postgresql.owners import schema_owner
from airgap.postgresql.privileges import PUBLIC, grantee, grantee_oid, listed, refusal, settled
from airgap.postgresql.session import Session
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import Values

# pg_default_acl.defaclobjtype, and the letter that acldefault has for the same type of object
_CODES = {
    "table": ("r", "r"),
    "sequence": ("S", "s"),
    "function": ("f", "f"),
    "routine": ("f", "f"),
    "type": ("T", "T"),
    "schema": ("n", "n"),
}
_IN_SCHEMA = """
SELECT privilege_type
FROM pg_default_acl JOIN pg_namespace n ON n.oid = defaclnamespace, aclexplode(defaclacl)
WHERE pg_get_userbyid(defaclrole) = %s AND nspname = %s AND defaclobjtype = %s AND grantee = %s
"""
# Without a row, the defaults are those that are built in.
_EVERYWHERE = """
SELECT privilege_type
FROM pg_roles
LEFT JOIN pg_default_acl ON defaclrole = pg_roles.oid AND defaclnamespace = 0 AND defaclobjtype = %s,
aclexplode(coalesce(defaclacl, acldefault(%s, pg_roles.oid)))
WHERE rolname = %s AND grantee = %s
"""


def _create(session: Session, values: Values) -> None:
    _change(session, values, values["privileges"])


def _update(session: Session, _: Values, new: Values) -> None:
    _change(session, new, new["privileges"])


def _delete(session: Session, values: Values) -> None:
    if _exists(session, values):
        _change(session, values, ())


def _change(session: Session, values: Values, privileges: tuple[str, ...]) -> None:
    """Revoke all, then grant `privileges`, in one transaction."""
    lock(session, values["owner"])
    with member_of(session, values["owner"]):
        _alter(session, values, "REVOKE ALL ON {type} FROM {role}")
        if privileges:
            option = " WITH GRANT OPTION" if values["withGrantOption"] else ""
            _alter(session, values, "GRANT {privileges} ON {type} TO {role}" + option)


def _alter(session: Session, values: Values, action: str) -> None:
    schema = values["schema"]
    session.execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {} {schema} " + action,
        values["owner"],
        schema=sql.SQL("IN SCHEMA {}").format(sql.Identifier(schema)) if schema else sql.SQL(""),
        privileges=listed(values),
        type=sql.SQL(f"{values['objectType'].upper()}S"),
        role=grantee(values["role"]),
    )


def _read(session: Session, known: Values) -> dict[str, Any] | None:
    if not _exists(session, known):
        return None
    granted = _granted(session, known)
    if not granted and known.get("privileges"):
        return None
    return dict(known) | {"privileges": settled(session, known, granted)}


def _granted(session: Session, known: Values) -> list[str]:
    owner, oid = known["owner"], grantee_oid(session, known["role"])
    in_catalog, built_in = _CODES[known["objectType"]]
    if known.get("schema"):
        rows = session.rows(_IN_SCHEMA, owner, known["schema"], in_catalog, oid)
    else:
        rows = session.rows(_EVERYWHERE, in_catalog, built_in, owner, oid)
    return [privilege for (privilege,) in rows]


def _exists(session: Session, values: Values) -> bool:
    """Whether the roles and the schema are there. The database is: the session is in it."""
    if grantee_oid(session, values["role"]) is None or not role_exists(session, values["owner"]):
        return False
    return not values.get("schema") or schema_owner(session, values["schema"]) is not None


def _identifier(values: Values) -> str:
    parts = ("role", "database", "schema", "owner", "objectType")
    return "_".join(values.get(part) or "noschema" for part in parts)


def _problems(values: Values) -> Iterator[tuple[str, str]]:
    if values.get("schema") and values["objectType"] == "schema":
        yield "schema", "must be left out for objectType schema"
    if values.get("withGrantOption") and values["role"].lower() == PUBLIC:
        yield "withGrantOption", "cannot be true for role public"
    if reason := refusal(values):
        yield "privileges", reason


DEFAULT_PRIVILEGES = ResourceType(
    token="postgresql:index/defaultPrivileges:DefaultPrivileges",  # noqa: S106  # a type's name
    properties=(
        Property("role", required=True, force_new=True),
        Property("database", required=True, force_new=True),
        Property("owner", required=True, force_new=True),
        Property("schema", force_new=True),
        Property("objectType", required=True, force_new=True, choices=tuple(_CODES)),
        Property("privileges", Kind.SET, required=True),
        Property("withGrantOption", Kind.BOOLEAN, default=False, force_new=True),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    identifier=_identifier,
    # The official plugin makes the new ones first, and revokes them again if only withGrantOption differs.
    delete_before_replace=True,
    problems=_problems,
)
