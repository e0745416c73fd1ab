"""How Flyway puts what validation finds."""

from __future__ import annotations

from infra.flyway.errors import Problem
from infra.flyway.planning.migration import Migration, State
from tests.flyway.words import HELP, Result, exception


def invalid(problem: Problem) -> Result:
    """An entry of validate's invalidMigrations."""
    one = problem.about
    assert isinstance(one, Migration)
    return {
        "version": str(one.version or ""),
        "description": one.description,
        "script": one.script.path.name if one.script else "",
        "errorCode": problem.code,
        "errorMessage": _verdict(problem, one),
    }


def _verdict(problem: Problem, one: Migration) -> str:
    which = str(one.version) if one.version else one.description
    repeatable = "" if one.version else "repeatable "
    mismatch = {"CHECKSUM_MISMATCH": "checksum", "TYPE_MISMATCH": "type", "DESCRIPTION_MISMATCH": "description"}
    if problem.kind in mismatch:
        return _mismatch(mismatch[problem.kind], one)
    if problem.kind.startswith("FAILED_"):
        what = (
            f"migration to version {one.version} ({one.description})"
            if one.version
            else f"repeatable migration: {which}"
        )
        advice = "Please remove any half-completed changes then run repair to fix the schema history."
        return f"Detected failed {what}.\n{advice}"
    if problem.kind.startswith("APPLIED_"):
        advice = "If you removed this migration intentionally, run repair to mark the migration as deleted."
        return f"Detected applied migration not resolved locally: {which}.\n{advice}"
    if one.state is State.OUTDATED:
        what = "Detected outdated resolved repeatable migration that should be re-applied to database"
        return f"{what}: {which}.\nRun migrate to execute this migration."
    advice = "To fix this error, either run migrate, or set -ignoreMigrationPatterns='*:pending'."
    if one.state is State.IGNORED:
        advice = "To ignore this migration, set -ignoreMigrationPatterns='*:ignored'."
        advice += " To allow executing this migration, set -outOfOrder=true." if one.version else ""
    return f"Detected resolved {repeatable}migration not applied to database: {which}.\n{advice}"


def _mismatch(what: str, one: Migration) -> str:
    assert one.script and one.row
    mine = {"checksum": one.script.plain_checksum, "type": one.script.type, "description": one.script.description}
    theirs = {"checksum": one.row.checksum, "type": one.row.type, "description": one.row.description}
    which = f"version {one.version}" if one.version else one.row.script
    return (
        f"Migration {what} mismatch for migration {which}\n-> Applied to database : {theirs[what]}\n"
        f"-> Resolved locally    : {mine[what]}\n"
        "Either revert the changes to the migration, or run repair to update the schema history."
    )


def validation(problems: tuple[Problem, ...]) -> Result:
    """The FlywayValidateException."""
    topic = "flyway-blog/older-posts/customize-validation-rules-with-ignoremigrationpatterns"
    learn = f"Need more flexibility with validation rules? Learn more: {HELP}{topic}"
    if problems[0].kind == "SCHEMA_DOES_NOT_EXIST":
        message = f'Validate failed: Schema "{problems[0].about}" doesn\'t exist yet\n\n{learn}'
        return exception(message, problems[0].code, "FlywayValidateException")
    said = "\n".join(invalid(problem)["errorMessage"] for problem in problems)
    message = f"Validate failed: Migrations have failed validation\n{said}\n{learn}"
    return exception(message, "VALIDATE_ERROR", "FlywayValidateException")
