"""Run one script: what comes before it, its statements, what comes after them, and the callbacks in between."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from infra.flyway.commands import resume
from infra.flyway.commands.fire import Callbacks, limits
from infra.flyway.errors import ScriptError
from infra.flyway.planning.rows import Entry
from infra.flyway.scripts.script import Script
from infra.flyway.server.execute import run_script, run_together, sending
from infra.flyway.statements.prepare import Prepared
from infra.flyway.statements.statement import Statement

STATEMENT_EVENTS = ("beforeEachMigrateStatement", "afterEachMigrateStatement", "afterEachMigrateStatementError")
_LONGEST_IN_COMPANY = 1 << 14  # bytes of a script
EACH_EVENTS = ("beforeEachMigrate", "afterEachMigrate", "afterEachMigrateError", *STATEMENT_EVENTS)


@dataclass(frozen=True)
class Applied:
    """A script that this run has applied. `told` is what there is to tell of it.

    `invalid_indexes` are those that there are after one outside a transaction: REINDEX CONCURRENTLY may leave one.
    """

    script: str
    version: str | None
    execution_time_ms: int
    description: str = ""
    type: str = "SQL"
    told: tuple[str, ...] = ()
    invalid_indexes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """What surrounds a script: `begin` and `check` before and after its settings, `record` and `end` after it.

    `left` says that the session is as leave() leaves it.
    """

    record: str
    begin: Sequence[str] = ()
    check: Sequence[str] = ()
    end: Sequence[str] = ()
    left: bool = False


def perform(
    callbacks: Callbacks, prepared: Prepared, frame: Frame, *, outside: bool = False, resuming: bool = False
) -> Applied:
    """Run a script and record it, in one message where there are no callbacks and there is a transaction."""
    session, settings, script = callbacks.session, callbacks.settings, prepared.script
    started = time.perf_counter()
    before, after = _surroundings(callbacks, frame, outside=outside)
    told: list[str] = []
    try:
        if settings.skip_executing_migrations:
            run_script(session.connection, prepared.source, (), before=before, after=after)
        elif outside or callbacks.of(*EACH_EVENTS):
            told = _piecemeal(callbacks, prepared, before, after, outside=outside, resuming=resuming)
        else:
            run_script(session.connection, prepared.source, prepared.statements, before=before, after=after)
    except ScriptError as error:
        error.stage = error.stage or "execute"
        raise
    return replace(_applied(script, started), told=tuple(told))


def perform_together(
    callbacks: Callbacks, group: Sequence[Prepared], frames: Sequence[Frame], end: str, meanwhile: Callable[[], None]
) -> tuple[Applied, ...]:
    """Run scripts for which is_plain() in one message, until one fails. Returns those that went through.

    `end` comes after all of them. `meanwhile` is called while the server is at work.

    How long each took is not known: a share of the whole. Raises ScriptError where the connection is lost, and
    psycopg.Error where `end` fails.
    """
    started = time.perf_counter()
    texts: list[list[str]] = []
    for prepared, frame in zip(group, frames, strict=True):
        before, after = _surroundings(callbacks, frame, outside=False)
        texts.append([*before, *(statement.text for statement in prepared.statements), *after])
    done = run_together(callbacks.session.connection, [one.source for one in group], texts, end, meanwhile)
    share = round(1000 * (time.perf_counter() - started) / len(group))
    return tuple(replace(_applied(prepared.script, started), execution_time_ms=share) for prepared in group[:done])


def is_plain(callbacks: Callbacks, prepared: Prepared) -> bool:
    """Whether a script may go with others in one message: nothing in it is in the way of what follows."""
    return (
        prepared.transactional
        and not callbacks.settings.skip_executing_migrations
        and len(prepared.source.content) < _LONGEST_IN_COMPANY
        and not any(one.begins or one.ends or one.changes_lexing or one.data for one in prepared.statements)
    )


def _applied(script: Script, started: float) -> Applied:
    took = round(1000 * (time.perf_counter() - started))
    return Applied(script.script, script.version_text, took, script.description, script.type)


def _surroundings(callbacks: Callbacks, frame: Frame, *, outside: bool) -> tuple[list[str], list[str]]:
    """What comes before a script, and what after it."""
    session, settings = callbacks.session, callbacks.settings
    entering = session.entering(settings.default_schema, limits(settings, transactional=not outside), left=frame.left)
    return [*frame.begin, *entering, *frame.check], [*session.leaving(waited=outside), frame.record, *frame.end]


def entry(callbacks: Callbacks, prepared: Prepared) -> Entry:
    """What the history records of a script."""
    script = prepared.script
    return Entry(script.version_text, script.description, script.type, script.script, script.checksum(callbacks.values))


def fire_error(callbacks: Callbacks) -> None:
    """Tell of a failure, once the transaction is over: within it, nothing could run any more."""
    for event in ("afterEachMigrateStatementError", "afterEachMigrateError"):
        callbacks.fire_after_failure(event)


def _piecemeal(
    callbacks: Callbacks, prepared: Prepared, before: list[str], after: list[str], *, outside: bool, resuming: bool
) -> list[str]:
    """Run a script as several messages. Returns what there is to tell."""
    connection, source = callbacks.session.connection, prepared.source
    told: list[str] = []
    with sending(connection, source, outside=outside) as script:
        script.send(before=before)
        callbacks.fire_within("beforeEachMigrate")
        for statements in _portions(prepared.statements, each=bool(callbacks.of(*STATEMENT_EVENTS))):
            way = resume.Way()
            if outside and script.idle:  # what has to make way cannot run in a transaction that the script began
                way = resume.make_way(connection, source, statements[0], resuming=resuming)
            told += way.told
            if way.runs:
                callbacks.fire_within("beforeEachMigrateStatement")
                script.send(statements)
                callbacks.fire_within("afterEachMigrateStatement")
        script.close()
        callbacks.fire_within("afterEachMigrate")
        script.send(after=after)
    return told


def _portions(statements: Sequence[Statement], *, each: bool) -> Iterator[tuple[Statement, ...]]:
    """Statements that run together: all but those that may have to make way, or `each` for itself."""
    for alone, group in itertools.groupby(statements, lambda statement: each or statement.again is not None):
        together = tuple(group)
        yield from ((one,) for one in together) if alone else (together,)
