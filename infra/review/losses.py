"""What the release that runs now has lost, told from the catalogs before and after, by whatever statement. Pure.

The text of a statement (acts.py) does not show it all: a CASCADE takes more than it names, a DO block names nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from infra.catalog.difference import Difference, columns_of
from infra.catalog.show import subject
from infra.catalog.snapshot import RELATIONS, Definition, Identity, Snapshot
from infra.review.facts import Loss

_VIEWS = ("view", "materialized view")
_OBJECTS = (
    *("function", "procedure", "aggregate", "enum", "domain", "range", "composite type", "sequence", "extension"),
)
_OF_TRIGGERS = ("RETURNS trigger", "RETURNS event_trigger")  # no application calls one
_PREFIX = "privileges of "
_PUBLIC = {  # https://www.postgresql.org/docs/current/ddl-priv.html: what an object without any GRANT gives to PUBLIC
    **dict.fromkeys(("function", "procedure", "aggregate"), frozenset({"EXECUTE"})),
    **dict.fromkeys(("enum", "domain", "range", "composite type"), frozenset({"USAGE"})),
}


def losses(difference: Difference) -> tuple[Loss, ...]:
    """What an application of before no longer finds, may no longer do, or has to do from now on."""
    before, after = _Catalog(difference.before), _Catalog(difference.after)
    found = [loss for change in difference.changes for loss in _of(change.identity, before, after)]
    found += _required(before, after)
    return tuple(dict.fromkeys(found))


class _Catalog:
    """A snapshot, and what is said of one object by others: a partition by its table, a column by its domain."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot, self.objects = snapshot, snapshot.objects

    def table(self, identity: Identity) -> str:
        """How the table or view is shown that an object belongs to."""
        return self._snapshot.mention(identity, identity.table)

    def subject(self, identity: Identity) -> str:
        """How an object is shown, with its kind."""
        return subject(identity, several=len(self._snapshot.schemas) > 1)

    def relation(self, identity: Identity) -> Definition | None:
        """The table or view that an object belongs to, or None where that is not there."""
        owners = (Identity(identity.schema, identity.table, kind, identity.table) for kind in RELATIONS)
        return next((self.objects[one] for one in owners if one in self.objects), None)

    def is_view(self, identity: Identity) -> bool:
        """Whether an object belongs to a view."""
        return any(identity._replace(kind=kind, name=identity.table) in self.objects for kind in _VIEWS)

    def column(self, identity: Identity) -> Definition | None:
        """A column, with what it has from the table that it is a partition's of; None where there is none."""
        relation = self.relation(identity) or {}
        parent = self._snapshot.relation(str(relation.get("partition of", "")))
        above = parent and self.column(parent._replace(kind="column", name=identity.name))
        there = identity.name in columns_of(relation) or above is not None
        return {**(above or {}), **self.objects.get(identity, {})} if there else None

    def has_owner(self, sequence: Definition) -> bool:
        """Whether the column is there that owns a sequence, or none does."""
        return sequence.get("owned by") in (None, *self._columns)

    def is_filled(self, column: Definition) -> bool:
        """Whether an INSERT may leave a column out: by its own default, or by that of its domain."""
        own = (column.get(name, "none") for name in ("default", "identity", "generated"))
        return column.get("type") in self._domains or any(value != "none" for value in own)

    @functools.cached_property
    def _columns(self) -> frozenset[str]:
        columns = (one for one in self.objects if one.kind == "column")
        return frozenset(self._snapshot.mention(one, f"{one.table}.{one.name}") for one in columns)

    @functools.cached_property
    def _domains(self) -> frozenset[str]:
        domains = (one for one, has in self.objects.items() if one.kind == "domain" and "default" in has)
        return frozenset(map(self._snapshot.mention, domains))


def _of(identity: Identity, before: _Catalog, after: _Catalog) -> Iterator[Loss]:
    """What is lost with one object of before. What belongs to a table that is gone is gone with it."""
    was, now, table = before.objects.get(identity), after.objects.get(identity), before.table(identity)
    if identity.kind == "column":
        was, now = before.column(identity), after.column(identity)
    if was is None or (identity.table and identity.kind not in RELATIONS and after.relation(identity) is None):
        return
    if now is None:
        yield from _gone(identity, was, before, after)
        return
    for label in was.get("labels", ()):
        if label not in now.get("labels", ()):
            yield Loss("drop label", f"{label} of {before.subject(identity)}")
    if identity.kind in _VIEWS:
        yield from (Loss("drop view", f"{table}.{one}", table) for one in columns_of(was) if one not in columns_of(now))
    if "partition of" in was and "partition of" not in now:
        yield Loss("detach", f"{table} of {was['partition of']}")
    if _is_secured(now) and not _is_secured(was):
        yield Loss("row security", table)
    yield from _revoked(identity, before, after)


def _gone(identity: Identity, was: Definition, before: _Catalog, after: _Catalog) -> Iterator[Loss]:
    table, kind = before.table(identity), identity.kind
    if kind in RELATIONS:
        yield Loss("drop view" if kind in _VIEWS else "drop table", table)
    elif kind == "column" and not before.is_view(identity):
        yield Loss("drop column", f"{table}.{identity.name}", table)
    elif kind == "policy" and _is_secured(after.relation(identity) or {}):
        yield Loss("drop policy", before.subject(identity))
    elif (
        kind in _OBJECTS
        and after.has_owner(was)
        and not any(word in str(was.get("definition", "")) for word in _OF_TRIGGERS)
    ):
        yield Loss("drop object", before.subject(identity))


def _required(before: _Catalog, after: _Catalog) -> Iterator[Loss]:
    """The columns of tables of before that every INSERT has to name from now on."""
    for identity in after.objects:
        if identity.kind != "column" or before.relation(identity) is None:
            continue
        was, now = before.column(identity), after.column(identity) or {}
        is_required = str(now.get("nullability", "")).startswith("NOT NULL") and not after.is_filled(now)
        if is_required and (was is None or before.is_filled(was)):
            yield Loss("require value", f"{after.table(identity)}.{identity.name}", after.table(identity))


def _revoked(identity: Identity, before: _Catalog, after: _Catalog) -> Iterator[Loss]:
    """Fewer privileges. Those on a table hold for each of its columns: what all columns have now, nobody has lost."""
    was, now = before.objects.get(identity, {}), after.objects.get(identity, {})
    for name in sorted({one for one in {**was, **now} if one.startswith(_PREFIX)}):
        lost = _granted(identity, was, name) - _granted(identity, now, name)
        if identity.kind == "column":
            lost -= _granted(identity, after.relation(identity) or {}, name)
        columns = [one for one in columns_of(was) if one in columns_of(now)] if lost else []
        places = {one: Identity(*identity[:2], "column", one) for one in columns}
        bare = [one for one, place in places.items() if lost - _granted(place, after.objects.get(place, {}), name)]
        about = [before.subject(places[one]) for one in bare] if len(bare) < len(columns) else []
        if lost and not (columns and not bare):
            on = ", ".join(about) or before.subject(identity)
            yield Loss("revoke", f"{name.removeprefix(_PREFIX)} loses {', '.join(sorted(lost))} on {on}")


def _granted(identity: Identity, definition: Definition, name: str) -> frozenset[str]:
    """What a grantee may do with an object. WITH GRANT OPTION is for administrators."""
    if name not in definition:
        return _PUBLIC.get(identity.kind, frozenset()) if name == f"{_PREFIX}PUBLIC" else frozenset()
    return frozenset(word.removesuffix("*") for word in str(definition[name]).split(", ")) - {"none"}


def _is_secured(definition: Definition) -> bool:
    return definition.get("row security") in ("on", "FORCE")
