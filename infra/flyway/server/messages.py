"""A message to the server: several statements at once, their answers, and which of them failed, where.

It is one of PostgreSQL's simple query protocol. The server answers each statement in turn and stops at the first error,
so that the number of answers tells which failed, and the position in the error, which counts from the start of the
message, tells where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from infra.flyway.scripts.source import Source
from infra.flyway.server.loss import is_loss, lost
from infra.flyway.statements.copydata import CopyData
from infra.flyway.statements.statement import Statement

SEPARATOR = "\n;"  # the line end closes a comment at the end of a script
FINE = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY}


@dataclass(frozen=True)
class Part:
    """A statement of the script, or one that comes before, after or between them."""

    text: str
    statement: Statement | None = None
    before: bool = False

    @property
    def alone(self) -> bool:
        """Whether it needs a message of its own."""
        return self.statement is not None and (self.statement.data is not None or not self.statement.transactional)


class Failed(Exception):
    """A part that failed, with the offset of the error in its text, and how many parts of its message went before."""

    def __init__(self, error: psycopg.Error, part: Part, offset: int | None, done: int) -> None:
        self.error, self.part, self.offset, self.done = error, part, offset, done


def cut(parts: Iterable[Part], outside: bool) -> Iterator[list[Part]]:
    """Cut parts into messages: around what must be alone, and where the server is to read the rest in another way."""
    batch: list[Part] = []
    for part in parts:
        alone = part.alone or (outside and part.statement is not None)
        if alone and batch:
            yield batch
            batch = []
        batch.append(part)
        if alone or (part.statement and part.statement.changes_lexing):
            yield batch
            batch = []
    if batch:
        yield batch


def send(connection: psycopg.Connection, source: Source, batch: list[Part]) -> None:
    """Send a message and wait for its answers. Raises Failed, and ScriptError where the connection is lost."""
    first = batch[0].statement
    if first and first.data:
        _copy(connection, source, batch[0], first.data)
        return
    results = query(connection, [source], SEPARATOR.join(part.text for part in batch))
    for done, result in enumerate(results):
        if result.status not in FINE:
            failure = psycopg.errors.error_from_result(result, encoding=connection.info.encoding)
            raise Failed(failure, *_locate(failure, batch, done), done)


def query(
    connection: psycopg.Connection, sources: Sequence[Source], text: str, meanwhile: Callable[[], None] = lambda: None
) -> list[PGresult]:
    """The answers to a message. Raises ScriptError where the connection is lost."""
    try:
        with connection.lock:
            connection.pgconn.send_query(text.encode())
            connection.wait(generators.send(connection.pgconn))
            meanwhile()
            results: list[PGresult] = connection.wait(generators.fetch_many(connection.pgconn))
            return results
    except psycopg.OperationalError as error:
        raise lost(sources, error) from error


def _locate(error: psycopg.Error, batch: Sequence[Part], done: int) -> tuple[Part, int | None]:
    """The part that failed after `done` others, and where in its text. The server counts characters of the message.

    It reads a message as a whole first: a mistake that it finds then may be in any part.
    """
    at = int(error.diag.statement_position or 0) - 1
    start = 0
    for index, part in enumerate(batch):
        if start <= at <= start + len(part.text) and done in (index, 0):
            return part, at - start
        start += len(part.text) + len(SEPARATOR)
    return batch[done], None


def _copy(connection: psycopg.Connection, source: Source, part: Part, data: CopyData) -> None:
    try:
        with connection.cursor() as cursor, cursor.copy(part.text.encode()) as copy:
            for chunk in source.chunks(data.start, data.end):
                copy.write(chunk)
    except psycopg.Error as error:
        if is_loss(error):
            raise lost([source], error) from error
        raise Failed(error, *_locate(error, [part], 0), 0) from error
