"""Run pending scripts on a rehearsal's database as `up` would, but statement by statement, watching each.

A failure that may be the generated rows' fault is no verdict on the script: the rows go, and the script runs again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import psycopg
from psycopg.pq import TransactionStatus

from infra.flyway.commands.command import Command
from infra.flyway.commands.fire import limits
from infra.flyway.errors import FlywayError, ScriptError
from infra.flyway.server.execute import run_script, sending
from infra.flyway.statements.prepare import Prepared
from infra.flyway.statements.statement import Statement
from infra.review import acts, tree
from infra.review.facts import Effect, Failure, ScriptFacts, StatementFacts
from infra.review.watch import State, Watch

_LONGEST = 100
_GONE = "SELECT name FROM unnest(%s::text[]) AS name WHERE name NOT IN (SELECT nspname FROM pg_catalog.pg_namespace)"
_KEEP = "keep it, and its name: the stack's config has it, and the history of the scripts is in the first of them"


def rehearse(
    command: Command, scripts: Iterable[Prepared], watch: Watch, empty: Callable[[], bool]
) -> Iterator[ScriptFacts]:
    """Run each script, and tell what it did, up to the first that fails.

    `empty` removes the generated rows, and says whether there were any.
    """
    for prepared in scripts:
        facts = _run(command, prepared, watch)
        if facts.failure and facts.failure.is_about_rows and prepared.transactional and empty():
            again = _run(command, prepared, watch)
            facts = replace(again, of_rows=facts.failure)
        yield facts
        if facts.failure:
            return


def _run(command: Command, prepared: Prepared, watch: Watch) -> ScriptFacts:
    name, inside = prepared.script.script, prepared.transactional
    runner = _Runner(command, prepared, watch)
    failure = None
    try:
        runner.begin()
        for statement in prepared.statements:
            runner.run(statement)
        runner.end()
    except ScriptError as error:
        failure = _failure(error, runner.failed)
    except (FlywayError, psycopg.Error) as error:
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        failure = Failure(name, None, said or str(error), getattr(error, "sqlstate", None))
    finally:
        runner.leave()
    return ScriptFacts(name, inside, tuple(runner.done), failure)


class _Runner:
    """A script under way. Its statements run inside one transaction, or each by itself."""

    def __init__(self, command: Command, prepared: Prepared, watch: Watch) -> None:
        self._command, self._prepared, self._watch = command, prepared, watch
        self._connection = command.connection
        self._state, self._transaction = State(), 1
        self.done: list[StatementFacts] = []
        self.failed: Statement | None = None

    def begin(self) -> None:
        inside, settings = self._prepared.transactional, self._command.settings
        entering = self._command.session.entering(
            settings.default_schema, limits(settings, transactional=inside), left=False
        )
        run_script(self._connection, self._prepared.source, (), before=["BEGIN", *entering] if inside else entering)
        self._state = self._watch.look(self._connection)

    def run(self, statement: Statement) -> None:
        self.failed = statement
        inside = self._prepared.transactional
        if not inside and statement.transactional and not statement.begins and not self._open:
            self._connection.execute("BEGIN")  # so that what it locks can be seen
            self._state = self._watch.look(self._connection)
            seconds, effect = self._watched(statement)
            self._connection.execute("COMMIT")
            self._note(statement, seconds, effect, transaction=None)
        elif inside or self._open or statement.begins:
            seconds, effect = self._watched(statement)
            self._note(statement, seconds, effect, transaction=self._transaction)
        else:
            seconds = self._timed(statement)
            documented = tree.documented(statement, self._watch.show)
            self._note(statement, seconds, documented, transaction=None, observed=False)
        self.failed = None

    def end(self) -> None:
        """Commit, where deferred constraints may still fail. Raises ScriptError where a schema is gone."""
        schemas = list(self._command.settings.managed_schemas)
        for (name,) in self._connection.execute(_GONE, (schemas,)).fetchall():
            raise ScriptError(self._prepared.script.script, None, None, f"schema {name} is gone", hint=_KEEP)
        if self._open:
            self._connection.execute("COMMIT")

    def leave(self) -> None:
        """Leave the session as it was before, whatever happened."""
        if self._connection.closed:
            return
        self._connection.rollback()
        self._command.session.leave()

    @property
    def _open(self) -> bool:
        return self._connection.info.transaction_status != TransactionStatus.IDLE

    def _watched(self, statement: Statement) -> tuple[float, Effect]:
        seconds = self._timed(statement)
        if statement.ends:
            self._transaction += 1
            self._state = self._watch.look(self._connection)
            return seconds, Effect()
        state = self._watch.look(self._connection)
        effect = self._watch.effect(self._state, state, by_index=tree.alters(statement))
        self._state = state
        return seconds, effect

    def _timed(self, statement: Statement) -> float:
        started = time.perf_counter()
        outside = not self._prepared.transactional
        with sending(self._connection, self._prepared.source, outside=outside) as script:
            script.send((statement,))
        return time.perf_counter() - started

    def _note(
        self, statement: Statement, seconds: float, effect: Effect, *, transaction: int | None, observed: bool = True
    ) -> None:
        text = excerpt(self._prepared, statement)
        found = acts.acts(statement, self._watch.show)
        self.done.append(StatementFacts(statement.line, text, seconds, transaction, effect, found, observed))


def excerpt(prepared: Prepared, statement: Statement) -> str:
    """How a statement begins, as it is in the file: no value of a placeholder shows."""
    source = prepared.source.content[statement.origin() : statement.end].decode(errors="replace")
    flat = " ".join(source.split()).rstrip("; ")
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"


def _failure(error: ScriptError, statement: Statement | None) -> Failure:
    line = error.line if statement is None or error.line is not None else statement.line
    return Failure(error.script, line, error.message, error.sqlstate, error.hint)
