"""Flyway's lock: one run at a time for a history table, of this project or of Flyway.

Flyway takes a PostgreSQL advisory lock whose key is "Flyway" in ASCII plus Java's hash of the table's quoted name. By
default it holds the lock in an open transaction, and CREATE INDEX CONCURRENTLY then waits forever. This one is held
by the session, as Flyway's is with `postgresql.transactional.lock=false`; the two kinds exclude each other. Waiting
polls, so that no transaction stays open in between.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import psycopg

from .errors import LockTimeout

TIMEOUT = 60.0  # seconds to wait for another run
_FLYWAY = 77431708279161
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


def key(schema: str, table: str) -> int:
    """The key of Flyway's lock for a history table."""
    return _FLYWAY + _java_hash(_name(schema, table))


@contextlib.contextmanager
def held(connection: psycopg.Connection, schema: str, table: str, timeout: float = TIMEOUT) -> Iterator[None]:
    """Hold the lock for the length of the block. `connection` is in autocommit.

    Raises LockTimeout, which names the holder, after `timeout` seconds. The lock also goes when the connection does.
    """
    lock = key(schema, table)
    _acquire(connection, lock, timeout, _name(schema, table))
    try:
        yield
    finally:
        with contextlib.suppress(psycopg.OperationalError):  # without its connection, the lock is gone already
            connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (lock,))


def _acquire(connection: psycopg.Connection, lock: int, timeout: float, name: str) -> None:
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while not _try(connection, lock):
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockTimeout(
                f"the lock for {name} was not free within {timeout:g} s: {_holder(connection, lock)} holds it;"
                " wait until that run ends, or end it with pg_terminate_backend"
            )
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try(connection: psycopg.Connection, lock: int) -> bool:
    row = connection.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", (lock,)).fetchone()
    return row is not None and bool(row[0])


def _holder(connection: psycopg.Connection, lock: int) -> str:
    """Who holds the lock. pg_locks shows a key of 64 bits as two halves, and 1 as objsubid."""
    query = """
        SELECT l.pid, coalesce(a.usename, '?'), coalesce(a.application_name, '')
        FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid::bigint = %s
          AND l.objid::bigint = %s
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    """
    row = connection.execute(query, (lock >> 32, lock & 0xFFFFFFFF)).fetchone()
    return f"process {row[0]} of role {row[1]}, application {row[2]!r}," if row else "a session that has just ended"


def _name(schema: str, table: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, table))


def _java_hash(text: str) -> int:
    """Java's String.hashCode: over UTF-16 units, in 32 bits with a sign."""
    units = text.encode("utf-16-be")
    value = 0
    for index in range(0, len(units), 2):
        value = (31 * value + int.from_bytes(units[index : index + 2], "big")) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value
