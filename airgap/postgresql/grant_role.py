"""postgresql:index/grantRole:GrantRole."""

from __future__ import annotations

from typing import Any

from airgap.postgresql.membership import lock
from airgap.postgresql.session import Session
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import Values

# Since PostgreSQL 16 there may be one membership for each grantor: the connected user's own comes first.
_READ = """
SELECT admin_option FROM pg_auth_members
WHERE pg_get_userbyid(member) = %s AND pg_get_userbyid(roleid) = %s
ORDER BY pg_get_userbyid(grantor) = current_user DESC, grantor
LIMIT 1
"""


def _create(session: Session, values: Values) -> None:
    lock(session, values["role"], values["grantRole"])
    session.execute("REVOKE {} FROM {}", values["grantRole"], values["role"])
    option = " WITH ADMIN OPTION" if values["withAdminOption"] else ""
    session.execute(f"GRANT {{}} TO {{}}{option}", values["grantRole"], values["role"])


def _update(session: Session, old: Values, new: Values) -> None:
    """Nothing to do: every property asks for a replacement."""


def _delete(session: Session, values: Values) -> None:
    if _read(session, values) is not None:
        lock(session, values["role"], values["grantRole"])
        session.execute("REVOKE {} FROM {}", values["grantRole"], values["role"])


def _read(session: Session, known: Values) -> dict[str, Any] | None:
    found = session.row(_READ, known["role"], known["grantRole"])
    return None if found is None else dict(known) | {"withAdminOption": found[0]}


def _identifier(values: Values) -> str:
    option = "true" if values["withAdminOption"] else "false"
    return f"{values['role']}_{values['grantRole']}_{option}"


GRANT_ROLE = ResourceType(
    token="postgresql:index/grantRole:GrantRole",  # noqa: S106  # a type's name
    properties=(
        Property("role", required=True, force_new=True),
        Property("grantRole", required=True, force_new=True),
        Property("withAdminOption", Kind.BOOLEAN, default=False, force_new=True),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    identifier=_identifier,
    server_wide=True,
    # The official plugin makes the new membership first, and then revokes it as if it were the old one.
    delete_before_replace=True,
)
