"""postgresql:index/extension:Extension."""

from __future__ import annotations

from typing import Any

from airgap.postgresql.identifiers import database_and_name
from airgap.postgresql.membership import lock
from airgap.postgresql.session import Session
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import Values

_READ = """
SELECT nspname, extversion FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = %s
"""


def _create(session: Session, values: Values) -> None:
    lock(session, database=True)
    schema, version = values["schema"], values["version"]
    statement = "CREATE EXTENSION IF NOT EXISTS {}"
    statement += " SCHEMA {}" if schema else ""
    statement += " VERSION {}" if version else ""
    statement += " CASCADE" if values["createCascade"] else ""
    session.execute(statement, *filter(None, (values["name"], schema, version)))


def _update(session: Session, old: Values, new: Values) -> None:
    lock(session, database=True)
    if new["schema"] and old.get("schema") != new["schema"]:
        session.execute("ALTER EXTENSION {} SET SCHEMA {}", new["name"], new["schema"])
    if new["version"] and old.get("version") != new["version"]:
        session.execute("ALTER EXTENSION {} UPDATE TO {}", new["name"], new["version"])


def _delete(session: Session, values: Values) -> None:
    if _read(session, values) is None:
        return
    lock(session, database=True)
    cascade = "CASCADE" if values.get("dropCascade") else "RESTRICT"
    session.execute(f"DROP EXTENSION {{}} {cascade}", values["name"])


def _read(session: Session, known: Values) -> dict[str, Any] | None:
    found = session.row(_READ, known["name"])
    if found is None:
        return None
    return dict(known) | {"schema": found[0], "version": found[1], "database": session.database}


EXTENSION = ResourceType(
    token="postgresql:index/extension:Extension",  # noqa: S106  # a type's name
    properties=(
        Property("name", auto_named=True, force_new=True),
        Property("schema", computed=True),
        Property("version", computed=True),
        Property("database", computed=True, force_new=True),
        Property("dropCascade", Kind.BOOLEAN, default=False),
        Property("createCascade", Kind.BOOLEAN, default=False),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    identifier=lambda values: f"{values['database']}.{values['name']}",
    from_identifier=database_and_name,
)
