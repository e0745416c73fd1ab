"""The SQL for an object that is there and has changed: only what loses nothing and rewrites nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..difference import Change, Difference, columns_of
from ..snapshot import Definition
from . import advice, relations, statements
from .parts import Note, Part

_LENGTH = re.compile(r"(varchar|numeric)(?:\((\d+)(?:,(\d+))?\))?")
_WIDENED = """\
-- {old} fits into {new} as it is: no row is written.
-- squawk-ignore changing-column-type
"""
_NULLABLE = """\
-- Every release that reads it has to expect NULL from here on.
-- squawk-ignore ban-drop-not-null
"""


def alter(change: Change, difference: Difference) -> Iterator[Part | Note]:
    """The statements for each attribute that differs, and a note for each that they leave."""
    lines: list[str] = []
    left = set(change.changed)
    for attribute in change.changed:
        if (text := _alter(change, attribute, difference)) is not None:
            lines.append(text)
            left.discard(attribute)
    if "definition" not in left and change.identity.kind == "view":
        left -= {"columns", "options"}  # CREATE OR REPLACE VIEW has appended the one, and set the other
    if lines:
        yield Part(change.identity, "\n".join(lines))
    for attribute in sorted(left):
        yield Note(change.identity, advice.changed(change, attribute))


def _alter(change: Change, attribute: str, difference: Difference) -> str | None:
    before, after, identity = change.before or {}, change.after or {}, change.identity
    table = difference.after.mention(identity, identity.table)
    text: str | None = None
    match identity.kind, attribute:
        case _, "comment":
            text = statements.comment(identity, after, difference.after)
        case "constraint", "index comment" if attribute in after:
            text = "\n".join(statements.index_settings(identity, table, {attribute: after[attribute]}))
        case "column", "type" | "nullability" | "default":
            text = _column(attribute, before, after, f"ALTER TABLE {table} ALTER COLUMN {identity.name}")
        case "enum", "labels":
            text = _labels(difference.after.mention(identity), list(before["labels"]), list(after["labels"]))
        case "function" | "procedure", "definition" if _head(before) == _head(after):
            text = f"{str(after['definition']).strip()};"
        case "view", "definition" if columns_of(after)[: len(columns_of(before))] == columns_of(before):
            text = relations.view(identity, after, table, replace=True)
        case "trigger", "definition" if str(after["definition"]).startswith("CREATE TRIGGER"):
            text = f"{str(after['definition']).replace('CREATE', 'CREATE OR REPLACE', 1)};"
        case "trigger" | "rule", "enabled":
            text = "\n".join(statements.enabled(identity, table, {"enabled": "ENABLE", **after}))
        case "constraint", "definition" if before["definition"] == f"{after['definition']} NOT VALID":
            text = f"ALTER TABLE {table} VALIDATE CONSTRAINT {identity.name};"
    return text


def _column(attribute: str, before: Definition, after: Definition, alter: str) -> str | None:
    if attribute == "type":
        old, new = str(before["type"]), str(after["type"])
        return f"{_WIDENED.format(old=old, new=new)}{alter} TYPE {new};" if widens(old, new) else None
    if attribute == "nullability":
        return f"{_NULLABLE}{alter} DROP NOT NULL;" if after["nullability"] == "NULL" else None
    return f"{alter} {statements.set_default(after)};"


def widens(old: str, new: str) -> bool:
    """Whether each value of type `old` is one of type `new` as it is stored.

    PostgreSQL rewrites nothing then: a varchar that gets longer or boundless, or text (documentation of ALTER TABLE,
    "Notes"), and a numeric of the same scale that gets more digits (release notes of 9.2).
    """
    was, now = _LENGTH.fullmatch(old), _LENGTH.fullmatch(new)
    if was is None:
        return False
    if new == "text":
        return was[1] == "varchar"
    if now is None or now[1] != was[1] or was[2] is None:
        return False
    return now[2] is None or (int(now[2]) > int(was[2]) and now[3] == was[3])


def _labels(name: str, old: list[str], new: list[str]) -> str | None:
    """ADD VALUE for each new label, at its place; None where one is gone or the rest stand in another order."""
    if [label for label in new if label in old] != old:
        return None
    lines = ["-- A new label can be used once this script has committed, and not in it."]
    for position, label in enumerate(new):
        if label not in old:
            place = f" AFTER {new[position - 1]}" if position else f" BEFORE {old[0]}" if old else ""
            lines.append(f"ALTER TYPE {name} ADD VALUE {label}{place};")
    return "\n".join(lines)


def _head(definition: Definition) -> list[str]:
    """The arguments and the result of a function: CREATE OR REPLACE takes no others."""
    return [line for line in str(definition["definition"]).splitlines()[:2] if not line.startswith(" LANGUAGE")]
