"""Months are made, reported, mended and detached by functions of the schema, in UTC, and rows find their month."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from tests.schema.partitions import TABLES, add, call, months
from tests.schema.scripts import INITIAL, Login, connect, execute

_ALL_THAT_IT_HAS = """
SELECT
  (SELECT array_agg(conname || pg_get_constraintdef(oid) || conislocal || coninhcount ORDER BY conname)
   FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('c', 'f')),
  (SELECT array_agg(split_part(pg_get_indexdef(indexrelid), ' USING ', 2) ORDER BY 1)
   FROM pg_index WHERE indrelid = c.oid),
  (SELECT array_agg(tgname ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal),
  (SELECT array_agg(attname || attislocal || attinhcount ORDER BY attnum)
   FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)
FROM pg_class c WHERE c.oid = to_regclass(quote_ident(%s))
"""


def place(connection: psycopg.Connection, table: str, row: object) -> str:
    """The partition that a row is in."""
    query = sql.SQL("SELECT c.relname FROM {} t JOIN pg_class c ON c.oid = t.tableoid WHERE t.id = %s")
    [(name,)] = connection.execute(query.format(sql.Identifier(table)), [row]).fetchall()
    return str(name)


def test_the_month_of_a_time_and_those_after_it_are_made(connection: psycopg.Connection) -> None:
    assert call(connection, "create_partitions", 2, "2031-11-15T12:00Z") == months("2031_11", "2031_12", "2032_01")


def test_by_default_it_is_this_month_and_three_more(connection: psycopg.Connection) -> None:
    [(now,)] = connection.execute("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')").fetchall()
    made = call(connection, "create_partitions")
    assert len(made) == 12
    assert made[0] == f"CreditTransaction_{now}"


def test_only_what_is_missing_is_made(connection: psycopg.Connection) -> None:
    call(connection, "create_partitions", 1, "2031-11-15T12:00Z")
    assert call(connection, "create_partitions", 1, "2031-11-15T12:00Z") == []
    assert call(connection, "create_partitions", 1, "2031-12-15T12:00Z") == months("2032_01")


def test_what_is_missing_is_told_in_a_transaction_that_only_reads(connection: psycopg.Connection) -> None:
    call(connection, "create_partitions", 0, "2031-11-01T00:00Z")
    with connection.transaction():
        connection.execute("SET TRANSACTION READ ONLY")
        missing = call(connection, "missing_partitions", 2, "2031-11-01T00:00Z")
    assert missing == months("2031_12", "2032_01")


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_month_begins_and_ends_in_utc_whatever_the_session_s_time_zone(
    connection: psycopg.Connection, zone: str
) -> None:
    connection.execute(sql.SQL("SET LOCAL timezone = {}").format(sql.Literal(zone)))
    assert call(connection, "create_partitions", 1, "2031-10-31T23:59:59.999999Z") == months("2031_10", "2031_11")
    for table in TABLES:
        assert place(connection, table, add(connection, table, "2031-10-01T00:00Z")) == f"{table}_2031_10"
        assert place(connection, table, add(connection, table, "2031-10-31T23:59:59.999999Z")) == f"{table}_2031_10"
        assert place(connection, table, add(connection, table, "2031-11-01T00:00Z")) == f"{table}_2031_11"
        assert place(connection, table, add(connection, table, "2031-12-01T00:00Z")) == f"{table}_default"


@pytest.mark.parametrize(("number", "first"), [(-1, "2031-11-01"), (None, "2031-11-01"), (0, "infinity"), (0, None)])
def test_nonsense_is_refused(connection: psycopg.Connection, number: object, first: object) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="give a number of months"):
        call(connection, "create_partitions", number, first)


def test_the_search_path_does_not_matter(connection: psycopg.Connection) -> None:
    connection.execute("SET LOCAL search_path = public")
    query = "SELECT count(*) FROM creativeflow.create_partitions(0, '2031-11-01Z')"
    assert connection.execute(query).fetchone() == (3,)
    assert connection.execute("SELECT count(*) FROM creativeflow.stray_rows()").fetchone() == (0,)


@pytest.mark.parametrize("table", TABLES)
def test_a_month_has_all_that_the_table_has(connection: psycopg.Connection, table: str) -> None:
    """As the DEFAULT partition, which PostgreSQL made itself."""
    call(connection, "create_partitions", 0, "2031-11-01T00:00Z")
    default, month = (
        connection.execute(_ALL_THAT_IT_HAS, [f"{table}_{suffix}"]).fetchone() for suffix in ("default", "2031_11")
    )
    assert month is not None
    assert month == default


def test_a_query_that_gives_the_time_reads_one_month(connection: psycopg.Connection) -> None:
    call(connection, "create_partitions", 2, "2031-11-01T00:00Z")
    plan = connection.execute(
        """EXPLAIN (COSTS OFF) SELECT sum(amount) FROM "CreditTransaction"
        WHERE "createdAt" >= '2031-12-01Z' AND "createdAt" < '2032-01-01Z'"""
    ).fetchall()
    read = re.findall(r"on (CreditTransaction_\w+?)(?: |$)", "\n".join(line.replace('"', "") for (line,) in plan))
    assert set(read) == {"CreditTransaction_2031_12"}


def test_rows_without_a_month_are_reported_and_no_month_is_made_over_them(connection: psycopg.Connection) -> None:
    notices: list[str] = []
    connection.add_notice_handler(lambda notice: notices.append(f"{notice.message_primary} {notice.message_hint}"))
    add(connection, "UsageLog", "2031-12-24T18:00Z")
    add(connection, "UsageLog", "2031-12-26T18:00Z")
    strays = connection.execute("SELECT partition, to_char(first, 'DD'), to_char(last, 'DD') FROM stray_rows()")
    assert strays.fetchall() == [("UsageLog_default", "24", "26")]
    expected = [name for name in months("2031_11", "2031_12") if name != "UsageLog_2031_12"]
    assert call(connection, "missing_partitions", 1, "2031-11-01T00:00Z") == expected
    assert call(connection, "create_partitions", 1, "2031-11-01T00:00Z") == expected
    assert len(notices) == 1
    assert '"UsageLog_2031_12" not made' in notices[0]
    assert "creativeflow.move_stray_rows()" in notices[0]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_strays_are_moved_as_they_are_into_months_of_their_own(connection: psycopg.Connection, zone: str) -> None:
    connection.execute(sql.SQL("SET LOCAL timezone = {}").format(sql.Literal(zone)))
    for table in TABLES:
        for when in ("1999-12-31T23:59:59Z", "2031-12-24T18:00Z", "2031-12-26T18:00Z"):
            add(connection, table, when)
    rows = [sql.SQL("SELECT * FROM {} ORDER BY id").format(sql.Identifier(table)) for table in TABLES]
    before = [connection.execute(query).fetchall() for query in rows]
    assert call(connection, "move_stray_rows") == months("1999_12", "2031_12")
    assert [connection.execute(query).fetchall() for query in rows] == before
    assert call(connection, "stray_rows") == []
    assert call(connection, "move_stray_rows") == []
    assert call(connection, "create_partitions", 0, "2031-12-01T00:00Z") == []


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_strays_are_not_moved_by_a_transaction_that_may_not_see_all_of_them(empty: Login, level: str) -> None:
    with connect(empty) as connection:
        execute(connection, INITIAL)
        connection.execute(sql.SQL("BEGIN ISOLATION LEVEL {}").format(sql.SQL(level)))
        with pytest.raises(psycopg.errors.InvalidTransactionState, match="run move_stray_rows"):
            call(connection, "move_stray_rows")


@pytest.mark.parametrize("function", ["create_partitions", "move_stray_rows"])
def test_a_table_that_only_has_the_name_of_a_month_is_not_taken_for_it(
    connection: psycopg.Connection, function: str
) -> None:
    connection.execute('CREATE TABLE "Notification_2031_12" (id uuid)')
    arguments = (0, "2031-12-01T00:00Z") if function == "create_partitions" else ()
    if function == "move_stray_rows":
        add(connection, "Notification", "2031-12-24T18:00Z")
    with pytest.raises(psycopg.errors.DuplicateTable, match="attach it, rename it or drop it"):
        call(connection, function, *arguments)


def test_months_that_are_wholly_past_are_detached_with_all_their_rows(connection: psycopg.Connection) -> None:
    call(connection, "create_partitions", 3, "2031-10-01T00:00Z")
    row = add(connection, "Notification", "2031-11-30T23:59:59Z")
    detached = ["Notification_2031_10", "Notification_2031_11"]
    assert call(connection, "detach_partitions", "Notification", "2031-11-01T00:00Z") == detached[:1]
    assert call(connection, "detach_partitions", "Notification", "2031-12-31T23:59Z") == detached[1:]
    assert call(connection, "detach_partitions", "Notification", "2031-12-31T23:59Z") == []
    assert connection.execute('SELECT id FROM "Notification_2031_11"').fetchall() == [(row,)]
    assert connection.execute('SELECT FROM "Notification"').fetchall() == []


def test_detaching_from_what_is_not_partitioned_is_refused(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable, match='no table "User"'):
        call(connection, "detach_partitions", "User", "2031-12-31T23:59Z")


def test_the_initial_schema_runs_again_over_months(connection: psycopg.Connection) -> None:
    call(connection, "create_partitions", 1, "2031-11-01T00:00Z")
    execute(connection, INITIAL)
    assert call(connection, "missing_partitions", 1, "2031-11-01T00:00Z") == []


def test_months_that_an_administrator_makes_are_the_owner_s(empty: Login) -> None:
    with connect(empty) as owner:
        execute(owner, INITIAL)
    with connect({**empty, "user": "postgres"}) as administrator:
        call(administrator, "create_partitions", 0, "2031-11-01T00:00Z")
    with connect(empty) as owner:
        assert call(owner, "detach_partitions", "UsageLog", "2032-01-01T00:00Z") == ["UsageLog_2031_11"]
