"""The settings of the command: from its arguments, from FLYWAY_* variables and from configuration files.

An argument overrides a variable, and a variable a file (https://documentation.red-gate.com/flyway/reference/usage/
command-line). Pure: who calls reads the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.flyway.cli.config import ACCEPTED, PAID, REFUSED, SUPPORTED
from infra.flyway.cli.jdbc import KEYS, PROPERTIES
from infra.flyway.errors import ConfigurationError

COMMANDS = ("info", "validate", "migrate", "baseline", "repair")
HELP = {"-h", "-?", "-help", "--help", "help"}
USAGE = """python -m infra.flyway COMMAND [--stack STACK] [-configFiles=FILE,...] [-SETTING=VALUE ...] [-json]

info      what was applied, and what is pending
validate  whether the scripts are those that were applied
migrate   apply what is pending
baseline  tell the history of a database that began without one where it starts
repair    put the history right after a failure or a change of the scripts

Settings are Flyway's, such as -url, -user, -password, -locations and -schemas. A stack brings its own."""
_ELSEWHERE = {
    "clean": "would delete everything in the schemas: drop what is to go by hand",
    "undo": "is for Flyway's paid editions: write a new migration that undoes the old one",
}
_ABOUT_FILES = ("configFiles", "configFileEncoding")
_PLACEHOLDERS, _JDBC = "FLYWAY_PLACEHOLDERS_", "FLYWAY_JDBC_PROPERTIES_"


@dataclass(frozen=True)
class Arguments:
    """What the command line says. `properties` are settings by Flyway's names, without `flyway.`."""

    command: str
    properties: Mapping[str, str]
    stack: str | None = None
    json: bool = False
    config_files: tuple[str, ...] = ()
    config_file_encoding: str = "UTF-8"


def read_arguments(arguments: Iterable[str]) -> Arguments:
    """Read the arguments of the command. Raises ConfigurationError for the first that is wrong."""
    properties: dict[str, str] = {}
    commands: list[str] = []
    stack, json = None, False
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--stack", "-stack"):
            stack = next(rest, "")
        elif argument.startswith(("--stack=", "-stack=")):
            stack = argument.partition("=")[2]
        elif argument in ("-json", "--json"):
            json = True
        elif not argument.startswith("-"):
            commands.append(argument)
        elif "=" in argument:
            name, _, value = argument.lstrip("-").partition("=")
            properties[name.removeprefix("flyway.")] = value
        else:
            raise ConfigurationError(f"{argument} is no argument: write -<setting>=<value>", argument, "unknown")
    if stack == "":
        raise ConfigurationError("--stack names no stack: write --stack dev", "stack", "missing")
    output = properties.pop("outputType", "json" if json else "")
    if output.lower() not in ("", "json"):
        raise ConfigurationError(f"outputType is {output!r}: write json, or leave it", "outputType", "value")
    files = tuple(part.strip() for part in properties.pop("configFiles", "").split(",") if part.strip())
    encoding = properties.pop("configFileEncoding", "UTF-8")
    return Arguments(_command(commands), properties, stack, bool(output), files, encoding)


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings in FLYWAY_* variables. Raises ConfigurationError for a variable that names none."""
    names = {_variable(name): name for name in (*SUPPORTED, *ACCEPTED, *REFUSED, *PAID, *KEYS, *_ABOUT_FILES)}
    found = {}
    for variable, value in environment.items():
        if variable.startswith(_PLACEHOLDERS):
            found["placeholders." + variable.removeprefix(_PLACEHOLDERS).lower()] = value
        elif variable.startswith(_JDBC):
            found[PROPERTIES + variable.removeprefix(_JDBC).lower()] = value
        elif variable in names:
            found[names[variable]] = value
        elif variable.startswith("FLYWAY_") and variable not in _NOT_SETTINGS:
            raise ConfigurationError(
                f"the variable {variable} names no setting of Flyway's: unset it", variable, "unknown"
            )
    return found


def from_file(entries: Mapping[str, str]) -> dict[str, str]:
    """The settings in a configuration file. Raises ConfigurationError for an entry that is none."""
    for name in entries:
        if not name.startswith("flyway."):
            raise ConfigurationError(f"{name} is no setting: write flyway.{name}", name, "unknown")
    return {name.removeprefix("flyway."): value for name, value in entries.items()}


_NOT_SETTINGS = ("FLYWAY_HOME", "FLYWAY_EDITION", "FLYWAY_VERSION")  # of Flyway's own launchers


def _variable(name: str) -> str:
    """`baselineOnMigrate` is FLYWAY_BASELINE_ON_MIGRATE; Flyway writes DRYRUN in one word."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name.replace(".", "_")).upper()
    return f"FLYWAY_{words}".replace("DRY_RUN", "DRYRUN").replace("COMMUNITY_DBSUPPORT", "COMMUNITY_DB_SUPPORT")


def _command(commands: list[str]) -> str:
    if len(commands) != 1:
        said = f"{' '.join(commands)}: one command at a time" if commands else "no command"
        raise ConfigurationError(f"{said}: write one of {', '.join(COMMANDS)}", "command", "missing")
    if commands[0] in _ELSEWHERE:
        raise ConfigurationError(f"{commands[0]} {_ELSEWHERE[commands[0]]}", commands[0], "unsupported")
    if commands[0] not in COMMANDS:
        raise ConfigurationError(
            f"{commands[0]} is no command: write one of {', '.join(COMMANDS)}", "command", "unknown"
        )
    return commands[0]
