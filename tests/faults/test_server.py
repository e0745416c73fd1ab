"""A server that cannot do its work: full, out of connections, read-only, too old, restored. The next run finishes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.cluster import Cluster, free_port
from infra.connection import ConnectionFailed, Login
from infra.programs import account_for, program, run
from infra.server.external import require_fitness
from infra.settings import SettingsError
from infra.throwaway import throwaway_cluster
from tests.faults import proxies
from tests.faults.command import Command
from tests.faults.proxies import listener
from tests.faults.smalldisk import server_on_a_small_disk
from tests.servers import PASSWORD, SETTINGS, guarded
from tests.stack.test_external import External

UP = ("up", "--yes", "--skip-preview", "--stack", "dev")
READ_ONLY = "the database is read-only: use the primary's address, or RESET default_transaction_read_only"
FILL = "TABLE filled AS SELECT repeat(md5(i::text), 30) FROM generate_series(1, 120000) AS i;"


@pytest.fixture(scope="module")
def small() -> Iterator[Cluster]:
    """A server with room for six connections, which a standby can follow."""
    with throwaway_cluster(PASSWORD, {**SETTINGS, "max_connections": "6", "max_wal_senders": "2"}) as cluster:
        yield cluster


def reach(port: int, **other: Any) -> dict[str, Any]:
    """What psycopg.connect needs to reach the server on `port` as superuser."""
    return {"host": "127.0.0.1", "port": port, "user": "postgres", "password": PASSWORD, "dbname": "postgres", **other}


def execute(login: Mapping[str, Any], statement: str, *names: str) -> None:
    """Run a statement, also in a database that is read-only."""
    with psycopg.connect(**login, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.mark.skipif(os.geteuid() != 0, reason="to mount a small disk takes root")
@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (f"CREATE UNLOGGED {FILL}", "the server's disk is full: free some space there, and run this again"),
        (f"CREATE {FILL}", "the connection was lost"),  # where the log finds no room, the server ends
    ],
)
def test_a_full_disk_is_named_and_once_there_is_room_the_next_run_finishes(
    command: Command, fill: str, said: str
) -> None:
    command.write(V1__a="CREATE TABLE a (i int);", V2__fill=fill, V3__c="CREATE TABLE c (i int);")
    with server_on_a_small_disk() as disk:
        full = replace(command, database=reach(disk.port))
        error = full.run("migrate").error()
        assert error.startswith("V2__fill.sql")
        assert said in error
        disk.grow()
        assert full.run("migrate", "-connectRetries=10").code == 0
        assert full.applied() == ["V1__a.sql", "V2__fill.sql", "V3__c.sql"]


def test_a_server_out_of_connections_is_named(command: Command, small: Cluster) -> None:
    command.write(V1__a="CREATE TABLE a (i int);")
    crowded = replace(command, database=reach(small.port, dbname="crowded"))
    execute(reach(small.port), "CREATE DATABASE {}", "crowded")
    with contextlib.ExitStack() as connections:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                connections.enter_context(contextlib.closing(psycopg.connect(**reach(small.port))))
        error = crowded.run("migrate").error()
        assert "too many clients already" in error
        assert error.endswith("close connections that nobody needs, or raise the limit, and run this again")
        with pytest.raises(ConnectionFailed, match="too many clients already; close connections that nobody needs"):
            Login("127.0.0.1", small.port, "postgres", "postgres", PASSWORD).connect()
    assert crowded.run("migrate", "-connectRetries=5").code == 0


def test_a_database_that_is_read_only_is_named_and_when_it_is_no_more_the_next_run_finishes(command: Command) -> None:
    command.write(V1__a="CREATE TABLE a (i int);")
    name = str(command.database["dbname"])
    execute(command.database, "ALTER DATABASE {} SET default_transaction_read_only = on", name)
    assert command.run("migrate").error().endswith(f"(SQLSTATE 25006); {READ_ONLY}")
    execute(command.database, "ALTER DATABASE {} RESET default_transaction_read_only", name)
    assert command.run("migrate").code == 0
    command.write(V2__b="CREATE TABLE b (i int);")
    execute(command.database, "ALTER DATABASE {} SET default_transaction_read_only = on", name)
    assert command.run("migrate").error().startswith("V2__b.sql")
    assert command.run("info").code == 0
    execute(command.database, "ALTER DATABASE {} RESET default_transaction_read_only", name)
    assert command.run("migrate").code == 0
    assert command.applied() == ["V1__a.sql", "V2__b.sql"]


def test_a_standby_is_named_can_be_asked_and_after_a_failover_the_next_run_finishes(
    command: Command, small: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    command.write(V1__a="CREATE TABLE a (i int);")
    with standby_of(small) as standby:
        there = replace(command, database=reach(standby.port))
        assert there.run("migrate").error().endswith(f"(SQLSTATE 25006); {READ_ONLY}")
        assert there.run("info").code == 0
        with psycopg.connect(**there.database) as connection, pytest.raises(SettingsError, match="is a standby, which"):
            require_fitness(connection)
        execute(there.database, "SELECT pg_promote()")
        assert there.run("migrate").code == 0
        assert there.applied() == ["V1__a.sql"]


@contextlib.contextmanager
def standby_of(primary: Cluster) -> Iterator[Cluster]:
    """A standby that follows `primary`, gone after the block."""
    cluster = Cluster(primary.folder.parent / f"{primary.folder.name}-standby", free_port())
    with guarded(cluster):
        cluster.init("postgres", PASSWORD, {})  # for a folder that the server's account can reach
        account = account_for(cluster.data)
        shutil.rmtree(cluster.data)
        source = f"host=127.0.0.1 port={primary.port} user=postgres password={PASSWORD}"
        options = ("--checkpoint=fast", "--write-recovery-conf", "--no-sync", f"--pgdata={cluster.data}")
        run(cluster.program("pg_basebackup", account), f"--dbname={source}", *options, account=account)
        cluster.start()
        yield cluster


def test_a_stack_is_not_made_on_a_server_that_is_read_only_or_too_old(
    external: External, admin: psycopg.Connection
) -> None:
    role = sql.Identifier(external.user)
    admin.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role))
    message = external.project.fail("preview", "--stack", "dev")
    assert f"is read-only for {external.user} (postgresUser): RESET default_transaction_read_only" in message
    admin.execute(sql.SQL("ALTER ROLE {} RESET default_transaction_read_only").format(role))
    with listener(proxies.claiming(external.port, b"15")) as port:
        external.set(postgresPort=str(port))
        message = external.project.fail(*UP)
        assert f"127.0.0.1:{port} is PostgreSQL 15, and this needs 16 or newer" in message
    external.set(postgresPort=str(external.port))
    external.project.up()


def test_a_database_restored_from_an_older_dump_is_brought_forward(
    external: External, admin: psycopg.Connection, tmp_path: Path
) -> None:
    project, place = external.project, f"postgresql://postgres:{PASSWORD}@127.0.0.1:{external.port}"
    project.up()
    dump = ["--format=custom", "--create", f"--file={tmp_path / 'dump'}", f"{place}/{external.database}"]
    subprocess.run([program("pg_dump"), *dump], check=True)
    project.write("sql/migrations/V003__Add_nickname.sql", 'ALTER TABLE "User" ADD COLUMN nickname text;\n')
    project.write("sql/seeds/03_Nickname.sql", """UPDATE "User" SET nickname = 'chief';\n""")
    project.up()
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(external.database)))
    restore = ["--create", f"--dbname={place}/postgres", str(tmp_path / "dump")]
    subprocess.run([program("pg_restore"), *restore], check=True)
    forward = project.up()
    assert "V003__Add_nickname.sql: applied in" in forward
    assert "03_Nickname.sql: applied in" in forward
    project.up("--expect-no-changes")
    with project.connect("app") as app:
        assert app.execute('SELECT count(nickname) FROM "User"').fetchone() == (1,)


def test_a_password_that_is_rotated_works_at_once_and_the_old_one_is_refused(external: External) -> None:
    project = external.project
    project.up()
    before = project.outputs()
    secrets = [("--secret", f"creativeflow:{role}Password=the-new-one-of-{role}") for role in ("migrator", "app")]
    project.succeed("config", "set-all", "--stack", "dev", *secrets[0], *secrets[1])
    assert "applied in" not in project.up()
    for role in ("migrator", "app"):
        project.connect(role).close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(before[f"{role}Dsn"])
    project.connect("readonly").close()
    project.up("--expect-no-changes")
