"""Locks against each other, and an administrator's temporary membership in the roles whose objects are changed.

An administrator who is no superuser may grant a role to itself, do what the role may do, and revoke it again.
The official plugin does so too. PostgreSQL fails with "tuple concurrently updated" where two transactions change the
privileges of one object at a time, so that all that change privileges in a database wait for one another here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from psycopg.pq import TransactionStatus

from airgap.postgresql.session import Session

# All locks in one statement and in the order of their keys: no two sessions can wait for each other.
_LOCK = """
SELECT pg_advisory_{kind}lock(key)
FROM (
    SELECT oid::bigint AS key FROM pg_roles WHERE rolname = ANY(%s)
    UNION SELECT member::bigint FROM pg_auth_members JOIN pg_roles ON pg_roles.oid = roleid WHERE rolname = ANY(%s)
    UNION SELECT oid::bigint FROM pg_roles WHERE rolname = current_user AND NOT rolsuper
    UNION SELECT oid::bigint FROM pg_database WHERE datname = current_database() AND %s
    ORDER BY key
) AS keys
"""

_MEMBER = """
SELECT true FROM pg_auth_members
WHERE pg_get_userbyid(roleid) = %s AND pg_get_userbyid(member) = %s {set_option}
"""


def lock(session: Session, *roles: str, database: bool = False) -> None:
    """Wait for the sessions that change `roles` or their members, or this `database`'s privileges; hold them off.

    Until the transaction ends; without one, until the session does. The keys are the official plugin's.
    """
    session.connection.execute("SET statement_timeout = 0")
    kind = "" if session.connection.autocommit else "xact_"
    session.rows(_LOCK.format(kind=kind), list(roles), list(roles), database)


@contextlib.contextmanager
def member_of(session: Session, *roles: str | None) -> Iterator[None]:
    """Make the connected user a member of `roles` for the block, where it is neither that nor a superuser.

    Call `lock` first. Not done for superusers' roles, which PostgreSQL lets no one else grant.
    """
    user = session.server.role
    wanted = [role for role in dict.fromkeys(roles) if role and role != user and not session.superuser]
    granted = [role for role in wanted if not _is_superuser(session, role) and not _is_member(session, role, user)]
    for role in granted:
        session.execute("GRANT {} TO {}", role, user)
    try:
        yield
    finally:
        # A failed transaction takes the memberships back by itself.
        if session.connection.info.transaction_status != TransactionStatus.INERROR:
            for role in granted:
                session.execute("REVOKE {} FROM {}", role, user)


def role_exists(session: Session, role: str) -> bool:
    """Whether there is a role of this name."""
    return session.value("SELECT true FROM pg_roles WHERE rolname = %s", role) is not None


def _is_superuser(session: Session, role: str) -> bool:
    return bool(session.value("SELECT rolsuper FROM pg_roles WHERE rolname = %s", role))


def _is_member(session: Session, role: str, member: str) -> bool:
    """Whether `member` can act as `role`. Since PostgreSQL 16 a membership may go without that (SET FALSE)."""
    set_option = "AND set_option" if session.connection.info.server_version >= 160000 else ""
    return session.value(_MEMBER.format(set_option=set_option), role, member) is not None
