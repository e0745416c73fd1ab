"""A stack on a server that exists: the one of the tests, under a database and an administrator of its own."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from infra.cluster import Cluster
from tests.stack.project import Project
from tests.unit.test_settings import HASH


@dataclass(frozen=True)
class External:
    """A project whose stack `dev` is on the tests' shared server, under a database and an administrator of its own."""

    project: Project
    port: int
    database: str
    user: str
    password: str

    def set(self, **values: str) -> None:
        for key, value in values.items():
            secret = ["--secret"] if key in ("postgresPassword", "adminPasswordHash") else []
            self.project.succeed("config", "set", "--stack", "dev", *secret, f"creativeflow:{key}", value)


@contextlib.contextmanager
def on_shared_server(project: Project, server: Cluster, admin: psycopg.Connection) -> Iterator[External]:
    """The administrator may make roles and databases, and is no superuser, as at most clouds."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    stack = External(project, server.port, name, f"{name}_admin", "an-administrator")
    admin.execute(
        sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
            sql.Identifier(stack.user), stack.password
        )
    )
    stack.set(
        server="external",
        postgresHost="127.0.0.1",
        postgresPort=str(server.port),
        postgresUser=stack.user,
        postgresPassword=stack.password,
        postgresDb=name,
        postgresSslMode="disable",
        adminPasswordHash=HASH,
        protect="false",
    )
    yield stack
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    roles = admin.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [name]).fetchall()
    for (role,) in sorted(roles, key=lambda row: row[0] == stack.user):
        admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
