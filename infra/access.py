"""Who may do what: five roles, the database, its schemas, and privileges that tables of tomorrow have too.

A NOLOGIN owner owns everything. The migrator is its member and acts as it from login on. The application reads and
writes rows, the read-only role reads all but secrets, the upkeep role calls the functions that are for it (both by
infra/privileges.py), and PUBLIC has nothing. Roles belong to the whole server, so that their names begin with the
database's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_postgresql as postgresql

from infra.config import ROLES
from infra.resources.password import Password
from infra.server import Endpoint
from infra.settings import Settings, owner

_MINUTE = 60_000  # milliseconds
# By object type, what the application and the read-only role may do with what the owner makes. What the latter may read
# is not said here: default privileges know no columns, and it reads all but the secret ones (infra/privileges.py).
_PRIVILEGES = {
    "table": {"app": ["SELECT", "INSERT", "UPDATE", "DELETE"]},
    "sequence": {"app": ["USAGE", "SELECT"]},
    "function": {"app": ["EXECUTE"], "readonly": ["EXECUTE"]},
}


@dataclass(frozen=True)
class Access:
    """The owner, and the names and passwords of the roles that log in, by what they do: `migrator`, `app` and so on."""

    owner: str
    names: dict[str, str]
    passwords: dict[str, pulumi.Output[str]]
    resources: list[pulumi.Resource]
    """What a migration waits for: when these are there, all is."""


def grant(settings: Settings, endpoint: Endpoint, data: pulumi.ResourceOptions) -> Access:
    """Make the roles, the database, the schemas and the privileges. `data` are the options of what holds data."""
    builder = _Builder(settings, endpoint, data)
    builder.make_owner()
    builder.make_logins()
    builder.make_database()
    builder.make_schemas()
    builder.give_privileges()
    return Access(builder.owner, builder.names, builder.passwords, builder.before)


class _Builder:
    """Makes the resources in stages: each waits for all of the stage before.

    Within a stage only those wait for each other that change the privileges of one object: PostgreSQL refuses two such
    changes at once ("tuple concurrently updated"). What is in a schema waits for that schema alone: Pulumi writes the
    state anew with each resource, and with it every dependency.
    """

    def __init__(self, settings: Settings, endpoint: Endpoint, data: pulumi.ResourceOptions) -> None:
        self.owner = owner(settings.database)
        self.names = {role: f"{settings.database}_{role}" for role in ROLES}
        self.passwords: dict[str, pulumi.Output[str]] = {}
        self.before: list[pulumi.Resource] = list(endpoint.ready)
        """What the next stage waits for."""
        self._stage: dict[str, list[pulumi.Resource]] = {}
        self._made_schemas: dict[str, pulumi.Resource] = {}
        self._settings = settings
        self._database = settings.database
        self._schemas = settings.flyway.schemas
        self._grantees = {**self.names, "administrator": endpoint.user}
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

    def make_owner(self) -> None:
        """First, since the migrator is its member and everything else its own."""
        self._role("owner", self.owner, login=False)
        self._end_stage()

    def make_logins(self) -> None:
        """Roles with the settings that their work needs: a migration may take its time, a page may not."""
        path = list(self._schemas)
        self._login("migrator", search_paths=path, roles=[self.owner], assume_role=self.owner)
        minutes = {"app": (0.5, 1), "readonly": (5, 5), "upkeep": (5, 1)}
        limits = {role: (int(one * _MINUTE), int(other * _MINUTE)) for role, (one, other) in minutes.items()}
        for role, (statement, idle) in limits.items():
            self._login(role, search_paths=path, statement_timeout=statement, idle_in_transaction_session_timeout=idle)
        self._end_stage()

    def make_database(self) -> None:
        """After all roles, so that it is destroyed before them: they cannot go while they have rights in it."""
        database = postgresql.Database(
            "database",
            name=self._database,
            owner=self.owner,
            encoding="UTF8",
            opts=self._options("database", self._data),
        )
        self._made("database", database)
        self._within = self._within or database
        self._end_stage()

    def make_schemas(self) -> None:
        """Owned by the owner, so that its members make what is in them."""
        for name in self._schemas:
            options = self._options(name, self._data)
            schema = postgresql.Schema(
                f"schema-{name}", name=name, database=self._database, owner=self.owner, opts=options
            )
            self._made(name, schema)
            self._made_schemas[name] = schema
        self._end_stage()

    def give_privileges(self) -> None:
        """What each role may do, and what PUBLIC may no longer do. The migrator may do all that the owner may."""
        if self._settings.server.kind != "embedded":  # there the administrator is a superuser
            self._grant("administrator", "database", ["CONNECT"])
        self._grant("public", "database", [])
        limited = ("app", "readonly", "upkeep")
        for role in limited:
            self._grant(role, "database", ["CONNECT"])
        if "public" not in self._schemas:
            self._grant("public", "schema", [], "public")
        self._by_default("public", "function", [])
        for schema in self._schemas:
            for role in limited:
                self._grant(role, "schema", ["USAGE"], schema)
            for kind, roles in _PRIVILEGES.items():
                for role, privileges in roles.items():
                    self._by_default(role, kind, privileges, schema)
        self._end_stage()

    def _login(self, role: str, **properties: Any) -> None:
        password = Password(f"{role}-password", "scram-sha-256", self._settings.passwords.get(role))
        self.passwords[role] = password.value
        self._role(role, self.names[role], login=True, password=password.verifier, **properties)

    def _role(self, resource: str, name: str, **properties: Any) -> None:
        self._made(name, postgresql.Role(f"role-{resource}", name=name, **properties, opts=self._options(name)))

    def _grant(self, role: str, kind: str, privileges: list[str], schema: str | None = None) -> None:
        on = f"{kind} {schema}"
        grant = postgresql.Grant(
            "-".join(filter(None, ("grant", role, kind, schema))),
            database=self._database,
            role=self._grantees.get(role, role),
            object_type=kind,
            schema=schema,
            privileges=privileges,
            opts=self._options(on, schema=schema),
        )
        self._made(on, grant)

    def _by_default(self, role: str, kind: str, privileges: list[str], schema: str | None = None) -> None:
        on = f"default {kind} {schema}"
        default = postgresql.DefaultPrivileges(
            "-".join(filter(None, ("default", role, kind, schema))),
            database=self._database,
            owner=self.owner,
            role=self._grantees.get(role, role),
            object_type=kind,
            schema=schema,
            privileges=privileges,
            opts=self._options(on, schema=schema),
        )
        self._made(on, default)

    def _made(self, on: str, resource: pulumi.Resource) -> None:
        """Note a resource of this stage that changes the object `on`."""
        self._stage.setdefault(on, []).append(resource)

    def _end_stage(self) -> None:
        self.before = [resources[-1] for resources in self._stage.values()]
        self._stage = {}

    def _options(
        self, on: str, more: pulumi.ResourceOptions | None = None, schema: str | None = None
    ) -> pulumi.ResourceOptions:
        """After the schema it is in, or else the stage before, and what this stage changes on the same object.

        Gone with what holds it.
        """
        before = [self._made_schemas[schema]] if schema in self._made_schemas else self.before
        waits = self._stage.get(on, [])[-1:] or before
        mine = pulumi.ResourceOptions(provider=self._provider, depends_on=waits, deleted_with=self._within)
        return pulumi.ResourceOptions.merge(mine, more)
