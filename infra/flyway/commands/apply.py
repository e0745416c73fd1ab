"""Run scripts that are ready, and record them.

A script and its row of the history are one transaction, so that a crash leaves both or neither; Flyway commits the
script first. Where a statement had to wait too long for a lock, the transaction starts again after a pause, so that
nobody queues behind it for long. What cannot run in a transaction, or commits in between, has its row before it runs,
so that a crash cannot go unseen.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import psycopg
from psycopg import errors

from infra.flyway.commands.fire import Callbacks
from infra.flyway.commands.perform import EACH_EVENTS, Applied, Frame, entry, fire_error, perform, perform_together
from infra.flyway.errors import LockLost, ScriptError
from infra.flyway.planning.rows import Mark, Row
from infra.flyway.server import history, indexes, lock
from infra.flyway.server.execute import NotBegun
from infra.flyway.server.loss import is_loss, lost
from infra.flyway.server.session import said
from infra.flyway.statements.prepare import Prepared, unclear_end
from infra.flyway.statements.statement import StatementError

_AGAIN = {errors.LockNotAvailable.sqlstate, errors.DeadlockDetected.sqlstate}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds
_GONE = (
    "the script ran, but somebody has deleted its row in the history meanwhile, so that migrate would run it again:"
    " undo by hand what it did, or insert its row"
)


def apply(
    callbacks: Callbacks, group: Sequence[Prepared], interrupted: Mapping[str, Row], *, transactional: bool
) -> tuple[Applied, ...]:
    """Run `group`, in one transaction if `transactional`, and record each. Raises ScriptError and CallbackError.

    A failure in a transaction leaves nothing of the group; without one, those before stay, and a row says what failed.
    `interrupted` has the rows of scripts that were begun before, by name.
    """
    for one in group:
        if one.script.script in interrupted and (unclear := unclear_end(one)):
            raise unclear
    try:
        if not transactional:
            return tuple(_outside(callbacks, one, interrupted) for one in _each(callbacks, group))
        if len(group) == 1 and group[0].commits:
            return (_committing(callbacks, group[0]),)
        return _patiently(callbacks, lambda: _inside(callbacks, group))
    except ScriptError:
        fire_error(callbacks)
        raise


def at_once(
    callbacks: Callbacks, group: Sequence[Prepared], mark: Mark, meanwhile: Callable[[], None]
) -> tuple[Applied, ...]:
    """Run scripts, each in a transaction of its own with its row, in one round trip with the lock where that can be.

    `mark` is that of the history as it has to be; the ranks of the rows follow from it, so that nobody can record the
    same scripts. `meanwhile` is called while the server is at work. Returns those that were applied: none where the
    lock is not free, the history is another, or a statement had to wait too long; and those before one that fails in
    company, so that it fails alone the next time. What is returned is on disk, as far as the session waits for that at
    all. Raises ScriptError; LockLost after the scripts were applied.
    """
    connection, settings = callbacks.session.connection, callbacks.settings
    named = settings.default_schema, settings.table
    # In a transaction of its own: one that is REPEATABLE READ would not see what was done before the lock was free.
    begin = ["BEGIN", lock.taking(*named), "COMMIT", "BEGIN"]
    check = [history.unchanged(settings, mark).as_string(connection)]
    frames = []
    for rank, prepared in enumerate(group, mark.rank + 1):
        if prepared is not group[-1]:
            begin = [*begin, history.NOT_WAITING]
        frames.append(Frame(_row(callbacks, prepared, rank), begin, check, ["COMMIT"], left=True))
        begin, check = ["BEGIN"], []
    release = lock.releasing(*named)
    try:
        with _recording(group[-1]):
            if len(group) == 1:
                return (perform(callbacks, group[0], replace(frames[0], end=["COMMIT", release])),)
            done = perform_together(callbacks, group, frames, release, meanwhile)
        if len(done) < len(group):
            if done:
                history.wait_for_disk(connection, settings)
            lock.release_if_held(connection, *named)
        return done
    except LockLost:
        raise
    except BaseException as error:
        if not lock.is_busy(error.__cause__):
            lock.release(connection, *named)
        if isinstance(error, NotBegun) or _is_passing(error):
            return ()
        raise


def _is_passing(error: BaseException) -> bool:
    """Whether a script had to wait too long for a lock, and has left nothing, so that it may run again."""
    kept = isinstance(error, StatementError) and error.kept
    return isinstance(error, ScriptError) and error.sqlstate in _AGAIN and not kept


def _patiently(callbacks: Callbacks, run: Callable[[], tuple[Applied, ...]]) -> tuple[Applied, ...]:
    for tries in itertools.count(1):
        try:
            return run()
        except ScriptError as error:
            if not _is_passing(error) or tries > callbacks.settings.lock_retries:
                raise
            time.sleep(_pause(tries))
    raise AssertionError


def _pause(tries: int) -> float:
    """Twice as long each time up to a limit, and at random, so that two runs do not meet again."""
    return float(min(_FIRST_PAUSE * 2 ** (tries - 1), _LONGEST_PAUSE)) * random.uniform(0.5, 1.5)  # noqa: S311


def _inside(callbacks: Callbacks, group: Sequence[Prepared]) -> tuple[Applied, ...]:
    with _recording(group[-1]):
        if len(group) == 1 and not callbacks.of(*EACH_EVENTS):
            frame = Frame(_row(callbacks, group[0]), begin=["BEGIN"], end=["COMMIT"])
            return (perform(callbacks, group[0], frame),)
        with callbacks.session.connection.transaction():
            return tuple(perform(callbacks, one, Frame(_row(callbacks, one))) for one in _each(callbacks, group))


def _committing(callbacks: Callbacks, prepared: Prepared) -> Applied:
    """Run a script that commits in between: in transactions, but what fails or is killed may leave a part."""
    with _noted(callbacks, prepared, None) as record, _recording(prepared):
        frame = Frame(record, begin=["BEGIN"], end=["COMMIT"])
        (done,) = _patiently(callbacks, lambda: (perform(callbacks, prepared, frame),))
        return done


def _outside(callbacks: Callbacks, prepared: Prepared, interrupted: Mapping[str, Row]) -> Applied:
    row = interrupted.get(prepared.script.script)
    with _noted(callbacks, prepared, row) as record, _recording(prepared):
        done = perform(callbacks, prepared, Frame(record), outside=True, resuming=row is not None)
        return replace(done, invalid_indexes=indexes.invalid(callbacks.session.connection))


@contextlib.contextmanager
def _noted(callbacks: Callbacks, prepared: Prepared, row: Row | None) -> Iterator[str]:
    """Note in the history that a script begins, or use the `row` that says so. Yields what records that it is done.

    What is raised in the block is noted, unless it is an interrupt: then, as after a kill, the next run goes on.
    """
    session, settings = callbacks.session, callbacks.settings
    with session.doing("write the history"):
        if row:
            rank = row.installed_rank
            history.begin_again(session.connection, settings, rank)
        else:
            rank = history.begin(session.connection, settings, entry(callbacks, prepared), session.role)
    try:
        yield history.finish(settings, rank, success=True).as_string(session.connection)
    except Exception as error:
        with contextlib.suppress(psycopg.Error):  # the script's own error says more
            session.leave()
            if isinstance(error, StatementError) and not error.kept:
                history.forget(session.connection, settings, rank)
            else:
                session.connection.execute(history.finish(settings, rank, success=False))
            if isinstance(error, ScriptError):
                left = indexes.advice(indexes.invalid(session.connection))
                error.hint = "; ".join(part for part in (error.hint, left) if part) or None
        raise


@contextlib.contextmanager
def _recording(last: Prepared) -> Iterator[None]:
    """Raise ScriptError for what is not of a statement of a script, but of a row or the commit."""
    try:
        yield
    except psycopg.Error as error:
        if lock.is_lost(error):
            raise lock.lost() from error
        if is_loss(error):
            raise lost([last.source], error) from error
        if history.is_gone(error):
            raise ScriptError(last.script.script, None, None, _GONE, stage="record") from error
        words = last.source.conceal(said(error))
        problem = f"the script ran, but could not be committed with its history row: {words}"
        name = last.script.script
        raise ScriptError(name, None, None, problem, sqlstate=error.sqlstate, stage="record") from error


def _each(callbacks: Callbacks, group: Sequence[Prepared]) -> Iterator[Prepared]:
    """The scripts of a group; where repeatables follow versioned ones, what waits for that runs in between."""
    for before, prepared in itertools.pairwise((None, *group)):
        if before and before.script.version and prepared and not prepared.script.version:
            for event in ("afterVersioned", "beforeRepeatables"):
                callbacks.fire_within(event)
        if prepared:
            yield prepared


def _row(callbacks: Callbacks, prepared: Prepared, rank: int | None = None) -> str:
    session = callbacks.session
    row = history.insertion(callbacks.settings, entry(callbacks, prepared), session.role, rank, timed=True)
    return row.as_string(session.connection)
