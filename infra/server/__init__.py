"""Where PostgreSQL runs is a choice of the stack: one module for each kind of server, each returning an Endpoint."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.settings import ServerSettings


@dataclass(frozen=True)
class Endpoint:
    """A server, how to reach it, and its administrator.

    `resource` is what the server is in this stack, or None where it is not this stack's.
    """

    host: pulumi.Input[str]
    port: pulumi.Input[int]
    user: str
    password: pulumi.Input[str]
    sslmode: str
    sslrootcert: str | None
    resource: pulumi.Resource | None


def provision(settings: ServerSettings, database: str, opts: pulumi.ResourceOptions) -> Endpoint:
    """Make sure that there is a server, of the kind that the stack chose. `opts` are those of what holds its data."""
    if settings.kind == "embedded":
        from infra.server import embedded  # noqa: PLC0415 - a stack loads its own kind of server alone

        return embedded.provision(settings, opts)
    from infra.server import external  # noqa: PLC0415

    return external.provision(settings, database)
