"""PostgreSQL on this machine, for development: a cluster of this stack's own under .local."""

from __future__ import annotations

import pulumi

from infra.resources.embedded_server import EmbeddedServer
from infra.resources.password import Password
from infra.server import Endpoint
from infra.settings import ServerSettings


def provision(settings: ServerSettings, opts: pulumi.ResourceOptions) -> Endpoint:
    """Make, or start again, the stack's cluster. Its administrator's password is given by the stack or generated."""
    password = Password("admin-password", "scram-sha-256", settings.password)
    server = EmbeddedServer(
        "server",
        folder=f".local/postgres/{pulumi.get_stack()}",
        port=settings.port,
        user=settings.user,
        password=password.value,
        opts=opts,
    )
    return Endpoint(
        host=server.host,
        port=server.port.apply(int),
        user=settings.user,
        password=server.password,
        sslmode=settings.sslmode,
        sslrootcert=settings.sslrootcert,
        resource=server,
    )
