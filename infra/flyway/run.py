"""Apply the pending scripts, each under Flyway's lock and in one transaction with its row of the history.

Flyway commits a script before its row; here a crash leaves both or neither. A script whose statements cannot run in a
transaction runs in autocommit: its row follows, and says so where it failed (Flyway documentation, "Migrations:
transactions"). As in Flyway the lock is taken for each script, so that several runs can take turns; when the history
is not as this run left it, it is read and compared again.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from . import history, lock, schemas
from .errors import ScriptError, ValidationError
from .execute import execute
from .history import Entry, Row
from .placeholders import Rendered, placeholder_values
from .plan import plan
from .scan import Script
from .session import Connect, Session, opened, said
from .settings import FlywaySettings
from .syntax import Statement, statements


@dataclass(frozen=True)
class Applied:
    """A script that this run has applied."""

    script: str
    version: str | None
    execution_time_ms: int


@dataclass(frozen=True)
class Outcome:
    """What a run did, the history that it left, and what it found strange."""

    applied: tuple[Applied, ...]
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]


def migrate(
    connect: Connect,
    settings: FlywaySettings,
    scripts: tuple[Script, ...],
    on_applied: Callable[[Applied], None] = lambda _: None,
    *,
    lock_timeout: float = lock.TIMEOUT,
) -> Outcome:
    """Bring the database forward: missing schemas, the history table, then each pending script in order.

    `scripts` are those of scan(). `on_applied` is told of each script once it is committed. Raises ValidationError
    before anything is changed, ScriptError for a script that cannot run or fails (those before it stay applied),
    LockTimeout, and FlywayError for a missing privilege or connection.
    """
    applied: list[Applied] = []
    with opened(connect) as session:
        run = _Run(session, settings, scripts)
        while True:
            with lock.held(session.connection, settings.default_schema, settings.table, lock_timeout):
                done = run.step()
            if done is None:
                return Outcome(tuple(applied), read_rows(session, settings) or (), run.warnings)
            applied.append(done)
            on_applied(done)


def known_values(session: Session, settings: FlywaySettings) -> dict[str, str]:
    """The values of the placeholders in this session."""
    return placeholder_values(settings, user=session.role, database=session.database, timestamp=session.started)


def read_rows(session: Session, settings: FlywaySettings) -> tuple[Row, ...] | None:
    """The history, or None where there is none. Raises FlywayError where the role may not read it."""
    remedy = sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {table} TO {role}").format(
        schema=sql.Identifier(settings.default_schema),
        table=sql.Identifier(settings.default_schema, settings.table),
        role=sql.Identifier(session.role),
    )
    with session.privileged(remedy):
        return history.read(session.connection, settings)


def parse(script: Script, values: Mapping[str, str]) -> tuple[Rendered, tuple[Statement, ...]]:
    """A script as it will run. Raises ScriptError for a placeholder without a value, and as statements() does."""
    rendered = script.render(values)
    return rendered, statements(script.script, rendered)


class _Run:
    """A run under way: what is still pending, as of the last look at the history."""

    def __init__(self, session: Session, settings: FlywaySettings, scripts: tuple[Script, ...]) -> None:
        self.session, self.settings, self.scripts = session, settings, scripts
        self.values = known_values(session, settings)
        self.warnings: tuple[str, ...] = ()
        self._pending: deque[tuple[Script, Rendered, tuple[Statement, ...]]] = deque()
        self._mark: tuple[int, int] | None = None  # of the history that _pending follows from

    def step(self) -> Applied | None:
        """Apply the next pending script, or return None where there is none. The lock is held."""
        if self._mark is None or self._mark != history.mark(self.session.connection, self.settings):
            self._look()
        if not self._pending:
            return None
        script, rendered, parsed = self._pending.popleft()
        started = time.perf_counter()
        inside = all(statement.transactional for statement in parsed)
        (self._apply_inside if inside else self._apply_outside)(script, rendered, parsed, started)
        count, rank = self._mark or (0, 0)
        self._mark = count + 1, rank + 1
        return Applied(script.script, script.version_text, _milliseconds(started))

    def _look(self) -> None:
        """Read the history and plan. Raises before anything is changed; then makes the table where there is none."""
        rows = read_rows(self.session, self.settings)
        empty = rows is not None or schemas.are_empty(self.session.connection, self.settings.schemas)
        planned = plan(self.scripts, rows, self.settings, schema_empty=empty, placeholders=self.values)
        if planned.problems:
            raise ValidationError(planned.problems)
        self._pending = deque((script, *parse(script, self.values)) for script in planned.pending)
        self.warnings = planned.warnings
        if rows is None:
            self._create_history(planned.baseline)
        self._mark = history.mark(self.session.connection, self.settings)

    def _create_history(self, baseline: bool) -> None:
        connection, settings = self.session.connection, self.settings
        remedy = sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(
            sql.Identifier(settings.default_schema), sql.Identifier(self.session.role)
        )
        with connection.transaction():
            created = schemas.create_missing(self.session, settings.schemas)
            with self.session.privileged(remedy):
                history.create(connection, settings)
            if created:
                history.insert(connection, settings, history.schema_created(created), self.session.role, rank=0)
            if baseline:
                history.insert(connection, settings, history.baseline(settings), self.session.role)

    def _apply_inside(self, script: Script, rendered: Rendered, parsed: tuple[Statement, ...], started: float) -> None:
        connection = self.session.connection
        self.session.enter(self.settings.default_schema)
        try:
            with connection.transaction():
                execute(connection, script.script, rendered, parsed)
                self._record(script, started, success=True)
        except psycopg.Error as error:  # not of a statement of the script: of its row, or of the commit
            problem = f"the script ran, but could not be committed with its history row: {said(error)}"
            raise ScriptError(script.script, None, None, problem, sqlstate=error.sqlstate) from error

    def _apply_outside(self, script: Script, rendered: Rendered, parsed: tuple[Statement, ...], started: float) -> None:
        self.session.enter(self.settings.default_schema)
        try:
            execute(self.session.connection, script.script, rendered, parsed)
        except BaseException:
            with contextlib.suppress(psycopg.Error):  # the script's own error says more
                self._record(script, started, success=False)
            raise
        self._record(script, started, success=True)

    def _record(self, script: Script, started: float, *, success: bool) -> None:
        self.session.leave()
        entry = Entry(
            script.version_text,
            script.description,
            "SQL",
            script.script,
            script.checksum(self.values),
            _milliseconds(started),
            success,
        )
        history.insert(self.session.connection, self.settings, entry, self.session.role)


def _milliseconds(started: float) -> int:
    return round(1000 * (time.perf_counter() - started))
