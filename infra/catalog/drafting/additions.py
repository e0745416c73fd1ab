"""The SQL that adds a column, a constraint or an index to a table that exists, and may be large and in use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..difference import Change, Difference
from ..snapshot import Identity
from . import advice, keys, statements
from .parts import Note, Part, Stage

_IN_PLACE = "it is built under a lock that stops everybody: have a quiet moment for it where the table is big"
_SPLIT = """\
-- On a big table move this to a script of its own: here it reads the table under the lock of the statement above.
-- squawk-ignore constraint-missing-not-valid
"""


def column(change: Change, difference: Difference) -> Iterator[Part | Note]:
    """ADD COLUMN, with a note where that is harder than it looks."""
    identity, definition = change.identity, change.after or {}
    table = difference.after.mention(identity, identity.table)
    lines = [f"ALTER TABLE {table} ADD COLUMN {statements.column(identity.name, definition)};"]
    lines += statements.column_settings(table, identity.name, definition)
    lines += [statements.comment(identity, definition, difference.after)] if "comment" in definition else []
    yield Part(identity, "\n".join(lines))
    if warning := advice.column(definition):
        yield Note(identity, warning)


def index(change: Change, difference: Difference) -> Iterator[Part | Note]:
    """CREATE INDEX CONCURRENTLY, or a plain one where PostgreSQL has no other: on a partitioned table."""
    identity, definition = change.identity, change.after or {}
    table = difference.after.mention(identity, identity.table)
    if is_partitioned(difference, identity):
        yield Part(identity, statements.index(identity.name, table, definition))
        yield Note(identity, f"the index of a partitioned table is not made CONCURRENTLY: {_IN_PLACE}")
    else:
        text = statements.index(identity.name, table, definition, concurrently=True)
        yield Part(identity, text, Stage.CONCURRENT)


def constraint(change: Change, difference: Difference) -> Iterator[Part | Note]:
    """ADD CONSTRAINT, in the way that holds its lock for the shortest time."""
    identity, after = change.identity, change.after or {}
    definition = str(after["definition"])
    add = f"ALTER TABLE {difference.after.mention(identity, identity.table)} ADD CONSTRAINT {identity.name}"
    partitioned = is_partitioned(difference, identity)
    if definition.startswith(("CHECK", "FOREIGN KEY")):
        stage = keys.stage(after, difference)
        # Only PostgreSQL 18 has foreign keys of a partitioned table that are NOT VALID.
        at_once = "NOT VALID" in definition or "NOT ENFORCED" in definition
        if at_once or (partitioned and definition.startswith("FOREIGN KEY")):
            yield Part(identity, f"{add} {definition};", stage)
        else:
            validate = add.replace(" ADD CONSTRAINT ", " VALIDATE CONSTRAINT ", 1)
            yield Part(identity, f"{add} {definition} NOT VALID;\n{_SPLIT}{validate};", stage)
        return
    key = keys.key(after)
    if key is None or partitioned:
        yield Part(identity, f"{add} {definition};")
        yield Note(identity, _IN_PLACE)
        return
    yield from _by_index(identity, add, key, difference)


def is_partitioned(difference: Difference, identity: Identity) -> bool:
    """Whether the table of `identity` is partitioned."""
    table = Identity(identity.schema, identity.table, "table", identity.table)
    return "partition by" in difference.after.objects.get(table, {})


def _by_index(identity: Identity, add: str, key: re.Match[str], difference: Difference) -> Iterator[Part]:
    table = difference.after.mention(identity, identity.table)
    rest = f"{key['columns']}{key['include'] or ''}{key['nulls'] or ''}"
    unique = f"CREATE UNIQUE INDEX CONCURRENTLY {identity.name} ON {table} {rest};"
    yield Part(identity, unique, Stage.CONCURRENT)
    yield Part(identity, f"{add} {key['kind']} USING INDEX {identity.name}{key['when'] or ''};", Stage.AFTER)
