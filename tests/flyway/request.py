"""A command as a program that runs Flyway gets it, and what Flyway would write into its log."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from infra.flyway.cli.jdbc import Database
from infra.flyway.errors import Problem, ScriptError
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.script import Script
from infra.flyway.settings import FlywaySettings
from tests.flyway.words import HELP

_NOT_FOUND = "WARN No migrations found. Are your locations set up correctly?"
CREATE_SCHEMA = (
    "'createSchema' callback is deprecated and will be removed in a future release. Please use 'beforeCreateSchema'"
    " callback instead"
)
INIT_SQL = "initSql is deprecated and will be removed in a future release. Please use 'afterConnect' callback instead"
_CREATE_OFF = (
    "The configuration option 'createSchemas' is false.\nHowever, the schema history table still needs a schema to"
    f" reside in.\nYou must manually create a schema for the schema history table to reside in.\nSee {HELP}"
    "flyway-concepts/migrations"
)
CREATE_OFF_FOR_BASELINE = _CREATE_OFF.replace(
    "However, the schema", "Even though Flyway is configured not to create any schemas, the schema"
)


@dataclass
class Request:
    """A command with its settings, and what it is about to answer."""

    settings: FlywaySettings
    database: Database
    found: Found = field(default_factory=Found)
    log: list[str] = field(default_factory=list)

    def connect(self) -> psycopg.Connection:
        try:
            return self.database.connect()
        except psycopg.Error as error:
            error.user = self.database.parameters.get("user")  # type: ignore[attr-defined]
            raise


def script_of(error: ScriptError, request: Request) -> Script:
    return next(script for script in request.found.scripts if script.script == error.script)


def settled(request: Request) -> FlywaySettings:
    """The settings with the schema that the connection has where they name none."""
    if request.settings.default_schema:
        return request.settings
    try:
        with request.connect() as connection:
            row = connection.execute("SELECT current_schema()::text").fetchone()
    except psycopg.Error:
        return request.settings
    return replace(request.settings, default_schema=row[0] if row else "")


def location_log(warning: Problem) -> list[str]:
    about: Any = warning.about
    if warning.kind == "location twice":
        return [f"WARN Discarding duplicate location '{about[0]}'"]
    if warning.kind == "location inside":
        return [f"WARN Discarding location '{about[0]}' as it is a sub-location of '{about[1]}'"]
    if warning.kind == "location missing":
        return [f"ERROR Skipping filesystem location: {about[0]} ({about[1]})"]
    return []


def warning_log(warning: Problem, schema: str) -> str | None:
    about: Any = warning.about
    plain = {"no scripts": _NOT_FOUND, "no schema": f"WARN {_CREATE_OFF}"}
    if warning.kind in plain:
        return plain[warning.kind]
    if warning.kind == "no scripts left":
        return (
            "WARN No migrations could be resolved from the configured locations, but"
            f" {about} applied migration(s) were found in the schema history. Are your locations set up correctly?"
        )
    if warning.kind == "failed later":
        return f'WARN Schema "{schema}" contains a failed future migration to version {about} !'
    if warning.kind == "newer" and about[1] is None:
        than = "but no migration could be resolved in the configured locations !"
        return f'ERROR Schema "{schema}" has version {about[0]}, {than}'
    if warning.kind == "newer":
        than = f"that is newer than the latest available migration ({about[1]}) !"
        return f'WARN Schema "{schema}" has a version ({about[0]}) {than}'
    return None
