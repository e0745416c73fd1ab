"""`info` and `validate`: what the scripts and the history are to each other. Nothing is changed, but for callbacks.

https://documentation.red-gate.com/flyway/reference/commands/info and .../commands/validate
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.flyway.commands.command import Command, begun
from infra.flyway.errors import FlywayError, Problem
from infra.flyway.planning import validate as rules
from infra.flyway.planning.migration import Overview
from infra.flyway.planning.plan import Situation, invalid
from infra.flyway.planning.states import overview
from infra.flyway.scripts.scan import Found
from infra.flyway.server.session import Connect
from infra.flyway.settings import FlywaySettings


@dataclass(frozen=True)
class Info:
    """Every migration with its state, the settings as they are on the connection, and whether nothing is there yet."""

    seen: Overview
    settings: FlywaySettings
    database: str
    all_schemas_empty: bool


@dataclass(frozen=True)
class Verdict:
    """What validation found: how many migrations are in order, or what is wrong; and what is strange."""

    count: int
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def info(connect: Connect, settings: FlywaySettings, found: Found) -> Info:
    """Look at the database. Raises DatabaseError, and what overview() raises."""
    with begun(connect, settings, found) as command:
        command.callbacks.fire("beforeInfo")
        try:
            situation = command.situation()
            seen = _overview(command, found, situation)
        except FlywayError:
            command.callbacks.fire_after_failure("afterInfoError")
            raise
        for event in ("afterInfo", "afterInfoOperationFinish"):
            command.callbacks.fire(event)
        return Info(seen, command.settings, command.session.database, all(situation.schemas.values()))


def validate(connect: Connect, settings: FlywaySettings, found: Found) -> Verdict:
    """Compare scripts and history. Raises DatabaseError, and what overview() raises."""
    with begun(connect, settings, found) as command:
        situation = command.situation()
        if command.settings.default_schema not in situation.schemas:
            return _without_schema(command, found)
        command.callbacks.fire("beforeValidate")
        seen = _overview(command, found, situation)
        problems = invalid(seen, command.settings, command.values, holder=situation.holder)
        if problems:
            command.callbacks.fire_after_failure("afterValidateError")
            return Verdict(0, problems)
        command.callbacks.fire("afterValidate")
        return Verdict(len(seen.migrations), (), tuple(rules.warnings(seen)))


def _overview(command: Command, found: Found, situation: Situation) -> Overview:
    return overview(found.scripts, situation.rows or (), command.settings, command.values)


def _without_schema(command: Command, found: Found) -> Verdict:
    """A schema that is still to come is wrong only where scripts wait for it (Flyway: SCHEMA_DOES_NOT_EXIST)."""
    schema = command.settings.default_schema
    if not found.scripts or rules.ignores_pending(command.settings):
        return Verdict(0)
    return Verdict(0, (Problem("SCHEMA_DOES_NOT_EXIST", f"schema {schema} does not exist: run migrate", schema),))
