"""Read scripts with PostgreSQL's own grammar: find mistakes before a server does, and cut a script into statements.

Flyway cuts scripts with a lexer of its own and leaves mistakes to the server (Flyway documentation, "Migrations: SQL").
"""

from __future__ import annotations

from infra.flyway.scripts.source import Source
from infra.flyway.statements.reader import Reader
from infra.flyway.statements.statement import MixtureError, Statement

__all__ = ["Statement", "parse", "statements"]


def parse(source: Source, *, mixed: bool = False, standard: bool = True) -> tuple[Statement, ...]:
    """The statements of a script. Their slices of the source, joined, are the source itself, unless it holds none.

    `standard` is the session's standard_conforming_strings, which a SET in the script may change. Raises ScriptError,
    with the place: StatementError for a mistake of syntax and for a statement that this project does not run,
    PlaceholderError, and MixtureError unless `mixed` is set, as Flyway does: half of such a script could not be rolled
    back.
    """
    nul = source.content.find(b"\0")  # the parser, written in C, would end here and find the rest in order
    if nul >= 0:
        raise source.error_at(nul, "a NUL character: remove it", sqlstate="08P01")
    found = tuple(Reader(source, standard))
    if not mixed:
        _refuse_mixture(source, found)
    return found


def statements(script: str, sql: str) -> tuple[Statement, ...]:
    """The statements of what must run in one transaction: as parse(), but BEGIN, COMMIT and ROLLBACK are refused."""
    source = Source(script, sql.encode())
    found = parse(source)
    for statement in found:
        if statement.begins or statement.ends:
            raise source.error_at(
                statement.origin(),
                "a script runs in one transaction with its row in the history: remove BEGIN, COMMIT and ROLLBACK",
            )
    return found


def _refuse_mixture(source: Source, found: tuple[Statement, ...]) -> None:
    offender = next((one for one in found if one.transactional != found[0].transactional), None)
    if offender is None:
        return
    lines = ", ".join(str(statement.line) for statement in found if not statement.transactional)
    message = (
        f"what begins in line {lines} cannot run in a transaction, the rest needs one: move it to its own script,"
        " or set mixed to run all of it outside a transaction"
    )
    at = offender.origin()
    raise MixtureError(source.script, *source.place(at), message, source.excerpt(at), offender=offender)
