"""Flyway's lock: one run at a time for a history table, of this project or of Flyway.

Flyway takes a PostgreSQL advisory lock whose key is "Flyway" in ASCII plus Java's hash of the table's quoted name. By
default it holds the lock in an open transaction, and CREATE INDEX CONCURRENTLY then waits forever. This one is held
by the session, as Flyway's is with `postgresql.transactional.lock=false`; the two kinds exclude each other. Waiting
polls, so that no transaction stays open in between.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Iterator

import psycopg
from psycopg.pq import TransactionStatus

from infra.flyway.errors import LockLost, LockTimeout
from infra.flyway.server.insist import failed_with, insist

TIMEOUT = 60.0  # seconds to wait for another run
_FLYWAY = 77431708279161
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_BUSY, _LOST = "the lock for the history is not free", "the lock for the history was lost"


@functools.lru_cache(maxsize=8)
def key(schema: str, table: str) -> int:
    """The key of Flyway's lock for a history table."""
    return _FLYWAY + _java_hash(_name(schema, table))


@contextlib.contextmanager
def held(connection: psycopg.Connection, schema: str, table: str, timeout: float | None = TIMEOUT) -> Iterator[None]:
    """Hold the lock for the length of the block. `connection` is in autocommit.

    Raises LockTimeout, which names the holder, after `timeout` seconds; None waits for ever. Raises LockLost where the
    lock was released in the block. The lock also goes when the connection does.
    """
    lock = key(schema, table)
    _acquire(connection, lock, timeout, _name(schema, table))
    try:
        yield
    except BaseException:
        release(connection, schema, table)
        raise
    if not release(connection, schema, table):
        raise lost()


def taking(schema: str, table: str) -> str:
    """A query that takes the lock, or fails where it is not free, so that a message can begin with it."""
    return f"SELECT {insist(f'pg_catalog.pg_try_advisory_lock({key(schema, table)})', _BUSY)}"


def releasing(schema: str, table: str) -> str:
    """A query that releases the lock, or fails where it is not held any more."""
    return f"SELECT {insist(f'pg_catalog.pg_advisory_unlock({key(schema, table)})', _LOST)}"


def is_busy(error: BaseException | None) -> bool:
    """Whether this is how taking() failed."""
    return failed_with(error, _BUSY)


def is_lost(error: BaseException | None) -> bool:
    """Whether this is how releasing() failed."""
    return failed_with(error, _LOST)


def lost() -> LockLost:
    """The error for a lock that was held, and is not any more."""
    return LockLost(
        "the lock that guards the history was lost: a script released it, as DISCARD ALL and pg_advisory_unlock_all()"
        " do, or a pooler in transaction mode, such as PgBouncer, gave each transaction another session: see with info"
        " what was applied; put that into no script that others follow, and connect to the server itself"
    )


def release(connection: psycopg.Connection, schema: str, table: str) -> bool:
    """Release the lock, after what is left of a transaction that was interrupted is rolled back.

    False says that it was not held any more, though its connection lives.
    """
    try:
        if connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()
        row = connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (key(schema, table),)).fetchone()
    except psycopg.OperationalError:  # without its connection, the lock is gone already
        return True
    return row is not None and bool(row[0])


def release_if_held(connection: psycopg.Connection, schema: str, table: str) -> None:
    """Release the lock where it is held. To release one that is not held would be a WARNING of the server's."""
    query = """
        SELECT pg_catalog.pg_advisory_unlock(%(key)s)
        FROM pg_catalog.pg_locks
        WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid() AND objsubid = 1
          AND classid::bigint = %(key)s >> 32 AND objid::bigint = %(key)s & 4294967295
    """
    connection.execute(query, {"key": key(schema, table)})


def _acquire(connection: psycopg.Connection, lock: int, timeout: float | None, name: str) -> None:
    deadline = time.monotonic() + (math.inf if timeout is None else timeout)
    pause = _FIRST_PAUSE
    while not _try(connection, lock):
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockTimeout(
                f"the lock for {name} was not free within {timeout:g} s:"
                f" {_holder(connection, lock) or 'a session that has just ended'} holds it;"
                " wait until that run ends, or end it with pg_terminate_backend"
            )
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try(connection: psycopg.Connection, lock: int) -> bool:
    row = connection.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", (lock,)).fetchone()
    return row is not None and bool(row[0])


def holder(connection: psycopg.Connection, schema: str, table: str) -> str | None:
    """Which other session holds the lock, or None where none does."""
    return _holder(connection, key(schema, table))


def _holder(connection: psycopg.Connection, lock: int) -> str | None:
    """The other session that holds the lock. pg_locks shows a key of 64 bits as two halves, and 1 as objsubid."""
    query = """
        SELECT l.pid, coalesce(a.usename, '?'), coalesce(a.application_name, '')
        FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid::bigint = %s
          AND l.objid::bigint = %s AND l.pid <> pg_catalog.pg_backend_pid()
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    """
    row = connection.execute(query, (lock >> 32, lock & 0xFFFFFFFF)).fetchone()
    return f"process {row[0]} of role {row[1]}, application {row[2]!r}," if row else None


def _name(schema: str, table: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, table))


def _java_hash(text: str) -> int:
    """Java's String.hashCode: over UTF-16 units, in 32 bits with a sign."""
    units = text.encode("utf-16-be")
    value = 0
    for index in range(0, len(units), 2):
        value = (31 * value + int.from_bytes(units[index : index + 2], "big")) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value
