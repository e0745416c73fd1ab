"""Callbacks: SQL files that run at an event, such as `beforeMigrate.sql` or `afterEachMigrate__Log.sql`.

Several of one event run in the order of their descriptions (https://documentation.red-gate.com/flyway/flyway-concepts/
callback-concept). Those of `clean` and `undo` never run, as these commands do not exist here; `beforeConnect.sql` does
not run in Flyway either.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.flyway.scripts.names import EVENTS
from infra.flyway.scripts.script import Script, collation


@dataclass(frozen=True)
class Callback:
    """A callback: its event, and the script to run then."""

    event: str
    script: Script

    @property
    def path(self) -> Path:
        return self.script.path

    def order(self) -> tuple[int, bytes]:
        """What callbacks are sorted by."""
        return EVENTS.index(self.event), collation(self.script.description)
