"""Keys and what refers to them: a key that is added to a table in use takes three scripts; references come last."""

from __future__ import annotations

import re

from ..difference import Difference
from ..snapshot import Definition, Identity
from .parts import Stage

_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_REFERENCE = re.compile(rf"^FOREIGN KEY .*?\) REFERENCES ({_NAME}(?:\.{_NAME})?)")
# The parts of UNIQUE and PRIMARY KEY that belong to their index, and what is left of the constraint.
_KEY = re.compile(
    r"(?P<kind>UNIQUE|PRIMARY KEY)(?P<nulls> NULLS NOT DISTINCT)? (?P<columns>\((?!.*WITHOUT OVERLAPS)[^()]+\))"
    r"(?P<include> INCLUDE \([^()]+\))?(?P<when>(?: NOT)? DEFERRABLE.*)?"
)


def key(definition: Definition) -> re.Match[str] | None:
    """The parts of a constraint that an index made before can serve: kind, columns, nulls, include, when."""
    return _KEY.fullmatch(str(definition.get("definition", "")))


def referenced(definition: Definition, difference: Difference) -> Identity | None:
    """The table that a foreign key refers to, where it is in the schemas."""
    found = _REFERENCE.search(str(definition.get("definition", "")))
    return difference.after.relation(found[1]) if found else None


def stage(definition: Definition, difference: Difference) -> Stage:
    """When a check or a foreign key can be added: after the new keys of the table that it refers to, if that exists."""
    table = referenced(definition, difference)
    if table is None or table not in difference.before.objects:
        return Stage.TRANSACTION
    new = any(
        change.identity[:2] == table[:2] and change.before is None and key(change.after or {})
        for change in difference.changes
    )
    return Stage.AFTER if new else Stage.TRANSACTION
