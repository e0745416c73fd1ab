"""A stack's configuration as values that the rest of the program can trust.

Pure: text in, frozen dataclasses out. Every mistake is found and reported at once, each in a line with the key, what it
holds, what is allowed and the command that mends it. Pulumi.yaml describes every key; the nine settings of the
specification may also come from the environment, which fills a key that the stack leaves unset and overrides none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infra.config import ROLES, Reader
from infra.flyway.settings import FlywaySettings
from infra.kubernetes import config as kubernetes_config
from infra.kubernetes.settings import KubernetesSettings
from infra.kubernetes.values import ADMINISTRATOR

# PostgreSQL cuts a longer name (NAMEDATALEN - 1); a role's name is the database's and the longest suffix, "_migrator".
_NAME_BYTES = 63
_DATABASE_BYTES = _NAME_BYTES - len("_migrator")
# What initdb makes: https://www.postgresql.org/docs/18/creating-cluster.html
_INITIAL_DATABASES = ("postgres", "template0", "template1")
_PASSWORD_HASH = re.compile(
    r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"
)

SSL_MODES = ("disable", "require", "verify-ca", "verify-full")

ServerKind = Literal["embedded", "external", "kubernetes"]


_ADMINISTRATOR = "a role's name in small letters that is not CloudNativePG's own, such as postgres"


class SettingsError(Exception):
    """Everything that is wrong with a stack's configuration, a line for each mistake."""


@dataclass(frozen=True)
class ServerSettings:
    """Where PostgreSQL runs and who administers it. A `port` of None is chosen, a `password` of None generated."""

    kind: ServerKind
    host: str
    port: int | None
    user: str
    password: str | None = field(repr=False)
    sslmode: str
    sslrootcert: str | None
    kubernetes: KubernetesSettings | None = None
    """Where `kind` is kubernetes, the rest of it."""


@dataclass(frozen=True)
class Settings:
    """What a stack asks for. `passwords` has an entry for each role whose password the stack gives."""

    server: ServerSettings
    database: str
    flyway: FlywaySettings
    partition_months: int
    on_drift: str
    """What to do where the database changed outside of its migrations: stop or warn."""
    passwords: Mapping[str, str] = field(repr=False)
    admin_email: str
    admin_password_hash: str | None = field(repr=False)
    protect: bool


def owner(database: str) -> str:
    """The name of the role that owns `database` and all that is in it."""
    return f"{database}_owner"


def load(stack: Mapping[str, str], secret: Collection[str], environment: Mapping[str, str]) -> Settings:
    """Read the configuration of a stack.

    `stack` maps the keys of the project's namespace, without it, to their values; `secret` names those that are
    encrypted in the stack's file; `environment` is the process's. Raises SettingsError with all mistakes.
    """
    reader = Reader(stack, secret, environment)
    reader.refuse_unknown_keys()
    reader.refuse_plain_secrets()
    settings = Settings(
        server=_server(reader),
        database=_database(reader),
        flyway=_flyway(reader),
        partition_months=reader.number("partitionMonths", 3, range(121)),
        on_drift=reader.allowed("onDrift", "stop", ("stop", "warn")),
        passwords=_passwords(reader),
        admin_email=_admin_email(reader),
        admin_password_hash=_admin_password_hash(reader),
        protect=reader.flag("protect", default=reader.text("server") not in ("", "embedded")),
    )
    if reader.problems:
        raise SettingsError("\n".join(reader.problems))
    return settings


def _server(reader: Reader) -> ServerSettings:
    kind = reader.text("server") or "embedded"
    if kind == "embedded":
        return _embedded(reader)
    if kind == "kubernetes":
        return _kubernetes(reader)
    if kind != "external":
        reader.wrong("server", f'"{kind}"', "embedded, external or kubernetes", "external")
    return _external(reader)


def _embedded(reader: Reader) -> ServerSettings:
    host = reader.text("postgresHost") or "127.0.0.1"
    if host not in ("127.0.0.1", "localhost"):
        reader.wrong("postgresHost", f'"{host}"', "127.0.0.1, where an embedded server listens", "127.0.0.1")
    reader.allowed("postgresSslMode", "disable", ("disable",))
    return ServerSettings(
        kind="embedded",
        host="127.0.0.1",
        port=reader.port(),
        user=reader.name("postgresUser", "postgres", _NAME_BYTES),
        password=reader.password("postgresPassword"),
        sslmode="disable",
        sslrootcert=None,
    )


def _external(reader: Reader) -> ServerSettings:
    certificates = reader.text("postgresSslRootCert")
    if certificates and not Path(certificates).is_file():
        reader.wrong("postgresSslRootCert", f'"{certificates}"', "a file with certificates in PEM format", "ca.pem")
    return ServerSettings(
        kind="external",
        host=reader.required("postgresHost", "db.example.com"),
        port=reader.port() or 5432,
        user=reader.required("postgresUser", "postgres"),
        password=reader.required("postgresPassword"),
        sslmode=reader.allowed("postgresSslMode", "verify-full", SSL_MODES),
        sslrootcert=certificates or None,
    )


def _kubernetes(reader: Reader) -> ServerSettings:
    kubernetes = kubernetes_config.read(reader)
    reader.allowed("postgresSslMode", "verify-full", ("verify-full",))
    return ServerSettings(
        kind="kubernetes",
        host=kubernetes.place.host,
        port=kubernetes.place.port,
        user=reader.matching("postgresUser", "administrator", ADMINISTRATOR, _ADMINISTRATOR),
        password=reader.password("postgresPassword"),
        sslmode="verify-full",
        sslrootcert=None,
        kubernetes=kubernetes,
    )


def _database(reader: Reader) -> str:
    database = reader.name("postgresDb", "creativeflow", _DATABASE_BYTES)
    if database in _INITIAL_DATABASES:
        allowed = "a database of the stack's own, which PostgreSQL has not made for itself"
        reader.wrong("postgresDb", f'"{database}"', allowed, "creativeflow")
    return database


def _flyway(reader: Reader) -> FlywaySettings:
    version = reader.text("flywayBaselineVersion") or "1"
    if not re.fullmatch(r"\d+([._]\d+)*", version):
        reader.wrong("flywayBaselineVersion", f'"{version}"', "numbers separated by dots", "1")
    return FlywaySettings(
        locations=reader.list("flywayLocations", "filesystem:sql/migrations"),
        schemas=reader.names("flywaySchemas", "creativeflow", _NAME_BYTES),
        baseline_version=version,
        baseline_on_migrate=reader.flag("flywayBaselineOnMigrate"),
        out_of_order=reader.flag("flywayOutOfOrder"),
        placeholders=reader.mapping("flywayPlaceholders"),
        lock_timeout=reader.number("flywayLockTimeout", 5, range(3601)),
        lock_retries=reader.number("flywayLockRetries", 5, range(101)),
        statement_timeout=reader.number("flywayStatementTimeout", 0, range(86401)),
    )


def _passwords(reader: Reader) -> dict[str, str]:
    given = {role: reader.password(f"{role}Password") for role in ROLES}
    return {role: password for role, password in given.items() if password is not None}


def _admin_email(reader: Reader) -> str:
    email = reader.required("adminEmail", "admin@example.com")
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        reader.wrong("adminEmail", f'"{email}"', "an e-mail address", "admin@example.com")
    return email


def _admin_password_hash(reader: Reader) -> str | None:
    generated = reader.text("server") in ("", "embedded")
    value = reader.text("adminPasswordHash") if generated else reader.required("adminPasswordHash")
    if value and not _PASSWORD_HASH.fullmatch(value):
        reader.wrong("adminPasswordHash", "what it holds", "an argon2id ($argon2id$…) or bcrypt ($2b$…) hash")
    return value or None
