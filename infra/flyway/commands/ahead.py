"""Have scripts ready when their turn comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg

from infra.flyway.scripts.script import Script
from infra.flyway.settings import FlywaySettings
from infra.flyway.statements.prepare import Prepared, prepare


class Ahead:
    """Makes scripts ready, each once."""

    def __init__(self, connection: psycopg.Connection, settings: FlywaySettings, values: Mapping[str, str]) -> None:
        self._connection, self._settings, self._values = connection, settings, values
        self._ready: dict[str, Prepared] = {}

    def prepare_all(self, scripts: Iterable[Script]) -> None:
        """Make all of them ready. Raises ScriptError for the first that cannot be."""
        self._ready = {script.script: self.take(script) for script in scripts}

    def take(self, script: Script) -> Prepared:
        """A script that is ready for this session. Raises ScriptError."""
        # A script before it may have set how the session reads strings.
        standard = self._connection.info.parameter_status("standard_conforming_strings") != "off"
        ready = self._ready.pop(script.script, None)
        if ready and ready.standard == standard:
            return ready
        return prepare(script, self._settings, self._values, standard=standard)

    def give_back(self, prepared: Prepared) -> None:
        """Keep what take() has given, as its turn has not come yet."""
        self._ready[prepared.script.script] = prepared
