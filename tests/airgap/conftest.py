"""Fixtures for the stand-in of pulumi-resource-postgresql: an engine on the real server, and difficult names."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.cluster import Cluster
from tests.airgap.postgresql_engine import Engine, Resource


@dataclass(frozen=True)
class Names:
    """Names of one test, with a quote, a space and an uppercase letter in each."""

    prefix: str

    def __call__(self, label: str) -> str:
        return f'{self.prefix} "{label}"'


@dataclass(frozen=True)
class Place:
    """A database of one test, and an engine whose provider is its superuser."""

    engine: Engine
    login: dict[str, Any]

    @property
    def database(self) -> str:
        return str(self.login["dbname"])

    def sql(self, statement: str, *names: str, **login: Any) -> list[tuple[Any, ...]]:
        """Run `statement`, whose `{}` are the identifiers `names`; what it finds. `login` is another's than root's."""
        with psycopg.connect(**self.login | login, autocommit=True) as connection:
            cursor = connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
            return cursor.fetchall() if cursor.description is not None else []

    def value(self, query: str, *names: str, **login: Any) -> Any:
        """The first column of the first row that `query` finds."""
        return self.sql(query, *names, **login)[0][0]

    def may(self, role: str, what: str, thing: str, privilege: str) -> bool:
        """Whether `role` has `privilege` on the `thing`, by PostgreSQL's has_…_privilege."""
        return bool(self.value(f"SELECT has_{what}_privilege('{role}', '{thing}', '{privilege}')"))

    def refreshed(self, resource: Resource) -> Resource:
        """The resource after a refresh that finds it."""
        found = self.engine.refresh(resource)
        assert found is not None
        return found

    def engine_as(self, **options: Any) -> Engine:
        """An engine with other options for its provider."""
        return Engine.configured(**options_for(self.login) | options)


def options_for(login: dict[str, Any]) -> dict[str, Any]:
    """The options of a provider that logs in as psycopg does with `login`."""
    names = {"host": "host", "port": "port", "user": "username", "password": "password", "dbname": "database"}
    return {names[key]: value for key, value in login.items()} | {"sslmode": "disable"}


@pytest.fixture
def names(admin: psycopg.Connection) -> Iterator[Names]:
    """Makes names. Databases and roles that bear one, or start with the prefix, are dropped after the test."""
    prefix = f"T {uuid.uuid4().hex[:8]}"
    yield Names(prefix)
    _drop_all(admin, "DROP DATABASE {}", "pg_database", "datname", prefix)
    _drop_all(admin, "DROP OWNED BY {}", "pg_roles", "rolname", prefix)
    _drop_all(admin, "DROP ROLE {}", "pg_roles", "rolname", prefix)


def _drop_all(admin: psycopg.Connection, statement: str, catalog: str, column: str, prefix: str) -> None:
    query = f"SELECT {column} FROM {catalog} WHERE starts_with({column}, %s)"
    for (name,) in admin.execute(query, [prefix]).fetchall():
        admin.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture
def place(names: Names, server: Cluster, database: dict[str, Any]) -> Place:
    """A new database, and an engine. `names` comes first, so that the database goes before its roles do."""
    return Place(Engine.configured(**options_for(database)), database)


@pytest.fixture
def engine(place: Place) -> Engine:
    """The engine whose provider is the superuser."""
    return place.engine


@pytest.fixture
def app(place: Place, names: Names) -> str:
    """A role, and in the database a schema "My s" with two tables, a sequence, a view and two functions f."""
    place.sql("CREATE ROLE {}", names("app"))
    place.sql('CREATE SCHEMA "My s"')
    place.sql('CREATE TABLE "My s"."First t" (id int, "Its c" int); CREATE TABLE "My s".second (id int)')
    place.sql('CREATE SEQUENCE "My s".seq; CREATE VIEW "My s".v AS SELECT 1')
    place.sql('CREATE FUNCTION "My s".f(int, text) RETURNS int LANGUAGE sql AS $$SELECT 1$$')
    place.sql('CREATE FUNCTION "My s".f(int) RETURNS int LANGUAGE sql AS $$SELECT 1$$')
    return names("app")
