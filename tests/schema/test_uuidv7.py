"""Ids of version 7 are valid and in order, whether PostgreSQL makes them (18) or our function does (16 and 17)."""

from __future__ import annotations

import time
import uuid

import psycopg
import pytest

from tests.schema.scripts import SQL

FALLBACK = (SQL / "schema" / "functions" / "uuidv7.sql").read_text()


@pytest.fixture
def ids(connection: psycopg.Connection, request: pytest.FixtureRequest) -> list[uuid.UUID]:
    """A thousand ids of the server's own function, or of ours, made in another schema as if there were no other."""
    function = "uuidv7()"
    if request.param == "ours":
        assert "to_regprocedure('pg_catalog.uuidv7()')" in FALLBACK
        connection.execute("CREATE SCHEMA older; SET LOCAL search_path = older")
        connection.execute(FALLBACK.replace("'pg_catalog.uuidv7()'", "'pg_catalog.no_such_function()'").encode())
        function = "older.uuidv7()"
    return [id_ for (id_,) in connection.execute(f"SELECT {function} FROM generate_series(1, 1000)".encode())]


@pytest.mark.parametrize("ids", ["ours", "default"], indirect=True)
def test_they_are_valid_and_tell_the_time(ids: list[uuid.UUID]) -> None:
    assert {(id_.version, id_.variant) for id_ in ids} == {(7, uuid.RFC_4122)}
    assert len(set(ids)) == len(ids)
    assert abs((ids[0].int >> 80) / 1000 - time.time()) < 60


@pytest.mark.parametrize("ids", ["ours", "default"], indirect=True)
def test_they_are_in_order_to_the_microsecond(ids: list[uuid.UUID]) -> None:
    stamps = [id_.int >> 64 for id_ in ids]
    assert stamps == sorted(stamps)
    assert len(set(stamps)) > len(ids) / 10


def test_a_server_that_has_the_function_keeps_its_own(connection: psycopg.Connection) -> None:
    [(version, ours)] = connection.execute(
        "SELECT current_setting('server_version_num')::int, to_regprocedure('creativeflow.uuidv7()') IS NOT NULL"
    ).fetchall()
    assert ours == (version < 180000)
