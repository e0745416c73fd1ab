"""The database of a rehearsal, with roles, schemas and privileges as a stack has them: what is refused there is here.

infra/access.py makes the same with Pulumi, which a review does without; a test holds the two together.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from infra.config import ROLES
from infra.settings import owner

LIMITED = tuple(role for role in ROLES if role != "migrator")
DEFAULTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "table": {"app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
    "sequence": {"app": ("USAGE", "SELECT")},
    "function": {"app": ("EXECUTE",), "readonly": ("EXECUTE",)},
}
"""By type of object, what the roles may do with what the owner makes from now on."""


@dataclass(frozen=True)
class Server:
    """A server to rehearse on, with the superuser `postgres` and its password."""

    port: int
    password: str

    def connect(self, database: str = "postgres", user: str = "postgres", options: str = "") -> psycopg.Connection:
        """Log in, in autocommit. Every role here has the superuser's password: nobody else reaches this server."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password=self.password,
            dbname=database,
            options=options,
            autocommit=True,
        )


@dataclass(frozen=True)
class Rehearsal:
    """A database to rehearse in."""

    server: Server
    database: str

    def as_migrator(self) -> psycopg.Connection:
        """A connection as the role that `up` migrates with."""
        return self.server.connect(self.database, role_name(self.database, "migrator"))

    def as_superuser(self) -> psycopg.Connection:
        """A connection that may do everything."""
        return self.server.connect(self.database)


def role_name(database: str, role: str) -> str:
    """The name of a role in a stack with this database."""
    return f"{database}_{role}"


@contextlib.contextmanager
def rehearsal(server: Server, database: str, schemas: Sequence[str]) -> Iterator[Rehearsal]:
    """A new database with the roles of a stack, and empty schemas. All of it is gone after the block."""
    with server.connect() as admin:
        _make_roles(admin, database, schemas, server.password)
        names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner(database))}
        admin.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner} STRATEGY file_copy").format(**names))
        try:
            made = Rehearsal(server, database)
            with made.as_superuser() as connection:
                _give_privileges(connection, database, schemas)
            yield made
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {database} WITH (FORCE)").format(**names))
            for role in (*ROLES, "owner"):
                admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role_name(database, role))))


def _make_roles(admin: psycopg.Connection, database: str, schemas: Sequence[str], password: str) -> None:
    owning = sql.Identifier(owner(database))
    admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(owning))
    path = sql.SQL(", ").join(map(sql.Identifier, schemas))
    for role in ROLES:
        name = sql.Identifier(role_name(database, role))
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
        admin.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(name, path))
    migrator = sql.Identifier(role_name(database, "migrator"))
    admin.execute(sql.SQL("GRANT {} TO {}").format(owning, migrator))
    admin.execute(sql.SQL("ALTER ROLE {} SET role = {}").format(migrator, owning))


def _give_privileges(connection: psycopg.Connection, database: str, schemas: Sequence[str]) -> None:
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner(database))}
    others = sql.SQL(", ").join(sql.Identifier(role_name(database, role)) for role in LIMITED)
    statements: list[sql.SQL | sql.Composed] = [
        sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names),
        sql.SQL("GRANT CONNECT ON DATABASE {database} TO {others}").format(others=others, **names),
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE ALL ON FUNCTIONS FROM PUBLIC").format(**names),
    ]
    if "public" not in schemas:
        statements.append(sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    for schema in schemas:
        within = {"schema": sql.Identifier(schema), **names}
        if schema != "public":
            statements.append(sql.SQL("CREATE SCHEMA {schema} AUTHORIZATION {owner}").format(**within))
        statements.append(sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {others}").format(others=others, **within))
        statements += _defaults(database, within)
    for statement in statements:
        connection.execute(statement)


def _defaults(database: str, within: Mapping[str, sql.Identifier]) -> Iterator[sql.Composed]:
    for kind, roles in DEFAULTS.items():
        for role, privileges in roles.items():
            yield sql.SQL(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} GRANT {privileges} ON {kind} TO {role}"
            ).format(
                privileges=sql.SQL(", ").join(map(sql.SQL, privileges)),
                kind=sql.SQL(f"{kind}s".upper()),
                role=sql.Identifier(role_name(database, role)),
                **within,
            )
