"""A server that exists: used with as few rights as possible, and looked at before anything happens."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from infra.cluster import Cluster, free_port
from tests.stack import tls
from tests.stack.external import External, on_shared_server
from tests.stack.project import Project

SOON = 20  # seconds: five to log in, and what a busy machine takes for the rest


@pytest.fixture
def external(project: Project, server: Cluster, admin: psycopg.Connection) -> Iterator[External]:
    with on_shared_server(project, server, admin) as stack:
        yield stack


def test_up_and_down_with_an_administrator_who_is_no_superuser(external: External, admin: psycopg.Connection) -> None:
    project = external.project
    project.up()
    project.up("--expect-no-changes")
    project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
    with project.connect("app") as app:
        assert app.execute('SELECT count(*) FROM "User"').fetchone() == (1,)
    project.succeed("destroy", "--yes", "--skip-preview", "--stack", "dev")
    left = admin.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [external.database]).fetchall()
    assert left == [(external.user,)]
    assert admin.execute("SELECT FROM pg_database WHERE datname = %s", [external.database]).fetchall() == []


def test_a_protected_database_is_not_destroyed(external: External) -> None:
    external.set(protect="true")
    external.project.up()
    message = external.project.fail("destroy", "--yes", "--skip-preview", "--stack", "dev")
    assert "protect" in message
    with external.project.connect("app") as app:
        assert app.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


def test_a_wrong_password_is_told_at_once(external: External) -> None:
    external.set(postgresPassword="not-the-password")
    message = external.project.fail("preview", "--stack", "dev")
    assert f'password authentication failed for user "{external.user}"' in message
    assert "check the user and the password" in message
    assert "not-the-password" not in message


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_stopped_server_is_told_soon_and_can_still_be_previewed(external: External, host: str) -> None:
    external.set(postgresPort=str(free_port()), postgresHost=host)
    started = time.monotonic()
    message = external.project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
    assert time.monotonic() - started < SOON
    assert f"{host}:" in message
    assert "postgresHost" in message
    assert "could not compare the database" in external.project.succeed("preview", "--stack", "dev")


def test_a_server_that_accepts_and_never_answers_is_told_soon(external: External) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        external.set(postgresPort=str(silent.getsockname()[1]))
        started = time.monotonic()
        message = external.project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
        assert time.monotonic() - started < SOON
    assert "timeout" in message


def test_a_missing_right_is_told_with_the_statement_that_gives_it(
    external: External, admin: psycopg.Connection
) -> None:
    user = sql.Identifier(external.user)
    admin.execute(sql.SQL("ALTER ROLE {} NOCREATEDB").format(user))
    message = external.project.fail("preview", "--stack", "dev")
    assert f'may not make database {external.database}: ALTER ROLE "{external.user}" CREATEDB' in message

    admin.execute(sql.SQL("ALTER ROLE {} NOCREATEROLE").format(user))
    message = external.project.fail("preview", "--stack", "dev")
    assert f'ALTER ROLE "{external.user}" CREATEROLE' in message


def test_a_database_in_another_encoding_is_refused(external: External, admin: psycopg.Connection) -> None:
    """Pulumi would replace it, which is to drop it, where the stack does not protect it."""
    names = {"database": sql.Identifier(external.database), "owner": sql.Identifier(f"{external.database}_owner")}
    admin.execute(sql.SQL("CREATE ROLE {owner}").format(**names))
    create = "CREATE DATABASE {database} OWNER {owner} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
    admin.execute(sql.SQL(create).format(**names))
    message = external.project.fail("preview", "--stack", "dev")
    assert f"database {external.database} is in LATIN1, and this needs UTF8" in message


def test_a_server_is_verified_by_its_certificate(external: External) -> None:
    """The whole stack over TLS: refused with another authority than the one that signed, made with that."""
    with tls.speaking_tls(external.port) as port:
        external.set(postgresPort=str(port), postgresHost="localhost", postgresSslMode="verify-full")
        assert "certificate verify failed" in external.project.fail("preview", "--stack", "dev")
        external.set(postgresSslRootCert=str(tls.FOLDER / "other-ca.pem"))
        assert "certificate verify failed" in external.project.fail("preview", "--stack", "dev")

        external.set(postgresSslRootCert=str(tls.FOLDER / "ca.pem"))
        external.project.up()
        assert "sslmode=verify-full&sslrootcert=" in external.project.outputs()["appDsn"]
        with external.project.connect("app") as app:
            assert app.execute('SELECT count(*) FROM "User"').fetchone() == (1,)
        external.project.succeed("destroy", "--yes", "--skip-preview", "--stack", "dev")


def test_a_mode_that_proves_nothing_is_a_warning(external: External) -> None:
    external.set(postgresSslMode="require")
    message = external.project.fail("preview", "--stack", "dev")
    assert "postgresSslMode require does not prove that the server is the right one" in message
    assert "server does not support SSL" in message
