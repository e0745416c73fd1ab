"""What is pending, applied in its order: a script at a time, or the group.

A script takes one round trip, with its row and the lock, where there is nothing in the way. Where there is, such as
another run, a callback, or a statement that cannot run in a transaction, it takes some more. This is loaded only where
something is pending: PostgreSQL's grammar, and what runs scripts, take a while to load.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import deque

from infra.flyway.commands.ahead import Ahead
from infra.flyway.commands.apply import apply, at_once
from infra.flyway.commands.command import Command
from infra.flyway.commands.perform import EACH_EVENTS, Applied, is_plain
from infra.flyway.errors import ScriptError
from infra.flyway.planning.plan import Plan
from infra.flyway.planning.rows import Mark
from infra.flyway.server import history
from infra.flyway.statements.prepare import Prepared, group_transactional

_LARGEST_COMPANY = 32  # scripts in a message
_QUICK = 0.25  # seconds


class Pending:
    """The pending scripts, as of the last look at the history, whose mark is `mark`."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._ahead = Ahead(command.connection, command.settings, command.values)
        self._company = 1  # how many scripts may go in the next message
        self.versioned = True  # whether the scripts so far were versioned ones

    def follow(self, planned: Plan, mark: Mark | None, *, parse: bool) -> None:
        """Take what is pending from a plan, and if `parse`, see that all of it can be parsed. Raises ScriptError."""
        self._scripts, self._interrupted, self.mark = deque(planned.pending), planned.interrupted, mark
        if parse:
            self._ahead.prepare_all(planned.pending)

    def __bool__(self) -> bool:
        return bool(self._scripts)

    def apply_at_once(self) -> tuple[Applied, ...]:
        """Apply the next scripts in one round trip, the lock and all, where nothing is in the way.

        It is one script, or several if those before were quick: who waits for the lock, or looks on, does so not long.
        Where something is in the way, nothing is applied. Raises ScriptError and LockLost.
        """
        callbacks, mark = self._command.callbacks, self.mark
        if not self._scripts or mark is None or callbacks.settings.group or callbacks.of(*EACH_EVENTS):
            return ()
        group = self._next()
        if not group:
            return ()
        started = time.perf_counter()
        done = at_once(callbacks, group, mark, self._look_ahead)
        quick = time.perf_counter() - started < _QUICK and len(done) == len(group)
        self._company = min(2 * self._company, _LARGEST_COMPANY) if quick else 1
        for prepared in group[len(done) :]:
            self._ahead.give_back(prepared)
        for _ in done:
            self._scripts.popleft()
        self.mark = mark.after(len(done))
        return done

    def apply_next(self) -> tuple[Applied, ...]:
        """Apply the next script, or all of the group. The lock is held, and the history has the mark.

        Raises ScriptError and CallbackError.
        """
        command = self._command
        count = len(self._scripts) if command.settings.group else 1
        group = [self._ahead.take(self._scripts.popleft()) for _ in range(count)]
        transactional = group_transactional(group, command.settings)
        if self.versioned and group[0].script.version is None:
            for event in ("afterVersioned", "beforeRepeatables"):
                command.callbacks.fire(event)
        done = apply(command.callbacks, group, self._interrupted, transactional=transactional)
        self.versioned = self.versioned and group[-1].script.version is not None
        self.mark = history.mark(command.connection, command.settings)
        return done

    def _next(self) -> list[Prepared]:
        """The next scripts that can run at once: one that may need several messages, or some that need none but one."""
        group: list[Prepared] = []
        for script in itertools.islice(self._scripts, self._limit()):
            if script.script in self._interrupted or (script.version is None) is self.versioned:
                break
            try:
                prepared = self._ahead.take(script)
            except ScriptError:  # it may have been applied by another run
                break
            plain = is_plain(self._command.callbacks, prepared)
            if not prepared.transactional or prepared.commits or (group and not plain):
                self._ahead.give_back(prepared)
                break
            group.append(prepared)
            if not plain:
                break
        return group

    def _limit(self) -> int:
        return 1 if self._command.settings.target.lower() == "next" else self._company

    def _look_ahead(self) -> None:
        """Make the scripts of the next message ready."""
        for script in itertools.islice(self._scripts, self._company, 3 * self._company):
            with contextlib.suppress(ScriptError):  # its turn will come
                self._ahead.give_back(self._ahead.take(script))
