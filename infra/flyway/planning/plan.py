"""Compare the scripts with the history: what a run would do, and what must not go on.

The verdicts are Flyway's; validate.py and states.py have them. Here they become a plan: which schemas are to be made,
whether there is a baseline to write, which scripts are pending.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from infra.flyway.errors import NotEmptyError, Problem
from infra.flyway.planning import validate
from infra.flyway.planning.migration import Overview
from infra.flyway.planning.patterns import Pattern, read_patterns
from infra.flyway.planning.rows import Row, baseline_entry
from infra.flyway.planning.states import overview
from infra.flyway.scripts.script import Script
from infra.flyway.settings import FlywaySettings


@dataclass(frozen=True)
class Situation:
    """What a database has: the history, or None where there is none, and which schemas exist, each empty or not.

    `holder` is the session that has the lock, where a script was begun that has not ended.
    """

    rows: tuple[Row, ...] | None
    schemas: Mapping[str, bool] = field(default_factory=dict)
    holder: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a run would do, unless there are `problems`.

    `creates` are the schemas to make. `baseline` says whether to write the baseline's row. `interrupted` has the rows
    of pending scripts that were begun by a run that was killed, by the script's name.
    """

    seen: Overview
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    creates: tuple[str, ...] = ()
    baseline: bool = False
    interrupted: Mapping[str, Row] = field(default_factory=dict)

    @property
    def pending(self) -> tuple[Script, ...]:
        """The scripts to run, in order."""
        return self.seen.pending


def plan(
    scripts: tuple[Script, ...], situation: Situation, settings: FlywaySettings, values: Mapping[str, str]
) -> Plan:
    """The plan of `migrate`. `values` are those of the placeholders, from placeholder_values().

    Raises NotEmptyError for a schema that may be somebody else's, and what overview() raises. What validation finds is
    in the plan, as far as the settings ask for validation.
    """
    interrupted = _interrupted(scripts, situation.rows or (), values)
    rows = tuple(row for row in situation.rows or () if interrupted.get(row.script) is not row)
    seen = overview(scripts, rows, settings, values)
    found, strange = _validated(seen, situation, settings, values)
    creates = missing_schemas(situation, settings)
    begins = situation.rows is None and not creates
    crowded = tuple(name for name in settings.managed_schemas if situation.schemas.get(name) is False)
    if not found and begins and crowded and not settings.skip_executing_migrations:
        if not settings.baseline_on_migrate:
            raise NotEmptyError(_not_empty(crowded, settings))
        seen = overview(scripts, (_baseline_row(settings),), settings, values)
        return Plan(seen, found, strange, creates, baseline=True)
    return Plan(seen, found, strange, creates, interrupted=interrupted)


def missing_schemas(situation: Situation, settings: FlywaySettings) -> tuple[str, ...]:
    """The schemas to make. Flyway makes them whenever they are missing, also where there is a history."""
    if not settings.create_schemas:
        return ()
    return tuple(name for name in settings.managed_schemas if name not in situation.schemas)


def invalid(
    seen: Overview,
    settings: FlywaySettings,
    values: Mapping[str, str],
    *extra: Pattern,
    holder: str | None = None,
) -> tuple[Problem, ...]:
    """What validation finds wrong; `extra` patterns are ignored on top of those of the settings.

    `holder` is the session that has the lock, as in Situation.
    """
    patterns = (*read_patterns(settings.ignore_migration_patterns), *extra)
    return validate.problems(seen, patterns, settings, values, holder)


def schema_version(rows: Iterable[Row]) -> str | None:
    """The version that a history has reached, as it is written there: the highest that counts, the baseline's too.

    Raises FlywayError for a version in the history that cannot be read.
    """
    current = overview((), rows, FlywaySettings(), {}).current
    return current.text if current else None


def _validated(
    seen: Overview, situation: Situation, settings: FlywaySettings, values: Mapping[str, str]
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """A schema that does not exist yet has nothing to validate (recorded: tests/flyway/cases/folder_empty_schema)."""
    ahead = (*validate.newer(seen), *validate.failed_later(seen))
    if settings.default_schema not in situation.schemas and not settings.create_schemas:
        message = f"schema {settings.default_schema} does not exist: make it, or set createSchemas to true"
        ahead = (Problem("no schema", message),)
    blocking = validate.blocking(seen, read_patterns(settings.ignore_migration_patterns))
    if not settings.validate_on_migrate:
        return blocking, ahead
    if settings.default_schema not in situation.schemas:
        return (), ahead
    found = invalid(seen, settings, values, validate.PENDING, holder=situation.holder) or blocking
    return found, () if found else (*validate.warnings(seen), *ahead)


def _interrupted(scripts: Iterable[Script], rows: Iterable[Row], values: Mapping[str, str]) -> dict[str, Row]:
    """The rows of scripts that were begun and are still as they were then."""
    begun = {row.script: row for row in rows if row.interrupted}
    known = {script.script: script for script in scripts if script.script in begun} if begun else {}
    return {name: row for name, row in begun.items() if name in known and known[name].matches(row.checksum, values)}


def _not_empty(crowded: Iterable[str], settings: FlywaySettings) -> str:
    schemas = ", ".join(crowded)
    return (
        f"schema {schemas} is not empty and has no history table {settings.table}: if scripts up to version"
        f" {settings.baseline_version} are in it already, set baselineOnMigrate to true; otherwise use an empty schema"
    )


def _baseline_row(settings: FlywaySettings) -> Row:
    entry = baseline_entry(settings)
    return Row(1, entry.version, entry.description, entry.type, entry.script, None, "", datetime.min, 0, success=True)
