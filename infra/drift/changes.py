"""The changes between two catalogs by their lines, and the record that takes some of them over."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from infra.catalog.difference import Change, Difference, columns_of
from infra.catalog.show import is_whole_relation, line, names_schemas
from infra.catalog.snapshot import RELATIONS, Definition, Identity, Snapshot

_STATES = ("state", "index state")


def changes(before: Snapshot, after: Snapshot) -> dict[str, tuple[Change, ...]]:
    """What differs, by a line for each object. A table that is new or gone has one line with all that belongs to it.

    Of a new object the privileges do not count: default privileges give some, and a run gives others. Partitions such
    as months come and go without a line; what one has beyond what its table implies has its own.
    """
    if before.objects == after.objects:
        return {}  # as nearly always, and quicker than to look for what differs
    difference = difference_of(before, after)
    several = names_schemas(difference)
    whole = {
        change.identity[:2]: line(change, several=several) for change in difference.changes if is_whole_relation(change)
    }
    found: dict[str, tuple[Change, ...]] = {}
    for change in difference.changes:
        of_table = whole.get(change.identity[:2]) if change.identity.table else None
        text = of_table or line(change, several=several)
        found[text] = (*found.get(text, ()), change)
    return found


def difference_of(before: Snapshot, after: Snapshot) -> Difference:
    """The difference of `aligned` catalogs, without the privileges of new objects."""
    before = aligned(before, after)
    objects = {
        identity: _without_privileges(definition) if _is_new(identity, definition, before) else definition
        for identity, definition in after.objects.items()
    }
    return Difference(before, Snapshot(after.schemas, objects))


def aligned(before: Snapshot, after: Snapshot) -> Snapshot:
    """`before` with what is no drift: with the months of `after`, and without the mark of what is invalid no more.

    REINDEX makes an index valid, and so does ATTACH PARTITION of the last part of a partitioned one.
    """
    before = before.with_partitions_of(after)
    objects = {
        identity: {name: value for name, value in definition.items() if name not in _STATES or name in there}
        for identity, definition in before.objects.items()
        for there in (after.objects.get(identity, definition),)
    }
    return Snapshot(before.schemas, objects)


def accepting(expected: Snapshot, live: Snapshot, lines: Collection[str]) -> Snapshot:
    """`expected`, where the drift of these `lines` is what is expected. It has the months of `live`."""
    accepted = {change.identity for text, found in changes(expected, live).items() if text in lines for change in found}
    expected = aligned(expected, live)
    objects = dict(expected.objects)
    _take([change for change in Difference(expected, live).changes if change.identity in accepted], objects)
    return Snapshot(expected.schemas, objects)


def following(expected: Snapshot, before: Snapshot, after: Snapshot) -> Snapshot:
    """The catalog to expect after a run that found `before` and left `after`: `expected` with what the run has changed.

    Whatever was drift before the run stays drift.
    """
    objects = dict(aligned(expected, before).objects)
    _take(Difference(before, after).changes, objects)
    _order_columns(objects, after)
    return Snapshot(after.schemas, objects)


def _take(taken: Iterable[Change], objects: dict[Identity, Definition]) -> None:
    """Make the changes to `objects`, attribute by attribute. One of an object that is not there is left."""
    for change in taken:
        if change.after is None:
            objects.pop(change.identity, None)
        elif change.before is None:
            objects[change.identity] = change.after
        elif (definition := objects.get(change.identity)) is not None:
            kept = {name: value for name, value in definition.items() if name not in change.changed}
            new = {name: change.after[name] for name in change.changed if name in change.after}
            objects[change.identity] = kept | new


def _order_columns(objects: dict[Identity, Definition], after: Snapshot) -> None:
    """Give each relation its columns in the order of `after`: a column that comes or goes is no change of its table."""
    for identity, definition in objects.items():
        if identity.kind not in RELATIONS or not (has := columns_of(after.objects.get(identity, {}))):
            continue
        columns = {name: identity._replace(kind="column", name=name) for name in (*columns_of(definition), *has)}
        kept = [name for name in has if columns[name] in objects or columns[name] not in after.objects]
        missing = [name for name in columns_of(definition) if name not in has and columns[name] in objects]
        objects[identity] = {**definition, "columns": (*kept, *missing)}


def _is_new(identity: Identity, definition: Definition, before: Snapshot) -> bool:
    """Whether it is a new object, and not something new of a column that is there, as of a view or a partition."""
    return identity not in before.objects and (identity.kind != "column" or "type" in definition)


def _without_privileges(definition: Definition) -> Definition:
    return {name: value for name, value in definition.items() if not name.startswith("privileges of ")}
