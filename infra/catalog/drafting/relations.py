"""The SQL of new tables and views, each with all that belongs to it: constraints, indexes, triggers, comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..difference import Change, Difference, columns_of
from ..snapshot import Definition, Identity
from . import advice, keys, statements
from .parts import Note, Part, Stage

Members = Mapping[Identity, Definition]

# In the order of CREATE TABLE.
_CLAUSES = {
    "inherits": "INHERITS ({})",
    "partition by": "PARTITION BY {}",
    "access method": "USING {}",
    "options": "WITH ({})",
}
# What a column of a partition can have of its own once it is there.
_OF_PARTITIONS = {"comment", "default", "storage", "compression", "statistics target", "options"}


def create(change: Change, difference: Difference) -> Iterator[Part | Note]:
    """The statements that make a new relation. Foreign keys to other new tables follow once all of these are there."""
    identity, definition, after = change.identity, change.after or {}, difference.after
    if identity.kind == "foreign table" or "of type" in definition:
        yield Note(identity, advice.new(change))
        return
    members = {
        other: found for other, found in after.objects.items() if other[:2] == identity[:2] and other != identity
    }
    later = {other: found for other, found in members.items() if _comes_later(other, found, difference)}
    at_once = {other: found for other, found in members.items() if other not in later}
    if "partition of" in definition and any(_differs(other, found) for other, found in at_once.items()):
        yield Note(identity, "its columns are not as its parent has them: write ALTER TABLE … ALTER COLUMN for that")
    yield Part(identity, "\n".join(_whole(identity, definition, at_once, difference)))
    for other, found in later.items():
        key = f"ALTER TABLE {after.mention(identity)} ADD CONSTRAINT {other.name} {found['definition']};"
        comment = [statements.comment(other, found, after)] if "comment" in found else []
        yield Part(other, "\n".join([key, *comment]), keys.stage(found, difference))


def _whole(identity: Identity, definition: Definition, members: Members, difference: Difference) -> Iterator[str]:
    table = difference.after.mention(identity)
    is_table = identity.kind == "table"
    yield _table(table, identity, definition, members) if is_table else view(identity, definition, table)
    for other, found in members.items():
        yield from _member(other, found, table, difference)
    yield from _security(table, definition)
    for other, found in {identity: definition, **members}.items():
        if "comment" in found:
            yield statements.comment(other, found, difference.after)


def view(identity: Identity, definition: Definition, name: str, *, replace: bool = False) -> str:
    """CREATE VIEW or CREATE MATERIALIZED VIEW."""
    options = f" WITH ({definition['options']})" if "options" in definition else ""
    kind = f"{'OR REPLACE ' if replace else ''}{identity.kind.upper()}"
    return f"CREATE {kind} {name}{options} AS\n{definition['definition']};"


def _comes_later(identity: Identity, definition: Definition, difference: Difference) -> bool:
    """Whether a constraint cannot stand in CREATE TABLE: that validates all, and finds only the tables before it."""
    if identity.kind != "constraint" or str(definition["definition"]).endswith("NOT VALID"):
        return identity.kind == "constraint"
    table = keys.referenced(definition, difference)
    if table is None or table[:2] == identity[:2]:
        return False
    return table not in difference.before.objects or keys.stage(definition, difference) == Stage.AFTER


def _differs(identity: Identity, definition: Definition) -> bool:
    return identity.kind == "column" and not _OF_PARTITIONS.issuperset(definition)


def _table(name: str, identity: Identity, definition: Definition, members: Members) -> str:
    constraints = [
        f"CONSTRAINT {other.name} {found['definition']}"
        for other, found in members.items()
        if other.kind == "constraint"
    ]
    columns = [
        statements.column(column, members[Identity(identity.schema, identity.table, "column", column)])
        for column in columns_of(definition)
    ]
    body = "".join(f"\n  {line}," for line in [*columns, *constraints]).removesuffix(",")
    words = [f"CREATE {'UNLOGGED ' if 'persistence' in definition else ''}TABLE {name}"]
    words += [f"PARTITION OF {definition['partition of']}"] if "partition of" in definition else []
    words += [f"({body}\n)"] if body or "partition of" not in definition else []
    words += [str(definition["bounds"])] if "bounds" in definition else []
    for attribute, clause in _CLAUSES.items():
        words += [clause.format(definition[attribute])] if attribute in definition else []
    return f"{' '.join(words)};"


def _member(identity: Identity, definition: Definition, table: str, difference: Difference) -> Iterator[str]:
    if identity.kind == "column":
        yield from statements.column_settings(table, identity.name, definition)
    elif identity.kind == "index":
        yield statements.index(identity.name, table, definition)
        yield from statements.index_settings(identity, table, definition)
    elif identity.kind == "constraint":
        yield from statements.index_settings(identity, table, definition)
    elif simple := statements.simple(identity, definition, difference.after):
        yield simple
        yield from statements.enabled(identity, table, definition)


def _security(table: str, definition: Definition) -> Iterator[str]:
    security = str(definition.get("row security", ""))
    if security in ("on", "FORCE"):
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
    if security.startswith("FORCE"):
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
    if "replica identity" in definition:
        yield f"ALTER TABLE {table} REPLICA IDENTITY {definition['replica identity']};"
