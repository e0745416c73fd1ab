"""What this project does is what Flyway does, case by case, but for listed deviations, each with its reason."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.flyway import as_flyway, recorded
from tests.servers import PASSWORD, temporary_cluster

# name: reason
DEVIATIONS = dict(
    line.split(": ", 1)
    for line in (Path(__file__).parent / "deviations.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


@pytest.fixture(scope="module")
def administrator() -> Iterator[psycopg.Connection]:
    """The superuser of a server that asks nobody for a password, as the one on which the cases were recorded."""
    with temporary_cluster() as cluster:
        (cluster.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
        with psycopg.connect(
            host="127.0.0.1", port=cluster.port, user="postgres", password=PASSWORD, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("SELECT pg_reload_conf()")
            yield connection


@pytest.fixture
def empty(administrator: psycopg.Connection) -> Iterator[dict[str, object]]:
    """What psycopg.connect needs to reach a new, empty database."""
    name = f"case_{uuid.uuid4().hex[:12]}"
    administrator.execute(sql.SQL("CREATE DATABASE {} STRATEGY file_copy").format(sql.Identifier(name)))
    yield {"host": "127.0.0.1", "port": administrator.info.port, "user": "postgres", "dbname": name}
    administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("name", recorded.names())
def test_a_case_ends_as_with_flyway(name: str, empty: dict[str, object], tmp_path: Path) -> None:
    done = recorded.replay(name, as_flyway.run, empty, tmp_path / "scripts")
    different = list(recorded.differences(recorded.expected(name), done))
    if name in DEVIATIONS:
        assert different, f"{name} does what Flyway does: remove it from deviations.txt"
    else:
        assert different == []


def test_every_deviation_is_of_a_case() -> None:
    assert set(DEVIATIONS) <= set(recorded.names())
    assert len(DEVIATIONS) <= 15
