"""Placeholders: `${name}` in a script becomes the value of that name, in comments, strings and the data of COPY too.

Names ignore case, a name without a value is an error, and Flyway has values of its own under `flyway:` (Flyway
documentation, "Placeholders"). A value is put in once: what looks like a placeholder in a value is left alone. Flyway
looks for the prefix character by character and never turns back, so that in `$${x}` it finds none; neither do we.
"""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.flyway.errors import ScriptError
from infra.flyway.settings import FlywaySettings


@dataclass(frozen=True)
class Marks:
    """What a placeholder begins and ends with, and what follows `flyway` in the names of Flyway's own.

    They are Flyway's placeholderPrefix, placeholderSuffix and placeholderSeparator.
    """

    prefix: str = "${"
    suffix: str = "}"
    separator: str = ":"


DEFAULT_MARKS = Marks()
_marks = functools.lru_cache(maxsize=8)(Marks)
# Values shorter than this are shown in messages: they stand by chance in the server's own words, such as `on` or
# `table`, and what is that short keeps no secret.
_SHORTEST_SECRET = 6


@dataclass(frozen=True)
class Rendered:
    """A script's text with its placeholders replaced, and the way back from a place in it to the source."""

    source: str
    text: str
    pieces: tuple[tuple[int, int, bool], ...] = ()  # offset in text, offset in source, whether it is a value

    def origin(self, offset: int) -> int:
        """The offset in the source of the character at `offset` of the text; in a value, that of its placeholder."""
        index = bisect.bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1
        if index < 0:
            return offset
        in_text, in_source, value = self.pieces[index]
        return in_source if value else in_source + offset - in_text

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column in the source, from 1, of the character at `offset` of the text."""
        return place(self.source, self.origin(offset))


@dataclass(eq=False)
class PlaceholderError(ScriptError):
    """A placeholder without a value or without an end; `placeholder` is what stands in the script."""

    placeholder: str = ""


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and the column, from 1, of the character at `offset`."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def placeholder_values(
    settings: FlywaySettings, *, user: str = "", database: str = "", timestamp: str = ""
) -> dict[str, str]:
    """The values of all placeholders but `${flyway:filename}`, by lower-case name; what is empty here has no value."""
    known = {
        "defaultschema": settings.default_schema,
        "table": settings.table,
        "user": user,
        "database": database,
        "timestamp": timestamp,
    }
    own = {name.lower(): value for name, value in settings.placeholders.items()}
    return {f"flyway{settings.placeholder_separator}{name}": value for name, value in known.items() if value} | own


def replace(
    script: str,
    source: str,
    values: Mapping[str, str],
    marks: Marks = DEFAULT_MARKS,
    locate: Callable[[int], tuple[int, int]] | None = None,
) -> Rendered:
    """`source` with its placeholders replaced by `values`, which placeholder_values() makes.

    `locate` gives the line and the column of an offset, where `source` is but a part of the script. Raises
    PlaceholderError, with the place, at the first placeholder that has no value or no end.
    """
    known = {f"flyway{marks.separator}filename": script.rpartition("/")[2], **values}
    done: list[str] = []
    pieces: list[tuple[int, int, bool]] = []
    length = position = 0
    for match in _pattern(marks.prefix, marks.suffix).finditer(source):
        if match["name"] is None:
            continue
        value = known.get(match["name"].lower()) if match["end"] else None
        if value is None or "\0" in value:
            line, column = locate(match.start()) if locate else place(source, match.start())
            raise PlaceholderError(script, line, column, _problem(match, value), placeholder=match[0])
        before = source[position : match.start()]
        length += len(before)
        pieces += [(length, match.start(), True), (length + len(value), match.end(), False)]
        done += [before, value]
        length += len(value)
        position = match.end()
    return Rendered(source, "".join([*done, source[position:]]), tuple(pieces))


def marks_of(settings: FlywaySettings) -> Marks:
    """The marks that the settings give."""
    return _marks(settings.placeholder_prefix, settings.placeholder_suffix, settings.placeholder_separator)


def shown_for(values: Mapping[str, str], marks: Marks = DEFAULT_MARKS) -> dict[str, str]:
    """What conceal() shows for each of the values that a project has given, but for very short ones."""
    given = ((name, value) for name, value in values.items() if not name.startswith(f"flyway{marks.separator}"))
    return {value: f"{marks.prefix}{name}{marks.suffix}" for name, value in given if len(value) >= _SHORTEST_SECRET}


def conceal(text: str, shown: Mapping[str, str]) -> str:
    """A message of the server's in one line, with what is to be `shown` for each value that it quotes.

    The longest goes first, since one may be a part of another. The server quotes a value as it read it: a quote that is
    doubled in SQL is single there.
    """
    text = " ".join(text.split())
    spelt = {" ".join(value.split()): name for value, name in shown.items()}
    spelt |= {value.replace("''", "'"): name for value, name in spelt.items()}
    found = "|".join(re.escape(value) for value in sorted(filter(None, spelt), key=len, reverse=True))
    return re.sub(found, lambda match: spelt[match[0]], text) if found else text


def _problem(match: re.Match[str], value: str | None) -> str:
    if value is not None:
        return f"the value of the placeholder {match[0]} holds a NUL character, which PostgreSQL cannot take"
    if not match["end"]:
        return "the placeholder that begins here has no end"
    return f"no value for the placeholder {match[0]}: set it in the settings' placeholders"


@functools.lru_cache(maxsize=8)
def _pattern(prefix: str, suffix: str) -> re.Pattern[str]:
    """A placeholder, or else the beginning of the prefix and the character that shows that it is none."""
    false_starts = [re.escape(prefix[:size]) + f"[^{re.escape(prefix[size])}]" for size in range(1, len(prefix))]
    whole = rf"{re.escape(prefix)}(?P<name>(?:(?!{re.escape(suffix)}).)*)(?P<end>{re.escape(suffix)})?"
    return re.compile("|".join([whole, *false_starts]), re.DOTALL)
