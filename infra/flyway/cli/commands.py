"""The commands of `python -m infra.flyway`: each runs, and fills in what it answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from infra.flyway.cli import report
from infra.flyway.cli.terminal import visible
from infra.flyway.commands import baseline, look, repair, run
from infra.flyway.commands.perform import Applied
from infra.flyway.errors import FlywayError
from infra.flyway.scripts.scan import Found, scan
from infra.flyway.server.session import Connect
from infra.flyway.settings import FlywaySettings

# Connection, settings, the answer for programs, whether people read: whether it is a good one, and what to show people.
Command = Callable[[Connect, FlywaySettings, dict[str, Any], bool], tuple[bool, str]]


def _info(connect: Connect, settings: FlywaySettings, answer: dict[str, Any], people: bool) -> tuple[bool, str]:
    seen = look.info(connect, settings, _found(settings, people))
    answer |= report.info_json(seen)
    return True, report.info_text(seen)


def _validate(connect: Connect, settings: FlywaySettings, answer: dict[str, Any], people: bool) -> tuple[bool, str]:
    verdict = look.validate(connect, settings, _found(settings, people))
    answer |= report.validate_json(verdict)
    _warn(map(str, verdict.warnings), people)
    return not verdict.problems, report.validate_text(verdict)


def _migrate(connect: Connect, settings: FlywaySettings, answer: dict[str, Any], people: bool) -> tuple[bool, str]:
    def tell(applied: Applied) -> None:
        if people:
            line = f"{applied.script}: applied in {applied.execution_time_ms / 1000:.2f} s"
            print(visible(line), flush=True)

    progress = run.Progress()
    try:
        outcome = run.migrate(connect, settings, _found(settings, people), tell, progress=progress)
    except FlywayError:
        began = progress.plan.seen.current if progress.plan else None
        answer |= report.migrate_json(began, progress.executed, ())
        raise
    answer |= report.migrate_json(outcome.began, outcome.applied, outcome.warnings)
    _warn(outcome.warnings, people)
    return True, report.migrate_text(outcome)


def _baseline(connect: Connect, settings: FlywaySettings, answer: dict[str, Any], people: bool) -> tuple[bool, str]:
    version = baseline.baseline(connect, settings, _found(settings, people))
    answer |= {"successfullyBaselined": True, "baselineVersion": str(version)}
    return True, f"The baseline is version {version}"


def _repair(connect: Connect, settings: FlywaySettings, answer: dict[str, Any], people: bool) -> tuple[bool, str]:
    repaired = repair.repair(connect, settings, _found(settings, people))
    answer |= report.repair_json(repaired)
    return True, report.repair_text(repaired)


COMMANDS: dict[str, Command] = {
    "info": _info,
    "validate": _validate,
    "migrate": _migrate,
    "baseline": _baseline,
    "repair": _repair,
}


def _found(settings: FlywaySettings, people: bool) -> Found:
    found = scan(settings, Path.cwd())
    _warn(map(str, found.warnings), people)
    return found


def _warn(lines: Iterable[str], people: bool) -> None:
    if people:
        for line in lines:
            print(f"warning: {visible(line)}", file=sys.stderr)
