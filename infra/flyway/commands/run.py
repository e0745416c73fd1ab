"""`migrate`: apply the pending scripts under Flyway's lock.

As in Flyway the lock is taken for each script, so that several runs can take turns, unless the scripts run as a group;
when the history is not as this run left it, it is read and compared again (https://documentation.red-gate.com/flyway/
reference/commands/migrate; the lock: recorded).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.flyway.commands.command import Command, begun, read_rows
from infra.flyway.errors import FlywayError, ValidationError
from infra.flyway.planning.plan import Plan, Situation, plan
from infra.flyway.planning.rows import Mark, Row, mark_of
from infra.flyway.scripts.placeholders import conceal, marks_of, shown_for
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.script import Script
from infra.flyway.server import history
from infra.flyway.server.indexes import advice
from infra.flyway.server.session import Connect, Notice
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import Version

if TYPE_CHECKING:
    from infra.flyway.commands.pending import Pending
    from infra.flyway.commands.perform import Applied


@dataclass(frozen=True)
class Outcome:
    """What a run did, the history that it left, what it found strange, and the version that it began with."""

    applied: tuple[Applied, ...]
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    began: Version | None = None


@dataclass
class Progress:
    """What a run has come to. A caller that gives one sees it also where the run fails."""

    plan: Plan | None = None  # as of the first look at the history
    executed: list[Applied] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def migrate(
    connect: Connect,
    settings: FlywaySettings,
    found: Found,
    on_applied: Callable[[Applied], None] = lambda _: None,
    *,
    parse_first: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Bring the database forward: missing schemas, the history table, then each pending script in order.

    `found` is from scan(). `on_applied` is told of each script once it is committed. With `parse_first`, nothing runs
    unless all pending scripts can be parsed; Flyway finds a mistake when it comes to it. Raises ValidationError and
    NotEmptyError before anything is changed, ScriptError for a script that cannot run or fails (those before it stay
    applied), CallbackError, LockTimeout, and DatabaseError for a missing privilege or connection.
    """
    progress = progress or Progress()
    with begun(connect, settings, found) as command:
        run = _Run(command, found.scripts, progress, parse_first)
        progress.notices = command.session.notices
        run.begin()
        if command.settings.transactional_lock:
            command.callbacks.fire("afterConnect")
        command.callbacks.fire("beforeMigrate")
        try:
            run.finish(on_applied)
        except FlywayError:
            command.callbacks.fire_after_failure("afterMigrateError")
            raise
        if progress.executed:
            command.callbacks.fire("afterMigrateApplied")
        for event in ("afterMigrate", "afterMigrateOperationFinish"):
            command.callbacks.fire(event)
        return run.outcome()


class _Run:
    """A run under way: what is still pending, as of the last look at the history."""

    def __init__(self, command: Command, scripts: tuple[Script, ...], progress: Progress, parse_first: bool) -> None:
        self.command, self.scripts, self.progress = command, scripts, progress
        self.parse_first = parse_first
        self._pending: Pending | None = None  # None as long as there was never anything pending
        self._rows: tuple[Row, ...] | None = None

    def begin(self) -> None:
        """Look, validate, and make what is missing. Raises before anything is changed."""
        callbacks, situation = self.command.callbacks, self.command.situation()
        validates = self.command.settings.validate_on_migrate and (
            self.command.settings.default_schema in situation.schemas
        )
        if validates:
            callbacks.fire("beforeValidate")
        planned = self.progress.plan = self._plan(situation)
        if planned.problems:
            if validates:
                callbacks.fire_after_failure("afterValidateError")
            raise ValidationError(planned.problems)
        if validates:
            callbacks.fire("afterValidate")
        if self.command.settings.create_schemas:
            for event in ("createSchema", "beforeCreateSchema"):
                callbacks.fire(event)
        if planned.creates or situation.rows is None:
            self._create()

    def finish(self, on_applied: Callable[[Applied], None]) -> None:
        """Apply what is pending, a script or the group at a time."""
        settings = self.command.settings
        while True:
            done = self._pending.apply_at_once() if self._pending else ()
            if not done:
                with self.command.locked():
                    done = self._step()
            self.progress.executed += done
            for one in done:
                on_applied(one)
            if not done or settings.target.lower() == "next":
                break
        if self._pending is None or self._pending.versioned:
            self.command.callbacks.fire("afterVersioned")

    def outcome(self) -> Outcome:
        """What the run did."""
        command, planned = self.command, self.progress.plan
        rows = read_rows(command.session, command.settings) if self.progress.executed else self._rows
        shown = shown_for(command.values, marks_of(command.settings))
        notices = ((conceal(notice.message, shown), notice.sqlstate) for notice in self.progress.notices)
        said = tuple(f"the server: {message} (SQLSTATE {sqlstate})" for message, sqlstate in notices)
        warnings = tuple(map(str, planned.warnings)) if planned else ()
        said += tuple(f"{one.script}: {line}" for one in self.progress.executed for line in one.told)
        left = {name: None for one in self.progress.executed for name in one.invalid_indexes}
        if left:
            said += (advice(left) + ", and repeat what made it",)
        began = planned.seen.current if planned else None
        return Outcome(tuple(self.progress.executed), rows or (), warnings + said, began)

    def _plan(self, situation: Situation) -> Plan:
        planned = plan(self.scripts, situation, self.command.settings, self.command.values)
        self._rows = situation.rows
        if planned.pending and self._pending is None:
            from infra.flyway.commands.pending import Pending  # noqa: PLC0415 - not where there is nothing to do

            self._pending = Pending(self.command)
        if self._pending is not None:
            mark = None if situation.rows is None else mark_of(situation.rows)
            self._pending.follow(planned, mark, parse=self.parse_first and not planned.problems)
        return planned

    def _create(self) -> None:
        """Make the schemas and the history, unless another run was quicker."""
        command = self.command
        with command.locked():
            situation = command.situation()
            planned = self._plan_again(situation)
            if planned.baseline:
                command.callbacks.fire("beforeBaseline")
            if planned.creates or situation.rows is None:
                command.create(situation, baseline=planned.baseline)
            if planned.baseline:
                command.callbacks.fire("afterBaseline")
            self._plan(command.situation())

    def _plan_again(self, situation: Situation) -> Plan:
        """Plan once more, as another run may have been there. Raises ValidationError."""
        planned = self._plan(situation)
        if planned.problems:
            raise ValidationError(planned.problems)
        return planned

    def _step(self) -> tuple[Applied, ...]:
        """Apply the next pending script, or all of the group; nothing where nothing is pending. The lock is held."""
        if self._mark != history.mark(self.command.connection, self.command.settings):
            self._plan_again(self.command.situation())
        return self._pending.apply_next() if self._pending else ()

    @property
    def _mark(self) -> Mark | None:
        """The mark of the history that what is pending follows from."""
        if self._pending is not None:
            return self._pending.mark
        return None if self._rows is None else mark_of(self._rows)
