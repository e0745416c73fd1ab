"""What `up` does for the months ahead: it sees what is missing, makes it, waits for others, and says what to do."""

from __future__ import annotations

import datetime
import threading
from functools import partial

import psycopg
import pytest

from infra import partitions
from infra.flyway.errors import FlywayError
from tests.schema.scripts import INITIAL, SCHEMA, Login, connect, create_schema, execute


@pytest.fixture
def migrated(database: Login) -> Login:
    create_schema(database, "postgres")
    with connect(database) as connection:
        execute(connection, INITIAL)
    return database


def login(database: Login) -> partial[psycopg.Connection]:
    return partial(psycopg.connect, **database)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "months", "last"),
    [
        ("2026-11-30", 0, "2026-11"),
        ("2026-11-01", 1, "2026-12"),
        ("2026-12-31", 1, "2027-01"),
        ("2026-10-05", 27, "2029-01"),
    ],
)
def test_the_last_month_ahead_is_counted_from_this_one(now: str, months: int, last: str) -> None:
    assert partitions.through(datetime.datetime.fromisoformat(now), months) == last


def test_what_is_missing_is_seen_and_then_made_once(migrated: Login) -> None:
    missing = partitions.look(login(migrated), SCHEMA, 2).missing
    assert {name[:-8] for name in missing} == {"CreditTransaction", "Notification", "UsageLog"}
    assert len(missing) == 9
    assert set(partitions.create(login(migrated), SCHEMA, 2)) == set(missing)
    assert partitions.create(login(migrated), SCHEMA, 2) == ()
    assert partitions.look(login(migrated), SCHEMA, 2) == partitions.State((), ())


def test_rows_without_a_month_are_told_with_what_to_do(migrated: Login) -> None:
    with connect(migrated) as connection:
        connection.execute("""INSERT INTO "User" (email, "passwordHash") VALUES ('a@example.com', 'x')""")
        connection.execute("""INSERT INTO "UsageLog" ("userId", "actionType", "timestamp")
            SELECT id, 'login', '2001-02-03' FROM "User" """)
        (told,) = partitions.look(login(migrated), SCHEMA, 2).strays
        assert told == (
            '"UsageLog_default" holds rows of 2001-02-03 to 2001-02-03, when no month was there for them: '
            'as the owner run SELECT "creativeflow"."move_stray_rows"();'
        )
        connection.execute(told.rpartition("run ")[2])  # type: ignore[arg-type]
    assert partitions.look(login(migrated), SCHEMA, 2).strays == ()


def test_it_tries_again_while_somebody_is_in_the_way(migrated: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "_PAUSE_SECONDS", (0.0, 0.1))
    with connect(migrated) as other:
        other.execute('BEGIN; LOCK TABLE "User" IN ROW EXCLUSIVE MODE')
        release = threading.Timer(2.5, other.rollback)  # after the first try has given up
        release.start()
        assert partitions.create(login(migrated), SCHEMA, 0) != ()
        release.join()


def test_it_gives_up_in_one_line_where_somebody_stays_in_the_way(
    migrated: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_TRIES", 1)
    with connect(migrated) as other:
        other.execute('BEGIN; LOCK TABLE "User" IN ROW EXCLUSIVE MODE')
        with pytest.raises(FlywayError, match=r'^partitions of creativeflow: no lock on .*"User".*held by'):
            partitions.create(login(migrated), SCHEMA, 0)


def test_a_schema_of_others_has_no_months_to_look_after(database: Login) -> None:
    assert partitions.look(login(database), SCHEMA, 2) == partitions.State((), ())
    assert partitions.create(login(database), SCHEMA, 2) == ()
