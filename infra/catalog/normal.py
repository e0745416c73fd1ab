"""One form for what PostgreSQL writes in several, so that a snapshot outlives a dump and a restore."""

from __future__ import annotations

import functools
import re

# PostgreSQL keeps `x IN ('a', 'b')` on a varchar as an array of varchar that is cast to text. A restore reads the dump
# of that as an array of casts. They mean the same: varchar has no operators of its own.
_ELEMENT = r"(?:E?'(?:[^']|'')*'|[\w.]+|\"(?:[^\"]|\"\")+\")(?:::character varying)?"
_CAST_ARRAY = re.compile(rf"ARRAY\[({_ELEMENT}(?:, {_ELEMENT})*)\]::text\[\]")
_VARCHAR_TO_TEXT = re.compile(r"('(?:[^']|'')*')::character varying::text\b")

_TYPES = (
    (re.compile(r"\bcharacter varying\b"), "varchar"),
    (re.compile(r"\btimestamp(\(\d\))? without time zone\b"), r"timestamp\1"),
    (re.compile(r"\btimestamp(\(\d\))? with time zone\b"), r"timestamptz\1"),
    (re.compile(r"\btime(\(\d\))? without time zone\b"), r"time\1"),
    (re.compile(r"\btime(\(\d\))? with time zone\b"), r"timetz\1"),
)


def expression(text: str) -> str:
    """A definition or an expression, as the catalog's functions print it, in its one form."""
    if "ARRAY[" not in text or "\nAS $" in text:  # the source code of a function is kept to the letter
        return text
    return _VARCHAR_TO_TEXT.sub(r"\1::text", _CAST_ARRAY.sub(_cast_elements, text))


@functools.cache  # a catalog has thousands of columns, and a handful of types
def type_name(text: str) -> str:
    """A type by the short name that people write: varchar(50), timestamptz."""
    if text.startswith('"'):
        return text
    for long, short in _TYPES:
        text = long.sub(short, text)
    return text


def _cast_elements(match: re.Match[str]) -> str:
    elements = re.findall(_ELEMENT, match[1])
    return f"ARRAY[{', '.join(f'{element}::text' for element in elements)}]"
