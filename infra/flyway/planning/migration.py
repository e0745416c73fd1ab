"""A migration as Flyway's `info` shows it: a script, a row of the history, or both, with its state.

https://documentation.red-gate.com/flyway/flyway-concepts/migrations/migration-states
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from infra.flyway.errors import HistoryError
from infra.flyway.planning.rows import BASELINES, SYNTHETIC, Row
from infra.flyway.scripts.script import Script
from infra.flyway.version import Version, parse


class State(enum.Enum):
    """A state by the name that `info` shows. Failed ones, and those of rows, are told by the properties."""

    PENDING = "Pending"
    ABOVE_TARGET = "Above Target"
    BELOW_BASELINE = "Below Baseline"
    BASELINE_IGNORED = "Ignored (Baseline)"
    BASELINE = "Baseline"
    IGNORED = "Ignored"
    MISSING = "Missing"
    MISSING_FAILED = "Failed (Missing)"
    SUCCESS = "Success"
    FAILED = "Failed"
    OUT_OF_ORDER = "Out of Order"
    FUTURE = "Future"
    FUTURE_FAILED = "Failed (Future)"
    OUTDATED = "Outdated"
    SUPERSEDED = "Superseded"
    DELETED = "Deleted"

    @property
    def failed(self) -> bool:
        return self in _FAILED

    @property
    def resolved(self) -> bool:
        """Whether Flyway counts it among those that have a file."""
        return self not in _WITHOUT_FILE


_FAILED = (State.FAILED, State.MISSING_FAILED, State.FUTURE_FAILED)
_WITHOUT_FILE = {State.MISSING, State.MISSING_FAILED, State.FUTURE, State.FUTURE_FAILED, State.DELETED}


@dataclass(frozen=True)
class Migration:
    """A script, a row of the history, or both, and the state. `version` is the row's, where there is one."""

    script: Script | None
    row: Row | None
    state: State
    version: Version | None

    @property
    def description(self) -> str:
        return self.row.description if self.row is not None else self._script.description

    @property
    def type(self) -> str:
        return self.row.type if self.row is not None else self._script.type

    @property
    def name(self) -> str:
        """What the history calls the script, or would."""
        return self.row.script if self.row is not None else self._script.script

    @property
    def category(self) -> str:
        """What `info` shows in its first column: nothing for rows that no script made."""
        if self.type in SYNTHETIC:
            return ""
        if self.version is None:
            return "Repeatable"
        return "Baseline" if self.type in BASELINES else "Versioned"

    @property
    def _script(self) -> Script:
        assert self.script is not None
        return self.script


@dataclass(frozen=True)
class Overview:
    """All migrations in Flyway's order, and what the history has come to."""

    migrations: tuple[Migration, ...]
    last_applied: Version | None
    baseline: Version | None

    @property
    def pending(self) -> tuple[Script, ...]:
        """The scripts to run, in order."""
        return tuple(one.script for one in self.migrations if one.state is State.PENDING and one.script)

    @property
    def current(self) -> Version | None:
        """The version of the schema: the highest that counts, also where it failed."""
        counted = (
            one.version
            for one in self.migrations
            if one.row and one.version and one.type != "DELETE" and one.state is not State.DELETED
        )
        return max(counted, default=None)


def row_version(row: Row) -> Version | None:
    """The version of a row. Raises HistoryError where it cannot be read."""
    try:
        return None if row.version is None else parse(row.version)
    except ValueError as error:
        raise HistoryError(f"row {row.installed_rank} of the history ({row.script}): {error}", "version", row) from None
