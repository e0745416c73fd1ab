"""A statement of a script, and the errors that are about one."""

from __future__ import annotations

from dataclasses import dataclass

from infra.flyway.errors import ScriptError
from infra.flyway.scripts.placeholders import Rendered
from infra.flyway.statements.again import Again
from infra.flyway.statements.copydata import CopyData


@dataclass(frozen=True)
class Piece:
    """A part of a rendered slice of the source: from the character `begin` on. The slice begins at the byte `base`."""

    rendered: Rendered
    base: int
    begin: int = 0
    end: int | None = None

    @property
    def text(self) -> str:
        """The text to send."""
        return self.rendered.text[self.begin : self.end]

    def origin(self, offset: int) -> int:
        """The byte offset in the source of the character at `offset` of the text."""
        return self.base + len(self.rendered.source[: self.rendered.origin(self.begin + offset)].encode())


@dataclass(frozen=True)
class Statement:
    """A statement of a script. Its text is all from the end of the one before to its own end, comments too.

    `start` and `end` are the byte offsets in the source of all that belongs to it, a COPY's data too; `offset` is that
    of its first word in the text, and `line` that word's line. `ends` says that it is COMMIT, ROLLBACK or PREPARE
    TRANSACTION, `commits` that it is a plain COMMIT. After one that `changes_lexing` the server may read strings in
    another way. `again` is how to run it again where it may have run, or None.
    """

    piece: Piece
    start: int
    end: int
    offset: int
    line: int
    transactional: bool = True
    begins: bool = False
    ends: bool = False
    commits: bool = False
    changes_lexing: bool = False
    data: CopyData | None = None
    again: Again | None = None

    @property
    def text(self) -> str:
        """The text to send."""
        return self.piece.text

    def origin(self, offset: int | None = None) -> int:
        """The byte offset in the source of the character at `offset` of the text, or of the first word."""
        return self.piece.origin(self.offset if offset is None else offset)


@dataclass(eq=False)
class StatementError(ScriptError):
    """A statement that fails. `statement_line` is that of its first word, which Flyway calls the line of the error.

    `position` is that of the error in the statement, in characters from 1, as PostgreSQL counts. `kept` says that the
    script may have left something behind: it ran outside a transaction, or it had committed before.
    """

    statement_line: int | None = None
    position: int | None = None
    kept: bool = False


@dataclass(eq=False)
class MixtureError(ScriptError):
    """Statements that need a transaction meet others that cannot have one; `offender` is the first that differs."""

    offender: Statement | None = None
