"""This project's engine with the arguments and the JSON of a program that runs real Flyway.

`python -m tests.flyway.as_flyway COMMAND -key=value…` prints what Flyway's API returns for the command, or the
exception that it throws, so that the two can be compared field by field.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.flyway.cli.config import read_settings
from infra.flyway.cli.jdbc import KEYS, PROPERTIES, Database, read_database
from infra.flyway.commands.baseline import baseline
from infra.flyway.commands.fire import CallbackError
from infra.flyway.commands.look import info, validate
from infra.flyway.commands.repair import repair
from infra.flyway.errors import FlywayError, LockTimeout, ScriptError
from infra.flyway.planning.migration import Migration
from infra.flyway.scripts.scan import scan
from infra.flyway.scripts.script import Script
from infra.flyway.settings import FlywaySettings
from tests.flyway import complaints, verdicts, words
from tests.flyway.migrate_answer import migrate_answer
from tests.flyway.request import (
    CREATE_OFF_FOR_BASELINE,
    CREATE_SCHEMA,
    INIT_SQL,
    Request,
    location_log,
    script_of,
    settled,
    warning_log,
)

Result = dict[str, Any]


def run(command: str, properties: Mapping[str, str]) -> Result:
    """Run a command as Flyway's API would, and return what it would return or throw."""
    request = Request(FlywaySettings(), Database({}))
    try:
        request.database = read_database({k: v for k, v in properties.items() if k in KEYS or k.startswith(PROPERTIES)})
        others = {k: v for k, v in properties.items() if k not in KEYS and not k.startswith(PROPERTIES)}
        if command == "clean":
            return {"ok": False, **_clean(others), "logWarnings": []}
        request.settings = read_settings(others)
        request.found = scan(request.settings, Path.cwd())
        request.log += [line for warning in request.found.warnings for line in location_log(warning)]
        if any(callback.event == "createSchema" for callback in request.found.callbacks):
            request.log.append(f"WARN {CREATE_SCHEMA}")
        answer = _COMMANDS[command](request)
    except FlywayError as error:
        answer = {"ok": False, **_thrown(error, request)}
        if isinstance(error, LockTimeout) and not request.settings.transactional_lock:
            request.log.append("ERROR Unable to release PostgreSQL advisory lock")
    return {**answer, "logWarnings": request.log}


def _thrown(error: FlywayError, request: Request) -> Result:
    if isinstance(error, CallbackError):
        return words.callback_failure(error)
    if isinstance(error, ScriptError):
        return words.script_failure(error, settled(request), script_of(error, request).path)
    return complaints.failure(error, settled(request))


def _clean(properties: Mapping[str, str]) -> Result:
    if properties.get("cleanDisabled", "true") == "true":
        message = "Unable to execute clean as it has been disabled with the 'flyway.cleanDisabled' property."
        return words.exception(message, "ERROR")
    return words.exception("There is no clean here.", "ERROR")


def _tell_of_init_sql(request: Request) -> None:
    """Flyway's second connection, which runs initSql again, is there for each command in the end."""
    if request.settings.init_sql:
        request.log += [f"WARN {INIT_SQL}"] * (2 if request.settings.transactional_lock else 1)


def _validate(request: Request) -> Result:
    verdict = validate(request.connect, request.settings, request.found)
    _tell_of_init_sql(request)
    warnings = [line for one in verdict.warnings if (line := warning_log(one, ""))]
    request.log += warnings
    answer: Result = {"ok": not verdict.problems, "warnings": [line.removeprefix("WARN ") for line in warnings]}
    answer["validateCount"] = verdict.count
    answer["invalidMigrations"] = [
        verdicts.invalid(one) for one in verdict.problems if isinstance(one.about, Migration)
    ]
    return answer | (verdicts.validation(verdict.problems) if verdict.problems else {})


def _info(request: Request) -> Result:
    seen = info(request.connect, request.settings, request.found)
    _tell_of_init_sql(request)
    return {
        "ok": True,
        "schemaVersion": str(seen.seen.current) if seen.seen.current else None,
        "schemaName": ", ".join(request.settings.schemas),
        "allSchemasEmpty": seen.all_schemas_empty,
        "migrations": [_shown(one) for one in seen.seen.migrations],
    }


def _shown(one: Migration) -> Result:
    baselines = one.type in ("BASELINE", "SQL_BASELINE")
    script: Any = one.script
    return {
        "category": "Repeatable" if one.version is None else "Baseline" if baselines else "Versioned",
        "rank": one.row.installed_rank if one.row else None,
        "version": str(one.version) if one.version else None,
        "description": one.description,
        "type": one.type,
        "script": one.name,
        "checksum": one.row.checksum if one.row else _checksum(script),
        "state": one.state.value,
    }


def _checksum(script: Script) -> int:
    return script.plain_checksum


def _baseline(request: Request) -> Result:
    if not request.settings.create_schemas:
        request.log.append(f"WARN {CREATE_OFF_FOR_BASELINE}")
    version = baseline(request.connect, request.settings, request.found)
    _tell_of_init_sql(request)
    return {"ok": True, "warnings": [], "successfullyBaselined": True, "baselineVersion": str(version)}


def _repair(request: Request) -> Result:
    repaired = repair(request.connect, request.settings, request.found)
    _tell_of_init_sql(request)
    actions = {
        "Removed failed migrations": repaired.removed,
        "Marked missing migrations as deleted": repaired.deleted,
        "Aligned applied migration checksums": repaired.aligned,
    }
    return {
        "ok": True,
        "warnings": [],
        "repairActions": [action for action, done in actions.items() if done],
        "removed": [
            {"version": row.version or "", "description": row.description, "script": ""} for row in repaired.removed
        ],
        "deleted": [_repaired(one) for one in repaired.deleted],
        "aligned": [_repaired(one) for one in repaired.aligned],
    }


def _repaired(one: Migration) -> Result:
    script = one.script.path.name if one.script else ""
    return {"version": str(one.version or ""), "description": one.description, "script": script}


_COMMANDS: dict[str, Callable[[Request], Result]] = {
    "migrate": migrate_answer,
    "validate": _validate,
    "info": _info,
    "baseline": _baseline,
    "repair": _repair,
}


def main(command: str, *arguments: str) -> int:
    """Print the answer; 0 where it is a good one."""
    pairs = (argument.lstrip("-").partition("=") for argument in arguments)
    answer = run(command, {name.removeprefix("flyway."): value for name, _, value in pairs})
    print(json.dumps({"command": command, **answer}, ensure_ascii=False))
    return 0 if answer["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
