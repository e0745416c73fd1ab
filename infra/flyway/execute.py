"""Send the statements of a script to the server, and say exactly where one failed."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from .errors import ScriptError
from .placeholders import Rendered
from .session import said
from .syntax import Statement, excerpt


def execute(connection: psycopg.Connection, script: str, rendered: Rendered, statements: Iterable[Statement]) -> None:
    """Run the statements one by one. Raises ScriptError with the place in the file of the one that fails."""
    for statement in statements:
        try:
            connection.execute(statement.text.encode())
        except psycopg.Error as error:
            raise _located(script, rendered, statement, error) from error


def _located(script: str, rendered: Rendered, statement: Statement, error: psycopg.Error) -> ScriptError:
    """The server counts characters of the statement it got, from 1; where it gives none, the statement is the place."""
    position = error.diag.statement_position
    offset = statement.start + int(position) - 1 if position else statement.offset
    line, column = rendered.place(offset)
    return ScriptError(
        script,
        line,
        column,
        said(error),
        excerpt(rendered, statement.offset),
        error.sqlstate,
        error.diag.message_hint,
    )
