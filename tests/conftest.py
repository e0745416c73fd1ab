"""Fixtures that every folder of tests may use: a real server for the whole run, and a new database for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import configuration
from psycopg import sql

from infra.cluster import Cluster
from tests.servers import PASSWORD, ROOT, temporary_cluster

configuration.set_hypothesis_home_dir(ROOT / ".local" / "cache" / "hypothesis")


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """A running PostgreSQL 18, shared by the tests of this run."""
    with temporary_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def admin(server: Cluster) -> Iterator[psycopg.Connection]:
    """The superuser's connection to the database `postgres`, in autocommit."""
    with psycopg.connect(
        host="127.0.0.1", port=server.port, user="postgres", password=PASSWORD, dbname="postgres", autocommit=True
    ) as connection:
        yield connection


@pytest.fixture
def database(server: Cluster, admin: psycopg.Connection) -> Iterator[dict[str, object]]:
    """What psycopg.connect needs to reach a new, empty database as superuser. It is dropped after the test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield {"host": "127.0.0.1", "port": server.port, "user": "postgres", "password": PASSWORD, "dbname": name}
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
