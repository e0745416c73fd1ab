"""Run the callbacks of an event.

Each runs in a transaction of its own, unless it cannot; those of a single script run with it, in its transaction
(https://documentation.red-gate.com/flyway/flyway-concepts/callback-concept).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from infra.flyway.errors import FlywayError, ScriptError
from infra.flyway.scripts.callbacks import Callback
from infra.flyway.server.execute import run_script
from infra.flyway.server.session import Limits, Session
from infra.flyway.settings import FlywaySettings
from infra.flyway.statements.prepare import prepare


def limits(settings: FlywaySettings, *, transactional: bool) -> Limits:
    """How long a statement may wait and take. Outside of a transaction it waits for ever.

    A script there cannot start again, and CREATE INDEX CONCURRENTLY has to wait for every older transaction.
    """
    return Limits(settings.lock_timeout, settings.statement_timeout, waits=not transactional)


class CallbackError(FlywayError):
    """A callback that failed: at which event, and why."""

    def __init__(self, event: str, error: ScriptError, callback: Callback) -> None:
        super().__init__(f"callback of {event}: {error}")
        self.event, self.error, self.callback = event, error, callback
        self.code = "DB_CONNECTION" if error.sqlstate else "ERROR"


@dataclass(frozen=True)
class Callbacks:
    """The callbacks of a run, and what they need to run."""

    session: Session
    settings: FlywaySettings
    values: Mapping[str, str]
    found: tuple[Callback, ...]

    def of(self, *events: str) -> tuple[Callback, ...]:
        """Those of any of the events."""
        return tuple(callback for callback in self.found if callback.event in events)

    def fire(self, event: str) -> None:
        """Run those of `event`. Raises CallbackError."""
        for callback in self.of(event):
            self._run(callback, alone=True)

    def fire_within(self, event: str) -> None:
        """Run those of `event` as part of a script: in its transaction, where it has one. Raises CallbackError."""
        for callback in self.of(event):
            self._run(callback, alone=False)

    def fire_after_failure(self, event: str) -> None:
        """Run those of `event`, whatever comes of it: the failure that they are told of says more."""
        with contextlib.suppress(CallbackError, psycopg.Error):
            self.fire(event)

    def _run(self, callback: Callback, *, alone: bool) -> None:
        before: list[str] = []
        after: list[str] = []
        try:
            prepared = prepare(callback.script, self.settings, self.values)
            outside = not prepared.transactional
            if alone:
                bounds = limits(self.settings, transactional=prepared.transactional)
                before, after = (
                    self.session.entering(self.settings.default_schema, bounds),
                    self.session.leaving(waited=outside),
                )
            if alone and prepared.transactional:
                before, after = ["BEGIN", *before], [*after, "COMMIT"]
            run_script(
                self.session.connection,
                prepared.source,
                prepared.statements,
                before=before,
                after=after,
                outside=outside,
            )
        except ScriptError as error:
            raise CallbackError(callback.event, error, callback) from error
