"""postgresql:index/schema:Schema."""

from __future__ import annotations

from typing import Any

from airgap.postgresql.identifiers import database_and_name
from airgap.postgresql.membership import lock, member_of
from airgap.postgresql.owners import database_owner, schema_owner
from airgap.postgresql.session import Session
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import Values


def _create(session: Session, values: Values) -> None:
    name, owner = values["name"], values["owner"]
    present = schema_owner(session, name)
    lock(session, *filter(None, (database_owner(session), present, owner)))
    with member_of(session, database_owner(session), present, owner):
        if present is None and owner:
            session.execute("CREATE SCHEMA {} AUTHORIZATION {}", name, owner)
        elif present is None:
            session.execute("CREATE SCHEMA {}", name)
        elif owner:
            session.execute("ALTER SCHEMA {} OWNER TO {}", name, owner)


def _update(session: Session, old: Values, new: Values) -> None:
    present, owner = schema_owner(session, old["name"]), new["owner"]
    lock(session, *filter(None, (database_owner(session), present, owner)))
    with member_of(session, database_owner(session), present, owner):
        if old["name"] != new["name"]:
            session.execute("ALTER SCHEMA {} RENAME TO {}", old["name"], new["name"])
        if owner and old.get("owner") != owner:
            session.execute("ALTER SCHEMA {} OWNER TO {}", new["name"], owner)


def _delete(session: Session, values: Values) -> None:
    owner = schema_owner(session, values["name"])
    if owner is None:
        return
    lock(session, owner)
    with member_of(session, owner):
        session.execute(f"DROP SCHEMA {{}} {'CASCADE' if values.get('dropCascade') else 'RESTRICT'}", values["name"])


def _read(session: Session, known: Values) -> dict[str, Any] | None:
    query = "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = %s"
    owner = session.value(query, known["name"])
    if owner is None:
        return None
    return dict(known) | {"owner": owner, "database": session.database, "policies": ()}


SCHEMA = ResourceType(
    token="postgresql:index/schema:Schema",  # noqa: S106  # a type's name
    properties=(
        Property("name", auto_named=True),
        Property("database", computed=True, force_new=True),
        Property("owner", computed=True),
        Property("ifNotExists", Kind.BOOLEAN, default=True),
        Property("dropCascade", Kind.BOOLEAN, default=False),
        Property("policies", Kind.LIST, computed=True, unsupported=True),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    identifier=lambda values: f"{values['database']}.{values['name']}",
    from_identifier=database_and_name,
)
