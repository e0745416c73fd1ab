"""`repair`: put the history right, where it is the history that is wrong.

Rows of failed scripts go, scripts that are gone for good are marked as deleted, and checksums, types and descriptions
become those of the files (https://documentation.red-gate.com/flyway/reference/commands/repair). Flyway does so while
another run is under way, and may delete the row of the script that runs; here it waits for the lock, unless there is
nothing to put right (recorded: tests/flyway/cases/lock_held).
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.flyway.commands.command import Command, begun
from infra.flyway.errors import FlywayError
from infra.flyway.planning.migration import Migration, State
from infra.flyway.planning.patterns import read_patterns
from infra.flyway.planning.rows import SYNTHETIC, Entry, Row, shortened
from infra.flyway.planning.states import overview
from infra.flyway.scripts.scan import Found
from infra.flyway.server import history, indexes
from infra.flyway.server.session import Connect
from infra.flyway.settings import FlywaySettings

_GONE = (State.MISSING, State.MISSING_FAILED, State.FUTURE, State.FUTURE_FAILED)


@dataclass(frozen=True)
class Repaired:
    """What was put right: rows that were deleted, migrations that were marked as deleted and that were aligned.

    `invalid_indexes` are in the database, most likely left by what failed.
    """

    removed: tuple[Row, ...] = ()
    deleted: tuple[Migration, ...] = ()
    aligned: tuple[Migration, ...] = ()
    invalid_indexes: tuple[str, ...] = ()


def repair(connect: Connect, settings: FlywaySettings, found: Found) -> Repaired:
    """Repair the history, all of it or nothing.

    Raises LockTimeout where another run has the lock for too long, DatabaseError, and what overview() raises.
    """
    with begun(connect, settings, found) as command:
        command.callbacks.fire("beforeRepair")
        try:
            with command.session.doing("repair the history"):
                repaired = _look(command, found)
                if repaired.removed or repaired.deleted or repaired.aligned:
                    with command.locked(), command.connection.transaction():
                        repaired = _look(command, found)
                        _write(command, repaired)
        except FlywayError:
            command.callbacks.fire_after_failure("afterRepairError")
            raise
        command.callbacks.fire("afterRepair")
        return repaired


def _look(command: Command, found: Found) -> Repaired:
    """What there is to put right."""
    rows = command.situation().rows
    left = indexes.invalid(command.connection)
    if rows is None:
        return Repaired(invalid_indexes=left)
    removed = tuple(row for row in rows if not row.success)
    rows = tuple(row for row in rows if row.success)
    seen = overview(found.scripts, rows, command.settings, command.values, repairing=True)
    patterns = read_patterns(command.settings.ignore_migration_patterns)
    deleted = tuple(
        one
        for one in seen.migrations
        if one.state in _GONE and not any(p.fits(one.version is not None, one.state.value) for p in patterns)
    )
    aligned = tuple(one for one in seen.migrations if _differs(command, one))
    return Repaired(removed, deleted, aligned, left)


def _write(command: Command, repaired: Repaired) -> None:
    if repaired.removed:
        history.delete_failed(command.connection, command.settings)
    for one in repaired.deleted:
        _mark_deleted(command, one)
    for one in repaired.aligned:
        _align(command, one)


def _mark_deleted(command: Command, one: Migration) -> None:
    row = one.row
    assert row is not None
    entry = Entry(row.version, row.description, "DELETE", row.script, row.checksum)
    history.insert(command.connection, command.settings, entry, command.session.role)


def _differs(command: Command, one: Migration) -> bool:
    """Whether the row of a script is to be aligned: of a repeatable, only a checksum with placeholders as written."""
    script, row = one.script, one.row
    if script is None or row is None or row.type in SYNTHETIC or one.state is State.IGNORED:
        return False
    if script.version is None:
        return row.checksum == script.plain_checksum and row.checksum != script.checksum(command.values)
    return (
        not script.matches(row.checksum, command.values)
        or row.description != shortened(script.description)
        or row.type != script.type
    )


def _align(command: Command, one: Migration) -> None:
    assert one.script is not None and one.row is not None
    script = one.script
    entry = Entry(None, script.description, script.type, script.script, script.checksum(command.values))
    history.align(command.connection, command.settings, one.row.installed_rank, entry)
