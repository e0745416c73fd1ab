"""The SQL of an object that is new: which of the modules beside this one knows it, and what follows it."""

from __future__ import annotations

from collections.abc import Iterator

from ..difference import Change, Difference
from ..snapshot import RELATIONS, Definition
from . import additions, advice, relations, statements
from .parts import Note, Part, Stage


def create(change: Change, difference: Difference) -> Iterator[Part | Note]:
    """The statements that make the object, its comment too. Grants are noted: they are not of a migration."""
    kind, definition = change.identity.kind, change.after or {}
    for attribute in definition:
        if attribute.startswith("privileges of "):
            yield Note(change.identity, advice.changed(change, attribute))
    if kind in RELATIONS:
        yield from relations.create(change, difference)
    elif kind == "column":
        yield from _column(change, definition, difference)
    elif kind in ("constraint", "index"):
        yield from _indexed(change, definition, difference)
    else:
        yield from _simple(change, definition, difference)


def _column(change: Change, definition: Definition, difference: Difference) -> Iterator[Part | Note]:
    if "type" in definition:
        yield from additions.column(change, difference)
        return
    # Of a view, a partition or a composite type, which is there and says the rest.
    table = difference.after.mention(change.identity, change.identity.table)
    for text in statements.column_settings(table, change.identity.name, definition):
        yield Part(change.identity, text, makes=False)
    for text in _comment(change, definition, difference):
        yield Part(change.identity, text, makes=False)


def _indexed(change: Change, definition: Definition, difference: Difference) -> Iterator[Part | Note]:
    """A constraint or an index, and once all of it is done what is said of its index."""
    add = additions.constraint if change.identity.kind == "constraint" else additions.index
    pieces = list(add(change, difference))
    yield from pieces
    last = max(piece.stage for piece in pieces if isinstance(piece, Part))
    stage = Stage.AFTER if last == Stage.CONCURRENT else last
    table = difference.after.mention(change.identity, change.identity.table)
    settings = statements.index_settings(change.identity, table, definition)
    for text in (*settings, *_comment(change, definition, difference)):
        yield Part(change.identity, text, stage, makes=False)


def _simple(change: Change, definition: Definition, difference: Difference) -> Iterator[Part | Note]:
    identity, after = change.identity, difference.after
    statement = statements.simple(identity, definition, after)
    if statement is None:
        yield Note(identity, advice.new(change))
        return
    enabled = statements.enabled(identity, after.mention(identity, identity.table), definition)
    texts = [statement, *enabled, *_comment(change, definition, difference)]
    yield Part(identity, "\n".join(filter(None, texts)))
    if "owned by" in definition:  # a sequence belongs to its column once both are there
        owned = f"ALTER SEQUENCE {after.mention(identity)} OWNED BY {definition['owned by']};"
        yield Part(identity, owned, makes=False)


def _comment(change: Change, definition: Definition, difference: Difference) -> list[str]:
    return [statements.comment(change.identity, definition, difference.after)] if "comment" in definition else []
