"""Compare the scripts with the history: what is pending, and what must not go on.

The verdicts are Flyway's (Flyway documentation, "Validate" and "Migration states") with its default
`ignoreMigrationPatterns=*:future`. Two are stricter: a failed script of a later release stops a run too, and a row of
a type other than SQL for a script that exists is a contradiction rather than a second migration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .errors import ScriptError
from .history import Row
from .placeholders import placeholder_values
from .scan import Script
from .settings import FlywaySettings
from .version import Version, parse

_TYPE = "SQL"


@dataclass(frozen=True)
class Plan:
    """What a run would do: write the baseline row or not, then run `pending` in order, unless there are `problems`."""

    pending: tuple[Script, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    baseline: bool


@dataclass(frozen=True)
class _Applied:
    """The history by what it says: rows that still count, by version and by description, and the baseline."""

    versioned: Mapping[Version, Row]
    repeatable: Mapping[str, Row]
    baseline: Version | None
    last: Version | None  # the highest version of all, the baseline's too


def plan(
    scripts: tuple[Script, ...],
    rows: tuple[Row, ...] | None,
    settings: FlywaySettings,
    *,
    schema_empty: bool,
    placeholders: Mapping[str, str] | None = None,
) -> Plan:
    """The plan for `scripts`, as scan() returns them, and `rows`, which are None where there is no history.

    `schema_empty` matters only without a history. `placeholders`, from placeholder_values(), go into the checksums
    of repeatables; without them only those of the settings are known. Nothing is raised: problems are in the plan.
    """
    known = placeholder_values(settings) if placeholders is None else placeholders
    try:
        applied = _read(rows or ())
        start = parse(settings.baseline_version)
    except ValueError as error:
        return Plan((), (str(error),), (), baseline=False)
    baseline = rows is None and not schema_empty
    if baseline and not settings.baseline_on_migrate:
        return Plan((), (_not_empty(settings),), (), baseline=False)
    if baseline:
        applied = _Applied({}, {}, start, start)
    problems = [*_failed(rows or (), settings), *_missing(scripts, applied)]
    pending = []
    for script in scripts:
        wrong, due = _judge(script, applied, settings, known)
        problems += wrong
        if due:
            pending.append(script)
    return Plan(tuple(pending), tuple(problems), tuple(_warnings(scripts, applied)), baseline)


def schema_version(rows: Iterable[Row]) -> str | None:
    """The version that a history has reached, as it is written there: the highest that counts, the baseline's too.

    Raises ValueError for a version in the history that cannot be read.
    """
    last = _read(rows).last
    return last.text if last else None


def _read(rows: Iterable[Row]) -> _Applied:
    """The rows that count. Repair adds a row of type DELETE to take back the one before of that version or name."""
    versioned: dict[Version, Row] = {}
    repeatable: dict[str, Row] = {}
    baseline: Version | None = None
    for row in rows:
        version = _version(row)
        if row.type == "SCHEMA":
            continue
        if row.type == "BASELINE":
            baseline = version
        elif row.type == "DELETE":
            _ = versioned.pop(version, None) if version else repeatable.pop(row.description, None)
        elif version:
            versioned[version] = row
        else:
            repeatable[row.description] = row
    return _Applied(versioned, repeatable, baseline, max((v for v in (baseline, *versioned) if v), default=None))


def _version(row: Row) -> Version | None:
    try:
        return None if row.version is None else parse(row.version)
    except ValueError as error:
        raise ValueError(f"row {row.installed_rank} of the history ({row.script}): {error}") from None


def _not_empty(settings: FlywaySettings) -> str:
    schemas = ", ".join(settings.schemas)
    return (
        f"schema {schemas} is not empty and has no history table {settings.table}: if scripts up to version"
        f" {settings.baseline_version} are in it already, set baselineOnMigrate to true; otherwise use an empty schema"
    )


def _failed(rows: Iterable[Row], settings: FlywaySettings) -> Iterator[str]:
    for row in rows:
        if not row.success:
            yield (
                f"{row.script}: failed on {row.installed_on:%Y-%m-%d %H:%M} outside a transaction: undo by hand what it"
                f" left behind, then delete row {row.installed_rank} of {settings.default_schema}.{settings.table}"
            )


def _missing(scripts: tuple[Script, ...], applied: _Applied) -> Iterator[str]:
    """Rows whose scripts are gone. Those later than all scripts belong to a later release (Flyway: "future")."""
    versions = {script.version for script in scripts if script.version}
    descriptions = {script.description for script in scripts if not script.version}
    newest = max(versions, default=None)
    gone = [
        row for version, row in applied.versioned.items() if newest and version < newest and version not in versions
    ]
    gone += [row for description, row in applied.repeatable.items() if description not in descriptions]
    for row in gone:
        yield f"{row.script}: was applied, but the file is missing: restore it"


def _judge(
    script: Script, applied: _Applied, settings: FlywaySettings, known: Mapping[str, str]
) -> tuple[list[str], bool]:
    """The problems of one script, and whether it is to run."""
    row = applied.versioned.get(script.version) if script.version else applied.repeatable.get(script.description)
    try:
        checksum = script.checksum(known)
    except ScriptError as error:
        return [str(error)], False
    if script.version is None:
        return [], row is None or row.checksum != checksum
    below = applied.baseline is not None and script.version <= applied.baseline
    if row is not None:
        return ([] if below else list(_differences(script, row, checksum))), False
    if below:
        return [], False
    if applied.last and script.version < applied.last and not settings.out_of_order:
        return [
            f"{script.script}: is older than version {applied.last}, which was applied already:"
            f" give it a version above {applied.last}, or set outOfOrder to true"
        ], False
    return [], True


def _differences(script: Script, row: Row, checksum: int) -> Iterator[str]:
    if row.type != _TYPE:
        yield f"{script.script}: was applied with type {row.type}, not {_TYPE}: give the script a new version"
    if row.checksum is not None and row.checksum != checksum:
        yield (
            f"{script.script}: was edited after it was applied (checksum {row.checksum} then, {checksum} now):"
            " restore the file, and put the change into a new migration"
        )
    if row.description != script.description:
        yield (
            f"{script.script}: was applied with the description {row.description!r}, not {script.description!r}:"
            f" name the file {row.script} again"
        )


def _warnings(scripts: tuple[Script, ...], applied: _Applied) -> Iterator[str]:
    versions = [script.version for script in scripts if script.version]
    newest = max(versions, default=None)
    if applied.versioned and not newest:
        yield f"the database has version {applied.last}, but no versioned script was found: check the locations"
    elif newest and applied.last and applied.last > newest:
        yield f"the database has version {applied.last}, which is newer than the newest script, {newest}"
