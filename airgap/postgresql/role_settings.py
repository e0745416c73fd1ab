"""A role's own settings, in the catalog's `rolconfig`: search path, timeouts, and the role that it acts as."""

from __future__ import annotations

import re
from typing import Any

from psycopg import sql

from airgap.postgresql.session import Session, joined
from airgap.postgresql.values import Values

_TIMEOUTS = {
    "statementTimeout": "statement_timeout",
    "idleInTransactionSessionTimeout": "idle_in_transaction_session_timeout",
}
_IDENTIFIER = re.compile(r'"((?:[^"]|"")*)"|([^",\s]+)')
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?")
_MILLISECONDS = {"us": 0.001, "ms": 1, None: 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def write(session: Session, role: str, old: Values, new: Values) -> None:
    """Set on `role` what `new` has, and reset what it has no longer."""
    if new["searchPaths"]:
        session.execute("ALTER ROLE {} SET search_path TO {paths}", role, paths=joined(new["searchPaths"]))
    elif old.get("searchPaths"):
        session.execute("ALTER ROLE {} RESET search_path", role)
    for name, setting in _TIMEOUTS.items():
        if new[name]:
            session.execute("ALTER ROLE {} SET {} TO {value}", role, setting, value=sql.Literal(new[name]))
        elif old.get(name):
            session.execute("ALTER ROLE {} RESET {}", role, setting)
    if new["assumeRole"]:
        session.execute("ALTER ROLE {} SET ROLE TO {}", role, new["assumeRole"])
    elif old.get("assumeRole"):
        session.execute("ALTER ROLE {} RESET ROLE", role)


def read(settings: list[str]) -> dict[str, Any]:
    """The properties that the catalog's `settings`, such as `statement_timeout=5s`, amount to."""
    found = dict(setting.split("=", 1) for setting in settings)
    values: dict[str, Any] = {name: _milliseconds(found.get(setting, "0")) for name, setting in _TIMEOUTS.items()}
    values["searchPaths"] = tuple(_identifiers(found.get("search_path", "")))
    values["assumeRole"] = found.get("role", "")
    return values


def _identifiers(path: str) -> list[str]:
    return [quoted.replace('""', '"') or bare for quoted, bare in _IDENTIFIER.findall(path)]


def _milliseconds(duration: str) -> int:
    """A number is milliseconds: https://www.postgresql.org/docs/current/config-setting.html"""
    match = _DURATION.fullmatch(duration)
    return round(float(match[1]) * _MILLISECONDS[match[2]]) if match else 0
