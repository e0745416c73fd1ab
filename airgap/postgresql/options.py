"""The provider's own options: which server, as whom, and how."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure

from airgap.errors import PluginError
from airgap.postgresql.check import coerced, failures_of
from airgap.postgresql.table import Kind, Property
from airgap.postgresql.values import UNKNOWN, plain_map

_ENGINES = {"version", "pluginDownloadURL"}
"""What the engine itself may put among the options of a provider."""

OPTIONS = (
    Property("host"),
    Property("port", Kind.INTEGER, minimum=1),
    Property("username"),
    Property("password", secret=True),
    Property("database"),
    Property("databaseUsername"),
    Property("superuser", Kind.BOOLEAN),
    Property("sslmode", choices=("disable", "allow", "prefer", "require", "verify-ca", "verify-full")),
    Property("sslMode"),
    Property("sslrootcert"),
    Property("connectTimeout", Kind.INTEGER, minimum=-1),
    Property("maxConnections", Kind.INTEGER, minimum=-1),
    Property("expectedVersion"),
    Property("scheme", choices=("postgres",)),
    Property("clientcert", Kind.OBJECT, unsupported=True),
    Property("awsRdsIamAuth", Kind.BOOLEAN, unsupported=True),
    Property("awsRdsIamProfile", unsupported=True),
    Property("awsRdsIamProviderRoleArn", unsupported=True),
    Property("awsRdsIamRegion", unsupported=True),
    Property("azureIdentityAuth", Kind.BOOLEAN, unsupported=True),
    Property("azureTenantId", unsupported=True),
    Property("gcpIamImpersonateServiceAccount", unsupported=True),
)


@dataclass(frozen=True)
class Server:
    """Where and how to log in."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    database: str
    role: str
    """The user's name inside the database, which a user name map can make another than `username`."""
    superuser: bool
    sslmode: str
    sslrootcert: str
    connect_timeout: int
    max_connections: int


def check_options(given: Mapping[str, PropertyValue]) -> list[CheckFailure]:
    """What is wrong with the options of a provider."""
    return list(failures_of("the provider", OPTIONS, _known(given)))


def server(given: Mapping[str, PropertyValue]) -> Server | None:
    """The server that the options name, or None while one of them is unknown.

    What is left out comes from PostgreSQL's environment variables, else from the official plugin's defaults. Its
    driver asks for TLS where no sslmode is set. Raises PluginError for options that check_options refuses.
    """
    options = plain_map(_known(given))
    if UNKNOWN in options.values():
        return None
    if failures := check_options(given):
        raise PluginError("; ".join(f"the provider's {each.property}: {each.reason}" for each in failures))
    username = options.get("username") or os.environ.get("PGUSER", "postgres")
    return Server(
        host=options.get("host") or os.environ.get("PGHOST", "localhost"),
        port=options.get("port") or int(os.environ.get("PGPORT", "5432")),
        username=username,
        password=options.get("password") or os.environ.get("PGPASSWORD", ""),
        database=options.get("database") or os.environ.get("PGDATABASE", "postgres"),
        role=options.get("databaseUsername") or username,
        superuser=options.get("superuser", os.environ.get("PGSUPERUSER", "true") in ("1", "t", "true", "TRUE", "True")),
        sslmode=options.get("sslmode") or os.environ.get("PGSSLMODE") or options.get("sslMode") or "require",
        sslrootcert=options.get("sslrootcert", ""),
        connect_timeout=options.get("connectTimeout", int(os.environ.get("PGCONNECT_TIMEOUT", "180"))),
        max_connections=options.get("maxConnections", 20),
    )


def _known(given: Mapping[str, PropertyValue]) -> dict[str, PropertyValue]:
    own = {name: value for name, value in given.items() if not name.startswith("__") and name not in _ENGINES}
    return dict(coerced(OPTIONS, own))
