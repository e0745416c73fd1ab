"""On two years of rows, a million in "CreditTransaction", each query finds its rows by the index made for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.schema.scripts import INITIAL, PREFERENCES, connect, create_schema, execute
from tests.servers import temporary_database
from tools.bench.workload import CREDIT_TRANSACTIONS, MONTHS, QUERIES, Query, fill

pytestmark = pytest.mark.xdist_group("two years of rows")  # which take longer to make than all else here
PARENT = """
    SELECT coalesce(max(p.relname), %(name)s)
    FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
    WHERE c.relname = %(name)s AND c.relnamespace = current_schema()::regnamespace
"""


@pytest.fixture(scope="module")
def busy(admin: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A database that is full, and dropped after the tests of this module."""
    with temporary_database(admin) as login:
        create_schema(login, "postgres")
        with connect(login) as connection:
            execute(connection, INITIAL)
            execute(connection, PREFERENCES)
            fill(connection)
            yield connection


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explain(connection: psycopg.Connection, query: Query) -> list[dict[str, Any]]:
    """Every node of the plan, but what is done to DEFAULT partitions: they are empty, and any way is as good."""
    ((plans,),) = connection.execute(f"EXPLAIN (FORMAT JSON) {query.text}").fetchall()  # type: ignore[arg-type]
    return [node for node in nodes(plans[0]["Plan"]) if not node.get("Relation Name", "").endswith("_default")]


def test_there_are_two_years_of_rows_and_none_astray(busy: psycopg.Connection) -> None:
    found = busy.execute('SELECT count(*), count(DISTINCT tableoid) FROM "CreditTransaction"').fetchone()
    assert found == (CREDIT_TRANSACTIONS, MONTHS)
    assert busy.execute("SELECT * FROM stray_rows()").fetchall() == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_uses_the_index_that_was_made_for_it(busy: psycopg.Connection, query: Query) -> None:
    plan = explain(busy, query)
    used = {node["Index Name"] for node in plan if "Index Name" in node}
    assert {busy.execute(PARENT, {"name": name}).fetchone() for name in used} == {(query.index,)}
    assert [node for node in plan if node["Node Type"] == "Seq Scan"] == []


@pytest.mark.parametrize("query", [query for query in QUERIES if query.months], ids=lambda query: query.name)
def test_a_query_of_some_weeks_looks_into_their_months_alone(busy: psycopg.Connection, query: Query) -> None:
    plan = explain(busy, query)
    months = {node["Relation Name"] for node in plan if "Relation Name" in node}
    removed = sum(node.get("Subplans Removed", 0) for node in plan)
    assert query.months is not None
    assert 1 <= len(months) <= query.months
    assert removed == MONTHS - len(months), "the others are known not to matter before any is opened"
