"""A row of the history, and what a new one records.

The columns are Flyway's (https://documentation.red-gate.com/flyway/flyway-concepts/migrations/flyway-schema-history-table).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from infra.flyway.planning.targets import read_baseline
from infra.flyway.settings import FlywaySettings

SYNTHETIC = {"SCHEMA", "BASELINE", "DELETE"}  # types of rows that no script made
BASELINES = {"BASELINE", "SQL_BASELINE", "JDBC_BASELINE", "SCRIPT_BASELINE"}
BEGUN = -1  # the execution time of a script of which nobody knows how it ended
TYPES = {"SQL", "JDBC", "SPRING_JDBC", "SCRIPT", "CUSTOM"} | SYNTHETIC | BASELINES


class Row(NamedTuple):
    """A row of the history. `type` is SQL or SQL_BASELINE for a script; others are BASELINE, SCHEMA and DELETE."""

    installed_rank: int
    version: str | None
    description: str
    type: str
    script: str
    checksum: int | None
    installed_by: str
    installed_on: datetime
    execution_time: int
    success: bool

    @property
    def interrupted(self) -> bool:
        """Whether it is of a script that was begun outside a transaction, by a run that was killed."""
        return not self.success and self.execution_time == BEGUN


class Mark(NamedTuple):
    """What a history has come to: it differs once another run has recorded a script, or how one ended.

    It has the number of rows, the highest rank, how many scripts succeeded, and how many were begun and have not ended:
    the row of such a one is there before it runs, and is changed at its end.
    """

    rows: int
    rank: int
    applied: int
    begun: int

    def after(self, scripts: int) -> Mark:
        """The mark once that many scripts were applied and recorded."""
        return Mark(self.rows + scripts, self.rank + scripts, self.applied + scripts, self.begun)


def mark_of(rows: Sequence[Row]) -> Mark:
    """The mark of these rows."""
    highest = max((row.installed_rank for row in rows), default=0)
    return Mark(len(rows), highest, sum(row.success for row in rows), sum(row.interrupted for row in rows))


@dataclass(frozen=True)
class Entry:
    """What a new row records; the table adds its rank and the time."""

    version: str | None
    description: str
    type: str
    script: str
    checksum: int | None
    execution_time: int = 0
    success: bool = True


def schema_entry(schemas: tuple[str, ...]) -> Entry:
    """The entry for schemas that this run has created, as Flyway writes it."""
    names = ",".join('"' + name.replace('"', '""') + '"' for name in schemas)
    return Entry(None, "<< Flyway Schema Creation >>", "SCHEMA", names, None)


def baseline_entry(settings: FlywaySettings) -> Entry:
    """The entry that says that a database had everything up to the baseline version before."""
    description = settings.baseline_description
    return Entry(read_baseline(settings.baseline_version).text, description, "BASELINE", description, None)


def shortened(description: str) -> str:
    """A description that fits: of at most 200 characters, with an ellipsis (recorded: description_201)."""
    return description if len(description) <= 200 else description[:197] + "..."


def shortened_script(script: str) -> str:
    """A script's name that fits: of at most 1000 characters, with an ellipsis at the start, as Flyway writes it."""
    return script if len(script) <= 1000 else "..." + script[3:1000]
