"""Databases for these tests: a migrated one to read and to roll back in, and empty ones to migrate."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.schema.scripts import INITIAL, PREFERENCES, Login, connect, create_schema, execute
from tests.servers import PASSWORD, temporary_database


@pytest.fixture(scope="session")
def owner(admin: psycopg.Connection) -> Iterator[str]:
    """A role that may log in and nothing else."""
    name = f"test_owner_{uuid.uuid4().hex[:12]}"
    admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD)))
    yield name
    admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def empty(database: Login, owner: str) -> Login:
    """A new database where `owner` owns an empty schema, and nothing else."""
    create_schema(database, owner)
    return {**database, "user": owner, "password": PASSWORD}


@pytest.fixture(scope="session")
def migrated(admin: psycopg.Connection) -> Iterator[Login]:
    """A database with all migrations, shared by the tests of this run: roll back what you write."""
    with temporary_database(admin) as login:
        create_schema(login, "postgres")
        with connect(login) as connection:
            execute(connection, INITIAL)
            execute(connection, PREFERENCES)
        yield login


@pytest.fixture
def connection(migrated: Login) -> Iterator[psycopg.Connection]:
    """A transaction in the migrated database, rolled back after the test."""
    with connect(migrated) as connection, connection.transaction(force_rollback=True):
        yield connection
