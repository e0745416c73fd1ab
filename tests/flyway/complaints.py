"""How Flyway puts errors about settings, files and the database: which exception, with which words."""

from __future__ import annotations

import re
from typing import Any

from infra.flyway.commands.baseline import BaselineError, marker_of
from infra.flyway.errors import (
    ConfigurationError,
    DatabaseError,
    FlywayError,
    HistoryError,
    LockLost,
    LockTimeout,
    NotEmptyError,
    Problem,
    ScanError,
)
from infra.flyway.planning.targets import TargetError
from infra.flyway.scripts.names import BadName, read_name
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import parse
from tests.flyway.words import HELP, Result, cause, database_failure, exception, history_table

_EXAMPLE = "(It {rule} and should look like this: {example})"


def failure(error: FlywayError, settings: FlywaySettings) -> Result:
    """The exception that Flyway throws where this project raises `error`."""
    if (charset := _unknown_charset(error)) is not None:
        return {**exception(charset, "", "UnsupportedCharsetException"), "errorCode": None}
    if isinstance(error, DatabaseError):
        return database_failure(error, settings)
    code, name = error.code, "FlywayException"
    if isinstance(error, ConfigurationError):
        code, name, message, causes = *_configuration(error), []
    elif isinstance(error, ScanError) and isinstance(error.found[0].about, ConfigurationError):
        code, name, message, causes = *_configuration(error.found[0].about, script=True), []
    elif isinstance(error, ScanError):
        message, causes = _scan(error.found, settings)
    else:
        message, causes = _plain(error, settings), []
    if isinstance(error, HistoryError) and error.kind == "type":
        name = "FlywayUnknownMigrationTypeException"
    return exception(message, code, name, causes)


def _configuration(error: ConfigurationError, *, script: bool = False) -> tuple[str, str, str]:
    """Code, class and message."""
    name = error.setting if script else f"flyway.{error.setting}"
    if error.reason == "paid":
        message = (
            f"Upgrade required: {error.setting} is not supported by OSS.\nDownload Redgate Edition for free:"
            f" {HELP}redgate-edition-download.\nOnce you have installed Redgate Edition, you can start a free"
            " Enterprise trial by running auth -startEnterpriseTrial -IAgreeToTheEula."
        )
        return "ERROR", "FlywayEditionUpgradeRequiredException", message
    plain = "FlywayException"
    if error.reason == "unknown" or error.setting == "undoSqlMigrationPrefix":
        where = "script config files" if script else "conf files or commandline parameters"
        return "CONFIGURATION", plain, f"Unknown configuration property: {name}. Please check your {where}"
    if error.setting == "url" and error.reason == "missing":
        return "CONFIGURATION", plain, "Unable to connect to the database. Configure the url, user and password!"
    if (special := _special(error)) is not None:
        return "ERROR", plain, special
    kind = "an integer" if "number" in str(error) else "either true or false"
    value = re.search(r" is '(.*?)'", str(error))
    return "CONFIGURATION", plain, f"Invalid value for {name} (should be {kind}): {value[1] if value else ''}"


def _special(error: ConfigurationError) -> str | None:
    """Settings that Flyway looks at late, with words of their own."""
    if error.setting == "url":
        kind = re.search(r"begins with (\S+):", str(error))
        see = f"See {HELP}reference/usage/database-troubleshooting for troubleshooting"
        return f"No Flyway database plugin found to handle {kind[1] if kind else '?'}:********. {see}"
    if error.setting.startswith("flyway:"):
        return f"Invalid placeholder ('flyway:' prefix is reserved): {error.setting}"
    return _pattern(str(error)) if error.setting == "ignoreMigrationPatterns" else None


def _pattern(said: str) -> str:
    word = re.search(r"'(.*?)'", said)
    text = word[1] if word else ""
    if "no type" in said:
        return f"Invalid migration type '{text}'. Valid types are: [*, repeatable, versioned]"
    if "no state" in said:
        return f"Invalid migration state '{text}'. Valid states are: [*, missing, pending, ignored, future]"
    form = "Pattern must be of the form <migration_type>:<migration_state> See"
    setting = "reference/configuration/flyway-namespace/flyway-ignore-migration-patterns-setting"
    return f"Invalid pattern '{text}'. {form} {HELP}{setting} for full details"


def _unknown_charset(error: FlywayError) -> str | None:
    said = re.search(r"encoding is '(.*)', which is no known|unknown encoding: (.*)", str(error))
    return (said[1] or said[2]) if said else None


def _scan(found: tuple[Problem, ...], settings: FlywaySettings) -> tuple[str, list[Result]]:
    problem = found[0]
    about: Any = problem.about
    if problem.kind == "location prefix":
        return f"Unknown prefix for location (should be one of classpath:, filesystem:): {about[0]}", []
    if problem.kind == "location missing":
        return f"Failed to find filesystem location: {about[0]} ({about[1]})", []
    if problem.kind == "name":
        paths: list[Any] = [one.about for one in found if one.kind == "name"]
        return "\r\n".join(["Invalid SQL filenames found:", *(_name(path.name, settings) for path in paths)]), []
    if problem.kind == "encoding":
        advice = "Please ensure you have configured the correct file encoding with 'flyway.encoding' or enable"
        advice += " 'flyway.detectEncoding' to let Flyway detect it for you"
        length = _malformed(about[1])
        causes = [cause("MalformedInputException", f"Input length = {length}")]
        return f"Unable to calculate checksum of {about[0].name}\n{advice}", causes
    one, other = about
    if problem.kind == "duplicate callback":
        head = f"Found more than 1 SQL callback script called {one.path.name.rpartition('.')[0]}!"
        return f"{head}\nOffenders:\n-> {one.path}\n-> {other.path}", []
    what = (
        f"migration with version {one.version}"
        if one.version
        else f"repeatable migration with description {one.description}"
    )
    offenders = "\n".join(f"-> {script.path} ({script.type})" for script in (one, other))
    return f"Found more than one {what}\nOffenders:\n{offenders}", []


def _malformed(error: UnicodeDecodeError) -> int:
    """The length that Java gives: a surrogate, which UTF-8 does not have, is one mistake of three bytes."""
    piece = error.object[error.start : error.start + 3]
    surrogate = len(piece) == 3 and piece[0] == 0xED and 0xA0 <= piece[1] <= 0xBF and 0x80 <= piece[2] <= 0xBF
    return 3 if surrogate else error.end - error.start


def _name(filename: str, settings: FlywaySettings) -> str:
    try:
        read_name(filename, settings)
    except BadName as error:
        return _bad_name(filename, error, settings)
    raise AssertionError(filename)


def _bad_name(filename: str, error: BadName, settings: FlywaySettings) -> str:
    if error.reason == "prefix":
        return f"Unrecognised migration name format: {filename}"
    if error.reason == "bad version":
        return f"Invalid versioned migration name format: {filename} (could not recognise version number {error.part})"
    separator = settings.sql_migration_separator
    description = filename.partition(separator)[2] or f"description.{filename.rpartition('.')[2]}"
    if error.reason == "no version":
        example = f"{filename.partition('.')[0].partition(separator)[0]}1.2{separator}{description}"
        rule = _EXAMPLE.format(rule="must contain a version", example=example)
        return f"Invalid versioned migration name format: {filename} {rule}"
    prefix = filename[: filename.index(error.part)]
    rule = _EXAMPLE.format(rule="cannot contain a version", example=f"{prefix}{separator}{description}")
    return f"Invalid repeatable migration / callback name format: {filename} {rule}"


def _plain(error: FlywayError, settings: FlywaySettings) -> str:
    if isinstance(error, LockTimeout):
        return (
            "Number of retries exceeded while attempting to acquire PostgreSQL advisory lock. Configure the number of"
            " retries with the 'lockRetryCount' configuration option:"
            f" {HELP}reference/configuration/flyway-namespace/flyway-lock-retry-count-setting"
        )
    if isinstance(error, NotEmptyError):
        schemas = re.search(r"schema (.*) is not empty", str(error))
        names = ", ".join(f'"{name}"' for name in (schemas[1] if schemas else "").split(", "))
        return (
            f"Found non-empty schema(s) {names} but no schema history table. Use baseline() or set baselineOnMigrate to"
            " true to initialize the schema history table."
        )
    if isinstance(error, TargetError):
        if error.missing:
            target = f"No migration with a target version {error.target} could be found."
            return f"{target} Ensure target is specified correctly and the migration exists."
        return f"Version may only contain 0..9 and . (dot). Invalid version: {error.target}"
    if isinstance(error, BaselineError):
        return _baseline(error)
    if not isinstance(error, (HistoryError, LockLost)):
        raise error
    return _history(error) if isinstance(error, HistoryError) else "Unable to release PostgreSQL advisory lock"


def _history(error: HistoryError) -> str:
    row: Any = error.row
    if error.kind == "version":
        return f"Version may only contain 0..9 and . (dot). Invalid version: {row.version}"
    if error.kind == "type":
        extension = "You might be missing a required extension JAR on the classpath."
        return f"Unknown migration type '{row.type}' found in schema history.\n{extension}"
    return f"Corrupted schema history: multiple delete entries for version {row.version}"


def _baseline(error: BaselineError) -> str:
    settings = error.settings
    head = f"Unable to baseline schema history table {history_table(settings)}"
    learn = f"Need to reset your baseline? Learn more: {HELP}rebaselining"
    marker = marker_of(error.rows)
    if marker is not None:
        wanted = f"{parse(settings.baseline_version)},{settings.baseline_description}"
        there = f"{marker.version},{marker.description}"
        return f"{head} with ({wanted}) as it has already been baselined with ({there})\n{learn}"
    if any(row.type == "SCHEMA" for row in error.rows) and parse(settings.baseline_version) == parse("0"):
        return f"{head} with version 0 as this version was used for schema creation"
    if any(row.type not in ("SCHEMA", "DELETE") for row in error.rows):
        return f"{head} as it already contains migrations\n{learn}"
    if not error.rows:
        return f"{head} as it already exists, and is empty.\nDelete the schema history table, and run baseline again."
    again = "Delete the schema history table, and run baseline again."
    return f"{head} as it already contains migrations.\n{again}\n{learn}"
