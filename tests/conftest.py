"""Fixtures that every folder of tests may use: a real server for the whole run, and a new database for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import configuration

from infra.cluster import Cluster
from tests.servers import PASSWORD, ROOT, temporary_cluster, temporary_database

configuration.set_hypothesis_home_dir(ROOT / ".local" / "cache" / "hypothesis")


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """A running PostgreSQL 18, shared by the tests of this run; or the one that tests/older.py has started."""
    if port := os.environ.get("TEST_SERVER_PORT"):
        yield Cluster(Path(os.devnull), int(port))
        return
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
def database(admin: psycopg.Connection) -> Iterator[dict[str, object]]:
    """What psycopg.connect needs to reach a new, empty database as superuser. It is dropped after the test."""
    with temporary_database(admin) as login:
        yield login
