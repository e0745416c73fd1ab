"""Make a script ready to run: placeholders replaced, cut into statements, in a transaction or not.

Whether it runs in one is for its settings file to say, else for its statements and the settings
(https://documentation.red-gate.com/flyway/flyway-concepts/migrations/migration-transaction-handling).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.flyway.errors import ScriptError
from infra.flyway.scripts.script import Script
from infra.flyway.scripts.source import Source
from infra.flyway.settings import FlywaySettings
from infra.flyway.statements.statement import Statement
from infra.flyway.statements.syntax import parse


@dataclass(frozen=True)
class Prepared:
    """A script that can run, in a session with these standard_conforming_strings."""

    script: Script
    source: Source
    statements: tuple[Statement, ...]
    transactional: bool
    standard: bool = True

    @property
    def commits(self) -> bool:
        """Whether it ends its transaction before its end."""
        end = len(self.source.content)
        return any(one.ends and not (one.commits and one.end == end) for one in self.statements)


def prepare(script: Script, settings: FlywaySettings, values: Mapping[str, str], *, standard: bool = True) -> Prepared:
    """Make `script` ready. Raises ScriptError: a placeholder without a value, a mistake of syntax, a mixture."""
    source, given = script.source(values), script.options.execute_in_transaction
    mixed = settings.mixed or given is not None or not settings.execute_in_transaction
    try:
        parsed = parse(source, mixed=mixed, standard=standard)
    except ScriptError as error:
        error.stage = error.stage or "prepare"
        raise
    if given is None:
        given = settings.execute_in_transaction and all(statement.transactional for statement in parsed)
    return Prepared(script, source, parsed, given, standard)


def mistakes(
    scripts: Iterable[Script],
    settings: FlywaySettings,
    values: Mapping[str, str],
    interrupted: Container[str] = (),
    holder: str | None = None,
) -> Iterator[ScriptError]:
    """What keeps `scripts` from running, found without a server: one for each that has a mistake.

    `interrupted` are the names of those that were begun before, and `holder` is the session that has the lock.
    """
    for script in scripts:
        try:
            prepared = prepare(script, settings, values)
        except ScriptError as error:
            yield error
        else:
            if script.script in interrupted and (unclear := unclear_end(prepared, holder)):
                yield unclear


def unclear_end(prepared: Prepared, holder: str | None = None) -> ScriptError | None:
    """Why a script cannot go on by itself where the run that had begun it was killed, or None where it can.

    `holder` is the session that has the lock, and may be the one that runs it.
    """
    unclear = (one.origin() for one in prepared.statements if one.again is None)
    offset = 0 if prepared.transactional else next(unclear, None)
    if offset is None:
        return None
    if holder:
        message = f"this script is running, or its run was killed: wait until the run of {holder} ends"
        return prepared.source.error_at(offset, message)
    message = (
        "the run of this script was killed, and whether this statement ran is not known: put right by hand what it"
        " left, then run repair"
    )
    return prepared.source.error_at(offset, message)


def group_transactional(group: Sequence[Prepared], settings: FlywaySettings) -> bool:
    """Whether scripts that run as a group do so in one transaction.

    Raises ScriptError where they do not agree, and where one commits in between: a failure later in the group could not
    take it back, and to try the group again would run it twice.
    """
    together = all(prepared.transactional for prepared in group)
    other = next((one for one in group if one.transactional != group[0].transactional), None)
    if other is not None and not settings.mixed:
        kind = "can run in a transaction, others in the group cannot"
        if not other.transactional:
            kind = "cannot run in a transaction, others in the group need one"
        message = f"{kind}: set group to false, or mixed to true"
        raise ScriptError(other.script.script, None, None, message, stage="group")
    committing = next((one for one in group if one.commits), None)
    if together and committing is not None and len(group) > 1:
        message = "ends the transaction that its group shares: set group to false, or remove its COMMIT or ROLLBACK"
        raise ScriptError(committing.script.script, None, None, message, stage="group")
    return together
