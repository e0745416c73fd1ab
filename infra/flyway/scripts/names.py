"""What a file's name says: a versioned, repeatable or baseline script, or a callback.

A name is prefix, version, separator, description and suffix; repeatables and callbacks have no version. The longest
prefix that fits decides, and the suffix counts in any case (https://documentation.red-gate.com/flyway/flyway-concepts/
migrations/migration-naming, and .../callback-events for the callbacks).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from infra.flyway.settings import FlywaySettings
from infra.flyway.version import Version, parse

Kind = Literal["versioned", "repeatable", "baseline", "callback"]

# In Flyway's order, in which callbacks of one name would run.
EVENTS = (
    *("beforeClean", "afterClean", "afterCleanError"),
    *("beforeMigrate", "beforeEachMigrate", "beforeEachMigrateStatement", "afterEachMigrateStatement"),
    *("afterEachMigrateStatementError", "afterEachMigrate", "afterEachMigrateError", "beforeRepeatables"),
    *("afterVersioned", "afterMigrateApplied", "afterMigrate", "afterMigrateError"),
    *("beforeUndo", "beforeEachUndo", "beforeEachUndoStatement", "afterEachUndoStatement"),
    *("afterEachUndoStatementError", "afterEachUndo", "afterEachUndoError", "afterUndo", "afterUndoError"),
    *("beforeValidate", "afterValidate", "afterValidateError"),
    *("beforeBaseline", "afterBaseline", "afterBaselineError", "beforeRepair", "afterRepair", "afterRepairError"),
    *("beforeInfo", "afterInfo", "afterInfoError", "afterMigrateOperationFinish", "afterInfoOperationFinish"),
    *("createSchema", "beforeCreateSchema", "beforeConnect", "afterConnect"),
)
# What Flyway gives to a shell. No suffix at all is one of them, except on Windows.
_SHELL_SUFFIXES = ("", ".cmd", ".bat", ".ps1", ".py", ".sh", ".bash")


@dataclass(frozen=True)
class Name:
    """A name that follows the convention. `prefix` of a callback is its event."""

    kind: Kind
    prefix: str
    version: Version | None
    description: str


class BadName(ValueError):
    """A name that breaks the convention. `reason` tells which rule, `part` is what breaks it."""

    def __init__(self, reason: Literal["prefix", "no version", "bad version", "a version"], part: str) -> None:
        super().__init__(f"{part!r}: {reason}")
        self.reason, self.part = reason, part


def read_name(filename: str, settings: FlywaySettings, suffixes: tuple[str, ...] | None = None) -> Name:
    """Read a file's name without its folders. Raises BadName."""
    suffixes = settings.sql_migration_suffixes if suffixes is None else suffixes
    stem = stem_of(filename, suffixes)
    return read_stem(filename if stem is None else stem, settings)


def read_stem(stem: str, settings: FlywaySettings) -> Name:
    """Read a file's name without its folders and its suffix. Raises BadName."""
    found = _prefix(settings).match(stem)
    if found is None:
        raise BadName("prefix", stem)
    prefix = found[0]
    kind = _kind(prefix, settings)
    head, _, description = stem[len(prefix) :].partition(settings.sql_migration_separator)
    description = description.replace("_", " ")
    if kind in ("repeatable", "callback"):
        if head:
            raise BadName("a version", head)
        return Name(kind, prefix, None, description)
    if not head:
        raise BadName("no version", stem)
    try:
        return Name(kind, prefix, parse(head), description)
    except ValueError:
        raise BadName("bad version", head) from None


def stem_of(filename: str, suffixes: tuple[str, ...]) -> str | None:
    """The name without the first of the suffixes that it has, or None where it has none of them."""
    upper = filename.upper()
    for suffix in suffixes:
        if upper.endswith(suffix.upper()):
            return filename[: len(filename) - len(suffix)]
    return None


def is_shell_script(filename: str, settings: FlywaySettings) -> bool:
    """Whether Flyway would run the file in a shell: it has a script's or a callback's name and a shell's suffix."""
    suffix = "." + filename.rpartition(".")[2] if "." in filename else ""
    if suffix.lower() not in _SHELL_SUFFIXES:
        return False
    try:
        read_name(filename, settings, _SHELL_SUFFIXES[1:])
    except BadName:
        return False
    return True


def _prefix(settings: FlywaySettings) -> re.Pattern[str]:
    """The longest prefix that fits: `beforeMigrateError` also begins with `beforeMigrate`."""
    return _longest_first(
        settings.sql_migration_prefix, settings.repeatable_sql_migration_prefix, settings.baseline_migration_prefix
    )


@functools.lru_cache(maxsize=8)
def _longest_first(*prefixes: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted((*prefixes, *EVENTS), key=len, reverse=True))))


def _kind(prefix: str, settings: FlywaySettings) -> Kind:
    kinds: dict[str, Kind] = {
        settings.baseline_migration_prefix: "baseline",
        settings.repeatable_sql_migration_prefix: "repeatable",
        settings.sql_migration_prefix: "versioned",
    }
    return kinds.get(prefix, "callback")
