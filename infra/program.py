"""The whole stack on one page, in the order in which things come to be."""

from __future__ import annotations

import atexit
import gc
import os
import urllib.parse
from collections.abc import Mapping

import pulumi

from infra import access, config, server, settings
from infra.resources.login import LoginInputs
from infra.resources.migrations import Migrations
from infra.resources.partitions import Partitions
from infra.resources.password import Password
from infra.resources.seeds import Seeds
from infra.server import Endpoint, Upkeep
from infra.settings import Settings, SettingsError


def main() -> None:
    """Read the stack's config and declare its resources. A mistake in the config ends the run with what to do."""
    _spare_garbage_collection()
    try:
        provision(_settings())
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _spare_garbage_collection() -> None:
    """This process lives for a second; looking for garbage at its end alone would take a tenth of that."""
    gc.disable()
    atexit.register(gc.freeze)


def provision(stack: Settings) -> None:
    """Server, access, migrations, partitions, seeds, outputs."""
    data = pulumi.ResourceOptions(protect=stack.protect, retain_on_delete=stack.protect)
    endpoint = server.provision(stack.server, stack.database, data)
    roles = access.grant(stack, endpoint, data)
    migrator = LoginInputs(
        host=endpoint.host,
        port=endpoint.port,
        database=stack.database,
        user=roles.names["migrator"],
        password=roles.passwords["migrator"],
        sslmode=endpoint.sslmode,
        sslrootcert=endpoint.sslrootcert,
    )
    within = pulumi.ResourceOptions(depends_on=roles.resources, deleted_with=endpoint.resource)
    migrations = Migrations(
        "migrations",
        migrator,
        stack.flyway,
        owner=roles.owner,
        reader=roles.names["readonly"],
        upkeep=roles.names["upkeep"],
        on_drift=stack.on_drift,
        opts=within,
    )
    migrated = pulumi.ResourceOptions(depends_on=[migrations], deleted_with=endpoint.resource)
    schema = stack.flyway.default_schema
    partitions = Partitions("partitions", migrator, schema=schema, months=stack.partition_months, opts=migrated)
    administrator = Administrator(stack)
    seeds = Seeds(
        "seeds",
        migrator,
        schema=schema,
        admin_email=stack.admin_email,
        admin_password_hash=administrator.password_hash,
        opts=migrated,
    )
    if endpoint.finish is not None:
        upkeep = Upkeep(
            roles.names["upkeep"], roles.passwords["upkeep"], stack.database, schema, stack.partition_months
        )
        endpoint.finish(upkeep, [partitions, seeds, *roles.resources])
    _export(stack, endpoint, roles, migrations, administrator)


class Administrator:
    """The application's first administrator: a hash from the stack's config, else one of a generated password."""

    def __init__(self, stack: Settings) -> None:
        self.email = stack.admin_email
        self.password: pulumi.Output[str] | None = None
        if stack.admin_password_hash is not None:
            self.password_hash = pulumi.Output.secret(stack.admin_password_hash)
        else:
            generated = Password("application-admin-password", "argon2id")
            self.password, self.password_hash = generated.value, generated.verifier


def _export(
    stack: Settings, endpoint: Endpoint, roles: access.Access, migrations: Migrations, administrator: Administrator
) -> None:
    pulumi.export("host", endpoint.host)
    pulumi.export("port", endpoint.port)
    pulumi.export("database", stack.database)
    pulumi.export("schemas", list(stack.flyway.schemas))
    pulumi.export("schemaVersion", migrations.schemaVersion)
    pulumi.export("adminDsn", _dsn(stack, endpoint, endpoint.user, endpoint.password))
    for role, name in roles.names.items():
        pulumi.export(f"{role}Dsn", _dsn(stack, endpoint, name, roles.passwords[role]))
    pulumi.export("applicationAdminEmail", administrator.email)
    if administrator.password is not None:
        pulumi.export("applicationAdminPassword", administrator.password)


def _dsn(stack: Settings, endpoint: Endpoint, user: str, password: pulumi.Input[str]) -> pulumi.Output[str]:
    """How `user` connects. Secret, as its password is."""
    options = {"sslmode": endpoint.sslmode}
    if endpoint.sslmode.startswith("verify-"):
        options["sslrootcert"] = endpoint.sslrootcert or "system"  # of the machine that the URI is used on

    def compose(known: tuple[str, int, str]) -> str:
        host, port, secret = known
        return connection_uri(host, port, stack.database, user=user, password=secret, options=options)

    return pulumi.Output.secret(pulumi.Output.all(endpoint.host, endpoint.port, password).apply(compose))  # type: ignore[arg-type]


def connection_uri(host: str, port: int, database: str, *, user: str, password: str, options: Mapping[str, str]) -> str:
    """As libpq reads it: https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING-URIS"""
    name, key, base = (urllib.parse.quote(part, safe="") for part in (user, password, database))
    address = urllib.parse.quote(host, safe=":")
    place = f"[{address}]" if ":" in host else address  # of IPv6
    query = urllib.parse.urlencode(options, quote_via=urllib.parse.quote)  # libpq knows no + for a blank
    return f"postgresql://{name}:{key}@{place}:{port}/{base}?{query}"


def _settings() -> Settings:
    """What this stack's config and the environment say."""
    prefix = f"{config.PROJECT}:"
    given = pulumi.runtime.get_config_env()
    stack = {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}
    secret = {key.removeprefix(prefix) for key in pulumi.runtime.get_config_secret_keys_env()}
    return settings.load(stack, secret, os.environ)
