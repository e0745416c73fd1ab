"""Read scripts with PostgreSQL's own grammar: find mistakes before a server does, and cut a script into statements.

Flyway cuts scripts with a lexer of its own and leaves mistakes to the server (Flyway documentation, "Migrations: SQL").
pglast takes part of a second to import, so it is imported where it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import ScriptError
from .placeholders import Rendered
from .transactions import refusal, transactional

if TYPE_CHECKING:
    from pglast.ast import RawStmt

_COPY_DATA = re.compile(r"\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*;", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """A statement of a script: `text` is all from the end of the one before to its own end, comments too.

    `start` is the offset of `text` in the script, `offset` that of the statement's first word, and `line` its line.
    """

    text: str
    start: int
    offset: int
    line: int
    transactional: bool


def check(script: str, sql: str | Rendered) -> ScriptError | None:
    """The first mistake of syntax in `sql`, or None. `script` is the name to show."""
    try:
        _parse(script, _rendered(sql))
    except ScriptError as error:
        return error
    return None


def statements(script: str, sql: str | Rendered) -> tuple[Statement, ...]:
    """The statements of `sql`: their texts, joined, are `sql` itself, unless it holds none.

    Raises ScriptError, with the place, for a mistake of syntax, for a statement that this project does not run in a
    script, and where statements that need a transaction meet others that cannot have one.
    """
    rendered = _rendered(sql)
    tree = _parse(script, rendered)
    for raw in tree:
        if why := refusal(raw.stmt):
            raise error_at(script, rendered, _start(raw), why)
    found = tuple(_cut(rendered, tree))
    _refuse_mixture(script, rendered, found)
    return found


def error_at(script: str, rendered: Rendered, offset: int, message: str) -> ScriptError:
    """The ScriptError for the place at `offset` of the rendered text. It shows the source, where no value can leak."""
    line, column = rendered.place(offset)
    return ScriptError(script, line, column, message, excerpt(rendered, offset))


def excerpt(rendered: Rendered, offset: int) -> str:
    """The source's line from `offset` of the rendered text on, cut to what a reader takes in at a glance."""
    start = rendered.origin(offset)
    line = rendered.source[start:].partition("\n")[0].strip()
    return line if len(line) <= 80 else line[:79] + "…"


def _rendered(sql: str | Rendered) -> Rendered:
    return sql if isinstance(sql, Rendered) else Rendered(sql, sql)


def _parse(script: str, rendered: Rendered) -> tuple[RawStmt, ...]:
    from pglast.parser import ParseError, parse_sql  # noqa: PLC0415

    if "\0" in rendered.text:  # the parser, written in C, would end here and find the rest in order
        raise error_at(script, rendered, rendered.text.index("\0"), "a NUL character: remove it")
    try:
        return parse_sql(rendered.text)
    except ParseError as error:
        message, location = (*error.args, None)[:2]
        offset = len(rendered.text.rstrip()) if location is None else location
        raise error_at(script, rendered, offset, message + _advice(rendered.text, offset)) from None


def _advice(text: str, offset: int) -> str:
    if any(match.end() <= offset for match in _COPY_DATA.finditer(text)):
        return "; COPY with data in the script is not supported: write INSERT"
    if text[offset : offset + 1] == "\\":
        return "; commands of psql, which begin with a backslash, are not SQL: remove them"
    return ""


def _start(raw: RawStmt) -> int:
    return raw.stmt_location or 0


def _cut(rendered: Rendered, tree: Iterable[RawStmt]) -> Iterator[Statement]:
    text = rendered.text
    raws = list(tree)
    start = 0
    for index, raw in enumerate(raws):
        last = index == len(raws) - 1
        end = len(text) if last else _start(raw) + (raw.stmt_len or 0) + 1  # the semicolon too
        line, _ = rendered.place(_start(raw))
        yield Statement(text[start:end], start, _start(raw), line, transactional(raw.stmt))
        start = end


def _refuse_mixture(script: str, rendered: Rendered, found: tuple[Statement, ...]) -> None:
    """As Flyway does unless `mixed` is set: half of such a script could not be rolled back."""
    outside = [statement for statement in found if not statement.transactional]
    if not outside or len(outside) == len(found):
        return
    lines = ", ".join(str(statement.line) for statement in outside)
    message = f"what begins in line {lines} cannot run in a transaction, the rest needs one: move it to its own script"
    raise error_at(script, rendered, outside[0].offset, message)
