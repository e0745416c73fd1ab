"""A script: what its name and its settings file say, and its text."""

from __future__ import annotations

import codecs
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.flyway.errors import ConfigurationError, ScriptError
from infra.flyway.scripts.checksum import checksum_of
from infra.flyway.scripts.placeholders import Marks, marks_of
from infra.flyway.scripts.properties import read_properties
from infra.flyway.scripts.source import Source, in_utf8
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import Version

_MARKS = Marks()
_UTF16_MARKS = {codecs.BOM_UTF16_BE: "utf-16-be", codecs.BOM_UTF16_LE: "utf-16-le"}


@dataclass(frozen=True)
class Options:
    """What `<script>.conf` says; None where it says nothing.

    https://documentation.red-gate.com/flyway/reference/script-configuration
    """

    execute_in_transaction: bool | None = None
    encoding: str | None = None
    placeholder_replacement: bool | None = None


@dataclass(frozen=True)
class Script:
    """A file that migrates the database. `script` is its name in the history: its path from its location."""

    kind: Literal["versioned", "repeatable", "baseline"]
    version: Version | None
    description: str
    script: str
    file: str  # where it is
    content: bytes  # in UTF-8, whatever the file is in, without a byte order mark
    options: Options = Options()
    marks: Marks | None = _MARKS  # of its placeholders; None where they are left as they are

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.file)

    @property
    def version_text(self) -> str | None:
        """The version as the history has it."""
        return self.version.text if self.version else None

    @property
    def type(self) -> str:
        """Its type in the history."""
        return "SQL_BASELINE" if self.kind == "baseline" else "SQL"

    def source(self, values: Mapping[str, str]) -> Source:
        """What it says, with `values` for its placeholders."""
        return Source(self.script, self.content, values if self.marks else None, self.marks or _MARKS)

    def checksum(self, values: Mapping[str, str]) -> int:
        """Flyway's checksum: of a repeatable with its placeholders replaced, of others as they are written.

        Raises ScriptError for a placeholder of a repeatable that has no value.
        """
        if self.version or self.marks is None:
            return self.plain_checksum
        try:
            return checksum_of(self.source(values).chunks())
        except ScriptError as error:
            error.stage = "checksum"
            raise

    @functools.cached_property
    def plain_checksum(self) -> int:
        """The checksum of the text as it is written."""
        return checksum_of([self.content])

    def matches(self, recorded: int | None, values: Mapping[str, str]) -> bool:
        """Whether the history's checksum is that of this text; for a repeatable also with placeholders as written."""
        if not self.version and recorded == self.plain_checksum:
            return True
        return recorded == self.checksum(values)


def collation(description: str) -> bytes:
    """What descriptions are sorted by: UTF-16, as in Java, where 😀 comes before ﬀ."""
    return description.encode("utf-16-be", "surrogatepass")


def read_options(text: str) -> Options:
    """Read a script's settings file. Raises ConfigurationError for what it cannot hold."""
    entries = read_properties(text)
    options = Options(
        _flag(entries, "executeInTransaction"), entries.pop("encoding", None), _flag(entries, "placeholderReplacement")
    )
    if "shouldExecute" in entries:
        raise ConfigurationError(
            "shouldExecute is for Flyway's paid editions: remove it, and let the script itself decide in a DO block",
            "shouldExecute",
            "paid",
        )
    if entries:
        raise ConfigurationError(f"{', '.join(entries)} is no setting of a script", ", ".join(entries), "unknown")
    return options


def to_utf8(content: bytes, encoding: str, *, detect: bool) -> bytes:
    """The content of a file, in UTF-8 and without its byte order mark.

    Raises UnicodeDecodeError, and LookupError for an encoding that nobody knows. Detection is Flyway's: UTF-16 by its
    mark, else the first of UTF-8 and Latin-1 that fits (https://documentation.red-gate.com/flyway/reference/
    configuration/flyway-namespace/flyway-detect-encoding-setting).
    """
    codec = _detected(content) if detect else codecs.lookup(encoding).name
    if codec == "utf-16" and content[:2] not in _UTF16_MARKS:
        codec = "utf-16-be"  # as in Java
    return in_utf8(content, codec).removeprefix(codecs.BOM_UTF8)


def _detected(content: bytes) -> str:
    if len(content) % 2 == 0:
        if content[:2] in _UTF16_MARKS:
            return _UTF16_MARKS[content[:2]]
        if 2 * content[1::2].count(0) > len(content) // 2:
            return "utf-16-be"
    try:
        in_utf8(content, "utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _flag(entries: dict[str, str], name: str) -> bool | None:
    value = entries.pop(name, None)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise ConfigurationError(f"{name} is {value!r}: write true or false", name, "value")
    return value.lower() == "true"


def marks(options: Options, settings: FlywaySettings) -> Marks | None:
    """The marks of placeholders in a script with these options, or None where they are not replaced."""
    given = options.placeholder_replacement
    if not (settings.placeholder_replacement if given is None else given):
        return None
    return marks_of(settings)
