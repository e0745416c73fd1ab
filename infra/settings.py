"""A stack's configuration as values that the rest of the program can trust.

Pure: text in, frozen dataclasses out. Every mistake is found and reported at once, each in a line with the key, what it
holds, what is allowed and the command that mends it. Pulumi.yaml describes every key; the nine settings of the
specification may also come from the environment, which fills a key that the stack leaves unset and overrides none.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infra.flyway.settings import FlywaySettings

PROJECT = "creativeflow"
ROLES = ("migrator", "app", "readonly")
SSL_MODES = ("disable", "require", "verify-ca", "verify-full")
SECRETS = ("postgresPassword", "adminPasswordHash", *(f"{role}Password" for role in ROLES))
_FROM_ENVIRONMENT = {
    "postgresHost": "POSTGRES_HOST",
    "postgresPort": "POSTGRES_PORT",
    "postgresUser": "POSTGRES_USER",
    "postgresPassword": "POSTGRES_PASSWORD",
    "postgresDb": "POSTGRES_DB",
    "flywayLocations": "FLYWAY_LOCATIONS",
    "flywaySchemas": "FLYWAY_SCHEMAS",
    "flywayBaselineVersion": "FLYWAY_BASELINE_VERSION",
    "flywayBaselineOnMigrate": "FLYWAY_BASELINE_ON_MIGRATE",
}
KEYS = (
    *_FROM_ENVIRONMENT,
    *("server", "postgresSslMode", "postgresSslRootCert", "flywayOutOfOrder", "flywayPlaceholders"),
    *("adminEmail", "protect", *SECRETS[1:]),
)
# PostgreSQL cuts a longer name (NAMEDATALEN - 1); a role's name is the database's and the longest suffix, "_migrator".
_NAME_BYTES = 63
_DATABASE_BYTES = _NAME_BYTES - len("_migrator")
_PASSWORD_HASH = re.compile(
    r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"
)

ServerKind = Literal["embedded", "external"]


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


@dataclass(frozen=True)
class Settings:
    """What a stack asks for. `passwords` has an entry for each role whose password the stack gives."""

    server: ServerSettings
    database: str
    flyway: FlywaySettings
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
    reader = _Reader(stack, secret, environment)
    reader.refuse_unknown_keys()
    settings = Settings(
        server=_server(reader),
        database=reader.name("postgresDb", "creativeflow", _DATABASE_BYTES),
        flyway=_flyway(reader),
        passwords=_passwords(reader),
        admin_email=_admin_email(reader),
        admin_password_hash=_admin_password_hash(reader),
        protect=reader.flag("protect", default=reader.text("server") not in ("", "embedded")),
    )
    if reader.problems:
        raise SettingsError("\n".join(reader.problems))
    return settings


def _server(reader: _Reader) -> ServerSettings:
    kind = reader.text("server") or "embedded"
    if kind == "embedded":
        return _embedded(reader)
    if kind != "external":
        why = "comes with a later release" if kind == "kubernetes" else "is no kind of server"
        reader.wrong("server", f'"{kind}" {why}', "embedded or external", "external")
    return _external(reader)


def _embedded(reader: _Reader) -> ServerSettings:
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


def _external(reader: _Reader) -> ServerSettings:
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


def _flyway(reader: _Reader) -> FlywaySettings:
    version = reader.text("flywayBaselineVersion") or "1"
    if not re.fullmatch(r"\d+([._]\d+)*", version):
        reader.wrong("flywayBaselineVersion", f'"{version}"', "numbers separated by dots", "1")
    return FlywaySettings(
        locations=reader.list("flywayLocations", "filesystem:sql/migrations"),
        schemas=_schemas(reader),
        baseline_version=version,
        baseline_on_migrate=reader.flag("flywayBaselineOnMigrate"),
        out_of_order=reader.flag("flywayOutOfOrder"),
        placeholders=reader.mapping("flywayPlaceholders"),
    )


def _schemas(reader: _Reader) -> tuple[str, ...]:
    schemas = reader.list("flywaySchemas", "creativeflow")
    for schema in schemas:
        if schema.startswith("pg_") or len(schema.encode()) > _NAME_BYTES:
            allowed = f"at most {_NAME_BYTES} bytes, not beginning with pg_"
            reader.wrong("flywaySchemas", f'"{schema}"', allowed, "creativeflow")
    return schemas


def _passwords(reader: _Reader) -> dict[str, str]:
    given = {role: reader.password(f"{role}Password") for role in ROLES}
    return {role: password for role, password in given.items() if password is not None}


def _admin_email(reader: _Reader) -> str:
    email = reader.required("adminEmail", "admin@example.com")
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        reader.wrong("adminEmail", f'"{email}"', "an e-mail address", "admin@example.com")
    return email


def _admin_password_hash(reader: _Reader) -> str | None:
    generated = reader.text("server") in ("", "embedded")
    value = reader.text("adminPasswordHash") if generated else reader.required("adminPasswordHash")
    if value and not _PASSWORD_HASH.fullmatch(value):
        reader.wrong("adminPasswordHash", "what it holds", "an argon2id ($argon2id$…) or bcrypt ($2b$…) hash")
    return value or None


class _Reader:
    """Reads keys, falls back to the environment, and collects what is wrong."""

    def __init__(self, stack: Mapping[str, str], secret: Collection[str], environment: Mapping[str, str]) -> None:
        self._stack = stack
        self._secret = secret
        self._environment = environment
        self.problems: list[str] = []

    def refuse_unknown_keys(self) -> None:
        for key in sorted(set(self._stack) - set(KEYS)):
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            self.problems.append(f"{PROJECT}:{key} is no key of this project: {hint}See the keys in Pulumi.yaml")

    def wrong(self, key: str, what: str, allowed: str, example: str | None = None) -> None:
        source = key if self._stack.get(key) or key not in _FROM_ENVIRONMENT else f"{key} ({_FROM_ENVIRONMENT[key]})"
        self.problems.append(f"{PROJECT}:{source}: {what} cannot be used. Allowed: {allowed}. {_command(key, example)}")

    def text(self, key: str) -> str:
        """The value of `key`, or an empty string where neither the stack nor the environment has one."""
        value = self._stack.get(key, "")
        if value and key in SECRETS and key not in self._secret:
            self.problems.append(f"{PROJECT}:{key} is a secret, but stands in plain text. {_command(key)}")
        return value or self._environment.get(_FROM_ENVIRONMENT.get(key, ""), "")

    def required(self, key: str, example: str | None = None) -> str:
        value = self.text(key)
        if not value:
            variable = f" (or {_FROM_ENVIRONMENT[key]} in the environment)" if key in _FROM_ENVIRONMENT else ""
            self.problems.append(f"{PROJECT}:{key} is missing. {_command(key, example)}{variable}")
        return value

    def allowed(self, key: str, default: str, values: Sequence[str]) -> str:
        value = self.text(key) or default
        if value not in values:
            self.wrong(key, f'"{value}"', ", ".join(values), default)
        return value

    def port(self) -> int | None:
        value = self.text("postgresPort")
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,5}", value) or not 1 <= int(value) <= 65535:
            self.wrong("postgresPort", f'"{value}"', "a number from 1 to 65535", "5432")
            return None
        return int(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self.text(key) or str(default).lower()
        if value not in ("true", "false"):
            self.wrong(key, f'"{value}"', "true or false", "false")
        return value == "true"

    def list(self, key: str, default: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in (self.text(key) or default).split(",") if part.strip())

    def name(self, key: str, default: str, longest: int) -> str:
        value = self.text(key) or default
        if len(value.encode()) > longest or "\0" in value:
            self.wrong(key, f'"{value}"', f"a name of at most {longest} bytes", default)
        return value

    def password(self, key: str) -> str | None:
        """Printable ASCII alone: what SCRAM makes of other text depends on how a client normalises it (RFC 5802)."""
        value = self.text(key)
        if value and not re.fullmatch(r"[!-~]{8,}", value):
            self.wrong(key, "what it holds", "at least 8 characters of printable ASCII, without blanks")
        return value or None

    def mapping(self, key: str) -> dict[str, str]:
        value = json.loads(self.text(key) or "{}")
        return {name: content if isinstance(content, str) else json.dumps(content) for name, content in value.items()}


def _command(key: str, example: str | None = None) -> str:
    if key in SECRETS:
        return f"Set it with: pulumi config set --secret {key}"
    return f"Set it with: pulumi config set {key} {example}" if example else f"Set it with: pulumi config set {key}"
