"""The difference of two snapshots: which objects are new, gone or changed, in the order in which a reviewer reads."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from .show import show
from .snapshot import RELATIONS, Definition, Identity, Snapshot

KINDS = (
    *("schema", "extension", "enum", "composite type", "domain", "range", "sequence", "function", "procedure"),
    *("aggregate", *RELATIONS, "column", "constraint", "index", "statistics", "trigger", "rule", "policy"),
    *("default privileges", "event trigger"),
)
"""All kinds of objects, in the order in which a review shows those of one table."""


@dataclass(frozen=True)
class Change:
    """An object that is new (`before` is None), gone (`after` is None) or changed, with all its attributes."""

    identity: Identity
    before: Definition | None
    after: Definition | None

    @property
    def changed(self) -> Mapping[str, None]:
        """The names of the attributes that differ."""
        before, after = self.before or {}, self.after or {}
        return dict.fromkeys(name for name in {**before, **after} if before.get(name) != after.get(name))


@dataclass(frozen=True)
class Difference:
    """What turns `before` into `after`: `+` is what only `after` has. It is false where there is nothing.

    str() of it is the review: a line an object, sorted by table and kind. The schema is named where there are several.
    """

    before: Snapshot
    after: Snapshot

    @functools.cached_property
    def changes(self) -> tuple[Change, ...]:
        """What differs, by schema, table, kind and name; columns as they stand in their table."""
        identities = {*self.before.objects, *self.after.objects}
        return tuple(change for identity in sorted(identities, key=self._order) if (change := self._change(identity)))

    @functools.cached_property
    def lines(self) -> tuple[str, ...]:
        """The review, line by line. What belongs to a table that is new or gone stands indented below it."""
        return show(self)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def _change(self, identity: Identity) -> Change | None:
        before, after = self.before.objects.get(identity), self.after.objects.get(identity)
        if before is not None and after is not None:
            before = _with_known_order(before, after)
        return Change(identity, before, after) if before != after else None

    def _order(self, identity: Identity) -> tuple[object, ...]:
        schema, table, kind, name = identity
        position = 0
        if kind == "column":
            columns = self._columns(self.after, identity) or self._columns(self.before, identity)
            position = columns.index(name) if name in columns else len(columns)
        return schema, table, KINDS.index(kind), position, name

    @staticmethod
    def _columns(snapshot: Snapshot, identity: Identity) -> tuple[str, ...]:
        relation = snapshot.relation(snapshot.mention(identity, identity.table))
        return columns_of(snapshot.objects[relation]) if relation else ()


def columns_of(definition: Definition) -> tuple[str, ...]:
    """The names of a relation's columns in their order."""
    return tuple(definition.get("columns", ()))


def _with_known_order(before: Definition, after: Definition) -> Definition:
    """`before` with the columns that dropping the old ones and appending the new ones would give.

    That is no difference of the table: the columns have lines of their own. What is left is an order that no ALTER
    TABLE can make, and which shows in SELECT * and in an INSERT without names.
    """
    had, has = columns_of(before), columns_of(after)
    if not had or not has:  # a partition whose columns are its parent's
        return {**before, "columns": has} if has else {name: before[name] for name in before if name != "columns"}
    kept = tuple(name for name in had if name in has)
    return {**before, "columns": (*kept, *(name for name in has if name not in had))}
