"""Who may do what: four roles, the database, its schemas, and privileges that tables of tomorrow have too.

A NOLOGIN owner owns everything. The migrator is its member and acts as it from login on. The application reads and
writes rows, the read-only role reads them, and PUBLIC has nothing. Roles belong to the whole server, so that their
names begin with the database's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_postgresql as postgresql

from infra.resources.password import Password
from infra.server import Endpoint
from infra.settings import ROLES, Settings, owner

_MINUTE = 60_000  # milliseconds
# By object type, what the application and the read-only role may do with what the owner makes.
_PRIVILEGES = {
    "table": {"app": ["SELECT", "INSERT", "UPDATE", "DELETE"], "readonly": ["SELECT"]},
    "sequence": {"app": ["USAGE", "SELECT"], "readonly": ["SELECT"]},
    "function": {"app": ["EXECUTE"], "readonly": ["EXECUTE"]},
}


@dataclass(frozen=True)
class Access:
    """The owner, and the names and passwords of the roles that log in, by `migrator`, `app` and `readonly`."""

    owner: str
    names: dict[str, str]
    passwords: dict[str, pulumi.Output[str]]
    resources: list[pulumi.Resource]
    """All that must be there before a migration runs."""


def grant(settings: Settings, endpoint: Endpoint, data: pulumi.ResourceOptions) -> Access:
    """Make the roles, the database, the schemas and the privileges. `data` are the options of what holds data."""
    builder = _Builder(settings, endpoint, data)
    builder.roles()
    builder.database_and_schemas()
    builder.privileges()
    return Access(builder.owner, builder.names, builder.passwords, builder.made)


class _Builder:
    """Makes the resources one after the other: PostgreSQL refuses two changes at once to one object's privileges."""

    def __init__(self, settings: Settings, endpoint: Endpoint, data: pulumi.ResourceOptions) -> None:
        self.settings = settings
        self.database = settings.database
        self.owner = owner(settings.database)
        self.names = {role: f"{settings.database}_{role}" for role in ROLES}
        self.passwords: dict[str, pulumi.Output[str]] = {}
        self._grantees = {**self.names, "administrator": endpoint.user}
        self.made: list[pulumi.Resource] = []
        self._within = endpoint.resource
        """What takes all that is made from here on with it, when it is destroyed."""
        self._data = data
        self._provider = postgresql.Provider(
            "postgresql",
            host=endpoint.host,
            port=endpoint.port,
            username=endpoint.user,
            password=endpoint.password,
            sslmode=endpoint.sslmode,
            sslrootcert=endpoint.sslrootcert,
            connect_timeout=5,
            superuser=settings.server.kind == "embedded",  # whether it may compare passwords with pg_authid
        )

    def roles(self) -> None:
        """The owner first: the migrator is its member, and acts as it from login on."""
        self._role("owner", self.owner, login=False)
        path = list(self.settings.flyway.schemas)
        self._login("migrator", search_paths=path, roles=[self.owner], assume_role=self.owner)
        self._login(
            "app",
            search_paths=path,
            statement_timeout=_MINUTE // 2,
            idle_in_transaction_session_timeout=_MINUTE,
        )
        self._login(
            "readonly",
            search_paths=path,
            statement_timeout=5 * _MINUTE,
            idle_in_transaction_session_timeout=5 * _MINUTE,
        )

    def database_and_schemas(self) -> None:
        """All owned by the owner. PUBLIC may neither connect nor look into a schema."""
        database = postgresql.Database(
            "database", name=self.database, owner=self.owner, encoding="UTF8", opts=self._options(self._data)
        )
        self._add(database)
        self._within = self._within or database
        for schema in self.settings.flyway.schemas:
            self._add(
                postgresql.Schema(
                    f"schema-{schema}",
                    name=schema,
                    database=self.database,
                    owner=self.owner,
                    opts=self._options(self._data),
                )
            )

    def privileges(self) -> None:
        """What each role may do, and what PUBLIC may no longer do."""
        if self.settings.server.kind != "embedded":  # there the administrator is a superuser
            self._grant("administrator", "database", ["CONNECT"])
        self._grant("public", "database", [])
        for role in self.names:
            self._grant(role, "database", ["CONNECT"])
        if "public" not in self.settings.flyway.schemas:
            self._grant("public", "schema", [], "public")
        for schema in self.settings.flyway.schemas:
            for role in ("app", "readonly"):
                self._grant(role, "schema", ["USAGE"], schema)
        self._by_default("public", "function", [])
        for schema in self.settings.flyway.schemas:
            for kind, roles in _PRIVILEGES.items():
                for role, privileges in roles.items():
                    self._by_default(role, kind, privileges, schema)

    def _login(self, role: str, **properties: Any) -> None:
        password = Password(f"{role}-password", "scram-sha-256", self.settings.passwords.get(role))
        self.passwords[role] = password.value
        self._role(role, self.names[role], login=True, password=password.verifier, **properties)

    def _role(self, resource: str, name: str, **properties: Any) -> None:
        self._add(postgresql.Role(f"role-{resource}", name=name, **properties, opts=self._options()))

    def _grant(self, role: str, kind: str, privileges: list[str], schema: str | None = None) -> None:
        self._add(
            postgresql.Grant(
                "-".join(filter(None, ("grant", role, kind, schema))),
                database=self.database,
                role=self._grantees.get(role, role),
                object_type=kind,
                schema=schema,
                privileges=privileges,
                opts=self._options(),
            )
        )

    def _by_default(self, role: str, kind: str, privileges: list[str], schema: str | None = None) -> None:
        self._add(
            postgresql.DefaultPrivileges(
                "-".join(filter(None, ("default", role, kind, schema))),
                database=self.database,
                owner=self.owner,
                role=self._grantees.get(role, role),
                object_type=kind,
                schema=schema,
                privileges=privileges,
                opts=self._options(),
            )
        )

    def _add(self, resource: pulumi.Resource) -> None:
        self.made.append(resource)

    def _options(self, more: pulumi.ResourceOptions | None = None) -> pulumi.ResourceOptions:
        """After all that was made before; gone with the server, where a destroy takes that with it."""
        mine = pulumi.ResourceOptions(provider=self._provider, depends_on=self.made[-1:], deleted_with=self._within)
        return pulumi.ResourceOptions.merge(mine, more)
