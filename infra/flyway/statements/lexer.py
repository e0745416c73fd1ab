"""Where a statement may end: at a semicolon that is not in a string, an identifier, a comment or a dollar quote.

This only proposes. PostgreSQL's grammar decides (syntax.py): it takes more where a proposal cuts a statement in two, as
in the body of a function after BEGIN ATOMIC. So a script is read statement by statement, and the data of a COPY, which
is no SQL, never reaches the grammar. The tokens are those of PostgreSQL's documentation, "Lexical Structure".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = rb"""
    ; | --[^\r\n]*+ | /\*
  | [eE]%(escaped)s
  | %(plain)s
  | "[^"]*+"?
  | \$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*+)?\$
  | [\w\x80-\xff][\w$\x80-\xff]*+
"""
_ESCAPED = rb"'(?:[^'\\]++|\\.|''|'\s*[\r\n]\s*')*+'?"
_PLAIN = rb"'[^']*+'?"
_STANDARD = re.compile(_TOKEN % {b"escaped": _ESCAPED, b"plain": _PLAIN}, re.DOTALL | re.VERBOSE)
_BACKSLASHED = re.compile(_TOKEN % {b"escaped": _ESCAPED, b"plain": _ESCAPED}, re.DOTALL | re.VERBOSE)
_COMMENT_MARK = re.compile(rb"/\*|\*/")
_BLANK = re.compile(rb"\s+|--[^\r\n]*|/\*")
_ESCAPE = re.compile(r"\\.", re.DOTALL)


def end_of_statement(sql: bytes, start: int, *, standard: bool = True) -> int:
    """The offset after the first semicolon from `start` on that may end a statement, or else the length of `sql`.

    Without `standard`, backslashes escape in every string, as where standard_conforming_strings is off.
    """
    for begin, end in _tokens(sql, start, standard):
        if sql[begin] == ord(";"):
            return end
    return len(sql)


def without_escapes(sql: str) -> str:
    """`sql`, for which standard_conforming_strings is off, with two other characters for each escape in a string.

    The grammar, which takes strings as the standard does, finds the same statements in it at the same places.
    """
    encoded = sql.encode()
    done, last = [], 0
    for begin, end in _tokens(encoded, 0, standard=False):
        if encoded[begin] == ord("'"):
            done += [encoded[last:begin].decode(), _ESCAPE.sub("__", encoded[begin:end].decode())]
            last = end
    return "".join([*done, encoded[last:].decode()])


def first_word(sql: bytes, start: int, end: int) -> int:
    """The offset of what follows the blanks and comments from `start` on, or `end` where nothing does."""
    while blank := _BLANK.match(sql, start, end):
        start = blank.end()
        if blank[0] == b"/*":
            start = min(_end_of_comment(sql, start), end)
    return start


def _tokens(sql: bytes, start: int, standard: bool) -> Iterator[tuple[int, int]]:
    """Where tokens that matter begin and end. One without an end ends with `sql`."""
    pattern = _STANDARD if standard else _BACKSLASHED
    while match := pattern.search(sql, start):
        begin, start = match.span()
        if sql.startswith(b"/*", begin):
            start = _end_of_comment(sql, start)
        elif sql.startswith(b"$", begin):
            closing = sql.find(match[0], start)
            start = len(sql) if closing < 0 else closing + len(match[0])
        yield begin, start


def _end_of_comment(sql: bytes, start: int) -> int:
    """Comments nest in PostgreSQL."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(sql, start):
        depth += 1 if mark[0] == b"/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)
