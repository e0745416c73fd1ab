"""The values of generated rows, as SQL expressions of the row's number, `g`, from 1 on. Pure.

A key is a function of a number, so that a foreign key can name a row of another table without a look at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from infra.review.rows.tables import Column

_INTEGERS = {"smallint": 32_767, "integer": 2_000_000_000, "bigint": 2_000_000_000}
_TEXTS = ("character varying", "text", "character", "citext", "name")
_TIMES = ("timestamp with time zone", "timestamp without time zone", "date")
_USUAL = {
    **{name: f"(now() - (g % 3600) * interval '1 second')::{name}" for name in _TIMES},
    **{name: f"(g % 1000)::{name}" for name in ("real", "double precision")},
    **{name: f"'{{}}'::{name}" for name in ("json", "jsonb")},
    "boolean": "(g % 2 = 0)",
    "bytea": r"'\x00'::bytea",
    "inet": "'192.0.2.1'::inet",
    "cidr": "'192.0.2.0/24'::cidr",
    "macaddr": "'02:00:00:00:00:01'::macaddr",
    "interval": "'1 day'::interval",
    "time without time zone": "'12:00'::time",
    "time with time zone": "'12:00+00'::timetz",
    "xml": "'<a/>'::xml",
    "tsvector": "''::tsvector",
    "money": "1::money",
    "point": "'(0,0)'::point",
    "bit": "B'0'",
}
_LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w.\"$])-?\d+(?:\.\d+)?(?![\w.\"])")
_BEGINNINGS, _ENDS = ("'https://b.example/'", "'a'"), ("'@b.example'",)
_WORDS = ("'a@b.example'", "'en-US'", "'https://example.com/a'", "'a'", "'abc'", "'[]'", "'{}'")


def key(column: Column, number: str) -> str | None:
    """The value of a key column that stands for a number, an SQL expression; None where its type has no such values."""
    if column.base == "uuid":
        return f"lpad(to_hex({number}), 32, '0')::uuid"
    if column.base in _INTEGERS:
        return f"(1 + ({number} - 1) % {_INTEGERS[column.base]})::{column.base}"
    if column.base == "numeric":
        return f"({number})::numeric"
    if column.base in _TEXTS:
        return _text(column, number)
    if column.base in _TIMES:
        return f"(timestamptz '2020-01-01 00:00+00' + ({number}) * interval '1 day')::{column.base}"
    return None


def _text(column: Column, number: str) -> str:
    """Text with the number in it, in the last of the characters that fit."""
    longest = column.modifier - 4 if column.modifier > 4 else 0
    if column.base == "name" or not longest:
        return f"('row-' || {number})::{column.base}"
    text = f"'row-' || {number}" if longest >= 14 else f"to_hex({number})"
    return f"right({text}, {longest})::{column.base}"


def usual(column: Column) -> str | None:
    """A value of the column's type, another for each row where that is easy; None for a type that is not known."""
    if column.base in _USUAL:
        return _USUAL[column.base]
    match column.kind, column.category:
        case "e", _:
            return (column.labels or ["NULL"])[0]
        case ("r", _) | ("m", _):
            return "'empty'" if column.kind == "r" else "'{}'"
        case _, "A":
            return "'{}'"
    return _numeric(column) if column.base == "numeric" else key(column, "g")


def _numeric(column: Column) -> str:
    """A number that the precision has room for: PostgreSQL packs precision and scale into the modifier."""
    if column.modifier < 4:
        return "(g % 1000)::numeric"
    precision, scale = (column.modifier - 4) >> 16 & 0xFFFF, (column.modifier - 4) & 0x7FF
    return f"(g % {10 ** max(0, min(precision - scale, 3))})::numeric"


def candidates(column: Column, conditions: Iterable[str], *, unique: bool) -> list[str]:
    """Values that may satisfy the conditions of checks: its default, what they mention, what often fits, NULL.

    Of a `unique` column those come first that differ from row to row.
    """
    found = [key(column, "g") or ""] if unique else [column.default or "", usual(column) or ""]
    found += [f"({text} || g)" for text in _BEGINNINGS] + [f"(g || {text})" for text in _ENDS] if unique else []
    found += [literal for condition in conditions for literal in _LITERAL.findall(condition)]
    found += list(_WORDS) if column.base in (*_TEXTS, "json", "jsonb") else ["0", "1", "100"]
    found += ["true", "false"] if column.base == "boolean" else []
    found += ["now() + interval '1 day'", "now() - interval '1 day'"] if column.base in _TIMES else []
    found += ["NULL"] if column.nullable else []
    return list(dict.fromkeys(filter(None, found)))
