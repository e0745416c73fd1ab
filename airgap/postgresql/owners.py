"""Who owns what: the roles that an administrator has to be a member of to change something."""

from __future__ import annotations

from typing import Any

from airgap.postgresql.session import Session

_ANY_DATABASE = "SELECT true FROM pg_database WHERE datname = %s"


def database_owner(session: Session) -> str:
    """The owner of the session's database."""
    query = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
    return str(session.value(query))


def schema_owner(session: Session, schema: str) -> str | None:
    """The owner of `schema`, or None where there is no such schema."""
    owner = session.value("SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = %s", schema)
    return _resolved(session, owner)


def object_owners(session: Session, schema: str) -> list[str | None]:
    """The owners of the relations and the routines in `schema`, and of the schema itself."""
    query = """
    SELECT pg_get_userbyid(relowner)::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION
    SELECT pg_get_userbyid(proowner)::text FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
    WHERE nspname = %s
    ORDER BY 1
    """
    owners = [_resolved(session, owner) for (owner,) in session.rows(query, schema, schema)]
    return [*owners, schema_owner(session, schema)]


def database_exists(session: Session, database: str) -> bool:
    """Whether the server has a database of this name."""
    return session.value(_ANY_DATABASE, database) is not None


def _resolved(session: Session, owner: Any) -> str | None:
    """`pg_database_owner` stands for the owner of the database, who is its only member."""
    return database_owner(session) if owner == "pg_database_owner" else owner
