"""Create, read, update and delete a resource of any type, each in a session of its own, in a thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from airgap.errors import PluginError
from airgap.postgresql.errors import LoginFailed, refused
from airgap.postgresql.owners import database_exists
from airgap.postgresql.session import Session, Sessions
from airgap.postgresql.table import ResourceType
from airgap.postgresql.values import Values


def create(sessions: Sessions, kind: ResourceType, name: str, values: Values) -> dict[str, Any]:
    """Make the object, and return all its properties. `name` is the resource's in the program. Raises PluginError."""
    with _session(sessions, kind, f"creating {kind.label} {name}", values, name) as session:
        kind.create(session, values)
        return _present(kind, kind.read(session, values), name)


def read(sessions: Sessions, kind: ResourceType, name: str, known: Values) -> dict[str, Any] | None:
    """All properties as the catalog has them, or None where the object or its database is gone. Raises PluginError."""
    try:
        with _session(sessions, kind, f"reading {kind.label} {name}", known) as session:
            return kind.read(session, known)
    except LoginFailed:
        if _gone(sessions, kind.database(known)):
            return None
        raise


def update(sessions: Sessions, kind: ResourceType, name: str, old: Values, new: Values) -> dict[str, Any]:
    """Make the object what `new` says, and return all its properties. Raises PluginError."""
    with _session(sessions, kind, f"updating {kind.label} {name}", new) as session:
        kind.update(session, old, new)
        return _present(kind, kind.read(session, new), name)


def delete(sessions: Sessions, kind: ResourceType, name: str, values: Values) -> None:
    """Remove the object. One that is gone already is none to remove. Raises PluginError."""
    try:
        with _session(sessions, kind, f"deleting {kind.label} {name}", values) as session:
            kind.delete(session, values)
    except LoginFailed:
        if not _gone(sessions, kind.database(values)):
            raise


@contextlib.contextmanager
def _session(
    sessions: Sessions, kind: ResourceType, doing: str, values: Values, new_name: str = ""
) -> Iterator[Session]:
    database = kind.database(values)
    try:
        with sessions.open(database, autocommit=kind.autocommit) as session:
            yield session
    except psycopg.Error as error:
        importing = ""
        if new_name and kind.from_identifier:
            identifier = kind.identifier(dict(values) | {"database": database or sessions.server.database})
            importing = f"pulumi import {kind.token} {new_name} '{identifier}'"
        raise refused(doing, error, importing) from None


def _gone(sessions: Sessions, database: str | None) -> bool:
    """Whether the login failed because there is no such database any more."""
    if database in (None, sessions.server.database):
        return False
    with sessions.open() as session:
        return not database_exists(session, database or "")


def _present(kind: ResourceType, found: dict[str, Any] | None, name: str) -> dict[str, Any]:
    if found is None:
        raise PluginError(f"{kind.label} {name} is not in the catalog right after it was made")
    return found
