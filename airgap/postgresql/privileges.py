"""Privileges: which there are for which objects, and how they are written in a statement."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from airgap.postgresql.session import Session
from airgap.postgresql.values import Values

PUBLIC = "public"
"""The name of what is no role and every role: PUBLIC."""

# https://www.postgresql.org/docs/current/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE
_PRIVILEGES = {
    "database": ("CREATE", "CONNECT", "TEMPORARY"),
    "table": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"),
    "sequence": ("USAGE", "SELECT", "UPDATE"),
    "schema": ("CREATE", "USAGE"),
    "function": ("EXECUTE",),
    "procedure": ("EXECUTE",),
    "routine": ("EXECUTE",),
    "type": ("USAGE",),
    "foreign_data_wrapper": ("USAGE",),
    "foreign_server": ("USAGE",),
    "column": ("SELECT", "INSERT", "UPDATE", "REFERENCES"),
}
_MAINTAIN_SINCE = 170000


def refusal(values: Values) -> str | None:
    """Why the `privileges` of `values` are none for its `objectType`, or None."""
    kind = values["objectType"]
    allowed = ("ALL", *_PRIVILEGES[kind])
    wrong = [each for each in values["privileges"] if each not in allowed]
    if not wrong:
        return None
    return f"{', '.join(map(repr, wrong))} is no privilege for a {kind}; there are {', '.join(allowed)}"


def listed(values: Values) -> sql.Composed:
    """The `privileges` of `values` with commas between them. They have passed `refusal`."""
    return sql.SQL(", ").join(sql.SQL(each) for each in values["privileges"])


def settled(session: Session, values: Values, granted: Iterable[str]) -> tuple[str, ...]:
    """The `privileges` of `values`, if they are what is `granted`; else what is.

    ALL stands for all that the server has for this type of object.
    """
    wanted, found = set(values.get("privileges") or ()), set(granted)
    everything = set(_PRIVILEGES[values["objectType"]])
    if session.connection.info.server_version < _MAINTAIN_SINCE:
        everything.discard("MAINTAIN")
    if found == wanted or ("ALL" in wanted and found == everything):
        return tuple(values.get("privileges") or ())
    return tuple(sorted(found))


def grantee(role: str) -> sql.Composable:
    """`role` as a statement names it."""
    return sql.SQL("PUBLIC") if role == PUBLIC else sql.Identifier(role)


def grantee_oid(session: Session, role: str) -> int | None:
    """The object identifier of `role` in access control lists, 0 for PUBLIC, or None where there is no such role."""
    found: int | None = 0 if role == PUBLIC else session.value("SELECT oid FROM pg_roles WHERE rolname = %s", role)
    return found
