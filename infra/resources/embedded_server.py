"""The embedded PostgreSQL server as a resource: it outlives the command, and each `up` finds it running."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from infra.cluster import HOST, Cluster, free_port
from infra.connection import ConnectionFailed, Login
from infra.flyway.cli.terminal import visible
from infra.resources import Provider, ResourceError, told_plainly
from infra.resources.password import verifier

_CONFIGURATION = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a socket's path is limited to 107 bytes, a project's is not
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",  # so that a week of logs is all that there ever is
}


class EmbeddedServerProvider(Provider):
    """Makes, starts, stops and removes a cluster in the folder that the inputs name, relative to the program's."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Choose a free port once; it stays the same for as long as the stack gives no other.

        The superuser stays too: a server with another one would be a new server, in the old one's folder.
        """
        news["port"] = news.get("port") or olds.get("port") or free_port()
        made_with = olds.get("user", news["user"])
        if news["user"] == made_with:
            return dynamic.CheckResult(news, [])
        reason = (
            f'the server was made with postgresUser "{visible(made_with)}", which cannot be changed: set it back, '
            "or run `make down` first, which destroys the server with its data"
        )
        return dynamic.CheckResult(news, [dynamic.CheckFailure("user", reason)])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """A server that does not run is a difference too, which `up` mends."""
        with told_plainly():
            changes = any(news[key] != olds[key] for key in ("port", "password")) or not _cluster(olds).running()
        return dynamic.DiffResult(changes)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        with told_plainly():
            cluster = _cluster(props)
            if not cluster.exists():
                cluster.init(props["user"], props["password"], _CONFIGURATION)
            cluster.start()
            _close_to_public(props)
        return dynamic.CreateResult(props["folder"], props)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        with told_plainly():
            _cluster(news).start()
            if news["password"] != olds["password"]:
                _change_password(news, olds["password"])
        return dynamic.UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Gone if its data is gone. That a server does not run is what `diff` tells, and `up` mends."""
        with told_plainly():
            return dynamic.ReadResult(id_, props) if _cluster(props).exists() else dynamic.ReadResult("", {})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        with told_plainly():
            _cluster(props).remove()


def _cluster(props: dict[str, Any]) -> Cluster:
    return Cluster(Path.cwd() / props["folder"], int(props["port"]))


def _login(props: dict[str, Any], password: str) -> Login:
    return Login(HOST, int(props["port"]), "postgres", props["user"], password)


def _close_to_public(props: dict[str, Any]) -> None:
    """Close PostgreSQL's own databases to all but the superuser: PUBLIC could make temporary tables there.

    Raises ResourceError where it cannot log in: a folder that was there before may be what an interrupted `up` left,
    or the data of another stack.
    """
    try:
        with _login(props, props["password"]).connect() as connection:
            connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    except ConnectionFailed as error:
        if not error.reached:
            raise
        raise ResourceError(
            f"{_cluster(props).data} holds the data of an earlier stack, whose password this one does not know: "
            f"move the folder away, or delete it if nothing in it is needed ({error})"
        ) from None


def _change_password(news: dict[str, Any], old: str) -> None:
    """Does nothing where the new password is in force already, as after an `up` that was stopped right here."""
    with contextlib.suppress(ConnectionFailed):
        _login(news, news["password"]).connect().close()
        return
    from psycopg import sql

    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
        sql.Identifier(news["user"]), sql.Literal(verifier(news["password"], "scram-sha-256"))
    )
    with _login(news, old).connect() as connection:
        connection.execute(statement)


class EmbeddedServer(dynamic.Resource, module="creativeflow", name="EmbeddedServer"):
    """A PostgreSQL 18 on 127.0.0.1."""

    host: pulumi.Output[str]
    port: pulumi.Output[float]
    password: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        folder: str,
        port: int | None,
        user: str,
        password: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Keep the cluster in `folder`, relative to the program's. A `port` of None is chosen once and kept."""
        props: dict[str, Any] = {"folder": folder, "host": HOST, "port": port, "user": user, "password": password}
        super().__init__(EmbeddedServerProvider(), name, props, opts)
