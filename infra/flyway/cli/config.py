"""Flyway's settings by their names: what becomes of each.

A setting is supported, or accepted where it asks for what is done anyway, or refused by its name with what to do. None
is silently ignored (https://documentation.red-gate.com/flyway/reference/configuration/flyway-namespace).
"""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Callable, Mapping
from typing import Any

from infra.flyway.errors import ConfigurationError
from infra.flyway.planning.targets import read_target
from infra.flyway.settings import FlywaySettings

_PLACEHOLDERS = "placeholders."


def _flag(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ConfigurationError(f"{name} is {value!r}: write true or false", name, "value")
    return value.lower() == "true"


def _integer(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ConfigurationError(f"{name} is {value!r}: write a whole number", name, "value") from None


def _seconds(name: str, value: str) -> float:
    number = value.strip().removesuffix("s")
    try:
        seconds = float(number)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 1_000_000:
        raise ConfigurationError(f"{name} is {value!r}: write seconds, such as 5 or 0.5s", name, "value")
    return seconds


def _list(_: str, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(","))


def _names(name: str, value: str) -> tuple[str, ...]:
    return tuple(part for part in _list(name, value) if part)


def _text(_: str, value: str) -> str:
    return value


def _target(_: str, value: str) -> str:
    read_target(value)
    return value


def _encoding(name: str, value: str) -> str:
    try:
        codecs.lookup(value)
    except LookupError:
        raise ConfigurationError(f"{name} is {value!r}, which is no known encoding", name, "value") from None
    return value


_Reader = Callable[[str, str], Any]
SUPPORTED: dict[str, tuple[str, _Reader]] = {
    "locations": ("locations", _list),
    "callbackLocations": ("callback_locations", _names),
    "failOnMissingLocations": ("fail_on_missing_locations", _flag),
    "encoding": ("encoding", _encoding),
    "detectEncoding": ("detect_encoding", _flag),
    "schemas": ("schemas", _names),
    "defaultSchema": ("default_schema", _text),
    "createSchemas": ("create_schemas", _flag),
    "table": ("table", _text),
    "tablespace": ("tablespace", _text),
    "installedBy": ("installed_by", _text),
    "initSql": ("init_sql", _text),
    "sqlMigrationPrefix": ("sql_migration_prefix", _text),
    "repeatableSqlMigrationPrefix": ("repeatable_sql_migration_prefix", _text),
    "baselineMigrationPrefix": ("baseline_migration_prefix", _text),
    "sqlMigrationSeparator": ("sql_migration_separator", _text),
    "sqlMigrationSuffixes": ("sql_migration_suffixes", _names),
    "validateMigrationNaming": ("validate_migration_naming", _flag),
    "baselineVersion": ("baseline_version", _text),
    "baselineDescription": ("baseline_description", _text),
    "baselineOnMigrate": ("baseline_on_migrate", _flag),
    "outOfOrder": ("out_of_order", _flag),
    "target": ("target", _target),
    "validateOnMigrate": ("validate_on_migrate", _flag),
    "ignoreMigrationPatterns": ("ignore_migration_patterns", _list),
    "group": ("group", _flag),
    "mixed": ("mixed", _flag),
    "executeInTransaction": ("execute_in_transaction", _flag),
    "skipExecutingMigrations": ("skip_executing_migrations", _flag),
    "skipDefaultCallbacks": ("skip_default_callbacks", _flag),
    "placeholderReplacement": ("placeholder_replacement", _flag),
    "placeholderPrefix": ("placeholder_prefix", _text),
    "placeholderSuffix": ("placeholder_suffix", _text),
    "placeholderSeparator": ("placeholder_separator", _text),
    "postgresql.transactional.lock": ("transactional_lock", _flag),  # the lock is a session's either way
    "lockRetryCount": ("lock_retry_count", _integer),
    # This project's own, which Flyway does not know:
    "lockTimeout": ("lock_timeout", _seconds),
    "lockRetries": ("lock_retries", _integer),
    "statementTimeout": ("statement_timeout", _seconds),
}
# What these may hold, since it is what is done anyway; and what to do about another value.
ACCEPTED: dict[str, tuple[tuple[str, ...], str]] = {
    "cleanDisabled": (("true",), "there is no clean here: remove it, and drop the schema by hand"),
    "batch": (("false",), "a script is one message to the server already: remove it"),
    "stream": (("true", "false"), "write true or false: a script is read once either way"),
    "outputQueryResults": (("false",), "results of queries are not shown: set it to false"),
    "communityDBSupportEnabled": (("true", "false"), "write true or false"),
    "skipDefaultResolvers": (("false",), "without its resolvers there would be no script: remove it"),
    "reportEnabled": (("false",), "there are no reports: remove it, and take -outputType=json"),
    "loggers": (("", "auto", "console"), "there is one logger, the console: remove it"),
    "outputProgress": (("false",), "scripts are shown as they are applied: remove it"),
    "environment": (("default",), "there are no environments: give this one's url, user and password"),
    "driver": (("", "org.postgresql.Driver"), "there is one driver: remove it"),
    "color": (("auto", "always", "never"), "write auto, always or never"),
}
_JAVA = "this project runs SQL alone: remove it"
_PAID = "is for Flyway's paid editions"
REFUSED: dict[str, str] = {
    "callbacks": f"callbacks in Java: {_JAVA}; SQL callbacks are found in the locations",
    "resolvers": f"resolvers in Java: {_JAVA}",
    "migrationResolvers": f"resolvers in Java: {_JAVA}",
    "jarDirs": _JAVA,
    "scriptPlaceholderPrefix": f"scripts for a shell: {_JAVA}",
    "scriptPlaceholderSuffix": f"scripts for a shell: {_JAVA}",
    "powershellExecutable": f"scripts for a shell: {_JAVA}",
    "undoSqlMigrationPrefix": f"undo {_PAID}: write a new migration that undoes the old one",
    "kerberosConfigFile": "log in with a password, or let libpq do it: remove it",
    "reportFilename": "there are no reports: remove it, and take -outputType=json",
    "workingDirectory": "change to that folder first, and remove it",
    "outputFile": "redirect the output instead",
    "licenseKey": f"it {_PAID}: remove it",
    "token": f"it {_PAID}: remove it",
    "email": f"it {_PAID}: remove it",
}
PAID: dict[str, str] = {
    "dryRunOutput": f"it {_PAID}: `pulumi preview` shows what would run",
    "errorOverrides": f"it {_PAID}: let the scripts handle their errors",
}
# The open edition calls these unknown (recorded: tests/flyway/cases/setting_cherry_pick).
_UNKNOWN_PAID = {"cherryPick": "run scripts up to one with target"}


def read_settings(properties: Mapping[str, str], base: FlywaySettings | None = None) -> FlywaySettings:
    """The settings that `properties` give, by Flyway's names without `flyway.`; others are as in `base`.

    Without `base`, they are Flyway's defaults, but that of the locations: sql/migrations. Raises ConfigurationError for
    the first that is wrong, in the order given, and then for the first that nobody knows.
    """
    given: dict[str, Any] = {} if base else {"schemas": (), "transactional_lock": True}
    placeholders = dict(base.placeholders) if base else {}
    unknown = []
    for name, value in properties.items():
        if name in SUPPORTED:
            attribute, read = SUPPORTED[name]
            given[attribute] = read(name, value)
        elif name.startswith(_PLACEHOLDERS):
            placeholders[name.removeprefix(_PLACEHOLDERS)] = value
        elif name in ACCEPTED:
            _accept(name, value)
        elif name in REFUSED:
            raise ConfigurationError(f"{name}: {REFUSED[name]}", name, "unsupported")
        elif name in PAID:
            raise ConfigurationError(f"{name}: {PAID[name]}", name, "paid")
        else:
            unknown.append(name)
    if unknown:
        raise _unknown(unknown)
    if "schemas" in given:
        given.setdefault("default_schema", "")
    settings = FlywaySettings(**{**(vars(base) if base else {}), **given, "placeholders": placeholders})
    _refuse_reserved(settings)
    return settings


def _accept(name: str, value: str) -> None:
    values, advice = ACCEPTED[name]
    if set(values) <= {"true", "false"}:
        _flag(name, value)
    if value.lower() not in map(str.lower, values):
        raise ConfigurationError(f"{name} is {value!r}: {advice}", name, "unsupported")


def _unknown(names: list[str]) -> ConfigurationError:
    for name in names:
        if name in _UNKNOWN_PAID:
            message = f"{name}: it {_PAID}, and its open one does not know it: {_UNKNOWN_PAID[name]}"
            return ConfigurationError(message, ", ".join(names), "unknown")
    known = (*SUPPORTED, *ACCEPTED, *REFUSED, *PAID)
    near = difflib.get_close_matches(names[0], known, n=1)
    hint = f": did you mean {near[0]}?" if near else ": see Flyway's documentation for the settings that there are"
    return ConfigurationError(f"{', '.join(names)} is no setting of Flyway's{hint}", ", ".join(names), "unknown")


def _refuse_reserved(settings: FlywaySettings) -> None:
    reserved = f"flyway{settings.placeholder_separator}"
    for name in settings.placeholders:
        if name.lower().startswith(reserved):
            raise ConfigurationError(
                f"placeholders.{name}: names that begin with {reserved} are Flyway's own: choose another", name, "value"
            )
