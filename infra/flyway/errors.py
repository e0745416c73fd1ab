"""What can go wrong, as values that a caller can tell apart. A message is one line a problem, and says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class FlywayError(Exception):
    """The root: what was wrong, where, and the next step."""


class ProblemsError(FlywayError):
    """Several problems that were found together; each is one line of the message."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ScanError(ProblemsError):
    """The files in the locations cannot be taken as they are."""


class ValidationError(ProblemsError):
    """The files and the schema history contradict each other."""


class LockTimeout(FlywayError):
    """Another run held the lock for as long as this one was ready to wait."""


@dataclass(eq=False)
class ScriptError(FlywayError):
    """A script, or one statement of it, that PostgreSQL or this project refuses.

    `line` and `column` count from 1 in the file as it is on disk; they are None where the error belongs to no place
    in it, such as a constraint that fails at the commit.
    """

    script: str
    line: int | None
    column: int | None
    message: str
    statement: str = ""
    sqlstate: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.script, self.line, self.column) if part is not None)
        state = f" (SQLSTATE {self.sqlstate})" if self.sqlstate else ""
        statement = f", in: {self.statement}" if self.statement else ""
        hint = f"; hint: {self.hint}" if self.hint else ""
        return " ".join(f"{place}: {self.message}{state}{statement}{hint}".split())
