"""What can go wrong, as values that a caller can tell apart. A message is one line a problem, and says what to do.

Each error has one of Flyway's codes (https://documentation.red-gate.com/flyway/reference/error-codes), so that programs
that read Flyway's output read this project's too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

_CODES = {
    "duplicate version": "DUPLICATE_VERSIONED_MIGRATION",
    "duplicate description": "DUPLICATE_REPEATABLE_MIGRATION",
    "script setting": "CONFIGURATION",
}


class FlywayError(Exception):
    """The root: what was wrong, where, and the next step."""

    code = "ERROR"


class ConfigurationError(FlywayError):
    """A setting that is not known, not supported, or holds what it cannot hold; `setting` is its name in Flyway."""

    def __init__(
        self, message: str, setting: str, reason: Literal["unknown", "value", "unsupported", "paid", "missing"]
    ) -> None:
        super().__init__(message)
        self.setting, self.reason = setting, reason
        self.code = "ERROR" if reason in ("unsupported", "paid") else "CONFIGURATION"


class DatabaseError(FlywayError):
    """What the server said to a step that is not a script's: `step` names it."""

    code = "DB_CONNECTION"

    def __init__(self, message: str, step: str = "") -> None:
        super().__init__(message)
        self.step = step


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: of which kind, in one line, and with what it is about. `kind` is a code where it can."""

    kind: str
    message: str
    about: object = field(default=None, repr=False)

    @property
    def code(self) -> str:
        """Flyway's code."""
        return _CODES.get(self.kind, self.kind if self.kind.isupper() else "ERROR")

    def __str__(self) -> str:
        return self.message


class ProblemsError(FlywayError):
    """Several problems that were found together; each is one line of the message."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        self.found = tuple(problem if isinstance(problem, Problem) else Problem("", problem) for problem in problems)
        self.problems = tuple(map(str, self.found))
        super().__init__("\n".join(self.problems))


class ScanError(ProblemsError):
    """The files in the locations cannot be taken as they are."""

    @property
    def code(self) -> str:  # type: ignore[override]
        """The code of the first problem, which is the one that Flyway would have stopped at."""
        return self.found[0].code


class ValidationError(ProblemsError):
    """The files and the schema history contradict each other."""

    code = "VALIDATE_ERROR"


class HistoryError(FlywayError):
    """A row of the history that nobody can read; `row` is it."""

    def __init__(self, message: str, kind: Literal["version", "type", "deleted twice"], row: object) -> None:
        super().__init__(message)
        self.kind, self.row = kind, row
        if kind == "deleted twice":
            self.code = "DUPLICATE_DELETED_MIGRATION"


class NotEmptyError(FlywayError):
    """A schema with objects and without a history, which may be somebody else's."""

    code = "NON_EMPTY_SCHEMA_WITHOUT_SCHEMA_HISTORY_TABLE"


class LockTimeout(FlywayError):
    """Another run held the lock for as long as this one was ready to wait."""


class LockLost(FlywayError):
    """A script has released the lock."""


@dataclass(eq=False)
class ScriptError(FlywayError):
    """A script, or one statement of it, that PostgreSQL or this project refuses.

    `line` and `column` count from 1 in the file as it is on disk; they are None where the error belongs to no place
    in it, such as a constraint that fails at the commit. `stage` is what the run was doing with the script.
    """

    script: str
    line: int | None
    column: int | None
    message: str
    statement: str = ""
    sqlstate: str | None = None
    hint: str | None = None
    stage: Literal["", "checksum", "prepare", "group", "execute", "record", "commit"] = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.script, self.line, self.column) if part is not None)
        state = f" (SQLSTATE {self.sqlstate})" if self.sqlstate else ""
        statement = f", in: {self.statement}" if self.statement else ""
        hint = f"; hint: {self.hint}" if self.hint else ""
        return " ".join(f"{place}: {self.message}{state}{statement}{hint}".split())
