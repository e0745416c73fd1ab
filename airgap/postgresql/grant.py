"""postgresql:index/grant:Grant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from psycopg import sql

from airgap.postgresql import grant_reading
from airgap.postgresql.identifiers import in_terraform_order
from airgap.postgresql.membership import lock, member_of
from airgap.postgresql.owners import database_owner, object_owners, schema_owner
from airgap.postgresql.privileges import grantee, grantee_oid, listed, refusal
from airgap.postgresql.session import Session, joined
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import Values

_TYPES = (
    *("database", "function", "procedure", "routine", "schema", "sequence", "table"),
    *("foreign_data_wrapper", "foreign_server", "column"),
)
_WITHOUT_SCHEMA = ("database", "foreign_data_wrapper", "foreign_server")
_FOREIGN = {"foreign_data_wrapper": "FOREIGN DATA WRAPPER", "foreign_server": "FOREIGN SERVER"}
_ROUTINE = re.compile(r'([^(]+)(\([\w\s,."\[\]]*\))?')


def _create(session: Session, values: Values) -> None:
    _change(session, None, values)


def _update(session: Session, old: Values, new: Values) -> None:
    _change(session, old, new)


def _delete(session: Session, values: Values) -> None:
    if _exists(session, values):
        _change(session, values, None)


def _change(session: Session, old: Values | None, new: Values | None) -> None:
    """Revoke, then grant, in one transaction: nobody sees the role without privileges in between."""
    values = new or old or {}
    role = values["role"]
    lock(session, role, database=True)
    with member_of(session, *_owners(session, values)):
        revoked = _revoked(old or values)
        if revoked is not None:
            session.execute("REVOKE {what} FROM {role}", what=revoked, role=grantee(role))
        if new and new["privileges"]:
            option = " WITH GRANT OPTION" if new["withGrantOption"] else ""
            session.execute(f"GRANT {{what}} TO {{role}}{option}", what=_granted(new), role=grantee(role))


def _owners(session: Session, values: Values) -> list[str | None]:
    kind = values["objectType"]
    if kind == "database":
        return [database_owner(session)]
    if kind in _FOREIGN:
        return []
    return [schema_owner(session, values["schema"])] if kind == "schema" else object_owners(session, values["schema"])


def _granted(values: Values) -> sql.Composable:
    if values["objectType"] == "column":
        return sql.SQL("{} ({}) ON {}").format(listed(values), joined(values["columns"]), _objects(values))
    return sql.SQL("{} ON {}").format(listed(values), _objects(values))


def _revoked(values: Values) -> sql.Composable | None:
    """What to revoke, or None. On named tables only the privileges held: ALL would take those on columns too."""
    if values["objectType"] == "column":
        return _granted(values) if values["privileges"] and values["columns"] else None
    if values["schema"] and values["objects"] and values["privileges"]:
        return _granted(values)
    return sql.SQL("ALL PRIVILEGES ON {}").format(_objects(values))


def _objects(values: Values) -> sql.Composable:
    kind, schema, objects = values["objectType"], values["schema"], values["objects"]
    if kind == "database":
        return sql.SQL("DATABASE {}").format(sql.Identifier(values["database"]))
    if kind == "schema":
        return sql.SQL("SCHEMA {}").format(sql.Identifier(schema))
    if kind in _FOREIGN:
        return sql.SQL("{} {}").format(sql.SQL(_FOREIGN[kind]), sql.Identifier(objects[0]))
    keyword = sql.SQL("TABLE" if kind == "column" else kind.upper())
    if not objects:
        return sql.SQL("ALL {}S IN SCHEMA {}").format(keyword, sql.Identifier(schema))
    return sql.SQL("{} {}").format(keyword, sql.SQL(", ").join(_qualified(schema, each) for each in objects))


def _qualified(schema: str, name: str) -> sql.Composable:
    """A routine may bear its argument types, `name(text, integer)`, which are no part of the identifier."""
    match = _ROUTINE.fullmatch(name)
    bare, arguments = (match[1], match[2] or "") if match else (name, "")
    return sql.Identifier(schema, bare) + sql.SQL(arguments)  # by _ROUTINE only types


def _exists(session: Session, values: Values) -> bool:
    """Whether the role and the schema are there. The database is: the session is in it."""
    if grantee_oid(session, values["role"]) is None:
        return False
    return not values.get("schema") or schema_owner(session, values["schema"]) is not None


def _read(session: Session, known: Values) -> dict[str, Any] | None:
    return grant_reading.read(session, known) if _exists(session, known) else None


def _identifier(values: Values) -> str:
    parts = [values["role"], values["database"]]
    if values["objectType"] not in _WITHOUT_SCHEMA:
        parts.append(values["schema"])
    parts.append(values["objectType"])
    parts += in_terraform_order(values.get("objects") or ()) + in_terraform_order(values.get("columns") or ())
    return "_".join(parts)


def _problems(values: Values) -> Iterator[tuple[str, str]]:
    kind = values["objectType"]
    objects, columns, privileges = (values.get(each, ()) for each in ("objects", "columns", "privileges"))
    if not values.get("schema") and kind not in _WITHOUT_SCHEMA:
        yield "schema", f"missing required property for objectType {kind}"
    if objects and kind in ("database", "schema"):
        yield "objects", f"must be left out for objectType {kind}"
    if bool(columns) != (kind == "column"):
        yield "columns", "belongs to objectType column, and to no other"
    if len(objects) != 1 and kind in (*_FOREIGN, "column"):
        yield "objects", f"must have just one name for objectType {kind}"
    if len(privileges) != 1 and kind == "column":
        yield "privileges", "must be just one for objectType column"
    if not all(map(_ROUTINE.fullmatch, objects)):
        yield "objects", "must be names, of routines with or without their argument types"
    if reason := refusal(values):
        yield "privileges", reason


GRANT = ResourceType(
    token="postgresql:index/grant:Grant",  # noqa: S106  # a type's name
    properties=(
        Property("role", required=True, force_new=True),
        Property("database", required=True, force_new=True),
        Property("schema", force_new=True),
        Property("objectType", required=True, force_new=True, choices=_TYPES),
        Property("objects", Kind.SET, force_new=True),
        Property("columns", Kind.SET, force_new=True),
        Property("privileges", Kind.SET, required=True),
        Property("withGrantOption", Kind.BOOLEAN, default=False, force_new=True),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    identifier=_identifier,
    delete_before_replace=True,
    problems=_problems,
)
