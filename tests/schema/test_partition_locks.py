"""Functions that change partitions share the tables with others: they wait little, make others wait little, and lose
nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import psycopg
import pytest
from psycopg import sql

from tests.schema.partitions import TABLES, add, call, months
from tests.schema.rows import insert
from tests.schema.scripts import INITIAL, Login, connect, execute

FIRST = "2031-11-01T00:00Z"
MARGIN = 10.0  # seconds for a machine that is busy; who waits for a lock without an end waits longer
T = TypeVar("T")


@pytest.fixture
def login(empty: Login) -> Login:
    """A database of its own, where what these tests commit meets nobody, and where no wait is for ever."""
    with connect(empty) as connection:
        execute(connection, INITIAL)
    return {**empty, "options": "-c statement_timeout=20s"}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def blocked(login: Login, pid: int) -> bool:
    with connect({**login, "user": "postgres"}) as watcher:
        found = watcher.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [pid]).fetchone()
        return found == (True,)


def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`. Fails after ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def timed(work: Callable[[], T]) -> tuple[T | psycopg.Error, float]:
    """What `work` returns or raises, and how many seconds it took."""
    start = time.monotonic()
    try:
        result: T | psycopg.Error = work()
    except psycopg.Error as error:
        result = error
    return result, time.monotonic() - start


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_two_at_once_make_each_month_once(login: Login, pool: ThreadPoolExecutor, ending: str) -> None:
    with connect(login) as one, connect(login) as other:
        one.execute("BEGIN")
        made = call(one, "create_partitions", 1, FIRST)
        second: Future[list[str]] = pool.submit(call, other, "create_partitions", 1, FIRST)
        until(lambda: blocked(login, other.info.backend_pid))
        one.execute(ending.encode())
        assert second.result() == ([] if ending == "commit" else made)
        assert call(one, "missing_partitions", 1, FIRST) == []


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("create_partitions", (1, FIRST)), ("detach_partitions", ("UsageLog", FIRST)), ("move_stray_rows", ())],
)
def test_it_gives_up_within_its_budget_and_a_writer_waits_no_longer(
    login: Login, pool: ThreadPoolExecutor, function: str, arguments: tuple[object, ...]
) -> None:
    with connect(login) as connection, connect(login) as holder, connect(login) as writer:
        call(connection, "create_partitions", 0, "2030-01-01T00:00Z")
        add(connection, "UsageLog", "2031-12-24T18:00Z")
        user = insert(connection, "User")
        holder.execute("BEGIN")
        holder.execute('UPDATE "User" SET username = %s WHERE id = %s', ["ada", user])
        attempt = pool.submit(timed, lambda: call(connection, function, *arguments))
        until(lambda: blocked(login, connection.info.backend_pid))
        _, waited = timed(lambda: insert(writer, "User"))
        refusal, took = attempt.result()
        holder.execute("ROLLBACK")
        assert isinstance(refusal, psycopg.errors.LockNotAvailable)
        assert 'no lock on creativeflow."User" within 2000 ms' in str(refusal)
        assert f"held by process {holder.info.backend_pid}: run it again" in str(refusal)
        assert 1.9 < took < 2 + MARGIN
        assert waited < 2 + MARGIN
        assert call(connection, function, *arguments) != [], "it is free, and nothing was half done"


def test_waiting_for_one_lock_after_another_does_not_add_up(login: Login, pool: ThreadPoolExecutor) -> None:
    """Each wait alone is within the budget of 2 seconds, both are not. The caller would wait for longer."""
    with connect(login) as connection, connect(login) as first, connect(login) as second:
        connection.execute("SET lock_timeout = '5s'")
        for holder, table in ((first, "User"), (second, "UsageLog_default")):
            holder.execute("BEGIN")
            holder.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(sql.Identifier(table)))
        attempt = pool.submit(call, connection, "create_partitions", 1, FIRST)
        for holder, seconds in ((first, 0.6), (second, 1.9)):
            until(lambda: blocked(login, connection.info.backend_pid))
            time.sleep(seconds)
            holder.execute("ROLLBACK")
        with pytest.raises(psycopg.errors.LockNotAvailable, match='"UsageLog_default" within 2000 ms'):
            attempt.result()
        assert connection.execute("SHOW lock_timeout").fetchone() == ("5s",)


def test_a_deadlock_is_ended_at_its_cost_and_not_at_a_writer_s(login: Login, pool: ThreadPoolExecutor) -> None:
    # Who waits looks for a deadlock after a second: the writer later, so that it can be the first on no machine.
    patient = {**login, "user": "postgres", "options": "-c statement_timeout=20s -c deadlock_timeout=10s"}
    with connect(login) as connection, connect(patient) as writer:
        user = insert(connection, "User")
        writer.execute("BEGIN")
        writer.execute('SELECT sum(amount) FROM "CreditTransaction"')  # locks the DEFAULT partition, as readers do
        attempt = pool.submit(timed, lambda: call(connection, "create_partitions", 1, FIRST))
        until(lambda: blocked(login, connection.info.backend_pid))
        writer.execute('UPDATE "User" SET "creditBalance" = 1 WHERE id = %s', [user])
        writer.execute("COMMIT")
        refusal, _ = attempt.result()
        assert isinstance(refusal, psycopg.errors.LockNotAvailable)
        assert call(connection, "create_partitions", 1, FIRST) == months("2031_11", "2031_12")


def test_the_caller_s_lock_timeout_is_as_it_was(login: Login) -> None:
    with connect(login) as connection, connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '7s'")
        call(connection, "create_partitions", 0, FIRST)
        assert connection.execute("SHOW lock_timeout").fetchone() == ("7s",)


def test_making_a_month_locks_no_table_against_readers_but_the_default_partitions(login: Login) -> None:
    with connect(login) as connection, connection.transaction():
        made = call(connection, "create_partitions", 0, FIRST)
        found = connection.execute(
            "SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p')"
            "   AND c.relnamespace = current_schema()::regnamespace"
        ).fetchall()
    assert {name for (name,) in found} - set(made) == {f"{table}_default" for table in TABLES}


def test_no_row_is_lost_or_doubled_when_strays_are_moved_beside_writers(login: Login, pool: ThreadPoolExecutor) -> None:
    stop = threading.Event()

    def write(day: int) -> list[object]:
        """Two writers' payments: each updates its user, then writes to a month that may or may not be there."""
        rows: list[object] = []
        with connect(login) as connection:
            user = insert(connection, "User")
            while not stop.is_set():
                with connection.transaction():
                    connection.execute('UPDATE "User" SET "creditBalance" = "creditBalance" + 1 WHERE id = %s', [user])
                    when = f"20{31 + len(rows) // 20 % 60}-{len(rows) % 12 + 1:02d}-{day:02d}T00:00Z"
                    rows.append(add(connection, "CreditTransaction", when, userId=user))
        return rows

    writers = [pool.submit(write, day) for day in (1, 2)]
    moved: list[str] = []
    with connect(login) as connection:
        deadline = time.monotonic() + 10
        while len(moved) < 24 and time.monotonic() < deadline:
            moved += call(connection, "move_stray_rows")
        stop.set()
        written = [row for writer in writers for row in writer.result()]
        moved += call(connection, "move_stray_rows")
        found = connection.execute('SELECT id FROM "CreditTransaction"').fetchall()
        assert call(connection, "stray_rows") == []
    assert sorted(row for (row,) in found) == sorted(written)  # type: ignore[type-var]
    assert len(moved) == len(set(moved)) > 12
