"""Send a script to the server, and say exactly where it failed.

What can go together goes as one message of PostgreSQL's simple query protocol: what comes before the script, its
statements, and what comes after them, such as its row in the history and the COMMIT. A script so costs one round trip.
(Flyway sends statement by statement.)
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import psycopg
from psycopg.pq import TransactionStatus

from infra.flyway.errors import FlywayError
from infra.flyway.scripts.source import Source
from infra.flyway.server import messages, remedies
from infra.flyway.server.loss import lost
from infra.flyway.server.messages import Part
from infra.flyway.server.session import message, said
from infra.flyway.statements.statement import Statement, StatementError

_LINE_OF_DATA = re.compile(r"^COPY .*, line (\d+)", re.MULTILINE)
_CANNOT_BE_INSIDE = {"25001", "2D000"}  # a transaction, or a COMMIT, where there is one already
_OUTSIDE = "to run the script outside a transaction, write executeInTransaction=false into {}.conf"


class NotBegun(FlywayError):
    """What comes before a script failed, so that nothing of the script ran. The cause is what the server said."""


def run_script(
    connection: psycopg.Connection,
    source: Source,
    statements: Sequence[Statement],
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    outside: bool = False,
) -> None:
    """Run a script, which parse() has cut into `statements`, in one round trip where that can be.

    `before` and `after` are SQL, one statement each. `connection` is in autocommit, so they hold BEGIN and COMMIT for a
    script in a transaction:

        before=["BEGIN", "SET ROLE …", "SELECT pg_catalog.set_config('search_path', …, false)"]
        after=["SET ROLE …", "INSERT INTO … SELECT …, extract(epoch FROM clock_timestamp() - now()) * 1000", "COMMIT"]

    What fails in `before` stops everything, as `SELECT 1 / pg_try_advisory_lock(…)::int` does where another run holds
    the lock. Without BEGIN, the script becomes a part of the transaction that is open. With `outside`, each statement
    is a message, and a transaction of its own unless the script says BEGIN; one that it leaves open is committed. As in
    Flyway, a COMMIT or ROLLBACK in a script is followed by another transaction; a COMMIT at its end is left out, for
    `after` to have its row in the same transaction.

    Raises NotBegun where `before` fails; StatementError where a statement does; ScriptError where the connection is
    lost; and psycopg.Error where `after` fails, as a COMMIT does that finds a deferred constraint violated. A
    transaction that began here is rolled back then.
    """
    with sending(connection, source, outside=outside) as script:
        if not outside:
            script.send(statements, before=before, after=after)
            return
        script.send(statements, before=before)
        script.close()
        script.send(after=after)


class Sending:
    """A script on its way to the server, in one send() or in several: what it has committed counts over all of them."""

    def __init__(self, connection: psycopg.Connection, source: Source, *, outside: bool) -> None:
        self._connection, self._source, self._outside = connection, source, outside
        self._began_idle = self.idle
        self._kept = outside

    @property
    def idle(self) -> bool:
        """Whether no transaction is open."""
        return self._connection.info.transaction_status == TransactionStatus.IDLE

    def send(
        self, statements: Sequence[Statement] = (), *, before: Sequence[str] = (), after: Sequence[str] = ()
    ) -> None:
        """Run `statements`, the next of the script, and what surrounds them. Raises as run_script() does."""
        surrounded = (Part(text, before=True) for text in before), map(Part, after)
        parts = itertools.chain(surrounded[0], _parts(self._source, statements, self._outside), surrounded[1])
        for batch in messages.cut(parts, self._outside):
            try:
                messages.send(self._connection, self._source, batch)
            except messages.Failed as failed:
                self._kept = self._kept or _has_ended(batch[: failed.done])
                raise _explained(self._source, failed, self._kept) from failed.error
            self._kept = self._kept or _has_ended(batch)

    def close(self) -> None:
        """Commit what a script outside a transaction has left open, if the transaction is its own."""
        if self._outside and self._began_idle and not self.idle:
            self._connection.execute("COMMIT")


@contextlib.contextmanager
def sending(connection: psycopg.Connection, source: Source, *, outside: bool = False) -> Iterator[Sending]:
    """A script to send within the block. Where the block raises, a transaction that began in it is rolled back."""
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    try:
        yield Sending(connection, source, outside=outside)
    except BaseException:
        if idle:
            with contextlib.suppress(psycopg.Error):  # without its connection, the transaction is gone already
                connection.rollback()
        raise


def run_together(
    connection: psycopg.Connection,
    sources: Sequence[Source],
    scripts: Sequence[Sequence[str]],
    end: str,
    meanwhile: Callable[[], None],
) -> int:
    """Run scripts in one message, each with what surrounds it, until one fails. Returns how many went through.

    Each is a list of statements from a BEGIN to a COMMIT, none of which run_script() would send alone; `end` comes
    after all of them. A script that fails is rolled back, and nothing is said of it: run it alone for that. `meanwhile`
    is called while the server is at work. Raises ScriptError, which names the first of `sources` and the last, where
    the connection is lost, and psycopg.Error where `end` fails.
    """
    statements = [statement for script in scripts for statement in script]
    results = messages.query(connection, sources, messages.SEPARATOR.join([*statements, end]), meanwhile)
    passed = next((index for index, result in enumerate(results) if result.status not in messages.FINE), None)
    if passed is None:
        return len(scripts)
    if passed == len(statements):
        raise psycopg.errors.error_from_result(results[passed], encoding=connection.info.encoding)
    try:
        connection.rollback()
    except psycopg.OperationalError as error:
        raise lost(sources, error) from error
    return sum(length <= passed for length in itertools.accumulate(map(len, scripts)))


def _has_ended(parts: Iterable[Part]) -> bool:
    return any(part.statement and part.statement.ends for part in parts)


def _parts(source: Source, statements: Sequence[Statement], outside: bool) -> Iterator[Part]:
    """The statements, and what keeps the transaction of a script open between them."""
    for statement in statements:
        if statement.commits and statement.end == len(source.content) and not outside:
            return
        yield Part(statement.text, statement)
        if statement.ends and not outside:
            yield Part("BEGIN")


def _explained(source: Source, failed: messages.Failed, kept: bool) -> Exception:
    """The error for the caller. Where the server gives no position, the statement is the place."""
    error, statement = failed.error, failed.part.statement
    if statement is None:
        return NotBegun(message(error)) if failed.part.before else error
    offset = statement.offset if failed.offset is None else failed.offset
    line, column = _place(source, statement, offset, error)
    outside = _OUTSIDE.format(source.script) if error.sqlstate in _CANNOT_BE_INSIDE else None
    return StatementError(
        source.script,
        line,
        column,
        source.conceal(said(error)),
        source.excerpt(statement.origin()),
        error.sqlstate,
        remedies.of_state(error.sqlstate) or source.conceal(error.diag.message_hint or "") or outside,
        statement_line=statement.line,
        position=None if failed.offset is None else failed.offset - statement.offset + 1,
        kept=kept,
    )


def _place(source: Source, statement: Statement, offset: int, error: psycopg.Error) -> tuple[int, int | None]:
    """The line and the column of the error; in a COPY's data the server counts the lines."""
    row = _LINE_OF_DATA.search(error.diag.context or "")
    if statement.data and row:
        return statement.data.first_line + int(row[1]) - 1, None
    return source.place(statement.origin(offset))
