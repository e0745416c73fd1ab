"""What Flyway's API answers to `migrate`."""

from __future__ import annotations

from typing import Any

from infra.flyway.commands.fire import CallbackError
from infra.flyway.commands.perform import Applied
from infra.flyway.commands.run import Progress, migrate
from infra.flyway.errors import FlywayError, LockLost, ScriptError, ValidationError
from infra.flyway.scripts.placeholders import placeholder_values
from infra.flyway.scripts.script import Script
from infra.flyway.settings import FlywaySettings
from infra.flyway.statements.prepare import prepare
from tests.flyway import verdicts, words
from tests.flyway.request import INIT_SQL, Request, script_of, settled, warning_log
from tests.flyway.words import Result

_EACH_LOOK = ("newer", "failed later")  # warnings that Flyway repeats for each script, and at the end


def migrate_answer(request: Request) -> Result:
    progress, settings = Progress(), settled(request)
    answer: Result = {"ok": True}
    failed: ScriptError | None = None
    try:
        migrate(request.connect, request.settings, request.found, progress=progress)
    except ValidationError as error:
        answer = {"ok": False, **_stopped(error, settings)}
    except CallbackError as error:
        answer = {"ok": False, **words.callback_failure(error)}
    except ScriptError as error:
        answer, failed = {"ok": False, **_failed(error, request, progress, settings)}, error
    except FlywayError as error:
        if isinstance(error, LockLost):
            progress.notices.pop()  # of this project's own attempt to release it
        _tell(request, progress, settings, reached=False)
        raise
    _tell(request, progress, settings, reached=progress.plan is not None and not progress.plan.problems)
    if failed and answer["errorClass"] == "FlywayMigrateException" and failed.stage != "group":
        request.log.append(_failure_log(failed, request, progress, settings))
    if answer["ok"] or answer["errorClass"] == "FlywayMigrateException":
        answer |= _migrated(request, progress, failed)
    return answer


def _tell(request: Request, progress: Progress, settings: FlywaySettings, *, reached: bool) -> None:
    """Flyway's log: a second connection, which runs initSql again, is for the scripts; each look at them is told."""
    schema, planned = settings.default_schema, progress.plan
    warnings = planned.warnings if planned else ()
    if settings.init_sql:
        request.log.append(f"WARN {INIT_SQL}")
    request.log += [line for one in warnings if one.kind not in _EACH_LOOK and (line := warning_log(one, schema))]
    if settings.init_sql and reached and settings.transactional_lock:
        request.log.append(f"WARN {INIT_SQL}")
    newer = [line for one in warnings if one.kind in _EACH_LOOK and (line := warning_log(one, schema))]
    request.log += newer
    request.log += [f"WARN DB: {n.message} (SQL State: {n.sqlstate} - Error Code: 0)" for n in progress.notices]
    request.log += newer * (min(len(progress.executed), 1) if settings.group else len(progress.executed))


def _stopped(error: ValidationError, settings: FlywaySettings) -> Result:
    problem = error.found[0]
    if problem.kind != "failed before":
        return verdicts.validation(error.found)
    one: Any = problem.about
    what = f"migration to version {one.version}" if one.version else f'repeatable migration ("{one.description}")'
    message = f'Schema "{settings.default_schema}" contains a failed {what} !'
    found = _migrate_exception(message, one.script, None, -1, [])
    return found | {"migrationErrorCode": f"FAILED_{'VERSIONED' if one.version else 'REPEATABLE'}_MIGRATION"}


def _failed(error: ScriptError, request: Request, progress: Progress, settings: FlywaySettings) -> Result:
    script = script_of(error, request)
    if error.stage in ("checksum", "record"):
        return words.script_failure(error, settings, script.path)
    if unparsed := words.unparsed(error, script.path):
        return unparsed
    if error.stage == "group":
        which = " ".join(part for part in (script.version_text, script.description) if part)
        kind = "" if "can run in" in error.message else " [non-transactional]"
        message = (
            "Detected both transactional and non-transactional migrations within the same migration group (even though"
            f' mixed is false). First offending migration: "{which}"{kind}'
        )
        return _migrate_exception(message, script, None, -1, [])
    text, causes, state, line = words.script_exception(error, script.path)
    return _migrate_exception(text, script, state, line, [words.cause("FlywaySqlScriptException", text), *causes])


def _migrate_exception(
    message: str, script: Script | None, state: str | None, line: int, causes: list[Result]
) -> Result:
    kinds = {"versioned": "VERSIONED", "repeatable": "REPEATABLE", "baseline": "BASELINE"}
    kind = kinds[script.kind] if script else "VERSIONED"
    found = words.exception(message, "ERROR", "FlywayMigrateException", causes)
    return {**found, "migrationErrorCode": f"FAILED_{kind}_MIGRATION", "sqlState": state, "lineNumber": line}


def _failure_log(error: ScriptError, request: Request, progress: Progress, settings: FlywaySettings) -> str:
    script = script_of(error, request)
    group = request.found.scripts if settings.group else (script,)
    inside = _transactional(script, settings)
    whole = all(_transactional(one, settings) for one in group)
    what = f'with repeatable migration "{script.description}"'
    if script.version:
        name = f"{script.version} - {script.description}" if script.description else str(script.version)
        seen = progress.plan.seen.current if progress.plan else None
        older = seen is not None and script.version < seen
        what = f'to version "{name}"' + (" [out of order]" if older else "")
    end = "Changes successfully rolled back." if whole else "Please restore backups and roll back database and code!"
    mode = "" if inside else " [non-transactional]"
    return f'ERROR Migration of schema "{settings.default_schema}" {what}{mode} failed! {end}'


def _transactional(script: Script, settings: FlywaySettings) -> bool:
    try:
        return prepare(
            script, settings, placeholder_values(settings, user="?", database="?", timestamp="?")
        ).transactional
    except ScriptError:
        given = script.options.execute_in_transaction
        return settings.execute_in_transaction if given is None else given


def _migrated(request: Request, progress: Progress, failed: ScriptError | None) -> Result:
    settings, planned, executed = request.settings, progress.plan, list(progress.executed)
    count = len(executed)
    if failed and settings.group and planned and failed.stage != "group":
        names = [script.script for script in planned.pending]
        before = planned.pending[: names.index(failed.script)]
        executed, count = [Applied(s.script, s.version_text, 0, s.description, s.type) for s in before], 0
    versions = [one.version for one in executed if one.version]
    return {
        "initialSchemaVersion": str(planned.seen.current) if planned and planned.seen.current else None,
        "targetSchemaVersion": versions[-1] if versions and not failed else None,
        "schemaName": ", ".join(settings.schemas),
        "migrationsExecuted": count,
        "migrations": [_executed(one) for one in executed],
        "warnings": [],
    }


def _executed(one: Applied) -> Result:
    category = "Baseline" if one.type == "SQL_BASELINE" else "Versioned"
    return {
        "category": category if one.version else "Repeatable",
        "version": one.version or "",
        "description": one.description,
        "type": one.type,
        "script": one.script.rpartition("/")[2],
    }
