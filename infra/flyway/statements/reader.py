"""Take statement after statement from a script: the lexer proposes where one ends, PostgreSQL's grammar decides.

So the grammar sees neither a COPY's data nor more than a statement at a time, whose tree could be a hundred times as
large as its text. pglast's split() checks and cuts without making a tree at all; only a statement that may matter to
the transaction gets one. pglast takes part of a second to import, so it is imported where it is needed.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator

from infra.flyway.errors import ScriptError
from infra.flyway.scripts.placeholders import Rendered
from infra.flyway.scripts.source import Source
from infra.flyway.statements.again import again
from infra.flyway.statements.copydata import CopyData, find_data
from infra.flyway.statements.lexer import end_of_statement, first_word, without_escapes
from infra.flyway.statements.statement import Piece, Statement, StatementError
from infra.flyway.statements.transactions import (
    Node,
    begins,
    commits,
    ends,
    reads_data,
    refusal,
    standard_strings,
    transactional,
)

# What begins like this never matters to a transaction, and may be many megabytes long.
_PLAIN = re.compile(r"(?:insert|update|delete|merge|select|values|with)\b", re.IGNORECASE)
_LEXING = re.compile(r"standard_conforming_strings|backslash_quote|reset\s+all", re.IGNORECASE)
_LONGEST = 120
_PSQL = "commands of psql, which begin with a backslash, are not SQL: remove them"


class Reader:
    """The statements of `source`, one by one. `standard` is the session's standard_conforming_strings."""

    def __init__(self, source: Source, standard: bool) -> None:
        self._source, self._initially, self._standard = source, standard, standard
        self._at, self._line, self._counted = 0, 1, 0

    def __iter__(self) -> Iterator[Statement]:
        """Each statement. Blanks and comments at the end of the script belong to the last one."""
        before: Statement | None = None
        for statement in self._statements():
            if before:
                yield before
            before = statement
        if before:
            yield dataclasses.replace(before, end=len(self._source.content))

    def _statements(self) -> Iterator[Statement]:
        while self._at < len(self._source.content):
            base = self._at
            rendered, self._at, slices = self._next(base)
            for index, here in enumerate(slices):
                begin = here.start if index else 0
                end = slices[index + 1].start if index + 1 < len(slices) else None
                yield self._statement(Piece(rendered, base, begin, end), here)

    def _next(self, start: int) -> tuple[Rendered, int, tuple[slice, ...]]:
        """The next slice of the source that the grammar takes, its end, and where the statements are in its text."""
        from pglast.parser import ParseError, split  # noqa: PLC0415

        content, end = self._source.content, start
        while True:
            end = end_of_statement(content, end, standard=self._standard)
            rendered = self._source.rendered(start, end)
            try:
                slices = split(self._standardized(rendered.text), only_slices=True)
            except ParseError as error:
                message, location = (*error.args, None)[:2]
                if end == len(content) or not _unfinished(message):
                    raise self._mistake(Piece(rendered, start), message, location) from None
            else:
                if slices or end == len(content):
                    return rendered, end, slices

    def _statement(self, piece: Piece, here: slice) -> Statement:
        text = piece.rendered.text[here]
        kind, node = _node(self._standardized(text))
        offset = here.start - piece.begin
        first = piece.origin(offset)
        self._line += self._source.content.count(b"\n", self._counted, first)
        self._counted = first
        if why := refusal(kind, node):
            raise self._source.error_at(first, why.message, sqlstate=why.sqlstate)
        data = self._data(piece, first) if reads_data(kind, node) else None
        self._standard = standard_strings(kind, node, self._standard, self._initially)
        return Statement(
            piece,
            piece.origin(0),
            self._at if piece.end is None else piece.origin(piece.end - piece.begin),
            offset,
            self._line,
            transactional=transactional(kind, node),
            begins=begins(kind, node),
            ends=ends(kind, node),
            commits=commits(kind, node),
            changes_lexing=_LEXING.search(text) is not None,
            data=data,
            again=again(kind, node),
        )

    def _data(self, piece: Piece, first: int) -> CopyData:
        if piece.end is not None:
            raise self._source.error_at(first, "the data of this COPY has no beginning: write the COPY into the script")
        data, self._at = find_data(self._source, first, self._at)
        for _ in self._source.chunks(data.start, data.end) if self._source.has_marks(data.start, data.end) else ():
            pass  # to find a placeholder without a value before anything runs
        return data

    def _mistake(self, piece: Piece, message: str, location: int | None) -> ScriptError:
        """The grammar gives no location where the text ends too early."""
        text, content = piece.text, self._source.content
        at = piece.origin(len(text.rstrip()) if location is None else location)
        first = first_word(content, piece.base, at)
        return StatementError(
            self._source.script,
            *self._source.place(at),
            _without_values(message, piece.rendered, location or 0),
            self._source.excerpt(first),
            sqlstate="42601",
            hint=_PSQL if content[at : at + 1] == b"\\" else None,
            statement_line=self._source.place(first)[0],
            position=len(content[first:at].decode()) + 1,
        )

    def _standardized(self, text: str) -> str:
        return text if self._standard or "\\" not in text else without_escapes(text)


def _without_values(message: str, rendered: Rendered, location: int) -> str:
    """The grammar's message, which quotes the text from the error on: as it is in the source, and not all of it."""
    before, quoting, near = message.partition(' at or near "')
    if not quoting:
        return message
    if rendered.pieces:
        start, end = rendered.origin(location), rendered.origin(location + len(near) - 1)
        near = f'{rendered.source[start:end] or rendered.source[start:].split(maxsplit=1)[0]}"'
    return before + quoting + (near if len(near) <= _LONGEST else f'{near[: _LONGEST - 1]}…"')


def _unfinished(message: str) -> bool:
    return message.endswith("at end of input") or message.startswith("unterminated")


def _node(statement: str) -> tuple[str, Node]:
    """The kind and the node of the statement's tree, as far as they can matter to a transaction."""
    from pglast.parser import parse_sql_json  # noqa: PLC0415

    if _PLAIN.match(statement):
        return "", {}
    ((kind, node),) = json.loads(parse_sql_json(statement))["stmts"][0]["stmt"].items()
    return kind, node
