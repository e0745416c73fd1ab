"""A database with something of every kind in it, to change and roll back in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.schema.scripts import Login, connect, create_schema
from tests.servers import temporary_database

RICH = Path(__file__).parent / "rich.sql"


@pytest.fixture(scope="session")
def rich_database(admin: psycopg.Connection) -> Iterator[Login]:
    """A database with the objects of rich.sql in the schema `s`, shared by the tests of this run."""
    with temporary_database(admin) as login:
        create_schema(login, "postgres", "s")
        with connect(login, "s") as connection:
            connection.execute(RICH.read_bytes())
        yield login


@pytest.fixture
def rich(rich_database: Login) -> Iterator[psycopg.Connection]:
    """A transaction in that database, rolled back after the test."""
    with connect(rich_database, "s") as connection, connection.transaction(force_rollback=True):
        yield connection
