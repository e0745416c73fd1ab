"""Compare a database with what was recorded of it: is this what the migrations have left?

The history decides which record counts. Where other programs, such as Flyway itself, have applied scripts since, there
is no record of what they made, and nothing is compared until the next run has made one. Where the history is an earlier
one than the newest record's, the database was put back, or rows were deleted: the catalog tells which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from infra.catalog.snapshot import Snapshot
from infra.drift.changes import changes
from infra.flyway.cli.terminal import visible
from infra.flyway.planning.rows import SYNTHETIC, Row

Key = tuple[int, str]
"""What tells a row of the history from others: its rank and its script."""

_KINDS = {"+": "new", "-": "gone", "~": "changed"}
_REMEDIES = {
    "+": "undo it, or run make adopt",
    "-": "make it again, or run make adopt",
    "~": "change it back, or run make adopt",
}
_HOLD_DATA = ("+ table ", "+ column ")
_DATA_REMEDY = "undo it, which loses what it holds, or run make adopt"
_ROW_REMEDIES = {
    "+": "add its script to the locations, or delete the row and what the script made",
    "-": "put the row back",
    "~": "undo by hand what it left behind, and run repair",
}
_ROW = "history row"
_UNKNOWN = "whether anything else changed cannot be told"


@dataclass(frozen=True)
class Record:
    """What a run has left: the rows of the history that succeeded, and the catalog as far as it counts.

    Catalogs of two forms cannot be compared: another PostgreSQL words them in another way, another version of this
    project reads them so, or they are of other schemas.
    """

    rows: tuple[Key, ...]
    catalog: Snapshot
    form: str


@dataclass(frozen=True)
class Drift:
    """The lines of what changed, which begin with `+`, `-` or `~`, and what else is to be told.

    `expected` is the catalog that was compared with; None where there is nothing to go by.
    """

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    expected: Snapshot | None = None

    def by_line(self) -> dict[str, str]:
        """Each line with whether that is new, gone or changed."""
        return {line: _KINDS[line[0]] for line in self.lines}

    def remedies(self) -> tuple[str, ...]:
        """Each line with what to do."""
        return tuple(f"{line}: {_remedy(line)}" for line in self.lines)


def keys(rows: Iterable[Row]) -> tuple[Key, ...]:
    """The rows of the history that count, in their order: those that succeeded."""
    return tuple((row.installed_rank, row.script) for row in rows if row.success)


def of_another_form() -> Drift:
    """What can be said of a database whose newest record is of another form."""
    return Drift((), (f"the record is of another PostgreSQL, project's version, or set of schemas: {_UNKNOWN}",))


def compare(records: Sequence[Record], rows: Sequence[Row], live: Snapshot, scripts: Collection[str]) -> Drift:
    """What in a history of `rows` and a `live` catalog, of the form of the newest record, is not as recorded.

    `records` are the newest first, `scripts` the names of those that are known: a row of another one is foreign.
    """
    if not records:
        return Drift()
    newest, now = records[0], keys(rows)
    known, there = set(newest.rows), set(now)
    lost = tuple(_row("-", *key) for key in newest.rows if key not in there)
    if lost and now == newest.rows[: len(now)]:
        return _put_back(records, now, lost, live)
    came = [row for row in rows if row.success and keys([row])[0] not in known and row.type not in SYNTHETIC]
    foreign = tuple(_row("+", *keys([row])[0]) for row in came if row.script not in scripts)
    failed = tuple(
        f"{_row('~', row.installed_rank, row.script)}: failed"
        for row in rows
        if not row.success and not row.interrupted  # the next run goes on with those, or says why it cannot
    )
    if len(foreign) < len(came):
        return Drift((*lost, *foreign, *failed), (_adopted(came),))
    return Drift((*lost, *foreign, *failed, *changes(newest.catalog, live)), _killed(rows), newest.catalog)


def _put_back(records: Sequence[Record], now: tuple[Key, ...], lost: tuple[str, ...], live: Snapshot) -> Drift:
    """What a history that lacks its newest rows means.

    With the catalog of that time, all of it was put back, and the scripts run again. With the newest catalog, rows were
    deleted by hand.
    """
    form = records[0].form
    earlier = next((record.catalog for record in records if record.rows == now and record.form == form), None)
    restored = f"the history is an earlier one, as after a restore: {len(lost)} scripts will run again"
    if earlier is not None and not changes(earlier, live):
        return Drift((), (restored,), earlier)
    newest = records[0].catalog
    if not changes(newest, live):
        return Drift(lost, (), newest)
    if earlier is None:
        return Drift((), (f"{restored}; {_UNKNOWN}",))
    return Drift((*lost, *changes(earlier, live)), (), earlier)


def _row(sign: str, rank: int, script: str) -> str:
    return visible(f"{sign} {_ROW} {rank} {script}")


def _adopted(came: Iterable[Row]) -> str:
    names = visible(", ".join(f"{row.script} (by {row.installed_by})" for row in came))
    return f"another program has applied {names} since the last run: {_UNKNOWN}"


def _killed(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(
        f"the run of {visible(row.script)} was killed: the indexes that it names are no drift, but for the next run to"
        " finish"
        for row in rows
        if row.interrupted
    )


def _remedy(line: str) -> str:
    if line.startswith(_HOLD_DATA):
        return _DATA_REMEDY
    return (_ROW_REMEDIES if line[2:].startswith(_ROW) else _REMEDIES)[line[0]]
