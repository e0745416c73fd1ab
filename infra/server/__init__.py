"""Where PostgreSQL runs is a choice of the stack: one module for each kind of server, each returning an Endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi

from infra.settings import ServerSettings


@dataclass(frozen=True)
class Upkeep:
    """What makes months ahead between two `up`: a login of the upkeep role, and where and how many."""

    user: str
    password: pulumi.Input[str]
    database: str
    schema: str
    months: int


@dataclass(frozen=True)
class Endpoint:
    """A server, how to reach it, and its administrator.

    `resource` takes all that is in the server with it when it is destroyed; None where each is destroyed by itself. Who
    logs in waits for what is `ready` first, beside what the other fields wait for.
    """

    host: pulumi.Input[str]
    port: pulumi.Input[int]
    user: str
    password: pulumi.Input[str]
    sslmode: str
    sslrootcert: str | None
    resource: pulumi.Resource | None
    ready: Sequence[pulumi.Resource] = ()
    finish: Callable[[Upkeep, Sequence[pulumi.Resource]], None] | None = None
    """Declares what the server has after all the rest of the stack, which is its second argument."""


def provision(settings: ServerSettings, database: str, opts: pulumi.ResourceOptions) -> Endpoint:
    """Make sure that there is a server, of the kind that the stack chose. `opts` are those of what holds its data."""
    if settings.kind == "embedded":
        from infra.server import embedded  # noqa: PLC0415 - a stack loads its own kind of server alone

        return embedded.provision(settings, opts)
    if settings.kubernetes is not None:
        from infra.server import kubernetes  # noqa: PLC0415

        return kubernetes.provision(settings, settings.kubernetes, database, opts)
    from infra.server import external  # noqa: PLC0415

    return external.provision(settings, database)
