"""Write a difference as a review: a line an object, in words close to the SQL that would make it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .snapshot import RELATIONS, Definition, Identity, Value

if TYPE_CHECKING:
    from .difference import Change, Difference

_WIDTH = 160  # of a definition; a function's body is for the files, not for a line of a review
_UNNAMED = ("type", "nullability", "definition")  # attributes whose value speaks for itself
# The attributes that a new object shows, in the order of SQL's own clauses, and what introduces them.
_CLAUSES = {
    **{"persistence": "", "labels": "", "type": "", "collation": "COLLATE ", "generated": "GENERATED "},
    **{"identity": "GENERATED ", "identity options": "", "nullability": "", "default": "DEFAULT ", "definition": ""},
    **{"partition of": "PARTITION OF ", "bounds": "", "inherits": "INHERITS ", "of type": "OF "},
    **{"partition by": "PARTITION BY ", "schema": "SCHEMA ", "version": "VERSION ", "owned by": "OWNED BY "},
}
# How an attribute is called that is absent, since it is what everybody expects.
_ABSENT = {
    "enabled": "ENABLE",
    "persistence": "LOGGED",
    "state": "valid",
    "index state": "valid",
    "row security": "off",
}
_SILENT = ("columns", "owner")  # of a new object: its columns have lines, and its owner is who makes it


def show(difference: Difference) -> tuple[str, ...]:
    """The lines of a difference: `+` what is new, `-` what is gone, `~` what has changed."""
    whole = {change.identity[:2] for change in difference.changes if is_whole_relation(change)}
    several = names_schemas(difference)
    return tuple(
        line(change, several=several, inside=change.identity[:2] in whole and not is_whole_relation(change))
        for change in difference.changes
    )


def names_schemas(difference: Difference) -> bool:
    """Whether lines have to tell in which of several schemas an object is."""
    return len({*difference.before.schemas, *difference.after.schemas}) > 1


def is_whole_relation(change: Change) -> bool:
    """Whether a table or view is new or gone, with all that belongs to it."""
    return change.identity.kind in RELATIONS and (change.before is None or change.after is None)


def line(change: Change, *, several: bool = False, inside: bool = False) -> str:
    """The line of one change; `inside` indents it under its relation, which it then need not name.

    It is one line whatever an object is called: a line end in a name becomes `\\n`, as does what a terminal would obey.
    """
    text = _line(change, several=several, inside=inside)
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _line(change: Change, *, several: bool, inside: bool) -> str:
    if change.before is not None and change.after is not None:
        return f"~ {subject(change.identity, several=several)}: {'; '.join(_differences(change))}"
    sign, definition = ("+", change.after) if change.before is None else ("-", change.before)
    head = f"  {change.identity.kind} {change.identity.name}" if inside else subject(change.identity, several=several)
    return f"{sign} {head} {_detail(change.identity, definition or {})}".rstrip().replace(" ; ", "; ")


def subject(identity: Identity, *, several: bool = False) -> str:
    """An object as a line names it: `column "User".email`, `index "User_email_idx" on "User"`, `function f(uuid)`."""
    schema, table, kind, name = identity
    prefix = f"{schema}." if several and schema and kind != "schema" else ""
    if kind == "column":
        return f"column {prefix}{table}.{name}"
    if table and kind not in RELATIONS:
        return f"{kind} {name} on {prefix}{table}"
    return f"{kind} {prefix}{name}"


def _detail(identity: Identity, definition: Definition) -> str:
    """All that a definition says beside the name, in one line."""
    parts = [
        f"{intro}{_flat(identity, definition[name])}" for name, intro in _CLAUSES.items() if _says(definition, name)
    ]
    rest = [name for name in sorted(definition) if name not in _CLAUSES and name not in _SILENT]
    return " ".join(parts) + "".join(f"; {name} {_text(name, definition[name])}" for name in rest)


def _says(definition: Definition, name: str) -> bool:
    return name in definition and definition[name] != "NULL"


def _flat(identity: Identity, value: Value) -> str:
    """A value in one line, without what the line has said already."""
    if isinstance(value, tuple):
        return f"({', '.join(value)})"
    if identity.kind in ("function", "procedure"):
        value = value.partition("\n")[2]
    flat = " ".join(value.split())
    flat = re.sub(rf"^CREATE (CONSTRAINT )?{identity.kind.upper()} {re.escape(identity.name)} ", "", flat)
    if identity.kind == "trigger":
        flat = re.sub(rf" ON (\S+\.)?{re.escape(identity.table)}", "", flat, count=1)
    return flat if len(flat) <= _WIDTH else f"{flat[: _WIDTH - 1]}…"


def _differences(change: Change) -> Iterator[str]:
    before, after = change.before or {}, change.after or {}
    order = [*_CLAUSES, *sorted({*before, *after})]
    for name in sorted(change.changed, key=order.index):
        label = "" if name in _UNNAMED else "order of columns: " if name == "columns" else f"{name}: "
        absent = "default" if name.startswith("privileges of ") else _ABSENT.get(name, "none")
        old, new = before.get(name, absent), after.get(name, absent)
        yield f"{label}{_contrast(name, old, new)}"


def _contrast(name: str, old: Value, new: Value) -> str:
    """Both values, or of those with many lines or words the part that differs."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        lead = "… " if start and name == "columns" else ""
        skipped = start if name == "columns" else 0
        return f"{lead}{', '.join(old[skipped:])} → {lead}{', '.join(new[skipped:])}"
    old, new = str(old), str(new)
    if "\n" in old.strip() or "\n" in new.strip():
        return _contrast_lines(old.strip().splitlines(), new.strip().splitlines())
    return f"{_text(name, old)} → {_text(name, new)}"


def _contrast_lines(old: list[str], new: list[str]) -> str:
    """The first line that differs, and how many more do."""
    pairs = [(number, pair) for number, pair in enumerate(_zip(old, new), 1) if pair[0] != pair[1]]
    number, (was, now) = pairs[0]
    more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
    return f"line {number}: {was.strip() or 'none'} → {now.strip() or 'none'}{more}"


def _zip(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for number in range(max(len(old), len(new))):
        yield (old[number] if number < len(old) else ""), (new[number] if number < len(new) else "")


def _text(name: str, value: Value) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else " ".join(value.split())
    return "'" + text.replace("'", "''") + "'" if "comment" in name and text != "none" else text
