"""What a checkout would do to a database that stands where its history says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.flyway.errors import FlywayError, ProblemsError
from infra.flyway.planning.migration import Migration
from infra.flyway.planning.plan import Plan, plan
from infra.flyway.scripts.placeholders import placeholder_values
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.script import Script
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings
from infra.flyway.statements.prepare import mistakes
from infra.review.facts import Trouble
from infra.review.past import Past
from infra.review.seeding import changed
from infra.review.stacks import Stack
from infra.seeds import Seed, scan_seeds
from infra.settings import owner

_SEEDS = Path("sql") / "seeds"


@dataclass(frozen=True)
class Change:
    """A checkout below `root`, and what it would do to the database of `stack`, which stands where `past` says.

    `planned` is None where the scripts cannot be put together with the history. `seeds` are all of them, and `sown`
    those that would run.
    """

    root: Path
    stack: Stack
    past: Past
    found: Found
    troubles: tuple[Trouble, ...]
    planned: Plan | None
    seeds: tuple[Seed, ...] = ()

    @property
    def settings(self) -> FlywaySettings:
        return self.stack.settings

    @property
    def pending(self) -> tuple[Script, ...]:
        """The scripts that would run, in order."""
        return self.planned.pending if self.planned else ()

    @property
    def sown(self) -> tuple[Seed, ...]:
        """The seeds that would run."""
        return changed(self.seeds, self.past.seeds)


def scan(root: Path, settings: FlywaySettings) -> tuple[Found, tuple[Trouble, ...]]:
    """The scripts below `root`, and what is wrong with the files."""
    try:
        return scan_strictly(settings, root), ()
    except FlywayError as error:
        return Found(), _of_files(error, root)


def compare(root: Path, stack: Stack, past: Past, found: Found, troubles: tuple[Trouble, ...] = ()) -> Change:
    """Put the scripts and the seeds together with what ran before. `troubles` are those of scan()."""
    planned = None
    if not troubles:
        try:
            planned, troubles = _plan(stack, past, found)
        except FlywayError as error:
            troubles = (Trouble("plan", "", None, str(error)),)
    seeds, wrong = _scan_seeds(root)
    return Change(root, stack, past, found, (*troubles, *wrong), planned, seeds)


def _plan(stack: Stack, past: Past, found: Found) -> tuple[Plan, tuple[Trouble, ...]]:
    settings = stack.settings
    values = placeholder_values(settings, user=owner(stack.database), database=stack.database, timestamp="unknown")
    planned = plan(found.scripts, past.situation, settings, values)
    wrong = [_trouble(problem.kind, problem.about, str(problem)) for problem in planned.problems]
    for mistake in mistakes(planned.pending, settings, values, planned.interrupted):
        message = f"{mistake.message}{f'; {mistake.hint}' if mistake.hint else ''}"
        kind = "syntax" if mistake.sqlstate == "42601" else "script"
        wrong.append(Trouble(kind, mistake.script, mistake.line, message))
    return planned, tuple(wrong)


def _trouble(kind: str, about: object, message: str) -> Trouble:
    script = about.name if isinstance(about, Migration) else ""
    return Trouble(kind, script, None, message.removeprefix(f"{script}: "))


def _scan_seeds(root: Path) -> tuple[tuple[Seed, ...], tuple[Trouble, ...]]:
    """The seeds, where there is a folder for them, and what is wrong with the files."""
    if not (root / _SEEDS).is_dir():
        return (), ()
    try:
        return scan_seeds(root / _SEEDS), ()
    except FlywayError as error:
        return (), _of_files(error, root)


def _of_files(error: FlywayError, root: Path) -> tuple[Trouble, ...]:
    lines = error.problems if isinstance(error, ProblemsError) else (str(error),)
    return tuple(Trouble("scan", "", None, line.replace(f"{root}/", "")) for line in lines)
