"""Placeholders: `${name}` in a script becomes the value of that name, in comments and strings too.

Names ignore case, a name without a value is an error, and Flyway has values of its own under `flyway:` (Flyway
documentation, "Placeholders"). A value is put in once: what looks like a placeholder in a value is left alone.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import ScriptError
from .settings import FlywaySettings

_PLACEHOLDER = re.compile(r"\$\{(?:([^}]*)\})?")


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


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and the column, from 1, of the character at `offset`."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def placeholder_values(
    settings: FlywaySettings, *, user: str = "", database: str = "", timestamp: str = ""
) -> dict[str, str]:
    """The values of all placeholders but `${flyway:filename}`, by lower-case name; what is empty here has no value."""
    known = {
        "flyway:defaultschema": settings.default_schema,
        "flyway:table": settings.table,
        "flyway:user": user,
        "flyway:database": database,
        "flyway:timestamp": timestamp,
    }
    own = {name.lower(): value for name, value in settings.placeholders.items()}
    return {name: value for name, value in known.items() if value} | own


def replace(script: str, source: str, values: Mapping[str, str]) -> Rendered:
    """`source` with its placeholders replaced by `values`, which placeholder_values() makes.

    Raises ScriptError, with the place, at the first placeholder that has no value or no end.
    """
    known = {"flyway:filename": script.rpartition("/")[2], **values}
    done: list[str] = []
    pieces: list[tuple[int, int, bool]] = []
    length = position = 0
    for match in _PLACEHOLDER.finditer(source):
        value = _value(script, source, match, known)
        before = source[position : match.start()]
        length += len(before)
        pieces += [(length, match.start(), True), (length + len(value), match.end(), False)]
        done += [before, value]
        length += len(value)
        position = match.end()
    return Rendered(source, "".join([*done, source[position:]]), tuple(pieces))


def _value(script: str, source: str, match: re.Match[str], known: Mapping[str, str]) -> str:
    line, column = place(source, match.start())
    name = match[1]
    if name is None:
        raise ScriptError(script, line, column, "the placeholder that begins here has no closing brace")
    if (value := known.get(name.lower())) is None:
        raise ScriptError(
            script, line, column, f"no value for the placeholder ${{{name}}}: set it in the settings' placeholders"
        )
    return value
