"""Do the scripts and the history contradict each other?

The verdicts are Flyway's, with its error codes, and so is what `ignoreMigrationPatterns` lets pass
(https://documentation.red-gate.com/flyway/reference/commands/validate).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.flyway.errors import Problem
from infra.flyway.planning.migration import Migration, Overview, State
from infra.flyway.planning.patterns import Pattern, ignores_all, read_patterns
from infra.flyway.planning.rows import SYNTHETIC, shortened
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import Version

PENDING = Pattern("*", "pending")  # what `migrate` lets pass on top of the settings


@dataclass(frozen=True)
class _Rules:
    patterns: tuple[Pattern, ...]
    values: Mapping[str, str]
    baseline: Version | None
    last: Version | None
    history: str
    holder: str | None

    def ignore(self, state: str) -> bool:
        return ignores_all(self.patterns, state)

    def ignore_this(self, one: Migration) -> bool:
        return (one.version is not None, one.state) in self._ignored

    @functools.cached_property
    def _ignored(self) -> frozenset[tuple[bool, State]]:
        """Worked out once, and not for each of a thousand migrations."""
        return frozenset(
            (versioned, state)
            for versioned in (True, False)
            for state in State
            if any(pattern.fits(versioned, state.value) for pattern in self.patterns)
        )


def problems(
    seen: Overview,
    patterns: tuple[Pattern, ...],
    settings: FlywaySettings,
    values: Mapping[str, str],
    holder: str | None = None,
) -> tuple[Problem, ...]:
    """What is wrong, a problem each, in the order of `seen`; each is about its Migration.

    `holder` is the session that has the lock, and may be running a script that has not ended.
    """
    history = f"{settings.default_schema}.{settings.table}"
    rules = _Rules(patterns, values, seen.baseline, seen.last_applied, history, holder)
    checked = ((one, _check(one, rules)) for one in seen.migrations)
    return tuple(Problem(found[0], f"{one.name}: {found[1]}", one) for one, found in checked if found)


def warnings(seen: Overview) -> Iterator[Problem]:
    """What is strange about the scripts as a whole, but no reason to stop."""
    if not seen.migrations:
        yield Problem("no scripts", "no script was found: check the locations")
    elif not any(one.state.resolved for one in seen.migrations):
        applied = len(seen.migrations)
        message = f"no script was found, though {applied} have been applied: check the locations"
        yield Problem("no scripts left", message, applied)


def newer(seen: Overview) -> Iterator[Problem]:
    """A history that is ahead of the scripts, as after a return to an earlier release."""
    if not any(one.state in (State.FUTURE, State.FUTURE_FAILED) and one.version for one in seen.migrations):
        return
    newest = next((m.version for m in reversed(seen.migrations) if m.state.resolved and m.version), None)
    than = f"the newest script, {newest}" if newest else "all scripts: none was found; check the locations"
    message = f"the database has version {seen.current}, which is newer than {than}"
    yield Problem("newer", message, (seen.current, newest))


def failed_later(seen: Overview) -> Iterator[Problem]:
    """A script of a later release that failed, which blocking() lets pass."""
    for one in seen.migrations:
        if one.state is State.FUTURE_FAILED:
            message = f"{one.name}, of a later release, failed"
            yield Problem("failed later", message, one.version)


def ignores_pending(settings: FlywaySettings) -> bool:
    """Whether the settings let pending scripts pass."""
    return ignores_all(read_patterns(settings.ignore_migration_patterns), "pending")


def blocking(seen: Overview, patterns: tuple[Pattern, ...]) -> tuple[Problem, ...]:
    """What stops `migrate` also where nothing was validated: a script that failed before.

    One alone of a later release passes where `patterns` ignore the future.
    """
    failed = [one for one in seen.migrations if one.state.failed]
    if len(failed) == 1 and failed[0].state is State.FUTURE_FAILED and ignores_all(patterns, "future"):
        return ()
    return tuple(Problem("failed before", f"{one.name}: failed before: run repair", one) for one in failed[:1])


def _check(one: Migration, rules: _Rules) -> tuple[str, str] | None:
    """The code and the words for what is wrong with one migration."""
    versioned = one.version is not None
    kind = "VERSIONED" if versioned else "REPEATABLE"
    if one.state in (State.ABOVE_TARGET, State.DELETED) or rules.ignore_this(one):
        return None
    if one.state.failed and not (one.state is State.FUTURE_FAILED and rules.ignore("future")):
        return f"FAILED_{kind}_MIGRATION", _failed(one, rules)
    if _is_gone(one, rules):
        return f"APPLIED_{kind}_MIGRATION_NOT_RESOLVED", (
            "was applied, but the file is missing: restore it, or run repair if you removed it for good"
        )
    if one.state is State.IGNORED and not rules.ignore("ignored") and one.type != "SQL_BASELINE":
        return f"RESOLVED_{kind}_MIGRATION_NOT_APPLIED", _too_old(rules)
    if one.state in (State.PENDING, State.OUTDATED) and not rules.ignore("pending"):
        return _waits(one, kind)
    return _mismatch(one, rules)


def _waits(one: Migration, kind: str) -> tuple[str, str]:
    if one.state is State.OUTDATED:
        return "OUTDATED_REPEATABLE_MIGRATION", "has changed since it ran: run migrate"
    return f"RESOLVED_{kind}_MIGRATION_NOT_APPLIED", "is not applied yet: run migrate"


def _failed(one: Migration, rules: _Rules) -> str:
    assert one.row is not None
    if one.row.interrupted:
        return _interrupted(one, rules)
    return (
        f"failed on {one.row.installed_on:%Y-%m-%d %H:%M} outside a transaction: undo by hand what it left behind, then"
        f" run repair, which deletes row {one.row.installed_rank} of {rules.history}"
    )


def _interrupted(one: Migration, rules: _Rules) -> str:
    """Where the file is not what it was, migrate does not go on: what it would run is not what was begun."""
    assert one.row is not None
    began = f"{one.row.installed_on:%Y-%m-%d %H:%M}"
    if rules.holder:
        return f"was begun on {began}, and is running, or was killed: wait until the run of {rules.holder} ends"
    killed = f"the run of {began} was killed while it ran outside a transaction"
    if one.script and one.script.matches(one.row.checksum, rules.values):
        return f"{killed}: run migrate, which goes on where that is safe and says what to do where it is not"
    since = "the file was edited since" if one.script else "the file is missing"
    return (
        f"{killed}, and {since}: restore it as it was and run migrate, which goes on where that is safe; or undo by"
        f" hand what it left behind, then run repair, which deletes row {one.row.installed_rank} of {rules.history}"
    )


def _is_gone(one: Migration, rules: _Rules) -> bool:
    if one.script is not None or one.type in SYNTHETIC or one.state is State.SUPERSEDED:
        return False
    missing = one.state in (State.MISSING, State.MISSING_FAILED) and rules.ignore("missing")
    future = one.state in (State.FUTURE, State.FUTURE_FAILED) and rules.ignore("future")
    return not missing and not future


def _too_old(rules: _Rules) -> str:
    return (
        f"is older than version {rules.last}, which was applied already:"
        f" give it a version above {rules.last}, or set outOfOrder to true"
    )


def _mismatch(one: Migration, rules: _Rules) -> tuple[str, str] | None:
    """A script that was applied, and is not what it was. Those up to the baseline do not count."""
    script, row = one.script, one.row
    if script is None or row is None or one.type == "DELETE":
        return None
    if one.version is not None and rules.baseline is not None and one.version <= rules.baseline:
        return None
    if row.type != script.type:
        return "TYPE_MISMATCH", f"was applied with type {row.type}, not {script.type}: give the script a new version"
    if _compares_checksum(one, rules) and row.checksum not in (None, script.checksum(rules.values)):
        return "CHECKSUM_MISMATCH", (
            f"was edited after it was applied (checksum {row.checksum} then, {script.checksum(rules.values)} now):"
            " restore the file, and put the change into a new migration"
        )
    if row.description != shortened(script.description):
        return "DESCRIPTION_MISMATCH", (
            f"was applied with the description {row.description!r}, not {script.description!r}:"
            f" name the file {row.script} again"
        )
    return None


def _compares_checksum(one: Migration, rules: _Rules) -> bool:
    current = one.state not in (State.OUTDATED, State.SUPERSEDED)
    return one.version is not None or (rules.ignore("pending") and current)
