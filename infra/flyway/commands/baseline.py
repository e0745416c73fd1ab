"""`baseline`: write into a database's history that it has everything up to a version.

https://documentation.red-gate.com/flyway/reference/commands/baseline
"""

from __future__ import annotations

from infra.flyway.commands.command import Command, begun
from infra.flyway.errors import FlywayError
from infra.flyway.planning.rows import SYNTHETIC, Row
from infra.flyway.planning.targets import read_baseline
from infra.flyway.scripts.scan import Found
from infra.flyway.server.session import Connect
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import Version, parse


class BaselineError(FlywayError):
    """A history that is there already, with another baseline or with scripts; `rows` are its rows."""

    def __init__(self, message: str, settings: FlywaySettings, rows: tuple[Row, ...]) -> None:
        super().__init__(message)
        self.settings, self.rows = settings, rows


def baseline(connect: Connect, settings: FlywaySettings, found: Found) -> Version:
    """Write the baseline of the settings, and return its version. The same one again changes nothing.

    Raises BaselineError where the history has another baseline, or scripts; LockTimeout; DatabaseError.
    """
    with begun(connect, settings, found) as command:
        if command.settings.create_schemas:
            for event in ("createSchema", "beforeCreateSchema"):
                command.callbacks.fire(event)
        command.callbacks.fire("beforeBaseline")
        try:
            with command.locked():
                _write(command)
        except FlywayError:
            command.callbacks.fire_after_failure("afterBaselineError")
            raise
        command.callbacks.fire("afterBaseline")
        return read_baseline(command.settings.baseline_version)


def _write(command: Command) -> None:
    situation, settings = command.situation(), command.settings
    if situation.rows is None:
        command.create(situation, baseline=True, baseline_first=True)
        return
    name = f"{settings.default_schema}.{settings.table}"
    wanted = read_baseline(settings.baseline_version), settings.baseline_description
    marker = marker_of(situation.rows)
    if marker is not None:
        if wanted != (parse(marker.version or ""), marker.description):
            said = f"{name} has the baseline {marker.version} ({marker.description})"
            raise BaselineError(f"{said} already: set baselineVersion to that, or leave it", settings, situation.rows)
    elif any(row.type not in SYNTHETIC for row in situation.rows):
        raise BaselineError(f"{name} has scripts already: there is nothing to baseline", settings, situation.rows)
    else:
        said = f"{name} is there already, without a script"
        raise BaselineError(f"{said}: drop it, then run baseline again", settings, situation.rows)


def marker_of(rows: tuple[Row, ...]) -> Row | None:
    """The baseline's row, which Flyway looks for among the first two alone."""
    return next((row for row in rows[:2] if row.type == "BASELINE"), None)
