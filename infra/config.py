"""How the keys of a stack's config are read: each value checked, every mistake collected.

A mistake is a line with the key, what it holds, what is allowed and the command that mends it. A key that the stack
leaves unset may come from the environment, which overrides none.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

PROJECT = "creativeflow"
ROLES = ("migrator", "app", "readonly", "upkeep")
SECRETS = (
    *("postgresPassword", "adminPasswordHash", "backupAccessKey", "backupSecretKey"),
    *(f"{role}Password" for role in ROLES),
)
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
KUBERNETES_KEYS = (
    *("kubernetesConfigFile", "kubernetesContext", "kubernetesNamespace", "kubernetesAccess", "kubernetesTimeout"),
    *("kubernetesService", "kubernetesServiceAnnotations", "kubernetesServiceSources", "kubernetesClientNamespaces"),
    *("kubernetesOperatorNamespace", "kubernetesNetworkPolicy"),
    *("clusterName", "clusterInstances", "clusterImage", "clusterImagePullSecrets", "clusterDurability"),
    *("clusterStorageSize", "clusterStorageClass", "clusterWalSize", "clusterWalClass", "clusterCpu", "clusterMemory"),
    *("clusterAntiAffinity", "clusterTopologyKey", "clusterNodeSelector", "clusterTolerations", "clusterPriorityClass"),
    *("clusterParameters", "clusterPrimaryUpdate", "clusterPodMonitor"),
    *("poolerInstances", "poolerMode", "poolerPoolSize", "poolerMaxClients", "poolerParameters"),
    *("backupDestination", "backupEndpoint", "backupSchedule", "backupRetention", "backupServer"),
    *("recoveryServer", "recoveryTargetTime", "upkeepSchedule"),
)
KEYS = (
    *_FROM_ENVIRONMENT,
    *("server", "postgresSslMode", "postgresSslRootCert", "flywayOutOfOrder", "flywayPlaceholders"),
    *("flywayLockTimeout", "flywayLockRetries", "flywayStatementTimeout"),
    *("partitionMonths", "onDrift", "adminEmail", "protect", *SECRETS[1:], *KUBERNETES_KEYS),
)
# Pulumi takes no object in one piece, but its parts.
_PATHS = {
    "flywayPlaceholders": "flywayPlaceholders.name value",
    "kubernetesServiceAnnotations": "'kubernetesServiceAnnotations[\"example.com/name\"]' value",
    "clusterNodeSelector": "'clusterNodeSelector[\"example.com/pool\"]' database",
    "clusterTolerations": "'clusterTolerations[0].key' database",
    "clusterParameters": "clusterParameters.work_mem 32MB",
    "poolerParameters": "poolerParameters.server_idle_timeout 60",
}


class Reader:
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

    def refuse_plain_secrets(self) -> None:
        for key in SECRETS:
            if self._stack.get(key) and key not in self._secret:
                self.problems.append(f"{PROJECT}:{key} is a secret, but stands in plain text. {_command(key)}")

    def wrong(self, key: str, what: str, allowed: str, example: str | None = None) -> None:
        source = key if self._stack.get(key) or key not in _FROM_ENVIRONMENT else f"{key} ({_FROM_ENVIRONMENT[key]})"
        self.problems.append(f"{PROJECT}:{source}: {what} cannot be used. Allowed: {allowed}. {_command(key, example)}")

    def text(self, key: str) -> str:
        """The value of `key`, or an empty string where neither the stack nor the environment has one."""
        return self._stack.get(key, "") or self._environment.get(_FROM_ENVIRONMENT.get(key, ""), "")

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

    def matching(self, key: str, default: str, pattern: str, allowed: str) -> str:
        """A value that `pattern` matches from end to end; `allowed` says so in words."""
        value = self.text(key) or default
        if not re.fullmatch(pattern, value):
            self.wrong(key, f'"{value}"', allowed, f"'{default}'" if " " in default else default)
            return default
        return value

    def port(self) -> int | None:
        return self.number("postgresPort", 5432, range(1, 65536)) if self.text("postgresPort") else None

    def number(self, key: str, default: int, allowed: range) -> int:
        value = self.text(key) or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) not in allowed:
            self.wrong(key, f'"{value}"', f"a number from {allowed.start} to {allowed.stop - 1}", str(default))
            return default
        return int(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self.text(key) or str(default).lower()
        if value not in ("true", "false"):
            self.wrong(key, f'"{value}"', "true or false", "false")
        return value == "true"

    def list(self, key: str, default: str) -> tuple[str, ...]:
        """The texts between commas: at least one, where the key is set."""
        value = self.text(key)
        parts = tuple(part.strip() for part in (value or default).split(",") if part.strip())
        if value and not parts:
            self.wrong(key, f'"{value}"', "at least one, with commas between them", default)
        return parts

    def name(self, key: str, default: str, longest: int) -> str:
        """A name for an object that is not PostgreSQL's own."""
        value = self.text(key) or default
        self._check_name(key, value, default, longest)
        return value

    def names(self, key: str, default: str, longest: int) -> tuple[str, ...]:
        """Such names, each once."""
        values = self.list(key, default)
        for value in dict.fromkeys(values):
            self._check_name(key, value, default, longest)
            if values.count(value) > 1:
                self.wrong(key, f'"{value}" more than once', "each name once", default)
        return values

    def _check_name(self, key: str, value: str, default: str, longest: int) -> None:
        if value.startswith("pg_") or len(value.encode()) > longest or "\0" in value:
            self.wrong(key, f'"{value}"', f"a name of at most {longest} bytes that does not begin with pg_", default)

    def password(self, key: str) -> str | None:
        """Printable ASCII alone: what SCRAM makes of other text depends on how a client normalises it (RFC 5802)."""
        value = self.text(key)
        if value and not re.fullmatch(r"[!-~]{8,}", value):
            self.wrong(key, "what it holds", "at least 8 characters of printable ASCII, without blanks")
        return value or None

    def mapping(self, key: str) -> dict[str, str]:
        """An object whose values are texts; any other value becomes its JSON."""
        value = self._json(key, "{}")
        if not isinstance(value, dict):
            self.wrong(key, "what it holds", "an object")
            return {}
        return {name: content if isinstance(content, str) else json.dumps(content) for name, content in value.items()}

    def objects(self, key: str) -> tuple[dict[str, Any], ...]:
        """A list of objects."""
        value = self._json(key, "[]")
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, "what it holds", "a list of objects")
            return ()
        return tuple(value)

    def _json(self, key: str, default: str) -> Any:
        try:
            return json.loads(self.text(key) or default)
        except ValueError:
            return None


def _command(key: str, example: str | None = None) -> str:
    if key in _PATHS:
        return f"Set it with: pulumi config set --path {_PATHS[key]}"
    if key in SECRETS:
        return f"Set it with: pulumi config set --secret {key}"
    return f"Set it with: pulumi config set {key} {example}" if example else f"Set it with: pulumi config set {key}"
