"""What the catalog says of the privileges that a Grant is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airgap.postgresql.privileges import grantee_oid, settled
from airgap.postgresql.session import Session
from airgap.postgresql.values import Values

# An access control list that is NULL stands for the default one: acldefault.
_OF_DATABASE = """
SELECT privilege_type FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
WHERE datname = %s AND grantee = %s
"""
_OF_SCHEMA = """
SELECT privilege_type FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
WHERE nspname = %s AND grantee = %s
"""
_OF_FOREIGN_DATA_WRAPPER = """
SELECT privilege_type FROM pg_foreign_data_wrapper, aclexplode(coalesce(fdwacl, acldefault('F', fdwowner)))
WHERE fdwname = %s AND grantee = %s
"""
_OF_FOREIGN_SERVER = """
SELECT privilege_type FROM pg_foreign_server, aclexplode(coalesce(srvacl, acldefault('S', srvowner)))
WHERE srvname = %s AND grantee = %s
"""
_OF_ROUTINES = """
SELECT proname, array_agg(privilege_type) FILTER (WHERE grantee = %s)
FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
LEFT JOIN aclexplode(coalesce(proacl, acldefault('f', proowner))) ON true
WHERE nspname = %s AND prokind = ANY(%s)
GROUP BY pg_proc.oid, proname ORDER BY proname
"""
_OF_RELATIONS = """
SELECT relname, array_agg(privilege_type) FILTER (WHERE grantee = %s)
FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
LEFT JOIN aclexplode(
    coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
) ON true
WHERE nspname = %s AND relkind = ANY(%s)
GROUP BY pg_class.oid, relname ORDER BY relname
"""
_OF_COLUMNS = """
SELECT attname
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(attacl)
WHERE grantee = %s AND nspname = %s AND relname = %s AND privilege_type = %s
"""
_KINDS = {
    "function": ["f", "a", "w"],
    "procedure": ["p"],
    "routine": ["f", "a", "w", "p"],
    "table": ["r", "p", "v", "m", "f"],  # what ALL TABLES IN SCHEMA stands for
    "sequence": ["S"],
}


def read(session: Session, known: Values) -> dict[str, Any]:
    """The values known, with the privileges that the role really has; of many objects, those of the first that differs.

    A column from which the privilege is gone is left out of `columns`.
    """
    if known["objectType"] == "column":
        return dict(known) | {"columns": _columns(session, known)}
    for granted in _granted(session, known):
        found = settled(session, known, granted)
        if found != tuple(known.get("privileges") or ()):
            return dict(known) | {"privileges": found}
    return dict(known)


def _granted(session: Session, known: Values) -> Iterable[list[str]]:
    """What the role may do, for each object in turn."""
    kind, oid = known["objectType"], grantee_oid(session, known["role"])
    single = {
        "database": (_OF_DATABASE, known["database"]),
        "schema": (_OF_SCHEMA, known.get("schema")),
        "foreign_data_wrapper": (_OF_FOREIGN_DATA_WRAPPER, next(iter(known.get("objects") or ()), None)),
        "foreign_server": (_OF_FOREIGN_SERVER, next(iter(known.get("objects") or ()), None)),
    }
    if kind in single:
        query, name = single[kind]
        return [[privilege for (privilege,) in session.rows(query, name, oid)]]
    query = _OF_RELATIONS if kind in ("table", "sequence") else _OF_ROUTINES
    wanted = {name.partition("(")[0] for name in known.get("objects") or ()}
    rows = session.rows(query, oid, known["schema"], _KINDS[kind])
    return [granted or [] for name, granted in rows if not wanted or name in wanted]


def _columns(session: Session, known: Values) -> tuple[str, ...]:
    oid = grantee_oid(session, known["role"])
    rows = session.rows(_OF_COLUMNS, oid, known["schema"], known["objects"][0], known["privileges"][0])
    granted = {column for (column,) in rows}
    return tuple(column for column in known["columns"] if column in granted)
