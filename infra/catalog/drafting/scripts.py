"""Put a draft together: up to three scripts in the order in which they run, and what is left to their author.

One script for all that a transaction can hold. CREATE INDEX CONCURRENTLY cannot be in one, and neither Flyway nor this
project mixes the two in a script, so that it has a second one; what needs those indexes has a third.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..difference import Change, Difference
from ..show import is_whole_relation, line, names_schemas
from ..snapshot import Identity
from . import advice, alterations, creations
from .ordering import ordered
from .parts import Note, Part, Stage

_TRANSACTION = """\
-- What waits for a lock longer than flywayLockTimeout gives up, and is tried again: the runner sets that.
"""
_CONCURRENTLY = """\
-- Others write to the tables while these indexes are made. No transaction can hold that, so that nothing else stands in
-- this script. Where it does not come to its end, it leaves an invalid index: the next run drops that, and begins anew.
-- squawk-ignore-file prefer-robust-stmts, ban-concurrent-index-creation-in-transaction
"""
_SUFFIXES = {Stage.TRANSACTION: "", Stage.CONCURRENT: "Indexes", Stage.AFTER: "Constraints"}
_TODO = "-- To decide, before this is committed:\n"


@dataclass(frozen=True)
class Script:
    """One script of a draft. `suffix` tells it from the others in its file's name, and is empty for the first."""

    suffix: str
    text: str


@dataclass(frozen=True)
class Draft:
    """The scripts, and what they leave to their author: an object's line of the difference, and below it the advice.

    The first script begins with those as a comment. There is always one, unless the difference is empty.
    """

    scripts: tuple[Script, ...]
    notes: tuple[str, ...]


def draft(difference: Difference, left: Mapping[tuple[str, str], str] = MappingProxyType({})) -> Draft:
    """The scripts that turn `difference.before` into `difference.after`, as far as they add and lose nothing.

    `left` says by schema and table why what differs of a table is left to the author.
    """
    whole = {change.identity[:2] for change in difference.changes if _takes_its_members(change)}
    drafted = [
        piece
        for change in difference.changes
        if change.identity[:2] not in whole or not change.identity.table or _takes_its_members(change)
        for piece in _drafted(change, difference, left.get(change.identity[:2]))
    ]
    notes = tuple(_notes([piece for piece in drafted if isinstance(piece, Note)], difference))
    return Draft(tuple(_scripts([piece for piece in drafted if isinstance(piece, Part)], notes)), notes)


def _takes_its_members(change: Change) -> bool:
    """Whether what belongs to a relation needs no statement of its own: it is new, gone, or no longer a partition."""
    return is_whole_relation(change) or (change.identity.kind == "table" and "partition of" in change.changed)


def _notes(notes: list[Note], difference: Difference) -> Iterator[str]:
    """The line of each object that has notes, and below it all advice."""
    advices: dict[Identity, dict[str, None]] = {}
    for note in notes:
        advices.setdefault(note.identity, {})[note.advice] = None
    for change in difference.changes:
        if change.identity in advices:
            shown = line(change, several=names_schemas(difference))
            yield f"{shown}\n  {'; '.join(advices[change.identity])}"


def _drafted(change: Change, difference: Difference, left: str | None) -> Iterator[Part | Note]:
    if left is not None:
        yield Note(change.identity, left)
    elif change.after is None:
        yield Note(change.identity, advice.gone(change))
    elif change.before is not None:
        yield from alterations.alter(change, difference)
    else:
        yield from creations.create(change, difference)


def _scripts(parts: list[Part], notes: tuple[str, ...]) -> Iterator[Script]:
    """The scripts that have something to do, or one that only says what is to decide."""
    head = _TODO + "".join(f"{textwrap.indent(note, '-- ')}\n" for note in notes) + "\n" if notes else ""
    for stage in Stage:
        texts = [part.sql for part in ordered([part for part in parts if part.stage == stage])]
        if texts or (not parts and notes and stage == Stage.TRANSACTION):
            yield Script(_SUFFIXES[stage], head + _script(stage, texts))
            head = ""


def _script(stage: Stage, texts: list[str]) -> str:
    """Statements of one line stand together, longer ones apart."""
    text = _CONCURRENTLY if stage == Stage.CONCURRENT else _TRANSACTION
    before = ""
    for following in texts:
        text += "\n" if not before or "\n" in before + following else ""
        text += f"{following}\n"
        before = following
    return text
