"""Read Java's properties, which flyway.conf and the settings of single scripts are written in.

Flyway takes a backslash for itself, but at the end of a line, where it continues the value on the next one
(https://documentation.red-gate.com/flyway/reference/configuration/conf-configuration-files).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_ENTRY = re.compile(r"([^=:\s]+)\s*[=:]?\s*(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def read_properties(text: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The entries of `text`, the last one of a name. `${NAME}` becomes what `environment` has, if one is given."""
    if environment is not None:
        text = _VARIABLE.sub(lambda match: environment.get(match[1], ""), text)
    entries = (_ENTRY.fullmatch(line) for line in _lines(text))
    return {entry[1]: entry[2] for entry in entries if entry}


def _lines(text: str) -> Iterator[str]:
    """The lines without comments, each with those that continue it."""
    begun = ""
    for line in (raw.strip() for raw in re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))):
        if begun and (not line or re.match(r"flyway\.[^=]*=", line)):
            yield begun + "\\"  # nothing to continue with: the backslash is the value's, as at the end of a path
            begun = ""
        if not begun and line.startswith(("#", "!")):
            continue
        if line.endswith("\\"):
            begun += line[:-1]
        elif line:
            yield begun + line
            begun = ""
    if begun:
        yield begun + "\\"
