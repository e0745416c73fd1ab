"""What a command answers: a table for people, JSON for programs.

The JSON has the names of Flyway's own (https://documentation.red-gate.com/flyway/reference/usage/json-output), so that
what reads Flyway's output reads this too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from infra.flyway.cli.terminal import visible
from infra.flyway.commands.fire import CallbackError
from infra.flyway.commands.look import Info, Verdict
from infra.flyway.commands.perform import Applied
from infra.flyway.commands.repair import Repaired
from infra.flyway.commands.run import Outcome
from infra.flyway.errors import FlywayError, Problem, ProblemsError, ScriptError
from infra.flyway.planning.migration import Migration

Answer = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns with a line between the head and the rest, as wide as what is in them."""
    lines = [tuple(head), *(tuple(map(visible, row)) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([shown[0], "  ".join("-" * width for width in widths), *shown[1:]])


def info_text(seen: Info) -> str:
    """The table of `info`."""
    rows = (
        (
            one.category,
            str(one.version or ""),
            one.description,
            one.type,
            f"{one.row.installed_on:%Y-%m-%d %H:%M:%S}" if one.row else "",
            one.state.value,
        )
        for one in seen.seen.migrations
    )
    where = visible(f"schema {seen.settings.default_schema} of database {seen.database}")
    head = ("Category", "Version", "Description", "Type", "Installed on", "State")
    return f"Version of {where}: {seen.seen.current or 'none'}\n\n{table(head, rows)}"


def info_json(seen: Info) -> Answer:
    """What `info` found, for programs."""
    return {
        "schemaVersion": _text(seen.seen.current),
        "schemaName": ", ".join(seen.settings.managed_schemas),
        "database": seen.database,
        "allSchemasEmpty": seen.all_schemas_empty,
        "migrations": [_migration(one) for one in seen.seen.migrations],
    }


def migrate_text(outcome: Outcome) -> str:
    """The last line of `migrate`, which has told of each script already."""
    if not outcome.applied:
        return f"Nothing to do: the schema has version {outcome.began or 'none'}"
    versions = [one.version for one in outcome.applied if one.version]
    now = f", now at version {versions[-1]}" if versions else ""
    return f"Applied {_count(len(outcome.applied), 'script')}{now}"


def migrate_json(began: object, applied: Iterable[Applied], warnings: Iterable[str]) -> Answer:
    """What `migrate` did, for programs, also where it failed."""
    done = list(applied)
    versions = [one.version for one in done if one.version]
    return {
        "initialSchemaVersion": _text(began),
        "targetSchemaVersion": versions[-1] if versions else None,
        "migrationsExecuted": len(done),
        "migrations": [_applied(one) for one in done],
        "warnings": list(warnings),
    }


def validate_text(verdict: Verdict) -> str:
    """What `validate` found."""
    if verdict.problems:
        return "\n".join(visible(str(problem)) for problem in verdict.problems)
    return f"{_count(verdict.count, 'migration')} in order"


def validate_json(verdict: Verdict) -> Answer:
    """What `validate` found, for programs."""
    return {
        "validationSuccessful": not verdict.problems,
        "validateCount": verdict.count,
        "invalidMigrations": [_invalid(problem) for problem in verdict.problems],
        "warnings": list(map(str, verdict.warnings)),
    }


def repair_text(repaired: Repaired) -> str:
    """What `repair` put right, and what is left to do by hand."""
    lines = [f"{row.script}: deleted the row of its failure; undo by hand what it left" for row in repaired.removed]
    lines += [f"{one.name}: marked as deleted, as there is no such file" for one in repaired.deleted]
    lines += [f"{one.name}: aligned with the file" for one in repaired.aligned]
    lines += [_index(name) for name in repaired.invalid_indexes]
    return "\n".join(map(visible, lines)) or "Nothing to repair"


def repair_json(repaired: Repaired) -> Answer:
    """What `repair` put right, for programs."""
    removed = [{"version": row.version or "", "description": row.description} for row in repaired.removed]
    return {
        "migrationsRemoved": removed,
        "migrationsDeleted": [_named(one) for one in repaired.deleted],
        "migrationsAligned": [_named(one) for one in repaired.aligned],
        "warnings": [_index(name) for name in repaired.invalid_indexes],
    }


def error_json(error: FlywayError) -> Answer:
    """An error, for programs. `lines` are one for each problem."""
    problems = error.problems if isinstance(error, ProblemsError) else (str(error),)
    answer: Answer = {"errorCode": error.code, "message": problems[0], "lines": list(problems)}
    inner = error.error if isinstance(error, CallbackError) else error
    if isinstance(inner, ScriptError):
        names = ("script", "line", "column", "statement", "sqlstate", "hint")
        answer |= {{"sqlstate": "sqlState"}.get(name, name): getattr(inner, name) for name in names}
    return {"error": answer}


def _index(name: str) -> str:
    return (
        f"index {name} is invalid, most likely left by a failed CREATE INDEX CONCURRENTLY:"
        f" run DROP INDEX CONCURRENTLY {name}, then migrate again"
    )


def _migration(one: Migration) -> Answer:
    row = one.row
    return {
        "category": one.category,
        "version": str(one.version or ""),
        "description": one.description,
        "type": one.type,
        "script": one.name,
        "checksum": row.checksum if row else None,
        "state": one.state.value,
        "installedRank": row.installed_rank if row else None,
        "installedOn": row.installed_on.isoformat() if row else "",
        "installedBy": row.installed_by if row else "",
        "executionTime": row.execution_time if row else 0,
        "filepath": str(one.script.path) if one.script else "",
    }


def _applied(one: Applied) -> Answer:
    category = "Baseline" if one.type == "SQL_BASELINE" else "Versioned" if one.version else "Repeatable"
    return {
        "category": category,
        "version": one.version or "",
        "description": one.description,
        "type": one.type,
        "script": one.script,
        "executionTime": one.execution_time_ms,
    }


def _invalid(problem: Problem) -> Answer:
    one = problem.about if isinstance(problem.about, Migration) else None
    details = {"errorCode": problem.code, "errorMessage": problem.message}
    return {**(_named(one) if one else {}), "errorDetails": details}


def _named(one: Migration) -> Answer:
    return {
        "version": str(one.version or ""),
        "description": one.description,
        "filepath": str(one.script.path) if one.script else "",
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
