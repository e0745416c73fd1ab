"""What the picture of a difference shows: the changed tables, their neighbours, and what refers to what. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from infra.catalog.difference import Change, Difference
from infra.catalog.show import line
from infra.catalog.snapshot import RELATIONS, Identity, Snapshot

Status = Literal["new", "gone", "changed", "neighbour"]
OTHERS = "outside tables"
_NEIGHBOURS = 12
_NAME = r'(?:"(?:[^"]|"")*"|[^\s".(]+)'
_REFERENCE = re.compile(rf" REFERENCES ({_NAME}(?:\.{_NAME})?)\(")


class Item(NamedTuple):
    """A line in a box: + for new, - for gone, ~ for changed; and what."""

    sign: str
    text: str


@dataclass(frozen=True)
class Box:
    """A table, or all that changed outside of tables."""

    name: str
    status: Status
    items: tuple[Item, ...] = ()


class Edge(NamedTuple):
    """A foreign key from one box to another: its constraint's name, and + - or nothing where it stays."""

    source: str
    target: str
    name: str
    sign: str


@dataclass(frozen=True)
class Picture:
    """The boxes, the edges between them, and how many neighbours there was no room for."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    more: int = 0


def picture(difference: Difference) -> Picture:
    """What to draw of a difference."""
    groups: dict[str, list[Change]] = {}
    for change in difference.changes:
        groups.setdefault(_box_of(difference, change.identity), []).append(change)
    changed = [_box(name, changes) for name, changes in groups.items()]
    edges = list(_edges(difference))
    near = _neighbours(edges, groups.keys())
    shown = {*groups, *near[:_NEIGHBOURS]}
    boxes = [*changed, *(Box(name, "neighbour") for name in near[:_NEIGHBOURS])]
    touching = [
        edge for edge in edges if {edge.source, edge.target} <= shown and {edge.source, edge.target} & groups.keys()
    ]
    return Picture(tuple(boxes), tuple(touching), max(0, len(near) - _NEIGHBOURS))


def _box_of(difference: Difference, identity: Identity) -> str:
    return difference.after.mention(identity, identity.table) if identity.table else OTHERS


def _box(name: str, changes: Sequence[Change]) -> Box:
    whole = next((one for one in changes if one.identity.kind in RELATIONS and not (one.before and one.after)), None)
    status: Status = "changed" if whole is None else "new" if whole.before is None else "gone"
    inside = [change for change in changes if change is not whole]
    if whole is None:
        return Box(name, status, tuple(map(_item, inside)))
    columns = tuple(_item(change) for change in inside if change.identity.kind == "column")
    return Box(name, status, (*columns, *_counted([one for one in inside if one.identity.kind != "column"])))


def _counted(changes: Sequence[Change]) -> Iterator[Item]:
    """What belongs to a table that is new or gone as a whole, by kind: the foreign keys are drawn anyway."""
    kinds = Counter(change.identity.kind for change in changes)
    for kind, number in kinds.items():
        words = kind if number == 1 or kind.endswith("s") else f"{kind}es" if kind.endswith("x") else f"{kind}s"
        yield Item("+" if changes[0].before is None else "-", f"{number} {words}")


def _item(change: Change) -> Item:
    """A change in few words: its table is named above."""
    kind, name = change.identity.kind, change.identity.name
    if change.before is not None and change.after is not None:
        said = line(change).partition(": ")[2]
        return Item("~", f"{said}" if kind in RELATIONS else f"{_called(kind, name)}: {said}")
    sign, definition = ("+", change.after) if change.before is None else ("-", change.before)
    detail = str((definition or {}).get("type", "")) if kind == "column" else ""
    return Item(sign, f"{_called(kind, name)} {detail}".strip())


def _called(kind: str, name: str) -> str:
    return name if kind == "column" else f"{kind} {name}"


def _edges(difference: Difference) -> Iterator[Edge]:
    old, new = _references(difference.before), _references(difference.after)
    for identity in sorted({*old, *new}):
        for target, sign in _targets(old.get(identity), new.get(identity)):
            yield Edge(_box_of(difference, identity), target, identity.name, sign)


def _targets(old: str | None, new: str | None) -> Iterator[tuple[str, str]]:
    if old == new and old is not None:
        yield old, ""
        return
    if old is not None:
        yield old, "-"
    if new is not None:
        yield new, "+"


def _references(snapshot: Snapshot) -> Mapping[Identity, str]:
    """The tables that foreign keys refer to."""
    found = {}
    for identity, definition in snapshot.objects.items():
        text = str(definition.get("definition", ""))
        if identity.kind == "constraint" and text.startswith("FOREIGN KEY") and (match := _REFERENCE.search(text)):
            found[identity] = match[1]
    return found


def _neighbours(edges: Sequence[Edge], changed: Collection[str]) -> list[str]:
    """Tables that did not change, at the other end of a foreign key: first those that are referred to."""
    there = [edge.target for edge in edges if edge.source in changed and edge.target not in changed]
    back = [edge.source for edge in edges if edge.target in changed and edge.source not in changed]
    return list(dict.fromkeys([*there, *back]))
